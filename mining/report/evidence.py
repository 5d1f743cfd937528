"""Where the numbers come from and what they cannot say: data, lineage, limits, words."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mining.conformance.verdicts import VERDICTS
from mining.log.words import words
from mining.report.details import moments, what
from mining.report.first_values import first_valued
from mining.report.formats import DASH, Writer, names_of
from mining.report.naming import check_name
from mining.report.paths import certainty_limits
from mining.report.table import Cell, Row, Table, number, table
from mining.study import Study
from mining.texts import file_name
from mining.units import MISSING

MOST_LABELS = 20


def lineage(study: Study, w: Writer) -> Table:
    """Rows in = rows used + rows dropped."""
    account = study.log.lineage
    rows = [
        Row("in", (Cell(w.say("report.rows_in")), number(w.count(account.rows_in), rows=account.rows_in), Cell("")))
    ]
    rows += [
        Row(f"used {role}", (Cell(w.say(f"report.used.{role}")), number(w.count(n), rows=n), Cell("")))
        for role, n in account.used.items()
        if n
    ]
    for d in account.dropped:
        reason = Cell(w.say("report.pair", name=w.say("report.dropped"), value=d.reason))
        counted = number(w.count(d.count), rows=d.count)
        rows.append(Row(f"dropped {d.reason}", (reason, counted, Cell(_first_rows(d.rows, d.count, w)))))
    total = sum(account.used.values()) + account.rows_dropped
    rows.append(Row("sum", (Cell(w.say("report.rows_sum")), number(w.count(total), rows=total), Cell(""))))
    return table(
        "lineage",
        w.say("report.lineage.caption"),
        [w.say(x) for x in ("col.what", "col.rows", "col.first_rows")],
        rows,
        "tnt",
    )


def _first_rows(rows: tuple[int, ...], count: int, w: Writer) -> str:
    return w.say("report.comma").join(w.count(row) for row in rows) + (" …" if count > len(rows) else "")


def columns(study: Study, w: Writer) -> Table:
    """Which column of the file is taken as what."""
    rows = []
    for role, name in study.log.binding.columns.items():
        kind, _, short = role.partition(" ")
        word = w.say("report.pair", name=w.say("role.attribute"), value=short) if short else w.say(f"role.{kind}")
        rows.append(Row(role, (Cell(word), Cell(name))))
    return table(
        "columns", w.say(f"report.columns.{study.log.binding.origin}"), [w.say("col.role"), w.say("col.column")], rows
    )


def labels(study: Study, w: Writer) -> Table:
    """Labels of the log that no check sees: unknown to the blueprint, or left out on purpose."""
    seen = study.instances
    rows = [
        Row(label, (Cell(label), Cell(w.say(f"report.label.{word}")), number(w.count(n), instances=n)))
        for word, counts in (("unmapped", seen.unmapped), ("ignored", seen.ignored))
        for label, n in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:MOST_LABELS]
    ]
    heads = ("col.label", "col.treatment", "col.instances")
    return table(
        "labels",
        w.say("report.labels.caption", n=len(seen.unmapped), ignored=len(seen.ignored)),
        [w.say(x) for x in heads],
        rows,
        "ttn",
    )


def problems(study: Study, w: Writer) -> Table:
    """Problems met while reading, with an example of each."""
    examples = {p.kind: str(p) for p in reversed(study.log.problems)}
    rows = [
        Row(kind, (Cell(kind, lang="en"), number(w.count(n), times=n), Cell(examples.get(kind, ""), lang="en")))
        for kind, n in study.log.problem_counts.items()
    ]
    return table(
        "problems",
        w.say("report.problems.caption"),
        [w.say(x) for x in ("col.problem", "col.times", "col.example")],
        rows,
        "tnt",
    )


def quality(study: Study, w: Writer) -> Table:
    """Every problem of the data: how much of it, where, and what it can distort."""
    found = study.quality
    rows = [
        Row(
            f"{row.problem} {row.place}".strip(),
            (
                Cell(what(one, w.lang)),
                Cell(words(f"severity.{row.severity}", w.lang)),
                number(
                    w.say(
                        "report.of", n=w.count(row.count), of=w.count(row.of), unit=words(f"unit.{row.unit}", w.lang)
                    ),
                    count=row.count,
                    of=row.of,
                ),
                number(w.share(row.share), share=row.share),
                Cell(", ".join(map(str, row.rows)) or DASH),
                Cell(words(f"harm.{row.problem}", w.lang)),
            ),
        )
        for row, one in zip(found.frame.itertuples(), found.found, strict=True)
    ]
    heads = ("col.problem", "frame.severity", "frame.count", "col.share_of", "col.first_rows", "col.harm")
    return table("quality", w.say("report.quality.caption"), [w.say(x) for x in heads], rows, "ttnntt")


def unchecked(study: Study, w: Writer) -> list[str]:
    """What this log does not allow to be looked for."""
    return [words(f"unchecked.{key}", w.lang) for key in study.quality.not_checked]


def notes(study: Study) -> list[str]:
    """Assumptions made while reading, attributes included."""
    log = study.log
    return list(
        dict.fromkeys([*log.notes, *(note for name in log.binding.attributes for note in log.attribute_notes(name))])
    )


def data_facts(study: Study, w: Writer) -> list[str]:
    """Sentences on what the log holds, beside the tables."""
    n, running = study.instances.n_cases, int((~study.has_end).sum())
    never = study.instances.unseen
    found = [
        w.say(
            "data.holds",
            cases=w.count(n),
            instances=w.count(study.log.n_instances),
            resources=w.count(len(study.log.resources)),
        ),
        w.say(
            "data.open",
            n=w.count(running),
            cases=w.count(n),
            ends=names_of(study.blueprint, study.blueprint.scope.ends_with, w.lang),
        ),
        *([w.say(f"data.open.{study.open_cases}", now=w.moment(_last_moment(study)))] if running else []),
        w.say(
            "data.begins",
            n=w.count(int((~study.has_start).sum())),
            cases=w.count(n),
            starts=names_of(study.blueprint, study.blueprint.scope.starts_with, w.lang),
        ),
    ]
    unseen = w.say("data.unseen", names=names_of(study.blueprint, never, w.lang)) if never else w.say("data.all_seen")
    return [*found, unseen]


def _last_moment(study: Study) -> pd.Timestamp:
    return pd.DatetimeIndex([np.datetime64(study.instances.now, "us")]).tz_localize("UTC")[0]


def limits(study: Study, w: Writer) -> list[str]:
    """What this report cannot say."""
    blueprint, frame = study.blueprint, study.summary().frame
    hidden = [a.id for a in blueprint.activities if not a.observable]
    blind = frame[frame["not_observable"] > 0]
    found = [w.say("limits.logged")]
    if hidden:
        found.append(w.say("limits.hidden", names=names_of(blueprint, hidden, w.lang)))
    if len(blind):
        names = [check_name(study.blueprint, x, w) for x in blind["check"]]
        found.append(w.say("limits.blind", checks=w.say("report.comma").join(names)))
    found += certainty_limits(study, w)
    found += [*_not_in_force(study, w), *_approved_later(study, w)]
    found.append(w.say("limits.cause"))
    ties = int(study.log.tie.sum())
    if ties:
        found.append(w.say("limits.ties", n=w.count(ties), of=w.count(study.log.n_instances)))
    found += moments(study, w).values()
    found += _first_values(study, w)
    for spec in blueprint.calendars:
        found.append(
            w.say("limits.calendar", name=spec.id, first=spec.coverage[0], last=spec.coverage[1], zone=spec.tz)
        )
    return [
        *found,
        w.say("limits.interval"),
        w.say("limits.criteria", file=file_name(blueprint.path)),
        w.say("limits.verbatim"),
    ]


def _first_values(study: Study, w: Writer) -> list[str]:
    """Standards that are judged by the first value of an attribute that has several in many cases."""
    return [
        w.say("limits.first_value", check=x.check, name=x.attribute, n=w.count(x.n), of=w.count(x.of))
        for x in first_valued(study).values()
    ]


def _not_in_force(study: Study, w: Writer) -> list[str]:
    """Cases that began before the blueprint came into force, or after its end, counted."""
    begin, end = study.blueprint.effective
    day = _begun(study)
    n = int((day < np.datetime64(begin)).sum() + (0 if end is None else (day > np.datetime64(end)).sum()))
    values = {"n": w.count(n), "of": w.count(len(day)), "first": begin, "last": end or w.say("limits.until_now")}
    return [w.say("limits.not_in_force", **values)] if n else []


def _approved_later(study: Study, w: Writer) -> list[str]:
    """Cases that began before the blueprint was approved, counted: nobody could have kept to a norm that did not yet stand."""
    approval, day = study.blueprint.approval, _begun(study)
    n = 0 if approval is None else int((day < np.datetime64(approval.date)).sum())
    if approval is None or not n:
        return []
    return [w.say("limits.approved_later", n=w.count(n), of=w.count(len(day)), date=approval.date)]


def _begun(study: Study) -> np.ndarray:
    """Day (UTC) on which each case began, of those of which it is known."""
    started = study.instances.case_start
    return started[started != MISSING].astype("datetime64[us]").astype("datetime64[D]")


def glossary(study: Study, w: Writer) -> list[tuple[str, str]]:
    """Words and their meaning; those of fitness only where it is shown."""
    words = [(w.say(f"verdict.{word}"), w.say(f"meaning.{word}")) for word in VERDICTS]
    measured = ("judged", "gross", "net", "interval", "dimension", "opportunity", "handover")
    more = (*measured, "finding", "visible", "excess_h", "bd", "bh")
    fit = ("log_fitness", "strictness", "precision") if study.fits else ()
    return words + [(w.say(f"glossary.{x}"), w.say(f"meaning.{x}")) for x in (*more, *fit, "certainty", "service_word")]
