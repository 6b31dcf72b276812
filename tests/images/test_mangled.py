"""Damaged image files end nothing but themselves: an image, or one message, and soon."""

from __future__ import annotations

import resource
import threading
from pathlib import Path

import pytest

from tests.mangled_images import KINDS, mangled
from voxlogica.images.errors import ImageFileError
from voxlogica.images.readers import kept
from voxlogica.images.reading import open_image, read_image


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_is_an_image_or_a_message(
    tmp_path: Path, kind: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with kept():
        for path in mangled(kind, tmp_path, 500):
            try:
                read_image(open_image(path))
            except ImageFileError as problem:
                assert "\n" not in problem.message
                assert "defect" not in problem.message
    assert capfd.readouterr() == ("", "")
    for thread in threading.enumerate():  # those that wait for reader processes to end
        if thread is not threading.current_thread():
            thread.join()
    for whose in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN):
        assert resource.getrusage(whose).ru_maxrss < 2_000_000, "kilobytes"
