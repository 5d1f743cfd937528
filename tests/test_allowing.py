"""Deviations accepted from Python: judged at once as the saved file would be, and the file otherwise byte for byte as it was."""

import json
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pandas.testing import assert_frame_equal

import mining
from mining.allowing import allow, reach, save_blueprint, taken_back
from mining.blueprint import parse_blueprint
from mining.blueprint.allowed import with_allowances
from mining.blueprint.model import Allowance, Condition, Text
from mining.blueprint.saving import path_of, write_blueprint
from mining.blueprint.writing import to_raw, to_yaml
from mining.errors import BlueprintError, MiningError, UnknownNameError
from mining.selection import Selection, select
from tests.examples import examples
from tests.helpers import ROOT, blueprint_dict

PERMIT = ROOT / "sample_logs" / "permit_receipt"
SAID = {"reason": "Agreed", "approved_by": "Head", "valid": ("2026-01-01", "2026-12-31")}
ENTRY = Allowance(
    "A7", {"kind": "late"}, "accepted", Text({"en": "so: #1", "zh": "如此"}), "The board", ("2026-01-01", "2026-02-01")
)


def finding(study, check, kind=None):
    """The finding of a check, of a kind."""
    table = study.findings().frame
    rows = table[(table["check"] == check) & ((table["kind"] == kind) | (kind is None))]
    return rows["finding_id"].iloc[0]


def assert_equal_tables(one, other):
    for name in ("summary", "verdicts", "deviations", "findings"):
        first, second = getattr(one, name)(), getattr(other, name)()
        assert_frame_equal(first.frame, second.frame)
        assert first.provenance == second.provenance


def allowed_and_saved(study, finding_id, path, **more):
    """Accept a finding, save, and study the saved file from the beginning."""
    less = allow(study, finding_id, **(SAID | more))
    save_blueprint(less, path, overwrite=True)
    return less, mining.Study(study.log, mining.read_blueprint(path), open_cases=study.open_cases, roster=study.roster)


def test_an_accepted_deviation_is_judged_as_a_study_of_the_saved_file_judges_it(study, tmp_path):
    fid = finding(study, "S1")
    less, fresh = allowed_and_saved(
        study, fid, tmp_path / "b.yaml", reason={"en": "Flu", "zh": "流感"}, decision="exempt", max_share=0.2,
        valid=("2026-02-01", "2026-04-30"), when=[{"attr": "channel", "op": "in", "value": ["Desk", "Post"]}],
    )  # fmt: skip
    assert_equal_tables(less, fresh)
    before, after = study.summary().row("S1"), less.summary().row("S1")
    assert after["fail"] < before["fail"]
    assert after["gross"] == before["gross"]
    assert after["net"] > before["net"]
    assert vars(less)["checks"] is study.checks
    assert less.blueprint.allowances[-1] == Allowance(
        "A2", {"standard": "S1"}, "exempt", Text({"en": "Flu", "zh": "流感"}), "Head", ("2026-02-01", "2026-04-30"),
        (Condition("channel", "in", ["Desk", "Post"]),), 0.2,
    )  # fmt: skip


@pytest.mark.slow
@pytest.mark.parametrize("name", ["bank_loan", "it_incident", "outpatient_visit", "permit_receipt"])
def test_every_finding_of_the_samples_can_be_accepted_or_is_refused_with_a_reason(name, tmp_path):
    folder = ROOT / "sample_logs" / name
    study = mining.open_study(folder / "log.csv", folder / "blueprint.yaml")
    accepted = 0
    for row in study.findings().frame.itertuples():
        if row.status == "allowed":
            with pytest.raises(MiningError, match="are allowed already, by A1"):
                allow(study, row.finding_id, **SAID)
        elif row.activity is not None and row.activity not in study.blueprint.by_id and row.dimension == "path":
            with pytest.raises(BlueprintError, match="Give a label of the log to an activity"):
                allow(study, row.finding_id, **SAID)
        else:
            less, fresh = allowed_and_saved(study, row.finding_id, tmp_path / "b.yaml")
            assert_equal_tables(less, fresh)
            found = reach(less, less.blueprint.allowances[-1].id).set_index("finding_id")
            assert found.loc[row.finding_id, "n_cases"] == row.n_net
            accepted += 1
    assert accepted > 4


def test_what_an_entry_covers_beside_its_finding_is_told(study):
    less = allow(study, finding(study, "outcome", "abandoned"), **SAID)
    assert less.blueprint.allowances[-1].match == {"kind": "abandoned"}
    found = reach(less, "A2")
    assert found[["check", "kind"]].values.tolist() == [["outcome", "abandoned"]]
    assert found["share"].iloc[0] == found["n_cases"].iloc[0] / 2000
    with pytest.raises(UnknownNameError, match="unknown allowance 'A9'"):
        reach(less, "A9")


