"""What an audit was made from, written down: totals, lineage, hashes, paths; and read back to make it again."""

import hashlib
import json
import os
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given as holds_for
from hypothesis import settings
from hypothesis import strategies as st

import mining
from mining import manifest as evidence
from mining.given import Given, found_at, relative, without_password
from tests.evidence_cases import NAMES, make, put
from tests.examples import examples as share_of
from tests.helpers import ROOT, blueprint, frame, study, traces


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("evidence")
    given = put(folder / "in")
    found = make(given, folder / "out")
    return SimpleNamespace(
        folder=folder,
        given=given,
        study=found,
        record=json.loads((folder / "out" / "manifest.json").read_text("utf-8")),
    )


def test_every_input_and_output_is_named_with_its_bytes_and_hash(made):
    inputs = {x["role"]: x for x in made.record["inputs"]["files"]}
    assert {role: x["path"] for role, x in inputs.items()} == {
        "log": "../in/log.csv",
        "blueprint": "../in/blueprint.yaml",
    }
    for role, name in (("log", "log.csv"), ("blueprint", "blueprint.yaml")):
        data = (made.folder / "in" / name).read_bytes()
        assert inputs[role]["sha256"] == hashlib.sha256(data).hexdigest()
        assert inputs[role]["bytes"] == len(data)
    assert set(made.record["outputs"]) == set(NAMES) - {"manifest.json"}
    for name, stamp in made.record["outputs"].items():
        data = (made.folder / "out" / name).read_bytes()
        assert stamp == {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}


def test_control_totals_are_those_counted_by_hand(made):
    # abc acb abbc ab xabc ac: 3 + 3 + 4 + 2 + 4 + 2 rows an hour apart; one case without c
    assert made.record["control_totals"] == {
        "rows": 18, "cases": 6, "cases_without_end": 1, "activity_instances": 18,
        "seconds_from_start_to_end_of_cases": 3600 * (2 + 2 + 3 + 1 + 3 + 1), "amount": None,
    }  # fmt: skip


def test_lineage_adds_up_in_every_step_down_to_the_denominators(made):
    steps = {x["step"]: x for x in made.record["lineage"]}
    for step in steps.values():
        assert step["in"] == step["out"] + sum(step["dropped"].values()), step["step"]
        assert sum(step.get("used", {"": step["out"]}).values()) == step["out"]
    rows = made.study.summary().frame.set_index("check")
    judged = {
        name.removeprefix("cases judged by "): x["out"] for name, x in steps.items() if name.startswith("cases judged")
    }
    assert judged == rows["judged"].to_dict()
    assert steps["cases judged by path"]["dropped"] == {"pending": 1}
    assert steps["labels to the blueprint"]["parameters"]["labels_it_does_not_know_judged_as_extra"] == {"X": 1}


def test_rows_of_starts_are_joined_and_ignored_labels_counted():
    norm = blueprint(["a", "b"], "ab")
    rows = [("A", "start", 0), ("A", "complete", 1), ("B", "complete", 2), ("Noise", "complete", 3), ("A", "odd", 4)]
    table = pd.DataFrame(rows, columns=["activity", "lifecycle", "hour"]).assign(case="1")
    table["at"] = pd.Timestamp("2026-03-02", tz="UTC") + pd.to_timedelta(table.pop("hour"), unit="h")
    columns = {"case": "case", "activity": "activity", "timestamp": "at", "ignore": ["Noise"]}
    columns["lifecycle"] = {"column": "lifecycle", "complete": "complete", "start": "start"}
    found = mining.Study(mining.EventLog.from_frame(table, columns=columns), norm)
    read, joined, labels, *_ = evidence.lineage_of(found)
    assert (read["in"], read["out"], sum(read["dropped"].values())) == (5, 4, 1)
    assert (joined["in"], joined["out"], sum(joined["dropped"].values())) == (4, 3, 1)
    assert (labels["in"], labels["out"], labels["dropped"]) == (3, 2, {"Noise": 1})


def test_a_lost_row_is_refused():
    with pytest.raises(AssertionError, match="rows: 5 in, 3 out, .*, 1 lost"):
        evidence._step("rows", 5, 3, {"no time": 1})


@holds_for(st.lists(st.decimals(-(10**6), 10**6, places=2), min_size=1, max_size=30), st.randoms(use_true_random=False))
@settings(max_examples=share_of(30), deadline=None)
def test_the_sum_of_an_amount_is_exact_in_any_order(amounts, chance):
    def total(values):
        found = SimpleNamespace(log=SimpleNamespace(attribute=lambda name: pd.Series(values, dtype=float).to_numpy()))
        return evidence._amount(found, "amount")

    mixed = chance.sample(amounts, len(amounts))
    assert total(map(float, amounts)) == total(map(float, mixed))
    assert pd.Series([total(map(float, amounts))["sum"]]).map(__import__("decimal").Decimal)[0] == sum(amounts)


def test_an_amount_that_floats_would_round_is_exact():
    found = SimpleNamespace(log=SimpleNamespace(attribute=lambda name: pd.Series([0.1, 0.2, None, 1e15]).to_numpy()))
    assert evidence._amount(found, "fee") == {"attribute": "fee", "cases_with_a_value": 3, "sum": "1000000000000000.3"}


