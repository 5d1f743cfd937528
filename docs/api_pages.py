"""The pages on the Python interface: what is public, grouped by question, as reStructuredText for Sphinx."""

from __future__ import annotations

from dataclasses import dataclass

import mining
from docs.definitions import anchor, result_classes
from mining.display.definitions import title_of
from mining.results import Result


@dataclass(frozen=True)
class Group:
    """A page of the interface.

    Attributes
    ----------
    name, title, zh : str
        Of the file, of the page in English and in Chinese.
    asks : str
        The question that the page answers.
    modules : tuple of str
        Below ``mining``. A name belongs to the group with the longest of these that its module begins with.
    """

    name: str
    title: str
    zh: str
    asks: str
    modules: tuple[str, ...]


GROUPS = (
    Group("study", "The study", "研究对象", "How is a log read against a blueprint, and what can be asked then?",
          ("study", "opened", "selection", "allowing", "version_studies")),
    Group("design", "The design", "设计", "What was promised, and is the design sound?",
          ("blueprint", "drafting", "readiness.design", "readiness.contacts", "readiness.strict", "readiness.weak",
           "readiness.against_flow", "readiness.needs", "readiness.changes", "readiness.drawn")),
    Group("log", "The log", "日志", "What was recorded, and can it answer?", ("log", "readiness")),
    Group("flow", "The flow", "实际流程", "What really happens, how long does it take, and who hands over to whom?",
          ("discovery", "models", "flow", "variety", "times", "handovers")),
    Group("conformance", "Conformance", "一致性检查", "Where do we leave the blueprint?",
          ("conformance", "tables", "fit", "dimensions", "explain", "scorecard", "promises", "funnel", "segments", "findings",
           "deviations", "monitor")),
    Group("customers", "Customers", "顾客视角", "What do customers feel?", ("voice",)),
    Group("improvement", "Improvement", "改进", "What to improve first, and did it help?",
          ("outcomes", "harm", "causes", "priorities", "plan", "what_if", "follow_up", "improvement")),
    Group("audit", "The audit", "审计", "What can be handed over, and can it be made again?",
          ("audit_file", "record", "sampling", "verify", "privacy", "simulation")),
    Group("notebooks", "Notebooks", "笔记本与结果展示", "How do results show themselves, and where do notebooks come from?",
          ("display", "notebooks", "results")),
    Group("errors", "Errors", "错误", "What is wrong, where, what is there, and what to try?", ("errors",)),
)  # fmt: skip
BESIDE = {
    "study": ("mining.widget.BlueprintView",),
    "notebooks": ("mining.results.Result", "mining.results.Provenance", "mining.display.NotMeasured",
                  "mining.notebooks.edition", "mining.notebooks.read_source"),
}  # fmt: skip
ABOVE = {
    "study": "A :class:`mining.Study` is the object that every question is put to. Its methods give the results of all other pages.",
    "notebooks": "Every result is a :class:`mining.results.Result`: a frame, where it came from, and how it shows itself.",
}


def pages(lang: str = "en") -> dict[str, str]:
    """Every page of the interface by its file: contents, and a page per group; in Chinese the contents only, as docstrings are English.

    Parameters
    ----------
    lang : {"en", "zh"}
    """
    if lang == "zh":
        return {"index.md": _contents_zh()}
    return {"index.rst": _contents()} | {f"{group.name}.rst": _page(group) for group in GROUPS}


def group_of(module: str) -> Group:
    """The group that a module belongs to.

    Parameters
    ----------
    module : str
        Such as ``mining.log.eventlog``.

    Raises
    ------
    LookupError
        If no group takes it: a new module is named in :data:`GROUPS`.

    Examples
    --------
    >>> group_of("mining.readiness.weak").name, group_of("mining.readiness.rows").name
    ('design', 'log')
    """
    path = module.removeprefix("mining.")
    fits = [(len(m), group) for group in GROUPS for m in group.modules if path == m or path.startswith(m + ".")]
    if not fits:
        raise LookupError(f"{module}: no group in docs/api_pages.py takes it; add it to the modules of one")
    return max(fits, key=lambda fit: fit[0])[1]


def names_of(group: Group) -> list[str]:
    """Public names of a group, those that stand beside them last."""
    public = [name for name, home in mining._HOME.items() if group_of(home) is group]
    return [f"mining.{name}" for name in sorted(public)] + list(BESIDE.get(group.name, ()))


def results_of(group: Group) -> list[type[Result]]:
    """Classes of results of a group, by title, without those that are public names."""
    found = (kind for kind in result_classes() if group_of(kind.__module__) is group)
    return sorted(found, key=lambda kind: title_of(kind.__name__, "en").lower())


def _contents() -> str:
    lines = [_head("Python", "="), "Every public name, and every kind of result, by the question that it answers.", ""]
    for group in GROUPS:
        names = ", ".join(f":obj:`~{name}`" for name in names_of(group))
        lines += [_head(group.title, "-"), group.asks, "", f":doc:`{group.title} <{group.name}>`: {names}", ""]
    return "\n".join([*lines, ".. toctree::", "   :hidden:", "", *(f"   {group.name}" for group in GROUPS), ""])


def _contents_zh() -> str:
    """The same contents, with links into the English pages."""
    lines = ["# Python 接口\n", "函数和类的说明只有英文。按问题列出：\n"]
    for group in GROUPS:
        names = "、".join(f"`{name}`" for name in names_of(group))
        lines.append(f'- <a href="../../api/{group.name}.html">{group.zh}</a>：{names}')
    return "\n".join(lines) + "\n"


def _page(group: Group) -> str:
    lines = [
        _head(group.title, "="),
        f"*{group.asks}*",
        "",
        ABOVE.get(group.name, ""),
        "",
        ".. currentmodule:: mining",
        "",
    ]
    names, kinds = names_of(group), results_of(group)
    lines += [
        ".. autosummary::",
        "   :nosignatures:",
        "",
        *(f"   {name.removeprefix('mining.')}" for name in names),
        "",
    ]
    for name in names:
        lines += _told(name, _is_class(name))
    if kinds:
        lines += [_head("Results", "-"), "The columns of each stand in the definitions.", ""]
    for kind in kinds:
        title = title_of(kind.__name__, "en")
        lines += _told(f"{kind.__module__}.{kind.__qualname__}", True)
        lines += [f"   :ref:`Columns of “{title}” <{anchor(kind)}>`", ""]
    return "\n".join(lines)


def _head(title: str, line: str) -> str:
    return f"{title}\n{line * len(title)}\n"


def _is_class(name: str) -> bool:
    from importlib import import_module

    module, _, last = name.rpartition(".")
    return isinstance(getattr(import_module(module), last), type)


def _told(name: str, is_class: bool) -> list[str]:
    """The directive of a class with its methods, or of a function."""
    if is_class:
        return [f".. autoclass:: {name}", "   :members:", ""]
    return [f".. autofunction:: {name}", ""]
