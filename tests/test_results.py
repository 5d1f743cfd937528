"""Results show themselves: what a column means, values in words, numbers to the right, missing as a dash, no markup of others."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

import numpy as np
import pandas as pd
import pytest

import mining
from mining.display.words import length_words, points_words, share_words, value_words
from mining.results import Provenance, Result
from mining.tables import Summary
from mining.units import percent
from mining.what_if.table import WhatIf as TrueWhatIf

FROM = Provenance("things <made>", "a" * 64, "b" * 64, 2, {"open_cases": "pending"})
FRAME = pd.DataFrame(
    {
        "name": ["<script>1</script>", None],
        "n": pd.array([12345, None], "Int64"),
        "share": [0.123456, np.nan],
        "met": [True, None],
        "noted": pd.to_datetime(["2026-03-02 09:00:00.123", None], utc=True),
        "rows": [(1, 2345), ()],
        "wait_s": [5400.0, np.nan],
    }
)


@dataclass(frozen=True, eq=False, repr=False)
class Things(Result):
    """A result for these tests."""

    columns: ClassVar[dict[str, str]] = {
        "name": 'what it is "called"', "share": "of all, 0-1", "wait_s": "until it was begun, seconds",
    }  # fmt: skip


class Drawing:
    def __init__(self, lang="en"):
        self.lang = lang

    def _repr_html_(self):
        return f"<svg>{self.lang}</svg>"


class Said(Things):
    def sentence(self, lang="en"):
        return "2 < 3 things." if lang == "en" else "两件。"


class Attribute(Things):
    picture = Drawing()


class Method(Things):
    def picture(self, lang="en"):
        return Drawing(lang)


@pytest.fixture(autouse=True)
def _english_again():
    yield
    mining.show_in("en")


def page(kind=Things, frame=FRAME, lang="en"):
    mining.show_in(lang)
    return kind(frame, FROM)._repr_html_()


def table(html):
    return html[html.index("<table>") : html.index("</table>")]


def test_a_table_explains_its_columns_and_hides_nothing_of_its_origin():
    html = page()
    assert 'title="name · what it is &quot;called&quot;"' in html
    assert '<th scope="col" class="n" title="share · of all, 0-1">' in html
    assert (
        "things &lt;made&gt;; 2 cases; log aaaaaaaaaaaa, blueprint bbbbbbbbbbbb, cases without an end: pending" in html
    )


def test_in_chinese_everything_around_the_values_is_chinese():
    html = page(lang="zh")
    assert 'lang="zh-CN"' in html
    assert "2 个案例；日志 aaaaaaaaaaaa、服务蓝图 bbbbbbbbbbbb、无终点的案例：视为进行中" in html
    assert ">12.3%</td>" in html
    assert ">1.5\u00a0小时</td>" in html
    assert '<td class="d">是</td>' in html
    assert "共 2 行" in html


def test_values_are_readable_and_markup_in_them_is_harmless():
    html = page()
    shown = table(html)
    assert "<script" not in shown
    assert html.count("<script>") <= 1
    assert "&lt;script&gt;1&lt;/script&gt;" in shown
    assert '<td class="n">12,345</td><td class="n" data-v="0.123456">12.3\u00a0%</td><td class="d">yes</td>' in shown
    assert (
        '<td class="d">2026-03-02 09:00</td><td class="d">1, 2345</td><td class="n" data-v="5400">1.5\u00a0h</td>'
        in shown
    )
    assert shown.count("–</td>") == 7


def test_turns_of_direction_and_control_characters_do_not_reach_the_page():
    frame = pd.DataFrame({"name": ["a\u202eb\x00c"]})
    assert "a b" not in page(frame=frame)
    assert "\u202e" not in page(frame=frame)
    assert "\x00" not in page(frame=frame)


def test_the_zone_of_moments_stands_in_the_heading_once():
    assert "(UTC)</th>" in page()
    naive = FRAME.assign(noted=FRAME["noted"].dt.tz_localize(None))
    assert "UTC" not in page(frame=naive)
    days = FRAME.assign(noted=pd.to_datetime(["2026-03-02", "2026-03-03"]))
    assert '<td class="d">2026-03-02</td>' in page(frame=days)


def test_a_sentence_and_a_picture_are_shown_where_there_are_in_the_language():
    assert "<svg>" not in page()
    assert "<p>2 &lt; 3 things.</p>" in page(Said)
    assert "<p>两件。</p>" in page(Said, lang="zh")
    assert Things(FRAME, FROM).sentence() == ""
    assert page(Attribute).count("<svg>en</svg>") == 1
    assert page(Method, lang="zh").count("<svg>zh</svg>") == 1


def test_every_ground_has_its_own_ink_so_that_dark_pages_can_be_read():
    style = page().split("<style>")[1].split("</style>")[0]
    rules = [rule.partition("{")[2] for rule in style.split("}")]
    for rule in rules:
        grounds = [x for x in rule.split(";") if x.strip().startswith("background:")]
        named = {x.partition(":")[2].strip() for x in grounds}
        assert named <= {"transparent"} or "; color:" in rule, rule
    assert not any(word in style for word in ("#", "rgb(", ": white", ": black"))


@pytest.mark.parametrize(
    ("lang", "said"), [("en", "The first 200 of 3,000 rows."), ("zh", "此处为 3,000 行中的前 200 行")]
)
def test_long_tables_say_how_many_rows_they_leave_out(lang, said):
    html = page(frame=pd.concat([FRAME] * 1500, ignore_index=True), lang=lang)
    assert table(html).count("<tr>") == 201
    assert said in html
    assert {"en": "of the first {all} rows", "zh": "前 {all} 行中的"}[lang] in html
    assert said.split("3")[0] not in page(lang=lang)


def test_wide_tables_have_fewer_rows_so_that_an_output_stays_small():
    wide = pd.DataFrame({f"x{k}": np.arange(1000.0) / 7 for k in range(45)})
    html = page(frame=wide)
    assert table(html).count("<tr>") == 51
    assert len(html) < 150_000


def test_only_the_columns_to_be_shown_are():
    @dataclass(frozen=True, eq=False, repr=False)
    class Some(Things):
        shown: ClassVar[tuple[str, ...]] = ("share",)

    assert page(Some).count("<th ") == 1


def test_of_two_languages_of_a_column_only_that_of_the_notebook_is_shown():
    frame = pd.DataFrame({"name_en": ["two"], "name_zh": ["二"], "edit": ["skip"], "edit_zh": ["跳过"]})
    english, chinese = table(page(frame=frame)), table(page(frame=frame, lang="zh"))
    assert [x in english for x in ("two", "二", "skip", "跳过")] == [True, False, True, False]
    assert [x in chinese for x in ("two", "二", "skip", "跳过")] == [False, True, False, True]


def test_an_empty_table_says_so_and_draws_no_headings():
    html = page(frame=FRAME.head(0))
    assert "<table" not in html
    assert 'class="scroll"' not in html
    assert "<table" in page()
    assert "No rows." in html
    assert "<script" not in html


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.5, "0.5"), (1e6, "1,000,000"), (np.float64("nan"), "–"), (np.int64(7), "7"), (pd.NaT, "–"), (pd.NA, "–"),
     (np.bool_(False), "no"), ("", ""), ([], "–"), ({"a": 1}, "{'a': 1}"), (float("inf"), "∞"), (np.array([1, 2]), "1, 2"),
     (frozenset("ba"), "a, b"), (pd.Timestamp("2026-03-02").date(), "2026-03-02")],
)  # fmt: skip
def test_single_values(value, text):
    assert value_words(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(1.0, "100 %"), (1, "100 %"), (0.0, "0 %"), (0.99996, "> 99.9 %"), (0.0004, "< 0.1 %"), (-0.0002, "> -0.1 %"),
     (0.988, "98.8 %"), (1.25, "125.0 %"),
     (np.nan, "–"), (None, "–"), ("open", "open"), (True, "yes"), (np.inf, "∞"), (-0.5, "-50.0 %")],
)  # fmt: skip
def test_shares_are_in_per_cent_and_none_is_rounded_to_all_or_nothing(share, text):
    assert share_words(share).replace("\u00a0", " ") == text


def test_lengths_and_differences_of_shares_have_their_unit():
    assert [length_words(x).replace("\u00a0", " ") for x in (0, 0.25, 59, 90, -7200, 200_000, np.inf, None, "open")] == [
        "0 s", "0.25 s", "59 s", "1.5 min", "-2.0 h", "2.3 d", "∞", "–", "open",
    ]  # fmt: skip
    assert [points_words(x).replace("\u00a0", " ") for x in (0.012, -0.5, 0, np.nan)] == [
        "+1.2 pp",
        "-50.0 pp",
        "0 pp",
        "–",
    ]


def test_only_columns_of_shares_are_in_per_cent_and_the_frame_stays_raw():
    @dataclass(frozen=True, eq=False, repr=False)
    class Rates(Things):
        columns: ClassVar[dict[str, str]] = {
            "net": "share of judged cases that pass, 0-1", "low": "lower end of the 95 % Wilson interval of net",
            "target": "promised share; missing without one", "judged": "pass + fail: the denominator of the shares",
        }  # fmt: skip

    rates = Rates(pd.DataFrame({"net": [1.0], "low": [0.5], "target": [0.95], "judged": [1.0]}), FROM)
    cells = [x.split(">")[-1].replace("\u00a0", " ") for x in table(rates._repr_html_()).split("</td>")[:4]]
    assert cells == ["100 %", "50.0 %", "95.0 %", "1"]
    assert rates.to_frame().iloc[0].tolist() == [1.0, 0.5, 0.95, 1.0]


def test_the_unit_of_a_row_says_what_its_numbers_are():
    @dataclass(frozen=True, eq=False, repr=False)
    class WhatIf(Result):
        columns: ClassVar[dict[str, str]] = TrueWhatIf.columns

    rows = {
        "scenario_en": ["x"] * 3, "name_en": ["a", "b", "c"], "unit": ["s", "share", "cases"], "observed": [7200.0, 0.25, 12.0],
        "difference": [-3600.0, 0.1, -1.5],
    }  # fmt: skip
    frame = pd.DataFrame(rows).reindex(columns=list(WhatIf.columns))
    html = table(WhatIf(frame, FROM)._repr_html_()).replace("\u00a0", " ")
    for text in (">2.0 h<", ">25.0 %<", ">12<", ">-1.0 h<", ">+10.0 pp<", ">-1.5<"):
        assert text in html


def test_a_result_is_a_value():
    assert len(replace(Things(FRAME, FROM), frame=FRAME.head(1))) == 1
    assert page() == page()


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
    assert summary([("R1", 0, 3, None, None)]).sentence() == "1 check; checks that judged at least one case: 1."


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
