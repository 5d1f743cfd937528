"""What became of the findings of an earlier audit, as a section of a report."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mining.record.earlier import Remeasured, verdict_word
from mining.report.document import Fact, Section
from mining.report.formats import DASH, Writer
from mining.report.table import Cell, Row, Table, records, table

TONES = {"resolved": "good", "improved": "good", "worse": "bad", "cannot_tell": "quiet", "not_comparable": "quiet"}
HEADS = ("finding", "then", "now", "difference", "verdict", "owner", "due", "state")
HASH = 12  # digits of a hash that are printed


def remeasured_section(found: Remeasured, w: Writer) -> Section:
    """Earlier findings then and now, what is new, and by which rule that is said.

    Parameters
    ----------
    found : Remeasured
    w : Writer
    """
    tables = [x for x in (_table(found, w), _fresh(found, w)) if x]
    return Section(
        [found.sentence(w.lang), *found.limits(w.lang)], tables=tables, facts=_facts(found, w), id="earlier", wide=True
    )


def _facts(found: Remeasured, w: Writer) -> list[Fact]:
    """What it is compared with."""
    log, norm = found.earlier.log, found.earlier.norm
    span = w.say("earlier.span", first=_day(log.get("first")), last=_day(log.get("last")))
    return [
        Fact(w.say("earlier.fact_log"), (w.say("report.hash", file=log.get("name"), hash=str(log.get("sha256"))[:HASH]), span)),
        Fact(
            w.say("earlier.fact_blueprint"),
            (w.say("earlier.version", id=norm.get("id"), version=norm.get("version"), hash=str(norm.get("sha256"))[:HASH]),),
        ),
    ]  # fmt: skip


def _day(moment: Any) -> str:
    return str(moment)[:10] if moment else DASH


def _table(found: Remeasured, w: Writer) -> Table:
    """One row per earlier finding."""
    rows = [Row(str(row["finding_id"]), _cells(row, w)) for row in records(found.frame)]
    heads = [w.say(f"earlier.col_{name}") for name in HEADS]
    return table("earlier-findings", w.say("earlier.table"), heads, rows, "tnnnttdt")


def _cells(row: dict[str, Any], w: Writer) -> tuple[Cell, ...]:
    priority = f" [{row['priority']}]" if row["priority"] else ""
    why = w.say(f"earlier.why_{row['why']}") if row["why"] else ""
    return (
        Cell(str(row[f"title_{w.lang}"]), sub=f"{row['finding_id']}{priority}", data={"finding_id": row["finding_id"]}),
        _side(row, "before", w),
        _side(row, "now", w),
        _difference(row, w),
        Cell(
            verdict_word(row, w.lang),
            sub=why,
            data={"verdict": row["verdict"]},
            tone=TONES.get(row["verdict"], ""),
        ),
        *(Cell(_state(row, name, w), tone="" if row[name] else "quiet") for name in ("owner", "due", "state")),
    )


def _state(row: dict[str, Any], name: str, w: Writer) -> str:
    """What people wrote; a state in the words of the report, where it is one of those known."""
    value = row[name]
    if not value:
        return DASH
    return w.say(f"earlier.state_{value}") if name == "state" and value in STATES else str(value)


STATES = ("open", "in_progress", "done", "accepted_risk", "cancelled")


def _side(row: dict[str, Any], when: str, w: Writer) -> Cell:
    """Cases over judged cases, with the rate and its interval."""
    n, judged = row[f"n_{when}"], row[f"judged_{when}"]
    if n is None or judged is None:
        return Cell(DASH, tone="quiet")
    data = {f"{name}_{when}": row[f"{name}_{when}"] for name in ("n", "judged", "rate", "low", "high")}
    sub = f"{w.share(row[f'rate_{when}'])} ({w.interval(row[f'low_{when}'], row[f'high_{when}'])})" if judged else ""
    return Cell(w.of(n, judged), sub=sub, data=data)


def _difference(row: dict[str, Any], w: Writer) -> Cell:
    """In percentage points, with its interval."""
    if row["difference"] is None:
        return Cell(DASH, tone="quiet")
    data = {name: row[name] for name in ("difference", "low", "high")}
    middle, low, high = (f"{100 * row[name]:+z.1f}" for name in ("difference", "low", "high"))
    return Cell(
        w.say("earlier.points", value=middle), sub=w.say("earlier.points_between", low=low, high=high), data=data
    )


def _fresh(found: Remeasured, w: Writer) -> Table | None:
    """What is ranked now and was no finding then."""
    frame: pd.DataFrame = found.fresh
    if frame.empty:
        return None
    rows = [
        Row(
            f"new-{row['finding_id']}",
            (
                Cell(str(row[f"title_{w.lang}"]), sub=str(row["finding_id"])),
                Cell(str(row["priority"]), tone=str(row["priority"])),
                Cell(w.of(row["n"], row["judged"]), data={"n": row["n"], "judged": row["judged"]}),
                Cell(
                    w.share(row["rate"]),
                    w.interval(row["low"], row["high"]),
                    {x: row[x] for x in ("rate", "low", "high")},
                ),
            ),
        )
        for row in records(frame)
    ]
    heads = [w.say(key) for key in ("earlier.col_finding", "col.priority", "earlier.col_cases", "col.rate")]
    return table("new-findings", w.say("earlier.table_fresh"), heads, rows, "tmnn")
