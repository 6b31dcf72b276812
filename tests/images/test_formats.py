"""A file format is one module and one row: what doc/contributing.md says of adding one is done."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from voxlogica.images.formats import FORMATS, content_suffix

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def extended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the package with the format of the documentation."""
    manual = (ROOT / "doc" / "contributing.md").read_text()
    _, _, manual = manual.partition("# Adding a file format")
    module, row = re.findall(r"```python\n(.*?)```", manual, re.DOTALL)[:2]
    folder = tmp_path_factory.mktemp("extended")
    shutil.copytree(ROOT / "voxlogica", folder / "voxlogica", symlinks=True)
    if (ROOT / "grammar").is_dir():
        shutil.copytree(ROOT / "grammar", folder / "grammar")
    images = folder / "voxlogica" / "images"
    (images / "pgm.py").write_text(module)
    table = (images / "formats.py").read_text()
    assert table.count("\n)\n\nFORMATS") == 1
    (images / "formats.py").write_text(table.replace("\n)\n\nFORMATS", f"\n{row},)\n\nFORMATS"))
    return folder


def run(package: Path, folder: Path, program: str) -> str:
    (folder / "a.imgql").write_text(program)
    done = subprocess.run(
        [sys.executable, "-P", "-m", "voxlogica", "run", "--no-cache", "a.imgql"],
        cwd=folder,
        env={"PYTHONPATH": str(package), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def test_a_program_loads_and_saves_it(extended: Path, tmp_path: Path) -> None:
    (tmp_path / "a.pgm").write_bytes(b"P5#as some\n# write it\n3 2\n65535\n" + bytes(range(12)))
    said = run(extended, tmp_path, 'load a = "a.pgm"\nprint "max" max(a)\nsave "b.pgm" a <. 1000')
    assert "max=2571" in said, said
    assert (tmp_path / "b.pgm").read_bytes() == b"P5 3 2 255\n" + bytes([255, 255, 0, 0, 0, 0])


@pytest.mark.parametrize(
    "name, content, said",
    [
        ("a.pgm", b"P5 30000 20000 255\n\0", "is truncated: its header promises 600000019 bytes"),
        ("a.pgm", b"P5 0 2 255\n\0", "is damaged: its header is none of PGM"),
        ("a.pgm", b"P5 1 1 65536\n\0\0", "is damaged: its header is none of PGM"),
        ("a.pgm", b"\x89PNG\r\n\x1a\n", "is not a PGM file: its content is PNG"),
        ("a.tif", b"P5 1 1 255\n\0", "its content is PGM"),
        ("a.dat", b"P5 1 1 255\n\0", "its content looks like PGM: rename it to end in .pgm"),
    ],
)
def test_what_is_wrong_with_a_file_is_told(
    extended: Path, tmp_path: Path, name: str, content: bytes, said: str
) -> None:
    (tmp_path / name).write_bytes(content)
    assert said in run(extended, tmp_path, f'load a = "{name}"\nprint "max" max(a)')


def test_what_it_cannot_hold_is_told_before_anything_runs(extended: Path, tmp_path: Path) -> None:
    (tmp_path / "a.pgm").write_bytes(b"P5 1 1 255\n\0")
    said = run(extended, tmp_path, 'load a = "a.pgm"\nsave "b.pgm" rgb(a, a, a)')
    assert "PGM cannot hold 3 components a voxel" in said, said


def test_each_row_has_a_module_with_a_reader_and_a_way_to_be_written() -> None:
    for form in FORMATS.values():
        module = form.reading_and_writing()
        assert callable(module.opened)
        assert not form.written or form.library or callable(module.encoded)


def test_dicom_is_known_whatever_its_preamble_begins() -> None:
    assert content_suffix(b"II*\0".ljust(128, b"\0") + b"DICM") == ".dcm"
