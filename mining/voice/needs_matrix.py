"""Needs by touchpoint, what has no counterpart on either side, and whether segments need different things."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from mining.errors import MiningError
from mining.results import Result, wilson
from mining.suppression import K, hidden
from mining.texts import activity_name, say
from mining.voice.tables import Needs

if TYPE_CHECKING:
    from mining.study import Study

Q = 0.05


@dataclass(frozen=True, eq=False, repr=False)
class NeedsMatrix(Result):
    """Needs by touchpoint. Made by :func:`needs_matrix`.

    Attributes
    ----------
    matrix : DataFrame
        Needs (rows, by id) by touchpoints of the blueprint (columns, by id): rows of the register that name both.
    needs_without_touchpoint : tuple of str
        Ids of needs that no touchpoint of the blueprint serves.
    touchpoints_without_need : tuple of str
        Ids of touchpoints for which nobody named a need.
    unknown_touchpoints : dict of str to int
        Touchpoints of the register that the blueprint does not have, with their number of rows.
    """

    matrix: pd.DataFrame
    needs_without_touchpoint: tuple[str, ...]
    touchpoints_without_need: tuple[str, ...]
    unknown_touchpoints: dict[str, int]

    columns: ClassVar[dict[str, str]] = {
        "what": "need, or touchpoint",
        "id": "its id",
        "name_en": "the need in words; the touchpoint's name in English",
        "name_zh": "the need in words; the touchpoint's name in Chinese",
        "linked": "touchpoints of the need, needs of the touchpoint",
        "to": "their ids",
        "orphan": "whether there is none",
        "key": "of a touchpoint: whether the blueprint says it is a key one",
    }

    def sentence(self, lang: str = "en") -> str:
        """How many have no counterpart, in either direction."""
        n_needs, n_contacts = self.matrix.shape
        values = {
            "needs": n_needs, "lonely": len(self.needs_without_touchpoint), "touchpoints": n_contacts,
            "unneeded": len(self.touchpoints_without_need),
        }  # fmt: skip
        said = say("voice.needs.told", lang, **values)
        rows = sum(self.unknown_touchpoints.values())
        return said + (say("voice.joined.touchpoint", lang, n=f"{rows:,}") if rows else "")


@dataclass(frozen=True, eq=False, repr=False)
class SegmentNeeds(Result):
    """Share of the respondents of each segment who named a need. Made by :func:`needs_by_segment`."""

    columns: ClassVar[dict[str, str]] = {
        "need_id": "id of the need",
        "text": "the need in words",
        "segment": "segment of the customers; empty: none is named",
        "named": "respondents of the segment who named it; missing where the segment is hidden",
        "of": "respondents of the segment; missing where it is hidden",
        "share": "share of them, 0-1",
        "low": "lower end of its 95 % Wilson interval, 0-1",
        "high": "upper end of it, 0-1",
        "p": "of the need: probability of such differences if all segments named it alike (chi-square, or Fisher's exact test where "
        "expected counts are small)",
        "q": "p after Benjamini and Hochberg (1995) over all needs",
        "test": "chi-square, Fisher, or why there is none",
        "specific": "q at most 0.05: a need of some segments; else common, as far as the respondents tell; missing where not tested",
        "hidden": "fewer than k respondents in the segment, or needed so that these cannot be found from the total",
    }

    def sentence(self, lang: str = "en") -> str:
        """How many needs are of some segments only."""
        once = self.frame.drop_duplicates("need_id")
        tested = once[once["q"].notna()]
        if tested.empty:
            return say("voice.segments.none", lang)
        specific = tested[tested["specific"].eq(True)]
        listed = say("report.comma", lang).join(map(str, specific["need_id"].head(5)))
        said = say("voice.segments.told", lang, n=len(tested), specific=len(specific))
        return said + (say("voice.segments.which", lang, needs=listed) if len(specific) else "")


def needs_matrix(needs: Needs, study: Study) -> NeedsMatrix:
    """Needs against the touchpoints of the blueprint; what has no counterpart is listed in either direction.

    Parameters
    ----------
    needs : Needs
    study : Study

    Examples
    --------
    >>> from mining.voice import read_needs
    >>> import pandas as pd
    >>> table = pd.DataFrame({"need_id": ["n1", "n2"], "text": ["be heard", "be quick"], "touchpoint": ["receive", "moon"]})
    >>> found = needs_matrix(read_needs(table), study)
    >>> found.needs_without_touchpoint, found.unknown_touchpoints
    (('n2',), {'moon': 1})
    """
    contacts = [a for a in study.blueprint.activities if a.touchpoint is not None]
    ids = [a.id for a in contacts]
    register = needs.register
    frame = needs.frame.dropna(subset=["touchpoint"])
    known = frame[frame["touchpoint"].isin(ids)]
    matrix = pd.crosstab(known["need_id"], known["touchpoint"])
    matrix = matrix.reindex(index=list(register["need_id"]), columns=ids, fill_value=0)
    rows: list[dict[str, object]] = []
    for need, text in zip(register["need_id"], register["text"], strict=True):
        to = [x for x in ids if matrix.loc[need, x]]
        rows.append(
            {"what": "need", "id": need, "name_en": text, "name_zh": text, "linked": len(to), "to": ", ".join(to)}
        )
    for contact in contacts:
        to = [str(x) for x in matrix.index[matrix[contact.id] > 0]]
        names = {f"name_{lang}": activity_name(study.blueprint, contact.id, lang) for lang in ("en", "zh")}
        key = bool(contact.touchpoint and contact.touchpoint.key)
        rows.append(
            {"what": "touchpoint", "id": contact.id, **names, "linked": len(to), "to": ", ".join(to), "key": key}
        )
    made = pd.DataFrame(rows, columns=list(NeedsMatrix.columns))
    made = made.assign(orphan=made["linked"] == 0, key=made["key"].astype(object))
    alone = [
        tuple(map(str, made.loc[(made["what"] == what) & made["orphan"], "id"])) for what in ("need", "touchpoint")
    ]
    unknown = frame.loc[~frame["touchpoint"].isin(ids), "touchpoint"].value_counts(sort=False).to_dict()
    provenance = study.provenance("needs by touchpoint", needs=needs.sha256[:12])
    return NeedsMatrix(made, provenance, matrix, alone[0], alone[1], {str(x): int(n) for x, n in unknown.items()})


def needs_by_segment(needs: Needs, *, k: int = K, seed: int = 0) -> SegmentNeeds:
    """How often each segment named a need, and whether segments differ.

    Parameters
    ----------
    needs : Needs
        With a respondent in every row. A respondent of the table who has no row for a need did not name it.
    k : int
        Segments with fewer respondents are hidden, and others as needed; the tests keep to those shown.
    seed : int
        Of the Monte Carlo version of Fisher's test, for more than two segments.

    Raises
    ------
    MiningError
        If rows name no respondent: then nobody knows out of how many a need was named.

    Examples
    --------
    >>> from mining.voice import read_needs
    >>> import pandas as pd
    >>> table = pd.DataFrame({"need_id": ["n1"] * 12 + ["n2"] * 12, "text": ["speed"] * 12 + ["care"] * 12, "respondent": range(24),
    ...                       "segment": ["young"] * 12 + ["old"] * 12})
    >>> needs_by_segment(read_needs(table)).frame[["need_id", "segment", "share", "specific"]].values.tolist()[0]
    ['n1', 'old', 0.0, True]
    """
    frame = needs.frame
    silent = int(frame["respondent"].isna().sum())
    if silent:
        raise MiningError(
            f"{needs.path}: {silent:,} of {len(frame):,} rows name no respondent, so nobody knows out of how many a need was named. "
            "Give a column respondent with a key per person (no name)."
        )
    frame = frame.assign(segment=frame.groupby("respondent")["segment"].transform("first").fillna(""))
    people = frame.drop_duplicates("respondent").groupby("segment", sort=True).size()
    hide = dict(zip(people.index, hidden(people.to_numpy(), k).tolist(), strict=True))
    named = (
        frame.drop_duplicates(["need_id", "respondent"]).groupby(["need_id", "segment"]).size().unstack(fill_value=0)
    )
    named = named.reindex(columns=people.index, fill_value=0)
    register = needs.register
    shown = [segment for segment in people.index if not hide[segment]]
    tests = [_test(named.loc[need, shown].to_numpy(), people[shown].to_numpy(), seed) for need in register["need_id"]]
    q = _adjusted(np.array([p for p, _ in tests], float))
    rows = [
        _row(need, text, segment, int(named.loc[need, segment]), int(people[segment]), hide[segment])
        | {"p": p, "q": q_value, "test": test, "specific": None if math.isnan(q_value) else bool(q_value <= Q)}
        for need, text, (p, test), q_value in zip(register["need_id"], register["text"], tests, q.tolist(), strict=True)
        for segment in people.index
    ]
    made = pd.DataFrame(rows, columns=list(SegmentNeeds.columns))
    made = made.astype({"specific": object, "named": "Int64", "of": "Int64"})
    return SegmentNeeds(made, needs.provenance("needs by segment", k=k, seed=seed, respondents=int(people.sum())))


def _row(need: str, text: str, segment: str, named: int, of: int, is_hidden: bool) -> dict[str, object]:
    row: dict[str, object] = {"need_id": need, "text": text, "segment": segment, "hidden": is_hidden}
    if is_hidden:
        return row
    low, high = wilson(named, of)
    return row | {"named": named, "of": of, "share": named / of, "low": low, "high": high}


def _test(named: np.ndarray, people: np.ndarray, seed: int) -> tuple[float, str]:
    """The p-value of equal shares and the test that gave it."""
    if len(people) < 2:
        return math.nan, "fewer than two segments shown"
    table = np.stack([named, people - named])
    if (table.sum(axis=1) == 0).any():
        return math.nan, "named by all or by nobody"
    from scipy import stats

    found = stats.chi2_contingency(table, correction=False)
    if (found.expected_freq >= 5).all():
        return float(found.pvalue), "chi-square"
    if table.shape[1] == 2:
        return float(stats.fisher_exact(table).pvalue), "Fisher"
    method = stats.MonteCarloMethod(n_resamples=9_999, rng=np.random.default_rng(seed))
    return float(stats.fisher_exact(table, method=method).pvalue), "Fisher"


def _adjusted(p: np.ndarray) -> np.ndarray:
    from scipy.stats import false_discovery_control

    q = np.full(len(p), math.nan)
    known = ~np.isnan(p)
    if known.any():
        q[known] = false_discovery_control(p[known])
    return q


__all__ = ["NeedsMatrix", "SegmentNeeds", "needs_by_segment", "needs_matrix"]
