"""Simulated logs with known faults: exactly those are found, of the right kind at the right activity; a clean log has none."""

import pandas as pd
import pytest

import mining
from mining.simulation import simulate
from mining.simulation.faults import WORDS
from tests.helpers import ROOT

SAMPLES = sorted(p.name for p in (ROOT / "sample_logs").iterdir() if p.is_dir())


def blueprint_of(sample):
    return mining.read_blueprint(ROOT / "sample_logs" / sample / "blueprint.yaml")


def compare(study, truth):
    """Every faulty case fails exactly the checks that the truth names, with the right kind at the right place; no other fails."""
    truth = truth.fillna("").astype(str)
    found = study.deviations().frame[["case_id", "check", "kind", "activity", "partner"]].astype(object)
    found = found.where(found.notna(), "")
    wanted = {(row.case_id, row.check, WORDS[row.kind], row.activity) for row in truth.itertuples()}
    shown = [(row.case_id, row.check, row.kind, row.activity) for row in found.itertuples()]
    named = {(row.case_id, row.check) for row in truth.itertuples()}
    assert sorted(row for row in shown if row[:2] in named) == sorted(wanted)  # each once, and nothing beside it
    checks = {
        (row.case_id, check)
        for row in truth.itertuples()
        for check in filter(None, [row.check, *row.also_fails.split(";")])
    }
    assert {row[:2] for row in shown} == checks
    paths = truth["check"].str.startswith(("path", "handover"))
    partner = {(row.case_id, row.check, row.activity): row.partner for row in found.itertuples()}
    pairs = truth[truth["kind"].isin(["swapped", "replaced"]) & paths]
    assert [partner[row.case_id, row.check, row.activity] for row in pairs.itertuples()] == pairs["partner"].tolist()


def study_of(simulation, norm):
    return mining.Study(mining.EventLog.from_frame(simulation.to_frame(), columns=norm.binding), norm)


@pytest.mark.few_quick(1)
@pytest.mark.parametrize("sample", SAMPLES)
def test_the_sample_logs_show_exactly_their_truth(sample):
    folder = ROOT / "sample_logs" / sample
    norm = blueprint_of(sample)
    study = mining.Study(mining.read_log(folder / "log.csv", columns=norm.binding), norm)
    truth = pd.read_csv(folder / "truth.csv", dtype=str)
    assert len(truth) > 300
    compare(study, truth)


@pytest.mark.few_quick(1)
@pytest.mark.parametrize("sample", SAMPLES)
def test_a_clean_log_has_no_deviation(sample):
    norm = blueprint_of(sample)
    study = study_of(simulate(norm, cases=300, seed=7), norm)
    assert len(study.deviations()) == 0
    assert len(study.findings()) == 0
    assert study.summary().frame["fail"].sum() == 0
    assert study.discovered.comparison.frame.query("not designed").empty
