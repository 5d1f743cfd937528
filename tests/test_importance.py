"""Derived importance by relative weights, and importance by judgement in pairs."""

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st

import mining
from mining.errors import LogError, MiningError, UnknownNameError
from mining.voice.ahp import RANDOM_INDEX, Judgements, ahp_of, read_judgements, weights_of
from mining.voice.importance import correlations, importance_of, relative_weights, stated_of
from mining.voice.ratings import latest, ratings_of, resamples
from tests.examples import examples
from tests.helpers import study as studied
from tests.helpers import traces
from tests.voice_services import scored, service, survey

LETTERS = "abc"


def made(n=240, seed=1, weights=(0.6, 0.3, 0.0), noise=0.3):
    """Correlated scores from 1 to 5, and an overall score made of them with known weights."""
    rng = np.random.default_rng(seed)
    common = rng.normal(0, 0.5, (n, 1))
    scores = np.clip(np.round(3 + common + rng.normal(0, 1, (n, len(weights)))), 1, 5)
    overall = np.clip(1 + (scores - 1) @ np.array(weights) + rng.normal(0, noise, n), 1, 5)
    return scores, overall


@pytest.fixture(scope="module")
def small():
    return studied(service(LETTERS), traces("abc", "abc", "ab"))


@pytest.fixture(scope="module")
def sample():
    blueprint = mining.read_blueprint("sample_logs/permit_receipt/blueprint.yaml")
    log = mining.read_log("sample_logs/permit_receipt/log.csv", columns=blueprint.binding)
    return mining.Study(log, blueprint)


@pytest.fixture(scope="module")
def sample_survey():
    return mining.voice.survey.read_survey("sample_logs/permit_receipt/survey.csv")


# --- relative weights ------------------------------------------------------------------------------------------------


def test_scores_that_do_not_go_together_weigh_their_squared_correlations():
    assert relative_weights(np.array([[1, 0, 0.6], [0, 1, -0.3], [0.6, -0.3, 1]])) == pytest.approx([0.36, 0.09])


@settings(max_examples=examples(25), deadline=None)
@given(st.integers(0, 10_000), st.integers(1, 6), st.floats(0, 2))
def test_the_weights_add_up_to_the_r_squared_of_statsmodels(seed, k, together):
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 1, (60, k)) + together * rng.normal(0, 1, (60, 1))
    y = x @ rng.normal(0, 1, k) + rng.normal(0, 1, 60)
    weights = relative_weights(correlations(np.column_stack([x, y]), None))[0]
    assert (weights >= 0).all()
    assert weights.sum() == pytest.approx(sm.OLS(y, sm.add_constant(x)).fit().rsquared)


@settings(max_examples=examples(25), deadline=None)
@given(st.floats(-0.8, 0.8), st.floats(-0.5, 0.5), st.floats(-0.5, 0.5))
def test_of_two_scores_they_are_the_mean_of_what_each_explains_first_and_last(r12, r1, r2):
    """For two predictors relative weights equal those of dominance analysis (Johnson 2000)."""
    whole = (r1**2 + r2**2 - 2 * r1 * r2 * r12) / (1 - r12**2)
    found = relative_weights(np.array([[1, r12, r1], [r12, 1, r2], [r1, r2, 1]]))
    assert found == pytest.approx([(r1**2 + whole - r2**2) / 2, (r2**2 + whole - r1**2) / 2], abs=1e-9)


def test_correlations_of_counted_rows_are_those_of_repeated_rows():
    data = np.random.default_rng(2).normal(0, 1, (30, 4))
    counts = next(resamples(30, 3, 7))
    for row, found in zip(counts, correlations(data, counts), strict=True):
        assert found == pytest.approx(np.corrcoef(np.repeat(data, row.astype(int), axis=0), rowvar=False))


def test_a_column_that_does_not_vary_correlates_with_nothing_and_weighs_nothing():
    data = np.column_stack([np.ones(20), np.arange(20.0), np.arange(20.0) ** 2])
    assert relative_weights(correlations(data, None))[0][0] == 0


# --- importance from answers -----------------------------------------------------------------------------------------


