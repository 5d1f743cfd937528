"""A service watched while it runs: events in, one by one or from a file that grows; broken promises, and those about to break, out.

Nothing is checked here: the cases that something happened to, or whose deadline has passed, are judged by the code that judges a log.
(`mining.blueprint.monitors` is something else: rules as automata, for the lint of a blueprint.)
"""

from mining.monitor.core import Monitor

__all__ = ["Monitor"]
