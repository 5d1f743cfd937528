"""One engine over one set, in this process: ``python -m benchmarks.peers ENGINE SET RESULT [--limit SECONDS]``.

ENGINE is ``ours``, ``r4pm`` or ``pm4py``; SET is the path of a set without its endings. All engines are measured alike: on one
core, under one memory limit, several times, reading and conversion of files outside the clock. What is known is appended to
RESULT as lines of JSON, so that it stays when the process is killed: by the alarm clock at the limit, or for want of memory.
``cold`` instead of an engine: the seconds of import and first alignment, in this fresh process; SET is ignored.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import resource
import signal
import sys
import tempfile
import time
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

LEAST, MOST, SPEND, LONG = (
    3,
    20,
    2.0,
    20.0,
)  # repeats; seconds to fill with repeats; seconds of a run that is not repeated
MEMORY = 6 * 2**30
CHUNK = 0.5  # seconds between two reports of progress

Word = tuple[str, ...]
Emit = Callable[..., None]
clock = time.perf_counter


class SetError(ValueError):
    """A set that cannot be read; the message is meant for the user."""


def read_set(stem: Path) -> tuple[list[Word], list[int | None]]:
    """Traces of ``<stem>.jsonl.gz`` and their known costs.

    Raises
    ------
    SetError
        If the file holds no traces, or at the first line that is not one.
    """
    path = Path(f"{stem}.jsonl.gz")
    words: list[Word] = []
    costs: list[int | None] = []
    try:
        with gzip.open(path, "rt", encoding="utf-8") as file:
            for number, line in enumerate(file, 1):
                if line.strip():
                    word, cost = _trace(line, f"{path.name}, line {number}")
                    words.append(word)
                    costs.append(cost)
    except (OSError, EOFError, UnicodeDecodeError, zlib.error) as error:
        raise SetError(f"{path.name} cannot be read: {error}") from error
    if not words:
        raise SetError(f"{path.name} holds no traces.")
    return words, costs


def _trace(line: str, where: str) -> tuple[Word, int | None]:
    try:
        row = json.loads(line)
    except ValueError as error:
        raise SetError(f"{where} is not JSON: {error}") from error
    if not isinstance(row, dict) or not isinstance(row.get("trace"), list):
        raise SetError(f"{where}: an object with a list 'trace' is wanted.")
    if not all(isinstance(label, str) for label in row["trace"]):
        raise SetError(f"{where}: every label of 'trace' must be text.")
    cost = row.get("cost")
    if cost is not None and type(cost) is not int:
        raise SetError(f"{where}: 'cost' must be a whole number or null, not {cost!r}.")
    return tuple(row["trace"]), cost


def pin() -> None:
    """Keep this process on one core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})


def repeats(run: Callable[[int], dict[str, float]]) -> Iterator[dict[str, float]]:
    """The timings of each repeat: as many as fit in ``SPEND`` seconds, within bounds; one run if it is long.

    Parameters
    ----------
    run : callable
        Does the work for the n-th time (from 0) and returns its seconds under "total" (parts under other names).
    """
    spent, times = 0.0, 0
    while times < LEAST or (spent < SPEND and times < MOST):
        seconds = run(times)
        yield seconds
        spent += seconds["total"]
        times += 1
        if seconds["total"] > LONG:
            return


def peak_megabytes() -> float:
    """Most memory that this process held at a time."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


# --- ours --------------------------------------------------------------------------------------------------------------


def warm_up(**how: int) -> None:
    """Align with a small net, so that the kernels are compiled or loaded. ``how``: as for ``model_of``."""
    from mining.conformance.alignment import align, model_of
    from mining.conformance.traces import Traces
    from mining.nets import Transition, WorkflowNet

    net = WorkflowNet((Transition("a", ((0, 1),), ((1, 1),)),), (1, 0), (0, 1))
    model = model_of(net, name="a small net", **how)
    align(model, Traces.of(model.labels, [("a",), ("b", "a")]))


def cold(emit: Emit) -> None:
    """Seconds of import and first alignment."""
    begin = clock()
    warm_up()
    emit(cold=clock() - begin)


def once(net: Any, words: list[Word], name: str) -> tuple[dict[str, float], Any, Any, Any]:
    """Model, sorted traces and alignments of one run, after the seconds of its parts.

    The total is that of the automaton and of one whole call of ``align``, which sorts the traces into their tree only if some of
    them are no runs. Encoding of the labels as numbers is not in the total, as it is not in those of the peers' calls.

    Parameters
    ----------
    net : WorkflowNet
        The model.
    words : list of tuples of str
        Distinct traces.
    name : str
        How to call the net in messages.
    """
    from mining.conformance.alignment import align, model_of
    from mining.conformance.traces import Traces

    times = [clock()]
    model = model_of(net, name=name)
    times.append(clock())
    traces = Traces.of(model.labels, words)
    times.append(clock())
    _ = traces.order  # kept by the traces
    times.append(clock())
    found = align(model, traces)
    times.append(clock())
    _ = align(model, Traces(traces.codes, traces.starts))  # as a user calls it: the tree is made where there is need
    times.append(clock())
    parts = {part: times[i + 1] - times[i] for i, part in enumerate(("automaton", "encode", "tree", "search", "whole"))}
    return {**parts, "total": parts["automaton"] + parts["whole"]}, model, traces, found


def run_ours(stem: Path, limit: float, emit: Emit) -> None:
    """This project's engine. It bounds itself, so the limit of the peers does not stop it."""
    words, wanted = read_set(stem)
    emit(traces=len(words), events=sum(map(len, words)), wanted=wanted)
    from mining.blueprint.pnml import read_pnml

    warm_up()
    warm_up(most_states=1)  # the kernels for nets too large to list

    def run(number: int) -> dict[str, float]:
        net = read_pnml(Path(f"{stem}.pnml"))  # anew each time, so that nothing is remembered
        seconds, model, traces, found = once(net, words, stem.name)
        if number == 0:
            emit(states=model.n_states, nodes=int(traces.n_nodes), memory=peak_megabytes())
            emit(costs=found.cost.tolist(), lower=found.lower.tolist(), solved=found.solved.tolist())
        return seconds

    for seconds in repeats(run):
        emit(runs=[seconds])


