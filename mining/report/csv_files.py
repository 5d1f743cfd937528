"""The register of findings as a flat table for programs, and for whoever opens it in a spreadsheet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from mining.plan.cells import line_of
from mining.report.formats import Writer
from mining.report.quoting import words_of
from mining.results import plain
from mining.sampling.sample import cell_text

if TYPE_CHECKING:
    from mining.record.findings import FindingRecord
    from mining.record.record import Record

MARK = b"\xef\xbb\xbf"  # without it a spreadsheet in China reads UTF-8 as GBK
CONDITION = (
    *("n_gross", "n_net", "n_judged", "rate_gross", "rate", "low", "high", "n_faults", "excess_h"),
    *("pending", "not_applicable", "not_observable", "first", "last"),
)
CONSEQUENCE = ("harm", "grade", "hours", "hours_low", "hours_high", "loss", "loss_low", "loss_high", "currency")
SAMPLE = ("n_drawn", "n_reviewed", "confirmed", "precision", "low", "high")
COLUMNS = (
    *(
        "finding_id",
        "number",
        "status",
        "priority",
        "cell",
        "severity",
        "severity_by_blueprint",
        "title_en",
        "title_zh",
    ),
    *("check", "dimension", "kind", "activity", "partner", "visible", "blueprint", "version", "promised_share"),
    *CONDITION,
    *("n_allowed", "allowances", "certainty", "flags", "tie", "rank_low", "rank_high", "p_first", "p_top5"),
    *CONSEQUENCE,
    *(f"sample_{name}" for name in SAMPLE),
    *(
        "cause_kind",
        "cause_basis",
        "cause_en",
        "cause_zh",
        "consequence_en",
        "consequence_zh",
        "recommendation_en",
        "recommendation_zh",
    ),
    *("actions", "position", "response_en", "response_zh", "owner", "due", "response_status"),
)


def findings_csv(record: Record) -> bytes:
    """The register of findings: one row per finding, in the order of the record, columns under one name in every language.

    UTF-8 with a mark at its beginning, since without one Excel in China takes the file for GBK; commas; lines end in one newline; numbers
    are written in full; blank is not measured. A text that a spreadsheet could take for a formula has an apostrophe before it, which
    :func:`mining.sampling.sample.unguarded` takes off again: a spreadsheet that opens a CSV file asks nobody, so here the text is changed,
    in a way that can be undone. The same text stands unchanged in ``findings.json``.

    Parameters
    ----------
    record : Record

    Returns
    -------
    bytes
        Equal records give equal bytes.
    """
    lines = [line_of(COLUMNS)]
    for finding in record.findings:
        row = _row(finding, record)
        lines.append(line_of(cell_text(_flat(row[name])) for name in COLUMNS))
    return MARK + "".join(lines).encode("utf-8", "replace")


def _flat(value: Any) -> Any:
    """A list as one text."""
    value = plain(value)
    if isinstance(value, bool):
        return "yes" if value else "no"
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else value


def _row(x: FindingRecord, record: Record) -> dict[str, Any]:
    sample = x.confidence["sample"] or {}
    written = {
        "cause": x.cause["text"],
        "consequence": x.consequence["text"],
        "recommendation": x.action["recommendation"],
    }
    written["response"] = x.response["text"]
    return (
        {
            name: getattr(x, name)
            for name in ("finding_id", "number", "status", "priority", "cell", "severity", "severity_by_blueprint")
        }
        | {f"title_{lang}": x.title[lang] for lang in ("en", "zh")}
        | {name: x.place[name] for name in ("check", "dimension", "kind", "activity", "partner", "visible")}
        | {name: x.criteria[name] for name in ("blueprint", "version", "promised_share")}
        | {name: x.condition[name] for name in CONDITION}
        | x.allowance
        | {
            name: x.confidence[name]
            for name in ("certainty", "flags", "tie", "rank_low", "rank_high", "p_first", "p_top5")
        }
        | {name: x.consequence[name] for name in CONSEQUENCE}
        | {f"sample_{name}": sample.get(name) for name in SAMPLE}
        | {"cause_kind": x.cause["kind"], "cause_basis": x.cause["basis"]}
        | {
            f"{name}_{lang}": words_of(record, text, Writer(lang, "UTC"))
            for name, text in written.items()
            for lang in ("en", "zh")
        }
        | {"actions": [row["action_id"] for row in x.action["actions"]], "position": x.response["position"]}
        | {"owner": x.response["owner"], "due": x.response["due"], "response_status": x.response["status"]}
    )
