"""Process trees kept in PTML files, as ProM and pm4py write them: read strictly."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mining.blueprint.pnml import local_name, read_xml
from mining.errors import ModelError, hint

OPERATORS = {"sequence": "SEQUENCE", "and": "PARALLEL", "or": "OR", "xor": "XOR", "def": "XOR"}
OPERATORS |= {"xorLoop": "LOOP", "defLoop": "LOOP"}
LEAVES = {"manualTask", "automaticTask"}
MOST_DEEP = 200


@dataclass(frozen=True)
class Tree:
    """A node of a process tree: an operator over parts, or a step; a step without a label is silent.

    ``operator``: SEQUENCE, PARALLEL, XOR, OR (one or more of the parts, in any interleaving) or LOOP (the first part, then any
    number of times the second and the first again).
    """

    operator: str | None = None
    label: str | None = None
    parts: tuple[Tree, ...] = ()


def read_tree(path: str | Path) -> Tree:
    """Read a process tree from a PTML file.

    A loop of three parts is the loop of the first two, then the third; deferred choices are choices; an automatic task, or a
    manual one without a name, is silent.

    Parameters
    ----------
    path : str or Path
        A ``.ptml`` file.

    Returns
    -------
    Tree

    Raises
    ------
    ModelError
        If the file is missing, not XML, not one process tree, holds a node that is not known, has the id of another, or has parts
        that it cannot have, or one that does not belong to the tree. The message names the file, line and node.

    Examples
    --------
    >>> import tempfile
    >>> text = '''<ptml><processTree root="s"><sequence id="s" name=""/><manualTask id="a" name="Ask"/><manualTask id="p" name="Pay"/>
    ... <parentsNode sourceId="s" targetId="a"/><parentsNode sourceId="s" targetId="p"/></processTree></ptml>'''
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder) / "pay.ptml"
    ...     _ = file.write_text(text)
    ...     read_tree(file)
    Tree(operator='SEQUENCE', label=None, parts=(Tree(operator=None, label='Ask', parts=()), Tree(operator=None, label='Pay', parts=())))
    """
    path = Path(path)
    root = read_xml(path, "PTML", ModelError)
    trees = [e for e in root if local_name(e) == "processTree"]
    if local_name(root) != "ptml" or len(trees) != 1:
        raise ModelError(
            f"{path}: is <{local_name(root)}> with {len(trees)} process trees; expected is <ptml> with one."
        )
    return _Reader(path, trees[0]).tree(trees[0].get("root"))


class _Reader:
    """The nodes of one tree by id, and which are part of which."""

    def __init__(self, path: Path, tree: Any) -> None:
        self.path = path
        self.nodes: dict[str, Any] = {}
        self.below: dict[str, list[str]] = {}
        self.used: set[str] = set()
        for e in tree:
            kind, id = local_name(e), e.get("id")
            if kind == "parentsNode":
                self.below.setdefault(e.get("sourceId"), []).append(e.get("targetId"))
            elif kind and kind not in OPERATORS and kind not in LEAVES:
                raise self._problem(e, f"is no node that is known.{hint(kind, [*OPERATORS, *LEAVES])}")
            elif kind and (id is None or id in self.nodes):
                raise self._problem(e, "needs an id of its own.")
            elif kind:
                self.nodes[id] = e

    def _problem(self, element: Any, what: str) -> ModelError:
        return ModelError(f"{self.path}:{element.sourceline}: {local_name(element)} {element.get('id')!r} {what}")

    def tree(self, root: str) -> Tree:
        found = self._under(root, ())
        for id in (*self.nodes, *self.below):
            if id not in self.used:
                raise ModelError(f"{self.path}: node {id!r} does not belong to the tree whose root is {root!r}.")
        return found

    def _under(self, id: str, above: tuple[str, ...]) -> Tree:
        if id not in self.nodes or id in above or len(above) > MOST_DEEP:
            why = f"no node.{hint(id, self.nodes)}" if id not in self.nodes else "part of itself, or too deep down."
            raise ModelError(f"{self.path}: node {above[-1] if above else 'root'!r} leads to {id!r}, which is {why}")
        self.used.add(id)
        node, parts = self.nodes[id], tuple(self._under(x, (*above, id)) for x in self.below.get(id, ()))
        kind, n = local_name(node), len(parts)
        if kind in LEAVES:
            if parts:
                raise self._problem(node, f"has {n} parts; a step has none.")
            return Tree(label=(node.get("name") or None) if kind == "manualTask" else None)
        operator = OPERATORS[kind]
        if n not in ((2, 3) if operator == "LOOP" else range(1, len(self.nodes))):
            raise self._problem(
                node, f"has {n} parts; expected are {'two or three' if operator == 'LOOP' else 'one or more'}."
            )
        if operator == "LOOP" and n == 3:
            return Tree("SEQUENCE", None, (Tree("LOOP", None, parts[:2]), parts[2]))
        return Tree(operator, None, parts)
