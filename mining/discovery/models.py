"""Models that miners of pm4py make of what was observed: inductive, heuristics and POWL, each as a workflow net."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from numbers import Real
from pathlib import Path
from typing import TYPE_CHECKING

from mining import _pm4py
from mining.blueprint import model as m
from mining.blueprint.bpmn.blocks import blocks_of
from mining.blueprint.compile import write_net
from mining.blueprint.partial_orders import NoFlowWordError, Powl, flow_of_powl, net_of_powl
from mining.discovery.observed import Observed, observed_of
from mining.errors import ModelError, UnknownNameError
from mining.nets import WorkflowNet

if TYPE_CHECKING:
    from mining.discovery.quality import ModelQuality
    from mining.log import EventLog
    from mining.pictures import Picture
    from mining.study import Study

NOISE, DEPENDENCY = 0.2, 0.5
MINERS = ("inductive", "heuristics", "powl")
MOST_WORK = (
    5_000_000  # pm4py takes time with the activities, and with the square of the length of a trace: some 20 seconds
)
MOST_ACTIVITIES = 80  # and with their fourth power where no cut is found: 60 of them some 6 seconds
MOST_REDUCED = 500  # transitions of a net that is tried in flow words


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
    powl : Powl or None
        The partial orders that the POWL miner found, as plain values; of other miners None.
    """

    observed: Observed
    miner: str
    parameters: Mapping[str, float]
    net: WorkflowNet | None
    flow: m.Flow | None = None
    left_out: tuple[int, int] = (0, 0)
    powl: Powl | None = None

    @cached_property
    def quality(self) -> ModelQuality:
        """Fitness, precision, generalisation and simplicity, by our own engine; see :mod:`mining.discovery.quality`."""
        from mining.discovery.quality import quality_of

        return quality_of(self)

    @property
    def activities(self) -> tuple[str, ...]:
        """Activities in the model, sorted; a miner may leave out some of those observed."""
        return self.net.labels if self.net is not None else ()

    def words(self, lang: str = "en") -> str:
        """The model as an indented text: flow words; the orders of a POWL without them; else what may come after each step.

        Examples
        --------
        >>> "  optional:" in mine(study).words()
        True
        """
        from mining.discovery.model_words import words_of

        return words_of(self, lang)

    def to_pnml(self) -> str:
        """The net as PNML, with initial and final marking; labels are names of ``observed``.

        Raises
        ------
        ModelError
            If there is no model.
        """
        from mining.discovery.export import model_as_pnml

        return model_as_pnml(self)

    def to_ptml(self) -> str:
        """The model as a process tree in PTML.

        Raises
        ------
        ModelError
            If there is no model, or it is no tree; the message says what to try.
        """
        from mining.discovery.export import model_as_ptml

        return model_as_ptml(self)

    def to_bpmn(self, lang: str = "en") -> str:
        """The model as BPMN 2.0 with a layout, in the lanes of the blueprint where it is of a study.

        Tasks are named as people read them, each on one line; where two names would be equal, the second gets a number.

        Raises
        ------
        ModelError
            If there is no model, or exclusive and parallel gateways cannot say it; the message says what to try.
        """
        from mining.discovery.export import model_as_bpmn

        return model_as_bpmn(self, lang)

    def save(self, path: str | Path, *, lang: str = "en", force: bool = False) -> Path:
        """Write the model to a file: ``.pnml``, ``.bpmn`` or ``.ptml``.

        Parameters
        ----------
        path : str or Path
        lang : {"en", "zh"}, default "en"
            Language of the names in a BPMN.
        force : bool, default False
            Whether a file that is there may be replaced.

        Raises
        ------
        ModelError
            If the extension is another, the file exists, its folder does not, or the model cannot be said so.
        """
        from mining.discovery.export import save_model

        return save_model(self, path, lang=lang, force=force)

    def picture(self, *, lang: str = "en") -> Picture:
        """The model drawn as BPMN.

        Raises
        ------
        ModelError
            As of :meth:`to_bpmn`.
        """
        from mining.discovery.export import picture_of

        return picture_of(self, lang)

    def __repr__(self) -> str:
        how = ", ".join(f"{key} {value:g}" for key, value in self.parameters.items())
        size = f"{len(self.activities):,} of {len(self.observed.activities):,} activities"
        kind = "no model" if self.net is None else "in flow words" if self.flow is not None else "a net"
        if self.powl is not None and self.flow is None:
            kind = "a partial order"
        left = f" ({self.left_out[1]:,} cases left out)" if self.left_out[1] else ""
        return f"<DiscoveredModel: {self.miner}, {how}: {size}, {kind}; {self.observed.n_cases:,} cases{left}>"

    def _repr_html_(self) -> str:
        from mining.display.accounts import model_html

        return model_html(self)


