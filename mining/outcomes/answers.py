"""What customers answered, as outcomes of their cases: one per item of a survey."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from mining.outcomes.parts import Part, both, part
from mining.texts import LANGUAGES
from mining.voice.items import item_name

if TYPE_CHECKING:
    from mining.blueprint.model import Blueprint
    from mining.study import Study

HOW_IT_WENT = (
    "csat",
    "nps",
    "ces",
    "perception",
)  # kinds of answers that say how it went; the others say what is wanted


def cases_of(survey: Any, study: Study, customer: str | None = None) -> np.ndarray:
    """Per answer the position of its case in the study, -1 where it has none.

    Parameters
    ----------
    survey : Survey
        As :func:`mining.voice.read_survey` gives it, or anything with such a ``frame``.
    study : Study
    customer : str, optional
        Attribute of the log that names the customer, for answers without a case.
    """
    if hasattr(survey, "joined"):
        return np.asarray(survey.joined(study, customer=customer).case)
    places = pd.Index([str(x).strip() for x in study.log.case_ids])
    return np.asarray(places.get_indexer(survey.frame["case_id"].astype(object)))


def worse_of(blueprint: Blueprint, item: str, kind: str, ces_easy: str | None = None) -> int | None:
    """Which way is worse for an item: -1 where a low score is bad; None where nobody said.

    An indicator of the blueprint on the item says it (a share of the highest boxes, or a mean, that should go up or down). Where there
    is none, ``ces_easy`` tells of effort (kind ces) which end of its scale means that it was easy; of all others less is worse.

    Examples
    --------
    >>> [worse_of(study.blueprint, "effort", "ces", easy) for easy in ("low", "high", None)], worse_of(study.blueprint, "csat", "csat")
    ([1, -1, None], -1)
    """
    said = {kpi.direction for kpi in blueprint.kpis if kpi.formula.get("survey") == item}
    if len(said) == 1:
        return -1 if said == {"up"} else 1
    if kind == "ces":
        return {"low": 1, "high": -1, None: None}[ces_easy]
    return -1


def survey_parts(study: Study, survey: Any, customer: str | None, ces_easy: str | None = None) -> list[Part]:
    """One outcome per item: the mean score of the answers about a case; items in the order of their names.

    Importance and expectations are no outcomes of a case and are left out, and so is an item whose answers differ in kind or scale.
    """
    frame = survey.frame
    case = cases_of(survey, study, customer)
    kinds = frame["kind"].fillna("perception").astype(str)
    found: list[Part] = []
    for item, rows in frame.groupby("item", sort=True).indices.items():
        of_kind = kinds.iloc[rows].to_numpy()
        went = rows[np.isin(of_kind, HOW_IT_WENT)]
        id = f"survey:{item}"
        if not len(went):
            found.append(Part(id, None, both("outcomes.left.wanted", kind=", ".join(sorted(set(of_kind))))))
            continue
        answers = frame.iloc[went]
        scales = answers[["scale_min", "scale_max"]].drop_duplicates().to_numpy(float)
        if len(scales) > 1 or kinds.iloc[went].nunique() > 1:
            found.append(Part(id, None, both("outcomes.left.several", n=max(len(scales), kinds.iloc[went].nunique()))))
            continue
        worse = worse_of(study.blueprint, str(item), str(kinds.iloc[went[0]]), ces_easy)
        if worse is None:
            found.append(Part(id, None, both("outcomes.left.effort")))
            continue
        found.append(_item(study, str(item), worse, answers["score"].to_numpy(float), case[went], scales[0]))
    return found


def _item(study: Study, item: str, worse: int, score: np.ndarray, case: np.ndarray, scale: np.ndarray) -> Part:
    n = study.instances.n_cases
    of_case = case >= 0
    times = np.bincount(case[of_case], minlength=n)
    total = np.bincount(case[of_case], score[of_case], minlength=n)
    values = np.divide(total, times, out=np.full(n, np.nan), where=times > 0)
    lost = int((~of_case).sum())
    note = both("outcomes.note.answers", n=f"{len(score):,}", lost=f"{lost:,}")
    known = np.isfinite(scale).all()
    name = both("outcomes.name.survey", item={lang: item_name(item, lang) for lang in LANGUAGES})
    return part(
        f"survey:{item}", values, {"no_answer": times == 0}, kind="score", worse=worse, visible=True,
        unit=f"{scale[0]:g}-{scale[1]:g}" if known else "", name=name, note=note,
    )  # fmt: skip
