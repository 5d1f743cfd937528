"""A draft blueprint from a BPMN 2.0 file: one of another tool, or one that this package wrote."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from mining.automaton import TooManyStatesError, build
from mining.blueprint import model as m
from mining.blueprint.bpmn import sbp
from mining.blueprint.bpmn.blocks import blocks_of, same_language, witness
from mining.blueprint.bpmn.document import FACTS, Document, read_document
from mining.blueprint.bpmn.drawing import Layout
from mining.blueprint.bpmn.foreign import Foreign, foreign_of, plain_word
from mining.blueprint.bpmn.merge import merged, nodes_of
from mining.blueprint.bpmn.neighbours import Neighbours
from mining.blueprint.bpmn.nets import Node, activity_of, write_nodes, write_nodes_and_ids
from mining.blueprint.bpmn.steps import Steps, steps_of
from mining.blueprint.bpmn.stuck import stuck
from mining.blueprint.bpmn.timers import Timed, timed
from mining.blueprint.compile import write_net
from mining.blueprint.draft import NOT_KNOWN, Draft, Todo, head_of
from mining.blueprint.naming import slug
from mining.blueprint.writing import flow_raw
from mining.errors import BlueprintError, ModelError
from mining.nets import WorkflowNet

FIRST_DAY = "2000-01-01"  # plainly not the real one
MOST_IDS = 3
MOST_NAMED = 8
TOLD = FACTS | {"documentation", "timerEventDefinition"}  # told with their words, where they belong


@dataclass(frozen=True, repr=False)
class BpmnDraft(Draft):
    """A draft that was made from a BPMN file.

    Attributes
    ----------
    foreign : tuple of Foreign
        What the file holds beside plain steps, events, gateways and flows, and what happened to each.
    layout : Layout
        Where the file draws things.
    activities : dict of str to str
        Id of each drawn step to the id of its activity.
    """

    foreign: tuple[Foreign, ...] = ()
    layout: Layout = field(default_factory=Layout)
    activities: dict[str, str] = field(default_factory=dict)


def from_bpmn(path: str | Path, *, lanes: Mapping[str, str] | None = None) -> BpmnDraft:
    """Make a draft blueprint from a BPMN 2.0 file.

    - Pools are merged into one process, in which a message is sent before it is received; that guess is said of each message.
    - Lanes get the kind that ``lanes`` says, else one guessed from their names; inner lanes are roles.
    - The flow is written with the flow words where it is block-structured, else it stays in the file (``flow: {bpmn: ...}``).
    - Timers become standards and rules, error events fail points, messages to and from the customer touchpoints, and groups
      stages, where that is clear.
    - In a file that this package wrote, the blueprint in it rules. If the drawing was changed so that it means another flow, that
      is something to do, with a shortest run of one that is no run of the other.

    Parameters
    ----------
    path : str or Path
    lanes : mapping of lane or pool (id or name) to kind, optional
        The kinds are physical_evidence, customer, onstage, onstage_technology, backstage, support and partner.

    Returns
    -------
    BpmnDraft
        Every guess, and everything that the file does not say, is one of its to-dos. ``foreign`` lists what became of everything
        that is no plain step, event, gateway or flow.

    Raises
    ------
    BlueprintError
        If the file cannot be read; if it holds complex gateways, call activities, compensation, inclusive gateways that cannot be
        unrolled, or pools that cannot be merged; if the flow is unsound. The message names the element's id, line and the reason.

    Examples
    --------
    >>> file = getfixture("tmp_path") / "pay.bpmn"
    >>> _ = file.write_text('''<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p"><startEvent id="s"/>
    ... <task id="t" name="Pay"/><endEvent id="e"/><sequenceFlow id="f" sourceRef="s" targetRef="t"/>
    ... <sequenceFlow id="g" sourceRef="t" targetRef="e"/></process></definitions>''')
    >>> draft = from_bpmn(file)
    >>> draft.raw["flow"], draft.raw["status"]
    ('pay', 'draft')
    """
    _refuse_other_files(Path(path))
    document = read_document(path)
    try:
        raw = sbp.read(document.root)
    except BlueprintError as error:
        raise BlueprintError(f"{document.path}: {error}") from error
    if raw is None:
        return _foreign_draft(document, lanes)
    if lanes:
        told = ", ".join(f"{lane['id']} is {lane['kind']}" for lane in raw.get("lanes", ()))
        raise BlueprintError(
            f"{document.path}: the file keeps a whole blueprint, which says what kind its lanes are ({told}): no kind can be given."
        )
    return _own_draft(document, raw)


def _refuse_other_files(path: Path) -> None:
    """Say what a file that is plainly no XML looks like."""
    try:
        with path.open("rb") as file:
            head = file.read(4000)
    except OSError:
        return  # told by the reader
    if head.startswith((b"\xff\xfe", b"\xfe\xff")) or b"<" in head.lstrip(b"\xef\xbb\xbf \t\r\n")[:1]:
        return
    kinds = (
        (rb"PK\x03\x04", "a zip file or workbook"),
        (rb"%PDF", "PDF"),
        (rb"\s*[{\[]", "JSON"),
        (rb"(?m)(?:#.*\n|\s)*[\w\-]+:(?:\s|$)", "YAML"),
    )
    kind = next((name for sign, name in kinds if re.match(sign, head)), None)
    looks = f"; it looks like {kind}" if kind else ""
    more = ". A blueprint in YAML needs no draft: use it as it is" if kind == "YAML" else ""
    raise BlueprintError(f"{path}: not a BPMN file{looks}{more}. BPMN 2.0 files are XML and begin with <definitions>.")


# --- files of other tools ----------------------------------------------------------------------------------------------


def _foreign_draft(document: Document, given: Mapping[str, str] | None) -> BpmnDraft:
    whole = merged(document)
    nodes = whole.nodes
    if not document.steps:
        raise BlueprintError(f"{document.path}: the file holds no task, so there is nothing that a case could do.")
    around = Neighbours(nodes, [e.id for e in document.steps])
    steps = steps_of(document, around, given)
    times = timed(document, around, steps.activity)
    foreign = foreign_of(document, times.fates)
    flow, said = _flow(document, nodes, steps)
    said += [Todo("flow", what, guessed=True) for what in whole.guesses]
    scope, scope_todo = _scope(around, steps)
    todo = [*_head_todo(document), *scope_todo, *steps.todo, *said, *times.todo, *_told(document, foreign)]
    raw = _head(document) | {"scope": scope, "lanes": steps.lanes, "stages": steps.stages}
    raw |= {"roles": steps.roles} if steps.roles else {}
    raw |= {
        "log": {"case": "case_id", "activity": "activity", "timestamp": "timestamp"},
        "activities": steps.raw,
        "flow": flow,
    }
    raw |= _checks(times)
    return BpmnDraft(raw, tuple(todo), document.path.parent, foreign, document.layout, steps.activity)


def _flow(document: Document, nodes: list[Node], steps: Steps) -> tuple[Any, list[Todo]]:
    """The flow as the format writes it, and what is to say about it."""
    net, ids = write_nodes_and_ids(nodes, steps.activity)
    try:
        _ = build(net, name=f"{document.path}: the flow")
    except TooManyStatesError as error:
        where = stuck(document, net, ids)
        if where:
            raise BlueprintError(f"{error} {where} Join branches that go on in parallel before the end.") from error
        # else it is searched, not listed, like any large flow; and it stays in its file
    except ModelError as error:
        where = f" {stuck(document, net, ids)}".rstrip()
        raise BlueprintError(
            f"{error}{where} Branches that go on in parallel must be joined before the end."
        ) from error
    flow = _blocks(nodes, steps.activity, net)
    if flow is not None:
        return flow_raw(flow), []
    what = "the flow is not block-structured, so it stays in the BPMN file: keep that file with the blueprint"
    return {"bpmn": document.path.name}, [Todo("flow", what)]


def _blocks(nodes: list[Node], activity: Mapping[str, str], net: WorkflowNet) -> m.Flow | None:
    """The flow words, in which an ad-hoc sub-process is one free region."""
    free = {f"free {n.drawn}": m.Free(tuple(dict.fromkeys(activity[x] for x in n.parts))) for n in nodes if n.parts}
    label = dict(activity) | {n.drawn: f"free {n.drawn}" for n in nodes if n.parts}
    flow = blocks_of(write_nodes([replace(n, parts=()) for n in nodes], label), free)
    return flow if flow is not None and (not free or same_language(write_net(flow), net)) else None


def _head(document: Document) -> dict[str, Any]:
    name = _title(document)
    return head_of(name, FIRST_DAY) | {"id": slug(name, "service") or slug(document.path.stem, "service") or "service"}


def _title(document: Document) -> str:
    names = [tree.get("name") for tree in document.trees.values()] if len(document.trees) == 1 else []
    return " ".join((next(filter(None, names), None) or document.path.stem).split())


def _head_todo(document: Document) -> list[Todo]:
    return [
        Todo("name", f"taken from the file: {_title(document)!r}", guessed=True),
        Todo(
            "service_type",
            "linear, because a drawing shows an order; or interactive, self_service, hybrid",
            guessed=True,
        ),
        Todo("owner", "who is responsible for the service"),
        Todo("effective", "from which day on the blueprint is in force"),
    ]


def _scope(around: Neighbours, steps: Steps) -> tuple[dict[str, Any], list[Todo]]:
    """Where a case begins and ends. A step after which the drawing goes on is no end, unless every last step is one."""
    activity = steps.activity
    first = list(dict.fromkeys(activity[x] for x in around.first()))
    last = list(dict.fromkeys(activity[x] for x in around.last()))
    go_on = {activity[x] for x in activity if around.after(x)}
    ends = [x for x in last if x not in go_on]
    left = [x for x in last if x in go_on]
    if not ends:
        what = f"the drawing goes on after each of its {len(last)} last steps, so any of them counts as an end"
    else:
        what = "the last steps of the drawing"
    if ends and left:
        more = f" and {len(left) - MOST_NAMED} more" if len(left) > MOST_NAMED else ""
        what += f"; left out, since more can follow: {', '.join(left[:MOST_NAMED])}{more}"
    todo = [
        Todo("scope.starts_with", "the steps with which the drawing can begin", guessed=True),
        Todo(
            "scope.ends_with",
            f"which steps end the service: a case counts as complete when one is done, else as running. Taken: {what}",
        ),
        Todo("scope.unit_of_analysis", "what one case is, such as one application"),
        Todo("log", "which column of the log is what; the names are placeholders"),
    ]
    return {"starts_with": first, "ends_with": ends or last, "unit_of_analysis": NOT_KNOWN}, todo


def _checks(times: Timed) -> dict[str, Any]:
    return {key: found for key, found in (("rules", times.rules), ("standards", times.standards)) if found}


def _told(document: Document, foreign: Iterable[Foreign]) -> list[Todo]:
    """What the draft does not hold, counted, so that nothing is left out in silence; facts with words of their own are told apart."""
    groups: dict[tuple[str, str, str], list[Foreign]] = {}
    for x in foreign:
        kind = x.kind.partition(" (")[0]
        if x.fate != "read" and kind not in TOLD:
            groups.setdefault((x.fate, kind, x.reason), []).append(x)
    return [Todo(document.path.name, _group(*key, found)) for key, found in groups.items()]


def _group(fate: str, kind: str, reason: str, found: list[Foreign]) -> str:
    what = "dropped" if fate == "dropped" else "not in the flow"
    names = dict.fromkeys(
        name for x in found for name in x.kind.rpartition("(")[2].removesuffix(")").split(", ") if "(" in x.kind
    )
    tags = f" ({', '.join(names)})" if names else ""
    more = f" and {len(found) - MOST_IDS} more" if len(found) > MOST_IDS else ""
    return (
        f"{what}: {len(found)} x {plain_word(kind)}{tags}: {reason}; {', '.join(x.id for x in found[:MOST_IDS])}{more}"
    )


# --- files of this package ---------------------------------------------------------------------------------------------


def _own_draft(document: Document, raw: dict[str, Any]) -> BpmnDraft:
    draft = BpmnDraft(raw, (), document.path.parent)
    blueprint = draft.blueprint()
    known = {key: a.id for a in blueprint.activities for key in (*a.labels, *a.name.by_language.values(), a.id)}
    found = {e.id: activity_of(e, known) for e in document.steps}
    activity = {id: a for id, a in found.items() if a is not None}
    todo = [
        Todo(
            f"{document.path.name}:{e.line}",
            f"the step {e.id!r} ({e.name!r}) is drawn, but no activity of the blueprint kept in the file",
        )
        for e in document.steps
        if e.id not in activity
    ]
    todo += _differences(document, blueprint, activity) if not todo else []
    kept = ("read", "what it means is in the blueprint kept in the file")
    foreign = foreign_of(document, dict.fromkeys((e.id for e in document.elements.values()), kept))
    return BpmnDraft(raw, tuple(todo), document.path.parent, foreign, document.layout, activity)


def _differences(document: Document, blueprint: m.Blueprint, activity: Mapping[str, str]) -> list[Todo]:
    """Whether the drawing still means the flow that the file holds."""
    silent = {a.id for a in blueprint.activities if not a.observable}
    try:
        drawn = build(write_nodes(nodes_of(document), activity, silent), name=f"{document.path}: the drawing")
        kept = blueprint.automaton
    except TooManyStatesError as error:
        return [Todo("flow", f"the drawing could not be compared with the flow kept in the file: {error}")]
    except (BlueprintError, ModelError) as error:
        return [Todo("flow", f"the drawing cannot be read as a flow, so the one kept in the file was taken: {error}")]
    run = witness(drawn, kept)
    if run is None:
        return []
    one, other = ("drawing", "flow kept in the file") if drawn.accepts(run) else ("flow kept in the file", "drawing")
    what = f"{' > '.join(run) or 'a case without any step'} is a run of the {one}, but not of the {other}"
    return [Todo("flow", f"the drawing means another flow than the one kept in the file, which was taken: {what}")]
