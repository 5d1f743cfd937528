"""Simulated logs with known faults: the oracle of the tests and the source of the sample logs."""

from mining.simulation.faults import Fault
from mining.simulation.run import Simulation, simulate

__all__ = ["Fault", "Simulation", "simulate"]
