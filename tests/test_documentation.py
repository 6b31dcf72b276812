"""The documentation's programs run, and print what it says they print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica import api
from voxlogica.report.values import value_text

ROOT = Path(__file__).parent.parent
SESSION = re.compile(r"```repl\n(.*?)```", re.DOTALL)
EXAMPLE = re.compile(r"```imgql\n(.*?)```(?:\n+```text\n(.*?)```)?", re.DOTALL)


def examples():
    for page in sorted([ROOT / "README.md", *(ROOT / "doc").glob("*.md")]):
        text = page.read_text(encoding="utf-8")
        for found in EXAMPLE.finditer(text):
            line = text.count("\n", 0, found.start()) + 2
            yield pytest.param(found.group(1), found.group(2), id=f"{page.name}:{line}")


@pytest.fixture
def images(tmp_path, monkeypatch):
    """The two images that the pages speak of."""
    flair = np.zeros((8, 10, 12), np.int16)
    flair[1:7, 2:8, 1:11] = 45  # a brain of 360 voxels
    flair[2:5, 3:6, 3:6] = 120  # a lesion, and beside it a smaller one
    flair[3, 4, 8:11] = 110
    flair[5, 7, 10] = 60
    image = sitk.GetImageFromArray(flair)
    image.SetSpacing((1.0, 1.0, 2.0))
    sitk.WriteImage(image, str(tmp_path / "flair.nii.gz"))
    photo = np.full((6, 8, 3), 128, np.uint8)
    photo[1:5, 0:4] = (255, 0, 0)
    photo[1:5, 4:8] = (0, 0, 255)
    sitk.WriteImage(sitk.GetImageFromArray(photo, isVector=True), str(tmp_path / "photo.png"))
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize(("program", "printed"), list(examples()))
def test_the_examples_of_the_documentation_run(program, printed, images, tmp_path):
    (tmp_path / "example.imgql").write_text(program)
    report = api.run(["example.imgql"])
    lines = [f"{p.name}={value_text(p.value)}\n" for p in report.prints]
    assert "".join(lines) == (printed or "")


def sessions():
    for page in sorted((ROOT / "doc").glob("*.md")):
        text = page.read_text(encoding="utf-8")
        for found in SESSION.finditer(text):
            line = text.count("\n", 0, found.start()) + 2
            yield pytest.param(found.group(1), id=f"{page.name}:{line}")


@pytest.mark.parametrize("conversation", list(sessions()))
def test_the_sessions_of_the_documentation_give_what_is_shown(conversation, images):
    lines = conversation.splitlines(keepends=True)
    found = subprocess.run(
        [sys.executable, "-m", "voxlogica", "repl", "--no-cache"],
        input="".join(line[2:] for line in lines if line.startswith("> ")),
        capture_output=True,
        encoding="utf-8",
        env={**os.environ, "PYTHONIOENCODING": "utf-8"},
        check=False,
    )
    assert (found.returncode, found.stderr) == (0, "")
    assert found.stdout == "".join(line for line in lines if not line.startswith("> "))
