"""What pm4py's miners make of distinct traces with counts, as plain values.

Activities are given to the miners as numbers in the order of their names: their sets then have the same order in every process, and no
label can mean something to them (``tau``, an empty text, a bracket).
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from typing import Any

from mining._pm4py.quiet import quietly
from mining.blueprint import model as m
from mining.blueprint.partial_orders import Powl, choice_of, in_order, loop_of, several_of
from mining.errors import ModelError

Trace = tuple[str, ...]


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
    quietly()
    from pm4py.util.compression import util

    with failing_as("could not make the directly-follows map"):
        found = util.discover_dfg_uvcl(Counter(variants))
    return _sorted(found.graph), _sorted(found.start_activities), _sorted(found.end_activities)


def _sorted(counts: Mapping[Any, int]) -> dict[Any, int]:
    return {key: int(counts[key]) for key in sorted(counts)}


@contextmanager
def failing_as(what: str) -> Any:
    """Without warnings; whatever pm4py raises becomes a ModelError that says what it was doing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            yield
        except ModelError:
            raise
        except RecursionError as error:
            raise ModelError(f"pm4py {what}: the traces lead to parts in parts, deeper than Python allows.") from error
        except Exception as error:
            raise ModelError(f"pm4py {what}: {type(error).__name__}: {error}") from error


def numbered(variants: Mapping[Trace, int]) -> tuple[dict[tuple[int, ...], int], dict[int, str]]:
    """Traces of numbers, in a fixed order, and what the numbers mean. As texts and as numbers they sort like the activities.

    Examples
    --------
    >>> numbered({("b", "a"): 2, ("a",): 1})
    ({(10,): 1, (11, 10): 2}, {10: 'a', 11: 'b'})
    """
    names = sorted({x for trace in variants for x in trace})
    first = 10 ** len(str(max(len(names), 1)))
    code = {name: i for i, name in enumerate(names, start=first)}
    counted = {tuple(code[x] for x in trace): int(n) for trace, n in variants.items()}
    return dict(sorted(counted.items())), {i: name for name, i in code.items()}


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
    quietly()
    from pm4py.algo.discovery.inductive.dtypes.im_ds import IMDataStructureUVCL
    from pm4py.algo.discovery.inductive.variants.im import IMUVCL
    from pm4py.algo.discovery.inductive.variants.imf import IMFUVCL
    from pm4py.objects.process_tree.utils.generic import fold

    counted, name = numbered(variants)
    parameters = {"noise_threshold": noise, "multiprocessing": False}
    with failing_as("failed as inductive miner"):
        miner = IMFUVCL(parameters) if noise else IMUVCL(parameters)
        found = miner.apply(IMDataStructureUVCL(Counter(counted)), parameters)
        _write_texts(found)  # which folding asks for
        return _flow(fold(found), lambda label: name[int(label)])


def _write_texts(tree: Any) -> None:
    if tree.label is not None:
        tree.label = str(tree.label)
    for child in tree.children:
        _write_texts(child)


def _flow(tree: Any, name: Callable[[str], str]) -> m.Flow | None:
    """A process tree as flow words; None is a silent step."""
    if tree.operator is None:
        return None if tree.label is None else m.Step(name(tree.label))
    parts = [_flow(child, name) for child in tree.children]
    match tree.operator.name:
        case "SEQUENCE":
            return several_of(m.Sequence, [p for p in parts if p is not None])
        case "XOR":
            return choice_of(parts)
        case "PARALLEL":
            return several_of(m.Parallel, sorted((p for p in parts if p is not None), key=repr))
        case "LOOP":
            return loop_of(parts[0], choice_of(parts[1:]))
        case other:
            raise ModelError(f"The discovered tree holds the operator {other}, which has no flow word.")


def powl_tree(variants: Mapping[Trace, int], *, noise: float = 0.0) -> Powl | None:
    """The partially ordered workflow of the POWL miner (maximal partial orders, pm4py's default).

    Parameters
    ----------
    variants : mapping of trace to number of cases
        Not changed.
    noise : float, 0 to 1, 1 excluded
        Where no cut of the traces is found, those are left out that are not more frequent than this share of the next more frequent
        one, and all after them; 0 keeps every trace, and the model fits them all.

    Returns
    -------
    Powl or None
        None where no trace holds any activity. Written in one way only, so equal logs give equal values.

    Raises
    ------
    ModelError
        If pm4py fails, or gives a part that is not known.
    """
    quietly()
    from pm4py.algo.discovery.inductive.dtypes.im_ds import IMDataStructureUVCL
    from pm4py.algo.discovery.powl.inductive.variants.im_maximal import POWLInductiveMinerMaximalOrder

    counted, name = numbered(variants)
    if not name:
        return None
    parameters = {"filtering_threshold": float(noise), "multiprocessing": False}
    with failing_as("failed as POWL miner"):
        miner = POWLInductiveMinerMaximalOrder(parameters)
        tree = miner.apply(IMDataStructureUVCL(Counter(counted)), parameters).simplify()
        return _powl(tree, name.__getitem__)


def _powl(tree: Any, name: Callable[[int], str]) -> Powl:
    kind = tree.operator.name if tree.operator is not None else ""
    if not kind:
        return Powl("silent") if tree.label is None else Powl("step", name(tree.label))
    parts = [_powl(child, name) for child in tree.children]
    match kind:
        case "XOR":
            return Powl("choice", parts=tuple(sorted(parts, key=repr)))
        case "LOOP":
            return Powl("loop", parts=tuple(parts))
        case "PARTIALORDER":
            n = range(len(parts))
            return in_order(parts, {(i, j) for i in n for j in n if tree.order.is_edge_id(i, j)})
        case other:
            raise ModelError(f"The discovered model holds the operator {other}, which is not known.")
