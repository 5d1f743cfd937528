"""A flow kept in a BPMN 2.0 file, for designs that are not block-structured: as a workflow net."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from mining.blueprint import model as m
from mining.blueprint.assemble import canonical
from mining.blueprint.bpmn.document import TASKS, Document, Element, read_document
from mining.errors import BlueprintError, ModelError, hint
from mining.nets import Transition, WorkflowNet


@dataclass(frozen=True)
class Node:
    """A task, event or gateway; ``kind`` is its tag. ``incoming`` and ``outgoing``: ids of its sequence flows.

    Nodes made from drawn ones have more: ``needs`` are places of messages, of which it takes a token each besides that of an
    incoming flow; ``rests`` likewise places that hold a token while work beside it rests; ``parts`` the steps of an ad-hoc
    sub-process; ``origin`` the element that was drawn, where it is not ``id``.
    """

    id: str
    kind: str
    name: str
    incoming: tuple[str, ...]
    outgoing: tuple[str, ...]
    terminates: bool = False
    needs: tuple[str, ...] = ()
    rests: tuple[str, ...] = ()
    parts: tuple[str, ...] = ()
    origin: str = ""

    @property
    def drawn(self) -> str:
        """Id of the element that it was drawn as."""
        return self.origin or self.id


def read_bpmn(path: str | Path) -> WorkflowNet:
    """Read a process from a BPMN file that stands alone: the name of each task is its label.

    Parameters
    ----------
    path : str or Path

    Returns
    -------
    WorkflowNet
        In the order of :func:`mining.blueprint.assemble.canonical`. Events and gateways are silent.

    Raises
    ------
    ModelError
        As :func:`read_flow`, or if a task has no name.

    Examples
    --------
    >>> import tempfile
    >>> text = '''<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p"><startEvent id="s"/>
    ... <task id="t" name="Pay"/><endEvent id="e"/><sequenceFlow id="f" sourceRef="s" targetRef="t"/>
    ... <sequenceFlow id="g" sourceRef="t" targetRef="e"/></process></definitions>'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "pay.bpmn"
    ...     _ = file.write_text(text)
    ...     read_bpmn(file).labels
    ('Pay',)
    """
    from mining.blueprint.bpmn.merge import nodes_of

    try:
        document = read_document(path)
        nodes = nodes_of(document)
        label = {e.id: _name(e.id, e.name, str(document.path)) for e in document.steps}
        return canonical(write_nodes(nodes, label))
    except BlueprintError as error:
        raise ModelError(str(error)) from error


def read_flow(path: Path, activities: Iterable[m.Activity]) -> m.Graph:
    """Read the flow of a blueprint from a BPMN file.

    Parameters
    ----------
    path : Path
    activities : iterable of Activity
        A step means the activity with its id or one of its names or labels.

    Returns
    -------
    Graph

    Raises
    ------
    BlueprintError
        If the file is missing, not BPMN or declares entities; if it has several pools that cannot be merged into one process; if
        it holds an element that has no meaning here or does not lie between a start and an end event. The message names the
        element's id and line.
    """
    from mining.blueprint.bpmn.merge import nodes_of

    made = tuple(activities)
    document = read_document(path)
    known = {key: a.id for a in made for key in (*a.labels, *a.name.by_language.values(), a.id)}
    label = {e.id: _activity(e, known, document) for e in document.steps}
    nodes = nodes_of(document)
    net, drawn = write_nodes_and_ids(nodes, label, {a.id for a in made if not a.observable})
    elements = tuple(id if id in document.elements else "" for id in drawn)
    return m.Graph(path.name, net, tuple(dict.fromkeys(label.values())), follows_of(nodes, label), elements)


def activity_of(element: Element, known: Mapping[str, str]) -> str | None:
    """The activity that a step means, by its id (as our own files write it, ``act_...``) or its name."""
    return next(
        (
            known[key]
            for key in (element.id, element.id.removeprefix("act_").partition(".")[0], element.name)
            if key in known
        ),
        None,
    )


def _activity(element: Element, known: Mapping[str, str], document: Document) -> str:
    found = activity_of(element, known)
    if found is None:
        raise BlueprintError(
            f"{document.where(element.line)}: task {element.id!r} ({element.name!r}) is no activity of the blueprint."
            f"{hint(element.name, known.values())}"
        )
    return found


def net_of_nodes(
    name: str, nodes: list[Node], label: dict[str, str] | None = None, silent: Collection[str] = ()
) -> WorkflowNet:
    """The net of a process. Each sequence flow is a place; place 0 is the source, place 1 the sink.

    A task or event begins with any one of its incoming flows and gives a token to each outgoing one; an exclusive gateway takes
    from one and gives to one, a parallel gateway takes from all and gives to all.

    Parameters
    ----------
    name : str
        How messages call the process.
    nodes : list of Node
        Not changed.
    label : dict of node id to label, optional
        Of each task; without it, its name.
    silent : collection of str
        Labels that no log shows.

    Returns
    -------
    WorkflowNet

    Raises
    ------
    BlueprintError
        If a task has no name, an element does not lie between a start and an end event, or an end event stops parallel work.

    Examples
    --------
    >>> nodes = [Node("s", "startEvent", "", (), ("f",)), Node("t", "task", "Pay", ("f",), ("g",)), Node("e", "endEvent", "", ("g",), ())]
    >>> net_of_nodes("pay", nodes).transitions[1]
    Transition(label='Pay', consumes=((2, 1),), produces=((3, 1),))
    """
    check_shape(name, nodes)
    check_ends(name, nodes)
    label = {n.id: _name(n.id, n.name, name) for n in nodes if n.kind in TASKS} if label is None else label
    return write_nodes(nodes, label, silent)


def write_nodes(nodes: list[Node], label: Mapping[str, str], silent: Collection[str] = ()) -> WorkflowNet:
    """The net of nodes whose shape is right; see :func:`net_of_nodes`. ``label`` is by the id of the drawn element."""
    return write_nodes_and_ids(nodes, label, silent)[0]


def write_nodes_and_ids(
    nodes: list[Node], label: Mapping[str, str], silent: Collection[str] = ()
) -> tuple[WorkflowNet, tuple[str, ...]]:
    """As :func:`write_nodes`, with the id of the drawn element of each transition."""
    place = _places(nodes)
    n_places = max([1, *place.values()]) + 1
    givers = Counter(place[f] for n in nodes if n.kind != "eventBasedGateway" for f in n.outgoing)
    givers.update(place[f] for n in nodes if n.kind == "eventBasedGateway" for f in n.incoming)
    transitions: list[Transition] = []
    ids: list[str] = []

    def new_place() -> int:
        nonlocal n_places
        n_places += 1
        return n_places - 1

    def step(id: str, what: str | None, before: Iterable[int], after: Iterable[int]) -> None:
        ids.append(id)
        transitions.append(Transition(what, tuple((p, 1) for p in before), tuple((p, 1) for p in after)))

    def shown(drawn: str) -> str | None:
        what = label.get(drawn)
        return None if what in silent else what

    for n in nodes:
        needs = [place[f] for f in (*n.needs, *n.rests)]
        before = [place[f] for f in n.incoming] or ([0] if n.kind == "startEvent" else [])
        after = [place[f] for f in n.outgoing] or ([1] if n.kind == "endEvent" else [])
        if n.kind == "parallelGateway":
            step(n.drawn, None, before, after)
        elif n.kind == "exclusiveGateway":
            for p in before:
                for q in after:
                    step(n.drawn, None, [p], [q])
        elif n.parts:  # any of the steps, any number of times, in any order
            inside = after[0] if len(after) == 1 and givers[after[0]] == 1 else new_place()
            for p in before:
                step(n.drawn, None, [p, *needs], [inside])
            for part in n.parts:
                step(part, shown(part), [inside], [inside])
            if [inside] != after:
                step(n.drawn, None, [inside], after)
        elif n.kind != "eventBasedGateway":  # whose flows are one place: the event decides
            for p in before:
                step(n.drawn, shown(n.drawn), [p, *needs], after)
    rest = [0] * (n_places - 2)
    return WorkflowNet(tuple(transitions), (1, 0, *rest), (0, 1, *rest)), tuple(ids)


def _places(nodes: list[Node]) -> dict[str, int]:
    """A place for each flow; those of an event-based gateway share one."""
    same: dict[str, str] = {}

    def first(flow: str) -> str:
        while flow in same:
            flow = same[flow]
        return flow

    for n in nodes:
        if n.kind == "eventBasedGateway":
            root, *rest = sorted({first(f) for f in (*n.incoming, *n.outgoing)})
            same |= dict.fromkeys(rest, root)
    flows = sorted({f for n in nodes for f in (*n.incoming, *n.outgoing, *n.needs, *n.rests)})
    number = {flow: i + 2 for i, flow in enumerate(f for f in flows if first(f) == f)}
    return {flow: number[first(flow)] for flow in flows}


def _name(id: str, text: str, name: str) -> str:
    if not text:
        raise BlueprintError(f"{name}: task {id!r} has no name; write the label that it has in the log.")
    return text


def check_shape(name: str, nodes: Iterable[Node], where: Mapping[str, str] | None = None) -> None:
    """Refuse elements that do not lie between a start and an end event; ``where``: what messages say of an element's place."""
    nodes = list(nodes)
    where = where or {}
    for kind, word in (("startEvent", "start"), ("endEvent", "end")):
        if all(n.kind != kind for n in nodes):
            raise BlueprintError(f"{name}: the process has no {word} event.")
    for n in nodes:
        for flows, kind, word in ((n.incoming, "startEvent", "incoming"), (n.outgoing, "endEvent", "outgoing")):
            if bool(flows) == (n.kind == kind):
                has = "an" if flows else "no"
                raise BlueprintError(
                    f"{where.get(n.id, name)}: {n.kind} {n.id!r} ({n.name!r}) has {has} {word} sequence flow."
                )


def check_ends(name: str, nodes: Iterable[Node]) -> None:
    """Refuse an end event that would stop work going on in parallel."""
    nodes = list(nodes)
    splits = [n.drawn for n in nodes if n.kind not in ("exclusiveGateway", "eventBasedGateway") and len(n.outgoing) > 1]
    for n in nodes:
        if n.terminates and splits:
            raise BlueprintError(
                f"{name}: {n.kind} {n.drawn!r} terminates work that goes on in parallel (from {splits[0]!r}), which a net cannot say. "
                "Join the branches before the end."
            )


def follows_of(nodes: list[Node], label: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Pairs of activities joined by flows, through gateways, events and messages."""
    takers: dict[str, list[Node]] = {}
    for n in nodes:
        for flow in (*n.incoming, *n.needs):
            takers.setdefault(flow, []).append(n)
    pairs: dict[tuple[str, str], None] = {}
    for n in nodes:
        for here in _steps_of(n, label):
            seen: set[str] = set()
            todo = list(n.outgoing)
            while todo:
                for after in takers.get(todo.pop(0), ()):
                    there = _steps_of(after, label)
                    pairs |= dict.fromkeys((label[here], label[x]) for x in there)
                    if (not there or after.parts) and after.id not in seen:
                        seen.add(after.id)
                        todo += after.outgoing
    return tuple(pairs)


def _steps_of(node: Node, label: Mapping[str, str]) -> tuple[str, ...]:
    """The steps that a node is: one, those of an ad-hoc sub-process, or none."""
    return node.parts or ((node.drawn,) if node.drawn in label else ())