@pytest.mark.slow
def test_of_a_selection_too(study):
    part = select(study, Selection(by="channel", group="Desk"))
    less = allow(part, finding(part, "S1"), **SAID)
    whole = allow(study, finding(study, "S1"), **SAID)
    again = select(whole, Selection(by="channel", group="Desk"))
    assert_equal_tables(less, again)


def test_entries_are_numbered_and_taken_back_one_by_one(study):
    ids = [finding(study, check) for check in ("S1", "R1")]
    one = allow(study, ids[0], **SAID)
    two = allow(one, ids[1], **SAID)
    assert [x.id for x in two.blueprint.allowances] == ["A1", "A2", "A3"]
    only = taken_back(two, "A2")
    assert [x.id for x in only.blueprint.allowances] == ["A1", "A3"]
    assert [x.id for x in allow(only, ids[0], **SAID).blueprint.allowances] == ["A1", "A3", "A2"]
    last = taken_back(only, "A3")
    assert last.blueprint is study.blueprint
    assert_equal_tables(last, study)
    assert taken_back(two, "A3").blueprint.sha256 == one.blueprint.sha256
    with pytest.raises(MiningError, match=r"blueprint.yaml:255: the allowance A1 stands in the file"):
        taken_back(two, "A1")
    with pytest.raises(UnknownNameError, match="unknown allowance 'A4'"):
        taken_back(two, "A4")


REFUSED = [
    ({"reason": " "}, MiningError, "reason (en): ' ' says nothing"),
    ({"reason": {"en": "a", "zh": ""}}, MiningError, "reason (zh): '' says nothing"),
    ({"reason": {}}, MiningError, "reason: {} says nothing"),
    ({"reason": {"English": "a"}}, BlueprintError, "English"),
    ({"approved_by": ""}, MiningError, "approved_by: '' says nothing. An allowance needs who decided it."),
    ({"valid": ("2026-02-01", "2026-01-01")}, MiningError, "2026-01-01, comes before the first, 2026-02-01"),
    ({"valid": ("2026-02-01", None)}, MiningError, "valid: None is not a day"),
    ({"valid": "2026-02-01"}, MiningError, "give the first and the last day"),
    ({"valid": ("2027-02-01", "2027-03-01")}, MiningError, "the entry covers none of the"),
    ({"when": [{"attr": "channel", "op": "==", "value": "Fax"}]}, MiningError, "where channel == Fax, the entry covers none"),
    ({"when": [{"attr": "chanel", "op": "==", "value": "Desk"}]}, BlueprintError, "Did you mean 'channel'"),
    ({"when": [{"attr": "channel"}]}, MiningError, "is no condition"),
    ({"decision": "ignored"}, UnknownNameError, "unknown decision 'ignored'"),
    ({"max_share": 5}, MiningError, "max_share: 5 is no share"),
    ({"max_share": True}, MiningError, "max_share: True is no share"),
]  # fmt: skip


@pytest.mark.parametrize(("given", "error", "told"), REFUSED, ids=range(len(REFUSED)))
def test_what_is_missing_or_wrong_is_refused(study, given, error, told):
    with pytest.raises(error) as raised:
        allow(study, finding(study, "S1"), **(SAID | given))
    assert told in str(raised.value)


def test_a_finding_that_is_not_there_or_accepted_already_is_refused(study):
    with pytest.raises(UnknownNameError, match="unknown finding 'F-0'"):
        allow(study, "F-0", **SAID)
    fid = finding(study, "S1")
    less = allow(study, fid, **SAID)
    with pytest.raises(MiningError, match="all faults of this finding are allowed already, by A2"):
        allow(less, fid, **SAID)
    partly = allow(study, fid, **(SAID | {"valid": ("2026-01-01", "2026-03-31")}))
    with pytest.raises(MiningError, match="A2 allows the same already, from 2026-01-01 to 2026-03-31"):
        allow(partly, fid, **(SAID | {"valid": ("2026-02-01", "2026-03-31")}))
    assert len(allow(partly, fid, **(SAID | {"valid": ("2026-04-01", "2026-12-31")})).blueprint.allowances) == 3
    label = (
        study.findings().frame.query("activity == 'Call the applicant' and dimension == 'path'")["finding_id"].iloc[0]
    )
    with pytest.raises(BlueprintError, match="this finding has: extra 'Call the applicant'. Give a label"):
        allow(study, label, **SAID)


# --- the text ----------------------------------------------------------------------------------------------------------

