"""Follow-up of an audit: every earlier finding by its id, measured again, with a verdict from the interval."""

import json
import shutil
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given as holds_for
from hypothesis import settings
from hypothesis import strategies as st
from statsmodels.stats.proportion import confint_proportions_2indep

import mining
from mining.followup_file import FILES, followup
from mining.record.earlier import (
    FEW,
    LIMIT,
    VERDICTS,
    difference,
    read_earlier,
    remeasured,
    verdict_of,
)
from mining.results import wilson
from mining.study import Study
from mining.verify import verify
from tests.evidence_cases import make, put
from tests.examples import examples as share_of
from tests.helpers import blueprint_dict

THEN = (
    ("abc",) * 60 + ("ac",) * 30 + ("abbc",) * 6 + ("abxc",) * 4
)  # of 100 cases: 30 lack b, 6 repeat it, 4 have an extra X
NOW = ("abc",) * 188 + ("ac",) * 4 + ("abbc",) * 12 + ("acb",) * 6


@pytest.fixture(scope="module")
def old(tmp_path_factory):
    folder = tmp_path_factory.mktemp("old")
    given = put(folder / "in", THEN)
    make(given, folder / "out")
    return SimpleNamespace(folder=folder, given=given, out=folder / "out")


def new_log(folder, cases=NOW, first=1000, **changes):
    """A later log, whose cases have other ids."""
    given = put(folder, cases, **changes)
    table = pd.read_csv(given.log)
    table["case"] = "c" + (table["case"].str[1:].astype(int) + first).astype(str)
    table.to_csv(given.log, index=False)
    return given


@pytest.fixture(scope="module")
def made(old, tmp_path_factory):
    folder = tmp_path_factory.mktemp("new")
    given = new_log(folder)
    return SimpleNamespace(given=given, done=followup(old.out, given.log, folder / "out"), out=folder / "out", old=old)


def row(found, kind, activity="b"):
    """The row of the path finding of a kind."""
    words = {"missing": "missing", "repeated": "again", "extra": "X"}
    rows = found.frame[found.frame["title_en"].str.contains(words[kind])]
    assert len(rows) == 1, found.frame["title_en"].tolist()
    return rows.iloc[0]


def test_counts_of_then_and_now_are_those_counted_by_hand(made):
    found = made.done.remeasured
    missing = row(found, "missing")
    assert (missing["n_before"], missing["judged_before"], missing["n_now"], missing["judged_now"]) == (30, 100, 4, 210)
    assert missing["rate_now"] == pytest.approx(4 / 210)
    assert (missing["low_now"], missing["high_now"]) == pytest.approx(wilson(4, 210))
    assert missing["difference"] == pytest.approx(4 / 210 - 0.3)
    assert missing["verdict"] == "improved"
    repeated = row(found, "repeated")
    assert (repeated["n_before"], repeated["n_now"], repeated["verdict"]) == (6, 12, "unchanged")
    extra = row(found, "extra")
    assert (extra["n_before"], extra["n_now"], extra["judged_now"]) == (4, 0, 210)
    assert extra["verdict"] == "resolved"  # even at the lower end of 4 of 100, 1.57 %: 0.9843 ** 210 = 0.036
    assert found.shared == 0
    assert found.cases == 210


def test_what_was_no_finding_then_is_listed_apart(made):
    fresh = made.done.remeasured.fresh
    assert fresh[["n", "judged"]].to_numpy().tolist() == [[6, 210]]
    assert not set(fresh["finding_id"]) & set(made.done.remeasured.frame["finding_id"])
    assert " New findings: 1." in made.done.remeasured.sentence()


def test_cases_of_both_logs_are_left_out_of_the_new_side(old, tmp_path):
    given = put(tmp_path, THEN + ("ac",) * 40)  # the first 100 cases are those of then
    found = followup(old.out, given.log, tmp_path / "out").remeasured
    assert (found.shared, found.cases) == (100, 40)
    missing = row(found, "missing")
    assert (missing["n_now"], missing["judged_now"], missing["verdict"]) == (40, 40, "worse")
    assert "100 cases are in both logs" in found.sentence()


