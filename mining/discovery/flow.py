"""The flow as it is, in one piece: what was observed, the model of the inductive miner, and the map."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from mining.blueprint import model as m
from mining.conformance.search import LargeNet
from mining.discovery.models import NOISE, DiscoveredModel, mine
from mining.discovery.observed import Arc, Observed, observed_of
from mining.log import EventLog
from mining.texts import say
from mining.units import percent

if TYPE_CHECKING:
    from mining.discovery.comparison import Comparison
    from mining.discovery.quality import ModelQuality
    from mining.pictures import Picture
    from mining.study import Study


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

    @cached_property
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
                top=percent(top / n if n else 0, lang),
            )
        ]
        if not isinstance(observed.source, EventLog) and isinstance(observed.source.path.model, LargeNet):
            lines.append(say("discovered.no_orders", lang))
        traces, cases = self.model.left_out
        if traces and self.flow:
            kept = {"k": f"{n - cases:,}", "n": f"{n:,}", "traces": f"{traces:,}"}
            lines.append(say("discovered.left_out", lang, **kept))
        lines += _mapped_part(self.observed, lang)
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
        return self.model.words(lang)

    def picture(self, *, lang: str = "en", most_arcs: int = 40) -> Picture:
        """The directly-follows map, in a study with deviations marked: the most frequent activities and arcs, as many as are legible.

        It says how much it shows; :func:`mining.discovery.maps.map_of` draws more or less.
        """
        from mining.discovery.maps import map_of

        return map_of(self.observed, most_arcs=most_arcs, lang=lang)

    def __repr__(self) -> str:
        return f"<DiscoveredFlow: {' '.join(self.summary())}>"

    def _repr_html_(self) -> str:
        from mining.display.accounts import flow_html

        return flow_html(self)


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


def _mapped_part(observed: Observed, lang: str) -> list[str]:
    """How much of the log the map shows, where it is not all."""
    from mining.discovery.map_levels import level_of

    if not observed.activities:
        return []
    shown = level_of(observed, None).shown
    n = len(observed.activities)
    if len(shown) == n:
        return []
    share = sum(observed.activities[a] for a in shown) / sum(observed.activities.values())
    return [say("map.part", lang, k=f"{len(shown):,}", n=f"{n:,}", share=percent(share, lang))]