# --- peers -------------------------------------------------------------------------------------------------------------


def on_the_clock(work: Callable[[], Any], limit: float) -> tuple[dict[str, float], Any]:
    """Seconds and result of ``work``; past the limit the alarm clock ends this process, whatever it is doing."""
    signal.setitimer(signal.ITIMER_REAL, limit)
    begin = clock()
    result = work()
    seconds = clock() - begin
    signal.setitimer(signal.ITIMER_REAL, 0)
    return {"total": seconds}, result


def run_r4pm(stem: Path, limit: float, emit: Emit) -> None:
    """The batch call of r4pm, on traces that are imported before. Labels are written as numbers: any text is a label."""
    import pm4py
    import r4pm
    from r4pm.bindings.conformance.case_centric.alignments import align_variants

    words, _ = read_set(stem)
    net = r4pm.petri_net.from_pm4py(*pm4py.read_pnml(f"{stem}.pnml"))
    visible = {key: t["label"] for key, t in net["transitions"].items() if t["label"] is not None}
    code = {label: f"{k}" for k, label in enumerate(sorted({*visible.values(), *(x for word in words for x in word)}))}
    for key, label in visible.items():
        net["transitions"][key]["label"] = code[label]
    coded = [tuple(code[label] for label in word) for word in words]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "log.xes"
        path.write_text(_xes(coded), "utf-8")
        projection = r4pm.bindings.log_to_activity_projection(log=r4pm.import_item("EventLog", str(path)))

    def visible_moves(result: dict[str, Any]) -> int | None:
        if "Ok" not in result:
            return None
        moves = result["Ok"]["moves"]
        return sum(
            "LogMove" in move or ("ModelMove" in move and move["ModelMove"]["transition"] in visible) for move in moves
        )

    def run(number: int) -> dict[str, float]:
        seconds, found = on_the_clock(lambda: align_variants(net, projection), limit)
        if number == 0:
            cost = {tuple(row["activities"]): visible_moves(row["result"]) for row in found}
            emit(costs=[cost.get(word) for word in coded])
            emit(why=next((str(row["result"]["Err"]) for row in found if "Err" in row["result"]), None))
        return seconds

    for seconds in repeats(run):
        emit(runs=[seconds], memory=peak_megabytes())


def _xes(words: list[Word]) -> str:
    event = '<event><string key="concept:name" value="{}"/></event>'
    traces = (
        f'<trace><string key="concept:name" value="{k}"/>{"".join(map(event.format, word))}</trace>'
        for k, word in enumerate(words)
    )
    return f'<?xml version="1.0" encoding="UTF-8"?>\n<log>{"".join(traces)}</log>'


def run_pm4py(stem: Path, limit: float, emit: Emit) -> None:
    """The default alignments of pm4py, trace by trace, as its own call for a log does."""
    import pm4py
    from pm4py.algo.conformance.alignments.petri_net.algorithm import apply
    from pm4py.objects.log.obj import Event, Trace

    words, _ = read_set(stem)
    net = pm4py.read_pnml(f"{stem}.pnml")
    traces = [Trace([Event({"concept:name": label}) for label in word]) for word in words]

    def work(number: int) -> None:
        costs, since = [], clock()
        for trace in traces:
            found = apply(trace, *net)
            costs.append(None if found is None else int(found["cost"]) // 10_000)
            if number == 0 and (clock() - since > CHUNK or trace is traces[-1]):
                emit(costs=costs)
                costs, since = [], clock()

    for seconds in repeats(lambda number: on_the_clock(lambda: work(number), limit)[0]):
        emit(runs=[seconds], memory=peak_megabytes())


def main(arguments: list[str]) -> None:
    """Run one engine."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    engines = {"ours": run_ours, "r4pm": run_r4pm, "pm4py": run_pm4py}
    parser.add_argument("engine", choices=[*engines, "cold"])
    parser.add_argument("set", type=Path)
    parser.add_argument("result", type=Path)
    parser.add_argument("--limit", type=float, default=60.0)
    given = parser.parse_args(arguments)
    pin()
    if sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    with given.result.open("a", encoding="utf-8") as file:

        def emit(**values: Any) -> None:
            file.write(json.dumps(values) + "\n")
            file.flush()

        try:
            if given.engine == "cold":
                cold(emit)
            else:
                engines[given.engine](given.set, given.limit, emit)
        except MemoryError:
            emit(error="out of memory")
        except (
            Exception
        ) as error:  # whatever a stranger's file or a peer may do, it is said of this set and the others go on
            known = isinstance(error, SetError) or type(error).__module__.startswith("mining")
            emit(error=str(error) if known else f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main(sys.argv[1:])
