"""Settings of the documentation site. ``python -m docs.site`` builds it; this file is not meant for sphinx-build alone."""

from __future__ import annotations

import inspect
from typing import Any

from docs.site_parts import Search, other_name, plain_math, resolved
from mining.results import Result

project = "service-mining"
extensions = ["sphinx.ext.autodoc", "sphinx.ext.autosummary", "numpydoc", "myst_nb"]
templates_path = ["_templates"]
exclude_patterns: list[str] = []
nitpicky = False

# Python: public things, once each, in numpy style.
add_module_names = False
autodoc_member_order = "bysource"
autodoc_typehints = "signature"
autodoc_typehints_format = "short"
autosummary_generate = False
numpydoc_show_class_members = False
python_maximum_signature_line_length = 90
toc_object_entries_show_parents = "hide"

# Markdown and notebooks: nothing is run here, no script but those of the theme.
myst_heading_anchors = 4
suppress_warnings = ["myst.header"]  # pages that benchmarks write begin tables of one length at the third level
nb_execution_mode = "off"
nb_ipywidgets_js: dict[str, Any] = {}
nb_mime_priority_overrides = [
    ("html", kind, None)
    for kind in ("application/vnd.jupyter.widget-view+json", "application/javascript")  # a still picture stands in
]
nb_merge_streams = True
html_math_renderer = "plain"

# Pages.
html_theme = "pydata_sphinx_theme"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_copy_source = False
html_show_copyright = False
html_show_sphinx = False
html_search_language = Search.lang
html_show_search_summary = False  # would be fetched, which a browser refuses for pages on disk
html_sidebars = {page: [] for page in ("index", "first_five_minutes", "definitions", "search", "genindex")}
html_context = {"default_mode": "auto"}
html_theme_options = {
    "logo": {"text": project},
    "navbar_align": "left",
    "navbar_persistent": ["search-button"],
    "navbar_end": ["language", "theme-switcher"],
    "secondary_sidebar_items": ["page-toc"],
    "show_toc_level": 1,
    "footer_start": [],
    "footer_end": [],
    "header_links_before_dropdown": 6,
    "pygments_light_style": "a11y-high-contrast-light",
    "pygments_dark_style": "a11y-high-contrast-dark",
}


def setup(app: Any) -> None:
    """Connect what Sphinx has no setting for."""
    app.add_config_value("edition", "en", "env")
    app.add_config_value("others", frozenset(), "")
    app.add_html_math_renderer("plain", (plain_math, None), (plain_math, None))
    app.add_search_language(Search)
    app.connect("autodoc-process-signature", _signature)
    app.connect("missing-reference", resolved)
    app.connect("html-page-context", _other_language)


def _signature(
    app: Any, what: str, name: str, obj: Any, options: Any, signature: str | None, returns: str | None
) -> tuple[str, str | None] | None:
    """Nobody makes a result by hand: its arguments are left out."""
    return ("", None) if inspect.isclass(obj) and issubclass(obj, Result) else None


def _other_language(app: Any, page: str, template: str, context: dict[str, Any], doctree: Any) -> None:
    """Where the same page stands in the other language, or the first page where it does not."""
    lang = app.config.edition
    same = page if page in app.config.others else "index"
    context["other_page"] = other_name(page, lang, same)
    context["other_lang"], context["other_word"] = ("en", "English") if lang == "zh" else ("zh-CN", "中文")
