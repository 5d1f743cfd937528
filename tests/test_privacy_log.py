"""A pseudonymous log: no name is left in it, and every check finds what it found before."""

import pickle
from dataclasses import fields, is_dataclass, replace
from functools import cache

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import mining
from mining.errors import BlueprintError, LogError, UnknownNameError
from mining.handovers.automation import automation_of
from mining.log.store import open_store, write_store
from mining.log.table import Problem
from mining.privacy import (
    Key,
    Pseudonyms,
    is_pseudonymous,
    pseudonymised,
    pseudonymous_blueprint,
    pseudonymous_log,
)
from mining.privacy.of_log import LEFT_OUT
from mining.privacy.pseudonyms import MASK
from tests.examples import examples
from tests.helpers import ROOT, blueprint, frame

KEY = Key(b"0123456789abcdef")
NAMES = Pseudonyms(KEY)
SERVICES = {"permit_receipt": None, "it_incident": "customer", "bank_loan": None, "outpatient_visit": None}
ARRAYS = ("activity", "start", "end", "scheduled", "suspended", "resource", "row", "start_row", "scheduled_row", "tie")
COLUMNS = {"case": "case", "activity": "activity", "timestamp": "time", "resource": "who"}


def small(**more):
    """Three cases of two customers; a column that nothing is bound to; a case id with a blank before it."""
    table = pd.DataFrame(
        {
            "case": ["C-1", "C-1", " C-1", "C-2", "C-2"], "activity": ["a", "b", "a", "a", "b"],
            "time": ["2026-03-02", "2026-03-03", "2026-03-02", "2026-03-02", "2026-03-04"],
            "who": ["Ann Lee", "Bob", "Bob", None, "Ann Lee"], "customer": ["Zoe", "Zoe", "Yan", "Yan", "Yan"],
            "remark": ["C-1 called", "x", "x", "y", "x"],
        }
    )  # fmt: skip
    binding = COLUMNS | {"attributes": {"customer": "customer"}} | more
    return mining.EventLog.from_frame(table, columns=binding)


@cache
def service(name):
    norm = mining.read_blueprint(ROOT / "sample_logs" / name / "blueprint.yaml")
    log = mining.read_log(ROOT / "sample_logs" / name / "log.csv", columns=norm.binding)
    return log, norm, pseudonymised(log, norm, NAMES, customer=SERVICES[name])


def texts_in(value, seen=None):
    """Every text that can be reached from a value: in arrays, tables, dictionaries of columns, dataclasses."""
    seen = set() if seen is None else seen
    if isinstance(value, str):
        yield value
    if value is None or isinstance(value, str | bytes | int | float) or id(value) in seen:
        return
    seen.add(id(value))
    if isinstance(value, np.ndarray):
        if value.dtype == object:
            yield from (x for x in value.tolist() if isinstance(x, str))
    elif isinstance(value, pa.Table):
        for column in value.columns:
            yield from texts_in(column, seen)
    elif isinstance(value, pa.ChunkedArray):
        for chunk in value.chunks:
            words = chunk.dictionary if pa.types.is_dictionary(chunk.type) else chunk
            yield from (x for x in words.to_pylist() if isinstance(x, str))
    elif isinstance(value, dict):
        for name, each in value.items():
            yield from texts_in(name, seen)
            yield from texts_in(each, seen)
    elif isinstance(value, list | tuple | set | frozenset):
        for each in value:
            yield from texts_in(each, seen)
    elif is_dataclass(value):
        for each in (*fields(value),):
            yield from texts_in(getattr(value, each.name), seen)
        yield from texts_in(vars(value), seen)


def names_of(log, customer=None):
    found = {*log.case_ids.tolist(), *log.resources}
    return found | ({x for x in log.attribute(customer) if x} if customer else set())


def leaks(log, names):
    """Names that stand in a log, as a whole text or as a part of one."""
    texts = {x for x in texts_in(log) if x != log.source.path}
    return {name for name in names if name in texts} | {
        name for name in names for note in (*log.notes, *map(str, log.problems)) if name in note
    }


