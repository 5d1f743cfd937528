"""Quality of discovered models timed: ``python -m benchmarks.model_quality LOG ... [--noise N ...] [--limit S] [--json F] [--markdown F]``.

For each log and noise threshold a model of the inductive miner; then this project's engine measures it (log fitness, precision,
generalisation and simplicity in one go), and pm4py measures the same net on the same cases (fitness by alignments, precision by
alignments). Each has a process of its own on one core; seconds are CPU seconds of that process, without reading, mining and encoding.
Ours is the fastest of several runs, with the kernels loaded; pm4py has one, and is stopped at the limit: its ratio is then a lower bound.
The exit status is 1 if a log could not be measured, a fitness differs by more than 0.001, or a precision that must agree does not.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import shlex
import signal
import subprocess
import sys
import tempfile
from importlib.metadata import version
from math import floor, log10
from pathlib import Path
from time import process_time
from typing import Any

from benchmarks.alignments import ALONE, cpu
from benchmarks.peers import pin

ROOT = Path(__file__).parents[1]
LEAST, MOST, SPEND = 3, 20, 2.0  # runs of ours, as many as fit in so many seconds
CLOSE = 0.001  # pm4py gives silent steps a small cost
Values = dict[str, Any]


# --- in processes of their own -------------------------------------------------------------------------------------------


def run_ours(log: str, noise: float, folder: Path) -> Values:
    """Mine, measure, and leave the net and the cases for pm4py."""
    import mining
    from mining.conformance.precision import precision
    from mining.conformance.search import LargeNet
    from mining.conformance.visited import visited_part
    from mining.discovery import mine, observed_of
    from mining.discovery.quality import aligned_with, quality_of

    observed = observed_of(mining.read_log(log))
    begin = process_time()
    found = mine(observed, noise=noise)
    values: Values = {"mining": process_time() - begin, "cases": observed.n_cases, "traces": len(observed.counted)}
    values |= {"events": len(observed.activity), "left_out": found.left_out}
    if found.net is None:
        return {**values, "failed": quality_of(found).why_not}
    seconds = []
    while len(seconds) < LEAST + 1 or (sum(seconds) < SPEND and len(seconds) < MOST):
        begin = process_time()
        q = quality_of(found)
        seconds.append(process_time() - begin)
    values |= {"ours": min(seconds[1:]), "first": seconds[0], "states": q.n_states, "why_not": q.why_not}
    if q.log_fitness is None:
        return {**values, "failed": q.why_not}
    values |= {"fitness": q.log_fitness, "fitting": q.n_fitting, "simplicity": q.simplicity}
    values["precision"] = q.precision.value if q.precision else None
    values["generalisation"] = q.generalisation.value if q.generalisation else None
    counts = list(observed.counted.values())
    if q.n_fitting == q.n_cases:  # where every trace is a run, pm4py's number can be had from ours
        model, traces, aligned = aligned_with(found.net, observed)
        if isinstance(model, LargeNet):
            model = visited_part(found.flow, model.labels, aligned) if found.flow else None
        if model is not None:
            values["as_prefixes"] = precision(model, traces, aligned, counts, prefix=[True] * len(counts)).value
    net = found.net
    steps = [[t.label, [p for p, _ in t.consumes], [p for p, _ in t.produces]] for t in net.transitions]
    job = {
        "steps": steps,
        "initial": net.initial,
        "final": net.final,
        "traces": list(observed.counted),
        "counts": counts,
    }
    (folder / "job.json").write_text(json.dumps(job), "utf-8")
    return values


def run_pm4py(measure: str, limit: float, folder: Path) -> Values:
    """One measure of pm4py on the net and the cases of the job; past the limit of CPU seconds the process is ended."""
    import pm4py
    from pm4py.objects.log.obj import Event, EventLog, Trace
    from pm4py.objects.petri_net.obj import Marking, PetriNet
    from pm4py.objects.petri_net.utils.petri_utils import add_arc_from_to

    job = json.loads((folder / "job.json").read_text("utf-8"))
    net = PetriNet("net")
    places = [PetriNet.Place(f"p{i}") for i in range(len(job["initial"]))]
    net.places.update(places)
    for i, (label, before, after) in enumerate(job["steps"]):
        step = PetriNet.Transition(f"t{i}", label)
        net.transitions.add(step)
        for p in before:
            add_arc_from_to(places[p], step, net)
        for p in after:
            add_arc_from_to(step, places[p], net)
    ends = [Marking({places[i]: n for i, n in enumerate(job[x]) if n}) for x in ("initial", "final")]
    log = EventLog()
    for trace, count in zip(job["traces"], job["counts"], strict=True):
        for _ in range(count):
            log.append(Trace([Event({"concept:name": x}) for x in trace], attributes={"concept:name": str(len(log))}))
    signal.setitimer(signal.ITIMER_PROF, limit)
    begin = process_time()
    if measure == "precision":
        value = float(pm4py.precision_alignments(log, net, *ends))
    else:
        value = float(pm4py.fitness_alignments(log, net, *ends)["log_fitness"])
    seconds = process_time() - begin
    signal.setitimer(signal.ITIMER_PROF, 0)
    return {measure: value, f"{measure}_s": seconds}


def in_a_process(*arguments: str, folder: Path) -> Values:
    """What one of the two functions above gives, run in a fresh process on one core."""
    answer = folder / "answer.json"
    answer.unlink(missing_ok=True)
    command = [sys.executable, "-m", "benchmarks.model_quality", "--child", *arguments, str(folder)]
    done = subprocess.run(command, cwd=ROOT, env={**os.environ, **ALONE}, capture_output=True, text=True)
    if done.returncode == -signal.SIGPROF:
        return {"over": True}
    if done.returncode or not answer.is_file():
        lines = done.stderr.strip().splitlines()
        return {"failed": lines[-1] if lines else f"ended with status {done.returncode}"}
    found: Values = json.loads(answer.read_text("utf-8"))
    return found


def child(arguments: list[str]) -> None:
    """Run in a process of its own: what, with what, and the folder for the answer."""
    pin()
    what, *rest, folder = arguments
    place = Path(folder)
    values = run_ours(rest[0], float(rest[1]), place) if what == "ours" else run_pm4py(what, float(rest[0]), place)
    (place / "answer.json").write_text(json.dumps(values), "utf-8")


# --- the table -----------------------------------------------------------------------------------------------------------


def measure(log: Path, noise: float, limit: float) -> Values:
    """Everything measured of one log and noise threshold."""
    row: Values = {"set": log.name.split(".")[0], "noise": noise, "limit": limit}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        row |= in_a_process("ours", str(log.resolve()), str(noise), folder=place)
        if not row.get("failed"):
            for what in ("fitness", "precision"):
                row[f"pm4py_{what}"] = in_a_process(what, str(limit), folder=place)
    row["wrong"] = disagreement(row)
    return row


def disagreement(row: Values) -> str:
    """What the two engines must agree on and do not; empty if nothing."""
    fitness, exact = row.get("pm4py_fitness", {}).get("fitness"), row.get("pm4py_precision", {}).get("precision")
    if fitness is not None and not row["fitness"][0] - CLOSE <= fitness <= row["fitness"][1] + CLOSE:
        return f"fitness {row['fitness'][0]:.4f} and {fitness:.4f}"
    prefixes = row.get("as_prefixes")
    if (
        exact is not None and prefixes is not None and exact < prefixes - CLOSE
    ):  # above: it missed markings, said in the notes
        return f"precision of prefixes {prefixes:.4f} and {exact:.4f}"
    return ""


def digits(x: float) -> str:
    """Three digits."""
    return f"{x:,.{max(0, 2 - floor(log10(x)))}f}" if x > 0 else "0"


def share(x: float, places: int = 4) -> str:
    """A number between 0 and 1: never 1 for one that is less."""
    return f"{x if x >= 1 else min(x, 1 - 10**-places):.{places}f}"


def _seconds(found: Values, what: str, limit: float) -> str:
    return digits(found[f"{what}_s"]) if what in found else f"> {limit:g}" if found.get("over") else "failed"


def _ratio(row: Values) -> tuple[float, bool]:
    """pm4py's seconds for fitness and precision by ours for all four, and whether it is only a lower bound."""
    spent, bound = 0.0, False
    for what in ("fitness", "precision"):
        found = row[f"pm4py_{what}"]
        spent += found.get(f"{what}_s", row["limit"] if found.get("over") else 0.0)
        bound |= what not in found
    return spent / row["ours"], bound


