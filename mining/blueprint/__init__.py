"""The service blueprint: what should happen, for whom, and within which time."""

from mining.blueprint.loading import parse_blueprint, read_blueprint
from mining.blueprint.model import Blueprint
from mining.blueprint.problems import schema

__all__ = ["Blueprint", "parse_blueprint", "read_blueprint", "schema"]
