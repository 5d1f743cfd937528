"""The tables beside the sample logs: read without complaint, joined without loss, true to the log, and the same bytes when made again."""

import re
import shutil
from functools import cache

import pandas as pd
import pytest
from typer.testing import CliRunner

import mining
from mining.cli import app
from mining.errors import MiningError
from mining.follow_up import series_of
from mining.outcomes import cost_of_poor_quality, read_costs
from mining.plan import lint_actions, metric_of, read_actions
from mining.simulation import Fault, shoppers, simulate
from mining.simulation.samples import main, write_sample
from mining.simulation.side_tables import TABLES, side_tables
from mining.texts import say
from mining.voice import kano_of, read_incidents, read_mystery, read_needs, read_survey
from mining.voice.gaps import pairs_of
from mining.voice.triangulation import triangulation_of
from tests.helpers import ROOT

SAMPLES = sorted(path.name for path in (ROOT / "sample_logs").iterdir() if path.is_dir())
FILES = [name for name, _ in TABLES.values()]
READERS = {
    "survey_touchpoints.csv": read_survey,
    "mystery.csv": read_mystery,
    "incidents.csv": read_incidents,
    "needs.csv": read_needs,
}
EACH = [pytest.param(name, marks=[] if name == "permit_receipt" else pytest.mark.slow) for name in SAMPLES]
WORSE = "S1"  # the standard at which shoppers see more than the log
MOST_BYTES, MOST_BYTES_OF_A_LOG = 300_000, 2_600_000


@cache
def study_of(sample):
    folder = ROOT / "sample_logs" / sample
    blueprint = mining.read_blueprint(folder / "blueprint.yaml")
    return mining.Study(mining.read_log(folder / "log.csv", columns=blueprint.binding), blueprint)


def read(sample, name):
    return READERS[name](ROOT / "sample_logs" / sample / name)


@pytest.mark.parametrize("sample", EACH)
def test_every_table_is_read_and_every_key_of_it_matches(sample):
    study = study_of(sample)
    for name in READERS:
        table = read(sample, name)
        assert len(table) == table.n_rows > 100
        counts = table.joined(study).counts
        keys = {key.split(":")[0] for key, n in counts.items() if key.endswith(":matched") and n}
        assert (
            keys
            >= {
                "survey_touchpoints.csv": {"case_id", "touchpoint"},
                "mystery.csv": {"standard_id"},
                "incidents.csv": {"case_id", "touchpoint"},
                "needs.csv": {"touchpoint"},
            }[name]
        )
        assert {
            key: n for key, n in counts.items() if key.endswith((":unmatched", ":before_start", ":before_end")) and n
        } == {}
    costs = read_costs(ROOT / "sample_logs" / sample / "costs.csv", currency="EUR")
    assert costs.notes == ()
    observable = {a.id for a in study.blueprint.activities if a.observable}
    assert observable <= set(costs.frame["activity"])
    assert cost_of_poor_quality(study, costs).poor > 0


@pytest.mark.parametrize("sample", EACH)
def test_the_files_are_small(sample):
    for name in FILES:
        assert 0 < (ROOT / "sample_logs" / sample / name).stat().st_size < MOST_BYTES


@pytest.mark.parametrize("sample", EACH)
def test_the_plan_is_about_findings_that_exist_and_its_baselines_are_those_of_the_log(sample):
    study = study_of(sample)
    plan, findings = read_actions(ROOT / "sample_logs" / sample / "actions.csv"), study.findings()
    assert set(plan.frame["finding_id"]) <= set(findings.frame["finding_id"])
    lint = lint_actions(plan, findings, study=study, top=0).frame
    assert sorted(zip(lint["problem"], lint["action_id"], strict=True)) == [("no_owner", "A4"), ("overdue", "A3")]
    for action in plan.frame.itertuples():
        assert metric_of(action.metric).of == action.finding_id
        weeks = series_of(study, action.metric, period="week").frame
        before = weeks[weeks["complete"] & (weeks["end"] <= pd.Timestamp(action.start, tz=study.blueprint.tz))]
        assert before["n"].sum() == action.baseline_n
        assert round(before["n_with"].sum() / before["n"].sum(), 3) == action.baseline
        assert 0 <= action.target < action.baseline


@pytest.mark.parametrize("sample", EACH)
def test_shoppers_contradict_the_log_at_one_standard_and_agree_with_it_at_all_others(sample):
    table = triangulation_of(
        study_of(sample), survey=read(sample, "survey_touchpoints.csv"), mystery=read(sample, "mystery.csv")
    )
    standards = table.frame[table.frame["question"] == "standard"].set_index("subject")
    assert standards.index[standards["status"] == "conflict"].tolist() == [WORSE]
    assert "log-mystery" in standards.loc[WORSE, "apart"]
    assert (standards["status"] == "agree").sum() >= 4
    touchpoints = table.conflicts[table.conflicts["question"] == "touchpoint"]["subject"].tolist()
    place = standards.loc[WORSE, "touchpoint"]
    assert touchpoints == ([place] if isinstance(place, str) else [])


