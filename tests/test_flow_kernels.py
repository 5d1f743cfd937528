"""Questions to a log alone: small logs counted by hand, and any log against the definitions in plain Python, however it is cut."""

from collections import Counter, defaultdict
from math import ceil
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.errors import LogError
from mining.flow import CASES, FOLLOWS, HANDOVERS, KERNELS, VARIANTS, WAITING, Vocabulary, loops, pack, spreads, unpack
from mining.log import EventLog
from mining.units import MISSING
from tests.helpers import frame

HOUR = 3_600_000_000


def log_of(cases):
    return EventLog.from_frame(
        frame(cases),
        columns={"case": "case", "activity": "activity", "timestamp": "end", "start": "start", "resource": "resource"},
    )


def words(piece, ids=None):
    return Vocabulary(piece.labels, piece.resources, lambda: piece.case_ids if ids is None else ids)


def table(kernel, piece):
    return kernel.finish(kernel.merge([kernel.run(piece, {})]), words(piece))


@pytest.fixture(scope="module")
def small():
    """Three cases: A B A, A B, and C alone; ann does all but the first B, and of C nobody is named."""
    return log_of(
        {
            "one": [("A", 0, "ann"), ("B", 2, "bob"), ("A", 5, "ann")],
            "two": [("A", 0, "ann"), ("B", 1, "ann")],
            "six": [("C", 7, None)],
        }
    )


def test_the_case_table_by_hand(small):
    found = table(CASES, small).set_index("case_id")
    assert list(found.index) == ["one", "six", "two"]
    counts = found[["instances", "activities", "resources", "handovers", "unended"]]
    assert counts.to_numpy().tolist() == [[3, 2, 2, 2, 0], [1, 1, 0, 0, 0], [2, 2, 1, 0, 0]]
    assert found["first"].tolist() == ["A", "C", "A"]
    assert found["last"].tolist() == ["A", "C", "B"]
    assert found["duration_s"].tolist() == [5 * 3600, 0, 3600]
    assert found.loc["one", "start"] == pd.Timestamp("2026-03-02 09:00", tz="UTC")
    assert found.loc["one", "end"] == pd.Timestamp("2026-03-02 14:00", tz="UTC")


def test_a_case_starts_with_its_first_start():
    found = table(CASES, log_of({"x": [("A", 3, "ann", 1), ("B", 5, "ann", 0)]}))
    assert found["duration_s"].tolist() == [5 * 3600]


def test_variants_by_hand(small):
    found = table(VARIANTS, small)
    assert found["trace"].tolist() == [("A", "B"), ("A", "B", "A"), ("C",)]
    assert found["cases"].tolist() == [1, 1, 1]
    assert found["example"].tolist() == ["two", "one", "six"]
    assert found["rank"].tolist() == [1, 2, 3]
    assert found["cumulated"].tolist() == pytest.approx([1 / 3, 2 / 3, 1])


def test_directly_follows_by_hand(small):
    found = table(FOLLOWS, small).set_index(["before", "after"])
    assert found["n"].to_dict() == {("A", "B"): 2, ("B", "A"): 1}
    assert found.loc[("A", "B"), ["mean_s", "min_s", "max_s"]].tolist() == [5400, 3600, 7200]
    assert found.loc[("A", "B"), "p50_s"] == pytest.approx(3600, rel=1 / 128)
    assert found.loc[("A", "B"), "p75_s"] == pytest.approx(7200, rel=1 / 128)


def test_handovers_by_hand(small):
    found = table(HANDOVERS, small)
    rows = {(r.giver, r.taker): (r.n, r.same) for r in found.itertuples()}
    assert rows == {("ann", "bob"): (1, False), ("bob", "ann"): (1, False), ("ann", "ann"): (1, True)}


def test_neighbours_without_a_resource_have_a_row_too():
    found = table(HANDOVERS, log_of({"x": [("A", 0, "ann"), ("B", 1, None), ("C", 2, None)]}))
    assert found["n"].tolist() == [1, 1]
    assert found["same"].isna().all()
    assert found[["giver", "taker"]].isna().to_numpy().tolist() == [[True, True], [False, True]]


