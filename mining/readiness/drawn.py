"""The blueprint as BPMN files for other modelling tools, with the proof that nothing is lost on the way."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar, Literal

from mining.blueprint.bpmn import from_bpmn, to_bpmn
from mining.blueprint.bpmn.document import read_document
from mining.blueprint.model import Blueprint
from mining.blueprint.writing import same
from mining.readiness.tables import both, frame_of, of_design
from mining.results import Result
from mining.texts import say

Profile = Literal["single", "collaboration"]
PROFILES: tuple[Profile, ...] = ("single", "collaboration")


@dataclass(frozen=True, eq=False, repr=False)
class Drawn(Result):
    """One row per BPMN file written, with what reading it back gave. Made by :func:`drawn`."""

    columns: ClassVar[dict[str, str]] = {
        "file": "file that was written",
        "use_en": "what it is for, in English",
        "use_zh": "what it is for, in Chinese",
        "steps": "tasks in the drawing",
        "lanes": "lanes in the drawing",
        "gateways": "gateways in the drawing",
        "same": "whether reading the file back gives the same blueprint, value by value",
    }
    folder: str = ""

    def sentence(self, lang: str = "en") -> str:
        """Where the files lie, and whether anything was lost."""
        key = "readiness.drawn" if self.frame["same"].all() else "readiness.drawn_lost"
        return say(key, lang, folder=self.folder)


def drawn(blueprint: Blueprint, out: str | Path, *, lang: str = "en") -> Drawn:
    """Write a blueprint as BPMN in both profiles, and read both files back.

    Parameters
    ----------
    blueprint : Blueprint
    out : str or Path
        Folder, made if need be; ``blueprint_single.bpmn`` and ``blueprint_collaboration.bpmn`` in it are replaced.
    lang : {"en", "zh"}
        Language of the names in the drawing.

    Examples
    --------
    >>> drawn(study.blueprint, examples).frame["same"].tolist()
    [True, True]
    """
    folder = Path(out)
    folder.mkdir(parents=True, exist_ok=True)
    rows = []
    for profile in PROFILES:
        file = folder / f"blueprint_{profile}.bpmn"
        file.write_bytes(to_bpmn(blueprint, profile=profile, lang=lang))
        rows.append({"file": file.name} | both("use", f"readiness.drawn_{profile}") | _seen(file, blueprint))
    return Drawn(frame_of(rows, Drawn), of_design("blueprint as BPMN", blueprint), str(out))


def _seen(file: Path, blueprint: Blueprint) -> dict[str, Any]:
    found, back = read_document(file), from_bpmn(file)
    gateways = sum("Gateway" in element.kind for element in found.elements.values())
    whole = same(back.blueprint(), blueprint)
    return {"steps": len(found.steps), "lanes": len(found.lanes), "gateways": gateways, "same": whole}
