"""A case worth looking at: one that shows what the ranking begins with, and that is short enough to read."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from mining.study import Study

SEVERAL = 4  # steps of a case in which there is something to see


def telling_case(study: Study) -> str:
    """The shortest ended case of four steps or more with the finding that is ranked first.

    Where no case with it is as long, the longest ended one with it; where none with it has ended, the longest with it. Where nothing
    deviates, all cases may be taken. Of equally long cases the first one in the order of the log.

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
    lengths = np.diff(study.log.offsets)
    ended = shown & study.has_end
    several = ended & (lengths >= SEVERAL)
    if several.any():
        return str(ids[int(np.where(several, lengths, np.iinfo(np.int64).max).argmin())])
    return str(ids[int(np.where(ended if ended.any() else shown, lengths, -1).argmax())])
