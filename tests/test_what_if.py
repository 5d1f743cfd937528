"""The what-if: queues with known answers, the engine against SimPy, and what must hold of every run."""

import heapq
import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mining
from benchmarks.queue_by_simpy import simulate_by_simpy
from mining.errors import LogError, MiningError, UnknownNameError
from mining.what_if import Automated, Capacity, DeviationShare, Routing, Standard, calibrated, validated, what_if
from mining.what_if.engine import NEVER, Staffing, Work, open_until, simulate
from mining.what_if.intervals import interval
from mining.what_if.measures import Asked, as_it_was, in_work, measured
from mining.what_if.runs import Change, _removed, draw, run
from mining.what_if.templates import MOST, _weights
from tests.examples import examples
from tests.helpers import MONDAY, SHARED, blueprint

QUEUE = {
    "standards": [
        {"id": "S1", "dimension": "time", "metric": "waiting", "of": "b", "max": "20min", "severity": "major", "basis": "policy"},
        {"id": "S2", "dimension": "time", "metric": "elapsed", "from": "a", "to": "b", "max": "1h", "severity": "major", "basis": "policy"},
    ]
}  # fmt: skip


def erlang_c(servers, arrivals, service):
    """Mean wait in an M/M/c queue (Erlang 1917), in the unit of the rates; both rates per unit of time."""
    load = arrivals / service
    last = load**servers / math.factorial(servers) * servers / (servers - load)
    waits = last / (sum(load**k / math.factorial(k) for k in range(servers)) + last)
    return waits / (servers * service - arrivals)


def queue_log(days, per_hour, minutes, people=("ann", "bob"), seed=1, later=1.0):
    """Events of a queue: arrival (a), then service (b) by whoever is free first, first come first served, day and night.

    ``later``: how many times as long services take in the last third of the time.
    """
    chance = np.random.default_rng(seed)
    n = int(days * 24 * per_hour)
    arrival = np.cumsum(chance.exponential(3600 / per_hour, n))
    service = chance.exponential(60 * minutes, n) * np.where(arrival > arrival[-1] * 2 / 3, later, 1)
    free = [(0.0, who) for who in people]
    rows = []
    for k in range(n):
        at, who = heapq.heappop(free)
        begin = max(at, arrival[k])
        heapq.heappush(free, (begin + service[k], who))
        rows.append((f"c{k}", "A", arrival[k], arrival[k], None))
        rows.append((f"c{k}", "B", begin, begin + service[k], who))
    table = pd.DataFrame(rows, columns=["case", "activity", "start", "end", "resource"])
    for name in ("start", "end"):
        table[name] = (MONDAY + pd.to_timedelta(table[name], unit="s")).dt.round("us")
    return table


def study_of(table, flow=("a", "b"), **more):
    norm = blueprint(list(flow), "".join(flow), **more)
    return mining.Study(mining.EventLog.from_frame(table, columns=norm.binding), norm)


@pytest.fixture(scope="module")
def queue():
    return study_of(queue_log(30, 8.4, 10), **QUEUE)


@pytest.fixture(scope="module")
def answers(queue):
    capacity = {"double": Capacity("clerk", factor=2), "three": Capacity("clerk", add=2, factor=0.5)}
    return what_if(queue, capacity | {"new": Standard("S1", within="5min")}, runs=8)


def row(table, scenario, measure):
    frame = table.frame
    return frame[(frame["scenario"] == scenario) & (frame["measure"] == measure)].iloc[0]


# --- the engine ------------------------------------------------------------------------------------------------------


@st.composite
def services(draw):
    """Some cases, pools and people."""
    n_cases, n_pools = draw(st.integers(1, 8)), draw(st.integers(1, 3))
    number, parts = st.integers(0, 30), []
    for _ in range(n_cases):
        arrival, first = draw(number), len(parts)
        for k in range(draw(st.integers(1, 4))):
            parent = -1 if k == 0 else draw(st.integers(first - 1, first + k - 1))
            pools = [draw(st.integers(-1, n_pools - 1)) for _ in range(3)]
            parent = -1 if parent < first else parent
            parts.append((arrival, parent, draw(number), draw(number), *pools, draw(st.integers(0, 1))))
    steps = [sorted(draw(st.sets(st.integers(0, 120), min_size=1, max_size=5))) for _ in range(n_pools)]
    people = [draw(st.lists(st.integers(0, 3), min_size=len(s), max_size=len(s))) for s in steps]
    offsets = np.cumsum([0, *map(len, steps)])
    staffing = Staffing(offsets, np.array(sum(steps, []), np.int64), np.array(sum(people, []), np.int64))
    return Work(*np.array(parts, np.int64).T), staffing


