"""Processes at once on one empty store: what they compute in all, and how long it takes them.

    python -m benchmarks --only together

Each program takes ten seconds or so alone. Prints how often costly operations were computed, of how
many there are, and how long it took beyond the processes' own start-up (what as many take where the
store has everything), as a multiple of what one process takes alone on an empty store. Exits with
status 1 where an operation was computed twice, or the multiple is above 1.3.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

COSTLY = "crossCorrelation"
LIMIT = 1.3


@dataclass(frozen=True, slots=True)
class Work:
    """A program in parts: what comes first, goals in any order, and how many operations cost."""

    name: str
    begin: str
    goals: tuple[str, ...]
    costly: int


def works(image: Path, size: int) -> list[Work]:
    """Programs with `size` costly goals each, or many cheap ones."""
    load = f'load m = "{image}" let v = intensity(m) let r = v >. 500\n'
    texture = f"let t(k) = {COSTLY}(k, v, v, r, min(v), max(v), 100)\n"
    radii = [2 + i / 7 for i in range(size)]
    return [
        Work(
            "costly goals",
            load + texture,
            tuple(f'print "t{i}" volume(t({k}) >. 0.5)' for i, k in enumerate(radii)),
            size,
        ),
        Work(
            "pairs of goals on one costly",
            load + texture,
            tuple(
                f'print "{sign}{i}" volume(t({k}) {sign}. 0.5)'
                for i, k in enumerate(radii)
                for sign in ("<", ">")
            ),
            size,
        ),
        Work(
            "cheap goals",
            load,
            tuple(f'print "c{i}" avg((v *. {i}) + (v /. {i + 1}), r)' for i in range(size * 10)),
            0,
        ),
    ]


def run_at_once(
    folder: Path, programs: Sequence[str], jobs: int, store: str = "store"
) -> tuple[float, int]:
    """Seconds until all processes have ended, and how often costly operations were computed."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        here = Path(name)
        begin = perf_counter()
        processes = []
        for i, text in enumerate(programs):
            (here / f"{i}.imgql").write_text(text)
            command = ["run", f"{i}.imgql", "--json", f"{i}.json", "-j", str(jobs)]
            processes.append(
                subprocess.Popen(
                    [sys.executable, "-m", "voxlogica", *command, "--cache", store],
                    cwd=here,
                    stdout=subprocess.DEVNULL,
                )
            )
        for process in processes:
            if process.wait():
                raise subprocess.CalledProcessError(process.returncode, process.args)
        seconds = perf_counter() - begin
        reports = [json.loads((here / f"{i}.json").read_text()) for i in range(len(programs))]
    operators = [report["stats"]["by_operator"].get(COSTLY) for report in reports]
    return seconds, sum(found["computed"] for found in operators if found)


def main(image: Path, size: int) -> int:
    """Measure and print."""
    status, jobs, numbers = 0, os.cpu_count() or 1, random.Random(1)
    print(f"{'processes at once':32} {'n':>2} {'orders':10} {'computed':>9} {'s':>6} {'times':>6}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for work in works(image, size):
            program, full = "\n".join([work.begin, *work.goals]), str(folder / work.name)
            alone, _ = run_at_once(folder, [program], jobs, full)
            for n in (2, 4, 8):
                started, _ = run_at_once(folder, [program] * n, jobs, full)
                for orders in ("same", "different"):
                    goals = [list(work.goals) for _ in range(n)]
                    if orders == "different":
                        for some in goals:
                            numbers.shuffle(some)
                    programs = ["\n".join([work.begin, *some]) for some in goals]
                    seconds, computed = run_at_once(folder, programs, jobs)
                    times = (seconds - started) / alone
                    count = f"{computed}/{work.costly}"
                    print(
                        f"{work.name:32} {n:2} {orders:10} {count:>9} {seconds:6.1f} {times:6.2f}"
                    )
                    status |= computed != work.costly or times > LIMIT
    return status
