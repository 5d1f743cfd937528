"""Watching a file that grows: every row once, every alert once, whatever happens in between."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
import typer
from hypothesis import given, settings
from hypothesis import strategies as st
from typer.testing import CliRunner

import mining
from mining.cli_watch import watch
from mining.errors import LogError, MiningError
from mining.monitor.outfile import AlertFile, header
from mining.monitor.saved import Saved
from mining.monitor.tail import GrowingFile, Place
from mining.monitor.watching import Watcher
from tests.examples import examples
from tests.helpers import ROOT, blueprint

SAMPLE = ROOT / "sample_logs" / "permit_receipt"
NORM = blueprint(
    ["a", "b"], "ab", log={"case": "case", "activity": "activity", "timestamp": "end", "resource": "resource"},
    rules=[{"id": "R1", "kind": "at_most", "a": "a", "n": 1, "severity": "major", "basis": "test"}],
)  # fmt: skip
HEAD = "case,activity,end,resource\n"


def line(case, label, hour, who="ann"):
    return f"{case},{label},2026-03-02T{hour:02}:00:00Z,{who}\n"


def rows_of(watcher):
    """All rounds to the present end of the file; the alerts."""
    return [alert for each in watcher.rounds() for alert in each.alerts.frame["check"]]


@pytest.fixture
def log(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(HEAD + line("1", "A", 9))
    return path


def add(path, text, encoding="utf-8"):
    with path.open("ab") as file:
        file.write(text.encode(encoding))


# --- whole records ---------------------------------------------------------------------------------------------------


@settings(max_examples=examples(60), deadline=None)
@given(
    st.lists(st.lists(st.text('ab,"\n\r;é', max_size=4), min_size=2, max_size=3), min_size=1, max_size=6),
    st.lists(st.integers(1, 40), max_size=12),
    st.sampled_from([",", ";", "\t"]),
)
def test_a_file_that_grows_in_any_steps_gives_the_rows_of_the_whole_file(tmp_path_factory, rows, steps, delimiter):
    path = tmp_path_factory.mktemp("grow") / "log.csv"
    frame = pd.DataFrame([[f"x{i}", *(row + ["y"])[:2]] for i, row in enumerate(rows)], columns=["case", "one", "two"])
    data = frame.to_csv(index=False, sep=delimiter, lineterminator="\n").encode()
    first = data.index(b"\n") + 1
    path.write_bytes(data[:first])
    growing, found, place = (
        GrowingFile(path, mining.binding.Binding("case", "one", "two", delimiter=delimiter)),
        [],
        first,
    )
    for step in [*steps, len(data)]:
        add(path, data[place : place + step].decode("latin-1"), "latin-1")
        place += step
        while more := growing.more():
            found += more.table.to_pylist()
            growing = GrowingFile(path, growing.binding, Place.from_dict(growing.place.to_dict()))
    assert found == mining.log.source.read_source(path, delimiter=delimiter).table.to_pylist()
    assert growing.place.rows == len(found)


def test_half_a_line_and_an_open_quote_wait(log):
    growing = GrowingFile(log, NORM.binding)
    assert growing.more().table.num_rows == 1
    for piece in ("2,A,2026-03-02T1", '0:00:00Z,"ann', '\nand bob"'):
        add(log, piece)
        assert growing.more() is None
    add(log, "\n2,B,2026-")
    assert growing.more().table["resource"].to_pylist() == ["ann\nand bob"]
    assert growing.more() is None


def test_rows_and_lines_keep_the_numbers_of_the_file(log):
    growing = GrowingFile(log, NORM.binding)
    growing.more()
    add(log, line("2", "A", 10) + "\n" + "3,A\n" + line("4", "A", 11))
    found = growing.more()
    assert found.table.num_rows == 3
    assert [str(problem) for problem in found.problems] == [
        "malformed row (row 3): '3,A' line 5: 2 fields for 4 columns; left out"
    ]
    watcher = Watcher(log, NORM)
    rows_of(watcher)
    assert str(watcher.monitor.lineage) == str(mining.read_log(log, columns=NORM.binding).lineage)


def test_names_alone_decide_nothing(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(HEAD.replace(",", ";"))
    growing = GrowingFile(path, NORM.binding)
    assert growing.more() is None
    add(path, line("案例", "A", 9).replace(",", ";"), "gb18030")
    assert growing.more().table["case"].to_pylist() == ["案例"]
    assert (growing.place.encoding, growing.place.delimiter) == ("gb18030", ";")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda path: path.write_text(HEAD), "was cut or replaced"),
        (lambda path: path.write_text(path.read_text().replace("ann", "bob") + "more\n"), "does not begin as it did"),
        (lambda path: path.write_bytes(b"\x1f\x8b" + path.read_bytes()), "is gzipped"),
        (lambda path: path.unlink(), "cannot be read"),
        (lambda path: add(path, "4,ÿ,x,y\n", "latin-1"), "not in the"),
    ],
    ids=["cut", "changed", "gzipped", "gone", "encoding"],
)  # fmt: skip
def test_a_file_that_is_not_the_same_any_more_is_refused(log, change, message):
    growing = GrowingFile(log, NORM.binding)
    growing.more()
    change(log)
    with pytest.raises(LogError, match=message):
        growing.more()


def test_a_changed_part_before_the_place_is_seen(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(HEAD + "".join(line(str(i), "A", 9) for i in range(500)))
    growing = GrowingFile(path, NORM.binding)
    growing.more()
    path.write_text(path.read_text().replace("\n499,", "\n999,") + line("7", "B", 10))
    with pytest.raises(LogError, match="the part before byte"):
        growing.more()


# --- every alert once ------------------------------------------------------------------------------------------------


class Killed(BaseException):
    """Stands for a kill."""


def crash(monkeypatch, owner, name, after=False):
    """The next call of a method ends the watcher before, or after, it has worked."""
    method = getattr(owner, name)

    def dying(*arguments):
        if after:
            method(*arguments)
        raise Killed

    monkeypatch.setattr(owner, name, dying)


@pytest.mark.parametrize(
    ("owner", "name", "after"),
    [(Saved, "commit", False), (Saved, "commit", True), (AlertFile, "add", True)],
    ids=["before the commit", "after the commit", "after the alerts"],
)
def test_a_watcher_that_was_killed_loses_and_doubles_nothing(log, tmp_path, monkeypatch, owner, name, after):
    state, out = tmp_path / "s.sqlite", tmp_path / "alerts.csv"
    first = Watcher(log, NORM, state=state, alerts=out)
    rows_of(first)
    add(log, line("1", "A", 10) + line("2", "A", 11))
    with monkeypatch.context() as patch:
        crash(patch, owner, name, after)
        with pytest.raises(Killed):
            rows_of(first)
    first.close()
    add(log, line("2", "A", 12) + line("2", "B", 13))
    second = Watcher(log, NORM, state=state, alerts=out)
    rows_of(second)
    assert second.monitor.n_rows == 5
    found = pd.read_csv(out)
    assert sorted(zip(found["case_id"], found["check"], strict=True)) == [
        (1, "R1"),
        (1, "path"),
        (2, "R1"),
        (2, "path"),
    ]
    assert found["id"].is_unique
    second.close()


@pytest.mark.parametrize("cut", [3, 200, -1])
def test_a_half_written_file_of_alerts_is_completed(log, tmp_path, cut):
    state, out = tmp_path / "s.sqlite", tmp_path / "alerts.csv"
    add(log, line("1", "A", 10) + line("2", "A", 11) + line("2", "A", 12))
    watcher = Watcher(log, NORM, state=state, alerts=out)
    rows_of(watcher)
    watcher.close()
    whole = out.read_bytes()
    out.write_bytes(whole[:cut])
    Watcher(log, NORM, state=state, alerts=out).close()
    assert out.read_bytes() == whole
    assert whole.decode().startswith(header())


def test_files_of_somebody_else_are_refused(log, tmp_path):
    out, state = tmp_path / "alerts.csv", tmp_path / "s.sqlite"
    out.write_text("my own table\n")
    with pytest.raises(MiningError, match="is no file of alerts|is longer than the alerts"):
        Watcher(log, NORM, state=state, alerts=out)
    assert out.read_text() == "my own table\n"
    with pytest.raises(MiningError, match="is there already"):
        Watcher(log, NORM, alerts=out)
    with pytest.raises(MiningError, match="is the log itself"):
        Watcher(log, NORM, state=log)
    with pytest.raises(LogError, match="there is no such file"):
        Watcher(tmp_path / "no.csv", NORM)


def test_a_log_of_another_service_is_refused(tmp_path):
    path = tmp_path / "log.csv"
    path.write_text(HEAD + line("1", "Something else", 9))
    rows_of(Watcher(path, NORM))  # one row shows nothing
    path.write_text(HEAD + "".join(line(str(k), "Something else", 9) for k in range(100)))
    with pytest.raises(LogError, match="knows none of the 1 activity labels"):
        rows_of(Watcher(path, NORM))


# --- the command -----------------------------------------------------------------------------------------------------

APP = typer.Typer()
APP.command()(watch)
START = "import sys; from tests.test_watch import APP; APP(sys.argv[1:])"


def test_the_command_reads_to_the_end_and_goes_on_later(tmp_path):
    log, out, state = tmp_path / "log.csv", tmp_path / "alerts.csv", tmp_path / "s.sqlite"
    lines = (SAMPLE / "log.csv").read_text("utf-8").splitlines(keepends=True)
    log.write_text("".join(lines[:1500]), "utf-8")
    given = [str(log), "-b", str(SAMPLE / "blueprint.yaml"), "--state", str(state), "--once", "--horizon", "1d"]
    first = CliRunner().invoke(APP, [*given, "--alerts", str(out)])
    assert first.exit_code == 0, first.output
    assert "1,499 rows" in first.stderr
    assert "due within 1 day" in first.stderr
    log.write_text("".join(lines[:3000]), "utf-8")
    second = CliRunner().invoke(APP, [*given, "--alerts", "-", "--lang", "zh"])
    assert "已保留 1,499 行" in second.stderr
    assert "2,999 行" in second.stderr
    told = second.stdout.splitlines()
    assert told
    assert not set(told) & set(out.read_text("utf-8").splitlines())
    third = CliRunner().invoke(APP, [*given, "--alerts", str(out)])
    assert third.exit_code == 0
    assert out.read_bytes().count(b"\r\n") == 1 + len(pd.read_csv(out)) > len(told)


def test_the_command_goes_on_with_the_same_staff_table_only_and_says_all_in_chinese(log, tmp_path):
    norm, state, one, two = (tmp_path / name for name in ("b.yaml", "s.sqlite", "one.csv", "two.csv"))
    norm.write_text(NORM.to_yaml(), "utf-8")
    one.write_text("resource,role\nann,clerk\n")
    two.write_text("resource,role\nann,clerk\nbob,clerk\n")
    add(log, "2,A,never,ann\n")
    given = [str(log), "-b", str(norm), "--state", str(state), "--once", "--lang", "zh"]
    first = CliRunner().invoke(APP, [*given, "--roster", str(one)])
    assert first.exit_code == 0, first.output
    assert first.stderr.splitlines() == [
        "2026-03-02 09:00:00 (UTC)  2 行，1 个在办案例，其中 0 个有未遵守项",
        "数据行去向：共 2 行，其中用作完成时间 1 行；剔除：时间无法识别 1 行（第 2 行）",
    ]
    for other in ([], ["--roster", str(two)]):
        refused = CliRunner().invoke(APP, [*given, *other])
        assert isinstance(refused.exception, MiningError)
        assert "belongs to another staff table" in str(refused.exception)
        assert "begin a new state" in str(refused.exception)
    assert CliRunner().invoke(APP, [*given, "--roster", str(one)]).exit_code == 0


def test_options_that_mean_nothing_are_refused(log, tmp_path):
    norm = tmp_path / "b.yaml"
    norm.write_text((SAMPLE / "blueprint.yaml").read_text("utf-8"), "utf-8")
    for wrong in (["--every", "0s"], ["--every", "1bh"], ["--horizon", "3bd"]):
        found = CliRunner().invoke(APP, [str(log), "-b", str(norm), *wrong])
        assert isinstance(found.exception, MiningError)


def started(given):
    return subprocess.Popen(
        [sys.executable, "-c", START, *given], cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )  # fmt: skip


@pytest.mark.slow
def test_kills_at_any_moment_lose_and_double_nothing(tmp_path):
    log, out, state = tmp_path / "log.csv", tmp_path / "alerts.csv", tmp_path / "s.sqlite"
    lines = (SAMPLE / "log.csv").read_bytes().splitlines(keepends=True)[:6001]
    log.write_bytes(lines[0])
    given = [
        str(log),
        "-b",
        str(SAMPLE / "blueprint.yaml"),
        "--state",
        str(state),
        "--alerts",
        str(out),
        "--every",
        "0.02s",
    ]
    chance, place = random.Random(3), 1
    for _ in range(5):
        process = started(given)
        while not state.exists() and process.poll() is None:
            time.sleep(0.05)
        until = time.monotonic() + chance.uniform(0.3, 3)
        while time.monotonic() < until and place < len(lines):
            step = chance.randint(1, 120)
            with log.open("ab") as file:
                data = b"".join(lines[place : place + step])
                half = chance.randrange(len(data))
                file.write(data[:half])
                file.flush()
                time.sleep(0.01)
                file.write(data[half:])
            place += step
            time.sleep(0.02)
        process.send_signal(signal.SIGKILL)
        process.communicate()
    with log.open("ab") as file:
        file.write(b"".join(lines[place:]))
    process = started([*given, "--once"])
    _, said = process.communicate()
    assert process.returncode == 0, said
    norm = mining.read_blueprint(SAMPLE / "blueprint.yaml")
    whole = mining.read_log(log, columns=norm.binding)
    assert str(whole.lineage) in said
    alerts = pd.read_csv(out, dtype=str)
    assert alerts["id"].is_unique
    study = mining.Study(whole, norm)
    table = study.verdicts().frame
    failing = set(table[table["verdict"] == "fail"][["case_id", "check"]].itertuples(index=False, name=None))
    times = alerts.groupby(["case_id", "check", "kind"]).size().unstack(fill_value=0)
    standing = times["broken"] - times.get("recovered", 0)
    assert set(standing[standing == 1].index) == failing
    assert set(standing) <= {0, 1}


@pytest.mark.slow
def test_ctrl_c_ends_it_well(log, tmp_path):
    norm = tmp_path / "b.yaml"
    norm.write_text(NORM.to_yaml(), "utf-8")
    process = started([str(log), "-b", str(norm), "--state", str(tmp_path / "s.sqlite"), "--every", "1min"])
    first = process.stderr.readline()
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert process.returncode == 0
    assert "1 rows" in first
    assert "1 as completion" in said
    assert Path(tmp_path / "s.sqlite").exists()
