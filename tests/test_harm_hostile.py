"""Effects of deviations on odd logs, odd attributes and odd outcomes, and against simulations whose truth is known."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import t as student
from scipy.stats import ttest_ind

import mining
from mining.harm import effects_of
from mining.harm.covariates import Known
from mining.harm.estimate import estimated, fitted
from mining.harm.groups import Deviating
from mining.harm.later import effect_where_others_follow
from mining.harm.naive import naive_of
from mining.outcomes.outcome import Outcome, Outcomes
from mining.results import Provenance
from tests.helpers import MONDAY, blueprint_dict, parsed

HOUR = pd.Timedelta(hours=1)


def outcome(values, id="time", kind="time", unit="s"):
    return Outcome(id, {"en": id, "zh": id}, kind, unit, np.asarray(values, float), 1, visible=True)


def outcomes(*items):
    return Outcomes(pd.DataFrame({"outcome": [x.id for x in items]}), Provenance("test", "", "", 0), items)


def throughput(of):
    x = of.instances
    return outcome(np.where(of.is_open, np.nan, (x.case_end - x.case_start) / 1e6))


def effects(of, *items, **settings):
    return effects_of(of, outcomes(*(items or (throughput(of),))), **settings)


def study_of(table, attributes=(), **more):
    """A study of a, b and c, in this order; attributes are (name, type)."""
    binding = {"case": "case", "activity": "activity", "timestamp": "end", "start": "start", "resource": "resource"}
    bound = {name: {"column": name, **({"type": kind} if kind else {})} for name, kind in attributes}
    written = blueprint_dict(["a", "b", "c"], "abc", log=binding | {"attributes": bound}, **more)
    norm = parsed(written)
    return mining.Study(mining.EventLog.from_frame(table, columns=norm.binding), norm)


def table(n=400, seed=0, days=0):
    """Hard cases take longer, skip B more often, and have more calls that no blueprint knows; ``k`` numbers the cases."""
    rng, rows = np.random.default_rng(seed), []
    for k in range(n):
        hard = rng.random() < 0.4
        events = [("A", 1.0)]
        if rng.random() < 0.3 * (1 + hard):
            events.append(("Call", rng.gamma(2, 1)))
        if rng.random() > 0.25 * (1 + hard):
            events.append(("B", rng.gamma(2, 2 + 3 * hard)))
        at = MONDAY + k * HOUR + pd.Timedelta(days=days)
        for label, hours in [*events, ("C", rng.gamma(2, 3 + 4 * hard))]:
            at = (at + hours * HOUR).round("s")
            rows.append((f"c{k:05}", label, pd.NaT, at, "ann", bool(hard), k))
    made = pd.DataFrame(rows, columns=["case", "activity", "start", "end", "resource", "hard", "k"])
    return made.assign(start=pd.to_datetime(made["start"], utc=True))


def with_values(of, values):
    """The table with an attribute ``x``: one value per case, on every row."""
    return of.assign(x=pd.Series(list(values), dtype=object)[of["k"]].to_numpy())


@pytest.fixture(scope="module")
def plain():
    return study_of(table(), [("hard", "boolean")])


# ---- outcomes


@pytest.mark.parametrize(
    ("kind", "value"),
    [("time", 0.1), ("score", 0.0), ("number", 1e12 / 3), ("money", 0.1), ("share", 0.0), ("share", 1.0)],
)
@pytest.mark.few_quick(2)
def test_an_outcome_that_is_the_same_everywhere_has_no_effect(plain, kind, value):
    same = outcome(np.full(400, value), "time" if kind == "time" else "same", kind)
    frame = effects(plain, same).frame
    assert set(frame["why"]) == {"constant"}
    assert frame["effect"].isna().all()
    assert set(frame["grade"]) == {"C"}
    told = effects(plain, same).told(frame["finding_id"][0], same.id)
    assert "the same in all cases" in told


def test_an_outcome_that_differs_by_noise_of_the_last_digit_is_the_same():
    noisy = np.where(np.arange(60) % 2, 0.1 + 0.2, 0.3)
    found = naive_of(noisy[:30], noisy[30:], share=False)
    assert np.isnan(found["naive_low"])
    assert abs(found["naive"]) < 1e-15


@pytest.mark.parametrize("scale", [1e-250, 1.0, 1e12, 1e200])
def test_the_naive_interval_is_that_of_welch_in_any_unit(scale):
    rng = np.random.default_rng(1)
    one, other = rng.gamma(2, 3, 50), rng.gamma(2, 5, 80)
    found = naive_of(one * scale, other * scale, share=False)
    known = ttest_ind(one, other, equal_var=False).confidence_interval(0.95)
    assert found["naive_low"] == pytest.approx(known.low * scale, rel=1e-9)
    assert found["naive_high"] == pytest.approx(known.high * scale, rel=1e-9)


@pytest.mark.slow
def test_the_unit_of_an_outcome_changes_nothing_but_the_unit(plain):
    time = throughput(plain).values
    one = effects(plain, outcome(time, "x", "number")).frame
    other = effects(plain, outcome(time * 1e12, "x", "number")).frame
    assert np.allclose(one["effect"] * 1e12, other["effect"], rtol=1e-6)
    assert (one["grade"] == other["grade"]).all()


def test_an_outcome_missing_in_the_deviating_cases_has_no_effect(plain):
    deviates = np.any([group.has for group in Deviating(plain).groups.values()], axis=0)
    found = effects(plain, outcome(np.where(deviates, np.nan, throughput(plain).values)))
    assert set(found.frame["why"]) == {"too_few"}
    assert found.frame["naive"].isna().all()
    assert not found.influence.any()


# ---- attributes


@pytest.mark.parametrize(
    ("name", "kind", "value"),
    [
        ("huge", "number", lambda k: 1.7e308 * (-1) ** k),
        ("wide", "number", lambda k: 1e300 * (k % 7)),
        ("tiny", "number", lambda k: 1e-300 * (k % 7)),
        ("far", "number", lambda k: 1e15 + k % 9),
        ("part", "number", lambda k: k if k % 3 else None),
        ("one or none", "number", lambda k: 5 if k % 3 else None),
        ("levels", None, lambda k: f"level {k}"),
        ("one", None, lambda k: "v"),
        ("none", None, lambda k: None),
        ("flag", "boolean", lambda k: bool(k % 2)),
        ("date", "datetime", lambda k: MONDAY + k * HOUR),
    ],
    ids=lambda x: x if isinstance(x, str) else "",
)
@pytest.mark.few_quick(3)
def test_any_attribute_can_be_adjusted_for_or_is_left_out_with_a_reason(name, kind, value):
    of = study_of(with_values(table(), map(value, range(400))), [("hard", "boolean"), ("x", kind)])
    found = effects(of)
    compared = found.frame["n_compared"] > 0
    assert compared.sum() == 2
    assert np.isfinite(found.frame[["effect", "low", "high", "p"]].to_numpy(float)).all()
    assert ("x" in found.left_out) == (name in ("levels", "one", "none", "date"))
    assert found.frame["adjusted_for"].str.contains("x, ").all() != ("x" in found.left_out)


@pytest.mark.slow
def test_a_number_far_from_0_is_adjusted_for_as_one_near_it():
    near = study_of(with_values(table(), (float(k % 50) for k in range(400))), [("x", "number")])
    far = study_of(with_values(table(), (1e9 + k % 50 for k in range(400))), [("x", "number")])
    assert np.allclose(effects(near).frame["effect"], effects(far).frame["effect"], rtol=1e-5)


def test_a_value_that_came_after_the_first_step_is_not_known_before():
    cases = table(600)
    first = cases["case"] != cases["case"].shift()
    late = cases["k"] % 25 == 0  # 4 % of the cases: the attribute stays a covariate
    of = study_of(cases.assign(x=np.where(late & first, None, np.where(late, 9.0, cases["k"] % 5))), [("x", "number")])
    known = Known(of, Deviating(of))
    values = known.columns["x"].values
    assert known.columns["x"].names == ("x", "x missing")
    assert values[::25, 1].all()
    assert values[:, 1].sum() == 24
    assert values[::25, 0].max() < 1  # not the 9 of a later row, which would be the largest
    asked = Known(of, Deviating(of), ["x"])
    assert asked.columns["x"].values[::25, 0].tolist() == [1.0] * 24


def test_an_outcome_is_no_covariate_under_another_name_either(plain):
    cases = with_values(table(), (float(k % 9) for k in range(400))).assign(resolved=lambda f: f["x"])
    bound = [("x", "number"), ("hard", "boolean")]
    binding = study_of(cases, bound).blueprint
    written = blueprint_dict(["a", "b", "c"], "abc", log={
        "case": "case", "activity": "activity", "timestamp": "end", "start": "start", "resource": "resource",
        "attributes": {"x": {"column": "x", "type": "number"}, "same": {"column": "x"}, "hard": {"column": "hard"}},
    })  # fmt: skip
    norm = parsed(written)
    of = mining.Study(mining.EventLog.from_frame(cases, columns=norm.binding), norm)
    assert binding.id == norm.id
    found = effects(of, outcome(of.instances.attribute("x"), "attribute:x", "number"), covariates=["same", "hard"])
    assert found.left_out == {"x": "an outcome", "same": "an outcome"}
    assert not found.frame["adjusted_for"].str.contains("same").any()


def test_what_the_log_has_on_every_row_is_said_to_be_of_unknown_date(plain):
    found = effects(plain)
    assert found.undated == ("hard",)
    assert "does not show that hard was known before" in found.sentence()
    assert "无法表明hard" in found.sentence("zh")
    none = effects(plain, covariates=[])
    assert none.undated == ()
    assert "does not show" not in none.sentence()
    cases = table()
    first = cases["case"] != cases["case"].shift()
    dated = study_of(cases.assign(hard=cases["hard"].where(first)), [("hard", "boolean")])
    assert effects(dated).undated == ()
    late = study_of(cases.assign(hard=cases["hard"].where(~first)), [("hard", "boolean")])
    assert effects(late).left_out == {"hard": "recorded after the first step in 100 % of the cases that have it"}
    assert effects(late, covariates="hard").undated == ("hard",)


# ---- clusters


@pytest.mark.parametrize("several", [1, 9])
@pytest.mark.few_quick(1)
def test_a_handful_of_clusters_gives_no_interval(several):
    of = study_of(with_values(table(), (f"{k % several}" for k in range(400))), [("x", None)])
    found = effects(of, cluster="x")
    assert set(found.frame["why"]) == {"few_clusters"}
    assert found.frame["effect"].isna().all()
    assert "too few groups" in found.told(found.frame["finding_id"][0], "time")


@pytest.mark.slow
def test_clusters_with_missing_values_stand_for_themselves():
    none = study_of(with_values(table(), (None for _ in range(400))), [("x", None)])
    columns = ["effect", "se", "low", "high"]
    pd.testing.assert_frame_equal(effects(none, cluster="x").frame[columns], effects(none).frame[columns])


def test_degrees_of_freedom_are_those_of_the_clusters():
    rng = np.random.default_rng(0)
    cluster, treated = np.repeat(np.arange(20), 20), np.arange(400) % 4 == 0
    y = rng.normal(size=400) + rng.normal(size=20)[cluster]
    found = estimated(y, treated, fitted(np.empty((400, 0)), treated, cluster), cluster)
    sums = np.bincount(cluster, found.error)
    se = np.sqrt((sums**2).sum() * 20 / 19)
    assert found.se == pytest.approx(se)
    assert found.high - found.effect == pytest.approx(student.ppf(0.975, 19) * se)
    # one cluster with most of the cases: the others cannot make up for it
    big = np.where(np.arange(400) < 300, 0, cluster)
    found = estimated(y, treated, fitted(np.empty((400, 0)), treated, big), big)
    sizes = np.bincount(big, treated)
    freedom = max(sizes.sum() ** 2 / (sizes**2).sum() - 1, 1)
    assert freedom == 1
    assert found.high - found.effect == pytest.approx(student.ppf(0.975, freedom) * found.se)


# ---- logs


@pytest.mark.parametrize("n", [1, 31])
def test_small_logs_have_a_row_for_each_finding_and_no_effect(n):
    found = effects(study_of(table(n), [("hard", "boolean")]))
    assert set(found.frame["grade"]) == {"D"}
    assert found.influence.shape == (len(found.frame), n)
    assert found.sentence()
    assert found.sentence("zh")


def odd(cases, how):
    first = cases["case"] != cases["case"].shift()
    if how == "same moment":
        return cases.assign(end=MONDAY)
    if how == "start after end":
        return cases.assign(start=cases["end"] + HOUR)
    if how == "some without end":
        return cases.assign(start=cases["end"] - HOUR / 2, end=cases["end"].where(cases["k"] % 3 > 0))
    if how == "no begin":
        return cases.assign(activity=cases["activity"].where(~first | (cases["k"] % 4 > 0), "Junk"))
    if how == "running":
        return cases[~((cases["activity"] == "C") & (cases["k"] % 3 == 0))]
    if how == "call at the end":
        calls = cases[cases["activity"].eq("C") & (cases["k"] % 3 == 0)].assign(activity="Call")
    elif how == "call after the end":
        calls = cases[cases["activity"].eq("C") & (cases["k"] % 3 == 0)].assign(activity="Call")
        calls = calls.assign(end=calls["end"] + 5 * HOUR)
    else:
        calls = cases[first].assign(activity="Call", end=cases["end"] - HOUR)
    return pd.concat([cases, calls], ignore_index=True)


@pytest.mark.parametrize(
    "how",
    [
        *("same moment", "start after end", "some without end", "no begin", "running"),
        *("call at the end", "call after the end", "call first in all"),
    ],
)
@pytest.mark.few_quick(3)
def test_odd_logs_give_numbers_or_a_reason(how):
    found = effects(study_of(odd(table(), how), [("hard", "boolean")]))
    frame = found.frame
    adjusted = frame["effect"].notna()
    assert (frame["why"].ne("") != adjusted).all()
    assert np.isfinite(frame.loc[adjusted, ["effect", "se", "low", "high", "p", "q"]].to_numpy(float)).all()
    assert np.isfinite(found.influence).all()
    assert np.allclose(found.influence.sum(axis=1)[adjusted], frame.loc[adjusted, "total"])
    assert np.allclose((frame["effect"] * frame["n_compared"])[adjusted], frame.loc[adjusted, "total"], rtol=1e-3)
    if how in ("call at the end", "same moment"):  # nothing can follow from what happens as the case ends
        calls = frame["finding_id"].isin(
            [id for id, g in Deviating(found.study).groups.items() if g.places == ("Call",)]
        )
        assert not frame.loc[calls, "grade"].isin(["A", "B"]).any()


@pytest.mark.slow
@pytest.mark.parametrize("how", ["rows shuffled", "52 weeks later", "attribute renamed", "case ids longer"])
def test_what_says_the_same_gives_the_same_numbers(plain, how):
    cases, name = table(), "hard"
    if how == "rows shuffled":
        cases = cases.sample(frac=1, random_state=3)
    elif how == "52 weeks later":
        cases = table(days=364)
    elif how == "attribute renamed":
        cases, name = cases.rename(columns={"hard": "aaa"}), "aaa"
    else:
        cases = cases.assign(case="z" + cases["case"])
    columns = ["finding_id", "effect", "se", "p", "overlap", "balance", "total"]
    pd.testing.assert_frame_equal(
        effects(study_of(cases, [(name, "boolean")])).frame[columns], effects(plain).frame[columns]
    )


def test_the_number_in_a_sentence_is_that_of_the_cases_compared(plain):
    time = throughput(plain)
    group = next(g for g in Deviating(plain).groups.values() if g.design == "landmark")
    found = effects(plain, time)
    row = found.row(group.finding_id, "time").copy()
    row["n_with"], row["n_compared"], row["grade"], row["harm"] = 777, 555, "B", 1
    row["low"], row["high"], row["effect"] = 3600.0, 7200.0, 5400.0
    from mining.harm.words import told

    for lang in ("en", "zh"):
        assert "555" in told(row, time, lang)
        assert "777" not in told(row, time, lang)


@pytest.mark.parametrize(("lang", "words"), [("en", "is itself part of this time"), ("zh", "本身即包含在内")])
@pytest.mark.few_quick(1)
def test_a_time_limit_within_the_time_of_the_case_is_said_to_be_a_part_of_it(lang, words):
    slow = {"id": "S1", "dimension": "time", "metric": "elapsed", "from": "a", "to": "b", "max": "4h", "share": 0.9,
            "severity": "major", "basis": "Agreed"}  # fmt: skip
    found = effects(study_of(table(600), [("hard", "boolean")], standards=[slow]))
    whole = found.study.findings().frame.set_index("finding_id")["check"]
    frame = found.frame.assign(check=list(whole[found.frame["finding_id"]]))
    assert (frame["part"] == frame["check"].eq("S1")).all()
    row = frame[frame["check"] == "S1"].iloc[0].copy()
    row["grade"], row["harm"] = "B", 1
    from mining.harm.words import told

    assert words in told(row, found.outcomes["time"], lang)
    row["part"] = False
    assert words not in told(row, found.outcomes["time"], lang)


def test_the_axis_of_a_share_counts_percentage_points(plain):
    import matplotlib.pyplot as plt

    yes = outcome(np.arange(400) % 2, "kept", "share", "")
    assert "percentage points" in effects(plain, yes).plot("kept").get_xlabel()
    assert "百分点" in effects(plain, yes).plot("kept", lang="zh").get_xlabel()
    plt.close("all")


# ---- simulations


def drawn(n, seed, grows):
    """Landmark rows by hand: cases that deviate at any time, compared with up to five as long open that do not yet."""
    rng = np.random.default_rng(seed)
    life, at = rng.gamma(3, 8, n), np.sqrt(2 * rng.exponential(size=n) / 0.003)
    has = at < life
    effect = at / 3 if grows else np.full(n, 5.0)
    total = life + effect * has
    since = np.where(has, at, np.inf)
    case, treated, elapsed = [], [], []
    for i in np.flatnonzero(has):
        like = np.flatnonzero((life > at[i]) & (since > at[i]))
        if len(like):
            chosen = rng.permutation(like)[:5]
            case += [i, *chosen]
            treated += [True] + [False] * len(chosen)
            elapsed += [at[i]] * (1 + len(chosen))
    case, treated, elapsed = np.array(case), np.array(treated), np.array(elapsed)
    return case, treated, elapsed, since[case], total[case] - elapsed, effect[case][treated].mean()


@pytest.mark.slow
@pytest.mark.parametrize("grows", [False, True])
def test_effects_that_grow_with_the_time_open_are_found(grows):
    errors, held = [], []
    for seed in range(20):
        case, treated, elapsed, since, y, truth = drawn(700, seed, grows)
        models = fitted(np.log1p(elapsed)[:, None], treated, case, seed=seed)
        found = effect_where_others_follow(y, treated, models, case, elapsed, since)
        errors.append(found.effect - truth)
        held.append(found.low <= truth <= found.high)
    assert abs(np.mean(errors)) < (2 if grows else 0.8)  # one effect for all times is off by 3.4 where it grows
    assert np.mean(held) >= 0.85


def test_with_one_part_it_is_the_difference_by_the_contrast(monkeypatch):
    monkeypatch.setattr("mining.harm.later.PARTS", 1)
    case, treated, elapsed, since, y, _ = drawn(300, 1, grows=False)
    models = fitted(np.log1p(elapsed)[:, None], treated, case)
    found = effect_where_others_follow(y, treated, models, case, elapsed, since)
    plain = estimated(y, treated, models, case)
    contrast = estimated(np.isfinite(since).astype(float), treated, models, case)
    assert found.effect == pytest.approx(plain.effect / contrast.effect)
    error = (plain.error - found.effect * contrast.error) / contrast.effect
    assert np.allclose(found.error, error)
    assert found.total.sum() == pytest.approx(found.effect * treated.sum())


@pytest.mark.slow
def test_the_interval_of_parts_is_that_of_a_bootstrap_that_estimates_again():
    case, treated, elapsed, since, y, _ = drawn(500, 2, grows=True)
    values = np.log1p(elapsed)[:, None]

    def again(rows, name):
        models = fitted(values[rows], treated[rows], name)
        return effect_where_others_follow(y[rows], treated[rows], models, name, elapsed[rows], since[rows])

    found = again(np.arange(len(case)), case)
    of_case = {c: np.flatnonzero(case == c) for c in np.unique(case)}
    names, rng, drawn_effects = np.array(list(of_case)), np.random.default_rng(0), []
    for _ in range(80):
        chosen = rng.choice(names, len(names))
        rows = np.concatenate([of_case[c] for c in chosen])
        twin = np.repeat(np.arange(len(chosen)), [len(of_case[c]) for c in chosen])
        drawn_effects.append(again(rows, twin).effect)
    assert np.std(drawn_effects) == pytest.approx(found.se, rel=0.25)


@pytest.mark.slow
def test_the_influence_of_cases_is_that_of_a_bootstrap_that_estimates_again():
    cases = table(500)
    of = study_of(cases, [("hard", "boolean")])
    id = next(id for id, g in Deviating(of).groups.items() if g.design == "point")
    found = effects(of)
    place = list(found.frame["finding_id"]).index(id)
    rng, by_case = np.random.default_rng(0), dict(iter(cases.groupby("k")))
    weights, totals = [], []
    for _ in range(40):
        chosen = rng.integers(0, 500, 500)
        twins = pd.concat([by_case[k].assign(case=f"d{i:04}") for i, k in enumerate(chosen)])
        totals.append(effects(study_of(twins, [("hard", "boolean")])).row(id, "time")["total"])
        weights.append(np.bincount(chosen, minlength=500))
    linear = np.array(weights) @ found.influence[place]
    assert np.corrcoef(linear, totals)[0, 1] > 0.95
    assert linear.std() == pytest.approx(np.std(totals), rel=0.25)
