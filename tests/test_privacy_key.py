"""Keys, pseudonyms, and what may be shown."""

import base64
import copy
import hashlib
import hmac
import os
import pickle
import re
import stat

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mining
from mining.errors import MiningError, UnknownNameError
from mining.log.pii import kinds_in
from mining.privacy import (
    Key,
    Privacy,
    Pseudonyms,
    disclosure_warnings,
    key_for,
    named_by_checks,
    new_key,
    own_folder,
    pseudonym_table,
    pseudonymous_log,
    pseudonymous_roster,
    pseudonymous_table,
    read_key,
    shown_attributes,
    write_pseudonym_table,
)
from mining.privacy import key as key_module
from mining.voice import read_incidents, read_mystery, read_needs, read_survey
from tests.examples import examples
from tests.helpers import ROOT

SECRET = bytes(range(32))
KEY = Key(SECRET)
NAMES = Pseudonyms(KEY)
posix = pytest.mark.skipif(os.name != "posix", reason="modes of files are of POSIX")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("APPDATA", str(tmp_path / "config"))
    monkeypatch.delenv("MINING_KEY", raising=False)


def test_a_pseudonym_is_the_hmac_that_rfc_2104_defines():
    """By hand, without the module hmac: H(key xor opad, H(key xor ipad, text)), block of 64 bytes."""
    block = SECRET.ljust(64, b"\0")
    inner = hashlib.sha256(bytes(x ^ 0x36 for x in block) + "resource\0Zoë".encode()).digest()
    digest = hashlib.sha256(bytes(x ^ 0x5C for x in block) + inner).digest()
    assert NAMES.of("resource", ["Zoë"]) == [base64.b32encode(digest).decode()[:12]]


def test_kinds_and_keys_have_pseudonyms_of_their_own():
    found = [NAMES.of(kind, ["7"])[0] for kind in ("case", "customer", "resource", "person")]
    found += Pseudonyms(Key(SECRET[::-1])).of("case", ["7"])
    assert len(set(found)) == 5
    assert all(re.fullmatch("[A-Z2-7]{12}", x) for x in found)


@given(st.lists(st.text(max_size=6), max_size=8))
@settings(max_examples=examples(50), deadline=None)
def test_equal_words_and_only_these_have_equal_pseudonyms(words):
    made = NAMES.of("case", words)
    assert len(set(made)) == len(set(words))
    assert dict(zip(words, made, strict=True)) == {word: NAMES.of("case", [word])[0] for word in words}
    assert [x.strip() for x in made] == NAMES.of("case", [x.strip() for x in words])


def test_two_words_with_one_pseudonym_are_refused(monkeypatch):
    monkeypatch.setattr(hmac, "digest", lambda key, text, name: b"\0" * 32)
    assert NAMES.of("case", ["a", "a", " a"]) == ["A" * 12, "A" * 12, " " + "A" * 12]
    with pytest.raises(MiningError, match="one pseudonym.*Take another key"):
        NAMES.of("case", ["a", "b"])


def test_another_kind_is_refused():
    with pytest.raises(UnknownNameError, match="unknown kind 'cases'"):
        NAMES.of("cases", ["a"])


def test_a_key_never_shows_its_bytes():
    assert KEY.fingerprint == hmac.new(SECRET, b"fingerprint", "sha256").hexdigest()[:16]
    for text in (repr(KEY), str(KEY), repr(NAMES), repr({"key": KEY})):
        assert SECRET.hex() not in text
        assert repr(SECRET) not in text
    for copied in (pickle.dumps, copy.deepcopy):
        with pytest.raises(MiningError, match="not written out"):
            copied(NAMES)


@posix
def test_a_new_key_is_for_its_owner_alone(tmp_path):
    made = new_key(tmp_path / "keys" / "a.key")
    assert stat.S_IMODE((tmp_path / "keys" / "a.key").stat().st_mode) == 0o600
    assert stat.S_IMODE((tmp_path / "keys").stat().st_mode) & 0o077 == 0
    assert len(made.bytes) == 32
    assert read_key(tmp_path / "keys" / "a.key").bytes == made.bytes
    assert new_key(tmp_path / "b.key").bytes != made.bytes


