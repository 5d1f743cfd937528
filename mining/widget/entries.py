"""Allow-list entries made in the widget: what the form must hold, and the entries so far as people read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from mining.allowing import reach
from mining.errors import MiningError
from mining.texts import say
from mining.units import percent

if TYPE_CHECKING:
    from mining.study import Study

REQUIRED = ("reason", "approved_by", "valid_from", "valid_to")


@dataclass(frozen=True)
class Entry:
    """A deviation that was accepted in the widget.

    Attributes
    ----------
    id : str
        Of the entry in the blueprint's allow-list.
    title : str
        The finding that it was made for.
    saved : bool
        Whether it stands in a file: then it is part of the norm, and not taken back here.
    """

    id: str
    title: str
    saved: bool = False

    def told(self, study: Study, lang: str) -> dict[str, Any]:
        """The entry as the page lists it, with what it covers."""
        entry = next(x for x in study.blueprint.allowances if x.id == self.id)
        covered = reach(study, self.id)
        text = say(
            "widget.entry",
            lang,
            decision=say(f"decision.{entry.decision}", lang),
            reason=entry.reason.get(lang),
            approved_by=entry.approved_by,
            first=entry.valid[0],
            last=entry.valid[1],
            most=""
            if entry.max_share is None
            else say("widget.entry_most", lang, share=percent(entry.max_share, lang)),
        )
        covers = say("report.semicolon", lang).join(
            say(
                "widget.entry_covers",
                lang,
                title=row[f"title_{lang}"],
                n=f"{row['n_cases']:,}",
                share=percent(row["share"], lang),
            )
            for row in covered.to_dict("records")
        )
        return {
            "id": self.id, "title": self.title, "saved": self.saved, "text": text,
            "covers": say("widget.entry_reach", lang, covers=covers),
        }  # fmt: skip


def from_form(fields: Mapping[str, Any], lang: str) -> dict[str, Any]:
    """What :func:`mining.allowing.allow` is given, from what was typed.

    Raises
    ------
    MiningError
        If a field that is required is empty, or the largest share is no per cent.

    Examples
    --------
    >>> typed = {"reason": "agreed", "approved_by": "Ann", "valid_from": "2026-01-01", "valid_to": "2026-12-31", "max_share": "5"}
    >>> from_form(typed, "en")["max_share"]
    0.05
    """
    typed = {name: str(fields.get(name) or "").strip() for name in (*REQUIRED, "max_share", "decision")}
    missing = [say(f"widget.field.{name}", lang) for name in REQUIRED if not typed[name]]
    if missing:
        raise MiningError(say("widget.missing", lang, fields=say("report.comma", lang).join(missing)))
    given: dict[str, Any] = {
        "reason": typed["reason"],
        "approved_by": typed["approved_by"],
        "valid": (typed["valid_from"], typed["valid_to"]),
        "max_share": _share(typed["max_share"], lang),
    }
    return given | ({"decision": typed["decision"]} if typed["decision"] else {})


def _share(text: str, lang: str) -> float | None:
    """Per cent as a share; None where nothing was typed."""
    if not text:
        return None
    try:
        share = float(text.removesuffix("%").strip()) / 100
    except ValueError:
        share = -1.0
    if not 0 < share <= 1:
        raise MiningError(say("widget.bad_share", lang, value=text))
    return share
