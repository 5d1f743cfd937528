"""What the documentation site needs beside Sphinx: Chinese search, formulas without a script, references by any name."""

from __future__ import annotations

import posixpath
import re
from importlib import import_module
from typing import Any

from docutils import nodes
from sphinx.search.en import SearchEnglish

CHINESE = "\u3400-\u9fff\uf900-\ufaff"
RUN = re.compile(rf"[{CHINESE}]+|[^\W{CHINESE}]+")


def words_of(text: str) -> list[str]:
    """Words to find a text by: Latin ones whole, Chinese ones as pairs of neighbours, since nothing stands between them.

    Examples
    --------
    >>> words_of("log 审计发现, 50")
    ['log', '审计', '计发', '发现', '50']
    """
    found = []
    for run in RUN.findall(text):
        pairs = run[0] > "\u3000" and len(run) > 1 and re.match(rf"[{CHINESE}]", run)
        found += [run[k : k + 2] for k in range(len(run) - 1)] if pairs else [run]
    return found


class Search(SearchEnglish):
    """English words by their stem, Chinese ones by pairs of characters; the browser cuts a query in the same way."""

    lang = "zh"
    language_name = "English"  # of the stemmer that the browser loads
    js_splitter_code = r"""
var splitQuery = (query) =>
  (query.match(/[㐀-鿿豈-﫿]+|[\p{Letter}\p{Number}_]+?(?=[㐀-鿿豈-﫿]|[^\p{Letter}\p{Number}_]|$)/gu) || []).flatMap((run) =>
    /^[㐀-鿿豈-﫿]{2}/u.test(run) ? [...run].slice(1).map((char, k) => [...run][k] + char) : [run]);
"""

    def split(self, text: str) -> list[str]:
        """See :func:`words_of`."""
        return words_of(text)


def plain_math(writer: Any, node: Any) -> None:
    """A formula as its source, since a script that sets formulas would have to be fetched."""
    writer.body.append(f'<code class="math">{writer.encode(node.astext())}</code>')
    raise nodes.SkipNode


def resolved(app: Any, env: Any, node: Any, inner: Any) -> Any:
    """A reference to a Python name that is documented under another: where it is defined, or as ``mining.NAME``."""
    if node.get("refdomain") != "py":
        return None
    domain, target = env.get_domain("py"), node["reftarget"]
    for name in _names(target):
        if name != target and name in domain.objects:
            return domain.resolve_xref(env, node["refdoc"], app.builder, "obj", name, node, inner)
    return None


def _names(target: str) -> list[str]:
    """Names under which the object of a target may be documented.

    Examples
    --------
    >>> _names("mining.log.EventLog")
    ['mining.log.eventlog.EventLog', 'mining.EventLog']
    """
    path, names = target.removeprefix("~").split("."), [f"mining.{target.split('.')[-1]}"]
    for cut in range(len(path) - 1, 0, -1):
        try:
            found: Any = import_module(".".join(path[:cut]))
        except ImportError:
            continue
        for part in path[cut:]:
            found = getattr(found, part, None)
        if hasattr(found, "__module__") and hasattr(found, "__qualname__"):
            names.insert(0, f"{found.__module__}.{found.__qualname__}")
        break
    return names


def other_name(page: str, lang: str, target: str) -> str:
    """The way from a page of one edition to a page of the other: the Chinese one lies in the folder ``zh``.

    Examples
    --------
    >>> other_name("api/log", "en", "index"), other_name("definitions", "zh", "definitions")
    ('../zh/index.html', '../definitions.html')
    """
    here = posixpath.dirname(page if lang == "en" else f"zh/{page}")
    there = f"{target}.html" if lang == "zh" else f"zh/{target}.html"
    return posixpath.relpath(there, here or ".")
