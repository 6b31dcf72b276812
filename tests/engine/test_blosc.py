"""The C library and the package make and read the same chunks."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from voxlogica.engine.blosc import _Library, _Package, compressor

BOTH = (compressor(), _Package())


@pytest.mark.parametrize(("one", "other"), list(itertools.product(BOTH, repeat=2)))
@pytest.mark.parametrize(("codec", "shuffled"), [("lz4", 4), ("lz4", 2), ("zstd", 1)])
@pytest.mark.parametrize("size", [1, 7, 4096, 1 << 20])
def test_what_one_compresses_the_other_decompresses(one, other, codec, shuffled, size):
    data = np.cumsum(np.random.default_rng(size).integers(0, 3, size)).astype(np.uint8)
    chunk = one.compress(data, codec, shuffled)
    into = np.zeros_like(data)
    other.decompress(memoryview(chunk), into)
    assert np.array_equal(into, data)


def test_the_library_is_found_where_the_package_brings_it():
    assert isinstance(compressor(), _Library)


@pytest.mark.parametrize("room", [99, 101])
def test_a_chunk_that_does_not_fit_is_an_error(room):
    chunk = compressor().compress(np.zeros(100, np.uint8), "lz4", 1)
    with pytest.raises(RuntimeError):
        compressor().decompress(memoryview(chunk), np.empty(room, np.uint8))
