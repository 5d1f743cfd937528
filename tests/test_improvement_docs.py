"""What the pages and notebooks on improvement say is what the code does: thresholds, columns, links, and what is read from samples."""

import re

import nbformat
import pytest

import mining
from mining import priorities
from mining.causes import known
from mining.follow_up import change, control, periods, signals, verdicts
from mining.harm import covariates, effects, estimate, guards, landmark, later, measure
from mining.plan import drafts
from mining.priorities import change_requests, evidence, placing, ranking, sensitivity
from mining.suppression import K
from mining.voice import ahp, coders, incidents, ipa, mystery, needs, nonresponse, reliability, scales, survey
from tests.helpers import ROOT

PAGES = ("improvement", "voice", "follow_up")
SAMPLE = ROOT / "sample_logs"
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
PLACE = re.compile(r"`((?:mining|tests|benchmarks)/[\w/]+(?:\.py)?/?)`")


def page(name):
    """The page as one line, so that where a line breaks does not matter."""
    return " ".join((ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8").split())


def per_cent(share):
    return f"{100 * share:g} %"


def linked():
    notebooks = sorted((ROOT / "notebooks").glob("0[567]_*.ipynb"))
    texts = {path: path.read_text(encoding="utf-8") for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]}
    return texts | {path: "\n".join(cell.source for cell in nbformat.read(path, 4).cells) for path in notebooks}


def test_every_link_and_every_place_in_the_code_is_there():
    for path, text in linked().items():
        for target in LINK.findall(text):
            assert (path.parent / target).exists(), f"{path.name}: {target}"
    for name in PAGES:
        for place in PLACE.findall(page(name)):
            assert (ROOT / place).exists(), f"{name}: {place}"


def test_the_thresholds_of_effects_are_those_of_the_code():
    said = page("improvement")
    for words in (
        f"at least {per_cent(guards.LEAST_OVERLAP)} of the cases that deviate",
        f"weigh as much as {guards.LEAST_LIKE:g} cases",
        f"more than {guards.MOST_IMBALANCE:g} standard deviations",
        f"at most {guards.MOST_PLACEBO:g} standard deviations",
        f"nearer to 0 is at least {guards.LEAST_E_VALUE:g}",
        f"q < {guards.MOST_Q:g}",
        f"fewer than {guards.FEW_WITH} cases with the deviation, or fewer than {guards.FEW_WITHOUT} without",
        f"up to {landmark.CONTROLS} cases that were open as long",
        f"up to {later.PARTS} parts of the time",
        f"Below a contrast of {later.LEAST_CONTRAST:g} there is no effect",
        f"fewer than {measure.FEW_EVENTS} of one value",
        f"fewer than {measure.FEW_CLUSTERS} clusters",
        f"at least {covariates.EARLIER_CASES} compared cases have",
        f"more than {per_cent(covariates.LATE_SHARE)} of the cases that have it",
        f"come from {estimate.FOLDS} parts",
        f"`p` at most {estimate.CLIP:g}",
        f"more than {per_cent(known.LATE)} of the deviating cases",
    ):
        assert words in said
    assert all(f"`{name}`" in said for name in effects.GUARDS)


def test_the_thresholds_of_the_order_are_those_of_the_code():
    said = page("improvement")
    for words in (
        f"more than {per_cent(ranking.TIE)} of the samples",
        f"the {placing.LOW}th percentile of the loss",
        f"({placing.RANK_LOW}th and {placing.RANK_HIGH}th percentile)",
        f"q < {evidence.Q:g}",
        f"fewer than {K} cases are hidden",
    ):
        assert words in said
    assert sensitivity.CHANGE == 0.25
    assert "a quarter more and less" in said
    assert all(f"`{word}`" in said for word in evidence.DESIRABILITY)
    assert change_requests.WEIGHTY == ("critical", "major")
    assert drafts.CHECK_DAYS == (30, 90, 180)


@pytest.mark.parametrize(
    ("table", "columns"),
    [("survey", survey), ("mystery", mystery), ("incidents", incidents), ("needs", needs)],
    ids=["survey", "mystery", "incidents", "needs"],
)
def test_the_columns_of_the_tables_are_those_that_are_read(table, columns):
    text = (ROOT / "docs" / "voice.md").read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if line.startswith(f"| {table} ")).split("|")[2]
    row = re.sub(r"\([^)]*\)", "", row)
    words = re.findall(r"(\*\*)?\b([a-z_]+)\b", row)
    said = {word: bool(bold) for bold, word in words if word != "or"}
    assert said == {x.key: x.needed for x in columns.COLUMNS if x.key in said}
    assert set(said) == {x.key for x in columns.COLUMNS}


