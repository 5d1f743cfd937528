"""Verification: whole and unchanged is accepted, anything else is named; and a run that is killed leaves nothing that is accepted."""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from dataclasses import replace
from itertools import groupby
from pathlib import Path
from types import SimpleNamespace

import pandas as pd
import pytest
from typer.testing import CliRunner

import mining
from mining.cli import app
from mining.differing import places
from mining.folders import SCRATCH, sha256_of, write_whole
from mining.manifest import FORMAT
from mining.verify import DIFFERS, MISSING, NOT_CHECKED, SAME, UNKNOWN, verify
from tests.evidence_cases import NAMES, make, put
from tests.helpers import ROOT, blueprint_dict


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    folder = tmp_path_factory.mktemp("verify")
    given = put(folder / "in")
    make(given, folder / "out")
    return folder


@pytest.fixture
def made(original, tmp_path):
    shutil.copytree(original, tmp_path, dirs_exist_ok=True)
    return SimpleNamespace(log=tmp_path / "in" / "log.csv", out=tmp_path / "out", folder=tmp_path)


def check(made, **more):
    return verify(made.out, remake=make, **more)


def of(found, what, name):
    """Status and note of a row."""
    rows = found.frame[(found.frame["what"] == what) & (found.frame["name"] == name)]
    assert len(rows) == 1, found.frame.to_string()
    return rows.iloc[0]["status"], rows.iloc[0]["note"]


def test_what_is_whole_and_unchanged_is_accepted(made):
    before = {path.name: sha256_of(path) for path in made.out.iterdir()}
    found = check(made)
    assert found.ok
    assert found.recomputed
    assert set(found.frame["status"]) == {SAME}
    kinds = found.frame["what"].value_counts().to_dict()
    assert kinds.pop("recomputed") >= len(NAMES) - 1
    assert kinds == {"manifest": 1, "output": len(NAMES) - 1, "input": 2}
    assert "the audit made again from its inputs gives the same" in found.sentence()
    assert "重新计算得到相同结果" in found.sentence("zh")
    assert before == {path.name: sha256_of(path) for path in made.out.iterdir()}


def test_one_changed_byte_of_an_input_is_named(made):
    data = bytearray(made.log.read_bytes())
    data[-3] ^= 1
    made.log.write_bytes(data)
    found = check(made)
    assert not found.ok
    assert of(found, "input", "log.csv")[0] == DIFFERS
    assert of(found, "input", "blueprint.yaml")[0] == SAME
    assert of(found, "recomputed", "manifest.json")[0] == NOT_CHECKED
    assert "log.csv" in found.sentence()