def test_the_table_has_the_numbers_of_a_plain_computation(small):
    scores, overall = made()
    found = importance_of(small, scored(scores, overall, LETTERS), bootstraps=200)
    frame = found.frame.set_index("item").loc[list(LETTERS)]
    model = sm.OLS(overall, sm.add_constant(scores)).fit()
    assert frame["weight"].sum() == pytest.approx(model.rsquared) == pytest.approx(found.r2)
    assert frame["share"].sum() == pytest.approx(1)
    assert frame["beta"].to_numpy() == pytest.approx(model.params[1:] * scores.std(axis=0) / overall.std())
    assert frame["correlation"].to_numpy() == pytest.approx([np.corrcoef(x, overall)[0, 1] for x in scores.T])
    assert found.frame["item"].tolist() == ["a", "b", "c"]
    assert found.frame["rank"].tolist() == [1, 2, 3]
    assert ((frame["low"] <= frame["share"]) & (frame["share"] <= frame["high"])).all()
    assert (found.n, found.incomplete, found.explains) == (240, 0, True)
    assert "Step a" in found.sentence()
    assert "步骤a" in found.sentence("zh")


def test_only_complete_rows_are_used_and_the_others_counted(small):
    scores, overall = made()
    scores[:15, 1] = np.nan
    found = importance_of(small, scored(scores, overall, LETTERS), bootstraps=20)
    assert (found.n, found.incomplete) == (225, 15)
    assert found.r2 == pytest.approx(sm.OLS(overall[15:], sm.add_constant(scores[15:])).fit().rsquared)
    assert "15" in found.sentence()
    assert "incomplete: 15" in found.provenance.line()


@pytest.mark.slow
def test_interval_covers_the_truth_of_scores_that_are_independent():
    """Of independent scores of equal spread the shares are those of the squared weights."""
    rng = np.random.default_rng(5)
    truth, inside = np.array([0.64, 0.36]), 0
    norm = studied(service("ab"), traces("ab"))
    for seed in range(40):
        scores = rng.choice(np.arange(1, 6.0), (150, 2))
        overall = 1 + (0.8 * (scores[:, 0] - 1) + 0.6 * (scores[:, 1] - 1)) / 1.4 + rng.normal(0, 0.5, 150)
        frame = importance_of(norm, scored(scores, overall, "ab"), bootstraps=200, seed=seed).frame.set_index("item")
        inside += frame.loc["a", "low"] <= truth[0] <= frame.loc["a", "high"]
    assert inside >= 34  # 95 % of 40, less three standard errors


def test_scores_that_explain_nothing_say_so(small):
    scores, _ = made(300)
    overall = np.random.default_rng(11).choice([2.0, 3.0, 4.0], 300)
    found = importance_of(small, scored(scores, overall, LETTERS), bootstraps=20)
    assert not found.explains
    assert "not to be read as importance" in found.sentence()
    assert "不能作为重要性" in found.sentence("zh")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s, o: (s[:20], o[:20]), "Too few answers to derive importance: 20 respondents"),
        (lambda s, o: (s, np.full(len(o), 4.0)), "the same overall score"),
        (lambda s, o: (np.column_stack([s[:, 0], s[:, 0], s[:, 2]]), o), "The scores of 'a', 'b' say exactly the same"),
        (lambda s, o: (np.full_like(s, 3.0), o), "none has a score that varies"),
    ],
    ids=["few", "constant", "singular", "flat"],
)
def test_what_cannot_be_derived_is_refused_with_the_reason(small, change, words):
    with pytest.raises(MiningError, match=words):
        importance_of(small, scored(*change(*made()), LETTERS), bootstraps=10)


def test_a_score_that_hardly_varies_is_left_out_with_its_reason(small):
    scores, overall = made()
    scores[:, 2] = 4.0
    scores[:3, 2] = 1.0
    found = importance_of(small, scored(scores, overall, LETTERS), bootstraps=10)
    row = found.frame.set_index("item").loc["c"]
    assert np.isnan(row["share"])
    assert row["why"].startswith("3 scores other than the most common one")


def test_equal_input_gives_equal_numbers_and_another_seed_others(small):
    answers = scored(*made(), LETTERS)
    one, two, other = (importance_of(small, answers, bootstraps=50, seed=seed).frame for seed in (0, 0, 1))
    pd.testing.assert_frame_equal(one, two)
    assert not one["low"].equals(other["low"])


def test_failures_in_the_log_explain_the_satisfaction_of_the_same_case(sample, sample_survey):
    found = importance_of(sample, sample_survey, bootstraps=50)
    frame = found.frame.set_index("item")
    assert found.ratings.source == "log"
    assert found.n == 717
    assert frame["share"].idxmax() == "send_receipt"
    assert frame.loc["send_receipt", "low"] > frame.loc["receive", "high"]
    assert frame["stated"].idxmax() == "receive"  # what customers say is another touchpoint
    assert frame.loc["print_stop_report", "why"].startswith("0 failures among the respondents")
    assert "Confirm receipt" in found.sentence()


