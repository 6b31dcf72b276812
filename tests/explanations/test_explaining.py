"""Explanations of small programs: which terms decide, how they are called, what is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

from voxlogica import running
from voxlogica.explaining import Explaining, nearest_voxel
from voxlogica.explanations.explanation import Explanation
from voxlogica.images.geometry import Geometry
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.source import Source

PROGRAM = """
param high = 5
load img = "img.nii.gz"
let v = intensity(img)
let rank = percentiles(v, tt, 0)
let bright = v >. high
let dark = !bright
let both = bright & (v <. 9)
twice(a, n) = a *. n
let scaled = twice(v, 3)
let number = max(v)
let many = for n in [1, 2, 3] do v >. n
let any = fold || many
let third = many[2]
let top = rank >. 0.5
"""


@pytest.fixture
def explaining(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Explaining:
    monkeypatch.chdir(tmp_path)
    array = np.arange(60, dtype=np.float32).reshape(3, 4, 5) / 6
    image = SimpleITK.GetImageFromArray(array)
    image.SetSpacing((1, 2, 3))
    SimpleITK.WriteImage(image, "img.nii.gz")
    return running.explaining(Source("p.imgql", PROGRAM), cache=False)


def test_the_deciding_side_comes_first_and_the_other_is_folded(explaining: Explaining) -> None:
    found = explaining.explain("both", (0, 0, 0))
    assert (found.value, found.name, found.text) == (False, "both", "bright & (v <. 9)")
    assert found.place == "p.imgql:8:12"
    assert [part.name for part in found.because] == ["bright"]
    assert [part.text for part in found.folded] == ["v <. 9"]
    (bright,) = found.because
    assert bright.claim is not None
    assert bright.claim.to_json() == {
        "kind": "comparison",
        "sign": ">",
        "value": 0.0,
        "number": 5.0,
        "holds": False,
        "by": 5.0,
        "change": "below",
        "texts": ["v", "high"],
        "bright": None,
    }


def test_a_constant_is_explained_where_it_is_written_and_a_name_where_it_is_used(
    explaining: Explaining,
) -> None:
    found = explaining.explain("dark", (4, 3, 2))
    assert found.says == "Out, as bright is in."
    assert found.because[0].because[0].text == "intensity(img)"


def test_a_call_tells_what_it_passes_and_is_looked_into(explaining: Explaining) -> None:
    found = explaining.explain("scaled", (4, 3, 2))
    assert found.claim is not None
    assert found.claim.to_json()["arguments"] == [["a", "v", pytest.approx(59 / 6)], ["n", "3", 3]]
    (inner,) = found.because
    assert (inner.text, inner.operator) == ("a *. n", "*.")
    assert inner.because[0].name == "a"


def test_elements_of_loops_are_rounds_of_them(explaining: Explaining) -> None:
    found = explaining.explain("third", (4, 3, 2))
    assert found.says == "Element 2 of 3."
    (round_,) = found.because
    assert round_.says == "Round 3 of 3: n = 3."
    assert round_.because[0].text == "v >. n"
    any_ = explaining.explain("any", (2, 1, 0))
    assert any_.claim is not None
    assert any_.claim.to_json()["decided"] == [1 - 1]


def test_a_threshold_of_a_rank_is_told_as_brightness(explaining: Explaining) -> None:
    found = explaining.explain("top", (0, 0, 0))
    assert found.claim is not None
    assert found.claim.to_json()["bright"] == ["v", pytest.approx(31 / 6)]


def test_the_tree_is_data(explaining: Explaining) -> None:
    found = explaining.explain("both", (4, 3, 2))
    assert json.loads(json.dumps(found.to_json()))["because"][0]["operator"] == "<."
    assert all(isinstance(part, Explanation) for part in found.walk())


@pytest.mark.parametrize(
    ("name", "voxel", "message"),
    [
        ("brihgt", (0, 0, 0), "the program has no name `brihgt`"),
        ("touch", (0, 0, 0), "`touch` is an operator"),
        ("twice", (0, 0, 0), "`twice` is a function"),
        ("number", (0, 0, 0), "`number` is a number, the same at every voxel"),
        ("many", (0, 0, 0), "`many` is a sequence"),
        ("bright", (5, 0, 0), "voxel 5,0,0 is outside of `bright`, whose size is 5×4×3"),
        ("bright", (1, 1), "`bright` has 3 axes, and the voxel 2 numbers"),
    ],
)
def test_what_cannot_be_explained(
    explaining: Explaining, name: str, voxel: tuple[int, ...], message: str
) -> None:
    with pytest.raises(VoxLogicaError) as wrong:
        explaining.explain(name, voxel)
    assert message in wrong.value.diagnostics[0].message


def test_the_voxel_nearest_to_a_point() -> None:
    cosines = (-1.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0, 1.0, 0.0)
    grid = Geometry((4, 5, 6), (1.0, 2.0, 3.0), (10.0, 20.0, 30.0), cosines)
    for voxel in ((0, 0, 0), (3, 4, 5), (1, 2, 3)):
        point = [c + 0.3 for c in grid.point(voxel)]
        assert nearest_voxel(grid, point, "v") == voxel
    with pytest.raises(VoxLogicaError):
        nearest_voxel(grid, (20.0, 20.0, 30.0), "v")


def test_of_many_that_decided_nothing_some_are_shown() -> None:
    lines = 'import "geom"\nlet v = blank(3, 3, 5)\n'
    lines += "let some = fold || (for n in range(20) do v >. n)\n"
    lines += "let sum = fold + (for n in range(20) do v *. n)\n"
    with running.explaining(Source("p.imgql", lines), cache=False) as explaining:
        some, total = explaining.explain("some", (1, 1)), explaining.explain("sum", (1, 1))
    # The claim has them all.
    assert some.claim is not None
    assert len(some.claim.to_json()["sides"]) == 20
    assert len(some.folded) == 19
    text = str(some).splitlines()
    assert text[1] == "│ some = fold || (for n in range(20) do v >. n)"
    assert (
        text[2] == "│ In v >. n with n = 0, v >. n with n = 1, v >. n with n = 2, and 2 more, each"
    )
    assert text[-1] == "└╌ and 13 more"
    assert "and 12 more" in total.says
    assert len(total.because) == 8
