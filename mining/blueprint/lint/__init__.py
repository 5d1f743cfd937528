"""The design audited before any log: what a blueprint promises but cannot show, and what it leaves open."""

from mining.blueprint.lint.allowances import FOUND_KINDS
from mining.blueprint.lint.run import lint, lint_file
from mining.blueprint.lint.weakness import Weakness, exit_status

__all__ = ["FOUND_KINDS", "Weakness", "exit_status", "lint", "lint_file"]
