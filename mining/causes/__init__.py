"""What goes with a deviation: attribute levels and pairs, with risk ratio, excess cases, interval and a holdout."""

from mining.causes.associations import causes_of
from mining.causes.table import Causes

__all__ = ["Causes", "causes_of"]
