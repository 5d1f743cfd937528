"""What cases came to: each outcome by hand, against plain pandas, and with every missing value accounted for."""

import gzip
import json
from types import SimpleNamespace
from xml.etree import ElementTree

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mining
from mining.blueprint import parse_blueprint
from mining.display.definitions import word_of
from mining.errors import MiningError, UnknownNameError
from mining.outcomes import AttributeOutcome, outcomes_of
from mining.outcomes.outcome import Outcomes
from mining.outcomes.parts import endings_of
from mining.outcomes.repeats import next_start
from mining.texts import LANGUAGES, catalogue
from mining.voice.survey import read_survey
from tests.examples import examples
from tests.helpers import ROOT, SHARED, blueprint, blueprint_dict, frame, study, traces

HOUR = 3600.0
KPI = {"target": 0.9, "direction": "up", "name": {"en": "Indicator", "zh": "指标"}}


def values(found, id):
    """Case values of an outcome, missing as None."""
    return [None if np.isnan(x) else float(x) for x in found[id].values]


def reasons(found, id):
    return {key.removeprefix("outcomes.missing."): n for key, n in found[id].missing.items()}


def sample(name):
    norm = mining.read_blueprint(ROOT / f"sample_logs/{name}/blueprint.yaml")
    return mining.Study(mining.read_log(ROOT / f"sample_logs/{name}/log.csv", columns=norm.binding), norm)


@pytest.fixture(scope="module")
def tickets():
    return sample("it_incident")


def answers(*rows, scale=(1, 5)):
    """(case, item, score[, kind]) as the frame of a survey."""
    table = [(case, None, 0, item, float(score), *scale, (*more, "csat")[0]) for case, item, score, *more in rows]
    names = ["case_id", "customer_id", "answered_at", "item", "score", "scale_min", "scale_max", "kind"]
    return SimpleNamespace(frame=pd.DataFrame(table, columns=names).assign(row=range(1, len(table) + 1)))


# --- time and waiting ----------------------------------------------------------------------------------------------------


def test_time_is_of_ended_cases_only():
    found = outcomes_of(study(blueprint(["a", "b", "c"], "abc"), traces("abc", "ab")))
    assert values(found, "time") == [2 * HOUR, None]
    assert reasons(found, "time") == {"running": 1}
    assert (found["time"].worse, found["time"].visible, found["time"].unit) == (1, True, "s")


def test_waiting_is_for_what_the_customer_sees_and_counts_overlapping_waits_once():
    norm = blueprint(
        ["a", "b", {"parallel": ["c", "e"]}, "d"], "abcde", ends=["d"]
    )  # a, c, e on stage; b, d back stage
    case = [("A", 1, "ann", 0), ("B", 3, "ann", 2), ("C", 6, "ann", 5), ("E", 7, "bob", 4), ("D", 9, "ann", 9)]
    found = outcomes_of(study(norm, {"c": case}))
    assert values(found, "waiting") == [2 * HOUR]  # from 3 to 4 for e and from 3 to 5 for c: two hours, not three


def test_the_customers_own_steps_are_not_waited_for():
    raw = blueprint_dict(["a", "b", "c"], "abc")
    raw["activities"][2]["lane"] = "customer"
    case = [("A", 1, "ann", 0), ("B", 3, "ann", 2), ("C", 6, "ann", 5)]
    found = outcomes_of(study(parse_blueprint(json.dumps(raw), name="test.yaml"), {"c": case}))
    assert found.left_out["waiting"]["en"] == "no step of the provider that the customer sees: 1"


def test_waiting_in_part_is_a_lower_bound_and_said_so():
    norm = blueprint(["a", "b", "c", "d", "e"], "abcde")
    case = [("A", 1, "ann", 0), ("B", 2, "ann", 1), ("C", 4, "ann", 3), ("D", 5, "ann", 4), ("E", 9)]
    found = outcomes_of(study(norm, {"c": case}))
    assert values(found, "waiting") == [HOUR]
    assert found.notes["waiting"]["en"].endswith("lower bounds: 1.")


def test_a_first_step_lacks_no_wait():
    case = [("A", 1, "ann", 0), ("B", 2, "ann", 1), ("C", 4, "ann", 3)]
    assert "waiting" not in outcomes_of(study(blueprint(["a", "b", "c"], "abc"), {"c": case})).notes


def test_without_starts_there_is_no_waiting():
    found = outcomes_of(study(blueprint(["a", "b", "c"], "abc"), traces("abc")))
    assert found.left_out["waiting"]["en"] == "the log has no start of any step that the customer sees"
    with pytest.raises(UnknownNameError, match="waiting"):
        _ = found["waiting"]