@pytest.mark.parametrize("name", SERVICES)
def test_no_name_is_left_in_anything_that_the_log_holds(name):
    log, _, made = service(name)
    names = names_of(log, SERVICES[name])
    assert leaks(log, names)  # the walk finds them where they are
    for attribute in made.log.binding.attributes:
        made.log.attribute(attribute)  # what is kept from then on is looked at too
        made.log.values(attribute)
    assert leaks(made.log, names) == set()
    assert leaks(made.log.bind(made.blueprint.binding), names) == set()
    assert made.log.n_cases == log.n_cases
    assert made.log.case_ids.tolist() == sorted(NAMES.of("case", log.case_ids.tolist()))


@pytest.mark.few_quick(1)
@pytest.mark.parametrize("name", SERVICES)
def test_every_verdict_of_every_case_is_what_it_was(name):
    log, norm, made = service(name)
    one = mining.Study(log, norm).verdicts().frame
    two = mining.Study(made.log, made.blueprint).verdicts().frame
    place = dict(zip(log.case_ids, NAMES.of("case", log.case_ids.tolist()), strict=True))
    tables = [
        x.assign(case_id=x["case_id"].map(place) if x is one else x["case_id"])
        .sort_values(["case_id", "check"])
        .reset_index(drop=True)
        .astype(dict.fromkeys(("check", "verdict", "gross", "dimension", "unit"), str))
        for x in (one, two)
    ]
    pd.testing.assert_frame_equal(*tables)
    assert {"fail", "pass"} <= set(tables[0]["verdict"])


def test_members_of_roles_are_those_that_they_were():
    log, norm, made = service("bank_loan")
    study, private = mining.Study(log, norm), mining.Study(made.log, made.blueprint)
    roles = [x for x in study.checks if x.dimension == "role"]
    failing = {x.id: int((x.verdict == 1).sum()) for x in roles}
    assert failing == {x.id: int((x.verdict == 1).sum()) for x in private.checks if x.dimension == "role"}
    assert sum(len(x.resources) for x in norm.roles) == sum(len(x.resources) for x in made.blueprint.roles) > 0
    assert not {y for x in norm.roles for y in x.resources} & {y for x in made.blueprint.roles for y in x.resources}
    assert made.blueprint.sha256 == norm.sha256


@pytest.mark.parametrize("name", ["it_incident"])
def test_handovers_and_staff_table_find_what_they_found(name):
    log, norm, _ = service(name)
    rows = [(x, role.id) for role in norm.roles for x in role.resources]
    roster = mining.read_roster(pd.DataFrame(rows, columns=["resource", "role"]))
    made = pseudonymised(log, norm, NAMES, customer="customer", roster=roster)
    one, two = mining.Study(log, norm, roster=roster), mining.Study(made.log, made.blueprint, roster=made.roster)
    for table in (one, two):
        assert len(table.handovers("role").frame) > 3
    pd.testing.assert_frame_equal(one.handovers("role").frame, two.handovers("role").frame)
    columns = ["n", "cases"]
    first, second = one.handovers(named=True).frame, two.handovers(named=True).frame
    assert sorted(map(tuple, first[columns].values)) == sorted(map(tuple, second[columns].values))
    coverage = made.roster.coverage(made.log)
    assert (coverage.in_both, coverage.instances) == (roster.coverage(log).in_both, roster.coverage(log).instances)


def test_a_log_built_from_the_pseudonymous_source_is_the_same():
    for name in SERVICES:
        log = service(name)[2].log
        again = mining.EventLog.from_source(log.source, columns=log.binding)
        assert again.case_ids.tolist() == log.case_ids.tolist()
        assert (again.labels, again.resources, again.lineage) == (log.labels, log.resources, log.lineage)
        for part in (*ARRAYS, "offsets"):
            assert np.array_equal(getattr(again, part), getattr(log, part)), part


