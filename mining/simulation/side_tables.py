"""The tables beside a sample log that tell of its customers, its costs and its plan, made from the recipe and the truth of the log."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mining.errors import MiningError, UnknownNameError
from mining.simulation import heard, shoppers
from mining.simulation.run import Simulation
from mining.simulation.write import Row, table

COSTS = ("activity", "cost_per_event", "cost_per_hour", "cost_kind")
ACTIONS = (
    *("action_id", "finding_id", "goal", "goal_zh", "metric", "baseline", "baseline_n", "target", "owner", "start", "due"),
    *("check_dates", "status"),
)  # fmt: skip
Made = tuple[Sequence[str], list[Row]]


def side_tables(made: Simulation, recipe: Mapping[str, Any]) -> dict[str, Made]:
    """Name of the file, and columns and rows of every table that the recipe asks for.

    Parameters
    ----------
    made : Simulation
    recipe : mapping
        Some of the keys of ``TABLES``, each with what the table is made of; see ``sample_logs/permit_receipt/simulate.yaml``.

    Raises
    ------
    MiningError
        If the recipe names what the blueprint does not have, or lacks what a table is made of.
    """
    for key in recipe:
        if key not in TABLES:
            raise UnknownNameError("table", key, TABLES)
    found = {}
    for key, (name, make) in TABLES.items():
        if key in recipe:
            try:
                found[name] = make(made, recipe[key])
            except (KeyError, TypeError, AttributeError) as error:
                raise MiningError(f"{key}: the recipe of {name} lacks or misspells something: {error!r}.") from error
    return found


def write_side_tables(made: Simulation, recipe: Mapping[str, Any], folder: str | Path) -> list[str]:
    """Write them into a folder, byte for byte the same on every machine; the names of the files."""
    found = side_tables(made, recipe)
    for name, (columns, rows) in found.items():
        table(Path(folder) / name, columns, rows)
    return list(found)


def _written(columns: Sequence[str]) -> Callable[[Simulation, Any], Made]:
    """A table whose rows stand in the recipe as people wrote them; what a row does not say is blank."""

    def make(made: Simulation, rows: Sequence[Mapping[str, Any]]) -> Made:
        for row in rows:
            for key in row:
                if key not in columns:
                    raise UnknownNameError("column", key, columns)
        return columns, [{column: str(row.get(column, "")) for column in columns} for row in rows]

    return make


TABLES: dict[str, tuple[str, Callable[[Simulation, Any], Made]]] = {
    "mystery": ("mystery.csv", shoppers.visits),
    "incidents": ("incidents.csv", heard.incidents),
    "needs": ("needs.csv", heard.needs),
    "costs": ("costs.csv", _written(COSTS)),
    "long_survey": ("survey_touchpoints.csv", heard.long_survey),
    "actions": ("actions.csv", _written(ACTIONS)),
}

__all__ = ["TABLES", "side_tables", "write_side_tables"]
