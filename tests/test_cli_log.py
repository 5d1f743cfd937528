"""mining log ...: what is printed, and with which exit status."""

import sqlite3
from contextlib import closing

import pandas as pd
import pytest
from typer.testing import CliRunner

from mining.cli import app
from mining.cli_log import log_app
from mining.errors import LogError
from mining.log.binding_file import read_binding
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
    assert "2,000 cases, 20,548 activity instances, 25 activities, 23 resources" in out
    assert "2,000  Confirm receipt -> receive" in out
    assert "30  Call the applicant -> ?" in out
    assert "8  Approve by telephone -> (in place of a step)" in out
    assert "the blueprint knows 24 of 25 labels: 99.9% of the activity instances, 98.5% of the cases wholly" in out


def test_quality_says_what_is_wrong_by_exit_status():
    result = run("quality", LOG, "-b", NORM, "--now", "2027-01-01")
    assert result.exit_code == 1
    assert "warning: labels that the blueprint does not know (1): 'Call the applicant': 30 of 20,548" in result.stdout
    assert "0 errors, 1 warning, 1 note" in result.stdout
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


@pytest.mark.slow
def test_bind_writes_a_file_that_the_others_take(tmp_path):
    file = tmp_path / "binding.yaml"
    result = run("bind", LOG, "-b", NORM, "-o", file)
    assert result.exit_code == 1
    assert "labels that are certain: 20,518 of 20,548 events (99.9%)" in result.stdout
    assert f"1 thing is open: edit {file}" in result.stdout.replace("\n", "")
    file.write_text(
        file.read_text("utf-8").replace('"Call the applicant": "?"', '"Call the applicant": "(ignore)"'),
        encoding="utf-8",
    )
    out = run("describe", LOG, "-b", NORM, "--binding", file).stdout
    assert "Call the applicant -> (out of scope)" in out
    assert "the blueprint knows 25 of 25 labels" in out
    assert run("quality", LOG, "-b", NORM, "--binding", file, "--now", "2027-01-01").exit_code == 0


def test_bind_to_standard_output_is_the_file_alone():
    result = run("bind", LOG)
    assert result.exit_code == 0
    assert result.stdout.startswith("# Binding of log.csv")


def test_convert_writes_what_is_read_again(tmp_path):
    from mining.log import read_log

    run("convert", LOG, tmp_path / "out.parquet", "-b", NORM)
    again = read_log(tmp_path / "out.parquet")
    assert (again.n_cases, again.n_instances) == (2000, 20548)


def write(path, text, encoding="utf-8"):
    path.write_text(text, encoding=encoding)
    return path


@pytest.fixture
def dutch(tmp_path):
    """Bars between the columns, one of them in the header; not UTF-8."""
    return write(tmp_path / "log.csv", "case|activity|timestamp\n1|Prüfen|2024-01-01\n2|Prüfen|2024-01-02\n", "cp1252")


def test_encoding_and_delimiter_are_options_and_go_into_the_binding_file(dutch, tmp_path):
    file = tmp_path / "b.yaml"
    assert run("bind", dutch, "--encoding", "cp1252", "--delimiter", "|", "-o", file).exit_code == 0
    text = file.read_text("utf-8")
    assert '  encoding: "cp1252"  # how the log was read\n' in text
    assert '  delimiter: "|"  # how the log was read\n' in text
    by_file = run("describe", dutch, "--binding", file).stdout
    by_options = run("describe", dutch, "--encoding", "cp1252", "--delimiter", "|").stdout
    assert "2  Prüfen" in by_file
    assert "2  Prüfen" in by_options
    with pytest.raises(LogError, match="no column is recognised as case"):
        run("describe", dutch, "--encoding", "cp1252", "--delimiter", ";")


def test_a_tab_is_named_as_a_word(tmp_path):
    file = write(tmp_path / "log.csv", "case\tactivity\ttimestamp\n1\tA,B;C\t2024-01-01\n")
    assert "1  A,B;C" in run("describe", file, "--delimiter", "tab").stdout


def test_a_sheet_is_an_option_and_goes_into_the_binding_file(tmp_path):
    frame = pd.DataFrame(
        {"case": ["1", "1"], "activity": ["A", "B"], "timestamp": ["2024-01-01", "2024-01-02"], "user": ["ann", "bob"]}
    )
    book = tmp_path / "log.xlsx"
    with pd.ExcelWriter(book) as writer:
        frame.to_excel(writer, sheet_name="old", index=False)
        frame.head(1).to_excel(writer, sheet_name="new", index=False)
    with pytest.raises(LogError, match="Say which holds the log: --sheet NAME"):
        run("describe", book)
    assert "1 case, 1 activity instance, 1 activity, 1 resource" in run("describe", book, "--sheet", "new").stdout
    file = tmp_path / "b.yaml"
    run("bind", book, "--sheet", "old", "-o", file)
    assert read_binding(file).sheet == "old"
    assert "1 case, 2 activity instances" in run("describe", book, "--binding", file).stdout


