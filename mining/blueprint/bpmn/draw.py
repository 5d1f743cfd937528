"""A blueprint as the elements of a BPMN diagram: which there are, in which pool and lane, and what leads where; not where drawn."""

from __future__ import annotations

from collections.abc import Iterable

from mining.blueprint import model as m
from mining.blueprint.bpmn.builder import Builder
from mining.blueprint.bpmn.elements import CUSTOMER_SIDE, NOTE, Boundary, Drawing, Edge, Evidence, Node, Note, Pool
from mining.blueprint.bpmn.graphs import draw_net
from mining.blueprint.bpmn.labels import name_of, rule_text, standard_limit, standard_text, word
from mining.blueprint.bpmn.sbp import plain
from mining.units import Duration


def draw(blueprint: m.Blueprint, *, collaboration: bool, lang: str) -> Drawing:
    """The elements of a blueprint.

    Parameters
    ----------
    blueprint : Blueprint
    collaboration : bool
        True: the customer's lanes are a pool of their own, free regions are ad-hoc sub-processes, wait points are events in the
        flow. False: one pool, and only what every engine replays lies in the flow.
    lang : str

    Returns
    -------
    Drawing

    Raises
    ------
    BlueprintError
        If a flow from a BPMN file cannot be drawn with tasks and gateways.
    """
    pools = _pools(blueprint, collaboration, lang)
    builder = Builder(blueprint, pools, collaboration, lang)
    if isinstance(blueprint.flow, m.Graph):
        draw_net(builder, blueprint.flow)
    else:
        builder.whole(blueprint.flow)
    drawn = {n.activity: n.id for n in reversed(builder.nodes.values()) if n.activity}  # the first place of each
    evidence = _evidence(blueprint, drawn, lang)
    outside = [
        Node(f"out_{a.id}", NOTE, a.lane, a.stage, f"{name_of(a.name, lang, a.id)} ({word('outside', lang)})", a.id)
        for a in blueprint.activities
        if a.id not in drawn and a.id not in {e.activity for e in evidence}
    ]
    boundaries = _boundaries(blueprint, drawn, {n.id for n in builder.nodes.values()}, lang)
    notes = _notes(blueprint, drawn, {b.standard for b in boundaries}, lang)
    given = [Edge(f"data_{e.id}", "dataOutputAssociation", e.task, e.id) for e in evidence if e.task]
    about = [
        Edge(f"about_{note.id}_{k}", "association", note.id, a)
        for note in notes
        for k, a in enumerate(note.about, start=1)
    ]
    return Drawing(
        pools,
        (*builder.nodes.values(), *outside),
        (*builder.edges, *given, *about),
        tuple(boundaries),
        tuple(evidence),
        tuple(notes),
    )


def _pools(blueprint: m.Blueprint, collaboration: bool, lang: str) -> tuple[Pool, ...]:
    lanes = tuple(lane.id for lane in blueprint.lanes)
    customer = tuple(lane.id for lane in blueprint.lanes if lane.kind in CUSTOMER_SIDE)
    name = name_of(blueprint.name, lang, blueprint.id)
    has_both = any(lane.kind == "customer" for lane in blueprint.lanes) and len(customer) < len(lanes)
    if not collaboration or not has_both:
        return (Pool("service", name, lanes),)
    provider = tuple(lane for lane in lanes if lane not in customer)
    return (
        Pool("customer", word("customer", lang), customer),
        Pool("provider", f"{word('provider', lang)}: {name}", provider),
    )


# --- what hangs on the steps -------------------------------------------------------------------------------------------


def _evidence(blueprint: m.Blueprint, drawn: dict[str, str], lang: str) -> list[Evidence]:
    """Data objects: in the first evidence lane, else in the lane of the step."""
    lanes = [lane.id for lane in blueprint.lanes if lane.kind == "physical_evidence"]
    found = []
    for a in blueprint.activities:
        if a.id not in drawn and a.lane in lanes:
            found.append(Evidence(f"thing_{a.id}", name_of(a.name, lang, a.id), a.lane, a.stage, activity=a.id))
        elif a.id in drawn and a.touchpoint:
            for k, text in enumerate(a.touchpoint.evidence, start=1):
                name = plain(text) or a.id
                found.append(Evidence(f"thing_{a.id}.{k}", name, lanes[0] if lanes else a.lane, a.stage, drawn[a.id]))
    return found


def _boundaries(blueprint: m.Blueprint, drawn: dict[str, str], nodes: set[str], lang: str) -> list[Boundary]:
    """Time standards, and wait points that are no event in the flow."""
    waits = [a.id for a in blueprint.activities if a.wait_point and a.id in drawn and f"wait_{a.id}" not in nodes]
    found = [Boundary(f"wait_{a}", drawn[a], word("wait", lang)) for a in waits]
    for s in blueprint.standards:
        places = [s.touchpoint, *s.of, *s.end, *s.start]
        host = next((drawn[a] for a in places if a in drawn), None)
        if s.dimension == "time" and host is not None:
            limit = s.limit if isinstance(s.limit, Duration) else None
            found.append(Boundary(f"timer_{s.id}", host, standard_limit(s), s.id, limit))
    return found


def _notes(blueprint: m.Blueprint, drawn: dict[str, str], shown: set[str | None], lang: str) -> list[Note]:
    found = []
    for a in blueprint.activities:
        if a.fail_point is not None:
            control = f" {word('control', lang)}: {plain(a.fail_point.control)}" if a.fail_point.control else ""
            text = f"{word('fail', lang)}: {plain(a.fail_point.failure.get(lang))}.{control}"
            found.append(Note(f"note_fail_{a.id}", text, ("failPoint", a.id), _places([a.id], drawn)))
    for r in blueprint.rules:
        found.append(
            Note(f"note_rule_{r.id}", rule_text(r, blueprint, lang), ("rule", r.id), _places([r.a, r.b], drawn))
        )
    for s in blueprint.standards:
        if s.id not in shown:
            places = _places([s.touchpoint, *s.of, *s.end, *s.start], drawn)[:1]
            found.append(Note(f"note_standard_{s.id}", standard_text(s, lang), ("standard", s.id), places))
    return found


def _places(activities: Iterable[str | None], drawn: dict[str, str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(drawn[a] for a in activities if a is not None and a in drawn))
