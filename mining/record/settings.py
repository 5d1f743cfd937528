"""The settings of an audit that no log and no blueprint can tell: who audits what for whom, and how."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mining.blueprint import yaml12
from mining.record.people_file import Words
from mining.record.rating import BLIND_SHARE, RatingOverride
from mining.record.references import Passage
from mining.texts import CUSTOMER_TERMS

if TYPE_CHECKING:
    from mining.priorities.worth import Worth

STATUSES = ("draft", "final")
TABLES = ("survey", "mystery", "incidents", "needs", "costs", "actions", "roster")
EXTRACTION = ("by", "at", "system", "method", "query", "time_zone")
IMPROVEMENT = (
    "mandatory", "worth", "outcomes", "customer", "ces_easy", "overall", "covariates", "cluster", "bootstraps",
    "seed",
)  # fmt: skip
ONE_TEXT = (
    "title", "client", "addressee", "scope", "approach", "places", "actions_begun", "purpose", "conclusion",
    "opinion",
)  # fmt: skip
SEVERAL_TEXTS = ("distribution", "objectives", "standards_followed", "law", "limitations")
QUOTING = ("conclusion", "opinion")  # texts that may refer to figures of the audit
KEYS = (
    "mode", "status", "number", "version", "date", "title", "client", "addressee", "distribution", "team",
    "objectives", "scope", "places", "approach", "standards_followed", "law", "limitations", "actions_begun",
    "extraction", "purpose", "disclose", "customer_term", "conclusion", "opinion", "rating", "limits",
    "sampling", "tables", "currency", "improvement", "template", "earlier",
)  # fmt: skip
NEEDED_WHEN_FINAL = (
    "number", "version", "date", "title", "client", "addressee", "distribution", "team", "objectives", "scope",
    "purpose",
)  # fmt: skip


@dataclass(frozen=True)
class Member:
    """One of the team: name, and what they do in it."""

    name: str
    role: Words = field(default_factory=Words)


@dataclass(frozen=True)
class ImprovementSettings:
    """What ranking and effects are told, as in :class:`mining.improvement.Improvement`; ``outcomes`` are its ``attributes``."""

    mandatory: tuple[str, ...] = ()
    worth: tuple[Worth, ...] = ()
    outcomes: tuple[str, ...] = ()
    customer: str | None = None
    ces_easy: str | None = None
    overall: str | None = None
    covariates: tuple[str, ...] | None = None
    cluster: str | None = None
    bootstraps: int = 1000
    seed: int = 0

    def arguments(self) -> dict[str, Any]:
        """As keyword arguments of :class:`mining.improvement.Improvement`."""
        values = {name: getattr(self, name) for name in IMPROVEMENT}
        return {"attributes" if name == "outcomes" else name: value for name, value in values.items()}


@dataclass(frozen=True)
class Engagement:
    """The settings of an audit. What nobody wrote is empty, or as printed here.

    Attributes
    ----------
    mode : {"audit", "advisory"}
        An audit gives an opinion, if the blueprint is approved; advice never does.
    status : {"draft", "final"}
    number, version : str
    date : str
        ISO date of the report. Empty: none is printed; no clock is asked.
    title, client, addressee, scope, approach, places, actions_begun : Words
    distribution, objectives, standards_followed, law, limitations : tuple of Words
    team : tuple of Member
    extraction : dict of str to str
        Who took the log from which system: by, at, system, method, query, time_zone; those that are given.
    purpose : Words
        Why data about persons are processed.
    disclose : tuple of str
        Attributes that are written out although they may tell of persons.
    customer_term : {"顾客", "客户"}
        The word for customers in Chinese documents.
    conclusion, opinion : Words
        May refer to figures of the audit.
    rating : RatingOverride or None
    limits : dict of str to float
        ``blind_share``: above this share of pairs of case and check that are not observable there is no opinion.
    sampling : mapping
        As it is written, for :class:`mining.sampling.SamplePlan`.
    tables : dict of str to Path
        survey, mystery, incidents, needs, costs, actions, roster; those that are given.
    currency : str
        Of the costs.
    improvement : ImprovementSettings
    template : Path or None
        A DOCX file whose styles are taken.
    earlier : Path or None
        Folder of an earlier audit.
    path, sha256 : str
        The file, and its hash; empty where there is none.
    lines : dict of path to int
        Line of every key.
    """

    mode: str = "audit"
    status: str = "draft"
    number: str = ""
    version: str = ""
    date: str = ""
    title: Words = field(default_factory=Words)
    client: Words = field(default_factory=Words)
    addressee: Words = field(default_factory=Words)
    distribution: tuple[Words, ...] = ()
    team: tuple[Member, ...] = ()
    objectives: tuple[Words, ...] = ()
    scope: Words = field(default_factory=Words)
    places: Words = field(default_factory=Words)
    approach: Words = field(default_factory=Words)
    standards_followed: tuple[Words, ...] = ()
    law: tuple[Words, ...] = ()
    limitations: tuple[Words, ...] = ()
    actions_begun: Words = field(default_factory=Words)
    extraction: dict[str, str] = field(default_factory=dict)
    purpose: Words = field(default_factory=Words)
    disclose: tuple[str, ...] = ()
    customer_term: str = CUSTOMER_TERMS[0]
    conclusion: Words = field(default_factory=Words)
    opinion: Words = field(default_factory=Words)
    rating: RatingOverride | None = None
    limits: dict[str, float] = field(default_factory=lambda: {"blind_share": BLIND_SHARE})
    sampling: Mapping[str, Any] = field(default_factory=dict)
    tables: dict[str, Path] = field(default_factory=dict)
    currency: str = ""
    improvement: ImprovementSettings = field(default_factory=ImprovementSettings)
    template: Path | None = None
    earlier: Path | None = None
    path: str = field(default="", compare=False)
    sha256: str = field(default="", compare=False)
    lines: dict[yaml12.Path, int] = field(default_factory=dict, compare=False, repr=False)

    def where(self, *key: str) -> str:
        """File, line and key, for messages about what is written there.

        Examples
        --------
        >>> from mining.record import parse_engagement
        >>> parse_engagement("mode: audit\\nsampling: {confidence: 0.9}").where("sampling")
        'engagement.yaml:2: sampling'
        """
        line = self.lines.get(key)
        file = self.path or "engagement"
        return f"{file if line is None else f'{file}:{line}'}: {'.'.join(key)}"

    @property
    def gaps(self) -> tuple[str, ...]:
        """Keys that a final report needs and that nobody filled in."""
        return tuple(name for name in NEEDED_WHEN_FINAL if not getattr(self, name))

    @property
    def files(self) -> tuple[Path, ...]:
        """Every file that is read for it, so that none is overwritten: the engagement file itself, side tables, template."""
        own = (Path(self.path),) if self.path else ()
        return (*own, *self.tables.values(), *([self.template] if self.template else ()))

    def passages(self) -> Iterator[Passage]:
        """The texts that may refer to figures."""
        for name in QUOTING:
            for text in dict.fromkeys(getattr(self, name).values()):
                yield Passage(f"{self.path}:{self.lines[name,]}" if (name,) in self.lines else self.path, name, text)

    def to_dict(self) -> dict[str, Any]:
        """As plain values: files by their names, without the folders of this machine."""
        values = {name: _plain(value) for name, value in asdict(self).items() if name not in ("path", "lines")}
        return values | {"file": Path(self.path).name or None, "sha256": self.sha256 or None}


def _plain(value: Any) -> Any:
    if isinstance(value, Path):
        return value.name
    if isinstance(value, Mapping):
        return {name: _plain(x) for name, x in value.items()}
    return [_plain(x) for x in value] if isinstance(value, list | tuple) else value
