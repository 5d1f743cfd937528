"""A case worth looking at: one that shows what the ranking begins with, and that is short enough to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from mining.study import Study


def telling_case(study: Study) -> str:
    """The shortest case with the finding that is ranked first; where nothing deviates, the shortest case of all.

    Of equally short cases the first one in the order of the log.

    Examples
    --------
    >>> case = telling_case(study)
    >>> first = study.findings().frame["finding_id"].iloc[0]
    >>> faults = study.deviations().frame
    >>> first in set(faults.loc[faults["case_id"] == case, "finding_id"])
    True
    """
    ids = np.asarray(study.log.case_ids)
    found, faults = study.findings().frame, study.deviations().frame
    shown = np.ones(len(ids), bool)
    if len(found):
        shown = np.isin(ids, faults.loc[faults["finding_id"] == found["finding_id"].iloc[0], "case_id"])
    lengths = np.where(shown, np.diff(study.log.offsets), np.iinfo(np.int64).max)
    return str(ids[int(lengths.argmin())])
