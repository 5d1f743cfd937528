"""Small services with touchpoints, and surveys as frames, for the tests of importance and its uses."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from mining.blueprint import Blueprint, parse_blueprint
from tests.helpers import blueprint_dict


@dataclass
class Table:
    """Anything with a frame, as the readers give it."""

    frame: pd.DataFrame
    sha256: str = "0" * 64
    extra: dict[str, Any] = field(default_factory=dict)


def service(letters: str, names: list[str] | None = None, key: str | None = None, **more: Any) -> Blueprint:
    """A linear service in which every letter is a touchpoint; those of ``key`` are key touchpoints."""
    raw = blueprint_dict(list(letters), letters, **more)
    for i, activity in enumerate(raw["activities"]):
        activity["touchpoint"] = {"key": key is None or activity["id"] in key}
        if names:
            activity["name"] = {"en": names[i], "zh": f"服务接触点环节{i + 1}"}
    return parse_blueprint(json.dumps(raw, ensure_ascii=False, indent=1), name="test.yaml")


def survey(rows: list[dict[str, Any]]) -> Table:
    """Answers; what a row does not say is missing, on a scale from 1 to 5."""
    columns = (
        "case_id",
        "customer_id",
        "answered_at",
        "item",
        "score",
        "scale_min",
        "scale_max",
        "touchpoint",
        "segment",
        "channel",
        "kind",
        "comment",
    )
    plain = dict.fromkeys(columns) | {"answered_at": 0, "scale_min": 1.0, "scale_max": 5.0}
    frame = pd.DataFrame([{**plain, **row} for row in rows], columns=list(columns))
    frame["row"] = np.arange(1, len(frame) + 1)
    return Table(frame.astype({"score": float, "scale_min": float, "scale_max": float}))


def scored(scores: np.ndarray, overall: np.ndarray, letters: str) -> Table:
    """A respondent per row of ``scores``, who scored each letter (NaN: not) and the whole."""
    rows = []
    for i, (own, whole) in enumerate(zip(scores, overall, strict=True)):
        case = f"c{i}"
        rows += [
            {"case_id": case, "item": "good", "score": x, "touchpoint": t, "kind": "perception"}
            for x, t in zip(own, letters, strict=True)
            if np.isfinite(x)
        ]
        rows.append({"case_id": case, "item": "csat", "score": whole, "kind": "csat"})
    return survey(rows)
