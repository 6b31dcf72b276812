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


@pytest.fixture(scope="module")
def errors(tmp_path_factory) -> dict[str, list[str]]:
    """What mypy, which is started once, finds in each script."""
    folder = tmp_path_factory.mktemp("scripts")
    examples = doctest.DocTestParser().get_examples((ROOT / "doc/python.md").read_text("utf-8"))
    assert len(examples) > 30
    page, mistakes = folder / "page.py", folder / "mistakes.py"
    page.write_text("".join(example.source for example in examples))
    mistakes.write_text(MISTAKES)
    notebook = [ROOT / f"examples/notebook/{name}.py" for name in ("segmentation", "make_notebook")]
    scripts = [SCRIPT, page, *notebook, mistakes]
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir=/dev/null", *scripts]
    done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
    *told, summary = done.stdout.splitlines()
    assert summary.endswith(f"in 1 file (checked {len(scripts)} source files)")
    found: dict[str, list[str]] = {script.name: [] for script in scripts}
    for line in told:
        found[Path(line.split(":")[0]).name].append(line)
    return found


@pytest.mark.parametrize("script", ["users_script", "segmentation", "make_notebook"])
def test_a_script_has_types(script, errors):
    assert errors[f"{script}.py"] == []


def test_what_the_documentation_shows_has_types(errors):
    assert errors["page.py"] == []


def test_mypy_finds_mistakes(errors):
    assert {int(line.split(":")[1]) for line in errors["mistakes.py"]} == {6, 7, 8, 9, 10, 11}


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
