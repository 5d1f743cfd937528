"""A small service on disk with a table of every kind: names as they come, or as somebody would write them who means harm."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from tests.helpers import MONDAY, blueprint_dict, frame

HOSTILE = (
    "<script>alert(1)</script>",
    "=cmd|' /C calc'!A0",
    "\u202egnp.exe",
    "\U0001f600 smile",
    "x" * 200,
    'a,b;"c"',
)
PLAIN = ("vip", "normal", "new", "old", "north", "south")


def service(folder: Path, names: tuple[str, ...] = PLAIN) -> dict[str, Path]:
    """Write log, blueprint and tables into a folder; ``names`` stand where people may write what they like. Name to file."""
    folder.mkdir(parents=True, exist_ok=True)
    norm = blueprint_dict(
        list("abcd"),
        "abcd",
        standards=[STANDARD],
        rules=[{"id": "R1", "kind": "must_occur", "a": "b", "severity": "major"} | LAW],
    )
    norm["log"]["attributes"] = {"segment": "segment"}
    norm["activities"][2]["touchpoint"] = {"key": True}
    made = {"blueprint": folder / "blueprint.yaml", "log": folder / "log.csv"}
    made["blueprint"].write_text(json.dumps(norm, ensure_ascii=False), encoding="utf-8")
    log = frame(_cases())
    number = log["case"].str[1:].astype(int)
    log["segment"] = [names[k % len(names)] for k in number]
    log.loc[number % 37 == 0, "resource"] = names[0]
    extra = log.iloc[:3].assign(activity=list(names[:3]), case="c1", end=log["end"].iloc[:3] + pd.Timedelta("20min"))
    _written(pd.concat([log, extra]), made, "log", folder)
    tables = {
        "survey": {
            "case_id": [f"c{k}" for k in range(60)], "answered_at": "2026-03-09T09:00Z", "item": [names[k % 2] for k in range(60)],
            "score": [5 - 2 * (k % 10 == 0) - k % 2 for k in range(60)], "scale_min": 1, "scale_max": 5, "kind": "csat",
            "segment": [names[k % 3] for k in range(60)], "comment": names[0],
        },
        "mystery": {
            "visit_id": [str(k) for k in range(30)], "visited_at": "2026-03-09T09:00Z", "site": [names[k % 2] for k in range(30)],
            "standard_id": ["S1" if k % 3 else names[1] for k in range(30)], "result": ["pass" if k % 4 else "fail" for k in range(30)],
            "shopper": names[0], "note": names[3],
        },
        "incidents": {
            "id": [str(k) for k in range(12)], "at": "2026-03-09T09:00Z", "category": [names[k % 4] for k in range(12)], "valence": "-",
            "quote": names[0], "consent": "yes",
        },
        "needs": {"need_id": list("123"), "text": list(names[:3]), "touchpoint": ["c", None, names[4]]},
        "costs": {"activity": ["b", "c"], "cost_per_event": [10, 20], "cost_kind": ["internal", "external"]},
    }  # fmt: skip
    for name, columns in tables.items():
        _written(pd.DataFrame(columns), made, name, folder)
    return made


STANDARD = {
    "id": "S1", "dimension": "time", "metric": "elapsed", "from": "a", "to": "d", "max": "4h", "share": 0.99, "severity": "major",
    "basis": "promise", "touchpoint": "c",
}  # fmt: skip
LAW = {"basis": "law"}


def _cases() -> dict[str, list[tuple[str, float]]]:
    """240 cases: every sixth without b, every tenth late, some with c again."""
    cases = {}
    for k in range(240):
        word = "acd" if k % 6 == 0 else "abccd" if k % 11 == 0 else "abcd"
        slow = 6.0 if k % 10 == 0 else 1.0
        begin = k * 0.7
        cases[f"c{k}"] = [(letter.upper(), begin + i * slow * (1 + k % 7 / 10)) for i, letter in enumerate(word)]
    return cases


def _written(table: pd.DataFrame, made: dict[str, Path], name: str, folder: Path) -> None:
    made[name] = folder / f"{name}.csv"
    table.to_csv(made[name], index=False, encoding="utf-8")


__all__ = ["HOSTILE", "MONDAY", "PLAIN", "service"]
