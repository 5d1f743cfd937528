"""What the pages share: templates, pictures in the middle of a page, charts as images."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from mining.pictures.svg import clean
from mining.plots import closed_svg


@cache
def environment() -> Environment:
    """Templates that escape what they are given, and refuse what they are not given."""
    return Environment(
        loader=PackageLoader("mining", "report/templates"), autoescape=True, undefined=StrictUndefined,
        finalize=lambda x: clean(x) if isinstance(x, str) and not isinstance(x, Markup) else x,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip


def inlined(svg: str, prefix: str) -> Markup:
    """A picture for the middle of the page, with ids of its own; quotes in its texts are escaped and cannot match."""
    return Markup(re.sub(r'(\sid="|="url\(#)', rf"\1{prefix}-", svg))


def chart_image(axes: Any) -> str:
    """A chart as an image that carries itself."""
    return "data:image/svg+xml;base64," + b64encode(closed_svg(axes).encode()).decode()
