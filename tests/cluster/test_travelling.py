"""Errands and answers come out of their bytes as they went in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from tests.cluster.by_post import are_same, errand, for_others, planned_as
from tests.cluster.in_parts import same
from voxlogica.cluster.errands import Answer, Errand, Failure, OperationDone, Saved, Sent
from voxlogica.cluster.parts import Part, plan_of
from voxlogica.cluster.travelling import (
    TravelError,
    answer_of,
    encoded_answer,
    encoded_errand,
    errand_of,
    key_of,
)
from voxlogica.dataclass import replace
from voxlogica.engine.executor import execute
from voxlogica.engine.sink import WayOfWriting
from voxlogica.images.errors import ImageFileError
from voxlogica.images.geometry import Geometry
from voxlogica.images.given import GivenImage, given_image
from voxlogica.images.image import Image
from voxlogica.images.reading import open_image
from voxlogica.images.saving import Written
from voxlogica.language.operations import Place
from voxlogica.language.workplan import Ask, Save, WorkPlan
from voxlogica.operators.literals import LOAD, NUMBER_LITERAL
from voxlogica.remarks import EmptyRule, Remark
from voxlogica.syntax.source import Source, Span

PLACE = Place(Span(Source("p", ""), 0, 0))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    rng = np.random.default_rng(7)
    for name in ("a", "b"):
        array = rng.integers(0, 200, (4, 5, 6)).astype(np.uint8)
        image = sitk.GetImageFromArray(array)
        image.SetSpacing((1.0, 1.5, 2.0))
        sitk.WriteImage(image, str(tmp_path / f"{name}.nii.gz"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def planned(text: str, rewrites: bool = True) -> WorkPlan:
    """The plan of a program as a client sends it."""
    plan = planned_as(text)
    assert not plan.errors
    return for_others(plan.finished(rewrites).plan)


def travelled(plan: WorkPlan) -> WorkPlan:
    return errand_of(encoded_errand(errand(plan)), open_image).plan


def values(plan: WorkPlan) -> list[Any]:
    return execute(plan, lambda goal, image: image, 1, lambda event: None)


PROGRAM = """
load m = "a.nii.gz"
load w = "b.nii.gz"
let v = intensity(m)
let bright = v >. 100
let grown = through(bright, v >. 60)
print "volume" volume(grown)
print "text" "héllo"
print "truth" volume(bright) .>. 3
print "list" [1, 2.5, avg(v, grown)]
save "out.nii.gz" mask(v + intensity(w), grown)
"""


def test_a_plan_is_the_same_at_a_worker(folder: Path) -> None:
    plan = planned(PROGRAM)
    found = travelled(plan)
    are_same(plan, found)
    assert list(map(same, values(plan))) == list(map(same, values(found)))


def test_an_errand_is_all_there(folder: Path) -> None:
    plan = planned(PROGRAM)
    said = Errand(
        plan,
        (str(folder / ".hidden"),),
        6,
        "/cache",
        ((str(folder / "a.nii.gz"), "ab" * 32),),
    )
    found = errand_of(encoded_errand(said), open_image)
    assert replace(found, plan=plan) == said


def test_equal_errands_are_equal_bytes_and_have_one_key(folder: Path) -> None:
    one, other = (encoded_errand(errand(planned(PROGRAM))) for _ in range(2))
    assert one == other
    assert key_of(one) == key_of(other)
    assert key_of(one).startswith("vox-") and len(key_of(one)) == 68
    assert encoded_errand(errand(travelled(planned(PROGRAM)))) == one


@pytest.mark.parametrize(
    ("image", "is_colour"), [("overlay(m, m > 100)", True), ("channel(m, 0)", False)]
)
def test_what_another_part_gives_is_a_colour_there_if_it_was(
    folder: Path, image: str, is_colour: bool
) -> None:
    plan = planned(f"""
