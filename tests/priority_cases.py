"""A service in which every step must occur, findings where it does not, and effects written down by hand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields
from functools import cache
from typing import Any

import numpy as np
import pandas as pd

import mining
from mining.harm.effects import Effects
from mining.outcomes.outcome import Outcome, Outcomes
from mining.results import Provenance
from tests.helpers import blueprint, study, traces

STEPS, LETTERS = (
    "abcdefg",
    "yzabcdefgh",
)  # a, c, e, g: at the desk, so visible; b, d, f: in the office; y, z, h are in all cases
WORSE = {"time": 1, "cost": 1, "csat": -1, "given_up": 1}
KIND = {"time": ("time", "s"), "cost": ("money", "EUR"), "csat": ("score", "1-5"), "given_up": ("share", "")}


@cache
def service(
    missing: tuple[tuple[str, int], ...], n: int = 200, severity: tuple[tuple[str, str], ...] = ()
) -> mining.Study:
    """``missing``: letter to number of cases without it, the first ones; ``severity``: letter to severity, else major."""
    words = ["".join(x for x in LETTERS if i >= dict(missing).get(x, 0)) for i in range(n)]
    rules = [
        {"id": f"R{x}", "kind": "must_occur", "a": x, "severity": dict(severity).get(x, "major"), "basis": "law"}
        for x in STEPS
    ]
    norm = blueprint([{"free": list(LETTERS)}], LETTERS, "h", service_type="interactive", rules=rules)
    return study(norm, traces(*words))


def ids(of: mining.Study) -> dict[str, str]:
    """Check to id of its finding."""
    frame = of.findings().frame
    return dict(zip(frame["check"], frame["finding_id"], strict=True))


def outcomes(n: int, names: tuple[str, ...] = tuple(WORSE)) -> Outcomes:
    """Outcomes without values: a ranking reads only what they are."""
    items = tuple(
        Outcome(name, {"en": name, "zh": name}, *KIND[name], np.zeros(n), WORSE[name], True) for name in names
    )
    return Outcomes(pd.DataFrame(columns=list(Outcomes.columns)), Provenance("outcomes", "", "", n), items)


def effects(of: mining.Study, said: Mapping[tuple[str, str], Mapping[str, Any]]) -> Effects:
    """Effects on findings: (check, outcome) to ``effect`` in a case, ``grade``, and ``spread`` over the cases with the deviation.

    The total is the effect times these cases. Its direction follows from the outcome; q is 0.001 for A and B, else 0.5.
    """
    n, table = of.instances.n_cases, of.deviations().frame
    place = pd.Index(np.asarray(of.log.case_ids))
    finding = ids(of)
    rows, influence = [], []
    for (check, outcome), given in said.items():
        cases = np.unique(place.get_indexer(table.loc[table["check"] == check, "case_id"]))
        effect, grade = given.get("effect", np.nan), given.get("grade", "A")
        added = np.zeros(n)
        if np.isfinite(effect):
            spread = given.get("spread", 0.0) * np.where(np.arange(len(cases)) % 2, 1.0, -1.0)
            added[cases] = effect + spread - spread.mean()
        sure = grade in ("A", "B")
        se = given.get("se", abs(effect) / 10 if sure else abs(effect) / 0.5)
        rows.append(
            {
                "finding_id": finding[check], "outcome": outcome, "unit": KIND[outcome][1], "design": given.get("design", "point"),
                "n_with": len(cases), "effect": effect, "se": se, "low": effect - 1.96 * se, "high": effect + 1.96 * se,
                "p": given.get("q", 0.001 if sure else 0.5), "q": given.get("q", 0.001 if sure else 0.5),
                "weak": given.get("weak", ""), "grade": grade, "total": added.sum() if np.isfinite(effect) else np.nan,
                "harm": np.sign(effect) * WORSE[outcome] if sure else np.nan,
            }
        )  # fmt: skip
        influence.append(added)
    made = {
        "frame": pd.DataFrame(rows, columns=list(Effects.columns)),
        "provenance": Provenance("effects", "", "", n),
        "study": of,
        "outcomes": outcomes(n),
        "influence": np.array(influence).reshape(len(rows), n),
    }
    return Effects(**made, **{field.name: {} for field in fields(Effects) if field.name not in made})
