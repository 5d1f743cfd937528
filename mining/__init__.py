"""Service process mining: the actual service, from an event log, against the service blueprint.

Every name below is loaded when it is first used, so ``import mining`` is quick and loads no heavy library.
"""

from importlib import import_module

__version__ = "0.1.0"

_HOME = {
    "Blueprint": "mining.blueprint",
    "BlueprintError": "mining.errors",
    "Draft": "mining.blueprint.draft",
    "EventLog": "mining.log",
    "LogError": "mining.errors",
    "MiningError": "mining.errors",
    "ModelError": "mining.errors",
    "Monitor": "mining.monitor",
    "Selection": "mining.selection",
    "Study": "mining.study",
    "UnknownNameError": "mining.errors",
    "Versions": "mining.blueprint.versions",
    "Worth": "mining.priorities",
    "align": "mining.conformance.alignment",
    "allow": "mining.allowing",
    "audit": "mining.audit_file",
    "audit_versions": "mining.audit_file",
    "diff": "mining.blueprint.diff",
    "discover": "mining.discovery",
    "from_bpmn": "mining.blueprint.bpmn",
    "from_log": "mining.drafting",
    "from_table": "mining.blueprint.table",
    "mine": "mining.discovery",
    "open_store": "mining.log.store",
    "open_study": "mining.opened",
    "quality": "mining.log.quality",
    "read_actions": "mining.plan",
    "read_binding": "mining.log.binding_file",
    "read_blueprint": "mining.blueprint",
    "read_costs": "mining.outcomes",
    "read_incidents": "mining.voice",
    "read_log": "mining.log",
    "read_mystery": "mining.voice",
    "read_needs": "mining.voice",
    "read_net": "mining.models",
    "read_roster": "mining.log.roster",
    "read_survey": "mining.voice",
    "read_versions": "mining.blueprint.versions",
    "save_blueprint": "mining.allowing",
    "select": "mining.selection",
    "show_in": "mining.display",
    "simulate": "mining.simulation",
    "study_versions": "mining.version_studies",
    "taken_back": "mining.allowing",
    "to_bpmn": "mining.blueprint.bpmn",
    "write_store": "mining.log.store",
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"mining has no {name!r}. It has: {', '.join(__all__)}")


def __dir__() -> list[str]:
    return __all__
