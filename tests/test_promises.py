"""Promised times: quantiles as NumPy has them, Kaplan-Meier by hand, and running cases that are not lost."""

import math
import re

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mining.promises import METHOD, Calibration, Lengths, lengths_kept, percents, share_in_time, time_standards
from mining.report.formats import Writer
from mining.results import wilson
from tests.examples import examples
from tests.helpers import OFFICE, blueprint, study

CJK = re.compile(r"[\u3400-\u9fff]")
ELAPSED = {
    "id": "S",
    "dimension": "time",
    "metric": "elapsed",
    "from": "a",
    "to": "b",
    "max": "2h",
    "severity": "major",
    "basis": "x",
}


def norm(*standards):
    return blueprint([{"free": list("abc")}, "d"], "abcd", "d", standards=list(standards))


def waits(*hours):
    """One ended case per length from a to b."""
    return {f"c{k}": [("A", 0.0), ("B", float(x)), ("D", float(x))] for k, x in enumerate(hours)}


def running(*hours, now=100.0):
    """One case per length that has run for so long at the end of the log, and the case that ends it."""
    return {f"r{k}": [("A", now - x)] for k, x in enumerate(hours)} | {"last": [("C", now), ("D", now)]}


def only(table):
    return table.frame.set_index("standard").loc["S"]


def test_the_calibration_is_the_quantile_of_numpy_in_the_unit_of_the_standard():
    lengths = [0.5, 1, 1.5, 2, 2, 3, 4, 5, 8, 20]
    row = only(study(norm(ELAPSED | {"share": 0.7}), waits(*lengths)).calibration())
    expected = [np.quantile(lengths, x, method=METHOD) for x in (0.8, 0.9, 0.95, 0.7)]
    assert row[["at_80", "at_90", "at_95", "at_target"]].tolist() == expected == [5, 8, 20, 4]
    assert (row["n"], row["running"], row["share"], row["unit"], row["limit"]) == (10, 0, 0.5, "h", 2.0)
    assert (row["low"], row["high"]) == wilson(5, 10)
    assert row[["km_80", "km_90", "km_95"]].tolist() == expected[:3]  # nothing runs, so both are the same


@settings(deadline=None, max_examples=examples(60))
@given(st.lists(st.integers(0, 30), min_size=1, max_size=25), st.sampled_from([0.8, 0.9, 0.95]))
def test_a_share_keeps_its_limit_and_no_smaller_one_that_was_measured(values, share):
    value = np.array(values, float)
    found = lengths_kept(Lengths(np.arange(len(value)), value, np.ones(len(value), bool), value > 5, 5.0), share)
    assert found == np.quantile(value, share, method=METHOD)
    assert (value <= found).mean() >= share
    assert not any((value <= x).mean() >= share for x in value if x < found)


def product_limit(times, ended, at):
    """Kaplan and Meier's estimate in plain Python: who is done by ``at``."""
    left = 1.0
    for t in sorted({x for x, e in zip(times, ended, strict=True) if e and x <= at}):
        risk = sum(x >= t for x in times)
        done = sum(x == t and e for x, e in zip(times, ended, strict=True))
        left *= 1 - done / risk
    return 1 - left


def test_running_cases_are_censored_neither_lost_nor_counted_as_late():
    cases = waits(1, 1, 3) | running(1.5, 5)
    table = study(norm(ELAPSED | {"share": 0.5}), cases).on_time()
    row = only(table)
    assert (row["n"], row["met"], row["share"], row["running"], row["overdue"], row["km_n"]) == (3, 2, 2 / 3, 2, 1, 5)
    # five at risk at 1 h, two of them done: 2/5; the one seen for 1.5 h leaves before the limit, nobody else is done by 2 h
    assert row["km"] == pytest.approx(0.4)
    assert row["kept"]
    assert row["km_low"] < 0.4 < row["km_high"]


@settings(deadline=None, max_examples=examples(60))
@given(st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=25), st.integers(0, 12))
def test_kaplan_meier_is_the_product_limit(rows, limit):
    value, finished = np.array([float(x) for x, _ in rows]), np.array([e for _, e in rows])
    lengths = Lengths(np.arange(len(rows)), value, finished, value > limit, float(limit))
    share, low, high = share_in_time(lengths)
    expected = product_limit(value.tolist(), finished.tolist(), limit)
    if math.isnan(share):  # nobody was seen for as long as the limit, and some still run
        assert value.max() < limit
        assert expected < 1
    else:
        assert share == pytest.approx(expected)
        assert math.isnan(low) == math.isnan(high) == (share in (0, 1))
    if finished.all():
        assert share == pytest.approx((value <= limit).mean())
    if not math.isnan(low):
        assert low <= share <= high


def test_the_interval_is_the_exponential_greenwood():
    """By hand: 4 of 10 done by the limit, nothing censored: S = 0.6, var = sum d / (n (n - d)) = 4 / (10 * 6)."""
    value = np.array([1.0] * 4 + [9.0] * 6)
    _, low, high = share_in_time(Lengths(np.arange(10), value, np.ones(10, bool), value > 2, 2.0))
    spread = 1.959963985 * math.sqrt(4 / 60) / abs(math.log(0.6))
    inner = math.log(-math.log(0.6))
    assert low == pytest.approx(1 - math.exp(-math.exp(inner - spread)))
    assert high == pytest.approx(1 - math.exp(-math.exp(inner + spread)))


