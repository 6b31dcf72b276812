"""What the Python interface costs beside the work itself: expressions, sessions, arrays, batches.

    python -m benchmarks.python [WORD]

Rows whose name has the word. Each is timed in turns with a yardstick, where it has one, and the
median counts: of wall time, and of the process's processors, as other processes do much to the
former. Exits with status 1 where a row takes more than it may, whichever is less.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from time import perf_counter, process_time
from typing import Any, NamedTuple

import numpy as np
import SimpleITK
from numpy.typing import NDArray

import voxlogica as vox
from benchmarks.evaluating import evaluation
from benchmarks.startup import BARE, paired, used
from voxlogica.images.image import Image

Array = NDArray[Any]

# How often what takes milliseconds is repeated.
ROUNDS = 60
EXPRESSIONS, MANY = 1_000, 10_000
CASES = 300
MEGA = 1e6
MOST_GROWTH = 8.0


class Took(NamedTuple):
    """Seconds of wall time, and of processors'."""

    wall: float
    processor: float


class Row(NamedTuple):
    """What is measured, what it may be, and what a yardstick takes; all in one unit."""

    name: str
    wall: float
    processor: float
    limit: float
    unit: str
    yardstick: str = ""
    beside: float = 0.0

    @property
    def is_within(self) -> bool:
        """Whether it takes no more than it may."""
        return min(self.wall, self.processor) <= self.limit


def took(run: Callable[[], Any]) -> Took:
    """What a call takes."""
    processor, wall = process_time(), perf_counter()
    result = run()
    found = Took(perf_counter() - wall, process_time() - processor)
    del result
    return found


def median(taken: list[Took]) -> Took:
    """The median of each."""
    return Took(statistics.median(t.wall for t in taken), statistics.median(t[1] for t in taken))


def in_turns(
    ours: Callable[[int], Any], theirs: Callable[[], Any], rounds: int = ROUNDS
) -> tuple[Took, Took]:
    """The medians of both; ours is told the round, as what it has computed it does not do again."""
    pairs = [(took(partial(ours, i)), took(theirs)) for i in range(rounds)]
    return median([a for a, _ in pairs[1:]]), median([b for _, b in pairs[1:]])


def noise(*shape: int) -> Array:
    """Numbers from 0 to 1, the same ones each time."""
    return np.random.default_rng(1).random(shape, dtype=np.float32)


# The rows


def expressions() -> Iterator[Row]:
    """Beyond the kernels' own time, which is that of the operators called one after the other."""
    a = noise(64, 64, 64)
    given = vox.image(a, spacing=(1, 1, 1), name="a")
    with tempfile.TemporaryDirectory() as folder:
        template = Path(folder) / "template.nii"
        SimpleITK.WriteImage(SimpleITK.GetImageFromArray(a), template)
        images = {"a": Image(a, given._geometry)}
        for text, expression in {
            "volume(a > t)": lambda t: vox.ops.volume(given > t),
            "grow(a > t, a > 0.5)": lambda t: vox.ops.grow(given > t, given > 0.5).array,
        }.items():
            own = evaluation(text.replace("t,", "0.9,").replace("t)", "0.9)"), images, template)

            def ours(i: int, expression: Callable[[float], Any] = expression) -> Any:
                return expression(0.9 + 1e-6 * i)

            taken, kernels = in_turns(ours, own)
            yield Row(
                f"{text}, 64³, beyond kernels",
                1e3 * (taken.wall - kernels.wall),
                1e3 * (taken.processor - kernels.processor),
                2.0,
                "ms",
                "kernels",
                1e3 * kernels.wall,
            )


def sessions() -> Iterator[Row]:
    """A thousand expressions, each another one."""
    a = noise(64, 64, 64)
    session = vox.Session(a=vox.image(a, spacing=(1, 1, 1)))

    def ours(begin: int) -> None:
        for i in range(begin * EXPRESSIONS, (begin + 1) * EXPRESSIONS):
            session(f"volume(a > {0.5 + 1e-6 * i:.6f})")

    def theirs() -> None:
        for i in range(EXPRESSIONS):
            np.count_nonzero(a > 0.5 + 1e-6 * i)

    taken, numpy = in_turns(ours, theirs, 3)
    name = f"{EXPRESSIONS:,} expressions in a session"
    yield Row(name, *taken, 2.0, "s", "numpy", numpy.wall)


