"""A page that does not read any more holds up nobody: a machine that sleeps, a frozen tab."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from tests.studio.studios import PROGRAM, Page, a_page, a_page_that_does_not_read, a_studio
from voxlogica.studio.server import Server

# What a socket's buffers hold, and many times that, of voxels that nothing makes smaller.
NOISE = np.random.default_rng(1).integers(0, 30_000, (160, 240, 240), np.int16)


@contextmanager
def stalled(server: Server) -> Iterator[Page]:
    """A page beside one that does not read, for which more waits than all buffers hold."""
    with a_page_that_does_not_read(server), a_page(server) as page:
        page.until_is("scan")
        yield page


@pytest.fixture
def crowded(program) -> Iterator[Server]:
    sitk.WriteImage(sitk.GetImageFromArray(NOISE), str(program.with_name("scan.nii.gz")))
    with a_studio(program) as server:
        yield server


def test_others_keep_and_save_beside_a_page_that_does_not_read(crowded, program):
    with stalled(crowded) as page:
        for name in ("one", "two", "three"):
            serial = page.ask("keep", name=name)
            assert page.until_is("kept")["kept"][-1]["name"] == name
            assert not page.until_is("said", serial)["problem"]
        edited = f"{PROGRAM}// more\n"
        page.until_is("outcome", page.ask("set", text=edited))
        page.until_is("written", page.ask("write"))
        assert program.read_text() == edited
        assert page.until_is("line", page.ask("line"))["line"].startswith("voxlogica run")


def test_a_change_outside_is_told_to_others_and_they_save(crowded, program):
    with stalled(crowded) as page:
        outside = f"{PROGRAM}// by an editor\n"
        program.write_text(outside)
        assert page.until(lambda m: m["is"] == "changed" and m["text"] == outside)
        edited = f"{outside}// more\n"
        page.until_is("outcome", page.ask("set", text=edited))
        page.until_is("written", page.ask("write"))
        program.unlink()
        page.until(lambda m: m["is"] == "said" and "no program" in m["message"])
    with a_page(crowded) as later:
        assert later.next()["text"] == edited


def test_the_studio_ends_beside_a_page_that_does_not_read(program):
    sitk.WriteImage(sitk.GetImageFromArray(NOISE), str(program.with_name("scan.nii.gz")))
    with a_studio(program) as server, stalled(server):
        ending = threading.Thread(target=server.stop, daemon=True)
        ending.start()
        ending.join(60)
        assert not ending.is_alive()


def test_a_page_that_reads_again_is_told_the_latest(crowded):
    """Of all that was kept meanwhile, at most what was under way, and then all of it."""
    with a_page(crowded) as slow, a_page(crowded) as page:
        page.until_is("scan")
        for number in range(200):
            page.ask("keep", name=f"set {number}")
            page.until_is("kept")
        told = slow.until(lambda m: m["is"] == "kept" and len(m["kept"]) == 200)
        assert told["kept"][-1]["name"] == "set 199"
