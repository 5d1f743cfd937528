"""A notebook in one language, with its parameters filled in."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

import nbformat

from mining.errors import MiningError, UnknownNameError
from mining.notebooks.source import NAMES, Parameter, Source, Words, read_source
from mining.texts import check_language, say

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}
ABOVE = {"en": "..", "zh": "../.."}  # the root, seen from the folder that an edition lies in


def edition(name: str, lang: str = "en", parameters: Mapping[str, Any] | None = None) -> nbformat.NotebookNode:
    """A notebook without outputs.

    Parameters
    ----------
    name : str
        As in :data:`mining.notebooks.NAMES`.
    lang : {"en", "zh"}
    parameters : mapping of str to object, optional
        Values for a log of one's own; what is not named gets the value that suits such a log (side tables: None). Without a mapping it
        is the edition on the sample logs.

    Returns
    -------
    nbformat.NotebookNode
        Equal arguments give equal bytes.

    Raises
    ------
    UnknownNameError
        For a notebook, language or parameter that is not there.
    MiningError
        For a value that cannot be written as a line of code, such as an object or a number that is not finite.

    Examples
    --------
    >>> print(edition("00_tour", "zh").cells[0].source.splitlines()[0])
    # 这项服务应当先改进什么？
    """
    check_language(lang)
    source = read_source(name)
    _check_names(source, parameters or {})
    values = _values(source, lang, parameters)
    cells = [_prose(f"# {source.question[lang]}\n\n{source.intro[lang]}"), _parameters(source, values, lang)]
    for step in source.steps:
        above = [f"## {step.asks[lang]}"] if step.asks else []
        above += [step.text[lang]] if step.text else []
        cells += [_prose("\n\n".join(above))] if above else []
        cells += [nbformat.v4.new_code_cell(cell) for cell in step.cells]
        cells += [_reading(step.reading, lang)] if step.reading else []
    for place, cell in enumerate(cells):
        cell["id"] = f"{name[:2]}-{place:03d}"
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def known_parameters(names: tuple[str, ...] = NAMES) -> dict[str, tuple[str, ...]]:
    """Parameter to the notebooks that have it."""
    known: dict[str, tuple[str, ...]] = {}
    for name in names:
        for parameter in read_source(name).parameters:
            known[parameter.name] = (*known.get(parameter.name, ()), name)
    return known


def _check_names(source: Source, parameters: Mapping[str, Any]) -> None:
    known = [parameter.name for parameter in source.parameters]
    for name in parameters:
        if name not in known:
            raise UnknownNameError("parameter", name, known, where=source.name)


def _values(source: Source, lang: str, given: Mapping[str, Any] | None) -> dict[str, Any]:
    """Value of every parameter: as given, else as suits one's own log, else that of the sample logs."""
    values: dict[str, Any] = {}
    for parameter in source.parameters:
        if parameter.name == "LANG":
            values["LANG"] = lang
        elif given is not None:
            values[parameter.name] = given.get(parameter.name, parameter.own)
        else:
            values[parameter.name] = _placed(parameter, source.service, lang)
    return values


def _placed(parameter: Parameter, service: str, lang: str) -> Any:
    """The value on the sample logs, with its folders."""
    value, root = parameter.value, ABOVE[lang]
    if not isinstance(value, str):
        return value
    return value.format(samples=f"{root}/sample_logs", service=service, out=f"{root}/out/notebooks/{lang}")


def _parameters(source: Source, values: Mapping[str, Any], lang: str) -> nbformat.NotebookNode:
    lines = [f"{name} = {_literal(value, name)}" for name, value in values.items()]
    says = [f"  # {parameter.says[lang]}{_of_the_sample(parameter, values, lang)}" for parameter in source.parameters]
    text = "\n".join(line + comment for line, comment in zip(lines, says, strict=True))
    return nbformat.v4.new_code_cell(text, metadata={"tags": ["parameters"]})


def _of_the_sample(parameter: Parameter, values: Mapping[str, Any], lang: str) -> str:
    """What to write on a log of one's own, where the value is one that only the sample has."""
    if parameter.own == parameter.value or values[parameter.name] == parameter.own or parameter.name == "LANG":
        return ""
    return say("notebooks.of_the_sample", lang, own=_literal(parameter.own, parameter.name))


def _literal(value: Any, name: str) -> str:
    """A value as Python writes it, texts in double quotes."""
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_literal(item, name) for item in value) + "]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_literal(key, name)}: {_literal(item, name)}" for key, item in value.items()) + "}"
    if isinstance(value, str):
        return '"' + "".join(map(_written, value)) + '"'
    if value is None or isinstance(value, bool | int) or (isinstance(value, float) and isfinite(value)):
        return repr(value)
    raise MiningError(
        f"{name}: {value!r} cannot be written as a line of a notebook. Give a text, a finite number, true, false, none, or a list or "
        "mapping of these; a day is a text such as 2026-03-16."
    )


def _written(character: str) -> str:
    """A character as it stands between double quotes: what cannot be seen, or turns the direction of writing, is spelled out."""
    if character == '"':
        return '\\"'
    return character if character.isprintable() and character != "\\" else repr(character)[1:-1]


def _prose(text: str) -> nbformat.NotebookNode:
    return nbformat.v4.new_markdown_cell(text)


def _reading(words: Words, lang: str) -> nbformat.NotebookNode:
    return _prose("**" + say("notebooks.reading", lang) + "** " + words[lang])
