"""What starting costs: processor time of whole processes, beside an interpreter that does nothing.

    python benchmarks/startup.py

Prints a table, and exits with status 1 where a command takes more than it may. Each is run in turns
with the interpreter, and the least of each counts: what other processes do to wall time says
nothing. `python -m benchmarks` has the commands without images as rows, in wall time.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from benchmarks.measuring import Comparison

RUNS = 15
SCALARS = "".join(f"let a{i} = {i} .*. 2\n" for i in range(20)) + 'print "a" a19\n'
HERE = Path(__file__).parent

TOOL = [sys.executable, "-m", "voxlogica"]
BARE = [sys.executable, "-c", "pass"]


class Row(NamedTuple):
    """A command, and how many times the processor time of `python -c pass` it may take."""

    name: str
    command: list[str]
    limit: float


class Used(NamedTuple):
    """Milliseconds of one process and those that it waited for."""

    processor: float
    wall: float


def commands(folder: Path) -> list[Row]:
    """Commands without images; the program they run is written into `folder`."""
    program = folder / "scalars.imgql"
    program.write_text(SCALARS)
    return [
        Row("voxlogica version", [*TOOL, "version"], 5.2),
        Row("voxlogica --help", [*TOOL, "--help"], 5.6),
        Row("voxlogica run, scalars only", [*TOOL, "run", str(program)], 13),
    ]


def programs(inputs: Path, output: Path) -> list[Row]:
    """The glioma, cold, on the phantom in `inputs`."""
    names = (f"-DDATA={inputs}", "-DNAME=phantom", f"-DOUTPUT={output}")

    def run(program: str) -> list[str]:
        return [*TOOL, "run", "-q", "--no-cache", str(HERE / f"{program}.imgql"), *names]

    return [
        Row("glioma without texture", run("glioma_without_texture"), 42),
        Row("glioma with texture", run("glioma_with_texture"), 62),
    ]


def comparisons(folder: Path) -> Iterator[Comparison]:
    """The comparisons of the group `startup`."""
    from benchmarks.measuring import Comparison

    for name, command, _ in commands(folder):
        yield Comparison(
            "startup",
            name,
            "python -c pass",
            partial(used, command),
            partial(used, BARE),
            lambda ours, theirs: None,
            near="interpreter start",
        )


def used(command: list[str], home: Path | None = None) -> Used:
    """Run a command to its end, as a user with this home if one is given."""
    environment = dict(os.environ)
    # An installed package is kept as byte code: so is a checkout, here.
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    if home is not None:
        environment |= {"HOME": str(home), "XDG_CACHE_HOME": str(home / "cache")}
    begin = perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, env=environment)
    _, status, usage = os.wait4(process.pid, 0)
    wall = perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    return Used((usage.ru_utime + usage.ru_stime) * 1e3, wall * 1e3)


def paired(one: Callable[[], Used], other: Callable[[], Used]) -> tuple[list[Used], list[Used]]:
    """What two take, in turns, after one run each that does not count."""
    runs = [(one(), other()) for _ in range(RUNS + 1)][1:]
    return [a for a, _ in runs], [b for _, b in runs]


def told(name: str, ours: list[Used], theirs: list[Used], limit: float) -> bool:
    """Print a row; whether it is within its limit."""
    ratio = min(u.processor for u in ours) / min(u.processor for u in theirs)
    figures = (
        min(u.processor for u in ours),
        statistics.median(u.processor for u in ours),
        min(u.wall for u in ours),
        statistics.median(u.wall for u in ours),
    )
    print(
        f"{name:38}" + "".join(f"{f:9.0f}" for f in figures) + f"{ratio:8.2f}{limit:8}", flush=True
    )
    return ratio <= limit


def main() -> int:
    """Measure, print, and compare with the limits."""
    sys.path.insert(0, str(HERE.parent))
    from benchmarks.inputs import FULL, write_inputs

    inputs = Path(tempfile.gettempdir()) / "voxlogica-benchmarks-full"
    write_inputs(inputs, FULL)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        columns = ("least ms", "median", "wall", "median", "ratio", "limit")
        widths = (9, 9, 9, 9, 8, 8)
        heads = zip(columns, widths, strict=True)
        print(f"{'processor time':38}" + "".join(f"{c:>{w}}" for c, w in heads))
        within = []
        rows = [*commands(folder), *programs(inputs, folder / "output")]
        for row in rows:
            ours, theirs = paired(partial(used, row.command), partial(used, BARE))
            within.append(told(row.name, ours, theirs, row.limit))
        same, without = folder / "home", rows[-2].command

        def first() -> Used:
            return used(without, Path(tempfile.mkdtemp(dir=folder)))

        ours, theirs = paired(first, partial(used, without, same))
        within.append(told("glioma in an empty home, beside later", ours, theirs, 1.05))
    return 0 if all(within) else 1


if __name__ == "__main__":
    sys.exit(main())
