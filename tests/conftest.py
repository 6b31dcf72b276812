"""What all tests share."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from hypothesis import HealthCheck, settings

from voxlogica.images.readers import kept
from voxlogica.syntax import tables

# How long anything takes is no matter of tests.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


def pytest_sessionstart(session):
    """Kernels that were changed since are built first, where Numba is there; so are tables."""
    if hasattr(session.config, "workerinput"):
        return  # of several processes that run tests, the first one builds
    if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
        # Each of the hundreds of processes that tests start would compile all that it imports, half
        # of what they take: they keep it where nobody else does, as long as the tests run.
        bytecode = tempfile.TemporaryDirectory(prefix="bytecode-")
        session.config.add_cleanup(bytecode.cleanup)
        os.environ["PYTHONPYCACHEPREFIX"] = bytecode.name
    if find_spec("numba") and find_spec("voxlogica.kernels.building"):
        subprocess.run([sys.executable, "-m", "voxlogica.kernels.building"], check=True)
        tables.ship(tables.grammar_folder())


def pytest_collection_finish():
    """Tests make half a million objects, which Python would search for cycles again and again."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(100_000)  # as the command line does


@pytest.fixture(autouse=True, scope="session")
def a_folder_and_a_store_that_are_nobodys(tmp_path_factory):
    """What a module's fixtures write and keep is neither in the checkout nor the user's."""
    with pytest.MonkeyPatch.context() as changed:
        changed.chdir(tmp_path_factory.mktemp("session"))
        changed.setenv("VOXLOGICA_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(autouse=True)
def a_store_and_a_folder_of_its_own(tmp_path_factory, monkeypatch):
    """No test sees what another kept, nor what the user did, and none writes where it began."""
    own = tmp_path_factory.mktemp("own")
    for name in ("cache", "folder"):
        (own / name).mkdir()
    monkeypatch.setenv("VOXLOGICA_CACHE", str(own / "cache"))
    monkeypatch.chdir(own / "folder")


@pytest.fixture
def dots(tmp_path, monkeypatch) -> Path:
    """The working directory, with an image of 5×4 voxels, three of them 200."""
    monkeypatch.chdir(tmp_path)
    array = np.zeros((4, 5), np.uint8)
    array[1, 1:4] = 200
    sitk.WriteImage(sitk.GetImageFromArray(array), "dots.png")
    return tmp_path


@pytest.fixture(autouse=True, scope="module")
def readers_that_stay():
    """The process that decodes images for one test serves the next: it takes long to start."""
    with kept():
        yield


@pytest.fixture(autouse=True, scope="module")
def sessions_that_are_let_go_of():
    """What sessions hold that a module has dropped is at hand for no other."""
    yield
    dropped = sys.modules.get("voxlogica.interface.dropped")
    if dropped is not None:
        gc.collect()
        dropped.let_go()