def test_a_key_is_not_replaced(tmp_path):
    before = new_key(tmp_path / "a.key").bytes
    with pytest.raises(MiningError, match="is there already"):
        new_key(tmp_path / "a.key")
    assert read_key(tmp_path / "a.key").bytes == before
    with pytest.raises(MiningError, match="cannot be written"):
        new_key(tmp_path / "a.key" / "b.key")


@posix
@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o601])
def test_a_key_that_others_can_reach_is_refused(tmp_path, mode):
    new_key(tmp_path / "a.key")
    (tmp_path / "a.key").chmod(mode)
    with pytest.raises(MiningError, match=f"mode {mode:o}.*chmod 600"):
        read_key(tmp_path / "a.key")


def written(path, text):
    path.write_bytes(text)
    path.chmod(0o600)
    return path


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"", "holds no key"),
        (b"not a key!", "holds no key"),
        (b"\xff\xfe", "holds no key"),
        (b"00112233445566778899aabbccddee", "15 bytes is too short"),
        (b"MFRGG", "too short"),
    ],
)
def test_what_is_no_key_is_refused(tmp_path, text, why):
    with pytest.raises(MiningError, match=why) as error:
        read_key(written(tmp_path / "a.key", text))
    assert len(text) < 5 or text.decode("latin-1") not in str(error.value)


def test_a_key_is_read_as_hexadecimal_and_as_base32(tmp_path):
    assert read_key(written(tmp_path / "a", SECRET.hex().upper().encode() + b"\r\n")).bytes == SECRET
    assert read_key(written(tmp_path / "b", base64.b32encode(SECRET))).bytes == SECRET
    spaced = re.sub("(.{4})", r"\1 ", base64.b32encode(SECRET).decode().rstrip("=").lower())
    assert read_key(written(tmp_path / "c", spaced.encode())).bytes == SECRET


def test_a_key_that_is_not_there_or_a_folder_is_refused(tmp_path):
    with pytest.raises(MiningError, match="cannot be read.*mining key new"):
        read_key(tmp_path / "none.key")
    with pytest.raises(MiningError, match="is no file"):
        read_key(tmp_path)


def test_the_key_of_an_engagement_is_that_of_file_environment_or_user_in_this_order(tmp_path, monkeypatch):
    out = tmp_path / "out"
    own = key_for(None, "permit", out)
    assert key_for(None, "permit", out).bytes == own.bytes
    assert own_folder() == tmp_path / "config" / "service-mining"
    assert [x.name for x in own_folder().iterdir()] == ["permit.key"]
    assert key_for(None, "../x", out).bytes != key_for(None, ".._x", out).bytes
    assert len(list(own_folder().iterdir())) == 3
    monkeypatch.setenv("MINING_KEY", SECRET.hex())
    assert key_for(None, "permit", out).bytes == SECRET
    file = new_key(tmp_path / "a.key")
    assert key_for(tmp_path / "a.key", "permit", out).bytes == file.bytes
    monkeypatch.setenv("MINING_KEY", "")
    with pytest.raises(MiningError, match="MINING_KEY holds no key"):
        key_for(None, "permit", out)


