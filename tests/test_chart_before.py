"""The limits of a control chart are made before the start of what is asked about, and what misleads beside them is said."""

import pandas as pd

from mining.follow_up import series_of
from mining.follow_up.control import control_before
from mining.follow_up.helped import Helped


def test_the_baseline_ends_where_something_was_begun(study):
    helped = Helped(study, start="2026-02-15", period="day")
    chart = helped.control
    base = helped.series.frame.loc[chart.frame["baseline"].to_numpy(bool)]
    assert len(base) >= 12
    assert (base["end"] <= helped.start).all()
    assert chart.beyond == 0
    assert "lie after the start" not in chart.sentence()


def test_a_baseline_that_reaches_beyond_the_start_says_so(study):
    series = series_of(study, "share:R1", period="day")
    chart = control_before(series, pd.Timestamp("2026-01-10", tz="UTC"))
    base = series.frame.loc[chart.frame["baseline"].to_numpy(bool)]
    assert chart.beyond == int((base["end"] > pd.Timestamp("2026-01-10", tz="UTC")).sum()) > 0
    assert f"Of the baseline {chart.beyond} points lie after the start" in chart.sentence()
    assert f"{chart.beyond} 个点在开始日期之后" in chart.sentence("zh")


def test_without_a_start_the_first_points_are_the_baseline(study):
    chart = Helped(study, period="day").control
    assert chart.beyond == 0
    assert int(chart.frame["baseline"].sum()) == 20
