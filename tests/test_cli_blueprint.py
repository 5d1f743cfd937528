"""The commands for blueprint files, each run as a user runs it."""

import json

import pytest

from mining.blueprint import read_blueprint
from mining.blueprint.writing import same
from mining.cli import main
from tests.helpers import ROOT

SAMPLE = ROOT / "sample_logs" / "permit_receipt"


def run(capsys, *arguments):
    """Exit status, standard output, standard error."""
    with pytest.raises(SystemExit) as end:
        main(["blueprint", *map(str, arguments)])
    out, err = capsys.readouterr()
    return end.value.code, out, err


def test_lint_tells_what_and_why_in_two_languages(capsys):
    status, out, _ = run(capsys, "lint", SAMPLE / "blueprint.yaml")
    assert status == 1
    assert "0 errors, 2 warnings" in out
    assert f"{SAMPLE / 'blueprint.yaml'}:" in out
    _, chinese, _ = run(capsys, "lint", SAMPLE / "blueprint.yaml", "--lang", "zh")
    assert chinese != out
    assert "警告" in chinese


def test_lint_with_a_day_and_with_a_log_sees_more(capsys, tmp_path):
    _, out, _ = run(capsys, "lint", SAMPLE / "blueprint.yaml", "--on", "2031-01-01")
    assert "allowance-expired" in out
    _, plain, _ = run(capsys, "lint", SAMPLE / "blueprint.yaml")
    _, seen, _ = run(capsys, "lint", SAMPLE / "blueprint.yaml", "--log", SAMPLE / "log.csv")
    assert "allowance-expired" not in plain
    assert len(seen.splitlines()) >= len(plain.splitlines())


def test_lint_lists_all_errors_of_a_broken_file(capsys, tmp_path):
    broken = tmp_path / "b.yaml"
    broken.write_text(
        (SAMPLE / "blueprint.yaml").read_text("utf-8").replace("severity: critical", "severity: huge"), "utf-8"
    )
    status, out, _ = run(capsys, "lint", broken)
    assert status == 1
    assert "huge" in out
    assert run(capsys, "lint", tmp_path / "none.yaml")[0] == 2


@pytest.mark.parametrize("kind", ["svg", "png", "pdf"])
def test_draw_writes_a_picture(capsys, tmp_path, kind):
    out = tmp_path / f"b.{kind}"
    assert run(capsys, "draw", SAMPLE / "blueprint.yaml", "-o", out, "--lang", "zh")[0] == 0
    head = {"svg": b"<svg", "png": b"\x89PNG", "pdf": b"%PDF"}[kind]
    assert head in out.read_bytes()[:200]


def test_draw_with_a_log_lays_the_deviations_on_it(capsys, tmp_path):
    plain, laid = tmp_path / "a.svg", tmp_path / "b.svg"
    run(capsys, "draw", SAMPLE / "blueprint.yaml", "-o", plain)
    assert run(capsys, "draw", SAMPLE / "blueprint.yaml", "--log", SAMPLE / "log.csv", "-o", laid)[0] == 0
    assert len(laid.read_bytes()) > len(plain.read_bytes())


def test_a_bpmn_file_is_drawn_in_its_own_layout_with_the_deviations_on_it(capsys, tmp_path):
    drawn, plain, laid = tmp_path / "b.bpmn", tmp_path / "a.svg", tmp_path / "b.svg"
    run(capsys, "to-bpmn", SAMPLE / "blueprint.yaml", "-o", drawn)
    assert run(capsys, "draw", drawn, "-o", plain)[0] == 0
    status, _, err = run(capsys, "draw", drawn, "--log", SAMPLE / "log.csv", "-o", laid)
    assert status == 0, err
    assert "Send confirmation" in plain.read_text("utf-8")
    assert len(laid.read_bytes()) > len(plain.read_bytes())
    again = tmp_path / "c.svg"
    norm = SAMPLE / "blueprint.yaml"
    assert run(capsys, "draw", drawn, "--log", SAMPLE / "log.csv", "--blueprint", norm, "-o", again)[0] == 0
    assert again.read_bytes() == laid.read_bytes()
    assert run(capsys, "draw", norm, "--blueprint", norm, "-o", again)[0] == 2


@pytest.mark.parametrize("profile", ["single", "collaboration"])
def test_to_bpmn_and_back_loses_nothing(capsys, tmp_path, profile):
    drawn, back = tmp_path / "b.bpmn", tmp_path / "b.yaml"
    assert run(capsys, "to-bpmn", SAMPLE / "blueprint.yaml", "--profile", profile, "-o", drawn)[0] == 0
    status, _, err = run(capsys, "from-bpmn", drawn, "-o", back)
    assert (status, "0 things to look at" in err) == (0, True)
    assert same(read_blueprint(back), read_blueprint(SAMPLE / "blueprint.yaml"))
    assert run(capsys, "diff", SAMPLE / "blueprint.yaml", back)[:2] == (
        0,
        "Nothing differs between the two versions.\n",
    )


def test_an_unknown_profile_or_lane_is_refused(capsys):
    assert run(capsys, "to-bpmn", SAMPLE / "blueprint.yaml", "--profile", "both")[0] == 2
    status, _, err = run(capsys, "from-bpmn", SAMPLE / "blueprint.yaml", "--lane", "Counter")
    assert status == 2
    assert "NAME=KIND" in err


def test_diff_says_and_draws_one_changed_limit(capsys, tmp_path):
    new, picture = tmp_path / "new.yaml", tmp_path / "d.svg"
    text = (SAMPLE / "blueprint.yaml").read_text("utf-8")
    assert text.count("5bd") >= 1
    new.write_text(text.replace("5bd", "9bd", 1), "utf-8")
    status, out, _ = run(capsys, "diff", SAMPLE / "blueprint.yaml", new, "-o", picture)
    assert status == 1
    assert len(out.splitlines()) == 1
    assert "9bd" in out
    assert "<svg" in picture.read_text("utf-8")


@pytest.mark.slow
def test_a_table_and_a_log_become_drafts(capsys, tmp_path):
    table = tmp_path / "steps.csv"
    table.write_text(
        "stage,lane,step,role,label,max_time\nIn,Counter,Take in,clerk,TAKE,\nIn,Office,Check,clerk,CHECK,2h\n", "utf-8"
    )
    for name, source in (("from-table", table), ("from-log", SAMPLE / "log.csv")):
        out = tmp_path / f"{name}.yaml"
        status, _, err = run(capsys, name, source, "-o", out)
        assert status == 0, err
        assert "things to look at" in err
        assert read_blueprint(out).status == "draft"
        assert run(capsys, name, source, "-o", out)[0] == 2  # nothing is overwritten


def test_the_schema_is_written_for_editors(capsys, tmp_path):
    out = tmp_path / "s.json"
    assert run(capsys, "schema", "-o", out)[0] == 0
    assert json.loads(out.read_text("utf-8"))["required"]
