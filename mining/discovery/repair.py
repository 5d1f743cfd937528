"""What would have to change in the design to fit a share of the cases: a few readable edits, and the draft with them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from math import ceil
from typing import TYPE_CHECKING, ClassVar

import numpy as np
import pandas as pd

from mining.automaton import TooManyStatesError
from mining.blueprint import model as m
from mining.blueprint.bpmn.blocks import blocks_of
from mining.blueprint.diff import Change, diff
from mining.blueprint.draft import Draft
from mining.conformance import verdicts as v
from mining.conformance.search import LargeNet
from mining.discovery.repair_draft import draft_of, neighbours_of, new_ids
from mining.discovery.repair_rows import numbers_of, remaining_of, rows_of
from mining.discovery.repair_search import SMALL, Cases, Search, Taken, checked_share, steps
from mining.errors import ModelError
from mining.results import Result
from mining.texts import activity_name, say
from mining.units import percent

if TYPE_CHECKING:
    from mining.pictures import Picture
    from mining.study import Study

MOST_STEPS_SAID = 8
TYPES = ("interactive", "self_service", "hybrid")


@dataclass(frozen=True, eq=False, repr=False)
class Repair(Result):
    """One row per edit, in the order taken: what each allows, the cases it gains, and how the design stands after it.

    It is a proposal to look at: *is* beside *should*. No edit is in force before a person has put it there.

    Attributes
    ----------
    blueprint : Blueprint
        The one as designed.
    draft : Draft
        The whole blueprint with the edited flow: status draft, version marked, all rules, standards and allowances kept; what a person
        must decide is listed in it. Without edits, the blueprint as it is.
    wanted, share_before, share_after : float
        Share of the judged cases asked for, that fit the flow as designed, and that fit the draft, 0-1 (NaN without judged cases).
    reached, out_of_work : bool
        Whether the share was reached; whether the search stopped at its bound on edits tried.
    remaining : DataFrame
        The most frequent traces that still do not fit: ``cases``, ``trace`` (activity ids, labels that the blueprint does not know).
    counts : dict of str to int
        ``n`` cases judged, ``fit_before`` and ``fit_after`` of them, ``not_judged``; edits ``tried``, ``too_large``, ``breaks_limit``.
    numbers : pair of (float, float, int)
        Log fitness, precision and divergence before the first edit and after the last.
    still_fail : dict of str to (int, int)
        Rules that cases gained still break: how many of how many.
    """

    blueprint: m.Blueprint
    draft: Draft
    wanted: float
    share_before: float
    share_after: float
    reached: bool
    out_of_work: bool
    remaining: pd.DataFrame
    counts: Mapping[str, int]
    numbers: tuple[tuple[float, float, int], tuple[float, float, int]]
    still_fail: Mapping[str, tuple[int, int]]

    columns: ClassVar[dict[str, str]] = {
        "step": "number of the edit; each is made on the flow after the ones before it",
        "edit": "what it allows, in words",
        "edit_zh": "the same in Chinese",
        "kind": "skip, skip_block, begin_later, end_earlier, repeat, rework, rework_by, insert, new_step, any_order, any_time, free, admit",
        "place": "activities that it is about",
        "line": "line of the blueprint's file where the first of them stands in the flow; missing where it has none or several",
        "cost": "what the edit counts in the search: more for wider ones",
        "gained": "cases that fit after it and did not before",
        "together": "whether it was taken as one of two that gain cases only together, or more than one alone",
        "without_end": "of the cases gained, those without any step that ends the service",
        "share": "share of the judged cases that fit after it, 0-1",
        "low": "95 % Wilson interval of share, lower end",
        "high": "95 % Wilson interval of share, upper end",
        "n": "cases judged",
        "fitness": "log fitness after it, 0-1",
        "precision": "precision after it, 0-1",
        "divergence": "choices, options, loops and free regions of the design after it",
        "rules": "rules about the activities that it lets happen otherwise",
        "still_fail": "rules that cases gained by it still break, with the number of these cases",
        "examples": "cases gained by it, at most three",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *("step", "edit", "line", "gained", "share", "n", "fitness", "precision", "divergence", "rules", "examples"),
    )

    @cached_property
    def diff(self) -> tuple[Change, ...]:
        """What changes from the blueprint to the draft; ``say(lang)`` of each is a sentence."""
        return diff(self.blueprint, self.draft.blueprint()) if len(self.frame) else ()

    def to_yaml(self) -> str:
        """The draft as the text of a file, with what is left to decide as comments."""
        return self.draft.to_yaml()

    def picture(self, lang: str = "en") -> Picture:
        """Both versions in one picture: what the draft adds and changes."""
        from mining.pictures import difference_picture

        return difference_picture(self.blueprint, self.draft.blueprint(), lang=lang)

    def sentence(self, lang: str = "en") -> str:
        """How many cases would fit after how many edits, what it costs in precision, what stays outside, and who decides."""
        c = self.counts
        if not c["n"]:
            return say("repair.nothing", lang)
        shares = {
            "k": f"{c['fit_before']:,}",
            "n": f"{c['n']:,}",
            "share": percent(self.share_before, lang),
            "wanted": percent(self.wanted, lang),
        }
        left_out = [say("repair.not_judged", lang, n=f"{c['not_judged']:,}")] if c["not_judged"] else []
        if self.reached and not len(self.frame):
            return _joined([say("repair.fits", lang, **shares), *left_out], lang)
        after = {
            "k_after": f"{c['fit_after']:,}",
            "share_after": percent(self.share_after, lang),
            "edits": f"{len(self.frame):,}",
        }
        parts = [say("repair.reached", lang, **shares, **after), *self._numbers(lang), *self._left(lang)]
        if len(self.frame):
            parts += [
                *self._about_ends(lang),
                *self._small(lang),
                say("repair.is_not_should", lang),
                *self._rules(lang),
            ]
        parts += self._free(lang)
        if c["too_large"] or c["breaks_limit"]:
            values = {"tried": c["tried"], "large": c["too_large"], "limits": c["breaks_limit"]}
            parts.append(say("repair.skipped", lang, **{name: f"{n:,}" for name, n in values.items()}))
        return _joined([*parts, *left_out], lang)

    def _numbers(self, lang: str) -> list[str]:
        if not len(self.frame):
            return []
        names = ("fitness", "precision", "divergence")
        (*before, divergence), (*after, divergence_after) = self.numbers
        values = {name: f"{x:.3f}" for name, x in zip(names, before, strict=False)} | {"divergence": str(divergence)}
        later = [*(f"{x:.3f}" for x in after), str(divergence_after)]
        return [say("repair.numbers", lang, **values, **{f"{x}_after": y for x, y in zip(names, later, strict=True)})]

    def _left(self, lang: str) -> list[str]:
        if self.reached:
            return []
        why = (
            say("repair.work", lang, tried=f"{self.counts['tried']:,}")
            if self.out_of_work
            else say("repair.best", lang)
        )
        traces = [
            say("repair.trace", lang, trace=self._trace(x, lang), cases=f"{k:,}")
            for x, k in zip(self.remaining["trace"], self.remaining["cases"], strict=True)
        ]
        left = self.counts["n"] - self.counts["fit_after"]
        return [why, say("repair.left", lang, left=f"{left:,}", traces=say("repair.semicolon", lang).join(traces))]

    def _trace(self, trace: tuple[str, ...], lang: str) -> str:
        named = [activity_name(self.blueprint, x, lang) for x in trace[:MOST_STEPS_SAID]]
        return " > ".join([*named, *(["..."] if len(trace) > MOST_STEPS_SAID else [])])

    def _about_ends(self, lang: str) -> list[str]:
        k, n = int(self.frame["without_end"].sum()), int(self.frame["gained"].sum())
        return [say("repair.without_end", lang, k=f"{k:,}", n=f"{n:,}")] if k else []

    def _small(self, lang: str) -> list[str]:
        alone = ~self.frame["together"].astype(bool)  # of two that gain together, the first may gain nothing by itself
        k = int((alone & (self.frame["gained"] < SMALL * self.counts["n"])).sum())
        return [say("repair.small", lang, k=f"{k:,}", n=f"{len(self.frame):,}")] if k else []

    def _rules(self, lang: str) -> list[str]:
        comma = say("repair.comma", lang)
        rules = list(dict.fromkeys(x for row in self.frame["rules"] for x in row))
        found = [say("repair.rules", lang, rules=comma.join(rules))] if rules else []
        if self.still_fail:
            broken = comma.join(f"{rule} ({k:,})" for rule, (k, _) in self.still_fail.items())
            found.append(say("repair.still_fail", lang, rules=broken))
        return found

    def _free(self, lang: str) -> list[str]:
        b = self.blueprint
        if b.service_type not in TYPES:
            return []
        loose = {stage.id: b.mode_of(stage.id) for stage in b.stages if b.mode_of(stage.id) in TYPES}
        if b.service_type != "hybrid" or not loose:
            return [
                say(
                    "repair.free_by_design",
                    lang,
                    where=say("repair.whole", lang),
                    type=say(f"type.{b.service_type}", lang),
                )
            ]
        names = say("repair.comma", lang).join(s.name.get(lang) for s in b.stages if s.id in loose)
        types = say("repair.comma", lang).join(say(f"type.{x}", lang) for x in dict.fromkeys(loose.values()))
        return [say("repair.free_by_design", lang, where=names, type=types)]


def _joined(parts: Sequence[str], lang: str) -> str:
    return ("" if lang == "zh" else " ").join(parts)


def repaired(study: Study, share: float = 0.8) -> Repair:
    """Edits to the flow of a blueprint with which at least this share of the judged cases fits it, as a draft to review.

    Edit by edit, the one with the most cases gained per cost is taken; cases gained are counted by walking all distinct traces on the
    automaton of the edited flow, and count in the measure in which precision is kept, so that an edit which allows everything is not
    the cheapest. Where the best edit gains less than 1 % of the cases, or leaves an order open, two edits that gain together are looked at
    as well. Edits are proposed from the 300 most frequent traces that do not fit, and counted on all. A larger share begins with the edits
    of a smaller one. It is the order of a greedy search: fewer edits may exist.

    Parameters
    ----------
    study : Study
        Read against the whole flow as drawn, whatever the type of the service. Running cases fit if they are the beginning of a run;
        cases without a completed step, or whose order is not known, are not judged.
    share : float, above 0 and at most 1

    Raises
    ------
    ModelError
        If ``share`` is out of range, the flow has too many states to list, or it is kept in a BPMN file and cannot be said in flow words.

    Notes
    -----
    *Source:* the idea of model repair is due to Fahland and van der Aalst, "Model repair - aligning process models to reality",
    Information Systems 47 (2015); choosing repairs by impact for their cost to Polyvyanyy et al., "Impact-driven process model repair",
    ACM TOSEM 25 (2016). Here the repairs are changes of the flow words that a person can read.

    Examples
    --------
    >>> found = repaired(study, 0.94)
    >>> found.frame[["edit", "gained", "share"]].values.tolist()
    [['“Send confirmation” may be left out', 60, 0.943]]
    >>> found.draft.blueprint().status
    'draft'
    """
    wanted = checked_share(share)
    blueprint, path = study.blueprint, study.path
    flow = _in_words(blueprint)
    if isinstance(path.model, LargeNet):
        raise ModelError(_too_large(blueprint))
    names, n_known = study.instances.names, study.instances.n_known
    labels = sorted(study.instances.unmapped)
    assert len(names) == n_known + len(labels)  # how instances name what the blueprint does not know
    ids = new_ids(labels, blueprint.by_id)
    alphabet = (*names[:n_known], *(ids[x] for x in labels))
    judged = np.isin(path.check.verdict, (v.PASS, v.FAIL, v.PENDING))
    weight = np.bincount(path.variants.of_case[judged], minlength=len(path.variants.traces)).astype(np.int64)
    search = Search(blueprint, flow, Cases(alphabet, path.variants.traces, path.variants.open, weight))
    try:
        begin = search.begin()
    except TooManyStatesError as error:
        raise ModelError(_too_large(blueprint)) from error
    n, k = search.cases.n, int(weight[begin.fits].sum())
    found: list[Taken] = []
    if k < _asked(wanted, n):
        for taken in steps(search):
            found.append(taken)
            if k + sum(x.gained for x in found) >= _asked(wanted, n) and not _opens_a_pair(found):
                break
    return _result(study, search, wanted, found, judged, {id: x for x, id in ids.items()}, (n, k))


def _asked(wanted: float, n: int) -> int:
    """The cases that a share asks for; 0.7 of 10 are 7, whatever binary fractions say."""
    return ceil(wanted * n - 1e-9)


def _opens_a_pair(found: Sequence[Taken]) -> bool:
    """Whether the last edit is the first of two that belong together."""
    return sum(x.pair for x in found) % 2 == 1


def _too_large(blueprint: m.Blueprint) -> str:
    return (
        f"{blueprint.id}: the flow has too many states to list, so that edits of it cannot be compared. Make it smaller (fewer steps side "
        "by side, or a free region in their place), or repair its stages one by one, each as a blueprint of its own."
    )


def _in_words(blueprint: m.Blueprint) -> m.Flow:
    flow = blueprint.flow
    if not isinstance(flow, m.Graph):
        return flow
    words = blocks_of(flow.net)
    if words is None:
        raise ModelError(
            f"{flow.source}: this drawing cannot be said in flow words, so there is nothing to edit. Redraw it so that every split has a "
            "join of its own kind, or write the flow in the blueprint in flow words."
        )
    return words


def _result(
    study: Study,
    search: Search,
    wanted: float,
    found: Sequence[Taken],
    judged: np.ndarray,
    new: Mapping[str, str],
    before: tuple[int, int],
) -> Repair:
    blueprint, cases = study.blueprint, search.cases
    n, k = before
    begin = search.begin()
    stand = found[-1].after if found else begin
    after = k + sum(x.gained for x in found)
    rows, totals = rows_of(study, found, judged, new, before)
    frame = pd.DataFrame(rows, columns=list(Repair.columns))
    frame["line"] = frame["line"].astype("Int64")
    start = numbers_of(blueprint, search.flow, search.fit(begin) if n else None, new)
    end = numbers_of(blueprint, stand.flow, found[-1].fit, new) if found else start
    lost = [a.id for a in blueprint.activities if not a.observable] if isinstance(blueprint.flow, m.Graph) else []
    provenance = study.provenance("repair of the flow")
    return Repair(
        frame,
        replace(provenance, parameters=provenance.parameters | {"share": wanted}),
        blueprint,
        draft_of(blueprint, found, new, totals, lost, neighbours_of(cases, new, blueprint)),
        wanted,
        k / n if n else float("nan"),
        after / n if n else float("nan"),
        bool(n) and after >= _asked(wanted, n),
        search.out_of_work,
        remaining_of(cases, stand.fits, new),
        {
            "n": n,
            "fit_before": k,
            "fit_after": after,
            "not_judged": int((~judged).sum()),
            "tried": search.tried,
            "too_large": search.too_large,
            "breaks_limit": search.breaks_limit,
        },
        (start, end),
        totals,
    )
