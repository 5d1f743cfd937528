"""The tables of the page on what actually happens, told column by column."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from mining.report.formats import Writer
from mining.report.frames import Told, told_table
from mining.report.table import Table
from mining.study import Study
from mining.texts import activity_name
from mining.times.summary import QUOTIENTS
from mining.times.waiting import PARTS

if TYPE_CHECKING:
    from mining.discovery.branches import Branches
    from mining.discovery.choice import ModelTable
    from mining.discovery.comparison import Comparison
    from mining.discovery.repair import Repair
    from mining.discovery.shape import Shape
    from mining.handovers.crossings import CrossingSummary
    from mining.handovers.matrix import HandoverMatrix
    from mining.handovers.ping_pong import PingPong
    from mining.handovers.responsibility import Responsibility
    from mining.handovers.rework import Rework
    from mining.times.load import Load
    from mining.times.steps import StepTimes
    from mining.times.summary import TimeSummary
    from mining.times.waits import Waits

MOST = 12  # rows of a table; the files beside the page have all


def models(found: ModelTable, w: Writer) -> Table:
    """Miners and thresholds side by side."""
    frame = found.frame.assign(name=[found.name(int(k), w.lang) for k in found.frame["model"]])
    columns = (
        Told("name", "col.model", "text"),
        Told("recommended", "col.recommended", "yes"),
        Told("log_fitness", "col.log_fitness", "number"),
        Told("share_fitting", "col.share_fitting", "share", bounds=("low", "high")),
        Told("precision", "col.precision", "number"),
        Told("generalisation", "col.generalisation", "number"),
        Told("simplicity", "col.simplicity", "number"),
        Told("f_score", "col.f_score", "number"),
        Told("transitions", "col.transitions"),
    )
    return told_table("models", w.say("as_is.models.table"), frame, columns, w)


def times(found: TimeSummary, w: Writer) -> Table:
    """Times of complete cases, measure by measure; the two quotients as shares."""
    frame = found.frame[found.frame["n"] > 0]
    rows = frame.astype(object)
    for name in ("mean", "median", "p90", "p95", "max"):
        rows[name] = [
            None if pd.isna(value) else w.share(value) if measure in QUOTIENTS else w.length(value, "s")
            for value, measure in zip(frame[name], frame["measure"], strict=True)
        ]
    columns = (
        Told("measure", "col.measure", "text", words=lambda x: w.say(f"measure.{x}")),
        Told("n", "col.complete_cases"),
        *(Told(name, f"col.{name}", "words") for name in ("mean", "median", "p90", "p95", "max")),
    )
    return told_table("times", w.say("as_is.times.table"), rows, columns, w)


def steps(found: StepTimes, w: Writer) -> Table:
    """The steps that take, or are waited for, longest in sum."""
    frame = found.frame.assign(total=found.frame[["sum_s", "wait_sum_s"]].fillna(0).sum(axis=1))
    frame = frame[frame["n"] > 0].sort_values("total", ascending=False, kind="stable")
    columns = (
        Told(f"name_{w.lang}", "col.activity", "text"),
        Told("n", "col.instances"),
        Told("median_s", "col.processing_median", "time"),
        Told("p90_s", "col.processing_p90", "time"),
        Told("share", "col.processing_share", "share"),
        Told("wait_median_s", "col.wait_median", "time"),
        Told("wait_p90_s", "col.wait_p90", "time"),
        Told("wait_sum_s", "col.wait_hours", "hours"),
    )
    return told_table("steps", _cut("as_is.steps.table", frame, w), frame.head(MOST), columns, w)


def handovers(found: HandoverMatrix, w: Writer) -> Table:
    """The most frequent hand-overs of a level."""
    frame = found.frame[(found.frame["same"] == False) & found.frame["n"].gt(0)]  # noqa: E712 (may be missing)
    columns = [
        Told(f"giver_{w.lang}", "col.giver", "text"),
        Told(f"taker_{w.lang}", "col.taker", "text"),
        Told("n", "col.times"),
        Told("share", "col.handover_share", "share"),
        Told("cases", "col.in_cases"),
        Told("median_s", "col.gap_median", "time"),
        Told("p90_s", "col.gap_p90", "time"),
    ]
    if frame["designed"].notna().any():
        columns.append(Told("designed", "col.designed", "yes"))
    key = w.say(f"handovers.level.{found.level}")
    return told_table(
        f"handovers-{found.level}", _cut("as_is.handovers.table", frame, w, level=key), frame.head(MOST), columns, w
    )


def crossings(found: CrossingSummary, w: Writer) -> Table:
    """Lines crossed and hand-overs per case."""
    frame = found.frame[found.frame["n"] > 0]
    columns = (
        Told("measure", "col.measure", "text", words=lambda x: w.say(f"crossings.measure.{x}")),
        Told("n", "col.cases_measured"),
        Told("mean", "col.mean", "number"),
        Told("median", "col.median", "number"),
        Told("p90", "col.p90", "number"),
        Told("max", "col.max", "number"),
    )
    return told_table("crossings", w.say("as_is.crossings.table"), frame, columns, w)


def branches(found: Branches, w: Writer) -> Table:
    """Decisions of the design, the options that nobody took first, then by how often they were taken."""
    frame = found.frame.sort_values(["never", "cases"], ascending=[False, False], kind="stable")
    columns = (
        Told(f"name_{w.lang}", "col.option", "text"),
        Told("cases", "col.in_cases", of="n"),
        Told("share", "col.option_share", "share", bounds=("low", "high")),
        Told("ambiguous", "col.ambiguous"),
        Told("line", "col.line"),
    )
    return told_table("branches", _cut("as_is.branches.table", frame, w), frame.head(MOST), columns, w)


def differences(found: Comparison, where: str, w: Writer) -> Table:
    """What only the ``log`` or only the ``design`` has and no other difference implies, the most frequent first: as in the sentence."""
    frame = found.only(where).sort_values("observed_cases", ascending=False, kind="stable")
    columns = (
        Told("told", "col.what", "text"),
        Told("observed_cases", "col.in_cases", of="n"),
        Told("share", "col.share_of", "share", bounds=("low", "high")),
    )
    table = frame.assign(told=[found.told(row, w.lang) for row in frame.to_dict("records")]).head(MOST)
    return told_table(f"only-{where}", _cut(f"as_is.only_{where}.table", frame, w), table, columns, w)


def shape(found: Shape, w: Writer) -> Table:
    """Designed beside observed complexity and divergence."""
    columns = (
        Told(f"name_{w.lang}", "col.measure", "text"),
        Told("designed_seen", "col.designed_seen", "number"),
        Told("observed", "col.observed", "number"),
        Told("difference", "col.difference", "number"),
        Told(f"how_{w.lang}", "col.how_counted", "text"),
    )
    return told_table("shape", w.say("as_is.shape.table"), found.frame, columns, w)


def repair(found: Repair, share: float, w: Writer) -> Table:
    """The edits that a share of the cases asks for."""
    columns = (
        Told("edit_zh" if w.lang == "zh" else "edit", "col.edit", "text"),
        Told("gained", "col.gained"),
        Told("share", "col.share_fitting", "share", bounds=("low", "high")),
        Told("fitness", "col.log_fitness", "number"),
        Told("precision", "col.precision", "number"),
        Told("divergence", "col.divergence"),
    )
    caption = _cut("as_is.repair.table", found.frame, w, share=w.share(share))
    return told_table(f"repair-{share:.0%}".rstrip("%"), caption, found.frame.head(MOST), columns, w)


def waits(found: Waits, w: Writer) -> Table:
    """The transitions with most waiting, by cause; where starts are not known, their upper bounds."""
    measured = found.measured
    frame, bound = (measured, False) if len(measured) else (found.bounds, True)
    study = found.study
    names = [_transition(study, row["before"], row["activity"], w) for _, row in frame.iterrows()]
    columns = [
        Told("transition", "col.transition", "text"),
        Told("n", "col.instances"),
        Told("cases", "col.in_cases"),
        Told("median_s", "col.median", "time"),
        Told("p90_s", "col.p90", "time"),
        Told("total_s", "col.total_hours", "hours"),
    ]
    if not bound:
        columns += [Told(f"{part}_s", f"waits.cause.{part}", "hours") for part in PARTS if frame[f"{part}_s"].sum() > 0]
    caption = _cut("as_is.bounds.table" if bound else "as_is.waits.table", frame, w)
    return told_table("waits", caption, frame.assign(transition=names).head(MOST), columns, w)


def _transition(study: Study, before: Any, activity: str, w: Writer) -> str:
    name = activity_name(study.blueprint, activity, w.lang)
    return name if pd.isna(before) else f"{activity_name(study.blueprint, before, w.lang)} → {name}"


def little(found: Load, w: Writer) -> Table:
    """Little's law, clipped at the window and over whole cases."""
    columns = (
        Told("form", "col.form", "text", words=lambda x: w.say(f"as_is.little.{str(x).replace(' ', '_')}")),
        Told("n", "col.arrived"),
        Told("wip", "col.wip", "number"),
        Told("rate_per_day", "col.per_day", "number"),
        Told("time_s", "col.mean_time", "time"),
        Told("product", "col.product", "number"),
        Told(
            "difference",
            "col.difference",
            "difference",
            words=lambda x: f"{x:.1e}" if 0 < abs(x) < 1e-4 else f"{x:.4f}",
        ),
    )
    return told_table("little", w.say("as_is.little.table"), found.little().frame, columns, w)


