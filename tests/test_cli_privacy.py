"""mining key, mining pseudonyms, and that commands write no names unless they are asked to."""

import os
import stat

import pandas as pd
import pytest
import typer
from typer.testing import CliRunner

from mining.cli_discover import discover
from mining.cli_improve import improve
from mining.cli_privacy import key_app, pseudonyms
from mining.errors import MiningError, UnknownNameError
from mining.privacy import Pseudonyms, new_key, read_key
from tests.helpers import ROOT
from tests.improvement_cases import service

app = typer.Typer()
app.add_typer(key_app, name="key")
for command in (pseudonyms, improve, discover):
    app.command()(command)
INCIDENT = ROOT / "sample_logs" / "it_incident"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("APPDATA", str(tmp_path / "config"))
    monkeypatch.delenv("MINING_KEY", raising=False)
    return tmp_path / "config" / "service-mining"


def run(*arguments):
    result = CliRunner().invoke(app, [str(x) for x in arguments])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result


CASE, WHO = "Akte Nr. ", " Musterfrau"


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """A service whose case ids and resources cannot stand anywhere by chance."""
    made = service(tmp_path_factory.mktemp("service"))
    log, survey = (pd.read_csv(made[name], dtype=str) for name in ("log", "survey"))
    log.assign(case=CASE + log["case"], resource=log["resource"] + WHO).to_csv(made["log"], index=False)
    survey.assign(case_id=CASE + survey["case_id"]).to_csv(made["survey"], index=False)
    return made


def test_a_key_is_made_and_shown_by_its_fingerprint_only(tmp_path):
    made = run("key", "new", tmp_path / "a.key")
    fingerprint = read_key(tmp_path / "a.key").fingerprint
    secret = (tmp_path / "a.key").read_text().strip()
    shown = run("key", "show", tmp_path / "a.key")
    assert fingerprint in made.stdout
    assert shown.stdout == fingerprint + "\n"
    assert secret not in made.output + shown.output
    with pytest.raises(MiningError, match="is there already"):
        run("key", "new", tmp_path / "a.key")
    with pytest.raises(MiningError, match="cannot be read"):
        run("key", "show", tmp_path / "b.key")


def test_the_way_back_is_written_for_its_owner_alone(tmp_path):
    key = new_key(tmp_path / "a.key")
    arguments = ("pseudonyms", INCIDENT / "log.csv", "-b", INCIDENT / "blueprint.yaml", "--key", tmp_path / "a.key")
    done = run(*arguments, "--customer", "customer", "--out", tmp_path / "map.csv")
    table = pd.read_csv(tmp_path / "map.csv", dtype=str)
    assert done.exit_code == 0
    assert f"{len(table):,}" in done.stdout
    assert table["kind"].value_counts()[["case", "resource"]].tolist() == [2410, 14]
    row = table[table["kind"] == "customer"].iloc[0]
    assert [row["pseudonym"]] == Pseudonyms(key).of("customer", [row["original"]])
    assert os.name != "posix" or stat.S_IMODE((tmp_path / "map.csv").stat().st_mode) == 0o600
    (tmp_path / "audit").mkdir()
    (tmp_path / "audit" / "manifest.json").write_text("{}")
    with pytest.raises(MiningError, match="holds an audit file"):
        run(*arguments, "--out", tmp_path / "audit" / "map.csv")
    assert sorted(x.name for x in (tmp_path / "audit").iterdir()) == ["manifest.json"]


def test_without_the_key_that_was_used_there_is_no_way_back(tmp_path, home):
    arguments = ("pseudonyms", INCIDENT / "log.csv", "-b", INCIDENT / "blueprint.yaml", "--out", tmp_path / "map.csv")
    with pytest.raises(MiningError, match="there is no key of the name.*--engagement"):
        run(*arguments)
    assert not home.exists()


def improved(files, out, *arguments):
    tables = [x for name in ("survey", "mystery", "incidents", "needs") for x in (f"--{name}", files[name])]
    return run(
        "improve",
        files["log"],
        "-b",
        files["blueprint"],
        "-o",
        out,
        "--bootstraps",
        "5",
        *tables,
        *arguments,
    )


