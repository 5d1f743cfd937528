"""The only door to pm4py (AGPL-3.0): plain values in, plain values out, imported inside the functions that need it."""

from __future__ import annotations

import os
import sys
import warnings
from collections import Counter
from collections.abc import Mapping
from typing import Any

from mining.blueprint import model as m
from mining.errors import ModelError

Trace = tuple[str, ...]


def _quietly() -> None:
    """Import pm4py without its banner, bars and warnings. Its licence is stated in README and NOTICE instead."""
    os.environ.setdefault("PM4PY_SHOW_PROGRESS_BAR", "False")
    os.environ.setdefault("PM4PY_SHOW_INTERNAL_WARNINGS", "False")
    sys._pm4py_welcome_shown = True  # type: ignore[attr-defined]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            import pm4py  # noqa: F401
        except ImportError as error:
            raise ModelError(f"Process discovery needs pm4py, which is not installed ({error}).") from error


def directly_follows(
    variants: Mapping[Trace, int],
) -> tuple[dict[tuple[str, str], int], dict[str, int], dict[str, int]]:
    """The directly-follows map.

    Parameters
    ----------
    variants : mapping of trace to number of cases
        Not changed.

    Returns
    -------
    arcs, starts, ends : dict
        Pairs of activities to how often one directly follows the other; first and last activities to number of cases.
        Sorted by name.

    Raises
    ------
    ModelError
        If pm4py fails.

    Examples
    --------
    >>> directly_follows({("a", "b"): 3, ("a",): 1})
    ({('a', 'b'): 3}, {'a': 4}, {'a': 1, 'b': 3})
    """
    _quietly()
    from pm4py.util.compression import util

    try:
        found = util.discover_dfg_uvcl(Counter(variants))
    except Exception as error:
        raise ModelError(f"pm4py could not make the directly-follows map: {error}") from error
    return _sorted(found.graph), _sorted(found.start_activities), _sorted(found.end_activities)


def _sorted(counts: Mapping[Any, int]) -> dict[Any, int]:
    return {key: int(counts[key]) for key in sorted(counts)}


def inductive_tree(variants: Mapping[Trace, int], *, noise: float = 0.0) -> m.Flow | None:
    """The process tree of the inductive miner, in the flow words of a blueprint.

    Parameters
    ----------
    variants : mapping of trace to number of cases
        Not changed.
    noise : float, 0 to 1
        Noise threshold of the infrequent variant (IMf); 0 gives the plain one (IM), which fits every trace.

    Returns
    -------
    Flow or None
        None where no trace holds any activity. The order inside choices and parallels is sorted, so equal logs give equal trees.

    Raises
    ------
    ModelError
        If pm4py fails, or gives an operator that has no flow word.
    """
    _quietly()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pm4py.algo.discovery.inductive.dtypes.im_ds import IMDataStructureUVCL
        from pm4py.algo.discovery.inductive.variants.im import IMUVCL
        from pm4py.algo.discovery.inductive.variants.imf import IMFUVCL
        from pm4py.objects.process_tree.utils.generic import fold

        parameters = {"noise_threshold": noise, "multiprocessing": False}
        miner = IMFUVCL(parameters) if noise else IMUVCL(parameters)
        try:
            tree = fold(miner.apply(IMDataStructureUVCL(Counter(dict(sorted(variants.items())))), parameters))
        except Exception as error:
            raise ModelError(f"pm4py's inductive miner failed: {error}") from error
    return _flow(tree)


def _flow(tree: Any) -> m.Flow | None:
    """A process tree as flow words; None is a silent step."""
    if tree.operator is None:
        return None if tree.label is None else m.Step(tree.label)
    parts = [_flow(child) for child in tree.children]
    match tree.operator.name:
        case "SEQUENCE":
            items = [p for p in parts if p is not None]
            return _several(m.Sequence, items)
        case "XOR":
            return _choice(parts)
        case "PARALLEL":
            return _several(m.Parallel, sorted((p for p in parts if p is not None), key=repr))
        case "LOOP":
            return _loop(parts[0], _choice(parts[1:]))
        case other:
            raise ModelError(f"The discovered tree holds the operator {other}, which has no flow word.")


def _several(kind: Any, items: list[m.Flow]) -> m.Flow | None:
    return None if not items else items[0] if len(items) == 1 else kind(tuple(items))


def _choice(parts: list[m.Flow | None]) -> m.Flow | None:
    items = sorted((p for p in parts if p is not None), key=repr)
    chosen = _several(m.Choice, items)
    return chosen if chosen is None or len(items) == len(parts) else m.Optional_(chosen)


def _loop(body: m.Flow | None, redo: m.Flow | None) -> m.Flow | None:
    if body is not None:
        return m.Loop(body, redo.item if isinstance(redo, m.Optional_) else redo)
    if redo is None:
        return None
    steps = redo.items if isinstance(redo, m.Choice) else (redo,)
    if all(isinstance(step, m.Step) for step in steps):
        return m.Free(tuple(step.activity for step in steps if isinstance(step, m.Step)))
    return m.Optional_(m.Loop(redo))
