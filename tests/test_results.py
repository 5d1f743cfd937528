"""Results show themselves: what a column means, numbers to the right, missing as a dash, no script, in light and dark."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

from mining.results import Provenance, Result, shown_share, shown_value
from mining.tables import Summary
from mining.units import percent

FROM = Provenance("things <made>", "a" * 64, "b" * 64, 2, {"open_cases": "pending"})
FRAME = pd.DataFrame(
    {
        "name": ["<script>1</script>", None],
        "n": pd.array([12345, None], "Int64"),
        "share": [0.123456, np.nan],
        "met": [True, None],
        "at": pd.to_datetime(["2026-03-02 09:00:00.123", None], utc=True),
        "rows": [(1, 2), ()],
    }
)


@dataclass(frozen=True, eq=False, repr=False)
class Things(Result):
    """A result for these tests."""

    columns: ClassVar[dict[str, str]] = {"name": 'what it is "called"', "share": "of all, 0-1"}


class Drawing:
    def _repr_html_(self):
        return "<svg></svg>"


class Said(Things):
    def sentence(self, lang="en"):
        return "2 < 3 things." if lang == "en" else "两件。"


class Attribute(Things):
    picture = Drawing()


class Method(Things):
    def picture(self, lang="en"):
        return Drawing()


def page(kind=Things, frame=FRAME):
    return kind(frame, FROM)._repr_html_()


def test_a_table_explains_its_columns_and_hides_nothing_of_its_origin():
    html = page()
    assert 'title="what it is &quot;called&quot;">name</th>' in html
    assert '<th class="number" title="of all, 0-1">share</th>' in html
    assert "things &lt;made&gt;; 2 cases; log aaaaaaaaaaaa, blueprint bbbbbbbbbbbb, open_cases: pending" in html


def test_values_are_readable_and_markup_in_them_is_harmless():
    html = page()
    assert "<script" not in html
    assert "&lt;script&gt;1&lt;/script&gt;" in html
    assert '<td class="number">12,345</td><td class="number">12.3\u00a0%</td><td>yes</td>' in html
    assert "<td>2026-03-02 09:00:00+00:00</td><td>1, 2</td>" in html
    assert '<tr><td>-</td><td class="number">-</td><td class="number">-</td><td>-</td><td>-</td><td>-</td></tr>' in html


def test_a_sentence_and_a_picture_are_shown_where_there_are():
    assert "<svg>" not in page()
    assert "<p>2 &lt; 3 things.</p>" in page(Said)
    assert Things(FRAME, FROM).sentence() == ""
    for kind in (Attribute, Method):
        assert page(kind).count("<svg></svg>") == 1


def test_no_colour_is_set_so_that_dark_pages_can_be_read():
    html = page()
    style = html[html.index("<style>") : html.index("</style>")]
    assert "background" not in style
    assert "color:" not in style.replace("decoration", "")


def test_long_tables_say_how_many_rows_they_leave_out():
    html = page(frame=pd.concat([FRAME] * 1500, ignore_index=True))
    assert html.count("<tr>") == 21
    assert "2,980 more rows" in html
    assert "more rows" not in page()


def test_only_the_columns_to_be_shown_are():
    @dataclass(frozen=True, eq=False, repr=False)
    class Some(Things):
        shown: ClassVar[tuple[str, ...]] = ("share",)

    assert page(Some).count("<th") - page(Some).count("<thead") == 1


def test_an_empty_table_is_a_table():
    assert "<tbody></tbody>" in page(frame=FRAME.head(0))


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, "0.5"), (1e6, "1,000,000"), (np.float64("nan"), "-"), (np.int64(7), "7"), (pd.NaT, "-"), (pd.NA, "-"),
     (np.bool_(False), "no"), ("", ""), ([], "-"), ({"a": 1}, "{'a': 1}")],
)  # fmt: skip
def test_single_values(value, text):
    assert shown_value(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(1.0, "100 %"), (1, "100 %"), (0.0, "0 %"), (0.99996, "99.9 %"), (0.0004, "0.1 %"), (0.988, "98.8 %"), (1.25, "125.0 %"),
     (np.nan, "-"), (None, "-"), ("open", "open"), (True, "yes")],
)  # fmt: skip
def test_shares_are_in_per_cent_and_none_is_rounded_to_all_or_nothing(share, text):
    assert shown_share(share).replace("\u00a0", " ") == text


def test_only_columns_of_shares_are_in_per_cent_and_the_frame_stays_raw():
    @dataclass(frozen=True, eq=False, repr=False)
    class Rates(Things):
        columns: ClassVar[dict[str, str]] = {
            "net": "share of judged cases that pass, 0-1", "low": "lower end of the 95 % Wilson interval of net",
            "target": "promised share; missing without one", "judged": "pass + fail: the denominator of the shares",
        }  # fmt: skip

    rates = Rates(pd.DataFrame({"net": [1.0], "low": [0.5], "target": [0.95], "judged": [1.0]}), FROM)
    html = rates._repr_html_().replace("\u00a0", " ")
    assert '>100 %</td><td class="number">50.0 %</td><td class="number">95.0 %</td><td class="number">1</td>' in html
    assert rates.to_frame().iloc[0].tolist() == [1.0, 0.5, 0.95, 1.0]


def test_a_result_is_a_value():
    assert len(replace(Things(FRAME, FROM), frame=FRAME.head(1))) == 1


def summary(rows):
    columns = ("check", "fail", "judged", "target", "met")
    return Summary(pd.DataFrame([dict(zip(columns, row, strict=True)) for row in rows]), FROM)


def test_a_summary_says_which_targets_are_met_and_what_most_cases_fail():
    made = summary(
        [("R1", 5, 10, None, None), ("S1", 7, 1200, 0.9, True), ("S2", 7, 8, 0.9, False), ("S3", 0, 0, 0.9, None)]
    )
    assert made.sentence() == (
        "4 checks, of which 3 judged at least one case. Standards with a target: 3; met 1, not met 1, not judged 1. "
        "Most cases fail S1: 7 of the 1,200 judged."
    )
    assert made.sentence("zh") == (
        "检查 4 项，其中 3 项至少判定了一个案例。设有目标的标准 3 项：达标 1 项，未达标 1 项，无法判定 1 项。"
        "不符合案例最多的检查是 S1：已判定的 1,200 个案例中有 7 个。"
    )
    assert summary([("R1", 0, 3, None, None)]).sentence() == "1 checks, of which 1 judged at least one case."


@pytest.mark.parametrize(
    ("share", "said"),
    [
        (0, "0.0"),
        (0.0004, "< 0.1"),
        (0.0006, "0.1"),
        (0.356, "35.6"),
        (0.9994, "99.9"),
        (0.99996, "> 99.9"),
        (1, "100.0"),
    ],
)
def test_a_share_is_never_0_or_100_where_it_is_not(share, said):
    assert (percent(share), percent(share, "zh")) == (f"{said} %", f"{said}%")