def text_of(folder):
    return "".join(path.read_text("utf-8") for path in sorted(folder.iterdir()))


@pytest.mark.slow
def test_improve_makes_a_key_once_and_writes_no_name(files, tmp_path, home):
    first = improved(files, tmp_path / "one")
    (own,) = home.iterdir()
    key = read_key(own)
    assert f"A key was made for this engagement: {own}" in first.stderr
    assert [x for x in (CASE, WHO) if x in text_of(tmp_path / "one")] == []
    second = improved(files, tmp_path / "two", "--key", own)
    assert f"Pseudonyms made with the key {key.fingerprint}" in second.stderr
    for path in (tmp_path / "one").iterdir():
        assert (tmp_path / "two" / path.name).read_bytes() == path.read_bytes()
    third = improved(files, tmp_path / "three", "--clear-names", "--disclose", "segment")
    assert "Clear names" in third.stderr
    assert (tmp_path / "three" / "improvement.json").read_bytes() != (
        tmp_path / "one" / "improvement.json"
    ).read_bytes()
    assert len(list(home.iterdir())) == 1


def test_wrong_ways_to_say_it_are_refused(files, tmp_path):
    with pytest.raises(MiningError, match="do not go together"):
        improved(files, tmp_path / "out", "--clear-names", "--key", tmp_path / "a.key")
    with pytest.raises(UnknownNameError, match="disclose: unknown attribute 'sgment'.*'segment'"):
        improved(files, tmp_path / "out", "--disclose", "sgment")
    new_key(tmp_path / "out" / "a.key")
    with pytest.raises(MiningError, match="lies in the folder that is written"):
        improved(files, tmp_path / "out", "--key", tmp_path / "out" / "a.key")
    assert [x.name for x in (tmp_path / "out").iterdir()] == ["a.key"]


class Reached(Exception):
    """The work would begin here."""


def reached(monkeypatch, module, name):
    """What a command hands over to the module that does the work."""
    found = []

    def stop(source, *_, **__):
        found.append(source)
        raise Reached

    monkeypatch.setattr(f"{module}.{name}", stop)
    return found


@pytest.mark.parametrize("clear", [False, True])
def test_improve_works_on_pseudonyms_throughout(files, tmp_path, home, monkeypatch, clear):
    found = reached(monkeypatch, "mining.improvement_file", "write_improvement")
    with pytest.raises(Reached):
        improved(files, tmp_path / "out", *(["--clear-names"] if clear else []))
    study, survey = found[0].study, found[0].survey
    texts = (*study.log.case_ids, *study.log.resources, *survey.frame["case_id"])
    assert {x.startswith(CASE) or x.endswith(WHO) for x in texts} == {clear}
    assert survey.joined(study).matched == 60
    assert survey.frame["comment"].isna().all() != clear
    assert found[0].mystery.frame["shopper"].isin(["vip"]).all() == clear
    assert found[0].disclosed == ()
    assert len(list(home.iterdir()) if home.exists() else []) == (not clear)


@pytest.mark.parametrize("clear", [False, True])
@pytest.mark.parametrize("blueprint", [False, True])
def test_discover_works_on_pseudonyms_throughout(tmp_path, home, monkeypatch, clear, blueprint):
    found = reached(monkeypatch, "mining.as_is_file", "write_as_is")
    given = ["-b", INCIDENT / "blueprint.yaml"] if blueprint else []
    with pytest.raises(Reached):
        run("discover", INCIDENT / "log.csv", *given, "-o", tmp_path / "out", *(["--clear-names"] if clear else []))
    log = found[0].log if blueprint else found[0]
    assert ("agent-01" in log.resources) == clear
    assert any(x.startswith("C0") for x in log.case_ids) == clear
    if blueprint:
        assert ("customer-02" in log.attribute("customer")) == clear
        assert ("agent-01" in found[0].blueprint.roles[0].resources) == clear
    if not clear:
        assert [x.name for x in home.iterdir()] == ["it-incident.key" if blueprint else "log.key"]
