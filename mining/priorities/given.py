"""What is given beside the log: tables, or the paths of their files; and what to give where something is not measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mining.display import NotMeasured
from mining.errors import MiningError, UnknownNameError
from mining.priorities.worth import Worth
from mining.texts import say

if TYPE_CHECKING:
    from mining.improvement import Improvement
    from mining.results import Result
    from mining.study import Study

TABLES = ("survey", "mystery", "incidents", "needs", "costs", "actions")
# What cannot be made without which tables (any one of them).
NEEDS: dict[str, tuple[str, ...]] = {
    "quality_costs": ("costs",),
    "scores": ("survey",),
    "nonresponse": ("survey",),
    "ipa": ("survey",),
    "importance": ("survey",),
    "touchpoint_gaps": ("survey",),
    "servperf": ("survey",),
    "incident_table": ("incidents",),
    "feedback": ("survey", "incidents"),
    "kano": ("needs",),
    "pass_rates": ("mystery",),
    "follow_up": ("actions",),
}


def read_given(study: Study, given: Mapping[str, Any], *, currency: str | None = None) -> dict[str, Any]:
    """The tables that are given: those named by a path are read by the clock of the blueprint; others, and None, stay as they are.

    Parameters
    ----------
    study : Study
    given : mapping of str to table, str, Path or None
        By the names of :data:`TABLES`.
    currency : str, optional
        Of the costs, where these are named by a path.

    Raises
    ------
    MiningError
        If costs are to be read in no currency, or are in another one, or the survey cannot be of this service.
    LogError
        As the readers do.

    Examples
    --------
    >>> found = read_given(study, {"survey": "sample_logs/permit_receipt/survey.csv", "costs": None})
    >>> len(found["survey"].frame) > 0, found["costs"]
    (True, None)
    """
    from mining.voice.tables import Survey, check_belongs

    readers = _readers(study.blueprint.tz, currency)
    found = {name: readers[name](x) if isinstance(x, str | Path) else x for name, x in given.items()}
    if isinstance(survey := found.get("survey"), Survey):
        check_belongs(survey, study)
    said = getattr(found.get("costs"), "currency", None)
    if said is not None and currency is not None and said != currency:
        raise MiningError(
            f"The costs are in {said}, but currency={currency!r} was given. Give the one that the costs are in."
        )
    return found


def _readers(zone: str, currency: str | None) -> dict[str, Callable[[Any], Any]]:
    from mining.outcomes import read_costs
    from mining.plan import read_actions
    from mining.voice import read_incidents, read_mystery, read_needs, read_survey

    def costs(path: Any) -> Any:
        if currency is None:
            raise MiningError(f"The costs in {path} have no currency. Give it as well, as in currency='EUR'.")
        return read_costs(path, currency=currency)

    return {
        "survey": lambda path: read_survey(path, tz=zone),
        "mystery": lambda path: read_mystery(path, tz=zone),
        "incidents": lambda path: read_incidents(path, tz=zone),
        "needs": read_needs,
        "costs": costs,
        "actions": read_actions,
    }


def worth_of(worth: Sequence[Worth] | Mapping[str, float | None], currency: str | None) -> tuple[Worth, ...]:
    """What units of outcomes are worth, declared one by one, or as amounts in one currency (None: not declared).

    Raises
    ------
    MiningError
        If there is an amount and no currency.

    Examples
    --------
    >>> worth_of({"time": 2, "reopened": None}, "EUR")
    (Worth(outcome='time', amount=2.0, currency='EUR', apart=False),)
    """
    if not isinstance(worth, Mapping):
        return tuple(worth)
    said = {outcome: amount for outcome, amount in worth.items() if amount is not None}
    if said and currency is None:
        first = next(iter(said))
        raise MiningError(
            f"worth: {said[first]:g} of which currency is {first!r} worth? Give it, as in currency='EUR'."
        )
    return tuple(Worth(outcome, float(amount), str(currency)) for outcome, amount in said.items())


def shown_of(found: Improvement, name: str) -> Result | NotMeasured:
    """A table of what to improve first, or what is not measured and which parameter to give."""
    missing = lacking(name, found.given)
    if missing is not None:
        return missing
    if name == "servperf" and found.dimensions is None:
        return NotMeasured("given.no_dimensions", example='{"on_time": "responsiveness"}')
    simulated = name in ("what_if", "validation")
    if simulated and not found.simulate:
        return NotMeasured("given.no_simulation")
    if name == "first" and found.first_id is None:
        return NotMeasured("given.nothing_ranked")
    try:
        if simulated and not found.scenarios:
            return NotMeasured("given.nothing_to_simulate")
        table: Any = getattr(found, name)
    except UnknownNameError:
        raise  # what somebody wrote wrongly is not missing
    except MiningError as error:
        return Refused(str(error))
    if name == "scores" and found.survey is not None:
        table = replace(table, doubts=found.survey.joined(found.study, customer=found.customer).doubts)
    if "names" in {field.name for field in fields(table)}:
        table = replace(table, names={x.id: x.name for x in found.study.blueprint.activities})
    made: Result = table
    return made


def lacking(name: str, given: Mapping[str, Any]) -> NotMeasured | None:
    """What to give so that a table can be made; None where nothing is missing.

    Examples
    --------
    >>> lacking("kano", {"needs": None})
    Classes of the needs (Kano): not measured. Give the parameter NEEDS: a CSV or Excel file with needs of customers, with the columns \
need_id, text.
    """
    asked = NEEDS.get(name, ())
    if not asked or any(given.get(table) is not None for table in asked):
        return None
    return Lacking(name, asked)


class Lacking(NotMeasured):
    """A table that is not there because nothing it could be made from was given.

    Parameters
    ----------
    name : str
        Of the table.
    tables : sequence of str
        Any one of these would do.
    """

    def __init__(self, name: str, tables: Sequence[str]) -> None:
        self.name, self.tables = name, tuple(tables)
        super().__init__(f"given.what_{name}")

    def sentence(self, lang: str = "en") -> str:
        """What is not measured, and which parameter to give."""
        files = [
            say(
                "given.file", lang, parameter=table.upper(), table=say(f"given.table_{table}", lang),
                columns=say("word.listed", lang).join(needed_columns(table)),
            )
            for table in self.tables
        ]  # fmt: skip
        what = say(self.key, lang)
        return say("given.lacking", lang, what=what, files=say("given.or", lang).join(files))


class Refused(NotMeasured):
    """A table that cannot be made of what is there, with the reason.

    Parameters
    ----------
    why : str
        As the error says it.
    """

    def __init__(self, why: str) -> None:
        super().__init__("given.refused", why=why)


def needed_columns(table: str) -> tuple[str, ...]:
    """The columns that a table must have."""
    from mining.outcomes import prices
    from mining.plan.actions import NEEDED
    from mining.voice import incidents, mystery, needs, survey

    columns = {"survey": survey, "mystery": mystery, "incidents": incidents, "needs": needs, "costs": prices}
    return NEEDED if table == "actions" else tuple(x.key for x in columns[table].COLUMNS if x.needed)