def test_a_part_of_a_log_stays_that_part():
    log = service("it_incident")[0]
    part = log.take(np.arange(log.n_cases) % 3 == 0, "two of three")
    made = pseudonymous_log(part, NAMES, "customer")
    assert made.case_ids.tolist() == sorted(NAMES.of("case", part.case_ids.tolist()))
    assert made.lineage == part.lineage
    assert sorted(made.row.tolist()) == sorted(part.row.tolist())
    values = dict(zip(NAMES.of("case", part.case_ids.tolist()), part.attribute("priority"), strict=True))
    assert [values[x] for x in made.case_ids] == made.attribute("priority").tolist()


def test_what_nothing_is_bound_to_is_left_out_and_said():
    log = small()
    made = pseudonymous_log(log, NAMES, "customer")
    assert made.source.table.column_names == ["case", "activity", "time", "who", "customer", LEFT_OUT]
    assert made.source.table[LEFT_OUT].to_pylist() == [0, 1, 1, 2, 1]  # only which rows agree
    assert any("1 columns that nothing is bound to are left out" in note and "'remark'" in note for note in made.notes)
    assert any(KEY.fingerprint in note for note in made.notes)
    with pytest.raises(UnknownNameError, match="remark"):
        made.column("remark")
    with pytest.raises(LogError, match="no column 'remark'"):
        made.bind(replace(made.binding, resource="remark"))


def test_words_that_differ_in_blanks_only_stay_different_and_join_as_before():
    made = pseudonymous_log(small(), NAMES, "customer")
    plain = NAMES.of("case", ["C-1"])[0]
    assert sorted(made.case_ids) == sorted([" " + plain, plain, NAMES.of("case", ["C-2"])[0]])
    assert len({x.strip() for x in made.case_ids}) == 2


def test_missing_stays_missing():
    made = pseudonymous_log(small(), NAMES, "customer")
    assert (made.resource == -1).sum() == 1
    assert made.source.table["who"].null_count == 1


def test_numbers_are_the_texts_that_the_log_shows():
    table = pd.DataFrame({"case": [7.0, 8.0, 7.0], "activity": list("aba"), "time": pd.to_datetime(["2026-03-02"] * 3)})
    log = mining.EventLog.from_frame(table, columns={k: COLUMNS[k] for k in ("case", "activity", "timestamp")})
    assert log.case_ids.tolist() == ["7", "8"]
    assert pseudonymous_log(log, NAMES).case_ids.tolist() == sorted(NAMES.of("case", ["7", "8"]))


def test_a_customer_number_is_the_same_whether_it_is_written_07_or_7():
    table = small().source.table.to_pandas().assign(number=["07", "7", "8", "x", None])
    attribute = {"column": "number", "type": "number"}
    log = mining.EventLog.from_frame(table, columns=COLUMNS | {"attributes": {"number": attribute}})
    made = pseudonymous_log(log, NAMES, "number")
    seven, eight = NAMES.of("customer", ["7", "8"])
    assert made.binding.attributes["number"].type == "string"
    assert made.source.table["number"].to_pylist() == [seven, seven, eight, None, None]


def test_an_attribute_that_holds_resources_is_replaced_and_said():
    table = small().source.table.to_pandas().assign(approver=["Ann Lee", None, "Bob", "Bob", "Bob"])
    bound = COLUMNS | {"attributes": {"approver": "approver"}}
    log = mining.EventLog.from_frame(table, columns=bound)
    made = pseudonymous_log(log, NAMES)
    assert set(made.attribute("approver")) == set(NAMES.of("resource", ["Ann Lee", "Bob"]))
    assert any("2 of 2 words of attribute 'approver' name a resource" in note for note in made.notes)
    plain = pseudonymous_log(log, NAMES, disclose=["approver"])
    assert set(plain.attribute("approver")) == {"Ann Lee", "Bob"}


