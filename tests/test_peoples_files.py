"""Files of people in an audit: mistakes told before the log is read, entries of findings that are gone, which of two texts is printed."""

from __future__ import annotations

import json
from pathlib import Path

import openpyxl
import pytest

from mining.audit_file import audit_loaded, audit_versions, check_settings, peoples
from mining.cli_audit import _said
from mining.errors import BlueprintError, MiningError, UnknownNameError
from mining.given import Given
from mining.privacy import Key
from mining.record import draft_engagement, parse_engagement, parse_narrative
from mining.report import write_workpapers
from mining.texts import say
from tests.audit_records import recorded
from tests.helpers import blueprint, blueprint_dict, frame, study, traces

KEY = Key(b"k" * 32)
PLACES = {
    "engagement": ("engagement.yaml", "titel: x\n", "engagement.yaml:1: titel"),
    "sampling": ("engagement.yaml", "sampling: {confidense: 0.9}\n", "engagement.yaml:1: sampling"),
    "narrative": ("narrative.yaml", "sumary: x\n", "narrative.yaml:1: sumary"),
    "review": ("review.csv", "a,b\n1,2\n", "review.csv: no column test"),
    "actions": ("actions.csv", "a,b\n1,2\n", "actions.csv: no column action_id"),
    "roster": ("roster.csv", "a,b\n1,2\n", "roster.csv: no column resource"),
}


def norm_in(folder: Path, **more) -> Path:
    path = folder / f"{more.get('version', '1')}.yaml"
    path.write_text(json.dumps(blueprint_dict(["a", "b"], "ab", **more)), encoding="utf-8")
    return path


@pytest.mark.parametrize("role", PLACES)
def test_what_people_wrote_is_read_before_the_log(tmp_path, role):
    name, text, told = PLACES[role]
    (tmp_path / name).write_text(text, encoding="utf-8")
    given = Given("/nowhere/log.csv", (norm_in(tmp_path),), **{role.replace("sampling", "engagement"): tmp_path / name})
    with pytest.raises(MiningError, match=told):
        given.loaded()


def test_a_draft_and_an_unknown_format_are_refused_before_the_log_is_read(tmp_path):
    norm = norm_in(tmp_path, status="draft")
    with pytest.raises(BlueprintError, match="--draft-ok"):
        Given("/nowhere/log.csv", (norm,)).loaded()
    with pytest.raises(MiningError, match="no such file"):
        Given("/nowhere/log.csv", (norm,), draft_ok=True).loaded()
    with pytest.raises(UnknownNameError, match="'htm'.*'html'"):
        check_settings(Given("/nowhere/log.csv", (norm,), formats=("htm",)))


def test_an_entry_of_a_finding_that_is_gone_may_quote_it_and_a_text_that_is_printed_may_not():
    of = study(blueprint(["a", "b"], "ab"), traces(*["ab"] * 9, "a"))
    gone = "F-00000000"
    kept = parse_narrative(f"findings:\n  {gone}: {{recommendation: 'Mend {{{{{gone}.rate}}}}'}}\n")
    assert recorded(of, narrative=kept).orphans == (gone,)
    printed = parse_narrative(f"summary: 'Of {{{{{gone}.rate}}}}'\n")
    with pytest.raises(MiningError, match=f"summary: .*{gone}.rate.* refers to nothing"):
        recorded(of, narrative=printed)


def readme(record, path: Path, lang: str = "en") -> dict[str, list[str]]:
    write_workpapers(record, path, lang=lang)
    sheet = openpyxl.load_workbook(path)[say("sheet.readme", lang)]
    found: dict[str, list[str]] = {}
    for item, text in sheet.iter_rows(values_only=True, max_col=2):
        found.setdefault(str(item), []).append(str(text))
    return found


@pytest.mark.slow
def test_the_workpapers_say_rating_rule_and_who_decided_otherwise_and_nothing_where_there_is_none(tmp_path):
    cases = traces(*["ab"] * 9, "a")
    said = "rating: {value: no_opinion, reason: {en: Too few cases, zh: 案例太少}, by: Ann}\n"
    settings = parse_engagement(said)
    of = study(blueprint(["a", "b"], "ab"), cases)
    for lang in ("en", "zh"):
        record = recorded(of, engagement=settings)
        found = readme(record, tmp_path / f"{lang}.xlsx", lang)
        assert found[say("audit.define_rating", lang)] == [record.rating.sentence(lang)]
        assert "Ann" in record.rating.sentence(lang)
        assert found[say("audit.rating_rule", lang)] == list(record.rating.rule_lines(lang))
    advisory = recorded(of, engagement=parse_engagement("mode: advisory\n"))
    draft = recorded(study(blueprint(["a", "b"], "ab", status="draft"), cases))
    for k, record in enumerate((advisory, draft)):
        found = readme(record, tmp_path / f"{k}.xlsx")
        assert not {say("audit.define_rating", "en"), say("audit.rating_rule", "en")} & set(found)


