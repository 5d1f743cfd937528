"""The main job from the command line: what it writes, what it says, and how it refuses."""

import contextlib
import dataclasses
import hashlib
import io
import json
import os
import subprocess
import sys
from types import SimpleNamespace

import pandas as pd
import pytest

import mining
from mining.audit_file import FILES, NARRATIVE, PLAN
from mining.cli import main
from mining.privacy import Pseudonyms, key_for
from tests.helpers import MONDAY, ROOT, blueprint_dict, frame, traces

CASES = traces("abc", "acb", "abbc", "ab", "xabc", "ac")
WRITTEN = {*FILES, NARRATIVE, PLAN}  # at the first run
PAPERS = ("--format", "xlsx")  # the one document that takes no time


def put(folder, cases=CASES, **changes):
    """A log and a blueprint in a folder."""
    (folder / "blueprint.yaml").write_text(
        json.dumps(blueprint_dict(["a", "b", "c"], "abc", **changes)), encoding="utf-8"
    )
    frame(cases).to_csv(folder / "log.csv", index=False)
    return folder / "log.csv", folder / "blueprint.yaml"


def run(*arguments):
    """The command line in this process."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err), pytest.raises(SystemExit) as left:
        main([str(x) for x in arguments])
    return SimpleNamespace(returncode=left.value.code or 0, stdout=out.getvalue(), stderr=err.getvalue())


def run_apart(*arguments, **environment):
    """The command line in a process of its own."""
    command = [sys.executable, "-m", "mining", *map(str, arguments)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, env=os.environ | environment)


def hashes(folder):
    return {name: hashlib.sha256((folder / name).read_bytes()).hexdigest() for name in WRITTEN}


def pseudonyms_of(kind, words, folder):
    """The names that an audit in the folder gives, by the key of the tests."""
    return dict(zip(words, Pseudonyms(key_for(None, "test", folder)).of(kind, list(words)), strict=True))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audit")
    log, norm = put(folder)
    done = run("audit", log, "--blueprint", norm, "--out", folder / "out")
    assert done.returncode == 0, done.stderr
    return folder, done


def test_it_writes_the_audit_file_and_says_where_the_report_lies(made):
    folder, done = made
    assert {p.name for p in (folder / "out").iterdir()} == WRITTEN
    assert f"Report: {folder / 'out' / 'report.html'}" in done.stdout
    assert "6 cases, 1 without an end; 1 of 5 judged cases follow the designed flow." in done.stdout
    assert "Traceback" not in done.stderr
    assert "pm4py" not in (done.stdout + done.stderr).lower()


def test_tables_hold_what_the_study_says(made):
    folder, _ = made
    name = pseudonyms_of("case", CASES, folder / "out")
    verdicts = pd.read_parquet(folder / "out" / "verdicts.parquet")
    assert verdicts.query("check == 'path'").set_index("case_id")["verdict"].to_dict() == {
        name["c0"]: "pass", name["c1"]: "fail", name["c2"]: "fail", name["c3"]: "pending", name["c4"]: "fail", name["c5"]: "fail",
    }  # fmt: skip
    deviations = pd.read_parquet(folder / "out" / "deviations.parquet")
    assert sorted(deviations[["case_id", "kind", "activity"]].to_numpy().tolist()) == sorted([
        [name["c1"], "out_of_order", "b"], [name["c2"], "repeated", "b"], [name["c4"], "extra", "X"], [name["c5"], "missing", "b"],
    ])  # fmt: skip
    record = json.loads((folder / "out" / "findings.json").read_text("utf-8"))
    assert sorted(f["condition"]["n_gross"] for f in record["findings"]) == [1, 1, 1, 1]
    assert {f["finding_id"] for f in record["findings"]} == set(deviations["finding_id"])


def test_the_manifest_holds_hashes_totals_and_no_clock(made):
    folder, _ = made
    manifest = json.loads((folder / "out" / "manifest.json").read_text("utf-8"))
    found = {name: stamp["sha256"] for name, stamp in manifest["outputs"].items()}
    assert found == {k: v for k, v in hashes(folder / "out").items() if k != "manifest.json"}
    assert all(stamp["bytes"] == (folder / "out" / name).stat().st_size for name, stamp in manifest["outputs"].items())
    assert manifest["inputs"]["log"]["sha256"] == hashlib.sha256((folder / "log.csv").read_bytes()).hexdigest()
    assert manifest["control_totals"]["rows"] == sum(map(len, CASES.values()))
    assert manifest["control_totals"]["seconds_from_start_to_end_of_cases"] == 3600 * (2 + 2 + 3 + 1 + 3 + 1)
    assert str(folder) not in json.dumps(manifest)
    first = manifest["lineage"][0]
    assert first["in"] == sum(first["used"].values()) + sum(first["dropped"].values())
    assert all(step["in"] == step["out"] + sum(step["dropped"].values()) for step in manifest["lineage"])


@pytest.mark.slow
def test_a_second_run_writes_the_same_bytes(made):
    folder, _ = made
    done = run_apart(
        "audit",
        folder / "log.csv",
        "-b",
        folder / "blueprint.yaml",
        "-o",
        folder / "again",
        PYTHONHASHSEED="7",
        TZ="Asia/Tokyo",
    )
    assert done.returncode == 0
    one, two = hashes(folder / "out"), hashes(folder / "again")
    assert {k for k in WRITTEN if one[k] != two[k]} == set()


@pytest.mark.slow
def test_other_files_in_the_folder_are_left_alone(tmp_path):
    log, norm = put(tmp_path)
    out = tmp_path / "out"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    assert run("audit", log, "-b", norm, "-o", out, "--lang", "zh", "--format", "html").returncode == 0
    assert (out / "notes.txt").read_text() == "mine"
    assert '<html lang="zh' in (out / "report.html").read_text("utf-8")


def refused(*arguments):
    done = run("audit", *arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    return " ".join(done.stderr.split())


def test_a_missing_log_names_its_neighbours(tmp_path):
    _, norm = put(tmp_path)
    assert "no such file" in (message := refused(tmp_path / "lgo.csv", "-b", norm, "-o", tmp_path / "o"))
    assert "log.csv" in message


def test_an_empty_log_is_refused(tmp_path):
    log, norm = put(tmp_path)
    log.write_text("case,activity,start,end,resource\n")
    assert "empty" in refused(log, "-b", norm, "-o", tmp_path / "o") or "no rows" in refused(
        log, "-b", norm, "-o", tmp_path / "o"
    )


def test_a_log_without_the_case_column_is_refused_with_the_columns_there_are(tmp_path):
    log, norm = put(tmp_path)
    frame(CASES).rename(columns={"case": "ticket"}).to_csv(log, index=False)
    message = refused(log, "-b", norm, "-o", tmp_path / "o")
    assert "'case'" in message
    assert "ticket" in message


def test_dates_that_do_not_parse_are_counted_with_their_rows(tmp_path):
    log, norm = put(tmp_path)
    table = frame(CASES).astype(object)
    table.loc[: len(table) - 3, "end"] = "soon"
    table.to_csv(log, index=False)
    message = refused(log, "-b", norm, "-o", tmp_path / "o")
    assert f"{len(table) - 2} of {len(table)}" in message
    assert "'soon'" in message


def test_a_log_of_another_service_is_refused_with_both_sets_of_labels(tmp_path):
    log, norm = put(tmp_path, {"c0": [("Bake", 0.0), ("Eat", 1.0)]})
    message = refused(log, "-b", norm, "-o", tmp_path / "o")
    assert "knows none of the 2 activity labels of this log (column 'activity'): 'Bake', 'Eat'" in message
    assert "Labels the blueprint knows: 'A', 'B', 'C'" in message


def test_a_truncated_xes_is_refused(tmp_path):
    _, norm = put(tmp_path)
    (tmp_path / "log.xes").write_text('<log><trace><string key="concept:name" value="1"/><event><string key="concept')
    assert "log.xes" in refused(tmp_path / "log.xes", "-b", norm, "-o", tmp_path / "o")


@pytest.mark.slow
def test_a_draft_is_no_norm_unless_allowed_and_then_the_report_says_so(tmp_path):
    log, norm = put(tmp_path, status="draft")
    assert "the blueprint is a draft" in refused(log, "-b", norm, "-o", tmp_path / "o")
    assert run("audit", log, "-b", norm, "-o", tmp_path / "o", "--draft-ok", "--format", "html").returncode == 0
    assert "No opinion may be drawn from a draft" in (tmp_path / "o" / "report.html").read_text("utf-8")


@pytest.mark.parametrize(
    ("extra", "message"),
    [
        (["--lang", "fr"], "'fr' is not one of 'en', 'zh'"),
        (["--open-cases", "close"], "'close' is not one of 'pending', 'judge'"),
        (["--nonsense"], "No such option"),
    ],
)
def test_wrong_options_are_refused(tmp_path, extra, message):
    log, norm = put(tmp_path)
    assert message in refused(log, "-b", norm, "-o", tmp_path / "o", *extra)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may write everywhere")
def test_a_folder_that_cannot_be_written_is_refused(tmp_path):
    log, norm = put(tmp_path)
    (tmp_path / "locked").mkdir(mode=0o500)
    assert "cannot write there" in refused(log, "-b", norm, "-o", tmp_path / "locked")


def test_a_file_in_place_of_the_folder_is_refused(tmp_path):
    log, norm = put(tmp_path)
    assert "cannot write there" in refused(log, "-b", norm, "-o", log)


def test_a_failed_audit_leaves_nothing_behind(tmp_path, monkeypatch):
    log, norm = put(tmp_path)
    read = mining.read_blueprint(norm)
    monkeypatch.setattr("mining.report.workpapers.write_workpapers", lambda *a, **k: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        mining.audit(mining.read_log(log, columns=read.binding), read, tmp_path / "out", formats=["xlsx"])
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.slow
def test_the_function_stays_a_function_after_its_first_use():
    code = "import mining; first = mining.audit; import mining.audit_file; print(first is mining.audit, callable(mining.audit))"
    assert (
        subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True).stdout.split()
        == ["True"] * 2
    )


def test_simulate_writes_log_truth_and_survey(tmp_path):
    done = run(
        "simulate",
        "sample_logs/permit_receipt/blueprint.yaml",
        "--cases",
        50,
        "--seed",
        3,
        "--fault",
        "late:S1=4",
        "--out",
        tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert {p.name for p in tmp_path.iterdir()} == {"log.csv", "truth.csv", "survey.csv"}
    assert len(pd.read_csv(tmp_path / "truth.csv")) == 4


def test_simulate_refuses_a_fault_it_cannot_make(tmp_path):
    done = run(
        "simulate", "sample_logs/permit_receipt/blueprint.yaml", "--cases", 5, "--fault", "lost:S1=4", "--out", tmp_path
    )
    assert done.returncode == 2
    assert "lost" in done.stderr


def test_lint_prints_place_and_weakness_and_its_status_tells(tmp_path):
    _, norm = put(tmp_path)
    assert run("blueprint", "lint", norm).returncode == 0
    _, norm = put(tmp_path, status="draft")
    done = run("blueprint", "lint", norm)
    assert done.returncode == 1
    assert "warning: the status is draft" in done.stdout


@pytest.mark.slow
@pytest.mark.parametrize(("lang", "formats"), [("en", PAPERS), ("zh", ())], ids=["en", "zh"])
def test_it_needs_no_utf_8_terminal(tmp_path, lang, formats):
    log, norm = put(tmp_path)
    environment = {"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0", "LC_ALL": "C"}
    done = run_apart("audit", log, "-b", norm, "-o", tmp_path / "o", "--lang", lang, *formats, **environment)
    assert done.returncode == 0, done.stderr.decode("utf-8", "replace")


def test_the_times_of_the_deviations_are_utc(made):
    folder, _ = made
    at = pd.read_parquet(folder / "out" / "deviations.parquet")["at"]
    assert str(at.dt.tz) == "UTC"
    assert at.iloc[0] == MONDAY + pd.Timedelta(hours=2)


@pytest.mark.slow
def test_without_pm4py_the_audit_is_made_and_says_what_is_not_in_it(tmp_path, monkeypatch):
    log, norm = put(tmp_path)
    monkeypatch.setitem(sys.modules, "pm4py", None)
    assert run("audit", log, "-b", norm, "-o", tmp_path / "o", "--format", "html").returncode == 0
    assert "Process discovery needs pm4py" in (tmp_path / "o" / "report.html").read_text("utf-8")


def test_the_headlines_speak_the_language_of_the_report(tmp_path):
    log, norm = put(tmp_path)
    assert (
        "6 个案例，其中 1 个未结束"
        in run("audit", log, "-b", norm, "-o", tmp_path / "o", "--lang", "zh", *PAPERS).stdout
    )


def test_an_input_is_never_overwritten(tmp_path):
    log, norm = put(tmp_path)
    first = tmp_path / "verdicts.parquet"
    frame(CASES).to_parquet(first)
    before = first.read_bytes()
    assert "is an input" in refused(first, "-b", norm, "-o", tmp_path)
    assert first.read_bytes() == before
    assert log.exists()


@pytest.mark.slow
def test_a_flow_in_bpmn_is_an_input_too(tmp_path):
    log, norm = put(tmp_path)
    drawn = mining.to_bpmn(mining.read_blueprint(norm))
    (tmp_path / "flow.bpmn").write_bytes(drawn)
    norm.write_text(json.dumps(blueprint_dict({"bpmn": "flow.bpmn"}, "abc")), encoding="utf-8")
    assert run("audit", log, "-b", norm, "-o", tmp_path / "o", "--format", "html").returncode == 0
    inputs = json.loads((tmp_path / "o" / "manifest.json").read_text("utf-8"))["inputs"]["blueprint"]
    assert inputs["files"] == ["blueprint.yaml", "flow.bpmn"]
    both = hashlib.sha256(norm.read_bytes() + drawn).hexdigest()
    assert inputs["sha256"] == both
    assert f"blueprint.yaml + flow.bpmn, SHA-256 {both}" in (tmp_path / "o" / "report.html").read_text("utf-8")
    other = tmp_path / "findings.json"
    other.write_bytes(drawn)
    norm.write_text(json.dumps(blueprint_dict({"bpmn": "findings.json"}, "abc")), encoding="utf-8")
    assert "findings.json is an input" in refused(log, "-b", norm, "-o", tmp_path)
    assert other.read_bytes() == drawn


def test_each_version_gets_an_audit_file_of_its_own(tmp_path):
    log, old = put(tmp_path, effective={"from": "2020-01-01", "to": "2020-12-31"})
    new, newest = tmp_path / "new.yaml", tmp_path / "newest.yaml"
    for path, version, begin in ((new, "2/b", "2021-01-01"), (newest, "3", "2100-01-01")):
        raw = blueprint_dict(["a", "b", "c"], "abc", effective={"from": begin}, version=version)
        if path == new:
            raw["effective"]["to"] = "2099-12-31"
        path.write_text(json.dumps(raw), encoding="utf-8")
    done = run("audit", log, "-b", old, "-b", new, "-b", newest, "-o", tmp_path / "o", *PAPERS)
    assert done.returncode == 0, done.stderr
    record = json.loads((tmp_path / "o" / "versions.json").read_text("utf-8"))
    assert [(v["version"], v["cases"], v["folder"]) for v in record["versions"]] == [
        ("1", 0, None), ("2/b", 6, record["versions"][1]["folder"]), ("3", 0, None),
    ]  # fmt: skip
    folder = tmp_path / "o" / record["versions"][1]["folder"]
    assert folder.parent == tmp_path / "o"
    assert {p.name for p in folder.iterdir()} == {x for x in WRITTEN if not x.startswith("report.")}
    assert json.loads((folder / "manifest.json").read_text("utf-8"))["inputs"]["blueprint"]["version"] == "2/b"
    assert record["cases_without_a_version"] == {}
    assert pd.read_parquet(tmp_path / "o" / "uncovered.parquet").empty
    assert "1 of 3 versions have cases" in done.stdout


@pytest.mark.few_quick(1)
@pytest.mark.parametrize("year", ["1700", "9999"])
def test_times_far_away_are_kept(tmp_path, year):
    log, norm = put(tmp_path)
    log.write_text(
        f"case,activity,start,end,resource\n1,A,,{year}-03-02 10:00:00,ann\n1,C,,{year}-03-02 11:00:00,ann\n"
    )
    assert run("audit", log, "-b", norm, "-o", tmp_path / "o", *PAPERS).returncode == 0
    assert json.loads((tmp_path / "o" / "manifest.json").read_text("utf-8"))["inputs"]["log"]["first"].startswith(year)


def test_simulate_does_not_replace_a_log_that_is_not_its_own(tmp_path):
    put(tmp_path)
    done = run("simulate", "sample_logs/permit_receipt/blueprint.yaml", "--cases", 5, "--out", tmp_path)
    assert done.returncode == 2
    assert "would be overwritten" in done.stderr


def staff(folder, text):
    (folder / "staff.csv").write_text(text, encoding="utf-8")
    return folder / "staff.csv"


def roles(**more):
    """Step b is for clerks, whom the blueprint does not name."""
    raw = blueprint_dict(["a", "b", "c"], "abc", roles={"clerk": {"name": {"en": "Clerk"}}}, **more)
    raw["activities"][1]["role"] = "clerk"
    return raw


@pytest.mark.slow
def test_a_staff_table_decides_who_has_a_role_and_stands_in_the_manifest(tmp_path):
    log, norm = put(tmp_path)
    norm.write_text(json.dumps(roles()), encoding="utf-8")
    table = staff(tmp_path, "resource,role,valid_to\nann,clerk,2026-03-01\nzoe,clerk,\n")
    assert run("audit", log, "-b", norm, "-o", tmp_path / "without", "--format", "html").returncode == 0
    assert run("audit", log, "-b", norm, "-o", tmp_path / "with", "--roster", table, "--format", "html").returncode == 0
    without, found = (json.loads((tmp_path / x / "manifest.json").read_text("utf-8")) for x in ("without", "with"))
    assert without["inputs"]["roster"] is None
    stranger = pseudonyms_of("resource", ["zoe"], tmp_path / "with")["zoe"]
    assert found["inputs"]["roster"] == {
        "name": "staff.csv", "sha256": hashlib.sha256(table.read_bytes()).hexdigest(), "rows": 2, "roles": ["clerk"],
        "roles_not_in_the_blueprint": [], "notes": [],
        "resources_in_both": 1, "activity_instances_of_resources_not_in_it": {}, "resources_not_in_the_log": [stranger],
    }  # fmt: skip
    assert "zoe" not in json.dumps(found)
    assert f"staff.csv, SHA-256 {found['inputs']['roster']['sha256']}" in (tmp_path / "with" / "report.html").read_text(
        "utf-8"
    )
    assert "Staff table" not in (tmp_path / "without" / "report.html").read_text("utf-8")
    verdicts = pd.read_parquet(tmp_path / "with" / "verdicts.parquet").query("check == 'role-b'")
    without_b = pseudonyms_of("case", ["c5"], tmp_path / "with")["c5"]
    assert without_b in set(verdicts["case_id"])
    assert set(verdicts.loc[verdicts["case_id"] != without_b, "verdict"]) == {
        "fail"
    }  # on 2 March ann is no clerk any more
    assert "role-b" not in set(pd.read_parquet(tmp_path / "without" / "verdicts.parquet")["check"])


def test_a_staff_table_of_another_house_is_refused_and_never_overwritten(tmp_path):
    log, norm = put(tmp_path)
    norm.write_text(json.dumps(roles()), encoding="utf-8")
    strange = staff(tmp_path, "resource,role\nann,cook\n")
    assert "none of its roles ('cook')" in refused(log, "-b", norm, "-o", tmp_path / "o", "--roster", strange)
    assert "no such file" in refused(log, "-b", norm, "-o", tmp_path / "o", "--roster", tmp_path / "stuff.csv")
    mine = tmp_path / "findings.json"
    pd.DataFrame({"resource": ["ann"], "role": ["clerk"]}).to_csv(mine, index=False)
    read = mining.read_blueprint(norm)
    roster = dataclasses.replace(mining.read_roster(staff(tmp_path, mine.read_text())), path=str(mine))
    with pytest.raises(mining.MiningError, match="is an input"):
        mining.audit(mining.read_log(log, columns=read.binding), read, tmp_path, roster=roster)
    assert mine.read_text().startswith("resource,role")


def test_the_staff_table_serves_every_version(tmp_path):
    log, old = put(tmp_path)
    old.write_text(json.dumps(roles(effective={"from": "2020-01-01", "to": "2020-12-31"})), encoding="utf-8")
    new = tmp_path / "new.yaml"
    new.write_text(json.dumps(roles(effective={"from": "2021-01-01"}, version="2")), encoding="utf-8")
    table = staff(tmp_path, "resource,role\nann,clerk\n")
    assert run("audit", log, "-b", old, "-b", new, "-o", tmp_path / "o", "--roster", table, *PAPERS).returncode == 0
    inputs = json.loads((tmp_path / "o" / "2" / "manifest.json").read_text("utf-8"))["inputs"]
    assert inputs["roster"]["sha256"] == hashlib.sha256(table.read_bytes()).hexdigest()
    verdicts = pd.read_parquet(tmp_path / "o" / "2" / "verdicts.parquet").query("check == 'role-b'")
    assert (verdicts["verdict"] == "pass").sum() == 5


def test_the_measures_are_plain_values_with_their_columns(made):
    folder, _ = made
    record = json.loads((folder / "out" / "measures.json").read_text("utf-8"))
    assert set(record) == {"dimensions", "paths", "touchpoints", "on_time", "calibration", "funnels", "delivered"}
    path = next(row for row in record["dimensions"]["rows"] if row["dimension"] == "path")
    assert (path["judged"], path["pass"], path["gross"]) == (5, 1, 0.2)
    assert [x["fit"]["cases"] for x in record["paths"]] == [6]


@pytest.mark.few_quick(1)
@pytest.mark.parametrize(
    ("lang", "wanted"),
    [
        (
            "en",
            [
                "6 cases, 1 without an end.",
                "  path: 4 of 5 judged cases: Only designed steps occur (their order is free)",
            ],
        ),
        ("zh", ["6 个案例，其中 1 个未结束。", "  path：5 个已判定案例中 4 个符合：只出现设计内的步骤（顺序不限）"]),
    ],
)
def test_the_headlines_of_a_service_whose_order_is_free(tmp_path, lang, wanted):
    log, norm = put(tmp_path, service_type="interactive")
    done = run("audit", log, "-b", norm, "-o", tmp_path / "o", "--lang", lang, *PAPERS)
    assert done.stdout.splitlines()[:2] == wanted


def test_the_headlines_of_a_hybrid_service_have_a_line_for_each_stage(tmp_path):
    log, norm = put(tmp_path)
    stages = [{"id": "one", "type": "self_service", "name": {"en": "One"}}, {"id": "two", "name": {"en": "Two"}}]
    raw = blueprint_dict(["a", "b", "c"], "abc", service_type="hybrid", stages=stages)
    for activity, stage in zip(raw["activities"], ("one", "one", "two"), strict=True):
        activity["stage"] = stage
    norm.write_text(json.dumps(raw), encoding="utf-8")
    lines = run("audit", log, "-b", norm, "-o", tmp_path / "o", *PAPERS).stdout.splitlines()
    assert lines[:4] == [
        "6 cases, 1 without an end.",
        "  path-one: 4 of 5 judged cases: In stage “One” only designed steps occur (their order is free)",
        "  path-two: 5 of 5 judged cases: Stage “Two” follows the designed flow",
        "  handover: 4 of 5 judged cases: The stages follow one another as designed",
    ]