@given(services())
@settings(max_examples=examples(60), deadline=None)
def test_the_engine_gives_the_moments_of_simpy(service):
    work, staffing = service
    ours, theirs = simulate(work, staffing), simulate_by_simpy(work, staffing)
    for mine, simpys in zip(ours, theirs, strict=True):
        assert mine.tolist() == simpys.tolist()


@given(services())
@settings(max_examples=examples(60), deadline=None)
def test_nobody_is_early_and_nobody_begins_without_a_person(service):
    work, staffing = service
    ready, start, end = simulate(work, staffing)
    assert (ready <= start).all()
    assert (start <= end).all()
    for p in range(len(staffing.offsets) - 1):
        low, high = staffing.offsets[p], staffing.offsets[p + 1]
        for i in np.flatnonzero((work.pool == p) & (start != NEVER)):
            k = np.searchsorted(staffing.at[low:high], start[i], side="right") - 1
            there = staffing.people[low + k] if k >= 0 else 0
            mine = (work.pool == p) & (start != NEVER)
            begun = (mine & (start < start[i])) & (end > start[i])  # at work before it began
            assert begun.sum() < there


def test_first_come_first_served_but_for_the_urgent():
    zero = np.zeros(3, np.int64)
    later = np.array([0, 1, 0])
    work = Work(np.array([0, 1, 2]), zero - 1, zero, zero + 10, zero, zero - 1, zero, later)
    one = Staffing(np.array([0, 1]), np.array([0]), np.array([1]))
    assert simulate(work, one)[1].tolist() == [0, 20, 10]


def test_long_work_rests_while_the_pool_is_closed():
    zero = np.zeros(1, np.int64)
    staffing = Staffing(np.array([0, 3]), np.array([0, 10, 100]), np.array([1, 0, 1]))
    resting = Work(zero + 5, zero - 1, zero, zero + 8, zero, zero, zero, zero)
    going_on = Work(zero + 5, zero - 1, zero, zero + 8, zero, zero - 1, zero, zero)
    assert simulate(resting, staffing)[2].tolist() == [103]
    assert simulate(going_on, staffing)[2].tolist() == [13]
    assert open_until(staffing, staffing.open_before(), 0, np.array([-1, 5, 50, 103])).tolist() == [0, 5, 10, 13]


@pytest.mark.parametrize(("servers", "arrivals"), [(1, 0.7), (2, 1.6), (5, 4.0)])
def test_queues_before_the_engine_wait_as_erlang_says(servers, arrivals):
    chance, n = np.random.default_rng(servers), 200_000
    arrival = np.cumsum(chance.exponential(1e6 / arrivals, n)).astype(np.int64)
    zero, work = np.zeros(n, np.int64), chance.exponential(1e6, n).astype(np.int64)
    always = Staffing(np.array([0, 1]), np.array([0]), np.array([servers]))
    ready, start, _ = simulate(Work(arrival, zero - 1, zero, work, zero, zero - 1, zero, zero), always)
    assert (start - ready).mean() / 1e6 == pytest.approx(erlang_c(servers, arrivals, 1), rel=0.05)


# --- queues with known answers ---------------------------------------------------------------------------------------


def test_the_calibration_finds_a_queue_and_nothing_beside_it(queue):
    model = calibrated(queue)
    clerk = model.frame.set_index("pool").loc["clerk"]
    assert clerk["people"] == 2
    assert clerk["limited"]
    assert clerk["at_work"] == pytest.approx(2, abs=0.02)
    assert clerk["queue_share"] > 0.999  # every wait is a queue
    assert clerk["utilisation"] == pytest.approx(0.7, abs=0.04)
    assert model.left_out["open_cases"] == 0


