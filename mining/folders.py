"""Files that belong together: all of them are written, or none."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from mining.errors import MiningError


def spare_inputs(folder: Path, names: Iterable[str], inputs: Iterable[Path]) -> None:
    """Refuse a folder in which a file of ours would replace one that the others are made from.

    Raises
    ------
    MiningError
        It names the file.
    """
    there = [path for path in inputs if os.path.exists(path)]
    for name in names:
        if os.path.exists(folder / name) and any((folder / name).samefile(path) for path in there):
            raise MiningError(f"{folder / name} is an input and would be overwritten. Name another folder.")


def admit(folder: Path, names: Iterable[str], inputs: Iterable[Path]) -> None:
    """Refuse a folder that cannot be written into, before the work for it begins. Nothing is made.

    Raises
    ------
    MiningError
        If a file of ours would replace an input, has a folder in its place, or the folder cannot be made or written.
    """
    names, inputs = tuple(names), tuple(inputs)
    spare_inputs(folder, names, inputs)
    if any(path.is_dir() and folder.resolve() == path.resolve() for path in inputs):
        raise MiningError(f"{folder} holds the parts of the log, and all in it is taken for such. Name another folder.")
    there = next(path for path in (folder, *folder.absolute().parents) if os.path.exists(path))
    if not os.path.isdir(there):
        raise MiningError(f"{folder}: cannot write there ({there} is a file). Name another folder.")
    if not os.access(there, os.W_OK | os.X_OK):
        raise MiningError(f"{folder}: cannot write there (no permission in {there}). Name another folder.")
    for name in names:
        if os.path.isdir(folder / name):
            raise MiningError(f"{folder / name} is a folder, and a file is to be written there. Name another folder.")


def write_whole(
    folder: Path,
    names: Sequence[str],
    inputs: Iterable[Path],
    write: Callable[[Path], None],
    *,
    outdated: Iterable[str] = (),
) -> None:
    """Write files into a folder of their own first, and move them to their place when all are there.

    The last of them vouches for the others: one of an earlier time is removed before the first is moved, and the new one is moved last.
    So where it is, the others belong to it, even if the machine stopped in the middle.

    Parameters
    ----------
    folder : Path
        Made if need be; files of these names in it are replaced, others are left alone.
    names : sequence of str
        What ``write`` makes.
    inputs : iterable of Path
        What must not be overwritten.
    write : callable
        Called with the folder to write into.
    outdated : iterable of str
        Files that an earlier time may have left, and this one has none of: they are removed.

    Raises
    ------
    MiningError
        If a file would replace an input, or the folder cannot be written.

    Examples
    --------
    >>> write_whole(examples / "made", ["a.txt"], [], lambda folder: (folder / "a.txt").write_text("a") and None)
    >>> (examples / "made" / "a.txt").read_text()
    'a'
    """
    outdated = tuple(outdated)
    admit(folder, (*names, *outdated), inputs)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".made-", dir=folder))
    except OSError as error:
        raise MiningError(f"{folder}: cannot write there ({error.strerror}). Name another folder.") from None
    try:
        write(scratch)
        for name in (names[-1], *outdated):
            (folder / name).unlink(missing_ok=True)
        for name in names:
            os.replace(scratch / name, folder / name)
    except OSError as error:
        raise MiningError(f"{folder}: cannot write there ({error}).") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
