"""The stores that a worker has open."""

from __future__ import annotations

import threading
from pathlib import Path

from voxlogica.cluster.stores import Stores


def writers() -> int:
    """How many threads of this process write to stores."""
    return sum(thread.name == "voxlogica-store" for thread in threading.enumerate())


def test_stores_that_no_errand_uses_are_closed_but_for_the_last_ones(tmp_path: Path) -> None:
    before, stores = writers(), Stores(meanwhile=True)
    for number in range(20):
        with stores.used(str(tmp_path / str(number))) as store:
            assert store.writer is not None
    assert writers() - before == 4
    stores.close()
    assert writers() == before


def test_errands_share_a_store_that_is_open(tmp_path: Path) -> None:
    stores = Stores(meanwhile=False)
    with stores.used(str(tmp_path / "a")) as one:
        for number in range(10):
            with stores.used(str(tmp_path / str(number))):
                pass
        with stores.used(str(tmp_path / "a")) as other:
            assert other.writer is one.writer is not None
    stores.close()


def test_one_that_could_not_be_opened_is_tried_again(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.write_text("a file in its place")
    stores = Stores(meanwhile=False)
    with stores.used(str(folder)) as store:
        assert store.writer is None
        assert store.warned
    folder.unlink()
    with stores.used(str(folder)) as store:
        assert store.writer is not None
        assert not store.warned
    stores.close()


def test_where_none_is_to_be_used_none_is() -> None:
    with Stores(meanwhile=False).used(False) as store:
        assert store.writer is None
