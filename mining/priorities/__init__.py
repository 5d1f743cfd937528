"""What to improve first, and how sure the order is."""

from mining.priorities.ap_table import ApTable, read_ap_table
from mining.priorities.change_requests import ChangeRequests
from mining.priorities.effort import EffortView, effort_of
from mining.priorities.legacy import LegacyRpn, legacy_rpn_of
from mining.priorities.paretos import Paretos, paretos_of
from mining.priorities.ranking import Priorities, priorities_of
from mining.priorities.sensitivity import Sensitivity, sensitivity_of
from mining.priorities.weighted import Weighted, weighted_of
from mining.priorities.worth import Worth

__all__ = [
    "ApTable",
    "ChangeRequests",
    "EffortView",
    "LegacyRpn",
    "Paretos",
    "Priorities",
    "Sensitivity",
    "Weighted",
    "Worth",
    "effort_of",
    "legacy_rpn_of",
    "paretos_of",
    "priorities_of",
    "read_ap_table",
    "sensitivity_of",
    "weighted_of",
]