def test_the_wait_of_a_queue_is_recovered(answers):
    wait = row(answers, "double", "waiting_mean")
    assert wait["base_low"] < 3600 * erlang_c(2, 8.4, 6) < wait["base_high"]
    assert wait["base"] == pytest.approx(wait["observed"], rel=0.25)
    assert row(answers, "double", "utilisation:clerk")["base"] == pytest.approx(0.7, abs=0.04)


def test_twice_the_people_wait_as_erlang_says(answers):
    wait = row(answers, "double", "waiting_mean")
    assert wait["value"] == pytest.approx(3600 * erlang_c(4, 8.4, 6), rel=0.35)
    assert wait["certain"]
    assert wait["high"] < 0
    assert row(answers, "double", "utilisation:clerk")["value"] == pytest.approx(0.35, abs=0.02)


def test_waits_within_a_limit_are_those_of_the_queue(answers):
    """In an M/M/c queue the wait is over t with probability C exp(-(c mu - lambda) t)."""
    share = 1 - 2 * 0.7**2 / 1.7 * math.exp(-(12 - 8.4) / 3)
    kept = row(answers, "double", "within:S1")
    assert kept["base_low"] < share < kept["base_high"]
    assert kept["base"] == pytest.approx(share, abs=0.05)


def test_a_scenario_that_changes_nothing_differs_by_exactly_nothing(answers):
    nothing = answers.frame[answers.frame["scenario"] == "new"]
    assert set(nothing["difference"]) == {0.0}
    assert not nothing["certain"].any()
    new, old = row(answers, "new", "within:S1<=5min"), row(answers, "new", "within:S1")
    assert new["value"] < old["value"]


def test_the_factor_comes_before_what_is_added(answers):
    """Half of two people, and two more, are three."""
    assert row(answers, "three", "waiting_mean")["value"] == pytest.approx(3600 * erlang_c(3, 8.4, 6), rel=0.35)


def test_the_same_seed_gives_the_same_bytes(queue):
    tables = [what_if(queue, Capacity("clerk", add=1), runs=2, seed=s).to_dict() for s in (3, 3, 4)]
    assert tables[0] == tables[1]
    assert tables[0] != tables[2]


def test_cases_that_come_go_or_are_in_work(queue):
    model = calibrated(queue)
    first = int(model.days.arrivals[0]) // 86_400_000_000
    found = run(model, draw(model, first + np.arange(25), (0,), n=20), Change())
    moments = np.linspace(found.arrival.min(), found.arrival.max(), 7).astype(np.int64)
    for t in moments:
        here = ((found.arrival <= t) & (found.end > t)).sum()
        assert (found.arrival <= t).sum() == (found.end <= t).sum() + here
    assert (np.bincount(found.case, minlength=len(found.template)) == 2).all()
    assert (found.finish >= found.start).all()
    asked = Asked((int(moments[1]), int(moments[5])), NEVER - 1, {}, {})
    numbers = measured(model, found, asked)
    assert numbers["cases"] == ((found.arrival >= moments[1]) & (found.arrival < moments[5])).sum()
    hours = (moments[5] - moments[1]) / 3.6e9
    little = numbers["cases"] / hours * numbers["throughput_mean"] / 3600  # Little's law
    assert numbers["work_in_progress"] == pytest.approx(little, rel=0.02)


def test_the_log_measured_as_a_run_is_the_log(queue):
    model = calibrated(queue)
    numbers = measured(model, as_it_was(model), Asked((0, 2**61), NEVER, {}, {}))
    x = queue.instances
    took = (x.case_end - x.case_start) / 1e6
    assert numbers["throughput_mean"] == pytest.approx(took.mean())
    assert numbers["throughput_p90"] == pytest.approx(np.quantile(took, 0.9))
    b = x.of("b")
    assert numbers["waiting_mean"] == pytest.approx((x.start[b] - x.case_start[x.case[b]]).mean() / 1e6)


# --- validation ------------------------------------------------------------------------------------------------------


def test_a_service_that_stays_the_same_can_be_foretold(queue):
    found = validated(queue, runs=8)
    assert found.verdict == "usable"
    assert "usable" in found.sentence("en")
    assert "仿真可用" in found.sentence("zh")


def test_a_service_that_changed_cannot():
    found = validated(study_of(queue_log(15, 6, 10, seed=2, later=2.0), **QUEUE), runs=6)
    assert found.verdict == "not_usable"
    late = found.frame.set_index("measure").loc["throughput_median"]
    assert late["far"]
    assert late["observed"] > late["high"]
    assert "NOT usable" in found.sentence("en")