# --- how cases ended -----------------------------------------------------------------------------------------------------

SCOPE = {
    "starts_with": ["a"], "ends_with": ["c", "d"], "withdrawn_by": ["d"], "reopened_by": ["b"], "abandoned_after": "50h",
    "unit_of_analysis": "one case",
}  # fmt: skip
FLOW = ["a", {"loop": {"choice": ["c", "d"]}, "redo": "b"}]
ENDINGS = {
    "done": [("A", 0), ("C", 1)],
    "empty": [("Z", 1)],
    "running": [("A", 90)],
    "silent": [("A", 0)],
    "again": [("A", 0), ("C", 1), ("B", 2), ("C", 100)],
    "tie": [("A", 0), ("C", 5), ("B", 5)],
    "withdrawn": [("A", 0), ("D", 1)],
}


def ended(scope=SCOPE, **more):
    log = {
        "case": "case",
        "activity": "activity",
        "timestamp": "end",
        "start": "start",
        "resource": "resource",
        "ignore": ["Z"],
    }
    return study(blueprint(FLOW, "abcd", scope=scope, log=log, **more), ENDINGS)


def test_endings_are_exactly_one_per_case():
    found = endings_of(ended())
    assert (sum(getattr(found, name).astype(int) for name in found.__dataclass_fields__) == 1).all()
    assert found.over.tolist() == [True, True, False, False, True, True, True]


def test_resolved_abandoned_and_reopened_by_hand():
    of, found = ended(), outcomes_of(ended())
    cases = of.log.case_ids.tolist()
    assert cases == ["again", "done", "empty", "running", "silent", "tie", "withdrawn"]
    assert values(found, "resolved") == [1, 1, None, None, 0, None, None]
    assert reasons(found, "resolved") == {"empty": 1, "running": 1, "withdrawn": 1, "unclear": 1}
    assert values(found, "abandoned") == [0, 0, None, None, 1, None, 1]
    assert values(found, "reopened") == [1, 0, None, None, None, None, None]
    assert found.notes["abandoned"]["en"] == "1 fell silent, 1 withdrew."
    assert [found[id].worse for id in ("resolved", "abandoned", "reopened")] == [-1, 1, 1]


def test_closed_is_not_resolved_where_the_blueprint_names_the_step():
    norm = blueprint(
        ["a", {"optional": "b"}, "c"], "abc", kpis=[{"id": "resolution_rate", "formula": {"share_with": "b"}, **KPI}]
    )
    found = outcomes_of(study(norm, traces("abc", "ac", "ab")))
    assert values(found, "resolved") == [1, 0, None]
    assert "Step b" in found.notes["resolved"]["en"]
    assert "步骤b" in found.notes["resolved"]["zh"]


def test_what_would_be_the_same_by_construction_is_left_out():
    found = outcomes_of(study(blueprint(["a", "b", "c"], "abc"), traces("abc", "ab")))
    assert {"resolved", "abandoned", "reopened", "repeat_contact"} <= found.left_out.keys()
    assert "resolution_rate" in found.left_out["resolved"]["en"]
    judged = study(blueprint(["a", "b", "c"], "abc"), traces("abc", "ab"), open_cases="judge")
    assert values(outcomes_of(judged), "resolved") == [1, 0]


# --- repeat contact ------------------------------------------------------------------------------------------------------


def with_columns(cases, attributes, **columns):
    """A study whose log has further columns: per column case to value, or one value per event."""
    log = {
        "case": "case",
        "activity": "activity",
        "timestamp": "end",
        "start": "start",
        "resource": "resource",
        "attributes": attributes,
    }
    norm = blueprint(["a", "b", "c"], "abc", log=log)
    table = frame(cases)
    for name, of in columns.items():
        table[name] = table["case"].map(of) if isinstance(of, dict) else of
    return mining.Study(mining.EventLog.from_frame(table, columns=norm.binding), norm)


CUSTOMER = {"customer": {"column": "who", "type": "string"}}


