"""Are known faults found, of the right kind at the right place? Simulated faults of every kind, alone and two in a case.

``python -m benchmarks.detection`` writes ``docs/detection.md``.
"""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import combinations
from pathlib import Path

import mining
from mining.blueprint import Blueprint, read_blueprint
from mining.conformance.verdicts import KINDS
from mining.results import wilson
from mining.simulation import Fault, Simulation, simulate
from mining.simulation.faults import WORDS
from mining.simulation.inject import Truth
from mining.simulation.stream import Stream

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "detection.md"
SEEDS = (1, 2, 3, 4)
CASES, EACH = 1500, 15  # per blueprint and seed
PAIRS, EACH_PAIR, TRIES = 80, 3, 40
BLUEPRINTS = {
    "permit_receipt": "sample_logs/permit_receipt/blueprint.yaml",
    "it_incident": "sample_logs/it_incident/blueprint.yaml",
    "outpatient_visit": "sample_logs/outpatient_visit/blueprint.yaml",
    "bank_loan": "sample_logs/bank_loan/blueprint.yaml",
    "repair_shop": "benchmarks/repair_shop.yaml",
}
FAULTS = {
    "permit_receipt": """missing:approve_receipt missing:need_advice missing:check_receipt extra:adjust_receipt
        extra:Phone+call swapped:approve_receipt swapped:check_receipt moved_early:send_receipt moved_late:need_advice
        moved_late:receive repeated:send_receipt repeated:receive replaced:approve_receipt late:S1 late:S2 late:S3
        wrong_role:approve_receipt wrong_role:need_advice same_person:R2 wrong_channel:receive missing_evidence:receive
        failed:send_receipt abandoned:* discontinuity:S4""",
    "it_incident": """missing:take_charge missing:assign_seriousness missing:resolve missing:fix_defect extra:Lunch
        swapped:assign_seriousness moved_late:assign_seriousness repeated:assign_seriousness late:S1 late:S2 late:S3
        wrong_role:resolve wrong_role:take_charge wrong_channel:take_charge wrong_channel:register missing_evidence:resolve
        failed:resolve abandoned:* reopened:take_charge discontinuity:S4""",
    "outpatient_visit": """missing:triage missing:check_in missing:pay missing:report extra:Lunch swapped:triage
        swapped:review_rx swapped:check_in moved_early:leave moved_late:triage moved_late:review_rx repeated:pay repeated:triage
        replaced:triage late:S1 late:S2 wrong_role:consult wrong_role:dispense same_person:R3 other_person:R5
        wrong_channel:check_in wrong_channel:pay missing_evidence:check_in failed:pay wrong_value:S6 abandoned:*
        discontinuity:S5""",
    "bank_loan": """missing:preaccept missing:register missing:offer_back missing:validate missing:approve extra:Lunch
        extra:decline swapped:preaccept moved_early:preaccept moved_late:register moved_late:approve repeated:preaccept
        repeated:create_offer repeated:approve replaced:preaccept late:S1 late:S2 late:S3 late:S4 wrong_role:approve
        wrong_role:preaccept same_person:R4 missing_evidence:send_offer failed:call_on_offer reopened:validate abandoned:*
        discontinuity:S5""",
    "repair_shop": """missing:greet missing:agree missing:fit_part missing:inspect missing:pay missing:sign extra:scrap
        extra:Lunch swapped:bring swapped:inspect moved_early:file moved_late:greet moved_late:inspect repeated:greet
        repeated:ask late:S1 late:S2 late:S3 late:S4 late:R7 early:R17 wrong_role:greet wrong_role:test same_person:R14
        other_person:R15 wrong_channel:greet wrong_channel:quote missing_evidence:quote missing_evidence:collect
        missing_evidence:S9 failed:test wrong_value:S7 wrong_value:S8 abandoned:* reopened:complain discontinuity:S10
        discontinuity:S11""",
}
MOST_MISSES = 40


