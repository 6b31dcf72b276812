"""Deflate, the compression inside gzip files and MetaImages: by ISA-L, or else by zlib.

ISA-L inflates two to three times as fast as zlib, and deflates ten times as fast to the same size;
it has levels 1 to 3 only. Both read what either writes.
"""

from __future__ import annotations

import zlib
from typing import Any

_isal: Any
try:
    from isal import isal_zlib as _isal
except ImportError:  # a processor it is not made for
    _isal = None

# zlib's window bits for a gzip container (no name, no time), and for zlib's own.
_GZIP, _ZLIB = 31, 15
_ISAL_LEVELS = (1, 2, 3)

# What damaged data raise.
DeflateError: tuple[type[Exception], ...] = (zlib.error,)
if _isal is not None:
    DeflateError += (_isal.error,)


# Of so many bytes at most one is made, in a long row of equal ones.
MOST_INFLATED = 1032


def inflater(*, gzip: bool = True) -> Any:
    """The decompressor of one gzip member, or one zlib stream, as zlib's `decompressobj` gives."""
    return (_isal or zlib).decompressobj(_GZIP if gzip else _ZLIB)


def deflater(level: int) -> Any:
    """One gzip member's compressor, as zlib's `compressobj` gives; level 0 only stores."""
    library = _isal if _isal is not None and level in _ISAL_LEVELS else zlib
    return library.compressobj(level, zlib.DEFLATED, _GZIP)
