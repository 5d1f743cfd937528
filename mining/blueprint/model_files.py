"""Nets and flows as the files that other tools read: PNML, PTML and plain BPMN, the same text for the same model."""

from __future__ import annotations

import json
import re
from typing import Any

from mining.blueprint import model as m
from mining.blueprint.bpmn.writing import DIAGRAM, MODEL
from mining.blueprint.pnml import EXACT, label_in
from mining.errors import ModelError
from mining.nets import WorkflowNet

_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def pnml_text(net: WorkflowNet, *, name: str = "model") -> str:
    """A net as PNML (ISO 15909-2, place/transition net) with initial and final marking.

    Silent transitions are marked as ProM and pm4py mark them. A label that XML or a reader would change (line breaks, control characters,
    nothing but blanks) stands beside its name once more, exactly.

    Parameters
    ----------
    net : WorkflowNet
    name : str, default "model"

    Returns
    -------
    str
        :func:`mining.blueprint.pnml.read_pnml` reads the same behaviour from it.

    Examples
    --------
    >>> from mining.nets import Transition
    >>> text = pnml_text(WorkflowNet((Transition("Pay & go", ((0, 1),), ((1, 1),)),), (1, 0), (0, 1)))
    >>> "<text>Pay &amp; go</text>" in text, text.count("<place "), text.count("<arc ")
    (True, 3, 2)
    """
    from lxml import etree

    root = etree.Element("pnml", nsmap={None: "http://www.pnml.org/version-2009/grammar/pnml"})
    whole = etree.SubElement(root, "net", id="net", type="http://www.pnml.org/version-2009/grammar/ptnet")
    _named(whole, name)
    page = etree.SubElement(whole, "page", id="page")
    for p, tokens in enumerate(net.initial):
        place = etree.SubElement(page, "place", id=f"p{p}")
        _named(place, f"p{p}")
        if tokens:
            _text(etree.SubElement(place, "initialMarking"), str(tokens))
    for i, t in enumerate(net.transitions):
        _transition(page, f"t{i}", t.label)
    for i, t in enumerate(net.transitions):
        for p, k in t.consumes:
            _arc(page, f"p{p}", f"t{i}", k)
        for p, k in t.produces:
            _arc(page, f"t{i}", f"p{p}", k)
    marking = etree.SubElement(etree.SubElement(whole, "finalmarkings"), "marking")
    for p, tokens in enumerate(net.final):
        if tokens:
            _text(etree.SubElement(marking, "place", idref=f"p{p}"), str(tokens))
    return _written(root)


def _transition(page: Any, id: str, label: str | None) -> None:
    from lxml import etree

    element = etree.SubElement(page, "transition", id=id)
    _named(element, id if label is None else label)
    if label is None:
        etree.SubElement(element, "toolspecific", tool="ProM", version="6.4", activity="$invisible$", localNodeID=id)
    elif label_in(label) != label or _NOT_XML.search(label):
        etree.SubElement(element, "toolspecific", tool=EXACT, version="1.0", label=json.dumps(label))


def _arc(page: Any, source: str, target: str, weight: int) -> None:
    from lxml import etree

    arc = etree.SubElement(page, "arc", id=f"{source}-{target}", source=source, target=target)
    if weight > 1:
        _text(etree.SubElement(arc, "inscription"), str(weight))


def _named(element: Any, name: str) -> None:
    from lxml import etree

    _text(etree.SubElement(element, "name"), _NOT_XML.sub("\ufffd", name))


def _text(element: Any, text: str) -> None:
    from lxml import etree

    etree.SubElement(element, "text").text = text


def _written(root: Any) -> str:
    """Not indented within texts, so that blanks of a label stay."""
    from lxml import etree

    etree.indent(root, space="  ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + str(etree.tostring(root, encoding="unicode")) + "\n"


def ptml_text(flow: m.Flow, *, name: str = "model") -> str:
    """A flow as a process tree in PTML, as ProM and pm4py read it. Limits of loops are rules, which a tree cannot say.

    Parameters
    ----------
    flow : Flow
    name : str, default "model"

    Returns
    -------
    str
        :func:`mining.blueprint.ptml.read_tree` reads the same tree from it.

    Raises
    ------
    ModelError
        For a flow that is a drawing, or a label that XML cannot carry (empty, or with control characters).

    Examples
    --------
    >>> text = ptml_text(m.Sequence((m.Step("a"), m.Optional_(m.Step("b")))))
    >>> text.count("<manualTask "), text.count("<automaticTask "), text.count("<parentsNode ")
    (2, 1, 4)
    """
    from lxml import etree

    root = etree.Element("ptml")
    tree = etree.SubElement(root, "processTree", id="tree", name=_NOT_XML.sub("\ufffd", name), root="n0")
    below: list[tuple[str, str]] = []
    count = 0

    def add(part: m.Flow | None) -> str:
        nonlocal count
        id = f"n{count}"
        count += 1
        tag, label, parts = _node(part)
        etree.SubElement(tree, tag, id=id, name=label)
        for inner in parts:
            below.append((id, add(inner)))
        return id

    add(flow)
    for i, (source, target) in enumerate(sorted(below, key=lambda pair: [int(x[1:]) for x in pair])):
        etree.SubElement(tree, "parentsNode", id=f"e{i}", sourceId=source, targetId=target)
    return _written(root)


def _node(part: m.Flow | None) -> tuple[str, str, tuple[m.Flow | None, ...]]:
    """Tag, name and parts of a node; None is a silent step. A loop has a silent third part, which ProM wants to leave by."""
    match part:
        case None:
            return "automaticTask", "", ()
        case m.Step(activity):
            if not activity or _NOT_XML.search(activity):
                raise ModelError(
                    f"A process tree in PTML cannot carry the label {activity!r}. Write the model as PNML."
                )
            return "manualTask", activity, ()
        case m.Sequence(items):
            return "sequence", "", items
        case m.Choice(items):
            return "xor", "", items
        case m.Parallel(items):
            return "and", "", items
        case m.Optional_(item):
            return "xor", "", (item, None)
        case m.Loop(body, redo):
            return "xorLoop", "", (body, redo, None)
        case m.Free(activities):
            steps = tuple(m.Step(a) for a in activities)
            return "xorLoop", "", (None, steps[0] if len(steps) == 1 else m.Choice(steps), None)
        case _:
            raise ModelError("A flow that is a drawing has no process tree. Write it as PNML or BPMN.")


def drawing_alone(written: bytes) -> bytes:
    """A BPMN file of a blueprint as a drawing alone, without the values of the blueprint and its stages: for a flow that is no norm."""
    from lxml import etree

    root = etree.fromstring(written, etree.XMLParser(remove_blank_text=True))
    groups = {x.get("id") for x in root.iter(f"{{{MODEL}}}group")}
    gone = [x for tag in ("extensionElements", "category", "group") for x in root.iter(f"{{{MODEL}}}{tag}")]
    gone += [x for x in root.iter(f"{{{DIAGRAM}}}BPMNShape") if x.get("bpmnElement") in groups]
    for element in gone:
        element.getparent().remove(element)
    etree.cleanup_namespaces(root)
    return bytes(etree.tostring(root, xml_declaration=True, encoding="UTF-8", pretty_print=True))