@pytest.mark.parametrize("sample", EACH)
def test_the_long_form_goes_with_the_short_one_and_with_the_log(sample):
    folder = ROOT / "sample_logs" / sample
    long = pd.read_csv(folder / "survey_touchpoints.csv", dtype=str, keep_default_na=False)
    short = pd.read_csv(folder / "survey.csv", dtype=str, keep_default_na=False)
    csat = [table[table["kind"] == "csat"].reset_index(drop=True) for table in (long, short)]
    pd.testing.assert_frame_equal(*csat)
    assert set(long["kind"]) == {"csat", "nps", "ces", "expectation", "perception", "importance"}
    pairs, unpaired = pairs_of(read(sample, "survey_touchpoints.csv"))
    assert unpaired == 0
    assert pairs["who"].nunique() >= 150
    nps = long[long["kind"] == "nps"].merge(csat[0], on="case_id")
    assert nps["score_x"].astype(int).corr(nps["score_y"].astype(int)) > 0.6
    truth = pd.read_csv(folder / "truth.csv", dtype=str)
    failed = truth[truth["kind"] == "failed"]
    scores = long[long["kind"] == "perception"].astype({"score": int})
    at = scores.set_index(["case_id", "touchpoint"]).index.isin(
        list(zip(failed["case_id"], failed["activity"], strict=True))
    )
    assert scores[at]["score"].max() <= 3 if at.any() else scores["score"].max() == 5


@pytest.mark.parametrize("sample", EACH)
def test_incidents_of_a_fault_lie_in_cases_that_have_it(sample):
    recipe = mining.blueprint.yaml12.load(
        (ROOT / "sample_logs" / sample / "simulate.yaml").read_text("utf-8"), "recipe"
    )[0]
    truth = pd.read_csv(ROOT / "sample_logs" / sample / "truth.csv", dtype=str, keep_default_na=False)
    failing = {
        check: set(rows["case_id"])
        for check, rows in truth.assign(c=(truth["check"] + ";" + truth["also_fails"]).str.split(";"))
        .explode("c")
        .groupby("c")
    }
    frame = read(sample, "incidents.csv").frame
    first = frame[frame["coder"] == "coder-A"]
    for name, spec in recipe["incidents"]["categories"].items():
        cases = set(first.loc[first["category"] == name, "case_id"])
        assert len(cases) == spec["many"]
        assert cases <= failing[spec["check"]] if "check" in spec else cases.isdisjoint(truth["case_id"])
    complaints = frame[frame["kind"] == "complaint"].drop_duplicates("id")
    assert 0 < (complaints["answered_at"] > 0).sum() < len(complaints)
    assert 0.5 < frame.drop_duplicates("id")["consent"].mean() + 0.2 < 1


@pytest.mark.parametrize("sample", EACH)
def test_most_answers_put_a_need_where_the_recipe_does(sample):
    recipe = mining.blueprint.yaml12.load(
        (ROOT / "sample_logs" / sample / "simulate.yaml").read_text("utf-8"), "recipe"
    )[0]
    kano = kano_of(read(sample, "needs.csv")).frame
    assert dict(zip(kano["need_id"], kano["kano"], strict=True)) == {
        id: need["kano"] for id, need in recipe["needs"]["needs"].items()
    }


@pytest.mark.slow
@pytest.mark.parametrize("sample", SAMPLES)
def test_a_sample_made_again_is_the_same_bytes(sample, tmp_path):
    folder = ROOT / "sample_logs" / sample
    for name in ("blueprint.yaml", "simulate.yaml"):
        shutil.copy(folder / name, tmp_path / name)
    _, names = write_sample(tmp_path)
    assert names == FILES
    for name in ("log.csv", "truth.csv", "survey.csv", *FILES):
        assert (tmp_path / name).read_bytes() == (folder / name).read_bytes(), name
    assert (tmp_path / "log.csv").stat().st_size <= MOST_BYTES_OF_A_LOG


