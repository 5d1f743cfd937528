"""Prices, the money of cases, and what poor quality costs: by hand, against plain loops, and with every event paid once."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.errors import LogError, MiningError, UnknownNameError
from mining.outcomes import outcomes_of
from mining.outcomes.costs import COST_KINDS, QualityCosts, cost_of_poor_quality, read_costs
from mining.outcomes.failures import corrected_in_sight, in_sight
from mining.outcomes.prices import money_of
from mining.texts import LANGUAGES
from mining.voice.reading import TableError
from tests.examples import examples
from tests.helpers import blueprint, blueprint_dict, parsed, study, traces


def table(**rows):
    """activity=(per event, per hour, kind) as a frame."""
    made = [(name, *(list(row) + [None, None, None])[:3]) for name, row in rows.items()]
    frame = pd.DataFrame(made, columns=["activity", "cost_per_event", "cost_per_hour", "cost_kind"])
    return frame.astype({"cost_per_event": float, "cost_per_hour": float, "cost_kind": object})


def costs(**rows):
    return read_costs(table(**rows), currency="EUR")


def norm_of(flow, activities="abcde", rework="", **more):
    raw = blueprint_dict(flow, activities, **more)
    for x in raw["activities"]:
        if x["id"] in rework:
            x["rework"] = True
    return parsed(raw)


def rows_of(found):
    """(kind, basis, activity) to (n, money) of the rows with a price, and of those without."""
    return {
        (row.cost_kind, row.basis, row.activity): (row.n, None if np.isnan(row.money) else row.money)
        for row in found.frame.itertuples()
    }


# --- reading -------------------------------------------------------------------------------------------------------------


def test_prices_are_read_and_hashed(tmp_path):
    file = tmp_path / "costs.csv"
    file.write_text(
        "activity,cost_per_event,cost_per_hour,cost_kind\na,4.50,,appraisal\nb,,60,\nc,0,,External\n", "utf-8"
    )
    found = read_costs(file, currency=" EUR ")
    assert found.frame["cost_per_event"].tolist()[0::2] == [4.5, 0.0]
    assert found.frame["cost_kind"].tolist() == ["appraisal", None, "external"]
    assert (found.currency, len(found.sha256), found.frame["row"].tolist()) == ("EUR", 64, [1, 2, 3])


def test_chinese_columns_and_kinds_are_read():
    frame = pd.DataFrame({"活动": ["a"], "单次成本": [3], "质量成本": ["内部失效"]})
    assert read_costs(frame, currency="CNY").frame["cost_kind"].tolist() == ["internal"]


@pytest.mark.parametrize(
    ("frame", "message"),
    [
        (table(a=(-1, None, None)), "cost_per_event is negative"),
        (table(a=(None, -1, None)), "cost_per_hour is negative"),
        (table(a=(None, None, "internal")), "neither cost_per_event nor cost_per_hour"),
        (table(a=(1, None, "failure")), "cost_kind 'failure' is none of prevention, appraisal, internal, external"),
        (pd.concat([table(a=(1,)), table(a=(2,))]), "an activity that is there twice (2): rows 1-2"),
        (table(a=(1,)).assign(activity=[None]), "no activity"),
        (table(a=(1,)).astype({"cost_per_event": object}).assign(cost_per_event=["much"]), "'much' is not a number"),
    ],
    ids=["negative event", "negative hour", "no price", "other kind", "twice", "no activity", "no number"],
)
def test_nonsense_is_refused(frame, message):
    with pytest.raises(TableError) as error:
        read_costs(frame, currency="EUR")
    assert message in str(error.value)


def test_missing_columns_and_currencies_are_refused():
    with pytest.raises(LogError, match="no column cost_kind"):
        read_costs(table(a=(1,)).drop(columns="cost_kind"), currency="EUR")
    with pytest.raises(MiningError, match="currency='EUR'"):
        read_costs(table(a=(1,)), currency="")


def test_a_price_of_a_step_that_nobody_knows_is_refused_at_use():
    of = study(blueprint(["a", "b", "c"], "abc"), traces("abc", "axc"))
    assert money_of(of, costs(X=(2,))).value[of.instances.of("X")].tolist() == [
        2
    ]  # a label outside the blueprint may have one
    with pytest.raises(UnknownNameError, match=r"row 1: test: unknown activity 'q'"):
        money_of(of, costs(q=(2,)))


# --- money of cases ------------------------------------------------------------------------------------------------------

TIMED = {
    "1": [("A", 1, "ann", 0), ("B", 4, "ann", 2), ("C", 5)],
    "2": [("A", 1, "ann", 0), ("B", 3), ("C", 4)],
    "3": [("A", 1, "ann", 0), ("B", 2, "ann", 1.5)],
}


def test_money_is_events_and_hours():
    of = study(blueprint(["a", "b", "c"], "abc"), TIMED)
    found = outcomes_of(of, costs=costs(a=(5, 10), b=(None, 30), c=(2,)))
    assert [None if np.isnan(x) else x for x in found["cost"].values] == [5 + 10 + 60 + 2, None, None]
    assert found["cost"].missing == {"outcomes.missing.running": 1, "outcomes.missing.no_hours": 1}
    assert (found["cost"].unit, found["cost"].visible, found["cost"].worse) == ("EUR", False, 1)


def test_steps_without_a_price_are_named():
    found = outcomes_of(study(blueprint(["a", "b", "c"], "abc"), TIMED), costs=costs(c=(2,)))
    assert [None if np.isnan(x) else x for x in found["cost"].values] == [2, 2, None]
    assert found.notes["cost"]["en"] == "Without a price, so they cost nothing here (6 events): Step a, Step b."


# --- internal and external -----------------------------------------------------------------------------------------------
# a, c, e are in sight of the customer; b, d are not


def test_a_correction_before_the_next_visible_step_is_internal_and_after_it_external():
    of = study(blueprint(["a", "b", "c", "d"], "abcd"), traces("abbcd", "abcbd", "aabcd", "abcd"))
    found = cost_of_poor_quality(of, costs(a=(5,), b=(10,), d=(1, None, "appraisal")))
    rows = rows_of(found)
    assert rows[("internal", "additional", "b")] == (1, 10)  # a b b: nothing in sight between
    assert rows[("external", "additional", "b")] == (1, 10)  # a b c b: c came between
    assert rows[("external", "additional", "a")] == (1, 5)  # the second a is itself in sight
    assert rows[("appraisal", "planned", "d")] == (4, 4)
    assert found.poor == 25
    assert found.by_kind()["money"].fillna(0).to_dict() == {
        "prevention": 0, "appraisal": 4, "internal": 10, "external": 15, "not_known": 0,
    }  # fmt: skip


def test_rework_that_the_design_foresees_is_a_failure_too():
    flow = ["a", "b", {"optional": "d"}, "c", {"optional": "f"}, "e"]
    of = study(norm_of(flow, "abcdef", rework="df", ends=["e"]), traces("abdce", "abcfe", "abce"))
    found = rows_of(cost_of_poor_quality(of, costs(d=(7,), f=(9,))))
    assert found[("internal", "rework", "d")] == (1, 7)  # b lies out of sight just before it
    assert found[("external", "rework", "f")] == (1, 9)  # the last work out of sight was b, and c came between
    assert len(found) == 2


def test_the_cost_table_may_call_a_step_a_failure():
    flow = ["a", "b", {"optional": "d"}, "c", "e"]
    of = study(blueprint(flow, "abcde", ends=["e"]), traces("abdce", "abce"))
    internal = rows_of(cost_of_poor_quality(of, costs(d=(7, None, "internal"))))
    assert internal == {("internal", "rework", "d"): (1, 7)}
    external = rows_of(cost_of_poor_quality(of, costs(d=(7, None, "external"))))
    assert external == {("external", "rework", "d"): (1, 7)}


def test_all_work_after_an_end_that_did_not_hold_is_external():
    scope = {"starts_with": ["a"], "ends_with": ["d"], "reopened_by": ["b"], "unit_of_analysis": "x"}
    flow = ["a", {"loop": ["b", "d"], "redo": "c", "max": 3}]
    of = study(blueprint(flow, "abcd", ends=["d"], scope=scope), traces("abdcbd", "abd"))
    found = rows_of(cost_of_poor_quality(of, costs(b=(3,), c=(100,), d=(4,))))
    assert found == {("external", "reopened", None): (2, 7)}  # the second b and d


def test_work_after_an_end_is_external_even_out_of_sight():
    scope = {"starts_with": ["a"], "ends_with": ["d"], "reopened_by": ["b"], "unit_of_analysis": "x"}
    flow = ["a", {"optional": "c"}, {"optional": "e"}, {"loop": ["b", "d"], "redo": "f", "max": 3}]
    of = study(blueprint(flow, "abcdef", ends=["d"], scope=scope), traces("abdfbd"))
    assert rows_of(cost_of_poor_quality(of, costs(b=(3,)))) == {("external", "reopened", None): (2, 3)}


def test_faults_without_an_event_have_no_price_but_a_place():
    of = study(blueprint(["a", "b", "c", "d", "f"], "abcdef", ends=["f"]), traces("acdf", "abcf", "abdf"))
    found = cost_of_poor_quality(of, costs(a=(5,)))
    assert rows_of(found) == {
        ("external", "fault", "b"): (1, None),  # c was done without it
        ("external", "fault", "c"): (1, None),  # the customer missed it
        ("internal", "fault", "d"): (1, None),  # nothing in sight came after it
    }
    assert found.frame["no_event"].tolist() == [1, 1, 1]
    assert np.isnan(found.poor)
    assert found.sentence().startswith("No failure has a price.")


def test_what_allowances_cover_is_no_failure():
    allow = [{"id": "A1", "match": {"kind": "repeated", "activity": "b"}, "decision": "accepted", "reason": {"en": "r"},
              "approved_by": "Board", "valid": ["2026-01-01", "2026-12-31"]}]  # fmt: skip
    of = study(blueprint(["a", "b", "c"], "abc", allow=allow), traces("abbc"))
    assert len(cost_of_poor_quality(of, costs(b=(10,)))) == 0


def test_work_over_its_limit_is_paid_by_the_hour_and_a_wait_is_not():
    standards = [
        {
            "id": "S1",
            "dimension": "time",
            "metric": "handling",
            "of": "b",
            "max": "1h",
            "severity": "minor",
            "basis": "x",
        },
        {
            "id": "S2",
            "dimension": "time",
            "metric": "waiting",
            "of": "b",
            "max": "1h",
            "severity": "minor",
            "basis": "x",
        },
    ]
    of = study(
        blueprint(["a", "b", "c"], "abc", standards=standards),
        {
            "1": [("A", 1, "ann", 0), ("B", 9, "ann", 5), ("C", 10)],
            "2": [("A", 1, "ann", 0), ("B", 2.5, "ann", 2), ("C", 3)],
        },
    )
    found = rows_of(cost_of_poor_quality(of, costs(b=(10, 20))))
    assert found == {("external", "over_limit", "b"): (1, 60), ("external", "fault", "b"): (1, None)}
    unpriced = cost_of_poor_quality(of, costs(b=(10,))).frame.set_index("basis")
    assert unpriced.loc["over_limit", ["hours", "no_price"]].tolist() == [3, 1]


def test_hours_of_a_repeated_step_are_not_paid_again_for_being_over_a_limit():
    standards = [
        {
            "id": "S1",
            "dimension": "time",
            "metric": "handling",
            "of": "b",
            "max": "1h",
            "severity": "minor",
            "basis": "x",
        }
    ]
    case = [("A", 1, "ann", 0), ("B", 2, "ann", 1), ("B", 5, "ann", 2), ("C", 6)]
    of = study(blueprint(["a", "b", "c"], "abc", standards=standards), {"1": case})
    found = rows_of(cost_of_poor_quality(of, costs(b=(10, 20))))
    assert found == {("internal", "additional", "b"): (1, 70), ("external", "fault", "b"): (1, None)}


def test_an_event_that_two_findings_name_is_paid_once():
    rules = [{"id": "R1", "kind": "at_most", "a": "b", "n": 1, "severity": "critical", "basis": "x"}]
    of = study(blueprint(["a", "b", "c"], "abc", rules=rules), traces("abbc", "abc"))
    found = cost_of_poor_quality(of, costs(b=(10,)))
    assert len(of.findings()) == 2
    assert found.poor == 10
    first = of.findings().frame["finding_id"].iloc[0]
    assert found.frame["finding_id"].tolist() == [first]


def test_running_cases_that_nothing_in_sight_followed_are_not_known():
    rules = [{"id": "R1", "kind": "precedence", "a": "c", "b": "b", "severity": "major", "basis": "x"}]
    norm = blueprint(["a", "b", "c", "d"], "abcd", rules=rules)
    of = study(norm, {"2": [("A", 0), ("B", 5)]})
    assert rows_of(cost_of_poor_quality(of, costs(a=(1,)))) == {("external", "fault", "c"): (1, None)}
    rules[0] |= {"a": "d"}
    of = study(blueprint(["a", "b", "c", "d"], "abcd", rules=rules), {"2": [("A", 0), ("B", 5)]})
    assert rows_of(cost_of_poor_quality(of, costs(a=(1,)))) == {("not_known", "fault", "d"): (1, None)}


# --- properties ----------------------------------------------------------------------------------------------------------

WORDS = st.lists(st.text("abcdx", min_size=1, max_size=8), min_size=1, max_size=6)


def plainly_seen(word, i):
    """Whether a correction at place i of a word, or a step between it and the fault, is in sight (a and c are; b, d, x are not)."""
    same = [j for j in range(i) if word[j] == word[i]]
    hidden = [j for j in range(i) if word[j] not in "ac"]
    fault = same[-1] if same else hidden[-1] if hidden else 0
    return any(letter in "ac" for letter in word[fault + 1 : i]) or word[i] in "ac"


@pytest.mark.slow
@settings(max_examples=examples(40), deadline=None)
@given(WORDS)
def test_corrections_in_sight_against_a_plain_loop(words):
    of = study(blueprint(["a", "b", "c", "d"], "abcd"), traces(*words, "abcd"))
    x = of.instances
    found = corrected_in_sight(x, in_sight(of), np.arange(len(x.activity)))
    wanted = [plainly_seen(word, i) for word in [*words, "abcd"] for i in range(len(word))]
    assert found.tolist() == wanted


@pytest.mark.slow
@settings(max_examples=examples(25), deadline=None)
@given(WORDS)
def test_every_event_is_paid_at_most_once(words):
    of = study(norm_of(["a", "b", "c", "d"], "abcd", rework="b"), traces(*words, "abcd"))
    price = costs(
        a=(1,),
        b=(10,),
        c=(100, None, "prevention"),
        d=(1000, None, "appraisal"),
        **({"X": (5,)} if "x" in "".join(words) else {}),
    )
    money = money_of(of, price)
    found = cost_of_poor_quality(of, price)
    paid = found.frame[found.frame["basis"] != "fault"]
    assert paid["n"].sum() <= money.counted.sum()
    assert np.nansum(paid["money"]) <= np.nansum(money.value)
    letters = "".join([*words, "abcd"])
    planned = paid[paid["cost_kind"].isin(["prevention", "appraisal"])]["n"].sum()
    assert planned <= letters.count("c") + letters.count("d")
    every_b = paid[paid["activity"] == "b"]["n"].sum()
    assert every_b == letters.count("b")  # all of it is rework: named by a finding or not
    assert (paid["n"] == paid["n_priced"] + paid["no_price"] + paid["no_hours"]).all()


# --- samples -------------------------------------------------------------------------------------------------------------


def test_a_sample_against_plain_pandas(study):
    log = pd.read_csv("sample_logs/permit_receipt/log.csv")
    labels = set(study.blueprint.activity("adjust_receipt").labels)
    found = cost_of_poor_quality(study, costs(adjust_receipt=(30,)))
    repairs = found.frame[found.frame["activity"] == "adjust_receipt"]
    events = repairs[repairs["basis"].isin(["rework", "additional"])]
    assert events["n"].sum() == log["activity"].isin(labels).sum()
    assert found.poor == 30 * log["activity"].isin(labels).sum()
    assert set(found.frame["cost_kind"]) <= {*COST_KINDS, "not_known"}
    assert found.frame["shared"].sum() >= 0


@pytest.mark.parametrize("lang", LANGUAGES)
def test_the_sentence_names_the_money_and_what_has_no_price(study, lang):
    found = cost_of_poor_quality(study, costs(adjust_receipt=(30,)))
    assert f"{found.poor:,.0f}" in found.sentence(lang)
    assert f"{found.frame['no_event'].sum():,}" in found.sentence(lang)
    assert list(found.frame.columns) == list(QualityCosts.columns)


def test_equal_input_gives_equal_output(study):
    one, two = (cost_of_poor_quality(study, costs(adjust_receipt=(30,))) for _ in range(2))
    assert one.to_dict() == two.to_dict()
    assert "currency: EUR" in one.provenance.line()
