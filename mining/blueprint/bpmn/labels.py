"""The words of a drawn blueprint, and how much room a text needs."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from mining.blueprint import model as m
from mining.blueprint.bpmn.sbp import plain

LINE = 15  # height of a line of 12 px, as modellers set labels
_WIDE, _NARROW = 12.5, 7.0  # a Chinese character; any other, generously

WORDS = {
    "customer": {"en": "Customer", "zh": "顾客"},
    "provider": {"en": "Provider", "zh": "服务方"},
    "any_order": {"en": "Any order, any number of times", "zh": "顺序与次数不限"},
    "wait": {"en": "Wait", "zh": "等待"},
    "wait_ends": {"en": "the next step can begin", "zh": "下一步可以开始"},
    "fail": {"en": "Fail point", "zh": "失败点"},
    "control": {"en": "Control", "zh": "控制"},
    "outside": {"en": "not in the flow", "zh": "不在流程内"},
    "rounds": {"en": "at most {n} rounds", "zh": "最多 {n} 轮"},
    "rule": {"en": "Rule", "zh": "规则"},
    "standard": {"en": "Standard", "zh": "标准"},
    "within": {"en": "within {d}", "zh": "{d} 内"},
    "after": {"en": "after {d}", "zh": "{d} 之后"},
    "must_occur": {"en": "must occur", "zh": "必须发生"},
    "must_not_occur": {"en": "must not occur", "zh": "不得发生"},
    "at_most": {"en": "at most", "zh": "次数上限"},
    "starts_with": {"en": "starts with", "zh": "起始于"},
    "ends_with": {"en": "ends with", "zh": "结束于"},
    "precedence": {"en": "only after", "zh": "先后"},
    "response": {"en": "followed by", "zh": "其后须有"},
    "succession": {"en": "each with the other, in this order", "zh": "先后成对"},
    "immediate_response": {"en": "followed directly by", "zh": "紧接其后"},
    "immediate_precedence": {"en": "directly before", "zh": "紧接其前"},
    "not_followed_by": {"en": "never followed by", "zh": "其后不得有"},
    "not_together": {"en": "not both", "zh": "互斥"},
    "together": {"en": "both or none", "zh": "同时发生或都不发生"},
    "four_eyes": {"en": "different persons", "zh": "须由不同人员办理"},
    "same_handler": {"en": "same person", "zh": "须由同一人员办理"},
    "performed_by": {"en": "done by", "zh": "办理人"},
    "not_before": {"en": "not before", "zh": "不早于"},
}  # fmt: skip


def word(key: str, lang: str, **values: object) -> str:
    """A word of the drawing, in English where the language has none."""
    return WORDS[key].get(lang, WORDS[key]["en"]).format(**values)


def name_of(text: m.Text, lang: str, instead: str) -> str:
    """A name as the drawing shows it; where it is blank, what stands instead."""
    return plain(text.get(lang)) or instead


def rule_text(rule: m.Rule, blueprint: m.Blueprint, lang: str) -> str:
    """A rule in a line or two: its own text, else its kind and the names of its activities."""
    if rule.text is not None and plain(rule.text.get(lang)):
        return f"{word('rule', lang)} {rule.id}: {plain(rule.text.get(lang))}"
    names = [name_of(blueprint.by_id[a].name, lang, a) for a in (rule.a, rule.b) if a is not None]
    roles = [name_of(r.name, lang, r.id) for r in blueprint.roles if r.id == rule.role]
    parts = [*names, *roles] + ([f"{rule.n}×"] if rule.n is not None else [])
    text = f"{word('rule', lang)} {rule.id}: {word(rule.kind, lang)}: {' – '.join(parts)}"
    text += f", {word('within', lang, d=rule.within)}" if rule.within else ""
    return text + (f", {word('after', lang, d=rule.after)}" if rule.after else "")


def standard_limit(standard: m.Standard) -> str:
    """A standard's promise in a few characters, as in ``S1 ≤ 5bd 95%``."""
    limit = (
        f" ≤ {standard.limit}" if standard.limit is not None else f" ≤ {plain(standard.due)}" if standard.due else ""
    )
    least = f" ≥ {standard.minimum:g}" if standard.minimum is not None else ""
    share = f" {100 * standard.share:g}%" if standard.share is not None else ""
    return standard.id + limit + least + share


def standard_text(standard: m.Standard, lang: str) -> str:
    """A standard that no boundary event shows, for a note."""
    text = plain(standard.text.get(lang)) if standard.text else plain(standard.basis)
    return f"{word('standard', lang)} {standard_limit(standard)}: {standard.metric}, {text}"


# --- room --------------------------------------------------------------------------------------------------------------


def width_of(text: str) -> float:
    """Width of one line in px, rather too much than too little.

    Examples
    --------
    >>> width_of("Pay"), width_of("缴费")
    (21.0, 25.0)
    """
    return sum(_WIDE if unicodedata.east_asian_width(c) in "WF" else _NARROW for c in text)


def wrapped(text: str, width: float) -> list[str]:
    """The text in lines no wider than ``width``: broken at blanks and between Chinese characters, long words anywhere.

    Examples
    --------
    >>> wrapped("Chase missing documents", 80), wrapped("催补资料", 30)
    (['Chase', 'missing', 'documents'], ['催补', '资料'])
    """
    lines = [""]
    for piece in _pieces(text, width):
        if lines[-1] and width_of((lines[-1] + piece).rstrip()) > width:
            lines[-1] = lines[-1].rstrip()
            lines.append("")
        lines[-1] += piece if lines[-1] else piece.lstrip()
    return [lines[-1].rstrip()] if len(lines) == 1 else [*lines[:-1], lines[-1].rstrip()]


def _pieces(text: str, width: float) -> Iterator[str]:
    """Parts between which a line may break."""
    for token in re.findall(r"[^\s\u2e80-\u9fff\uf900-\ufaff\uff00-\uffef]+\s*|\S\s*|\s+", text):
        while width_of(token.rstrip()) > width and len(token.rstrip()) > 1:
            cut = max(1, next((k for k in range(1, len(token)) if width_of(token[: k + 1]) > width), len(token)))
            yield token[:cut]
            token = token[cut:]
        yield token


def height_of(text: str, width: float) -> float:
    """Height of the text in lines of this width; nothing for no text."""
    return LINE * len(wrapped(text, width)) if text else 0
