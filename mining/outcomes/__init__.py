"""What cases came to: time, cost, satisfaction, resolution, abandonment, repeat contact; indicators and what poor quality costs."""

from mining.outcomes.attributes import AttributeOutcome
from mining.outcomes.costs import Costs, QualityCosts, cost_of_poor_quality, read_costs
from mining.outcomes.measure import outcomes_of
from mining.outcomes.outcome import Outcome, Outcomes

__all__ = [
    "AttributeOutcome",
    "Costs",
    "Outcome",
    "Outcomes",
    "QualityCosts",
    "cost_of_poor_quality",
    "outcomes_of",
    "read_costs",
]
