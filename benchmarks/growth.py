"""How cost grows with voxels, radius, bins, operations, cases and cores.

    python -m benchmarks.growth [WORD]        one table a curve, in about 5 minutes on 2 cores

Seconds are the least of several runs; beside each the factor by which it grew since the column
before. Inputs are those of `python -m benchmarks`.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import SimpleITK as sitk  # noqa: N813

from benchmarks.evaluating import evaluation
from benchmarks.inputs import FULL, read, write_cases, write_inputs
from benchmarks.programs import HERE, run_cases
from voxlogica import running
from voxlogica.allowance import cores
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.syntax.source import Source

# What is over sooner is repeated: so long, or so often.
_ENOUGH, _MOST_RUNS = 1.0, 20

OPERATORS = {
    "near": "near(r)",
    "distleq, radius 5": "distleq(5, r)",
    "dt": "dt(r)",
    "percentiles": "percentiles(w, r, 0)",
    "through": "through(t, r)",
    "chain of 8 on numbers": "(abs(((v *. 2) - w) / (w +. 3)) *. 10) + ((w -. 2) * v)",
    "crossCorrelation, radius 3, 20 bins": "crossCorrelation(3, v, v, t, 0, 600, 20)",
}


@dataclass(frozen=True, slots=True)
class Curve:
    """One task, with more and more of something; `of(n)` gives what to time for n of it."""

    name: str
    of: Callable[[int], Callable[[], Any]]


@dataclass(frozen=True, slots=True)
class Growth:
    """Several tasks, with more and more of the same thing."""

    what: str
    amounts: tuple[int, ...]
    curves: tuple[Curve, ...]


def growths(inputs: Path, scratch: Path) -> Iterator[Growth]:
    """All that is measured. Files are written below `scratch`."""
    flair = read(inputs / "phantom_flair.nii.gz").astype(np.float32)

    def operator(expression: str, side: int = 160) -> Callable[[], Any]:
        return _on_a_cube(flair, expression, side, scratch)

    yield Growth(
        "voxels (side of a cube)",
        (64, 96, 128, 192, 256),
        tuple(Curve(name, partial(operator, text)) for name, text in OPERATORS.items()),
    )
    yield Growth(
        "radius (voxels)",
        (1, 2, 5, 10, 20),
        (
            Curve("distleq", lambda n: operator(f"distleq({n}, r)")),
            Curve("smoothen", lambda n: operator(f"smoothen(r, {n})")),
            Curve(
                "crossCorrelation, 20 bins",
                lambda n: operator(f"crossCorrelation({n}, v, v, t, 0, 600, 20)"),
            ),
        ),
    )
    yield Growth(
        "bins",
        (10, 30, 100, 300, 1000),
        (
            Curve(
                "crossCorrelation, radius 3",
                lambda n: operator(f"crossCorrelation(3, v, v, t, 0, 600, {n})"),
            ),
            Curve("otsu", lambda n: operator(f"otsu(v, r, {n})")),
        ),
    )
    yield Growth(
        "operations",
        (1_000, 10_000, 100_000),
        (
            Curve("planned", lambda n: partial(running.plan, _sums(n))),
            Curve("planned and run", lambda n: partial(running.run, _sums(n), cache=False)),
        ),
    )
    yield Growth(
        "cases",
        (1, 5, 10, 20),
        (
            Curve(
                "glioma without texture",
                lambda n: partial(run_cases, write_cases(inputs, FULL, n), scratch),
            ),
        ),
    )
    program = HERE / "glioma_with_texture.imgql"
    yield Growth(
        "cores",
        tuple(range(1, cores() + 1)),
        (Curve("glioma with texture", lambda n: partial(_run, program, inputs, scratch, n)),),
    )


def _on_a_cube(flair: Any, expression: str, side: int, scratch: Path) -> Callable[[], Any]:
    """What computes an expression on the scan, repeated or cut to a cube."""
    template = scratch / f"{side}.nii"
    if not template.exists():
        sitk.WriteImage(sitk.GetImageFromArray(np.zeros((side,) * 3, np.uint8)), template)
    # The middle of the scan, mirrored where it ends: as much tumour and brain a voxel.
    indices = [
        np.abs((np.arange(side) - side // 2 + n // 2) % (2 * n) - n + 0.5).astype(int) % n
        for n in flair.shape
    ]
    v = np.ascontiguousarray(flair[np.ix_(*indices)])
    w = v + np.random.default_rng(1).random(v.shape, np.float32)
    arrays = {"v": v, "w": w, "r": v > 350, "t": v > 450}
    geometry = Geometry.of_size(side, side, side)
    images = {name: Image(array, geometry) for name, array in arrays.items()}
    return evaluation(expression, images, template)


def _sums(operations: int) -> Source:
    """A program of so many operations on numbers, half of them one after the other."""
    half = operations // 2
    lines = [f"let a{i + 1} = a{i} .+. b{i}\nlet b{i + 1} = b{i} .*. 0.5" for i in range(half)]
    return Source("sums.imgql", "\n".join(["let a0 = 0\nlet b0 = 1", *lines, f'print "a" a{half}']))


def _run(program: Path, inputs: Path, output: Path, jobs: int) -> None:
    names = ("-DNAME=phantom", f"-DDATA={inputs}", f"-DOUTPUT={output}")
    command = ("run", "-q", "--no-cache", f"-j{jobs}", program, *names)
    subprocess.run(
        [sys.executable, "-m", "voxlogica", *map(str, command)],
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _least_seconds(run: Callable[[], Any]) -> float:
    """The least of several runs, after one that may compile."""
    run()
    times: list[float] = []
    while not times or (sum(times) < _ENOUGH and len(times) < _MOST_RUNS):
        begin = perf_counter()
        run()
        times.append(perf_counter() - begin)
    return min(times)


def table(growth: Growth) -> Iterable[str]:
    """The lines of a table in Markdown, each as soon as it is measured."""
    yield f"| {growth.what} | {' | '.join(map(str, growth.amounts))} |"
    yield f"|---|{'---:|' * len(growth.amounts)}"
    for curve in growth.curves:
        cells, before = [], None
        for amount in growth.amounts:
            seconds = _least_seconds(curve.of(amount))
            factor = f" ({seconds / before:.1f}×)" if before else ""
            cells.append(f"{seconds * 1e3:.3g} ms{factor}")
            before = seconds
        yield f"| {curve.name} | {' | '.join(cells)} |"


def main() -> None:
    """Measure and print the curves whose name has the word on the command line, or all."""
    word = sys.argv[1] if len(sys.argv) > 1 else ""
    inputs = Path(tempfile.gettempdir()) / f"voxlogica-benchmarks-{FULL.name}"
    write_inputs(inputs, FULL)
    with tempfile.TemporaryDirectory() as scratch:
        for growth in growths(inputs, Path(scratch)):
            if word in growth.what:
                for line in table(growth):
                    print(line, flush=True)
                print()


if __name__ == "__main__":
    main()
