"""Sheets of the working papers for what the checks add up to: dimensions, touchpoints, promised times, funnels."""

from __future__ import annotations

from typing import Any

import pandas as pd

from mining.report.formats import Writer
from mining.report.measures import funnels, state_words
from mining.report.sheets import Head, Sheet, yes_or_no
from mining.report.table import records
from mining.results import plain
from mining.study import Study
from mining.texts import activity_name, check_text

SHARES = {
    "gross",
    "low",
    "high",
    "net",
    "net_low",
    "net_high",
    "target",
    "share",
    "km",
    "km_low",
    "km_high",
    "drop_share",
}
SHARES |= {"drop_low", "drop_high"}
LENGTHS = {"limit", "drop_after_s", *(f"{kind}_{x}" for kind in ("at", "km") for x in ("80", "90", "95")), "at_target"}
TEXTS = {"dimension", "state", "touchpoint", "facet", "standard", "metric", "unit", "stage", "step", "kept", "dead_end"}
LONG = {"text", "why_not"}
ALWAYS = ("took_place", "missing", "elsewhere", "extra", "unsettled")


def dimensions(study: Study, w: Writer) -> Sheet:
    """The seven dimensions."""
    frame = study.dimensions().frame.drop(columns="group")
    words = {"dimension": lambda x: w.say(f"dimension.{x}"), "state": lambda x: state_words(x, w)}
    return _sheet("dimensions", frame, w, words)


def touchpoints(study: Study, w: Writer) -> Sheet:
    """The scorecard, one row per touchpoint and facet, with what an opportunity was."""
    table = study.touchpoints()
    frame = table.facets().merge(table.frame[["touchpoint", *ALWAYS]], on="touchpoint", how="left")
    words = {
        "touchpoint": lambda x: activity_name(study.blueprint, x, w.lang),
        "facet": lambda x: w.say(f"facet.{x}"),
        "enough": lambda x: yes_or_no(x, w),
    }
    return _sheet("touchpoints", frame, w, words)


def on_time(study: Study, w: Writer) -> Sheet:
    """Shares in time."""
    return _sheet("on_time", _of_standards(study, study.on_time().frame, w), w, {"kept": lambda x: yes_or_no(x, w)})


def calibration(study: Study, w: Writer) -> Sheet:
    """Limits that shares of the cases would keep."""
    return _sheet("calibration", _of_standards(study, study.calibration().frame, w), w, {})


def _of_standards(study: Study, frame: pd.DataFrame, w: Writer) -> pd.DataFrame:
    """The table with the text of each standard, and the reasons in the language."""
    reasons = {check.id: study.why_not(check, w.lang) for check in study.checks}
    made = frame.assign(why_not=frame["standard"].map(reasons)).drop(columns="metric")
    made.insert(1, "text", [check_text(study.blueprint, check, w.lang) for check in frame["standard"]])
    return made


def funnel(study: Study, w: Writer) -> Sheet:
    """The steps of every self-service, in the order of the design."""
    parts = [x.frame.drop(columns=["name_en", "name_zh", "testable"]) for x in funnels(study).values()]
    stages = {x.id: x.name.get(w.lang) for x in study.blueprint.stages}
    words = {
        "step": lambda x: activity_name(study.blueprint, x, w.lang),
        "stage": stages.__getitem__,
        "dead_end": lambda x: yes_or_no(x, w),
    }
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=["stage", "step"])
    return _sheet("funnel", frame, w, words)


def _sheet(key: str, frame: pd.DataFrame, w: Writer, words: dict[str, Any]) -> Sheet:
    """A frame with its code words in words of the language; headings are those of the measures."""
    rows = [
        tuple(
            words[name](value) if name in words and value is not None else plain(value) for name, value in row.items()
        )
        for row in records(frame)
    ]
    return Sheet(
        key, tuple(Head(w.say(f"measure.{name}"), _kind(name), name) for name in frame.columns), len(rows), rows
    )


def _kind(column: str) -> str:
    if column in SHARES:
        return "share"
    if column in LENGTHS:
        return "number"
    return "long" if column in LONG else "text" if column in TEXTS else "count"
