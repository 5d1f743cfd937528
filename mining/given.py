"""What an audit is made from, by path and setting: read in one place, and written down so that it can be made again."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, fields, replace
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from mining.asked import check_used, columns_of, no_binding_file
from mining.errors import BlueprintError, MiningError
from mining.folders import sha256_of
from mining.results import plain

if TYPE_CHECKING:
    from mining.blueprint.model import Blueprint
    from mining.blueprint.versions import Versions
    from mining.log import EventLog
    from mining.log.roster import Roster
    from mining.record.engagement import Engagement

PEOPLES = ("narrative", "review", "actions")  # people write in these between two audits
FILES = ("engagement", *PEOPLES, "binding", "roster", "template", "earlier")
EARLIER = ("manifest.json", "narrative.yaml", "actions.csv")  # of an earlier audit
KINDS: Mapping[str, Any] = {  # what a record of it may hold
    "log": str, "blueprint": list, "part": dict, "day_first": bool | None, "lang": str, "open_cases": str, "draft_ok": bool,
    "clear_names": bool, "formats": list | tuple, **dict.fromkeys(FILES, str | None),
}  # fmt: skip
SECRET = ("password", "sslpassword", "passfile")
Progress = Callable[[str], None]


def silent(step: str) -> None:
    """Say nothing of a step."""


@dataclass(frozen=True)
class Given:
    """Everything an audit is made from.

    Attributes
    ----------
    log : str
        File, folder, store, or address of a database.
    blueprint : tuple of Path
        One, or several versions of one.
    engagement : Path or None
        Settings: who audits what for whom, and how.
    narrative, review, actions : Path or None
        What people wrote: on the findings, on the sample, in the plan.
    binding, roster : Path or None
        Which column is what; who had which role.
    template : Path or None
        House style of the Word document.
    earlier : Path or None
        Folder of an earlier audit, whose findings are measured again.
    part : mapping
        How the source is read: sheet, encoding, delimiter, header, table, query, order_by, object_type.
    day_first : bool or None
        How 03/04/2024 is meant.
    lang, open_cases, draft_ok
        As in :func:`mining.audit`.
    clear_names : bool
        No pseudonyms.
    formats : tuple of str
        What is written; empty: everything.

    Examples
    --------
    >>> given = Given("sample_logs/permit_receipt/log.csv", Path("sample_logs/permit_receipt/blueprint.yaml"))
    >>> given.to_dict(Path("sample_logs/audit"))["blueprint"]
    ['../permit_receipt/blueprint.yaml']
    >>> given.loaded().log.n_cases
    2000
    """

    log: str
    blueprint: tuple[Path, ...]
    engagement: Path | None = None
    narrative: Path | None = None
    review: Path | None = None
    actions: Path | None = None
    binding: Path | None = None
    roster: Path | None = None
    template: Path | None = None
    earlier: Path | None = None
    part: Mapping[str, Any] = field(default_factory=dict)
    day_first: bool | None = None
    lang: str = "en"
    open_cases: str = "pending"
    draft_ok: bool = False
    clear_names: bool = False
    formats: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        one = isinstance(self.blueprint, str | Path)
        paths = [self.blueprint] if one else self.blueprint
        object.__setattr__(self, "blueprint", tuple(Path(str(path)) for path in paths))
        object.__setattr__(self, "log", str(self.log))
        object.__setattr__(
            self, "part", {key: value for key, value in self.part.items() if value not in (None, [], ())}
        )
        for name in FILES:
            if (path := getattr(self, name)) is not None:
                object.__setattr__(self, name, Path(path))
        if not self.blueprint:
            raise MiningError("no blueprint is given: there is nothing to audit against.")

    def loaded(self, progress: Progress = silent) -> Loaded:
        """Read all of it. A plan, staff table, template or earlier audit that the engagement names counts where none is given here.

        What people wrote is read first and the log, which may be large, last.

        Raises
        ------
        MiningError
            Of the first thing that cannot be read, or a blueprint that is not approved where drafts are not allowed.
        """
        from mining.blueprint import read_blueprint
        from mining.blueprint.versions import read_versions
        from mining.log import read_log

        no_binding_file(self.blueprint)
        progress("reading the blueprint")
        versions = None if len(self.blueprint) == 1 else read_versions(self.blueprint)
        norm = read_blueprint(self.blueprint[0]) if versions is None else versions.periods[-1].blueprint
        refuse_drafts((norm,) if versions is None else (x.blueprint for x in versions.periods), self.draft_ok)
        given, engagement, roster, tables = self._side(norm, None, progress)
        progress("reading the log")
        log = read_log(self.log, columns=columns_of(self.binding, norm, self.part), day_first=self.day_first)
        check_used(log.source, self.part)
        return Loaded(given, log, norm, versions, engagement, roster, tables)

    def loaded_with(
        self, log: EventLog, blueprint: Blueprint, roster: Roster | None = None, progress: Progress = silent
    ) -> Loaded:
        """As :meth:`loaded`, with a log, a blueprint and perhaps a staff table that are read already."""
        given, engagement, roster, tables = self._side(blueprint, roster, progress)
        return Loaded(given, log, blueprint, None, engagement, roster, tables)

    def _side(
        self, norm: Blueprint, roster: Roster | None, progress: Progress
    ) -> tuple[Given, Engagement | None, Roster | None, dict[str, Any]]:
        """All but log and blueprint, with the mistakes that can be told without a log."""
        from mining.log.roster import read_roster

        engagement = None
        if self.engagement is not None:
            from mining.record import read_engagement

            progress("reading the engagement")
            engagement = read_engagement(self.engagement)
        given = self._with(engagement)
        check_words(given, engagement)
        tables = given._tables(engagement, norm, progress)
        if roster is None and given.roster is not None:
            roster = read_roster(given.roster)
        return given, engagement, roster, tables

    def _with(self, engagement: Engagement | None) -> Given:
        """The same with what the engagement names, where nothing is given here."""
        if engagement is None:
            return self
        named = {**engagement.tables, "template": engagement.template, "earlier": engagement.earlier}
        found: dict[str, Any] = {name: named.get(name) for name in ("actions", "roster", "template", "earlier")}
        return replace(self, **{name: path for name, path in found.items() if path and getattr(self, name) is None})

    def _tables(self, engagement: Engagement | None, norm: Blueprint, progress: Progress) -> dict[str, Any]:
        """The side tables that the engagement names, and the plan."""
        paths = side_tables(engagement)
        if self.actions is not None:
            paths["actions"] = self.actions
        if paths:
            progress("reading the tables")
        currency = None if engagement is None else engagement.currency
        return {name: _read(name, path, norm, self.day_first, currency) for name, path in paths.items()}

    def to_dict(self, folder: Path) -> dict[str, Any]:
        """As plain values. Paths are relative to ``folder``, an address of a database has no password."""
        record: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(self)}
        record["log"] = without_password(self.log) if "://" in self.log else relative(Path(self.log), folder)
        record["blueprint"] = [relative(path, folder) for path in self.blueprint]
        for name in FILES:
            record[name] = None if record[name] is None else relative(record[name], folder)
        record["part"] = {key: _safe(value) if key == "query" else value for key, value in sorted(self.part.items())}
        made: dict[str, Any] = plain(record)
        return made

    @classmethod
    def from_dict(
        cls,
        record: Mapping[str, Any],
        folder: Path,
        look_in: Path | None = None,
        hashes: Mapping[str, str] | None = None,
    ) -> Given:
        """What :meth:`to_dict` wrote: every file where it was, seen from ``folder``, else by its name in ``look_in``.

        A file that is in neither place keeps its old path, so that reading it says what is missing. ``hashes`` (by recorded path) tell
        files of one name apart.

        Raises
        ------
        MiningError
            If the record is none.

        Examples
        --------
        >>> folder = Path("sample_logs/audit")
        >>> record = Given("sample_logs/permit_receipt/log.csv", Path("x/blueprint.yaml")).to_dict(folder)
        >>> Given.from_dict(record, folder, Path("sample_logs/bank_loan")).blueprint[0].as_posix()
        'sample_logs/bank_loan/blueprint.yaml'
        """
        known = {each.name for each in fields(cls)}
        if not {"log", "blueprint"} <= set(record) <= known:
            raise MiningError(
                f"{folder}: what the audit was made from is not said in a form known here ({', '.join(sorted(record))}). "
                "It was written by another version."
            )
        for name, kinds in KINDS.items():
            if name in record and not isinstance(record[name], kinds):
                raise MiningError(
                    f"{folder}: what the audit was made from says of {name}: {record[name]!r}. The manifest was changed."
                )
        if not all(isinstance(x, str) for name in ("blueprint", "formats") for x in record.get(name) or ()):
            raise MiningError(
                f"{folder}: what the audit was made from names no files as blueprint. The manifest was changed."
            )
        known_as = hashes or {}
        values = dict(record)
        log = record["log"]
        values["log"] = log if "://" in log else str(found_at(log, folder, look_in, known_as.get(log)))
        values["blueprint"] = tuple(found_at(path, folder, look_in, known_as.get(path)) for path in record["blueprint"])
        for name in FILES:
            if (path := values.get(name)) is not None:
                values[name] = found_at(path, folder, look_in, known_as.get(path))
        values["formats"] = tuple(values.get("formats") or ())
        return cls(**values)


@dataclass(frozen=True, eq=False)
class Loaded:
    """What :class:`Given` names, read.

    Attributes
    ----------
    given : Given
    log : EventLog
        With the names as they stand in it: pseudonyms are made of it before it is studied.
    blueprint : Blueprint
        Of several versions the last.
    versions : Versions or None
        Where several are given.
    engagement : Engagement or None
    roster : Roster or None
    tables : dict
        By name: survey, mystery, incidents, needs, costs, actions.
    """

    given: Given
    log: EventLog
    blueprint: Blueprint
    versions: Versions | None
    engagement: Engagement | None
    roster: Roster | None
    tables: dict[str, Any]

    @property
    def blueprints(self) -> tuple[Blueprint, ...]:
        """All versions, first first."""
        return (self.blueprint,) if self.versions is None else tuple(p.blueprint for p in self.versions.periods)

    def files(self) -> Iterator[tuple[str, Path]]:
        """Role and path of every file that was read. A database on a server has none; an earlier audit is its manifest, which vouches for
        the rest, and what people wrote."""
        binding = self.given.binding
        yield from (("log", path) for path in self.log.files if binding is None or path != binding)
        for blueprint in self.blueprints:
            yield from (("blueprint", path) for path in blueprint.files if path.exists())  # one made in memory has none
        for name in FILES:
            path = getattr(self.given, name)
            if name == "earlier" and path is not None:
                yield from ((name, path / x) for x in EARLIER if (path / x).exists())
            elif path is not None:
                yield name, path
        yield from side_tables(self.engagement).items()


def refuse_drafts(blueprints: Iterable[Blueprint], draft_ok: bool) -> None:
    """Refuse, unless drafts are allowed, a blueprint that is no norm."""
    for blueprint in blueprints:
        if blueprint.status != "approved" and not draft_ok:
            raise BlueprintError(
                f"{blueprint.path}: the blueprint is a {blueprint.status}, not approved, so it is no norm to audit against. "
                "To explore with it all the same, allow drafts (--draft-ok); the report will say so."
            )


def check_words(given: Given, engagement: Engagement | None = None) -> None:
    """Refuse what people wrote where it cannot be read, before minutes of reading a log: narrative, results of the sample, its plan."""
    from mining.record import read_narrative
    from mining.sampling import SamplePlan, read_review

    if engagement is not None:
        SamplePlan.from_mapping(engagement.sampling, engagement.where("sampling"))
    if given.narrative is not None:
        read_narrative(given.narrative)
    if given.review is not None:
        read_review(given.review)


def side_tables(engagement: Engagement | None) -> dict[str, Path]:
    """Name and path of the side tables that an engagement names; plan and staff table are given by themselves."""
    tables = {} if engagement is None else engagement.tables
    return {name: Path(path) for name, path in tables.items() if name not in ("actions", "roster")}


def _read(name: str, path: Path, norm: Blueprint, day_first: bool | None, currency: str | None) -> Any:
    """One side table, by the reader of its kind."""
    from mining.outcomes import read_costs
    from mining.plan import read_actions
    from mining.voice import read_incidents, read_mystery, read_needs, read_survey

    if name == "costs" and not currency:
        raise MiningError(f"{path}: costs without a currency. Write it into the engagement file (currency: EUR).")
    readers: dict[str, Callable[[], Any]] = {
        "survey": lambda: read_survey(path, tz=norm.tz, day_first=day_first),
        "mystery": lambda: read_mystery(path, tz=norm.tz, day_first=day_first),
        "incidents": lambda: read_incidents(path, tz=norm.tz, day_first=day_first),
        "needs": lambda: read_needs(path),
        "costs": lambda: read_costs(path, currency=str(currency)),
        "actions": lambda: read_actions(path),
    }
    if name not in readers:
        raise MiningError(f"{path}: {name!r} is no side table. Known: {', '.join(readers)}.")
    return readers[name]()


def relative(path: Path, folder: Path) -> str:
    """A path as it is seen from a folder, with forward slashes; of another drive the name alone.

    Examples
    --------
    >>> relative(Path("logs/july.csv"), Path("audits/july"))
    '../../logs/july.csv'
    """
    try:
        return PurePath(os.path.relpath(os.path.abspath(path), os.path.realpath(folder))).as_posix()
    except ValueError:
        return path.name


def found_at(recorded: str, folder: Path, look_in: Path | None = None, sha256: str | None = None) -> Path:
    """Where a file is that was recorded by :func:`relative`: where it was, else under its name in ``look_in`` or a folder in it.

    Of several in ``look_in`` the one with the hash, else the first. One that is nowhere has its old path.
    """
    there = Path(os.path.normpath(Path(os.path.realpath(folder)) / recorded))
    name = PurePath(recorded).name
    if look_in is None or not name or _is_there(there, sha256):
        return there
    near = [look_in / name, *sorted(path for path in look_in.rglob("*") if path.name == name)]
    near = [path for path in dict.fromkeys(near) if os.path.exists(path)]
    return next(
        (path for path in near if _is_there(path, sha256)), there if os.path.exists(there) or not near else near[0]
    )


def _is_there(path: Path, sha256: str | None) -> bool:
    """Whether a file is there, with a hash where one is known."""
    try:
        return os.path.exists(path) and (sha256 is None or not path.is_file() or sha256_of(path) == sha256)
    except OSError:
        return False


def without_password(address: str) -> str:
    """An address of a database without the password in it.

    Examples
    --------
    >>> without_password("postgresql://ann:secret@host:5432/base?sslmode=require&password=x")
    'postgresql://ann@host:5432/base?sslmode=require'
    """
    parts = urlsplit(address)
    user, at, host = parts.netloc.rpartition("@")
    kept = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True) if key not in SECRET]
    return urlunsplit(parts._replace(netloc=user.partition(":")[0] + at + host, query=urlencode(kept)))


def _safe(query: str) -> str:
    from mining.log.sql_engines import without_secrets

    return without_secrets(query)
