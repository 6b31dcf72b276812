"""What tests of the cluster share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.cluster.machines import FarWorker, skip_unless, with_another
from tests.cluster.processes import cluster


@pytest.fixture(scope="package")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FarWorker]:
    """A cluster whose worker is as on another machine."""
    folder = tmp_path_factory.mktemp("far")
    for name in ("apart", "there", "shared", "scratch"):
        (folder / name).mkdir()
    another = with_another(folder / "apart", folder / "there")
    skip_unless(*another, "true")
    with cluster(0) as running:
        running.worker(before=another, HOME="/nowhere", TMPDIR=str(folder / "scratch"))
        yield FarWorker(running, folder)
