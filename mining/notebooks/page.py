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

from mining.display.shown import sorting_script
from mining.texts import say

TAG = {"en": "en", "zh": "zh-CN"}
WIDTH = re.compile(r'<svg\b[^>]*?\bwidth="([\d.]+)(px|pt)?"')
PIXELS = {"pt": 4 / 3}
PAGE = 1168  # pixels that the page has for a picture
SCROLLED = 'role="region"'  # what a picture stands in that scrolls sideways
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
        The whole page. Its content security policy lets it load nothing, and run only the script of its tables, by its hash.

    Examples
    --------
    >>> from mining.notebooks import edition
    >>> page = to_page(edition("00_tour", "zh"), "zh")
    >>> "<title>这项服务应当先改进什么？</title>" in page, "http://" in page.replace("http://www.w3.org/", "")
    (True, False)
    """
    title = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
    return page_of(title, Markup(_body(notebook, lang)), lang, links=links, code=True)


def page_of(title: str, body: Markup, lang: str, *, links: tuple[tuple[str, str], ...] = (), code: bool = False) -> str:
    """A page around a body of HTML; ``code`` says whether it has code to fold away. No script runs in it but the one of our tables."""
    script = sorting_script()
    ours = b64encode(sha256(script.encode()).digest()).decode()
    page = _environment().get_template("page.html.j2")
    return page.render(
        title=title, lang=TAG[lang], body=body, links=links, t=partial(say, lang=lang), code=code,
        allowed=f"'sha256-{ours}'" if f"<script>{script}</script>" in body else "'none'", style=Markup(_style()),
    )  # fmt: skip


def _body(notebook: NotebookNode, lang: str) -> str:
    """The cells as HTML."""
    from nbconvert import HTMLExporter

    body, _ = HTMLExporter(template_name="basic").from_notebook_node(_plain(notebook, lang))
    return str(body)


def _plain(notebook: NotebookNode, lang: str) -> NotebookNode:
    """A copy in which every output has one form only, charts have the question above them as their name, and none its number.

    What is wider than the page says so.
    """
    told = f'<p class="wider">{escape(say("notebooks.wider", lang))}</p>'
    plain = deepcopy(notebook)
    question = ""
    for cell in plain.cells:
        if cell.cell_type == "markdown":
            question = next((line.lstrip("# ") for line in cell.source.splitlines() if line.startswith("#")), question)
        for output in cell.get("outputs", ()):
            if output.output_type == "error":  # who gets the page is not told where the files of this machine lie
                output.traceback = [f"{output.ename}: {output.evalue}"]
            elif "data" in output:
                best = next((kind for kind in FORMS if kind in output.data), None)
                output.data = NotebookNode({best: output.data[best]} if best else {})
                if best == "image/svg+xml":
                    output.data = NotebookNode({"text/html": _drawn("".join(output.data[best]), question)})
                html = "".join(output.data.get("text/html", ""))
                if SCROLLED in html and _width(html) > PAGE:
                    output.data = NotebookNode({"text/html": html + told})
    return plain


def _width(text: str) -> float:
    """The width of the first picture of a text, in pixels; 0 where it says none."""
    found = WIDTH.search(text)
    return float(found[1]) * PIXELS.get(found[2], 1.0) if found else 0.0


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
