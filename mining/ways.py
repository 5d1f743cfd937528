"""Ways to run a question over a log: in this process, over processes, out of core; `mining.spark` has one more.

Every way does the same: ask the kernel of pieces that hold whole cases, merge what it says in the order of the cases. So the answers
of all ways are equal, down to the last bit.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import lru_cache
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol

import numpy as np

from mining.errors import LogError, UnknownNameError
from mining.flow import KERNELS
from mining.flow.kernel import Kernel, Parameters, Partial, Vocabulary, pack, unpack
from mining.log import EventLog
from mining.log.pieces import INSTANCES
from mining.log.store import LogStore, open_store, write_store
from mining.results import Provenance, Result

TOGETHER = 16  # partials that are held before they are merged
IN_MEMORY = 2**24  # instances in a piece of a log that is in memory: the loops need some 40 bytes for each
Log = EventLog | LogStore


class Way(Protocol):
    """A way to run a kernel over all cases of a log."""

    def map(self, kernel: Kernel, log: Log, **parameters: Any) -> Partial:
        """The merged answer of the kernel over all cases."""


@dataclass(frozen=True)
class InProcess:
    """One piece after the other, in this process.

    Parameters
    ----------
    instances : int
        Activity instances in a piece of a log that is in memory. Pieces of a store are as it was written.

    Examples
    --------
    >>> from mining.flow import FOLLOWS
    >>> answer = InProcess(instances=500).map(FOLLOWS, study.log)
    >>> int(answer["n"].sum()) == study.log.n_instances - study.log.n_cases
    True
    """

    instances: int = IN_MEMORY

    def map(self, kernel: Kernel, log: Log, **parameters: Any) -> Partial:
        """The merged answer of the kernel over all cases."""
        pieces = log.pieces(self.instances) if isinstance(log, EventLog) else log.pieces()
        return merged(kernel, (kernel.run(piece, parameters) for piece in pieces))


@dataclass(frozen=True)
class OutOfCore:
    """One piece after the other, read from a store when its turn comes: memory for one piece and the answer, not for the log.

    Examples
    --------
    >>> from mining.flow import FOLLOWS
    >>> from mining.log.store import open_store, write_store
    >>> store = open_store(write_store(study.log, examples / "log.store.parquet"))
    >>> answer = OutOfCore().map(FOLLOWS, store)
    >>> bool((answer["n"] == InProcess().map(FOLLOWS, study.log)["n"]).all())
    True
    """

    def map(self, kernel: Kernel, log: Log, **parameters: Any) -> Partial:
        """The merged answer of the kernel over all cases.

        Raises
        ------
        LogError
            If the log is no store.
        """
        return InProcess().map(kernel, stored(log, "OutOfCore"), **parameters)


@dataclass
class Processes:
    """Pieces side by side in processes of this machine.

    Processes are started afresh (``forkserver``, or ``spawn`` where there is none), never forked from this one, which may hold threads of
    DuckDB and Arrow; so a script that uses them needs ``if __name__ == "__main__":``. Pieces are not sent: each process reads its own
    from a store. A log in memory is written as a store in a temporary folder first. Used in a ``with`` block the processes stay for
    several questions.

    Parameters
    ----------
    n : int or None
        Processes. None: one for each core that this process may use.
    instances : int
        Activity instances in a piece of a log in memory.

    Examples
    --------
    >>> Processes(0)
    Traceback (most recent call last):
    mining.errors.LogError: Processes: n is 0, but there must be at least one process. Leave n out for one per core.
    """

    n: int | None = None
    instances: int = INSTANCES
    _pool: Executor | None = field(default=None, init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.n is not None and self.n < 1:
            raise LogError(
                f"Processes: n is {self.n}, but there must be at least one process. Leave n out for one per core."
            )

    def __enter__(self) -> Processes:
        self._pool = self._start()
        return self

    def __exit__(self, *error: object) -> None:
        if self._pool:
            self._pool.shutdown(cancel_futures=True)
        self._pool = None

    def _start(self) -> Executor:
        context = get_context("forkserver" if os.name == "posix" else "spawn")
        return ProcessPoolExecutor(self.n or len(cores()), mp_context=context)

    def map(self, kernel: Kernel, log: Log, **parameters: Any) -> Partial:
        """The merged answer of the kernel over all cases.

        Raises
        ------
        LogError
            If a process ended before its time, most often for want of memory.
        """
        if self._pool is None:
            with self as started:
                return started.map(kernel, log, **parameters)
        with as_store(log, self.instances) as store:
            tasks = [(kernel, str(store.path), i, parameters) for i in range(store.n_pieces)]
            try:
                return merged(kernel, map(unpack, self._pool.map(_work, *zip(*tasks, strict=True))))
            except BrokenProcessPool as error:
                raise LogError(
                    f"{kernel.name}: a process ended before it had answered, most often for want of memory. "
                    f"Take fewer processes than {self.n or len(cores())}, or smaller pieces than {self.instances:,} instances."
                ) from error


def cores() -> set[int]:
    """Cores that this process may use."""
    return os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set(range(os.cpu_count() or 1))


def _work(kernel: Kernel, path: str, i: int, parameters: Parameters) -> bytes:
    return pack(kernel.run(_opened(path).piece(i), parameters))


@lru_cache(maxsize=1)
def _opened(path: str) -> LogStore:
    return open_store(path)


@contextmanager
def as_store(log: Log, instances: int) -> Iterator[LogStore]:
    """The log as a store: itself, or written in a temporary folder for as long as the block lasts."""
    if not isinstance(log, EventLog):
        yield log
        return
    with TemporaryDirectory() as folder:
        yield open_store(write_store(log, Path(folder) / "log.parquet", group=instances))


def stored(log: Log, way: str) -> LogStore:
    """The store that a way needs.

    Raises
    ------
    LogError
        If the log is no store.
    """
    if isinstance(log, EventLog):
        raise LogError(
            f"{way} runs over a store, and {log.source.path} is a log in memory. Write it with "
            "mining.log.store.write_store, or the command `mining log convert`, and open that with open_store."
        )
    return log


def merged(kernel: Kernel, partials: Iterable[Partial]) -> Partial:
    """Merge answers as they come, so that only a few are held at a time.

    Raises
    ------
    LogError
        If there are none.
    """
    held: list[Partial] = []
    for partial in partials:
        held.append(partial)
        if len(held) == TOGETHER:
            held = [kernel.merge(held)]
    return kernel.merge(held)


def vocabulary(log: Log, **parameters: Any) -> Vocabulary:
    """What the codes in an answer over a log stand for."""

    def cases() -> np.ndarray:
        ids: np.ndarray = log.case_ids if isinstance(log, EventLog) else log.case_ids()
        return ids

    return Vocabulary(log.labels, log.resources, cases, parameters)


def ask(kernel: Kernel | str, log: Log, way: Way | None = None, **parameters: Any) -> Result:
    """Ask a question of a log and give the answer as a table.

    Parameters
    ----------
    kernel : Kernel or str
        One of `mining.flow.KERNELS`, or its name.
    log : EventLog or LogStore
    way : Way or None
        How to run it; none: in this process. The answer is the same.
    **parameters
        Of the kernel.

    Returns
    -------
    Result
        Of the kind that the kernel names.

    Raises
    ------
    UnknownNameError
        If there is no kernel of that name.

    Examples
    --------
    >>> from mining.flow import VARIANTS
    >>> int(ask(VARIANTS, study.log).frame["cases"].sum()) == study.log.n_cases
    True
    """
    if isinstance(kernel, str):
        if kernel not in KERNELS:
            raise UnknownNameError("kernel", kernel, KERNELS, "ask")
        kernel = KERNELS[kernel]
    partial = (way or InProcess()).map(kernel, log, **parameters)
    blueprint = parameters.get("blueprint")
    settings = {name: getattr(value, "sha256", value) for name, value in parameters.items() if name != "blueprint"}
    provenance = Provenance(
        kernel.name, log.source.sha256, blueprint.sha256 if blueprint else "", log.facts.n_cases, settings
    )
    return kernel.result(kernel.finish(partial, vocabulary(log, **parameters)), provenance)
