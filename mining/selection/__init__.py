"""Some of the cases of a study, as a study of their own, in which every case keeps the verdicts that it has among all."""

from mining.selection.asked import Selection
from mining.selection.choices import Choices, choices
from mining.selection.taken import select, selected

__all__ = ["Choices", "Selection", "choices", "select", "selected"]
