"""The benchmark of logs: what it says of numbers that are made up, and one run over a small log."""

import pytest

from benchmarks import log as benchmark
from benchmarks.biglog import big_log
from benchmarks.log_engines import QUESTIONS


def found(factor, rows=7, memory=100.0):
    return {
        "load": {"seconds": 2.0 * factor, "wall": 3.0 * factor},
        "questions": {name: {"seconds": 0.5 * factor, "wall": 1.0 * factor, "rows": rows} for name in QUESTIONS},
        "memory": memory,
    }


def test_ratios_are_of_the_peer_over_ours():
    text = benchmark.questions(1_000, {"ours": found(1), "polars": found(10), "duckdb": found(2, rows=8)})
    rows = {line.split(" | ")[0][2:]: line for line in text.splitlines() if line.startswith("| ")}
    assert rows["loading"] == "| loading | 2.00 | 20.0 (10.0x) | 4.00 (2.0x) |"
    assert (
        rows["variants (7 rows)"]
        == "| variants (7 rows) | 0.500 | 5.00 (10.0x) | 1.00 (2.0x) DIFFERENT NUMBER OF ROWS |"
    )
    assert rows["loading and variants"] == "| loading and variants | 2.50 | 25.0 (10.0x) | 5.00 (2.0x) |"
    assert "| loading and variants | 4.00 | 40.0 (10.0x) |" in benchmark.questions(
        1_000, {"ours": found(1), "polars": found(10)}, "wall"
    )


def test_what_is_not_there_is_named():
    text = benchmark.questions(1_000, {"ours": found(1), "polars": {"failed": "not installed"}})
    assert "polars: not installed" in text
    assert "| CPU seconds | ours |" in text
    row = benchmark.xes_row(
        benchmark.Path("a.xes"),
        {
            "ours": {"xes": {"seconds": 3.0, "wall": 4.0}, "memory": 10},
            "rustxes": {"xes": {"seconds": 2.0, "wall": 2.5}, "memory": 20},
            "r4pm": {"failed": "not installed"},
        },
    )
    assert row == ["a.xes", "3.00 (4.00 wall), 10 MB", "2.00 (2.50 wall), 20 MB", "not installed", "1.50"]
    assert benchmark.run("no_such_engine", benchmark.Path("x")) == {"failed": "not installed"}


def test_flatness_is_greatest_over_least():
    text = benchmark.flatness({1_000: found(1), 10_000: found(15)})
    assert "| loading | 2,000 | 3,000 | 1.50 |" in text


@pytest.mark.slow
def test_a_small_run(tmp_path, capsys):
    pytest.importorskip("polars", reason="polars is not installed")
    options = ["--events", "4000", "--pool", "200", "--folder", str(tmp_path), "--peers", "polars", "duckdb"]
    assert benchmark.main([*options, "--audit", "4000", "--markdown", str(tmp_path / "all.md")]) == 0
    said = capsys.readouterr().out
    assert said.strip() == (tmp_path / "all.md").read_text("utf-8").strip()
    assert "DIFFERENT" not in said
    assert "mining audit" in said
    assert big_log(tmp_path, 4000, 200).exists()
