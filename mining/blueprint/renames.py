"""Parts of a blueprint that seem to have got another id: found by what they still have in common."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping
from typing import Any

Raw = dict[str, Any]
Names = dict[str, str]
Guess = tuple[tuple[str | int, ...], str, str, str]  # path in the new blueprint, why, old id, new id


def renamed(old: Raw, new: Raw) -> tuple[Raw, Names, list[Guess]]:
    """The old blueprint in the ids of the new one, old to new activity ids, and the guesses.

    Parameters
    ----------
    old, new : dict
        As :func:`mining.blueprint.writing.to_raw` gives them. Not changed.
    """
    guesses: list[Guess] = []
    names: dict[str, Names] = {}

    def look(section: str, *ways: tuple[str, Callable[[Raw], Any]]) -> None:
        names[section] = {}
        for why, token in ways:
            for was, now in _pairs(_by_id(old.get(section)), _by_id(new.get(section)), token, names[section]):
                names[section][was] = now
                guesses.append(((section, now), why, was, now))

    look("activities", ("labels", lambda x: sorted(x.get("labels", ()))), ("name", lambda x: x["name"]))
    for section in ("lanes", "stages", "roles"):
        look(section, ("name", lambda x: x["name"]))
    look("calendars", ("content", lambda x: x))
    old = _in_names(old, names)
    for section in ("rules", "standards", "kpis", "allow"):
        look(section, ("content", lambda x: {key: value for key, value in x.items() if key != "id"}))
    return (
        _in_names(old, {section: names[section] for section in ("rules", "standards", "kpis", "allow")}),
        names["activities"],
        guesses,
    )


def _by_id(part: Any) -> Mapping[str, Raw]:
    return {x["id"]: x for x in part} if isinstance(part, list) else part or {}


def _pairs(
    a: Mapping[str, Raw], b: Mapping[str, Raw], token: Callable[[Raw], Any], known: Names
) -> list[tuple[str, str]]:
    """Ids that are gone and ids that are new, of which just one each has the same token; an empty token says nothing."""

    def tokens(parts: Mapping[str, Raw], without: Any) -> dict[str, str]:
        found = {id: token(x) for id, x in parts.items() if id not in without}
        return {id: json.dumps(t, sort_keys=True) for id, t in found.items() if t}

    gone, fresh = tokens(a, {*b, *known}), tokens(b, {*a, *known.values()})
    once = {t for t, k in Counter(gone.values()).items() if k == 1} & {
        t for t, k in Counter(fresh.values()).items() if k == 1
    }
    now = {t: id for id, t in fresh.items() if t in once}
    return [(id, now[t]) for id, t in gone.items() if t in once]


def _in_names(raw: Raw, names: Mapping[str, Names]) -> Raw:
    """A blueprint with other ids, references included."""

    def of(section: str) -> Callable[[Any], Any]:
        known = names.get(section, {})
        return lambda x: known.get(x, x) if isinstance(x, str) else x

    activity, calendar, role = of("activities"), of("calendars"), of("roles")
    refers: dict[str, dict[str, Callable[[Any], Any]]] = {
        "lanes": {"id": of("lanes")},
        "stages": {"id": of("stages")},
        "activities": {"id": activity, "lane": of("lanes"), "stage": of("stages"), "role": role}
        | {"replaced_by": lambda x: _deep(x, activity), "touchpoint": lambda x: _proven(x, activity)},
        "rules": {"id": of("rules"), "a": activity, "b": activity, "role": role, "calendar": calendar},
        "standards": {"id": of("standards"), "touchpoint": activity, "calendar": calendar}
        | {key: lambda x: _deep(x, activity) for key in ("from", "to", "of", "stop_clock")},
        "kpis": {"id": of("kpis"), "formula": lambda x: _deep(x, activity)},
        "allow": {"id": of("allow"), "match": lambda x: _matched(x, activity, of("rules"), of("standards"))},
    }
    found = dict(raw)
    for section, keys in refers.items():
        if section in raw:
            found[section] = [{k: keys[k](v) if k in keys else v for k, v in x.items()} for x in raw[section]]
    for section, change in (("roles", role), ("calendars", calendar)):
        if section in raw:
            found[section] = {change(id): x for id, x in raw[section].items()}
    found["scope"] = {k: _deep(v, activity) if isinstance(v, list) else v for k, v in raw["scope"].items()}
    if not (isinstance(raw["flow"], dict) and "bpmn" in raw["flow"]):
        found["flow"] = _deep(raw["flow"], activity)
    return found


def _deep(value: Any, change: Callable[[Any], Any]) -> Any:
    """Every text inside lists and values of mappings, changed."""
    if isinstance(value, list):
        return [_deep(x, change) for x in value]
    if isinstance(value, dict):
        return {key: _deep(x, change) for key, x in value.items()}
    return change(value)


def _proven(touchpoint: Raw, activity: Callable[[Any], Any]) -> Raw:
    """A touchpoint with its proofs in other ids: only ``activity`` is one, evidence and attributes are words of their own."""
    if "proofs" not in touchpoint:
        return touchpoint
    proofs = [{k: activity(v) if k == "activity" else v for k, v in proof.items()} for proof in touchpoint["proofs"]]
    return touchpoint | {"proofs": proofs}


def _matched(match: Raw, activity: Any, rule: Any, standard: Any) -> Raw:
    by_key = {"activity": activity, "rule": rule, "standard": standard}
    return {key: by_key[key](x) if key in by_key else x for key, x in match.items()}
