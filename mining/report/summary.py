"""The summary in sentences: every number in them is read from a table of the study."""

from __future__ import annotations

import pandas as pd

from mining.blueprint.model import Standard
from mining.findings import PRIORITIES
from mining.report.formats import Writer
from mining.report.sections import title_of
from mining.report.table import records
from mining.study import Study
from mining.texts import check_text


def sentences(study: Study, w: Writer) -> list[str]:
    """Cases, path, standards, rules, blind checks, findings."""
    return [
        _cases(study, w),
        *_path(study, w),
        _fit(study, w),
        *_standards(study, w),
        *_rules(study, w),
        *_blind(study, w),
        _findings(study, w),
    ]


def _cases(study: Study, w: Writer) -> str:
    n, done = study.instances.n_cases, int(study.has_end.sum())
    return w.say(f"summary.cases.{study.open_cases}", n=w.count(n), done=w.count(done), open=w.count(n - done))


def _path(study: Study, w: Writer) -> list[str]:
    row = study.summary().row("path")
    counts = {"k": w.count(row["pass"]), "n": w.count(row["judged"])}
    shares = {"share": w.share(row["gross"]), "interval": w.interval(row["low"], row["high"])}
    found = [w.say("summary.path", **counts, **shares)]
    if row["allowed"]:
        found = [
            w.say(
                "summary.path_net",
                k=w.count(row["pass"] + row["allowed"]),
                n=counts["n"],
                share=w.share(row["net"]),
                first=found[0],
            )
        ]
    kind = study.blueprint.service_type
    return found if kind == "linear" else [found[0] + w.say(f"summary.not_headline.{kind}")]


def _fit(study: Study, w: Writer) -> str:
    """Fitness and precision of the designed flow."""
    fit = study.fit
    said = w.say(
        "summary.fit", fitness=w.bounds(fit.log_fitness), mean=w.bounds(fit.mean_fitness), n=w.count(fit.n_cases)
    )
    strict = study.strictness
    if strict.share is not None:
        said += w.say("summary.strictness", share=w.share(strict.share), n=w.count(strict.known))
    if fit.precision is not None:
        return said + w.say("summary.precision", value=w.bounds((fit.precision.value, fit.precision.value)))
    return said + w.say("summary.no_precision")


def _standards(study: Study, w: Writer) -> list[str]:
    frame = study.summary().frame
    standards = [s for s in study.blueprint.standards if isinstance(s, Standard)]
    rows = frame[frame["check"].isin([s.id for s in standards]) & frame["met"].notna()]
    if rows.empty:
        return []
    met = rows["met"].astype(bool)
    first = w.say("summary.standards", n=len(rows), met=int(met.sum()), not_met=int((~met).sum()))
    each = [_standard(study, row, w) for _, row in rows[~met].iterrows()]
    return [first + (w.say("summary.standards_missed", each=w.say("report.semicolon").join(each)) if each else "")]


def _standard(study: Study, row: pd.Series, w: Writer) -> str:
    name = w.say("report.bracket", name=row["check"], note=check_text(study.blueprint, row["check"], w.lang))
    return w.say("summary.standard", name=name, share=w.share(row["gross"]), target=w.share(row["target"]))


def _rules(study: Study, w: Writer) -> list[str]:
    frame = study.summary().frame
    rows = frame[frame["dimension"].isin(["rules", "role"]) & (frame["judged"] > 0)]
    kept = int((rows["pass"] == rows["judged"]).sum())
    return [w.say("summary.rules", n=len(rows), kept=kept)] if len(rows) else []


def _blind(study: Study, w: Writer) -> list[str]:
    frame = study.summary().frame
    blind = frame[frame["not_observable"] == study.instances.n_cases]
    return (
        [w.say("summary.blind", n=len(blind), checks=w.say("report.comma").join(blind["check"]))] if len(blind) else []
    )


def _findings(study: Study, w: Writer) -> str:
    frame = study.findings().frame
    by_priority = {p: int((frame["priority"] == p).sum()) for p in PRIORITIES}
    by_status = {s: int((frame["status"] == s).sum()) for s in ("open", "within_target", "allowed")}
    return w.say("summary.findings", **by_priority, **by_status)


def top_findings(study: Study, w: Writer, n: int = 3) -> list[tuple[str, str]]:
    """The findings that rank first: id, and a line with the counts."""
    return [
        (
            row["finding_id"],
            w.say(
                "summary.top",
                title=title_of(row, w.lang),
                priority=w.say(f"priority.{row['priority']}"),
                k=w.count(row["n_net"]),
                n=w.count(row["n_judged"]),
                share=w.share(row["rate"]),
            ),
        )
        for row in records(study.findings().open().head(n))
    ]