def test_with_another_key_nobody_can_tell_which_cases_are_in_both(old, tmp_path):
    given = put(tmp_path, THEN)
    loaded = given.loaded()
    found = remeasured(read_earlier(old.out), Study(loaded.log, loaded.blueprint), fingerprint="another")
    assert found.shared is None
    assert found.cases == 100
    assert "cannot be told" in found.sentence()
    assert "无法判断是否有共同案例" in found.sentence("zh")


def test_few_cases_tell_nothing(old, tmp_path):
    given = new_log(tmp_path, ("ac",) * (FEW - 1))
    found = followup(old.out, given.log, tmp_path / "out").remeasured
    assert set(found.frame["verdict"]) == {"cannot_tell"}
    assert set(found.frame["why"]) == {"few_cases"}


def changed(old, tmp_path, flow=("a", "b", "c"), **changes):
    """The follow-up against another blueprint."""
    given = new_log(tmp_path / "new")
    norm = tmp_path / "norm.yaml"
    norm.write_text(json.dumps(blueprint_dict(list(flow), "abc", **changes)), encoding="utf-8")
    return followup(old.out, given.log, tmp_path / "out", blueprint=norm).remeasured


def test_a_blueprint_whose_flow_changed_is_not_compared(old, tmp_path):
    found = changed(old, tmp_path, flow=("a", {"optional": "b"}, "c"))
    assert set(found.frame["verdict"]) == {"not_comparable"}
    assert set(found.frame["why"]) == {"blueprint_changed"}
    assert found.frame["n_now"].isna().all()
    assert any("blueprint has changed" in line for line in found.limits())


def test_a_new_version_that_changes_nothing_a_check_reads_is_compared(old, tmp_path):
    found = changed(old, tmp_path, version="2", owner="Somebody else")
    assert row(found, "missing")["verdict"] == "improved"
    assert found.changes == ()


def test_a_new_rule_leaves_the_findings_of_others_comparable(old, tmp_path):
    rule = {
        "id": "R9",
        "kind": "response",
        "a": "a",
        "b": "c",
        "severity": "major",
        "basis": "Law 1",
        "text": {"en": "c after a"},
    }
    found = changed(old, tmp_path, rules=[rule])
    assert row(found, "missing")["verdict"] == "improved"
    assert len(found.changes) == 1


def test_another_service_is_refused(old, tmp_path):
    with pytest.raises(mining.MiningError, match="findings have nothing in common"):
        changed(old, tmp_path, id="other-service")


def test_a_blueprint_of_then_that_is_gone_is_not_guessed(old, tmp_path):
    shutil.copytree(old.folder, tmp_path / "old")
    (tmp_path / "old" / "in" / "blueprint.yaml").unlink()
    given = new_log(tmp_path / "new")
    with pytest.raises(mining.MiningError, match=r"blueprint.yaml is no longer where it was. Name it: -b"):
        followup(tmp_path / "old" / "out", given.log, tmp_path / "out")
    norm = tmp_path / "norm.yaml"
    norm.write_text(json.dumps(blueprint_dict(["a", "b", "c"], "abc", version="2")), encoding="utf-8")
    found = followup(tmp_path / "old" / "out", given.log, tmp_path / "out", blueprint=norm).remeasured
    assert set(found.frame["why"]) == {"blueprint_unknown"}


@pytest.mark.parametrize("name", ["findings.json", "verdicts.parquet", "manifest.json"])
def test_an_audit_that_was_changed_or_is_none_is_refused(old, tmp_path, name):
    shutil.copytree(old.out, tmp_path / "out")
    path = tmp_path / "out" / name
    path.write_bytes(path.read_bytes()[:-2])
    with pytest.raises(mining.MiningError, match=name):
        read_earlier(tmp_path / "out")
    path.unlink()
    with pytest.raises(mining.MiningError, match=f"no earlier audit: there is no {name}"):
        read_earlier(tmp_path / "out")


