"""The first findings of a plan brought to their targets, as scenarios."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mining.errors import MiningError
from mining.what_if.model import calibrated
from mining.what_if.scenarios import DeviationShare, Scenario, Standard

if TYPE_CHECKING:
    from mining.harm.effects import Effects
    from mining.plan.actions import Actions
    from mining.study import Study


def first_scenarios(study: Study, plan: Actions, effects: Effects, *, most: int) -> dict[str, Scenario]:
    """The first findings of a plan brought to its targets, by title; a time standard kept in every case.

    Parameters
    ----------
    study : Study
    plan : Actions
    effects : Effects
        Where there is an adjusted effect on the throughput time it is what changes; else cases without the deviation stand in.
    most : int
        How many findings. Those that the log cannot simulate are left out.

    Returns
    -------
    dict of str to Scenario
    """
    model = calibrated(study)
    findings = study.findings().frame.set_index("finding_id")
    of_time = effects.frame[effects.frame["outcome"] == "time"].set_index("finding_id")
    found: dict[str, Scenario] = {}
    for action in plan.frame.itertuples():
        if action.finding_id not in findings.index or not action.target >= 0:
            continue
        finding, effect = findings.loc[action.finding_id], of_time.loc[action.finding_id]
        adjusted = (float(effect["effect"]), float(effect["se"])) if effect["effect"] == effect["effect"] else None
        scenario: Scenario = DeviationShare(action.finding_id, float(action.target), adjusted)
        if finding["kind"] == "late":
            scenario = Standard(finding["check"], how="met")
        try:
            scenario.change(model)
        except MiningError:
            continue
        found[finding["title_en"]] = scenario
        if len(found) == most:
            break
    return found
