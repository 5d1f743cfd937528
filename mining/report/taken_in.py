"""What reviewers wrote into the working papers, brought into the file of reviews; where both say something else, neither is guessed."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from mining.errors import MiningError
from mining.log.table import fingerprint
from mining.report.reviewed import read_reviewed
from mining.sampling import Review, merge_review, read_review

MOST_SHOWN = 12


@dataclass(frozen=True)
class TakenIn:
    """What is to be written.

    Attributes
    ----------
    text : str
        The file of reviews with the cells of the workbook.
    n : int
        Rows of the workbook with something that was not in it, or said something else.
    """

    text: str
    n: int


def taken_in(workbook: Path, file: Path, manifest: Path) -> TakenIn | None:
    """Cells that people filled in since the last run, as the file of reviews is to hold them; None: there is nothing new.

    A workbook that is still as the last run wrote it says nothing new, so that what was written into the file since then stands. Where
    only the workbook was changed it stands in place of the file.

    Parameters
    ----------
    workbook, file, manifest : Path
        The working papers, the file of reviews, and the manifest of the last run, any of which may not be there.

    Raises
    ------
    MiningError
        If both were changed, and say something else about the same cell.
    """
    if not workbook.exists():
        return None
    stamps = _stamps(manifest)
    if fingerprint(workbook)[0] == stamps.get(workbook.name):
        return None
    cells = read_reviewed(workbook)
    old = read_review(file) if file.exists() else None
    if cells.empty:
        return None
    merged = merge_review(old, cells)
    if old is not None and fingerprint(file)[0] != stamps.get(file.name):
        _agreeing(cells, old, merged, workbook)
    text = merged.to_csv()
    if old is not None and text == old.to_csv():
        return None
    return TakenIn(text, _changed(cells, old, merged))


def _stamps(manifest: Path) -> dict[str, str]:
    """Name to hash of the workbook that the last run wrote, and of the review that it read; none where that cannot be told."""
    try:
        found = json.loads(manifest.read_text("utf-8"))
        read = {x["name"]: x["sha256"] for x in found["inputs"]["files"] if x["role"] == "review"}
        return read | {name: stamp["sha256"] for name, stamp in found["outputs"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}


def _agreeing(cells: pd.DataFrame, old: Review, merged: Review, workbook: Path) -> None:
    """Refuse cells that the file and the workbook both fill, otherwise."""
    before, after = old.filled, merged.filled
    wrong = [
        f"{x['key']}, {x['column']}: {there!r} in {old.path}, {now!r} in {workbook.name} (sheet {x['page']!r}, row {x['row']:,})"
        for x in cells.to_dict("records")
        if (there := _cell(before, x)) and there != (now := _cell(after, x))
    ]
    if wrong:
        more = f"\n  and {len(wrong) - MOST_SHOWN} more" if len(wrong) > MOST_SHOWN else ""
        raise MiningError(
            f"{workbook} and {old.path} were both changed since the last run, and say something else of the same rows. Make them agree.\n  "
            + "\n  ".join(wrong[:MOST_SHOWN]) + more
        )  # fmt: skip


def _changed(cells: pd.DataFrame, old: Review | None, merged: Review) -> int:
    before, after = {} if old is None else old.filled, merged.filled
    rows = cells.to_dict("records")
    return len({(x["sheet"], x["key"]) for x in rows if _cell(before, x) != _cell(after, x)})


def _cell(filled: Mapping[tuple[str, str], Mapping[str, str]], cell: Mapping[Any, Any]) -> str:
    return filled.get((str(cell["sheet"]), str(cell["key"])), {}).get(str(cell["column"]), "")
