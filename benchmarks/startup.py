"""What starting costs: whole processes, medians, beside an interpreter that does nothing.

    python benchmarks/startup.py

Prints a table, and exits with status 1 where a command takes longer than it may.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

RUNS = 11
SCALARS = "".join(f"let a{i} = {i} .*. 2\n" for i in range(20)) + 'print "a" a19\n'


def seconds(command: list[str]) -> float:
    """The median wall time of a command, after one run that does not count."""
    times = []
    for _ in range(RUNS + 1):
        begin = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - begin)
    return statistics.median(times[1:])


def main() -> int:
    """Measure, print, and compare with the limits."""
    tool = [sys.executable, "-m", "voxlogica"]
    slow = False
    with tempfile.TemporaryDirectory() as folder:
        program = Path(folder) / "scalars.imgql"
        program.write_text(SCALARS)
        rows = [
            ("python -c pass", [sys.executable, "-c", "pass"], None),
            ("voxlogica version", [*tool, "version"], 0.15),
            ("voxlogica --help", [*tool, "--help"], 0.15),
            ("voxlogica run, scalars only", [*tool, "run", str(program)], 0.4),
        ]
        print(f"{'command':30} {'median s':>9} {'limit s':>9}")
        for name, command, limit in rows:
            took = seconds(command)
            print(f"{name:30} {took:9.3f} {limit or '':>9}")
            slow = slow or (limit is not None and took > limit)
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
