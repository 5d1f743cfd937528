"""What is wrong with the shape of a blueprint file: the published schema is the check, its complaints are told in words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import Any

from mining.blueprint import yaml12
from mining.errors import hint

Problem = tuple[yaml12.Path, str]

NEEDS_B = (
    *("precedence", "response", "succession", "together", "not_together", "not_followed_by", "not_before"),
    *("immediate_response", "immediate_precedence", "four_eyes", "same_handler"),
)
MOMENTS = ("precedence", "response", "succession", "not_followed_by", "not_before")
USED_BY: dict[str, tuple[str, ...]] = {
    "b": NEEDS_B,
    "n": ("must_occur", "at_most"),
    "role": ("performed_by",),
    "within": ("response", "succession"),
    "after": ("not_before",),
    "calendar": ("response", "succession", "not_before"),
    "a_at": MOMENTS,
    "b_at": MOMENTS,
}
IN_TIME = ("elapsed", "waiting", "handling")
COUNTED = ("count", "handovers", "turns")
METRIC_KEYS: dict[str, tuple[str, ...]] = {
    "from": ("elapsed",),
    "to": ("elapsed",),
    "of": ("waiting", "handling", "due_date", "count", "attribute", "score"),
    "due": ("due_date",),
    "attr": ("attribute",),
    "one_of": ("attribute",),
    "source": ("score", "external"),
    "item": ("score", "external"),
    "max": (*IN_TIME, *COUNTED, "attribute", "score", "external"),
    "min": (*COUNTED, "attribute", "score", "external"),
    "share": (*IN_TIME, "due_date", *COUNTED, "attribute", "score"),
    "calendar": IN_TIME,
    "stop_clock": ("elapsed",),
    "when": (*IN_TIME, "due_date", *COUNTED, "attribute", "score"),
}
MOST_SHOWN = 100  # characters of a value in a message
MOST_SAID = 300  # characters of a message that the schema's own words make
HELD = {
    list: "a list",
    str: "a text",
    type(None): "nothing",
    bool: "one truth value",
    int: "one number",
    float: "one number",
}
FLOW_WORDS = {"optional": (), "choice": (), "parallel": (), "free": (), "loop": ("redo", "max")}


@cache
def schema() -> dict[str, Any]:
    """JSON Schema (draft 2020-12) of the format."""
    loaded: dict[str, Any] = json.loads(files("mining.blueprint").joinpath("blueprint.schema.json").read_text("utf-8"))
    return loaded


def shape_problems(raw: Any) -> Iterator[Problem]:
    """What the schema does not allow: path and what is wrong."""
    if not isinstance(raw, dict):
        yield (), f"a blueprint is a set of keys (sbp, id, version, ...); this file holds {HELD[type(raw)]}."
        return
    errors = [_deepest(error) for error in _validator().iter_errors(raw)]
    in_flow = [error for error in errors if tuple(error.absolute_path)[:1] == ("flow",)]
    told = list(_flow_shape(raw["flow"], ("flow",))) if in_flow else []
    yield from told
    seen: set[Problem] = set()
    for error in errors:
        if told and error in in_flow:
            continue  # told better, at the node that is wrong
        path = tuple(error.absolute_path)
        here = _idle_keys(error, path, raw) if error.schema is False else [(_at(error, path), _say(error, path, raw))]
        yield from (problem for problem in here if problem not in seen)
        seen.update(here)


@cache
def _validator() -> Any:
    """The schema with its patterns read as JSON Schema means them (ECMA-262): digits are 0 to 9, and $ is the very end."""
    from jsonschema import Draft202012Validator, ValidationError, validators

    def matches(validator: Any, pattern: str, value: Any, part: Any) -> Iterator[ValidationError]:
        if isinstance(value, str) and not re.search(re.sub(r"\$$", r"\\Z", pattern), value, re.ASCII):
            yield ValidationError(f"{value!r} does not match {pattern!r}")

    return validators.extend(Draft202012Validator, {"pattern": matches})(schema())


# --- the flow ----------------------------------------------------------------------------------------------------------


def _flow_shape(raw: Any, path: yaml12.Path) -> Iterator[Problem]:
    """What the schema would say of a flow, told at the node that is wrong instead of at the top."""
    place = ".".join(map(str, path))
    if isinstance(raw, str):
        return
    if isinstance(raw, list) and raw:
        for i, item in enumerate(raw):
            yield from _flow_shape(item, (*path, i))
    elif isinstance(raw, dict) and raw:
        yield from _block_shape(raw, path, place)
    else:
        words = ", ".join((*FLOW_WORDS, "bpmn"))
        yield (
            path,
            f"{place}: {_shown(raw)} is not a part of a flow. Write an activity, a list (sequence), or one of {words}.",
        )


def _block_shape(raw: dict[str, Any], path: yaml12.Path, place: str) -> Iterator[Problem]:
    if "bpmn" in raw:
        if path != ("flow",):
            yield (*path, "bpmn"), f"{place}: bpmn stands alone (flow: {{bpmn: file}}), never inside another block."
            return
        yield from (
            ((*path, key), f"{place}: unknown key {key!r}.{hint(key, ['bpmn'])}") for key in raw if key != "bpmn"
        )
        return
    word = next((w for w in FLOW_WORDS if w in raw), None)
    known = [*FLOW_WORDS, "redo", "max", "bpmn"] if word is None else [word, *FLOW_WORDS[word]]
    strange = [key for key in raw if key not in known]
    for key in strange:
        yield (*path, key), f"{place}: unknown key {key!r}.{hint(key, known, most=30)}"
    if word is None and not strange:
        yield path, f"{place}: {', '.join(raw)} belongs to a loop. Write {{loop: ..., redo: ..., max: ...}}."
    several = word in ("choice", "parallel", "free")
    if word and several and not (isinstance(raw[word], list) and len(raw[word]) > (word != "free")):
        parts = "activities" if word == "free" else "two or more parts"
        yield (*path, word), f"{place}: {word} needs a list of {parts}."
    elif word == "free" and not all(isinstance(x, str) for x in raw[word]):
        yield (*path, word), f"{place}: free holds activities only, not blocks."
    elif word is not None:
        for key in (word, "redo"):
            if key in raw:
                yield from _flow_shape(raw[key], (*path, key))
    if word == "loop" and "max" in raw and (type(raw["max"]) is not int or raw["max"] < 1):
        yield (*path, "max"), f"{place}: max must be a whole number from 1."


# --- words for what the schema says --------------------------------------------------------------------------------------


def _deepest(error: Any) -> Any:
    """Of the ways a value could have been written, the one that came furthest: its complaint is the useful one."""
    while error.context and not _is_choice_of_keys(error):
        error = max(
            error.context, key=lambda e: (len(e.absolute_path), e.validator == "additionalProperties", -len(e.message))
        )
    return error


def _is_choice_of_keys(error: Any) -> bool:
    return error.validator == "anyOf" and all(set(x) == {"required"} for x in error.validator_value)


def _at(error: Any, path: yaml12.Path) -> yaml12.Path:
    if error.validator == "additionalProperties":
        return (*path, next(iter(_extra_keys(error)), ""))
    return path


def _extra_keys(error: Any) -> list[str]:
    return [k for k in error.instance if k not in error.schema.get("properties", {})]


def _say(error: Any, path: yaml12.Path, raw: dict[str, Any]) -> str:
    if "then" in error.absolute_schema_path and path[:1] in (("rules",), ("standards",)):
        told = _say_of_check(error, path, raw)
        if told:
            return told
    place = ".".join(map(str, path)) or "the file"
    match error.validator:
        case "additionalProperties":
            keys = _extra_keys(error)
            return f"{place}: unknown key {keys[0]!r}.{hint(keys[0], error.schema.get('properties', {}), most=30)}"
        case "required":
            missing = [k for k in error.validator_value if k not in error.instance]
            about = error.schema.get("properties", {}).get(missing[0], {})
            return f"{place}: missing key {missing[0]!r}. {_description(about)}".strip()
        case "anyOf" if _is_choice_of_keys(error):
            return f"{place}: needs one of the keys {_keys(error)}."
        case "enum":
            known = hint(error.instance, error.validator_value, most=30)
            return f"{place}: {_shown(error.instance)} is not one of the words allowed here.{known}"
        case "pattern":
            what = _description(error.schema)
            return f"{place}: {_shown(error.instance)} is not written as it must be (pattern {error.validator_value}). {what}".strip()
        case "const":
            return f"{place}: {_shown(error.instance)} must be {error.validator_value!r}."
        case "type":
            kinds = error.validator_value
            wanted = kinds if isinstance(kinds, str) else " or ".join(kinds)
            quote = "; quote it if it is meant as text" if "string" in wanted else ""
            return f"{place}: {_shown(error.instance)} must be of type {wanted}{quote}."
        case "maxProperties":
            return f"{place}: {' and '.join(error.instance)} do not go together. Keep one."
        case "not":
            return f"{place}: {' and '.join(error.validator_value['required'])} do not go together. Keep one."
        case "minLength":
            return f"{place}: the text is empty. {_description(error.schema)}".strip()
        case _:
            return f"{place}: {error.message[:MOST_SAID]}{'...' if len(error.message) > MOST_SAID else ''}"


def _shown(value: Any) -> str:
    """A value as Python writes it, cut where it is long."""
    text = repr(value) if not isinstance(value, str) else repr(value[: MOST_SHOWN + 1])
    return text if len(text) <= MOST_SHOWN else f"{text[:MOST_SHOWN]}..."


def _description(part: Any) -> str:
    return str(part.get("description", "")) if isinstance(part, dict) else ""


def _keys(error: Any) -> str:
    return ", ".join(x["required"][0] for x in error.validator_value)


def _check_at(path: yaml12.Path, raw: dict[str, Any]) -> tuple[dict[str, Any], str, str]:
    """The rule or standard that a path leads into, what messages call it, and its kind or metric."""
    section, number = str(path[0]), path[1]
    check = raw[section][number]
    noun, word = ("rule", "kind") if section == "rules" else ("standard", "metric")
    return check, f"{noun} {check.get('id', number)}", str(check[word])


def _idle_keys(error: Any, path: yaml12.Path, raw: dict[str, Any]) -> list[Problem]:
    """Keys that are written, but that a rule of this kind, or a standard with this metric, does not read (schema ``false``)."""
    check, name, word = _check_at(path, raw)
    part: Any = schema()
    for step in error.absolute_schema_path:
        part = part[step]
    users = USED_BY if path[0] == "rules" else METRIC_KEYS
    return [
        ((*path, key), f"{name}: {key!r} has no meaning for {word}; it belongs to {', '.join(users[key])}.")
        for key, allowed in part.items()
        if allowed is False and key in check
    ]


def _say_of_check(error: Any, path: yaml12.Path, raw: dict[str, Any]) -> str | None:
    """What a rule of this kind, or a standard with this metric, needs or cannot use."""
    check, name, word = _check_at(path, raw)
    of_rule, key = path[0] == "rules", path[-1]
    match error.validator:
        case "required":
            missing = next(k for k in error.validator_value if k not in error.instance)
            return f"{name} ({word}) needs the key {missing!r}."
        case "anyOf" if "calendar" in check and of_rule:
            return f"{name}: 'calendar' has no meaning without {_keys(error).replace(', ', ' or ')}."
        case "anyOf":
            return f"{name} ({word}) needs a limit: one of the keys {_keys(error)}."
        case "type" | "pattern" if key == "max" and word in IN_TIME:
            return f"{name}: max {_shown(error.instance)} has no unit. Write 30min, 4h, 4bh or 5bd."
        case "type" if key == "max":
            return f"{name}: max {_shown(error.instance)} of {word} must be a number, not a duration."
        case "const" if key == "dimension":
            return f"{name}: the dimension of {word} is {error.validator_value}, not {error.instance}."
        case "enum" if key == "dimension":
            return f"{name}: the dimension of {word} is {' or '.join(error.validator_value)}, not {error.instance}."
        case _:
            return None
