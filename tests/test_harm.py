"""Effects of deviations: estimators against numbers made by hand, groups and like cases against plain Python."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mining
from mining.errors import UnknownNameError
from mining.harm import effects_of
from mining.harm.covariates import Known
from mining.harm.estimate import FOLDS, estimated, fitted, folds_of
from mining.harm.groups import Deviating
from mining.harm.guards import e_values, grade_of, imbalance_of, overlap_of, weak_guards
from mining.harm.landmark import CONTROLS, Stretches
from mining.harm.naive import naive_of
from mining.outcomes.outcome import Outcome, Outcomes
from mining.results import Provenance
from tests.examples import examples
from tests.helpers import blueprint, study

ABC = ["a", "b", "c"]


def outcome(values, id="time", kind="time", worse=1, unit="s"):
    return Outcome(id, {"en": id, "zh": id}, kind, unit, np.asarray(values, float), worse, visible=True)


def outcomes(*items):
    return Outcomes(pd.DataFrame({"outcome": [x.id for x in items]}), Provenance("test", "", "", 0), items)


def throughput(of):
    x = of.instances
    return outcome(np.where(of.is_open, np.nan, (x.case_end - x.case_start) / 1e6))


def drawn(n, seed, effect=0.0):
    """Cases whose deviation hangs on complexity, which makes them long besides."""
    rng = np.random.default_rng(seed)
    complex_, load = rng.binomial(1, 0.3, n), rng.normal(size=n)
    treated = rng.random(n) < 1 / (1 + np.exp(2.2 - 1.8 * complex_))
    y = 20 + 30 * complex_ + 5 * load + rng.gamma(2, 6, n) + effect * treated
    return np.column_stack([complex_, load]).astype(float), treated, y


# ---- the estimator


def test_without_covariates_the_effect_is_the_difference_of_means():
    rng = np.random.default_rng(1)
    treated, y = np.arange(200) < 60, rng.normal(size=200)
    rows = np.arange(200)
    found = estimated(y, treated, fitted(np.empty((200, 0)), treated, rows), rows)
    # w = 0.3 / 0.7 for all others, so both means are plain; folds only move the forecast, which cancels
    forecast_cancels = found.effect - (y[treated].mean() - y[~treated].mean())
    assert abs(forecast_cancels) < 1e-12
    assert found.total.sum() == pytest.approx(60 * found.effect)


def test_one_yes_no_covariate_is_standardised_as_by_hand():
    x, treated, y = drawn(4000, 3, effect=7)
    rows = np.arange(4000)
    found = estimated(y, treated, fitted(x[:, :1], treated, rows), rows)
    table = pd.DataFrame({"x": x[:, 0], "t": treated, "y": y}).groupby(["x", "t"])["y"].mean().unstack()
    weight = pd.Series(x[treated, 0]).value_counts(normalize=True)
    by_hand = ((table[True] - table[False]) * weight).sum()
    assert found.effect == pytest.approx(by_hand, abs=0.15)
    assert found.low < 7 < found.high


def test_confounding_is_taken_out_and_the_naive_difference_is_not():
    x, treated, y = drawn(3000, 5)
    rows = np.arange(3000)
    found = estimated(y, treated, fitted(x, treated, rows), rows)
    assert found.low < 0 < found.high
    assert naive_of(y[treated], y[~treated], share=False)["naive_low"] > 5


def test_the_interval_is_that_of_a_bootstrap():
    x, treated, y = drawn(800, 7, effect=4)
    rows = np.arange(800)
    found = estimated(y, treated, fitted(x, treated, rows), rows)
    rng = np.random.default_rng(0)
    weights = rng.multinomial(800, np.full(800, 1 / 800), size=2000)
    again = (weights @ found.total) / (weights @ treated)
    assert again.std() == pytest.approx(found.se, rel=0.1)


def test_doubled_rows_of_a_cluster_do_not_shorten_the_interval():
    x, treated, y = drawn(600, 9, effect=4)
    twice = np.repeat(np.arange(600), 2)
    once = estimated(y, treated, fitted(x, treated, np.arange(600)), np.arange(600))
    doubled = estimated(y[twice], treated[twice], fitted(x[twice], treated[twice], twice), twice)
    assert doubled.se == pytest.approx(once.se, rel=0.1)


@settings(max_examples=examples(25), deadline=None)
@given(st.lists(st.integers(0, 30), min_size=10, max_size=120), st.integers(0, 5))
def test_clusters_stay_together_and_parts_are_even(cluster, seed):
    cluster = np.array(cluster)
    fold = folds_of(cluster % 3 == 0, cluster, seed)
    assert all(len(set(fold[cluster == c])) == 1 for c in set(cluster))
    sizes = [len(set(cluster[fold == k])) for k in range(FOLDS)]
    assert max(sizes) - min(sizes) <= 1


# ---- the naive difference and the guards


def test_newcombe_of_two_shares_is_as_published():
    # Newcombe (1998), example a: 56/70 against 48/80
    found = naive_of(np.repeat([1.0, 0.0], [56, 14]), np.repeat([1.0, 0.0], [48, 32]), share=True)
    assert found["naive"] == pytest.approx(0.2)
    assert (round(found["naive_low"], 4), round(found["naive_high"], 4)) == (0.0524, 0.3339)


@settings(max_examples=examples(20), deadline=None)
@given(st.lists(st.integers(0, 6), min_size=1, max_size=12), st.lists(st.integers(0, 6), min_size=1, max_size=12))
def test_the_delta_of_cliff_is_that_of_all_pairs(with_, without):
    pairs = [np.sign(x - y) for x in with_ for y in without]
    found = naive_of(np.array(with_, float), np.array(without, float), share=False)
    assert found["delta"] == pytest.approx(np.mean(pairs))


def test_the_e_value_of_a_risk_ratio_is_as_published():
    # VanderWeele and Ding (2017): a risk ratio of 3.9 needs an unseen cause of 7.26
    treated = np.arange(2000) < 1000
    y = np.where(treated, np.arange(2000) % 1000 < 390, np.arange(2000) % 1000 < 100).astype(float)
    rows = np.arange(2000)
    found = estimated(y, treated, fitted(np.empty((2000, 0)), treated, rows), rows)
    e, low = e_values(found, y, treated, share=True)
    assert round(e, 2) == 7.26
    assert 1 < low < e
    assert e_values(
        estimated(y * 0, treated, fitted(np.empty((2000, 0)), treated, rows), rows), y * 0, treated, share=True
    ) == (1, 1)


def test_balance_and_overlap_see_what_has_no_like_case():
    treated = np.arange(400) < 100
    same = np.tile([0.0, 1.0], 200)[:, None]
    models = fitted(same, treated, np.arange(400))
    assert imbalance_of(same, treated, models) < 0.01
    assert overlap_of(models, treated)[0] == 1
    apart = np.where(treated, 5.0, 0.0)[:, None] + np.random.default_rng(0).normal(0, 0.1, (400, 1))
    models = fitted(apart, treated, np.arange(400))
    share, _ = overlap_of(models, treated)
    assert share < 0.1
    assert "overlap" in weak_guards(share, 50, 0.0, None, 0.0, 2.0, no_start=False)
    assert imbalance_of(apart, treated, models) > 1


def test_weak_guards_are_named_and_a_small_placebo_is_none():
    x, treated, _ = drawn(500, 2)
    rows = np.arange(500)
    models = fitted(x, treated, rows)
    before = np.random.default_rng(3).normal(size=500) + 5 * treated
    placebo = estimated(before, treated, models, rows)
    assert weak_guards(1, 90, 0.05, placebo, float(before.std()), 2, no_start=True) == ("placebo", "start")
    assert weak_guards(0.7, 90, 0.2, None, 0.0, 1.1, no_start=False) == ("overlap", "balance", "no placebo", "unseen")
    assert weak_guards(1, 90, 0.05, placebo, 100 * abs(placebo.effect), 2, no_start=False) == ()


@pytest.mark.parametrize(
    ("n", "n0", "low", "high", "q", "weak", "grade"),
    [
        (30, 100, 1, 2, 0.04, (), "A"),
        (30, 100, -2, -1, 0.04, (), "A"),
        (30, 100, 1, 2, 0.04, ("balance",), "B"),
        (30, 100, 1, 2, 0.04, ("balance", "placebo"), "C"),
        (30, 100, 0, 2, 0.04, (), "C"),
        (30, 100, 1, 2, 0.05, (), "C"),
        (30, 100, np.nan, np.nan, np.nan, (), "C"),
        (29, 100, 1, 2, 0.04, (), "D"),
        (30, 99, 1, 2, 0.04, (), "D"),
    ],
)
def test_grades(n, n0, low, high, q, weak, grade):
    assert grade_of(n, n0, low, high, q, weak) == grade


# ---- who is compared with whom


def test_a_missing_step_is_compared_with_cases_that_did_it_and_placed_after_the_step_before():
    norm = blueprint(ABC, "abc")
    cases = {f"c{k}": [("A", 0), ("B", 1), ("C", 2)] for k in range(4)} | {
        "x": [("A", 0), ("C", 5)],
        "y": [("A", 0), ("B", 3)],
    }
    of = study(norm, cases)
    deviating = Deviating(of)
    (group,) = deviating.groups.values()
    ids = list(of.log.case_ids)
    assert [ids[k] for k in np.flatnonzero(group.has)] == ["x"]
    assert [ids[k] for k in np.flatnonzero(group.lacks)] == ["c0", "c1", "c2", "c3"]  # y still runs: it is not judged
    hours = (deviating.entry[group.finding_id] - of.instances.case_start) / 3.6e9
    assert hours.tolist() == [0] * 6  # A was done at the beginning
    _, first = deviating.first_moment
    assert (first < np.iinfo(np.int64).max).ravel().tolist() == [False] * 4 + [True, False]


def test_a_time_standard_has_its_place_where_its_clock_starts():
    late = {
        "id": "S",
        "dimension": "time",
        "metric": "elapsed",
        "from": "b",
        "to": "c",
        "max": "3h",
        "share": 0.9,
        "severity": "major",
    }
    norm = blueprint(ABC, "abc", standards=[{**late, "basis": "Promise", "calendar": None}])
    cases = {f"c{k}": [("A", 0), ("B", 1 + k), ("C", 2 + k)] for k in range(4)} | {
        "late": [("A", 0), ("B", 9), ("C", 20)]
    }
    deviating = Deviating(study(norm, cases))
    (group,) = deviating.groups.values()
    hours = (deviating.entry[group.finding_id] - deviating.x.case_start) / 3.6e9
    assert hours.tolist() == [1, 2, 3, 4, 9]  # B is done: what came before is known, and no part of the delay


def test_what_is_known_before_a_moment():
    norm = blueprint(ABC, "abc", log={
        "case": "case", "activity": "activity", "timestamp": "end",
        "attributes": {"kind": {"column": "kind"}, "late": {"column": "late"}, "when": {"column": "when", "type": "datetime"}},
    })  # fmt: skip
    rows = []
    for k in range(60):
        begin = pd.Timestamp("2026-03-02 09:00", tz="UTC") + pd.Timedelta(hours=k)
        for j, label in enumerate("ABC"):
            rows.append(
                (
                    f"c{k:02}",
                    label,
                    begin + pd.Timedelta(hours=2 * j),
                    "web" if k % 2 else "desk",
                    "x" if j else None,
                    begin,
                )
            )
    log = mining.EventLog.from_frame(
        pd.DataFrame(rows, columns=["case", "activity", "end", "kind", "late", "when"]), columns=norm.binding
    )
    of = mining.Study(log, norm)
    known = Known(of, Deviating(of))
    assert list(known.columns) == ["kind"]
    assert known.left_out == {
        "late": "recorded after the first step in 100 % of the cases that have it",
        "when": "a date",
    }
    case = np.array([10, 11])
    moment = of.instances.case_start[case] + 3_600_000_000
    # at 20:00 the cases begun at 16:00 < t < 20:00 and that of 16:00, ending at 20:00, is over
    assert known.open_at(moment).tolist() == [4, 4]
    with pytest.raises(UnknownNameError, match="kidn"):
        Known(of, Deviating(of), ["kidn"])


def landmark_log(n, seed):
    """Steps an hour or so apart; now and then a call that no blueprint knows."""
    rng = np.random.default_rng(seed)
    cases = {}
    for k in range(n):
        t, events = float(k), []
        for label in "ABC":
            if label != "A" and rng.random() < 0.3:
                t += float(rng.integers(1, 4))
                events.append(("Call", t))
            t += float(rng.integers(1, 6))
            events.append((label, t))
        cases[f"c{k:03}"] = events
    return study(blueprint(ABC, "abc"), cases)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_like_cases_are_as_long_open_in_the_same_state_and_do_not_deviate_yet(seed):
    of = landmark_log(60, seed)
    deviating = Deviating(of)
    group = next(g for g in deviating.groups.values() if g.places == ("Call",))
    assert group.design == "landmark"
    found = Stretches(of, deviating).sets(group, np.ones(60, bool), 0)
    log = {}
    x = of.instances
    for c in range(60):
        rows = range(x.offsets[c], x.offsets[c + 1])
        log[c] = [(x.names[x.activity[i]], int(x.order_time[i] - x.case_start[c])) for i in rows]

    def state(c, t, before):
        """Last step before t (at t too, unless the step at t is the deviation itself)."""
        past = [name for name, at in log[c] if (at < t if before else at <= t)]
        return past[-1] if past else None

    calls = {c: min((at for name, at in log[c] if name == "Call"), default=None) for c in log}

    def like(c, t):
        """Cases as long open, in the same state, not deviating yet: by definition, one by one."""
        mine = state(c, t, before=True)
        return {
            o
            for o in log
            if o != c and state(o, t, before=False) == mine and log[o][-1][1] > t and (calls[o] is None or calls[o] > t)
        }

    rows = list(
        zip(found.case.tolist(), found.elapsed.tolist(), found.treated.tolist(), found.later.tolist(), strict=True)
    )
    deviating_at = {c: t for c, t, treated, _ in rows if treated}
    assert all(t == calls[c] for c, t in deviating_at.items())
    alone = {c for c, t in calls.items() if t is not None and not like(c, t)}
    assert {c for c, t in calls.items() if t is not None} - set(deviating_at) == alone
    assert found.n_alone == len(alone)
    wanted = sum(min(CONTROLS, len(like(c, t))) for c, t in deviating_at.items())
    controls = [(o, t) for o, t, treated, _ in rows if not treated]
    assert len(controls) == wanted
    assert all(any(t == when and o in like(c, t) for c, when in deviating_at.items()) for o, t in controls)
    past = [sum(at < t if treated else at <= t for _, at in log[c]) for c, t, treated, _ in rows]
    assert found.steps.tolist() == past  # the deviation itself is none of them
    assert all(later == (calls[c] is not None) for c, _, _, later in rows)


# ---- the table


@pytest.fixture(scope="module")
def table(study_of_samples):
    return effects_of(study_of_samples, outcomes(throughput(study_of_samples)))


@pytest.fixture(scope="module")
def study_of_samples():
    norm = mining.read_blueprint("sample_logs/permit_receipt/blueprint.yaml")
    return mining.Study(mining.read_log("sample_logs/permit_receipt/log.csv", columns=norm.binding), norm)


def test_what_the_cases_add_is_the_total(table):
    frame = table.frame
    assert table.influence.shape == (len(frame), 2000)
    adjusted = frame["effect"].notna()
    assert adjusted.sum() >= 2
    assert np.allclose(table.influence.sum(axis=1)[adjusted], frame["total"][adjusted])
    compared = frame["n_with"]  # point designs compare all of them
    assert np.allclose(frame["total"][adjusted], (frame["effect"] * compared)[adjusted])
    assert not table.influence[~adjusted].any()


def test_naive_and_counts_are_those_of_plain_pandas(table, study_of_samples):
    faults = study_of_samples.deviations().frame
    times = throughput(study_of_samples).values
    ids = np.asarray(study_of_samples.log.case_ids)
    for row in table.frame.itertuples():
        of = faults[faults["finding_id"] == row.finding_id]
        cases = set(of.loc[of["verdict"] == "fail", "case_id"])
        values = times[np.isin(ids, list(cases))]
        assert row.n_with == np.isfinite(values).sum()
        assert row.n_with == 0 or row.mean_with == pytest.approx(np.nanmean(values))


def test_a_check_that_measures_the_outcome_has_no_effect_on_it(table):
    rows = table.frame.set_index("finding_id")
    whole = table.study.findings().frame.set_index("finding_id")["check"]
    defined = rows[rows["why"] == "defined"]
    assert set(whole[defined.index]) == {"S2", "S3"}  # both promise when the case ends
    assert defined["effect"].isna().all()
    assert set(defined["grade"]) <= {"C", "D"}


def test_a_rare_event_has_no_effect_however_many_cases(study_of_samples, table):
    late = Deviating(study_of_samples).groups[table.frame.loc[table.frame["effect"].idxmax(), "finding_id"]]
    rare = np.zeros(2000)
    rare[np.flatnonzero(late.lacks)[:40]] = 1  # none of the cases with the deviation
    row = effects_of(study_of_samples, outcomes(outcome(rare, "rare", "share", unit=""))).row(late.finding_id, "rare")
    assert row["n_with"] > 100
    assert row["why"] == "few_events"
    assert np.isnan(row["effect"])
    assert row["grade"] == "C"


def test_few_cases_have_no_effect_and_only_grades_a_and_b_say_costs(table):
    frame = table.frame
    few = frame[(frame["n_with"] < 30) | (frame["n_without"] < 100)]
    assert len(few)
    assert few["effect"].isna().all()
    assert set(few["grade"]) == {"D"}
    for row in frame.itertuples():
        words = table.told(row.finding_id, row.outcome)
        assert ("costs" in words or "saves" in words) == (row.grade in ("A", "B"))
        chinese = table.told(row.finding_id, row.outcome, "zh")
        assert ("多付出" in chinese or "节省" in chinese) == (row.grade in ("A", "B"))
    assert (frame["harm"].notna() == frame["grade"].isin(["A", "B"])).all()


def test_q_is_controlled_over_the_whole_table(table):
    known = table.frame["p"].notna()
    p = table.frame.loc[known, "p"].to_numpy()
    order = np.argsort(p)
    by_hand = np.minimum.accumulate((p[order] * len(p) / np.arange(1, len(p) + 1))[::-1])[::-1]
    assert np.allclose(table.frame.loc[known, "q"].to_numpy()[order], np.minimum(by_hand, 1))


@pytest.mark.slow
def test_the_same_seed_gives_the_same_bytes_and_another_nearly_the_same(study_of_samples, table):
    made = outcomes(throughput(study_of_samples))
    again = effects_of(study_of_samples, made)
    pd.testing.assert_frame_equal(again.frame, table.frame)
    other = effects_of(study_of_samples, made, seed=1).frame
    shown = table.frame["grade"].isin(["A", "B"])
    assert (other["effect"][shown] - table.frame["effect"][shown]).abs().max() < table.frame["se"][shown].max()


def test_unknown_names_say_what_there_is(table, study_of_samples):
    with pytest.raises(UnknownNameError, match="chanel.*channel"):
        effects_of(study_of_samples, table.outcomes, covariates=["chanel"])
    with pytest.raises(UnknownNameError, match="custmer"):
        effects_of(study_of_samples, table.outcomes, cluster="custmer")
    with pytest.raises(UnknownNameError, match="F-0"):
        table.row("F-0", "time")
    with pytest.raises(UnknownNameError, match="money"):
        table.row(table.frame["finding_id"].iloc[0], "money")


def test_a_log_without_deviations_gives_an_empty_table():
    of = study(blueprint(ABC, "abc"), {"c": [("A", 0), ("B", 1), ("C", 2)]})
    found = effects_of(of, outcomes(throughput(of)))
    assert len(found) == 0
    assert found.influence.shape == (0, 1)
    assert "0 effects" in found.sentence()


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.few_quick(1)
def test_the_chart_shows_both_differences(table, lang):
    import matplotlib.pyplot as plt

    ax = table.plot(lang=lang)
    assert len(ax.get_yticklabels()) == table.frame["effect"].notna().sum()
    assert len(ax.get_legend().get_texts()) == 3
    plt.close("all")