def ping_pong(found: PingPong, w: Writer) -> Table:
    """Pairs between which cases go to and fro."""
    frame = found.frame.assign(
        pair=[f"{a} ↔ {b}" for a, b in zip(found.frame[f"one_{w.lang}"], found.frame[f"other_{w.lang}"], strict=True)]
    )
    columns = (
        Told("pair", "col.pair", "text"),
        Told("n", "col.returns"),
        Told("cases", "col.in_cases"),
        Told("longest", "col.longest"),
        Told("median_s", "col.away_median", "time"),
        Told("p90_s", "col.away_p90", "time"),
        Told("total_s", "col.total_hours", "hours"),
    )
    return told_table("ping-pong", _cut("as_is.ping_pong.table", frame, w), frame.head(MOST), columns, w)


def rework(found: Rework, w: Writer) -> Table:
    """Activities that are repeated."""
    frame = found.frame[found.frame["repeats"] > 0].sort_values("repeats", ascending=False, kind="stable")
    columns = (
        Told(f"name_{w.lang}", "col.activity", "text"),
        Told("repeats", "col.repeats"),
        Told("cases_with_repeats", "col.in_cases", of="cases"),
        Told("share", "col.rework_share", "share", bounds=("low", "high")),
        Told("self_loops", "col.self_loops"),
        Told("rework_loops", "col.rework_loops"),
        Told("again_median_s", "col.again_median", "time"),
        Told("other_resource", "col.by_another"),
    )
    return told_table("rework", _cut("as_is.rework.table", frame, w), frame.head(MOST), columns, w)


def responsibility(found: Responsibility, w: Writer) -> Table:
    """Who did what without having the role, most often first."""
    frame = found.frame[found.frame["wrong"] > 0].sort_values("wrong", ascending=False, kind="stable")
    columns = (
        Told(f"activity_{w.lang}", "col.activity", "text"),
        Told(f"role_{w.lang}", "col.done_by", "text"),
        Told("wrong", "col.without_role", of="of"),
        Told("share", "col.step_share", "share", bounds=("low", "high")),
    )
    return told_table("responsibility", _cut("as_is.responsibility.table", frame, w), frame.head(MOST), columns, w)


def _cut(key: str, frame: pd.DataFrame, w: Writer, **values: Any) -> str:
    """A caption that says how many of how many rows are shown."""
    return w.say(key, k=w.count(min(len(frame), MOST)), n=w.count(len(frame)), **values)