def test_a_table_goes_into_the_binding_file(tmp_path):
    base = tmp_path / "log.sqlite"
    with closing(sqlite3.connect(base)) as connection, connection:
        for name in ("a", "b"):
            connection.execute(f"create table {name} (case_id text, activity text, timestamp text)")
            connection.execute(f"insert into {name} values ('1', 'Do {name}', '2024-01-01 10:00')")
    with pytest.raises(LogError, match="--table NAME"):
        run("describe", base)
    file = tmp_path / "b.yaml"
    run("bind", base, "--table", "b", "--order-by", "timestamp", "--order-by", "case_id", "-o", file)
    made = read_binding(file)
    assert (made.table, made.order_by) == ("b", ("timestamp", "case_id"))
    assert "1  Do b" in run("describe", base, "--binding", file).stdout


def test_errors_name_options_and_the_way_to_a_binding(tmp_path):
    odd = write(tmp_path / "my log.csv", "x,y,z\n1,A,2024-01-01\n")
    with pytest.raises(LogError) as error:
        run("describe", odd)
    assert str(error.value).endswith(
        f"Say which it is: mining log bind '{odd}' -o binding.yaml, then --binding binding.yaml."
    )
    doubtful = write(tmp_path / "log.csv", "case,activity,timestamp\n1,A,03/04/2024\n1,B,05/06/2024\n")
    with pytest.raises(LogError, match="Say which with --day-first or --month-first, or write"):
        run("quality", doubtful)
    with pytest.raises(LogError, match=r"there is no column 'case_id' .* mining log bind .* -o binding.yaml"):
        run("describe", doubtful, "-b", NORM)


def test_a_binding_file_given_as_blueprint_is_named_so(tmp_path):
    file = tmp_path / "b.yaml"
    run("bind", LOG, "-o", file)
    for command in ("describe", "quality", "bind"):
        with pytest.raises(LogError, match=r"b.yaml: this is a binding file, not a blueprint: give it with --binding"):
            run(command, LOG, "-b", file)


def test_bind_to_standard_output_says_how_to_keep_it():
    assert "write it to a file with -o FILE" in run("bind", LOG).stderr
    result = run("bind", LOG, "-b", NORM)
    assert "1 thing is open: write the file with -o FILE" in result.stderr
    assert "thing" not in result.stdout


@pytest.mark.slow
def test_bind_keeps_what_an_older_file_decides(tmp_path):
    old = write(tmp_path / "old.yaml", 'columns: {case: "?"}\nlabels: {"Call the applicant": "(unmapped)"}')
    new = tmp_path / "new.yaml"
    result = run("bind", LOG, "-b", NORM, "--binding", old, "-o", new)
    assert (result.exit_code, "nothing is open" in result.stdout) == (0, True)
    assert read_binding(new).labels["Call the applicant"] == ""


def test_audit_takes_the_same_options(dutch, tmp_path):
    how = ["-o", str(tmp_path / "out"), "--encoding", "cp1252", "--delimiter", "|"]
    error = CliRunner().invoke(app, ["audit", str(dutch), "-b", NORM, *how]).exception
    assert "there is no column 'case_id' (bound as case)" in str(
        error
    )  # it is read, and has not the columns of the blueprint
    assert "Known: activity, case, timestamp" in str(error)
    file = tmp_path / "b.yaml"
    run("bind", LOG, "-o", file)
    error = CliRunner().invoke(app, ["audit", LOG, "-b", str(file), "-o", str(tmp_path / "out")]).exception
    assert "this is a binding file, not a blueprint: give it with --binding" in str(error)


@pytest.mark.parametrize("option", ["--sheet", "--table"])
def test_an_option_that_the_format_does_not_have_is_refused(option):
    with pytest.raises(LogError, match=option.strip("-")):
        run("describe", LOG, option, "x")
    with pytest.raises(LogError, match=option.strip("-")):
        run("bind", LOG, option, "x")


def test_a_title_above_the_header_is_said_by_bind_and_by_errors(tmp_path):
    file = tmp_path / "log.csv"
    file.write_text("Permits\nno,step,done\n1,A,2024-01-01\n1,B,2024-01-02\n2,A,2024-01-01\n")
    assert "say header: 2" in run("bind", file).stderr
    with pytest.raises(
        LogError, match=r"mining log bind .* then --binding binding\.yaml\. Line 2 looks like the header"
    ):
        run("describe", file)
    assert "header: 2" in run("bind", file, "--header", 2).stdout
