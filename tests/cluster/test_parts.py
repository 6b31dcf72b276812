"""A plan carried out in parts, one after the other, is the plan carried out whole."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.cluster.in_parts import Carried, images_needed, is_same_in_parts
from tests.eager import Maker, Program, Writer
from tests.whole.test_programs_at_random import text_of, write_images
from voxlogica import running
from voxlogica.cluster.parts import Part
from voxlogica.language.workplan import WorkPlan
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.source import Source

CASES = 12


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images of a million voxels, `scan0.mha`, `other0.mha` and so on; and small ones."""
    folder = tmp_path_factory.mktemp("parts")
    write_images(folder)
    chosen = np.random.default_rng(1)
    for number in range(CASES):
        for name in ("scan", "other"):
            coarse = chosen.integers(0, 100, (4, 10, 10)).astype(np.uint8)
            image = coarse.repeat(25, 0).repeat(10, 1).repeat(10, 2)
            sitk.WriteImage(sitk.GetImageFromArray(image), str(folder / f"{name}{number}.mha"))
    return folder


def planned(text: str, **options: Any) -> WorkPlan:
    return running.plan(Source("p.imgql", text), dialect=2, **options)


def plan_of_cases(folder: Path, body: str, number: int = CASES) -> WorkPlan:
    """The plan of a program over cases: `scan(i)` and `other(i)` are its images."""
    return planned(f"""
import "metrics"
import "simpleitk"
scan(i) = intensity(ReadImage(concat("{folder}/scan", i, ".mha")))
other(i) = intensity(ReadImage(concat("{folder}/other", i, ".mha")))
rank(v) = percentiles(v, v > 2, 0)
cases = range(0, {number})
{body.replace("FOLDER", str(folder))}""")


def named(plan: WorkPlan, part: Part, name: str) -> int:
    """How many operations of an operator are in a part."""
    return sum(plan.kinds[p].operator.name == name for p in part.operations)


def at_workers(parts: Sequence[Part]) -> list[Part]:
    return [part for part in parts if not part.at_client]


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
        Carried().whole(plan)
    except VoxLogicaError:
        assume(False)
    is_same_in_parts(plan, groups)


