"""What would happen if a standard, a capacity, a routing or the share of a deviation were changed.

>>> from mining.what_if import DeviationShare, calibrated, what_if
>>> calibrated(study).validated(runs=5).verdict
'usable'
"""

from mining.what_if.model import Model, calibrated
from mining.what_if.scenarios import Automated, Capacity, DeviationShare, Routing, Scenario, Standard
from mining.what_if.table import WhatIf, what_if
from mining.what_if.validation import Validation, validated

__all__ = [
    "Automated",
    "Capacity",
    "DeviationShare",
    "Model",
    "Routing",
    "Scenario",
    "Standard",
    "Validation",
    "WhatIf",
    "calibrated",
    "validated",
    "what_if",
]