def test_repeat_contact_by_hand():
    def case(at):
        return [("A", at), ("B", at + 0.5), ("C", at + 1)]

    cases = {"1": case(0), "2": case(10), "3": case(40), "4": case(40.5), "5": case(2), "6": case(3), "7": [("A", 50)]}
    who = {"1": "ann", "2": "ann", "3": "ann", "4": "ann", "5": "bob", "6": None, "7": "bob"}
    of = with_columns(cases, CUSTOMER, who=who)
    found = outcomes_of(of, customer="customer", repeat_within="9h")
    # 1: back after 9 h exactly; 2: after 29 h; 3: 4 had begun before 3 ended; 4: the window ends at 50.5, the log at 50; 5: after 47 h
    assert values(found, "repeat_contact") == [1, 0, 0, None, 0, None, None]
    assert reasons(found, "repeat_contact") == {"running": 1, "no_customer": 1, "window": 1}
    assert found.notes["repeat_contact"]["en"] == "2 customers are told apart."
    assert "ann" not in repr(found) + found.sentence()


@settings(max_examples=examples(60))
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(0, 30), st.integers(0, 10)), max_size=12))
def test_next_start_is_the_first_one_after_the_end(rows):
    code, begin, length = (np.array(x, np.int64) for x in (zip(*rows, strict=True) if rows else ([], [], [])))
    end = begin + length
    found = next_start(code, begin, end, np.ones(len(code), bool))
    for i in range(len(rows)):
        later = [b for c, b in zip(code, begin, strict=True) if c == code[i] and b > end[i]]
        assert found[i] == min(later, default=np.iinfo(np.int64).max)


@pytest.mark.parametrize("window", ["5bd", "0d", "soon"])
def test_a_window_is_clock_time(window):
    of = with_columns({"1": [("A", 0), ("C", 1)]}, CUSTOMER, who={"1": "ann"})
    with pytest.raises(MiningError, match="Write"):
        outcomes_of(of, customer="customer", repeat_within=window)


def test_an_unknown_customer_attribute_is_an_error():
    with pytest.raises(UnknownNameError, match="client"):
        outcomes_of(with_columns({"1": [("A", 0)]}, CUSTOMER, who={"1": "ann"}), customer="client")


# --- attributes ----------------------------------------------------------------------------------------------------------

TYPED = {"sla": {"column": "sla", "type": "boolean"}, "points": {"column": "points", "type": "number"}, "word": "word"}


def recorded():
    cases = {
        "1": [("A", 0), ("B", 1), ("C", 2)],
        "2": [("A", 0), ("C", 1)],
        "3": [("A", 0), ("B", 1)],
        "4": [("A", 0), ("C", 1)],
    }
    columns = {
        "sla": ["true", "true", "false", "true", "true", "true", "true", None, None],
        "points": [1.0, 2.5, None, 4.0, 5.0, 9.0, 9.0, 7.0, None],
        "word": ["x"] * 9,
    }
    return with_columns(cases, TYPED, **columns)


def test_an_attribute_is_what_it_was_last_in_cases_that_are_over():
    found = outcomes_of(recorded(), attributes=["sla:-1", ("points", 1)])
    assert values(found, "attribute:sla") == [0, 1, None, None]
    assert reasons(found, "attribute:sla") == {"running": 1, "not_recorded": 1}
    assert values(found, "attribute:points") == [2.5, 5.0, None, 7.0]
    assert [(found[f"attribute:{x}"].kind, found[f"attribute:{x}"].worse) for x in ("sla", "points")] == [
        ("share", -1),
        ("number", 1),
    ]
    assert found.frame.set_index("outcome").loc["attribute:sla", "mean"] == 0.5


def test_more_can_be_said_of_an_attribute():
    wanted = AttributeOutcome("points", 1, visible=True, unit="pt", name={"en": "Points", "zh": "分数"})
    found = outcomes_of(recorded(), attributes=wanted)["attribute:points"]
    assert (found.visible, found.unit, found.name["zh"]) == (True, "pt", "分数")


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("sla", "'sla' does not say which way is worse. Write 'sla:1' where more"),
        ("sla:2", "does not say which way is worse"),
        (("sla", 0), "worse=0"),
        ("word:1", "'word' is bound as string, and an outcome is true/false or a number"),
    ],
    ids=["no direction", "another direction", "zero", "text"],
)
def test_attributes_that_are_no_outcomes_are_refused(wanted, message):
    with pytest.raises(MiningError, match=message.replace("(", r"\(")):
        outcomes_of(recorded(), attributes=[wanted])


def test_unknown_and_doubled_attributes_are_refused():
    with pytest.raises(UnknownNameError, match="Did you mean 'sla'"):
        outcomes_of(recorded(), attributes=["slo:1"])
    with pytest.raises(MiningError, match="asked for twice"):
        outcomes_of(recorded(), attributes=["sla:1", "sla:-1"])


# --- surveys -------------------------------------------------------------------------------------------------------------