class TestCases:
    def test_independent_cases_are_a_part_each(self, folder: Path) -> None:
        body = 'print "d" for i in cases do dice(near(rank(scan(i)) > 0.5), other(i) > 50)'
        plan = plan_of_cases(folder, body)
        *cases, numbers = is_same_in_parts(plan, 4)
        assert len(cases) == CASES
        assert all(not part.needs and named(plan, part, "load") == 2 for part in cases)
        assert numbers.at_client
        assert len(numbers.needs) == CASES

    def test_what_rests_on_a_mean_of_all_is_a_later_part(self, folder: Path) -> None:
        body = """
all = for i in cases do avg(scan(i), scan(i) > 20)
level = mean(all)
save "FOLDER/out.mha" for i in cases do Median(scan(i)) > level
print "level" level
"""
        plan = plan_of_cases(folder, body)
        parts = is_same_in_parts(plan, 4)
        # What takes a moment of each case is not worth a journey of its own.
        clients = [part.at_client for part in parts]
        assert clients == [False] * (CASES // 2) + [True] + [False] * CASES
        # The scan is read again rather than sent, and the filter waits for the mean.
        assert all(not images_needed(plan, part) for part in parts)
        filters = [named(plan, part, "simpleitk.Median") for part in parts]
        assert filters == [0] * (CASES // 2 + 1) + [1] * CASES

    def test_what_is_shared_by_all_cases_is_computed_once_and_first(self, folder: Path) -> None:
        body = """
atlas = rank(scan(0)) > 0.5
print "d" for i in cases[1:] do dice(smoothen(rank(scan(i)) > 0.5, 2), atlas)
"""
        plan = plan_of_cases(folder, body)
        first, *cases, _ = is_same_in_parts(plan, 4)
        assert len(first.gives) == 1
        assert len(cases) == CASES - 1
        assert all(part.needs == first.gives for part in cases)

    def test_numbers_of_a_scan_are_in_the_part_of_the_scan_that_reads_them(
        self, folder: Path
    ) -> None:
        body = """
level(i) = (max(other(i)) + median(other(i), other(i) > 3)) / max(scan(i))
print "v" for i in cases do volume(smoothen(scan(i) > level(i) * 50, 2))
"""
        plan = plan_of_cases(folder, body)
        parts = is_same_in_parts(plan, 4)
        assert len(at_workers(parts)) == CASES

    def test_numbers_of_one_scan_that_all_read_come_first(self, folder: Path) -> None:
        body = """
level = median(other(0), other(0) > 3)
print "v" for i in cases do volume(smoothen(rank(scan(i)) * 100 > level, 2))
"""
        plan = plan_of_cases(folder, body)
        first, *cases, _ = is_same_in_parts(plan, 4)
        assert named(plan, first, "medianOf") == 1
        assert all(part.needs == first.gives for part in cases)
        assert len(cases) == CASES


class TestFewCases:
    def test_a_sweep_on_one_case_is_as_many_parts_as_there_are_groups(self, folder: Path) -> None:
        body = """
shown = rank(scan(0))
print "d" for i in range(0, 40) do dice(smoothen(shown > i / 40, 3), other(0) > 50)
"""
        plan = plan_of_cases(folder, body)
        for groups in (2, 4):
            first, *parts, last = is_same_in_parts(plan, groups)
            assert named(plan, first, "percentiles") == 1
            assert len(parts) == groups
            assert all(len(part.needs) <= 2 for part in parts)
            assert last.at_client
        (alone,) = is_same_in_parts(plan, 1)
        assert not alone.needs

    def test_the_best_of_a_sweep_is_saved_in_the_end(self, folder: Path) -> None:
        body = """
shown = rank(scan(0))
found(i) = smoothen(shown > i / 40, 3)
scores = for i in range(0, 40) do dice(found(i), other(0) > 50)
best = argmax(scores)
save "FOLDER/best.mha" smoothen(shown > best / 40, 3)
print "best" best
"""
        is_same_in_parts(plan_of_cases(folder, body), 4)

    def test_a_case_is_not_cut_where_that_saves_nothing(self, folder: Path) -> None:
        body = """
shown = rank(scan(0))
found = smoothen(shown > 0.5, 2)
print "d" dice(found, other(0) > 50)
print "v" volume(found)
"""
        for groups in (1, 8):
            (alone,) = is_same_in_parts(plan_of_cases(folder, body), groups)
            assert len(alone.goals) == 2


class TestImagesInWhichCasesMeet:
    MEAN = 'save "FOLDER/mean.mha" (fold + (for i in cases do Median(scan(i)))) / 12'

    def test_a_mean_image_is_a_row_of_parts_after_those_of_the_cases(self, folder: Path) -> None:
        plan = plan_of_cases(folder, self.MEAN)
        parts = is_same_in_parts(plan, 4)
        assert sum(named(plan, part, "simpleitk.Median") == 1 for part in parts) == CASES
        assert all(images_needed(plan, part) <= 8 for part in parts)
        assert len(parts) == CASES + 2

    def test_scans_are_not_cut_off_that_are_read_in_less_time_than_they_travel(
        self, folder: Path
    ) -> None:
        plan = plan_of_cases(folder, self.MEAN.replace("Median", ""))
        assert len(is_same_in_parts(plan, 4)) == 1

    def test_each_case_may_be_held_against_the_mean(self, folder: Path) -> None:
        body = (
            self.MEAN
            + """
each(i) = Median(scan(i))
mean = (fold + (for i in cases do Median(scan(i)))) / 12
print "above" for i in cases do volume(smoothen(each(i) > mean, 2))
"""
        )
        plan = plan_of_cases(folder, body)
        parts = is_same_in_parts(plan, 4)
        assert sum(named(plan, part, "simpleitk.Median") == 1 for part in parts) == CASES
        assert all(images_needed(plan, part) <= 8 for part in parts)

    def test_all_pairs(self, folder: Path) -> None:
        body = """
a(i) = smoothen(rank(scan(i)) > 0.5, 2)
b(i) = smoothen(rank(other(i)) > 0.5, 2)
print "d" for i in cases do for j in cases do dice(a(i), b(j))
"""
        plan = plan_of_cases(folder, body, 6)
        parts = is_same_in_parts(plan, 4)
        assert all(images_needed(plan, part) <= 8 for part in parts)
        assert len(at_workers(parts)) >= 12
