"""What people write about the findings: ``narrative.yaml``, drafted once and from then on only read."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from mining.blueprint import yaml12
from mining.errors import UnknownNameError
from mining.record.people_file import Part, PeopleFile, Words, inert
from mining.record.rating import SEVERITIES
from mining.record.references import Passage
from mining.texts import LANGUAGES, say

FILE = "narrative.yaml"
CAUSES = ("people", "method", "system", "information", "environment", "design")
BASES = ("stated", "tested")
POSITIONS = ("agree", "partly", "disagree")
STATUSES = ("open", "in_progress", "done", "accepted_risk")
WHOLE = ("summary", "conclusion", "opinion", "response", "differing_opinions")
PER_FINDING = ("title", "severity", "cause", "consequence", "recommendation", "response", "owner", "due", "status")
FINDING = re.compile(r"F-[0-9a-f]{8}")


@dataclass(frozen=True)
class Cause:
    """Why it is so.

    Attributes
    ----------
    kind : str
        ``people``, ``method``, ``system``, ``information``, ``environment``, ``design``; empty: not said.
    text : Words
    basis : str
        ``stated`` (somebody said so) or ``tested``; empty: not said.
    """

    kind: str
    text: Words
    basis: str


@dataclass(frozen=True)
class Response:
    """What management says to a finding.

    Attributes
    ----------
    position : str
        ``agree``, ``partly``, ``disagree``; empty: not said.
    text : Words
    """

    position: str
    text: Words


@dataclass(frozen=True)
class SeverityOverride:
    """A severity that a person gives a finding in place of the check's.

    Attributes
    ----------
    value : {"critical", "major", "minor", "observation"}
    reason : Words
    """

    value: str
    reason: Words


@dataclass(frozen=True)
class Entry:
    """What people wrote about one finding. What they left blank is empty, or None.

    Attributes
    ----------
    finding_id : str
    title : Words
        In place of the finding's own title.
    severity : SeverityOverride or None
    cause : Cause or None
    consequence, recommendation : Words
    response : Response or None
    owner : str
    due : str
        ISO date.
    status : str
        Of what management does about it: ``open``, ``in_progress``, ``done``, ``accepted_risk``; empty: not said.
    """

    finding_id: str
    title: Words = field(default_factory=Words)
    severity: SeverityOverride | None = None
    cause: Cause | None = None
    consequence: Words = field(default_factory=Words)
    recommendation: Words = field(default_factory=Words)
    response: Response | None = None
    owner: str = ""
    due: str = ""
    status: str = ""

    def __bool__(self) -> bool:
        return self != Entry(self.finding_id)

    @property
    def gaps(self) -> tuple[str, ...]:
        """The keys of a complete entry that are still blank."""
        cause, response = self.cause or Cause("", Words(), ""), self.response or Response("", Words())
        given = {
            "cause.kind": cause.kind,
            "cause.basis": cause.basis,
            "cause.text": cause.text,
            "consequence": self.consequence,
            "recommendation": self.recommendation,
            "response.position": response.position,
            "owner": self.owner,
            "due": self.due,
        }
        return tuple(key for key, value in given.items() if not value)

    def to_dict(self) -> dict[str, Any]:
        """What is written, as plain values."""
        return {name: value for name, value in asdict(self).items() if value and name != "finding_id"}


@dataclass(frozen=True)
class Narrative:
    """The words of people. They are read, never rewritten.

    Attributes
    ----------
    entries : dict of str to Entry
        By finding, as they stand in the file, blank ones too.
    summary, conclusion, opinion, response, differing_opinions : Words
        Of the whole: executive summary, conclusion, opinion, the general response of management, opinions that still differ.
    path, sha256 : str
        The file, and the hash of it; empty where there is none.
    lines : dict of path to int
        Line of every key.
    """

    entries: dict[str, Entry] = field(default_factory=dict)
    summary: Words = field(default_factory=Words)
    conclusion: Words = field(default_factory=Words)
    opinion: Words = field(default_factory=Words)
    response: Words = field(default_factory=Words)
    differing_opinions: Words = field(default_factory=Words)
    path: str = field(default="", compare=False)
    sha256: str = field(default="", compare=False)
    lines: dict[yaml12.Path, int] = field(default_factory=dict, compare=False, repr=False)

    def __bool__(self) -> bool:
        return any(self.entries.values()) or any(getattr(self, name) for name in WHOLE)

    def of(self, finding_id: str) -> Entry:
        """What was written about a finding; an empty entry where nothing was."""
        return self.entries.get(finding_id, Entry(finding_id))

    def missing(self, ids: Collection[str]) -> tuple[str, ...]:
        """Findings on which nothing is written, in the order given."""
        return tuple(id for id in ids if not self.entries.get(id))

    def orphans(self, ids: Collection[str]) -> tuple[str, ...]:
        """Entries, with something in them, of findings that are not among these: kept in the file, and named where it is printed."""
        return tuple(id for id, words in self.entries.items() if words and id not in ids)

    def about(self, ids: Collection[str]) -> Narrative:
        """The same without entries of findings that are not among these: nothing of such an entry is printed."""
        return replace(self, entries={id: words for id, words in self.entries.items() if id in ids})

    def gaps(self, ids: Collection[str]) -> dict[str, tuple[str, ...]]:
        """Per finding the keys that a complete finding has and that are still blank; findings without gaps are left out."""
        return {id: gaps for id in ids if (gaps := self.of(id).gaps)}

    def passages(self) -> Iterator[Passage]:
        """Every text, in the order of the file."""
        for name in WHOLE:
            yield from self._passages((name,), getattr(self, name))
        for id, entry in self.entries.items():
            texts: dict[yaml12.Path, Words] = {
                ("title",): entry.title,
                ("severity", "reason"): entry.severity.reason if entry.severity else Words(),
                ("cause", "text"): entry.cause.text if entry.cause else Words(),
                ("consequence",): entry.consequence,
                ("recommendation",): entry.recommendation,
                ("response", "text"): entry.response.text if entry.response else Words(),
            }
            for path, text in texts.items():
                yield from self._passages(("findings", id, *path), text)

    def _passages(self, path: yaml12.Path, words: Words) -> Iterator[Passage]:
        line = self.lines.get(path)
        where = self.path if line is None else f"{self.path}:{line}"
        yield from (Passage(where, ".".join(map(str, path)), text) for text in dict.fromkeys(words.values()))

    def to_dict(self) -> dict[str, Any]:
        """What is said of the whole, and the entries that say something, as plain values."""
        entries = {id: entry.to_dict() for id, entry in self.entries.items() if entry}
        return {name: getattr(self, name).to_dict() for name in WHOLE} | {
            "findings": entries,
            "sha256": self.sha256 or None,
        }


# ---- reading


def read_narrative(path: str | Path) -> Narrative:
    """Read what people wrote on the findings.

    Parameters
    ----------
    path : str or Path
        A file that :func:`draft_narrative` drafted, filled in. Every text may be one text, or ``{en: ..., zh: ...}``.

    Raises
    ------
    MiningError
        With file, line and key of up to twelve mistakes: unknown keys and words, ids that are none, dates that are none, a severity
        without a reason.

    Examples
    --------
    >>> file = examples / "narrative.yaml"
    >>> _ = file.write_text("findings:\\n  F-c9b39b3a:\\n    owner: Ann\\n    due: 2026-06-30\\n")
    >>> read_narrative(file).of("F-c9b39b3a").owner
    'Ann'
    """
    return _read(PeopleFile(path, "a narrative"))


def parse_narrative(text: str, *, name: str = FILE) -> Narrative:
    """As :func:`read_narrative`, from text; ``name`` is for the messages."""
    return _read(PeopleFile(name, "a narrative", text))


def _read(file: PeopleFile) -> Narrative:
    stray = [key for key in file.raw if FINDING.fullmatch(str(key))] if isinstance(file.raw, dict) else []
    whole = file.whole((*WHOLE, "findings", *stray))
    for id in stray:
        file.wrong((id,), "a finding stands under findings:, indented by two blanks.")
    listed = whole.mapping("findings")
    entries = {}
    for id in listed:
        if FINDING.fullmatch(id):
            entries[id] = _entry(id, whole.part("findings", listed).part(id, PER_FINDING))
        else:
            small = id[:1].upper() + id[1:].lower()
            meant = f" Did you mean {small!r}?" if FINDING.fullmatch(small) else ""
            file.wrong(
                ("findings", id),
                f"this is no id of a finding.{meant} They look like F-c9b39b3a; take them from the report.",
            )
    words = {name: whole.words(name) for name in WHOLE}
    file.done()
    return Narrative(entries, **words, path=str(file.path), sha256=file.sha256, lines=file.lines)


def _entry(id: str, part: Part) -> Entry:
    if any("{{" in text for text in part.words("title").values()):
        part.wrong(
            "title", "a title quotes no figures: it stands in tables and charts too. Quote them in the texts below it."
        )
    return Entry(
        finding_id=id,
        title=part.words("title"),
        severity=_severity(part),
        cause=_cause(part.part("cause", ("kind", "basis", "text"))),
        consequence=part.words("consequence"),
        recommendation=part.words("recommendation"),
        response=_response(part.part("response", ("position", "text"))),
        owner=part.text("owner"),
        due=part.day("due"),
        status=part.choice("status", STATUSES),
    )


def _severity(part: Part) -> SeverityOverride | None:
    given = part.part("severity", ("value", "reason"))
    value, reason = given.choice("value", SEVERITIES), given.words("reason")
    if bool(value) != bool(reason):
        blank = "reason" if value else "value"
        part.wrong(
            "severity",
            f"a severity that a person decides needs value and reason; there is no {blank}. Write it, or leave both blank.",
        )
    return SeverityOverride(value, reason) if value else None


def _cause(part: Part) -> Cause | None:
    cause = Cause(part.choice("kind", CAUSES), part.words("text"), part.choice("basis", BASES))
    return cause if cause.kind or cause.text or cause.basis else None


def _response(part: Part) -> Response | None:
    response = Response(part.choice("position", POSITIONS), part.words("text"))
    return response if response.position or response.text else None


# ---- drafting


def draft_narrative(findings: Sequence[tuple[str, str, str, int, str]], lang: str = "en") -> str:
    """An empty narrative with a block for each finding, to be filled in. It is read as an empty one.

    Parameters
    ----------
    findings : sequence of (id, title in English, title in Chinese, rank, priority)
        The ranked ones, in their order.
    lang : {"en", "zh"}
        Language of the comments.

    Examples
    --------
    >>> text = draft_narrative([("F-c9b39b3a", "No reply is sent", "未发出答复", 1, "H")])
    >>> "  # 1, H: No reply is sent" in text.splitlines(), bool(parse_narrative(text))
    (True, False)
    """
    if lang not in LANGUAGES:
        raise UnknownNameError("language", lang, LANGUAGES)
    head = say("narrative.draft.head", lang)
    head = head.replace("F-c9b39b3a", findings[0][0]) if findings else head
    lines = [f"# {line}" for line in head.splitlines()] + [""]
    lines += [_noted(f"{name}:", say(f"narrative.draft.{name}", lang)) for name in WHOLE]
    lines += ["", "findings:"]
    for id, title_en, title_zh, rank, priority in findings:
        title = title_zh if lang == "zh" else title_en
        lines += ["", f"  # {inert(f'{rank}, {priority}: {title}')}", f"  {id}:"]
        for key, what, words in _BLOCK:
            lines.append(_noted(f"    {key}:", say(f"narrative.draft.{what}", lang) if what else " | ".join(words)))
    return "\n".join(lines) + "\n"


_BLOCK = (  # key, what stands beside it, or the words it may have
    ("title", "title", ()),
    ("severity", "severity", ()),
    ("  value", "", SEVERITIES),
    ("  reason", "", ()),
    ("cause", "cause", ()),
    ("  kind", "", CAUSES),
    ("  basis", "", BASES),
    ("  text", "", ()),
    ("consequence", "consequence", ()),
    ("recommendation", "recommendation", ()),
    ("response", "answer", ()),
    ("  position", "", POSITIONS),
    ("  text", "", ()),
    ("owner", "owner", ()),
    ("due", "due", ()),
    ("status", "", STATUSES),
)


def _noted(line: str, note: str) -> str:
    return f"{line:<23} # {note}" if note else line