def surveyed(*rows, kpis=(), scale=(1, 5)):
    norm = blueprint(["a", "b", "c"], "abc", kpis=list(kpis)) if kpis else blueprint(["a", "b", "c"], "abc")
    return outcomes_of(study(norm, traces("abc", "abc", "ab")), survey=answers(*rows, scale=scale))


def test_scores_are_means_per_case_and_answers_without_a_case_are_counted():
    found = surveyed(("c0", "csat", 5), ("c0", "csat", 2), ("c2", "csat", 4), ("c9", "csat", 1), (None, "csat", 1))
    assert values(found, "survey:csat") == [3.5, None, 4]  # a running case may have been answered about
    assert reasons(found, "survey:csat") == {"no_answer": 1}
    assert found.notes["survey:csat"]["en"] == "5 answers, 2 of them without a case of this log."
    assert (found["survey:csat"].unit, found["survey:csat"].worse) == ("1-5", -1)


def test_what_is_wanted_is_no_outcome_and_scales_are_not_mixed():
    mixed = answers(("c0", "ease", 1), ("c0", "weight", 5, "importance"))
    other = answers(("c1", "ease", 6), scale=(1, 7))
    both = SimpleNamespace(frame=pd.concat([mixed.frame, other.frame]))
    found = outcomes_of(study(blueprint(["a", "b", "c"], "abc"), traces("abc", "abc")), survey=both)
    assert found.left_out["survey:weight"]["en"].startswith("answers of the kind importance say what is wanted")
    assert found.left_out["survey:ease"]["en"].startswith("answers of 2 kinds or scales")


def test_which_way_effort_is_worse_must_be_said():
    rows = (("c0", "effort", 5, "ces"),)
    found = surveyed(*rows)
    assert "survey:effort" not in [item.id for item in found]
    assert "say with ces_easy" in found.left_out["survey:effort"]["en"]
    norm = blueprint(["a", "b", "c"], "abc")
    for easy, worse in (("low", 1), ("high", -1)):
        said = outcomes_of(study(norm, traces("abc", "ab")), survey=answers(*rows), ces_easy=easy)
        assert said["survey:effort"].worse == worse
    with pytest.raises(UnknownNameError, match="hihg"):
        outcomes_of(study(norm, traces("abc", "ab")), survey=answers(*rows), ces_easy="hihg")
    indicator = {"id": "k", **KPI, "formula": {"survey": "effort", "stat": "top3box"}}
    assert surveyed(*rows, kpis=[indicator])["survey:effort"].worse == -1
    assert surveyed(*rows, kpis=[indicator | {"direction": "down"}])["survey:effort"].worse == 1


def test_a_survey_of_other_cases_is_left_out_with_the_reason():
    found = surveyed(("x", "csat", 5))
    assert found.left_out["survey:csat"]["en"] == "no answer: 3"


def test_the_survey_of_a_sample_against_plain_pandas(tickets):
    found = outcomes_of(tickets, survey=read_survey(ROOT / "sample_logs/it_incident/survey.csv"))
    table = pd.read_csv(ROOT / "sample_logs/it_incident/survey.csv")
    wanted = table[table["item"] == "csat"].groupby("case_id")["score"].mean()
    got = pd.Series(found["survey:csat"].values, tickets.log.case_ids).dropna()
    pd.testing.assert_series_equal(got, wanted, check_names=False, check_dtype=False, check_index_type=False)
    assert "survey:importance" in found.left_out


# --- the table -----------------------------------------------------------------------------------------------------------


def test_every_case_is_measured_or_accounted_for(tickets):
    survey = read_survey(ROOT / "sample_logs/it_incident/survey.csv")
    found = outcomes_of(tickets, survey=survey, customer="customer")
    n = tickets.instances.n_cases
    assert [item.id for item in found] == found.frame["outcome"].tolist()
    for item in found:
        assert len(item.values) == n
        assert item.n + sum(item.missing.values()) == n, item.id
        assert set(item.missing) <= set(catalogue())
    assert list(found.frame.columns) == list(Outcomes.columns)


