"""What a shown table says in place of what the frame holds: units, reasons with numbers, names; and that a wide picture scrolls."""

from __future__ import annotations

import nbformat
import pandas as pd
import pytest

from mining.display.definitions import word_of
from mining.display.kinds import OWN_UNIT, POINTS
from mining.display.naming import named, titled
from mining.display.result import provenance_words
from mining.display.table import table_html
from mining.notebooks.page import to_page
from mining.plan import read_actions
from mining.results import Provenance


def cells_of(html):
    return [cell.partition(">")[2] for cell in html.split("<td")[1:] for cell in [cell.partition("</td>")[0]]]


@pytest.mark.parametrize(
    ("unit", "said"),
    [("share", "25.0\xa0%"), ("s", "0.25\xa0s"), (POINTS, "+25.0\xa0pp"), ("EUR", "0.25"), ("other", "0.25")],
)
def test_numbers_in_the_unit_of_the_whole_table_are_said_in_it_and_the_unit_is_no_column(unit, said):
    frame = pd.DataFrame({"period": ["2026-W01"], "value": [0.25], OWN_UNIT: [unit]})
    html, n = table_html(frame, {"period": "period", "value": "value"}, "en", kind="Series")
    assert n == 1
    assert cells_of(html) == ["2026-W01", said]
    assert OWN_UNIT not in html


def test_the_plan_shows_shares_in_per_cent_and_its_metric_in_words():
    plan = read_actions(
        pd.DataFrame(
            [{"action_id": "A1", "finding_id": "F-1", "goal": "fewer", "metric": "share:F-1", "baseline": 0.0634, "target": 0.05,
              "owner": "", "start": "", "due": ""}]
        )
    )  # fmt: skip
    html, _ = table_html(plan.in_words("zh"), plan.columns, "zh", kind="Actions", shown=plan.shown)
    assert {"6.3%", "5.0%", "案例占比，F-1"} <= set(cells_of(html))
    assert plan.frame["baseline"].tolist() == [0.0634]


@pytest.mark.parametrize(
    ("column", "kind", "english", "chinese"),
    [
        ("why", "Feedback", "answered, case without an end: 1,200; not complaints: 3", "已答复但案例未结束：1,200；不属于投诉：3"),
        ("why", "Importance", "0 failures among the respondents: fewer than 5", "受访者中仅有 0 次失败，少于 5 次"),
        ("notes", "Log", "column 'end': times name no zone, taken as Asia/Shanghai", "列 'end' 的时间未注明时区，按 Asia/Shanghai 处理"),
        ("why", "Feedback", "an unknown reason: 3", "an unknown reason: 3"),
    ],
)  # fmt: skip
def test_a_reason_with_numbers_and_names_is_said_in_chinese_with_the_same_ones(column, kind, english, chinese):
    assert word_of(column, english, "zh", kind) == chinese
    assert word_of(column, english, "en", kind) == english


def test_ids_are_shown_as_names_and_the_frame_keeps_them():
    frame = pd.DataFrame({"finding_id": ["F-1", None], "touchpoint": ["pay", "all"]})
    assert titled(frame, {"F-1": "Late"})["finding_id"].dropna().tolist() == ["Late"]
    alike = {"F-1": "Late", "F-2": "Late"}  # two of one title: the id tells them apart
    assert titled(frame, alike)["finding_id"].dropna().tolist() == ["Late · F-1"]
    assert named(frame, {"pay": {"en": "Pay"}}, "zh")["touchpoint"].tolist() == ["pay", "all"]  # no Chinese name
    assert frame["finding_id"].dropna().tolist() == ["F-1"]


def test_settings_are_read_as_lengths_moments_and_words():
    made = Provenance(
        "x", "", "", 0, {"wait_s": 5400.0, "as_of": "2026-09-07T09:18:20+00:00", "before_goes_on": "both"}
    )
    said = provenance_words(made, "zh")
    assert "期末等待：1.5\xa0小时" in said
    assert "截至日期：2026-09-07 09:18 UTC" in said
    assert "按均值与趋势" in said


@pytest.mark.parametrize(("width", "told"), [(1830, 1), (700, 0)])
def test_a_picture_wider_than_the_page_says_that_it_scrolls(width, told):
    picture = f'<div role="region"><svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="10"></svg></div>'
    cell = nbformat.v4.new_code_cell("study", outputs=[nbformat.v4.new_output("display_data", {"text/html": picture})])
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Question?"), cell])
    assert to_page(notebook, "zh").count("图比页面宽") == told