@pytest.mark.slow
@pytest.mark.parametrize("lang", ["en", "zh"])
def test_with_all_tables_no_chapter_of_the_page_is_empty(tmp_path, lang, monkeypatch):
    monkeypatch.setenv(
        "MINING_KEY", "000102030405060708090a0b0c0d0e0f"
    )  # none is made in the home of whoever runs this
    folder = ROOT / "sample_logs" / "permit_receipt"
    given = {"survey": "survey_touchpoints", **{x: x for x in ("mystery", "incidents", "needs", "costs", "actions")}}
    arguments = ["improve", str(folder / "log.csv"), "-b", str(folder / "blueprint.yaml"), "-o", str(tmp_path / "out")]
    for name, file in given.items():
        arguments += [f"--{name}", str(folder / f"{file}.csv")]
    arguments += ["--currency", "EUR", "--ces-easy", "high", "--bootstraps", "100", "--lang", lang]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    page = re.sub(r"<[^>]+>", "", (tmp_path / "out" / "improvement.html").read_text("utf-8"))
    for key in ("no_costs", "no_survey", "no_visits", "no_actions", "drafted"):
        words = say(f"improvement.{key}", lang)
        assert words not in page, words


# ---- the makers


@cache
def made():
    faults = [Fault.parse("late:S1=0.1")]
    return simulate(
        mining.read_blueprint(ROOT / "sample_logs" / "permit_receipt" / "blueprint.yaml"),
        cases=60,
        seed=3,
        faults=faults,
    )


VISITS = {
    "sites": ["here"], "scenarios": ["usual"], "channels": ["Desk"], "notes": {"S1": "late"}, "rates": {"S1": 0.5},
    "mystery": {"visits": 40, "people": 2, "standards": ["S1"]}, "inspection": {"visits": 40, "people": 1, "standards": ["S1"]},
}  # fmt: skip


def test_shoppers_see_the_rate_they_are_told_and_inspections_that_of_the_log():
    columns, rows = shoppers.visits(made(), VISITS)
    frame = pd.DataFrame(rows, columns=list(columns))
    judged = frame[frame["result"] != "na"]
    share = judged["result"].eq("fail").groupby(judged["source"]).mean()
    assert shoppers.log_rate(made(), "S1") == pytest.approx(6 / 60, abs=0.005)
    assert share["mystery"] == pytest.approx(0.5, abs=0.5 / 30)
    assert share["inspection"] == pytest.approx(0.1, abs=0.5 / 30)
    assert set(frame.loc[frame["note"] != "", "result"]) == {"fail"}
    hours = pd.to_datetime(frame["visited_at"], utc=True).dt.tz_convert("Europe/Amsterdam")
    assert hours.dt.day_of_week.max() <= 4
    assert hours.dt.hour.between(8, 16).all()


@pytest.mark.parametrize(
    ("recipe", "message"),
    [
        ({"visits": {}}, "unknown table 'visits'"),
        ({"mystery": VISITS | {"rates": {"S11": 0.1}}}, "unknown standard or rule 'S11'"),
        ({"mystery": {"sites": ["here"]}}, r"the recipe of mystery.csv lacks or misspells something: KeyError\('mystery'\)"),
        ({"costs": [{"activity": "receive", "price": 3}]}, "unknown column 'price'"),
        ({"long_survey": {"people": 3, "touchpoints": {"check_receipt": ["assurance"]}}}, "unknown touchpoint 'check_receipt'"),
        (
            {"needs": {"respondents": 2, "segments": ["a"], "needs": {"N": {"text": "t", "source": "s", "kano": "X"}}}},
            "needs.csv lacks or misspells",
        ),
    ],
    ids=["table", "standard", "key", "column", "touchpoint", "class"],
)  # fmt: skip
def test_a_recipe_that_cannot_be_followed_is_refused(recipe, message):
    with pytest.raises(MiningError, match=message):
        side_tables(made(), recipe)


def test_what_a_plan_does_not_say_is_blank():
    columns, rows = side_tables(made(), {"actions": [{"action_id": "A1", "target": 0.1}]})["actions.csv"]
    assert {key: value for key, value in rows[0].items() if value} == {"action_id": "A1", "target": "0.1"}
    assert set(rows[0]) == set(columns)


def test_the_command_names_the_recipe_that_is_wrong(tmp_path, capsys):
    folder = tmp_path / "one"
    folder.mkdir()
    shutil.copy(ROOT / "sample_logs" / "permit_receipt" / "blueprint.yaml", folder / "blueprint.yaml")
    (folder / "simulate.yaml").write_text("cases: 3\nseed: 1\ncosts: [{price: 1}]\n", encoding="utf-8")
    assert main([str(tmp_path)]) == 1
    assert "simulate.yaml: unknown column 'price'" in capsys.readouterr().err
    (folder / "simulate.yaml").write_text("cases: 3\nseed: 1\ncosts: [{activity: receive}]\n", encoding="utf-8")
    assert main([str(tmp_path)]) == 0
    assert (folder / "costs.csv").read_text() == "activity,cost_per_event,cost_per_hour,cost_kind\nreceive,,,\n"
    assert "0 faulty; costs.csv" in capsys.readouterr().out