def test_findings_of_the_newer_record_are_read_with_owner_and_date(old, tmp_path):
    from mining.record.earlier_audit import _finding

    record = {
        "finding_id": "F-00000001", "status": "open", "severity": "major", "priority": "H", "title": {"en": "t", "zh": "题"},
        "place": {"check": "path"}, "condition": {"n_net": 3, "n_judged": 9, "rate": 1 / 3, "low": 0.1, "high": 0.6},
        "response": {"owner": None, "due": None, "status": None},
        "action": {"actions": [{"owner": "Ann", "due": "2026-06-01", "status": "open"}]},
    }  # fmt: skip
    found = _finding(record)
    assert (found["n"], found["judged"], found["owner"], found["due"], found["state"]) == (
        3,
        9,
        "Ann",
        "2026-06-01",
        "open",
    )


def test_page_table_and_record_say_the_same_and_can_be_verified(made):
    record = json.loads((made.out / "followup.json").read_text("utf-8"))
    table = pd.read_csv(made.out / "followup.csv")
    frame = made.done.remeasured.frame
    assert [x["finding_id"] for x in record["rows"]] == frame["finding_id"].tolist()
    assert (
        table["finding_id"].tolist() == frame["finding_id"].tolist() + made.done.remeasured.fresh["finding_id"].tolist()
    )
    assert table["rate_now"].head(len(frame)).tolist() == pytest.approx(frame["rate_now"].tolist())
    page = (made.out / "followup.html").read_text("utf-8")
    for each in frame.itertuples():
        assert f"{each.n_now:,} / {each.judged_now:,}" in page
        assert each.title_en in page
    assert {path.name for path in made.out.iterdir()} == set(FILES)
    found = verify(made.out)
    assert found.ok, found.problems.to_string()
    assert found.recomputed


@pytest.mark.slow
def test_the_page_in_chinese_has_no_english_words_of_ours(made, tmp_path):
    done = followup(made.old.out, made.given.log, tmp_path / "out", lang="zh")
    page = done.page.read_text("utf-8")
    for word in ("后续审计报告", "以往审计发现的前后对比", "有改善", "已解决", "未按案例构成调整"):
        assert word in page
    assert "Follow-up result" not in page


def test_the_same_follow_up_twice_is_the_same_bytes(made, tmp_path):
    again = made.out.parent / "again"
    followup(made.old.out, made.given.log, again)
    for name in FILES:
        assert (again / name).read_bytes() == (made.out / name).read_bytes(), name


# --- the verdict -----------------------------------------------------------------------------------------------------------


def test_the_interval_is_that_of_newcombe_1998():
    # Newcombe (1998), table II: 56/70 - 48/80, method 10: 0.0524 to 0.3339; 9/10 - 3/10: 0.1705 to 0.8090; 0/10 - 0/10: -0.2775 to 0.2775
    for (a, m, b, n), ends in {
        (56, 70, 48, 80): (0.0524, 0.3339), (9, 10, 3, 10): (0.1705, 0.8090), (10, 10, 0, 10): (0.6075, 1.0),
    }.items():  # fmt: skip
        assert difference(b, n, a, m)[1:] == pytest.approx(ends, abs=5e-5)


@pytest.mark.parametrize(
    ("then", "now", "verdict"),
    [
        ((60, 1000), (0, 200), "resolved"),
        ((60, 1000), (0, 40), "unchanged"),  # at 4.7 %, the lower end: 0.953 ** 40 = 0.15, and the interval holds 0
        ((8, 2000), (0, 900), "unchanged"),  # at 0.20 %, the lower end: 0.998 ** 900 = 0.16
        ((60, 1000), (3, 2000), "resolved"),
        ((60, 1000), (30, 1000), "improved"),
        ((60, 1000), (58, 1000), "unchanged"),
        ((60, 1000), (120, 1000), "worse"),
        ((2, 1000), (0, 900), "unchanged"),
        ((5, 10000), (4, 10000), "unchanged"),  # far below the limit, and yet nothing has changed
        ((0, 1000), (0, 1000), "unchanged"),
        ((0, 1000), (20, 1000), "worse"),
        ((60, 1000), (0, FEW - 1), "cannot_tell"),
        ((20, FEW - 1), (0, 1000), "cannot_tell"),
    ],
    ids=lambda x: x if isinstance(x, str) else f"{x[0]}of{x[1]}",
)
def test_the_printed_rule(then, now, verdict):
    assert verdict_of(*then, *now) == verdict


