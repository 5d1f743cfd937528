"""Which steps are key touchpoints by what happens at them, beside those that the blueprint declares."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from mining.conformance.continuity import changes
from mining.handovers.crossings import sides_of
from mining.handovers.holders import lane_codes
from mining.results import Result
from mining.texts import activity_name, say
from mining.voice.importance import Importance

if TYPE_CHECKING:
    from mining.study import Study

FACTORS = ("crossings", "volume", "waiting", "importance")
LINES = ("interaction", "visibility")


@dataclass(frozen=True, eq=False, repr=False)
class Candidates(Result):
    """One row per step that touches the customer, the strongest first. Made by :func:`candidates_of`.

    Attributes
    ----------
    factors : tuple of str
        Those that could be measured, of crossings, volume, waiting and importance: the strength is made of these.
    """

    factors: tuple[str, ...]

    columns: ClassVar[dict[str, str]] = {
        "activity": "activity id",
        "name_en": "name in English",
        "name_zh": "name in Chinese",
        "touchpoint": "whether the blueprint calls it a touchpoint",
        "key": "whether the blueprint declares it key",
        "rank": "1: the strongest",
        "strength": "product of its measured factors, each as 1 + its value / the mean over all rows, so that one of 0 "
        "leaves the others standing",
        "strong": "among the strongest, as many as are declared key (at least one)",
        "verdict": "declared and strong; declared but weak; strong but not declared; neither",
        "volume": "completed instances",
        "crossings": "passages over the line of interaction or visibility that end or begin at it, per instance",
        "waiting_s": "mean wait before it, in seconds; an upper bound where the log has no starts; missing where not measured, and before "
        "a step of the customer (then as the least of all)",
        "upper_bound": "whether waiting_s is an upper bound, the work included",
        "importance": "derived importance: share of what the answers explain, 0-1; missing where there is none (then as the least of all)",
    }
    shown: ClassVar[tuple[str, ...]] = (
        "rank",
        "activity",
        "key",
        "verdict",
        "strength",
        "volume",
        "crossings",
        "waiting_s",
        "importance",
    )

    def sentence(self, lang: str = "en") -> str:
        """The strongest step, and where strength and declaration part."""
        if self.frame.empty:
            return say("candidates.none", lang)
        listed, first = say("word.listed", lang).join, self.frame.iloc[0]
        factors = listed(say(f"candidates.factor.{name}", lang) for name in self.factors)
        text = say(
            "candidates.head", lang, factors=factors, name=first[f"name_{lang}"], instances=f"{first['volume']:,}"
        )
        apart = False
        for key, verdict in (("strong", "strong but not declared"), ("weak", "declared but weak")):
            names = self.frame.loc[self.frame["verdict"].eq(verdict), f"name_{lang}"]
            if len(names):
                apart = True
                text += say(f"candidates.{key}", lang, names=listed(names))
        text += "" if apart else say("candidates.match", lang)
        bound = int(self.frame["upper_bound"].sum())
        return text + (say("candidates.bound", lang, n=bound, of=len(self.frame)) if bound else "")


def candidates_of(study: Study, importance: Importance | None = None) -> Candidates:
    """Rank the steps that touch the customer by crossings of the lines, volume, waiting and derived importance.

    Candidates are the touchpoints that leave a trace, and every other step above the line of visibility at which the log shows a passage
    over the line of interaction. Before a step of the customer it is the provider who waits, so its wait does not count.

    Parameters
    ----------
    study : Study
    importance : Importance, optional
        As :func:`mining.voice.importance.importance_of` gives it; without it the other factors decide.

    Examples
    --------
    >>> table = candidates_of(study)
    >>> table.factors, table.frame["rank"].tolist()[:2]
    (('crossings', 'volume', 'waiting'), [1, 2])
    """
    blueprint, instances = study.blueprint, study.instances
    n_known = instances.n_known
    done = np.flatnonzero(instances.done)
    rows = done[instances.activity[done] < n_known]
    volume = np.bincount(instances.activity[rows], minlength=n_known)
    passages = {line: _passages(study, rows, line) for line in LINES}
    crossings = np.divide(sum(passages.values()), volume, out=np.zeros(n_known), where=volume > 0)
    frame = pd.DataFrame(
        {
            "activity": instances.names[:n_known],
            "volume": volume,
            "crossings": crossings,
            "touched": passages["interaction"] > 0,
        }
    )
    lanes = [blueprint.lane_of(name) for name in frame["activity"]]
    frame["touched"] &= np.array([lane.visible for lane in lanes], bool)
    frame["of_customer"] = [lane.kind == "customer" for lane in lanes]
    contact = [blueprint.by_id[name].touchpoint for name in frame["activity"]]
    frame["touchpoint"] = [
        x is not None and blueprint.by_id[name].observable for x, name in zip(contact, frame["activity"], strict=True)
    ]
    frame["key"] = [x is not None and x.key for x in contact]
    frame = frame[(frame["touchpoint"] | frame["touched"]) & (frame["volume"] > 0)].reset_index(drop=True)
    frame = frame.join(_waiting(study), on="activity")
    frame["waiting_s"] = frame["waiting_s"].mask(frame["of_customer"])
    frame["upper_bound"] = frame["upper_bound"].eq(True) & frame["waiting_s"].notna()
    frame["importance"] = (
        frame["activity"].map(importance.frame.set_index("item")["share"]) if importance is not None else np.nan
    )
    values = {
        "crossings": frame["crossings"],
        "volume": frame["volume"],
        "waiting": frame["waiting_s"],
        "importance": frame["importance"],
    }
    factors = tuple(name for name in FACTORS if values[name].notna().any() and values[name].sum() > 0)
    strength = np.ones(len(frame))
    for name in factors:
        known = values[name].astype(float)
        filled = known.fillna(known.min())
        strength = strength * (1 + filled.to_numpy() / filled.mean())
    frame["strength"] = strength
    for lang in ("en", "zh"):
        frame[f"name_{lang}"] = [activity_name(blueprint, x, lang) for x in frame["activity"]]
    frame = frame.sort_values(["strength", "activity"], ascending=[False, True], kind="stable").reset_index(drop=True)
    frame["rank"] = frame["strength"].round(12).rank(ascending=False, method="min").astype(int)
    frame["strong"] = frame["rank"] <= max(int(frame["key"].sum()), 1)
    words = {
        (True, True): "declared and strong",
        (True, False): "declared but weak",
        (False, True): "strong but not declared",
    }
    frame["verdict"] = [
        words.get((bool(k), bool(s)), "neither") for k, s in zip(frame["key"], frame["strong"], strict=True)
    ]
    settings = {"factors": ", ".join(factors)} | (
        {"importance": importance.provenance.parameters.get("scores from")} if importance else {}
    )
    return Candidates(frame[list(Candidates.columns)], study.provenance("touchpoint candidates", **settings), factors)


def _passages(study: Study, rows: np.ndarray, line: str) -> np.ndarray:
    """Per activity the passages over a line that begin or end at it."""
    instances = study.instances
    side = sides_of(study.blueprint, line)[lane_codes(study)[instances.activity[rows]]].astype(np.int32)
    ends = np.concatenate(changes(instances, rows, side))
    return np.bincount(instances.activity[ends], minlength=instances.n_known)


def _waiting(study: Study) -> pd.DataFrame:
    """Mean wait per activity: measured where any was, else the upper bound."""
    table = study.waits().by_activity()
    table = table[table["n"] > 0].sort_values("upper_bound", kind="stable").drop_duplicates("activity")
    return table.set_index("activity")[["mean_s", "upper_bound"]].rename(columns={"mean_s": "waiting_s"})


__all__ = ["FACTORS", "Candidates", "candidates_of"]
