"""The flow as it is, in one piece: what was observed, the model of the inductive miner, and the map."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from mining.blueprint import model as m
from mining.conformance.search import LargeNet
from mining.discovery.models import NOISE, DiscoveredModel, mine
from mining.discovery.observed import Arc, Observed, observed_of
from mining.log import EventLog
from mining.pictures.graphviz import TooSlowError
from mining.texts import say

if TYPE_CHECKING:
    from mining.discovery.comparison import Comparison
    from mining.discovery.quality import ModelQuality
    from mining.pictures import Picture
    from mining.study import Study

MAPS = (100, 40, 15)  # activities of a map: fewer where the layout would take too long


@dataclass(frozen=True, eq=False, repr=False)
class DiscoveredFlow:
    """The flow of the completed instances: in a study, over the blueprint's activities and the labels that it does not know.

    Attributes
    ----------
    observed : Observed
        What was observed.
    model : DiscoveredModel
        What the inductive miner made of it.
    """

    observed: Observed
    model: DiscoveredModel

    @property
    def activities(self) -> dict[str, int]:
        """Instances per activity."""
        return self.observed.activities

    @property
    def arcs(self) -> dict[Arc, int]:
        """How often one activity directly follows the other."""
        return self.observed.arcs

    @property
    def starts(self) -> dict[str, int]:
        """Cases that begin with an activity."""
        return self.observed.starts

    @property
    def ends(self) -> dict[str, int]:
        """Cases that end with an activity."""
        return self.observed.ends

    @property
    def flow(self) -> m.Flow | None:
        """The model in the flow words of a blueprint."""
        return self.model.flow

    @property
    def quality(self) -> ModelQuality:
        """How well the model describes the log; see :mod:`mining.discovery.quality`."""
        return self.model.quality

    @property
    def comparison(self) -> Comparison:
        """What is only in the design or only in the log; see :mod:`mining.discovery.comparison`."""
        from mining.discovery.comparison import compared

        return compared(self.observed)

    def summary(self, lang: str = "en") -> list[str]:
        """The main things in words."""
        observed, n = self.observed, self.observed.n_cases
        top = int(observed.count[0]) if n else 0
        lines = [
            say(
                "discovered.variants",
                lang,
                n_cases=f"{n:,}",
                n_variants=f"{len(observed.traces):,}",
                top=f"{top / n:.1%}".replace("%", " %") if n else "0 %",
            )
        ]
        if not isinstance(observed.source, EventLog) and isinstance(observed.source.path.model, LargeNet):
            lines.append(say("discovered.no_orders", lang))
        traces, cases = self.model.left_out
        if traces and self.flow:
            kept = {"k": f"{n - cases:,}", "n": f"{n:,}", "traces": f"{traces:,}"}
            lines.append(say("discovered.left_out", lang, **kept))
        if len(self._mapped) < len(self.activities):
            lines.append(say("discovered.part", lang, **self._share_of(self._mapped)))
        q = self.quality
        if q.log_fitness is None:
            return [*lines, say("discovered.not_measured", lang, why=q.why_not)]
        low, high = (f"{x:.3f}" for x in q.log_fitness)
        fit = {
            "fitness": low if low == high else f"{low}–{high}",
            "precision": "-" if q.precision is None else f"{q.precision.value:.3f}",
            "k": f"{q.n_fitting:,}",
            "n": f"{q.n_cases:,}",
            "noise": f"{self.model.parameters['noise']:g}",
        }
        return [*lines, say("discovered.quality", lang, **fit)]

    def words(self, lang: str = "en") -> str:
        """The discovered model as an indented text in flow words."""
        return "\n".join(_lines(self.flow, lambda name: self.observed.name(name, lang))) if self.flow else "-"

    def picture(self, *, lang: str = "en", most_arcs: int = 40) -> Picture:
        """The directly-follows map, activities marked with their deviations.

        Of more than 100 activities the most frequent are drawn, fewer where the layout would take too long; the title says how many.
        """
        return self._map(self._mapped, lang, most_arcs)

    @cached_property
    def _mapped(self) -> list[str]:
        """The activities that a map can show, most frequent first."""
        order = sorted(self.activities, key=lambda a: (-self.activities[a], a))
        if len(order) <= MAPS[-1]:
            return order
        for most in MAPS:
            with suppress(TooSlowError):
                self._map(order[:most], "en", 40)
                return order[:most]
        return order[: MAPS[-1]]

    def _share_of(self, wanted: list[str]) -> dict[str, str]:
        """How much of the log some activities are, in numbers."""
        share = sum(self.activities[a] for a in wanted) / sum(self.activities.values())
        return {
            "k": f"{len(wanted):,}",
            "n": f"{len(self.activities):,}",
            "share": f"{share:.1%}".replace("%", " %"),
        }

    def _map(self, wanted: list[str], lang: str, most_arcs: int) -> Picture:
        from mining.findings import marks_of
        from mining.pictures import process_map

        source, blueprint = self.observed.source, self.observed.blueprint
        marks = {} if isinstance(source, EventLog) else marks_of(source)
        title = ""
        if len(wanted) < len(self.activities):
            title = say("discovered.map_title", lang, **self._share_of(wanted))
        shown_ids = dict.fromkeys(a for a in self.activities if a in set(wanted))
        return process_map(
            {a: self.activities[a] for a in shown_ids},
            {(a, b): n for (a, b), n in self.arcs.items() if a in shown_ids and b in shown_ids},
            starts={a: n for a, n in self.starts.items() if a in shown_ids},
            ends={a: n for a, n in self.ends.items() if a in shown_ids},
            names={a: self.observed.name(a, lang) for a in shown_ids},
            visible={a: blueprint.lane_of(a).visible for a in shown_ids if blueprint and a in blueprint.by_id},
            marks={a: marks[a] for a in shown_ids if a in marks},
            most_arcs=most_arcs,
            lang=lang,
            title=title,
        )

    def __repr__(self) -> str:
        return f"<DiscoveredFlow: {' '.join(self.summary())}>"

    def _repr_html_(self) -> str:
        return str(self.picture()._repr_html_())


def discover(source: Study | EventLog | Observed, *, noise: float = NOISE) -> DiscoveredFlow:
    """Discover the flow of a study, or of a log alone, from its distinct traces with counts.

    Parameters
    ----------
    source : Study, EventLog or Observed
    noise : float, 0 to 1, default 0.2
        Noise threshold of the inductive miner; 0 keeps every trace.

    Raises
    ------
    ModelError
        If pm4py fails.

    Examples
    --------
    >>> discover(study).activities["receive"]
    2000
    """
    observed = observed_of(source)
    return DiscoveredFlow(observed, mine(observed, noise=noise))


def _lines(flow: m.Flow, name: Any, depth: int = 0) -> list[str]:
    pad = "  " * depth
    match flow:
        case m.Step(activity):
            return [f"{pad}{name(activity)}"]
        case m.Free(activities):
            return [f"{pad}free: {', '.join(name(a) for a in activities)}"]
        case _:
            words = {
                m.Sequence: "sequence",
                m.Choice: "choice",
                m.Parallel: "parallel",
                m.Optional_: "optional",
                m.Loop: "loop",
            }
            inner = [line for part in m.children(flow) for line in _lines(part, name, depth + 1)]
            return [f"{pad}{words[type(flow)]}:", *inner]
