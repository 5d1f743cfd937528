"""Alerts as lines of a CSV file that grows with the state: whatever happens, each of them stands in it once."""

from __future__ import annotations

import csv
import io
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from mining.errors import MiningError
from mining.monitor.tables import Alerts
from mining.units import MISSING

if TYPE_CHECKING:
    from mining.monitor.saved import Saved


def header() -> str:
    """The first line."""
    return _line(Alerts.columns)


def line_of(alert: dict[str, Any]) -> str:
    """An alert as a line; moments in UTC, what is missing as nothing.

    Examples
    --------
    >>> line_of(dict.fromkeys(Alerts.columns, None) | {"case_id": "C1", "at": 0, "deadline": MISSING})
    ',C1,,,,,1970-01-01T00:00:00Z,,,,,,,\\r\\n'
    """
    moments = {name: moment(alert[name]) for name in ("at", "deadline")}
    return _line((alert | moments)[name] for name in Alerts.columns)


def moment(us: int) -> str:
    """A moment as text, as exact as it is; nothing for none.

    Examples
    --------
    >>> moment(1_500_000), moment(2_000_000), moment(MISSING)
    ('1970-01-01T00:00:01.500000Z', '1970-01-01T00:00:02Z', '')
    """
    return "" if us == MISSING else f"{str(np.datetime64(us, 'us')).removesuffix('.000000')}Z"


def _line(values: Iterable[Any]) -> str:
    text = io.StringIO()
    csv.writer(text).writerow(["" if value is None else value for value in values])
    return text.getvalue()


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """What the machine refuses (no room, no right, no such folder) is said in one sentence."""
    try:
        yield
    except OSError as error:
        raise MiningError(f"{path} cannot be written: {error.strerror or error}.") from None


class AlertFile:
    """A CSV file of alerts beside a state, which knows all of them: lines are added after the state has them for good.

    A file that is shorter than what the state knows, or ends within a line, was left so by a kill: it is cut back to its last whole
    line and completed.

    Parameters
    ----------
    path : Path
    saved : Saved

    Raises
    ------
    MiningError
        If the file holds something else than alerts of this state.
    """

    def __init__(self, path: Path, saved: Saved) -> None:
        self.path, self.saved, self._head = path, saved, header().encode()
        with writing(path):
            self._written = self._taken_up()
        self.add()

    def _taken_up(self) -> int:
        """Cut away what a kill has left half written; how far the file then goes."""
        path, saved = self.path, self.saved
        size = path.stat().st_size if path.exists() else 0
        if size > len(self._head) + saved.ends:
            raise MiningError(
                f"{path} is longer than the alerts that {saved.path} knows of: another state wrote it, or something was added. "
                "Name another file; it will hold all alerts of this state."
            )
        with path.open("ab+") as file:
            file.seek(0)
            start = file.read(len(self._head))
            if not self._head.startswith(start):
                raise MiningError(f"{path} is no file of alerts: it begins with {start[:40]!r}. Name another file.")
            whole = 0
            for line, ends in saved.lines():
                if len(self._head) + ends > size:
                    if not line.encode().startswith(file.read()):
                        raise MiningError(f"{path} holds other alerts than {saved.path} knows of. Name another file.")
                    break
                if file.read(len(line.encode())) != line.encode():
                    raise MiningError(f"{path} holds other alerts than {saved.path} knows of. Name another file.")
                whole = ends
            self._headed = size >= len(self._head)
            file.truncate(len(self._head) + whole if self._headed else 0)
        return whole

    def add(self) -> None:
        """Write the alerts that the state has and the file has not.

        Raises
        ------
        MiningError
            If the file cannot be written, or somebody else has changed it.
        """
        if self._written == self.saved.ends and self._headed:
            return
        with writing(self.path), self.path.open("ab") as file:
            if file.tell() != (len(self._head) + self._written if self._headed else 0):
                raise MiningError(
                    f"{self.path} was changed by somebody else. Begin again with another file; it will hold all alerts of this state."
                )
            if not self._headed:
                file.write(self._head)
                self._headed = True
            for line, ends in self.saved.lines(self._written):
                file.write(line.encode())
                self._written = ends
            file.flush()
            os.fsync(file.fileno())