def test_a_case_fails_in_the_matrix_where_the_scorecard_counts_a_failure(sample, sample_survey):
    ratings = ratings_of(sample, sample_survey)
    place = ratings.names.index("send_receipt")
    failing = {sample.log.case_ids[i] for i, x in zip(ratings.case, ratings.score[:, place], strict=True) if x == 0}
    deviations = sample.deviations().frame
    late = set(deviations.loc[deviations["check"].eq("S1"), "case_id"])
    answered = {sample.log.case_ids[i] for i in ratings.case}
    assert late & answered <= failing
    assert len(failing) == int((ratings.score[:, place] == 0).sum())


def test_stated_importance_is_the_mean_with_students_interval():
    rows = [
        {"case_id": f"c{i}", "item": "importance", "kind": "importance", "touchpoint": "a", "score": x}
        for i, x in enumerate([3.0, 4, 5, 3, 5])
    ]
    row = stated_of(survey(rows)).loc["a"]
    assert (row["stated"], row["stated_n"]) == (4.0, 5)
    assert row["stated_high"] - 4 == pytest.approx(2.776445 / np.sqrt(5), abs=1e-5)


def test_the_last_of_several_answers_counts():
    rows = [{"case_id": "c", "item": "csat", "kind": "csat", "score": x, "answered_at": x} for x in (5, 2, 4)]
    kept, earlier = latest(survey(rows).frame)
    assert kept["score"].tolist() == [5.0]
    assert earlier == 2


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([{"item": "q", "kind": "perception", "touchpoint": "a", "score": 3}], "no answers of kind csat"),
        (
            [{"item": "q1", "kind": "csat", "score": 3}, {"item": "q2", "kind": "csat", "score": 3}],
            "2 questions of the survey",
        ),
        ([{"item": "q", "kind": "csat", "score": 3, "scale_max": None}], "1 answers have no scale"),
    ],
    ids=["none", "two", "scale"],
)
def test_an_overall_satisfaction_that_nobody_named_is_refused(small, rows, words):
    with pytest.raises(LogError, match=words):
        importance_of(small, survey([{"case_id": "c0"} | row for row in rows]))


def test_an_unknown_item_or_source_is_named(small):
    answers = scored(*made(40), LETTERS)
    with pytest.raises(UnknownNameError, match="'csta'. Did you mean 'csat'"):
        importance_of(small, answers, overall="csta")
    with pytest.raises(UnknownNameError, match="source of the scores 'logs'"):
        importance_of(small, answers, source="logs")


@pytest.mark.parametrize("lang", ["zh", "en"])
@pytest.mark.few_quick(1)
def test_the_charts_show_a_bar_for_each_row(small, lang):
    found = importance_of(small, scored(*made(), LETTERS), bootstraps=20)
    assert len(found.plot(lang=lang).patches) == 3
    assert len(ahp_of(read_judgements({"x": {"y": 3}})).plot(lang=lang).patches) == 2


# --- AHP -------------------------------------------------------------------------------------------------------------


def test_the_golden_matrix():
    found = ahp_of(read_judgements({"fast": {"friendly": 3, "near": 5}, "friendly": {"near": 2}}))
    assert found.frame["item"].tolist() == ["fast", "friendly", "near"]
    assert found.frame["weight"].round(3).tolist() == [0.648, 0.230, 0.122]
    assert round(found.consistency, 4) == 0.0032
    assert "64.8 %" in found.sentence()
    assert "0.003" in found.sentence("zh")


@settings(max_examples=examples(25), deadline=None)
@given(st.lists(st.floats(1, 9), min_size=2, max_size=9))
def test_judgements_without_contradiction_give_back_their_weights(values):
    raw = np.array(values)
    weights, ratio = weights_of(raw[:, None] / raw[None, :])
    assert weights == pytest.approx(raw / raw.sum())
    assert ratio == pytest.approx(0, abs=1e-9)


def test_a_contradiction_is_refused_and_its_judgement_named():
    table = {"a": {"b": 3, "c": 1 / 7, "d": 3}, "b": {"c": 3, "d": 1}, "c": {"d": 1}}  # c beats a, though a > b > c
    with pytest.raises(MiningError, match="'c' is 7 times as important as 'a', where the others say") as error:
        ahp_of(read_judgements(table, judge="Ann"))
    assert str(error.value).startswith("Ann: the judgements contradict each other (consistency ratio 0.")