import "simpleitk"
m = load("a.nii.gz")
print "written" WriteImage({image}, concat("out", max(intensity(m)), ".nii.gz"))
""")
    (goal,) = plan.goals
    needs = plan.arguments(goal.node)
    part = Part((goal.node,), (0,), needs, (), False)
    picture = Image(np.zeros((4, 5, 6, 3), "uint8"), open_image("a.nii.gz").geometry)
    found = travelled(plan_of(plan, part, dict(zip(needs, (picture, "out"), strict=True))))
    for one in (plan, found):
        writing = one.goals[0]
        assert (
            WayOfWriting.of(one, Save("out.nii.gz", writing.node, writing.span)).colour is is_colour
        )


def test_a_file_that_has_changed_is_told(folder: Path) -> None:
    message = encoded_errand(errand(planned(PROGRAM)))
    (folder / "a.nii.gz").write_bytes((folder / "b.nii.gz").read_bytes())
    with pytest.raises(TravelError, match=r"a\.nii\.gz\" has another content at a worker"):
        errand_of(message, open_image)
    (folder / "a.nii.gz").unlink()
    with pytest.raises(TravelError, match=r"a\.nii\.gz"):
        errand_of(message, open_image)


def test_what_the_client_keeps_cannot_travel(folder: Path) -> None:
    with pytest.raises(TypeError, match="`print` cannot travel"):
        encoded_errand(errand(planned_as('print "x" 1 + 1').plan))


def test_an_operator_that_only_this_process_has_cannot_travel() -> None:
    plan = WorkPlan()
    own = replace(NUMBER_LITERAL, name="own")
    plan.goals = [Ask(plan.add(own, (), (1.0,), None, PLACE), PLACE.span)]
    with pytest.raises(TypeError, match="the operator `own` cannot travel"):
        encoded_errand(errand(plan))


def test_an_array_that_a_program_gives_comes_along_unless_it_was_lent_and_has_changed() -> None:
    array = np.arange(12, dtype=np.float32).reshape(3, 4)
    geometry = Geometry.of_size(4, 3)
    lent = replace(given_image(array, geometry, "k", copy=False, doubts=(" is odd",)), is_lent=True)
    plan = WorkPlan()
    plan.goals = [Ask(plan.add(LOAD, (), (lent,), lent.geometry, PLACE), PLACE.span)]
    (found,) = travelled(plan).kinds[0].constants
    assert isinstance(found, GivenImage)
    assert (found, found.doubts, found.is_lent) == (lent, lent.doubts, False)
    assert found.voxels().array.tobytes() == array.tobytes()
    array[0, 0] = 7
    assert found.is_unchanged
    with pytest.raises(ImageFileError, match="`k` was changed after it was given"):
        encoded_errand(errand(plan))


def test_an_answer_comes_back_as_it_was() -> None:
    geometry = Geometry((3, 2), (1.0, -0.0 + 0.5), (0.0, -0.0), (1.0, 0.0, -0.0, 1.0), "um")
    image = Image(np.arange(6, dtype=np.float32).reshape(2, 3), geometry)
    written = Written("out.nii.gz", 0.0, 5.0, ("doubt",), "unkept")
    saved = Saved(written, ("/x/1.gz",), (Sent("1.gz", b"\0abc"),))
    answer = Answer(
        "tcp://h:1",
        (1.5, True, "text", ["a", [1.0, False, image], []], image, saved),
        (
            OperationDone(0, 0.25, "computed", 0.5, "t1"),
            OperationDone(-1, 1.0, "stored", 0.75, "t2"),
        ),
        ((3, (Remark("m", "h"), Remark("m"), EmptyRule("both"))),),
        (("/a/b", 4, b"digest"),),
        ((5, saved._replace(written=Written("w.nii", 0.0, 5.0))),),
        warned=("the store is full",),
        began=2.5,
        ended=4.0,
    )
    found = answer_of(encoded_answer(answer))
    assert replace(found, values=()) == replace(answer, values=())
    assert list(map(same, found.values)) == list(map(same, answer.values))
    assert str(found.values[4].geometry.origin) == "(0.0, -0.0)"
    failed = replace(answer, values=(), failure=Failure(2, "no", None, True, "Traceback: …"))
    assert answer_of(encoded_answer(failed)) == failed