def test_the_numbers_of_voice_and_follow_up_are_those_of_the_code():
    said = page("voice")
    assert f"Above {nonresponse.LIMIT:g} the scores need a warning" in said
    assert f"Above {ahp.MOST_CR:.2f} the judgements are refused" in said
    assert f"below {coders.ENOUGH:g} provisional" in said
    assert f"a warning below {reliability.ENOUGH:g}" in said
    assert f"no quadrant of probability {ipa.DECIDED:g}" in said
    assert f"none below {scales.FEWEST} answers" in said
    assert f"above {scales.MOST_BOOTSTRAP:,} answers" in said
    said = page("follow_up")
    assert f"the first {control.MOST} points, or from the first {control.LEAST}" in said
    assert f"{control.XMR} x mean moving range; of the range {control.RANGE}" in said
    assert f"from {control.MANY} cases a period on" in said
    assert f"At least {change.LEAST_SIDE} complete ones on each side" in said
    assert periods.SETTLED == 0.9
    assert "nine cases in ten" in said
    assert all(f"`{name}`" in said for name in signals.PRESETS)
    assert all(f"**{name.replace('_', ' ')}**" in said for name in verdicts.VERDICTS)
    noise = re.findall(r"\| `\w+` \| (\d+ %) \| (\d+ %) \| (\d+ %) \| (\d+ %) \|", said)
    assert len(noise) == 3
    assert all(share in signals.__doc__ for row in noise for share in row)


def sample(name):
    blueprint = mining.read_blueprint(SAMPLE / name / "blueprint.yaml")
    return mining.Study(mining.read_log(SAMPLE / name / "log.csv", columns=blueprint.binding), blueprint)


@pytest.mark.slow
def test_what_the_notebook_on_the_order_reads_is_so():
    from mining.outcomes import read_costs
    from mining.voice import read_survey
    from mining.what_if import Standard, what_if

    study, folder = sample("permit_receipt"), SAMPLE / "permit_receipt"
    given = {"survey": read_survey(folder / "survey.csv"), "costs": read_costs(folder / "costs.csv", currency="EUR")}
    found = study.improvement(**given, worth=[priorities.Worth("time", 2, "EUR")], bootstraps=200)
    first = found.priorities.ranked.iloc[0]
    rows = [found.effects.row(first["finding_id"], name) for name in ("time", "cost", "survey:csat")]
    assert [row["grade"] for row in rows] == ["B", "C", "B"]
    assert [row["weak"] for row in rows[::2]] == ["no placebo", "no placebo"]
    assert not found.sensitivity.frame["swaps"].any()
    assert found.sensitivity.frame["smallest"].isna().all()
    assert found.change_requests.frame[["check", "warning", "stays"]].values.tolist() == [["path", "left_out", True]]
    assert [len(found.paretos.of(view)) for view in ("visible_hours", "lost_hours", "money")] == [1, 1, 1]
    better = found.causes.frame.query("q < @found.causes.q_limit and rr > 1")
    assert better.empty
    assert what_if(study, {"kept": Standard(first["check"], how="met")}, runs=20).validation.verdict == "usable"
    lacking = found.plan_lint.frame
    assert set(lacking.loc[lacking["problem"] == "no_owner", "action_id"]) == set(found.plan.frame["action_id"])


@pytest.mark.slow
def test_what_the_notebook_on_customers_reads_is_so():
    from mining import voice

    study, folder = sample("outpatient_visit"), SAMPLE / "outpatient_visit"
    answers, visits = voice.read_survey(folder / "survey_touchpoints.csv"), voice.read_mystery(folder / "mystery.csv")
    assert not voice.nonresponse_of(study, answers).biased
    assert (voice.ipa_of(study, answers).frame["quadrant"] == "undecided").mean() > 0.5
    sources = voice.triangulation_of(study, survey=answers, mystery=visits).frame.set_index("subject")
    assert sources.loc["S1", "apart"] == "log-mystery"
    told = voice.incident_table(voice.read_incidents(folder / "incidents.csv")).frame
    assert told.sort_values("negative", ascending=False)["category"].iloc[0].startswith("long wait")
    gaps = voice.five_gaps(study, survey=answers, needs=voice.read_needs(folder / "needs.csv")).frame
    assert gaps["measured"].all()
    assert gaps["value"].iloc[0] == 0.5
    assert gaps["high"].iloc[4] < 0


@pytest.mark.slow
def test_what_the_notebook_on_follow_up_reads_is_so():
    from mining.follow_up import before_after, follow_up, series_of

    study, folder = sample("permit_receipt"), SAMPLE / "permit_receipt"
    series = series_of(study, "share:S1")
    chart = series.control().frame
    assert (int(chart["baseline"].sum()), int(chart["used"].sum())) == (20, 26)
    assert chart.loc[chart["signals"] != "", "period"].tolist() == ["2026-W10"]
    assert before_after(series, "2026-03-16", wash_out="2026-04-11").change.onward == "both"
    helped = follow_up(folder / "actions.csv", study).frame.set_index("action_id")
    assert not set(helped["verdict"]) & {"achieved", "partly"}
    assert "season" in helped.loc["A1", "flags"]


@pytest.mark.slow
def test_the_examples_of_the_readme_on_improvement_run():
    study = sample("outpatient_visit")
    names = {"study": study, "blueprint": study.blueprint, "mining": mining}
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    part = text[text.index("## What to improve first") :]
    code = re.findall(r"```python\n(.*?)```", part[: part.index("\n## ", 3)], flags=re.DOTALL)
    assert len(code) == 2
    for block in code:
        exec(block.replace('"sample_logs/', f'"{SAMPLE.as_posix()}/'), names)
    assert names["found"].priorities.ranked["rank"].iloc[0] == 1
