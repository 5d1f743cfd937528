"""Attacks on an audit file and on what it must not say: forged manifests, files of people, values that are not to be shown."""

import errno
import json
import shutil
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from mining.differing import places
from mining.errors import MiningError
from mining.folders import sha256_of, write_whole
from mining.given import found_at
from mining.log import EventLog, read_log
from mining.log.quality import quality
from mining.log.shown import may_show, only_showing
from mining.log.store import write_store
from mining.privacy import (
    Key,
    Pseudonyms,
    key_for,
    new_key,
    pseudonymised,
    pseudonymous_log,
    read_key,
    shown_attributes,
)
from mining.study import Study
from mining.verify import DIFFERS, NOT_CHECKED, verify
from mining.voice import nonresponse_of, read_survey
from tests.evidence_cases import make, put

NAMES = Pseudonyms(Key(b"0123456789abcdef"))


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    folder = tmp_path_factory.mktemp("attacks")
    make(put(folder / "in"), folder / "out")
    return folder


@pytest.fixture
def made(original, tmp_path):
    shutil.copytree(original, tmp_path, dirs_exist_ok=True)
    return SimpleNamespace(folder=tmp_path, out=tmp_path / "out", log=tmp_path / "in" / "log.csv")


def forged(made, change):
    path = made.out / "manifest.json"
    record = json.loads(path.read_text("utf-8"))
    change(record)
    path.write_text(json.dumps(record), encoding="utf-8")
    return verify(made.out, remake=make)


FORGERIES = {
    "output of a list": lambda m: m["outputs"].update({"checks.csv": []}),
    "output without hash": lambda m: m["outputs"].update({"checks.csv": {"bytes": 1}}),
    "output without bytes": lambda m: m["outputs"]["checks.csv"].update(sha256="0" * 64, bytes=None),
    "output of a long name": lambda m: m["outputs"].update({"x" * 5000: {"bytes": 1, "sha256": "0" * 64}}),
    "output of half a character": lambda m: m["outputs"].update({"\udc80": {"bytes": 1, "sha256": "0" * 64}}),
    "output of another drive": lambda m: m["outputs"].update({"C:x": {"bytes": 1, "sha256": "0" * 64}}),
    "output with backslashes": lambda m: m["outputs"].update({"..\\x": {"bytes": 1, "sha256": "0" * 64}}),
    "bytes of an output": lambda m: m["outputs"]["checks.csv"].update(bytes=7),
    "bytes of an input": lambda m: m["inputs"]["files"][0].update(bytes=7),
    "inputs of a text": lambda m: m["inputs"].update(files="log.csv"),
    "inputs without path": lambda m: m["inputs"]["files"][0].pop("path"),
    "no input files": lambda m: m["inputs"].update(files=[]),
    "input is a device": lambda m: m["inputs"]["files"][0].update(path="/dev/zero"),
    "input is a folder": lambda m: m["inputs"]["files"][0].update(path="/"),
    "log with a zero": lambda m: m["given"].update(log="a\0b"),
    "log is a number": lambda m: m["given"].update(log=5),
    "blueprint is a text": lambda m: m["given"].update(blueprint="blueprint.yaml"),
    "blueprints are numbers": lambda m: m["given"].update(blueprint=[1]),
    "language is a list": lambda m: m["given"].update(lang=[]),
    "given is a list": lambda m: m.update(given=[]),
    "software is a list": lambda m: m.update(software=[]),
    "privacy is a text": lambda m: m.update(privacy="yes"),
}


@pytest.mark.parametrize("change", FORGERIES.values(), ids=FORGERIES)
def test_a_forged_manifest_is_refused_in_words(made, change):
    found = forged(made, change)
    assert not found.ok
    for lang in ("en", "zh"):
        found.sentence(lang).encode()
    "".join(found.frame["name"] + found.frame["note"]).encode()


@pytest.mark.parametrize(
    "text", ["[" * 100_000, '{"a":' * 50_000, "\ufeff{}", "NaN", ""], ids=["lists", "objects", "mark", "nan", "empty"]
)
def test_what_is_no_manifest_is_refused(made, text):
    (made.out / "manifest.json").write_text(text, encoding="utf-8")
    assert verify(made.out, remake=make).frame["status"].tolist()[0] == DIFFERS


ADDRESS = "postgresql://ann:hidden@db.example:5432/logs?password=too"


