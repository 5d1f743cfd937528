"""Slides as a file of PowerPoint: text that fits its box, native tables, pictures with what they show in words, notes."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from mining.errors import MiningError
from mining.pictures.svg import clean
from mining.report.deck import Deck, Slide
from mining.report.pdf_data import size_of
from mining.report.pptx_fit import Fitted, FittedTable, fitted, fitted_table, one_line
from mining.report.zipped import dated
from mining.texts import say

EPOCH = datetime(2000, 1, 1)
WIDE = (960.0, 540.0)  # 16:9, in points
TITLES, BODIES = (28.0, 26.0, 24.0, 22.0, 20.0, 18.0, 16.0, 14.0, 12.0), (18.0, 17.0, 16.0, 15.0, 14.0, 13.0, 12.0)
ALONE = (22.0, 20.0, *BODIES)  # of lines that have the slide for themselves
FACTS = (16.0, 15.0, 14.0, 13.0, 12.0, 11.0, 10.0)
EDGE, GAP = 36.0, 14.0
SAID_BESIDE = 0.34  # of the width, beside a picture that is not much wider than high
FLAT = 1.9  # width over height from which a picture goes below the text
SAID_ABOVE = 0.42  # of the height, at most
SAID_HEIGHT = 16.0  # of the line that says how many rows a table has


def write_pptx(deck: Deck, path: Path, template: Path | None = None) -> None:
    """Write slides of 16:9; the same deck gives the same bytes.

    Parameters
    ----------
    deck : Deck
    path : Path
        The file to write.
    template : Path, optional
        A house style: its first layout with a subtitle is the first slide, the first with nothing but a title the others. Its size and
        its fonts for Latin text are kept.

    Raises
    ------
    MiningError
        If the template cannot be read or has no such layouts.

    Notes
    -----
    Text is measured and set as small as it must be. What is too long even so goes on to a further slide of the same title; a table shows
    its first rows and says how many there are; a text in a cell, or a title, that is too long ends in ``…``: the title stands in full in
    the notes.

    Examples
    --------
    >>> from mining.report.deck import Deck, Slide
    >>> write_pptx(Deck("Audit report", "Permits", "en", [], [Slide("All is well", ["Nothing was found."])]), examples / "deck.pptx")
    >>> (examples / "deck.pptx").read_bytes()[:2]
    b'PK'
    """
    from mining.report.pptx_parts import LATIN, Look

    file = _opened(template)
    look = Look(deck.lang, latin="" if template else LATIN)
    maker = _Maker(file, deck, look, own=template is None)
    maker.cover()
    for slide in deck.slides:
        maker.slides(slide)
    _properties(file, deck)
    made = io.BytesIO()
    file.save(made)
    path.write_bytes(dated(made.getvalue()))


def _opened(template: Path | None) -> Any:
    from pptx import Presentation
    from pptx.exc import PackageNotFoundError
    from pptx.util import Pt

    if template is None:
        file = Presentation()
        factor = Pt(WIDE[0]) / file.slide_width
        file.slide_width, file.slide_height = Pt(WIDE[0]), Pt(WIDE[1])
        for sheet in (file.slide_master, *file.slide_layouts):
            for shape in sheet.placeholders:
                if shape._element.spPr.xfrm is not None:
                    shape.left, shape.width = round(shape.left * factor), round(shape.width * factor)
        return file
    try:
        file = Presentation(str(template))
    except (PackageNotFoundError, KeyError, ValueError, zipfile.BadZipFile, OSError) as error:
        raise MiningError(f"{template} cannot be read as a template of slides: {error}. Give a .pptx file.") from error
    links = file.slides._sldIdLst
    for link in list(links):  # slides that the template holds as examples
        file.part.drop_rel(link.rId)
        links.remove(link)
    return file


def _layout(file: Any, wanted: set[str], template: str) -> Any:
    """The first layout whose placeholders, beside date, footer and number, are those wanted."""
    kinds = {"TITLE", "CENTER_TITLE", "SUBTITLE", "DATE", "FOOTER", "SLIDE_NUMBER"}
    for layout in file.slide_layouts:
        found = {shape.placeholder_format.type.name for shape in layout.placeholders}
        plain = {name.removeprefix("CENTER_") for name in found if name in kinds} - {"DATE", "FOOTER", "SLIDE_NUMBER"}
        if found <= kinds and plain == wanted:
            return layout
    shown = " and ".join(sorted(x.lower() for x in wanted))
    raise MiningError(
        f"the template of slides has no layout with just {shown} (it has {', '.join(repr(x.name) for x in file.slide_layouts)}). "
        f"Add one{template}."
    )


class _Maker:
    """Adds slides to a file."""

    def __init__(self, file: Any, deck: Deck, look: Any, *, own: bool) -> None:
        self.file, self.deck, self.look, self.own = file, deck, look, own
        self.first = _layout(file, {"TITLE", "SUBTITLE"}, ", such as the one called Title Slide")
        self.other = _layout(file, {"TITLE"}, ", such as the one called Title Only")
        self.width, self.height = file.slide_width / 12700, file.slide_height / 12700

    def cover(self) -> None:
        """Name, kind and facts."""
        from mining.report.pptx_parts import ACCENT, Box, place

        slide, deck, inner = self.file.slides.add_slide(self.first), self.deck, self.width - 4 * EDGE
        high = self.height * 0.3
        name = fitted([clean(deck.name)], (40.0, 36.0, 32.0, *TITLES), inner, high * 0.62, bold=True)
        title, below = slide.shapes.title, next(x for x in slide.placeholders if x.placeholder_format.idx != 0)
        place(title, Box(2 * EDGE, high - name.height - 8, inner, name.height + 8))
        facts = [say("slides.label", deck.lang, label=f.label, said=" · ".join(f.lines)) for f in deck.facts]
        room = self.height - high - 2 * EDGE
        lines = [clean(x) for x in (deck.kind, *facts)]
        said = fitted(lines, FACTS, inner, room)
        place(below, Box(2 * EDGE, high + 14, inner, room))
        self._text(title, name, ACCENT, bold=True)
        self._text(below, said)
        left = lines[len(said.lines) - (said.lines[-1] not in lines) :]
        notes = [self._full(deck.name, name), *left]
        self._notes(slide, [x for x in notes if x])

    def slides(self, slide: Slide) -> None:
        """A slide, with further ones where its text goes on."""
        parts = list(self._parts(slide))
        for i, part in enumerate(parts, 1):
            title = slide.title
            if len(parts) > 1:
                title = say("slides.continued", self.deck.lang, title=title, part=i, n=len(parts))
            self._slide(replace(part, title=title))

    def _parts(self, slide: Slide) -> Iterator[Slide]:
        """The slide in parts that fit."""
        lines = self._lines(slide.lines)
        area = self._area()
        alone = not (slide.figure or slide.table)
        rest = list(lines)
        first = True
        while rest or first:
            shown = replace(slide, figure=slide.figure if first else None, table=slide.table if first else None)
            width, height = self._room(shown, area)
            kept = fitted(rest, BODIES, width, height) if rest else Fitted((), BODIES[0], 0)
            if (
                rest and not alone and first and len(kept.lines) < len(rest)
            ):  # the words on one slide, what shows it on the next
                yield from self._parts(replace(slide, figure=None, table=None))
                yield replace(slide, lines=(), note="")
                return
            if slide.table and first and slide.figure:
                yield replace(shown, lines=kept.lines, table=None)
                yield replace(slide, lines=(), figure=None, note="")
                return
            yield replace(shown, lines=kept.lines, note=slide.note if first else "")
            n, first = len(kept.lines), False
            cut = bool(n) and kept.lines[-1] != rest[n - 1]
            rest = [rest[n - 1][len(kept.lines[-1]) - 1 :].lstrip(), *rest[n:]] if cut else rest[n:]

    def _lines(self, lines: Sequence[str]) -> list[str]:
        return [text for line in lines if (text := clean(line).strip())]

    def _area(self) -> tuple[float, float, float, float]:
        """Left, top, width and height of what is free below the title and above the foot, in points."""
        if self.own:
            return EDGE, 104.0, self.width - 2 * EDGE, self.height - 104.0 - 40.0
        title = next(x for x in self.other.placeholders if x.placeholder_format.type.name in ("TITLE", "CENTER_TITLE"))
        foot = [x.top for x in self.other.placeholders if x.placeholder_format.type.name in ("FOOTER", "SLIDE_NUMBER")]
        bottom = min([x for x in foot if x > title.top] or [self.file.slide_height - 36 * 12700]) / 12700 - 6
        top = (title.top + title.height) / 12700 + 12
        return title.left / 12700, top, title.width / 12700, max(bottom - top, 120.0)

    def _room(self, slide: Slide, area: tuple[float, float, float, float]) -> tuple[float, float]:
        """Width and height for the words of a slide."""
        *_, width, height = area
        if slide.figure and _ratio(slide) < FLAT:
            return width * SAID_BESIDE, height
        return (width, height * SAID_ABOVE) if slide.figure or slide.table else (width, height)

    def _slide(self, content: Slide) -> None:
        from mining.report.pptx_parts import ACCENT, Box, bar, picture, place, text_box

        slide = self.file.slides.add_slide(self.other)
        x, y, width, height = self._area()
        title_box = Box(EDGE, 24, self.width - 2 * EDGE, 66)
        shape = slide.shapes.title
        if self.own:
            place(shape, title_box)
        room = (shape.width / 12700, shape.height / 12700)
        title = fitted([clean(content.title)], TITLES, *room, bold=True)
        self._text(shape, title, ACCENT, bold=True)
        if self.own or content.tone:
            bar(slide, Box(x, y - 9, width, 2.5), content.tone)
        said = Fitted((), BODIES[0], 0)
        if content.lines:
            room = self._room(content, (x, y, width, height))
            said = fitted(content.lines, BODIES if content.figure or content.table else ALONE, *room)
            text_box(slide, Box(x, y, room[0], min(max(said.height, 20), room[1])), said, self.look)
        beside = content.figure is not None and _ratio(content) < FLAT and bool(content.lines)
        left = x + (width * SAID_BESIDE + GAP if beside else 0)
        top = y if beside or not content.lines else y + said.height + GAP
        box = Box(left, top, x + width - left, y + height - top)
        notes = [self._full(content.title, title)]
        if content.figure:
            used, note = self._caption(slide, box, content.figure.caption)
            notes.append(note)
            picture(slide, Box(left, top + used, box.width, box.height - used), content.figure, _ratio(content))
        elif content.table:
            notes.append(self._table(slide, box, content))
        self._foot(slide)
        self._notes(slide, [x for x in (content.note, *notes) if x])

    def _table(self, slide: Any, box: Any, content: Slide) -> str:
        """Draw the table; what is to be noted."""
        from mining.report.pptx_parts import MUTED, Box, native_table, text_box

        assert content.table is not None
        used, note = self._caption(slide, box, content.table.caption)
        found: FittedTable = fitted_table(content.table, box.width, box.height - used - SAID_HEIGHT - 6)
        native_table(slide, Box(box.x, box.y + used, box.width, sum(found.heights)), content.table, found, self.look)
        lang = self.deck.lang
        said = [say("slides.rows", lang, shown=found.shown, n=found.n)] if found.shown < found.n else []
        said += [say("slides.shortened", lang)] if found.cut else []
        if said:
            text = Fitted((" ".join(said),), 11.0, SAID_HEIGHT)
            below = box.y + used + sum(found.heights) + 6
            text_box(slide, Box(box.x, below, box.width, SAID_HEIGHT), text, self.look, MUTED)
        return note

    def _caption(self, slide: Any, box: Any, caption: str) -> tuple[float, str]:
        """Write a caption at the top of a box; the height that it takes, and what is to be noted."""
        from mining.report.pptx_parts import MUTED, Box, text_box

        if not clean(caption).strip():
            return 0.0, ""
        text = fitted([clean(caption)], (12.0, 11.0, 10.0), box.width, 30.0)
        text_box(slide, Box(box.x, box.y, box.width, text.height), text, self.look, MUTED)
        return text.height + 5, self._full(caption, text)

    def _foot(self, slide: Any) -> None:
        from mining.report.pptx_parts import MUTED, Box, field_number, text_box

        y, width = self.height - 28, self.width - 2 * EDGE
        if self.deck.footer:
            line = one_line(clean(self.deck.footer), 10, width - 70)
            text_box(slide, Box(EDGE, y, width - 60, 16), Fitted((line,), 10, 16), self.look, MUTED)
        field_number(slide, Box(self.width - EDGE - 50, y, 50, 16), self.look)

    def _text(self, shape: Any, text: Fitted, colour: str = "1E293B", *, bold: bool = False) -> None:
        from pptx.enum.text import MSO_ANCHOR, PP_ALIGN

        self.look.paragraphs(shape.text_frame, text, colour, bold=bold)
        shape.text_frame.vertical_anchor = MSO_ANCHOR.BOTTOM if bold else MSO_ANCHOR.TOP
        for paragraph in shape.text_frame.paragraphs:
            paragraph.alignment = PP_ALIGN.LEFT

    def _full(self, text: str, shown: Fitted) -> str:
        """For the notes: a title or caption that had to be shortened."""
        whole = shown.lines == (clean(text),)
        return "" if whole or not text else say("slides.title_in_full", self.deck.lang, title=clean(text))

    def _notes(self, slide: Any, lines: Sequence[str]) -> None:
        if not lines:
            return
        frame = slide.notes_slide.notes_text_frame
        for i, line in enumerate(lines):
            paragraph = frame.paragraphs[0] if i == 0 else frame.add_paragraph()
            self.look.run(paragraph, line, 12, "000000")


def _ratio(slide: Slide) -> float:
    assert slide.figure is not None
    wide, high = size_of(slide.figure.svg)
    return wide / high


def _properties(file: Any, deck: Deck) -> None:
    """What the file says of itself; no clock, nobody's name."""
    properties = file.core_properties
    properties.title = clean(f"{deck.name} · {deck.kind}")[:250]
    properties.subject = clean(deck.kind)[:250]
    properties.language = {"en": "en", "zh": "zh-CN"}[deck.lang]
    properties.author = properties.last_modified_by = "mining"
    properties.created = properties.modified = EPOCH
    properties.revision = 1
    properties.comments = properties.keywords = properties.category = ""
