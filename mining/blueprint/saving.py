"""A blueprint written as a file, and read back before it takes its place."""

from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

from mining.blueprint.allowed import AllowedBlueprint, text_of
from mining.blueprint.flows import Graph
from mining.blueprint.loading import read_blueprint
from mining.blueprint.model import Blueprint
from mining.blueprint.writing import to_raw
from mining.errors import BlueprintError, MiningError


def write_blueprint(norm: Blueprint, file: Path, *, overwrite: bool = False) -> Blueprint:
    """Write a blueprint with what was added to it; parameters and errors as :func:`mining.allowing.save_blueprint`.

    Returns
    -------
    Blueprint
        As it is read from the file.
    """
    data = text_of(norm)
    if file.suffix.lower() not in (".yaml", ".yml"):
        raise MiningError(
            f"{file}: a blueprint is a YAML file, so its name must end in .yaml, such as {file.stem or 'blueprint'}.yaml."
        )
    _refuse_other(file, norm, overwrite)
    _refuse_without_flow(file, norm)
    try:
        target = Path(os.path.realpath(file))  # where a link leads, so that the link stays one
        mode = _mode(target)
        target.parent.mkdir(parents=True, exist_ok=True)
        handle, beside = tempfile.mkstemp(prefix=f".{file.stem}-", suffix=".yaml", dir=target.parent)
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else str(error)
        raise MiningError(
            f"{ascii(str(file)) if isinstance(error, ValueError) else file}: cannot write there ({why}). Name another file."
        ) from None
    try:
        with os.fdopen(handle, "wb") as scratch:
            scratch.write(data)
        read = read_blueprint(beside)
        if to_raw(read) != to_raw(norm) or (isinstance(norm, AllowedBlueprint) and read.sha256 != norm.sha256):
            raise BlueprintError(
                f"{file}: what was written does not read as the blueprint of the study, so it was not kept."
            )
        os.chmod(beside, mode)
        os.replace(beside, target)
    finally:
        Path(beside).unlink(missing_ok=True)
    return read_blueprint(file)


def path_of(path: str | Path) -> Path:
    """The path that is meant, where ``~`` is the home of who writes it.

    Raises
    ------
    MiningError
        If there is no such home.
    """
    try:
        return Path(path).expanduser()
    except RuntimeError as error:
        raise MiningError(f"{path}: {error}") from None


def _mode(file: Path) -> int:
    """Who may read and write the file: as before where there is one."""
    if not file.exists():
        return 0o644
    mode = stat.S_IMODE(file.stat().st_mode)
    if not mode & 0o222:
        raise MiningError(f"{file} may not be written to, so it is not replaced. Name another file.")
    return mode


def _refuse_other(file: Path, norm: Blueprint, overwrite: bool) -> None:
    """Refuse to replace what is no earlier form of the blueprint."""
    if not os.path.lexists(file):
        return
    if not overwrite:
        raise MiningError(f"{file} is there already. Name another file, or say overwrite=True to replace it.")
    try:
        other = read_blueprint(file)
    except BlueprintError:
        raise MiningError(f"{file} is no blueprint, so it is not replaced by one. Name another file.") from None
    if other.id != norm.id:
        raise MiningError(
            f"{file} is the blueprint of {other.id}, not of {norm.id}, so it is not replaced. Name another file."
        )
    base = norm.base if isinstance(norm, AllowedBlueprint) else None
    if base and base.path and Path(base.path).is_file() and file.samefile(base.path):
        text_of(base)  # is it still what the entries were added to?


def _refuse_without_flow(file: Path, norm: Blueprint) -> None:
    """The flow in a BPMN file is part of the norm: it must stand beside the new file as it does beside the old one."""
    if not isinstance(norm.flow, Graph):
        return
    there, wanted = Path(norm.path).parent / norm.flow.source, file.parent / norm.flow.source
    if not wanted.is_file() or wanted.read_bytes() != there.read_bytes():
        raise MiningError(
            f"{file}: the flow of this blueprint is kept in {norm.flow.source}, and {wanted} is not that file. Copy {there} there first."
        )
