"""What the picture of one case holds, as plain values in one language: steps, measurements, open hours."""

from __future__ import annotations

from dataclasses import dataclass

from mining.blueprint.model import Lane

LOOKS = ("plain", "faulty", "extra", "repeated", "moved", "missing", "slot", "folded")
EVERYWHERE = -1  # the lane of folded steps
Flags = tuple["Flag", ...]


@dataclass(frozen=True)
class Flag:
    """A fault's badge: its number in the table below the picture, and whether an allowance covers it.

    ``last`` is the number of the last fault that the badge stands for, where several steps are drawn as one.
    """

    number: int
    allowed: bool
    title: str
    last: int = 0

    @property
    def text(self) -> str:
        """What stands in the badge."""
        return f"{self.number}–{self.last}" if self.last > self.number else str(self.number)

    @property
    def count(self) -> int:
        """Faults that it stands for."""
        return max(self.last, self.number) - self.number + 1


@dataclass(frozen=True)
class Item:
    """A box: a step that was done, one that is missing, the slot where another belongs, or several steps that are drawn as one.

    Attributes
    ----------
    key : int
        Names the box; of a step that was done, its number among the instances.
    lane : int
        Position of its lane; the number of lanes stands for steps outside the blueprint, ``EVERYWHERE`` for folded ones.
    look : str
        One of ``LOOKS``.
    at : int or None
        Moment in microseconds UTC by which it is ordered; None for a missing step and a slot, which stand before the next item.
    name : str
    notes : tuple of str
        Lines below the name: who, which row of the source.
    said : str
        What is wrong with its place, in a word or two.
    begin, ready : int or None
        When it was started and scheduled, where that is known and earlier.
    flags : tuple of Flag
    title : str
        All of it in one line, for a pointer or a screen reader.
    slot : int or None
        Key of the slot where it belongs.
    count : int
        Steps that it stands for.
    """

    key: int
    lane: int
    look: str
    at: int | None
    name: str
    notes: tuple[str, ...] = ()
    said: str = ""
    begin: int | None = None
    ready: int | None = None
    flags: Flags = ()
    title: str = ""
    slot: int | None = None
    count: int = 1


@dataclass(frozen=True)
class Measurement:
    """A bracket: what a time standard measured. Moments in microseconds UTC.

    Attributes
    ----------
    id : str
        Check that measures it.
    begin, end : int
    finished : bool
        Whether what ends it has happened; else it is measured to the end of the log.
    due : int or None
        The moment at which the limit was reached, where it was.
    stops : tuple of (int, int)
        Time that does not count.
    label : str
        Limit and measurement, in words; empty for one of many that is neither late nor the longest.
    flags : tuple of Flag
    title : str
    """

    id: str
    begin: int
    end: int
    finished: bool
    due: int | None
    stops: tuple[tuple[int, int], ...]
    label: str
    flags: Flags
    title: str


@dataclass(frozen=True)
class Story:
    """One case, ready to be drawn.

    Attributes
    ----------
    title, desc, lang, zone : str
    lanes : tuple of Lane
    items : tuple of Item
        In the order in which they were done; a missing step before the one that it should have come before.
    measurements : tuple of Measurement
    open_hours : tuple of (int, int)
        Spans in which the calendar is open, within the case.
    calendar : str
        Name of the calendar; empty without one.
    now : int or None
        End of the log, where the case is still running.
    at_end : tuple of Flag
        Badges of faults without a place: they stand at the end of the axis.
    notes : tuple of str
        What a reader must know about the picture: what is folded, what is cut off.
    """

    title: str
    desc: str
    lang: str
    zone: str
    lanes: tuple[Lane, ...]
    items: tuple[Item, ...]
    measurements: tuple[Measurement, ...]
    open_hours: tuple[tuple[int, int], ...]
    calendar: str
    now: int | None
    at_end: Flags
    notes: tuple[str, ...]
