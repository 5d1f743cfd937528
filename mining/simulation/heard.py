"""What customers tell beside the short survey: a long questionnaire, incidents and complaints as two coders read them, and needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from mining.blueprint.model import Standard
from mining.errors import UnknownNameError
from mining.simulation import survey
from mining.simulation.run import Simulation
from mining.simulation.service import Case
from mining.simulation.stream import Stream, digest
from mining.simulation.write import Row, last_moment, moment_text, visible

INCIDENTS = (
    *("id", "at", "kind", "case_id", "touchpoint", "valence", "category", "coder", "quote", "consent", "interview"),
    *("answered_at", "channel", "segment"),
)  # fmt: skip
NEEDS = ("need_id", "text", "segment", "source", "touchpoint", "respondent", "kano_functional", "kano_dysfunctional")
AGREE = 0.88  # of the incidents the second coder puts into the same category
CONSENT = 0.55
TOLD, PER_INTERVIEW = (
    0.6,
    3,
)  # of the incidents those told in interviews, so many in each; the others are complaints if they are bad
ANSWERED, MOST_DAYS = 0.85, 18
DAY = 86_400
UNHAPPY = {1: 4.0, 2: 4.0, 3: 3.0, 4: 1.3, 5: 0.4}  # csat: so many times as often let down where the log is clean
GRUMBLE = 0.005  # of the contacts without a fault that are rated 3
KANO_ANSWERS = {  # class: usual pairs of answers
    "M": (("must", "dislike"), ("neutral", "dislike")),
    "O": (("like", "dislike"),),
    "A": (("like", "neutral"), ("like", "live_with")),
    "I": (("neutral", "neutral"), ("neutral", "live_with")),
}
TYPICAL = 0.7  # of the respondents answer as is usual for the class of a need


def long_survey(made: Simulation, recipe: Mapping[str, Any]) -> tuple[tuple[str, ...], list[Row]]:
    """Columns and rows of survey_touchpoints.csv: every csat of survey.csv, and a long form of some of those customers.

    ``recipe``: ``people``, how many; ``touchpoints``, those that are asked about, each with the items, whose names are dimensions of
    service quality; ``worse``, the share of the contacts at a touchpoint that disappoint although the log shows no fault: rather those
    of customers who are less satisfied with the whole.
    Expectation, perception and importance run from 1 to 5, NPS from 0 to 10, effort (ces) from 1 to 7, where 7 is easy. A contact with a
    fault that the customer can see is rated 2 or 3, another one 4 or 5, the better the more satisfied the customer is with the whole.
    """
    asked: dict[str, list[str]] = recipe["touchpoints"]
    for name in (*asked, *recipe.get("worse", {})):
        _touchpoint(made, name)
    short = survey.answers(made.service, made.seed, made.cases, made.truths, made.until)
    first = [row for row in short if row["kind"] == "csat"]
    cases = {case.plan.id: case for case in made.cases}
    able = [row["case_id"] for row in first if set(asked) <= set(cases[row["case_id"]].activities)]
    chosen = set(sorted(able, key=lambda id: digest(made.seed, "long", id))[: int(recipe["people"])])
    spoilt = _spoilt_places(made)
    rows: list[Row] = []
    for row in first:
        rows.append(row)
        if row["case_id"] in chosen:
            rows.extend(_long_form(made, row, asked, recipe.get("worse", {}), spoilt))
    return survey.COLUMNS, rows


def _long_form(
    made: Simulation, row: Row, asked: Mapping[str, list[str]], worse: Mapping[str, float], spoilt: set[tuple[str, str]]
) -> list[Row]:
    stream, csat = Stream(made.seed, "long form", row["case_id"]), int(row["score"])
    said = _on(0, 10, 2.1 * csat - 1 + stream.between(-1.4, 1.4))
    rows = [row | {"item": "nps", "kind": "nps", "score": said, "scale_min": "0", "scale_max": "10", "touchpoint": ""}]
    said = _on(1, 7, 1.4 * csat - 0.6 + stream.between(-1.2, 1.2))
    rows.append(row | {"item": "ces", "kind": "ces", "score": said, "scale_max": "7", "touchpoint": ""})
    for place, items in asked.items():
        share = min(0.9, worse[place] * UNHAPPY[csat]) if place in worse else GRUMBLE
        let_down = stream.chance(share) or (row["case_id"], place) in spoilt
        level = 2.0 if let_down else 4.0
        for item in items:
            expected = _on(1, 5, 4.7 + stream.between(-0.7, 0.7))
            perceived = _on(1, 5, level + stream.chance(0.2 * csat - 0.25))
            base = row | {"item": item, "touchpoint": place}
            rows.append(base | {"kind": "expectation", "score": expected})
            rows.append(base | {"kind": "perception", "score": perceived})
        known = _touchpoint(made, place).importance or 3
        said = _on(1, 5, known + stream.between(-1, 1))
        rows.append(row | {"item": "importance", "kind": "importance", "score": said, "touchpoint": place})
    return rows


def _on(low: int, high: int, value: float) -> str:
    """A whole number on a scale."""
    return str(min(high, max(low, int(value + 0.5))))


def _touchpoint(made: Simulation, name: str) -> Any:
    known = {a.id: a.touchpoint for a in made.blueprint.activities if a.touchpoint}
    if name not in known:
        raise UnknownNameError("touchpoint", name, known)
    return known[name]


def _spoilt_places(made: Simulation) -> set[tuple[str, str]]:
    """Cases and touchpoints at which the customer noticed a fault."""
    found = set()
    for truth in made.truths:
        if visible(made.service, truth):
            spec = made.blueprint.checks.get(truth.check)
            found |= {(truth.case_id, truth.activity)}
            if isinstance(spec, Standard) and spec.touchpoint:
                found |= {(truth.case_id, spec.touchpoint)}
    return found


def incidents(made: Simulation, recipe: Mapping[str, Any]) -> tuple[tuple[str, ...], list[Row]]:
    """Columns and rows of incidents.csv: two rows for each incident, one by each coder.

    ``recipe``: ``coders`` (two), ``segments``, and ``categories``, each with ``valence``, ``touchpoint``, how ``many``, ``quotes``, and,
    where it tells of a fault of the log, the ``check`` that shows it: its incidents lie in cases that fail this check, the others in
    cases without a fault.
    """
    categories: dict[str, Mapping[str, Any]] = recipe["categories"]
    found = [(made_of, name, i) for name, made_of in categories.items() for i in range(int(made_of["many"]))]
    found.sort(key=lambda x: digest(made.seed, "incident", x[1], x[2]))
    now = last_moment(made.service, made.cases, made.until)
    taken: set[str] = set()
    told, rows = 0, list[Row]()
    for number, (spec, name, i) in enumerate(found, 1):
        stream = Stream(made.seed, "told", name, i)
        case = _case_of(made, spec, stream, taken)
        interviewed = stream.chance(TOLD)
        kind = "interview" if interviewed else "complaint" if spec["valence"] == "-" else "incident"
        told += interviewed
        at = min(case.trace[-1].end + int(stream.between(0.1, 12) * DAY), now)
        answered = at + int(stream.between(0.5, MOST_DAYS) * DAY)
        replied = kind == "complaint" and stream.chance(ANSWERED) and answered <= now
        base = {
            "id": f"I{number:03d}",
            "at": moment_text(made.service, at),
            "kind": kind,
            "case_id": case.plan.id,
            "touchpoint": spec["touchpoint"],
            "valence": spec["valence"],
            "quote": spec["quotes"][i % len(spec["quotes"])],
            "consent": "yes" if stream.chance(CONSENT) else "no",
            "interview": f"T{1 + (told - 1) // PER_INTERVIEW:02d}" if interviewed else "",
            "answered_at": moment_text(made.service, answered) if replied else "",
            "channel": next((task.channel for task in case.plan.tasks if task.channel), ""),
            "segment": stream.pick(recipe["segments"]),
        }
        others = [x for x in categories if x != name and categories[x]["valence"] == spec["valence"]]
        second = name if stream.chance(AGREE) or not others else stream.pick(others)
        for coder, category in zip(recipe["coders"], (name, second), strict=True):
            rows.append(base | {"coder": coder, "category": category})
    return INCIDENTS, rows


def _case_of(made: Simulation, spec: Mapping[str, Any], stream: Stream, taken: set[str]) -> Case:
    """A case, each once, to which the incident belongs."""
    _touchpoint(made, spec["touchpoint"])
    if check := spec.get("check"):
        ids = {t.case_id for t in made.truths if check in (t.check, *t.also_fails)}
    else:
        faulty = {t.case_id for t in made.truths}
        met = {case.plan.id for case in made.cases if spec["touchpoint"] in case.activities}
        ids = met - faulty
    ended = [case for case in made.cases if case.plan.id in ids - taken and _ended(made, case)]
    if not ended:
        raise UnknownNameError("check with so many faulty cases", check, sorted({t.check for t in made.truths}))
    case = stream.pick(ended)
    taken.add(case.plan.id)
    return case


def _ended(made: Simulation, case: Case) -> bool:
    return made.until is None or case.trace[-1].end <= made.until


def needs(made: Simulation, recipe: Mapping[str, Any]) -> tuple[tuple[str, ...], list[Row]]:
    """Columns and rows of needs.csv: one row per need and respondent, with the answers to the pair of Kano questions.

    ``recipe``: ``respondents``, ``segments``, and ``needs``, each with ``text``, ``source``, ``touchpoint`` (may be left out) and the
    ``kano`` class (M, O, A or I) that most answers shall have.
    """
    people = [f"K{i:02d}" for i in range(1, int(recipe["respondents"]) + 1)]
    segments = {who: Stream(made.seed, "segment", who).pick(recipe["segments"]) for who in people}
    rows: list[Row] = []
    for id, need in recipe["needs"].items():
        if "touchpoint" in need:
            _touchpoint(made, need["touchpoint"])
        for who in people:
            stream = Stream(made.seed, "kano", id, who)
            usual = stream.chance(TYPICAL)
            good, bad = stream.pick(KANO_ANSWERS[need["kano"] if usual else stream.pick(tuple(KANO_ANSWERS))])
            rows.append(
                {
                    "need_id": id,
                    "text": need["text"],
                    "segment": segments[who],
                    "source": need["source"],
                    "touchpoint": need.get("touchpoint", ""),
                    "respondent": who,
                    "kano_functional": good,
                    "kano_dysfunctional": bad,
                }
            )
    return NEEDS, rows


__all__ = ["INCIDENTS", "NEEDS", "incidents", "long_survey", "needs"]
