"""What the signs of a case's picture mean, those in use only."""

from __future__ import annotations

from mining.pictures.brackets import hatched
from mining.pictures.case_boxes import corner, draw_badge
from mining.pictures.case_ground import CLOSED, OPEN
from mining.pictures.case_story import Story
from mining.pictures.svg import INK, LINE, MUTED, tag
from mining.pictures.symbols import LegendItem, arrow_item, box_item
from mining.pictures.timeline import Timeline
from mining.texts import say
from mining.units import MICROSECONDS, readable


def case_legend(story: Story, timeline: Timeline) -> list[LegendItem]:
    """Every sign in use."""

    def word(key: str, **values: object) -> str:
        return say(f"explain.legend.{key}", story.lang, **values)

    looks = {item.look for item in story.items}
    flags = [f for item in story.items for f in item.flags] + [f for s in story.measurements for f in s.flags]
    flags += story.at_end
    items = [box_item(word("step"))] if looks & {"plain", "faulty", "moved", "extra", "repeated"} else []
    items += [box_item(word("faulty"), stroke_width=2.6)] if looks - {"plain", "missing", "slot", "folded"} else []
    items += [LegendItem(corner(look, 9.0, 0.0), 18, word(look)) for look in ("extra", "repeated") if look in looks]
    items += [box_item(word("missing"), stroke_dasharray="5 3.5")] if "missing" in looks else []
    items += [arrow_item(word("moved"), "loop")] if any(item.slot is not None for item in story.items) else []
    items += (
        [LegendItem(draw_badge("1", False, 0.0, 0.0), 18, word("fault"))] if any(not f.allowed for f in flags) else []
    )
    items += [LegendItem(draw_badge("1", True, 0.0, 0.0), 18, word("allowed"))] if any(f.allowed for f in flags) else []
    if any(item.begin is not None for item in story.items):
        items.append(LegendItem(tag("rect", x=0.0, y=-3.5, width=24.0, height=7.0, fill="#64748b"), 24, word("work")))
    if any(item.ready is not None for item in story.items):
        dots = tag("line", x1=3.0, x2=26.0, y1=0.0, y2=0.0, stroke=LINE, stroke_width=1.4, stroke_dasharray="2 2.5")
        ring = tag("circle", cx=3.0, cy=0.0, r=2.6, fill="#ffffff", stroke=LINE, stroke_width=1.2)
        items.append(LegendItem(dots + ring, 26, word("ready")))
    items += _bracket_legend(story)
    if story.calendar:
        swatch = tag("rect", x=0.0, y=-7.0, width=12.0, height=14.0, fill=OPEN[True], stroke=MUTED, stroke_width=0.6)
        swatch += tag(
            "rect", x=12.0, y=-7.0, width=14.0, height=14.0, fill=CLOSED[True], stroke=MUTED, stroke_width=0.6
        )
        items.append(LegendItem(swatch, 26, word("hours", calendar=story.calendar)))
    return items + _scale_legend(story, timeline)


def _bracket_legend(story: Story) -> list[LegendItem]:
    spans = story.measurements
    items = []
    if any(span.due is not None for span in spans):
        late = tag("line", x1=0.0, x2=28.0, y1=0.0, y2=0.0, stroke=INK, stroke_width=1.6)
        late += tag("line", x1=12.0, x2=28.0, y1=0.0, y2=0.0, stroke=INK, stroke_width=6.0)
        late += tag("path", d="M12,-7 V7", fill="none", stroke=INK, stroke_width=2.4)
        items.append(LegendItem(late, 28, say("explain.legend.late", story.lang)))
    if any(not span.finished for span in spans):
        line = tag("line", x1=0.0, x2=28.0, y1=0.0, y2=0.0, stroke=INK, stroke_width=1.6, stroke_dasharray="5 3")
        items.append(LegendItem(line, 28, say("explain.legend.running", story.lang)))
    if any(span.stops for span in spans):
        items.append(LegendItem(hatched(0.0, 26.0, 0.0), 26, say("explain.legend.stop", story.lang)))
    return items


def _scale_legend(story: Story, timeline: Timeline) -> list[LegendItem]:
    """What distances mean."""
    if not timeline.longest:
        return []
    values = {
        "short": readable(timeline.shortest / MICROSECONDS, story.lang),
        "long": readable(timeline.longest / MICROSECONDS, story.lang),
    }
    strokes = tag("path", d="M2,6 l5,-12 M9,6 l5,-12", fill="none", stroke=LINE, stroke_width=1.4)
    return [LegendItem(strokes, 16, say("explain.legend.scale", story.lang, **values))]
