"""What the tests of the studio share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.studio.studios import PROGRAM, a_studio, write_scan
from voxlogica.studio.server import Server


@pytest.fixture
def program(tmp_path, monkeypatch) -> Path:
    """A program beside its scan, in a folder of its own, which is the working directory."""
    folder = tmp_path / "work"
    folder.mkdir()
    monkeypatch.chdir(folder)
    write_scan(folder / "scan.nii.gz")
    (folder / "bright.imgql").write_text(PROGRAM)
    return folder / "bright.imgql"


@pytest.fixture(scope="module")
def lasting_server(tmp_path_factory) -> Iterator[Server]:
    """The studio of a module's tests that leave it as it was: each takes a moment to end."""
    folder = tmp_path_factory.mktemp("work")
    write_scan(folder / "scan.nii.gz")
    # Each of these tests has a working directory of its own: the scan is found from any.
    (folder / "bright.imgql").write_text(PROGRAM.replace("scan.nii.gz", f"{folder}/scan.nii.gz"))
    with a_studio(folder / "bright.imgql") as found:
        yield found


@pytest.fixture
def server(program) -> Iterator[Server]:
    """A studio of that program."""
    with a_studio(program) as found:
        yield found
