"""Simulated logs with known faults: exactly those are found, of the right kind at the right activity; a clean log has none."""

import pandas as pd
import pytest

import mining
from mining.simulation import Fault, simulate
from tests.helpers import ROOT

SAMPLES = sorted(p.name for p in (ROOT / "sample_logs").iterdir() if p.is_dir())
WORD = {"swapped": "out_of_order"}


def blueprint_of(sample):
    return mining.read_blueprint(ROOT / "sample_logs" / sample / "blueprint.yaml")


def compare(study, truth):
    """Every faulty case fails exactly the checks that the truth names, with the right kind at the right place; no other fails."""
    truth = truth.fillna("").astype(str)
    found = study.deviations().frame
    wanted = {(row.case_id, row.check, WORD.get(row.kind, row.kind), row.activity) for row in truth.itertuples()}
    shown = {(row.case_id, row.check, row.kind, row.activity or "") for row in found.itertuples()}
    assert wanted <= shown
    checks = {
        (row.case_id, check)
        for row in truth.itertuples()
        for check in filter(None, [row.check, *row.also_fails.split(";")])
    }
    assert {(row.case_id, row.check) for row in found.itertuples()} == checks
    swaps = truth[(truth["kind"] == "swapped") & (truth["check"] == "path")]
    partner = {(row.case_id, row.activity): row.partner for row in found.query("check == 'path'").itertuples()}
    assert [partner[row.case_id, row.activity] for row in swaps.itertuples()] == swaps["partner"].tolist()
    first = found[found["check"] == "path"].groupby("case_id").size()
    assert (first == 1).all()  # one fault a case, one deviation of the path


def study_of(simulation, norm):
    return mining.Study(mining.EventLog.from_frame(simulation.to_frame(), columns=norm.binding), norm)


@pytest.mark.parametrize("sample", SAMPLES)
def test_the_sample_logs_show_exactly_their_truth(sample):
    folder = ROOT / "sample_logs" / sample
    norm = blueprint_of(sample)
    study = mining.Study(mining.read_log(folder / "log.csv", columns=norm.binding), norm)
    truth = pd.read_csv(folder / "truth.csv", dtype=str)
    assert len(truth) > 300
    compare(study, truth)


@pytest.mark.parametrize("sample", SAMPLES)
def test_a_clean_log_has_no_deviation(sample):
    norm = blueprint_of(sample)
    study = study_of(simulate(norm, cases=300, seed=7), norm)
    assert len(study.deviations()) == 0
    assert len(study.findings()) == 0
    assert study.summary().frame["fail"].sum() == 0
    assert study.discovered.comparison.query("not designed").empty


K = 12
EVERY_KIND = {
    "permit_receipt": [
        "missing:approve_receipt",
        "extra:adjust_receipt",
        "extra:Phone call",
        "swapped:approve_receipt",
        "repeated:send_receipt",
    ]
    + ["late:S1", "late:S2", "late:S3", "wrong_role:approve_receipt", "same_person:R2"],
    "outpatient_visit": [
        "missing:triage",
        "swapped:triage",
        "repeated:pay",
        "extra:Lost",
        "late:S1",
        "late:S2",
        "wrong_role:consult",
        "same_person:R3",
    ],
    "it_incident": [
        "missing:take_charge",
        "swapped:assign_seriousness",
        "repeated:take_charge",
        "late:S1",
        "late:S2",
        "wrong_role:take_charge",
    ],
    "bank_loan": [
        "missing:register",
        "swapped:apply",
        "repeated:register",
        "late:S1",
        "late:S2",
        "late:S3",
        "late:S4",
        "wrong_role:approve",
    ],
}


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2, 3])
@pytest.mark.parametrize("sample", SAMPLES)
def test_k_faults_of_each_kind_are_found_exactly(sample, seed):
    norm = blueprint_of(sample)
    simulation = simulate(
        norm, cases=1500, seed=seed, faults=[Fault.parse(f"{fault}={K}") for fault in EVERY_KIND[sample]]
    )
    assert len(simulation.truth) == K * len(EVERY_KIND[sample])
    study = study_of(simulation, norm)
    compare(study, simulation.truth)
