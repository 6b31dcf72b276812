"""A user's script has the types that it says, for a type checker and when it runs."""

from __future__ import annotations

import doctest
import subprocess
import sys
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin

import pytest

from tests.interface import users_script

ROOT = Path(__file__).parents[2]
SCRIPT = Path(users_script.__file__)
MISTAKES = """
import voxlogica as vox
from voxlogica import ops

flair = vox.read("flair.nii.gz")
ops.touch(flair, flair > 1)
ops.volume(flair > 1, 2)
ops.tuch(flair > 1, flair > 2)
text: str = ops.volume(flair > 1)
ops.simpleitk.Expand(flair, interpolater=1)
vox.raed
"""


def strictly_checked(script: Path, cache: Path) -> str:
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", str(cache), str(script)]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT).stdout


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def test_mypy_finds_them(cache):
    assert strictly_checked(SCRIPT, cache) == "Success: no issues found in 1 source file\n"


def test_what_the_documentation_shows_has_types(cache, tmp_path):
    examples = doctest.DocTestParser().get_examples((ROOT / "doc/python.md").read_text("utf-8"))
    assert len(examples) > 30
    page = tmp_path / "page.py"
    page.write_text("".join(example.source for example in examples))
    assert strictly_checked(page, cache) == "Success: no issues found in 1 source file\n"


@pytest.mark.parametrize("name", ["segmentation", "make_notebook"])
def test_the_notebook_has_types(name, cache):
    script = ROOT / f"examples/notebook/{name}.py"
    assert strictly_checked(script, cache) == "Success: no issues found in 1 source file\n"


def test_mypy_finds_mistakes(cache, tmp_path):
    script = tmp_path / "mistakes.py"
    script.write_text(MISTAKES)
    told = strictly_checked(script, cache)
    assert {int(line.split(":")[1]) for line in told.splitlines()[:-1]} == {6, 7, 8, 9, 10, 11}


def test_values_have_them(tmp_path, monkeypatch):
    seen = []

    def is_one(value: object, said: Any) -> None:
        seen.append(said)
        assert has_type(value, said), f"{value!r} is no {said}"

    monkeypatch.setattr(users_script, "assert_type", is_one)
    users_script.main(tmp_path)
    assert len(seen) > 50


def has_type(value: object, said: Any) -> bool:
    """Whether a value is of a type, with the elements of lists and tuples."""
    origin, within = get_origin(said), get_args(said)
    if origin is UnionType:
        return any(has_type(value, one) for one in within)
    if origin in (list, tuple):
        return isinstance(value, origin) and all(has_type(one, within[0]) for one in value)
    return isinstance(value, origin or said)
