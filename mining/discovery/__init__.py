"""What actually happens: the flow as it is, models of it and their quality, and the design beside it."""

from mining.discovery.flow import DiscoveredFlow, discover
from mining.discovery.models import MINERS, DiscoveredModel, mine
from mining.discovery.observed import Observed, observed_of

__all__ = ["MINERS", "DiscoveredFlow", "DiscoveredModel", "Observed", "discover", "mine", "observed_of"]
