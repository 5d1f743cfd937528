"""Sheets of the working papers on what the numbers rest on: manifest, control totals, sample, words and their meaning."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from mining.report import evidence
from mining.report.finding_sheets import head_of
from mining.report.formats import Writer
from mining.report.reviewed import SAMPLE, Filled, filled_in
from mining.report.sheets import Head, Sheet, clock, yes_or_no
from mining.results import plain
from mining.sampling.review import key_of
from mining.study import Study
from mining.texts import LANGUAGES, activity_name, catalogue

if TYPE_CHECKING:
    from mining.record.record import Record

ELSEWHERE = (
    "outputs",
    "given",
)  # hashes of the files written, this one among them, and where the inputs lie: in the manifest alone
TOTALS = "control_totals"
WORDS = (
    *(
        "n_of_n",
        "control_totals",
        "naive",
        "effect",
        "grade",
        "q",
        "e_value",
        "association",
        "sample",
        "sample_precision",
    ),
    *("upper_limit", "withdrawn", "change_request", "tie", "p_top5", "pseudonym"),
)


def flattened(value: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Every value of nested dictionaries and lists with the way to it; what is empty is missing.

    Examples
    --------
    >>> list(flattened({"b": [1, {"c": "x"}], "a": {}}))
    [(('b', '1'), 1), (('b', '2', 'c'), 'x'), (('a',), None)]
    """
    if isinstance(value, dict) and value:
        for name, inner in value.items():
            yield from flattened(inner, (*path, str(name)))
    elif isinstance(value, list | tuple) and value:
        for number, inner in enumerate(value, 1):
            yield from flattened(inner, (*path, str(number)))
    else:
        yield path, None if isinstance(value, dict | list | tuple) else plain(value)


def manifest(record: Record, w: Writer, _filled: Filled) -> Sheet:
    """What the audit was made from and with, value by value; hashes of the files written cannot be known inside one of them."""
    kept = {name: value for name, value in record.evidence.items() if name not in ELSEWHERE}
    rows = [(path[0], " / ".join(path[1:]), value) for path, value in flattened(kept) if path[-1] != "path"]
    kinds = {"section": "text", "item": "long", "value": "long"}
    heads = tuple(head_of(f"manifest_{name}", {f"manifest_{name}": kind}, w) for name, kind in kinds.items())
    return Sheet("manifest", heads, len(rows), rows)


def control_totals(record: Record, w: Writer, _filled: Filled) -> Sheet:
    """The totals by which the owner of the data can tell whether all of it is here."""
    rows = [
        (" / ".join(_total(name, w) for name in path), value)
        for path, value in flattened(record.evidence.get(TOTALS, {}))
        if path
    ]
    heads = (head_of("total", {"total": "long"}, w), head_of("value", {"value": "measure"}, w))
    return Sheet("control_totals", heads, len(rows), rows)


def _total(name: str, w: Writer) -> str:
    """The name of a total in words, where it is one of those that are always made."""
    key = f"sheets.total.{name}"
    return w.say(key) if key in catalogue() else name


def definitions(study: Study, w: Writer) -> Sheet:
    """Words of the working papers in both languages, with their meaning."""
    other = Writer(next(lang for lang in LANGUAGES if lang != w.lang), w.zone)
    known = evidence.glossary(study, w)
    pairs = [
        (word, translation, said)
        for (word, said), (translation, _) in zip(known, evidence.glossary(study, other), strict=True)
    ]
    pairs += [(w.say(f"sheets.word.{x}"), other.say(f"sheets.word.{x}"), w.say(f"sheets.meaning.{x}")) for x in WORDS]
    kinds = {"meaning": "long", "word": "long", "word_other": "long"}
    heads = tuple(head_of(name, kinds, w) for name in ("word", "word_other", "meaning"))
    return Sheet("definitions", heads, len(pairs), pairs)


# --- the sample ------------------------------------------------------------------------------------------------------

SAMPLE_KINDS = {
    **dict.fromkeys(
        ("row", "n_population", "n_drawn", "n_reviewed", "confirmed", "not_confirmed", "not_found"), "count"
    ),
    **dict.fromkeys(("precision", "low", "high", "error_rate", "upper"), "share"),
    **dict.fromkeys(("amount", "error_amount", "upper_amount", "kappa"), "measure"),
    "disputed": "count",
    "at": "time",
    "item": "key",
    "order": "hash",
}


def sample(record: Record, w: Writer, filled: Filled) -> Sheet:
    """What is to be inspected, with room for the results."""
    frame = record.sample.frame.drop(columns=[x for x in SAMPLE.columns if x in record.sample.frame.columns])
    rows = [{str(name): plain(value) for name, value in row.items()} for row in frame.to_dict("records")]
    times = clock(frame["at"], w.zone).tolist() if "at" in frame else [None] * len(rows)
    names = ["item", *(name for name in map(str, frame.columns) if name != "order"), "order"]
    for row, at in zip(rows, times, strict=True):
        row |= {"at": at, "item": key_of(row["test"], row["finding_id"], row["case_id"])}
    shown = [tuple(_sampled(record.study, name, row[name], w) for name in names) for row in rows]
    heads = tuple(head_of(name, SAMPLE_KINDS, w, zone=w.zone) for name in names)
    return filled_in(Sheet("sample", heads, len(shown), shown), SAMPLE, filled, w, last=1)


def _sampled(study: Study, name: str, value: Any, w: Writer) -> Any:
    if name == "test":
        return w.say(f"sampling.test_{value}")
    if name == "activity":
        return activity_name(study.blueprint, value, w.lang) or None
    return value


def evaluation(record: Record, w: Writer, _filled: Filled) -> Sheet:
    """What the inspection came to, per test and class."""
    frame = record.evaluation.frame if record.evaluation is not None else None
    if frame is None:
        return Sheet("evaluation", (Head(w.say("sheets.head.test")),), 0, ())
    names = [str(name) for name in frame.columns]
    rows = [tuple(_evaluated(name, plain(row[name]), w) for name in names) for row in frame.to_dict("records")]
    return Sheet("evaluation", tuple(head_of(name, SAMPLE_KINDS, w) for name in names), len(rows), rows)


def _evaluated(name: str, value: Any, w: Writer) -> Any:
    if name == "test":
        return w.say(f"sampling.test_{value}")
    if name == "conclusion":
        return w.say(f"sampling.conclusion.{value}")
    return yes_or_no(value, w) if isinstance(value, bool) else value
