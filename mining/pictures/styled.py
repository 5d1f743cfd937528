"""Bold and slanted letters for programs that have one font of one weight: drawn with a rim, and leant over."""

from __future__ import annotations

import re

RIM, LEAN = 0.03, 0.2  # of the size of a letter; of its height
_TEXT = re.compile(r"<text\b([^<>]*)>")
_ATTRIBUTE = re.compile(r'([\w-]+)="([^"]*)"')


def with_styles(svg: str) -> str:
    """A picture of this package whose bold and italic texts look so with a font that has neither.

    Examples
    --------
    >>> with_styles('<svg><text x="1" y="10" font-size="10" fill="#000" font-weight="600">a</text></svg>')
    '<svg><text x="1" y="10" font-size="10" fill="#000" font-weight="600" stroke="#000" stroke-width="0.3">a</text></svg>'
    """
    return _TEXT.sub(_styled, svg)


def _styled(match: re.Match[str]) -> str:
    found = dict(_ATTRIBUTE.findall(match[1]))
    more = ""
    if "font-weight" in found and "fill" in found and "font-size" in found and "stroke" not in found:
        more += f' stroke="{found["fill"]}" stroke-width="{RIM * float(found["font-size"]):.3g}"'
    if found.get("font-style") == "italic" and "y" in found and "transform" not in found:
        more += f' transform="matrix(1 0 {-LEAN} 1 {LEAN * float(found["y"]):.4g} 0)"'
    return f"<text{match[1]}{more}>"
