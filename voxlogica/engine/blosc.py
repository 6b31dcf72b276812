"""Blosc2's compression of bytes, and nothing else of it.

Importing the package `blosc2` takes 0.15 to 0.3 s, nearly all of it for parts that are not used
here. So its C library, which it brings along, is called directly, by the interface that blosc2.h
documents; where that is not found, the package is imported after all.
"""

from __future__ import annotations

import ctypes
import importlib.util
import threading
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Codec = Literal["lz4", "zstd"]

# What a chunk may take more than what is in it (BLOSC2_MAX_OVERHEAD).
_OVERHEAD = 32
_LEVEL = 1


class Compressor(Protocol):
    """Compresses to chunks, and back. Safe for any thread; other threads run meanwhile."""

    def compress(self, data: NDArray[np.uint8], codec: Codec, shuffled: int) -> bytes:
        """A chunk of contiguous bytes; `shuffled` is the size of the items whose bytes are sorted
        by significance first, 1 for none. Raises RuntimeError."""
        ...

    def decompress(self, chunk: memoryview, into: NDArray[np.uint8]) -> None:
        """Fill an array with what a chunk holds. Raises RuntimeError if that does not fit."""
        ...


@cache
def compressor() -> Compressor:
    """The C library if it is found, else the package."""
    found = importlib.util.find_spec("blosc2")
    folders = (found.submodule_search_locations if found else None) or ()
    for folder in folders:
        for path in sorted(Path(folder, "lib").glob("libblosc2.*")):
            if path.suffix in (".so", ".dylib", ".dll"):
                try:
                    return _Library(ctypes.CDLL(str(path)))
                except (OSError, AttributeError):  # not for this machine, or of another interface
                    continue
    return _Package()


class _Library:
    """C-Blosc2."""

    def __init__(self, library: ctypes.CDLL) -> None:
        number, pointer = ctypes.c_int32, ctypes.c_void_p
        self._choose = library.blosc1_set_compressor
        self._choose.argtypes = [ctypes.c_char_p]
        self._compress = library.blosc2_compress
        self._compress.argtypes = [
            *(ctypes.c_int, ctypes.c_int, number, pointer, number, pointer, number)
        ]
        self._decompress = library.blosc2_decompress
        self._decompress.argtypes = [pointer, number, pointer, number]
        library.blosc2_init()
        # The codec is chosen for the whole library.
        self._lock = threading.Lock()

    def compress(self, data: NDArray[np.uint8], codec: Codec, shuffled: int) -> bytes:
        """See Compressor."""
        import numpy as np

        chunk = np.empty(data.nbytes + _OVERHEAD, np.uint8)
        with self._lock:
            self._choose(codec.encode())
            size = self._compress(
                _LEVEL,
                int(shuffled > 1),
                shuffled,
                data.ctypes.data,
                data.nbytes,
                chunk.ctypes.data,
                chunk.nbytes,
            )
        if size <= 0:
            raise RuntimeError(f"Blosc2 does not compress: error {size}")
        return chunk[:size].tobytes()

    def decompress(self, chunk: memoryview, into: NDArray[np.uint8]) -> None:
        """See Compressor."""
        import numpy as np

        source = np.frombuffer(chunk, np.uint8)
        size = self._decompress(source.ctypes.data, source.nbytes, into.ctypes.data, into.nbytes)
        if size != into.nbytes:
            raise RuntimeError(f"Blosc2 does not decompress: error {size}")


class _Package:
    """Python-Blosc2."""

    def __init__(self) -> None:
        import blosc2

        # Without this, the other threads would stand still while one compresses.
        blosc2.set_releasegil(True)
        self._blosc2: Any = blosc2

    def compress(self, data: NDArray[np.uint8], codec: Codec, shuffled: int) -> bytes:
        """See Compressor."""
        blosc2 = self._blosc2
        shuffle = blosc2.Filter.SHUFFLE if shuffled > 1 else blosc2.Filter.NOFILTER
        chunk: bytes = blosc2.compress2(
            data,
            codec=blosc2.Codec[codec.upper()],
            clevel=_LEVEL,
            typesize=shuffled,
            filters=[shuffle],
            filters_meta=[0],
            nthreads=1,
        )
        return chunk

    def decompress(self, chunk: memoryview, into: NDArray[np.uint8]) -> None:
        """See Compressor."""
        self._blosc2.decompress2(chunk, dst=into, nthreads=1)
