"""What all tests share."""

from __future__ import annotations

import gc
import subprocess
import sys
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
    if find_spec("numba") and find_spec("voxlogica.kernels.building"):
        subprocess.run([sys.executable, "-m", "voxlogica.kernels.building"], check=True)
        tables.ship(tables.grammar_folder())


@pytest.fixture(autouse=True)
def a_store_of_its_own(tmp_path_factory, monkeypatch):
    """No test sees results that another kept, nor the user's own."""
    monkeypatch.setenv("VOXLOGICA_CACHE", str(tmp_path_factory.mktemp("cache")))


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
