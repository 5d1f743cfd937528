"""The words around the definitions: areas in the order of an audit, heads of the pages, units, and how a unit is told from a meaning."""

from __future__ import annotations

import re

Said = dict[str, str]

# Area -> modules below ``mining``.
AREAS: tuple[tuple[Said, tuple[str, ...]], ...] = (
    ({"en": "The design", "zh": "设计"}, ("readiness.design", "readiness.contacts", "readiness.strict", "readiness.weak",
      "readiness.against_flow", "readiness.needs", "readiness.changes", "readiness.drawn")),
    ({"en": "The log", "zh": "日志"}, ("log", "readiness.columns", "readiness.labels", "readiness.rows", "readiness.clock",
      "readiness.ends", "readiness.problems", "readiness.answers", "readiness.persons")),
    ({"en": "Cases and flow", "zh": "案例与流程"}, ("flow", "variety")),
    ({"en": "Times and waits", "zh": "时长与等待"}, ("times",)),
    ({"en": "Hand-overs and rework", "zh": "交接与返工"}, ("handovers",)),
    ({"en": "The flow as it is", "zh": "实际流程"}, ("discovery",)),
    ({"en": "Conformance", "zh": "一致性检查"}, ("tables", "fit", "dimensions", "conformance", "explain", "version_studies")),
    ({"en": "Touchpoints and promises", "zh": "接触点与承诺"}, ("scorecard", "promises", "funnel", "segments")),
    ({"en": "Customers", "zh": "顾客视角"}, ("voice",)),
    ({"en": "Outcomes, harm and causes", "zh": "结果、影响与原因"}, ("outcomes", "harm", "causes")),
    ({"en": "Findings and priorities", "zh": "审计发现与优先级"}, ("findings", "priorities")),
    ({"en": "Plan, what-if and follow-up", "zh": "整改计划、假设分析与后续审计"}, ("plan", "what_if", "follow_up", "record")),
    ({"en": "Watching a stream", "zh": "实时监控"}, ("monitor",)),
    ({"en": "Evidence and persons", "zh": "证据与个人信息"}, ("sampling", "verify", "privacy")),
)  # fmt: skip

HEAD: Said = {
    "en": """# Definitions

What every table of the toolkit holds, column by column: how it is called in notebooks and reports, its name in the frame
(`result.frame`), its unit, and how it is computed. Made by `python -m docs.definitions` from the classes of the results and from the
catalogue with which notebooks show their tables, so all of them say the same; a test holds it. In Chinese:
[definitions_zh.md](definitions_zh.md).

Shares lie between 0 and 1 in a frame and are shown in per cent; lengths are seconds in a frame and are shown in their largest fitting
unit. A missing value is *not measured*; it is never 0. Of columns `x_en` and `x_zh`, which say the same in two languages, a notebook
shows the one in its language. A share stands with its denominator, an interval with its method; percentiles are values that were observed,
unless the meaning says *approximate*.

## Contents
""",
    "zh": """# 指标定义

本页逐列说明各表的内容：笔记本与报告中的表头、数据框（`result.frame`）中的列名、单位和口径。本页由 `python -m docs.definitions`
根据程序与笔记本所用的同一目录生成，并由测试核对，因此各处用词一致。英文版 [definitions.md](definitions.md) 另有各表的计算说明。

比例在数据框中为 0 至 1，显示为百分数；时长在数据框中以秒计，显示时取合适的单位。空值表示未测量，并不等于 0。`x_en` 与 `x_zh`
两列内容相同、语言不同，笔记本只显示当前语言的一列。比例均附分母，区间均注明方法；除注明为近似值外，分位数均为实际观察到的值。

## 目录
""",
}

HEADINGS: dict[str, Said] = {
    "made": {"en": "Made by: {how}", "zh": "生成方式：{how}"},
    "sources": {"en": "Source: {names}", "zh": "文献：{names}"},
    "table": {"en": "| heading | column | unit | meaning |", "zh": "| 表头 | 列名 | 单位 | 含义 |"},
    "words": {"en": "\nWords of *{column}*: {words}.", "zh": "\n“{column}”的取值：{words}。"},
}

UNITS: dict[str, Said] = {
    "share": {"en": "share, 0 to 1", "zh": "比例（0–1）"},
    "seconds": {"en": "seconds", "zh": "秒"},
    "hours": {"en": "hours", "zh": "小时"},
    "utc": {"en": "moment, UTC", "zh": "时刻（UTC）"},
    "in_unit": {"en": "as `{column}` says", "zh": "见 `{column}` 列"},
    "of_measure": {"en": "that of the measure", "zh": "随指标而定"},
    "unit": {"en": "as `unit` says", "zh": "见 `unit` 列"},
    "truth": {"en": "yes or no", "zh": "是或否"},
    "count": {"en": "count", "zh": "个数"},
}

# A unit by the name of a column, or by its meaning.
CLOCKS: dict[str, tuple[str, str]] = {
    "unit": (r"^$", r"\bin unit\b|^unit of all lengths$"),
    "hours": (r"_h$|^idle_hours$", r"^(wall-clock )?hours\b"),
    "utc": (r"^$", r"\bUTC\b"),
}
IS_TRUTH = (
    r"whether\b|declared a\b|above the line of visibility|the customer can see\b|the case has ended\b|the first step is one\b|"
    r"the decision was reached, and nobody\b|an order, start or end with a step that is itself\b|no alignment has fewer moves$"
)
IS_COUNT = (
    r"(?:not measured: |of (?:them|these|n|contacts|repeats|instances|pass and allowed)\b[ ,]*(?:those|by|those that)?\b.*|all of its )?"
    r"(?:distinct |different |completed |complete |ended |judged |running |open )?"
    r"(?:cases|instances|activity instances|activities|resources|deviations|faults|findings|steps|rows|opportunities|crossings|changes of|"
    r"returns|switches|checks|events|variants|traces|transitions|places|arcs|states|labels|pairs|answers|persons|interviews|"
    r"number of|numbers of|how many|how often|of how many|times (?:that|measured)|least number|most rounds|fewest|repeats of)\b"
    r"|of (?:n|pass and allowed|repeats|instances|contacts|the cases gained)\b|of them\b(?! in)|pass \+ fail\b|measured from\b|"
    r"not measured: |event-level faults\b|the same now\b|most (?:returns|repeats|in any)\b|all its faults$|number that half|greatest$"
)
NO_COUNT = (
    r"averaged|\bper\b|on average|in order|\bids? of\b|of the source (?:file )?(?:\(|that)|first rows|number of the (?:row|edit)|"
    r"in the order|as they stand|or a currency|; visible_hours|, mean over"
)
# Methods whose source is not told at every column that uses them.
METHODS: dict[str, str] = {
    r"\bWilson (?:score )?interval": "Wilson 1927",
    r"\bKaplan-Meier\b": "Kaplan and Meier 1958",
    r"\bBenjamini and Hochberg\b": "Benjamini and Hochberg 1995",
    r"\(Stringer\)": "Stringer 1963",
    r"\bLittle's law\b": "Little 1961",
    r"agreement of two reviewers beyond chance": "Cohen 1960",
    r"\boptimal alignments?\b": "van der Aalst, Adriansyah and van Dongen 2012",
}
# Authors and year, as in "(Kano et al. 1984)" or "Wilson (1927)".
NAME = r"(?:van der |van |de )?[A-Z][a-zäöüéøA-Z]+(?:-[A-Z][a-z]+)?"
SOURCE = re.compile(rf"\b({NAME}(?:, {NAME})*(?: and {NAME}| et al\.?)?),? \(?((?:18|19|20)\d\d)\b(?!-)")
