"""The summary in sentences: every number in them is read from a table of the study."""

from __future__ import annotations

import pandas as pd

from mining.blueprint.model import Standard
from mining.findings import PRIORITIES
from mining.record import Record
from mining.report.first_values import first_valued
from mining.report.formats import Writer
from mining.report.naming import check_name
from mining.report.paths import path_lines
from mining.study import Study
from mining.texts import check_text

UNRANKED = ("within_target", "allowed", "change_request", "withdrawn")


def sentences(record: Record, w: Writer) -> list[str]:
    """Cases with path checks, dimensions, standards, rules with blind checks, findings: one item each, so that a summary stays one.

    Where several stages are judged apart, what each holds stands with the dimensions.
    """
    study = record.study
    said = [
        [_cases(study, w), *(path_lines(study, w) if len(study.path_results) == 1 else [])],
        [study.dimensions().sentence(w.lang)],
        _standards(study, w),
        [*_rules(study, w), *_blind(study, w)],
        [_findings(record, w)],
    ]
    return [joined(lines, w) for lines in said if lines]


def joined(lines: list[str], w: Writer) -> str:
    """Sentences after one another."""
    return ("" if w.lang == "zh" else " ").join(lines)


def _cases(study: Study, w: Writer) -> str:
    n, done = study.instances.n_cases, int(study.has_end.sum())
    key = f"summary.cases.{study.open_cases}" if done < n else "summary.cases_whole"
    return w.say(key, n=w.count(n), done=w.count(done), open=w.count(n - done))


def _standards(study: Study, w: Writer) -> list[str]:
    frame = study.summary().frame
    standards = [s for s in study.blueprint.standards if isinstance(s, Standard)]
    rows = frame[frame["check"].isin([s.id for s in standards]) & frame["met"].notna()]
    if rows.empty:
        return []
    met = rows["met"].astype(bool)
    first = w.say("summary.standards", n=len(rows), met=int(met.sum()), not_met=int((~met).sum()))
    each = [_standard(study, row, w) for _, row in rows[~met].iterrows()]
    if each:
        first += w.say("summary.standards_missed", each=w.say("report.semicolon").join(each))
    return [first + _by_first_value(study, rows, w)]


def _by_first_value(study: Study, rows: pd.DataFrame, w: Writer) -> str:
    """Which of these standards are met or not by the first of several values only."""
    known = first_valued(study)
    each = [
        w.say("report.bracket", name=row["check"], note=w.say("report.met" if row["met"] else "report.not_met"))
        for _, row in rows[rows["check"].isin(list(known))].iterrows()
    ]
    return w.say("summary.standards_first", each=w.say("report.comma").join(each)) if each else ""


def _standard(study: Study, row: pd.Series, w: Writer) -> str:
    name = w.say("report.bracket", name=row["check"], note=check_text(study.blueprint, row["check"], w.lang))
    share, target = w.against(row["gross"], row["target"])
    return w.say("summary.standard", name=name, share=share, target=target)


def _rules(study: Study, w: Writer) -> list[str]:
    frame = study.summary().frame
    rows = frame[frame["dimension"].isin(["rules", "role"]) & (frame["judged"] > 0)]
    kept = int((rows["pass"] == rows["judged"]).sum())
    return [w.say("summary.rules", n=len(rows), kept=kept)] if len(rows) else []


def _blind(study: Study, w: Writer) -> list[str]:
    frame = study.summary().frame
    blind = frame[frame["not_observable"] == study.instances.n_cases]
    names = [check_name(study.blueprint, x, w) for x in blind["check"]]
    return [w.say("summary.blind", n=len(blind), checks=w.say("report.comma").join(names))] if len(blind) else []


def _findings(record: Record, w: Writer) -> str:
    n = record.totals
    comma = w.say("report.comma")
    ranked = [w.say(f"summary.of_{p}", n=w.count(n[f"findings_{p}"])) for p in PRIORITIES if n[f"findings_{p}"]]
    others = [w.say(f"summary.of_{x}", n=w.count(n[x])) for x in UNRANKED if n[x]]
    said = (
        w.say("summary.ranked", n=w.count(n["findings"]), each=comma.join(ranked))
        if ranked
        else w.say("summary.none_ranked")
    )
    return said + (w.say("summary.unranked", each=comma.join(others)) if others else "")
