"""What a user writes, with the types that a type checker is to find, and that values have."""

from __future__ import annotations

from pathlib import Path
from typing import Any, assert_type

import numpy as np
from numpy.typing import NDArray

import voxlogica as vox
from voxlogica import ops
from voxlogica.ops import metrics

array: NDArray[np.float32] = np.arange(210, dtype=np.float32).reshape(5, 6, 7)
drawn: NDArray[np.bool_] = array > 100


def images() -> tuple[vox.Image, vox.Region]:
    flair = vox.image(array, spacing=(1, 1, 3), name="flair")
    truth = vox.image(drawn, like=flair, name="truth")
    assert_type(flair, vox.Image)
    assert_type(truth, vox.Region)
    assert_type(flair.array, NDArray[Any])
    assert_type(flair.spacing, tuple[float, ...])
    assert_type(flair.affine, NDArray[np.float64])
    assert_type(np.asarray(flair), NDArray[Any])
    return flair, truth


def operators(flair: vox.Image, truth: vox.Region) -> None:
    for number in (flair + 1, 1 - flair, flair * flair, 2 / flair, flair**2, -flair, abs(flair)):
        assert_type(number, vox.Image)
    for region in (flair > 5, flair <= 5, flair == 3, flair != flair, truth & drawn, truth | truth):
        assert_type(region, vox.Region)
    for region in (truth ^ truth, truth - truth, ~truth):
        assert_type(region, vox.Region)


def functions(flair: vox.Image, truth: vox.Region) -> None:
    assert_type(ops.touch(truth, b=drawn), vox.Region)
    assert_type(ops.and_(truth, ops.border()), vox.Region)
    assert_type(ops.dt(truth), vox.Image)
    assert_type(ops.volume(truth), float)
    assert_type(ops.emptyB(truth), bool)
    assert_type(ops.components(truth), list[vox.Region])
    assert_type(ops.bbox(truth), list[list[float]])
    assert_type(ops.objects(ops.lcc(truth), flair), list[list[float | str]])
    assert_type(ops.unit(flair), str)
    assert_type(ops.min(flair), float)
    assert_type(ops.min(flair, truth), float)
    assert_type(ops.min(flair, 3), vox.Image)
    assert_type(ops.min(flair, flair), vox.Image)
    assert_type(ops.min(2, 3), float)
    assert_type(ops.sort([2, 1]), list[float])
    assert_type(ops.sort(["b", "a"]), list[str])
    assert_type(metrics.dice(truth, drawn), float)
    assert_type(metrics.lesions(truth, truth, dilation=1), list[float])
    assert_type(ops.region_calculus.eq(truth, truth), bool)
    assert_type(ops.strings.split("a,b"), list[str])
    assert_type(ops.geom.blank(4, 5), vox.Image)
    assert_type(ops.arrays.count_pixels(flair), list[list[float]])
    smooth = ops.simpleitk.DiscreteGaussian(flair, variance=[2, 2, 2])
    assert_type(smooth, vox.Image)
    assert_type(ops.simpleitk.sitkBall, int)


def programs(flair: vox.Image, folder: Path) -> None:
    path = folder / "flair.nii.gz"
    flair.save(path)
    assert_type(vox.read(path), vox.Image)
    program = f'param high = 9\nprint "ml" ml(flair > high)\nsave "{folder}/high.nii" flair > high'
    done = vox.run(text=program, flair=flair, high=50)
    assert_type(done, vox.Done)
    assert_type(done.images["high"], vox.Image)
    value: float = done["ml"]
    assert value > 0
    told = vox.check(text="let a = b", dialect=2)
    assert [one.severity for one in told] == ["error"]
    with vox.Session(flair=flair) as session:
        session.bright = "flair > 100"
        bright: vox.Region = session("bright")
        assert_type(bright.array, NDArray[Any])
    try:
        vox.run(text='print "a" nothing(1)')
    except vox.Error as error:
        assert_type(error.line, int | None)
        assert_type(error.hint, str | None)


def main(folder: Path) -> None:
    flair, truth = images()
    operators(flair, truth)
    functions(flair, truth)
    programs(flair, folder)
