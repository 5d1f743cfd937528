"""The benchmark of alignments on folders nobody has seen: rows, files, exit status, and one clear message for a broken set."""

import gzip
import json
from xml.sax.saxutils import escape

import pytest

from benchmarks import alignments
from benchmarks.peers import SetError, read_set, repeats

pytestmark = pytest.mark.slow

ODD = 'a <b> & "c"'


def write_set(folder, name, labels, rows):
    """A net that is one sequence of labels (None: a silent step), and traces as given (text: a line as it stands)."""
    nodes = [f'<place id="p{k}"/>' for k in range(1, len(labels) + 1)]
    nodes.append('<place id="p0"><initialMarking><text>1</text></initialMarking></place>')
    for k, label in enumerate(labels):
        silent = '<toolspecific tool="ProM" version="6.4" activity="$invisible$"/>' if label is None else ""
        nodes.append(f'<transition id="t{k}"><name><text>{escape(label or "tau")}</text></name>{silent}</transition>')
        nodes.append(f'<arc id="i{k}" source="p{k}" target="t{k}"/><arc id="o{k}" source="t{k}" target="p{k + 1}"/>')
    end = f'<finalmarkings><marking><place idref="p{len(labels)}"><text>1</text></place></marking></finalmarkings>'
    net = f'<net id="n" type="http://www.pnml.org/version-2009/grammar/pnmlcoremodel">{"".join(nodes)}{end}</net>'
    (folder / f"{name}.pnml").write_text(f'<?xml version="1.0" encoding="UTF-8"?>\n<pnml>{net}</pnml>', "utf-8")
    with gzip.open(folder / f"{name}.jsonl.gz", "wt", encoding="utf-8") as file:
        file.writelines((row if isinstance(row, str) else json.dumps(row)) + "\n" for row in rows)