def test_too_few_cases_are_not_judged():
    found = validated(study_of(queue_log(3, 0.6, 10)), runs=2)
    assert found.verdict == "not_tested"
    assert found.frame.empty
    assert "30" in found.sentence("en")


@pytest.mark.slow
def test_stationary_services_are_usable_and_changed_ones_not():
    for later, word in ((1.0, "usable"), (2.0, "not_usable")):
        logs = (queue_log(20, 7.2, 10, seed=100 + seed, later=later) for seed in range(10))
        found = [validated(study_of(table, **QUEUE), runs=20).verdict for table in logs]
        assert found.count(word) >= 9


@pytest.mark.slow
@pytest.mark.parametrize(
    ("sample", "verdict"),
    [
        ("bank_loan", "usable"),
        ("it_incident", "usable"),
        ("permit_receipt", "usable"),
        ("outpatient_visit", "with_care"),
    ],
)
def test_the_samples_are_foretold(sample, verdict):
    norm = mining.read_blueprint(f"sample_logs/{sample}/blueprint.yaml")
    of = mining.Study(mining.read_log(f"sample_logs/{sample}/log.csv", columns=norm.binding), norm)
    assert validated(of).verdict == verdict


@pytest.mark.slow
@pytest.mark.skipif(not (SHARED / "logs").is_dir(), reason="the public logs are not beside the project")
@pytest.mark.parametrize(
    ("log", "norm", "verdict"), [("bpic2012", "bank_loan", "with_care"), ("helpdesk", "it_incident", "not_usable")]
)
def test_public_logs(log, norm, verdict):
    """The median of bpic2012 doubles in its last part, and of helpdesk nearly all cases then end within 30 days, before a third."""
    design = mining.read_blueprint(SHARED / "blueprints" / f"{norm}.yaml")
    of = mining.Study(mining.read_log(SHARED / "logs" / f"{log}.xes.gz", columns=design.binding), design)
    assert validated(of).verdict == verdict


# --- calibration -----------------------------------------------------------------------------------------------------


def test_a_long_case_stands_for_those_that_were_not_seen_whole():
    arrivals = np.arange(10)
    assert _weights(np.array([0, 5, 9, 50]), arrivals, 10).tolist() == [1.0, 10 / 6, 5.0, MOST]


def test_what_is_left_out_is_counted():
    table = queue_log(8, 6, 10)
    last = table["end"].max()
    table = table[~(table["case"].isin(["c5", "c9"]) & (table["activity"] == "B"))]  # never served
    of = study_of(table)
    model = calibrated(of)
    assert model.left_out["open_cases"] == 2
    assert len(model.templates.case) + 2 == of.instances.n_cases
    early = calibrated(of, until=last - pd.Timedelta(days=4))
    assert len(early.templates.case) < len(model.templates.case)
    assert (of.instances.case_end[early.templates.case] <= early.until).all()


def test_visits_wait_for_the_service_to_open_and_letters_do_not():
    """Customers come back within ten minutes of opening (B, Monday to Friday); letters (D) arrive at any hour."""
    chance, rows = np.random.default_rng(4), []
    for k in range(400):
        day, hour = divmod(k, 8)
        day = day // 5 * 7 + day % 5
        at = MONDAY + pd.Timedelta(days=day, hours=hour, minutes=int(chance.integers(0, 50)))
        nextday = 3 if day % 7 == 4 else 1
        visit = at.normalize() + pd.Timedelta(days=nextday, hours=9, minutes=int(chance.integers(0, 10)))
        letter = visit + pd.Timedelta(hours=float(chance.uniform(1, 100)))
        work = pd.Timedelta(minutes=6)
        rows += [
            (f"c{k}", "A", at, at + work, "ann"),
            (f"c{k}", "B", visit, visit + work, None),
            (f"c{k}", "D", letter, letter, None),
        ]
        rows.append((f"c{k}", "C", at + 2 * work, at + 3 * work, "bob"))
    of = study_of(pd.DataFrame(rows, columns=["case", "activity", "start", "end", "resource"]), ("a", "c", "b", "d"))
    t, x = calibrated(of).templates, of.instances
    clock = {name: set(t.clock[x.activity[t.instance] == x.code[name]].tolist()) for name in "bd"}
    assert clock == {"b": {1}, "d": {-1}}  # one pool, then the service as a whole
    delay = t.delay[x.activity[t.instance] == x.code["b"]] / 3.6e9
    assert delay.max() < 10  # hours of opening, not of nights and weekends