def test_a_relative_folder_of_settings_is_ignored(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CONFIG_HOME", "here")
    monkeypatch.setattr(key_module.Path, "home", lambda: tmp_path)
    monkeypatch.setattr(key_module.sys, "platform", "linux")
    assert own_folder() == tmp_path / ".config" / "service-mining"
    monkeypatch.setattr(key_module.sys, "platform", "win32")
    assert own_folder() == tmp_path / "config" / "service-mining"


def test_a_key_in_the_folder_that_is_written_is_refused(tmp_path):
    out = tmp_path / "out"
    new_key(out / "below" / "a.key")
    with pytest.raises(MiningError, match="lies in the folder that is written"):
        key_for(out / "below" / "a.key", "x", out)
    with pytest.raises(MiningError, match="lies in the folder that is written"):
        key_for(None, "x", tmp_path)
    assert not (tmp_path / "config").exists()
    (tmp_path / "link.key").symlink_to(out / "below" / "a.key")
    with pytest.raises(MiningError, match="lies in the folder that is written"):
        key_for(tmp_path / "link.key", "x", out)


# --- tables beside the log


def test_tables_join_as_they_did_and_name_nobody():
    folder = ROOT / "sample_logs" / "it_incident"
    norm = mining.read_blueprint(folder / "blueprint.yaml")
    log = mining.read_log(folder / "log.csv", columns=norm.binding)
    one, two = (mining.Study(x, norm) for x in (log, pseudonymous_log(log, NAMES, "customer")))
    survey = read_survey(folder / "survey.csv", tz=norm.tz)
    plain = survey.frame.copy()
    plain.loc[plain.index[::3], ["case_id", "customer_id"]] = [None, "customer-02"]
    survey = type(survey)(survey.path, survey.sha256, survey.n_rows, plain, survey.notes)
    made = pseudonymous_table(survey, NAMES)
    first, second = survey.joined(one, customer="customer"), made.joined(two, customer="customer")
    assert first.counts == second.counts
    assert first.counts["customer_id:matched"] > 0
    cases = NAMES.of("case", log.case_ids.tolist())
    assert [cases[i] if i >= 0 else None for i in first.case] == [
        two.log.case_ids[i] if i >= 0 else None for i in second.case
    ]
    assert not set(made.frame["case_id"].dropna()) & set(log.case_ids)


def test_shoppers_coders_and_respondents_are_replaced_and_free_text_is_left_out():
    at = "2026-03-02T09:00Z"
    mystery = read_mystery(
        pd.DataFrame({"visit_id": [1, 2], "visited_at": at, "site": "n", "standard_id": "s", "result": "pass", "shopper": ["Ann", None],
                      "note": ["met Bob", None]})
    )  # fmt: skip
    made = pseudonymous_table(mystery, NAMES)
    assert made.frame["shopper"].dropna().tolist() == NAMES.of("person", ["Ann"])
    assert made.frame.dtypes.equals(mystery.frame.dtypes)
    assert made.frame["note"].isna().all()
    assert made.notes[-1] == "free text left out, since names may stand in it: column note, 1 rows"
    assert pseudonymous_table(mystery, NAMES, keep=["note"]).frame["note"].tolist()[0] == "met Bob"
    assert mystery.frame["shopper"].dropna().tolist() == ["Ann"]
    incidents = read_incidents(
        pd.DataFrame({"id": [1, 2], "at": at, "category": "c", "valence": "-", "quote": ["yes", "no"], "consent": ["yes", "no"],
                      "coder": "Eve", "case_id": ["C-1", None]})
    )  # fmt: skip
    made = pseudonymous_table(incidents, NAMES)
    assert made.quotes()["quote"].tolist() == ["yes"]
    assert made.frame["quote"].dropna().tolist() == ["yes"]
    assert made.frame["case_id"].dropna().tolist() == NAMES.of("case", ["C-1"])
    assert set(made.frame["coder"]) == set(NAMES.of("person", ["Eve"]))
    needs = read_needs(pd.DataFrame({"need_id": ["n"], "text": ["by phone"], "respondent": ["Zoe"]}))
    assert pseudonymous_table(needs, NAMES).frame["respondent"].tolist() == NAMES.of("person", ["Zoe"])
    roster = mining.read_roster(pd.DataFrame({"resource": [" ann "], "role": ["clerk"]}))
    assert list(pseudonymous_roster(roster, NAMES).resource) == NAMES.of("resource", ["ann"])


def test_the_way_back_is_whole_and_kept_away_from_the_audit(tmp_path, study):
    table = pseudonym_table(study.log, NAMES)
    cases = table[table["kind"] == "case"]
    assert cases["original"].tolist() == study.log.case_ids.tolist()
    assert cases["pseudonym"].tolist() == NAMES.of("case", study.log.case_ids.tolist())
    assert set(table["kind"]) == {"case", "resource"}
    path = write_pseudonym_table(table, tmp_path / "map.csv")
    assert os.name != "posix" or stat.S_IMODE(path.stat().st_mode) == 0o600
    pd.testing.assert_frame_equal(pd.read_csv(path, dtype=str), table)
    with pytest.raises(MiningError, match="is there already"):
        write_pseudonym_table(table, path)
    (tmp_path / "audit" / "below").mkdir(parents=True)
    (tmp_path / "audit" / "manifest.json").write_text("{}")
    for place in ("audit", "audit/below"):
        with pytest.raises(MiningError, match="holds an audit file"):
            write_pseudonym_table(table, tmp_path / place / "map.csv")
    with pytest.raises(MiningError, match="is pseudonymous"):
        pseudonym_table(pseudonymous_log(study.log, NAMES), NAMES)


def test_a_formula_in_a_name_is_no_formula(tmp_path):
    table = pd.DataFrame({"kind": "case", "original": ["=cmd|'/C calc'!A0", "plain"], "pseudonym": ["A", "B"]})
    text = write_pseudonym_table(table, tmp_path / "map.csv").read_text("utf-8-sig")
    assert text.splitlines()[1] == "case,'=cmd|'/C calc'!A0,A"


# --- what may be shown


def test_attributes_that_checks_name_are_shown_and_personal_ones_only_if_listed():
    folder = ROOT / "sample_logs" / "it_incident"
    norm = mining.read_blueprint(folder / "blueprint.yaml")
    log = mining.read_log(folder / "log.csv", columns=norm.binding)
    assert set(named_by_checks(norm)) == {"channel", "service_level", "solution"}
    assert shown_attributes(log, norm) == ("channel", "service_level", "solution")
    assert shown_attributes(log, norm, ["priority"]) == ("channel", "priority", "service_level", "solution")
    assert shown_attributes(log, norm, ["customer"]) == ("channel", "customer", "service_level", "solution")
    assert disclosure_warnings(log, ["priority"]) == ()
    (warning,) = disclosure_warnings(log, ["customer"])
    assert "“customer”" in warning
    with pytest.raises(UnknownNameError, match="disclose: unknown attribute 'prioritty'.*'priority'"):
        shown_attributes(log, norm, ["prioritty"])


def test_an_attribute_with_mail_addresses_is_not_shown_though_a_check_names_it(study):
    frame = study.log.source.table.to_pandas()
    frame["channel"] = "ann@example.org"
    log = mining.EventLog.from_frame(frame, columns=study.blueprint.binding)
    assert "channel" in shown_attributes(study, study.blueprint)
    assert "channel" not in shown_attributes(log, study.blueprint)
    assert "email" in disclosure_warnings(log, ["channel"])[0]


def test_privacy_says_what_was_done_in_both_languages():
    made = Privacy(fingerprint=KEY.fingerprint, purpose="service audit", disclosed=("channel",))
    assert made.to_dict() == {
        "pseudonyms": True, "fingerprint": KEY.fingerprint, "purpose": "service audit", "disclosed": ["channel"], "k": 5,
    }  # fmt: skip
    for lang in ("en", "zh"):
        text = made.sentence(lang)
        assert all(x in text for x in (KEY.fingerprint, "channel", "service audit", "5"))
    assert "switched off" in Privacy(pseudonyms=False).sentence()
    for wrong in ({"pseudonyms": True}, {"pseudonyms": False, "fingerprint": "a"}):
        with pytest.raises(MiningError, match="fingerprint"):
            Privacy(**wrong)


def test_no_pseudonym_is_taken_for_a_bank_account():
    """Twelve characters may have the check digits of an IBAN, but every IBAN is longer."""
    texts = (f"GB{n}ABCD234{x}" for n in range(22, 78) for x in "CDEFG234567")
    fitting = [x for x in texts if int("".join(str(int(y, 36)) for y in x[4:] + x[:4])) % 97 == 1]
    assert len(fitting) > 3
    assert [kinds_in(x) for x in fitting] == [set()] * len(fitting)
    assert kinds_in("NO93 8601 1117 947") == {"iban"}
