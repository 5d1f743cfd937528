"""Samples that can be drawn again: their sizes, the draw, the sheet of the reviewers, and what it says."""

from mining.sampling.draw import draw
from mining.sampling.evaluate import evaluate
from mining.sampling.evaluation import Evaluation
from mining.sampling.monetary import (
    MonetarySelection,
    monetary_factor,
    monetary_interval,
    monetary_limit,
    monetary_selection,
)
from mining.sampling.plan import SamplePlan
from mining.sampling.review import Review, merge_review, read_review
from mining.sampling.sample import Sample
from mining.sampling.sizes import attribute_size, discovery_size, precision_size, upper_limit

__all__ = [
    "Evaluation",
    "MonetarySelection",
    "Review",
    "Sample",
    "SamplePlan",
    "attribute_size",
    "discovery_size",
    "draw",
    "evaluate",
    "merge_review",
    "monetary_factor",
    "monetary_interval",
    "monetary_limit",
    "monetary_selection",
    "precision_size",
    "read_review",
    "upper_limit",
]
