"""Deflate, the compression inside gzip files: by ISA-L where it is installed, else by zlib.

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

# zlib's window bits for a gzip container: no name, no time.
_GZIP = 31
_ISAL_LEVELS = (1, 2, 3)
LEVELS = range(10)
# Level 3 takes twice as long as 2, and zlib's 6 ten times, to save 2 % more of real intensities.
DEFAULT_LEVEL = 2

# What damaged data raise.
DeflateError: tuple[type[Exception], ...] = (zlib.error,)
if _isal is not None:
    DeflateError += (_isal.error,)


def inflater() -> Any:
    """One gzip member's decompressor, as zlib's `decompressobj` gives."""
    return (_isal or zlib).decompressobj(_GZIP)


def deflater(level: int) -> Any:
    """One gzip member's compressor, as zlib's `compressobj` gives; level 0 only stores."""
    library = _isal if _isal is not None and level in _ISAL_LEVELS else zlib
    return library.compressobj(level, zlib.DEFLATED, _GZIP)
