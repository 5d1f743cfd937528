"""Whether it helped: measures in time, control charts, before and after with a comparison."""

from mining.follow_up.before_after import BeforeAfter, before_after
from mining.follow_up.case_mix import CaseMix, case_mix_of
from mining.follow_up.control import ControlChart, Rebaseline, control_of, p_chart, p_prime, xmr
from mining.follow_up.helped import Helped
from mining.follow_up.reaudit import FollowUp, follow_up
from mining.follow_up.series import Group, Series, series_of

__all__ = [
    "BeforeAfter",
    "CaseMix",
    "ControlChart",
    "FollowUp",
    "Group",
    "Helped",
    "Rebaseline",
    "Series",
    "before_after",
    "case_mix_of",
    "control_of",
    "follow_up",
    "p_chart",
    "p_prime",
    "series_of",
    "xmr",
]
