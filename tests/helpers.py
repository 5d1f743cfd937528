"""Small blueprints and logs for tests, written in a line or two."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

import mining
from mining.blueprint import Blueprint, parse_blueprint
from mining.nets import WorkflowNet

ROOT = Path(__file__).parents[1]
SHARED = ROOT.parent / "shared"
MONDAY = pd.Timestamp("2026-03-02 09:00", tz="UTC")
OFFICE = {"office": {"tz": "UTC", "week": {"mon-fri": ["09:00-17:00"]}, "coverage": ["2026-01-01", "2026-12-31"]}}


def blueprint_dict(
    flow: Any, activities: Iterable[str] = "abcde", ends: Iterable[str] | None = None, **more: Any
) -> dict[str, Any]:
    """A blueprint in which every letter is an activity whose label is the capital letter."""
    names = list(activities)
    return {
        "sbp": "1.0",
        "id": "test",
        "version": "1",
        "name": {"en": "Test service", "zh": "测试服务"},
        "service_type": "linear",
        "status": "approved",
        "owner": "Owner",
        "approval": {"by": "Board", "date": "2026-01-01"},
        "effective": {"from": "2026-01-01"},
        "scope": {"starts_with": names[:1], "ends_with": list(ends or names[-1:]), "unit_of_analysis": "one case"},
        "calendars": OFFICE,
        "lanes": [
            {"id": "customer", "kind": "customer", "name": {"en": "Customer"}},
            {"id": "desk", "kind": "onstage", "name": {"en": "Desk"}},
            {"id": "office", "kind": "backstage", "name": {"en": "Office"}},
        ],
        "stages": [{"id": "all", "name": {"en": "All"}}],
        "roles": {"clerk": {"name": {"en": "Clerk"}, "resources": ["ann", "bob"]}},
        "log": {"case": "case", "activity": "activity", "timestamp": "end", "start": "start", "resource": "resource"},
        "activities": [
            {
                "id": x,
                "lane": "office" if i % 2 else "desk",
                "stage": "all",
                "labels": [x.upper()],
                "name": {"en": f"Step {x}", "zh": f"步骤{x}"},
            }
            for i, x in enumerate(names)
        ],
        "flow": flow,
        **more,
    }


def blueprint(
    flow: Any, activities: Iterable[str] = "abcde", ends: Iterable[str] | None = None, **more: Any
) -> Blueprint:
    """As :func:`blueprint_dict`, parsed."""
    return parsed(blueprint_dict(flow, activities, ends, **more))


def parsed(raw: Mapping[str, Any]) -> Blueprint:
    """What :func:`blueprint_dict` gives, changed or not, as a blueprint: the same one each time. JSON is YAML."""
    return _parsed(json.dumps(raw, ensure_ascii=False, indent=1))


@cache
def _parsed(text: str) -> Blueprint:
    return parse_blueprint(text, name="test.yaml")


Event = tuple[str, float] | tuple[str, float, str | None] | tuple[str, float, str | None, float]


@cache
def _at(hour: float) -> pd.Timestamp:
    return MONDAY + pd.Timedelta(hours=hour)


def frame(cases: Mapping[str, Iterable[Event]]) -> pd.DataFrame:
    """Events (label, hour of completion after Monday 09:00[, resource[, hour of start]]) as a log frame."""
    rows = []
    for case, events in cases.items():
        for label, end, *rest in events:
            resource = rest[0] if rest else "ann"
            rows.append((case, label, _at(rest[1]) if len(rest) > 1 else pd.NaT, _at(end), resource))
    table = pd.DataFrame(rows, columns=["case", "activity", "start", "end", "resource"])
    table["start"] = pd.to_datetime(table["start"], utc=True)
    return table


def traces(*words: str) -> dict[str, list[Event]]:
    """One case per word, one event an hour: ``traces("abc", "acb")``."""
    return {f"c{k}": [(letter.upper(), float(i)) for i, letter in enumerate(word)] for k, word in enumerate(words)}


def study(norm: Blueprint, cases: Mapping[str, Iterable[Event]], **more: Any) -> mining.Study:
    """A study of events given as for :func:`frame`."""
    return mining.Study(mining.EventLog.from_frame(frame(cases), columns=norm.binding), norm, **more)


def verdicts(of: mining.Study, check: str) -> dict[str, str]:
    """Case to gross verdict of a check."""
    table = of.verdicts().frame
    rows = table[table["check"] == check]
    return dict(zip(rows["case_id"], rows["gross"].astype(str), strict=True))


def faults(of: mining.Study, check: str) -> list[tuple[str, str, str | None, str | None]]:
    """(case, kind, activity, partner) of a check's faults."""
    table = of.deviations().frame
    rows = table[table["check"] == check][["case_id", "kind", "activity", "partner"]].astype(object)
    return [tuple(None if x is None or x != x else x for x in row) for row in rows.itertuples(index=False)]


def pm4py_net(net: WorkflowNet) -> tuple[Any, Any, Any]:
    """The same net as objects of pm4py: net, initial and final marking."""
    from pm4py.objects.petri_net.obj import Marking, PetriNet
    from pm4py.objects.petri_net.utils.petri_utils import add_arc_from_to

    made = PetriNet("net")
    places = [PetriNet.Place(f"p{i}") for i in range(len(net.initial))]
    made.places.update(places)
    for i, transition in enumerate(net.transitions):
        step = PetriNet.Transition(f"t{i}", transition.label)
        made.transitions.add(step)
        for p, k in transition.consumes:
            add_arc_from_to(places[p], step, made, k)
        for p, k in transition.produces:
            add_arc_from_to(step, places[p], made, k)
    start, end = (Marking({places[i]: n for i, n in enumerate(x) if n}) for x in (net.initial, net.final))
    return made, start, end
