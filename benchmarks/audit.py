"""The main job timed: ``python -m benchmarks.audit LOG BLUEPRINT [LOG BLUEPRINT ...]``.

For each log a fresh process: wall seconds, peak memory, seconds per step, and events per second. First, the time that
``import mining`` takes over a bare interpreter.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def seconds(*command: str, times: int = 5) -> float:
    """Median wall seconds of a command in a fresh interpreter."""

    def once() -> float:
        begin = time.perf_counter()
        subprocess.run([sys.executable, *command], check=True)
        return time.perf_counter() - begin

    once()  # the first run compiles
    return statistics.median(once() for _ in range(times))


def audit(log: str, blueprint: str) -> tuple[float, float, int, str]:
    """Wall seconds, peak megabytes, rows of the log, and the steps with their seconds."""
    with tempfile.TemporaryDirectory() as out:
        command = [sys.executable, "-m", "mining", "audit", log, "--blueprint", blueprint, "--out", out]
        begin = time.perf_counter()
        key = {"MINING_KEY": "6f6e6c7920746f2074616b65207468652074696d65"}
        with subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, env=os.environ | key
        ) as process:
            assert process.stderr is not None
            steps = process.stderr.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - begin
        if process.returncode:
            raise SystemExit(steps)
        rows = json.loads((Path(out) / "manifest.json").read_text("utf-8"))["control_totals"]["rows"]
    return wall, usage.ru_maxrss / 1024, rows, steps


def main(arguments: list[str]) -> None:
    """Print the table."""
    if not arguments or len(arguments) % 2:
        raise SystemExit(__doc__)
    print(f"import mining: {seconds('-c', 'import mining') - seconds('-c', 'pass'):.3f} s over a bare interpreter")
    for log, blueprint in zip(arguments[::2], arguments[1::2], strict=True):
        wall, memory, rows, steps = audit(log, blueprint)
        print(f"{Path(log).name}: {rows:,} rows, {wall:.1f} s wall, {memory:,.0f} MB peak, {rows / wall:,.0f} rows/s")
        print(steps.rstrip())


if __name__ == "__main__":
    main(sys.argv[1:])
