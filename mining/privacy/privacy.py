"""What an audit file shows of persons: pseudonyms or not, which attributes with their values, for which purpose."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from mining.errors import MiningError, UnknownNameError
from mining.log import EventLog
from mining.log.shown import only_showing
from mining.privacy.identities import personal
from mining.privacy.of_blueprint import pseudonymous_blueprint
from mining.privacy.of_log import MARK, pseudonymous_log
from mining.privacy.of_tables import pseudonymous_roster, pseudonymous_table
from mining.privacy.pseudonyms import Pseudonyms
from mining.texts import say

if TYPE_CHECKING:
    from mining.blueprint.model import Blueprint, Condition
    from mining.log.roster import Roster
    from mining.study import Study

K = 5  # smallest group of people that is shown; as in mining.suppression


@dataclass(frozen=True)
class Privacy:
    """How persons are protected in what is written out; a part of the manifest.

    Attributes
    ----------
    pseudonyms : bool
        Whether pseudonyms stand in place of cases, customers and resources.
    fingerprint : str or None
        Of the key that they were made with.
    purpose : str
        What the data are processed for, as the data controller puts it; empty: not said.
    disclosed : tuple of str
        Attributes whose values may be written out.
    k : int
        Smallest group of people that is shown.
    """

    pseudonyms: bool = True
    fingerprint: str | None = None
    purpose: str = ""
    disclosed: tuple[str, ...] = ()
    k: int = K

    def __post_init__(self) -> None:
        if self.pseudonyms != (self.fingerprint is not None):
            raise MiningError("pseudonyms are made with a key: its fingerprint belongs to them, and to nothing else.")

    def to_dict(self) -> dict[str, Any]:
        """As plain values."""
        return {
            "pseudonyms": self.pseudonyms,
            "fingerprint": self.fingerprint,
            "purpose": self.purpose,
            "disclosed": list(self.disclosed),
            "k": self.k,
        }

    def sentence(self, lang: str = "en") -> str:
        """What a reader should know: pseudonymised data are still personal data."""
        said = (
            say("privacy.pseudonyms", lang, fingerprint=self.fingerprint)
            if self.pseudonyms
            else say("privacy.clear", lang)
        )
        listed = say("word.listed", lang).join(self.disclosed)
        said += say("privacy.disclosed", lang, names=listed) if listed else say("privacy.nothing_disclosed", lang)
        said += say("privacy.small_groups", lang, k=self.k)
        return said + (
            say("privacy.purpose", lang, purpose=self.purpose) if self.purpose else say("privacy.no_purpose", lang)
        )


def shown_attributes(source: Study | EventLog, blueprint: Blueprint, disclose: Collection[str] = ()) -> tuple[str, ...]:
    """Attributes whose values may be written out: those whose values checks of the blueprint compare, and those listed.

    Others are still used to make groups alike, but none of their values is printed. What looks like data about persons is shown only
    where it is listed (:func:`disclosure_warnings` then says what it looks like); nothing that pseudonyms stand in for is hidden, since
    no name is left in it.

    Parameters
    ----------
    source : Study or EventLog
    blueprint : Blueprint
    disclose : collection of str
        Attributes that the client and the auditor agreed to show.

    Returns
    -------
    tuple of str
        In the order of the binding.

    Raises
    ------
    UnknownNameError
        If there is no attribute of a name listed.

    Examples
    --------
    >>> shown_attributes(study, study.blueprint)
    ('channel', 'deadline', 'delivery')
    """
    log = source if isinstance(source, EventLog) else source.log
    known = log.binding.attributes
    for name in disclose:
        if name not in known:
            raise UnknownNameError("attribute", name, known, where="disclose")
    named, flagged = set(named_by_checks(blueprint)), personal(log)
    replaced = log.source.extras.get(MARK, {}).get("columns", {})
    return tuple(
        name
        for name, attribute in known.items()
        if name in disclose or (name in named and (name not in flagged or attribute.column in replaced))
    )


def disclosure_warnings(log: EventLog, disclose: Collection[str], lang: str = "en") -> tuple[str, ...]:
    """What to think twice about: attributes listed to be shown that look like data about persons. Errors as `shown_attributes`."""
    for name in disclose:
        if name not in log.binding.attributes:
            raise UnknownNameError("attribute", name, log.binding.attributes, where="disclose")
    flagged = personal(log)
    return tuple(
        say("privacy.disclosed_personal", lang, name=name, kinds=flagged[name]) for name in disclose if name in flagged
    )


def named_by_checks(blueprint: Blueprint) -> tuple[str, ...]:
    """Attributes whose values rules, standards, allowances and touchpoints of a blueprint compare.

    An attribute that is a proof, such as the number of a receipt, is asked only whether there is a value.

    Examples
    --------
    >>> named_by_checks(study.blueprint)
    ('channel', 'deadline', 'delivery')
    """
    return tuple(sorted(set(_named(blueprint))))


def _named(blueprint: Blueprint) -> Iterator[str]:
    groups: list[tuple[Condition, ...]] = [x.when for x in blueprint.rules]
    groups += [x.when for x in blueprint.standards] + [x.when for x in blueprint.allowances]
    for standard in blueprint.standards:
        yield from (x for x in (standard.due, standard.attr) if x)
    for activity in blueprint.activities:
        if contact := activity.touchpoint:
            groups.append(contact.fails_when)
            if contact.channels:
                yield "channel"
    for when in groups:
        yield from (condition.attr for condition in when)


@dataclass(frozen=True, eq=False)
class Pseudonymised:
    """Everything that a study is made from, without names.

    Attributes
    ----------
    log : EventLog
    blueprint : Blueprint or None
    roster : Roster or None
    tables : dict of str to object
        By name, as given; None and tables that name nobody are as they were.
    """

    log: EventLog
    blueprint: Blueprint | None = None
    roster: Roster | None = None
    tables: dict[str, Any] = field(default_factory=dict)


def pseudonymised(
    log: EventLog,
    blueprint: Blueprint | None,
    pseudonyms: Pseudonyms,
    *,
    customer: str | None = None,
    roster: Roster | None = None,
    tables: Mapping[str, Any] | None = None,
    disclose: Collection[str] = (),
) -> Pseudonymised:
    """Put pseudonyms in place of all names at the boundary: in log, blueprint, staff table and the tables of :mod:`mining.voice`.

    Verdicts of the study made of these are those of the study with names. What can only be said with names, such as that a staff table
    fits no resource of the log, is said before.

    Parameters
    ----------
    log : EventLog
        Where its columns were only recognised by name, they are bound as the blueprint says first.
    blueprint : Blueprint or None
        None: a log alone.
    pseudonyms : Pseudonyms
    customer : str, optional
        Attribute that names the customer.
    roster : Roster, optional
    tables : mapping, optional
        Tables by name. Those of :mod:`mining.voice` are replaced; costs and actions name nobody but owners of actions, who stay.
    disclose : collection of str
        Attributes that are no names though they look like it.

    Returns
    -------
    Pseudonymised

    Raises
    ------
    LogError, BlueprintError, UnknownNameError
        As :func:`mining.privacy.pseudonymous_log` and :func:`mining.privacy.pseudonymous_blueprint`.

    Examples
    --------
    >>> from mining.privacy import Key
    >>> made = pseudonymised(study.log, study.blueprint, Pseudonyms(Key(b"0123456789abcdef")))
    >>> made.log.n_cases == study.log.n_cases
    True
    """
    from mining.voice.tables import Table

    if blueprint is not None and log.binding.origin == "recognised":
        log = log.bind(blueprint.binding)
    if blueprint is not None and roster is not None:
        roster.check(log.resources, [role.id for role in blueprint.roles], log.source.path)
    made = pseudonymous_log(log, pseudonyms, customer, disclose=disclose)
    return Pseudonymised(
        only_showing(made, disclose if blueprint is None else shown_attributes(made, blueprint, disclose)),
        None if blueprint is None else pseudonymous_blueprint(blueprint, made, pseudonyms),
        None if roster is None else pseudonymous_roster(roster, pseudonyms),
        {
            name: pseudonymous_table(table, pseudonyms) if isinstance(table, Table) else table
            for name, table in (tables or {}).items()
        },
    )


__all__ = [
    "Privacy",
    "Pseudonymised",
    "disclosure_warnings",
    "named_by_checks",
    "pseudonymised",
    "shown_attributes",
]