# In processes of their own: what one has held at most, after some and after all.
MEMORY = f"""
import sys
import numpy as np
import voxlogica as vox
from voxlogica.engine.tally import peak_memory

a = vox.image(np.random.default_rng(1).random((32, 32, 32), dtype=np.float32), spacing=(1, 1, 1))
session = vox.Session(a=a)
ways = {{
    "images": lambda t: (a > t).array,
    "numbers": lambda t: vox.ops.volume(a > t),
    "session": lambda t: session(f"volume(a > {{t:.6f}})"),
}}
for i in range({MANY}):
    ways[sys.argv[1]](0.5 + 1e-6 * i)
    if i == {MANY // 5}:
        some = peak_memory()
print(peak_memory() - some)
"""


def memory() -> Iterator[Row]:
    """What ten thousand expressions hold beyond what two thousand do."""
    for way in ("images", "numbers", "session"):
        command = [sys.executable, "-c", MEMORY, way]
        done = subprocess.run(command, capture_output=True, check=True, text=True)
        grown = int(done.stdout) / MEGA
        yield Row(f"memory over {MANY:,} expressions: {way}", grown, grown, MOST_GROWTH, "MB")


def importing() -> Iterator[Row]:
    """Beyond the start of the interpreter."""
    command = [sys.executable, "-c", "import voxlogica"]
    ours, bare = paired(partial(used, command), partial(used, BARE))
    wall = min(u.wall for u in ours) - min(u.wall for u in bare)
    processor = min(u.processor for u in ours) - min(u.processor for u in bare)
    start = min(u.wall for u in bare)
    yield Row("import voxlogica", wall, processor, 30.0, "ms", "python -c pass", start)


def hashing() -> Iterator[Row]:
    """Of a quarter of a gigabyte: copied and hashed, or hashed only."""
    array = noise(256, 512, 512)
    nanoseconds = 1e9 / array.nbytes
    for name, copy, limit in (("copied and hashed", True, 3.0), ("hashed", False, 2.0)):

        def ours(_: int, copy: bool = copy) -> Any:
            return vox.image(array, spacing=(1, 1, 1), copy=copy)

        taken, theirs = in_turns(ours, array.copy, 7)
        beside = theirs.wall * nanoseconds
        row = (taken.wall * nanoseconds, taken.processor * nanoseconds)
        yield Row(f"an array is {name}", *row, limit * beside, "ns/B", "array.copy()", beside)


def pictures() -> Iterator[Row]:
    """What notebooks show of a scan, and of a region over it, once it is computed."""
    array = noise(155, 240, 240)
    scan = vox.image(array, spacing=(1, 1, 1), name="scan")
    region = scan > 0.9
    region.array  # noqa: B018
    for name, image in (("scan", scan), ("region", region)):
        shown = image._repr_html_
        taken = median([took(shown) for _ in range(10)][1:])
        row = (1e3 * taken.wall, 1e3 * taken.processor)
        yield Row(f"_repr_html_ of a {name}, 240×240×155", *row, 50.0, "ms")
        size = len(shown()) / 1e3
        yield Row(f"_repr_html_ of a {name}, its length", size, size, 60.0, "kB")


PROGRAM = """param high = 0.5
print "volume" volume(scan > high)
print "mean" avg(scan, scan > high)
"""


def batches() -> Iterator[Row]:
    """A case of a batch beyond the same expressions, by the operators of `ops`."""
    scans = np.random.default_rng(1).random((CASES, 24, 24, 24), dtype=np.float32)

    def ours(i: int) -> list[float]:
        cases = ({"CASE": f"c{i}", "scan": scan} for i, scan in enumerate(scans))
        rows = vox.cases(text=PROGRAM, cases=cases, high=0.5 + 1e-3 * i, cache=False)
        return [row["mean"] for row in rows]

    def theirs() -> list[float]:
        return [float(scan[scan > 0.5].mean()) for scan in scans]

    taken, numpy = in_turns(ours, theirs, 4)
    row = (1e3 * taken.wall / CASES, 1e3 * taken.processor / CASES)
    yield Row("a case of 24³", *row, 4.0, "ms", "numpy", 1e3 * numpy.wall / CASES)


ROWS = (expressions, sessions, memory, importing, hashing, pictures, batches)


def main(word: str = "") -> int:
    """Measure, print, and compare with the limits."""
    status = 0
    print(f"{'':44}{'wall':>9}{'processor':>11}{'limit':>8}      {'yardstick':>9}")
    for rows in (rows for rows in ROWS if word in rows.__name__):
        for row in rows():
            beside = f"{row.beside:9.2f}  {row.yardstick}" if row.yardstick else ""
            print(
                f"{row.name:44}{row.wall:9.2f}{row.processor:11.2f}{row.limit:8.2f} {row.unit:5}"
                f"{beside}{'' if row.is_within else '  MORE THAN IT MAY'}",
                flush=True,
            )
            status |= not row.is_within
    return int(status)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
