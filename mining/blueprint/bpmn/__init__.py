"""BPMN 2.0 both ways: a foreign file as the flow or the draft of a blueprint, a blueprint as a file for other tools.

Reading: ``document`` and ``drawing`` (the file as values, with its layout), ``unroll`` and ``inclusive`` (what is drawn, made plain),
``merge`` (several pools as one process), ``nets`` (a process as a workflow net), ``blocks`` (a net as flow words), ``lanes``, ``steps``
and ``timers`` (what else a drawing says), ``foreign`` (what became of the rest), ``reading`` (all of it as a draft).
Writing: ``writing``, ``layout``, and ``sbp`` for what BPMN has no words for.
"""

from importlib import import_module
from typing import TYPE_CHECKING

from mining.blueprint.bpmn.nets import Node, net_of_nodes, read_bpmn, read_flow

if TYPE_CHECKING:
    from mining.blueprint.bpmn.reading import from_bpmn
    from mining.blueprint.bpmn.writing import to_bpmn

__all__ = ["Node", "from_bpmn", "net_of_nodes", "read_bpmn", "read_flow", "to_bpmn"]
_LATE = {"from_bpmn": "reading", "to_bpmn": "writing"}  # they build blueprints, whose loader reads flows from here


def __getattr__(name: str) -> object:
    if name in _LATE:
        return getattr(import_module(f"{__name__}.{_LATE[name]}"), name)
    raise AttributeError(f"{__name__} has no {name!r}")
