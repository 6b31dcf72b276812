"""What many cases cost beside their own work: against a loop of the language, and one of a shell.

    python -m benchmarks.cases [CASES]

The same small images, the same measures of each; every way is a process of its own, which is timed
from start to end. A case's own work is what its operations took in the loop. Prints milliseconds a
case, and megabytes at the peak of memory; exits with status 1 where a case costs more than 2 ms and
0.1 ms an operation beyond its own work, or memory grows with the number of cases.
"""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np
import SimpleITK

A_CASE, AN_OPERATION = 2e-3, 0.1e-3
# More cases may take so many times the memory: the process itself is some 130 MB.
GROWTH = 1.15
# Of the shell's loop, which takes a quarter of a second a case, so many.
IN_SHELL = 20

MEASURED = """let r = intensity(m) >. 400
let grown = near(r) & !(intensity(m) >. 900)
"""
MEASURES = ("volume(r)", "volume(grown)", "avg(intensity(m), grown)", "max(intensity(m))")
PROGRAM = f"""load m = "$CASE"
{MEASURED}""" + "".join(f'print "m{i}" {measure}\n' for i, measure in enumerate(MEASURES))


class Took(NamedTuple):
    """What a process took: seconds from start to end, and seconds of processors' time."""

    seconds: float
    processors: float


def main(number: int = 300) -> int:
    """Measure, print, and say whether it is as it should be."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        names = write_images(folder, number)
        few = names[: number // 4]
        (folder / "p.imgql").write_text(PROGRAM)
        (folder / "loop.imgql").write_text(loop(names))
        own, operations = own_work(folder, number)
        start = took(folder, cases_of(few[:1]), *COLD).seconds
        rows = {
            "cases": took(folder, cases_of(names), *COLD),
            "a quarter of them": took(folder, cases_of(few), *COLD),
            "cases, with a store": took(folder, cases_of(names), "--cache=store"),
            "cases, replayed": took(folder, cases_of(names), "--cache=store"),
            "a loop of the language": took(folder, [], *COLD, program="loop.imgql"),
            "a loop of the shell": in_shell(folder, names[:IN_SHELL]),
        }
    counts = {"a quarter of them": len(few), "a loop of the shell": IN_SHELL}
    for name, row in rows.items():
        count = counts.get(name, number)
        beside = row.seconds if name == "a loop of the shell" else row.seconds - start
        print(f"{name:24} {1e3 * beside / count:8.2f} ms a case {row.peak / 1e6:8.0f} MB")
    beyond = (rows["cases"].seconds - start - own) / number
    allowed = A_CASE + AN_OPERATION * operations
    growth = rows["cases"].peak / rows["a quarter of them"].peak
    print(f"own work {1e3 * own / number:.2f} ms a case, of {operations:.0f} operations")
    print(f"beyond it {1e3 * beyond:.2f} ms a case, where {1e3 * allowed:.2f} are allowed")
    print(f"memory grows by {growth:.2f} where there are four times as many")
    return int(beyond > allowed or growth > GROWTH)


COLD = ("--no-cache",)


def write_images(folder: Path, number: int) -> list[str]:
    """Small images of noise, and their names."""
    numbers = np.random.default_rng(1)
    names = [f"c{i}.nii.gz" for i in range(number)]
    for name in names:
        scan = numbers.integers(0, 1000, (16, 16, 16)).astype(np.int16)
        SimpleITK.WriteImage(SimpleITK.GetImageFromArray(scan), str(folder / name))
    return names


def loop(names: Sequence[str]) -> str:
    """The same measures of the same images, in a loop of the language."""
    images = ", ".join(f'"{name}"' for name in names)
    declared = MEASURED.replace("let r =", "let r(m) =").replace("let grown =", "let grown(m) =")
    declared = declared.replace("near(r)", "near(r(m))")
    measures = [m.replace("(r)", "(r(m))").replace("grown", "grown(m)") for m in MEASURES]
    return (
        f"{declared}let measures(m) = [{', '.join(measures)}]\n"
        f'print "all" for name in [{images}] do measures(load(name))\n'
    )


def cases_of(names: Sequence[str]) -> list[str]:
    """The options that name cases: a table."""
    table = Path(tempfile.mkstemp(suffix=".csv")[1])
    table.write_text("\n".join(["CASE", *names]))
    return ["--cases", str(table), "--csv", os.devnull]


def took(folder: Path, options: Sequence[str], *caching: str, program: str = "p.imgql") -> Took:
    """A process of `voxlogica run`."""
    command = [sys.executable, "-m", "voxlogica", "run", "-q", *caching, program, *options]
    begin = perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, shlex.join(command)
    return Took(perf_counter() - begin, usage.ru_maxrss * 1024)


def in_shell(folder: Path, names: Sequence[str]) -> Took:
    """A loop of the shell over the same program."""
    run = shlex.join([sys.executable, "-m", "voxlogica", "run", "-q", *COLD, "p.imgql"])
    command = f"for name in {shlex.join(names)}; do {run} -D CASE=$name || exit 1; done"
    begin = perf_counter()
    subprocess.run(["sh", "-c", command], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return Took(perf_counter() - begin, 0)


def own_work(folder: Path, number: int) -> tuple[float, float]:
    """The seconds that all operations took in the loop on one core, and how many a case has."""
    command = [sys.executable, "-m", "voxlogica", "run", "-j1", *COLD, "--json", "-", "loop.imgql"]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    stats: dict[str, Any] = json.loads(done.stdout)["stats"]
    seconds = sum(row["seconds"] for row in stats["by_operator"].values())
    return seconds, stats["operations"] / number


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
