"""What all tests share."""

from __future__ import annotations

import pytest


@pytest.fixture(autouse=True)
def a_store_of_its_own(tmp_path_factory, monkeypatch):
    """No test sees results that another kept, nor the user's own."""
    monkeypatch.setenv("VOXLOGICA_CACHE", str(tmp_path_factory.mktemp("cache")))