def test_an_amount_that_is_no_number_is_refused():
    norm = blueprint(["a", "b"], "ab")
    table = frame(traces("ab")).assign(kind="x")
    found = mining.Study(mining.EventLog.from_frame(table, columns={"attributes": {"kind": "kind"}, **COLUMNS}), norm)
    with pytest.raises(mining.MiningError, match="'kind' is no number"):
        evidence.control_totals(found, "kind")


COLUMNS = {"case": "case", "activity": "activity", "timestamp": "end"}


def test_the_query_of_an_extraction_is_hashed():
    said = SimpleNamespace(extraction={"by": "Ann", "at": pd.Timestamp("2026-03-02"), "query": "select 1"})
    assert evidence.extraction_record(said) == {
        "by": "Ann", "at": "2026-03-02T00:00:00", "query_sha256": hashlib.sha256(b"select 1").hexdigest(),
    }  # fmt: skip
    assert evidence.extraction_record(None) is None


def test_the_manifest_names_software_program_and_no_place_of_a_machine(made):
    assert {"python", "machine", "system", "numpy", "statsmodels", "typst"} <= set(made.record["software"])
    assert len(made.record["tool"]["sha256"]) == 64
    text = json.dumps(made.record)
    assert str(made.folder) not in text
    assert str(ROOT) not in text
    commit = made.record["tool"]["commit"]
    assert commit is None or len(commit) == 40


def test_the_same_inputs_give_the_same_bytes_and_other_lines_of_the_log_do_not(made):
    make(made.given, made.folder / "again")
    for name in NAMES:
        assert (made.folder / "out" / name).read_bytes() == (made.folder / "again" / name).read_bytes(), name


# --- what an audit is made from ------------------------------------------------------------------------------------


def test_given_survives_being_written_down(made, tmp_path):
    home = Path(os.path.realpath(made.folder))
    given = Given(
        str(home / "in" / "log.csv"),
        (home / "a.yaml", home / "b.yaml"),
        narrative=home / "out" / "narrative.yaml",
        part={"delimiter": ";", "order_by": ["x", "y"], "sheet": None},
        day_first=True,
        lang="zh",
        clear_names=True,
        formats=("docx", "pdf"),
    )
    record = json.loads(json.dumps(given.to_dict(made.folder / "out")))
    assert record["log"] == "../in/log.csv"
    assert record["narrative"] == "narrative.yaml"
    assert Given.from_dict(record, made.folder / "out").to_dict(made.folder / "out") == record
    assert Given.from_dict(record, made.folder / "out") == given


def test_a_file_is_found_where_it_was_else_by_its_name(tmp_path):
    (tmp_path / "audit").mkdir()
    (tmp_path / "moved" / "deep").mkdir(parents=True)
    (tmp_path / "moved" / "deep" / "log.csv").write_text("x")
    assert found_at("../log.csv", tmp_path / "audit") == Path(os.path.realpath(tmp_path)) / "log.csv"
    assert found_at("../log.csv", tmp_path / "audit", tmp_path / "moved") == tmp_path / "moved" / "deep" / "log.csv"
    (tmp_path / "log.csv").write_text("x")
    assert (
        found_at("../log.csv", tmp_path / "audit", tmp_path / "moved") == Path(os.path.realpath(tmp_path)) / "log.csv"
    )


def test_paths_have_forward_slashes_and_another_drive_leaves_the_name(monkeypatch):
    assert relative(Path("logs/x/log.csv"), Path("logs/audit")) == "../x/log.csv"
    monkeypatch.setattr(os.path, "relpath", lambda *_: (_ for _ in ()).throw(ValueError("another drive")))
    assert relative(Path("logs/x/log.csv"), Path("logs/audit")) == "log.csv"


@pytest.mark.parametrize(
    ("address", "kept"),
    [
        ("postgresql://ann:s3cret@host:5432/base", "postgresql://ann@host:5432/base"),
        ("postgresql://host/base", "postgresql://host/base"),
        ("postgresql://ann@host/base?password=s3cret&sslmode=require", "postgresql://ann@host/base?sslmode=require"),
    ],
    ids=["user", "none", "parameter"],
)
def test_no_password_of_a_database_is_written_down(address, kept, tmp_path):
    assert without_password(address) == kept
    record = Given(address, tmp_path / "b.yaml", part={"query": "select 1 -- password=s3cret"}).to_dict(tmp_path)
    assert "s3cret" not in json.dumps(record)
    assert Given.from_dict(record, tmp_path).log == kept


def test_a_record_of_another_form_is_refused(tmp_path):
    with pytest.raises(mining.MiningError, match="written by another version"):
        Given.from_dict({"log": "x", "blueprint": ["y"], "colour": 1}, tmp_path)
    with pytest.raises(mining.MiningError, match="no blueprint"):
        Given("log.csv", ())


def test_older_manifests_can_be_read():
    old = {"inputs": {"log": {"name": "log.csv", "bytes": 3, "sha256": "aa"}}, "outputs": {"findings.json": "bb"}}
    assert evidence.outputs_of(old) == {"findings.json": {"bytes": None, "sha256": "bb"}}
    assert [x["name"] for x in evidence.roles_of(old)] == ["log.csv"]
    assert evidence.control_totals(study(blueprint(["a", "b"], "ab"), traces("ab", "ab")))["cases"] == 2