@pytest.mark.parametrize("address", [ADDRESS, "postgres://[bad", "other://x"], ids=["server", "no address", "another"])
def test_no_connection_is_made_to_an_address_that_a_manifest_names(made, monkeypatch, address):
    monkeypatch.setattr("mining.log.sql_postgres.Postgres.connect", lambda *_: pytest.fail("connected"))
    found = forged(made, lambda m: m["given"].update(log=address))
    assert not found.ok
    assert not found.recomputed
    row = found.problems.set_index("what").loc["recomputed"]
    assert (row["name"], row["status"]) == ("manifest.json", NOT_CHECKED)
    assert "--allow-database" in row["note"]
    assert "hidden" not in row["note"]
    assert "too" not in row["note"]
    assert verify(made.out, remake=make, recompute=False).ok  # then nothing is asked for


def test_a_database_is_asked_where_the_user_allows_it(made, monkeypatch):
    asked = []

    def refused(address, _):
        asked.append(address)
        raise MiningError("no connection")

    monkeypatch.setattr("mining.log.sql_postgres.Postgres.connect", refused)
    forged(made, lambda m: m["given"].update(log=ADDRESS))
    assert not asked
    found = verify(made.out, remake=make, allow_database=True)
    assert asked == [ADDRESS]
    assert "no connection" in found.frame.set_index("what").loc["recomputed", "note"]


def test_files_that_have_no_hash_are_not_read(made):
    (made.folder / "other.csv").write_bytes(made.log.read_bytes())
    called = []
    record = json.loads((made.out / "manifest.json").read_text("utf-8"))
    record["given"]["log"] = "../other.csv"
    (made.out / "manifest.json").write_text(json.dumps(record), encoding="utf-8")
    found = verify(made.out, remake=lambda *_: called.append(1))
    assert not called
    assert "other.csv" in found.problems["note"].iloc[0]


def test_a_hidden_fingerprint_makes_no_key(made):
    found = forged(made, lambda m: m.update(privacy={"pseudonyms": True, "fingerprint": None}))
    rows = found.frame[found.frame["what"] == "key"]
    assert rows["status"].tolist() == [NOT_CHECKED]
    assert not found.ok


def test_a_link_is_no_output(made):
    (made.out / "checks.csv").rename(made.folder / "checks.csv")
    (made.out / "checks.csv").symlink_to(made.folder / "checks.csv")
    assert verify(made.out, remake=make, recompute=False).problems["name"].tolist() == ["checks.csv"]


def test_any_error_of_making_it_again_is_a_row(made):
    def breaks(*_):
        raise KeyError("what")

    found = verify(made.out, remake=breaks)
    assert not found.ok
    assert "KeyError" in found.problems["note"].iloc[0]


def test_a_byte_that_changes_no_value_is_found_with_the_same_program(made):
    path = made.out / "findings.json"
    path.write_text(path.read_text("utf-8") + " ", encoding="utf-8")
    stamp = {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
    found = forged(made, lambda m: m["outputs"].update({"findings.json": stamp}))
    assert found.problems[["what", "name"]].to_numpy().tolist() == [["recomputed", "findings.json"]]


def test_a_key_that_stands_twice_has_no_single_meaning(tmp_path):
    (tmp_path / "a.json").write_text('{"n": 3}', encoding="utf-8")
    (tmp_path / "b.json").write_text('{"n": 5, "n": 3}', encoding="utf-8")
    assert places(tmp_path / "a.json", tmp_path / "b.json")


def test_files_of_one_name_are_told_apart_by_their_hash(tmp_path):
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "blueprint.yaml").write_text(folder)
    wanted = sha256_of(tmp_path / "two" / "blueprint.yaml")
    there = tmp_path / "two" / "blueprint.yaml"
    assert found_at("../gone/blueprint.yaml", tmp_path / "out", tmp_path, wanted) == there
    assert found_at("../gone/blueprint.yaml", tmp_path / "out", tmp_path) == tmp_path / "one" / "blueprint.yaml"


def test_a_store_is_verified_without_the_file_that_it_was_made_from(tmp_path):
    given = put(tmp_path / "in")
    write_store(read_log(given.log), tmp_path / "in" / "store.parquet")
    make(replace(given, log=str(tmp_path / "in" / "store.parquet")), tmp_path / "out")
    (tmp_path / "in" / "log.csv").unlink()
    assert verify(tmp_path / "out", remake=make).ok


# --- what people write


def test_one_file_is_replaced_in_one_step_and_never_away(tmp_path, monkeypatch):
    (tmp_path / "review.csv").write_text("old")

    def stopped(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("mining.folders.os.replace", stopped)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path, ["review.csv"], [], lambda folder: (folder / "review.csv").write_text("new") and None)
    assert (tmp_path / "review.csv").read_text() == "old"