def mine(
    source: Study | EventLog | Observed,
    *,
    miner: str = "inductive",
    noise: float = NOISE,
    dependency: float = DEPENDENCY,
) -> DiscoveredModel:
    """Discover a model from the distinct traces with their counts.

    Parameters
    ----------
    source : Study, EventLog or Observed
    miner : {"inductive", "heuristics", "powl"}
        Inductive: a block-structured model that is always sound. Heuristics: the dependencies that are strong enough, each as a place;
        such a net may be unsound. POWL: as inductive, with partial orders of parts; always sound.
    noise : float, 0 to 1, default 0.2
        Noise threshold of the inductive miner and of POWL (there below 1); 0 keeps every trace. Heuristics does not use it.
    dependency : float, 0 to 1, default 0.5
        Least dependency of the heuristics miner. The others do not use it.

    Returns
    -------
    DiscoveredModel
        Equal traces with equal counts give an equal model, whatever the order of the cases, in every process.

    Raises
    ------
    UnknownNameError
        For another miner.
    ModelError
        If a threshold is not between 0 and 1, or pm4py fails.
    LogError
        If the source is none of these.

    Examples
    --------
    >>> mine(study)
    <DiscoveredModel: inductive, noise 0.2: 19 of 20 activities, in flow words; 2,000 cases>
    >>> mine(study, miner="heuristics", dependency=0.9).parameters
    {'dependency': 0.9}
    """
    if miner not in MINERS:
        raise UnknownNameError("miner", miner, MINERS)
    observed = observed_of(source)
    counted = observed.counted
    chosen = _affordable(counted, miner)
    variants = {trace: counted[trace] for trace in chosen}
    left_out = len(counted) - len(chosen), sum(counted.values()) - sum(variants.values())
    value = _share("dependency", dependency) if miner == "heuristics" else _share("noise", noise)
    if miner == "powl" and value == 1:
        raise ModelError("noise is 1; the POWL miner takes shares below 1, 0 to keep every trace.")
    net, flow, tree = _BY_MINER[miner](variants, value)
    name = "dependency" if miner == "heuristics" else "noise"
    return DiscoveredModel(observed, miner, {name: value}, net, flow, left_out, tree)


Variants = Mapping[tuple[str, ...], int]
Made = tuple[WorkflowNet | None, m.Flow | None, Powl | None]


def _inductive(variants: Variants, noise: float) -> Made:
    flow = _pm4py.inductive_tree(variants, noise=noise)
    return (write_net(flow) if flow is not None else None), flow, None


def _powl(variants: Variants, noise: float) -> Made:
    tree = _pm4py.powl_tree(variants, noise=noise)
    if tree is None:
        return None, None, None
    flow = None
    with suppress(NoFlowWordError):
        flow = flow_of_powl(tree)
    return (net_of_powl(tree) if flow is None else write_net(flow)), flow, tree


def _heuristics(variants: Variants, dependency: float) -> Made:
    net = _pm4py.heuristics_net(variants, dependency=dependency)
    flow = None
    if net is not None and len(net.transitions) <= MOST_REDUCED:
        with suppress(ModelError):  # an unsound net
            flow = blocks_of(net)
    return net, flow, None


_BY_MINER: dict[str, Callable[[Variants, float], Made]] = {
    "inductive": _inductive,
    "heuristics": _heuristics,
    "powl": _powl,
}


def _share(name: str, value: float) -> float:
    if isinstance(value, bool) or not isinstance(value, Real) or not 0 <= value <= 1:
        raise ModelError(f"{name} is {value!r}; it is a share between 0 and 1, such as 0.2.")
    return float(value)


def _affordable(counted: Mapping[tuple[str, ...], int], miner: str) -> list[tuple[str, ...]]:
    """The most frequent traces that a miner can take, in time that grows with the square of their length.

    Without a cut the inductive miner tries again without each activity, so that its time grows with the fourth power of their number:
    traces that would bring in more than `MOST_ACTIVITIES` are passed over. The heuristics miner counts neighbours, so it takes them all.
    """
    order = sorted(counted, key=lambda trace: (-counted[trace], trace))
    if miner == "heuristics":
        return order
    chosen, seen, work = [], set[str](), 0.0
    for trace in order:
        more = work + len(trace) + len(trace) ** 2 / 1000
        if more * max(len(seen), 1) > MOST_WORK:
            continue
        known = seen | set(trace)
        if len(known) <= MOST_ACTIVITIES and more * len(known) <= MOST_WORK:
            chosen.append(trace)
            seen, work = known, more
    return chosen
