"""The only door to pm4py (AGPL-3.0): plain values in, plain values out, imported inside the functions that need it.

``discovery`` and ``heuristics`` (miners over distinct traces with counts), ``nets`` (models of pm4py as workflow nets), ``oracles``
(what its checkers say, to compare with our own), ``quiet`` (loading it without a word).
"""

from mining._pm4py.discovery import directly_follows, inductive_tree, powl_tree
from mining._pm4py.heuristics import heuristics_net
from mining._pm4py.nets import read_process_tree, workflow_net
from mining._pm4py.oracles import cases_with_pair, cases_with_same_person, declare_deviations, skeleton_deviations
from mining._pm4py.quiet import quietly

__all__ = [
    "cases_with_pair",
    "cases_with_same_person",
    "declare_deviations",
    "directly_follows",
    "heuristics_net",
    "inductive_tree",
    "powl_tree",
    "quietly",
    "read_process_tree",
    "skeleton_deviations",
    "workflow_net",
]
