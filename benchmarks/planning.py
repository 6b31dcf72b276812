"""What operations cost beside their own work: planning a million, running 100,000 tiny ones.

    python -m benchmarks.planning [THOUSANDS]

Each row is a process of its own. Prints seconds of processor time, microseconds an operation, and
bytes an operation at the peak of memory; exits with status 1 where 1,000,000 operations take more
than 15 s or a kilobyte each to plan, or tiny ones more than 100 µs each beyond what they take in a
plain loop. A long text, whose time goes into reading it, is held to the kilobyte only.
"""

from __future__ import annotations

import gc
import json
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from time import process_time
from typing import Any

import numpy as np
import SimpleITK

from voxlogica import running
from voxlogica.engine.executor import compute
from voxlogica.engine.run import Run
from voxlogica.engine.tally import peak_memory
from voxlogica.engine.threads import Threads
from voxlogica.images.reading import open_image
from voxlogica.language.planning import plan_programs
from voxlogica.language.rewrites import cheapest, simplified
from voxlogica.language.workplan import WorkPlan
from voxlogica.syntax.source import Source

SECONDS, BYTES, OVERHEAD = 15.0, 1000.0, 100e-6


def _doubled(step: str, start: str, power: int) -> str:
    lines = [f"let f{i + 1}(a) = f{i}(f{i}(a))" for i in range(power)]
    return "\n".join([f"let f0(a) = {step}", *lines, f"let r = f{power}({start})\n"])


def _tree(join: str, left: str, right: str, start: str, power: int) -> str:
    lines = [
        f"let t{i + 1}(a) = {join.format(f't{i}({left})', f't{i}({right})')}" for i in range(power)
    ]
    return "\n".join(["let t0(a) = a", *lines, f"let r = t{power}({start})\n"])


def _text(step: str, start: str, power: int) -> str:
    lines = [f"let a{i + 1} = {step.format(a=f'a{i}')}" for i in range(1 << power)]
    return "\n".join([f"let a0 = {start}", *lines, f"let r = a{1 << power}\n"])


def _mesh(operations: int) -> str:
    """A hundred regions a step, each made of two of the step before."""
    columns, lines = 100, [f"let r0x{j} = v >. {j}" for j in range(100)]
    rows = operations // columns
    for i in range(rows):
        step = ("and({0}, {1})", "near({0})", "not({0})")[i % 3]
        lines += [
            f"let r{i + 1}x{j} = " + step.format(f"r{i}x{j}", f"r{i}x{(7 * j + i) % columns}")
            for j in range(columns)
        ]
    return "\n".join([*lines, *(f'print "{j}" volume(r{rows}x{j})' for j in range(columns))])


TEXT = "a long text"
NUMBER, REGION = '\nprint "r" r', '\nprint "r" volume(r)'
# Each of 2 to the power operations, or somewhat more.
PLANNED: dict[str, Callable[[int], str]] = {
    "a chain of scalars": lambda n: _doubled("a .+. 1", "0", n) + NUMBER,
    "a tree of scalars": lambda n: _tree("{} .+. {}", "a .*. 2", "a .+. 1", "1", n - 1) + NUMBER,
    "a chain of images": lambda n: _doubled("near(not(a))", "v >. 1", n - 1) + REGION,
    "a tree of images": lambda n: (
        _tree("and({}, {})", "near(a)", "not(a)", "v >. 1", n - 1) + REGION
    ),
    TEXT: lambda n: _text("near(not({a}) & near({a}))", "v >. 1", n - 2) + REGION,
}
TINY = "100,000 on tiny images"


def measure(name: str, thousands: int, image: str) -> dict[str, float]:
    """One row, in this process: how many operations, and what they cost."""
    load = f'load i = "{image}"\nlet v = intensity(i)\n'
    running.run(Source("warm", load + 'print "v" volume(near(not(v >. 1)))'), cache=False)
    if name == TINY:
        return _tiny(running.plan(Source("p", load + _mesh(100 * thousands)), rewrites=False))
    text = load + PLANNED[name]((1000 * thousands - 1).bit_length())
    before, begin = peak_memory(), process_time()
    planned = plan_programs([Source("p", text)], definitions={}, dialect=1, open_image=open_image)
    operations = len(planned.plan)
    cheapest(simplified(planned.plan))
    seconds, taken = process_time() - begin, peak_memory() - before
    assert not planned.errors
    assert operations >= 1000 * thousands
    return {"operations": operations, "seconds": seconds, "bytes": taken / operations}


def _tiny(plan: WorkPlan) -> dict[str, float]:
    operations = len(plan.needed())
    before, begin = peak_memory(), process_time()
    with Run(Threads(2), lambda event: None) as run:
        prints = run.conclude(plan).prints
    seconds, taken = process_time() - begin, peak_memory() - before
    begin = process_time()
    expected = _by_itself(plan)
    overhead = seconds - (process_time() - begin)
    assert [printed.value for printed in prints] == expected, "the results differ"
    return {
        "operations": operations,
        "seconds": seconds,
        "bytes": taken / operations,
        "overhead": overhead / operations,
    }


def _by_itself(plan: WorkPlan) -> list[Any]:
    """What the goals are, by the operators alone, one after the other."""
    values: dict[int, Any] = {}
    left = Counter(a for position in plan.needed() for a in plan.arguments(position))
    left.update(goal.node for goal in plan.goals)
    for position in plan.needed():
        arguments = plan.arguments(position)
        values[position] = compute(plan.kinds[position], [values[a] for a in arguments])
        for argument in arguments:
            left[argument] -= 1
            if not left[argument]:
                del values[argument]
    return [values[goal.node] for goal in plan.goals]


def main(thousands: int = 1000) -> int:
    """Measure all rows and print them."""
    status = 0
    print(f"{'':28}{'operations':>12}{'seconds':>9}{'µs each':>9}{'bytes each':>12}")
    with tempfile.TemporaryDirectory() as folder:
        image = Path(folder) / "tiny.nii"
        tiny = SimpleITK.GetImageFromArray(np.array([[1, 2], [3, 4]], np.float32))
        SimpleITK.WriteImage(tiny, str(image))
        for name in (*PLANNED, TINY):
            command = [
                sys.executable,
                "-m",
                "benchmarks.planning",
                name,
                str(thousands),
                str(image),
            ]
            row = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
            each = row["seconds"] / row["operations"]
            beyond = row.get("overhead")
            more = "" if beyond is None else f"  {beyond * 1e6:.1f} µs beyond their own work"
            print(
                f"{name:28}{row['operations']:12,.0f}{row['seconds']:9.2f}{each * 1e6:9.1f}"
                f"{row['bytes']:12.0f}{more}",
                flush=True,
            )
            if beyond is None:
                slow = (each > SECONDS / 1e6 and name != TEXT) or row["bytes"] > BYTES
            else:
                slow = beyond > OVERHEAD
            status |= slow
    return status


if __name__ == "__main__":
    if len(sys.argv) == 4:
        gc.set_threshold(100_000)  # as the command line does
        print(json.dumps(measure(sys.argv[1], int(sys.argv[2]), sys.argv[3])))
    else:
        sys.exit(main(*map(int, sys.argv[1:])))