def test_a_draft_never_takes_the_place_of_what_somebody_wrote_meanwhile(tmp_path):
    def write(folder):
        for name in ("narrative.yaml", "manifest.json"):
            (folder / name).write_text("draft")
        (tmp_path / "narrative.yaml").write_text("mine")  # while the audit was made

    write_whole(tmp_path, ["narrative.yaml", "manifest.json"], [], write, drafts=["narrative.yaml"])
    assert (tmp_path / "narrative.yaml").read_text() == "mine"
    assert sorted(x.name for x in tmp_path.iterdir()) == ["manifest.json", "narrative.yaml"]


def test_a_full_disk_is_said_whichever_library_finds_it(tmp_path):
    from xlsxwriter.exceptions import FileCreateError

    (tmp_path / "manifest.json").write_text("old")

    def write(folder):
        (folder / "book.xlsx").write_bytes(b"half")
        raise FileCreateError(OSError(errno.ENOSPC, "No space left on device"))

    with pytest.raises(MiningError, match="cannot write there .No space left on device"):
        write_whole(tmp_path, ["book.xlsx", "manifest.json"], [], write)
    assert [x.name for x in tmp_path.iterdir()] == ["manifest.json"]
    assert (tmp_path / "manifest.json").read_text() == "old"


# --- values that are not shown


def drifting():
    n = 200
    begin = pd.date_range("2026-01-01", periods=n, freq="D")
    rows = {"case": range(n), "activity": "a", "time": begin, "resource": ["system", "ann"] * (n // 2)}
    frame = pd.DataFrame(rows | {"district": ["north"] * (n // 2) + ["south"] * (n // 2)}).astype(str)
    columns = {"case": "case", "activity": "activity", "timestamp": "time", "resource": "resource", "tz": "UTC"}
    return EventLog.from_frame(frame, columns=columns | {"attributes": {"district": "district"}})


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_a_changed_mix_tells_no_value_of_an_attribute_that_is_not_shown(lang):
    log = drifting()
    told, kept = (" ".join(quality(x).say(lang)) for x in (log, only_showing(log, [])))
    assert "north" in told
    assert "north" not in kept
    assert "south" not in kept
    assert "100%" in kept
    assert "district" in kept


def test_pseudonyms_show_the_attributes_that_were_disclosed_and_no_others():
    log = drifting()
    assert not may_show(pseudonymised(log, None, NAMES).log, "district")
    assert may_show(pseudonymised(log, None, NAMES, disclose=["district"]).log, "district")


def test_work_of_the_system_is_found_behind_pseudonyms():
    counts = [quality(x).frame.set_index("problem")["count"] for x in (drifting(), pseudonymous_log(drifting(), NAMES))]
    assert counts[0]["system_resources"] == counts[1]["system_resources"] == 100


def test_the_value_of_those_who_answered_more_is_not_told_where_it_is_not_shown(study):
    survey = read_survey("sample_logs/permit_receipt/survey.csv")
    hidden = Study(only_showing(study.log, ["channel"]), study.blueprint)
    largest = nonresponse_of(hidden, survey).frame.set_index("attribute")["largest"]
    assert largest["channel"]
    assert largest["delivery"] == ""
    assert nonresponse_of(study, survey).frame.set_index("attribute")["largest"]["delivery"]


def test_the_number_of_a_receipt_is_asked_for_and_not_shown(study):
    assert "receipt_no" in study.log.binding.attributes
    assert "receipt_no" not in shown_attributes(study, study.blueprint)
    assert "receipt_no" in shown_attributes(study, study.blueprint, ["receipt_no"])


# --- keys


def test_a_key_does_not_lie_in_the_folder_under_any_name(tmp_path):
    out, key = tmp_path / "out", tmp_path / "keys" / "a.key"
    out.mkdir()
    new_key(key)
    assert key_for(key, "", out).fingerprint == read_key(key).fingerprint
    (out / "link.key").symlink_to(key)
    with pytest.raises(MiningError, match="lies in the folder that is written"):
        key_for(out / "link.key", "", out)
    with pytest.raises(MiningError, match="lies in the folder that is written"):
        key_for(key, "", out)  # it is there, under another name
    (out / "link.key").unlink()
    key_for(key, "", out)
    (out / "same").hardlink_to(key)
    with pytest.raises(MiningError, match="lies in the folder that is written"):
        key_for(key, "", out)
    (tmp_path / "way").symlink_to(out)
    with pytest.raises(MiningError, match="lies in the folder that is written"):
        key_for(tmp_path / "way" / "new.key", "", out)
