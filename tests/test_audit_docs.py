"""What docs/audit.md says of the audit file is what the code does: files, thresholds, the words of people, commands."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from typer.main import get_command

from mining.audit_file import FILES, NARRATIVE, PLAN, REVIEW
from mining.cli import app
from mining.record import Quoted, parse_narrative, resolve
from mining.record.graded import BLIND_SHARE, FEW_MAJOR, NOT_OPERATING, WIDESPREAD
from mining.report.audit import SIX_HEADINGS
from mining.texts import say

PAGE = (Path(__file__).parents[1] / "docs" / "audit.md").read_text("utf-8")
TABLE = PAGE[: PAGE.index("All documents are written")]


def test_the_table_names_every_file_and_no_other():
    named = set(re.findall(r"`([\w.]+\.(?:html|docx|pdf|pptx|xlsx|json|csv|parquet|yaml))`", TABLE)) - {"house.docx"}
    assert named == {*FILES, NARRATIVE, PLAN, REVIEW}


def test_the_words_of_people_can_be_read_and_their_references_filled_in():
    text = re.search(r"```yaml\n(.*?)```", PAGE, re.DOTALL)[1]
    entry = parse_narrative(text).of("F-c9b39b3a")
    assert entry.cause.kind == "system"
    assert entry.response.position == "agree"
    assert str(entry.due) == "2027-03-31"
    figures = {"F-c9b39b3a.n_net": Quoted(24, "count"), "F-c9b39b3a.n_judged": Quoted(1937, "count")}
    said = resolve(entry.cause.text.get("en"), figures, lambda quoted, form: str(quoted.value))
    assert said.endswith("in 24 of 1937 cases.")


def test_the_thresholds_of_the_rating_are_those_of_the_rule():
    page = " ".join(PAGE.split())
    assert f"more than {BLIND_SHARE:.0%}".replace("%", " %") in page
    assert f"lower 95 % limit is {WIDESPREAD:.0%} or more".replace("5%", "5 %") in page
    assert NOT_OPERATING == 0.5
    assert "fails in half of the cases or more" in page
    assert FEW_MAJOR == 2
    assert "more than two findings of severity major with priority H" in page


def test_the_six_headings_are_those_of_the_outline():
    headings = [say(f"audit.chapter_{chapter.id}", "zh") for chapter in SIX_HEADINGS]
    assert headings == ["审计概况", "审计依据", "审计发现", "审计结论", "审计意见", "审计建议"]
    assert "、".join(headings) in PAGE


@pytest.mark.parametrize("line", sorted(set(re.findall(r"mining ([a-z]+(?: new)?) [^\n`]*", PAGE))))
def test_every_command_is_there(line):
    words = line.split()
    command = get_command(app)
    for word in words:
        command = command.commands[word]
    assert command.name == words[-1]


def test_every_option_is_there():
    commands = get_command(app).commands
    named = {
        "audit": ("--format", "--template", "--engagement", "--key", "--clear-names", "--earlier"),
        "verify": ("--inputs",),
    }
    for name, options in named.items():
        known = {option for parameter in commands[name].params for option in parameter.opts}
        for option in options:
            assert option in PAGE
            assert option in known
