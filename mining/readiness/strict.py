"""How much of what happens the designed flow holds to an order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from mining.readiness.tables import both, frame_of
from mining.results import Result
from mining.study import Study
from mining.texts import say
from mining.units import percent


@dataclass(frozen=True, eq=False, repr=False)
class Strict(Result):
    """The completed steps of a log, by what the flow asks of their order. Made by :func:`strict_of`."""

    columns: ClassVar[dict[str, str]] = {
        "steps_en": "which steps, in English",
        "steps_zh": "which steps, in Chinese",
        "n": "completed steps of the log",
        "share": "of the steps that the blueprint knows, 0-1; missing for those that it does not know",
    }

    def sentence(self, lang: str = "en") -> str:
        """The strictness: the share that is held to an order."""
        held = self.frame["share"].iloc[0]
        if held is None or held != held:
            return say("readiness.strict_none", lang)
        return say(
            "readiness.strict", lang, share=percent(held, lang), known=f"{int(self.frame['n'].iloc[:3].sum()):,}"
        )


def strict_of(study: Study) -> Strict:
    """Strictness of the flow over the completed steps of the log.

    Examples
    --------
    >>> strict_of(study).sentence()
    'The flow holds 100.0 % of 20,510 completed steps to an order.'
    """
    found = study.strictness
    rows = []
    for part in ("outside", "free", "either", "unknown"):
        n = getattr(found, part)
        share = n / found.known if found.known and part != "unknown" else None
        rows.append(both("steps", f"readiness.strict_{part}") | {"n": n, "share": share})
    frame = frame_of(rows, Strict)
    return Strict(frame.assign(share=frame["share"].astype(float)), study.provenance("strictness of the flow"))
