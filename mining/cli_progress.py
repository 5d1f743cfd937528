"""What a long command says while it works."""

from __future__ import annotations

import sys
import time

import typer


class Progress:
    """Steps with their seconds, on standard error; rewritten in place on a terminal."""

    def __init__(self) -> None:
        self.begin = self.since = time.perf_counter()
        self.step = ""

    def __call__(self, step: str) -> None:
        """Begin a step."""
        self.done()
        self.step, self.since = step, time.perf_counter()
        self.say()

    def say(self) -> None:
        """Show the step on a terminal."""
        if sys.stderr.isatty():
            typer.echo(f"  ...     {self.step}\r", nl=False, err=True)

    def done(self) -> None:
        """Say how long the step took."""
        if self.step:
            typer.echo(f"  {time.perf_counter() - self.since:5.1f} s  {self.step}", err=True)
            self.step = ""

    def total(self) -> float:
        """Seconds since the first step began."""
        return time.perf_counter() - self.begin
