"""A plan carried out in parts, one after the other, is the plan carried out whole."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from tests.cluster import random_plans
from tests.cluster.in_parts import Carried, images_needed, is_same_in_parts, keeps_the_laws
from tests.cluster.large_plans import TINY, Making
from tests.eager import Maker, Program, Writer
from tests.whole.test_programs_at_random import text_of, write_images
from voxlogica import running
from voxlogica.cluster.parts import Part, split
from voxlogica.language.workplan import WorkPlan
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.source import Source

CASES = 10


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Images of half a million voxels, `scan0.mha`, `other0.mha` and so on; and small ones."""
    folder = tmp_path_factory.mktemp("parts")
    write_images(folder)
    chosen = np.random.default_rng(1)
    for number in range(CASES):
        for name in ("scan", "other"):
            coarse = chosen.integers(0, 100, (2, 10, 10)).astype(np.uint8)
            image = coarse.repeat(25, 0).repeat(10, 1).repeat(10, 2)
            sitk.WriteImage(sitk.GetImageFromArray(image), str(folder / f"{name}{number}.mha"))
    return folder


@pytest.fixture(scope="module")
def small_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    random_plans.write_files(folder)
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


class TestPlansAtRandom:
    @settings(
        deadline=None,
        max_examples=60,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(st.data(), st.sampled_from([1, 2, 4, 9]))
    def test_they_come_to_the_same(
        self, small_files: Path, data: st.DataObject, groups: int
    ) -> None:
        plan = data.draw(random_plans.plans(small_files))
        parts = is_same_in_parts(plan, groups)
        assert all(images_needed(plan, part) <= 8 for part in parts)

    @pytest.mark.slow
    @settings(
        deadline=None,
        max_examples=600,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(st.data(), st.integers(1, 12))
    def test_so_do_hundreds(self, small_files: Path, data: st.DataObject, groups: int) -> None:
        is_same_in_parts(data.draw(random_plans.plans(small_files)), groups)


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
    MEAN = 'save "FOLDER/mean.mha" (fold + (for i in cases do Median(scan(i)))) / 10'

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
mean = (fold + (for i in cases do Median(scan(i)))) / 10
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


class TestWhatProgramsDo:
    def test_files_written_and_tables(self, folder: Path) -> None:
        body = """
import "strings"
found(i) = smoothen(rank(scan(i)) > 0.5, 2)
written = for i in cases do WriteImage(Cast(found(i), sitkUInt8), concat("FOLDER/w", i, ".mha"))
rows = for i in cases do [concat("case ", i), volume(found(i)), dice(found(i), other(i) > 50)]
save "FOLDER/rows.csv" append([["name", "volume", "dice"]], rows)
print "written" written
"""
        plan = plan_of_cases(folder, body, 4)
        parts = is_same_in_parts(plan, 2)
        assert len(at_workers(parts)) == 4

    def test_components_of_a_region(self, folder: Path) -> None:
        body = """
bright(i) = scan(i) > 60
print "largest" for i in cases do volume(maxvol(bright(i)))
print "touching" for i in cases do volume(touch(bright(i), other(i) > 60))
"""
        parts = is_same_in_parts(plan_of_cases(folder, body, 4), 2)
        assert len(at_workers(parts)) == 4

    def test_a_filter_of_images_of_several_cases(self, folder: Path) -> None:
        body = """
found(i) = Cast(smoothen(rank(scan(i)) > 0.5, 2), sitkUInt8)
print "votes" volume(LabelVoting(found(0), found(1), found(2), found(3)) > 0)
"""
        is_same_in_parts(plan_of_cases(folder, body), 4)

    def test_what_rests_on_no_file_is_in_each_part_that_reads_it(self, folder: Path) -> None:
        body = 'print "v" for i in cases do volume(touch(rank(scan(i)) > 0.5, border))'
        plan = plan_of_cases(folder, body)
        parts = at_workers(is_same_in_parts(plan, 4))
        assert [named(plan, part, "border") for part in parts] == [1] * CASES

    def test_nothing_but_numbers_is_for_the_client(self, folder: Path) -> None:
        (alone,) = is_same_in_parts(planned('print "a" 1 + 1\nprint "b" "x"'), 4)
        assert alone.at_client


class TestManyCases:
    def test_small_cases_are_joined_but_leave_a_part_for_each_group(self, tmp_path: Path) -> None:
        making = Making(tmp_path, TINY)
        plan = making.wanted(*[making.add("mean", making.found()) for _ in range(200)])
        for groups in (1, 8, 150, 500):
            parts = split(plan, groups)
            keeps_the_laws(plan, parts)
            assert min(groups, 200) <= len(parts) <= max(groups, 20) * 2

    def test_a_sum_of_a_thousand_images_is_a_row_of_parts(self, tmp_path: Path) -> None:
        making = Making(tmp_path)
        total = making.found()
        for _ in range(999):
            total = making.add("pass", total, making.found())
        plan = making.wanted(total)
        parts = split(plan, 8)
        keeps_the_laws(plan, parts)
        assert all(images_needed(plan, part) <= 8 for part in parts)
        assert [named(plan, part, "filter") for part in parts].count(5) == 1000
        # No more images wait at a time than one of the row needs.
        waiting: set[int] = set()
        for part in parts:
            waiting -= set(part.needs)
            waiting |= set(part.gives)
            assert len(waiting) <= 9

    def test_a_sum_in_pairs_is_cut_between_large_sums(self, tmp_path: Path) -> None:
        making = Making(tmp_path)
        row = [making.found() for _ in range(1024)]
        while len(row) > 1:
            row = [making.add("pass", a, b) for a, b in zip(row[::2], row[1::2], strict=True)]
        parts = split(making.wanted(*row), 8)
        keeps_the_laws(making.plan, parts)
        assert [named(making.plan, part, "filter") for part in parts] == [640] * 8 + [0]

    def test_an_atlas_is_computed_first_for_all(self, tmp_path: Path) -> None:
        making = Making(tmp_path)
        atlas = making.add("filter", making.scan())
        cases = [making.add("mix", making.found(), making.found(), atlas) for _ in range(500)]
        plan = making.wanted(*[making.add("mean", case) for case in cases])
        first, *parts = split(plan, 8)
        keeps_the_laws(plan, [first, *parts])
        assert first.gives == (atlas,)
        assert [part.needs for part in parts] == [(atlas,)] * 500

    def test_numbers_handed_from_case_to_case_leave_the_filters_apart(self, tmp_path: Path) -> None:
        making = Making(tmp_path)
        level = making.add("mean", making.scan())
        for _ in range(300):
            found = making.found()
            level = making.add("measure", making.add("above", found, level), found)
        parts = split(making.wanted(level), 8)
        keeps_the_laws(making.plan, parts)
        assert sum(named(making.plan, part, "filter") == 5 for part in parts) > 250

    def test_all_pairs_of_many(self, tmp_path: Path) -> None:
        making = Making(tmp_path)
        left, right = ([making.found() for _ in range(40)] for _ in range(2))
        plan = making.wanted(*[making.add("measure", a, b) for a in left for b in right])
        parts = split(plan, 8)
        keeps_the_laws(plan, parts)
        assert all(images_needed(plan, part) <= 8 for part in parts)
        assert sum(named(plan, part, "filter") > 0 for part in parts) == 80


def test_the_split_is_the_same_in_every_process(folder: Path) -> None:
    body = """
found(i) = smoothen(rank(scan(i)) > 0.5, 2)
print "d" for i in cases do dice(found(i), found(0))
save "FOLDER/mean.mha" (fold + (for i in cases do Median(scan(i)))) / 10
"""
    expected = split(plan_of_cases(folder, body), 4)
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from tests.cluster.test_parts import plan_of_cases, split\n"
        "print(split(plan_of_cases(Path(sys.argv[1]), sys.argv[2]), 4))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(folder), body],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(__file__).parents[2],
        env={**os.environ, "PYTHONHASHSEED": "1"},
    )
    assert done.stdout == f"{expected}\n"
