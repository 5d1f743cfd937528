"""What the design promises where the customer meets the service, and where it promises nothing."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

from mining.blueprint.lint.parts import OF_WAITING, says_nothing
from mining.blueprint.model import Activity, Blueprint
from mining.readiness.tables import cells, frame_of, joined, of_design
from mining.results import Result
from mining.texts import LANGUAGES, say


@dataclass(frozen=True, eq=False, repr=False)
class Contacts(Result):
    """One row per step at which the customer meets the service, waits, or is likely to be failed. Made by :func:`contacts_of`."""

    columns: ClassVar[dict[str, str]] = {
        "activity": "activity id",
        "name_en": "name of the step, in English",
        "name_zh": "name of the step, in Chinese",
        "touchpoint": "whether customer and provider meet there",
        "key": "whether it is a key touchpoint",
        "moment_of_truth": "whether the judgement of the customer forms there",
        "wait_point": "whether the customer waits there by design",
        "fail_point": "whether the service tends to fail there",
        "standards": "standards that speak of the step",
        "rules": "rules that speak of the step",
        "evidence": "what the customer sees or gets there",
        "open_en": "what the design leaves open there, in English",
        "open_zh": "what the design leaves open there, in Chinese",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *(
            "name_en",
            "name_zh",
            "key",
            "moment_of_truth",
            "wait_point",
            "fail_point",
            "standards",
            "rules",
            "open_en",
            "open_zh",
        ),
    )

    def sentence(self, lang: str = "en") -> str:
        """How many such steps there are, and of how many something is left open."""
        n = len(self.frame)
        if not n:
            return say("readiness.contacts_none", lang)
        key = self.frame[self.frame["key"] == True]  # noqa: E712 (missing where there is no touchpoint)
        open_ones = int((self.frame["open_en"] != "").sum())
        kept = int((key["standards"].map(len) > 0).sum())
        return say("readiness.contacts", lang, n=n, open=open_ones, keys=len(key), promised=kept)


def contacts_of(blueprint: Blueprint) -> Contacts:
    """Touchpoints, wait points and fail points of a design, with the standards and rules that speak of them, and what is left open.

    Examples
    --------
    >>> contacts_of(study.blueprint).frame["touchpoint"].any()
    np.True_
    """
    met = [a for a in blueprint.activities if a.touchpoint or a.wait_point or a.fail_point]
    rows = [_row(blueprint, a) for a in met]
    return Contacts(frame_of(rows, Contacts), of_design("touchpoints of the design", blueprint))


def _row(b: Blueprint, a: Activity) -> dict[str, Any]:
    contact = a.touchpoint
    standards = [s.id for s in b.standards if a.id in {s.touchpoint, *s.of, *s.start, *s.end}]
    rules = [r.id for r in b.rules if a.id in (r.a, r.b)]
    return {
        "activity": a.id,
        "touchpoint": contact is not None,
        "key": contact.key if contact else None,
        "moment_of_truth": contact.moment_of_truth if contact else None,
        "wait_point": a.wait_point,
        "fail_point": a.fail_point is not None,
        "standards": standards,
        "rules": rules,
        "evidence": list(contact.evidence) if contact else [],
    } | cells("name", {lang: a.name.get(lang) for lang in LANGUAGES}) | cells(
        "open", joined(_open(b, a, bool(standards), bool(standards or rules)))
    )  # fmt: skip


def _open(b: Blueprint, a: Activity, promised: bool, measured: bool) -> Iterator[str]:
    contact = a.touchpoint
    if contact and contact.key and not promised:
        yield "readiness.open_promise"
    if contact and contact.moment_of_truth and not measured:
        yield "readiness.open_measure"
    limited = {x for s in b.standards if s.metric in OF_WAITING for x in (*s.of, *s.end)} | {
        r.b for r in b.rules if r.within
    }
    if a.wait_point and a.id not in limited:
        yield "readiness.open_wait"
    if a.fail_point and (not a.fail_point.control or says_nothing(a.fail_point.control)):
        yield "readiness.open_control"
    if contact and not contact.evidence:
        yield "readiness.open_evidence"
    if not a.observable:
        yield "readiness.open_trace"
