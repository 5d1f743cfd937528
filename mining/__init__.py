"""Service process mining: the actual service, from an event log, against the service blueprint.

Every name below is loaded when it is first used, so ``import mining`` is quick and loads no heavy library.
"""

from importlib import import_module

__version__ = "0.1.0"

_HOME = {
    "Blueprint": "mining.blueprint",
    "BlueprintError": "mining.errors",
    "EventLog": "mining.log",
    "LogError": "mining.errors",
    "MiningError": "mining.errors",
    "ModelError": "mining.errors",
    "Study": "mining.study",
    "UnknownNameError": "mining.errors",
    "audit": "mining.audit_file",
    "read_blueprint": "mining.blueprint",
    "read_log": "mining.log",
    "simulate": "mining.simulation",
}
__all__ = sorted(_HOME)


def __getattr__(name: str) -> object:
    if name in _HOME:
        return getattr(import_module(_HOME[name]), name)
    raise AttributeError(f"mining has no {name!r}. It has: {', '.join(__all__)}")


def __dir__() -> list[str]:
    return __all__
