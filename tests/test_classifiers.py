"""A classifier of an XES file as the activity: several attributes joined, with blanks in keys, missing parts and bad names."""

import pytest

from mining.binding import Binding
from mining.errors import LogError, UnknownNameError
from mining.log.classifiers import classifier_keys, with_classifier
from mining.log.xes import read_xes

LOG = """<log>
<classifier name="both" keys="concept:name lifecycle:transition"/><classifier name="blank" keys="Activity code n"/>
<classifier name="case" scope="trace" keys="concept:name"/><classifier name="gone" keys="concept:name nowhere"/>
<classifier name="none" keys=" "/>
<trace><string key="concept:name" value="c1"/>
<event><string key="concept:name" value="A"/><string key="lifecycle:transition" value="start"/></event>
<event><string key="concept:name" value="A"/><string key="Activity code" value="7"/><int key="n" value="8"/></event>
<event><string key="lifecycle:transition" value="complete"/></event><event/></trace></log>"""


@pytest.fixture
def source(tmp_path):
    (tmp_path / "log.xes").write_text(LOG)
    return read_xes(tmp_path / "log.xes")


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("both", ["A+start", "A", "complete", None]),
        ("blank", [None, "7+8", None, None]),
        ("case", ["c1", "c1", "c1", "c1"]),
    ],
)
def test_a_classifier_is_a_column(source, name, values):
    binding = Binding(case="case:concept:name", activity=f"classifier:{name}", timestamp="t")
    for columns in ({"activity": f"classifier:{name}"}, binding):
        found = with_classifier(source, columns)
        assert found.table[f"classifier:{name}"].to_pylist() == values
        assert with_classifier(found, columns) is found
    assert found.table.drop([f"classifier:{name}"]).equals(source.table)


@pytest.mark.parametrize("columns", [None, {}, {"activity": "concept:name"}, {"case": "classifier:both"}])
def test_nothing_is_added_unless_asked_for(source, columns):
    assert with_classifier(source, columns) is source


def test_bad_classifiers_are_named(source):
    with pytest.raises(UnknownNameError, match=r"'bth'(.|\n)*both"):
        with_classifier(source, {"activity": "classifier:bth"})
    with pytest.raises(LogError, match=r"names 'nowhere', but no event of the file has such an attribute"):
        with_classifier(source, {"activity": "classifier:gone"})
    with pytest.raises(LogError, match=r"classifier 'none' names no attribute"):
        with_classifier(source, {"activity": "classifier:none"})


def test_the_longest_key_that_exists_is_taken():
    assert classifier_keys("a b c", ["a", "a b", "c"]) == ["a b", "c"]
    assert classifier_keys("'a b' c", ["a b", "c"]) == ["a b", "c"]
