"""The published study of honest harm: its tables keep what they promise, its arithmetic by hand, and a small version is run again."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from benchmarks import coverage, coverage_page
from mining.simulation.known_effects import KNOWN, OUTCOMES
from tests.examples import STUDIES, few

PAGE = coverage.PAGE.read_text("utf-8")


def cells(line: str) -> list[str]:
    found = [cell.strip() for cell in line.strip("|").split(" | ")]
    return [cell.strip("`") if cell.count("`") == 2 and cell[0] == cell[-1] else cell for cell in found]


def section(title: str) -> list[list[str]]:
    """The rows of the tables under a heading of the page, without their heads."""
    text = PAGE.split(f"\n## {title}", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    heads = {i - 1 for i, line in enumerate(lines) if line.startswith("| ---")} | {
        i for i, line in enumerate(lines) if line.startswith("| ---")
    }
    return [cells(line) for i, line in enumerate(lines) if i not in heads]


def shares(row: list[str]) -> list[float]:
    return [float(cell.split(" %")[0]) / 100 for cell in row[2:]]


def short(start: str) -> list[float]:
    return next(shares(row) for row in section("The result in short") if row[0].startswith(start))


# --- the page ------------------------------------------------------------------------------------------------------------


def test_the_study_is_as_large_as_was_promised():
    assert int(re.search(r"over ([\d,]+) simulated logs", PAGE)[1].replace(",", "")) >= 200
    assert all(f"{n:,}" in PAGE for n in coverage.SIZES)


@pytest.mark.parametrize(
    "row", ["95 % intervals", "- of these on `time`", "- of these on `complained`", "- of these on `csat`"]
)
def test_the_intervals_hold_the_truth_as_often_as_they_say(row):
    assert all(0.93 <= share <= 0.97 for share in short(row))


def test_harmless_deviations_seldom_reach_grade_a():
    assert all(share <= 0.05 for share in short("null deviations that reach grade A"))
    assert all(share <= 0.05 for share in short("- the null deviation and outcome that does so most often"))


def test_the_true_first_is_first_and_a_raw_difference_has_another():
    assert all(share >= 0.90 for share in short("true first ranked first"))
    assert all(share <= 0.10 for share in short("- by the difference of means, with against without"))


@pytest.mark.parametrize("title", ["Effect on the time", "Effect on a yes-or-no outcome", "Effect on satisfaction"])
def test_every_deviation_is_in_every_table(title):
    assert [row[0] for row in section(title)] == [known.id for known in KNOWN] * len(coverage.SIZES)


def test_what_fails_is_shown():
    rows = section("Where it fails")
    assert [row[0] for row in rows if row[0]] == list(coverage.settings())
    hidden = next(i for i, row in enumerate(rows) if row[0] == "complexity not recorded")
    assert rows[hidden][1] == "skipped_check"
    assert float(rows[hidden][4]) > 3  # hours that a harmless deviation is charged with


# --- its arithmetic ------------------------------------------------------------------------------------------------------


def log(seed: int, *rows: dict) -> dict:
    first = {
        "true": "late_answer",
        "true_per_case": "late_answer",
        "ours": "late_answer",
        "ours_by_hours": "late_answer",
    }
    first |= {"naive": "second_office", "against_all": "chaser_call"}
    return {"setting": "all seen", "n": 100, "seed": seed, "rows": list(rows), "first": first}


def row(deviation: str, low: float, high: float, truth: float, **more) -> dict:
    found = {
        "deviation": deviation,
        "outcome": "time",
        "truth": truth,
        "changed": truth * 40,
        "n_true": 40,
        "n_with": 40,
    }
    found |= {
        "low": low,
        "high": high,
        "effect": (low + high) / 2,
        "naive": 5.0,
        "naive_low": 4.0,
        "naive_high": 6.0,
        "against_all": 3.0,
    }
    return found | {"grade": "C", "weak": "", "placebo": 0.0, "e_value_low": 1.0} | more


def test_coverage_by_hand():
    logs = [
        log(0, row("late_answer", 1, 3, 2.0), row("no_note", -1, 1, 0.0)),
        log(1, row("late_answer", 4, 6, 2.0), row("no_note", 1, 2, 0.0)),
    ]
    frame = coverage_page.frame_of(logs)
    assert frame["covers"].tolist() == [1, 1, 0, 0]
    assert frame["is_null"].tolist() == [False, True, False, True]
    assert frame["naive_covers"].tolist() == [0, 0, 0, 0]
    # two logs with shares 1 and 0: half, and the spread between logs is 1.96 * sqrt(1 + 1) / 4 = 0.693
    assert coverage_page.pooled(frame, "covers") == "50.0 % (0.0 to 100.0)"


def test_the_interval_of_a_pooled_share_allows_for_rows_of_one_log_that_hang_together():
    inside = [log(seed, *[row("no_note", -1, 1, 0.0)] * 4) for seed in range(9)]
    frame = coverage_page.frame_of([*inside, log(9, *[row("no_note", 1, 2, 0.0)] * 4)])
    # 0.9 of 40 rows; by log (share - 0.9) * 4 is 0.4 nine times and -3.6 once: sqrt(9 * 0.16 + 12.96) = 3.795; x 1.96 / 40 = 0.186
    assert coverage_page.pooled(frame, "covers") == "90.0 % (71.4 to 100.0)"


def test_a_row_without_an_adjusted_effect_counts_in_grades_and_not_in_coverage():
    lost = row("no_note", np.nan, np.nan, 0.0, effect=np.nan, grade="D")
    frame = coverage_page.frame_of([log(0, lost), log(1, row("no_note", -1, 1, 0.0, grade="A"))])
    assert frame["covers"].isna().tolist() == [True, False]
    assert coverage_page.pooled(frame, "covers") == "100.0 % (100.0 to 100.0)"
    assert coverage_page._reach(frame, "A").startswith("50.0 %")


def test_the_truth_of_the_process_is_that_of_all_logs_together():
    logs = [log(0, row("late_answer", 1, 3, 2.0)), log(1, row("late_answer", 1, 3, 4.0))]
    frame = coverage_page.frame_of(logs)
    assert frame["process"].tolist() == [3.0, 3.0]
    assert frame["covers"].tolist() == [1, 0]
    assert frame["covers_process"].tolist() == [1, 1]


def test_numbers_are_written_with_their_sign():
    assert [coverage_page.number(x) for x in (0.04, -0.04, 1.26, -1.26, np.nan)] == ["0.0", "0.0", "+1.3", "-1.3", "-"]


# --- its running ---------------------------------------------------------------------------------------------------------


def test_logs_that_are_done_are_not_done_again(tmp_path, monkeypatch):
    done = []
    monkeypatch.setattr(coverage, "measured", lambda job: done.append(job) or {"seed": job.seed})
    jobs = [coverage.Job("all seen", 10, seed) for seed in range(3)]
    assert [x["seed"] for x in coverage.all_of(jobs[:2], 1, tmp_path)] == [0, 1]
    assert [x["seed"] for x in coverage.all_of(jobs, 1, tmp_path)] == [0, 1, 2]
    assert done == jobs


def test_every_log_of_the_study_is_asked_for_once():
    jobs = coverage.jobs_of(200)
    assert len(set(jobs)) == len(jobs)
    assert {job.n for job in jobs if job.setting == "all seen"} == set(coverage.SIZES)
    assert {job.setting for job in jobs} == set(coverage.settings())
    assert sum(job.setting == "all seen" for job in jobs) == 200 + coverage.LARGER


@pytest.mark.slow
@pytest.mark.study
def test_a_small_study_has_intervals_that_are_not_absurd(tmp_path):
    """Four logs; twelve in ``make studies``, and all of the published page in ``make coverage``."""
    jobs = [coverage.Job("all seen", 800, seed) for seed in few(range(1000, 1012), 4)]
    results = list(coverage.all_of(jobs, 1, tmp_path))
    frame = coverage_page.frame_of(results)
    assert all(one["findings"] == len(KNOWN) for one in results)
    assert (frame["n_true"] == frame["n_with"]).all()
    assert 0.88 <= frame["covers"].mean() <= 0.995
    assert frame["naive_covers"].mean() < frame["covers"].mean() - (0.1 if STUDIES else 0.05)
    assert (frame.loc[frame["is_null"], "grade"] == "A").mean() <= 0.05
    time_ = frame[frame["outcome"] == "time"].groupby("deviation")[["truth", "effect", "naive", "se"]].mean()
    assert (abs(time_["effect"] - time_["truth"]) < 4.5 * time_["se"] / np.sqrt(len(jobs))).all()
    assert abs(time_["naive"] - time_["truth"]).max() > 10
    firsts = coverage_page.firsts_of(results)
    assert (firsts["ours"] == firsts["true"]).mean() >= 0.8
    assert (firsts["naive"] == firsts["true"]).mean() <= 0.2
    text = coverage_page.page(results)
    assert "{" not in text
    assert all(f"`{known.id}`" in text for known in KNOWN)
    assert set(frame["outcome"]) == set(OUTCOMES)
    assert json.dumps(results) == json.dumps(
        list(coverage.all_of(jobs, 1, tmp_path))
    )  # those that are done are read again