def cells(row: Values) -> list[str]:
    """A row of the table."""
    head = [row["set"], f"{row['noise']:g}"]
    if row.get("failed"):
        return [*head, f"failed: {row['failed']}", *[""] * (len(TITLES) - 3)]
    ratio, bound = _ratio(row)
    them_fit, them_exact = row["pm4py_fitness"].get("fitness"), row["pm4py_precision"].get("precision")
    differ = "-" if them_fit is None else f"{row['fitness'][0] - them_fit:+.5f}"
    return [
        *head,
        f"{row['cases']:,}",
        f"{row['traces']:,}",
        "large" if row["states"] is None else f"{row['states']:,}",
        digits(row["ours"]),
        _seconds(row["pm4py_fitness"], "fitness", row["limit"]),
        _seconds(row["pm4py_precision"], "precision", row["limit"]),
        ("> " if bound else "") + digits(ratio),
        share(row["fitness"][0]),
        differ,
        *("-" if x is None else share(x) for x in (row["precision"], them_exact, row.get("as_prefixes"))),
        "-" if row["generalisation"] is None else share(row["generalisation"]),
        f"{row['simplicity']:.3f}",
    ]


TITLES = ("set", "noise", "cases", "traces", "states", "ours s", "pm4py fitness s", "pm4py precision s", "pm4py / ours")
TITLES += ("fitness", "less pm4py's", "precision", "pm4py's", "ours over prefixes", "generalisation", "simplicity")


