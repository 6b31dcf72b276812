"""Gzip files, read with every checksum and length verified."""

from __future__ import annotations

from pathlib import Path

from voxlogica.images.deflating import MOST_INFLATED, DeflateError, inflater
from voxlogica.images.errors import ImageFileError, quoted
from voxlogica.images.parts import truncated

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
        raise _damaged(path, problem) from problem


def check_ratio(path: str, wanted: int, compressed: int) -> None:
    """Raise ImageFileError where so few bytes cannot hold so many, however well compressed."""
    if wanted > MOST_INFLATED * max(compressed, 1):
        raise ImageFileError(
            f"{quoted(path)} is truncated, or its header is damaged: {compressed} compressed bytes"
            f" cannot hold the {wanted} that it promises",
            "fetch or export it anew",
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
                    raise ImageFileError(
                        f"{quoted(path)} is truncated: the compressed data stops after {total}"
                        f" bytes of its content, of {wanted}",
                        "fetch or export it anew",
                    )
                given = min(2 * given, len(data)) if not member.eof else _LITTLE
            data = whole[len(whole) - len(data) - len(member.unused_data) :]
            if not is_compressed(bytes(data[:2])):
                break
    except DeflateError as problem:
        raise _damaged(path, problem) from problem
    if total < wanted:
        raise truncated(path, wanted, total)
    return kept[0] if len(kept) == 1 else b"".join(kept)


def _damaged(path: str, problem: Exception) -> ImageFileError:
    reason = str(problem).rpartition(": ")[2]
    return ImageFileError(f"{quoted(path)} is damaged: {reason}", "fetch or export it anew")