@dataclass
class Tally:
    """Counts of one row of a table.

    ``exact``: cases in which the checks say what was done and nothing else. ``injected``, ``found``: faults, and those found at
    their place. ``named``: what the checks name, right or wrong.
    """

    cases: int = 0
    exact: int = 0
    injected: int = 0
    found: int = 0
    named: int = 0

    def add(self, other: Tally) -> None:
        """Add the counts of another row."""
        for name in self.__dataclass_fields__:
            setattr(self, name, getattr(self, name) + getattr(other, name))


@dataclass
class Scores:
    """What was counted: by word of the verdicts, by kind of fault, by sort of check, by blueprint, and where it failed.

    ``tried``, ``placed``: pairs of faults that were drawn, and those of which there is a case.
    """

    by_word: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    by_fault: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    by_check: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    by_blueprint: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    clean: int = 0
    alarms: int = 0
    tried: int = 0
    placed: int = 0
    misses: list[str] = field(default_factory=list)

    def add(self, other: Scores) -> None:
        """Add the counts of another study."""
        for name in ("by_word", "by_fault", "by_check", "by_blueprint"):
            for key, tally in getattr(other, name).items():
                getattr(self, name)[key].add(tally)
        for name in ("clean", "alarms", "tried", "placed", "misses"):
            setattr(self, name, getattr(self, name) + getattr(other, name))


def faults_of(name: str) -> list[str]:
    """The faults of a blueprint as ``KIND:PLACE``; a plus in a label stands for a blank."""
    return [text.replace("Phone+call", "Phone call") for text in FAULTS[name].split()]


def pairs_of(name: str, seed: int, most: int) -> list[str]:
    """Pairs of faults of a blueprint, as many as asked for, in random order."""
    pairs = ["+".join(pair) for pair in combinations(faults_of(name), 2)]
    return Stream(seed, "pairs", name).shuffled(pairs)[:most]


def blueprint_of(name: str) -> Blueprint:
    """One of the blueprints of the study."""
    return read_blueprint(ROOT / BLUEPRINTS[name])


def sort_of_check(blueprint: Blueprint, check: str) -> str:
    """What a check is: the kind of its rule, the metric of its standard, or what it was derived from."""
    if check in blueprint.checks:
        rule = blueprint.checks[check]
        return str(getattr(rule, "kind", "") or getattr(rule, "metric", ""))
    return check.split("-")[0]


def score(name: str, made: Simulation) -> Scores:
    """Compare what a study finds in a simulated log with the truth about it."""
    blueprint = made.blueprint
    study = mining.Study(mining.EventLog.from_frame(made.to_frame(), columns=blueprint.binding), blueprint)
    shown: dict[str, list[tuple[str, str, str, str]]] = defaultdict(list)
    for row in study.deviations().frame.astype(object).itertuples():
        partner = row.partner if isinstance(row.partner, str) else ""
        shown[str(row.case_id)].append(
            (row.check, row.kind, row.activity if isinstance(row.activity, str) else "", partner)
        )
    truths: dict[str, list[Truth]] = defaultdict(list)
    for truth in made.truths:
        truths[truth.case_id].append(truth)
    scores = Scores()
    scores.clean = len(made.cases) - len(truths)
    scores.alarms = len(set(shown) - set(truths))
    for case, wanted in truths.items():
        _count(scores, name, blueprint, case, wanted, shown[case])
    return scores


def _count(
    scores: Scores,
    name: str,
    blueprint: Blueprint,
    case: str,
    wanted: Sequence[Truth],
    shown: Sequence[tuple[str, str, str, str]],
) -> None:
    mine, also = {t.check for t in wanted}, {check for t in wanted for check in t.also_fails}
    expected = Counter((t.check, t.word, t.activity) for t in wanted)
    rows = Counter((check, kind, activity) for check, kind, activity, _ in shown)
    found = Counter({row: n for row, n in rows.items() if row[0] not in also})
    found |= (
        rows & expected
    )  # what shows one fault may fail with the other too: only what is named by the truth counts there
    partners = {(check, kind, activity): partner for check, kind, activity, partner in shown}
    of_path = [t for t in wanted if t.kind in ("swapped", "replaced") and t.check.startswith(("path", "handover"))]
    right = all(partners.get((t.check, t.word, t.activity)) == t.partner for t in of_path)
    exact = found == expected and {check for check, *_ in shown} == mine | also and right
    hit = found & expected
    for t in wanted:
        key = (t.check, t.word, t.activity)
        one = Tally(1, exact, 1, int(hit[key] > 0), 0)
        for table, label in (
            (scores.by_word, t.word),
            (scores.by_fault, t.kind),
            (scores.by_check, sort_of_check(blueprint, t.check)),
        ):
            table[label].add(one)
    for (_, kind, _), n in found.items():
        scores.by_word[kind].named += n
    scores.by_blueprint[name].add(Tally(1, exact, sum(expected.values()), sum(hit.values()), sum(found.values())))
    if not exact:
        scores.misses.append(f"`{name}` {case}: {_said(wanted)}; the checks name {_named(shown)}.")


