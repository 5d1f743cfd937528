"""The commands for blueprint files, each run as a user runs it."""

import json

import pytest

from mining.blueprint import read_blueprint
from mining.blueprint.spoken import MEANINGS
from mining.blueprint.writing import same
from mining.cli import main
from mining.errors import MiningError
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
    last = chinese.splitlines()[-1]
    assert last.startswith("错误 0 项，警告 2 项，提示 ")


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


@pytest.mark.few_quick(1)
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


@pytest.mark.slow
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


# --- files that are written --------------------------------------------------------------------------------------------

WRITERS = [
    ("draw", [SAMPLE / "blueprint.yaml"], "b.svg"),
    ("diff", [SAMPLE / "blueprint.yaml", SAMPLE / "blueprint.yaml"], "d.svg"),
    ("to-bpmn", [SAMPLE / "blueprint.yaml"], "b.bpmn"),
    ("schema", [], "s.json"),
    ("from-table", ["steps.csv"], "t.yaml"),
    ("from-bpmn", ["pay.bpmn"], "p.yaml"),
    ("from-log", ["log.csv"], "l.yaml"),
]
PAY = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p"><startEvent id="s"/>
<task id="t" name="Pay"/><task id="u" name="Check"/><endEvent id="e"/><sequenceFlow id="f" sourceRef="s" targetRef="t"/>
<exclusiveGateway id="x"/><sequenceFlow id="g" sourceRef="t" targetRef="x"/><sequenceFlow id="h" sourceRef="x" targetRef="u"/>
<sequenceFlow id="i" sourceRef="x" targetRef="e"><conditionExpression>no</conditionExpression></sequenceFlow>
<sequenceFlow id="j" sourceRef="u" targetRef="e"/></process></definitions>
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with a small table, drawing and log, as the current one."""
    (tmp_path / "steps.csv").write_text("step,lane\nPay,Desk\n", "utf-8")
    (tmp_path / "pay.bpmn").write_text(PAY, "utf-8")
    rows = ["Nr,What,When", "1,Pay,2026-01-01 10:00", "1,Check,2026-01-02 10:00"]
    (tmp_path / "log.csv").write_text("case,activity,time\n" + "\n".join(rows[1:]) + "\n", "utf-8")
    (tmp_path / "odd.csv").write_text("\n".join(rows) + "\n", "utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("command", "given", "name"), WRITERS, ids=[w[0] for w in WRITERS])
def test_no_writer_replaces_a_file_or_fails_without_a_message(capsys, folder, command, given, name):
    more = ["--timestamp", "time"] if command == "from-log" else []
    status, _, err = run(capsys, command, *given, *more, "-o", f"nosuch/{name}")
    assert (status, "there is no folder nosuch" in err) == (2, True)
    assert "is a folder" in run(capsys, command, *given, *more, "-o", folder)[2]
    (folder / name).write_text("mine", "utf-8")
    status, _, err = run(capsys, command, *given, *more, "-o", name)
    assert (status, "exists" in err, "--force" in err) == (2, True, True)
    assert (folder / name).read_text("utf-8") == "mine"
    assert run(capsys, command, *given, *more, "-o", name, "--force")[0] == 0
    assert (folder / name).read_text("utf-8") != "mine"


def test_a_picture_says_where_it_cannot_be_saved(tmp_path):
    picture = read_blueprint(SAMPLE / "blueprint.yaml").plot()
    with pytest.raises(MiningError, match="there is no folder"):
        picture.save(tmp_path / "nosuch" / "a.svg")
    (tmp_path / "a.svg").mkdir()
    with pytest.raises(MiningError, match=r"a\.svg cannot be written"):
        picture.save(tmp_path / "a.svg")


@pytest.mark.parametrize("command", ["lint", "draw", "diff", "to-bpmn", "from-table"])
def test_a_language_that_there_is_not_is_refused(capsys, tmp_path, command):
    files = [SAMPLE / "blueprint.yaml"] * (2 if command == "diff" else 1)
    status, _, err = run(capsys, command, *files, "-o", tmp_path / "o.svg", "--lang", "fr")
    if command == "lint":
        status, _, err = run(capsys, command, *files, "--lang", "fr")
    assert status == 2
    assert "'fr'" in err
    assert "zh" in err
    assert not list(tmp_path.iterdir())


# --- columns of a log --------------------------------------------------------------------------------------------------

COLUMNS = ["--case", "Nr", "--activity", "What", "--timestamp", "When", "--tz", "Asia/Shanghai"]


def test_the_columns_of_a_log_are_named_on_the_command_line(capsys, folder):
    status, _, err = run(capsys, "from-log", "odd.csv", "-o", "o.yaml")
    assert status == 2
    assert "--case COLUMN" in err
    assert "columns={" not in err
    status, _, err = run(capsys, "from-log", "odd.csv", *COLUMNS, "-o", "o.yaml")
    assert status == 0, err
    binding = read_blueprint("o.yaml").binding
    assert (binding.case, binding.activity, binding.timestamp, binding.tz) == ("Nr", "What", "When", "Asia/Shanghai")
    assert "log.tz" not in err
    assert "no column 'Who'" in run(capsys, "from-log", "odd.csv", *COLUMNS, "--resource", "Who")[2]


def test_a_binding_file_says_which_column_is_what(capsys, folder):
    text = 'binding: "1.0"\ncolumns: {case: Nr, activity: What, timestamp: When, start: null, resource: null}\n'
    (folder / "b.yaml").write_text(text, "utf-8")
    status, _, err = run(capsys, "from-log", "odd.csv", "--binding", "b.yaml", "-o", "o.yaml")
    assert status == 0, err
    assert read_blueprint("o.yaml").binding.case == "Nr"
    assert run(capsys, "draw", "o.yaml", "--log", "odd.csv", "--binding", "b.yaml", "-o", "o.svg")[0] == 0
    assert "name it with --log" in run(capsys, "lint", "o.yaml", "--binding", "b.yaml")[2]


def test_days_and_months_are_told_apart_on_the_command_line(capsys, folder):
    (folder / "d.csv").write_text("case,activity,time\n1,Pay,03/04/2026\n1,Check,05/04/2026\n", "utf-8")
    status, _, err = run(capsys, "from-log", "d.csv", "--timestamp", "time", "-o", "d.yaml")
    assert (status, "--day-first or --month-first" in err) == (2, True), err
    assert run(capsys, "from-log", "d.csv", "--timestamp", "time", "--day-first", "-o", "d.yaml")[0] == 0
    assert read_blueprint("d.yaml").effective[0] == "2026-04-03"


def test_a_draft_with_placeholder_columns_reads_a_log_by_its_names(capsys, folder):
    assert run(capsys, "from-bpmn", "pay.bpmn", "-o", "pay.yaml")[0] == 0
    log = "case:concept:name,concept:name,time:timestamp\n1,Pay,2026-01-01\n1,Check,2026-01-02\n"
    (folder / "x.csv").write_text(log, "utf-8")
    status, _, err = run(capsys, "draw", "pay.yaml", "-o", "a.svg", "--log", "x.csv")
    assert status == 0, err
    assert "placeholder columns" in err
    assert "case 'case:concept:name'" in err
    assert "placeholder columns" in run(capsys, "lint", "pay.yaml", "--log", "x.csv")[2]
    status, _, err = run(capsys, "draw", "pay.yaml", "-o", "c.svg", "--log", "odd.csv")
    assert (status, "The draft pay names placeholder columns only" in err) == (2, True)
    assert run(capsys, "draw", "pay.yaml", "-o", "c.svg", "--log", "odd.csv", *COLUMNS)[0] == 0
    assert "name it with --log" in run(capsys, "draw", "pay.yaml", "-o", "d.svg", "--case", "Nr")[2]
    norm = (folder / "pay.yaml").read_text("utf-8").replace("timestamp: timestamp", "timestamp: closed")
    (folder / "told.yaml").write_text(norm, "utf-8")  # somebody has named a column: it is not overruled
    status, _, err = run(capsys, "draw", "told.yaml", "-o", "d.svg", "--log", "log.csv")
    assert (status, "there is no column" in err) == (2, True)


# --- from other forms --------------------------------------------------------------------------------------------------


def test_parts_of_a_drawing_are_counted_and_listed_only_on_request(capsys, folder):
    _, _, err = run(capsys, "from-bpmn", "pay.bpmn", "-o", "a.yaml")
    assert "1 part of the file is no plain step, gateway or flow; --details lists what became of it" in err
    assert "condition 'i'" not in err
    _, _, err = run(capsys, "from-bpmn", "pay.bpmn", "-o", "b.yaml", "--details")
    assert "line 4: condition 'i': not used: which way a case goes" in err
    run(capsys, "to-bpmn", SAMPLE / "blueprint.yaml", "--profile", "collaboration", "-o", "own.bpmn")
    _, _, err = run(capsys, "from-bpmn", "own.bpmn", "-o", "c.yaml")
    assert err.splitlines() == ["c.yaml", "0 things to look at"]


def test_what_is_to_do_is_told_once(capsys, folder):
    _, out, err = run(capsys, "from-bpmn", "pay.bpmn")
    assert "dropped: 1 x condition: which way a case goes" in " ".join(out.replace("# ", "").split())
    assert len(err.splitlines()) == 2
    assert "things to look at; they stand in the draft as comments" in err
    _, out, err = run(capsys, "from-bpmn", "pay.bpmn", "-o", "a.yaml")
    assert out == ""
    assert "dropped: 1 x condition: which way a case goes" in err


def test_a_last_step_after_which_the_drawing_goes_on_is_no_end(capsys, folder):
    _, _, err = run(capsys, "from-bpmn", "pay.bpmn", "-o", "a.yaml")
    assert read_blueprint("a.yaml").scope.ends_with == ("check",)
    assert "left out, since more can follow: pay" in err


def test_files_of_other_kinds_and_lanes_that_there_are_not_are_named(capsys, folder):
    _, _, err = run(capsys, "from-bpmn", SAMPLE / "blueprint.yaml")
    assert "not a BPMN file; it looks like YAML" in err
    for name, text, kind in (("a.json", '{"a": 1}', "JSON"), ("a.pdf", "%PDF-1.7", "PDF")):
        (folder / name).write_text(text, "utf-8")
        assert f"it looks like {kind}" in run(capsys, "from-bpmn", name)[2]
    status, _, err = run(capsys, "from-bpmn", "pay.bpmn", "--lane", "Foo=x")
    assert (status, "unknown kind of lane 'x'" in err, "backstage" in err) == (2, True, True)
    run(capsys, "to-bpmn", SAMPLE / "blueprint.yaml", "-o", "own.bpmn")
    assert "keeps a whole blueprint" in run(capsys, "from-bpmn", "own.bpmn", "--lane", "Foo=onstage")[2]


def test_a_template_is_written_and_read_back(capsys, folder):
    status, _, err = run(capsys, "from-table", "--template", "empty.xlsx", "--lang", "zh")
    assert status == 0, err
    assert run(capsys, "from-table", "empty.xlsx", "-o", "e.yaml")[0] == 0
    assert run(capsys, "from-table", "--template", "empty.xlsx")[0] == 2
    assert run(capsys, "from-table", "--template", "empty.xlsx", "--force")[0] == 0
    assert "goes with neither FILE" in run(capsys, "from-table", "steps.csv", "--template", "n.csv")[2]
    assert "--template steps.csv" in run(capsys, "from-table")[2]


def test_the_help_lists_every_column_of_a_table(capsys):
    _, out, _ = run(capsys, "from-table", "--help")
    lines = [" ".join(line.strip("│ ").split()) for line in out.splitlines()]
    assert [
        f"{column} {meaning}" for column, (meaning, _) in MEANINGS.items() if f"{column} {meaning}" not in lines
    ] == []
