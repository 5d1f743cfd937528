"""Through which channels cases went: steps and cases by channel, switches, failed contacts, and cases that stayed in self-service."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.conformance import verdicts as v
from mining.errors import UnknownNameError
from mining.funnel import funnel_of
from mining.handovers.holders import UNKNOWN, holders_of, neighbours
from mining.results import Result, wilson
from mining.scorecard import Share
from mining.texts import say
from mining.units import percent

if TYPE_CHECKING:
    from mining.study import Study


@dataclass(frozen=True, eq=False, repr=False)
class Channels(Result):
    """One row per channel, the one with most cases first. Made by :func:`channels_of`.

    Attributes
    ----------
    without : int
        Completed steps that go through no known channel: passed over.
    switches : int
        Changes of the channel from one step with a channel to the next of the case.
    switching : Share
        Cases with at least one switch, of those with a step through a known channel.
    self_service : tuple of str, or None
        The channels in which the customer serves himself; None where nobody said which.
    contained : Share
        With ``self_service``: ended cases all of whose steps with a channel went through one of them. Else those that finished without a
        step in a lane of staff, as the funnel of the whole service counts them.
    """

    without: int
    switches: int
    switching: Share
    self_service: tuple[str, ...] | None
    contained: Share

    columns: ClassVar[dict[str, str]] = {
        "channel": "value of the attribute channel",
        "n": "completed steps through it",
        "cases": "cases with at least one",
        "share": "cases / cases with a step through a known channel, 0-1",
        "low": "lower end of its 95 % Wilson interval",
        "high": "upper end of its 95 % Wilson interval",
        "first": "cases whose first step with a channel went through it",
        "last": "cases whose last did",
        "only": "cases all of whose steps with a channel did",
        "switches_in": "switches to it",
        "switches_out": "switches from it",
        "contacts": "of n, steps of touchpoints of which the blueprint says when they fail",
        "failed": "of contacts, those that did; missing where there are none",
    }

    def to_dict(self) -> dict[str, Any]:
        """The table, its provenance and the totals as plain values."""
        shares = {
            name: {"passed": x.passed, "n": x.n} for name in ("switching", "contained") for x in [getattr(self, name)]
        }
        own = None if self.self_service is None else list(self.self_service)
        return super().to_dict() | shares | {"without": self.without, "switches": self.switches, "self_service": own}

    def sentence(self, lang: str = "en") -> str:
        """The channel most used, how many cases switched, and how many stayed in self-service."""
        if self.frame.empty:
            return say("channels.none", lang)
        row = self.frame.iloc[0]
        low, high = (percent(x, lang) for x in self.switching.interval)
        text = say(
            "channels.all", lang, channel=row["channel"], cases=f"{row['cases']:,}", n=f"{self.switching.n:,}",
            k=f"{self.switching.passed:,}", share=percent(self.switching.share, lang), low=low, high=high,
        )  # fmt: skip
        if self.contained.n:
            key = "channels.contained.lanes" if self.self_service is None else "channels.contained.named"
            low, high = (percent(x, lang) for x in self.contained.interval)
            text += say(
                key, lang, k=f"{self.contained.passed:,}", n=f"{self.contained.n:,}", share=percent(self.contained.share, lang),
                low=low, high=high,
            )  # fmt: skip
        failed = self.frame.dropna(subset="failed")
        if len(failed) and failed["failed"].sum():
            worst = failed.loc[failed["failed"].astype(int).idxmax()]
            text += say(
                "channels.failed", lang, channel=worst["channel"], n=f"{worst['failed']:,}", of=f"{worst['contacts']:,}",
                all=f"{int(failed['failed'].sum()):,}",
            )  # fmt: skip
        return text + (say("channels.without", lang, n=f"{self.without:,}") if self.without else "")

    def plot(self, *, lang: str = "en", ax: Any = None) -> Any:
        """Cases by channel; see :func:`mining.plots.handover_bars.channels_chart`."""
        from mining.plots.handover_bars import channels_chart

        return channels_chart(self, lang=lang, ax=ax)


def channels_of(study: Study, self_service: Collection[str] | None = None) -> Channels:
    """Count steps, cases, switches and failed contacts by channel.

    Steps without a channel are looked past, so that a switch lies between two steps that have one. The switches by pair are
    :func:`mining.handovers.matrix.handover_matrix` at the level channel.

    Parameters
    ----------
    study : Study
    self_service : collection of str, optional
        Channels in which the customer serves himself. Without it the lanes of the blueprint decide, see :func:`mining.funnel.funnel_of`.

    Returns
    -------
    Channels

    Raises
    ------
    LogError
        If the binding has no attribute ``channel``.
    UnknownNameError
        If the log has no such channel.

    Examples
    --------
    >>> table = channels_of(study)
    >>> int(table.frame["switches_in"].sum()) == int(table.frame["switches_out"].sum()) == table.switches
    True
    """
    instances = study.instances
    every = holders_of(study, "channel")
    for name in sorted(self_service or ()):
        if name not in every.names:
            raise UnknownNameError("channel", name, every.names, where=study.log.source.path)
    held, n, n_cases = every.known(), len(every.names), instances.n_cases
    case, code = held.case, held.code
    pairs = np.unique(case.astype(np.int64) * max(n, 1) + code)
    channels = np.bincount(pairs // max(n, 1), minlength=n_cases)  # per case the number of its channels
    at = neighbours(case)
    at = at[code[at] != code[at + 1]]
    head = np.r_[True, case[1:] != case[:-1]][: len(case)]
    tail = np.r_[case[1:] != case[:-1], True][: len(case)]
    cases, single = np.bincount(pairs % max(n, 1), minlength=n), channels[pairs // max(n, 1)] == 1
    frame = pd.DataFrame({"channel": pd.Series(every.names, dtype=object)})
    frame["n"], frame["cases"] = np.bincount(code, minlength=n), cases
    total = int((channels > 0).sum())
    limits = [wilson(int(k), total) for k in cases]
    frame["share"] = cases / max(total, 1)
    frame["low"], frame["high"] = [x for x, _ in limits], [x for _, x in limits]
    frame["first"], frame["last"] = np.bincount(code[head], minlength=n), np.bincount(code[tail], minlength=n)
    frame["only"] = np.bincount((pairs % max(n, 1))[single], minlength=n)
    frame["switches_in"] = np.bincount(code[at + 1], minlength=n)
    frame["switches_out"] = np.bincount(code[at], minlength=n)
    contacts, failed = _contacts(study, every.rows, every.code, n)
    frame["contacts"], frame["failed"] = contacts, pd.array(failed, "Int64")
    frame.loc[frame["contacts"] == 0, "failed"] = pd.NA
    frame = frame.sort_values("cases", ascending=False, kind="stable", ignore_index=True)
    switching = Share(len(np.unique(case[at])), total)
    own = None if self_service is None else tuple(sorted(set(self_service)))
    contained = funnel_of(study, whole=True).contained
    if own is not None:
        outside = np.zeros(n_cases, bool)
        outside[case[~np.isin(code, [every.names.index(name) for name in own])]] = True
        ended = ~study.is_open & (channels > 0)
        contained = Share(int((ended & ~outside).sum()), int(ended.sum()))
    provenance = study.provenance("channels", self_service=None if own is None else list(own))
    without = int((every.code == UNKNOWN).sum())
    return Channels(frame[list(Channels.columns)], provenance, without, len(at), switching, own, contained)


def _contacts(study: Study, rows: np.ndarray, code: np.ndarray, n: int) -> tuple[np.ndarray, np.ndarray]:
    """Per channel the completed steps of touchpoints that can fail, and those that failed."""
    instances = study.instances
    contacts, failed = np.zeros(n, np.int64), np.zeros(n, np.int64)
    channel = np.full(len(instances.activity), UNKNOWN, np.int64)
    channel[rows] = code
    can_fail = [a.id for a in study.blueprint.activities if a.touchpoint is not None and a.touchpoint.fails_when]
    if can_fail:
        found = channel[instances.of(*can_fail)]
        contacts += np.bincount(found[found != UNKNOWN], minlength=n)
    for check in study.checks:
        if check.kind == "touchpoint":
            found = channel[check.faults.instance[check.faults.instance != v.NONE]]
            failed += np.bincount(found[found != UNKNOWN], minlength=n)
    return contacts, failed