def _said(wanted: Sequence[Truth]) -> str:
    return ", ".join(f"{t.kind} {t.activity} was put in ({'; '.join([t.check, *t.also_fails])})" for t in wanted)


def _named(shown: Sequence[tuple[str, str, str, str]]) -> str:
    return ", ".join(f"{kind} {activity} ({check})" for check, kind, activity, _ in shown) or "nothing"


def alone(name: str, seed: int, each: int, cases: int) -> Scores:
    """Each fault of a blueprint for itself, in so many cases."""
    faults = [Fault.parse(f"{text}={each}") for text in faults_of(name)]
    return score(name, simulate(blueprint_of(name), cases=cases, seed=seed, faults=faults, tries=cases))


def in_pairs(name: str, seed: int, pairs: int, each: int, cases: int) -> Scores:
    """Pairs of faults of a blueprint, each pair in so many cases."""
    faults = [Fault.parse(f"{text}={each}") for text in pairs_of(name, seed, pairs)]
    made = simulate(blueprint_of(name), cases=cases, seed=seed, faults=faults, tries=TRIES)
    scores = score(name, made)
    scores.tried, scores.placed = len(faults), len({truth.fault for truth in made.truths})
    return scores


def together(parts: Iterable[Scores]) -> Scores:
    """The sums of several studies."""
    found = Scores()
    for part in parts:
        found.add(part)
    return found


# --- the page -----------------------------------------------------------------------------------------------------------

_HEAD = """# Are faults found?

Made by `python -m benchmarks.detection`; every number on this page comes from one run of it.

The simulator (`mining.simulation`) plays a blueprint out, puts known faults into some cases and writes down what it did. It shares
no code with the checks: rules, standards, channels, evidence and outcomes are defined a second time there, in plain Python on one
case, and the path by the fewest insertions and deletions that mend it. Then the checks read the log, knowing nothing of that. A
fault is only put where it is exactly one fault: where the path has one cheapest explanation, and nothing else breaks than what
breaks with it of necessity (`also_fails` in `truth.csv`).

- **exact**: the case fails the checks that the truth names and no other, and the check that shows the fault names it once, by its
  kind and its activity (and, of two swapped steps, both), and names nothing else.
- **recall**: of the faults put in, those that are named by their kind at their activity. **Precision**: of the faults of a kind
  that are named, those that were put in. Checks that fail along of necessity are left out of both.
- Intervals are Wilson's, 95 %. Simulated cases are cleaner than real ones: this shows that the checks mean what they say, not how
  often a real log is read rightly.
"""