def test_what_nobody_was_seen_for_long_enough_to_tell_is_missing():
    row = only(study(norm(ELAPSED | {"max": "8h"}), waits(1) | running(3, 4)).on_time())
    assert math.isnan(row["km"])
    assert row["share"] == 1.0
    table = only(study(norm(ELAPSED | {"max": "8h"}), waits(1) | running(3, 4)).calibration())
    assert math.isnan(table["km_80"])
    assert table["at_80"] == 1.0


def test_a_case_counts_once_by_its_longest_measurement():
    handling = {
        "id": "S",
        "dimension": "time",
        "metric": "handling",
        "of": "b",
        "max": "2h",
        "severity": "major",
        "basis": "x",
    }
    cases = {
        "two": [("A", 0.0, "ann", 0.0), ("B", 1.0, "ann", 0.0), ("B", 6.0, "ann", 1.0), ("D", 6.0, "ann", 6.0)],
        "one": [("A", 0.0, "ann", 0.0), ("B", 1.0, "ann", 0.0), ("D", 2.0, "ann", 2.0)],
    }
    judged = study(norm(handling), cases)
    row = only(judged.on_time())
    assert (row["n"], row["met"]) == (2, 1)
    ((_, check, lengths),) = time_standards(judged)
    assert dict(zip(judged.log.case_ids[lengths.case], lengths.value, strict=True)) == {"two": 5.0, "one": 1.0}
    assert np.array_equal(lengths.value, check.measured[lengths.case])


def test_a_missed_promise_never_looks_kept():
    """16,999 of 20,000 are 84.995 %: with one decimal both shares read 85.0 %."""
    frame = pd.DataFrame([dict.fromkeys(Calibration.columns, 0) | {
        "standard": "S", "n": 20_000, "share": 0.84995, "target": 0.85, "limit": 2.0, "unit": "h", "at_target": 2.5}])  # fmt: skip
    text = Calibration(frame, None).sentence()
    assert "84.995 % of 20,000 ended cases" in text
    assert "promised are 85.000 %; a limit of 2.5 hours would have been kept by 85.000 %" in text
    assert percents(0.851, 0.85, "en") == ("85.1 %", "85.0 %")
    assert percents(0.85004, 0.85, "zh") == ("85.0%", "85.0%")  # kept, and both look so
    assert Writer("en", "UTC").against(0.84996, 0.85) == ("84.996\u00a0%", "85.000\u00a0%")
    assert Writer("en", "UTC").against(0.99999, 1.0) == (">99.99\u00a0%", "100\u00a0%")


def test_working_days_and_due_dates_keep_their_units():
    days = ELAPSED | {"id": "D", "max": "1bd", "calendar": "office"}
    log = {"case": "case", "activity": "activity", "timestamp": "end", "start": "start", "resource": "resource"}
    judged = study(
        blueprint([{"free": list("abc")}, "d"], "abcd", "d", standards=[days], calendars=OFFICE, log=log),
        waits(1, 24, 72),
    )
    row = judged.calibration().frame.iloc[0]
    assert (row["unit"], row["limit"], row["at_80"], row["share"]) == ("bd", 1.0, 3.0, 2 / 3)
    assert "3 working days" in judged.calibration().sentence() or math.isnan(row["target"])


def test_a_length_at_the_limit_is_in_time_whatever_the_rounding_says():
    third = ELAPSED | {"max": "0.1h"}
    row = only(study(norm(third), waits(0.1, 0.1, 0.1)).on_time())
    assert (row["share"], row["km"]) == (1.0, 1.0)


@settings(deadline=None, max_examples=examples(20))
@given(
    st.lists(st.floats(0, 6).map(lambda x: round(x, 2)), min_size=1, max_size=8),
    st.lists(st.integers(1, 6), max_size=4),
)
def test_both_tables_agree_with_the_verdicts(ended, still):
    judged = study(norm(ELAPSED), waits(*ended) | running(*still))
    row, summary = only(judged.on_time()), judged.summary().row("S")
    assert (row["met"], row["n"] + row["overdue"]) == (summary["pass"], summary["judged"])
    assert row["running"] - row["overdue"] == summary["pending"]


def test_a_standard_that_the_log_cannot_answer_is_there_and_says_why():
    waiting = {
        "id": "S",
        "dimension": "time",
        "metric": "waiting",
        "of": "b",
        "max": "2h",
        "severity": "major",
        "basis": "x",
    }
    judged = study(norm(waiting), waits(1))
    row = only(judged.calibration())
    assert (row["n"], row["why_not"] != "") == (0, True)
    assert math.isnan(row["at_80"])
    assert judged.on_time().sentence() == "No time standard could be measured in this log."
    assert judged.on_time().frame["kept"].isna().all()


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_they_say_and_show_themselves(lang):
    judged = study(norm(ELAPSED | {"share": 0.9}), waits(*[1] * 6, *[3] * 4) | running(1, 5))
    for table, number in ((judged.calibration(), "60.0"), (judged.on_time(), "60.0")):
        text = table.sentence(lang)
        assert number in text
        assert bool(CJK.search(text)) == (lang == "zh")
        ax = table.plot(lang=lang)
        assert ax.get_yticklabels()[0].get_text().startswith("S")
        plt.close("all")
    notes = [x.get_text() for x in judged.on_time().plot(lang=lang).texts]
    plt.close("all")
    assert any("10" in x and "2" in x for x in notes)


@pytest.mark.parametrize(("late", "share"), [(False, 1.0), (True, 0.0)])
def test_the_verdict_decides_what_is_in_time_not_a_rounded_quotient(late, share):
    beyond = np.array([np.nextafter(2.0, 1.0 if late else 3.0)])
    found = share_in_time(Lengths(np.array([0]), beyond, np.array([True]), np.array([late]), 2.0))
    assert found[0] == share