def test_an_attribute_with_a_few_names_is_left_and_said_and_short_numbers_are_no_names():
    table = small().source.table.to_pandas().assign(case=list("11233"), level=list("12112"), unit=["Bob", *"wxyz"])
    log = mining.EventLog.from_frame(table, columns=COLUMNS | {"attributes": {"level": "level", "unit": "unit"}})
    made = pseudonymous_log(log, NAMES)
    assert set(made.attribute("level")) <= {"1", "2"}
    assert any("attribute 'unit': 1 of its words are names" in note for note in made.notes)


def test_an_attribute_that_is_called_like_a_customer_is_replaced_without_being_asked():
    made = pseudonymous_log(small(), NAMES)
    assert set(made.attribute("customer")) == set(NAMES.of("customer", ["Zoe", "Yan"]))
    assert any("called as columns of persons are" in note for note in made.notes)


def test_texts_of_problems_are_masked_but_for_activities_and_times():
    log = small()
    found = (
        Problem("malformed row", 3, None, "C-1,Ann Lee", "left out"),
        Problem("odd", 1, "who", "Ann Lee", "kept for 'Ann Lee'"),
        Problem("odd", 1, "time", "soon", "missing"),
    )
    source = replace(log.source, problems=found, notes=("the last is 'Bob'", "case C-1 is twice", "plain"))
    log = mining.EventLog.from_source(source, columns=log.binding)
    made = pseudonymous_log(log, NAMES, "customer")
    assert [x.raw for x in made.problems[:3]] == [MASK, MASK, "soon"]
    assert [x.what for x in made.problems[:3]] == ["left out", MASK, "missing"]
    assert "plain" in made.notes
    assert "2 notes held a name and are left out" in made.notes
    assert leaks(made, {"C-1", "C-2", "Ann Lee", "Bob", "Zoe", "Yan"}) == set()
    assert any("2 examples of problems are masked" in note for note in made.notes)


def test_a_piece_and_a_pseudonymous_log_are_refused():
    log = service("it_incident")[0]
    with pytest.raises(LogError, match="piece of a log"):
        pseudonymous_log(next(iter(log.pieces(100))), NAMES)
    made = service("it_incident")[2].log
    assert is_pseudonymous(made)
    with pytest.raises(LogError, match=f"pseudonymous already.*{KEY.fingerprint}"):
        pseudonymous_log(made, NAMES)


def test_unknown_customers_and_attributes_are_refused_with_a_hint():
    with pytest.raises(UnknownNameError, match="customer: unknown attribute 'custmer'.*'customer'"):
        pseudonymous_log(small(), NAMES, "custmer")
    with pytest.raises(UnknownNameError, match="disclose: unknown attribute"):
        pseudonymous_log(small(), NAMES, disclose=["nothing"])
    log = small(attributes={"at": {"column": "time", "type": "datetime"}})
    with pytest.raises(LogError, match="names no customer"):
        pseudonymous_log(log, NAMES, "at")


@pytest.fixture(scope="module")
def stored(tmp_path_factory):
    log = service("it_incident")[0]
    return open_store(write_store(log, tmp_path_factory.mktemp("store") / "log.parquet")).log()


def test_a_log_in_a_store_is_the_same_pseudonymous_log(stored):
    one, two = service("it_incident")[2].log, pseudonymous_log(stored, NAMES, "customer")
    assert two.store == stored.store
    for part in (*ARRAYS, "offsets", "case_ids"):
        assert np.array_equal(getattr(one, part), getattr(two, part)), part
    for name in one.binding.attributes:
        assert one.attribute(name).tolist() == two.attribute(name).tolist()
        assert one.values(name).tolist() == two.values(name).tolist()
    some = np.arange(one.n_cases) % 5 == 1
    assert one.take(some).attribute("customer").tolist() == two.take(some).attribute("customer").tolist()
    pieces = [x.values("customer").tolist() for x in two.pieces(500)]
    assert sum(pieces, []) == one.values("customer").tolist()
    assert leaks(pickle.loads(pickle.dumps(two)), names_of(stored, "customer")) == set()


