"""From the block structure of a flow to a workflow net and its automaton; loop limits become rules."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from itertools import pairwise

from mining.automaton import Automaton, TooManyStatesError, build
from mining.blueprint import model as m
from mining.errors import BlueprintError, ModelError
from mining.nets import Transition, WorkflowNet

Path = tuple[str | int, ...]


def automaton_of(blueprint: m.Blueprint) -> Automaton:
    """The flow as an automaton over activity ids. Unobservable activities are silent.

    Raises
    ------
    BlueprintError
        If the flow is not sound.
    TooManyStatesError
        If it has too many states to list.
    """
    try:
        return build(net_of(blueprint), name=name_of_flow(blueprint))
    except TooManyStatesError:
        raise
    except ModelError as error:
        raise BlueprintError(str(error)) from error


def name_of_flow(blueprint: m.Blueprint) -> str:
    """What messages call the flow: its file and line."""
    return f"{blueprint.path}:{blueprint.lines.get(('flow',), 1)}: the flow"


def net_of(blueprint: m.Blueprint) -> WorkflowNet:
    """The flow of a blueprint as a workflow net; unobservable activities are silent."""
    if isinstance(blueprint.flow, m.Graph):
        return blueprint.flow.net
    return write_net(blueprint.flow, silent=frozenset(a.id for a in blueprint.activities if not a.observable))


def write_net(flow: m.Flow, *, silent: frozenset[str] = frozenset()) -> WorkflowNet:
    """A block structure as a workflow net: place 0 is the source, place 1 the sink."""
    return write_net_and_nodes(flow, silent=silent)[0]


def write_net_and_nodes(flow: m.Flow, *, silent: frozenset[str] = frozenset()) -> tuple[WorkflowNet, tuple[int, ...]]:
    """The net of a block structure, and per transition the number of its flow node in the order of :func:`flow_paths`."""
    writer = _NetWriter(silent)
    writer.add(flow, 0, 1)
    tokens = [0] * writer.n_places
    net = WorkflowNet(tuple(writer.transitions), (1, 0, *tokens[2:]), (0, 1, *tokens[2:]))
    return net, tuple(writer.node_of)


def flow_paths(flow: m.Flow, lines: Collection[Path] = (), at: Path = ("flow",)) -> Iterator[tuple[Path, m.Flow]]:
    """Every node of a flow with its path in the YAML, in the order written.

    Parameters
    ----------
    flow : Flow
    lines : collection of paths
        The paths that the file has (``Blueprint.lines``). A list of one item means the item; they tell where one was written.
    at : path
        Where the flow begins.

    Examples
    --------
    >>> flow = m.Sequence((m.Step("a"), m.Optional_(m.Step("b"))))
    >>> [path for path, _ in flow_paths(flow)]
    [('flow',), ('flow', 0), ('flow', 1), ('flow', 1, 'optional')]
    """
    while (*at, 0) in lines and (*at, 1) not in lines:
        at = (*at, 0)
    yield at, flow
    match flow:
        case m.Sequence(items):
            parts: list[tuple[Path, m.Flow]] = [((i,), item) for i, item in enumerate(items)]
        case m.Choice(items):
            parts = [(("choice", i), item) for i, item in enumerate(items)]
        case m.Parallel(items):
            parts = [(("parallel", i), item) for i, item in enumerate(items)]
        case m.Optional_(item):
            parts = [(("optional",), item)]
        case m.Loop(body, redo):
            parts = [(("loop",), body)]
            parts += [] if redo is None else [(("redo",), redo)]
        case m.Free(activities):
            parts = [(("free", i), m.Step(activity)) for i, activity in enumerate(activities)]
        case _:
            parts = []
    for below, part in parts:
        yield from flow_paths(part, lines, (*at, *below))


class _NetWriter:
    def __init__(self, silent: frozenset[str]) -> None:
        self.silent = silent
        self.transitions: list[Transition] = []
        self.node_of: list[int] = []
        self.n_places = 2
        self.n_nodes = 0

    def place(self) -> int:
        self.n_places += 1
        return self.n_places - 1

    def step(self, node: int, label: str | None, consumes: list[int], produces: list[int]) -> None:
        self.node_of.append(node)
        self.transitions.append(Transition(label, tuple((p, 1) for p in consumes), tuple((p, 1) for p in produces)))

    def add(self, flow: m.Flow, start: int, end: int) -> None:
        """Write a block that moves one token from ``start`` to ``end``."""
        node = self.n_nodes
        self.n_nodes += 1
        match flow:
            case m.Step(activity):
                self.step(node, None if activity in self.silent else activity, [start], [end])
            case m.Sequence(items):
                places = [start, *(self.place() for _ in items[1:]), end]
                for item, (p, q) in zip(items, pairwise(places), strict=True):
                    self.add(item, p, q)
            case m.Choice(items):
                for item in items:
                    self.add(item, start, end)
            case m.Optional_(item):
                self.add(item, start, end)
                self.step(node, None, [start], [end])
            case m.Parallel(items):
                branches = [(self.place(), self.place()) for _ in items]
                self.step(node, None, [start], [p for p, _ in branches])
                for item, (p, q) in zip(items, branches, strict=True):
                    self.add(item, p, q)
                self.step(node, None, [q for _, q in branches], [end])
            case m.Loop(body, redo):
                p, q = self.place(), self.place()
                self.step(node, None, [start], [p])
                self.add(body, p, q)
                if redo is None:
                    self.step(node, None, [q], [p])
                else:
                    self.add(redo, q, p)
                self.step(node, None, [q], [end])
            case m.Free(activities):
                p = self.place()
                self.step(node, None, [start], [p])
                for activity in activities:
                    self.add(m.Step(activity), p, p)
                self.step(node, None, [p], [end])
            case m.Graph(source):
                raise AssertionError(f"the flow of {source} stands alone")


def loop_limits(blueprint: m.Blueprint) -> tuple[m.Rule, ...]:
    """Limits of loops (``max``) as at_most rules on the first activity of the body: an automaton of the tree does not count.

    Raises
    ------
    BlueprintError
        If the body does not begin with one activity that occurs nowhere else in the flow, so rounds cannot be counted.
    """
    return tuple(rule for _, rule in limited_loops(blueprint))


def limited_loops(blueprint: m.Blueprint) -> tuple[tuple[Path, m.Rule], ...]:
    """The loops with ``max``: path of the loop in the YAML, and the rule that stands for its limit; see :func:`loop_limits`."""
    found = []
    steps = [node.activity for node in m.flow_nodes(blueprint.flow) if isinstance(node, m.Step)]
    for path, node in flow_paths(blueprint.flow, blueprint.lines):
        if isinstance(node, m.Loop) and node.max is not None:
            first = _first_step(node.body)
            if first is None or steps.count(first) > 1:
                raise BlueprintError(
                    f"{blueprint.path}:{_line(blueprint, (*path, 'max'))}: a loop with max: {node.max} must begin with one activity "
                    "that stands only there, so that its rounds can be counted. Write an at_most rule instead."
                )
            text = m.Text({"en": f"At most {node.max} rounds", "zh": f"最多 {node.max} 轮"})
            rule = m.Rule(f"max-{first}", "at_most", first, "minor", "flow: loop max", n=node.max, text=text)
            found.append((path, rule))
    return tuple(found)


def _line(blueprint: m.Blueprint, path: Path) -> int:
    """Line of a path, or of the nearest part around it that has one."""
    return next((blueprint.lines[path[:n]] for n in range(len(path), 0, -1) if path[:n] in blueprint.lines), 1)


def _first_step(flow: m.Flow) -> str | None:
    match flow:
        case m.Step(activity):
            return activity
        case m.Sequence(items):
            return _first_step(items[0])
        case _:
            return None


def free_regions(blueprint: m.Blueprint) -> tuple[frozenset[str], ...]:
    """Activities of each free region of the flow."""
    return tuple(frozenset(node.activities) for node in m.flow_nodes(blueprint.flow) if isinstance(node, m.Free))


def choice_siblings(blueprint: m.Blueprint) -> dict[str, tuple[frozenset[str], ...]]:
    """For each activity: for each choice it stands in (innermost first), the activities of all branches of that choice."""
    blocks: dict[str, list[frozenset[str]]] = {}
    for node in m.flow_nodes(blueprint.flow):
        if isinstance(node, m.Choice):
            members = frozenset(m.flow_activities(node))
            for activity in members:
                blocks.setdefault(activity, []).insert(0, members)
    return {a: tuple(found) for a, found in blocks.items()}
