"""Gzip files, read with every checksum and length verified."""

from __future__ import annotations

from pathlib import Path

from voxlogica.images.deflating import DeflateError, inflater
from voxlogica.images.errors import ImageFileError, quoted
from voxlogica.images.parts import truncated

_SLAB = 1 << 20


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
        raise _damaged(path, problem) from problem


def inflated(path: str, wanted: int, start: int = 0) -> bytes:
    """At least the first `wanted` bytes of what is compressed, after all of it was checked.

    The compressed data begin at byte `start` of the file. Raises ImageFileError where they end too
    soon, or a checksum does not agree.
    """
    data = Path(path).read_bytes()[start:]
    kept: list[bytes] = []
    total = 0
    try:
        while True:
            member = inflater()
            chunk = member.decompress(data, max(wanted - total, 1))
            while True:
                if total < wanted:
                    kept.append(chunk)
                total += len(chunk)
                if member.eof or not (chunk or member.unconsumed_tail):
                    break
                chunk = member.decompress(member.unconsumed_tail, max(wanted - total, _SLAB))
            if not member.eof:
                raise ImageFileError(
                    f"{quoted(path)} is truncated: the compressed data stops after {total} bytes"
                    f" of its content, of {wanted}",
                    "fetch or export it anew",
                )
            data = member.unused_data
            if not is_compressed(data):
                break
    except DeflateError as problem:
        raise _damaged(path, problem) from problem
    if total < wanted:
        raise truncated(path, wanted, total)
    return kept[0] if len(kept) == 1 else b"".join(kept)


def _damaged(path: str, problem: Exception) -> ImageFileError:
    reason = str(problem).rpartition(": ")[2]
    return ImageFileError(f"{quoted(path)} is damaged: {reason}", "fetch or export it anew")
