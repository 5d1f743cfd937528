"""An audit with everything in it, small enough for a test: side tables, narrative, plan, inspected sample, an earlier audit."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import yaml

from mining.audit_file import Audit, audit_loaded, peoples
from mining.given import Given
from mining.privacy import Key
from tests.helpers import ROOT

SERVICE = ROOT / "sample_logs" / "permit_receipt"
KEY = Key(b"k" * 32)
CASES, EARLIER_CASES, BOOTSTRAPS = 400, 250, 20


@dataclass(frozen=True)
class Audited:
    """The folder of an audit, the audit, and its record as it was written."""

    folder: Path
    audit: Audit

    @property
    def record(self) -> Any:
        """The record that all documents are made from."""
        return self.audit.record

    def json(self, name: str) -> Any:
        """One of the files for programs."""
        return json.loads((self.folder / name).read_text("utf-8"))


def cut(home: Path, name: str, n: int) -> Path:
    """The log of the first cases by their name."""
    events = pd.read_csv(SERVICE / "log.csv", dtype=str, keep_default_na=False)
    kept = events[events["case_id"] <= f"C{n:05d}"]
    path = home / name
    kept.to_csv(path, index=False)
    return path


def engagement_of(home: Path) -> Path:
    """The engagement of the sample, with its tables, few bootstraps, a conclusion and an opinion that quote."""
    said = yaml.safe_load((SERVICE / "engagement.yaml").read_text("utf-8"))
    said["tables"] = {name: str(SERVICE / file) for name, file in said["tables"].items()}
    said["improvement"]["bootstraps"] = BOOTSTRAPS
    said["conclusion"] = {"en": "Of {{totals.cases}} cases we read all.", "zh": "共审阅 {{totals.cases}} 个案例。"}
    said["opinion"] = {
        "en": "The promise is kept in {{checks.S1.gross}} of them.",
        "zh": "承诺兑现率为 {{checks.S1.gross}}。",
    }
    path = home / "engagement.yaml"
    path.write_text(yaml.safe_dump(said, allow_unicode=True), encoding="utf-8")
    return path


def narrative_of(ids: list[str], change_severity: str) -> dict[str, Any]:
    """What people write on the first findings; all numbers of it are references."""

    def entry(id: str, position: str) -> dict[str, Any]:
        quoted = "{{" + id + ".rate}}", "{{" + id + ".hours}}", "{{" + id + ".n_net|number}}"
        return {
            "cause": {
                "kind": "method", "basis": "stated",
                "text": {"en": f"Nobody checks; {quoted[0]} of the cases.", "zh": f"无人检查，占 {quoted[0]}。"},
            },
            "consequence": {"en": f"It costs {quoted[1]} hours a year.", "zh": f"每年耗费 {quoted[1]} 小时。"},
            "recommendation": {"en": f"Check the {quoted[2]} cases.", "zh": f"复核这 {quoted[2]} 个案例。"},
            "response": {"position": position, "text": {"en": f"We see {quoted[2]} of them.", "zh": f"我们看到 {quoted[2]} 个。"}},
            "owner": "Head of intake", "due": "2026-12-31", "status": "in_progress",
        }  # fmt: skip

    positions = ("agree", "partly", "disagree")
    findings = {id: entry(id, positions[k]) for k, id in enumerate(ids[:3])}
    findings[change_severity] = {"severity": {"value": "minor", "reason": {"en": "Seldom seen.", "zh": "很少发生。"}}}
    findings["F-00000000"] = {"owner": "Nobody"}
    top = ids[0]
    return {
        "summary": {"en": "First of all: {{" + top + ".rate}} of {{" + top + ".n_judged}}.",
                    "zh": "首要问题占 {{" + top + ".n_judged}} 个案例的 {{" + top + ".rate}}。"},
        "response": {"en": "We thank the team for {{totals.findings}} findings.", "zh": "感谢提出 {{totals.findings}} 项问题。"},
        "differing_opinions": {"en": "We count {{totals.cases}} cases ourselves.", "zh": "我方统计为 {{totals.cases}} 个案例。"},
        "findings": findings,
    }  # fmt: skip


def made_in(home: Path, lang: str = "en") -> Audited:
    """The earlier audit, then the audit twice: to draw the sample, and with the results of its inspection."""
    settings = engagement_of(home)
    norm = (SERVICE / "blueprint.yaml",)
    then = home / "earlier"
    given = Given(str(cut(home, "earlier.csv", EARLIER_CASES)), norm, engagement=settings, formats=("html",))
    audit_loaded(given.loaded(), then, key=KEY)
    out = home / "audit"
    out.mkdir()
    log = str(cut(home, "log.csv", CASES))
    given = Given(log, norm, engagement=settings, formats=("html",), lang=lang)
    first = audit_loaded(given.loaded(), out, key=KEY).record
    ids = [x.finding_id for x in first.ranked]
    (out / "narrative.yaml").write_text(yaml.safe_dump(narrative_of(ids, ids[3]), allow_unicode=True), encoding="utf-8")
    plan = (SERVICE / "actions.csv").read_text("utf-8-sig")
    (out / "actions.csv").write_text(plan, encoding="utf-8")
    sample = pd.read_csv(out / "sample.csv", dtype=str, keep_default_na=False)
    sample["result"] = ["yes" if k % 17 else "not_found" for k in range(len(sample))]
    sample.loc[sample["finding_id"] == ids[-1], "result"] = "no"
    sample.loc[sample.index[::11], "result"] = ""
    sample["result_2"] = [word if k % 13 else "no" if word else "" for k, word in enumerate(sample["result"])]
    sample["decided"] = [first if one else "" for first, one in zip(sample["result"], sample["result_2"], strict=True)]
    sample.to_csv(out / "review.csv", index=False)
    given = Given(log, norm, engagement=settings, earlier=then, lang=lang)
    return Audited(out, audit_loaded(peoples(given, out).loaded(), out, key=KEY))
