"""What of Blosc2 the store relies on: chunks that Blosc2 itself makes and reads."""

from __future__ import annotations

import blosc2
import numpy as np
import pytest

from voxlogica.engine.frames import DTYPES, FrameError, compressed, decompressed

# Of the first stores, as Blosc2's C library gave them.
OLD_NUMBERS = bytes.fromhex(
    "050125049001000090010000b800000000000000000101000000000000000000240000000000000000000000"
    "640000000080004080a0c0e0001020304050607080889098a0a8b0b8c0c8d0d8e0e8f0f80004080c1014181c"
    "2024282c3034383c4044484c5054585c6064686c7074787c80828486888a8c8e90929496989a9c9ea0a2a4a6"
    "a8aaacaeb0b2b4b6b8babcbec0c2c4c620000000fb02003f40404040404041414141414141414109001f4201"
    "002b504242424242"
)
OLD_REGION = bytes.fromhex(
    "05019501f4010000f40100004000000000000000000005000000000000000000240000001800000028b52ffd"
    "60f40075000038810204081020400100ea528b11"
)


def test_chunks_of_the_first_stores_are_read():
    numbers = decompressed(OLD_NUMBERS, "float32", (4, 25))
    assert np.array_equal(numbers, np.arange(100, dtype=np.float32).reshape(4, 25))
    assert np.array_equal(decompressed(OLD_REGION, "bool", (4000,)), np.arange(4000) % 7 == 0)


def image(dtype: str, size: int) -> np.ndarray:
    rising = np.cumsum(np.random.default_rng(size).integers(0, 3, size))
    return (rising % 2 == 0) if dtype == "bool" else rising.astype(DTYPES[dtype])


def packed(array: np.ndarray) -> np.ndarray:
    return np.packbits(array) if array.dtype == bool else array.view(np.uint8)


@pytest.mark.parametrize("dtype", ["bool", "uint8", "int16", "float32", "float64"])
@pytest.mark.parametrize("size", [1, 7, 4096, 1 << 20])
class TestBlosc2:
    def test_it_reads_what_is_written(self, dtype, size):
        array = image(dtype, size)
        (chunk,) = compressed(array)
        into = np.zeros(packed(array).size, np.uint8)
        blosc2.decompress2(chunk, dst=into)
        assert np.array_equal(into, packed(array))

    def test_what_it_writes_is_read(self, dtype, size):
        array = image(dtype, size)
        item = array.dtype.itemsize
        chunk = blosc2.compress2(
            packed(array),
            codec=blosc2.Codec.ZSTD if dtype == "bool" else blosc2.Codec.LZ4,
            clevel=1,
            typesize=item,
            filters=[blosc2.Filter.SHUFFLE if item > 1 else blosc2.Filter.NOFILTER],
            filters_meta=[0],
        )
        assert np.array_equal(decompressed(chunk, dtype, array.shape), array)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [*range(1, 20), 100, 350, 4097, 1_000_003])
def test_images_of_one_value_are_read(dtype, size):
    for value in (0, 1):
        array = np.full(size, value, DTYPES[dtype])
        frame = b"".join(compressed(array))
        found = decompressed(frame, dtype, array.shape)
        assert found.dtype == array.dtype
        assert np.array_equal(found, array)


@pytest.mark.parametrize("size", [99, 101])
def test_a_chunk_of_another_size_is_an_error(size):
    (chunk,) = compressed(np.zeros(100, np.uint8))
    with pytest.raises(FrameError):
        decompressed(chunk, "uint8", (size,))


def test_a_chunk_that_ends_too_soon_is_an_error():
    (chunk,) = compressed(image("float32", 5000))
    with pytest.raises(FrameError):
        decompressed(chunk[:-1], "float32", (5000,))