def table(rows: list[Values]) -> str:
    """The rows as a table of Markdown."""
    lines = ["| " + " | ".join(TITLES) + " |", "|---|" + "---:|" * (len(TITLES) - 1)]
    return "\n".join([*lines, *("| " + " | ".join(cells(row)) + " |" for row in rows)])


def notes(rows: list[Values]) -> list[str]:
    """What the table says, and what it does not."""
    fine = [row for row in rows if not row.get("failed")]
    said = [f"{len(fine)} of {len(rows)} models measured; {sum(bool(row['wrong']) for row in rows)} disagree."]
    if fine:
        worst = max(row["ours"] for row in fine)
        least = min(_ratio(row)[0] for row in fine)
        said.append(f"Ours: at most {digits(worst)} CPU seconds a model; pm4py / ours at least {digits(least)}.")
        over = [row for row in fine if any(row[f"pm4py_{what}"].get("over") for what in ("fitness", "precision"))]
        said.append(f"pm4py was stopped at the limit for {len(over)} models: their ratios are lower bounds.")
        compared = [row for row in fine if row.get("as_prefixes") is not None and "precision" in row["pm4py_precision"]]
        same = sum(abs(row["as_prefixes"] - row["pm4py_precision"]["precision"]) <= CLOSE for row in compared)
        said.append(
            f"Precision, counted as pm4py counts it, is the same in {same} of the {len(compared)} models where every case is a run."
        )
        for row in compared:
            theirs = row["pm4py_precision"]["precision"]
            if abs(row["as_prefixes"] - theirs) > CLOSE:
                said.append(f"{row['set']}, noise {row['noise']:g}: {row['as_prefixes']:.4f} and pm4py {theirs:.4f}.")
    said += [f"{row['set']}, noise {row['noise']:g}: {row['wrong']} differ." for row in rows if row["wrong"]]
    for row in fine:
        traces, cases = row["left_out"]
        if traces:
            said.append(
                f"{row['set']}, noise {row['noise']:g}: made without {traces:,} traces ({cases:,} cases), measured on all."
            )
        if row["why_not"]:
            said.append(f"{row['set']}, noise {row['noise']:g}: {row['why_not']}")
    return said


PAGE = Path(__file__).with_name("model_quality_page.md")


def page(rows: list[Values], command: str) -> str:
    """The page of documentation."""
    versions = ", ".join(f"{name} {version(name)}" for name in ("numpy", "numba", "pm4py"))
    return PAGE.read_text("utf-8").format(
        command=command,
        machine=f"One core of {cpu()}; Python {platform.python_version()}, {versions}.",
        limit=f"{rows[0]['limit']:g}",
        table=table(rows),
        notes="\n".join(f"- {line}" for line in notes(rows)),
    )


def main(arguments: list[str]) -> int:
    """Measure the logs and print, or write, the page."""
    if arguments[:1] == ["--child"]:
        child(arguments[1:])
        return 0
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("logs", type=Path, nargs="+")
    parser.add_argument("--noise", type=float, nargs="+", default=[0.0, 0.2])
    parser.add_argument("--limit", type=float, default=120.0, help="CPU seconds per measure of pm4py")
    parser.add_argument("--json", type=Path)
    parser.add_argument("--markdown", type=Path)
    given = parser.parse_args(arguments)
    rows = []
    for log in given.logs:
        for noise in given.noise:
            rows.append(measure(log, noise, given.limit))
            print(" | ".join(cells(rows[-1])), flush=True)
    said = notes(rows)
    print("\n".join(said))
    if given.json:
        given.json.write_text(json.dumps(rows, indent=1), "utf-8")
    if given.markdown:
        shown = [Path(x).name if Path(x).is_file() else x for x in arguments]
        given.markdown.write_text(page(rows, shlex.join(["python", "-m", "benchmarks.model_quality", *shown])), "utf-8")
    return int(any(row.get("failed") or row["wrong"] for row in rows))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
