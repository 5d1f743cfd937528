"""Critical incidents by category, touchpoint and valence; how far coders agree; whether more interviews would tell more."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar

import numpy as np
import pandas as pd

from mining.display.naming import named
from mining.errors import MiningError
from mining.results import Result
from mining.suppression import K, hidden
from mining.texts import say
from mining.voice.tables import Incidents

ENOUGH = 0.6
DISPUTED = "(not agreed)"
COHEN, FLEISS = "Cohen", "Fleiss"


@dataclass(frozen=True, eq=False, repr=False)
class Agreement(Result):
    """How far coders agree on category and valence. Made by :func:`agreement_of`."""

    columns: ClassVar[dict[str, str]] = {
        "of": "category or valence",
        "method": "Cohen (two coders) or Fleiss (more); empty where no incident was coded twice",
        "coders": "coders",
        "n": "incidents that all of the counted coders coded",
        "left_out": "incidents coded by one coder, or by fewer or more than most of the others",
        "agreed": "share of these that all coded alike, 0-1",
        "kappa": "agreement beyond chance; missing where it cannot be told",
        "provisional": "below 0.6, or not measured: the table of incidents is then provisional",
    }

    @property
    def provisional(self) -> bool:
        """Whether the categories are provisional."""
        return bool(self.frame.loc[self.frame["of"] == "category", "provisional"].any())

    def sentence(self, lang: str = "en") -> str:
        """Agreement on the categories."""
        row = self.frame.iloc[0]
        if not row["method"]:
            return say("voice.agreement.none", lang)
        kappa = say("voice.agreement.no_kappa", lang) if math.isnan(row["kappa"]) else f"{row['kappa']:.2f}"
        said = say(
            "voice.agreement.told", lang, method=row["method"], kappa=kappa, n=f"{row['n']:,}", coders=row["coders"]
        )
        return said + (say("voice.agreement.provisional", lang) if row["provisional"] else "")


@dataclass(frozen=True, eq=False, repr=False)
class IncidentTable(Result):
    """Incidents by category, touchpoint and valence. Made by :func:`incident_table`.

    Attributes
    ----------
    agreement : Agreement
        Of the coders; it decides whether the table is provisional.
    names : mapping of str to mapping of str to str
        Activity to its name by language, for people; empty where no blueprint is at hand.
    """

    agreement: Agreement
    names: Mapping[str, Any] = field(default_factory=dict)

    columns: ClassVar[dict[str, str]] = {
        "category": "category; (not agreed): coders differ and none has most",
        "touchpoint": "id of the touchpoint; empty: none is named",
        "negative": "incidents with valence -; missing where the row is hidden",
        "positive": "incidents with valence +",
        "disputed": "incidents on whose valence coders differ",
        "n": "incidents of the row, whatever their valence",
        "share": "n / incidents of the whole table, 0-1",
        "provisional": "coders agree too little, or only one coded",
        "hidden": "fewer than k incidents, or needed so that these cannot be found from the total",
    }

    def in_words(self, lang: str) -> pd.DataFrame:
        """The table with the names of the touchpoints, for the notebook."""
        return named(self.frame, self.names, lang)

    def sentence(self, lang: str = "en") -> str:
        """The category with most negative incidents, and how far it can be trusted."""
        by_category = self.frame.groupby("category")["negative"].sum()
        said = say("voice.incidents.none", lang)
        if by_category.sum() > 0:
            values = {"category": by_category.idxmax(), "n": int(by_category.max()), "of": int(by_category.sum())}
            said = say("voice.incidents.told", lang, **values)
        return said + self.agreement.sentence(lang)


@dataclass(frozen=True, eq=False, repr=False)
class Saturation(Result):
    """New categories per interview. Made by :func:`saturation_of`."""

    columns: ClassVar[dict[str, str]] = {
        "order": "place of the interview (or the incident) in time, from 1",
        "incidents": "incidents told in it",
        "new": "categories not heard before",
        "heard": "categories heard so far",
    }

    def sentence(self, lang: str = "en") -> str:
        """How long nothing new was heard."""
        n, heard = len(self.frame), int(self.frame["heard"].iloc[-1])
        since = n - int(self.frame.loc[self.frame["new"] > 0, "order"].max())
        return say("voice.saturation.told", lang, heard=heard, n=n, since=since)

    def plot(self, *, ax: Any = None, lang: str = "en") -> Any:
        """Categories heard so far, interview by interview."""
        from mining.plots.voice import saturation_chart

        return saturation_chart(self, ax=ax, lang=lang)


def incident_table(incidents: Incidents, *, k: int = K) -> IncidentTable:
    """Incidents by category, touchpoint and valence (Flanagan 1954), each incident once.

    Of several coders most decide; where none has most the incident counts as not agreed.

    Parameters
    ----------
    incidents : Incidents
    k : int
        Rows with fewer incidents are hidden, and others as needed.

    Examples
    --------
    >>> from mining.voice import read_incidents
    >>> import pandas as pd
    >>> table = pd.DataFrame({"id": range(6), "at": "2026-03-02T09:00Z", "valence": ["-"] * 5 + ["+"], "category": "wait"})
    >>> incident_table(read_incidents(table)).frame[["category", "negative", "positive", "provisional"]].values.tolist()
    [['wait', 5, 1, True]]
    """
    agreement = agreement_of(incidents)
    frame = incidents.frame.assign(touchpoint=incidents.frame["touchpoint"].fillna(""))
    groups = {name: _agreed(frame, name) for name in ("category", "touchpoint", "valence")}
    once = pd.DataFrame(groups)
    rows = list(once.groupby(["category", "touchpoint"], sort=True))
    is_hidden = hidden(np.array([len(x) for _, x in rows], int), k).tolist()
    made = []
    for ((category, touchpoint), part), hide in zip(rows, is_hidden, strict=True):
        found = part["valence"].value_counts()
        row = {"category": category, "touchpoint": touchpoint, "provisional": agreement.provisional, "hidden": hide}
        if not hide:
            row |= {
                "negative": int(found.get("-", 0)), "positive": int(found.get("+", 0)),
                "disputed": int(found.get(DISPUTED, 0)), "n": len(part), "share": len(part) / len(once),
            }  # fmt: skip
        made.append(row)
    counts = dict.fromkeys(("negative", "positive", "disputed", "n"), "Int64")
    table = (
        pd.DataFrame(made, columns=list(IncidentTable.columns))
        .astype(counts)
        .sort_values(["negative", "n"], ascending=False, kind="stable", ignore_index=True)
    )
    return IncidentTable(table, incidents.provenance("incidents by category", k=k), agreement)


def _agreed(frame: pd.DataFrame, name: str) -> pd.Series:
    """Per incident what most coders say."""
    counts = frame.groupby(["id", name], sort=True).size().rename("n").reset_index()
    most = counts["n"] == counts.groupby("id")["n"].transform("max")
    top = counts[most]
    alone = top.groupby("id")[name].agg(["first", "size"])
    return alone["first"].where(alone["size"] == 1, DISPUTED)


def agreement_of(incidents: Incidents) -> Agreement:
    """Agreement of coders beyond chance: Cohen's kappa (1960) for two coders, Fleiss' (1971) for more.

    Fleiss' needs as many codings of every incident: the incidents with the most frequent number of codings are taken, the others counted.

    Parameters
    ----------
    incidents : Incidents

    Examples
    --------
    >>> from mining.voice import read_incidents
    >>> import pandas as pd
    >>> table = pd.DataFrame({"id": [1, 2, 3] * 2, "at": "2026-03-02T09:00Z", "valence": "-", "category": ["wait", "tone", "wait"] * 2,
    ...                       "coder": ["a"] * 3 + ["b"] * 3})
    >>> agreement_of(read_incidents(table)).frame[["method", "n", "kappa"]].values.tolist()[0]
    ['Cohen', 3, 1.0]
    """
    frame = incidents.frame
    times = frame.groupby("id")["id"].size()
    several = times[times > 1]
    rows = [_agreement(frame, name, times, several) for name in ("category", "valence")]
    made = pd.DataFrame(rows, columns=list(Agreement.columns))
    return Agreement(made, incidents.provenance("agreement of coders", enough=ENOUGH))


def _agreement(frame: pd.DataFrame, name: str, times: pd.Series, several: pd.Series) -> dict[str, object]:
    if several.empty:
        return {
            "of": name, "method": "", "coders": frame["coder"].nunique(), "n": 0, "left_out": len(times), "agreed": math.nan,
            "kappa": math.nan, "provisional": True,
        }  # fmt: skip
    usual = int(several.mode().max())
    ids = several.index[several == usual]
    part = frame[frame["id"].isin(ids)].assign(coder=lambda x: x["coder"].fillna(""))
    coders = part["coder"].nunique()
    codes = pd.factorize(part[name], sort=True)[0]
    counts = pd.crosstab(part["id"], codes).to_numpy()
    agreed = float((counts.max(axis=1) == usual).mean())
    method = COHEN if coders == 2 and usual == 2 else FLEISS
    kappa = _cohen(part, name) if method == COHEN else _fleiss(counts)
    return {
        "of": name, "method": method, "coders": coders, "n": len(ids), "left_out": len(times) - len(ids), "agreed": agreed,
        "kappa": kappa, "provisional": not kappa >= ENOUGH,
    }  # fmt: skip


def _cohen(part: pd.DataFrame, name: str) -> float:
    """NaN where both coders used one and the same category only: nothing tells agreement from habit."""
    from sklearn.metrics import cohen_kappa_score

    both = part.pivot(index="id", columns="coder", values=name)
    if part[name].nunique() < 2:
        return math.nan
    return float(cohen_kappa_score(both.iloc[:, 0].to_list(), both.iloc[:, 1].to_list()))


def _fleiss(counts: np.ndarray) -> float:
    from statsmodels.stats.inter_rater import fleiss_kappa

    return float(fleiss_kappa(counts, method="fleiss")) if counts.shape[1] > 1 else math.nan


def saturation_of(incidents: Incidents) -> Saturation:
    """New categories per interview, in the order of time; without a column ``interview`` per incident.

    Parameters
    ----------
    incidents : Incidents

    Raises
    ------
    MiningError
        If only some incidents name their interview.

    Examples
    --------
    >>> from mining.voice import read_incidents
    >>> import pandas as pd
    >>> table = pd.DataFrame({"id": range(4), "at": [f"2026-03-0{i}T09:00Z" for i in (1, 2, 3, 4)], "valence": "-",
    ...                       "category": ["wait", "tone", "wait", "wait"]})
    >>> saturation_of(read_incidents(table)).frame["heard"].tolist()
    [1, 2, 2, 2]
    """
    frame = incidents.frame
    named = frame["interview"].notna()
    if named.any() and not named.all():
        raise MiningError(
            f"{incidents.path}: {int((~named).sum()):,} of {len(frame):,} rows name no interview. Name it in all rows, or in none."
        )
    unit = frame["interview"] if named.all() else frame["id"]
    first = frame.groupby(unit)["at"].transform("min")
    order = np.lexsort((frame["row"], pd.factorize(unit)[0], first))
    sorted_units = unit.to_numpy()[order]
    place = pd.factorize(sorted_units)[0] + 1
    rows = pd.DataFrame(
        {"order": place, "category": frame["category"].to_numpy()[order], "id": frame["id"].to_numpy()[order]}
    )
    new = rows.drop_duplicates("category").groupby("order").size()
    table = pd.DataFrame({"order": np.arange(1, place.max() + 1)})
    table["incidents"] = rows.groupby("order")["id"].nunique().to_numpy()
    table["new"] = table["order"].map(new).fillna(0).astype(int)
    table["heard"] = table["new"].cumsum()
    return Saturation(table, incidents.provenance("saturation", unit="interview" if named.all() else "incident"))


__all__ = ["Agreement", "IncidentTable", "Saturation", "agreement_of", "incident_table", "saturation_of"]
