"""A blueprint that fits a pseudonymous log: the same design, with pseudonyms where it names people."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from mining.errors import BlueprintError
from mining.privacy.pseudonyms import Pseudonyms

if TYPE_CHECKING:
    from mining.blueprint.model import Activity, Allowance, Blueprint, Condition, Rule, Standard
    from mining.log import EventLog

COMPARED = ("==", "!=", "in", "not_in")  # what can be asked of a pseudonym


def pseudonymous_blueprint(blueprint: Blueprint, log: EventLog, pseudonyms: Pseudonyms) -> Blueprint:
    """Put pseudonyms in place of the people that a blueprint names: members of roles, and values of attributes that have pseudonyms.

    The design stays what it is: its id, version, hash and files are those of the blueprint as it was read.

    Parameters
    ----------
    blueprint : Blueprint
    log : EventLog
        As :func:`mining.privacy.pseudonymous_log` made it, with the same pseudonyms.
    pseudonyms : Pseudonyms

    Returns
    -------
    Blueprint
        Verdicts on the pseudonymous log are those of the blueprint on the log as it was.

    Raises
    ------
    BlueprintError
        If a condition asks of a name what cannot be asked of a pseudonym, such as whether it is greater than a number.

    Examples
    --------
    >>> from mining.privacy import Key, pseudonymous_log
    >>> made = Pseudonyms(Key(b"0123456789abcdef"))
    >>> norm = pseudonymous_blueprint(study.blueprint, pseudonymous_log(study.log, made), made)
    >>> {len(name) for role in norm.roles for name in role.resources}
    {12}
    """
    from mining.privacy.of_log import MARK

    kinds: Mapping[str, str] = log.source.extras[MARK]["columns"]
    bound = log.binding.attributes | {
        k: a for k, a in blueprint.binding.attributes.items() if k not in log.binding.attributes
    }
    names = _Names(blueprint, pseudonyms, {name: kinds[a.column] for name, a in bound.items() if a.column in kinds})
    roles = tuple(replace(x, resources=tuple(pseudonyms.of("resource", x.resources))) for x in blueprint.roles)
    attributes = {
        name: log.binding.attributes[name] if name in names.kinds and name in log.binding.attributes else attribute
        for name, attribute in blueprint.binding.attributes.items()
    }
    return replace(
        blueprint, roles=roles, binding=replace(blueprint.binding, attributes=attributes),
        rules=tuple(map(names.rule, blueprint.rules)), standards=tuple(map(names.standard, blueprint.standards)),
        allowances=tuple(map(names.allowance, blueprint.allowances)), activities=tuple(map(names.activity, blueprint.activities)),
    )  # fmt: skip


class _Names:
    """Values of attributes that have pseudonyms, as pseudonyms."""

    def __init__(self, blueprint: Blueprint, pseudonyms: Pseudonyms, kinds: Mapping[str, str]) -> None:
        self.blueprint, self.pseudonyms, self.kinds = blueprint, pseudonyms, kinds

    def rule(self, rule: Rule) -> Rule:
        return replace(rule, when=self.conditions(rule.when, rule.id)) if rule.when else rule

    def allowance(self, allowance: Allowance) -> Allowance:
        return replace(allowance, when=self.conditions(allowance.when, allowance.id)) if allowance.when else allowance

    def standard(self, standard: Standard) -> Standard:
        attr, when = standard.attr, self.conditions(standard.when, standard.id)
        if attr not in self.kinds:
            return replace(standard, when=when)
        if not standard.one_of:
            self._refuse(standard.id, f"measures the attribute {attr!r}")
        return replace(standard, when=when, one_of=tuple(self._of(str(attr), list(standard.one_of))))

    def activity(self, activity: Activity) -> Activity:
        contact = activity.touchpoint
        if contact is None:
            return activity
        channels = contact.channels
        if "channel" in self.kinds:
            channels = tuple(self._of("channel", list(channels)))
        fails = self.conditions(contact.fails_when, activity.id)
        return replace(activity, touchpoint=replace(contact, channels=channels, fails_when=fails))

    def conditions(self, when: tuple[Condition, ...], where: str) -> tuple[Condition, ...]:
        return tuple(self._condition(x, where) if x.attr in self.kinds else x for x in when)

    def _condition(self, condition: Condition, where: str) -> Condition:
        if condition.op not in COMPARED:
            self._refuse(where, f"asks whether {condition.attr} {condition.op} {condition.value}")
        several = isinstance(condition.value, (list, tuple))
        made = self._of(condition.attr, list(condition.value) if several else [condition.value])
        return replace(condition, value=made if several else made[0])

    def _of(self, attribute: str, values: list[Any]) -> list[str]:
        texts = [f"{x:.15g}" if isinstance(x, float) else str(x) for x in values]
        return self.pseudonyms.of(self.kinds[attribute], texts)

    def _refuse(self, where: str, what: str) -> None:
        raise BlueprintError(
            f"{self.blueprint.path or self.blueprint.id}: {where} {what}, which has pseudonyms in place of its values. If the values "
            "name nobody, disclose the attribute (--disclose); else ask for equality, or work with clear names (--clear-names)."
        )


__all__ = ["pseudonymous_blueprint"]
