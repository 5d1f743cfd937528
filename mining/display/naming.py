"""Ids in a shown table as the names that people know: findings by their titles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd


def titled(frame: pd.DataFrame, titles: Mapping[str, str], columns: Sequence[str] = ("finding_id",)) -> pd.DataFrame:
    """The frame with the title of each finding in place of its id, for people; what has no title stays as it is.

    The id stands behind the title only where two findings have the same one.

    Parameters
    ----------
    frame : DataFrame
    titles : mapping of str to str
        Id of a finding to its title, in the language of the table.
    columns : sequence of str
        Columns that hold ids.

    Examples
    --------
    >>> titled(pd.DataFrame({"finding_id": ["F-1", "F-2"]}), {"F-1": "Too late (S1)"})["finding_id"].tolist()
    ['Too late (S1)', 'F-2']
    """
    times = Counter(titles.values())
    known = {id: title if times[title] == 1 else f"{title} · {id}" for id, title in titles.items()}
    ids = {name: frame[name].astype(object) for name in columns}
    return frame.assign(**{name: [known.get(id, id) for id in column] for name, column in ids.items()})


def named(
    frame: pd.DataFrame, names: Mapping[str, Any], lang: str, columns: Sequence[str] = ("touchpoint",)
) -> pd.DataFrame:
    """The frame with the names of activities in place of their ids, for people; an id without a name stays as it is.

    Examples
    --------
    >>> named(pd.DataFrame({"touchpoint": ["pay", "all"]}), {"pay": {"en": "Pay", "zh": "缴费"}}, "zh")["touchpoint"].tolist()
    ['缴费', 'all']
    """
    known = {id: words.get(lang) or id for id, words in names.items()}
    ids = {name: frame[name].astype(object) for name in columns}
    return frame.assign(**{name: [known.get(id, id) for id in column] for name, column in ids.items()})


def titles_in(findings: pd.DataFrame, lang: str) -> dict[str, str]:
    """Id to title, from a table of findings.

    Examples
    --------
    >>> titles_in(pd.DataFrame({"finding_id": ["F-1"], "title_en": ["Too late"], "title_zh": ["超时"]}), "zh")
    {'F-1': '超时'}
    """
    return dict(zip(findings["finding_id"], findings[f"title_{lang}"], strict=True))
