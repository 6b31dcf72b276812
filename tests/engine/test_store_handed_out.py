"""Arrays that Python is given are its own: nothing done to them changes a later result."""

from __future__ import annotations

import contextlib
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica import running
from voxlogica.dialogue import Dialogue
from voxlogica.engine.store_opening import open_store
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image

DECLARED = """
load f = "f.nii.gz"
let v = intensity(f)
let far = dt(v > 50)
"""
EXPRESSIONS = ["f", "v", "far", "v > 50", "percentiles(v, v > 10, 0)", "sitk_blur", "border"]
MEASURED = "".join(
    f'print "{name}" {name}\n' for name in ("max(far)", "volume(v > 50)", "max(v)", "avg(v, v > 1)")
)


def assigned(array: np.ndarray[Any, Any]) -> None:
    array[:] = 7


def made_writable(array: np.ndarray[Any, Any]) -> None:
    array.flags.writeable = True
    array[:] = 7


def through_its_bases(array: np.ndarray[Any, Any]) -> None:
    base: Any = array
    while base is not None:
        if isinstance(base, np.ndarray):
            base.flags.writeable = True
            base[:] = 7
        base = base.obj if isinstance(base, memoryview) else getattr(base, "base", None)


def through_a_view(array: np.ndarray[Any, Any]) -> None:
    view = array.view(np.uint8)
    view.setflags(write=True)
    view[:] = 7


def sorted_in_place(array: np.ndarray[Any, Any]) -> None:
    array.reshape(-1).sort()


def reshaped_in_place(array: np.ndarray[Any, Any]) -> None:
    array.shape = (array.size,)
    array.dtype = np.dtype("i1")


def by_numpy(array: np.ndarray[Any, Any]) -> None:
    np.add(array, 7, out=array)


WAYS: list[Callable[[np.ndarray[Any, Any]], None]] = [
    assigned,
    made_writable,
    through_its_bases,
    through_a_view,
    sorted_in_place,
    reshaped_in_place,
    by_numpy,
]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    voxels = np.random.default_rng(1).integers(0, 100, (20, 60, 60)).astype(np.float32)
    sitk.WriteImage(sitk.GetImageFromArray(voxels), "f.nii.gz")


def session() -> Dialogue:
    found = Dialogue(dialect=2, cache="store")
    found.enter('import "simpleitk"')
    found.load("f", "f.nii.gz")
    found.enter(DECLARED.replace('load f = "f.nii.gz"\n', ""))
    found.enter("let sitk_blur = DiscreteGaussian(f)")
    return found


def shown(of: Dialogue, expression: str) -> np.ndarray[Any, Any]:
    (value,) = of.enter(expression).values
    assert isinstance(value.value, Image)
    return value.value.array


@pytest.mark.parametrize("way", WAYS)
def test_nothing_done_to_an_array_changes_a_result(way):
    with session() as reference:
        right = {each: shown(reference, each).copy() for each in EXPRESSIONS}
        printed = {p.name: p.value for p in reference.enter(MEASURED).prints}
    # As computed, and as read from the store.
    for _ in range(2):
        with session() as one:
            for each in EXPRESSIONS:
                with contextlib.suppress(ValueError, TypeError):  # that is refused is as good
                    way(shown(one, each))
                assert np.array_equal(shown(one, each), right[each])
            assert {p.name: p.value for p in one.enter(MEASURED).prints} == printed
    done = subprocess.run(
        [sys.executable, "-m", "voxlogica", "run", "-", "--cache", "store"],
        input=DECLARED + MEASURED,
        capture_output=True,
        text=True,
        check=True,
    )
    later = dict(line.split("=") for line in done.stdout.splitlines())
    assert {name: float(value) for name, value in later.items()} == printed
    with open_store(running.Path("store").absolute(), warn=pytest.fail) as store:
        found = store.verify()
        assert found.checked > 0
        assert found.damaged == ()


def test_an_image_takes_its_array_over_as_read_only():
    array = np.zeros((2, 3), np.float32)
    image = Image(array, Geometry.of_size(3, 2))
    with pytest.raises(ValueError, match="read-only"):
        image.array[:] = 7
    assert array.flags.writeable  # whose array it was may still use it
    sealed = image.sealed()
    assert np.shares_memory(sealed.array, array)
    with pytest.raises(ValueError, match="cannot set WRITEABLE"):
        sealed.array.flags.writeable = True
