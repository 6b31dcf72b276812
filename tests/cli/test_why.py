"""`voxlogica why`: the tree, data and files; what is wrong, and the exit status."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import SimpleITK

PROGRAM = """param high = 10
load img = "img.nii.gz"
let bright = img > high
let grown = grow(img > 50, bright)
twice(a) = a | a
let number = volume(bright)
print "number" number
save "out.nii.gz" bright
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    image = SimpleITK.GetImageFromArray(np.arange(60, dtype=np.float32).reshape(3, 4, 5))
    image.SetSpacing((2, 3, 4))
    image.SetOrigin((-5, 1, 2))
    SimpleITK.WriteImage(image, "img.nii.gz")
    Path("p.imgql").write_text(PROGRAM)
    return tmp_path


def why(*arguments: str, program: str = "p.imgql") -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "voxlogica", "why", program, *arguments, "--no-cache"]
    env = {**os.environ, "PYTHONIOENCODING": "utf-8"}
    return subprocess.run(command, capture_output=True, encoding="utf-8", check=False, env=env)


def test_the_tree_fits_the_terminal_and_nothing_is_printed_or_saved():
    found = why("grown", "0,0,1")
    assert (found.returncode, found.stderr) == (0, "")
    lines = found.stdout.splitlines()
    assert lines[0] == "grown at 0,0,1: in"
    assert max(map(len, lines)) <= 80
    assert not Path("out.nii.gz").exists()


def test_what_is_set_is_told():
    found = why("bright", "1,2,0", "-D", "high=11.5")
    assert "img is 11, not more than high, which is 11.5, by 0.5." in found.stdout


def test_a_place_in_space_is_a_voxel():
    found = why("bright", "--mm", "-1.2,6.8,10.4")
    assert found.stdout.startswith("bright at 2,2,2: in")
    assert found.stdout.partition(":")[0] == why("bright", "2,2,2").stdout.partition(":")[0]


def test_data_in_a_file_beside_the_tree_or_in_its_place():
    beside = why("bright", "1,2,0", "--json", "why.json")
    alone = why("bright", "1,2,0", "--json", "-")
    assert beside.stdout.startswith("bright at 1,2,0")
    assert json.loads(alone.stdout) == json.loads(Path("why.json").read_text())
    assert json.loads(alone.stdout)["claim"]["kind"] == "comparison"


def test_marks_are_regions_on_the_grid_of_the_image():
    found = why("grown", "0,0,1", "--save", "marks")
    written = [line.removeprefix("written: ") for line in found.stderr.splitlines()]
    assert sorted(written) == sorted(str(path) for path in Path("marks").iterdir())
    scan = SimpleITK.ReadImage("img.nii.gz")
    for path in written:
        image = SimpleITK.ReadImage(path)
        assert image.GetOrigin() == scan.GetOrigin()
        assert SimpleITK.GetArrayFromImage(image).any()
    voxel = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage("marks/grown_0_0_1_voxel.nii.gz"))
    assert np.argwhere(voxel).tolist() == [[1, 0, 0]]
    path = SimpleITK.GetArrayFromImage(SimpleITK.ReadImage("marks/grown_0_0_1_1_path.nii.gz"))
    assert path[1, 0, 0]
    again = why("grown", "0,0,1", "--save", "img.nii.gz")
    assert again.returncode == 1
    assert again.stderr.startswith("error: ")


@pytest.mark.parametrize(
    ("arguments", "status", "said"),
    [
        (("brihgt", "0,0,0"), 1, "did you mean `bright`?"),
        (("number", "0,0,0"), 1, "is a number, the same at every voxel"),
        (("twice", "0,0,0"), 1, "is a function"),
        (("touch", "0,0,0"), 1, "is an operator"),
        (("bright", "5,0,0"), 1, "voxel 5,0,0 is outside of `bright`, whose size is 5×4×3"),
        (("bright", "1,1"), 1, "has 3 axes, and the voxel 2 numbers"),
        (("bright", "--mm", "100,0,0"), 1, "is outside of `bright`"),
        (("bright", "1,1,x"), 2, "is no voxel"),
        (("bright", "-1,1,1"), 2, "No such option"),
        (("bright", "--mm", "1;2;3"), 2, "is no point"),
        (("bright",), 2, "one voxel is needed"),
        (("bright", "1,1,1", "--mm", "1,1,1"), 2, "one voxel is needed"),
        (("bright", "1,1,1", "--json", "p.imgql"), 1, "it is the program"),
        (("bright", "1,1,1", "-D", "hihg=3"), 1, "hihg"),
    ],
)
def test_what_is_wrong_is_told(arguments, status, said):
    found = why(*arguments)
    assert (found.returncode, found.stdout) == (status, "")
    assert said in found.stderr
    assert "Traceback" not in found.stderr
    assert Path("p.imgql").read_text() == PROGRAM


def test_a_wrong_program_is_told_at_its_place():
    Path("wrong.imgql").write_text("let a = nothing > 3\n")
    found = why("a", "0,0,0", program="wrong.imgql")
    assert found.returncode == 1
    assert "wrong.imgql:1:9: error: unknown name `nothing`" in found.stderr


@pytest.mark.parametrize("no_colour", [False, True])
def test_colour_is_for_terminals_that_want_it(no_colour):
    ours, theirs = pty.openpty()
    env = {k: v for k, v in os.environ.items() if k not in ("NO_COLOR", "TERM")}
    env |= {"TERM": "xterm", **({"NO_COLOR": "1"} if no_colour else {})}
    command = [sys.executable, "-m", "voxlogica", "why", "p.imgql", "bright", "0,0,0", "--no-cache"]
    subprocess.run(command, stdout=theirs, env=env, check=True)
    os.close(theirs)
    shown = os.read(ours, 1 << 16).decode()
    os.close(ours)
    assert ("\x1b[" in shown) is not no_colour
