"""Importance-performance analysis: known truth, cross-hairs, certainty, penalty and reward, and labels that do not overlap."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from matplotlib.collections import LineCollection
from matplotlib.colors import to_hex
from matplotlib.transforms import Bbox

import mining
from mining.errors import MiningError, UnknownNameError
from mining.plots.base import MUTED
from mining.voice.ipa import QUADRANTS, UNDECIDED, ipa_of, quadrant_of
from mining.voice.penalty_reward import impact_asymmetry, penalty_reward_of
from tests.helpers import study as studied
from tests.helpers import traces
from tests.voice_services import scored, service, survey

NAMES = [
    "Book an appointment",
    "Check in",
    "Triage by the nurse",
    "Consult",
    "Pay",
    "Dispense medicine at the counter",
    "Receive application",
]
NAMES += [
    "Send confirmation",
    "First response",
    "Call about the offer",
    "Send offer",
    "Chase missing documents",
    "Complaint handling",
]
NAMES += [
    "Self-service kiosk",
    "Web form",
    "Waiting room",
    "Discharge letter",
    "Telephone hotline",
    "Parking",
    "Way-finding in the building",
]
NAMES += ["Invoice", "Reminder by text message", "Follow-up call", "Home visit", "Exit interview"]


def answers(level, weights, letters, n=400, seed=4):
    """Scores around a level each, and an overall score that hangs on them with known weights."""
    rng = np.random.default_rng(seed)
    scores = np.clip(np.round(np.array(level) + rng.normal(0, 0.9, (n, len(level)))), 1, 5)
    overall = np.clip(np.round((scores - 3) @ np.array(weights) + 3 + rng.normal(0, 0.4, n)), 1, 5)
    return scored(scores, overall, letters)


@pytest.fixture(scope="module")
def four():
    return studied(service("abcd"), traces("abcd", "abcd"))


@pytest.fixture(scope="module")
def truth(four):
    """a matters and is bad, b matters and is good, c does not matter and is bad, d neither matters nor is it bad."""
    return ipa_of(four, answers([2.6, 4.2, 2.6, 4.2], [0.5, 0.5, 0.05, 0.05], "abcd"), bootstraps=200)


@pytest.fixture(scope="module")
def visit():
    blueprint = mining.read_blueprint("sample_logs/outpatient_visit/blueprint.yaml")
    log = mining.read_log("sample_logs/outpatient_visit/log.csv", columns=blueprint.binding)
    return mining.Study(log, blueprint), mining.voice.survey.read_survey("sample_logs/outpatient_visit/survey.csv")


def test_a_known_truth_is_found_with_its_probability(truth):
    frame = truth.frame.set_index("touchpoint").loc[list("abcd")]
    assert frame["quadrant"].tolist() == ["improve", "keep", "low", "over"]
    for name, quadrant in zip("abcd", QUADRANTS, strict=True):
        assert frame.loc[name, f"p_{quadrant}"] > 0.95
    assert frame[[f"p_{x}" for x in QUADRANTS]].sum(axis=1).to_numpy() == pytest.approx(np.ones(4))
    assert truth.frame["touchpoint"].iat[0] == "a"
    assert truth.frame["priority"].is_monotonic_decreasing
    assert (truth.source, truth.importance, truth.cross.rule) == ("survey", "derived", "data")
    assert truth.cross.importance == pytest.approx(0.25)
    assert truth.cross.performance == pytest.approx(frame["performance"].mean())
    assert "“Step a”" in truth.sentence()
    assert "步骤a" in truth.sentence("zh")
    assert "重点改进" in truth.sentence("zh")


def test_performance_is_the_mean_score_with_students_interval(four):
    table = answers([3, 3, 3, 3], [0.4, 0.3, 0.2, 0.1], "abcd", n=80)
    row = ipa_of(four, table, bootstraps=10).frame.set_index("touchpoint").loc["b"]
    own = table.frame.loc[table.frame["touchpoint"].eq("b"), "score"]
    low, high = sm.stats.DescrStatsW(own).tconfint_mean()
    assert (row["performance"], row["performance_n"]) == (pytest.approx(own.mean()), 80)
    assert (row["performance_low"], row["performance_high"]) == (pytest.approx(low), pytest.approx(high))


def test_points_that_could_lie_anywhere_are_undecided(four):
    found = ipa_of(four, answers([3.5] * 4, [0.25] * 4, "abcd", n=60), bootstraps=200)
    assert UNDECIDED in set(found.frame["quadrant"])
    row = found.frame[found.frame["quadrant"].eq(UNDECIDED)].iloc[0]
    assert row[[f"p_{x}" for x in QUADRANTS]].max() < 0.8
    assert row["point"] in QUADRANTS
    assert "80.0 %" in found.sentence()
    assert row["name_en"] in found.sentence()


def test_the_cross_hairs_decide_and_every_rule_is_told(four):
    table = answers([3.6, 4.4, 3.6, 4.4], [0.5, 0.5, 0.05, 0.05], "abcd")
    by = {rule: ipa_of(four, table, cross=rule, target=4.0, bootstraps=20) for rule in ("data", "scale", "target")}
    assert by["scale"].cross.performance == 3
    assert by["target"].cross.performance == 4
    assert by["scale"].frame.set_index("touchpoint")["point"].to_dict() == {
        "a": "keep",
        "b": "keep",
        "c": "over",
        "d": "over",
    }
    told = by["data"].frame.set_index("touchpoint")["quadrants_by_rule"]
    assert told["a"] == "data: improve; scale: keep; target: improve"
    assert {x.rule for x in by["data"].crosses} == {"scale", "target"}
    assert "target-centred" in by["target"].provenance.line()
    assert "绩效目标值" in by["target"].sentence("zh")


def test_priority_is_the_distance_from_the_iso_priority_line(truth):
    frame, cross = truth.frame, truth.cross
    x, y = frame["performance"], frame["importance"]
    slope = np.ptp(y) / np.ptp(x)
    above = y - (cross.importance + slope * (x - cross.performance))
    assert frame["priority"].to_numpy() == pytest.approx(above / np.ptp(y))
    line = next(x for x in truth.plot().get_lines() if x.get_linestyle() == "--")
    assert line.get_slope() == pytest.approx(slope)
    assert line.get_xy1() == pytest.approx((cross.performance, cross.importance))


def test_quadrants_of_points_on_the_lines_and_of_missing_ones():
    found = quadrant_of(np.array([1, 0, 1, 0, np.nan]), np.array([1.0, 1, 0, 0, 1]), 1.0, 1.0)
    assert found.tolist() == [1, 0, 3, 2, -1]


def test_stated_importance_may_be_asked_for_and_stands_beside(four):
    table = answers([2.6, 4.2, 2.6, 4.2], [0.5, 0.5, 0.05, 0.05], "abcd")
    rows = [
        {
            "case_id": f"c{i}",
            "item": "importance",
            "kind": "importance",
            "touchpoint": "abcd"[i % 4],
            "score": [3, 4, 5, 4.5][i % 4],
        }
        for i in range(200)
    ]
    table.frame = survey(table.frame.to_dict("records") + rows).frame
    found = ipa_of(four, table, importance="stated", bootstraps=20).frame.set_index("touchpoint")
    assert found["importance"].loc[list("abcd")].tolist() == [3, 4, 5, 4.5]
    assert found["point"]["c"] == "improve"
    beside = ipa_of(four, table, bootstraps=20).frame.set_index("touchpoint")
    assert beside["stated"].loc[list("abcd")].tolist() == [3, 4, 5, 4.5]
    assert beside["point"]["c"] == "low"


def test_without_scores_of_touchpoints_performance_is_that_of_the_log(visit):
    study, answered = visit
    found = ipa_of(study, answered, bootstraps=100)
    frame, card = found.frame.set_index("touchpoint"), study.touchpoints().frame.set_index("touchpoint")
    assert found.source == "log"
    assert "scores from: log" in found.provenance.line()
    for name in ("consult", "pay"):
        assert frame.loc[name, "performance"] == pytest.approx(card.loc[name, "conf"])
        assert frame.loc[name, "performance_low"] == pytest.approx(card.loc[name, "low"])
    assert frame.loc["consult", "quadrant"] == "improve"
    assert frame.loc["consult", "p_improve"] == 1
    assert frame.loc["consult", "stated"] == pytest.approx(4.745, abs=0.001)
    assert frame.loc["book", "why"].startswith("0 failures")
    assert pd.isna(frame.loc["book", "quadrant"])
    # the simulator takes 1.2 points for a fault that the customer can see
    assert frame.loc[["consult", "triage", "check_in", "pay"], "penalty"].between(-1.6, -0.8).all()
    assert found.contrast.frame["reward"].isna().all()


def test_the_penalty_does_not_grow_with_how_often_something_fails(visit):
    """Derived importance of a failure hangs on its share; what one failure costs does not."""
    study, answered = visit
    frame = ipa_of(study, answered, importance="penalty", bootstraps=20).frame.set_index("touchpoint")
    assert frame.loc["consult", "importance"] == pytest.approx(-frame.loc["consult", "penalty"])
    assert frame.loc["check_in", "importance"] / frame.loc["consult", "importance"] > 0.6


def test_too_few_answers_leave_performance_and_say_why(four):
    found = ipa_of(four, answers([3, 3, 3, 3], [0.4, 0.3, 0.2, 0.1], "abcd", n=20), bootstraps=10)
    assert found.frame["quadrant"].isna().all()
    assert found.frame["performance"].notna().all()
    assert found.frame["why"].str.startswith("Too few answers to derive importance: 20 respondents").all()
    assert "could not be measured" in found.sentence()
    assert found.plot(lang="zh") is not None


def test_a_single_point_has_no_quadrant():
    alone = studied(service("ab"), traces("ab"))
    rng = np.random.default_rng(0)
    scores = np.column_stack([rng.choice([2.0, 3, 4], 60), np.full(60, 4.0)])
    found = ipa_of(alone, scored(scores, scores[:, 0] + rng.normal(0, 0.1, 60), "ab"), bootstraps=10)
    row = found.frame.set_index("touchpoint").loc["a"]
    assert pd.isna(row["quadrant"])
    assert row["why"].startswith("the only touchpoint")


def test_what_is_asked_for_wrongly_is_refused(four):
    table = answers([3, 3, 3, 3], [0.4, 0.3, 0.2, 0.1], "abcd", n=50)
    with pytest.raises(MiningError, match="say target="):
        ipa_of(four, table, cross="target")
    with pytest.raises(MiningError, match="The target 95 lies outside the scale of performance, 1 to 5"):
        ipa_of(four, table, cross="target", target=95)
    with pytest.raises(UnknownNameError, match="cross-hairs 'mean'"):
        ipa_of(four, table, cross="mean")


# --- penalty and reward ----------------------------------------------------------------------------------------------


def test_the_contrast_is_that_of_a_plain_regression(four):
    table = answers([3, 3, 3, 3], [0.5, 0.3, 0.2, 0.1], "abcd")
    found = penalty_reward_of(four, table, bootstraps=100)
    wide = table.frame.pivot(index="case_id", columns="touchpoint", values="score")
    whole = table.frame[table.frame["kind"].eq("csat")].set_index("case_id")["score"].loc[wide.index]
    parts = [part for x in "abcd" for part in ((wide[x] <= 2).astype(float), (wide[x] >= 4).astype(float))]
    model = sm.OLS(whole.to_numpy(), sm.add_constant(np.column_stack(parts))).fit(cov_type="HC1")
    frame = found.frame.set_index("item").loc[list("abcd")]
    assert frame["penalty"].to_numpy() == pytest.approx(model.params[1::2])
    assert frame["reward"].to_numpy() == pytest.approx(model.params[2::2])
    assert frame[["penalty_low", "penalty_high"]].to_numpy() == pytest.approx(model.conf_int()[1::2])
    assert frame["asymmetry"].to_numpy() == pytest.approx(impact_asymmetry(model.params[1::2], model.params[2::2]))
    assert ((frame["asymmetry_low"] <= frame["asymmetry"]) & (frame["asymmetry"] <= frame["asymmetry_high"])).all()


def test_what_only_hurts_and_what_only_pleases_are_told_apart():
    rng = np.random.default_rng(8)
    scores = rng.choice(np.arange(1, 6.0), (600, 2))
    hurts, pleases = np.clip(scores[:, 0] - 3, None, 0), np.clip(scores[:, 1] - 3, 0, None)
    table = scored(scores, 3 + 0.5 * np.sign(hurts) + 0.5 * np.sign(pleases) + rng.normal(0, 0.3, 600), "ab")
    frame = penalty_reward_of(studied(service("ab"), traces("ab")), table, bootstraps=200).frame.set_index("item")
    assert frame["kind"].to_dict() == {"a": "dissatisfier", "b": "satisfier"}
    assert frame.loc["a", "penalty"] == pytest.approx(-0.5, abs=0.1)
    assert frame.loc["b", "reward"] == pytest.approx(0.5, abs=0.1)


def test_impact_asymmetry_by_hand():
    found = impact_asymmetry(np.array([-0.6, -0.2, 0.1, 0.1]), np.array([0.2, 0.6, 0.3, -0.1]))
    assert found[:3] == pytest.approx([-0.5, 0.5, 1.0])
    assert np.isnan(found[3])


# --- the chart -------------------------------------------------------------------------------------------------------


def boxes_of(ax):
    figure = ax.get_figure(root=True)
    figure.draw_without_rendering()
    renderer = figure.canvas.get_renderer()
    texts = [x for x in ax.texts if x.get_text()]
    return [x.get_window_extent(renderer) for x in texts], ax.get_window_extent(renderer), texts


@pytest.mark.parametrize("k", [4, *(pytest.param(k, marks=pytest.mark.slow) for k in (10, 25))])
@pytest.mark.parametrize("lang", [pytest.param("en", marks=pytest.mark.slow), "zh"])
def test_no_label_lies_over_another_or_outside(k, lang):
    letters = "abcdefghijklmnopqrstuvwxyz"[:k]
    rng = np.random.default_rng(3)
    weights = rng.exponential(1, k)
    table = answers(3.6 + rng.uniform(-0.5, 0.5, k), weights / weights.sum() * 1.5, letters, n=500)
    found = ipa_of(studied(service(letters, NAMES[:k]), traces(letters)), table, bootstraps=50)
    ax = found.plot(lang=lang)
    boxes, frame, texts = boxes_of(ax)
    assert len(texts) == k + 4  # the four quadrants
    for i, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[:i]), texts[i].get_text()
        assert frame.x0 - 1 <= box.x0
        assert box.x1 <= frame.x1 + 1
        assert frame.y0 - 1 <= box.y0
        assert box.y1 <= frame.y1 + 1
    points = ax.transData.transform(found.frame[["performance", "importance"]].to_numpy(float))
    labels = boxes[4:]
    assert not any(box.contains(x, y) for box in labels for x, y in points)
    if k == 4:  # so few that each has room beside its interval
        bars = [
            ax.transData.transform(x) for c in ax.collections if isinstance(c, LineCollection) for x in c.get_segments()
        ]
        assert len(bars) == 2 * k
        assert not any(box.overlaps(Bbox([x.min(axis=0) - 0.5, x.max(axis=0) + 0.5])) for box in labels for x in bars)
        assert {to_hex(x) for c in ax.collections if isinstance(c, LineCollection) for x in c.get_colors()} == {
            MUTED.lower()
        }
    legend = ax.get_legend().get_window_extent()
    assert legend.x1 <= ax.get_figure().bbox.x1
    assert legend.x0 >= 0
