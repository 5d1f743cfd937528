"""A standard on an attribute that changes inside the cases: what it is judged by is said among the limits."""

import mining
from mining.report.evidence import limits
from mining.report.formats import Writer
from tests.helpers import blueprint_dict, frame, parsed, traces


def said(values, lang="en", **more):
    """The limits of a report on two cases of three steps, with the values of an attribute."""
    rows = frame(traces("abc", "abc")).assign(amount=values)
    standard = {
        "id": "S1",
        "dimension": "quality",
        "metric": "attribute",
        "attr": "amount",
        "max": 1,
        "severity": "minor",
        "basis": "x",
    } | more
    log = {"attributes": {"amount": {"column": "amount", "type": "number"}}}
    document = blueprint_dict(["a", "b", "c"], "abc", standards=[standard])
    document["log"] = document["log"] | log
    blueprint = parsed(document)
    study = mining.Study(mining.EventLog.from_frame(rows, columns=blueprint.binding), blueprint)
    return [line for line in limits(study, Writer(lang, "UTC")) if "“amount”" in line]


def test_it_is_said_that_the_first_of_several_values_is_judged():
    assert said([0, 0, 5, 0, 0, 0]) == [
        "S1 is judged by the first value of “amount” in each case; 1 of 2 cases hold several. By a later value they can have "
        "another verdict."
    ]
    assert len(said([0, 0, 5, 0, 0, 0], "zh")) == 1


def test_nothing_is_said_where_a_case_has_one_value_or_a_step_is_named():
    assert said([0, 0, 0, 1, 1, 1]) == []
    assert said([0, 0, 5, 0, 0, 0], of="c") == []


def test_the_note_of_the_reader_says_which_value_counts():
    rows = frame(traces("abc")).assign(amount=[0, 0, 5])
    log = {"attributes": {"amount": {"column": "amount", "type": "number"}}}
    document = blueprint_dict(["a", "b", "c"], "abc")
    document["log"] = document["log"] | log
    read = mining.EventLog.from_frame(rows, columns=parsed(document).binding)
    assert "the first is taken, for an outcome the last" in read.attribute_notes("amount")[-1]
