"""Two versions of a blueprint in one picture: what is added, removed and changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, TypeVar

from mining.blueprint.diff import Change, diff
from mining.blueprint.diff_words import KEYS, LANGUAGES, PARTS
from mining.blueprint.loading import parse_blueprint
from mining.blueprint.model import Activity, Blueprint, Lane, Rule, Stage, Standard, Step, Text, flow_activities
from mining.blueprint.model import Sequence as InSequence
from mining.blueprint.renames import renamed
from mining.blueprint.writing import to_raw
from mining.blueprint.yaml_text import to_yaml
from mining.pictures.blueprint import draw
from mining.pictures.flow import Gateway, Net, Region, Wiring, wiring_of
from mining.pictures.plan import Plan, assemble, letters_of
from mining.pictures.promises import Badge, Promises, checks_of, promises_of
from mining.pictures.svg import Picture
from mining.pictures.words import words_in

ADDED, REMOVED, CHANGED = "+", "–", "~"

Named = TypeVar("Named", Activity, Lane, Stage)
Ends = tuple[frozenset[str], frozenset[str]]
Renamings = frozenset[tuple[str, str]]


def difference_picture(old: Blueprint, new: Blueprint, *, lang: str = "en") -> Picture:
    """Draw two versions of a blueprint as one.

    The newer version is drawn; what only the older one has is drawn as well, dashed and with a minus; what only the newer
    one has is thick and has a plus; what both have but not equally has a tilde. Steps, lanes, stages, standards and rules
    are the same if their ids are, or if :func:`mining.blueprint.diff.diff` takes them to be renamed; of the flow, what may
    follow directly on what is compared. A step of both versions stands where the newer one has it. Changes of what is not
    drawn, such as calendars and allowances, are counted below the picture; that nothing differs is said there as well.

    Parameters
    ----------
    old, new : Blueprint
        The versions. Not changed.
    lang : {"en", "zh"}, default "en"
        Language of the words.

    Returns
    -------
    Picture
        The same input gives the same bytes.

    Raises
    ------
    UnknownNameError
        If ``lang`` is not spoken.
    """
    words = words_in(lang)
    plan = _plan(old, new, lang)
    note = _note(old, new, plan)
    name = new.name.get(lang)
    versions = words["versions"].format(old=old.version, new=new.version)
    steps = [plan.changes.get(a.id) for a in plan.blueprint.activities]
    desc = words["desc_difference"].format(
        added=steps.count(ADDED), removed=steps.count(REMOVED), changed=steps.count(CHANGED)
    )
    return draw(plan, f"{name} · {words['version']} {versions}", " ".join(filter(None, (desc, note))), note)


def _note(old: Blueprint, new: Blueprint, plan: Plan) -> str:
    """That nothing differs, or how many changes there are of each thing that is not drawn; empty if all are drawn."""
    changes = diff(old, new)
    if not changes:
        return plan.words["no_difference"]
    flow = any(net.change for net in plan.wiring.nets) or bool(plan.changes.keys() - plan.blueprint.by_id.keys())
    badges = {badge.id for badge in plan.promises.all}
    hidden = Counter(str(change.path[0]) for change in changes if not _is_drawn(change, badges, flow=flow))
    index = LANGUAGES.index(plan.lang)
    kinds = [f"{(PARTS | KEYS)[key][index]} {n}" for key, n in hidden.items()]
    return plan.words["not_drawn"].format(what=plan.words["and"].join(kinds)) if kinds else ""


def _is_drawn(change: Change, badges: Collection[str], *, flow: bool) -> bool:
    """Whether a change has a sign in the picture; ``flow``: whether a connection, a diamond or a region has one."""
    section, *rest = change.path
    if section in ("lanes", "stages", "activities"):
        return bool(rest)  # else it is their order
    if section == "flow":
        return flow
    return section in ("rules", "standards") and bool(rest) and rest[0] in badges


def _plan(old: Blueprint, new: Blueprint, lang: str) -> Plan:
    words = words_in(lang)
    old, renamings = _in_new_names(old, new)
    before, after = _Wires(wiring_of(old.flow)), _Wires(wiring_of(new.flow))
    both = _union(old, new, renamings)
    promises = _promises(
        promises_of(old, lang, words),
        promises_of(new, lang, words),
        _checks(old),
        _checks(new),
        {id for section, id in renamings if section in ("rules", "standards")},
        words["before"],
    )
    wiring, changes = _wiring(before, after)
    changes |= _activities(old, new, promises, renamings)
    return assemble(both, wiring, promises, {}, lang=lang, letters=_letters(both, before, after), changes=changes)


def _in_new_names(old: Blueprint, new: Blueprint) -> tuple[Blueprint, Renamings]:
    """The older version in the ids of the newer one, and which ids of the newer one are new names, each with its section."""
    raw, _, guesses = renamed(to_raw(old), to_raw(new))
    if not guesses:
        return old, frozenset()
    return parse_blueprint(to_yaml(raw), name=old.path), frozenset((str(path[0]), now) for path, _, _, now in guesses)


# --- steps, lanes, stages -------------------------------------------------------------------------------------------


def _merged(old: Sequence[str], new: Sequence[str]) -> list[str]:
    """All ids in the order of the newer version; what only the older has stands behind what was before it there."""
    order = list(new)
    for k, id in enumerate(old):
        if id not in order:
            earlier = [order.index(x) for x in old[:k]]
            order.insert(max(earlier, default=-1) + 1, id)
    return order


def _parts(old: Sequence[Named], new: Sequence[Named]) -> list[Named]:
    known = {x.id: x for x in old} | {x.id: x for x in new}
    return [known[id] for id in _merged([x.id for x in old], [x.id for x in new])]


def _union(old: Blueprint, new: Blueprint, renamings: Renamings) -> Blueprint:
    """Everything of both; its flow says no more than in which order the steps stand."""
    order = _merged(flow_activities(old.flow), flow_activities(new.flow))
    return replace(
        new,
        lanes=tuple(
            _marked(lane, old.lanes, new.lanes, ("lanes", lane.id) in renamings)
            for lane in _parts(old.lanes, new.lanes)
        ),
        stages=tuple(
            _marked(stage, old.stages, new.stages, ("stages", stage.id) in renamings)
            for stage in _parts(old.stages, new.stages)
        ),
        activities=tuple(_parts(old.activities, new.activities)),
        flow=InSequence(tuple(Step(id) for id in order)),
        rules=(),
        standards=(),
    )


def _marked(part: Any, old: Sequence[Any], new: Sequence[Any], renamed: bool) -> Any:
    """A lane or a stage whose name says what became of it."""
    change = _change(next((x for x in old if x.id == part.id), None), next((x for x in new if x.id == part.id), None))
    change = change or (CHANGED if renamed else "")
    if not change:
        return part
    return replace(part, name=Text({lang: f"{change} {text}" for lang, text in part.name.by_language.items()}))


def _change(old: object, new: object) -> str:
    if old is None or new is None:
        return ADDED if old is None else REMOVED
    return "" if old == new else CHANGED


def _activities(old: Blueprint, new: Blueprint, promises: Promises, renamings: Renamings) -> dict[str, str]:
    found = {}
    for id in {**new.by_id, **old.by_id}:
        change = _change(old.by_id.get(id), new.by_id.get(id))
        if not change and ("activities", id) in renamings:
            change = CHANGED
        if not change and any(badge.change for badge in promises.by_activity.get(id, ())):
            change = CHANGED
        if change:
            found[id] = change
    return found


def _checks(blueprint: Blueprint) -> dict[str, Rule | Standard]:
    return {check.id: check for check in checks_of(blueprint)}


# --- standards and rules --------------------------------------------------------------------------------------------


def _promises(
    old: Promises,
    new: Promises,
    old_checks: Mapping[str, Rule | Standard],
    new_checks: Mapping[str, Rule | Standard],
    renamings: Collection[str],
    before: str,
) -> Promises:
    texts = {badge.id: badge.text for badge in old.all}

    def marked(badge: Badge) -> Badge:
        change = _change(old_checks.get(badge.id), new_checks.get(badge.id))
        change = change or (CHANGED if badge.id in renamings else "")
        if change == CHANGED and texts.get(badge.id, badge.text) != badge.text:
            return replace(badge, change=change, title=before.format(now=badge.title, before=texts[badge.id]))
        return replace(badge, change=change)

    def joined(earlier: Sequence[Badge], later: Sequence[Badge]) -> tuple[Badge, ...]:
        kept = {badge.id for badge in later}
        gone = [replace(badge, change=REMOVED) for badge in earlier if badge.id not in kept]
        return (*(marked(badge) for badge in later), *gone)

    places = {**new.by_activity, **old.by_activity}
    return Promises(
        {id: joined(old.by_activity.get(id, ()), new.by_activity.get(id, ())) for id in places},
        joined(old.all, new.all),
    )


# --- the flow -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Wires:
    """The wiring of one version and what can be asked of it."""

    wiring: Wiring

    @cached_property
    def pairs(self) -> dict[tuple[str, str], str]:
        """What may follow directly on what, and whether by the way back of a loop."""
        return {pair: "loop" if net.kind == "loop" else "flow" for net in self.wiring.steps for pair in net.pairs}

    @cached_property
    def details(self) -> dict[tuple[object, object], tuple[bool, int | None]]:
        """Of each connection, diamonds told by what they join: may its target be left out, most rounds."""
        return {
            (self.name(a), self.name(b)): (b in net.optional, net.limit)
            for net in self.wiring.nets
            for a, b in net.pairs
        }

    @cached_property
    def gates(self) -> dict[str, Gateway]:
        """Diamonds by id."""
        return {g.id: g for g in self.wiring.gateways}

    @cached_property
    def ends(self) -> dict[str, Ends]:
        """Steps and regions directly before and behind each diamond, other diamonds looked through."""
        forward = [pair for net in self.wiring.nets if net.kind != "loop" for pair in net.pairs]
        return {
            id: (
                frozenset(self.far(id, [(b, a) for a, b in forward])),
                frozenset(self.far(id, forward)),
            )
            for id in self.gates
        }

    def far(self, id: str, pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
        for a, b in pairs:
            if a == id:
                yield from self.far(b, pairs) if b in self.gates else [b]

    def name(self, id: str) -> object:
        """A name that is the same in both versions."""
        gate = self.gates.get(id)
        return (gate.kind, gate.joins, self.ends[id]) if gate else id

    def through(self, a: str, b: str, kind: str) -> set[tuple[str, str]]:
        """Pairs of steps that a connection is part of."""
        sources = self.ends[a][0] if a in self.gates else {a}
        targets = self.ends[b][1] if b in self.gates else {b}
        way = "loop" if kind == "loop" else "flow"
        return {(x, y) for x in sources for y in targets if self.pairs.get((x, y)) == way}


def _wiring(old: _Wires, new: _Wires) -> tuple[Wiring, dict[str, str]]:
    """Connections of the newer version with what changed, those that are gone, and the signs of regions and diamonds."""
    nets: dict[Net, None] = {}
    for net in new.wiring.nets:
        by_change: dict[str, list[tuple[str, str]]] = {}
        for a, b in net.pairs:
            by_change.setdefault(_connection(old, new, a, b, net), []).append((a, b))
        if len(by_change) == 1:
            nets[replace(net, change=next(iter(by_change)))] = None
        else:
            for change, pairs in by_change.items():
                for a, b in pairs:
                    optional = tuple(x for x in net.optional if x == b)
                    nets[replace(net, sources=(a,), targets=(b,), optional=optional, change=change)] = None
    gone: dict[tuple[str, str], list[str]] = {}
    for (a, b), kind in old.pairs.items():
        if new.pairs.get((a, b)) != kind:
            gone.setdefault((a, kind), []).append(b)
    for (a, kind), targets in gone.items():
        nets[Net(kind, (a,), tuple(targets), change=REMOVED)] = None
    regions, signs = _regions(old.wiring.regions, new.wiring.regions)
    signs |= {id: sign for id, gate in new.gates.items() if (sign := _gateway(gate, old, new))}
    return Wiring(tuple(nets), regions, new.wiring.gateways), signs


def _connection(old: _Wires, new: _Wires, a: str, b: str, net: Net) -> str:
    way = "loop" if net.kind == "loop" else "flow"
    through = new.through(a, b, net.kind)
    if through and not any(old.pairs.get(pair) == way for pair in through):
        return ADDED
    now = new.details[new.name(a), new.name(b)]
    return CHANGED if old.details.get((new.name(a), new.name(b)), now) != now else ""


def _gateway(gate: Gateway, old: _Wires, new: _Wires) -> str:
    """A diamond is the same if it is of one kind and joins the same; changed if it joins some of the same."""
    if new.name(gate.id) in map(old.name, old.gates):
        return ""
    sources, targets = new.ends[gate.id]
    for id, other in old.gates.items():
        before, after = old.ends[id]
        alike = other.joins == gate.joins and (other.kind == "start") == (gate.kind == "start")
        if alike and (not sources or sources & before) and targets & after:
            return CHANGED
    return ADDED


def _regions(old: Sequence[Region], new: Sequence[Region]) -> tuple[tuple[Region, ...], dict[str, str]]:
    known = {r.id: r for r in new}
    gone = tuple(r for r in old if r.id not in known)
    signs = {r.id: REMOVED for r in gone}
    before = {r.id: frozenset(r.activities) for r in old}
    for region in new:
        change = _change(before.get(region.id), frozenset(region.activities))
        if change:
            signs[region.id] = change
    return (*new, *gone), signs


def _letters(both: Blueprint, old: _Wires, new: _Wires) -> dict[str, tuple[str, ...]]:
    """Letters of regions, with a sign where a step came into the region or left it."""
    before, after = letters_of(both, old.wiring), letters_of(both, new.wiring)
    return {
        a.id: (
            *((x if x in before[a.id] else f"{ADDED}{x}") for x in after[a.id]),
            *(f"{REMOVED}{x}" for x in before[a.id] if x not in after[a.id]),
        )
        for a in both.activities
    }
