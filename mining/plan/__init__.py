"""The improvement plan: goal, measure, target, owner, dates, and what it still lacks."""

from mining.plan.actions import Actions, read_actions
from mining.plan.drafts import draft_actions
from mining.plan.lint import ActionLint, lint_actions
from mining.plan.metrics import Metric, metric_of
from mining.plan.register import Register, register_of

__all__ = [
    "ActionLint",
    "Actions",
    "Metric",
    "Register",
    "draft_actions",
    "lint_actions",
    "metric_of",
    "read_actions",
    "register_of",
]
