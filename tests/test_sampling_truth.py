"""Samples of logs whose truth is known: what is measured holds the truth as often as it says; and the page about samples runs."""

import re

import numpy as np
import pandas as pd
import pytest

import mining
from mining.findings import Findings
from mining.results import wilson
from mining.sampling import SamplePlan, attribute_size, draw, evaluate, precision_size, read_review, upper_limit
from mining.sampling.order import ranks
from mining.sampling.review import merge_review
from mining.simulation import simulate
from mining.simulation.faults import Fault
from tests.examples import STUDIES
from tests.helpers import ROOT

REAL, FALSE = 60, 20
STEP, LABEL = "approve_receipt", "Approve confirmation"


@pytest.fixture(scope="module")
def spoilt():
    """A log in which 60 cases lack a step in truth, and of 20 others its record was lost: study, class, cases that truly lack it."""
    norm = mining.read_blueprint("sample_logs/permit_receipt/blueprint.yaml")
    made = simulate(norm, cases=400, seed=3, faults=[Fault.parse(f"missing:{STEP}={REAL}")])
    real, frame = set(made.truth["case_id"]), made.to_frame()
    clean = sorted(set(frame.loc[frame["activity"] == LABEL, "case_id"]) - real)[:FALSE]
    lost = frame["case_id"].isin(clean) & (frame["activity"] == LABEL)
    study = mining.Study(mining.EventLog.from_frame(frame[~lost], columns=norm.binding), norm)
    findings = study.findings()
    path = findings.frame.query("kind == 'missing' and activity == @STEP and check == 'path'")
    assert path["n_gross"].tolist() == [REAL + FALSE]
    return study, Findings(path, findings.provenance), path["finding_id"].iloc[0], real


def inspected(sample, finding, real):
    """What a reviewer who knows the truth writes about a class."""
    rows = sample.rows_of("class", finding)
    return read_review(rows.assign(result=np.where(rows["case_id"].isin(real), "yes", "no")))


@pytest.mark.slow
def test_a_class_fed_with_false_alarms_is_withdrawn_and_a_true_one_is_not(spoilt):
    study, findings, finding, real = spoilt
    sample = draw(study, SamplePlan(seed="s", class_size=60), findings)
    found = evaluate(sample, inspected(sample, finding, real))
    row = found.of(finding)
    assert row["low"] < 0.75 < row["high"]
    assert found.withdrawn == (finding,)
    whole = draw(study, SamplePlan(seed="s", class_size=80), findings)
    exact = evaluate(whole, inspected(whole, finding, real)).of(finding)
    assert (exact["precision"], exact["low"], exact["high"]) == (0.75, 0.75, 0.75)
    everything = set(study.log.case_ids)
    assert evaluate(sample, inspected(sample, finding, everything)).of(finding)["conclusion"] == "confirmed"


@pytest.mark.slow
@pytest.mark.study
def test_the_measured_precision_holds_the_truth_at_the_promised_rate(spoilt):
    """Over 60 samples, in ``make studies`` over 200."""
    study, findings, finding, real = spoilt
    held, withdrawn, n = 0, 0, 200 if STUDIES else 60
    for seed in range(n):
        sample = draw(study, SamplePlan(seed=str(seed), class_size=30), findings)
        row = evaluate(sample, inspected(sample, finding, real)).of(finding)
        held += row["low"] <= REAL / (REAL + FALSE) <= row["high"]
        withdrawn += row["withdrawn"]
    assert held / n >= 0.95
    assert withdrawn / n >= 0.95  # of 30 cases at least 28 would have to be real


def test_a_log_with_too_many_errors_is_seldom_called_tolerable():
    """50 of 1,000 cases are wrong, exactly the tolerable rate: 59 clean ones are drawn in at most 5 of 100 draws."""
    ids, n, seeds = [f"C{i:05}" for i in range(1000)], attribute_size(0.05), 400
    ok = sum(ranks(str(seed), ids)[:50].min() >= n for seed in range(seeds))
    assert upper_limit(0, n) <= 0.05
    assert 0 < ok / seeds <= 0.05 + 0.033  # three standard errors


@pytest.mark.slow
def test_the_upper_limit_holds_the_truth_at_the_promised_rate():
    rng = np.random.default_rng(2)
    for wrong, n, population in ((60, 80, None), (15, 60, 300), (3, 30, 100)):
        size = population or 1000
        errors = rng.hypergeometric(wrong, size - wrong, n, 2000)
        limits = {k: upper_limit(k, n, population=population) for k in set(errors.tolist())}
        assert np.mean([limits[k] >= wrong / size for k in errors.tolist()]) >= 0.95 - 0.015


