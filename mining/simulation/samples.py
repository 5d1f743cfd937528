"""The committed sample logs and the tables beside them, made again: ``python -m mining.simulation.samples sample_logs``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from mining.blueprint import read_blueprint, yaml12
from mining.errors import MiningError, UnknownNameError
from mining.simulation.faults import Fault
from mining.simulation.run import Simulation, simulate
from mining.simulation.side_tables import TABLES, write_side_tables

RECIPE = "simulate.yaml"
KEYS = ("cases", "seed", "start", "end", "faults")


def sample(folder: str | Path) -> Simulation:
    """The simulation that a folder with ``blueprint.yaml`` and ``simulate.yaml`` describes.

    Raises
    ------
    MiningError
        If the recipe is missing or not understood.
    """
    recipe = Path(folder) / RECIPE
    raw = _read(recipe)
    return simulate(
        read_blueprint(Path(folder) / "blueprint.yaml"),
        cases=_whole(raw, "cases", recipe),
        seed=_whole(raw, "seed", recipe),
        faults=[Fault.parse(str(fault)) for fault in raw.get("faults") or ()],
        start=_day(raw, "start", recipe),
        end=_day(raw, "end", recipe),
    )


def write_sample(folder: str | Path) -> tuple[Simulation, list[str]]:
    """Write log.csv, truth.csv, survey.csv and the tables beside them into the folder of a recipe; the names of the latter.

    Raises
    ------
    MiningError
        As :func:`sample`, or if a table beside the log cannot be made.
    """
    made = sample(folder)
    recipe = Path(folder) / RECIPE
    made.write(folder)
    tables = {key: value for key, value in _read(recipe).items() if key in TABLES}
    try:
        return made, write_side_tables(made, tables, folder)
    except MiningError as error:
        raise MiningError(f"{recipe}: {error}") from error


def _read(recipe: Path) -> dict[str, Any]:
    try:
        text = recipe.read_text("utf-8")
    except OSError as error:
        raise MiningError(f"{recipe} cannot be read ({error.strerror}).") from error
    raw = yaml12.load(text, str(recipe))[0]
    if not isinstance(raw, dict) or not {"cases", "seed"} <= set(raw):
        raise MiningError(f"{recipe}: a recipe names at least cases and seed.")
    for key in raw:
        if key not in (*KEYS, *TABLES):
            raise UnknownNameError("key", key, (*KEYS, *TABLES), where=str(recipe))
    return raw


def _whole(raw: dict[str, Any], key: str, recipe: Path) -> int:
    if not isinstance(raw[key], int):
        raise MiningError(f"{recipe}: {key} must be a whole number, not {raw[key]!r}.")
    return int(raw[key])


def _day(raw: dict[str, Any], key: str, recipe: Path) -> date | None:
    if raw.get(key) is None:
        return None
    try:
        return date.fromisoformat(str(raw[key]))
    except ValueError:
        raise MiningError(f"{recipe}: {key} must be a date such as 2026-06-30, not {raw[key]!r}.") from None


def main(arguments: Sequence[str] | None = None) -> int:
    """Write every sample anew in every folder with a recipe below the named folder."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    if len(given) != 1:
        print("usage: python -m mining.simulation.samples FOLDER", file=sys.stderr)
        return 2
    recipes = sorted(Path(given[0]).glob(f"*/{RECIPE}"))
    try:
        if not recipes:
            raise MiningError(f"{given[0]}: no folder in it holds a {RECIPE}.")
        for recipe in recipes:
            made, tables = write_sample(recipe.parent)
            beside = f"; {', '.join(tables)}" if tables else ""
            print(f"{recipe.parent.as_posix()}: {len(made.cases)} cases, {len(made.truths)} faulty{beside}")
    except MiningError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
