"""Run a notebook to its end: what fails is shown in its place, what needs it is marked, the rest still runs."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import nbformat
from nbformat import NotebookNode

from mining.errors import MiningError
from mining.texts import say

if TYPE_CHECKING:
    from jupyter_client.manager import AsyncKernelManager
    from nbclient import NotebookClient

START = 600  # seconds that a process may take to begin, on a machine with much to do
UNDEFINED = re.compile(r"name '(\w+)' is not defined")
Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Failure:
    """A cell that did not run to its end.

    Attributes
    ----------
    cell : int
        Its number among the cells of code, from 1.
    error : str
        Kind of the error, as ``LogError``.
    message : str
        What it says.
    after : int or None
        The failed cell that would have made what this one needs; None where it failed by itself.
    """

    cell: int
    error: str
    message: str
    after: int | None = None


def silent(cell: int, cells: int) -> None:
    """Say nothing."""


def run(
    notebook: NotebookNode, folder: Path, *, lang: str = "en", timeout: int | None = None, told: Told = silent
) -> tuple[Failure, ...]:
    """Run all cells of a notebook, in a process of its own, and keep their outputs in it.

    Parameters
    ----------
    notebook : NotebookNode
        It is changed: its outputs are put in.
    folder : Path
        Where it runs: relative paths in it are seen from there.
    lang : {"en", "zh"}
        Of the words in place of a cell that could not run.
    timeout : int, optional
        Seconds for one cell. By default a cell may take as long as it takes.
    told : callable
        Called with the number of a cell of code and how many there are, when it begins.

    Returns
    -------
    tuple of Failure
        Empty where all cells ran.

    Raises
    ------
    MiningError
        If the process does not start.
    KeyboardInterrupt
        When this process is asked to stop; the process of the notebook is ended first.
    """
    from nbclient import NotebookClient
    from nbclient.exceptions import DeadKernelError

    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    places = {id(cell): place for place, cell in enumerate(code, 1)}

    def begins(cell: NotebookNode, cell_index: int) -> None:
        if id(cell) in places:
            told(places[id(cell)], len(code))

    client = NotebookClient(
        notebook, km=_kernel(), timeout=timeout, startup_timeout=START, allow_errors=True, interrupt_on_timeout=True,
        store_widget_state=False, on_cell_start=begins, resources={"metadata": {"path": str(folder)}},
    )  # fmt: skip
    try:
        client.execute(cleanup_kc=True)
    except DeadKernelError as error:
        if not _asked_to_stop(client):
            _stopped(code, error, lang)
    except Exception as error:
        if not _asked_to_stop(client):
            if not any(cell.outputs or cell.execution_count for cell in code):
                raise MiningError(f"The process of a notebook did not start: {error}") from error
            raise
    if _asked_to_stop(client):
        raise KeyboardInterrupt
    if timeout is not None:
        _timed_out(code, timeout, lang)
    for cell in notebook.cells:
        cell.metadata.pop("execution", None)  # the moments at which it ran
        for output in cell.get("outputs", ()):
            if "image/svg+xml" in output.get("data", {}):  # a picture stands in for a widget whose process is gone
                output.data.pop("application/vnd.jupyter.widget-view+json", None)
    notebook.metadata["language_info"] = {"name": "python"}  # not the version that happened to run it
    return _failures(code, lang)


def _kernel() -> AsyncKernelManager:
    """A process of this Python for a notebook, whatever kernels somebody set up; their talk is encrypted where it can be."""
    from jupyter_client.kernelspec import KernelSpecManager
    from jupyter_client.manager import AsyncKernelManager

    ours = KernelSpecManager(kernel_dirs=[], ensure_native_kernel=True)
    return AsyncKernelManager(kernel_name="python3", kernel_spec_manager=ours, transport_encryption="auto")


def _asked_to_stop(client: NotebookClient) -> bool:
    """Whether Ctrl-C or an end was sent to this process: the client takes the signal, ends the kernel, and says so only here."""
    return getattr(client, "_async_cleanup_kernel_future", None) is not None


def _stopped(code: list[NotebookNode], error: Exception, lang: str) -> None:
    """Put the end of the process where it came."""
    ran = sum(cell.execution_count is not None or bool(cell.outputs) for cell in code)
    cell = code[max(ran - 1, 0)]
    name, words = type(error).__name__, say("notebooks.stopped", lang)
    cell.outputs.append(nbformat.v4.new_output("error", ename=name, evalue=words, traceback=[words]))
    for rest in code[max(ran, 1) :]:
        words = say("notebooks.not_reached", lang)
        rest.outputs = [nbformat.v4.new_output("error", ename=name, evalue=words, traceback=[words])]


def _timed_out(code: list[NotebookNode], timeout: int, lang: str) -> None:
    """Say of a cell that was interrupted that it took too long."""
    words = say("notebooks.too_long", lang, n=timeout)
    for cell in code:
        for output in cell.outputs:
            if output.output_type == "error" and output.ename == "KeyboardInterrupt":
                output.update(ename="TimeoutError", evalue=words, traceback=[words])


def _failures(code: list[NotebookNode], lang: str) -> tuple[Failure, ...]:
    """What failed; cells that only lack what a failed one would have made say so in place of a `NameError`."""
    found: list[Failure] = []
    lost: dict[str, int] = {}
    for place, cell in enumerate(code, 1):
        error = next((out for out in cell.outputs if out.output_type == "error"), None)
        if error is None:
            continue
        missing = UNDEFINED.search(error.evalue) if error.ename == "NameError" else None
        after = lost.get(missing[1]) if missing else None
        lost |= dict.fromkeys(_made_by(cell.source), after or place)
        if after and missing:
            words = say("notebooks.not_run", lang, name=missing[1], cell=after)
            cell.outputs = [
                nbformat.v4.new_output("display_data", {"text/plain": words, "text/markdown": f"*{words}*"})
            ]
            found.append(Failure(place, error.ename, words, after))
        else:
            found.append(Failure(place, error.ename, error.evalue))
    return tuple(found)


def _made_by(source: str) -> set[str]:
    """Names that a cell gives something to; none where it is not Python."""
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError):
        return set()
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    imports = (node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))
    return names | {(alias.asname or alias.name).partition(".")[0] for node in imports for alias in node.names}
