"""The examples of the manuals are right, with names that mean what they seem to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica import running
from voxlogica.operators import namespace, namespaces, registry
from voxlogica.syntax.source import Source

NAMES = """
load img = "scan.nii.gz"
load segmentation = "scan.nii.gz"
load labels = "scan.nii.gz"
load photo = "photo.png"
let v = intensity(img)
let w = v +. 1
let a = v >. 0
let b = v >. 1
let brain = a
let background = b
let tumour = a
let found = a
let truth = b
"""
EVERY = [("", registry()), *((own, namespace(own)) for own in namespaces() if own != "simpleitk")]
EXAMPLES = sorted(
    {
        (space, operator.example)
        for space, known in EVERY
        for overloads in known.values()
        for operator in overloads
        if operator.example
    }
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("examples")
    (made / "cases").mkdir()
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((4, 5, 6), np.int16)), made / "scan.nii.gz")
    colours = sitk.GetImageFromArray(np.zeros((5, 6, 3), np.uint8), isVector=True)
    sitk.WriteImage(colours, made / "photo.png")
    return made


@pytest.mark.parametrize(("space", "example"), EXAMPLES)
def test_it_is_right(space, example, folder, monkeypatch):
    monkeypatch.chdir(folder)
    text = (f'import "{space}"' if space else "") + f"{NAMES}let x = {example}"
    told = running.check(Source("example.imgql", text), dialect=1)
    assert [d.message for d in told if d.severity == "error"] == []