# --- scenarios -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def paths():
    """Four hundred cases a b c; every fourth skips b and is as much faster; more skip it in region north."""
    chance, rows = np.random.default_rng(5), []
    for k in range(400):
        region = "north" if k % 2 else "south"
        at = 3600.0 * k
        skips = chance.random() < (0.4 if region == "north" else 0.1)
        steps = [
            ("A", 0.0, 0.0),
            *([] if skips else [("B", 1800.0, 3600.0)]),
            ("C", 5400.0 - 3600 * skips, 7200.0 - 3600 * skips),
        ]
        rows += [(f"c{k}", name, at + low, at + high, None, region) for name, low, high in steps]
    table = pd.DataFrame(rows, columns=["case", "activity", "start", "end", "resource", "region"])
    for name in ("start", "end"):
        table[name] = MONDAY + pd.to_timedelta(table[name], unit="s")
    norm = blueprint(
        ["a", {"optional": "b"}, "c"], "abc",
        rules=[{"id": "R1", "kind": "must_occur", "a": "b", "severity": "major", "basis": "policy"}],
        log={"case": "case", "activity": "activity", "timestamp": "end", "start": "start", "resource": "resource",
             "attributes": {"region": {"column": "region", "type": "string"}}},
    )  # fmt: skip
    return mining.Study(mining.EventLog.from_frame(table, columns=norm.binding), norm)


def finding(of, check):
    table = of.deviations().frame
    return table.loc[table["check"] == check, "finding_id"].iloc[0]


@pytest.mark.parametrize("like", [(), ("region",)], ids=["all", "by region"])
def test_the_share_of_a_deviation_becomes_what_was_asked_for(paths, like):
    id = finding(paths, "R1")
    shares = {"none": DeviationShare(id, share=0, like=like), "all": DeviationShare(id, share=0.6, like=like)}
    found = what_if(paths, shares, runs=4)
    assert row(found, "none", f"deviation:{id}")["value"] == 0
    assert row(found, "none", "throughput_mean")["value"] == pytest.approx(7200)  # nobody is faster any more
    most = row(found, "all", f"deviation:{id}")
    assert most["value"] == pytest.approx(0.6, abs=0.06)
    assert most["base"] == pytest.approx(0.25, abs=0.07)
    expected = 7200 - 3600 * most["value"]
    assert row(found, "all", "throughput_mean")["value"] == pytest.approx(expected, rel=0.02)


def test_an_adjusted_effect_moves_the_cases_by_it(paths):
    id = finding(paths, "R1")
    found = what_if(paths, DeviationShare(id, share=0, effect=-600.0), runs=4)
    share, mean = row(found, "1", f"deviation:{id}"), row(found, "1", "throughput_mean")
    assert mean["difference"] == pytest.approx(600 * share["base"], rel=0.02)  # the deviation saved ten minutes
    assert share["value"] == 0


def test_the_uncertainty_of_an_effect_is_in_the_interval(paths):
    id = finding(paths, "R1")
    sure, unsure = (
        row(what_if(paths, DeviationShare(id, share=0, effect=(3600.0, se)), runs=6), "1", "throughput_mean") for se in (0.0, 3000.0)
    )  # fmt: skip
    assert unsure["high"] - unsure["low"] > 2 * (sure["high"] - sure["low"])


def test_routing_changes_the_share_of_a_step(paths):
    decision = paths.branches().frame["decision"].iloc[0]
    option = Routing(decision, share=0.5, option="taken", like="region")
    found = what_if(paths, {"step": Routing("b", share=1.0), "option": option}, runs=3)
    assert row(found, "step", "routing:b")["value"] == 1
    assert row(found, "step", "throughput_mean")["value"] == pytest.approx(7200)
    assert row(found, "option", f"routing:{decision}=taken")["value"] == pytest.approx(0.5, abs=0.08)


