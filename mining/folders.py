"""Files that belong together: all of them are written, or none."""

from __future__ import annotations

import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from mining.errors import MiningError

if sys.platform != "win32":
    import fcntl

SCRATCH = ".made-"  # how the name of a folder begins in which files are written before they are moved


def sha256_of(path: Path) -> str:
    """SHA-256 of the bytes of a file."""
    from mining.log.table import fingerprint

    return fingerprint(path)[0]


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
    drafts: Iterable[str] = (),
) -> None:
    """Write files into a folder of their own first, and move them to their place when all are there.

    The last of them vouches for the others: one of an earlier time is removed before the first is moved, and the new one is moved last,
    when the others are on the disk. So where it is, the others belong to it, even if the machine stopped in the middle. One file alone is
    replaced in one step. What a run that was stopped left of its scratch is removed by the next one. Two at a time do not write into one
    folder: the second is refused.

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
    drafts : iterable of str
        Those of ``names`` in which people go on: where one is there by now, it is left as it is.

    Raises
    ------
    MiningError
        If a file would replace an input, or the folder cannot be written, or another run is writing into it.

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
        with _alone_in(folder):
            scratch = Path(tempfile.mkdtemp(prefix=SCRATCH, dir=folder))
            try:
                write(scratch)
                _move(scratch, folder, names, outdated, frozenset(drafts))
            finally:
                shutil.rmtree(scratch, ignore_errors=True)
    except Exception as error:
        if (told := _of_the_disk(error)) is None:
            raise
        raise MiningError(f"{folder}: cannot write there ({told.strerror or told}). Name another folder.") from error


def _of_the_disk(error: Exception) -> OSError | None:
    """The error of the system that an error is, or hands on as a library does that has errors of its own (xlsxwriter)."""
    return next((x for x in (error, *error.args) if isinstance(x, OSError)), None)


def _move(scratch: Path, folder: Path, names: Sequence[str], outdated: tuple[str, ...], drafts: frozenset[str]) -> None:
    """Move what is made to its place: the file that vouches for the others goes first, and comes last."""
    for name in names:
        _to_disk(scratch / name)
    for name in (*(names[-1:] if len(names) > 1 else ()), *outdated):
        (folder / name).unlink(missing_ok=True)
    _to_disk(folder)
    for name in names[:-1]:
        if name in drafts:
            _put_new(scratch / name, folder / name)
        else:
            os.replace(scratch / name, folder / name)
    _to_disk(folder)
    os.replace(scratch / names[-1], folder / names[-1])
    _to_disk(folder)


def _put_new(made: Path, place: Path) -> None:
    """Move a file to a place where none is; one that is there stays, even if it came this moment."""
    try:
        os.link(made, place)
    except FileExistsError:
        return
    except OSError:  # a file system without links
        if not os.path.lexists(place):
            os.replace(made, place)


def _to_disk(path: Path) -> None:
    """Wait until a file, or the names in a folder, are on the disk; a system that cannot do so for folders is left alone."""
    if sys.platform == "win32" and path.is_dir():
        return
    place = os.open(path, os.O_RDWR if sys.platform == "win32" else os.O_RDONLY)
    try:
        os.fsync(place)
    finally:
        os.close(place)


@contextmanager
def _alone_in(folder: Path) -> Iterator[None]:
    """Hold a folder, so that no other run writes into it, and clear away what a stopped one left; on file systems that can lock."""
    if sys.platform == "win32":
        yield
        return
    place = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(place, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise MiningError(f"{folder}: another run is writing there. Wait for it, or name another folder.") from None
        except OSError:  # a network drive without locks
            yield
            return
        for stale in folder.glob(f"{SCRATCH}*"):
            shutil.rmtree(stale, ignore_errors=True)
        yield
    finally:
        os.close(place)