def test_waiting_by_hand():
    found = table(
        WAITING,
        log_of(
            {
                "x": [("A", 2, "ann", 0), ("B", 6, "ann", 5), ("B", 9, "ann", 1), ("C", 10, "ann")],
                "y": [("B", 3, "ann", 3), ("A", 4, "ann", 3)],
            }
        ),
    ).set_index("activity")
    # x: A has nothing before; the first B waited 5 - 2; the second started before anything was completed; C has no start.
    # y: B took no time and is not its own predecessor; A started when B was completed.
    counts = ["instances", "from_schedule", "from_completion", "no_start", "unscheduled_turn", "nothing_before"]
    assert found[counts].to_numpy().tolist() == [[2, 0, 1, 0, 0, 1], [3, 0, 1, 0, 0, 2], [1, 0, 0, 1, 0, 0]]
    assert found["n"].tolist() == [1, 1, 0]
    assert found["mean_s"].tolist()[:2] == [0, 3 * 3600]
    assert np.isnan(found.loc["C", "mean_s"])


def test_a_scheduled_activity_waits_from_its_schedule():
    rows = [("x", "A", "schedule", 0), ("x", "A", "start", 3), ("x", "A", "complete", 4), ("x", "A", "start", 5)]
    rows += [("x", "A", "complete", 6)]
    source = pd.DataFrame(rows, columns=["case", "activity", "what", "hour"])
    source["time"] = pd.Timestamp("2026-03-02", tz="UTC") + pd.to_timedelta(source.pop("hour"), unit="h")
    columns = {"case": "case", "activity": "activity", "timestamp": "time"}
    columns["lifecycle"] = {"column": "what", "complete": "complete", "start": "start", "schedule": "schedule"}
    found = table(WAITING, EventLog.from_frame(source, columns=columns)).iloc[0]
    assert found[["instances", "from_schedule", "unscheduled_turn"]].tolist() == [2, 1, 1]
    assert found["mean_s"] == 3 * 3600


def test_whether_an_activity_is_scheduled_is_asked_of_the_whole_log():
    piece = made([[(0, 0, 5, 9, MISSING)]])
    piece.facts.scheduled = frozenset({"a"})
    assert table(WAITING, piece)["unscheduled_turn"].tolist() == [1]


def test_a_partial_survives_being_sent():
    partial = {"self": np.array([1, 2], np.int32), "file": np.array([[1.5, np.nan]]), "none": np.empty(0, np.int64)}
    back = unpack(pack(partial))
    assert back.keys() == partial.keys()
    for name, array in partial.items():
        np.testing.assert_array_equal(back[name], array)
        assert back[name].dtype == array.dtype


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
def test_no_piece_gives_no_answer(kernel):
    with pytest.raises(LogError, match="no piece of the log"):
        kernel.merge([])


@pytest.mark.parametrize("kernel", KERNELS.values(), ids=KERNELS)
def test_every_column_is_described(kernel, small):
    assert list(table(kernel, small).columns) == list(kernel.result.columns)


# --- any log against the definitions ---------------------------------------------------------------------------------

EVENT = st.tuples(
    st.integers(0, 2),  # activity
    st.integers(-1, 1),  # resource
    st.integers(0, 12) | st.just(MISSING),  # start
    st.integers(0, 12) | st.just(MISSING),  # end
    st.integers(0, 12) | st.just(MISSING),  # scheduled
).filter(lambda e: e[2] != MISSING or e[3] != MISSING)
CASES_OF_EVENTS = st.lists(st.lists(EVENT, min_size=1, max_size=6), min_size=1, max_size=6)


