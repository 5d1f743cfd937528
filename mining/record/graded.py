"""What the rating of an audit is made from: its words, its thresholds, and what it asks of a finding."""

from __future__ import annotations

from dataclasses import dataclass

from mining.record.people_file import Words

RATINGS = ("satisfactory", "some_improvement", "major_improvement", "unsatisfactory", "no_opinion")
NONE = "none"  # no rating at all
SEVERITIES = ("critical", "major", "minor", "observation")
MODES = ("audit", "advisory")
BLUEPRINT_STATUSES = ("draft", "approved", "retired")

WIDESPREAD = 0.05  # lower limit of the failing rate from which a critical failure is widespread
NOT_OPERATING = 0.5  # lower limit of the failing rate from which a control does not operate
FEW_MAJOR = 2  # findings of severity major and priority H that still mean "some improvement"
BLIND_SHARE = (
    0.2  # of the applicable pairs of case and check that may be not observable, unless the engagement says otherwise
)

# rule -> rating; the first that applies decides
RULES: dict[str, str] = {
    "advisory": NONE,
    "no_norm": NONE,
    "blind": "no_opinion",
    "widespread": "unsatisfactory",
    "not_operating": "unsatisfactory",
    "critical": "major_improvement",
    "many_major": "major_improvement",
    "few_major": "some_improvement",
    "no_serious": "satisfactory",
}


@dataclass(frozen=True)
class RatingOverride:
    """A rating that a person gives in place of the rule's.

    Attributes
    ----------
    value : {"satisfactory", "some_improvement", "major_improvement", "unsatisfactory", "no_opinion"}
    reason : Words
    by : str
        Who answers for it.
    """

    value: str
    reason: Words
    by: str


@dataclass(frozen=True)
class Graded:
    """What the rating asks of a finding.

    Attributes
    ----------
    finding_id : str
    severity : {"critical", "major", "minor", "observation"}
        Of the finding; where a person decided otherwise, as decided.
    priority : {"H", "M", "L"} or None
        None for what is not ranked.
    status : str
        Only ``open`` counts. What management has done about it changes nothing: the log of this audit still shows it.
    n_net : int
        Cases with it that no allowance covers.
    low : float
        Lower end of the 95 % interval of the failing rate, 0-1.
    confirmed : bool or None
        What the inspected sample said: True; False (refuted); None (nothing of it was inspected).
    control : bool
        It is the failure of a rule or role check.
    n_judged, n_cases : int
        Cases in which its check could be judged, and all cases of the log; 0: not told.
    """

    finding_id: str
    severity: str
    priority: str | None
    status: str
    n_net: int
    low: float
    confirmed: bool | None = None
    control: bool = False
    n_judged: int = 0
    n_cases: int = 0

    @property
    def counts(self) -> bool:
        """Whether the rating looks at it: open, and not refuted by the sample."""
        return self.status == "open" and self.confirmed is not False

    @property
    def serious(self) -> bool:
        """Critical, or major with priority H."""
        return self.severity == "critical" or (self.severity == "major" and self.priority == "H")
