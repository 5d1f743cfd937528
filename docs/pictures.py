"""Draws the pictures of the README, and the golden pictures that tests compare with: ``python -m docs.pictures``."""

from __future__ import annotations

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import mining
from mining.blueprint import Blueprint
from mining.pictures import Mark, Picture, blueprint_picture
from mining.pictures.svg import escaped
from mining.plots import to_svg

HERE = Path(__file__).parent
SAMPLES = HERE.parent / "sample_logs"
GOLDENS = HERE.parent / "tests" / "pictures"
NAMES = ("bank_loan", "it_incident", "outpatient_visit", "permit_receipt")
FINDINGS = 8
SVG = "{http://www.w3.org/2000/svg}"


def main() -> None:
    """Write blueprint.svg, blueprint_zh.svg and findings.svg beside this file, and the goldens beside the tests."""
    for name, svg in readme_pictures().items():
        (HERE / name).write_text(svg, encoding="utf-8", newline="\n")
    GOLDENS.mkdir(exist_ok=True)
    for name, picture in golden_pictures():
        (GOLDENS / f"{name}.json").write_text(as_json(structure_of(picture)), encoding="utf-8", newline="\n")


def readme_pictures() -> dict[str, str]:
    """The pictures of the README as SVG, by file name."""
    sample = SAMPLES / "outpatient_visit"
    blueprint = mining.read_blueprint(sample / "blueprint.yaml")
    study = mining.Study(mining.read_log(sample / "log.csv", columns=blueprint.binding), blueprint)
    rows = study.findings().open().head(FINDINGS)
    shown = zip(rows["rank"], rows["title_en"], rows["n_net"], rows["n_judged"], rows["priority"], strict=True)
    said = "; ".join(f"{rank} {title}: {n:,} / {judged:,}, {priority}" for rank, title, n, judged, priority in shown)
    chart = to_svg(study.findings().plot(top=FINDINGS))
    drawn = {"blueprint.svg": study.plot().svg, "blueprint_zh.svg": study.plot(lang="zh").svg}
    return drawn | {"findings.svg": with_description(chart, said)}


def with_description(svg: str, text: str) -> str:
    """The picture with what it shows in words: its letters are paths, which neither tests nor screen readers can read.

    Examples
    --------
    >>> with_description('<svg width="1"><g/></svg>', "1 < 2")
    '<svg width="1"><desc>1 &lt; 2</desc><g/></svg>'
    """
    head, rest = svg.split(">", 1)
    return f"{head}><desc>{escaped(text)}</desc>{rest}"


def description_of(svg: str) -> str:
    """What :func:`with_description` put there; empty without."""
    return ET.fromstring(svg).findtext(f"{SVG}desc", "")


def golden_pictures() -> Iterator[tuple[str, Picture]]:
    """Every sample in both languages, plain and with an overlay that shows every sign."""
    for name, lang, overlay in product(NAMES, ("en", "zh"), (False, True)):
        blueprint = mining.read_blueprint(SAMPLES / name / "blueprint.yaml")
        marks = overlay_for(blueprint) if overlay else None
        yield (
            f"{name}_{lang}_{'overlay' if overlay else 'plain'}",
            blueprint_picture(blueprint, overlay=marks, lang=lang),
        )


def overlay_for(blueprint: Blueprint) -> dict[str, Mark]:
    """Marks of every strength, at every other activity."""
    severities = ("critical", "major", "minor", "observation", None)
    shares = (0, 3, 40, 90, 200, 450, 900)
    return {
        activity.id: Mark(
            shares[k % 7],
            1000,
            label="skipped or out of order" if k % 3 else "",
            severity=severities[k % 5],
            late_share=0.123 if k % 2 else None,
        )
        for k, activity in enumerate(blueprint.activities[::2])
    }


def structure_of(picture: Picture) -> dict[str, Any]:
    """What a blueprint's picture shows and where, in whole pixels: independent of how it is written down as SVG.

    ``boxes``, ``bars``, ``diamonds`` and ``lanes`` as [left, top, width, height]; ``lines`` and their heights; ``arrows`` as
    [kind, from, to, bends, head]; ``texts`` in the order they are drawn.
    """
    root = ET.fromstring(picture.svg)
    groups = [(group.get("class"), group) for group in root.iter(f"{SVG}g")]

    def places(kind: str, key: str, rect: str) -> dict[str, list[int]]:
        return {group.get(key, ""): _rect(group, rect) for name, group in groups if name == kind}

    return {
        "size": [round(float(root.get(key, 0))) for key in ("width", "height")],
        "boxes": places("activity", "data-activity", "box"),
        "bars": places("bar", "data-region", "bar-box"),
        "diamonds": {
            group.get("data-gateway", ""): [group.get("data-kind"), *map(_whole, group.get("data-place", "").split())]
            for name, group in groups
            if name == "gateway"
        },
        "lanes": places("lane", "data-lane", "band"),
        "lines": {
            group.get("data-line", ""): _whole(line.get("y1", "0"))
            for name, group in groups
            if name == "boundary" and (line := group.find(f"{SVG}line")) is not None
        },
        "arrows": [_arrow(path) for path in root.iter(f"{SVG}path") if path.get("class") == "flow"],
        "texts": [text.text or "" for text in root.iter(f"{SVG}text")],
    }


def as_json(structure: dict[str, Any]) -> str:
    """One line for each thing, so that differences can be read."""
    parts = []
    for key, value in structure.items():
        if not value or key == "size":
            parts.append(f" {_plain(key)}: {_plain(value)}")
        elif isinstance(value, dict):
            lines = [f"  {_plain(name)}: {_plain(content)}" for name, content in value.items()]
            parts.append(f" {_plain(key)}: {{\n" + ",\n".join(lines) + "\n }")
        else:
            parts.append(f" {_plain(key)}: [\n" + ",\n".join(f"  {_plain(item)}" for item in value) + "\n ]")
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _plain(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def _whole(text: str) -> int:
    return round(float(text))


def _rect(group: ET.Element, kind: str) -> list[int]:
    rect = next(r for r in group.iter(f"{SVG}rect") if r.get("class") == kind)
    return [_whole(rect.get(key, "0")) for key in ("x", "y", "width", "height")]


def _arrow(path: ET.Element) -> list[str | int | None]:
    bends = path.get("d", "").count("L") - 1
    head = re.sub(r"url\(#(\w+)\)", r"\1", path.get("marker-end", ""))
    return [path.get("data-kind"), path.get("data-from"), path.get("data-to"), bends, head]


if __name__ == "__main__":
    main()