def made(cases, unit=1):
    """A piece with these events, ordered as a log orders them."""
    ordered = [sorted(case, key=lambda e: e[2] if e[3] == MISSING else e[3]) for case in cases]
    flat = np.array([e for case in ordered for e in case], np.int64).reshape(-1, 5)
    activity, resource, start, end, scheduled = flat.T
    times = [np.where(x == MISSING, MISSING, x * unit) for x in (start, end, scheduled)]
    labels = ("a", "b", "c")
    facts = SimpleNamespace(
        scheduled=frozenset(labels[k] for k in activity[scheduled != MISSING].tolist()),
        has_starts=bool((start != MISSING).any()),
    )
    return SimpleNamespace(
        labels=labels, resources=("p", "q"),
        offsets=np.concatenate(([0], np.cumsum([len(c) for c in cases]))).astype(np.int64),
        activity=activity.astype(np.int32), resource=resource.astype(np.int32),
        start=times[0], end=times[1], scheduled=times[2], facts=facts,
        case_ids=np.array([str(i) for i in range(len(cases))], object), ordered=ordered,
    )  # fmt: skip


def moment(event):
    return event[2] if event[3] == MISSING else event[3]


def described(values):
    """n, mean, least, greatest."""
    return len(values), sum(values) / len(values), min(values), max(values)


@settings(deadline=None)  # the first example compiles
@given(CASES_OF_EVENTS)
def test_neighbours_are_counted_as_defined(cases):
    piece = made(cases, HOUR)
    for kernel, place, names in ((FOLLOWS, 0, piece.labels), (HANDOVERS, 1, ("p", "q", None))):
        wanted = defaultdict(list)
        for case in piece.ordered:
            for one, other in zip(case, case[1:], strict=False):
                wanted[names[one[place]], names[other[place]]].append((moment(other) - moment(one)) * 3600)
        rows = table(kernel, piece).astype(object).itertuples(index=False)
        found = {tuple(None if x != x else x for x in r[:2]): (r.n, r.mean_s, r.min_s, r.max_s) for r in rows}
        assert found == {pair: described(values) for pair, values in wanted.items()}


@settings(deadline=None)  # the first example compiles
@given(CASES_OF_EVENTS)
def test_variants_are_counted_as_defined(cases):
    piece = made(cases)
    traces = [tuple(piece.labels[e[0]] for e in case) for case in piece.ordered]
    found = table(VARIANTS, piece)
    assert dict(zip(found["trace"], found["cases"], strict=True)) == Counter(traces)
    assert [int(x) for x in found["example"]] == [traces.index(t) for t in found["trace"]]
    assert list(zip(-found["cases"], found["trace"], strict=True)) == sorted(
        zip(-found["cases"], found["trace"], strict=True)
    )


def test_many_codes_are_told_apart_too():
    code = np.array([3, 99, 3, -1, 99, 64, 0, 63], np.int32)
    offsets = np.array([0, 4, 8])
    assert loops.distinct(code, 100, offsets).tolist() == [2, 4]
    assert loops.distinct(np.minimum(code, 63), 64, offsets).tolist() == [2, 2]


@settings(deadline=None)  # the first example compiles
@given(CASES_OF_EVENTS)
def test_cases_are_described_as_defined(cases):
    piece = made(cases, HOUR)
    for row, case in zip(table(CASES, piece).itertuples(), piece.ordered, strict=True):
        people = [e[1] for e in case]
        assert row.activities == len({e[0] for e in case})
        assert row.resources == len(set(people) - {-1})
        assert row.handovers == sum(a != b and -1 not in (a, b) for a, b in zip(people, people[1:], strict=False))
        assert row.unended == sum(e[3] == MISSING for e in case)
        begin = min(e[3] if e[2] == MISSING else e[2] for e in case)
        assert row.duration_s == (max(map(moment, case)) - begin) * 3600


def wait(case, i, scheduled):
    """How instance i waited, by the definition; None: not measured."""
    label, _, start, _, plan = case[i]
    if start == MISSING:
        return None
    if plan != MISSING:
        return max(start - plan, 0)
    if label in scheduled:
        return None
    before = [e[3] for j, e in enumerate(case) if j != i and e[3] != MISSING and e[3] <= start]
    return start - max(before) if before else None


