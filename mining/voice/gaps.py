"""The five gaps of service quality on one page, each with the evidence there is, or plainly none."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.blueprint.model import SEVERITIES
from mining.conformance import verdicts as v
from mining.errors import LogError, UnknownNameError
from mining.results import Result, wilson
from mining.suppression import K
from mining.texts import say
from mining.units import percent
from mining.voice.ratings import latest
from mining.voice.traceability import checks_at, needs_of

if TYPE_CHECKING:
    from mining.study import Study

# Words of a basis that is taken for a promise to customers, where nobody says which are.
PROMISE = re.compile(
    r"promis|charter|guarantee|advertis|web ?(page|site)|brochure|\bSLA\b|service level|承诺|公示|宣传|宪章|公约",
    re.IGNORECASE,
)
GRAVE = SEVERITIES[:2]  # critical and major
FEW = 10  # pairs below which a mean has no interval
JUDGED = (v.PASS, v.FAIL, v.ALLOWED)


@dataclass(frozen=True, eq=False, repr=False)
class FiveGaps(Result):
    """One row per gap, in order. Made by :func:`five_gaps`.

    Attributes
    ----------
    promises : tuple of str
        Ids of the standards and rules taken as promises.
    """

    promises: tuple[str, ...]

    columns: ClassVar[dict[str, str]] = {
        "gap": "1 knowledge, 2 design, 3 delivery, 4 promise, 5 perception (Parasuraman, Zeithaml and Berry 1985)",
        "name_en": "name and question in English",
        "name_zh": "the same in Chinese",
        "measured": "whether there is evidence",
        "evidence": "tables that it comes from",
        "n": "what was counted: needs, standards, cases, judgements or pairs of answers; missing without data",
        "value": "of 1 to 4 a share, 0 to 1 (1: needs behind a standard; 2: standards that reach their promised share; 3: cases without a "
        "grave fault; 4: judgements of promises that pass); 5: points, perception less expectation",
        "low": "lower end of its 95 % interval (3 and 4: Wilson; 5: BCa bootstrap); missing where there is none",
        "high": "upper end of it",
        "said_en": "what the evidence says, or what is wanting, in English",
        "said_zh": "the same in Chinese",
    }
    shown: ClassVar[tuple[str, ...]] = ("gap", "name_en", "measured", "n", "said_en")

    def sentence(self, lang: str = "en") -> str:
        """How many gaps can be measured, and for which there is no data."""
        none = self.frame.loc[~self.frame["measured"], "gap"]
        if none.empty:
            return say("fivegaps.all", lang)
        names = say("word.listed", lang).join(say("fivegaps.number", lang, n=gap) for gap in none)
        return say("fivegaps.head", lang, n=len(self.frame) - len(none), none=names)


def five_gaps(
    study: Study, *, survey: Any = None, needs: Any = None, promises: Collection[str] | None = None, bootstraps: int = 1000, seed: int = 0
) -> FiveGaps:  # fmt: skip
    """One row per gap of the model of Parasuraman, Zeithaml and Berry (1985), with the evidence that there is.

    1. Needs behind a standard or rule, of all needs of the register.
    2. Weak places of the design (lint), and standards that reach their promised share.
    3. Cases that fail no critical or major check, of those that one of them judged; allowed deviations fail, and pass in the net figure.
    4. Judgements of the standards and rules whose basis is a promise to customers.
    5. Perception less expectation, of respondents who answered both.

    Parameters
    ----------
    study : Study
    survey : Survey, optional
        With answers of the kinds expectation and perception.
    needs : Needs, optional
    promises : collection of str, optional
        Ids of the standards and rules that customers were promised; else those whose basis speaks of a promise, a charter, a guarantee, an
        advertisement, a web page, a brochure or a service level (or the like in Chinese). The provenance says which.
    bootstraps, seed : int
        For the interval of gap 5.

    Raises
    ------
    UnknownNameError
        For a promise that the blueprint does not have.

    Examples
    --------
    >>> five_gaps(study).frame["measured"].tolist()
    [False, True, True, True, False]
    """
    blueprint = study.blueprint
    if promises is None:
        ids = tuple(id for id, spec in blueprint.checks.items() if PROMISE.search(spec.basis))
    else:
        for id in promises:
            if id not in blueprint.checks:
                raise UnknownNameError("standard or rule", id, blueprint.checks, where=blueprint.id)
        ids = tuple(id for id in blueprint.checks if id in promises)
    rows = [
        _knowledge(study, needs),
        _design(study),
        _delivery(study),
        _promise(study, ids),
        _perception(survey, bootstraps, seed),
    ]
    for number, row in enumerate(rows, 1):
        row["gap"], row["measured"] = number, "n" in row
        row |= {f"name_{lang}": say(f"fivegaps.name.{number}", lang) for lang in ("en", "zh")}
        row |= {f"said_{lang}": row.get(f"said_{lang}", say(f"fivegaps.lacks.{number}", lang)) for lang in ("en", "zh")}
    frame = pd.DataFrame(rows, columns=list(FiveGaps.columns)).astype(
        {"n": "Int64", "value": float, "low": float, "high": float, "measured": bool}
    )
    settings = {
        "promises": ", ".join(ids) or "none",
        "promises from": "given" if promises is not None else "words of the basis",
    }
    settings |= {name: table.sha256[:12] for name, table in (("survey", survey), ("needs", needs)) if table is not None}
    if survey is not None:
        settings |= {"bootstraps": str(bootstraps), "seed": str(seed)}
    return FiveGaps(frame, study.provenance("five gaps", **settings), ids)


def _said(key: str, values: dict[str, Any]) -> dict[str, str]:
    """A text in both languages, shares written as people read them."""
    return {
        f"said_{lang}": say(
            key, lang, **{k: percent(x, lang) if isinstance(x, float) else x for k, x in values.items()}
        )
        for lang in ("en", "zh")
    }


def _knowledge(study: Study, needs: Any) -> dict[str, Any]:
    register = needs_of(needs)
    if not register:
        return {"evidence": ""}
    found = sum(any(checks_at(study.blueprint, place) for place in places) for places in register.values())
    n = len(register)
    said = _said("fivegaps.said.1", {"found": found, "n": n, "share": found / n, "missing": n - found})
    return {"evidence": "needs, blueprint", "n": n, "value": found / n} | said


def _design(study: Study) -> dict[str, Any]:
    weak = [x.severity for x in study.blueprint.lint()]
    table = study.summary().frame
    promised = table[table["target"].notna() & (table["judged"] > 0)]
    met, n = int(promised["met"].astype(bool).sum()), len(promised)
    values = {"errors": len(weak) - weak.count("note"), "notes": weak.count("note")}
    if not n:
        return {"evidence": "blueprint", "n": 0} | _said("fivegaps.said.2.none", values)
    return {"evidence": "blueprint, log", "n": n, "value": met / n} | _said(
        "fivegaps.said.2", values | {"met": met, "n": n}
    )


def _delivery(study: Study) -> dict[str, Any]:
    judged, failed, failed_net = (np.zeros(study.instances.n_cases, bool) for _ in range(3))
    for check in study.checks:
        if check.severity in GRAVE:
            net = study.net(check)
            judged |= np.isin(net, JUDGED)
            failed |= np.isin(net, (v.FAIL, v.ALLOWED))
            failed_net |= net == v.FAIL
    n = int(judged.sum())
    if not n:
        return {"evidence": ""}
    passed, passed_net = n - int(failed.sum()), n - int(failed_net.sum())
    low, high = wilson(passed, n)
    said = _said(
        "fivegaps.said.3", {"share": passed / n, "n": f"{n:,}", "low": low, "high": high, "net": passed_net / n}
    )
    return {"evidence": "log, blueprint", "n": n, "value": passed / n, "low": low, "high": high} | said


def _promise(study: Study, ids: tuple[str, ...]) -> dict[str, Any]:
    table = study.summary().frame
    rows = table[table["check"].isin(ids) & (table["judged"] > 0)]
    if rows.empty:
        return {"evidence": ""}
    passed, n = int(rows["pass"].sum()), int(rows["judged"].sum())
    low, high = wilson(passed, n)
    worst = rows.loc[rows["gross"].astype(float).idxmin()]
    said = _said(
        "fivegaps.said.4",
        {
            "share": passed / n,
            "n": f"{n:,}",
            "low": low,
            "high": high,
            "worst": worst["check"],
            "worst_share": float(worst["gross"]),
        },
    )
    return {"evidence": "log, blueprint", "n": n, "value": passed / n, "low": low, "high": high} | said


def _perception(survey: Any, bootstraps: int, seed: int) -> dict[str, Any]:
    pairs, unpaired = pairs_of(survey) if survey is not None else (pd.DataFrame(), 0)
    if len(pairs) < K:
        return {"evidence": ""}
    gap, low, high = gap_of((pairs["perception"] - pairs["expectation"]).to_numpy(float), bootstraps, seed)
    values = {"gap": f"{gap:+.2f}", "n": f"{len(pairs):,}", "unpaired": f"{unpaired:,}"}
    few = np.isnan(low)
    said = _said(
        "fivegaps.said.5.few" if few else "fivegaps.said.5",
        values if few else values | {"low": f"{low:+.2f}", "high": f"{high:+.2f}"},
    )
    return {"evidence": "survey", "n": len(pairs), "value": gap, "low": low, "high": high} | said


def pairs_of(survey: Any) -> tuple[pd.DataFrame, int]:
    """Pairs of expectation and perception: who, item, touchpoint, expectation, perception; and how many answers have no other half."""
    frame, _ = latest(survey.frame)
    rows = frame[frame["kind"].isin(("expectation", "perception"))]
    key = ["who", "item", "touchpoint"]
    columns = [*key, "score", "scale_min", "scale_max"]
    expected, perceived = (
        rows.loc[rows["kind"].eq(kind), columns].astype({"touchpoint": object})
        for kind in ("expectation", "perception")
    )
    pairs = expected.fillna({"touchpoint": ""}).merge(
        perceived.fillna({"touchpoint": ""}), on=key, suffixes=("_e", "_p")
    )
    for end in ("scale_min", "scale_max"):
        apart = (pairs[f"{end}_e"] != pairs[f"{end}_p"]) & ~(pairs[f"{end}_e"].isna() & pairs[f"{end}_p"].isna())
        if apart.any():
            raise LogError(
                f"Item {pairs.loc[apart, 'item'].iat[0]!r}: expectation and perception were asked on different scales ({end} "
                f"{pairs.loc[apart, f'{end}_e'].iat[0]:g} and {pairs.loc[apart, f'{end}_p'].iat[0]:g}), so they cannot be subtracted."
            )
    found = pairs.rename(columns={"score_e": "expectation", "score_p": "perception"})[
        [*key, "expectation", "perception"]
    ]
    found["touchpoint"] = found["touchpoint"].where(found["touchpoint"].ne(""), None)
    return found.reset_index(drop=True), len(rows) - 2 * len(found)


def gap_of(differences: np.ndarray, bootstraps: int, seed: int) -> tuple[float, float, float]:
    """Mean of differences with its BCa interval: NaN for fewer than ten; the value itself where all are equal.

    Examples
    --------
    >>> gap_of(np.full(12, -1.0), 200, 0)
    (-1.0, -1.0, -1.0)
    """
    from scipy.stats import bootstrap

    differences = np.sort(differences)  # the order of the rows changes nothing
    mean = float(differences.mean())
    if len(differences) < FEW:
        return mean, np.nan, np.nan
    if np.ptp(differences) == 0:
        return mean, mean, mean
    found = bootstrap(
        (differences,), np.mean, n_resamples=bootstraps, method="BCa", rng=np.random.default_rng(seed), vectorized=True
    ).confidence_interval
    return mean, float(found.low), float(found.high)


__all__ = ["FiveGaps", "five_gaps", "gap_of", "pairs_of"]