ORIGINAL = (PERMIT / "blueprint.yaml").read_bytes().decode("utf-8")
HEAD, LIST = ORIGINAL.split("allow:", 1)
NONE = HEAD.rstrip("\n") + "\n"
OWN = LIST[LIST.index("\n") :]
FIRST, REST = NONE.split("\n", 1)
SHORT = "{id: A1, match: {rule: R1}, decision: accepted, reason: {en: 'a]'}, approved_by: B, valid: [2026-01-01, 2026-02-01]}"
LONG = """- id: A1
  match: {rule: R1}
  decision: accepted
  approved_by: B
  valid: [2026-01-01, 2026-02-01]
  reason:
    en: |
      for
      this  # no comment
"""
FORMS = {
    "list": ORIGINAL,
    "no list": NONE,
    "no list, no end of line": NONE.rstrip("\n"),
    "no list, comment at the end": NONE + "# the end\n",
    "end of the document": NONE + "...\n",
    "empty list": NONE + "allow: []\n",
    "empty list with a comment": NONE + "allow: []   # nothing, so far\n# the end\n",
    "empty list in the middle": FIRST + "\nallow: []\n\n" + REST,
    "empty list around a comment": NONE + "allow: [  # nothing\n  ]\n",
    "list in brackets": NONE + f"allow: [{SHORT}]\n",
    "list in brackets, comma at the end": NONE + f"allow: [\n  {SHORT},  # one\n]\n",
    "list at the margin": NONE + f"allow:\n- {SHORT}  # until then\n# and not after\n",
    "list in the middle": FIRST + "\nallow:" + OWN + "\n" + REST,
    "text over lines": NONE + f"allow:\n{LONG}\n# the end\n",
    "carriage returns": ORIGINAL.replace("\n", "\r\n"),
    "mark of order": "\ufeff" + ORIGINAL,
    "mark of order and carriage returns, no list": "\ufeff" + NONE.replace("\n", "\r\n"),
    "tabs in comments": ORIGINAL + "#\ta tab\t\n",
    "as JSON": json.dumps(blueprint_dict(["a", "b"], "ab"), ensure_ascii=False, indent=1),
    "as JSON, with a list": json.dumps(blueprint_dict(["a", "b"], "ab", allow=[]), indent=1),
}


@pytest.mark.few_quick(5)
@pytest.mark.parametrize("form", FORMS)
def test_the_entry_is_put_in_and_all_else_stays_byte_for_byte(form, tmp_path):
    text, file = FORMS[form], tmp_path / "b.yaml"
    file.write_bytes(text.encode("utf-8"))
    norm = mining.read_blueprint(file)
    made = with_allowances(
        norm, [ENTRY, replace(ENTRY, id="A8", when=(Condition("channel", "==", "a, b"),))][: 1 if "JSON" in form else 2]
    )
    assert [x.id for x in made.allowances][-1] == ("A7" if "JSON" in form else "A8")
    assert made.allowances[len(norm.allowances)] == ENTRY
    assert {**to_raw(made), "allow": 0} == {**to_raw(norm), "allow": 0}
    new, old = made.data.decode("utf-8"), text
    if "\nallow: []" in text:
        old = text.replace("\nallow: []", "\nallow:")  # the brackets go, and nothing else
    front = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), len(old))
    back = next((i for i, (a, b) in enumerate(zip(old[::-1], new[::-1], strict=False)) if a != b), len(old))
    assert front + back >= len(old)
    assert ("\r\n" in text) == ("\r\n" in new)
    assert "\r\n" not in text or "\n" not in new.replace("\r\n", "")
    assert made.files == ()
    assert made.sha256 != norm.sha256
    assert with_allowances(made, []) is norm


@pytest.mark.slow
@given(
    st.text(max_size=30),
    st.text(max_size=30),
    st.sampled_from(["list", "no list", "list in brackets", "carriage returns"]),
)
@settings(max_examples=examples(20), deadline=None)
def test_any_text_is_read_back_as_it_was_written_or_refused(reason, who, form):
    norm = parse_blueprint(FORMS[form].replace("\r\n", "\n"), name="nowhere.yaml")
    entry = replace(ENTRY, reason=Text({"en": reason}), approved_by=who)
    try:
        made = with_allowances(norm, [entry])
    except BlueprintError:
        assert not who or any("\ud800" <= x <= "\udfff" for x in reason + who)
        return
    assert made.allowances[-1] == entry


def test_a_file_that_was_changed_or_a_blueprint_that_says_something_else_is_refused(tmp_path):
    file = tmp_path / "b.yaml"
    file.write_bytes(ORIGINAL.encode("utf-8"))
    norm = mining.read_blueprint(file)
    with pytest.raises(BlueprintError, match="says something else than its file"):
        with_allowances(replace(norm, owner="Somebody"), [ENTRY])
    with pytest.raises(BlueprintError, match="says something else than its file"):
        with_allowances(replace(with_allowances(norm, [ENTRY]), owner="Somebody", base=None), [ENTRY])
    file.write_bytes(ORIGINAL.encode("utf-8") + b"# changed\n")
    with pytest.raises(BlueprintError, match="the file has been changed since the blueprint was read"):
        with_allowances(norm, [ENTRY])


