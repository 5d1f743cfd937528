"""What to improve first, written down: page, tables, and the plan that people go on with."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mining.errors import MiningError, UnknownNameError
from mining.folders import admit, write_whole
from mining.follow_up.helped import Helped
from mining.improvement import Improvement
from mining.report.helped import render_helped
from mining.report.improvement import render_improvement
from mining.results import plain
from mining.study import Study
from mining.texts import LANGUAGES

PLAN, PAGE, HELPED = "actions.csv", "improvement.html", "helped.html"
FILES = (PLAN, "improvement.json", PAGE)


@dataclass(frozen=True)
class WrittenImprovement:
    """What was written.

    Attributes
    ----------
    folder : Path
    improvement : Improvement
    """

    folder: Path
    improvement: Improvement


def write_improvement(
    improvement: Improvement,
    out: str | Path,
    *,
    lang: str = "en",
    inputs: tuple[Path, ...] = (),
    plan: Path | None = None,
    progress: Callable[[str], None] = lambda step: None,
) -> WrittenImprovement:
    """Write what to improve first into a folder: all of it, or nothing.

    Parameters
    ----------
    improvement : Improvement
    out : str or Path
        Folder for ``improvement.html`` (the page), ``improvement.json`` (all tables, and why others are not there) and ``actions.csv`` (the
        plan: drafted, or the one given brought up to date with all that people wrote in it). It is made if need be. The page is moved to
        its place last: where it is, the others belong to it.
    lang : {"en", "zh"}
    inputs : tuple of Path
        Files that it was made from besides log and blueprint, so that none of them is overwritten.
    plan : Path, optional
        The file that ``improvement.actions`` was read from. It may be ``actions.csv`` of the folder, which then is brought up to date.
    progress : callable
        Called with the name of each step as it begins.

    Raises
    ------
    UnknownNameError
        For another language.
    MiningError
        If the folder cannot be written, or holds a plan that was not given: people may have written in it.
    """
    if lang not in LANGUAGES:
        raise UnknownNameError("language", lang, LANGUAGES)
    folder, study = Path(out), improvement.study
    there = folder / PLAN
    if there.exists() and not (plan is not None and plan.exists() and there.samefile(plan)):
        raise MiningError(
            f"{there} is a plan that people may have written in, and would be replaced. Hand it over as the plan (actions), "
            "so that what they wrote is kept, or name another folder."
        )
    kept = (*study.log.files, Path(study.log.source.path), *study.blueprint.files, *inputs)
    if plan is not None and not there.exists():  # read from elsewhere, under whatever name
        kept = (*kept, plan)
    admit(folder, FILES, kept)
    improvement.check()
    progress("measuring what deviations cost")
    improvement.effects.sentence()
    progress("ranking")
    improvement.priorities.sentence()
    progress("making the tables")
    record = improvement_record(improvement)
    progress("writing the page")
    page = render_improvement(improvement, lang=lang)
    text = json.dumps(finite(plain(record)), ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False, default=str)

    def write(place: Path) -> None:
        improvement.plan.to_csv(place / PLAN)
        (place / "improvement.json").write_text(text + "\n", encoding="utf-8", newline="\n")
        (place / PAGE).write_text(page, encoding="utf-8", newline="\n")

    write_whole(folder, FILES, kept, write)
    return WrittenImprovement(folder, improvement)


def write_page(improvement: Improvement, out: str | Path, *, lang: str = "en", about: str = "improvement") -> Path:
    """Write the page alone into a folder, which is made if need be. It replaces an earlier one; plans are not touched.

    Parameters
    ----------
    improvement : Improvement
    out : str or Path
    lang : {"en", "zh"}
    about : {"improvement", "customers"}
        As in :func:`mining.report.improvement.render_improvement`; the name of the file, with ``.html``.

    Returns
    -------
    Path
        Of the page.

    Raises
    ------
    UnknownNameError
        For another language or page.
    MiningError
        If the folder cannot be written, or the page would replace what it is made from.

    Examples
    --------
    >>> write_page(study.improvement(bootstraps=100), examples / "page", about="customers").name
    'customers.html'
    """
    study = improvement.study
    return _one_page(study, out, f"{about}.html", lambda: render_improvement(improvement, lang=lang, about=about))


def write_helped(helped: Helped, out: str | Path, *, lang: str = "en") -> Path:
    """Write the page on whether it helped into a folder, which is made if need be. It replaces an earlier one.

    Parameters
    ----------
    helped : Helped
    out : str or Path
    lang : {"en", "zh"}

    Returns
    -------
    Path
        Of the page, ``helped.html``.

    Raises
    ------
    MiningError
        If the folder cannot be written, or the page would replace what it is made from.

    Examples
    --------
    >>> from mining.follow_up import Helped
    >>> write_helped(Helped(study), examples / "page").name
    'helped.html'
    """
    return _one_page(helped.study, out, HELPED, lambda: render_helped(helped, lang=lang))


def _one_page(study: Study, out: str | Path, name: str, make: Callable[[], str]) -> Path:
    """A page alone in a folder, made after it is clear that it can be written."""
    kept = (*study.log.files, Path(study.log.source.path), *study.blueprint.files)
    admit(Path(out), (name,), kept)
    page = make()

    def write(place: Path) -> None:
        (place / name).write_text(page, encoding="utf-8", newline="\n")

    write_whole(Path(out), (name,), kept, write)
    return Path(out) / name


def improvement_record(improvement: Improvement) -> dict[str, Any]:
    """All tables as plain values, and why others are not there."""
    tables, left_out = improvement.tables()
    record: dict[str, Any] = {name: table.to_dict() for name, table in tables.items()}
    return record | {"left_out": left_out, "not_adjusted_for": improvement.effects.left_out}


def finite(value: Any) -> Any:
    """The same without infinite numbers, which JSON cannot say: they are the word inf (a risk ratio whose other group has no case)."""
    match value:
        case dict():
            return {name: finite(x) for name, x in value.items()}
        case list():
            return [finite(x) for x in value]
        case float() if math.isinf(value):
            return "inf" if value > 0 else "-inf"
    return value
