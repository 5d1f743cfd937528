"""What the pages and notebooks on improvement say is what the code does: thresholds, columns, links, examples."""

import re

import pytest

import mining
from mining.causes import known
from mining.follow_up import change, control, periods, signals, verdicts
from mining.harm import covariates, effects, estimate, guards, landmark, later, measure
from mining.notebooks import edition
from mining.plan import drafts
from mining.priorities import change_requests, evidence, placing, ranking, sensitivity
from mining.suppression import K
from mining.voice import ahp, coders, incidents, ipa, mystery, needs, nonresponse, reliability, scales, survey
from tests.helpers import ROOT

PAGES = ("improvement", "voice", "follow_up")
SAMPLE = ROOT / "sample_logs"
LINK = re.compile(r"\]\(([^)#:\s]+)(?:#[^)]*)?\)")
PAGE = re.compile(r"docs/\w+\.md")
NOTEBOOKS = ("05_what_do_customers_feel", "06_what_to_improve_first", "07_did_it_help")
PLACE = re.compile(r"`((?:mining|tests|benchmarks)/[\w/]+(?:\.py)?/?)`")


def page(name):
    """The page as one line, so that where a line breaks does not matter."""
    return " ".join((ROOT / "docs" / f"{name}.md").read_text(encoding="utf-8").split())


def per_cent(share):
    return f"{100 * share:g} %"


def linked():
    return {path: path.read_text(encoding="utf-8") for path in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]}


def test_every_link_and_every_place_in_the_code_is_there():
    for name in NOTEBOOKS:
        for lang in ("en", "zh"):
            named = PAGE.findall(words(name, lang))
            assert named
            assert all((ROOT / place).exists() for place in named)
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


def words(name, lang):
    """All words of a notebook as one line."""
    cells = edition(name, lang).cells
    return " ".join(" ".join(cell.source for cell in cells if cell.cell_type == "markdown").split())


def test_the_thresholds_that_notebooks_say_are_those_of_the_code():
    customers, order = (words(name, "en") for name in NOTEBOOKS[:2])
    assert f"Below an agreement of {coders.ENOUGH:g} beyond chance" in customers
    assert f"低于 {coders.ENOUGH:g} 时，分类仅为暂定" in words(NOTEBOOKS[0], "zh")
    assert f"in {placing.RANK_HIGH - placing.RANK_LOW} of 100 samples of the cases" in order
    assert f"在 {placing.RANK_HIGH - placing.RANK_LOW}% 的重抽样中" in words(NOTEBOOKS[1], "zh")
    assert sensitivity.CHANGE == 0.25
    assert "a quarter more and less" in order
    assert "上下各调四分之一" in words(NOTEBOOKS[1], "zh")


@pytest.mark.slow
def test_the_examples_of_the_readme_on_improvement_run():
    study = mining.open_study(SAMPLE / "outpatient_visit" / "log.csv", SAMPLE / "outpatient_visit" / "blueprint.yaml")
    names = {"study": study, "blueprint": study.blueprint, "mining": mining}
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    part = text[text.index("## What to improve first") :]
    code = re.findall(r"```python\n(.*?)```", part[: part.index("\n## ", 3)], flags=re.DOTALL)
    assert len(code) == 2
    for block in code:
        exec(block.replace('"sample_logs/', f'"{SAMPLE.as_posix()}/'), names)
    assert names["found"].priorities.ranked["rank"].iloc[0] == 1
