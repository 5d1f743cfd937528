"""The service blueprint: what should happen, for whom, and within which time."""

from mining.blueprint.loading import parse_blueprint, read_blueprint, schema
from mining.blueprint.model import Blueprint

__all__ = ["Blueprint", "parse_blueprint", "read_blueprint", "schema"]
