"""PNG files of small pictures, made with zlib alone.

Format: https://www.w3.org/TR/png-3/
"""

from __future__ import annotations

import struct
import zlib

from voxlogica.images.arrays import NDArray, np

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_COLOURS, _PALETTE, _COLOURS_WITH_OPACITY = 2, 3, 6
_NONE, _LEFT, _ABOVE = 0, 1, 2
# Beyond this level, a hundredth of the size costs twice the time. To compare, the fastest will do.
_LEVEL, _FASTEST = 6, 1


def palette_png(indices: NDArray[np.uint8], palette: NDArray[np.uint8]) -> bytes:
    """Pixels of shape (height, width) as places in a palette of up to 256 (red, green, blue)."""
    return _png(indices[..., np.newaxis], _PALETTE, [(b"PLTE", palette.tobytes())])


def colour_png(pixels: NDArray[np.uint8]) -> bytes:
    """Pixels of shape (height, width, 3 or 4): red, green, blue and perhaps opacity."""
    return _png(pixels, _COLOURS if pixels.shape[-1] == 3 else _COLOURS_WITH_OPACITY, [])


def _png(pixels: NDArray[np.uint8], colours: int, more: list[tuple[bytes, bytes]]) -> bytes:
    height, width = pixels.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 8, colours, 0, 0, 0)
    chunks = [(b"IHDR", header), *more, (b"IDAT", _smallest(pixels)), (b"IEND", b"")]
    return _SIGNATURE + b"".join(_chunk(*chunk) for chunk in chunks)


def _smallest(pixels: NDArray[np.uint8]) -> bytes:
    """The pixels packed, each line as it is, or as differences from the left or from above.

    Which of the three is smallest cannot be told beforehand; to try is cheap for such pictures.
    """
    before = np.zeros_like(pixels)
    before[:, 1:] = pixels[:, :-1]
    above = np.zeros_like(pixels)
    above[1:] = pixels[:-1]
    ways = ((_NONE, pixels), (_LEFT, pixels - before), (_ABOVE, pixels - above))
    smallest = min((_marked(*way) for way in ways), key=lambda d: len(zlib.compress(d, _FASTEST)))
    return zlib.compress(smallest, _LEVEL)


def _marked(how: int, lines: NDArray[np.uint8]) -> bytes:
    """Each line after the number that says how it is written."""
    flat = lines.reshape(len(lines), -1)
    return np.concatenate([np.full((len(flat), 1), how, np.uint8), flat], axis=1).tobytes()


def _chunk(name: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)
