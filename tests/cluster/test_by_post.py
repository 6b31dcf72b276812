"""Programs of all kinds come to the same when their plans, and what comes of them, are sent."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from string import Template

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.cluster.by_post import errand, for_others, planned_as, results
from tests.eager import TooLongError
from tests.whole.test_examples import EXAMPLES, VARIABLES, module
from tests.whole.test_programs_at_random import (
    BRACKETS,
    images,
    meanings,
    programs,
    random_programs,
    text_of,
    write_images,
)
from voxlogica.cluster.travelling import encoded_errand, key_of

RNG = np.random.default_rng(11)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("images")
    write_images(folder)
    for name in ("scan", "other"):
        image = sitk.GetImageFromArray(RNG.integers(0, 250, (7, 9, 8)).astype(np.uint8))
        image.SetSpacing((1.0, 1.25, 2.5))
        sitk.WriteImage(image, str(folder / f"{name}.nii.gz"))
    large = RNG.integers(2**24, 2**24 + 9, (7, 9, 8)).astype(np.uint32)
    sitk.WriteImage(sitk.GetImageFromArray(large), str(folder / "labels.mha"))
    times = sitk.GetImageFromArray(RNG.random((3, 4, 5, 6)).astype(np.float32), isVector=False)
    sitk.WriteImage(times, str(folder / "times.nii.gz"))
    colour = sitk.GetImageFromArray(RNG.integers(0, 255, (12, 10, 3)).astype(np.uint8), True)
    sitk.WriteImage(colour, str(folder / "colour.png"))
    return folder


START = """
load scan = "$folder/scan.nii.gz"
load other = "$folder/other.nii.gz"
let v = intensity(scan)
let w = intensity(other)
let a = v >. 180
let b = w >. 120
"""
PROGRAMS = {
    "texture": """
        let found = crossCorrelation(3, v, v, a, min(v), max(v), 20) >. 0.3
        let rank = percentiles(v, b, 0)
        save "$folder/found.nii.gz" smoothen(found | rank >. 0.9, 2)
        print "thresholds" [volume(dt(a) <. 3), volume(dt(a) >=. 5), avg(v, found)]
    """,
    "filters": """
        import "simpleitk"
        let smooth = DiscreteGaussian(scan, 2)
        let pieces = ConnectedComponent(smooth > 130)
        let small = Resample(scan, [4, 4, 3], [], sitkNearestNeighbor)
        print "many" [max(intensity(pieces)), avg(smooth, tt), max(smooth + v)]
        print "small" volume((small > 100) & border)
        print "known" Statistics(scan)
        save "$folder/pieces.nii.gz" pieces
        save "$folder/small.nii.gz" small
    """,
    "components": """
        let parts = components(a & b)
        print "sizes" for part in parts do volume(part)
        print "count" count_components(a)
        print "largest" max(lcc(b)) .+. volume(through(a, b))
        save "$folder/first.nii.gz" parts[0]
    """,
    "metrics": """
        import "metrics"
        print "all" [dice(a, b), hd95_max(a, b), sensitivity(a, b), precision(a, b)]
        print "none" dice(a, v >. 999)
        assert "alike" dice(a, b) .>. 0.99
        print "quantiles" [median(v, a), quantile(v, a, 0.5), avg(v, a)]
    """,
    "tables": """
        import "strings"
        let rows = for n in range(0, 4) do [n, concat("row ", "of it"), volume(v >. n * 50) > 300]
        print "rows" rows
        save "$folder/rows.csv" rows
        save "$folder/text.txt" "naïve — текст"
    """,
    "stages": """
        let parts = components(a)
        let big = filter part in parts do volume(part) > 1
        print "big" for part in big do avg(v, part)
        print "sums" fold + 0 (for n in range(0, max(lcc(a))) do n)
        save "$folder/big.nii.gz" big
    """,
    "labels": """
        load labels = "$folder/labels.mha"
        print "exact" [volume(labels == 16777219), volume(labels > 16777220)]
    """,
    "frames": """
        load times = "$folder/times.nii.gz"
        print "frames" for n in range(0, 3) do avg(intensity(frame(times, n)), tt)
    """,
    "colours": """
        load colour = "$folder/colour.png"
        save "$folder/light.png" overlay(scan, a, b)
        save "$folder/red.png" rgb(red(colour), 0 .* green(colour), blue(colour))
        print "brightness" avg(intensity(colour), tt)
    """,
    "effects": """
        import "simpleitk"
        print "written" WriteImage(scan, "$folder/written.nii.gz")
        print "read" avg(intensity(ReadImage(concat("$folder/", "other.nii.gz"))), tt)
    """,
    "mistakes": """
        import "simpleitk"
        print "none" max(intensity(Crop(scan, [100, 100, 100])))
    """,
}


def program(name: str, folder: Path) -> str:
    return Template(START + PROGRAMS[name]).substitute(folder=folder)


@pytest.mark.parametrize("rewrites", [True, False])
@pytest.mark.parametrize("name", PROGRAMS)
def test_what_a_program_gives(name: str, rewrites: bool, folder: Path) -> None:
    text = program(name, folder)
    here = results(text, by_post=False, rewrites=rewrites)
    assert results(text, by_post=True, rewrites=rewrites) == here


def test_of_mistakes_the_same_is_told(folder: Path) -> None:
    (message,) = results(program("mistakes", folder), by_post=True)
    assert "`Crop` failed" in message


@random_programs
@given(programs(), images, st.booleans())
def test_programs_at_random_give_the_same(folder, program, images, rewrites):
    try:
        meanings(program, images)
    except TooLongError:
        assume(False)
    text = text_of(program, BRACKETS, images, folder)
    here, there = (
        results(text, by_post=way, rewrites=rewrites, dialect=2) for way in (False, True)
    )
    assert there == here, text


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["coloured_items", "region_calculus", "glioma", "head", "dataset", "filters", "cells"]
)
def test_the_examples_give_the_same(name: str, tmp_path: Path) -> None:
    module(EXAMPLES / name / "make_inputs.py").main(tmp_path / "examples" / name / "input")
    text = (EXAMPLES / name / f"{name}.imgql").read_text(encoding="utf-8")
    for word, value in VARIABLES.get(name, {}).items():
        text = text.replace(f"${word}", value)
    text = text.replace("examples/", f"{tmp_path}/examples/")
    here, there = (results(text, by_post=way) for way in (False, True))
    assert len(here) == 3
    assert there == here


KEYS = """
import sys
from tests.cluster.by_post import errand, for_others, planned_as
from voxlogica.cluster.travelling import encoded_errand, key_of

for text in sys.argv[1:]:
    plan = for_others(planned_as(text).finished(True).plan)
    print(key_of(encoded_errand(errand(plan))))
"""


def test_a_plan_is_the_same_bytes_in_every_process(folder: Path) -> None:
    same = [name for name in PROGRAMS if name not in ("stages", "effects", "mistakes")]
    texts = [program(name, folder) for name in same]
    keys = {
        subprocess.run(
            [sys.executable, "-c", KEYS, *texts],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    here = [for_others(planned_as(text).finished(True).plan) for text in texts]
    assert keys == {"".join(f"{key_of(encoded_errand(errand(plan)))}\n" for plan in here)}
