"""Explanations of programs at random: each statement is true."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests import eager
from tests.eager import FAILED, Evaluator, Maker, Program, TooLongError, Tree, Type, Writer
from tests.explanations.statements import FUNCTIONS, Checking
from voxlogica import running
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.source import Source

PLAIN = np.arange(20, dtype=np.float32).reshape(4, 5) % 7
SPECIAL = PLAIN.copy()
SPECIAL[0, :4] = (np.nan, np.inf, -np.inf, -0.0)
IMAGES = {"plain": PLAIN, "special": SPECIAL}
_MORE: dict[Type, list[tuple[Any, ...]]] = {
    eager.REGION: [
        ("call", "xor", eager.REGION, eager.REGION),
        ("call", "between", eager.NUMBER, eager.NUMBER, eager.VALUATION),
        ("infix", "\\", eager.REGION, eager.REGION),
        ("ranked", ">."),
        ("ranked", "<=."),
    ],
    eager.VALUATION: [
        ("call", "percentiles", eager.VALUATION, eager.REGION, eager.NUMBER),
        ("call", "overlayB", eager.REGION, eager.VALUATION, eager.VALUATION),
    ],
}


@dataclass(frozen=True)
class Distinct(Maker):
    """Makes programs in which no two things have one name."""

    fresh: Iterator[int] = field(default_factory=count)

    def program(self) -> Program:
        """Declarations, the last of which are images."""
        made = super().program()
        images = tuple(
            eager.Declaration(f"result{number}", (), tree)
            for number, (_, tree) in enumerate(made.goals)
        )
        return Program((*made.declarations, *images), made.goals)

    def _name(self) -> str:
        return f"n{next(self.fresh)}"

    def _of(self, choices: Any) -> Any:
        return self._name() if choices is eager._VALUE_NAMES else super()._of(choices)

    def _signature(self) -> tuple[str, tuple[str, ...], Type]:
        result = self._of(eager.SIMPLE)
        types = tuple(self._of((result, eager.NUMBER)) for _ in range(1 + self.choose(2)))
        return self._name(), tuple(self._name() for _ in types), ("function", types, result)

    def _leaf(self, wanted: Type, known: Any) -> Tree:
        if isinstance(wanted, tuple) and wanted[0] == "function":
            name, names = self._name(), tuple(self._name() for _ in wanted[1])
            inner = {**known, **dict(zip(names, wanted[1], strict=True))}
            return ("function", name, names, self._leaf(wanted[2], inner), ("name", name))
        return super()._leaf(wanted, known)

    def _ways(self, wanted: Type, known: Any) -> list[tuple[Any, ...]]:
        return super()._ways(wanted, known) + _MORE.get(wanted, [])

    def _ranked(self, wanted: Type, known: Any, depth: int, operator: str) -> Tree:
        values, region = self.tree(eager.VALUATION, known, depth), self._leaf(eager.REGION, known)
        number = ("number", self._of((0.5, 0.0, 0.9, 1.0)))
        ranks = ("call", "percentiles", (values, region, ("number", 0.0)))
        return ("infix", operator, ranks, number)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    images = (eager.REGION, eager.REGION, eager.VALUATION)
    choose = lambda n: draw(st.integers(0, n - 1))  # noqa: E731
    return Distinct(choose, depth=3, printed=images).program()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("why")
    for name, array in IMAGES.items():
        for number, one in enumerate((array, array[::-1] - 3)):
            image = SimpleITK.GetImageFromArray(np.ascontiguousarray(one))
            SimpleITK.WriteImage(image, str(folder / f"{name}{number}.mha"))
    return folder


def explained(program: Program, images: str, folder: Path, voxel: tuple[int, int]) -> Checking:
    """What was checked of the explanations of a program's images at a voxel."""
    first = IMAGES[images]
    v, w = first, first[::-1] - 3
    loaded = {"m0": v, "m1": w}
    names: dict[str, Any] = {**FUNCTIONS, **loaded, "v0": v, "w0": w, "r0": v > 2, "q0": w <= 0}
    evaluator = Evaluator()
    for declaration in program.declarations:
        names = evaluator.declared(declaration, names)
    own = [name for name in names if name.startswith(("result", "n"))]
    known = [
        name
        for name in own
        if isinstance(names[name], np.ndarray) and names[name].dtype in (bool, "float32")
    ]
    lines = [
        f'load m0 = "{folder}/{images}0.mha"',
        f'load m1 = "{folder}/{images}1.mha"',
        "let v0 = intensity(m0)",
        "let w0 = intensity(m1)",
        "let r0 = v0 >. 2",
        "let q0 = w0 <=. 0",
        *(Writer().command(one) for one in program.declarations),
    ]
    checking = Checking()
    try:
        with running.explaining(
            Source("random.imgql", "\n".join(lines)), cache=False
        ) as explaining:
            for name in known:
                if name in program_constants(program):
                    found = explaining.explain(name, voxel)
                    assert found.says is not None
                    assert str(found)
                    checking.check(json.loads(json.dumps(found.to_json())), names)
    except VoxLogicaError:
        # What has no value, some other name than these may need.
        assert evaluator.failures or any(names[n] is FAILED for n in own), "\n".join(lines)
    return checking


def program_constants(program: Program) -> set[str]:
    return {one.name for one in program.declarations if not one.parameters}


@settings(
    deadline=None,
    max_examples=80,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(programs(), st.sampled_from(sorted(IMAGES)), st.integers(0, 19))
def test_each_statement_is_true(folder: Path, program: Program, images: str, at: int) -> None:
    try:
        explained(program, images, folder, (at % 5, at // 5))
    except TooLongError:
        assume(False)
