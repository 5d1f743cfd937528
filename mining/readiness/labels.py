"""Which activity each label of the log means, which labels the blueprint does not know, and which activities are never seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from mining.log.labels import Pair, meanings, pair_labels
from mining.readiness.tables import both, cells, frame_of
from mining.results import Result
from mining.study import Study
from mining.texts import LANGUAGES, activity_name, say
from mining.units import percent

OUTSIDE, NEVER, STAND_IN, IGNORED, KNOWN = ORDER = ("outside", "never_seen", "stand_in", "ignored", "known")


@dataclass(frozen=True, eq=False, repr=False)
class LabelsRead(Result):
    """One row per label of the log and per activity that no label means, what is open first. Made by :func:`labels_read`."""

    columns: ClassVar[dict[str, str]] = {
        "label": "label of the log; missing for an activity that is never seen",
        "state": "known: it means an activity; outside: the blueprint does not know it; never_seen: an activity without any label; "
        "stand_in: done in place of a step; ignored: left out on purpose",
        "means_en": "the activity, in English",
        "means_zh": "the activity, in Chinese",
        "n": "activity instances with this label",
        "cases": "cases with this label",
        "share": "of all cases, 0-1",
        "hint_en": "activity whose name is like the label, in English",
        "hint_zh": "activity whose name is like the label, in Chinese",
    }

    def sentence(self, lang: str = "en") -> str:
        """How many labels and activities are open, and how much of the log that is."""
        counts = {f"n_{name}": int((self.frame["state"] == name).sum()) for name in ORDER}
        total = int(self.frame["n"].sum())
        known = int(self.frame.loc[self.frame["state"].isin([KNOWN, STAND_IN, IGNORED]), "n"].sum())
        return say("readiness.labels", lang, share=percent(known / total if total else 0.0, lang), **counts)


def labels_read(study: Study) -> LabelsRead:
    """Every label of the log and every observable activity, with what they have to do with each other.

    Examples
    --------
    >>> labels_read(study).frame["state"].value_counts()["outside"]
    np.int64(1)
    """
    log, b = study.log, study.blueprint
    counts = np.bincount(log.activity, minlength=len(log.labels))
    case = np.repeat(np.arange(log.n_cases), np.diff(log.offsets))
    pairs = np.unique(case * np.int64(len(log.labels)) + log.activity) % len(log.labels)
    cases = np.bincount(pairs, minlength=len(log.labels))
    meant = meanings(b, log.binding.labels)
    likely = {pair.label: pair for pair in pair_labels([x for x in log.labels if x not in meant], b)}
    rows = [
        _label(study, label, meant.get(label), likely.get(label))
        | {"n": int(counts[i]), "cases": int(cases[i]), "share": float(cases[i] / log.n_cases)}
        for i, label in enumerate(log.labels)
        if counts[i]
    ]
    rows += [
        {"label": None, "state": NEVER, "n": 0, "cases": 0, "share": 0.0}
        | cells("means", {lang: activity_name(b, id, lang) for lang in LANGUAGES})
        | both("hint", None)
        for id in study.instances.unseen
    ]
    rows.sort(key=lambda row: (ORDER.index(row["state"]), -row["n"]))
    return LabelsRead(frame_of(rows, LabelsRead), study.provenance("labels of the log"))


def _label(study: Study, label: str, activity: str | None, pair: Pair | None) -> dict[str, Any]:
    b = study.blueprint
    ignored = label in {*b.binding.ignore, *study.log.binding.ignore}
    state = IGNORED if ignored else KNOWN if activity else STAND_IN if label in b.stand_ins else OUTSIDE
    means = next((a.id for a in b.activities if label in a.replaced_by), None) if state == STAND_IN else activity
    close = pair.suggested if state == OUTSIDE and pair else None
    return (
        {"label": label, "state": state}
        | cells("means", {lang: activity_name(b, means, lang) for lang in LANGUAGES})
        | cells("hint", {lang: activity_name(b, close, lang) for lang in LANGUAGES})
    )
