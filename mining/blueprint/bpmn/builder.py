"""The flow of a blueprint as nodes and edges of a BPMN diagram, one flow word after the other."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from mining.blueprint import model as m
from mining.blueprint.bpmn.elements import (
    AD_HOC,
    BY_MACHINE,
    CATCH,
    END,
    EXCLUSIVE,
    PARALLEL,
    START,
    THROW,
    Edge,
    Node,
    Pool,
)
from mining.blueprint.bpmn.labels import name_of, word


@dataclass
class Builder:
    """Draws a flow node after node; ``end`` is the node from which the next one is reached."""

    blueprint: m.Blueprint
    pools: tuple[Pool, ...]
    collaboration: bool
    lang: str
    nodes: dict[str, Node] = field(default_factory=dict)
    edges: list[Edge] = field(default_factory=list)
    end: str = ""
    within: str | None = None
    inside_customer: bool = False
    lower: bool = False  # of the next node
    beyond: tuple[str, ...] = ()  # of the next node

    # ------------------------------------------------------------------------------------------ elements

    def node(self, node: Node) -> str:
        """Add a node that nothing leads to."""
        self.nodes[node.id] = replace(node, lower=self.lower, beyond=self.beyond)
        self.end, self.lower, self.beyond = node.id, False, ()
        return node.id

    def edge(self, source: str, target: str, kind: str = "sequenceFlow") -> None:
        """Add an edge; a second one between the same nodes gets a number."""
        id = f"{'msg' if kind == 'messageFlow' else 'flow'}.{source}.{target}"
        again = sum(e.source == source and e.target == target for e in self.edges)
        self.edges.append(Edge(f"{id}.{again + 1}" if again else id, kind, source, target))

    def put(self, node: Node, ends: Iterable[str] = ()) -> str:
        """Add a node that is reached from the open end, or from several."""
        for source in list(ends) or [self.end]:
            self.edge(source, node.id)
        return self.node(node)

    def near(self, id: str, kind: str, name: str = "", *, event: str | None = None, beside: str | None = None) -> Node:
        """A gateway or event in the lane and stage of the open end."""
        here = self.nodes[self.end]
        return Node(id, kind, here.lane, here.stage, name, event=event, beside=beside)

    def opening(self, id: str, kind: str, inner: Iterable[m.Flow], name: str = "") -> str:
        """A gateway that opens a block: in the lane of the open end, and not before the first stage of what it opens."""
        here = self.nodes[self.end]
        order = [s.id for s in self.blueprint.stages]
        first = min((self.blueprint.activity(a).stage for x in inner for a in m.flow_activities(x)), key=order.index)
        stage = max(here.stage, first, key=order.index)
        return self.put(Node(id, kind, here.lane, stage, name))

    def join(self, id: str, kind: str, ends: list[str], beside: str) -> str:
        """A gateway that closes branches: in the row of the one that opened them, in the last stage that they reach."""
        order = [s.id for s in self.blueprint.stages]
        stage = max((self.nodes[end].stage for end in ends), key=order.index)
        return self.put(Node(id, kind, self.nodes[beside].lane, stage, beside=beside), ends)

    def task(self, activity: str) -> None:
        """A step; in a collaboration a wait point is an event before it, but for ad-hoc sub-processes, which know no order."""
        a = self.blueprint.activity(activity)
        kind = next(lane.kind for lane in self.blueprint.lanes if lane.id == a.lane)
        tag = "userTask" if a.role else "serviceTask" if kind in BY_MACHINE else "task"
        number = 1 + sum(n.activity == activity for n in self.nodes.values())
        id = activity if number == 1 else f"{activity}.{number}"
        if a.wait_point and self.collaboration and self.within is None:
            name = word("wait", self.lang)
            self._reach(Node(f"wait_{id}", CATCH, a.lane, a.stage, name, event="conditional"))
        name = name_of(a.name, self.lang, a.id)
        self._reach(Node(f"act_{id}", tag, a.lane, a.stage, name, activity, within=self.within))

    def _reach(self, node: Node) -> None:
        if self.end:
            self.put(node)
        else:  # first in an ad-hoc sub-process, where nothing leads to it
            self.node(node)

    # ------------------------------------------------------------------------------------------ blocks

    def on_customers_side(self, flow: m.Flow) -> bool:
        """Whether all steps of a flow lie in the customer's pool, and the provider has one of its own."""
        if len(self.pools) == 1 or self.inside_customer:
            return False
        return all(self.blueprint.activity(a).lane in self.pools[0].lanes for a in m.flow_activities(flow))

    def first_place(self, flow: m.Flow) -> tuple[str, str]:
        """Lane and stage of the first step that lies in the pool which holds the gateways."""
        steps = [self.blueprint.activity(a) for a in m.flow_activities(flow)]
        lanes = self.pools[-1].lanes
        found = next((a for a in steps if a.lane in lanes), None)
        return (found.lane, found.stage) if found else (lanes[0], steps[0].stage)

    def whole(self, flow: m.Flow) -> None:
        """The flow between a start and an end event. Steps of the customer at its ends begin and end the process there."""
        items = flow.items if isinstance(flow, m.Sequence) else (flow,)
        runs = self._runs(items, "flow")
        first, last = (self.on_customers_side(runs[k][1]) for k in (0, -1))
        lane, stage = self.first_place(flow)
        if len(runs) == 1 and first:
            self._customers_own(runs[0][1], runs[0][0], START, END)
            return
        if first:
            self._customers_own(runs[0][1], runs[0][0], START, None)
            self._message(self.end, Node("start", START, lane, self.nodes[self.end].stage, event="message"))
        else:
            self.node(Node("start", START, lane, stage))
        for path, item in runs[int(first) : len(runs) - int(last)]:
            self.block(item, path)
        if last:
            self.put(self.near("end", END, event="message"))
            self._customers_own(runs[-1][1], runs[-1][0], None, END)
        else:
            self.put(self.near("end", END))

    def _runs(self, items: tuple[m.Flow, ...], path: str) -> list[tuple[str, m.Flow]]:
        """The parts of a sequence, with neighbours on the customer's side taken as one."""
        runs: list[tuple[str, list[m.Flow], bool]] = []
        for k, item in enumerate(items):
            theirs = self.on_customers_side(item)
            if theirs and runs and runs[-1][2]:
                runs[-1][1].append(item)
            else:
                runs.append((f"{path}_{k}", [item], theirs))
        return [(at, run[0] if len(run) == 1 else m.Sequence(tuple(run))) for at, run, _ in runs]

    def block(self, flow: m.Flow, path: str) -> None:
        """A part of the flow, reached from the open end; ``path`` is where it stands and makes the ids."""
        if self.on_customers_side(flow):
            self.handed_over(flow, path)
            return
        match flow:
            case m.Step(activity):
                self.task(activity)
            case m.Sequence(items):
                for at, item in self._runs(items, path):
                    self.block(item, at)
            case m.Choice(items):
                self.branches(items, path, EXCLUSIVE)
            case m.Optional_(m.Choice(items)):
                self.branches(items, path, EXCLUSIVE, bypass=True)
            case m.Optional_(item):
                self.branches((item,), path, EXCLUSIVE, bypass=True)
            case m.Parallel(items):
                self.branches(items, path, PARALLEL)
            case m.Loop(body, redo, limit):
                self.loop(body, redo, limit, path)
            case m.Free(activities):
                if self.collaboration:
                    self.ad_hoc(activities, path)
                else:
                    self.unrolled(activities, path)
            case m.Graph(source):
                raise AssertionError(f"the flow of {source} stands alone")

    def branches(self, items: tuple[m.Flow, ...], path: str, kind: str, *, bypass: bool = False) -> None:
        """Gateways that split and join; with a bypass, none of the branches may be taken."""
        split = self.opening(f"gw_{path}_split", kind, items)
        ends = []
        for k, item in enumerate(items):
            self.end = split
            self.block(item, f"{path}_{k}")
            ends.append(self.end)
        self.join(f"gw_{path}_join", kind, [*ends, *([split] if bypass else [])], split)

    def loop(self, body: m.Flow, redo: m.Flow | None, limit: int | None, path: str) -> None:
        """The body between two gateways, and the way back from the second to the first."""
        back = self.opening(f"gw_{path}_again", EXCLUSIVE, [body])
        self.block(body, f"{path}_body")
        name = "" if limit is None else word("rounds", self.lang, n=limit)
        split = self.put(self.near(f"gw_{path}_done", EXCLUSIVE, name, beside=back))
        if redo is not None:
            self.lower = True
            self.block(redo, f"{path}_redo")
            self.beyond = (self.end,)
        self.edge(self.end, back)
        self.end = split

    def unrolled(self, activities: tuple[str, ...], path: str) -> None:
        """A free region as a loop of exclusive gateways: what engines replay."""
        back = self.opening(f"gw_{path}_again", EXCLUSIVE, [m.Free(activities)])
        split = self.put(self.near(f"gw_{path}_done", EXCLUSIVE, word("any_order", self.lang), beside=back))
        drawn = []
        for activity in activities:
            self.end, self.lower = split, True
            self.task(activity)
            self.edge(self.end, back)
            drawn.append(self.end)
        self.end, self.beyond = split, tuple(drawn)

    def ad_hoc(self, activities: tuple[str, ...], path: str) -> None:
        """A free region as ad-hoc sub-processes, one per lane and stage, side by side: together they mean the region."""
        lanes = [lane.id for lane in self.blueprint.lanes]
        stages = [stage.id for stage in self.blueprint.stages]
        groups: dict[tuple[int, int], list[str]] = {}
        for a in map(self.blueprint.activity, activities):
            theirs = self.on_customers_side(m.Step(a.id))
            place = (len(lanes), 0) if theirs else (lanes.index(a.lane), stages.index(a.stage))
            groups.setdefault(place, []).append(a.id)
        parts = [m.Free(tuple(groups[place])) for place in sorted(groups)]
        if len(parts) > 1:
            self.branches(tuple(parts), path, PARALLEL)
            return
        first = self.blueprint.activity(activities[0])
        box = self.put(Node(f"free_{path}", AD_HOC, first.lane, first.stage, word("any_order", self.lang)))
        self.within = box
        for activity in activities:
            self.end = ""
            self.task(activity)
        self.within, self.end = None, box

    # ------------------------------------------------------------------------------------------ across the line of interaction

    def handed_over(self, flow: m.Flow, path: str) -> None:
        """Steps of the customer: a message asks for them, a message says that they are done."""
        throw = self.put(self.near(f"ask_{path}", THROW, event="message"))
        self._customers_own(flow, path, None, None)
        catch = replace(
            self.nodes[throw], id=f"done_{path}", kind=CATCH, stage=self.nodes[self.end].stage, beside=throw
        )
        self._message(self.end, catch)
        self.edge(throw, catch.id)

    def _customers_own(self, flow: m.Flow, path: str, start: str | None, end: str | None) -> None:
        """A piece of the customer's process. Without ``start`` a message begins it, without ``end`` a message is its end."""
        first, last = (self.blueprint.activity(m.flow_activities(flow)[k]) for k in (0, -1))
        here = Node(f"start_{path}", START, first.lane, first.stage, event=None if start else "message")
        if start:
            self.node(here)
        else:
            self._message(self.end, here)
        self.inside_customer = True
        self.block(flow, path)
        self.inside_customer = False
        self.put(self.near(f"end_{path}", END, event=None if end else "message"))

    def _message(self, source: str, target: Node) -> None:
        self.node(target)
        self.edge(source, target.id, "messageFlow")