def test_a_machine_takes_no_time_and_no_person(paths):
    found = what_if(paths, Automated("c", seconds=60), runs=3)
    base, mean = (row(found, "1", "throughput_mean")[name] for name in ("base", "value"))
    assert base - mean == pytest.approx(
        1800 + 1800 - 60, rel=0.01
    )  # no wait of half an hour, a minute of work instead of half an hour


@pytest.mark.slow
def test_every_breach_brought_down_to_its_limit(queue):
    found = what_if(queue, Standard("S1", within="10min", how="met"), runs=5)
    assert row(found, "1", "within:S1<=10min")["value"] == 1
    assert row(found, "1", "within:S1<=10min")["base"] < 0.9
    assert row(found, "1", "throughput_mean")["difference"] < -120


def test_time_taken_out_counts_once():
    of, low, high = (np.array(a) for a in ([0, 0, 2], [10, 30, 5], [20, 35, 9]))
    case, t = np.array([0, 0, 0, 0, 1, 2]), np.array([5, 15, 25, 40, 99, 9])
    assert _removed(of, low, high, case, t).tolist() == [0, 5, 10, 15, 0, 4]


def test_the_urgent_gain_what_others_lose():
    table = queue_log(12, 9.6, 10, seed=3)
    other = table["case"].str[1:].astype(int) % 3 == 0
    table.loc[other & (table["activity"] == "B"), "activity"] = "C"
    norm = blueprint(
        ["a", {"choice": ["b", "c"]}], "abc", ends=["b", "c"],
        standards=[{"id": "S1", "dimension": "time", "metric": "waiting", "of": "c", "max": "20min", "severity": "major", "basis": "x"},
                   {"id": "S2", "dimension": "time", "metric": "waiting", "of": "b", "max": "20min", "severity": "major", "basis": "x"}],
    )  # fmt: skip
    of = mining.Study(mining.EventLog.from_frame(table, columns=norm.binding), norm)
    found = what_if(of, Standard("S1", how="priority"), runs=3)
    assert row(found, "1", "within:S1")["difference"] > 0.05
    assert row(found, "1", "within:S2")["difference"] < -0.02
    assert row(found, "1", "waiting_mean")["difference"] == pytest.approx(
        0, abs=0.1 * row(found, "1", "waiting_mean")["base"]
    )  # the same work waits


def test_fewer_hours_by_a_calendar_make_queues(queue):
    found = what_if(queue, Capacity("clerk", hours="office", factor=6), runs=2)
    wait = row(found, "1", "waiting_mean")
    assert wait["difference"] > 3600  # who comes at night waits until the morning
    assert row(found, "1", "unfinished")["value"] == 0


def test_too_few_people_are_said_to_be_so(queue):
    found = what_if(queue, Capacity("clerk", add=-1), runs=2)
    assert row(found, "1", "utilisation:clerk")["value"] > 0.97
    assert row(found, "1", "throughput_mean")["value"] > 10 * row(found, "1", "throughput_mean")["base"]
    assert "never free" in found.sentence("en")
    assert "始终没有空闲" in found.sentence("zh")


# --- refusals --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("scenario", "error", "words"),
    [
        (Capacity("boss", add=1), UnknownNameError, "clerk"),
        (Capacity("clerk", hours="night"), UnknownNameError, "office"),
        (Standard("S9", within="1h"), UnknownNameError, "S1, S2"),
        (Routing("x", share=0.5), UnknownNameError, "Known: a, b"),
        (Routing("flow", share=0.5, option="1"), UnknownNameError, "decision"),
        (DeviationShare("F-1", share=0.5), UnknownNameError, "finding"),
        (Routing("b", share=0.5), LogError, "only 0 without it"),
        (Routing("b", share=1.0, like="colour"), UnknownNameError, "attribute"),
        (Automated("x", seconds=5), UnknownNameError, "activity"),
        (Standard("S1", within="3bh"), MiningError, "calendar"),
    ],
    ids=["role", "hours", "standard", "step", "decision", "finding", "too few", "attribute", "activity", "calendar"],
)
def test_unknown_names_and_what_the_log_cannot_answer(queue, scenario, error, words):
    with pytest.raises(error, match=words):
        what_if(queue, scenario, runs=2)


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda: Capacity("clerk"), "changes nothing"),
        (lambda: Capacity("clerk", add=0.5), "whole number"),
        (lambda: Capacity("clerk", factor=-1), "factor"),
        (lambda: Standard("S1"), "changes nothing"),
        (lambda: Standard("S1", within="soon"), "duration"),
        (lambda: Standard("S1", how="wish"), "how"),
        (lambda: Routing("b", share=2), "between 0 and 1"),
        (lambda: DeviationShare("F", share=float("nan")), "between 0 and 1"),
        (lambda: DeviationShare("F", share=0.1, effect=(1.0, -1.0)), "standard error"),
        (lambda: DeviationShare("F", share=0.1, effect=1.0, like="region"), "either"),
        (lambda: Automated("b", seconds=-1), "seconds"),
    ],
    ids=["capacity", "half", "factor", "nothing", "duration", "how", "share", "nan", "effect", "both", "seconds"],
)
def test_nonsense_is_refused(make, words):
    with pytest.raises(MiningError, match=words):
        make()