@holds_for(st.integers(0, 400), st.integers(1, 400), st.integers(0, 400), st.integers(1, 400))
@settings(max_examples=share_of(30), deadline=None)
def test_the_verdict_follows_from_the_intervals(k0, n0, k1, n1):
    k0, k1 = min(k0, n0), min(k1, n1)
    verdict = verdict_of(k0, n0, k1, n1)
    assert verdict in VERDICTS
    if min(n0, n1) < FEW:
        assert verdict == "cannot_tell"
        return
    low, high = confint_proportions_2indep(k1, n1, k0, n0, method="newcomb", compare="diff")
    assert (verdict == "worse") == (low > 0)
    if verdict == "improved":
        assert high < 0
        assert wilson(k1, n1)[1] >= LIMIT
    if verdict == "resolved":
        assert k0 > 0
        assert k1 == 0 or (high < 0 and wilson(k1, n1)[1] < LIMIT)
    if k0 / n0 == k1 / n1 and k1:
        assert verdict == "unchanged"


@pytest.mark.slow
@pytest.mark.parametrize(("rate", "then", "now"), [(0.1, 300, 300), (0.003, 2000, 900), (0.02, 400, 200)])
def test_where_nothing_changed_few_verdicts_say_that_something_did(rate, then, now):
    chance = np.random.default_rng(9)
    drawn = zip(chance.binomial(then, rate, 2000), chance.binomial(now, rate, 2000), strict=True)
    verdicts = pd.Series([verdict_of(int(a), then, int(b), now) for a, b in drawn])
    assert verdicts.isin(("improved", "resolved", "worse")).mean() < 0.07  # nominal 5 %; Newcombe's interval holds it


@pytest.mark.slow
def test_the_findings_of_a_whole_audit_are_followed_up_with_its_key(tmp_path, monkeypatch):
    from mining.audit_file import audit
    from mining.privacy import read_key
    from mining.privacy.key import VARIABLE, new_key

    monkeypatch.delenv(VARIABLE, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "own"))
    given = put(tmp_path / "in", THEN)
    new_key(tmp_path / "engagement.key")
    key = read_key(tmp_path / "engagement.key")
    loaded = given.loaded()
    audit(loaded.log, loaded.blueprint, tmp_path / "out", key=key, formats=["html"])
    plan = pd.read_csv(tmp_path / "out" / "actions.csv", dtype=str)
    plan.loc[0, ["owner", "due"]] = ["Ann", "2026-09-30"]
    plan.to_csv(tmp_path / "out" / "actions.csv", index=False)
    later = put(tmp_path / "new", THEN + ("ac",) * 40)
    found = followup(tmp_path / "out", later.log, tmp_path / "followed", key=key).remeasured
    assert (found.shared, found.cases) == (100, 40)
    missing = row(found, "missing")
    assert (missing["n_before"], missing["judged_before"], missing["n_now"], missing["verdict"]) == (
        30,
        100,
        40,
        "worse",
    )
    owned = found.frame.set_index("finding_id").loc[plan.loc[0, "finding_id"]]
    assert (owned["owner"], owned["due"][:10]) == ("Ann", "2026-09-30")
    assert verify(tmp_path / "followed", key=tmp_path / "engagement.key").ok
    another = followup(tmp_path / "out", later.log, tmp_path / "other", key=new_key(tmp_path / "other.key")).remeasured
    assert another.shared is None
