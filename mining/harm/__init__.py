"""What a deviation does to an outcome, estimated honestly: adjusted, with an interval, guards and a grade."""

from mining.harm.effects import Effects
from mining.harm.measure import effects_of

__all__ = ["Effects", "effects_of"]
