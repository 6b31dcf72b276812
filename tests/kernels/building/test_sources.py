"""When the library is built anew: after changes of code, not of what is written for people."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

sources = pytest.importorskip("voxlogica.kernels.building.sources")


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    """A copy of the kernels, whose digest it is from here on."""
    copy = tmp_path / "kernels"
    shutil.copytree(sources.KERNELS, copy, ignore=lambda *_: ["__pycache__", "kernels.so"])
    monkeypatch.setattr(sources, "KERNELS", copy)
    return copy


def changed(path: Path, before: str, after: str) -> bool:
    """Whether the digest is another one when a text stands for one that is in the file."""
    text, digest = path.read_text(), sources.digest()
    assert before in text
    path.write_text(text.replace(before, after))
    return sources.digest() != digest


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("voxelwise.py", "The voxels that are not in the region.", "What is outside."),
        ("voxelwise.py", "# The table, by the heading in the manuals.", "# The table."),
        ("blocks.py", "What an expression has in between", "What is in between"),
        ("building/levels.py", "\n\n", "\n\n\n"),
    ],
)
def test_what_is_written_for_people_is_no_part_of_it(folder, file, before, after):
    assert not changed(folder / file, before, after)


@pytest.mark.parametrize(
    ("file", "before", "after"),
    [
        ("voxelwise.py", '"region ^ True"', '"region ^ False"'),
        ("voxelwise.py", "MOST_IMAGES = 6", "MOST_IMAGES = 7"),
        ("blocks.py", "range(", "range(1, "),
        ("building/levels.py", "from __future__ import annotations", "import os"),
    ],
)
def test_all_code_is(folder, file, before, after):
    assert changed(folder / file, before, after)


def test_another_module_is_too(folder):
    digest = sources.digest()
    (folder / "another.py").write_text('"""Empty."""\n')
    assert sources.digest() != digest
