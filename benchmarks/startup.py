"""What starting costs: whole processes, medians, beside an interpreter that does nothing.

    python benchmarks/startup.py

Prints a table, and exits with status 1 where a command takes longer than it may. `python -m
benchmarks` has the same commands as rows.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.measuring import Comparison

RUNS = 11
SCALARS = "".join(f"let a{i} = {i} .*. 2\n" for i in range(20)) + 'print "a" a19\n'


BARE = [sys.executable, "-c", "pass"]


def commands(folder: Path) -> list[tuple[str, list[str], float]]:
    """Name, command and limit in seconds; the program they run is written into `folder`."""
    program = folder / "scalars.imgql"
    program.write_text(SCALARS)
    tool = [sys.executable, "-m", "voxlogica"]
    return [
        ("voxlogica version", [*tool, "version"], 0.15),
        ("voxlogica --help", [*tool, "--help"], 0.15),
        ("voxlogica run, scalars only", [*tool, "run", str(program)], 0.4),
    ]


def comparisons(folder: Path) -> Iterator[Comparison]:
    """The comparisons of the group `startup`."""
    from benchmarks.measuring import Comparison

    for name, command, _ in commands(folder):
        yield Comparison(
            "startup",
            name,
            "python -c pass",
            partial(once, command),
            partial(once, BARE),
            lambda ours, theirs: None,
            near="interpreter start",
        )


def once(command: list[str]) -> None:
    """Run a command to its end."""
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def seconds(command: list[str]) -> float:
    """The median wall time of a command, after one run that does not count."""
    times = []
    for _ in range(RUNS + 1):
        begin = time.perf_counter()
        once(command)
        times.append(time.perf_counter() - begin)
    return statistics.median(times[1:])


def main() -> int:
    """Measure, print, and compare with the limits."""
    slow = False
    with tempfile.TemporaryDirectory() as folder:
        print(f"{'command':30} {'median s':>9} {'limit s':>9}")
        print(f"{'python -c pass':30} {seconds(BARE):9.3f}")
        for name, command, limit in commands(Path(folder)):
            took = seconds(command)
            print(f"{name:30} {took:9.3f} {limit:9}")
            slow = slow or took > limit
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
