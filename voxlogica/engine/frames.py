"""Arrays as frames: what the store writes to disk for an image.

A frame is a series of Blosc2 chunks, one after the other, and nothing else. Dtype and shape are not
in it: the store's index has them. A region is packed to bits first.

Nothing in a frame is ever executed. Of Blosc2 only the compression of plain bytes is used, through
imagecodecs, whose import takes 8 ms; the package `blosc2` takes 250 ms for what is not used here:
its own containers (frames, tensors, `pack_array` and their like), which may hold pickles,
expressions and the names of plug-ins. A chunk, too, can name a plug-in as its codec
or filter, and the library would go as far as starting Python to find it. So the header of each
chunk is read here first, and a chunk is refused unless all it asks for is built into the library,
and it declares as many bytes as are wanted: the package writes as many as the header declares, not
as many as there is room for.

Measured on 240×240×155 voxels with blosc2 4.14 and one thread, in MB of voxels a second:

| image                        | settings            | smaller by | compress | decompress |
|------------------------------|---------------------|-----------:|---------:|-----------:|
| FLAIR as float32             | LZ4 1, bytes        |        9.9 |     2280 |       6800 |
|                              | Zstandard 1, bytes  |         16 |     1220 |       2130 |
|                              | BloscLZ 5, bytes    |        9.6 |      780 |       2990 |
| percentiles                  | LZ4 1, bytes        |        5.2 |     2800 |       7000 |
|                              | LZ4 1, bits         |        3.8 |      960 |       2000 |
|                              | Zstandard 1, bytes  |        6.6 |      580 |       1580 |
| distance transform           | LZ4 1, bytes        |        1.5 |     1450 |       4020 |
|                              | Zstandard 1, bytes  |        1.7 |      620 |       2680 |
| a thresholded image, as bits | Zstandard 1         |       13.5 |     1000 |       2230 |
|                              | LZ4 1               |        6.3 |     1290 |       4260 |

("bytes", "bits": what is shuffled before.) So numbers are kept with LZ4 and shuffled bytes, regions
with Zstandard: there are few bytes of those, and half as many is worth a millisecond. A second
thread gains nothing for so little work.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from numpy.typing import NDArray

# What an array in the store may be, always little-endian.
DTYPES = {
    "bool": "|b1",
    "uint8": "|u1",
    "int8": "|i1",
    "uint16": "<u2",
    "int16": "<i2",
    "uint32": "<u4",
    "int32": "<i4",
    "uint64": "<u8",
    "int64": "<i8",
    "float32": "<f4",
    "float64": "<f8",
}

# What one chunk is made of, but for the last: large enough that calls cost nothing, small enough
# to need no memory to speak of. Part of the format, so that few chunks cannot declare much.
_CHUNK = 16 << 20

# A Blosc2 chunk's header (README_CHUNK_FORMAT of C-Blosc2): version and codec's version, flags,
# typesize; bytes before, block size, bytes after, header included; filters, codec, its parameter;
# the filters' parameters; two bytes of further flags.
_HEADER = struct.Struct("<xxBBiii6sBB6sBB")
_TYPESIZE, _FLAGS2 = 3, 31
_EXTENDED, _DELTA, _CODEC_SHIFT = 0x05, 0x08, 5
_BUILT_IN_CODECS = {0, 1, 3, 4}  # BloscLZ, LZ4, zlib, Zstandard
_BUILT_IN_FILTERS = {0, 1, 2}  # none, shuffled bytes, shuffled bits
# What a chunk of one repeated value says of it; the fourth kind is memory left as it was.
_SPECIAL_SHIFT, _SPECIAL_MASK, _REPEATED_VALUE, _UNINITIALISED = 4, 0x70, 3, 4


class FrameError(ValueError):
    """The bytes are not a frame of the array that was expected."""


def compressed(array: NDArray[Any]) -> Iterator[bytes]:
    """The frame of an array, one chunk at a time. The dtype must be one of DTYPES."""
    import numpy as np

    codec, item = "lz4", array.dtype.itemsize
    if array.dtype == np.bool_:
        flat, codec = np.packbits(array), "zstd"
    else:
        flat = np.ascontiguousarray(array, DTYPES[array.dtype.name]).reshape(-1)
    step = _CHUNK // item
    for start in range(0, flat.size, step):
        chunk: bytes = _imagecodecs().blosc2_encode(
            flat[start : start + step],
            level=1,
            compressor=codec,
            shuffle=int(item > 1),
            numthreads=1,
        )
        if item == 1 and chunk[_FLAGS2] & _SPECIAL_MASK:
            # Single bytes are declared as items of eight, and zeros that do not fill the last one
            # are not read again.
            chunk = chunk[:_TYPESIZE] + b"\x01" + chunk[_TYPESIZE + 1 :]
        yield chunk


def decompressed(frame: bytes, dtype: str, shape: tuple[int, ...]) -> NDArray[Any]:
    """The array of a frame, given the name of its dtype and its shape; it is read-only.

    Raises FrameError when this is not its frame, before any memory is taken if the frame declares
    too much or too little.
    """
    import numpy as np

    region = dtype == "bool"
    count = math.prod(shape)
    size = -(-count // 8) if region else count * np.dtype(DTYPES[dtype]).itemsize
    chunks = list(_chunks(frame, size))
    try:
        # Zeros, so that even a chunk that decompresses to less shows no memory of this process.
        flat = np.zeros(size, np.uint8)
        for chunk, place in chunks:
            _imagecodecs().blosc2_decode(memoryview(frame)[chunk], out=flat[place], numthreads=1)
    except (RuntimeError, ValueError, MemoryError) as problem:
        raise FrameError(f"not decompressed: {problem}") from problem
    if region:
        flat = np.unpackbits(flat, count=count).view(np.bool_)
    array: NDArray[Any] = flat.view(DTYPES[dtype]).reshape(shape)
    array.flags.writeable = False
    return array


def _imagecodecs() -> Any:
    """The module, whose types say less than what it takes: arrays, and parts of bytes."""
    import imagecodecs

    return imagecodecs


def _chunks(frame: bytes, size: int) -> Iterator[tuple[slice, slice]]:
    """Where in a frame each chunk lies, and where in the `size` bytes of the array it belongs."""
    start = place = 0
    while start < len(frame):
        if len(frame) - start < _HEADER.size:
            raise FrameError("ends within a header")
        declared, length = _checked(frame, start)
        if declared != min(size - place, _CHUNK) or length > len(frame) - start:
            raise FrameError("a chunk is of another size than it should be")
        yield slice(start, start + length), slice(place, place + declared)
        start += length
        place += declared
    if place != size:
        raise FrameError(f"holds {place} bytes, not {size}")


def _checked(frame: bytes, start: int) -> tuple[int, int]:
    """How many bytes a chunk decompresses to, and how many it is; all it asks for is built in."""
    (
        flags,
        typesize,
        declared,
        block,
        length,
        filters,
        codec,
        codec_parameter,
        filter_parameters,
        more_flags,
        flags2,
    ) = _HEADER.unpack_from(frame, start)
    special = (flags2 & _SPECIAL_MASK) >> _SPECIAL_SHIFT
    harmless = (
        flags & _EXTENDED == _EXTENDED
        and not flags & _DELTA
        and flags >> _CODEC_SHIFT in _BUILT_IN_CODECS
        and codec <= max(_BUILT_IN_CODECS) + 1
        and codec_parameter == 0
        and set(filters) <= _BUILT_IN_FILTERS
        and not any(filter_parameters)
        and more_flags == 0
        and flags2 & ~_SPECIAL_MASK == 0
        and special < _UNINITIALISED
        and typesize in (1, 2, 4, 8)
        and 0 < block <= declared
        and length >= _HEADER.size + (typesize if special == _REPEATED_VALUE else 0)
    )
    if not harmless:
        raise FrameError("a chunk's header asks for what this program never writes")
    return declared, length