def test_judges_are_put_together_by_the_geometric_mean():
    one = read_judgements({"a": {"b": 1}}, judge="one")
    two = read_judgements({"b": {"a": "1/9"}}, judge="two")
    found = ahp_of(one, two)
    assert found.frame["weight"].tolist() == pytest.approx([0.75, 0.25])  # the mean judgement is 3
    assert found.frame["lowest"].tolist() == pytest.approx([0.5, 0.1])
    assert found.judges == {"one": 0.0, "two": 0.0}
    with pytest.raises(MiningError, match="compare different things: only one of them has 'b', 'c'"):
        ahp_of(one, read_judgements({"a": {"c": 2}}, judge="three"))


def test_a_table_is_read_with_fractions_blanks_and_rounded_reciprocals(tmp_path):
    path = tmp_path / "boss.csv"
    path.write_text("what,fast,near,friendly\nfast,1,5,3\nfriendly,0.33,2,\nnear,,1,1/2\n", "utf-8")
    found = read_judgements(path)
    assert (found.names, found.judge) == (("fast", "friendly", "near"), "boss")
    assert found.matrix == pytest.approx(np.array([[1, 3, 5], [1 / 3, 1, 2], [1 / 5, 1 / 2, 1]]))
    frame = pd.read_csv(path, dtype=str)
    assert read_judgements(frame).matrix == pytest.approx(found.matrix)


@pytest.mark.parametrize(
    ("table", "words"),
    [
        ({"a": {"b": 3}, "b": {"a": 3}}, "one must be 1 divided by the other"),
        ({"a": {"b": 12}}, "'a' against 'b' is 12. A judgement is a number from 1/9"),
        ({"a": {"b": "much"}}, "is 'much'"),
        ({"a": {"b": 2}, "c": {"a": 1}}, "nobody says how 'b' compares with 'c'"),
        ({"a": {"a": 2, "b": 1}}, "against itself is 2"),
        ({"a": {}}, "1 things are compared"),
    ],
    ids=["reciprocal", "scale", "word", "missing", "diagonal", "one"],
)
def test_nonsense_is_refused(table, words):
    with pytest.raises(LogError, match=words):
        read_judgements(table)


def test_the_names_of_rows_and_columns_must_be_the_same():
    with pytest.raises(LogError, match="the row 'nears' has no column of that name. Did you mean 'near'"):
        read_judgements(pd.DataFrame({"x": ["fast", "nears"], "fast": [1, ""], "near": [2, 1]}))


def test_random_judgements_are_as_inconsistent_as_saaty_says():
    """The random index is the mean consistency index of random judgements; ours of 400 is near it."""
    rng = np.random.default_rng(0)
    scale = np.array([1 / x for x in range(9, 1, -1)] + list(range(1, 10)), float)
    ratios = []
    for _ in range(400):
        upper = np.triu(rng.choice(scale, (5, 5)), 1)
        matrix = upper + np.eye(5)
        matrix[np.tril_indices(5, -1)] = (1 / np.where(upper > 0, upper, 1)).T[np.tril_indices(5, -1)]
        ratios.append(weights_of(matrix)[1])
    assert np.mean(ratios) == pytest.approx(1, abs=0.08)
    assert len(RANDOM_INDEX) == 16


def test_judgements_are_values():
    assert Judgements(("a", "b"), np.ones((2, 2)), "x", "").names == ("a", "b")


@pytest.mark.parametrize("k", [1, 2, 4, 8])
def test_relative_weights_equal_those_by_way_of_the_nearest_orthogonal_predictors(k):
    """Johnson's own derivation: Z = U V' of the singular values of the scores is what they are regressed on, and the outcome on Z."""
    rng = np.random.default_rng(k)
    x = rng.normal(size=(150, k)) @ rng.normal(size=(k, k)) + rng.normal(size=(150, 1))
    y = x @ rng.normal(size=k) + 2 * rng.normal(size=150)
    zx, zy = ((v - v.mean(axis=0)) / v.std(axis=0) for v in (x, y))
    u, _, vt = np.linalg.svd(zx, full_matrices=False)
    z = u @ vt * np.sqrt(len(x))
    link, effect = z.T @ zx / len(x), z.T @ zy / len(x)
    found = relative_weights(np.corrcoef(np.column_stack([x, y]), rowvar=False))
    np.testing.assert_allclose(found, (link.T**2) @ effect**2, atol=1e-12)
