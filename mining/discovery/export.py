"""A discovered model as files and pictures: PNML, PTML, BPMN with a layout, and the drawing of it."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from mining.blueprint import model as m
from mining.blueprint.bpmn import to_bpmn
from mining.blueprint.model_files import drawing_alone, pnml_text, ptml_text
from mining.blueprint.naming import ids_of
from mining.errors import BlueprintError, ModelError
from mining.log.times import iso
from mining.nets import WorkflowNet
from mining.texts import say

if TYPE_CHECKING:
    from mining.discovery.models import DiscoveredModel
    from mining.pictures import Picture

LANE, UNKNOWN_LANE = "as_recorded", "not_in_blueprint"
ENDS = {".pnml": "to_pnml", ".bpmn": "to_bpmn", ".ptml": "to_ptml"}


def title_of(found: DiscoveredModel, lang: str) -> str:
    """Miner, threshold, and how much of the log the model shows."""
    values = {key: f"{value:g}" for key, value in found.parameters.items()}
    miner = say(f"model.{found.miner}", lang, **values)
    shown = {"miner": miner, "k": f"{len(found.activities):,}", "n": f"{len(found.observed.activities):,}"}
    if not found.left_out[1]:
        return say("model.title", lang, **shown)
    n = sum(found.observed.counted.values())
    return say("model.title_left_out", lang, **shown, cases=f"{n - found.left_out[1]:,}", all=f"{n:,}")


def model_as_pnml(found: DiscoveredModel) -> str:
    """The net as PNML."""
    return pnml_text(net_in(found), name=title_of(found, "en"))


def model_as_ptml(found: DiscoveredModel) -> str:
    """The flow as a process tree in PTML."""
    net_in(found)
    if found.flow is None:
        raise ModelError(
            f"This model of the {found.miner} miner is no process tree: it cannot be said in flow words. Save it as .pnml, or take "
            "miner='inductive', whose models are trees."
        )
    return ptml_text(found.flow, name=title_of(found, "en"))


def net_in(found: DiscoveredModel) -> WorkflowNet:
    """The net of a model that has one."""
    if found.net is None:
        why = "every trace was too much for the miner" if found.left_out[0] else "no case has a completed activity"
        raise ModelError(f"There is no model to write: {why}.")
    return found.net


def save_model(found: DiscoveredModel, path: str | Path, *, lang: str, force: bool) -> Path:
    """Write a model; the extension says how."""
    file = Path(path)
    if file.suffix.lower() not in ENDS:
        raise ModelError(
            f"{file}: {file.suffix or 'no extension'!r} is no known kind of model. Known: {', '.join(ENDS)}."
        )
    if file.exists() and not force:
        raise ModelError(f"{file} exists. Write to another name, or allow it to be replaced (force=True).")
    if not file.parent.is_dir():
        raise ModelError(f"{file}: there is no folder {file.parent}. Make it first.")
    text = found.to_bpmn(lang) if file.suffix.lower() == ".bpmn" else getattr(found, ENDS[file.suffix.lower()])()
    try:
        file.write_text(text, encoding="utf-8", newline="\n")
    except OSError as error:
        raise ModelError(f"{file} cannot be written: {error.strerror}.") from error
    return file


# --- BPMN --------------------------------------------------------------------------------------------------------------


def model_as_bpmn(found: DiscoveredModel, lang: str) -> str:
    """The model as BPMN 2.0 with a layout, in the lanes of the blueprint where it is of a study."""
    return str(_bpmn(found, lang).decode())


def _bpmn(found: DiscoveredModel, lang: str) -> bytes:
    drawn = draft_of(found, lang)
    try:
        written = to_bpmn(drawn, lang=lang)
    except BlueprintError as error:
        why = str(error).partition("gateways: ")[2].partition(". The file")[0] or str(error)
        raise ModelError(
            f"This model of the {found.miner} miner cannot be drawn as BPMN with exclusive and parallel gateways: {why}. Save it as "
            ".pnml, or take miner='inductive' or 'powl', whose models can."
        ) from error
    return drawing_alone(written)


def draft_of(found: DiscoveredModel, lang: str) -> m.Blueprint:
    """A draft of a blueprint that holds the model as its flow and nothing that anybody promised.

    Every task has a name of its own on one line, since names are what other tools read: what is equal but for blanks gets a number.
    """
    net = net_in(found)
    observed = found.observed
    used = found.activities
    ids = ids_of(used, "step")
    known = observed.blueprint.by_id if observed.blueprint else {}
    names = _names([observed.name(x, lang) for x in used], lang)
    steps = []
    for x, name in zip(used, names, strict=True):
        lane = known[x].lane if x in known else UNKNOWN_LANE if observed.blueprint else LANE
        labels = known[x].labels if x in known else (x,)
        steps.append(m.Activity(ids[x], lane, "whole", m.Text({lang: name}), labels=labels))
    held = {a.lane for a in steps}
    lanes = [lane for lane in (observed.blueprint.lanes if observed.blueprint else ()) if lane.id in held]
    for id, key in ((LANE, "model.lane"), (UNKNOWN_LANE, "model.unknown_lane")):
        if id in held:
            lanes.append(m.Lane(id, "backstage", m.Text({lang: say(key, lang)})))
    starts, ends = (tuple(ids[x] for x in side if x in ids) for side in (observed.starts, observed.ends))
    every = tuple(ids.values())
    return m.Blueprint(
        id="as_it_is",
        version="0.1",
        name=m.Text({lang: title_of(found, lang)}),
        owner="-",
        status="draft",
        service_type="linear",
        scope=m.Scope(starts or every, ends or every, "one case"),
        effective=(iso(observed.log.span[0])[:10], None),
        lanes=tuple(lanes),
        stages=(m.Stage("whole", m.Text({lang: say("model.stage", lang)})),),
        activities=tuple(steps),
        flow=_graph(net, ids) if found.flow is None else _relabelled(found.flow, ids),
        binding=replace(observed.log.binding, ignore=()),
    )


def _names(said: Iterable[str], lang: str) -> list[str]:
    taken: set[str] = set()
    found = []
    for text in said:
        name = first = " ".join(text.split()) or say("model.blank", lang)
        k = 1
        while name in taken:
            k += 1
            name = f"{first} ({k})"
        taken.add(name)
        found.append(name)
    return found


def _relabelled(flow: m.Flow, ids: Mapping[str, str]) -> m.Flow:
    match flow:
        case m.Step(activity):
            return m.Step(ids[activity])
        case m.Free(activities):
            return m.Free(tuple(ids[x] for x in activities))
        case m.Optional_(item):
            return m.Optional_(_relabelled(item, ids))
        case m.Loop(body, redo, most):
            return m.Loop(_relabelled(body, ids), None if redo is None else _relabelled(redo, ids), most)
        case m.Graph():
            return flow
        case _:
            return type(flow)(tuple(_relabelled(x, ids) for x in flow.items))


def _graph(net: WorkflowNet, ids: Mapping[str, str]) -> m.Graph:
    """The part of a net that can be reached from its start, to be drawn as it is."""
    reached = {p for p, k in enumerate(net.initial) if k}
    kept: set[int] = set()
    while True:
        new = {
            i
            for i, t in enumerate(net.transitions)
            if i not in kept and t.consumes and all(p in reached for p, _ in t.consumes)
        }
        if not new:
            break
        kept |= new
        reached |= {p for i in new for p, _ in net.transitions[i].produces}
    free = [t for t in net.transitions if not t.consumes]  # which no drawing can hold: said by the writer
    steps = [t for i, t in enumerate(net.transitions) if i in kept]
    named = tuple(replace(t, label=None if t.label is None else ids[t.label]) for t in [*steps, *free])
    return m.Graph("as_it_is", replace(net, transitions=named), tuple(ids.values()), ())


def picture_of(found: DiscoveredModel, lang: str) -> Picture:
    """The BPMN drawing."""
    from mining.pictures import bpmn_picture

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "as_it_is.bpmn"
        file.write_bytes(_bpmn(found, lang))
        return bpmn_picture(file, lang=lang)
