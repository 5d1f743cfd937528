"""Text as WordprocessingML: runs with fonts and languages, paragraphs, fields, bookmarks. What people wrote stays text."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from mining.pictures.svg import clean

OOXML = "http://schemas.openxmlformats.org"
SPACES = {
    "w": f"{OOXML}/wordprocessingml/2006/main",
    "r": f"{OOXML}/officeDocument/2006/relationships",
    "wp": f"{OOXML}/drawingml/2006/wordprocessingDrawing",
    "a": f"{OOXML}/drawingml/2006/main",
    "pic": f"{OOXML}/drawingml/2006/picture",
}
DECLARED = " ".join(f'xmlns:{prefix}="{uri}"' for prefix, uri in SPACES.items())
TAG = {"en": "en-US", "zh": "zh-CN"}
EAST_ASIAN = re.compile("[\u2e80-\ud7af\uf900-\ufaff\ufe30-\ufe4f\uff00-\uffef\U00020000-\U0003ffff]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")


def w(name: str) -> str:
    """A name of WordprocessingML as lxml writes it.

    Examples
    --------
    >>> w("p")
    '{http://schemas.openxmlformats.org/wordprocessingml/2006/main}p'
    """
    return f"{{{SPACES['w']}}}{name}"


def shown(text: str) -> str:
    """What a text looks like in the file: one line, no control characters, no direction overrides."""
    return text if text.isprintable() else clean(text)


def quoted(text: str) -> str:
    """A text as content of an element or of an attribute in double quotes."""
    return escape(shown(str(text)), {'"': "&quot;"})


def paragraph_with(properties: str, *runs: str) -> str:
    """A paragraph with the properties given as XML."""
    return f"<w:p>{f'<w:pPr>{properties}</w:pPr>' if properties else ''}{''.join(runs)}</w:p>"


@dataclass
class Ink:
    """How text is written in one file.

    Attributes
    ----------
    lang : str
        Of the document.
    ids : mapping of str to str
        Style name to the id it has in the file.
    faces : mapping of str to str
        Style name to the East Asian font that its runs name; empty: the theme of the file decides.
    places : dict of str to str
        Id of a section or table to its bookmark.
    """

    lang: str
    ids: Mapping[str, str]
    faces: Mapping[str, str]
    places: dict[str, str] = field(default_factory=dict)
    _marks: int = 0

    def style(self, name: str) -> str:
        """Paragraph property that names a style."""
        return f'<w:pStyle w:val="{self.ids[name]}"/>'

    def run(self, text: str, paragraph: str, character: str = "", lang: str = "") -> str:
        """A run in a paragraph of the style ``paragraph``.

        Parameters
        ----------
        text : str
        paragraph : str
            It decides which East Asian font is named.
        character : str
            A character style.
        lang : str
            Language of the text where it is not that of the document.
        """
        content = f'<w:t xml:space="preserve">{quoted(text)}</w:t>'
        return f"<w:r>{self._properties(text, paragraph, character, lang)}{content}</w:r>" if text else ""

    def _properties(self, text: str, paragraph: str, character: str, lang: str) -> str:
        parts = [f'<w:rStyle w:val="{self.ids[character]}"/>'] if character else []
        if EAST_ASIAN.search(text):
            face = self.faces.get(paragraph, "")
            named = f' w:eastAsia="{quoted(face)}"' if face else ""
            # Quotation marks and dashes are wide in Chinese text only; elsewhere the letters around them decide.
            hint = ' w:hint="eastAsia"' if (lang or self.lang) == "zh" else ""
            parts += [f"<w:rFonts{hint}{named}/>"] if hint or named else []
        if lang and lang != self.lang and _LANGUAGE.fullmatch(lang):
            kind = "eastAsia" if lang[:2] in ("zh", "ja", "ko") else "val"
            parts.append(f'<w:lang w:{kind}="{TAG.get(lang, lang)}"/>')
        return f"<w:rPr>{''.join(parts)}</w:rPr>" if parts else ""

    def paragraph(self, style: str, text: str, properties: str = "", lang: str = "") -> str:
        """A paragraph of one run."""
        return paragraph_with(self.style(style) + properties, self.run(text, style, lang=lang))

    def bookmarked(self, names: list[str], content: str) -> str:
        """Content between bookmarks."""
        opened = closed = ""
        for name in names:
            self._marks += 1
            opened += f'<w:bookmarkStart w:id="{self._marks}" w:name="{name}"/>'
            closed = f'<w:bookmarkEnd w:id="{self._marks}"/>' + closed
        return opened + content + closed

    def link(self, id: str, content: str) -> str:
        """Content that leads to a section or table; to an unknown one: the content alone."""
        place = self.places.get(id)
        return (
            f'<w:hyperlink w:anchor="{place}" w:history="1">{content}</w:hyperlink>' if place and content else content
        )


def field_of(code: str, cached: str = "") -> str:
    """A field; ``code`` is never made from the text of people, ``cached`` is runs."""
    return begin_field(code) + cached + end_field()


def begin_field(code: str) -> str:
    """What stands before the result of a field."""
    told = f'<w:r><w:instrText xml:space="preserve"> {code} </w:instrText></w:r>'
    return f'<w:r><w:fldChar w:fldCharType="begin"/></w:r>{told}<w:r><w:fldChar w:fldCharType="separate"/></w:r>'


def end_field() -> str:
    """What stands after it."""
    return '<w:r><w:fldChar w:fldCharType="end"/></w:r>'