def page(single: Scores, pairs: Scores) -> str:
    """The page as Markdown."""
    parts = [_HEAD, "## The result in short", ""]
    whole, both = Tally(), Tally()
    for table, total in ((single.by_blueprint, whole), (pairs.by_blueprint, both)):
        for tally in table.values():
            total.add(tally)
    rows = [
        ["one fault in a case", f"{whole.cases:,}", _share(whole.exact, whole.cases), *_right(whole)],
        ["two faults in a case", f"{both.cases:,}", _share(both.exact, both.cases), *_right(both)],
    ]
    parts += _table(["", "cases", "exact", "precision", "recall"], rows)
    clean, alarms = single.clean + pairs.clean, single.alarms + pairs.alarms
    parts += ["", f"Clean cases in the same logs: {clean:,}; with a deviation: {alarms:,}.", ""]
    parts += ["## One fault in a case, by the kind that the checks name", "", *_by_word(single), ""]
    parts += ["## One fault in a case, by what was done", "", *_plain(single.by_fault, "fault", WORDS), ""]
    parts += ["## One fault in a case, by the check that shows it", "", *_plain(single.by_check, "check"), ""]
    parts += ["## Two faults in a case, by the kind that the checks name", ""]
    parts += [
        f"Pairs are drawn at random from the faults of a blueprint ({PAIRS} for each of {len(SEEDS)} seeds) and put into up to",
        f"{EACH_PAIR} cases each. Of {pairs.tried:,} pairs {pairs.placed:,} found a case among the {TRIES} that were tried. The others",
        "have no place of their own in them, or are not independent: one breaks what shows the other, or both together read as a third (a",
        "step missing here and extra there is a step moved).",
        "",
        *_by_word(pairs),
        "",
    ]
    parts += ["## By blueprint", ""]
    rows = [
        [
            f"`{name}`",
            *(x for s in (single, pairs) for x in (f"{s.by_blueprint[name].cases:,}", _exact(s.by_blueprint[name]))),
        ]
        for name in BLUEPRINTS
        if name in single.by_blueprint
    ]
    parts += _table(["blueprint", "one fault: cases", "exact", "two faults: cases", "exact"], rows)
    parts += [
        "",
        "`repair_shop` is `benchmarks/repair_shop.yaml`, made to hold every kind of rule; the others are the sample logs'.",
        "",
    ]
    missed = single.misses + pairs.misses
    parts += ["## Where they differ", ""]
    parts += [f"- {text}" for text in missed[:MOST_MISSES]] or ["Nowhere."]
    return "\n".join(parts).rstrip() + "\n"


def _by_word(scores: Scores) -> list[str]:
    rows = [
        [f"`{word}`", f"{t.injected:,}", _exact(t), *_right(t)]
        for word, t in ((word, scores.by_word.get(word, Tally())) for word in KINDS)
    ]
    return _table(["kind", "injected", "exact", "precision", "recall"], rows)


def _plain(table: dict[str, Tally], head: str, order: Iterable[str] = ()) -> list[str]:
    keys = [key for key in order if key in table] or sorted(table)
    rows = [
        [f"`{key}`", f"{table[key].injected:,}", _exact(table[key]), _share(table[key].found, table[key].injected)]
        for key in keys
    ]
    return _table([head, "injected", "exact", "recall"], rows)


def _right(tally: Tally) -> tuple[str, str]:
    return _share(tally.found, tally.named), _share(tally.found, tally.injected)


def _exact(tally: Tally) -> str:
    return _share(tally.exact, tally.cases)


def _share(n: int, of: int) -> str:
    if not of:
        return "not measured"
    low, high = (float(x) for x in wilson(n, of))
    return f"{100 * n / of:.1f} % ({100 * low:.1f} to {100 * high:.1f})"


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    line = "| " + " | ".join("---" if i == 0 else "---:" for i in range(len(heads))) + " |"
    return ["| " + " | ".join(heads) + " |", line, *("| " + " | ".join(row) + " |" for row in rows)]


def _runs() -> Iterator[tuple[str, int]]:
    for name in BLUEPRINTS:
        for seed in SEEDS:
            yield name, seed


def main() -> int:
    """Run the whole study and write the page."""
    begun = time.process_time()
    single = together(alone(name, seed, EACH, CASES) for name, seed in _runs())
    print(f"alone: {sum(t.cases for t in single.by_blueprint.values()):,} cases, {time.process_time() - begun:.0f} s")
    pairs = together(in_pairs(name, seed, PAIRS, EACH_PAIR, CASES) for name, seed in _runs())
    print(f"in pairs: {sum(t.cases for t in pairs.by_blueprint.values()):,} cases, {time.process_time() - begun:.0f} s")
    PAGE.write_text(page(single, pairs), encoding="utf-8")
    for text in single.misses + pairs.misses:
        print(text, file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
