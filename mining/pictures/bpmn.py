"""A BPMN file as its author laid it out, with findings on its steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import ceil
from pathlib import Path
from typing import Any

from mining.blueprint.bpmn.document import (
    GATEWAYS,
    PARTS,
    TASKS,
    Document,
    Element,
    read_document,
    tag_of,
)
from mining.blueprint.bpmn.drawing import DI, Bounds, Point, local
from mining.errors import ModelError
from mining.pictures.boxes import NAME_SIZE, PAD, SIDE, STRIP_ROW, Box, draw_box, strip_lines
from mining.pictures.bpmn_signs import event, gateway, open_head, page, store, task_sign
from mining.pictures.marks import Mark, percent
from mining.pictures.svg import (
    INK,
    LINE,
    MUTED,
    Picture,
    balanced,
    document,
    escaped,
    rounded_path,
    tag,
    text_lines,
    text_width,
    widest,
)
from mining.pictures.symbols import legend, overlay_items
from mining.pictures.words import words_in

MARGIN, HEAD = 16.0, 112.0  # HEAD: width of a column with the names of pools or lanes
LABEL_SIZE, LEAST_SIZE, MOST_SCALE, MOST_PIXELS = 11.0, 7.0, 2.0, 40_000
SIGN_ROW = 15.0  # room for a sign in a box, above or below its name
LEAST_LABEL = 84.0
WORDS = {
    "en": {
        "desc": "BPMN drawing: {steps} steps, {flows} flows.",
        "unplaced": "Not drawn, because the file gives them no place in it: {names}",
        "outside": "Marked, but no step of the drawing: {names}",
    },
    "zh": {
        "desc": "BPMN 流程图：{steps} 个步骤，{flows} 条连线。",
        "unplaced": "文件未给出位置，故未画出：{names}",
        "outside": "有标记，但图中无此步骤：{names}",
    },
}


def bpmn_picture(
    path: str | Path,
    *,
    marks: Mapping[str, Mark] = {},
    activities: Mapping[str, str] | None = None,
    names: Mapping[str, str] = {},
    lang: str = "en",
) -> Picture:
    """Draw a BPMN file in its own layout, with findings on its steps.

    Everything stands where the file puts it; the whole is enlarged, up to twice, until all names and findings have room. The
    names of pools and lanes stand in columns at the left. What the file does not place is listed below the picture.

    Parameters
    ----------
    path : str or Path
        A BPMN 2.0 file with a layout (BPMN DI).
    marks : mapping of str to Mark, optional
        Findings by activity id: a strip with the count and share of cases, the border by severity, as in
        :func:`mining.pictures.blueprint_picture`. Marks that belong to no step of the drawing are listed below it.
    activities : mapping of str to str, optional
        Id of each drawn step to the id of its activity, as ``from_bpmn(path).activities``. Without it, ids of elements.
    names : mapping of str to str, optional
        Id of an activity to its name, for those that are no step of the drawing.
    lang : {"en", "zh"}, default "en"
        Language of the words around the drawing; names are as in the file.

    Returns
    -------
    Picture

    Raises
    ------
    BlueprintError
        If the file cannot be read.
    ModelError
        If the file says nowhere where its elements are drawn, or its drawing is too large for a picture.
    UnknownNameError
        If ``lang`` is not spoken.

    Examples
    --------
    >>> file = getfixture("tmp_path") / "pay.bpmn"
    >>> _ = file.write_text('''<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"
    ... xmlns:di="http://www.omg.org/spec/BPMN/20100524/DI" xmlns:dc="http://www.omg.org/spec/DD/20100524/DC">
    ... <process id="p"><task id="t" name="Pay"/></process><di:BPMNDiagram><di:BPMNPlane>
    ... <di:BPMNShape bpmnElement="t"><dc:Bounds x="0" y="0" width="100" height="80"/></di:BPMNShape>
    ... </di:BPMNPlane></di:BPMNDiagram></definitions>''')
    >>> "3 (30%)" in bpmn_picture(file, marks={"t": Mark(3, 10)}).svg
    True
    """
    sheet = _Sheet(read_document(path), dict(marks), activities, names, lang, words_in(lang) | WORDS[lang])
    return sheet.picture()


def _fitted(text: str, width: float, height: float, size: float = NAME_SIZE) -> tuple[list[str], float]:
    """Lines and the largest size at which they fit; never smaller than can be read."""
    while True:
        room = max(width, 2 * size)
        lines = balanced(text, size, room)
        if size <= LEAST_SIZE or (len(lines) * size * 1.22 <= height and widest(text, size) <= room):
            return lines, size
        size -= 0.5


def _middle(lines: list[str], size: float, x: float, y: float, **style: Any) -> str:
    """Lines around a point."""
    first = y - (len(lines) - 1) * size * 0.61 + size * 0.36
    return text_lines(lines, x, first, size=size, leading=size * 1.22, **style)


def _within(inner: Bounds, outer: Bounds) -> bool:
    x, y = inner.x + inner.width / 2, inner.y + inner.height / 2
    return outer.x <= x <= outer.x + outer.width and outer.y <= y <= outer.y + outer.height


@dataclass
class _Sheet:
    """A file, its marks, and the enlargement that lets everything be read."""

    file: Document
    marks: dict[str, Mark]
    activities: Mapping[str, str] | None
    names: Mapping[str, str]
    lang: str
    words: dict[str, str]

    # --- what is drawn -----------------------------------------------------------------------------------------------

    @cached_property
    def title(self) -> str:
        """Names of the pools, else of the file."""
        return " · ".join(p.name for p in self.file.pools if p.name) or self.file.path.stem

    @cached_property
    def heading(self) -> list[str]:
        return balanced(self.title, 18, 600, bold=True)

    @cached_property
    def drawn(self) -> dict[str, Element]:
        """Elements with a place; those of a closed sub-process have theirs on another sheet, if anywhere."""
        found: dict[str, Element] = {}
        bounds = self.file.layout.bounds
        for id, element in self.file.elements.items():  # a sub-process stands before what is in it
            inner = element.scope in self.file.elements
            if id in bounds and (not inner or (element.scope in found and _within(bounds[id], bounds[element.scope]))):
                found[id] = element
        return found

    @cached_property
    def opened(self) -> set[str]:
        """Sub-processes that show what is in them."""
        return {e.scope for e in self.drawn.values() if e.scope in self.drawn}

    @cached_property
    def boxes(self) -> dict[str, Element]:
        """Steps, calls and closed sub-processes."""
        kinds = TASKS | PARTS | {"callActivity"}
        return {id: e for id, e in self.drawn.items() if e.kind in kinds and id not in self.opened}

    @cached_property
    def edges(self) -> dict[str, tuple[Point, ...]]:
        """Ways of the flows and associations, without points that repeat the one before."""
        ends = {a.id: (a.source, a.target) for a in self.file.flows.values()}
        found = {}
        for id, points in self.file.layout.waypoints.items():
            way = [p for k, p in enumerate(points) if not k or p != points[k - 1]]
            if len(way) > 1 and id in self.kinds and all(x in self.drawn for x in ends.get(id, ())):
                found[id] = tuple(way)
        return found

    @cached_property
    def kinds(self) -> dict[str, str]:
        """Tag of everything that has an id."""
        return {e.get("id"): tag_of(e) or "" for e in self.file.root.iter() if e.get("id")}

    @cached_property
    def containers(self) -> dict[str, tuple[str, int, Bounds]]:
        """Drawn pools and lanes: name, depth and place, the outer ones first."""
        bounds, found = self.file.layout.bounds, {}
        for pool in self.file.pools:
            if pool.id in bounds:
                found[pool.id] = (pool.name, 0, bounds[pool.id])
        owner = {pool.process: pool.id for pool in self.file.pools if pool.process}
        for lane in self.file.lanes:
            around = lane.parent or owner.get(lane.process, "")
            if lane.id in bounds:
                found[lane.id] = (lane.name, found[around][1] + 1 if around in found else 0, bounds[lane.id])
        return dict(sorted(found.items(), key=lambda item: item[1][1]))

    @cached_property
    def upright(self) -> set[str]:
        """Pools and lanes that run from top to bottom."""
        shapes = self.file.root.iter(f"{DI}BPMNShape")
        return {local(s.get("bpmnElement")) or "" for s in shapes if s.get("isHorizontal") == "false"}

    def unplaced(self) -> Iterator[str]:
        """Names of what should be drawn and is not."""
        layout, file = self.file.layout, self.file
        yield from (e.name or id for id, e in file.elements.items() if id not in self.drawn)
        yield from (a.name or a.id for a in (*file.flows.values(), *file.messages) if a.id not in self.edges)
        yield from (lane.name or lane.id for lane in file.lanes if lane.id not in layout.bounds)
        participants = [p for p in file.pools if p.id in self.kinds and self.kinds[p.id] == "participant"]
        yield from (pool.name or pool.id for pool in participants if pool.id not in layout.bounds)
        placed = ("documentation", "dataObject", "dataStore")
        yield from (f.text or f.id for f in file.facts if f.kind not in placed and f.id not in layout.bounds)

    def mark(self, id: str) -> Mark | None:
        activity = id if self.activities is None else self.activities.get(id)
        return None if activity is None else self.marks.get(activity)

    # --- places ------------------------------------------------------------------------------------------------------

    @cached_property
    def scale(self) -> float:
        """The least enlargement at which all names and strips fit their boxes."""
        for tenths in range(10, round(MOST_SCALE * 10)):
            if all(self.fits(e, tenths / 10) for e in self.boxes.values()):
                return tenths / 10
        return MOST_SCALE

    def fits(self, element: Element, scale: float) -> bool:
        b = self.file.layout.bounds[element.id]
        box = self.box(element, b.width * scale, scale)
        room = b.height * scale - box.strip_height - self.taken(element, scale)
        return _fitted(element.name, b.width * scale - 2 * SIDE, room)[1] == NAME_SIZE

    def covered(self, element: Element, scale: float) -> float:
        """How far the events on the lower edge of a box reach into it."""
        bounds = self.file.layout.bounds
        b = bounds[element.id]
        low, hung = b.y + b.height, [bounds[id] for id, e in self.drawn.items() if e.host == element.id]
        return max([(low - e.y) * scale for e in hung if e.y < low < e.y + e.height], default=0.0)

    def taken(self, element: Element, scale: float) -> float:
        """Height in a box that is for neither the name nor the strip."""
        sign = bool(task_sign(element.kind, 0, 0)) or element.kind in PARTS
        below = 0.0 if self.mark(element.id) else self.covered(element, scale)
        return PAD + (SIGN_ROW if sign else 0.0) + below

    @cached_property
    def extent(self) -> tuple[float, float, float, float]:
        """Left, top, right and lower end of everything in the file's own measure."""
        layout = self.file.layout
        shown = [b for id, b in layout.bounds.items() if id not in self.file.elements or id in self.drawn]
        shown += [layout.labels[id] for id in (*self.drawn, *self.edges) if id in layout.labels]
        xs = [p[0] for way in self.edges.values() for p in way] + [x for b in shown for x in (b.x, b.x + b.width)]
        ys = [p[1] for way in self.edges.values() for p in way] + [y for b in shown for y in (b.y, b.y + b.height)]
        return min(xs), min(ys), max(xs), max(ys)

    @cached_property
    def heads(self) -> int:
        """How many columns the names of pools and lanes take."""
        flat = [depth for id, (_, depth, _) in self.containers.items() if id not in self.upright]
        return max(flat, default=-1) + 1

    def at(self, x: float, y: float) -> Point:
        left, top = MARGIN + self.heads * HEAD, 36.0 + 22 * len(self.heading)
        aside = 0.0 if self.containers else 30.0  # labels may be wider than what they stand below
        return (x - self.extent[0]) * self.scale + left + aside, (y - self.extent[1]) * self.scale + top

    def place(self, bounds: Bounds) -> tuple[float, float, float, float]:
        return *self.at(bounds.x, bounds.y), max(bounds.width, 0.0) * self.scale, max(bounds.height, 0.0) * self.scale

    # --- drawing -----------------------------------------------------------------------------------------------------

    def picture(self) -> Picture:
        layout, path = self.file.layout, self.file.path
        if not layout.bounds:
            raise ModelError(
                f"{path}: says nowhere where its elements are drawn (it has no BPMN DI). Open it in a BPMN editor, lay it "
                "out and save it; or make a blueprint of it with from_bpmn and draw that."
            )
        size = [(b - a) * self.scale for a, b in zip(self.extent[:2], self.extent[2:], strict=True)]
        if max(size) > MOST_PIXELS:
            raise ModelError(
                f"{path}: the drawing is {size[0]:,.0f} by {size[1]:,.0f} pixels; a picture holds up to {MOST_PIXELS:,}. "
                "Look for an element or a bend that is far from the others."
            )
        title = self.title
        steps = self.words["desc"].format(steps=len(self.boxes), flows=len(self.edges))
        body, low = self.body()
        right = self.at(self.extent[2], 0)[0]
        width = max(right + (0 if self.containers else 30) + MARGIN, 640.0)
        explained, tall = legend(overlay_items(list(self.marks.values()), self.words), MARGIN, low, width - 2 * MARGIN)
        body.append(explained)
        low += tall
        for kind, names in (("unplaced", list(self.unplaced())), ("outside", list(self.outside()))):
            if names:
                text = self.words[kind].format(names=self.words["and"].join(names))
                lines = balanced(text, LABEL_SIZE, width - 2 * MARGIN)
                body.append(
                    text_lines(lines, MARGIN, low + 16, size=LABEL_SIZE, leading=15, anchor="start", fill=MUTED)
                )
                low += len(lines) * 15 + 8
                steps += " " + text
        return Picture(document(body, width, low + MARGIN, title=title, desc=steps, lang=self.lang), title)

    def outside(self) -> Iterator[str]:
        shown = set(self.boxes) if self.activities is None else {self.activities.get(id) for id in self.boxes}
        for id, mark in self.marks.items():
            if id not in shown:
                yield f"{self.names.get(id, id)} {mark.n:,} / {mark.n_all:,} ({percent(mark.share)})"

    def body(self) -> tuple[list[str], float]:
        """Everything above the legend, and where it ends."""
        self.low = self.at(0, self.extent[3])[1]
        body = [text_lines(self.heading, MARGIN, 36, size=18, leading=22, anchor="start", bold=True)]
        body += [self.container(id) for id in self.containers]
        facts = {f.id: f for f in self.file.facts if f.kind != "documentation" and f.id in self.file.layout.bounds}
        body += [self.group(id, facts[id].text) for id in facts if facts[id].kind == "group"]
        body += [self.part(e) for id, e in self.drawn.items() if id in self.opened]
        body += [self.edge(id, way) for id, way in self.edges.items()]
        body += [self.fact(f.id, f.kind, f.text) for f in facts.values() if f.kind != "group"]
        body += [self.step(e) for e in self.boxes.values()]
        rest = [e for id, e in self.drawn.items() if id not in self.boxes and id not in self.opened]
        body += [self.round(e) for e in rest]
        body += [self.edge_label(id) for id in self.edges]
        return body, self.low + 16

    def label(self, id: str, text: str, below: tuple[float, float, float]) -> str:
        """A name beside its sign: where the file puts it, else around ``below`` (middle, top, width)."""
        if not text:
            return ""
        where = self.file.layout.labels.get(id)
        if where is not None:
            x, y, wide, _ = self.place(where)
            below = x + wide / 2, y, wide
        lines = balanced(text, LABEL_SIZE, max(below[2], LEAST_LABEL))
        self.low = max(self.low, below[1] + 13 * len(lines))
        long = max(text_width(line, LABEL_SIZE) for line in lines)
        ground = {"x": below[0] - long / 2, "y": below[1], "width": long, "height": 13.0 * len(lines)}
        words = text_lines(lines, below[0], below[1] + 11, size=LABEL_SIZE, leading=13)
        return tag("rect", class_="ground", fill="#ffffff", **ground) + words  # lines may lie under it

    def group_of(self, kind: str, id: str, *parts: str) -> str:
        return tag("g", "".join(parts), class_=kind, data_element=id)

    def container(self, id: str) -> str:
        """A pool or lane, its name in a column at the left; over it where it runs downwards."""
        name, depth, bounds = self.containers[id]
        x, y, wide, high = self.place(bounds)
        frame = {"fill": "#ffffff" if depth else "#f8fafc", "stroke": LINE, "stroke_width": 1.0 if depth else 1.5}
        parts = [tag("title", escaped(name)), tag("rect", class_="band", x=x, y=y, width=wide, height=high, **frame)]
        if id in self.upright:
            lines, size = _fitted(name, wide - 8, 30 * self.scale)
            parts.append(_middle(lines, size, x + wide / 2, y + 15 * self.scale, bold=not depth))
            return self.group_of("container", id, *parts)
        inner = any(d > depth and _within(b, bounds) for _, d, b in self.containers.values())
        left = MARGIN + depth * HEAD
        head = HEAD if inner else HEAD * (self.heads - depth)
        frame["fill"] = "#f1f5f9"
        parts.append(tag("rect", class_="head", x=left, y=y, width=head, height=high, **frame))
        lines, size = _fitted(name, head - 12, high - 4)
        parts.append(_middle(lines, size, left + head / 2, y + high / 2, bold=not depth))
        return self.group_of("container", id, *parts)

    def group(self, id: str, text: str) -> str:
        x, y, wide, high = self.place(self.file.layout.bounds[id])
        frame = {"rx": 8, "fill": "none", "stroke": MUTED, "stroke_width": 1.2, "stroke_dasharray": "8 3 2 3"}
        name = self.label(id, text, (x + wide / 2, y + 2, wide))
        return self.group_of("group", id, tag("rect", x=x, y=y, width=wide, height=high, **frame), name)

    def part(self, element: Element) -> str:
        """A sub-process that shows what is in it."""
        x, y, wide, high = self.place(self.file.layout.bounds[element.id])
        frame: dict[str, Any] = {"rx": 8, "fill": "#ffffff", "stroke": INK, "stroke_width": 1.4}
        frame["stroke_dasharray"] = "2 2.5" if "triggeredByEvent" in element.marks else None
        parts = [
            tag("rect", x=x, y=y, width=wide, height=high, **frame),
            self.sign_below(element, x + wide / 2, y + high),
        ]
        parts.append(
            text_lines(balanced(element.name, LABEL_SIZE, wide - 12), x + wide / 2, y + 14, size=11, leading=13)
        )
        return self.group_of("part", element.id, *parts)

    def sign_below(self, element: Element, x: float, low: float) -> str:
        """At the lower edge of a sub-process: a plus if it is closed, a tilde if its steps have no order."""
        if element.kind not in PARTS:
            return ""
        text = ("" if element.id in self.opened else "+") + ("~" if element.kind == "adHocSubProcess" else "")
        edge = {"fill": "#ffffff", "stroke": INK, "stroke_width": 1.0}
        box = tag("rect", x=x - 6.0, y=low - 14.0, width=12.0, height=12.0, **edge) if text == "+" else ""
        return box + text_lines([text] if text else [], x, low - 3.5, size=13, leading=0, bold=True)

    def edge(self, id: str, points: tuple[Point, ...]) -> str:
        way = [self.at(*p) for p in points]
        kind = self.kinds[id]
        look: dict[str, Any] = {"fill": "none", "stroke": LINE, "stroke_width": 1.4, "class_": "flow", "data_flow": id}
        d = rounded_path(way)
        if kind == "sequenceFlow":
            return tag("path", d=d, marker_end="url(#arrowhead)", **look)
        if kind == "messageFlow":
            x, y = way[0]
            start = tag("circle", cx=x, cy=y, r=3.5, fill="#ffffff", stroke=LINE, stroke_width=1.2)
            return tag("path", d=d, stroke_dasharray="7 4", **look) + start + open_head(way[-1], way[-2], closed=True)
        head = open_head(way[-1], way[-2], closed=False) if kind.startswith("data") else ""
        return tag("path", d=d, stroke_dasharray="1.5 3", **look) + head

    def edge_label(self, id: str) -> str:
        arrows = (self.file.flows.get(id), *(m for m in self.file.messages if m.id == id))
        name = next((a.name for a in arrows if a), "")
        way = [self.at(*p) for p in self.edges[id]]
        (x, y), (u, v) = max(
            zip(way, way[1:], strict=False), key=lambda s: abs(s[0][0] - s[1][0]) + abs(s[0][1] - s[1][1])
        )
        return self.label(id, name, ((x + u) / 2, (y + v) / 2 - 15, LEAST_LABEL))

    def fact(self, id: str, kind: str, text: str) -> str:
        """Data, with its name below, or an annotation."""
        x, y, wide, high = self.place(self.file.layout.bounds[id])
        if kind == "textAnnotation":
            lines, size = _fitted(text, wide - 10, high, LABEL_SIZE)
            high = max(high, len(lines) * size * 1.22)
            self.low = max(self.low, y + high)
            d = rounded_path([(x + 8, y), (x, y), (x, y + high), (x + 8, y + high)], 0)
            bracket = tag("path", d=d, fill="none", stroke=MUTED, stroke_width=1.2)
            words = text_lines(lines, x + 6, y + size, size=size, leading=size * 1.22, anchor="start")
            return self.group_of("fact", id, bracket, words)
        sign = (store if "Store" in kind else page)(x, y, wide, high)
        return self.group_of("fact", id, sign, self.label(id, text, (x + wide / 2, y + high + 2, wide)))

    def box(self, element: Element, wide: float, scale: float) -> Box:
        """The box of a step without its name, whose size depends on the room."""
        mark = self.mark(element.id)
        of = len({m.n_all for m in self.marks.values()}) > 1
        hidden = ceil(self.covered(element, scale) / STRIP_ROW) if mark else 0  # the strip's text stands above events
        strip = (*strip_lines(mark, max(wide, 48.0), self.words, of=of), *[("", "")] * hidden)
        said = [element.name, element.performer, mark.label if mark else ""]
        title = " · ".join(filter(None, said)) or element.id
        id = element.id if self.activities is None else self.activities.get(element.id, element.id)
        return Box(id, title, (), (), (), (), strip, mark, False, False)

    def step(self, element: Element) -> str:
        """A task, a call or a closed sub-process, as a blueprint draws its steps."""
        x, y, wide, high = self.place(self.file.layout.bounds[element.id])
        box, taken = self.box(element, wide, self.scale), self.taken(element, self.scale)
        lines, size = _fitted(element.name, wide - 2 * SIDE, high - box.strip_height - taken)
        high = max(high, len(lines) * size * 1.22 + box.strip_height + taken)
        self.low = max(self.low, y + high)
        parts = [draw_box(box, x, y, wide, high)]
        closed, room = element.kind in PARTS, high - box.strip_height
        below = 0.0 if box.strip else self.covered(element, self.scale)
        above = y + (0.0 if closed else taken - PAD - below)
        parts.append(_middle(lines, size, x + wide / 2, above + (room - taken + PAD) / 2))
        parts += [task_sign(element.kind, x + 12, y + 11), self.sign_below(element, x + wide / 2, y + room)]
        if element.kind == "callActivity":
            inner = {"rx": 4, "fill": "none", "stroke": INK, "stroke_width": 2.4}
            parts.append(tag("rect", x=x + 2.5, y=y + 2.5, width=wide - 5, height=high - 5, **inner))
        return self.group_of("step", element.id, *parts)

    def round(self, element: Element) -> str:
        """An event or a gateway, its name beside it."""
        x, y, wide, high = self.place(self.file.layout.bounds[element.id])
        said = [element.name, *(e.value for e in element.events if e.value != element.name)]
        title = tag("title", escaped(" · ".join(filter(None, said)) or element.kind))
        if element.kind in GATEWAYS:
            shape = gateway(element, x, y, wide, high)
        else:
            shape = event(element, x + wide / 2, y + high / 2, min(wide, high) / 2)
        name = self.label(element.id, element.name, (x + wide / 2, y + high + 2, LEAST_LABEL))
        return self.group_of("gateway" if element.kind in GATEWAYS else "event", element.id, title, shape, name)
