"""The same question answered by log, survey, shopper and inspection, side by side: where they agree and where they do not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.blueprint.model import Blueprint, Rule, Standard
from mining.results import Result, wilson
from mining.scorecard import touchpoint_of
from mining.suppression import K
from mining.texts import activity_name, check_text, say
from mining.units import percent
from mining.voice.ratings import SCORES, latest, position

if TYPE_CHECKING:
    from mining.study import Study

SOURCES = ("log", "survey", "mystery", "inspection")
STATUS = ("conflict", "agree", "single source", "no data")
SATISFIED = 0.75  # place on the scale from which an answer counts as satisfied: 4 and 5 of 5
ROUNDING = 1e-9
MEANS = {  # of each source what is counted, and what of it passes
    "log": (
        "log: opportunities of the touchpoint, or cases that the check judged",
        "log: opportunities that pass on every facet, or judged cases that pass",
    ),
    "survey": (
        "survey: answers with a score",
        "survey: answers in the upper quarter of the scale (4 and 5 of 5)",
    ),
    "mystery": ("mystery shopper: judged visits", "mystery shopper: judged visits that pass"),
    "inspection": ("inspection: judged visits", "inspection: judged visits that pass"),
}
Counted = dict[str, tuple[int, int]]  # source to passed, n


@dataclass(frozen=True, eq=False, repr=False)
class Triangulation(Result):
    """One row per touchpoint and per standard or rule of the blueprint, in its order. Made by :func:`triangulation_of`.

    Attributes
    ----------
    left_out : dict of str to int
        Rows of the tables that are in no number, by reason.
    given : tuple of str
        Sources of which there is a table; the log always is.
    """

    left_out: dict[str, int]
    given: tuple[str, ...]

    columns: ClassVar[dict[str, str]] = {
        "question": "touchpoint: does the contact go well; standard: is it kept",
        "subject": "activity id, or id of the standard or rule",
        "name_en": "name of the touchpoint, or what the standard asks for, in English",
        "name_zh": "the same in Chinese",
        "touchpoint": "touchpoint that it is about; missing where it is about none",
        "status": "conflict: the intervals of two sources lie apart; agree: they overlap; single source; no data",
        "apart": "pairs of sources whose intervals lie apart, as log-mystery",
        **{
            f"{source}_{part}": text
            for source in SOURCES
            for part, text in (
                ("n", f"{MEANS[source][0]}: the denominator; 0: no data"),
                ("passed", MEANS[source][1]),
                ("share", f"{source}_passed / {source}_n, 0-1"),
                ("low", "lower end of its 95 % Wilson interval"),
                ("high", "upper end of its 95 % Wilson interval"),
            )
        },
        "score_mean": "mean of the survey's answers, where the standard is measured by one",
        "score_low": "lower end of its 95 % interval (Student's t)",
        "score_high": "upper end of it",
        "minimum": "mean that the standard asks for",
        "reached": "yes, no, or cannot tell: where the interval of the mean lies to the minimum; missing without one",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *("question", "subject", "status", "apart"), *(f"{source}_{part}" for source in SOURCES for part in ("n", "share")),
    )  # fmt: skip

    def in_words(self, lang: str) -> pd.DataFrame:
        """The table with the names of the touchpoints; standards and rules keep their ids."""
        is_touchpoint = self.frame["question"].eq("touchpoint")
        return self.frame.assign(subject=self.frame["subject"].mask(is_touchpoint, self.frame[f"name_{lang}"]))

    @property
    def conflicts(self) -> pd.DataFrame:
        """The rows whose sources disagree."""
        return self.frame[self.frame["status"].eq("conflict")]

    def sources(self) -> pd.DataFrame:
        """The same as a long table: question, subject, source, n, passed, share, low, high; sources without an answer have n = 0."""
        parts = []
        for source in SOURCES:
            names = ["n", "passed", "share", "low", "high"]
            part = self.frame[["question", "subject", *(f"{source}_{name}" for name in names)]]
            parts.append(
                part.set_axis(["question", "subject", *names], axis=1).assign(source=source, place=range(len(part)))
            )
        table = pd.concat(parts).sort_values("place", kind="stable").drop(columns="place").reset_index(drop=True)
        return table[["question", "subject", "source", "n", "passed", "share", "low", "high"]]

    def sentence(self, lang: str = "en") -> str:
        """How many questions have one, several or no sources, and the worst contradiction."""
        n = self.frame["status"].value_counts()
        several = int(n.get("agree", 0) + n.get("conflict", 0))
        text = say(
            "triangulation.head", lang, n=len(self.frame), several=several, single=int(n.get("single source", 0)),
            none=int(n.get("no data", 0)),
        )  # fmt: skip
        if len(self.conflicts):
            text += self._worst(lang)
        elif several:
            text += say("triangulation.agree", lang)
        if left := sum(self.left_out.values()):
            text += say("triangulation.left", lang, n=f"{left:,}")
        return text

    def _worst(self, lang: str) -> str:
        found = []
        for place, row in self.conflicts.iterrows():
            for pair in row["apart"].split(", "):
                one, other = pair.split("-")
                found.append((abs(row[f"{one}_share"] - row[f"{other}_share"]), place, one, other))
        _, place, one, other = max(found, key=lambda x: x[0])
        row = self.frame.loc[place]
        name = say(f"triangulation.{row['question']}", lang, name=row[f"name_{lang}"], id=row["subject"])
        return say(
            "triangulation.conflict", lang, n=len(self.conflicts), name=name,
            first=say(f"triangulation.source.{one}", lang), first_share=percent(row[f"{one}_share"], lang), first_n=f"{row[f'{one}_n']:,}",
            second=say(f"triangulation.source.{other}", lang), second_share=percent(row[f"{other}_share"], lang),
            second_n=f"{row[f'{other}_n']:,}",
        )  # fmt: skip

    def plot(self, *, lang: str = "en", ax: Any = None) -> Any:
        """The share by each source with its interval; see :func:`mining.plots.triangulation.triangulation_chart`."""
        from mining.plots.triangulation import triangulation_chart

        return triangulation_chart(self, lang=lang, ax=ax)


def triangulation_of(study: Study, *, survey: Any = None, mystery: Any = None) -> Triangulation:
    """Put beside each other what the log, a survey, mystery shoppers and inspections say of each touchpoint, standard and rule.

    Each source has its share, its number and its 95 % Wilson interval; none is averaged with another. Where the intervals of two lie apart,
    they disagree: one of them does not measure what it seems to, or shows what the other cannot see. A survey tells of satisfaction, which
    is not the same as a standard kept: a disagreement with it is a question, not an error of one of the two.

    Parameters
    ----------
    study : Study
        Touchpoints by their scorecard, standards and rules by their summary (gross).
    survey : Survey, optional
        Perceptions and satisfaction (kinds perception and csat). An answer belongs to its touchpoint, and to the standard whose id or item
        is its item. A question with fewer than five answers is not shown, its answers counted in ``left_out``.
    mystery : Mystery, optional
        Visits with the result pass or fail. A row belongs to the standard or rule (or the item of a standard) that it names, and to the
        touchpoint of that. Rows of source inspection are a source of their own.

    Returns
    -------
    Triangulation

    Examples
    --------
    >>> table = triangulation_of(study)
    >>> sorted(set(table.frame["status"])), table.given
    (['single source'], ('log',))
    """
    left_out: dict[str, int] = {}
    blueprint = study.blueprint
    subjects = [("touchpoint", a.id) for a in blueprint.activities if a.touchpoint]
    subjects += [("standard", id) for id in blueprint.checks]
    counted: dict[tuple[str, str], Counted] = {subject: {} for subject in subjects}
    _log(study, counted)
    scores: dict[str, pd.Series] = {}
    if survey is not None:
        scores = _survey(blueprint, survey, counted, left_out)
    if mystery is not None:
        _mystery(blueprint, mystery, counted, left_out)
    rows = [
        _row(blueprint, question, subject, counted[question, subject]) | _mean(blueprint, subject, scores)
        for question, subject in subjects
    ]
    frame = pd.DataFrame(rows, columns=list(Triangulation.columns))
    counts = [f"{source}_{part}" for source in SOURCES for part in ("n", "passed")]
    floats = [f"{source}_{part}" for source in SOURCES for part in ("share", "low", "high")]
    kinds = dict.fromkeys(counts, "Int64") | dict.fromkeys(
        [*floats, "score_mean", "score_low", "score_high", "minimum"], float
    )
    given = ("log", *(name for name, table in (("survey", survey), ("mystery", mystery)) if table is not None))
    settings = {
        name: table.sha256[:12] for name, table in (("survey", survey), ("mystery", mystery)) if table is not None
    }
    settings |= {f"left out, {reason}": str(n) for reason, n in left_out.items() if n}
    return Triangulation(frame.astype(kinds), study.provenance("triangulation", **settings), left_out, given)


def _log(study: Study, counted: dict[tuple[str, str], Counted]) -> None:
    table = study.touchpoints().frame
    for name, passed, n in zip(table["touchpoint"], table["passed"].fillna(0), table["n"].fillna(0), strict=True):
        counted["touchpoint", name]["log"] = int(passed), int(n)
    checks = study.summary().frame
    for name, passed, n in zip(checks["check"], checks["pass"], checks["judged"], strict=True):
        if ("standard", name) in counted:
            counted["standard", name]["log"] = int(passed), int(n)


def _survey(
    blueprint: Blueprint, survey: Any, counted: dict[tuple[str, str], Counted], left_out: dict[str, int]
) -> dict[str, pd.Series]:
    """Count the satisfied answers of each subject; the scores of each standard that is measured by a survey."""
    frame, earlier = latest(survey.frame)
    rows = frame[frame["kind"].isin(SCORES)]
    satisfied = position(rows) >= SATISFIED - ROUNDING
    used = few = pd.Series(False, index=rows.index)
    touchpoints = {subject for question, subject in counted if question == "touchpoint"}
    scores: dict[str, pd.Series] = {}
    for name in touchpoints:
        mine = rows["touchpoint"].eq(name)
        if mine.sum() < K:
            few = few | mine
        else:
            counted["touchpoint", name]["survey"], used = (int(satisfied[mine].sum()), int(mine.sum())), used | mine
    for id, spec in blueprint.checks.items():
        items = {id} | ({spec.item} if isinstance(spec, Standard) and spec.source == "survey" else set())
        mine = rows["item"].isin(items)
        if isinstance(spec, Standard) and spec.item and id not in set(rows["item"]):
            place = touchpoint_of(spec)
            mine &= rows["touchpoint"].isna() | (place is None) | rows["touchpoint"].eq(place)
        if mine.sum() < K:
            few = few | mine
        else:
            counted["standard", id]["survey"] = int(satisfied[mine].sum()), int(mine.sum())
            scores[id] = rows.loc[mine, "score"]
            used |= mine
    left_out["earlier answers to the same question"] = earlier
    left_out[f"answers to a question with fewer than {K}"] = int((few & ~used).sum())
    left_out["answers about no touchpoint and no standard"] = int((~few & ~used).sum())
    return scores


def _mystery(
    blueprint: Blueprint, mystery: Any, counted: dict[tuple[str, str], Counted], left_out: dict[str, int]
) -> None:
    """Count the visits passed, by standard and by its touchpoint."""
    frame = mystery.frame
    meant = {spec.item: id for id, spec in blueprint.checks.items() if isinstance(spec, Standard) and spec.item}
    meant |= {id: id for id in blueprint.checks}
    check = frame["standard_id"].map(meant)
    judged = frame["result"].isin(("pass", "fail"))
    source = frame["source"].fillna("mystery") if "source" in frame else pd.Series("mystery", index=frame.index)
    left_out["visits to a standard that the blueprint does not know"] = int(check.isna().sum())
    left_out["visits without a result (not applicable, or a score only)"] = int((check.notna() & ~judged).sum())
    rows = pd.DataFrame({"check": check, "source": source, "passed": frame["result"].eq("pass")})[
        check.notna() & judged
    ]
    rows["touchpoint"] = rows["check"].map({id: touchpoint_about(blueprint, id) for id in blueprint.checks})
    for question, key in (("standard", "check"), ("touchpoint", "touchpoint")):
        for (name, kind), group in rows.dropna(subset=[key]).groupby([key, "source"])["passed"]:
            counted[question, str(name)][str(kind)] = int(group.sum()), len(group)


def touchpoint_about(blueprint: Blueprint, check: str) -> str | None:
    """The touchpoint that a standard or rule is about; of a rule over two activities the first that is one. None where there is none.

    Examples
    --------
    >>> touchpoint_about(study.blueprint, "S1")
    'send_receipt'
    """
    spec = blueprint.checks[check]
    names: Iterable[str | None] = (spec.a, spec.b) if isinstance(spec, Rule) else (touchpoint_of(spec),)
    return next((x for x in names if x in blueprint.by_id and blueprint.by_id[x].touchpoint), None)


def _row(blueprint: Blueprint, question: str, subject: str, counted: Counted) -> dict[str, Any]:
    row: dict[str, Any] = {"question": question, "subject": subject}
    if question == "touchpoint":
        row["touchpoint"] = subject
        row |= {f"name_{lang}": activity_name(blueprint, subject, lang) for lang in ("en", "zh")}
    else:
        row["touchpoint"] = touchpoint_about(blueprint, subject)
        row |= {f"name_{lang}": check_text(blueprint, subject, lang) for lang in ("en", "zh")}
    ends = {}
    for source in SOURCES:
        passed, n = counted.get(source, (0, 0))
        low, high = wilson(passed, n)
        row |= {
            f"{source}_n": n,
            f"{source}_passed": passed if n else None,
            f"{source}_share": passed / n if n else np.nan,
        }
        row |= {f"{source}_low": low, f"{source}_high": high}
        if n:
            ends[source] = low, high
    apart = [f"{a}-{b}" for a, b in combinations(ends, 2) if ends[a][1] < ends[b][0] or ends[b][1] < ends[a][0]]
    row["apart"] = ", ".join(apart)
    row["status"] = "conflict" if apart else STATUS[3] if not ends else STATUS[2] if len(ends) == 1 else "agree"
    return row


def _mean(blueprint: Blueprint, subject: str, scores: dict[str, pd.Series]) -> dict[str, Any]:
    """Mean score of a standard that a survey measures, against its minimum."""
    spec = blueprint.checks.get(subject)
    if subject not in scores or not isinstance(spec, Standard):
        return {}
    from scipy.stats import t

    values = scores[subject]
    mean, n = float(values.mean()), len(values)
    half = float(t.ppf(0.975, n - 1) * values.std() / np.sqrt(n)) if n > 1 else np.nan
    row: dict[str, Any] = {
        "score_mean": mean,
        "score_low": mean - half,
        "score_high": mean + half,
        "minimum": spec.minimum,
    }
    if spec.minimum is not None:
        row["reached"] = "yes" if mean - half >= spec.minimum else "no" if mean + half < spec.minimum else "cannot tell"
    return row


__all__ = ["SOURCES", "STATUS", "Triangulation", "touchpoint_about", "triangulation_of"]
