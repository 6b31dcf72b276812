"""Programs at random mean what an interpreter of their own says that evaluates them at once.

`eager.py` has that interpreter, which knows neither plans nor laziness. Where it meets an error
that the goals need, the program is refused; where it meets one that they do not, it may be.
"""

from __future__ import annotations

import itertools
import random
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests import eager
from tests.eager import FAILED, Evaluator, Maker, Program, TooLongError, Writer, is_same
from voxlogica import running
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.source import Source

PLAIN = np.arange(20, dtype=np.float32).reshape(4, 5) % 7
SPECIAL = PLAIN.copy()
SPECIAL[0, :4] = (np.nan, np.inf, -np.inf, -0.0)
SPECIAL[3, 4] = np.nan
IMAGES = {
    "plain": (PLAIN, PLAIN[::-1] - 3),
    "special": (SPECIAL, np.roll(SPECIAL, 7).reshape(4, 5) * np.float32(-1)),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("random")
    write_images(folder)
    return folder


def write_images(folder: Path) -> None:
    for name, arrays in IMAGES.items():
        for number, array in enumerate(arrays):
            sitk.WriteImage(sitk.GetImageFromArray(array), str(folder / f"{name}{number}.mha"))


def given_names(images: str) -> dict[str, Any]:
    """What the names mean that every program begins with."""
    v, w = IMAGES[images]
    return {"v0": v, "w0": w, "r0": v > 2, "q0": w <= 0}


def text_of(program: Program, writer: Writer, images: str, folder: Path) -> str:
    lines = [
        f'load m0 = "{folder}/{images}0.mha"',
        f'load m1 = "{folder}/{images}1.mha"',
        "let v0 = intensity(m0)",
        "let w0 = intensity(m1)",
        "let r0 = v0 >. 2",
        "let q0 = w0 <=. 0",
        *writer.commands(program.declarations),
    ]
    for number, (type_, tree) in enumerate(program.goals):
        goal = f'save "{folder}/out{number}.mha"' if is_image(type_) else f'print "{number}"'
        lines.append(f"{goal} {writer.text(tree)}")
    return "\n".join(lines) + "\n"


def is_image(type_: Any) -> bool:
    while isinstance(type_, tuple):
        type_ = type_[1]
    return type_ in (eager.VALUATION, eager.REGION)


def meanings(program: Program, images: str) -> tuple[list[Any], bool]:
    """What the goals mean; and whether all that the program says has a meaning."""
    evaluator, names = Evaluator(), given_names(images)
    for declaration in program.declarations:
        names = evaluator.declared(declaration, names)
    found = [evaluator.value(tree, names) for _, tree in program.goals]
    return found, evaluator.failures == 0


def is_failed(value: Any) -> bool:
    return value is FAILED or (isinstance(value, list) and any(map(is_failed, value)))


def results(text: str, program: Program, folder: Path, **options: Any) -> list[Any]:
    """What the goals come to, images read back from the files."""
    report = running.run(Source("random.imgql", text), **options)
    prints = iter(report.prints)
    layers = {Path(layer.path).name: layer.path for layer in report.layers}

    def read(path: str) -> np.ndarray:
        return sitk.GetArrayFromImage(sitk.ReadImage(path))

    found: list[Any] = []
    for number, (type_, _) in enumerate(program.goals):
        if not is_image(type_):
            found.append(next(prints).value)
        elif isinstance(type_, tuple):
            parts = (layers.get(f"out{number}_{i:03}.mha") for i in itertools.count())
            found.append([read(path) for path in itertools.takewhile(bool, parts)])
        else:
            found.append(read(layers[f"out{number}.mha"]))
    return found


def compare(program: Program, images: str, folder: Path, writer: Writer, **options: Any) -> str:
    """Run the program and hold it to its meaning; what came of it."""
    expected, is_whole = meanings(program, images)
    text = text_of(program, writer, images, folder)
    try:
        found = results(text, program, folder, **options)
    except VoxLogicaError as refused:
        assert not is_whole, f"refused: {refused}\n{text}"
        return "refused"
    for number, (a, b) in enumerate(zip(expected, found, strict=True)):
        if is_failed(a):
            # Rewrites drop what makes no difference, such as b in `ifN(b, v, v)`, and its errors.
            assert options.get("rewrites"), f"{number}: not refused, but {b}\n{text}"
        else:
            assert is_same(a, b), f"{number}: {b}, should be {a}\n{text}"
    return "whole" if is_whole else "lazy"


BRACKETS, PRECEDENCE = Writer(every_bracket=True), Writer(every_bracket=False)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    return Maker(lambda n: draw(st.integers(0, n - 1)), depth=3).program()


images = st.sampled_from(sorted(IMAGES))
random_programs = settings(
    deadline=None,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def held(program: Program, images: str, folder: Path, writer: Writer, **options: Any) -> None:
    try:
        compare(program, images, folder, writer, **options)
    except TooLongError:
        assume(False)


class TestEveryReading:
    @random_programs
    @given(programs(), images, st.booleans())
    def test_with_every_bracket_both_mean_the_same(self, folder, program, images, rewrites):
        for dialect in (1, 2):
            held(
                program, images, folder, BRACKETS,
                dialect=dialect, rewrites=rewrites, cache=False,
            )  # fmt: skip

    @random_programs
    @given(programs(), images)
    def test_with_the_brackets_that_precedence_and_grouping_leave(self, folder, program, images):
        held(program, images, folder, PRECEDENCE, dialect=2, rewrites=False, cache=False)


@settings(random_programs, max_examples=40)
@given(programs(), images)
def test_what_the_store_kept_is_the_same(folder, program, images):
    for _ in range(2):
        held(program, images, folder, PRECEDENCE, dialect=2, cache=folder / "store")


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_thousands(folder, seed):
    for number in range(500):
        chosen = random.Random(1000 * seed + number)
        program = Maker(chosen.randrange, depth=4).program()
        dialect = chosen.choice((1, 2))
        writer = BRACKETS if dialect == 1 else chosen.choice((BRACKETS, PRECEDENCE))
        try:
            compare(
                program, chosen.choice(sorted(IMAGES)), folder, writer,
                dialect=dialect, rewrites=chosen.random() < 0.5, cache=chosen.random() < 0.5,
            )  # fmt: skip
        except TooLongError:
            continue
