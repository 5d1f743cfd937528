"""How a written blueprint looks: short parts on one line, comments where they belong, nothing hidden."""

from datetime import date

import pytest

from mining.blueprint.writing import to_yaml
from mining.errors import BlueprintError

LOOK = {
    "sbp": "1.0",
    "name": {"en": "Pay: now", "no": "Betal"},
    "owner": "line one\n  line two\n",
    "effective": {"from": "2026-01-01"},
    "calendars": {"office": {"tz": "UTC", "closed": ["2026-01-01", "2026-12-25"] * 5}},
    "lanes": [],
    "log": {"case": "case:id", "ignore": ["a", "5bd", "5", "1e5"]},
    "activities": [
        {"id": "a", "name": {"en": "A"}},
        {"id": "b", "name": {"en": "B"}, "touchpoint": {"key": True, "evidence": ["letter"]}},
    ],
    "flow": ["a", {"optional": "b"}, {"choice": [["a", {"loop": "b", "max": 2}], {"optional": ["a", "b"]}, "c"]}],
    "rules": [
        {"id": "R1", "n": 1, "basis": "a" * 60, "text": {"en": "b" * 50}},
        {"id": "R2", "basis": "a" * 60, "text": {"en": "b" * 90, "zh": "字" * 90}},
    ],
}
LOOKS = f"""\
# One
sbp: "1.0"
name: {{en: "Pay: now", "no": Betal}}
# long {"x" * 100}
owner: |
  line one
    line two
effective: {{from: "2026-01-01"}}              # note at a key

calendars:
  office:
    tz: UTC
    closed: ["2026-01-01", "2026-12-25", "2026-01-01", "2026-12-25", "2026-01-01", "2026-12-25", "2026-01-01",
             "2026-12-25", "2026-01-01", "2026-12-25"]

lanes: []

log:
  case: "case:id"
  ignore: [a, 5bd, "5", "1e5"]

activities:
  # lane: not there
  # stage: nor this
  - {{id: a, name: {{en: A}}}}
  - id: b
    name:
      en: B                                  # deep
    touchpoint: {{key: true, evidence: [letter]}}

flow:                                        # note at a section
  - a
  - optional: b
  - choice:                                  # note at an item
      - [a, {{loop: b, max: 2}}]
      - optional: [a, b]
      - c

rules:
  - {{id: R1, n: 1, basis: {"a" * 60},
     text: {{en: {"b" * 50}}}}}
  - id: R2
    basis: {"a" * 60}
    text:
      en: {"b" * 90}
      zh: {"字" * 90}
"""


def test_it_looks_as_people_write_it():
    notes = {
        ("owner",): "long " + "x" * 100,
        ("effective",): "note at a key",
        ("activities", 0, "lane"): "not there",
        ("activities", 0, "stage"): "nor this",
        ("activities", 1, "name", "en"): "deep",
        ("flow",): "note at a section",
        ("flow", 2): "note at an item",
    }
    assert to_yaml(LOOK, head=["One"], notes=notes) == LOOKS


def test_signs_that_cannot_be_seen_cannot_hide():
    assert to_yaml({"owner": "a\u202eb\u200b"}) == 'owner: "a\\u202eb\\u200b"\n'


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"a": [date(2026, 1, 5)]}, r"a\.0: datetime.date\(2026, 1, 5\) is of type date"),
        ({"a": {"b": float("nan")}}, r"a\.b: nan is of type float"),
        ({"a": {1, 2}}, r"a: \{1, 2\} is of type set"),
        ({"a": {1: 2}}, r"a\.1: the key 1 is of type int"),
        ({"flow": [{1: 2}]}, r"flow\.0\.1: the key 1 is of type int"),
        ({"a": b"x"}, r"a: b'x' is of type bytes"),
    ],
)
def test_what_the_format_cannot_hold_is_refused_with_its_place(value, message):
    with pytest.raises(BlueprintError, match=message):
        to_yaml(value)
