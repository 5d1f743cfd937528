"""The versions of one blueprint, and which of them was in force on a day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from mining.blueprint import yaml12
from mining.blueprint.loading import read_blueprint
from mining.blueprint.model import Blueprint
from mining.blueprint.problems import line_of
from mining.errors import BlueprintError, hint

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Period:
    """Days on which a version is in force, both included. ``last`` None: until further notice.

    ``replaced_by``: the version whose first day ends this one, where it names no last day of its own.
    """

    blueprint: Blueprint
    first: date
    last: date | None
    replaced_by: str | None = None

    def __str__(self) -> str:
        until = "until further notice" if self.last is None else f"to {self.last}"
        ended = f" (replaced by {self.replaced_by})" if self.replaced_by else ""
        return f"version {self.blueprint.version}: from {self.first} {until}{ended}"


@dataclass(frozen=True)
class Gap:
    """Days between two versions on which none is in force, both included."""

    after: str
    before: str
    first: date
    last: date

    def __str__(self) -> str:
        return f"no version from {self.first} to {self.last}: {self.after} has ended, {self.before} has not begun"


class Versions:
    """Blueprints of one service, in force one after the other.

    A version is in force from its ``effective.from`` to its ``effective.to``; without a ``to`` until the next one begins. Retired
    versions count (they were in force in their time), drafts do not.

    Parameters
    ----------
    blueprints : iterable of Blueprint
        Of one ``id``, in any order.
    left_out : iterable of str, optional
        What was seen and is no version, with the reason; kept to be said.

    Attributes
    ----------
    periods : tuple of Period
        By first day.
    gaps : tuple of Gap
        Days on which no version is in force, between the first and the last.
    left_out : tuple of str
        Drafts, and what :func:`read_versions` passed over.

    Raises
    ------
    BlueprintError
        If there is no version, if ids differ, if a version name occurs twice, if a version ends before it begins, or if two
        versions are in force on the same day. Each is named with its file and line.

    Examples
    --------
    >>> from mining.blueprint import parse_blueprint
    >>> text = Path("sample_logs/bank_loan/blueprint.yaml").read_text(encoding="utf-8")
    >>> later = text.replace('"2026-01"', '"2026-07"').replace("{from: 2026-01-01}", "{from: 2026-07-01}")
    >>> versions = Versions([parse_blueprint(later), parse_blueprint(text)])
    >>> versions
    <Versions of bank-loan: 2, no gaps>
      version 2026-01: from 2026-01-01 to 2026-06-30 (replaced by 2026-07)
      version 2026-07: from 2026-07-01 until further notice
    >>> versions.in_force("2026-06-30").version
    '2026-01'
    """

    def __init__(self, blueprints: Iterable[Blueprint], *, left_out: Iterable[str] = ()) -> None:
        given = tuple(blueprints)
        drafts = [f"{_at(b)}: version {b.version} is a draft" for b in given if b.status == "draft"]
        versions = sorted((b for b in given if b.status != "draft"), key=lambda b: _from(b))
        self.left_out = (*drafts, *left_out)
        if not versions:
            seen = "".join(f"\n{line}" for line in self.left_out)
            raise BlueprintError(f"there is no version in force: {len(given)} blueprints, {len(drafts)} drafts.{seen}")
        _refuse_strangers(versions)
        self.periods = _periods(versions)
        self.gaps = tuple(_gaps(self.periods))

    @property
    def id(self) -> str:
        """The id that all versions share."""
        return self.periods[0].blueprint.id

    def in_force(self, day: date | str) -> Blueprint:
        """The version in force on a day.

        Parameters
        ----------
        day : date or str
            A date, or one written as 2026-07-01. Of a date with a time the day counts, in the time zone it is given in.

        Raises
        ------
        BlueprintError
            If no version is in force on that day; the message lists the periods.
        """
        wanted = _day(day)
        for period in self.periods:
            if period.first <= wanted and (period.last is None or wanted <= period.last):
                return period.blueprint
        raise BlueprintError(
            f"{self.id}: no version is in force on {wanted}. In force are:{self._listed()}\n"
            f"Add the version of that day, or leave out the cases that began then."
        )

    def _listed(self) -> str:
        return "".join(f"\n  {line}" for line in (*self.periods, *self.gaps, *self.left_out))

    def __iter__(self) -> Iterator[Blueprint]:
        return (period.blueprint for period in self.periods)

    def __len__(self) -> int:
        return len(self.periods)

    def __repr__(self) -> str:
        gaps = f"{len(self.gaps)} gap{'s' if len(self.gaps) > 1 else ''}" if self.gaps else "no gaps"
        return f"<Versions of {self.id}: {len(self)}, {gaps}>{self._listed()}"

    def _repr_html_(self) -> str:
        from mining.display.accounts import versions_html

        return versions_html(self)


def read_versions(source: str | Path | Iterable[str | Path], *, id: str | None = None) -> Versions:
    """Read the versions of a blueprint from a folder, or from files.

    Parameters
    ----------
    source : str, Path, or iterable of them
        A folder: all its YAML files that have the key ``sbp``; the others are named in ``left_out``. Or the files.
    id : str, optional
        Which service, where there are several.

    Returns
    -------
    Versions

    Raises
    ------
    BlueprintError
        As :class:`Versions` and :func:`mining.blueprint.read_blueprint`; also if the folder is missing or has no blueprint.

    Examples
    --------
    >>> read_versions("sample_logs/permit_receipt")
    <Versions of permit-receipt: 1, no gaps>
      version 2026-01: from 2026-01-01 until further notice
      sample_logs/permit_receipt/engagement.yaml: no blueprint (no key sbp)
      sample_logs/permit_receipt/simulate.yaml: no blueprint (no key sbp)
    """
    left_out: list[str] = []
    if isinstance(source, str | Path) and Path(source).is_dir():
        files, left_out = _of_folder(Path(source))
    else:
        files = [Path(x) for x in ([source] if isinstance(source, str | Path) else source)]
    blueprints = [read_blueprint(file) for file in files]
    if id is not None:
        if id not in {b.id for b in blueprints}:
            raise BlueprintError(f"{source}: no blueprint {id!r}.{hint(id, {b.id for b in blueprints})}")
        left_out += [f"{b.path}: the blueprint of {b.id}" for b in blueprints if b.id != id]
        blueprints = [b for b in blueprints if b.id == id]
    return Versions(blueprints, left_out=left_out)


def _of_folder(folder: Path) -> tuple[list[Path], list[str]]:
    """Blueprint files of a folder by name, and what the others are."""
    found, left_out = [], []
    for file in sorted(x for x in folder.iterdir() if x.suffix.lower() in (".yaml", ".yml") and x.is_file()):
        if _is_blueprint(file):
            found.append(file)
        else:
            left_out.append(f"{file}: no blueprint (no key sbp)")
    if not found:
        raise BlueprintError(
            f"{folder}: no blueprint in this folder (YAML files with the key sbp). "
            f"YAML files there: {', '.join(line.split(':')[0] for line in left_out) or 'none'}."
        )
    return found, left_out


def _is_blueprint(file: Path) -> bool:
    try:
        raw, _ = yaml12.load(file.read_bytes().decode("utf-8-sig"), str(file))
    except UnicodeDecodeError:
        return True  # reading it says what is wrong
    return isinstance(raw, dict) and "sbp" in raw


# --- periods -----------------------------------------------------------------------------------------------------------


def _refuse_strangers(versions: list[Blueprint]) -> None:
    ids = {b.id: b for b in versions}
    if len(ids) > 1:
        listed = "".join(f"\n{_at(b, 'id')}: {id}" for id, b in ids.items())
        raise BlueprintError(f"versions are of one service; these have {len(ids)} ids:{listed}\nName one with id=...")
    name, n = Counter(b.version for b in versions).most_common(1)[0]
    if n > 1:
        listed = ", ".join(_at(b, "version") for b in versions if b.version == name)
        raise BlueprintError(f"{versions[0].id}: the version {name!r} is there {n} times: {listed}. Keep one.")


def _periods(versions: list[Blueprint]) -> tuple[Period, ...]:
    found = []
    for b, following in zip(versions, [*versions[1:], None], strict=True):
        first, last = _from(b), b.effective[1] and _day(b.effective[1])
        if last and last < first:
            raise BlueprintError(
                f"{_at(b, 'effective', 'to')}: version {b.version} ends {last}, before it begins ({first})."
            )
        begins = _from(following) if following else None
        if following and begins and (begins == first or (last and begins <= last)):
            raise BlueprintError(
                f"{b.id}: two versions are in force on {begins}: {b.version} ({_at(b, 'effective')}) and "
                f"{following.version} ({_at(following, 'effective')}). Let {b.version} end the day before the next begins."
            )
        replaced = None if last or not following else following.version
        found.append(Period(b, first, last or (begins - DAY if begins else None), replaced))
    return tuple(found)


def _gaps(periods: tuple[Period, ...]) -> Iterator[Gap]:
    for before, after in zip(periods, periods[1:], strict=False):
        if before.last and before.last + DAY < after.first:
            yield Gap(before.blueprint.version, after.blueprint.version, before.last + DAY, after.first - DAY)


def _from(b: Blueprint) -> date:
    return _day(b.effective[0])


def _day(day: date | str) -> date:
    if isinstance(day, datetime):
        return day.date()
    if isinstance(day, date):
        return day
    try:
        return date.fromisoformat(day)
    except ValueError:
        raise BlueprintError(f"{day!r} is not a date. Write it as 2026-07-01.") from None


def _at(b: Blueprint, *path: str) -> str:
    return f"{b.path or b.id}:{line_of(b.lines, path)}" if b.lines else b.path or b.id
