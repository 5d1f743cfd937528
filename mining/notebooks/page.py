"""A notebook that ran, as one file of HTML: nothing is fetched, code is folded away, the picture stands in for the widget."""

from __future__ import annotations

import re
from base64 import b64encode
from copy import deepcopy
from functools import cache, partial
from hashlib import sha256
from html import escape
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from nbformat import NotebookNode

from mining.texts import say

TAG = {"en": "en", "zh": "zh-CN"}
SCRIPT = re.compile(r"<script\b[^>]*>(.*?)</script>", re.DOTALL)
FORMS = ("image/svg+xml", "text/html", "image/png", "image/jpeg", "text/markdown", "text/plain")


def to_page(notebook: NotebookNode, lang: str = "en", *, links: tuple[tuple[str, str], ...] = ()) -> str:
    """A notebook as a page.

    Parameters
    ----------
    notebook : NotebookNode
        With its outputs.
    lang : {"en", "zh"}
    links : tuple of (str, str)
        Other pages, as (address, words), for the line at the top.

    Returns
    -------
    str
        The whole page. Its content security policy lets it load nothing, and run only the scripts of its tables, by their hashes.

    Examples
    --------
    >>> from mining.notebooks import edition
    >>> page = to_page(edition("00_tour", "zh"), "zh")
    >>> "<title>这项服务应当先改进什么？</title>" in page, "http://" in page.replace("http://www.w3.org/", "")
    (True, False)
    """
    title = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
    return page_of(title, Markup(_body(notebook)), lang, links=links, code=True)


def page_of(title: str, body: Markup, lang: str, *, links: tuple[tuple[str, str], ...] = (), code: bool = False) -> str:
    """A page around a body of HTML; ``code`` says whether it has code to fold away."""
    hashes = sorted({b64encode(sha256(text.encode()).digest()).decode() for text in SCRIPT.findall(body)})
    page = _environment().get_template("page.html.j2")
    return page.render(
        title=title, lang=TAG[lang], body=body, links=links, t=partial(say, lang=lang), code=code,
        allowed=" ".join(f"'sha256-{text}'" for text in hashes) or "'none'", style=Markup(_style()),
    )  # fmt: skip


def _body(notebook: NotebookNode) -> str:
    """The cells as HTML."""
    from nbconvert import HTMLExporter

    body, _ = HTMLExporter(template_name="basic").from_notebook_node(_plain(notebook))
    return str(body)


def _plain(notebook: NotebookNode) -> NotebookNode:
    """A copy in which every output has one form only, charts have the question above them as their name, and none its number."""
    plain = deepcopy(notebook)
    question = ""
    for cell in plain.cells:
        if cell.cell_type == "markdown":
            question = next((line.lstrip("# ") for line in cell.source.splitlines() if line.startswith("#")), question)
        for output in cell.get("outputs", ()):
            if "data" in output:
                best = next((kind for kind in FORMS if kind in output.data), None)
                output.data = NotebookNode({best: output.data[best]} if best else {})
                if best == "image/svg+xml":
                    output.data = NotebookNode({"text/html": _drawn("".join(output.data[best]), question)})
    return plain


def _drawn(svg: str, question: str) -> str:
    """A picture that runs nothing and has a name."""
    data = b64encode(svg.encode("utf-8")).decode()
    return (
        f'<div class="picture" tabindex="0"><img alt="{escape(question)}" src="data:image/svg+xml;base64,{data}"></div>'
    )


@cache
def _environment() -> Environment:
    return Environment(
        loader=PackageLoader("mining", "notebooks"), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip


@cache
def _style() -> str:
    return files("mining.notebooks").joinpath("page.css").read_text("utf-8")