def trace(*labels, **more):
    return {"trace": list(labels), "count": 1, **more}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two good sets (odd labels, an unknown one, no events, costs or none of them known), and three broken ones."""
    folder = tmp_path_factory.mktemp("sets")
    write_set(
        folder, "1-good", ["a", None, "b"], [trace("a", "b", cost=0), trace("b", cost=1), trace("a", "x", "b", cost=1)]
    )
    write_set(
        folder, "2-odd", [ODD, "é\u2028"], [trace(cost=2), trace(ODD, cost=None), trace(ODD, "é\u2028"), trace("y\x00")]
    )
    write_set(folder, "3-alone", ["a"], [])
    (folder / "3-alone.pnml").unlink()
    write_set(folder, "4-bad-line", ["a"], [trace("a"), '{"trace": ["a"'])
    write_set(folder, "5-empty", ["a"], [])
    return folder


@pytest.fixture(scope="module")
def measured(folder, tmp_path_factory):
    """Exit status, JSON and Markdown of a run over the folder."""
    out = tmp_path_factory.mktemp("out")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(alignments, "COLD_STARTS", 1)
        status = alignments.main([str(folder), "--json", str(out / "all.json"), "--markdown", str(out / "all.md")])
    return status, json.loads((out / "all.json").read_text("utf-8")), (out / "all.md").read_text("utf-8")


def test_good_sets_are_measured_though_others_are_broken(measured):
    status, report, _ = measured
    rows = {row["set"]: row for row in report["sets"]}
    assert status == 1
    assert [name for name, row in rows.items() if not row["failed"]] == ["1-good", "2-odd"]
    assert [rows["1-good"][key] for key in ("traces", "events", "states", "nodes", "cost")] == [3, 6, 3, 6, 2]
    assert [rows["2-odd"][key] for key in ("traces", "events", "cost", "unsolved")] == [4, 4, 6, 0]
    assert all(row["differing"] == [] for row in rows.values() if not row["failed"])


def test_a_broken_set_has_one_clear_message(measured):
    rows = {row["set"]: row["failed"] for row in measured[1]["sets"] if row["failed"]}
    assert rows["3-alone"] == "3-alone.pnml is missing."
    assert rows["4-bad-line"].startswith("4-bad-line.jsonl.gz, line 2 is not JSON: ")
    assert rows["5-empty"] == "5-empty.jsonl.gz holds no traces."


def test_the_json_says_how_it_was_measured(measured):
    report = measured[1]
    assert {"command", "cpu", "python", "packages", "limit", "repeats", "cold_start", "summary", "sets"} == set(report)
    row = report["sets"][0]
    assert len(row["runs"]) == row["repeats"] >= 3
    assert row["total"] == min(run["total"] for run in row["runs"]) <= row["median"]
    assert row["total"] == pytest.approx(row["automaton"] + row["whole"])
    assert {"encode", "memory"} <= set(row)
    assert report["cold_start"] > 0


def test_the_markdown_has_the_command_and_a_row_for_each_good_set(measured):
    lines = measured[2].splitlines()
    rows = [line for line in lines if line.startswith("| ")]
    assert lines[0].startswith("`python -m benchmarks.alignments ")
    assert [row.split(" | ")[0] for row in rows] == ["| set", "| 1-good", "| 2-odd"]
    assert len({row.count("|") for row in rows}) == 1
    assert "- 3-alone: FAILED: 3-alone.pnml is missing." in lines


@pytest.mark.slow
def test_a_wrong_cost_in_the_file_is_counted(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(alignments, "cold_start", lambda: 0.5)
    write_set(tmp_path, "right", ["a"], [trace("a", cost=0)])
    assert alignments.main([str(tmp_path)]) == 0
    write_set(tmp_path, "wrong", ["a"], [trace("a", cost=0), trace("b", cost=1)])
    assert alignments.main([str(tmp_path)]) == 1
    row = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("wrong"))
    assert row.split()[-3:] == ["2", "0", "1"]  # cost of <b> is 2; none unsolved; one differs


@pytest.mark.slow
def test_peers_find_the_same_costs(tmp_path, monkeypatch):
    """One set with a silent step, odd labels, an unknown one, and no events: each engine is a process for each set."""
    pytest.importorskip("r4pm", reason="r4pm is not installed")
    monkeypatch.setattr(alignments, "cold_start", lambda: 0.5)
    rows = [trace(ODD, "é\u2028"), trace(), trace("y\x00"), trace("é\u2028"), trace(ODD, "x", "é\u2028")]
    write_set(tmp_path, "all", [ODD, None, "é\u2028"], rows)
    out = tmp_path / "all.json"
    assert alignments.main([str(tmp_path), "--peers", "--limit", "20", "--json", str(out)]) == 0
    (measured,) = json.loads(out.read_text("utf-8"))["sets"]
    assert (measured["traces"], measured["cost"]) == (5, 0 + 2 + 3 + 1 + 1)
    for row in [measured]:
        for peer in alignments.PEERS:
            found = row["peers"][peer]
            assert (found["end"], found["done"], found["unsolved"]) == ("done", row["traces"], 0)
            assert found["ratio"] == found["seconds"] / row["total"]


@pytest.mark.slow
def test_a_peer_is_stopped_at_the_limit(folder):
    pytest.importorskip("r4pm", reason="r4pm is not installed")
    assert alignments.run_engine("pm4py", folder / "1-good", 1e-6)["end"] == "over the limit"


def test_an_unsolved_trace_differs_only_outside_its_bounds():
    low, high = alignments.bounds({"costs": [3, 9], "lower": [3, 5], "solved": [True, False]})
    assert (low, high) == ([3, 5], [3, 9])
    assert alignments.differing([3, 7], low, high) == []
    assert [x["trace"] for x in alignments.differing([4, 4], low, high)] == [0, 1]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("[]", "an object with a list 'trace'"),
        ('{"trace": "ab"}', "an object with a list 'trace'"),
        ('{"trace": ["a", 1]}', "every label"),
        ('{"trace": [], "cost": 1.5}', "'cost' must be"),
        ('{"trace": [], "cost": true}', "'cost' must be"),
    ],
)
def test_a_line_that_is_no_trace_is_refused(tmp_path, line, message):
    write_set(tmp_path, "x", ["a"], [trace("a"), line])
    with pytest.raises(SetError, match=f"x.jsonl.gz, line 2: {message}"):
        read_set(tmp_path / "x")


def test_a_file_that_is_not_gzip_is_refused(tmp_path):
    (tmp_path / "x.jsonl.gz").write_text("{}")
    with pytest.raises(SetError, match="x.jsonl.gz cannot be read"):
        read_set(tmp_path / "x")


@pytest.mark.parametrize(("seconds", "times"), [(0.001, 20), (0.5, 4), (5.0, 3), (21.0, 1)])
def test_short_runs_are_repeated_more_often_than_long_ones(seconds, times):
    assert len(list(repeats(lambda _: {"total": seconds}))) == times


def test_a_folder_without_sets_is_said(tmp_path, capsys):
    with pytest.raises(SystemExit):
        alignments.main([str(tmp_path)])
    assert "holds no sets" in capsys.readouterr().err
