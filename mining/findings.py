"""From faults to findings and their order: what is wrong, where, in how many cases, how sure, what first."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.blueprint.derived import OUTCOME, derived_check
from mining.blueprint.model import Blueprint, Rule, Standard
from mining.blueprint.stages import is_path
from mining.conformance import verdicts as v
from mining.results import Result, plain, wilson
from mining.texts import say

if TYPE_CHECKING:
    from pathlib import Path

    from mining.pictures import Mark, Picture
    from mining.study import Study

COMMON, OCCASIONAL = 0.05, 0.01  # cut points of the lower Wilson limit of the net rate
FEW_CASES = 3
WHOLE_CASE = ("attribute", "handovers", "turns")  # metrics that, without a place, are of the whole case
PRIORITIES = ("H", "M", "L")
# severity, visible -> priority at a lower limit of >= 5 %, 1-5 %, < 1 %
TABLE: dict[tuple[str, bool], tuple[str, str, str]] = {
    ("critical", True): ("H", "H", "H"),
    ("critical", False): ("H", "H", "H"),
    ("major", True): ("H", "M", "M"),
    ("major", False): ("M", "M", "L"),
    ("minor", True): ("M", "L", "L"),
    ("minor", False): ("L", "L", "L"),
    ("observation", True): ("L", "L", "L"),
    ("observation", False): ("L", "L", "L"),
}
BANDS = (">= 5 %", "1-5 %", "< 1 %")


@dataclass(frozen=True, eq=False, repr=False)
class Findings(Result):
    """Findings in order of priority: one row per check and place that faults share.

    Attributes
    ----------
    draft : bool
        Whether the blueprint is not approved: no norm.
    """

    draft: bool = False

    columns: ClassVar[dict[str, str]] = {
        "rank": "1 is first; missing for what is kept within its promise or wholly allowed",
        "finding_id": "stable: the same check and place give the same id on every log",
        "priority": "H, M or L by the printed table; missing for what is not ranked",
        "cell": "the cell of the table that gave the priority",
        "status": "open, within_target (the promised share is kept) or allowed (every case is covered by the allow-list)",
        "check": "id of the check",
        "dimension": "one of " + ", ".join(v.DIMENSIONS),
        "kind": "kinds of the faults, as in Deviations; several joined by +",
        "activity": "place; missing where a check has several",
        "partner": "other activity concerned",
        "severity": "severity of the check: critical, major, minor or observation",
        "visible": "the customer can see one of the activities concerned; missing where the blueprint knows none of them",
        "n_gross": "cases with the fault",
        "n_net": "cases with the fault that no allowance covers",
        "n_judged": "cases in which the check could be judged: the denominator",
        "rate_gross": "n_gross / n_judged, 0-1",
        "rate": "n_net / n_judged, 0-1",
        "low": "lower end of the 95 % Wilson interval of rate",
        "high": "upper end of the 95 % Wilson interval of rate",
        "n_faults": "faults that no allowance covers",
        "excess_h": "wall-clock hours over the limit in them, summed; missing where nothing is measured",
        "certainty": "mean over those faults of the share of optimal alignments that contain them, 0-1; missing for other checks than "
        "the path, and where not measured",
        "target": "promised share of cases, 0-1; missing where none is promised",
        "flags": "ids of the problems of the data that could have made more than 5 % of its faults, joined by comma; empty where none",
        "title_en": "what is wrong and where, in English",
        "title_zh": "the same in Chinese",
    }

    shown: ClassVar[tuple[str, ...]] = (
        "rank", "priority", "title_en", "n_net", "n_judged", "rate", "low", "high", "n_gross", "visible", "excess_h", "cell", "flags",
    )  # fmt: skip

    def sentence(self, lang: str = "en") -> str:
        """That a draft is no norm; empty for an approved blueprint."""
        return say("summary.draft", lang).strip() if self.draft else ""

    def open(self) -> pd.DataFrame:
        """The ranked rows only."""
        return self.frame[self.frame["status"] == "open"].copy()

    def plot(self, *, top: int = 10, lang: str = "en", ax: Any = None) -> Any:
        """Share of cases concerned, with its interval, of the first ``top`` findings; draws on ``ax`` and returns it."""
        from mining.plots import findings_chart

        return findings_chart(self, top=top, lang=lang, ax=ax)

    def titles(self, lang: str = "en") -> list[str]:
        """One line per row, in words."""
        return self.frame["title_zh" if lang == "zh" else "title_en"].tolist()


def place_of(check: str, kind: str, activity: str | None, partner: str | None) -> tuple[str, ...]:
    """What makes two faults the same finding: for the paths the kind and the activities, for the outcome the kind, else the check."""
    if is_path(check):
        return (check, kind, activity or "", partner or "")
    return (check, kind) if check == OUTCOME else (check,)


def finding_id(blueprint: str, place: tuple[str, ...]) -> str:
    """Stable id of a finding.

    Examples
    --------
    >>> finding_id("permit-receipt", ("R1",))
    'F-c9b39b3a'
    """
    return "F-" + hashlib.sha256("\x1f".join((blueprint, *place)).encode()).hexdigest()[:8]


def finding_ids(faults: pd.DataFrame, blueprint: Blueprint) -> np.ndarray:
    """Finding id of each fault (object array of shape (n_faults,))."""
    keys = (
        faults[["check", "kind", "activity", "partner"]]
        .astype(object)
        .where(faults[["check", "kind", "activity", "partner"]].notna(), None)
    )
    places = list(map(place_of, keys["check"], keys["kind"], keys["activity"], keys["partner"]))
    ids = {place: finding_id(blueprint.id, place) for place in set(places)}
    return np.array([ids[place] for place in places], object)


def findings_of(study: Study) -> Findings:
    """Group the faults of a study and rank the groups.

    A priority is read from a printed table of severity, visibility and how common the fault is (lower 95 % Wilson limit of
    the net rate, so that few cases cannot rank high by chance); a critical fault in fewer than three cases is M. Within a
    class the order is: hours over the limit, then the net rate, then the id. Standards that keep their promised share and
    faults that are wholly allowed are listed after, without a rank.

    Returns
    -------
    Findings
    """
    from mining.texts import finding_title

    faults, draft = study.deviations().frame, study.blueprint.status != "approved"
    judged = {row.check: (row.judged, row.target, row.met) for row in study.summary().frame.itertuples()}
    rows = [
        _finding(study, group, *judged[group["check"].iloc[0]]) for _, group in faults.groupby("finding_id", sort=True)
    ]
    if not rows:
        return Findings(pd.DataFrame(columns=list(Findings.columns)), study.provenance("findings"), draft)
    frame = pd.DataFrame(rows).sort_values("order", ignore_index=True).drop(columns="order")
    frame.insert(0, "rank", pd.array(np.arange(1, len(frame) + 1), dtype="Int64"))
    frame.loc[frame["status"] != "open", "rank"] = pd.NA
    flags = study.flags.groupby("finding_id", sort=False)["problem"].agg(lambda ids: ", ".join(dict.fromkeys(ids)))
    frame["flags"] = frame["finding_id"].map(flags).astype(object).fillna("")
    for lang in ("en", "zh"):
        frame[f"title_{lang}"] = [finding_title(plain(row), study.blueprint, lang) for row in frame.to_dict("records")]
    return Findings(frame, study.provenance("findings"), draft)


def _finding(
    study: Study, group: pd.DataFrame, n_judged: int, target: float | None, met: bool | None
) -> dict[str, Any]:
    first = group.iloc[0]
    open_ = group[group["verdict"] == "fail"]
    n_gross, n_net = group["case_id"].nunique(), open_["case_id"].nunique()
    low, high = wilson(n_net, n_judged)
    visible = _visible(study.blueprint, first["check"], group)
    status = "allowed" if n_net == 0 else "within_target" if met is True else "open"
    priority, cell = priority_of(first["severity"], visible, low, n_net)
    excess = open_["excess_s"].sum(min_count=1) / 3600
    places = group["activity"].dropna().unique()
    partners = group["partner"].dropna().unique()
    return {
        "finding_id": first["finding_id"],
        "priority": priority if status == "open" else None,
        "cell": cell if status == "open" else None,
        "status": status,
        "check": first["check"],
        "dimension": first["dimension"],
        "kind": "+".join(sorted(group["kind"].unique())),
        "activity": places[0] if len(places) == 1 else None,
        "partner": partners[0] if len(partners) == 1 else None,
        "severity": first["severity"],
        "visible": visible,
        "n_gross": n_gross,
        "n_net": n_net,
        "n_judged": n_judged,
        "rate_gross": n_gross / n_judged,
        "rate": n_net / n_judged,
        "low": low,
        "high": high,
        "n_faults": len(open_),
        "excess_h": excess,
        "certainty": (open_ if n_net else group)["certainty"].mean(),
        "target": target,
        "order": (
            ("open", "within_target", "allowed").index(status),
            PRIORITIES.index(priority),
            -(0.0 if np.isnan(excess) else round(float(excess), 6)),
            -n_net / n_judged,
            first["finding_id"],
        ),
    }


def priority_of(severity: str, visible: bool | None, low: float, n: int) -> tuple[str, str]:
    """Priority and its cell; what the blueprint does not know is ranked as not visible, and the cell says so.

    Parameters
    ----------
    severity : str
    visible : bool or None
    low : float
        Lower end of the 95 % Wilson interval of the rate.
    n : int
        Cases with the fault.

    Examples
    --------
    >>> priority_of("critical", True, 0.0001, 2)
    ('M', 'critical, visible, < 1 %, fewer than 3 cases')
    """
    band = 0 if low >= COMMON else 1 if low >= OCCASIONAL else 2
    priority = TABLE[severity, bool(visible)][band]
    sees = {True: "visible", False: "not visible", None: "visibility unknown"}[visible]
    words = f"{severity}, {sees}, {BANDS[band]}"
    if severity == "critical" and band == 2 and n < FEW_CASES:
        return "M", f"{words}, fewer than {FEW_CASES} cases"
    return priority, words


def _visible(blueprint: Blueprint, check: str, group: pd.DataFrame) -> bool | None:
    """Whether the customer can see one of the activities concerned (the outcome, and a promise about the whole case, count as seen).

    None where the blueprint knows none of them.
    """
    known = blueprint.by_id.keys()
    names = set(group["activity"].dropna()) | set(group["partner"].dropna())
    if check == OUTCOME:
        return True
    derived = None if is_path(check) or check in blueprint.checks else derived_check(blueprint, check)
    names |= {derived.activity} if derived and derived.activity else set()
    spec = blueprint.checks.get(check)
    if isinstance(spec, Rule):
        names |= {spec.a, *([spec.b] if spec.b else [])}
    if isinstance(spec, Standard):
        whole = "case_end" in (*spec.end, *spec.of) or (spec.metric in WHOLE_CASE and not spec.of)
        if whole:
            return True
        names |= {*spec.start, *spec.end, *spec.of, *([spec.touchpoint] if spec.touchpoint else [])}
    return any(blueprint.lane_of(name).visible for name in names & known) if names & known else None


def marks_of(study: Study) -> dict[str, Mark]:
    """Cases with an open fault per activity, for the overlay of the blueprint."""
    from mining.blueprint.model import SEVERITIES
    from mining.pictures import Mark

    faults = study.deviations().frame
    ranked = set(study.findings().open()["finding_id"])
    faults = faults[(faults["verdict"] == "fail") & faults["finding_id"].isin(ranked) & faults["lane"].notna()]
    marks = {}
    for activity, group in faults.groupby("activity", sort=True):
        worst = min(group["severity"].unique(), key=SEVERITIES.index)
        late = group.loc[group["kind"] == "late", "case_id"].nunique()
        n = group["case_id"].nunique()
        marks[str(activity)] = Mark(
            n=n,
            n_all=study.instances.n_cases,
            severity=worst,
            late_share=late / study.instances.n_cases if late else None,
        )
    return marks


def picture_of(study: Study, bpmn: str | Path | None = None, lang: str = "en") -> Picture:
    """The blueprint with the open faults of a study on it; with ``bpmn``, on that drawing in its own layout."""
    from mining.pictures import blueprint_picture, bpmn_picture

    if bpmn is None:
        return blueprint_picture(study.blueprint, overlay=marks_of(study), lang=lang)
    from mining.blueprint.bpmn import from_bpmn
    from mining.blueprint.bpmn.matching import activities_for

    names = {a.id: a.name.get(lang) for a in study.blueprint.activities}
    drawn = activities_for(from_bpmn(bpmn), study.blueprint)
    return bpmn_picture(bpmn, marks=marks_of(study), activities=drawn, names=names, lang=lang)
