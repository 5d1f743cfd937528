"""Models that miners of pm4py make of what was observed: inductive, heuristics and POWL, each as a workflow net."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from mining.blueprint import model as m
from mining.discovery.observed import Observed, observed_of
from mining.nets import WorkflowNet

if TYPE_CHECKING:
    from mining.discovery.quality import ModelQuality
    from mining.log import EventLog
    from mining.study import Study

NOISE = 0.2
MINERS = ("inductive", "heuristics", "powl")
MOST_WORK = (
    5_000_000  # pm4py takes time with the activities, and with the square of the length of a trace: some 20 seconds
)


@dataclass(frozen=True, eq=False, repr=False)
class DiscoveredModel:
    """A model that a miner made of what was observed.

    Attributes
    ----------
    observed : Observed
    miner : str
        One of `MINERS`.
    parameters : dict of str to float
        What the miner was asked with: ``noise`` of the inductive miner and of POWL, ``dependency`` of the heuristics miner.
    net : WorkflowNet or None
        The model; its labels are names of ``observed``. None where no trace holds an activity, or every trace is too much for the miner.
    flow : Flow or None
        The same in the flow words of a blueprint, where it can be said in them.
    left_out : (int, int)
        Distinct traces, and cases with them, that the model was not made from, because the miner would take too long.
    """

    observed: Observed
    miner: str
    parameters: Mapping[str, float]
    net: WorkflowNet | None
    flow: m.Flow | None = None
    left_out: tuple[int, int] = (0, 0)

    @cached_property
    def quality(self) -> ModelQuality:
        """Fitness, precision, generalisation and simplicity, by our own engine; see :mod:`mining.discovery.quality`."""
        from mining.discovery.quality import quality_of

        return quality_of(self)


def mine(
    source: Study | EventLog | Observed, *, miner: str = "inductive", noise: float = NOISE, dependency: float = 0.5
) -> DiscoveredModel:
    """Discover a model from the distinct traces with their counts.

    Parameters
    ----------
    source : Study, EventLog or Observed
    miner : {"inductive", "heuristics", "powl"}
    noise : float, 0 to 1, default 0.2
        Noise threshold of the inductive miner and of POWL; 0 keeps every trace.
    dependency : float, 0 to 1, default 0.5
        Least dependency of the heuristics miner.

    Raises
    ------
    UnknownNameError
        For another miner.
    ModelError
        If a threshold is not between 0 and 1, or pm4py fails.

    Examples
    --------
    >>> mine(study).flow is not None
    True
    """
    from mining import _pm4py
    from mining.blueprint.compile import write_net

    observed = observed_of(source)
    counted = observed.counted
    chosen = _affordable(counted)
    flow = _pm4py.inductive_tree({trace: counted[trace] for trace in chosen}, noise=noise)
    left_out = len(counted) - len(chosen), sum(counted.values()) - sum(counted[trace] for trace in chosen)
    net = write_net(flow) if flow is not None else None
    return DiscoveredModel(observed, miner, {"noise": noise}, net, flow, left_out)


def _affordable(counted: Mapping[tuple[str, ...], int]) -> list[tuple[str, ...]]:
    """The most frequent traces that the miner can take, in time that grows with the square of their length."""
    chosen, seen, work = [], set[str](), 0.0
    for trace, _ in sorted(counted.items(), key=lambda item: (-item[1], item[0])):
        more = work + len(trace) + len(trace) ** 2 / 1000
        if more * max(len(seen), 1) > MOST_WORK:
            continue
        known = seen | set(trace)
        if more * len(known) <= MOST_WORK:
            chosen.append(trace)
            seen, work = known, more
    return chosen
