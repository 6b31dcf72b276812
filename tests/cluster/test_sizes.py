"""How large errands and answers are."""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from tests.cluster.by_post import errand, for_others, planned_as
from voxlogica.cluster.errands import Answer, OperationDone, Saved
from voxlogica.cluster.travelling import encoded_answer, encoded_errand, errand_of
from voxlogica.dataclass import replace
from voxlogica.images.reading import ImageFile
from voxlogica.images.saving import Written
from voxlogica.language.operations import Kind
from voxlogica.language.workplan import Goal, Save, WorkPlan
from voxlogica.operators.literals import LOAD

PROGRAM = Path(__file__).parents[2] / "benchmarks" / "glioma_with_texture.imgql"
FOLDER = "/mnt/shared/BraTS2020/training"


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> WorkPlan:
    """The plan of one case of the glioma program, which finds and scores a tumour."""
    folder = tmp_path_factory.mktemp("case")
    rng = np.random.default_rng(3)
    for name in ("flair", "seg"):
        scan = rng.integers(0, 200, (5, 6, 7)).astype(np.float32)
        sitk.WriteImage(sitk.GetImageFromArray(scan), str(folder / f"one_{name}.nii.gz"))
    text = PROGRAM.read_text(encoding="utf-8")
    for word, value in (("DATA", str(folder)), ("NAME", "one"), ("OUTPUT", str(folder))):
        text = text.replace(f"${word}", value)
    return for_others(planned_as(text).finished(True).plan)


def cases(one: WorkPlan, count: int) -> tuple[WorkPlan, dict[str, ImageFile]]:
    """The same of so many cases, as if each had files of its own; and these."""
    plan, files = WorkPlan(), dict[str, ImageFile]()
    for number in range(count):
        name = f"BraTS20_Training_{number:03}"
        moved: dict[int, int] = {}

        def own(identity: bytes, name: str = name) -> bytes:
            return hashlib.sha256(name.encode() + identity).digest()

        for position, kind in enumerate(one.kinds):
            arguments = tuple(moved[a] for a in one.arguments(position))
            is_kept = one.identity(kind, one.arguments(position)) != one.ids[position]
            if kind.operator is LOAD:
                (file,) = kind.constants
                assert isinstance(file, ImageFile)
                path = f"{FOLDER}/{name}/{name}_{Path(file.path).name.removeprefix('one_')}"
                digest = own(file.digest)
                files[path] = replace(file, path=path, digest=digest)
                kind = Kind.of(LOAD, 0, (files[path],), kind.form)
            span = one.places[position].span
            identity = own(one.ids[position]) if is_kept else None
            moved[position] = plan.add_of(kind, arguments, span, None, identity)
        plan.goals += [_moved(goal, moved, name) for goal in one.goals]
    return plan, files


def _moved(goal: Goal, moved: dict[int, int], name: str) -> Goal:
    node = moved[goal.node]
    if not isinstance(goal, Save):
        return replace(goal, node=node)
    path = f"/home/someone/results/{name}/{Path(goal.path).name}"
    return replace(goal, node=node, path=path)


def test_a_case_takes_two_kilobytes(case: WorkPlan) -> None:
    plan, _ = cases(case, 1)
    assert len(plan) > 40
    assert len(encoded_errand(errand(plan))) < 2_200


def test_of_many_cases_each_takes_half_a_kilobyte(case: WorkPlan) -> None:
    plan, files = cases(case, 200)
    assert len(plan) > 200 * 35
    message = encoded_errand(errand(plan))
    assert len(message) < 200 * 500
    arrived = errand_of(message, files.__getitem__).plan
    assert arrived.ids == plan.ids
    assert encoded_errand(errand(arrived)) == message


def test_what_an_answer_takes_without_images(case: WorkPlan) -> None:
    done = tuple(
        OperationDone(n, 0.01 * n, "computed", 0.5 * n, "ThreadPoolExecutor-0_1")
        for n in range(len(case))
    )
    written = Written("/results/tumour.nii.gz", 0.0, 1.0)
    saved = Saved(written, ("/results/.voxlogica-1/1.nii.gz",))
    answer = Answer("tcp://10.0.0.1:40000", (0.9, 1234.0, saved, saved), done, (), (), ())
    assert len(encoded_answer(answer)) < 1_500
