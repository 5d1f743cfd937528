"""Writes what every table and column means, in English and Chinese, from the classes and the catalogue: ``python -m docs.definitions``."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from importlib import import_module
from pathlib import Path

import mining
from docs.definition_words import AREAS, CLOCKS, HEAD, HEADINGS, IS_COUNT, IS_TRUTH, METHODS, NO_COUNT, SOURCE, UNITS
from mining.display.definitions import definitions, head_of, meaning_of, title_of
from mining.display.kinds import OWN_UNIT, in_unit, is_length, is_share, unit_column
from mining.results import Result

PAGES = {lang: Path(__file__).with_name(name) for lang, name in (("en", "definitions.md"), ("zh", "definitions_zh.md"))}
PACKAGE = Path(mining.__file__).parent
SECTION = re.compile(r"\n\n(Parameters|Returns|Yields|Raises|Notes|Examples|Attributes|See Also|References)\n-+\n")
ROLE = re.compile(r":(?:func|meth|class|attr|mod):`~?([^`]+)`")


@cache
def result_classes() -> tuple[type[Result], ...]:
    """Every class of results of the package, by module and name."""
    for path in sorted(PACKAGE.rglob("*.py")):
        if re.search(r"^class \w+\(.*\bResult\b", path.read_text("utf-8"), re.M):
            import_module(_module_of(path))
    found: set[type[Result]] = set()
    todo = [Result]
    while todo:
        below = [c for c in todo.pop().__subclasses__() if c.__module__.startswith("mining.")]
        found.update(below)
        todo += below
    return tuple(sorted(found, key=lambda c: (c.__module__, c.__name__)))


def page(lang: str) -> str:
    """The whole page in a language, as Markdown.

    Parameters
    ----------
    lang : {"en", "zh"}
    """
    areas = [(names[lang], [c for prefix in prefixes for c in _of(prefix)]) for names, prefixes in AREAS]
    parts = [HEAD[lang]]
    for title, kinds in areas:
        links = [f"[{title_of(c.__name__, lang)}](#{anchor(c)})" for c in kinds]
        parts.append(f"- **{title}**: " + ("、" if lang == "zh" else ", ").join(links))
    for title, kinds in areas:
        parts.append(f"\n## {title}")
        parts += [_told(c, lang) for c in kinds]
    return "\n".join(parts).rstrip() + "\n"


def area_of(kind: type[Result]) -> str | None:
    """The English name of the area in which a class stands; None for a class that no area takes."""
    return next((names["en"] for names, prefixes in AREAS for p in prefixes if kind in _of(p)), None)


def anchor(kind: type[Result]) -> str:
    """Where a class stands on the page."""
    return "table-" + kind.__name__.lower()


def unit_of(column: str, meaning: str, kind: str, lang: str) -> str:
    """The unit of a column in words; empty for words, names and numbers without one.

    Examples
    --------
    >>> unit_of("rate", "n_net / n_judged, 0-1", "Findings", "en"), unit_of("mean_s", "mean wait, seconds", "Waits", "zh")
    ('share, 0 to 1', '秒')
    >>> unit_of("cases", "cases with the fault", "Findings", "en"), unit_of("check", "id of the check", "Findings", "en")
    ('count', '')
    """
    if in_unit(column, kind):
        unit = unit_column(kind)[0]
        return UNITS["of_measure"][lang] if unit == OWN_UNIT else UNITS["in_unit"][lang].format(column=unit)
    if is_length(column, meaning):
        return UNITS["seconds"][lang]
    if is_share(column, meaning, kind):
        return UNITS["share"][lang]
    for name, (by_column, by_meaning) in CLOCKS.items():
        if re.search(by_column, column) or re.search(by_meaning, meaning):
            return UNITS[name][lang]
    if re.match(IS_TRUTH, meaning):
        return UNITS["truth"][lang]
    is_text = column.endswith(("_en", "_zh")) or re.search(NO_COUNT, meaning) is not None
    return UNITS["count"][lang] if re.match(IS_COUNT, meaning) and not is_text else ""


def words_of(column: str, kind: type[Result]) -> dict[str, dict[str, str]]:
    """The words of the catalogue that the meaning of a column names, by the word that stands in the frame."""
    values, meaning = definitions()["values"], kind.columns[column]
    given = values.get(f"{kind.__name__}.{column}", values.get(column, {}))
    return {str(word): said for word, said in given.items() if _names(meaning, str(word))}


def _names(meaning: str, word: str) -> bool:
    """Whether a meaning names a word as one of the values that there are."""
    return re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", meaning) is not None


def listed(meaning: str) -> list[str]:
    """The words of a meaning that says ``one of a, b, c``.

    Examples
    --------
    >>> listed("net verdict: one of pass, fail: as judged"), listed("id of the check")
    (['pass', 'fail'], [])
    """
    found = re.search(r"\bone of ((?:\w+, )+\w+)(?=$|[:;.)])", meaning)
    return found[1].split(", ") if found else []


def _of(prefix: str) -> list[type[Result]]:
    """Classes of a module or of a package below ``mining``."""
    whole = f"mining.{prefix}"
    return [c for c in result_classes() if c.__module__ == whole or c.__module__.startswith(whole + ".")]


def _told(kind: type[Result], lang: str) -> str:
    """One class: title, what it holds, where it is made, its columns, its words."""
    name, between = kind.__name__, "；" if lang == "zh" else "; "
    calls, functions = makers()[name]
    lines = [f'\n<a id="{anchor(kind)}"></a>\n\n### {title_of(name, lang)}\n', f"`{name}`\n"]
    if lang == "en":
        lines += [text + "\n" for text in _texts(kind, functions)]
    made = [f"`{call}`" for call in calls]
    if made:
        lines.append(HEADINGS["made"][lang].format(how=", ".join(made) if lang == "en" else "、".join(made)) + "\n")
    sources = _sources(kind, functions)
    if sources:
        lines.append(HEADINGS["sources"][lang].format(names=between.join(sources)) + "\n")
    lines += [HEADINGS["table"][lang], "|---|---|---|---|"]
    for column, meaning in kind.columns.items():
        cells = (
            head_of(column, lang, name),
            f"`{column}`",
            unit_of(column, meaning, name, lang),
            meaning_of(meaning, lang),
        )
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    for column in kind.columns:
        said = {word: each[lang] for word, each in words_of(column, kind).items() if each[lang] != word}
        if said:
            words = between.join(f"`{word}` {each}" for word, each in said.items())
            lines.append(HEADINGS["words"][lang].format(column=head_of(column, lang, name), words=words))
    return "\n".join(lines)


def _texts(kind: type[Result], functions: tuple[str, ...]) -> list[str]:
    """What the class, the function that makes it and their module say of it, without parameters and examples."""
    own = re.sub(r"\s*Made by :\w+:`[^`]+`\.", "", _opening(kind.__doc__ or ""))
    made = [text for doc in functions[:1] for text in (_opening(doc), _notes(doc))]
    first = next(c for c in result_classes() if c.__module__ == kind.__module__)
    module = _opening(import_module(kind.__module__).__doc__ or "").partition("\n\n")[2] if kind is first else ""
    return [_plain(text) for text in (own, *made, module) if text]


def _notes(doc: str) -> str:
    """The section ``Notes`` of a docstring."""
    found = re.search(r"\n\nNotes\n-+\n(.*?)(?=\n\n\w[\w ]*\n-+\n|\Z)", doc, re.S)
    return "\n\n".join(_joined(x) for x in found[1].strip().split("\n\n")) if found else ""


def _opening(doc: str) -> str:
    """A docstring up to its first section, its paragraphs as single lines."""
    from inspect import cleandoc

    paragraphs = SECTION.split("\n\n" + cleandoc(doc) if doc else "", maxsplit=1)[0].strip().split("\n\n")
    return "\n\n".join(_joined(x) for x in paragraphs)


def _joined(paragraph: str) -> str:
    return paragraph if paragraph.lstrip().startswith(("*", "-", "|")) else " ".join(paragraph.split())


def _plain(text: str) -> str:
    """Text of a docstring as Markdown."""
    return ROLE.sub(lambda m: f"`{m[1].removeprefix('mining.')}`", text).replace("``", "`")


def _sources(kind: type[Result], functions: tuple[str, ...]) -> list[str]:
    """Authors and years that class, module, columns and maker name, in the order of the alphabet."""
    docs = (import_module(kind.__module__).__doc__ or "", kind.__doc__ or "", *functions)
    texts = (*(doc.split("Examples\n--------")[0] for doc in docs), *kind.columns.values())
    text = " ".join(" ".join(texts).split())
    named = {f"{found[1]} {found[2]}" for found in SOURCE.finditer(text)}
    return sorted(named | {source for method, source in METHODS.items() if re.search(method, text)})


@cache
def makers() -> dict[str, tuple[tuple[str, ...], tuple[str, ...]]]:
    """Per class: the public calls that give it (of a study first), and the docstrings of the functions among them."""
    calls: dict[str, dict[str, str]] = {c.__name__: {} for c in result_classes()}
    for path in sorted(PACKAGE.rglob("*.py")):
        if not any(name in calls for name in re.findall(r"-> (\w+):", path.read_text("utf-8"))):
            continue
        for call, node in _public(path):
            if isinstance(node.returns, ast.Name) and node.returns.id in calls:
                calls[node.returns.id][call] = ast.get_docstring(node) or ""
    return {name: (tuple(sorted(x, key=_near)), tuple(x[c] for c in sorted(x, key=_near) if "." in c and "(" not in c))
            for name, x in calls.items()}  # fmt: skip


def _near(call: str) -> tuple[bool, str]:
    return not call.startswith("study."), call


def _public(path: Path) -> Iterator[tuple[str, ast.FunctionDef]]:
    """Public functions of a module, and public methods of the study and of results, with how they are called."""
    module = _module_of(path)
    kinds = {c.__name__: c for c in result_classes() if c.__module__ == module}
    for node in ast.parse(path.read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            yield f"{module}.{node.name}", node
        if isinstance(node, ast.ClassDef) and (node.name in kinds or module == "mining.study" and node.name == "Study"):
            owner = "study" if node.name == "Study" else node.name
            for method in node.body:
                if isinstance(method, ast.FunctionDef) and not method.name.startswith("_"):
                    yield f"{owner}.{method.name}()", method


def _module_of(path: Path) -> str:
    parts = path.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


if __name__ == "__main__":
    for lang, file in PAGES.items():
        file.write_text(page(lang), encoding="utf-8", newline="\n")
        print(file)
