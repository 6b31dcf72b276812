"""Errands and answers come out of their bytes as they went in."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica.cluster.errands import Answer, Done, Errand, Failure, Saved, Sent
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
from voxlogica.engine.sink import Way
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.images.reading import open_image
from voxlogica.language.planning import plan_programs
from voxlogica.language.workplan import Ask, Save, WorkPlan
from voxlogica.remarks import Remark, Ruled
from voxlogica.syntax.source import Source


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
    """The plan of a program as a client sends it: everything is asked for, or saved."""
    plan = plan_programs([Source("p", text)], definitions={}, dialect=None, open_image=open_image)
    assert not plan.errors
    whole = plan.finished(rewrites).plan
    goals = [g if isinstance(g, Save) else Ask(g.node, g.span) for g in whole.goals]
    return replace(whole, goals=goals)


def errand(plan: WorkPlan) -> Errand:
    saves = sum(isinstance(goal, Save) for goal in plan.goals)
    return Errand(plan, ("",) * saves, 1, True)


def travelled(plan: WorkPlan) -> WorkPlan:
    return errand_of(encoded_errand(errand(plan)), open_image).plan


def is_same(one: WorkPlan, other: WorkPlan) -> bool:
    """Whether two plans are the same but for places."""

    def seen(plan: WorkPlan) -> list[Any]:
        goals = [(type(g), replace(g, span=None)) for g in plan.goals]
        return [plan.ids, [plan.arguments(p) for p in range(len(plan))], goals]

    kinds = zip(one.kinds, other.kinds, strict=True)
    return seen(one) == seen(other) and all(
        (a.operator, a.head, a.tail, a.type, a.space)
        == (b.operator, b.head, b.tail, b.type, b.space)
        for a, b in kinds
    )


def values(plan: WorkPlan) -> list[Any]:
    return execute(plan, lambda goal, image: image, 1, lambda event: None)


def equal(a: Any, b: Any) -> bool:
    """Whether two values are the same, bit by bit."""
    if isinstance(a, Image):
        return (
            isinstance(b, Image)
            and a.geometry == b.geometry
            and a.array.dtype == b.array.dtype
            and a.array.tobytes() == b.array.tobytes()
        )
    if isinstance(a, list):
        return type(b) is list and len(a) == len(b) and all(map(equal, a, b))
    if isinstance(a, float) and math.isnan(a):
        return isinstance(b, float) and math.isnan(b)
    return type(a) is type(b) and a == b


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
    assert is_same(plan, found)
    assert all(map(equal, values(plan), values(found)))


def test_an_errand_is_all_there(folder: Path) -> None:
    plan = planned(PROGRAM)
    said = Errand(
        plan,
        (str(folder / ".hidden"),),
        6,
        "/cache",
        (plan.ids[1], b"\x07" * 32),
        (plan.ids[0],),
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
        assert Way.of(one, Save("out.nii.gz", writing.node, writing.span)).colour is is_colour


def test_a_file_that_has_changed_is_told(folder: Path) -> None:
    message = encoded_errand(errand(planned(PROGRAM)))
    (folder / "a.nii.gz").write_bytes((folder / "b.nii.gz").read_bytes())
    with pytest.raises(TravelError, match=r"a\.nii\.gz\" has another content at a worker"):
        errand_of(message, open_image)
    (folder / "a.nii.gz").unlink()
    with pytest.raises(TravelError, match=r"a\.nii\.gz"):
        errand_of(message, open_image)


def test_what_the_client_keeps_cannot_travel(folder: Path) -> None:
    plan = plan_programs(
        [Source("p", 'print "x" 1 + 1')], definitions={}, dialect=None, open_image=open_image
    )
    with pytest.raises(TypeError, match="`print` cannot travel"):
        encoded_errand(errand(plan.plan))


def test_an_answer_comes_back_as_it_was() -> None:
    geometry = Geometry((3, 2), (1.0, -0.0 + 0.5), (0.0, -0.0), (1.0, 0.0, -0.0, 1.0), "um")
    image = Image(np.arange(6, dtype=np.float32).reshape(2, 3), geometry)
    saved = Saved(
        "out.nii.gz", 0.0, 5.0, ("doubt",), "unkept", ("/x/1.gz",), (Sent("1.gz", b"\0abc"),)
    )
    answer = Answer(
        "tcp://h:1",
        (1.5, True, "text", ["a", [1.0, False, image], []], image, saved),
        (Done(0, 0.25, "computed", 0.5, "t1"), Done(-1, 1.0, "stored", 0.75, "t2")),
        ((3, (Remark("m", "h"), Remark("m"), Ruled("both"))),),
        (("/a/b", 4, b"digest"),),
        ((5, saved._replace(path="w.nii")),),
        warned=("the store is full",),
        began=2.5,
        ended=4.0,
    )
    found = answer_of(encoded_answer(answer))
    assert replace(found, values=()) == replace(answer, values=())
    assert all(map(equal, found.values, answer.values))
    assert str(found.values[4].geometry.origin) == "(0.0, -0.0)"
    failed = replace(answer, values=(), failure=Failure(2, "no", None, True, "Traceback: …"))
    assert answer_of(encoded_answer(failed)) == failed