@settings(deadline=None)  # the first example compiles
@given(CASES_OF_EVENTS)
def test_waiting_is_measured_as_defined(cases):
    piece = made(cases, HOUR)
    scheduled = {e[0] for case in cases for e in case if e[4] != MISSING}
    wanted = defaultdict(list)
    for case in piece.ordered:
        for i, event in enumerate(case):
            wanted[piece.labels[event[0]]].append(wait(case, i, scheduled))
    for row in table(WAITING, piece).itertuples():
        values = wanted.pop(row.activity)
        known = [3600 * x for x in values if x is not None]
        assert (row.instances, row.n) == (len(values), len(known))
        assert row.from_schedule + row.from_completion == len(known)
        assert row.no_start + row.unscheduled_turn + row.nothing_before == len(values) - len(known)
        if known:
            assert (row.n, row.mean_s, row.min_s, row.max_s) == described(known)
    assert not wanted


@settings(deadline=None)  # the first example compiles
@given(CASES_OF_EVENTS, st.lists(st.booleans(), min_size=5, max_size=5), st.booleans())
def test_how_a_log_is_cut_makes_no_difference(cases, borders, in_two_steps):
    whole = made(cases, HOUR)
    cuts = [0, *(i + 1 for i, cut in enumerate(borders[: len(cases) - 1]) if cut), len(cases)]
    pieces = [made(cases[a:b], HOUR) for a, b in zip(cuts, cuts[1:], strict=False)]
    for piece in pieces:
        piece.facts = whole.facts
    for kernel in KERNELS.values():
        partials = [kernel.run(piece, {}) for piece in pieces]
        if in_two_steps:
            partials = [kernel.merge(partials[:2]), *partials[2:]]
        found, wanted = kernel.merge(partials), kernel.run(whole, {})
        assert found.keys() == wanted.keys()
        for name, array in wanted.items():
            np.testing.assert_array_equal(found[name], array, err_msg=f"{kernel.name} {name}")


# --- lengths of time by key ------------------------------------------------------------------------------------------


def test_the_greatest_length_of_time_has_a_bucket():
    for x in (0, 1, 127, 128, 129, 255, 256, 10**9, 2**62, 2**63 - 1):
        low, after = (int(v[0]) for v in spreads.bounds(np.array([loops.bucket_of(np.int64(x))])))
        assert low <= x
        assert x < after or after < 0  # the last bucket ends at 2**63, which no longer fits
    assert loops.bucket_of(np.int64(2**63 - 1)) < 1 << loops.SHIFT


VALUES = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 300) | st.integers(0, 2**40) | st.integers(0, 2**62)),
    min_size=1, max_size=60,
)  # fmt: skip


@settings(deadline=None)  # the first example compiles
@given(VALUES)
def test_sums_are_exact_and_quantiles_within_their_bound(pairs):
    key, value = (np.array(x, np.int64) for x in zip(*pairs, strict=True))
    found = spreads.spread(key, value, 31)
    for i, k in enumerate(found["key"].tolist()):
        mine = sorted(v for kk, v in pairs if kk == k)
        assert found["n"][i] == len(mine)
        assert int(found["seconds"][i]) * 10**6 + int(found["rest"][i]) == sum(mine)
        for share in (0.0, 0.05, 0.5, 0.95, 1.0):
            exact = mine[max(ceil(share * len(mine) - 1e-9), 1) - 1]
            assert abs(spreads.quantile(found, share)[i] - exact) <= exact * spreads.ERROR


@settings(deadline=None)  # the first example compiles
@given(VALUES)
def test_keys_may_be_hashed(pairs):
    key, value = (np.array(x, np.int64) for x in zip(*pairs, strict=True))
    tables, hashed = spreads.spread(key, value, 31), spreads.spread(key, value, 31, room=0)
    for name in spreads.NAMES:
        np.testing.assert_array_equal(tables[name], hashed[name])


def test_many_keys_and_many_sequences_make_the_tables_grow():
    random = np.random.default_rng(1)
    key, value = random.integers(0, 2**40, 9_000), random.integers(0, 2**40, 9_000)
    found = spreads.spread(key, value, 2**41)
    distinct, n = np.unique(key, return_counts=True)
    np.testing.assert_array_equal(found["key"], distinct)
    np.testing.assert_array_equal(found["n"], n)
    code = random.integers(0, 40, 12_000).astype(np.int32)
    of, first, total = loops.grouped(code, np.arange(0, 12_001, 3), np.ones(4_000, np.int64))
    rows = [tuple(code[3 * c : 3 * c + 3].tolist()) for c in range(4_000)]
    assert [rows[first[g]] for g in of.tolist()] == rows
    assert len(first) == len(set(rows))
    assert total.sum() == 4_000


