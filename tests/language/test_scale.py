"""What large plans cost in memory; nothing is timed."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from voxlogica import running
from voxlogica.engine.executor import execute
from voxlogica.syntax.source import Source

POWER = 12


@pytest.fixture
def traced() -> Iterator[None]:
    running.run(Source("warm", 'let f(a) = a .+. 1\nprint "x" f(2)'), cache=False)
    tracemalloc.start()
    yield
    tracemalloc.stop()


def doubling(step: str, start: str) -> str:
    """A short program of 2^POWER calls of `step`, one after the other, in functions."""
    lines = [f"let f{i + 1}(a) = f{i}(f{i}(a))" for i in range(POWER)]
    return "\n".join([f"let f0(a) = {step}", *lines, f"let r = f{POWER}({start})\n"])


def spreading(join: str, left: str, right: str, start: str) -> str:
    """A short program of a binary tree with 2^POWER leaves."""
    lines = [
        f"let t{i + 1}(a) = {join.format(f't{i}({left})', f't{i}({right})')}" for i in range(POWER)
    ]
    return "\n".join(["let t0(a) = a", *lines, f"let r = t{POWER}({start})\n"])


def written_out(step: str, start: str) -> str:
    """A long program of 2^POWER lines."""
    lines = [f"let a{i + 1} = {step.replace('a', f'a{i}')}" for i in range(1 << POWER)]
    return "\n".join([f"let a0 = {start}", *lines, f"let r = a{1 << POWER}\n"])


@pytest.fixture
def image(tmp_path: Path) -> str:
    path = tmp_path / "tiny.nii"
    SimpleITK.WriteImage(
        SimpleITK.GetImageFromArray(np.array([[1, 2], [3, 4]], np.float32)), str(path)
    )
    return f'load i = "{path}"\nlet v = intensity(i)\n'


SCALARS = {
    "a deep chain": doubling("a .+. 1", "0"),
    "a wide tree": spreading("{} .+. {}", "a .*. 2", "a .+. 1", "1"),
}
IMAGES = {
    "a deep chain": doubling("near(not(a))", "v >. 1"),
    "a wide tree": spreading("and({}, {})", "near(a)", "not(a)", "v >. 1"),
}


@pytest.mark.parametrize("shape", SCALARS)
@pytest.mark.usefixtures("traced")
def test_numbers_are_planned_in_less_than_a_kilobyte_an_operation(shape: str) -> None:
    before, _ = tracemalloc.get_traced_memory()
    plan = running.plan(Source("p", SCALARS[shape] + 'print "r" r'), rewrites=False)
    _, peak = tracemalloc.get_traced_memory()
    assert len(plan) > 1 << POWER
    assert peak - before < 1000 * len(plan)


@pytest.mark.parametrize("shape", IMAGES)
@pytest.mark.usefixtures("traced")
def test_images_are_planned_in_less_than_a_kilobyte_an_operation(shape: str, image: str) -> None:
    text = image + IMAGES[shape] + 'print "r" volume(r)'
    before, _ = tracemalloc.get_traced_memory()
    plan = running.plan(Source("p", text), rewrites=False)
    _, peak = tracemalloc.get_traced_memory()
    assert len(plan) > 1 << POWER
    assert peak - before < 1000 * len(plan)


@pytest.mark.usefixtures("traced")
def test_a_long_text_is_let_go_of_when_it_is_planned(image: str) -> None:
    text = image + written_out("not(a)", "v >. 1") + 'print "r" volume(r)'
    before, _ = tracemalloc.get_traced_memory()
    plan = running.plan(Source("p", text), rewrites=False)
    after, peak = tracemalloc.get_traced_memory()
    # The syntax tree of a line takes more than its operation does in the plan.
    assert peak - before < 1250 * len(plan)
    assert after - before < 400 * len(plan)


@pytest.mark.usefixtures("traced")
def test_operations_on_tiny_images_run_in_less_than_a_kilobyte_each(image: str) -> None:
    # Each region is used by two others, so there is no chain to speak of.
    rows, columns = 30, 50
    lines = [f"let r0x{j} = v >. {j}" for j in range(columns)]
    for i in range(rows):
        step = ("and({a}, {b})", "near({a})", "not({a})")[i % 3]
        for j in range(columns):
            a, b = f"r{i}x{j}", f"r{i}x{(7 * j + i) % columns}"
            lines.append(f"let r{i + 1}x{j} = {step.format(a=a, b=b)}")
    prints = [f'print "{j}" volume(r{rows}x{j})' for j in range(columns)]
    plan = running.plan(Source("p", image + "\n".join([*lines, *prints])), rewrites=False)
    # What is imported and compiled on the way is not the operations'.
    execute(plan, lambda goal, image: None, 2, lambda event: None)
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    values = execute(plan, lambda goal, image: None, 2, lambda event: None)
    _, peak = tracemalloc.get_traced_memory()
    assert peak - before < 1000 * len(plan)
    assert len(values) == columns
