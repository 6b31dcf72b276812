"""A plan carried out in parts, one after the other, is the plan carried out whole."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.eager import Maker, Program, Writer
from tests.whole.test_programs_at_random import text_of, write_images
from voxlogica import running
from voxlogica.cluster.parts import Part, plan_of, split
from voxlogica.engine.executor import execute
from voxlogica.images.image import Image
from voxlogica.language.operations import Place
from voxlogica.language.workplan import Save, WorkPlan
from voxlogica.operators.signature import Cost, Purity
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.source import Source, Span

PLACE = Place(Span(Source("p", "abc"), 0, 3))


def same(value: Any) -> Any:
    """A value as what equals exactly what is the same in every bit."""
    if isinstance(value, Image):
        array = value.array
        return array.dtype.str, array.shape, array.tobytes(), value.geometry
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [same(item) for item in value]
    return repr(value)


class Carried:
    """A plan carried out, whole or in parts: the outcome of each goal, and all that was written."""

    def __init__(self) -> None:
        self.written: list[tuple[str, Any]] = []
        self.computed: Counter[bytes] = Counter()

    def execute(self, plan: WorkPlan) -> list[Any]:
        def write(goal: Save, value: Any) -> Any:
            self.written.append((goal.path, same(value)))
            return goal.path

        return execute(plan, write, 2, lambda event: None)

    def whole(self, plan: WorkPlan) -> list[Any]:
        return [same(value) for value in self.execute(plan)]

    def in_parts(self, plan: WorkPlan, parts: Sequence[Part]) -> list[Any]:
        outcomes: dict[int, Any] = {}
        values: dict[int, Any] = {}
        for part in parts:
            found = self.execute(plan_of(plan, part, {p: values[p] for p in part.needs}))
            assert len(found) == len(part.goals) + len(part.gives)
            outcomes.update(zip(part.goals, found, strict=False))
            values.update(zip(part.gives, found[len(part.goals) :], strict=True))
        return [same(outcomes[number]) for number in range(len(plan.goals))]


def is_same_in_parts(plan: WorkPlan, groups: int) -> list[Part]:
    """The parts, which keep the laws and come to the same."""
    parts = split(plan, groups)
    keeps_the_laws(plan, parts)
    whole, apart = Carried(), Carried()
    assert whole.whole(plan) == apart.in_parts(plan, parts)
    assert sorted(whole.written) == sorted(apart.written)
    return parts


def keeps_the_laws(plan: WorkPlan, parts: Sequence[Part]) -> None:
    needed = set(plan.needed())
    by_part = Counter(itertools.chain.from_iterable(part.operations for part in parts))
    assert set(by_part) == needed
    for position, times in by_part.items():
        kind = plan.kinds[position]
        if kind.operator.purity is not Purity.PURE:
            assert times == 1
    goals = sorted(itertools.chain.from_iterable(part.goals for part in parts))
    assert goals == list(range(len(plan.goals)))
    given_by: dict[int, int] = {}
    for number, part in enumerate(parts):
        own = set(part.operations)
        assert list(part.operations) == sorted(own)
        assert not own & set(part.needs)
        assert set(part.gives) <= own
        # Each after those it needs, which says who gives it.
        assert all(need in given_by for need in part.needs)
        assert not given_by.keys() & set(part.gives)
        given_by.update(dict.fromkeys(part.gives, number))
        there = own | set(part.needs)
        assert all(set(plan.arguments(p)) <= there for p in own)
        assert all(plan.goals[goal].node in own for goal in part.goals)
        if part.at_client:
            assert not any(plan.kinds[p].is_image for p in [*own, *part.needs])
            assert all(plan.kinds[p].operator.cost <= Cost.MOMENT for p in own)
    asked = set(itertools.chain.from_iterable(part.needs for part in parts))
    assert asked == given_by.keys()


# --- Programs -------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parts")
    write_images(folder)
    chosen = np.random.default_rng(1)
    for number in range(20):
        for name in ("scan", "other"):
            image = chosen.integers(0, 100, (6, 7, 8)).astype(np.float32)
            sitk.WriteImage(sitk.GetImageFromArray(image), str(folder / f"{name}{number}.mha"))
    return folder


def planned(text: str, **options: Any) -> WorkPlan:
    return running.plan(Source("p.imgql", text), dialect=2, **options)


def cases(folder: Path, body: str, number: int = 6) -> str:
    """A program over cases: `scan(i)` and `other(i)` are its images."""
    return f"""
import "metrics"
import "simpleitk"
scan(i) = intensity(ReadImage(concat("{folder}/scan", i, ".mha")))
other(i) = intensity(ReadImage(concat("{folder}/other", i, ".mha")))
cases = range(0, {number})
{body}"""


random_programs = settings(
    deadline=None,
    max_examples=60,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


@st.composite
def programs(draw: st.DrawFn) -> Program:
    return Maker(lambda n: draw(st.integers(0, n - 1)), depth=3).program()


@random_programs
@given(programs(), st.integers(1, 9), st.booleans())
def test_random_programs(folder: Path, program: Program, groups: int, rewrites: bool) -> None:
    text = text_of(program, Writer(), "plain", folder)
    try:
        plan = planned(text, rewrites=rewrites)
    except VoxLogicaError:
        assume(False)
    try:
        Carried().whole(plan)
    except VoxLogicaError:
        assume(False)
    is_same_in_parts(plan, groups)


class TestCases:
    def test_independent_cases_are_a_part_each(self, folder: Path) -> None:
        plan = planned(
            cases(folder, 'print "d" for i in cases do dice(near(scan(i) > 50), other(i) > 50)')
        )
        parts = is_same_in_parts(plan, 2)
        assert [part.at_client for part in parts] == [False] * 6 + [True]

    def test_what_is_above_a_mean_of_all_is_a_later_part(self, folder: Path) -> None:
        body = f"""
all = for i in cases do avg(scan(i), scan(i) > 20)
level = mean(all)
save "{folder}/out.mha" for i in cases do Median(scan(i)) > level
print "level" level
"""
        plan = planned(cases(folder, body))
        parts = is_same_in_parts(plan, 2)
        assert [part.at_client for part in parts].count(True) == 1