def audited(folder: Path, words: str, settings: str):
    log = folder / "log.csv"
    frame(traces(*["ab"] * 9, "a")).to_csv(log, index=False)
    out = folder / "out"
    out.mkdir()
    (out / "narrative.yaml").write_text(words, encoding="utf-8")
    (folder / "engagement.yaml").write_text(settings, encoding="utf-8")
    given = Given(str(log), (norm_in(folder),), engagement=folder / "engagement.yaml", formats=("xlsx",))
    return audit_loaded(peoples(given, out).loaded(), out, key=KEY)


@pytest.mark.slow
def test_of_two_texts_it_is_said_which_is_printed_and_a_narrative_of_another_blueprint_is_named(tmp_path):
    words = "opinion: Mine\nconclusion: Same\nfindings:\n  F-00000000: {owner: Ann}\n"
    made = audited(tmp_path, words, "opinion: Theirs\nconclusion: Same\nimprovement: {bootstraps: 20}\n")
    lines = {lang: _said(made, lang, "1.0") for lang in ("en", "zh")}
    for lang, told in lines.items():
        twice = [
            say("told.twice", lang, text=x, printed="narrative.yaml", other="engagement.yaml")
            for x in ("opinion", "conclusion")
        ]
        assert [x in told for x in twice] == [True, False]
        assert say("told.other", lang, file=made.folder / "narrative.yaml") in told


@pytest.mark.slow
def test_versions_judge_roles_by_the_pseudonyms_of_the_log_and_each_reads_its_own_narrative(tmp_path):
    roles = {"clerk": {"name": {"en": "Clerk", "zh": "人员"}, "resources": ["ann"]}}
    raw = blueprint_dict(["a", "b"], "ab", roles=roles)
    for activity in raw["activities"].values() if isinstance(raw["activities"], dict) else raw["activities"]:
        activity |= {"role": "clerk"}
    days = {"1": {"from": "2020-01-01", "to": "2020-12-31"}, "2": {"from": "2021-01-01"}}
    norms = []
    for version, effective in days.items():
        path = tmp_path / f"v{version}.yaml"
        path.write_text(json.dumps(raw | {"version": version, "effective": effective}), encoding="utf-8")
        norms.append(path)
    log = tmp_path / "log.csv"
    frame(traces(*["ab"] * 9, "a")).to_csv(log, index=False)
    (tmp_path / "engagement.yaml").write_text("improvement: {bootstraps: 20}\n", encoding="utf-8")
    given = Given(str(log), tuple(norms), engagement=tmp_path / "engagement.yaml", formats=("xlsx",))
    made, _ = audit_versions(given.loaded(), tmp_path / "out", key=KEY)
    (audit,) = made.values()
    checks = audit.study.summary().frame.set_index("check")
    asked = [x for x in checks.index if x.startswith("role-")]
    assert checks.loc[asked, "fail"].sum() == 0
    assert checks.loc[asked, "pass"].sum() == 19  # of nine cases both steps, of one the first
    assert not {"ann"} & set(map(str, audit.study.log.resources))
    (audit.folder / "narrative.yaml").write_text("sumary: x\n", encoding="utf-8")
    with pytest.raises(MiningError, match="narrative.yaml:1: sumary"):
        audit_versions(given.loaded(), tmp_path / "out", key=KEY)


@pytest.mark.parametrize(("lang", "word"), [("en", ", approved)"), ("zh", "，已批准）")])
def test_a_draft_of_settings_names_the_status_in_its_language(lang, word):
    assert word in draft_engagement(blueprint(["a", "b"], "ab"), lang).splitlines()[0]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("severity", "bad", "cases", "value", "rule"),
    [  # lower Wilson limits: 9 / 100 4.81 %, 10 / 100 5.52 %, 14 / 20 48.1 %, 15 / 20 53.1 %
        ("critical", 9, 100, "major_improvement", "critical"),
        ("critical", 10, 100, "unsatisfactory", "widespread"),
        ("major", 9, 100, "satisfactory", "no_serious"),
        ("major", 10, 100, "some_improvement", "few_major"),
        ("major", 14, 20, "some_improvement", "few_major"),
        ("major", 15, 20, "unsatisfactory", "not_operating"),
    ],
)
def test_the_rating_of_a_whole_record_turns_where_its_rule_says(severity, bad, cases, value, rule):
    rules = [{"id": "R1", "kind": "precedence", "a": "b", "b": "c", "severity": severity, "basis": "Charter"}]
    norm = blueprint(["a", "b", "c"], "abc", rules=rules)
    found = recorded(study(norm, traces(*["abc"] * (cases - bad), *["acb"] * bad))).rating
    assert (found.value, found.rule) == (value, rule)