@pytest.mark.parametrize("sample_log", ["permit_receipt", "bank_loan", "it_incident", "outpatient_visit"])
@pytest.mark.slow
def test_every_class_of_every_sample_service_is_inspected(sample_log):
    folder = ROOT / "sample_logs" / sample_log
    norm = mining.read_blueprint(folder / "blueprint.yaml")
    study = mining.Study(mining.read_log(folder / "log.csv", columns=norm.binding), norm)
    sample = draw(study)
    drawn = sample.tests[sample.tests["test"] == "class"].set_index("finding_id")["n_drawn"]
    wanted = study.findings().frame.set_index("finding_id")["n_gross"].clip(upper=precision_size(0.8))
    assert drawn.astype(int).to_dict() == wanted.astype(int).to_dict()
    truth = set(pd.read_csv(folder / "truth.csv", dtype=str)["case_id"])
    rows = sample.frame[sample.frame["test"] == "class"]
    found = evaluate(sample, read_review(rows.assign(result=np.where(rows["case_id"].isin(truth), "yes", "no"))))
    assert found.withdrawn == ()
    assert set(found.frame.loc[found.frame["test"] == "class", "conclusion"]) == {"confirmed"}


@pytest.mark.slow
def test_the_workbook_comes_back_as_a_review(study, tmp_path):
    """What a reviewer writes under the hidden names of a sheet is what the sample is evaluated by."""
    from openpyxl import Workbook

    from mining.report.reviewed import read_reviewed

    sample = draw(study, SamplePlan(seed="s"))
    book = Workbook()
    page = book.active
    page.title = "样本"
    page.append(["sample.item", "sample.result", "sample.result_2", "sample.note"])
    page.append(["样本编号", "核查结果", "第二复核人结果", "备注"])
    for case in sample.rows_of("occurrence")["case_id"]:
        page.append([f"occurrence/{case}", "证实", None, "ok"])
    page.row_dimensions[1].hidden = True
    book.save(tmp_path / "papers.xlsx")
    review = merge_review(None, read_reviewed(tmp_path / "papers.xlsx"))
    row = evaluate(sample, review).frame.iloc[0]
    assert (row["confirmed"], row["conclusion"]) == (59, "supported")


# --- the page ---------------------------------------------------------------------------------------------------------

PAGE = (ROOT / "docs" / "sampling.md").read_text(encoding="utf-8")


def test_the_ten_lines_of_the_page_draw_the_sample_again(study, tmp_path, monkeypatch, capsys):
    code = next(block for block in re.findall(r"```python\n(.*?)```", PAGE, re.S) if "hashlib" in block)
    assert "mining" not in code
    assert len([line for line in code.splitlines() if line.strip()]) <= 10
    seed = re.search(r'seed = "(.*?)"', code)[1]
    (tmp_path / "log.csv").write_bytes((ROOT / "sample_logs" / "permit_receipt" / "log.csv").read_bytes())
    sample = draw(study, SamplePlan(seed=seed))
    sample.to_csv(tmp_path / "sample.csv")
    monkeypatch.chdir(tmp_path)
    exec(compile(code, "docs/sampling.md", "exec"), {})
    assert capsys.readouterr().out == f"{sample.frame_hash} True\n"
    draw(study, SamplePlan(seed="another")).to_csv(tmp_path / "sample.csv")
    exec(compile(code, "docs/sampling.md", "exec"), {})
    assert capsys.readouterr().out.endswith("False\n")


def test_the_page_names_every_setting_with_its_default():
    table = dict(re.findall(r"^\| `(\w+)`(?:, `tolerable_amount`)? \| ([^|]+) \|", PAGE, re.M))
    plan = SamplePlan().to_dict()
    assert {*plan} <= {*table, "tolerable_amount"}
    for key, value in plan.items():
        if key in ("amount", "tolerable_amount", "discovery"):
            continue
        assert table[key] == (f'"{value}"' if isinstance(value, str) else f"{value:g}"), key


def test_what_the_page_says_of_classes_with_false_alarms_is_so():
    sizes = re.search(r"`class_size: (\d+)` bears one, (\d+) bear two, (\d+) three", PAGE).groups()
    for wrong, n in enumerate(map(int, sizes), 1):
        assert wilson(n - wrong, n)[0] >= 0.8 > wilson(n - 1 - wrong, n - 1)[0]
    assert f"{wilson(15, 16)[0]:.0%}" == "72%"


def test_the_page_names_every_column_of_the_answers():
    for name in ("result", "result_2", "decided", "amount_found"):
        assert f"`{name}`" in PAGE
