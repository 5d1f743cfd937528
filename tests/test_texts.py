"""Every sentence is there in both languages, is used, and stands in one place."""

from __future__ import annotations

import re

import yaml

from mining.texts import Loader, catalogue
from tests.helpers import ROOT

CJK = re.compile(r"[\u3000-\u303f\u3400-\u9fff\uff00-\uffef]")
FILES = sorted((ROOT / "mining").glob("texts*.yaml"))
WORDS = (
    "dimension",
    "kind",
    "pattern",
    "severity",
    "verdict",
    "priority",
    "status",
    "decision",
)  # of frames, told in the workbook

ABOUT_CHINESE = ("engagement.help.customer_term",)  # a choice between two Chinese words


def test_every_text_has_both_languages_and_the_same_places():
    for key, texts in catalogue().items():
        assert set(texts) == {"en", "zh"}, key
        assert not CJK.search(texts["en"]) or key in ABOUT_CHINESE, key
        places = [set(re.findall(r"\{(\w+)\}", text)) for text in texts.values()]
        assert places[0] == places[1] or key.startswith(("rule.", "report.version")), key


def test_no_key_stands_twice_in_the_catalogue():
    found = []
    for path in FILES:
        lines = path.read_text("utf-8").splitlines()
        keys = [line.split(":")[0] for line in lines if line and not line.startswith(("#", " "))]
        assert len(keys) == len(set(keys)) == len(yaml.load("\n".join(lines), Loader)), path.name
        found += keys
    assert len(found) == len(set(found))
    assert set(found) == set(catalogue())


def test_keys_used_exist_and_keys_that_exist_are_used():
    files = [*(ROOT / "mining").rglob("*.py"), *(ROOT / "mining").rglob("*.j2")]
    source = "\n".join(path.read_text("utf-8") for path in files)
    literal = set(re.findall(r'(?:\bsay|\bt)\(\s*"([\w.]+)"', source))
    assert {key for key in literal if not key.endswith(".")} - set(catalogue()) == set()
    quoted = set(re.findall(r'"([a-z_]+\.[\w.]+)"', source))
    stems = set(re.findall(r'f"([a-z_]+\.[\w.]*)\{', source)) | set(re.findall(r'"([a-z_]+\.)" ~', source))
    stems |= {f"{name}." for name in WORDS}
    unused = [key for key in catalogue() if key not in quoted and not key.startswith(tuple(stems))]
    assert unused == []
