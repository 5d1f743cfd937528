"""What an action is measured by, as a short text that a follow-up can compute."""

from __future__ import annotations

import re
from dataclasses import dataclass

from mining.errors import MiningError

FORM = re.compile(r"\s*(share|outcome)\s*:\s*(\S+)\s*", re.IGNORECASE)


@dataclass(frozen=True)
class Metric:
    """A measure of cases.

    Attributes
    ----------
    kind : str
        ``share``: of the judged cases, those that have a finding, or fail a check, and no allowance for it; less is better.
        ``outcome``: the mean of an outcome of the cases, such as ``time``; which way is better, the outcome says.
    of : str
        Id of the finding or check, or of the outcome (it may hold colons: ``survey:csat``).
    """

    kind: str
    of: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.of}"


def metric_of(text: str) -> Metric:
    """Read a metric: ``share:FINDING``, ``share:CHECK`` or ``outcome:NAME``.

    Raises
    ------
    MiningError
        If the text is none of these.

    Examples
    --------
    >>> metric_of("share:F-c9b39b3a").of, metric_of("outcome:survey:csat").of, str(metric_of("Share: R1"))
    ('F-c9b39b3a', 'survey:csat', 'share:R1')
    """
    found = FORM.fullmatch(text)
    if found is None:
        raise MiningError(
            f"metric {text!r} cannot be measured. Write share:FINDING (as share:F-c9b39b3a), share:CHECK (as share:R1) or outcome:NAME "
            "(as outcome:time)."
        )
    return Metric(found[1].lower(), found[2])
