"""Paretos: by cases, hours and money, with their denominators."""

import pytest

from mining.errors import UnknownNameError
from mining.priorities import Worth, paretos_of, priorities_of
from tests.helpers import blueprint, study, traces
from tests.priority_cases import effects, ids, service

HOUR = 3600.0


def table(**said):
    of = service((("a", 30), ("c", 20), ("e", 10)))
    given = {tuple(key.split("_", 1)): value for key, value in said.items()}
    made = priorities_of(of, effects(of, given), bootstraps=20, worth=[Worth("time", 35, "EUR")])
    return of, made, paretos_of(of, made)


def test_cases_are_counted_once_in_the_cumulated_share():
    # the first 30 cases lack a, the first 20 of them c too, the first 10 e as well: a alone reaches all
    of, _, found = table()
    rows = found.of("cases")
    assert rows["value"].tolist() == [30, 20, 10]
    assert rows["total"].tolist() == [30] * 3
    assert rows["share"].tolist() == pytest.approx([1, 20 / 30, 10 / 30])
    assert rows["cumulated"].tolist() == [1, 1, 1]
    assert rows["place"].tolist() == [1, 2, 3]
    assert rows["finding_id"].iloc[0] == ids(of)["Ra"]
    assert "1 of 3 findings hold 100.0 %" in found.sentence()


def test_cases_apart_add_up():
    of = study(blueprint([{"free": list("abcd")}], "abcd", "d", service_type="interactive", rules=[
        {"id": f"R{x}", "kind": "must_occur", "a": x, "severity": "major", "basis": "law"} for x in "abc"
    ]), traces(*["bcd"] * 3, *["acd"] * 2, "abd", *["abcd"] * 4))  # fmt: skip
    rows = paretos_of(of).of("cases")
    assert rows["cumulated"].tolist() == pytest.approx([3 / 6, 5 / 6, 1])
    assert paretos_of(of).views == ["cases"]  # without priorities there is nothing adjusted, without limits no hours


def test_hours_and_money_are_what_is_shown_to_be_lost_per_year():
    of, made, found = table(
        Ra_time={"effect": 2 * HOUR}, Rc_time={"effect": 9 * HOUR}, Re_time={"effect": 50 * HOUR, "grade": "C"}
    )
    year = 365 / made.observed_days
    rows = found.of("lost_hours")
    assert rows["finding_id"].tolist() == [ids(of)["Rc"], ids(of)["Ra"]]
    assert rows["value"].tolist() == pytest.approx([180 * year, 60 * year])
    assert rows["cumulated"].tolist() == pytest.approx([0.75, 1])
    assert rows["share"].tolist() == pytest.approx([0.75, 0.25])
    assert found.of("money")["value"].tolist() == pytest.approx([180 * 35 * year, 60 * 35 * year])
    assert found.of("money")["unit"].unique().tolist() == ["EUR"]
    assert found.left_out == {"cases": 0, "visible_hours": 3, "lost_hours": 1, "money": 1}
    assert found.views == ["cases", "lost_hours", "money"]


def test_what_is_gained_is_not_lost():
    of, _, found = table(Ra_time={"effect": -2 * HOUR}, Ra_cost={"effect": 5.0}, Rc_time={"effect": 1 * HOUR})
    assert found.of("lost_hours")["finding_id"].tolist() == [ids(of)["Rc"]]
    assert found.left_out["lost_hours"] == 2


def test_hours_over_the_limit_are_those_of_steps_that_the_customer_sees():
    # a limit of one hour from a to b (in the office) and from b to c (at the desk), kept by neither: 1 hour each is over
    limits = [
        {
            "id": f"S{i}",
            "dimension": "time",
            "metric": "elapsed",
            "from": x,
            "to": y,
            "max": "1h",
            "severity": "major",
            "basis": "charter",
        }
        for i, (x, y) in enumerate(["ab", "bc"])
    ]
    norm = blueprint(list("abc"), "abc", standards=limits)
    of = study(norm, {f"c{i}": [("A", 0.0), ("B", 2.0), ("C", 5.0)] for i in range(3)})
    assert sorted(of.findings().frame["excess_h"]) == [3, 6]
    rows = paretos_of(of).of("visible_hours")
    assert rows["value"].tolist() == [6]
    assert rows["total"].tolist() == [6]
    assert paretos_of(of).left_out["visible_hours"] == 1


def test_real_findings_add_up(study):
    found = paretos_of(study)
    cases = found.of("cases")
    failing = study.deviations().frame.query("verdict == 'fail'")
    failing = failing[failing["finding_id"].isin(cases["finding_id"])]
    assert cases["total"].iloc[0] == failing["case_id"].nunique()
    assert cases["cumulated"].is_monotonic_increasing
    assert cases["cumulated"].iloc[-1] == 1
    first = failing.loc[failing["finding_id"].isin(cases["finding_id"].head(3)), "case_id"].nunique()
    assert cases["cumulated"].iloc[2] == first / cases["total"].iloc[0]
    for view in found.views:
        rows = found.of(view)
        assert rows["value"].is_monotonic_decreasing
        assert rows["cumulated"].iloc[-1] == pytest.approx(1)
        if view != "cases":
            assert rows["value"].sum() == pytest.approx(rows["total"].iloc[0])


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.few_quick(1)
def test_the_views_stand_side_by_side(lang):
    _, _, found = table(Ra_time={"effect": 2 * HOUR}, Rc_time={"effect": 9 * HOUR})
    ax = found.plot(lang=lang)
    assert len(ax.get_figure().axes) == 3
    assert [text.get_text() for text in ax.texts][0] == "30"
    widths = [bar.get_width() for bar in ax.patches]
    assert widths == [30, 20, 10]
    one = found.plot(view="money", lang=lang, top=1)
    assert len(one.get_figure().axes) == 1
    assert len(one.patches) == 2
    with pytest.raises(UnknownNameError, match="unknown view 'colour'"):
        found.plot(view="colour")
