"""Pictures in terminals that show pixels: by Kitty's protocol, or by sixels.

https://sw.kovidgoyal.net/kitty/graphics-protocol/ and, for sixels, chapter 14 of DEC's VT330/VT340
Programmer Reference Manual, volume 2: https://vt100.net/docs/vt3xx-gp/chapter14.html
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator

from voxlogica.images.arrays import NDArray, np

# Bytes in a part of Kitty's, as it asks for.
_PART = 4096
# How many colours sixels may have, and by how many bits a channel they are told apart at first.
_MOST, _BITS = 255, 6


def by_kitty(png: bytes) -> str:
    """What shows a PNG where the cursor is."""
    data = b64encode(png).decode("ascii")
    parts = [data[start : start + _PART] for start in range(0, len(data), _PART)]
    last = len(parts) - 1
    return "".join(
        f"\x1b_G{'a=T,f=100,q=2,' if k == 0 else ''}m={int(k < last)};{part}\x1b\\"
        for k, part in enumerate(parts)
    )


def by_sixels(pixels: NDArray[np.uint8]) -> str:
    """What shows red, green and blue, shape (height, width, 3), where the cursor is.

    Of more than 255 colours, those that are alike are one.
    """
    height, width = pixels.shape[:2]
    bits = _BITS
    while True:
        coarse = pixels >> (8 - bits)
        keys = coarse.astype(np.int32) @ np.array([1 << 2 * bits, 1 << bits, 1])
        found, first, places = np.unique(keys, return_index=True, return_inverse=True)
        if found.size <= _MOST:
            break
        bits -= 1
    percent = np.rint(pixels.reshape(-1, 3)[first] / 2.55).astype(int).tolist()
    colours = "".join(f"#{k};2;{r};{g};{b}" for k, (r, g, b) in enumerate(percent))
    rows = places.reshape(height, width)
    bands = "-".join(_band(rows[top : top + 6]) for top in range(0, height, 6))
    return f'\x1bP0;1q"1;1;{width};{height}{colours}{bands}\x1b\\'


def _band(rows: NDArray[np.intp]) -> str:
    """Six rows: for each colour in them, a character a column."""
    weights = 1 << np.arange(len(rows))
    lines = []
    for colour in np.unique(rows):
        columns = weights @ (rows == colour)
        lines.append(f"#{colour}" + "".join(_repeated(columns)))
    return "$".join(lines)


def _repeated(columns: NDArray[np.intp]) -> Iterator[str]:
    starts = np.flatnonzero(np.diff(columns, prepend=-1))
    for value, many in zip(
        columns[starts].tolist(), np.diff(starts, append=columns.size).tolist(), strict=True
    ):
        sign = chr(63 + value)
        yield f"!{many}{sign}" if many > 3 else sign * many