@pytest.mark.parametrize("scenarios", [[], {}, ["more people"], [()]], ids=["none", "empty", "text", "tuple"])
def test_no_scenario_is_an_error(queue, scenarios):
    with pytest.raises(MiningError):
        what_if(queue, scenarios)


@pytest.mark.parametrize("runs", [1, 0, True, 2.0])
def test_one_run_is_no_interval(queue, runs):
    with pytest.raises(MiningError, match="runs"):
        what_if(queue, Capacity("clerk", add=1), runs=runs)


def test_a_late_standard_is_no_share_to_set(queue):
    with pytest.raises(MiningError, match=r"Standard\('S1', how=\"met\"\)"):
        what_if(queue, DeviationShare(finding(queue, "S1"), share=0.0), runs=2)


def test_without_start_times_nobody_knows_the_capacity(study):
    with pytest.raises(LogError, match="no instance of this log has a start"):
        what_if(study, Capacity("clerk", add=1), runs=2)
    assert "no start times" in calibrated(study).sentence("en")


def test_people_who_do_several_things_at_once_limit_nothing():
    table = queue_log(6, 9.6, 10)
    table.loc[table["resource"].notna(), "resource"] = "ann"
    of = study_of(table)
    with pytest.raises(LogError, match="several things at once"):
        what_if(of, Capacity("clerk", add=1), runs=2)


def test_too_few_cases_cannot_be_calibrated():
    with pytest.raises(LogError, match="at least 30"):
        calibrated(study_of(queue_log(1, 1, 10)))


# --- results ---------------------------------------------------------------------------------------------------------


def test_the_table_describes_itself(answers):
    assert list(answers.frame) == list(answers.columns)
    assert answers.provenance.parameters["seed"] == 0
    assert set(answers.frame["n_runs"]) == {8}
    text = answers.sentence("en")
    assert "95 % prediction interval" in text
    assert "clerk" in text.lower()
    assert answers.validation.verdict in answers.provenance.parameters["validation"]


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_charts_draw_what_the_table_holds(answers, lang):
    import matplotlib.pyplot as plt

    ax = answers.plot(lang=lang, measure="waiting_mean")
    drawn = sorted(x for line in ax.containers for x in line[0].get_xdata())
    rows = answers.frame[answers.frame["measure"] == "waiting_mean"]
    minutes = sorted([*rows["base"] / 60, *rows["value"] / 60])
    assert drawn == pytest.approx(minutes)
    check = answers.validation.plot(lang=lang)
    assert len(check.get_yticks()) == len(answers.validation.frame)
    plt.close("all")
    with pytest.raises(UnknownNameError):
        answers.plot(measure="cost")


def test_the_interval_is_that_of_one_more_run():
    mean, low, high = interval([1.0, 2.0, 3.0, float("nan")])
    assert (mean, round(low, 3), round(high, 3)) == (2.0, -2.968, 6.968)  # t(2) 4.3027 x 1 x sqrt(4/3)
    assert interval([0.1, 0.9], 0.0, 1.0)[1:] == (0.0, 1.0)
    assert math.isnan(interval([1.0])[0])


def test_cases_in_work_are_those_between_arrival_and_end():
    assert in_work(np.array([0, 50, 90]), np.array([100, 60, 300]), (0, 100)) == pytest.approx((100 + 10 + 10) / 100)