def test_sequences_and_keys_with_one_hash_are_told_apart(monkeypatch):
    monkeypatch.setattr(loops, "hashed", lambda code, begin, end: np.uint64(5))
    code = np.array([0, 1, 1, 0, 0, 1, 0], np.int32)
    of, first, total = loops.grouped.py_func(code, np.array([0, 2, 4, 6, 7]), np.ones(4, np.int64))
    assert (of.tolist(), first.tolist(), total.tolist()) == ([0, 1, 0, 2], [0, 1, 3], [2, 1, 1])
    monkeypatch.setattr(loops, "mixed", lambda key: np.uint64(5))
    of, distinct, times = loops.numbered.py_func(np.array([7, 9, 7, 8]))
    assert (of.tolist(), distinct.tolist(), times.tolist()) == ([0, 1, 0, 2], [7, 9, 8], [2, 1, 1])


# --- the loops of the case table and of the variants, against their definitions -----------------------------------------


@pytest.mark.parametrize(("labels", "resources"), [(1, 1), (64, 63), (65, 63), (64, 64), (300, 5)])
def test_the_case_table_is_the_same_whether_masks_hold_all_codes_or_not(labels, resources):
    random = np.random.default_rng(labels + resources)
    sizes = random.integers(1, 200, 60)
    offsets = np.concatenate(([0], np.cumsum(sizes))).astype(np.int64)
    n = int(offsets[-1])
    activity = random.integers(0, labels, n).astype(np.int32)
    resource = random.integers(-1, resources, n).astype(np.int32)
    resource[: offsets[20]] = np.maximum(resource[: offsets[20]], 0)  # cases in which all are known
    resource[offsets[-2] :] = -1
    activity[-1], resource[-sizes[-1] - 1] = labels - 1, resources - 1  # the greatest codes occur
    end = np.sort(random.integers(0, 10**15, n))
    piece = SimpleNamespace(
        labels=[f"a{i}" for i in range(labels)], resources=[f"r{i}" for i in range(resources)], offsets=offsets,
        activity=activity, resource=resource, end=end, facts=SimpleNamespace(has_starts=False),
    )  # fmt: skip
    found = CASES.run(piece, {})
    for c, (a, b) in enumerate(zip(offsets, offsets[1:], strict=False)):
        people = resource[a:b].tolist()
        handed = sum(-1 < x != y > -1 for x, y in zip(people, people[1:], strict=False))
        row = [
            b - a,
            len(set(activity[a:b].tolist())),
            len(set(people) - {-1}),
            handed,
            0,
            activity[a],
            activity[b - 1],
        ]
        assert [int(x[c]) for x in found.values()] == [*row, end[a], end[b - 1]]


def test_a_case_table_does_not_change_with_its_copy_nor_the_log_with_it(small):
    ids = small.case_ids.tolist()
    found = table(CASES, small)
    changed = found.copy()
    changed["case_id"] = "x"
    changed.loc[0, "instances"] = 99
    assert found["case_id"].tolist() == small.case_ids.tolist() == ids
    assert found["instances"].tolist() == [3, 1, 2]


def test_bits_are_counted():
    for mask in (0, 1, 2**63, 2**64 - 1, 0x8000_0001_0000_0101):
        assert loops.bits(np.uint64(mask)) == mask.bit_count()


@settings(deadline=None)  # the first example compiles
@given(
    st.lists(st.tuples(st.integers(1, 2), st.lists(st.integers(0, 2), min_size=1, max_size=5)), min_size=1, max_size=40)
)
def test_sequences_are_ranked_as_defined(rows):
    code = np.array([x for _, row in rows for x in row], np.int32)
    starts = np.concatenate(([0], np.cumsum([len(row) for _, row in rows]))).astype(np.int64)
    order = loops.ranked(code, starts, np.array([n for n, _ in rows], np.int64))
    assert order.tolist() == sorted(range(len(rows)), key=lambda k: (-rows[k][0], rows[k][1]))
