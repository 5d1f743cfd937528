"""Which net is it? Any process model, from a file or from another tool, as a workflow net."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from mining import _pm4py
from mining.blueprint import compile as compiler
from mining.blueprint import model as m
from mining.blueprint.bpmn import read_bpmn
from mining.blueprint.loading import read_blueprint
from mining.blueprint.pnml import read_pnml
from mining.errors import ModelError
from mining.nets import WorkflowNet


def _read_blueprint_net(path: Path) -> WorkflowNet:
    return compiler.net_of(read_blueprint(path))


READERS: dict[str, Callable[[Path], WorkflowNet]] = {
    ".pnml": read_pnml,
    ".pnml.gz": read_pnml,
    ".ptml": _pm4py.read_process_tree,
    ".bpmn": read_bpmn,
    ".yaml": _read_blueprint_net,
    ".yml": _read_blueprint_net,
}
OBJECTS = (
    "WorkflowNet, Blueprint, a flow of a blueprint, DiscoveredFlow, DiscoveredModel; of pm4py: (net, initial marking, final marking), "
    "ProcessTree, POWL, BPMN"
)


def read_net(path: str | Path) -> WorkflowNet:
    """Read a process model from a file; its extension says how.

    Parameters
    ----------
    path : str or Path
        ``.pnml`` or ``.pnml.gz`` (Petri net), ``.ptml`` (process tree), ``.bpmn`` (one process; the name of a task is its label),
        ``.yaml`` or ``.yml`` (blueprint; its activities' ids are the labels).

    Returns
    -------
    WorkflowNet

    Raises
    ------
    ModelError
        If the extension is not known, or the file is missing or cannot be read without loss; the message says where and why.
    BlueprintError
        If a blueprint is not valid.

    Examples
    --------
    >>> read_net("model.doc")
    Traceback (most recent call last):
    mining.errors.ModelError: model.doc: '.doc' is no known kind of model. Known: .bpmn, .pnml, .pnml.gz, .ptml, .yaml, .yml.
    """
    path = Path(path)
    found = [end for end in READERS if path.name.lower().endswith(end)]
    if not found:
        ends = ", ".join(sorted(READERS))
        raise ModelError(f"{path}: {path.suffix!r} is no known kind of model. Known: {ends}.")
    return READERS[found[0]](path)


def net_of(model: Any) -> WorkflowNet:
    """The workflow net of a model.

    Parameters
    ----------
    model : WorkflowNet, Blueprint, Flow, DiscoveredFlow, DiscoveredModel, or a model of pm4py
        Of pm4py: a (net, initial marking, final marking), ProcessTree, POWL or BPMN. Not changed.

    Returns
    -------
    WorkflowNet
        A WorkflowNet as it is.

    Raises
    ------
    ModelError
        If it is none of these, or says what a net cannot say; the message names the element.

    Examples
    --------
    >>> from mining.blueprint.model import Sequence, Step
    >>> net_of(Sequence((Step("a"), Step("b")))).labels
    ('a', 'b')
    >>> net_of("model.pnml")
    Traceback (most recent call last):
    mining.errors.ModelError: 'model.pnml' is the name of a file; read it with read_net.
    """
    if isinstance(model, WorkflowNet):
        return model
    if isinstance(model, m.Blueprint):
        return compiler.net_of(model)
    if isinstance(model, m.Graph):
        return model.net
    if isinstance(model, m.Flow):
        return compiler.write_net(model)
    if isinstance(model, (str, Path)):
        raise ModelError(f"{str(model)!r} is the name of a file; read it with read_net.")
    kinds = {c.__name__ for c in type(model).__mro__}
    if "DiscoveredFlow" in kinds:
        return net_of(model.model)
    if "DiscoveredModel" in kinds:
        if model.net is None:
            raise ModelError("The discovered model holds no activity; there is nothing to compare with.")
        return net_of(model.net)
    if isinstance(model, tuple) or kinds & {"ProcessTree", "BPMN"}:
        return _pm4py.workflow_net(model)
    raise ModelError(f"{type(model).__name__} is no known kind of model. Known: {OBJECTS}.")
