"""Neighbours on a line, each pulled to several places, that must keep apart: where they settle."""

from __future__ import annotations

from collections.abc import Sequence


def settle(
    now: Sequence[float],
    wants: Sequence[Sequence[tuple[float, float]]],
    gaps: Sequence[float],
    ends: tuple[float, float] | None = None,
) -> list[float]:
    """Places in order, at least ``gaps`` apart, with the least weighted distance to where each wants to be.

    Neighbours that would come too close form a block, which moves to the weighted median of what its members want (isotonic regression).

    Parameters
    ----------
    now : sequence of float
        Where each stands; who wants nothing stays there, as far as the others let it.
    wants : sequence of sequences of (float, float)
        Places and weights.
    gaps : sequence of float
        Least distances, one fewer than places.
    ends : (float, float), optional
        The first does not come before, the last not after these.

    Examples
    --------
    >>> settle([0, 0, 0], [[(5, 1)], [(5, 1)], [(40, 1)]], [10, 10])
    [0.0, 10.0, 40.0]
    """
    shift, offsets = 0.0, []
    for k in range(len(now)):
        shift += gaps[k - 1] if k else 0.0
        offsets.append(shift)
    blocks: list[tuple[float, list[tuple[float, float]], int]] = []
    for k, wanted in enumerate(wants):
        pulls = [(place - offsets[k], weight) for place, weight in wanted] or [(now[k] - offsets[k], 0.01)]
        blocks.append((_median(pulls), pulls, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            _, pulls, size = blocks.pop()
            _, before, count = blocks.pop()
            joined = before + pulls
            blocks.append((_median(joined), joined, size + count))
    flat = [value for value, _, size in blocks for _ in range(size)]
    if ends:
        low, high = ends[0], ends[1] - offsets[-1]
        flat = [min(max(value, low), high) if high >= low else (low + high) / 2 for value in flat]
    return [float(value + offset) for value, offset in zip(flat, offsets, strict=True)]


def _median(pulls: Sequence[tuple[float, float]]) -> float:
    """The weighted median; the middle where two places are as good."""
    ordered = sorted(pulls)
    half, seen = sum(w for _, w in ordered) / 2, 0.0
    for k, (place, weight) in enumerate(ordered):
        seen += weight
        if abs(seen - half) < 1e-9 and k + 1 < len(ordered):
            return (place + ordered[k + 1][0]) / 2
        if seen > half:
            return place
    return ordered[-1][0]