# --- the file ----------------------------------------------------------------------------------------------------------


def test_saving_writes_what_the_tables_were_made_from_and_replaces_nothing_unasked(study, tmp_path):
    less = allow(study, finding(study, "S1"), **SAID)
    file = tmp_path / "new" / "b.yaml"
    saved = save_blueprint(less, file)
    assert file.read_bytes() == less.blueprint.data
    assert [x.name for x in file.parent.iterdir()] == ["b.yaml"]
    assert (saved.blueprint.path, saved.blueprint.sha256) == (str(file), less.blueprint.sha256)
    assert type(saved.blueprint) is type(study.blueprint)
    assert_equal_tables(saved, less)
    with pytest.raises(MiningError, match="is there already"):
        save_blueprint(less, file)
    more = save_blueprint(allow(saved, finding(study, "R1"), **SAID), file, overwrite=True)
    assert [x.id for x in more.blueprint.allowances] == ["A1", "A2", "A3"]
    with pytest.raises(MiningError, match=r"its name must end in .yaml, such as b.yaml"):
        save_blueprint(less, tmp_path / "b.txt")
    other = tmp_path / "engagement.yaml"
    other.write_text("client: x\n")
    with pytest.raises(MiningError, match="is no blueprint, so it is not replaced"):
        save_blueprint(less, other, overwrite=True)
    other.write_bytes((ROOT / "sample_logs/bank_loan/blueprint.yaml").read_bytes())
    with pytest.raises(MiningError, match="is the blueprint of bank-loan, not of permit-receipt"):
        save_blueprint(less, other, overwrite=True)
    with pytest.raises(MiningError, match="cannot write there"):
        save_blueprint(less, other / "b.yaml")


@pytest.mark.slow
def test_a_file_is_replaced_with_its_rights_its_link_and_nobody_elses_change(tmp_path, monkeypatch):
    source = ROOT / "sample_logs/permit_receipt/blueprint.yaml"
    file, link, home = tmp_path / "b.yaml", tmp_path / "link.yaml", tmp_path / "home"
    file.write_bytes(source.read_bytes())
    file.chmod(0o600)
    link.symlink_to(file)
    more = with_allowances(mining.read_blueprint(file), [ENTRY])
    read = write_blueprint(more, link, overwrite=True)
    assert link.is_symlink()
    assert file.stat().st_mode & 0o777 == 0o600
    assert (read.path, file.read_bytes()) == (str(link), more.data)
    with pytest.raises(BlueprintError, match="the file has been changed since"):  # by the line above
        write_blueprint(more, file, overwrite=True)
    twice = with_allowances(read, [replace(ENTRY, id="A8", approved_by="Ann")])
    file.chmod(0o400)
    with pytest.raises(MiningError, match="may not be written to"):
        write_blueprint(twice, link, overwrite=True)
    monkeypatch.setenv("HOME", str(home))
    assert path_of("~/new.yaml") == home / "new.yaml"
    for name in ("a\0.yaml", "a\ud800.yaml", "a" * 300 + ".yaml"):
        with pytest.raises(MiningError, match="cannot write there"):
            write_blueprint(twice, tmp_path / name)
    assert sorted(x.name for x in tmp_path.iterdir()) == ["b.yaml", "link.yaml"]


@pytest.mark.slow
def test_a_flow_in_a_bpmn_file_must_stand_beside_the_new_file(study, tmp_path):
    raw = to_raw(study.blueprint)
    (tmp_path / "flow.bpmn").write_bytes(mining.to_bpmn(study.blueprint))
    (tmp_path / "b.yaml").write_text(to_yaml(raw | {"flow": {"bpmn": "flow.bpmn"}}), encoding="utf-8")
    own = mining.Study(study.log, mining.read_blueprint(tmp_path / "b.yaml"))
    less = allow(own, finding(own, "S1"), **SAID)
    assert save_blueprint(less, tmp_path / "c.yaml").blueprint.sha256 == less.blueprint.sha256
    with pytest.raises(MiningError, match=r"kept in flow.bpmn, and .* is not that file"):
        save_blueprint(less, tmp_path / "other" / "c.yaml")


@pytest.mark.slow
def test_a_blueprint_in_memory_is_written_in_the_form_of_the_package(study, tmp_path):
    norm = parse_blueprint(study.blueprint.to_yaml(), name="nowhere.yaml")
    own = mining.Study(study.log, norm)
    less = allow(own, finding(own, "S1"), **SAID)
    saved = save_blueprint(less, tmp_path / "b.yaml")
    assert to_raw(saved.blueprint) == to_raw(less.blueprint)
    assert saved.blueprint.sha256 == less.blueprint.sha256
