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
    there = [path for path in inputs if path.exists()]
    for name in names:
        if (folder / name).exists() and any((folder / name).samefile(path) for path in there):
            raise MiningError(f"{folder / name} is an input and would be overwritten. Name another folder.")


def write_whole(folder: Path, names: Sequence[str], inputs: Iterable[Path], write: Callable[[Path], None]) -> None:
    """Write files into a folder of their own first, and move them to their place when all are there.

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
    inputs = tuple(inputs)
    spare_inputs(folder, names, inputs)
    if any(path.is_dir() and folder.resolve() == path.resolve() for path in inputs):
        raise MiningError(f"{folder} holds the parts of the log, and all in it is taken for such. Name another folder.")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=".made-", dir=folder))
    except OSError as error:
        raise MiningError(f"{folder}: cannot write there ({error.strerror}). Name another folder.") from None
    try:
        write(scratch)
        for name in names:
            os.replace(scratch / name, folder / name)
    except OSError as error:
        raise MiningError(f"{folder}: cannot write there ({error}).") from error
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
