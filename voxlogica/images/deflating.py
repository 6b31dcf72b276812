"""Deflate, the compression inside gzip files and MetaImages: by ISA-L, or else by zlib.

Gzip files are read with every checksum and length verified.

ISA-L inflates two to three times as fast as zlib, and deflates ten times as fast to the same size;
it has levels 1 to 3 only. Both read what either writes.
"""

from __future__ import annotations

import zlib
from pathlib import Path
from typing import Any

from voxlogica.images.errors import ANEW, ImageFileError, damaged, quoted, truncated
from voxlogica.images.raw import too_short

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


def deflated(data: bytes) -> bytes:
    """One zlib stream of some bytes, as quickly as can be."""
    return bytes((_isal or zlib).compress(data, 1))


# Gzip files

_SLAB = 1 << 20
_LITTLE = 1 << 12


def is_compressed(head: bytes) -> bool:
    """Whether a file that begins so is a gzip file."""
    return head[:2] == b"\x1f\x8b"


def beginning(path: str, head: bytes, length: int) -> bytes:
    """The first `length` bytes of the content, or fewer, from the first bytes of the file."""
    content = b""
    try:
        while len(content) < length and is_compressed(head):
            member = inflater()
            content += member.decompress(head, length - len(content))
            head = member.unused_data
        return content
    except DeflateError as problem:
        raise damaged(path, cause(problem)) from problem


def check_ratio(path: str, wanted: int, compressed: int) -> None:
    """Raise ImageFileError where so few bytes cannot hold so many, however well compressed."""
    if wanted > MOST_INFLATED * max(compressed, 1):
        raise ImageFileError(
            f"{quoted(path)} is truncated, or its header is damaged: {compressed} compressed bytes"
            f" cannot hold the {wanted} that it promises",
            ANEW,
        )


def inflated(path: str, wanted: int, start: int = 0) -> bytes:
    """At least the first `wanted` bytes of what is compressed, after all of it was checked.

    The compressed data begin at byte `start` of the file. Raises ImageFileError where they end too
    soon, or a checksum does not agree.
    """
    with Path(path).open("rb") as file:
        file.seek(start)
        whole = data = memoryview(file.read())
    check_ratio(path, wanted, len(data))
    kept: list[bytes] = []
    total = 0
    # Nearly every file is one member. Of others little is given to a decompressor at first, as it
    # copies what it leaves.
    given = len(data)
    try:
        while True:
            member = inflater()
            while not member.eof:
                piece, data = data[:given], data[given:]
                chunk = member.decompress(piece, max(wanted - total, 1))
                while True:
                    if total < wanted:
                        kept.append(chunk)
                    total += len(chunk)
                    if member.eof or not (chunk or member.unconsumed_tail):
                        break
                    chunk = member.decompress(member.unconsumed_tail, max(wanted - total, _SLAB))
                if not (member.eof or data):
                    raise truncated(
                        path,
                        f"the compressed data stops after {total} bytes of its content,"
                        f" of {wanted}",
                    )
                given = min(2 * given, len(data)) if not member.eof else _LITTLE
            data = whole[len(whole) - len(data) - len(member.unused_data) :]
            if not is_compressed(bytes(data[:2])):
                break
    except DeflateError as problem:
        raise damaged(path, cause(problem)) from problem
    if total < wanted:
        raise too_short(path, wanted, total)
    return kept[0] if len(kept) == 1 else b"".join(kept)


def cause(problem: Exception) -> str:
    """What is wrong with data that cannot be inflated, as the library says it."""
    return str(problem).rpartition(": ")[2]