def test_time_and_resolution_of_a_sample_against_plain_pandas(tickets):
    log = pd.read_csv(ROOT / "sample_logs/it_incident/log.csv")
    log["timestamp"] = pd.to_datetime(log["timestamp"], utc=True)
    span = log.groupby("case_id")["timestamp"].agg(["min", "max"])
    closed = log.loc[log["activity"] == "Close", "case_id"].unique()
    wanted = (span["max"] - span["min"]).dt.total_seconds()[sorted(closed)]
    found = outcomes_of(tickets)
    got = pd.Series(found["time"].values, tickets.log.case_ids).dropna()
    assert got.to_dict() == wanted.to_dict()
    row = found.frame.set_index("outcome").loc["time"]
    assert row["mean"] == pytest.approx(wanted.mean())
    assert row["median"] == wanted.median()
    half = 1.9609 * wanted.std() / np.sqrt(len(wanted))  # t at 2,375 degrees of freedom
    assert [row["low"], row["high"]] == pytest.approx([wanted.mean() - half, wanted.mean() + half], rel=1e-4)
    solved = log.loc[log["activity"] == "Resolve", "case_id"].unique()
    silent = span["max"] < span["max"].max() - pd.Timedelta(days=56)
    closed, solved = set(closed), set(solved)
    solved &= closed
    over = [case for case in span.index if case in closed or silent[case]]
    resolved = pd.Series(found["resolved"].values, tickets.log.case_ids).dropna()
    assert resolved.index.tolist() == over
    assert resolved.astype(bool).tolist() == [case in solved for case in over]


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_sentence_says_what_is_measured_and_what_not(tickets, lang):
    found = outcomes_of(tickets)
    said = found.sentence(lang)
    for item in found:
        assert item.name[lang] in said
    for id, why in found.left_out.items():
        assert word_of("outcome", id, lang) in said
        assert why[lang] in said
    row = found._repr_html_().split("<tbody><tr>")[1].split("</tr>")[0]
    assert "\u00a0d</td>" in row  # seconds are lengths of time, and no shares
    assert "%" not in row


def test_equal_input_gives_equal_output(tickets):
    one, two = outcomes_of(tickets), outcomes_of(tickets)
    assert one.to_dict() == two.to_dict()
    assert one.provenance.line().startswith("outcomes; 2,410 cases")


# --- real logs -----------------------------------------------------------------------------------------------------------

needs_logs = pytest.mark.skipif(not (SHARED / "logs").is_dir(), reason="the public logs are not beside the project")


def events(name):
    """Case, activity, lifecycle and moment of every event, by the standard library."""
    rows = []
    with gzip.open(SHARED / "logs" / f"{name}.xes.gz") as file:
        for _, node in ElementTree.iterparse(file):
            if not node.tag.endswith("trace"):
                continue
            case = next(x.get("value") for x in node if x.get("key") == "concept:name")
            for event in (x for x in node if x.tag.endswith("event")):
                of = {x.get("key"): x.get("value") for x in event}
                word = of.get("lifecycle:transition", "complete").lower()
                rows.append((case, of["concept:name"], word, of["time:timestamp"]))
            node.clear()
    table = pd.DataFrame(rows, columns=["case", "activity", "word", "at"])
    return table.assign(at=pd.to_datetime(table["at"], utc=True, format="ISO8601"))


@needs_logs
@pytest.mark.slow
def test_the_loans_of_2012_by_hand():
    norm = mining.read_blueprint(SHARED / "blueprints/bank_loan.yaml")
    of = mining.Study(mining.read_log(SHARED / "logs/bpic2012.xes.gz", columns=norm.binding), norm)
    found, table = outcomes_of(of), events("bpic2012")
    labels = {name: norm.activity(name).labels for name in norm.scope.ends_with}
    done = table[table["word"] == "complete"]
    ends = done[done["activity"].isin([x for names in labels.values() for x in names])]
    worked = table[table["word"] != "schedule"]  # planned and never begun is nothing that happened
    span = worked.groupby("case")["at"].agg(["min", "max"])
    wanted = (span["max"] - span["min"]).dt.total_seconds()[sorted(ends["case"].unique())]
    got = pd.Series(found["time"].values, of.log.case_ids).dropna()
    assert got.index.tolist() == wanted.index.tolist()
    assert len(got) == 13087 - sum(found["time"].missing.values())
    np.testing.assert_allclose(got, wanted, atol=1e-3)


@needs_logs
@pytest.mark.slow
def test_help_desk_resolution_by_hand():
    norm = mining.read_blueprint(SHARED / "blueprints/it_incident.yaml")
    of = mining.Study(mining.read_log(SHARED / "logs/helpdesk.xes.gz", columns=norm.binding), norm)
    found, table = outcomes_of(of), events("helpdesk")
    closed = set(table.loc[table["activity"].isin(norm.activity("close").labels), "case"])
    solved = set(table.loc[table["activity"].isin(norm.activity("resolve").labels), "case"])
    resolved = pd.Series(found["resolved"].values, of.log.case_ids).dropna()
    assert set(resolved.index[resolved == 1]) == closed & solved
    assert set(resolved.index) >= closed
