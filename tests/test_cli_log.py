"""mining log ...: what is printed, and with which exit status."""

import pytest
from typer.testing import CliRunner

from mining.cli_log import log_app
from tests.helpers import ROOT

SAMPLE = ROOT / "sample_logs" / "permit_receipt"
LOG, NORM = str(SAMPLE / "log.csv"), str(SAMPLE / "blueprint.yaml")


def run(*arguments):
    result = CliRunner().invoke(log_app, [str(x) for x in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


def test_describe_says_what_the_log_holds():
    out = run("describe", LOG, "-b", NORM).stdout
    assert "2,000 cases, 20,794 activity instances, 24 activities, 23 resources" in out
    assert "2,000  Confirm receipt -> receive" in out
    assert "30  Call the applicant -> ?" in out
    assert "the blueprint knows 23 of 24 labels: 99.9% of the activity instances, 98.5% of the cases wholly" in out


def test_quality_says_what_is_wrong_by_exit_status():
    result = run("quality", LOG, "-b", NORM, "--now", "2027-01-01")
    assert result.exit_code == 1
    assert "warning: labels that the blueprint does not know (1): 'Call the applicant': 30 of 20,794" in result.stdout
    assert "0 errors, 1 warnings, 0 notes" in result.stdout
    late = run("quality", LOG, "-b", NORM, "--now", "2026-01-15")
    assert "error: times in the future" in late.stdout


def test_a_clean_log_has_exit_status_0(tmp_path):
    rows = [f"{case},{label},2026-03-0{case}T09:0{i}:0{case}Z" for case in (1, 2, 3) for i, label in enumerate("AB")]
    file = tmp_path / "log.csv"
    file.write_text("\n".join(["case,activity,timestamp", *rows]) + "\n", encoding="utf-8")
    result = run("quality", file, "--now", "2027-01-01")
    assert (result.exit_code, result.stdout.splitlines()[-1]) == (0, "no problem was found")


@pytest.mark.parametrize("command", ["describe", "quality"])
def test_chinese(command):
    out = run(command, LOG, "-b", NORM, "--lang", "zh").stdout
    assert "个活动实例" in out


def test_bind_writes_a_file_that_the_others_take(tmp_path):
    file = tmp_path / "binding.yaml"
    result = run("bind", LOG, "-b", NORM, "-o", file)
    assert result.exit_code == 1
    assert "labels that are certain: 20,764 of 20,794 events (99.9%)" in result.stdout
    assert f"1 things are open: edit {file}" in result.stdout.replace("\n", "")
    file.write_text(
        file.read_text("utf-8").replace('"Call the applicant": "?"', '"Call the applicant": "(ignore)"'),
        encoding="utf-8",
    )
    out = run("describe", LOG, "-b", NORM, "--binding", file).stdout
    assert "Call the applicant -> (out of scope)" in out
    assert "the blueprint knows 24 of 24 labels" in out
    assert run("quality", LOG, "-b", NORM, "--binding", file, "--now", "2027-01-01").exit_code == 0


def test_bind_to_standard_output_is_the_file_alone():
    result = run("bind", LOG)
    assert result.exit_code == 0
    assert result.stdout.startswith("# Binding of log.csv")


def test_convert_writes_what_is_read_again(tmp_path):
    from mining.log import read_log

    run("convert", LOG, tmp_path / "out.parquet", "-b", NORM)
    again = read_log(tmp_path / "out.parquet")
    assert (again.n_cases, again.n_instances) == (2000, 20794)
