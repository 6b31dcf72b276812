"""What many cases cost beside their own work: against a loop of the language, and one of a shell.

    python -m benchmarks.cases [CASES]

The same small images, the same measures of each; every way is a process of its own, which is timed
from start to end. A case's own work is to open its image, and what its operations took in the
loop. Prints milliseconds a case, and megabytes at the peak of memory; exits with status 1 where a
case costs more than 2 ms and 0.1 ms an operation beyond its own work, or memory grows with the
number of cases.
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
from time import perf_counter, process_time
from typing import Any, NamedTuple

import numpy as np
import SimpleITK

from voxlogica.images.reading import open_image

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
    """What a process took: seconds from start to end, and of processors' time."""

    seconds: float
    processors: float


def main(number: int = 300) -> int:
    """Measure, print, and say whether it is as it should be."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        names = write_images(folder, number)
        (folder / "p.imgql").write_text(PROGRAM)
        (folder / "loop.imgql").write_text(loop(names))
        own, operations = own_work(folder, names)
        start = took(folder, cases_of(folder, names[:1]), *COLD)
        rows = {
            "cases": took(folder, cases_of(folder, names), *COLD),
            "cases, with a store": took(folder, cases_of(folder, names), "--cache=store"),
            "cases, replayed": took(folder, cases_of(folder, names), "--cache=store"),
            "a loop of the language": took(folder, [], *COLD, program="loop.imgql"),
        }
        for name, row in rows.items():
            each = [1e3 * (took - begun) / number for took, begun in zip(row, start, strict=True)]
            print(f"{name:24} {each[0]:8.2f} ms a case, {each[1]:.2f} of processors")
        shell = in_shell(folder, names[:IN_SHELL])
        print(f"{'a loop of the shell':24} {1e3 * shell / IN_SHELL:8.2f} ms a case")
        peaks = [peak(folder, names[:count]) for count in (number // 4, number)]
    beyond = (rows["cases"].processors - start.processors - own) / number
    allowed = A_CASE + AN_OPERATION * operations
    print(f"own work {1e3 * own / number:.2f} ms a case, of {operations:.0f} operations")
    print(f"beyond it {1e3 * beyond:.2f} ms a case, where {1e3 * allowed:.2f} are allowed")
    print("memory", *(f"{peak / 1e6:.0f} MB," for peak in peaks), "where there are 4 times as many")
    return int(beyond > allowed or peaks[1] > GROWTH * peaks[0])


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


def cases_of(folder: Path, names: Sequence[str]) -> list[str]:
    """The options that name cases: a table."""
    table = folder / "cases.csv"
    table.write_text("\n".join(["CASE", *names]))
    return ["--cases", str(table), "--csv", os.devnull]


def took(folder: Path, options: Sequence[str], *caching: str, program: str = "p.imgql") -> Took:
    """A process of `voxlogica run`."""
    command = [sys.executable, "-m", "voxlogica", "run", "-q", *caching, program, *options]
    begin = perf_counter()
    process = subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    assert status == 0, shlex.join(command)
    return Took(perf_counter() - begin, usage.ru_utime + usage.ru_stime)


def in_shell(folder: Path, names: Sequence[str]) -> float:
    """The seconds of a loop of the shell over the same program."""
    run = shlex.join([sys.executable, "-m", "voxlogica", "run", "-q", *COLD, "p.imgql"])
    command = f"for name in {shlex.join(names)}; do {run} -D CASE=$name || exit 1; done"
    begin = perf_counter()
    subprocess.run(["sh", "-c", command], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return perf_counter() - begin


# In a process of its own: what the system tells of one that has ended counts who started it, too.
ROWS = """
import sys
from pathlib import Path
from queue import SimpleQueue
from voxlogica.batch.carrying_out import run_cases
from voxlogica.engine.cases import Case
from voxlogica.engine.memory import Memory
from voxlogica.engine.tally import peak_memory
from voxlogica.plan_to_report import Settings
from voxlogica.syntax.source import Source

sets = frozenset({"CASE"})
cases = [Case(i, name, {"CASE": name}, sets) for i, name in enumerate(sys.argv[1:])]
settings = Settings(2, False, Memory(), SimpleQueue())
for row in run_cases([Source("p.imgql", Path("p.imgql").read_text())], cases, settings):
    assert not row.failed
print(peak_memory())
"""


def peak(folder: Path, names: Sequence[str]) -> int:
    """The most bytes of memory that a process holds which carries out so many cases."""
    command = [sys.executable, "-c", ROWS, *names]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    return int(done.stdout)


def own_work(folder: Path, names: Sequence[str]) -> tuple[float, float]:
    """The seconds that images take to open, and operations in the loop; how many a case has."""
    begin = process_time()
    for name in names:
        open_image(folder / name)
    opening = process_time() - begin
    command = [sys.executable, "-m", "voxlogica", "run", "-j1", *COLD, "--json", "-", "loop.imgql"]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    stats: dict[str, Any] = json.loads(done.stdout)["stats"]
    seconds = sum(row["seconds"] for row in stats["by_operator"].values())
    return opening + seconds, stats["operations"] / len(names)


if __name__ == "__main__":
    sys.exit(main(*map(int, sys.argv[1:])))