@pytest.mark.parametrize("name", NAMES[:-1])
def test_one_changed_byte_of_an_output_is_named(made, name):
    data = bytearray((made.out / name).read_bytes())
    data[len(data) // 2] ^= 1
    (made.out / name).write_bytes(data)
    found = check(made, recompute=False)
    assert of(found, "output", name)[0] == DIFFERS
    assert set(found.problems["name"]) == {name}


def test_a_missing_output_a_missing_input_and_a_missing_manifest(made):
    (made.out / "checks.csv").unlink()
    assert of(check(made, recompute=False), "output", "checks.csv")[0] == MISSING
    made.log.unlink()
    assert of(check(made, recompute=False), "input", "log.csv")[0] == MISSING
    (made.out / "manifest.json").unlink()
    found = check(made)
    assert of(found, "manifest", "manifest.json")[0] == MISSING
    assert not found.ok


def test_inputs_that_were_moved_are_found_by_name(made):
    (made.folder / "elsewhere").mkdir()
    made.log.rename(made.folder / "elsewhere" / "log.csv")
    assert not check(made).ok
    assert check(made, look_in=made.folder / "elsewhere").ok


def test_an_audit_file_that_was_moved_as_a_whole_is_still_verified(made):
    shutil.move(made.folder / "in", made.folder / "far" / "in")
    shutil.move(made.out, made.folder / "far" / "other name")
    assert verify(made.folder / "far" / "other name", remake=make).ok


def test_a_file_and_its_hash_changed_together_are_found_by_making_it_again(made):
    record = json.loads((made.out / "findings.json").read_text("utf-8"))
    record["findings"][0]["n_net"] += 1
    (made.out / "findings.json").write_text(json.dumps(record, sort_keys=True, indent=1), encoding="utf-8")
    manifest = json.loads((made.out / "manifest.json").read_text("utf-8"))
    path = made.out / "findings.json"
    manifest["outputs"]["findings.json"] = {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
    (made.out / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    assert check(made, recompute=False).ok  # which is why that is not enough
    found = check(made)
    status, note = of(found, "recomputed", "findings.json")
    assert status == DIFFERS
    assert "findings[0].n_net: 1 expected, 2 found" in note


@pytest.mark.parametrize(
    ("part", "change"),
    [
        ("control_totals", lambda x: x.update(cases=7)),
        ("lineage", lambda x: x[0].update(out=1)),
        ("inputs", lambda x: x["blueprint"]["approval"].update(by="Nobody")),
        ("parameters", lambda x: x.update(lang="zh")),
    ],
    ids=["totals", "lineage", "approval", "parameters"],
)
def test_a_changed_manifest_is_found_by_making_it_again(made, part, change):
    manifest = json.loads((made.out / "manifest.json").read_text("utf-8"))
    change(manifest[part])
    (made.out / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    found = check(made)
    assert of(found, "recomputed", f"manifest.json: {part}")[0] == DIFFERS
    assert not found.ok


def test_a_manifest_that_is_cut_off_or_lacks_parts_is_refused(made):
    path = made.out / "manifest.json"
    text = path.read_text("utf-8")
    no_outputs = json.dumps(json.loads(text) | {"format": FORMAT, "outputs": {}})
    for broken in (text[: len(text) // 2], "[]", '{"inputs": {}, "outputs": {}}', no_outputs):
        path.write_text(broken, encoding="utf-8")
        assert of(check(made), "manifest", "manifest.json")[0] == DIFFERS
    record = json.loads(text)
    del record["lineage"]
    path.write_text(json.dumps(record), encoding="utf-8")
    assert "lineage" in of(check(made), "manifest", "manifest.json")[1]


def test_an_output_may_not_name_a_file_of_another_folder(made):
    record = json.loads((made.out / "manifest.json").read_text("utf-8"))
    record["outputs"]["../in/log.csv"] = {"bytes": 1, "sha256": sha256_of(made.log)}
    (made.out / "manifest.json").write_text(json.dumps(record), encoding="utf-8")
    assert of(check(made, recompute=False), "output", "../in/log.csv")[0] == DIFFERS


def test_files_of_people_are_listed_and_files_named_like_ours_are_not_accepted(made):
    (made.out / "notes.txt").write_text("mine")
    (made.out / f"{SCRATCH}old").mkdir()
    found = check(made)
    assert found.ok
    assert of(found, "other", "notes.txt")[0] == UNKNOWN
    assert of(found, "leftover", f"{SCRATCH}old")[0] == UNKNOWN
    (made.out / "report.pdf").write_text("not ours")
    assert list(check(made).problems["name"]) == ["report.pdf"]


def test_not_making_it_again_is_said_and_another_format_is_not_accepted(made):
    found = check(made, recompute=False)
    assert found.ok
    assert not found.recomputed
    assert "NOT made again" in found.sentence()
    assert "未重新计算" in found.sentence("zh")
    record = json.loads((made.out / "manifest.json").read_text("utf-8"))
    del record["format"]
    (made.out / "manifest.json").write_text(json.dumps(record), encoding="utf-8")
    assert of(check(made), "recomputed", "manifest.json")[0] == NOT_CHECKED


def test_what_people_wrote_since_is_said_as_such(made, original):
    given = put(made.folder / "in")
    (made.out / "narrative.yaml").write_text("{}")
    make(replace(given, narrative=made.out / "narrative.yaml"), made.out)
    assert check(made).ok
    (made.out / "narrative.yaml").write_text("findings: {}")
    status, note = of(check(made), "input", "narrative.yaml")
    assert status == DIFFERS
    assert "run the audit again" in note


def test_a_run_that_cannot_be_made_again_is_not_checked(made):
    def fails(*_):
        raise mining.LogError("no rows")

    found = verify(made.out, remake=fails)
    assert not found.ok
    assert of(found, "recomputed", "manifest.json") == (NOT_CHECKED, "It could not be made again: no rows")


def test_other_software_is_named_where_files_differ(made, monkeypatch):
    record = json.loads((made.out / "manifest.json").read_text("utf-8"))
    record["software"]["numpy"] = "0.1"
    (made.out / "manifest.json").write_text(json.dumps(record), encoding="utf-8")
    found = check(made)
    assert found.ok
    assert "numpy 0.1 →" in of(found, "recomputed", "manifest.json: software")[1]


def test_documents_that_print_the_software_are_made_again_with_the_recorded_one(made):
    """On another computer an audit can be confirmed: what is printed of the software is as recorded, and what it is, is said apart."""
    from mining.manifest import manifest

    record = json.loads((made.out / "manifest.json").read_text("utf-8"))
    record["software"]["numpy"] = record["tool"]["sha256"] = "0.1"
    printed = json.dumps({name: record[name] for name in ("software", "tool")}, sort_keys=True)
    (made.out / "page.html").write_text(printed, encoding="utf-8")
    record["outputs"]["page.html"] = {"bytes": len(printed), "sha256": sha256_of(made.out / "page.html")}
    (made.out / "manifest.json").write_text(json.dumps(record), encoding="utf-8")

    def remake(given, place, key, home, progress):
        loaded = given.loaded()
        now = manifest(mining.Study(loaded.log, loaded.blueprint), loaded, place, outputs=())
        text = json.dumps({name: now[name] for name in ("software", "tool")}, sort_keys=True)
        make(given, place, spoil=lambda scratch: (scratch / "page.html").write_text(text, encoding="utf-8"))

    found = verify(made.out, remake=remake)
    assert found.ok, found.problems.to_string()
    assert "numpy 0.1 →" in of(found, "recomputed", "manifest.json: software")[1]


def test_a_folder_that_is_none_is_refused(tmp_path):
    with pytest.raises(mining.MiningError, match="no such folder"):
        verify(tmp_path / "none")


# --- keys --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def with_key(made, monkeypatch, tmp_path_factory):
    """An audit whose manifest records the fingerprint of a key; the user's own folder is an empty one."""
    from mining.privacy.key import VARIABLE, new_key

    own = tmp_path_factory.mktemp("own")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(own))
    monkeypatch.delenv(VARIABLE, raising=False)
    path = tmp_path_factory.mktemp("keys") / "engagement.key"
    secret = new_key(path)
    record = json.loads((made.out / "manifest.json").read_text("utf-8")) | {
        "privacy": {"fingerprint": secret.fingerprint}
    }
    (made.out / "manifest.json").write_text(json.dumps(record), encoding="utf-8")
    keys = []

    def remake(given, place, key, home, progress):
        keys.append(key.fingerprint)
        make(given, place)
        again = json.loads((place / "manifest.json").read_text("utf-8")) | {"privacy": {"fingerprint": key.fingerprint}}
        (place / "manifest.json").write_text(json.dumps(again), encoding="utf-8")

    return SimpleNamespace(out=made.out, remake=remake, keys=keys, path=path, own=own, fingerprint=secret.fingerprint)


@pytest.mark.skipif(os.name != "posix", reason="keys have modes on POSIX only")
def test_without_its_key_an_audit_is_not_confirmed_and_with_it_it_is(with_key, tmp_path):
    from mining.privacy.key import new_key

    found = verify(with_key.out, remake=with_key.remake)
    assert of(found, "key", "key")[0] == NOT_CHECKED
    assert not found.ok
    assert verify(with_key.out, remake=with_key.remake, key=with_key.path).ok
    assert with_key.keys == [with_key.fingerprint]
    new_key(tmp_path / "other.key")
    other = verify(with_key.out, remake=with_key.remake, key=tmp_path / "other.key")
    assert of(other, "key", "other.key")[0] == DIFFERS
    assert with_key.keys == [with_key.fingerprint]  # nothing was made with a wrong key


@pytest.mark.skipif(os.name != "posix", reason="keys have modes on POSIX only")
def test_the_key_among_the_users_own_is_found_by_its_fingerprint(with_key):
    from mining.privacy.key import new_key

    (with_key.own / "service-mining").mkdir()
    new_key(with_key.own / "service-mining" / "a.key")
    shutil.copy(with_key.path, with_key.own / "service-mining" / "b.key")
    assert verify(with_key.out, remake=with_key.remake).ok


# --- where files differ --------------------------------------------------------------------------------------------------


def test_the_place_of_a_difference_is_said_for_each_kind_of_file(tmp_path):
    one, other = tmp_path / "one", tmp_path / "other"
    for folder, word, number in ((one, "ten", 10), (other, "tem", 11)):
        folder.mkdir()
        (folder / "a.json").write_text(json.dumps({"rows": [{"n": number}], "x": 1.0}))
        (folder / "a.csv").write_text(f"name,n\nann,{number}\n")
        pd.DataFrame({"name": ["ann", "bob"], "n": [1, number]}).to_parquet(folder / "a.parquet")
        with zipfile.ZipFile(folder / "a.docx", "w") as book:
            book.writestr("word/document.xml", f"<w:t>{word} cases</w:t>")
        (folder / "a.html").write_text(f"<p>{word}</p>")
    said = {name: places(one / name, other / name)[0] for name in ("a.json", "a.csv", "a.parquet", "a.docx", "a.html")}
    assert said == {
        "a.json": "rows[0].n: 10 expected, 11 found",
        "a.csv": "row 1, n: '10' expected, '11' found",
        "a.parquet": "n, row 2 (first of 1): 10 expected, 11 found",
        "a.docx": "word/document.xml, byte 7: '<w:t>ten cases</w:t>' expected, '<w:t>tem cases</w:t>' found",
        "a.html": "byte 5: '<p>ten</p>' expected, '<p>tem</p>' found",
    }
    (other / "a.json").write_bytes(b"\xff not json")
    assert places(one / "a.json", other / "a.json")[0].startswith("byte 0")
    assert places(one / "a.csv", one / "a.csv") == []


def test_the_same_parts_packed_at_another_time_are_the_same(made):
    path = made.out / "report.docx"
    text = zipfile.ZipFile(path).read("word/document.xml")
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("word/document.xml", text)
    found = check(made)
    assert of(found, "recomputed", "report.docx")[0] == SAME
    assert of(found, "output", "report.docx")[0] == DIFFERS  # and yet the file is not the one that was written


# --- whole audits, and the command line -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_whole_audit_is_confirmed_in_a_process_of_its_own_and_its_inputs_are_watched(tmp_path, monkeypatch):
    from mining.audit_file import audit
    from mining.privacy.key import VARIABLE

    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    loaded = put(tmp_path / "in", ("abc",) * 40 + ("ac",) * 9 + ("abbc",) * 6).loaded()
    audit(loaded.log, loaded.blueprint, tmp_path / "out")

    def command(*more):
        done = CliRunner().invoke(app, ["verify", str(tmp_path / "out"), *more])
        return SimpleNamespace(returncode=done.exit_code, stdout=done.output)

    done = subprocess.run(
        [sys.executable, "-m", "mining", "verify", str(tmp_path / "out")], cwd=ROOT, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "the audit made again from its inputs gives the same" in done.stdout
    done = command("--no-recompute", "--lang", "zh")
    assert done.returncode == 0
    assert "未重新计算" in done.stdout
    path = tmp_path / "in" / "log.csv"
    data = bytearray(path.read_bytes())
    data[-3] ^= 1
    path.write_bytes(data)
    done = command()
    assert done.returncode == 1
    assert "log.csv: differs" in done.stdout
    data[-3] ^= 1
    path.write_bytes(data)
    narrative = tmp_path / "out" / "narrative.yaml"
    narrative.write_text(narrative.read_text("utf-8") + "# seen\n", encoding="utf-8")
    done = command("--no-recompute")
    assert done.returncode == 1
    assert "narrative.yaml: differs" in done.stdout
    assert "run the audit again" in done.stdout


@pytest.mark.slow
def test_the_folder_of_one_version_is_confirmed_by_itself_wherever_it_lies(tmp_path):
    from mining.audit_file import audit_versions

    first = put(tmp_path / "in", ("abc",) * 30 + ("ac",) * 6, effective={"from": "2020-01-01", "to": "2026-03-31"})
    rows = pd.read_csv(first.log, dtype=str)
    later = rows.assign(case="L" + rows["case"], end=(pd.to_datetime(rows["end"]) + pd.Timedelta(days=120)).map(str))
    pd.concat([rows, later]).to_csv(first.log, index=False)
    second = blueprint_dict(["a", "b", "c"], "acb", version="2", effective={"from": "2026-04-01"})
    (tmp_path / "in" / "second.yaml").write_text(json.dumps(second), encoding="utf-8")
    blueprints = (*first.blueprint, tmp_path / "in" / "second.yaml")
    made, _ = audit_versions(
        replace(first, blueprint=blueprints, clear_names=True, formats=("xlsx",)).loaded(), tmp_path / "out"
    )
    assert sorted(made) == ["1", "2"]
    found = verify(tmp_path / "out")
    assert not found.ok
    assert "1, 2" in of(found, "manifest", "manifest.json")[1]
    alone = tmp_path / "far" / "alone"
    shutil.copytree(tmp_path / "out" / "2", alone)
    shutil.rmtree(tmp_path / "out")
    found = verify(alone)
    assert found.ok, found.problems.to_string()
    assert found.recomputed
    (tmp_path / "in").rename(tmp_path / "moved")
    assert not verify(alone, recompute=False).ok
    assert verify(alone, look_in=tmp_path / "moved", recompute=False).ok


# --- killed runs -----------------------------------------------------------------------------------------------------------

WRITER = """
import json, os, signal, sys
from pathlib import Path
from mining import folders
folder, generation, stop_at = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
calls = 0
def counted(real):
    def call(*given, **more):
        global calls
        calls += 1
        if calls == stop_at:
            os.kill(os.getpid(), signal.SIGKILL)
        return real(*given, **more)
    return call
os.replace = counted(os.replace)
os.unlink = counted(os.unlink)
Path.unlink = counted(Path.unlink)
os.fsync = counted(os.fsync)
NAMES = ["a.json", "b.json", "c.json", "manifest.json"]
def write(scratch):
    for name in NAMES[:-1]:
        (scratch / name).write_text(json.dumps({"generation": generation, "name": name}) * 50)
    hashes = {name: folders.sha256_of(scratch / name) for name in NAMES[:-1]}
    record = {"outputs": hashes, "inputs": {"log": {"name": "x"}}, "generation": generation}
    (scratch / "manifest.json").write_text(json.dumps(record))
while True:
    folders.write_whole(folder, NAMES, [], write)
    if stop_at >= 0:
        break
"""


def accepted(folder):
    """Whether the hashes of all files are those of a manifest, and if so the generation of the set."""
    found = verify(folder, recompute=False)
    rows = found.frame[found.frame["what"].isin(("manifest", "output"))]
    if set(rows["status"]) != {SAME}:
        return None
    files = [folder / name for name in ("a.json", "b.json", "c.json")]
    generations = {json.loads(path.read_text().split("}")[0] + "}")["generation"] for path in files}
    assert generations == {json.loads((folder / "manifest.json").read_text())["generation"]}
    return generations.pop()


def write(folder, generation, stop_at):
    return subprocess.run(
        [sys.executable, "-c", WRITER, str(folder), generation, str(stop_at)], cwd=ROOT, capture_output=True, check=False
    ).returncode  # fmt: skip


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
@pytest.mark.slow
def test_a_run_killed_at_any_step_leaves_the_old_set_the_new_one_or_nothing_that_is_accepted(tmp_path):
    outcomes, before = [], tmp_path / "before"
    assert write(before, "old", 0) == 0
    assert accepted(before) == "old"
    for step in range(1, 40):
        folder = tmp_path / str(step)
        shutil.copytree(before, folder)
        code = write(folder, "new", step)
        outcomes.append(accepted(folder))
        if code == 0:
            break
        assert write(folder, "next", 0) == 0  # whatever was left, the next run succeeds
        assert accepted(folder) == "next"
        assert not list(folder.glob(f"{SCRATCH}*"))
    else:
        pytest.fail("the run never came to its end")
    assert outcomes[0] == "old"
    assert outcomes[-1] == "new"
    assert None in outcomes
    stages = [k for k, _ in groupby(outcomes)]
    assert stages == ["old", None, "new"]  # never back, never mixed


@pytest.mark.skipif(not hasattr(signal, "SIGKILL"), reason="no SIGKILL on this system")
@pytest.mark.slow
def test_runs_killed_at_random_moments_leave_nothing_mixed(tmp_path):
    chance = random.Random(9)
    kinds = set()
    began = time.perf_counter()
    assert write(tmp_path, "first", 0) == 0
    whole = time.perf_counter() - began  # of a run that nobody stops, on this machine
    for i in range(25):
        running = subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path), f"g{i}", "-1"], cwd=ROOT)
        time.sleep((0.3 + chance.random()) * whole)
        running.send_signal(signal.SIGKILL)
        running.wait()
        if any(tmp_path.iterdir()):
            kinds.add(accepted(tmp_path) is None)
    assert False in kinds  # some were whole; those that were not were not accepted
    assert write(tmp_path, "last", 0) == 0
    assert accepted(tmp_path) == "last"


def test_two_runs_do_not_write_into_one_folder_at_a_time(tmp_path):
    def nested(scratch):
        with pytest.raises(mining.MiningError, match="another run is writing there"):
            write_whole(tmp_path, ["a.txt"], [], lambda place: (place / "a.txt").write_text("b") and None)
        (scratch / "a.txt").write_text("a")

    if sys.platform == "win32":
        pytest.skip("no locks of folders there")
    write_whole(tmp_path, ["a.txt"], [], nested)
    assert (tmp_path / "a.txt").read_text() == "a"
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]


def test_what_a_stopped_run_left_is_removed_by_the_next(tmp_path):
    stale = tmp_path / f"{SCRATCH}stale"
    stale.mkdir()
    (stale / "half.txt").write_text("x")
    write_whole(tmp_path, ["a.txt"], [], lambda place: (place / "a.txt").write_text("a") and None)
    assert [path.name for path in tmp_path.iterdir()] == ["a.txt"]
    assert Path(tmp_path / "a.txt").read_text() == "a"