def test_columns_of_a_store_that_were_not_bound_cannot_be_asked_for(stored):
    attributes = {k: v for k, v in stored.binding.attributes.items() if k != "customer"}
    made = pseudonymous_log(stored.bind(replace(stored.binding, attributes=attributes)), NAMES)
    with pytest.raises(LogError, match="not bound when the pseudonyms were made"):
        made.column("customer")
    with pytest.raises(LogError, match="not bound when the pseudonyms were made"):
        made.bind(stored.binding).attribute("customer")
    assert set(made.column("channel").to_pylist()) == set(stored.column("channel").to_pylist())


def test_conditions_on_names_are_asked_of_pseudonyms():
    log, norm, _ = service("it_incident")
    when = (mining.blueprint.model.Condition("customer", "in", ["customer-02"]),)
    asked = replace(norm, rules=(replace(norm.rules[0], when=when), *norm.rules[1:]))
    made = pseudonymised(log, asked, NAMES, customer="customer")
    one, two = (mining.Study(*x).summary().row(norm.rules[0].id) for x in ((log, asked), (made.log, made.blueprint)))
    assert one["not_applicable"] == two["not_applicable"] > 0
    assert made.blueprint.rules[0].when[0].value == NAMES.of("customer", ["customer-02"])


def test_a_condition_that_no_pseudonym_can_answer_is_refused():
    log, norm, made = service("it_incident")
    when = (mining.blueprint.model.Condition("customer", ">", "customer-02"),)
    asked = replace(norm, rules=(replace(norm.rules[0], when=when), *norm.rules[1:]))
    with pytest.raises(BlueprintError, match=f"{norm.rules[0].id} asks whether customer >"):
        pseudonymous_blueprint(asked, made.log, NAMES)


def test_system_accounts_are_given_as_pseudonyms_and_names_are_refused():
    log, norm, made = service("bank_loan")
    accounts = [x for x in log.resources if x.startswith("systems")]
    one = automation_of(mining.Study(log, norm), accounts)
    study = mining.Study(made.log, made.blueprint)
    two = automation_of(study, NAMES.of("resource", accounts))
    assert (one.rate, one.straight_through, one.undecided) == (two.rate, two.straight_through, two.undecided)
    assert one.rate.passed > 0
    with pytest.raises(UnknownNameError, match="unknown system account"):
        automation_of(study, accounts)


def test_a_recognised_log_is_bound_as_the_blueprint_says_first():
    norm = blueprint(["a", "b"], "ab")
    cases = {"c1": [("A", 1.0), ("B", 2.0)], "c2": [("A", 1.0)]}
    made = pseudonymised(mining.EventLog.from_frame(frame(cases), columns=norm.binding), norm, NAMES)
    assert mining.Study(made.log, made.blueprint).instances.n_cases == 2


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["1", "10", " 1", "x", "é"]), st.sampled_from("ab"), st.sampled_from(["u", None, "v "])
        ),
        min_size=1,
        max_size=12,
    ),
    st.binary(min_size=16, max_size=20),
)
@settings(max_examples=examples(15), deadline=None)
def test_any_log_is_the_same_but_for_its_names(rows, secret):
    names = Pseudonyms(Key(secret))
    table = pd.DataFrame(rows, columns=["case", "activity", "who"]).assign(time="2026-03-02")
    log = mining.EventLog.from_frame(table, columns=COLUMNS)
    made = pseudonymous_log(log, names)
    back = dict(zip(names.of("case", log.case_ids.tolist()), log.case_ids, strict=True))
    who = dict(zip(names.of("resource", log.resources), log.resources, strict=True))
    one, two = log.to_frame(), made.to_frame()
    two = two.assign(case=two["case"].map(back), resource=[None if pd.isna(x) else who[x] for x in two["resource"]])
    order = ["case", "row"]
    pd.testing.assert_frame_equal(
        one.sort_values(order).reset_index(drop=True),
        two.sort_values(order).reset_index(drop=True).astype(one.dtypes.to_dict()),
    )
    assert made.case_ids.tolist() == sorted(made.case_ids)
    assert list(made.resources) == sorted(made.resources)
    assert made.lineage == log.lineage
