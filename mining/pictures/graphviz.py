"""Places for nodes and curves for edges, by the executable of the package graphviz-pure."""

from __future__ import annotations

import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from mining.errors import MiningError

SECONDS = 20  # dense maps can keep any Graphviz busy for minutes
DPI = 72.0


class TooSlowError(MiningError):
    """A map too dense to be laid out in time."""


@dataclass(frozen=True)
class Node:
    """A box to place; ``key`` is a plain word, sizes in pixels."""

    key: str
    width: float
    height: float


@dataclass(frozen=True)
class Edge:
    """A curve to draw; ``head`` is the room for its arrowhead in pixels, ``weight`` how straight it should be."""

    source: str
    target: str
    label: str
    weight: int
    head: float


@dataclass(frozen=True)
class Drawn:
    """Middles of nodes; for each edge its Bezier points (4, 7, 10, ...) and the middle of its label.

    In pixels, y downwards.
    """

    width: float
    height: float
    nodes: dict[str, tuple[float, float]]
    edges: list[tuple[list[tuple[float, float]], tuple[float, float]]]


def draw(nodes: Sequence[Node], edges: Sequence[Edge], *, down: bool, ranks: Mapping[str, str]) -> Drawn:
    """Lay out a graph.

    Parameters
    ----------
    nodes, edges : sequences
        No two edges join the same nodes in the same direction.
    down : bool
        Top-down; else left to right.
    ranks : mapping of str to str
        Nodes that stand first or last: key to ``"source"`` or ``"sink"``.

    Returns
    -------
    Drawn

    Raises
    ------
    TooSlowError
        If it is too slow even with straight lines.
    MiningError
        If graphviz-pure is not installed or fails.
    """
    dot = _dot(nodes, edges, down, ranks)
    try:
        plain = _run(dot, ())
    except subprocess.TimeoutExpired:
        try:
            plain = _run(dot, ("-Gsplines=line", "-Gnslimit=2"))
        except subprocess.TimeoutExpired as error:
            raise TooSlowError(
                f"The layout of {len(nodes)} nodes and {len(edges)} arcs took over {SECONDS} seconds twice. "
                "Show fewer arcs (most_arcs=30) or fewer activities."
            ) from error
    return _parsed(plain, edges)


def _dot(nodes: Sequence[Node], edges: Sequence[Edge], down: bool, ranks: Mapping[str, str]) -> str:
    """Sizes are given, not measured: the program's metrics know no Chinese."""
    lines = [
        "digraph map {",
        f"graph [rankdir={'TB' if down else 'LR'}, nodesep=0.35, ranksep={0.42 if down else 0.6}]",
        'node [shape=box, fixedsize=true, label=""]',
        f'edge [fontname="Arial", fontsize={11 if down else 16}]',  # more room keeps labels off thick lines
    ]
    lines += [f"{n.key} [width={n.width / DPI:.4f}, height={n.height / DPI:.4f}]" for n in nodes]
    lines += [
        f'{e.source} -> {e.target} [label="  {e.label}  ", weight={e.weight}, arrowsize={e.head / 10:.3f}]'
        for e in edges
    ]
    lines += [f"{{rank={rank}; {key}}}" for key, rank in ranks.items()]
    return "\n".join([*lines, "}"])


def _executable() -> str:
    name = "graphviz-pure" + (".exe" if sys.platform == "win32" else "")
    for folder in (Path(sysconfig.get_path("scripts")), Path(sys.executable).parent):
        if (folder / name).exists():
            return str(folder / name)
    found = shutil.which("graphviz-pure")
    if not found:
        raise MiningError("A process map needs the layout program graphviz-pure. Install it: pip install graphviz-pure")
    return found


def _run(dot: str, options: Sequence[str]) -> str:
    try:
        done = subprocess.run(
            [_executable(), "-Tplain", *options],
            input=dot.encode(),
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except OSError as error:
        raise MiningError(
            f"graphviz-pure could not be started: {error}. Install it again: pip install graphviz-pure"
        ) from error
    if done.returncode:
        raise MiningError(f"graphviz-pure failed: {done.stderr.decode(errors='replace')[:500]}")
    return done.stdout.decode()


def _parsed(plain: str, edges: Sequence[Edge]) -> Drawn:
    width = height = 0.0
    nodes: dict[str, tuple[float, float]] = {}
    curves: dict[tuple[str, str], tuple[list[tuple[float, float]], tuple[float, float]]] = {}

    def at(x: str, y: str) -> tuple[float, float]:
        return float(x) * DPI, height - float(y) * DPI

    for line in plain.splitlines():
        words = line.split()
        match words[:1]:
            case ["graph"]:
                width, height = float(words[2]) * DPI, float(words[3]) * DPI
            case ["node"]:
                nodes[words[1]] = at(words[2], words[3])
            case ["edge"]:
                n = int(words[3])
                numbers = words[4 : 4 + 2 * n]
                points = [at(*pair) for pair in zip(numbers[::2], numbers[1::2], strict=True)]
                rest = line.split('"')[2].split() if '"' in line else words[4 + 2 * n + 1 :]
                curves[words[1], words[2]] = (points, at(rest[0], rest[1]))
    return Drawn(width, height, nodes, [curves[e.source, e.target] for e in edges])
