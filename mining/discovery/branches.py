"""How often each branch, option, loop and free order of the design was used: over the ways that cases really went."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np
import pandas as pd

from mining.automaton import TooManyStatesError
from mining.blueprint import model as m
from mining.blueprint.origins import KINDS, Origins
from mining.discovery.decisions import LEFT_OUT, MORE, TAKEN, Outcome, Tally, tallied
from mining.discovery.passes import FlowTree
from mining.results import Result, wilson
from mining.texts import activity_name, file_name, say
from mining.units import percent

if TYPE_CHECKING:
    from mining.study import Study

MOST_ORDERS = 3  # branches side by side of which every order is listed, seen or not; of more, the most frequent orders
LISTED = 5


@dataclass(frozen=True, eq=False, repr=False)
class Branches(Result):
    """One row per option of each decision in the flow as drawn. Made by :func:`branches_of`.

    A case is read along its best alignment with the flow. Only a step that happened, and happens there in every best alignment, is
    evidence that a branch was taken: a step that was left out never is. That nothing was done counts where the case stood there: the
    step before it happened, or one behind it. Where several ways through the flow, with the fewest steps that leave no trace, explain the
    same case, and they differ in a decision, the case is ``ambiguous`` there and counted in no option of it.

    Attributes
    ----------
    file : str
        Where the lines are.
    n_unsolved, n_empty : int
        Cases that are left out: without a known alignment, or with too many ways to keep; without a step that fits the flow.
    why_not : str
        Key of the sentence that says why nothing was read; empty where it was.
    """

    file: str
    n_unsolved: int
    n_empty: int
    why_not: str

    columns: ClassVar[dict[str, str]] = {
        "decision": "path of the decision in the blueprint file",
        "kind": "choice, optional, loop, parallel or free",
        "option": "choice: number of the branch, from 1; optional: taken or left out; loop: rounds of a pass (3: three or more, 0: none); "
        "parallel: order in which the branches began, by their numbers; free: the most frequent order of its steps; other: any other order",
        "line": "line of the option in the blueprint file; missing where it was not read from one",
        "steps": "first steps of the option (free: all steps of the order)",
        "name_en": "decision and option in words",
        "name_zh": "the same in Chinese",
        "cases": "cases that took the option at least once",
        "passes": "how often it was taken",
        "n": "cases that came to the decision and are certain there: the denominator",
        "share": "cases / n, 0-1; shares of one decision may add up to more than 1, since a case may come by several times",
        "low": "95 % Wilson interval of share, lower end",
        "high": "95 % Wilson interval of share, upper end",
        "never": "the decision was reached, and nobody took the option, ambiguous cases included",
        "ambiguous": "cases in which several ways explain what happened at the decision: not counted",
        "not_shown": "cases that only steps which did not happen would bring to the decision: not counted",
        "unfinished": "running cases that were still in the loop, the branches or the region: not counted",
        "distinct": "parallel and free: different orders seen; flexibility used is distinct / n",
        "most_rounds": "loop: most rounds seen in one pass",
        "example_case": "first case with the option",
    }
    shown: ClassVar[tuple[str, ...]] = (
        *("line", "name_en", "cases", "passes", "n", "share", "low", "high", "never", "ambiguous", "distinct"),
    )

    @property
    def unused(self) -> pd.DataFrame:
        """Branches that nobody took: of choices, options and loops (a loop never gone through again)."""
        frame = self.frame[self.frame["never"] & self.frame["kind"].isin(["choice", "optional", "loop"])]
        again = (frame["kind"] != "loop") | (frame["option"] == "2")
        loops = self.frame[(self.frame["kind"] == "loop") & self.frame["option"].isin(["2", "3"])]
        used = set(loops.loc[loops["cases"] > 0, "decision"])
        return frame[again & ~frame["decision"].isin(used)]

    def sentence(self, lang: str = "en") -> str:
        """How many decisions there are, the branches never used, and the most used one."""
        if self.why_not:
            return say(self.why_not, lang)
        frame, unused = self.frame, self.unused
        if frame.empty:
            return say("branches.none", lang)
        name = f"name_{lang}"
        text = [
            say(
                "branches.counted",
                lang,
                n=frame["decision"].nunique(),
                k=int((frame.groupby("decision")["n"].max() > 0).sum()),
            )
        ]
        if len(unused):
            named = say("word.listed", lang).join(unused[name].head(5))
            more = say("branches.more", lang, n=len(unused) - 5) if len(unused) > 5 else ""
            text.append(say("branches.unused", lang, n=len(unused), names=named + more))
        else:
            text.append(say("branches.all_used", lang))
        used = frame[(frame["cases"] > 0) & frame["kind"].isin(["choice", "optional", "loop"])]
        used = used[(used["option"] != LEFT_OUT) & ((used["kind"] != "loop") | ~used["option"].isin(["0", "1"]))]
        if len(used):
            top = used.sort_values(["passes", "cases"], kind="stable").iloc[-1]
            text.append(say("branches.most", lang, **_numbers(top, name, lang), passes=f"{top['passes']:,}"))
        chosen = used[used["kind"] != "loop"].sort_values(["share", "cases"], kind="stable")
        if len(chosen) > 1:
            text.append(say("branches.least", lang, **_numbers(chosen.iloc[0], name, lang)))
        free = frame[(frame["kind"] == "free") & (frame["n"] > 0)].sort_values("distinct", kind="stable").tail(1)
        for row in free.to_dict("records"):
            values = {
                "orders": f"{row['distinct']:,}",
                "n": f"{row['n']:,}",
                "line": row["line"] if pd.notna(row["line"]) else "-",
            }
            text.append(say("branches.free", lang, **values))
        left = self.n_unsolved + self.n_empty
        return "".join(text) + (say("branches.left_out", lang, n=f"{left:,}") if left else "")

    def plot(self, *, ax: Any = None, lang: str = "en") -> Any:
        """The options of all decisions with the share of the cases that took them."""
        from mining.plots.comparison import branches_chart

        return branches_chart(self, ax=ax, lang=lang)


def _numbers(row: pd.Series, name: str, lang: str) -> dict[str, str]:
    return {"name": row[name], "k": f"{row['cases']:,}", "n": f"{row['n']:,}", "share": percent(row["share"], lang)}


@dataclass(frozen=True)
class _Rest:
    """All orders but the most frequent ones."""

    listed: int


def branches_of(study: Study) -> Branches:
    """How often each branch of the flow as drawn was used, whatever the type of the service.

    Of a flow that is kept in a BPMN file, or has too many states to list, nothing is read, and the sentence says so.

    Examples
    --------
    >>> found = branches_of(study)
    >>> found.frame.query("kind == 'choice'")[["option", "cases", "n"]].values.tolist()
    [['1', 650, 967], ['2', 317, 967]]
    """
    blueprint, path = study.blueprint, study.path
    provenance = study.provenance("branches of the design")
    file = file_name(blueprint.path)
    empty = pd.DataFrame(columns=list(Branches.columns))
    if isinstance(blueprint.flow, m.Graph):
        return Branches(empty, provenance, file, 0, 0, "branches.bpmn")
    try:
        tree = FlowTree(blueprint)
    except TooManyStatesError:
        return Branches(empty, provenance, file, 0, 0, "branches.too_many")
    tallies, unsolved, without = tallied(tree, path)
    frame = pd.DataFrame(list(_rows(study, tree, tallies)), columns=list(Branches.columns))
    frame = frame.astype(dict.fromkeys(("line", "distinct", "most_rounds"), "Int64"))
    return Branches(frame, provenance, file, unsolved, without, "")


def _rows(study: Study, tree: FlowTree, tallies: dict[int, Tally]) -> Any:
    """The rows of the table, decision by decision."""
    blueprint, nodes = study.blueprint, Origins(study.blueprint).nodes
    ids = np.asarray(study.log.case_ids)
    for decision in tree.decisions:
        tally, node, origin = tallies[decision], tree.nodes[decision], nodes[decision]
        what = {lang: _decision_words(blueprint, node, lang) for lang in ("en", "zh")}
        for outcome, option, place, steps in _options(tree, decision, tally):
            meant = _meant(tally, outcome)
            cases = sum(count for seen, count in tally.together.items() if seen & meant)
            low, high = wilson(cases, tally.n)
            first = [tally.first[x] for x in meant if x in tally.first]
            names = {lang: what[lang] + _option_words(blueprint, node, outcome, steps, lang) for lang in what}
            ordered = isinstance(node, m.Parallel | m.Free)
            yield {
                "decision": ".".join(map(str, origin.path)), "kind": KINDS[type(node)], "option": option,
                "line": nodes[place].line, "steps": tuple(steps), "name_en": names["en"], "name_zh": names["zh"],
                "cases": cases, "passes": sum(tally.passes[x] for x in meant),
                "n": tally.n, "share": cases / tally.n if tally.n else np.nan,
                "low": low, "high": high, "never": tally.n > 0 and not cases and not tally.unclear,
                "ambiguous": tally.unclear, "not_shown": tally.unshown, "unfinished": tally.unfinished,
                "distinct": len(tally.cases) if ordered else None,
                "most_rounds": tally.most if isinstance(node, m.Loop) else None,
                "example_case": ids[min(first)] if first else None,
            }  # fmt: skip


def _options(tree: FlowTree, decision: int, tally: Tally) -> Any:
    """The options of a decision: outcome, word of it, number of the node that it stands for, its first steps."""
    node, parts = tree.nodes[decision], tree.parts[decision]
    match node:
        case m.Choice():
            for k, part in enumerate(parts):
                yield k, str(k + 1), part, _first_steps(tree.nodes[part])
        case m.Optional_():
            yield TAKEN, TAKEN, parts[0], _first_steps(tree.nodes[parts[0]])
            yield LEFT_OUT, LEFT_OUT, decision, ()
        case m.Loop():
            for rounds in range(0 if 0 in tally.cases else 1, MORE + 1):
                yield rounds, str(rounds), decision, _first_steps(tree.nodes[parts[0]])
        case m.Parallel():
            seen = _orders(tally)
            few = len(parts) <= MOST_ORDERS
            listed = [*seen, *sorted(set(permutations(range(len(parts)))) - set(seen))] if few else seen[:LISTED]
            for order in listed:
                assert isinstance(order, tuple)  # the only outcome of branches side by side
                steps = [step for i in order for step in _first_steps(tree.nodes[parts[int(i)]])[:1]]
                yield order, ", ".join(str(int(i) + 1) for i in order), decision, steps
            if not few:
                yield _Rest(LISTED), "other", decision, ()
        case _:
            top = next(iter(_orders(tally)), ())
            yield top, "most frequent", decision, top
            yield _Rest(1), "other", decision, ()


def _orders(tally: Tally) -> list[Outcome]:
    """The orders that were seen, the most frequent first, ties by themselves."""
    return sorted(tally.cases, key=lambda x: (-tally.cases[x], x))


def _meant(tally: Tally, outcome: Outcome | _Rest) -> set[Outcome]:
    """The outcomes that a row stands for."""
    if isinstance(outcome, _Rest):
        return set(_orders(tally)[outcome.listed :])
    return {outcome}


def _first_steps(flow: m.Flow) -> tuple[str, ...]:
    """Steps that may come first in a part, leaving out what may be left out only where nothing else is there."""
    match flow:
        case m.Step(activity):
            return (activity,)
        case m.Free(activities):
            return activities
        case m.Choice(items) | m.Parallel(items):
            return tuple(dict.fromkeys(step for item in items for step in _first_steps(item)))
        case _:
            return _first_steps(m.children(flow)[0])


def _words(blueprint: m.Blueprint, steps: Any, lang: str, join: str) -> str:
    names = [f"“{activity_name(blueprint, step, lang)}”" for step in steps]
    return join.join(names[:4]) + (" …" if len(names) > 4 else "")


def _decision_words(blueprint: m.Blueprint, node: m.Flow, lang: str) -> str:
    parts = m.children(node) if isinstance(node, m.Choice | m.Parallel) else (node,)
    firsts = dict.fromkeys(step for part in parts for step in _first_steps(part))
    kind = "free_region" if isinstance(node, m.Free) else KINDS[type(node)]
    return say(f"branches.{kind}", lang, names=_words(blueprint, firsts, lang, " / "))


def _option_words(blueprint: m.Blueprint, node: m.Flow, outcome: Outcome | _Rest, steps: Any, lang: str) -> str:
    match node:
        case m.Choice():
            return _words(blueprint, steps, lang, " / ")
        case m.Optional_():
            return say("branches.taken" if outcome == TAKEN else "branches.not_taken", lang)
        case m.Loop():
            return say("branches.rounds" if outcome != MORE else "branches.more_rounds", lang, n=outcome)
        case _:
            if isinstance(outcome, _Rest):
                return say("branches.other_order", lang)
            return _words(blueprint, steps, lang, " → ") or say("branches.no_step", lang)
