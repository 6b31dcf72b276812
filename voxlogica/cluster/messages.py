"""Messages as bytes: a header that says what they are, data, and arrays.

    4 bytes    what it is: an errand or its answer, a question or the reply to it
    2 bytes    the number of this format
    1 byte     how long voxlogica's version is, which comes then
    16 bytes   XXH3-128 of all that follows
    8 bytes    how long the document is, which comes then: msgpack
    …          what is large, one after the other: arrays as frames, and files

The document has the geometries, how long each of the large ones is, and the content. There is
nothing in it but numbers, texts, bytes and lists of these; nothing is executed, or named that could
be. What is not exactly what would have been written is a `TravelError`.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Literal, TypeVar

from voxlogica.dataclass import dataclass, field
from voxlogica.engine.frames import DTYPES, compressed, decompressed
from voxlogica.images.arrays import NDArray, np
from voxlogica.images.geometry import Geometry
from voxlogica.version import __version__

T = TypeVar("T")

# Raised when messages are made in another way.
_FORMAT = 1
_MAGIC = {"errand": b"VOXE", "answer": b"VOXA", "question": b"VOXQ", "reply": b"VOXR"}
_START = struct.Struct("<4sHB")
_REST = struct.Struct("<16sQ")
# Names of files that are no text keep their bytes, and strings whatever they are of.
_TEXT = "surrogatepass"
_UNITS = ("mm", "um", "px")
# No more of a text is repeated, so that few bytes cannot become many.
_LONGEST = 4096
# What has the bits of arrays of which there are no frames.
_SAME_BITS = {"complex64": "float32", "complex128": "float64", "float16": "uint16"}

Subject = Literal["errand", "answer", "question", "reply"]
_TO_WORKERS: tuple[Subject, ...] = ("errand", "question")


class TravelError(Exception):
    """A message that cannot be used: what is wrong with it, and how to mend that.

    Where it is that a `file` cannot be read, or is another, that is its path at the client.
    """

    def __init__(self, message: str, hint: str | None = None, file: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.file = file


@dataclass(slots=True)
class Packing:
    """What a message has beside its content: it grows while the content is made."""

    geometries: dict[bytes, int] = field(default_factory=dict)
    large: list[bytes] = field(default_factory=list)

    def geometry(self, geometry: Geometry) -> int:
        """The number of a geometry, bit by bit: what is equal may still be another."""
        n = len(geometry.size)
        numbers = (*geometry.spacing, *geometry.origin, *geometry.direction)
        packed = struct.pack(
            f"<BB{n}q{2 * n + n * n}d", _UNITS.index(geometry.unit), n, *geometry.size, *numbers
        )
        return self.geometries.setdefault(packed, len(self.geometries))

    def array(self, array: NDArray[Any]) -> list[Any]:
        """The type and shape of an array, which is added to what is large."""
        name, shape = array.dtype.name, array.shape
        plain = array.astype(array.dtype.newbyteorder("="), order="C", copy=False)
        if name in _SAME_BITS:
            # A scalar's worth of bits for each number; complex ones are pairs.
            plain = plain.reshape(-1).view(_SAME_BITS[name])
        elif name not in DTYPES:
            raise TypeError(f"an array of {name} cannot travel")
        self.large.append(b"".join(compressed(plain)))
        return [name, *shape]

    def sealed(self, subject: Subject, content: list[Any]) -> bytes:
        """The message."""
        import msgpack

        document = msgpack.packb(
            [list(self.geometries), [len(one) for one in self.large], content],
            unicode_errors=_TEXT,
        )
        version = __version__.encode()
        return b"".join(
            [
                _START.pack(_MAGIC[subject], _FORMAT, len(version)),
                version,
                _digest(document, self.large),
                struct.pack("<Q", len(document)),
                document,
                *self.large,
            ]
        )


class Unpacking:
    """A message that is taken apart: its content, and what else it has."""

    def __init__(self, subject: Subject, message: bytes) -> None:
        document, self._rest = _opened(subject, message)
        with damage(subject):
            geometries, lengths, self.content = read_list(_data(document), 3)
            self.geometries = [_geometry(packed) for packed in read_list(geometries)]
            self._lengths: Iterator[int] = iter([read_count(n) for n in read_list(lengths)])
            if sum(read_list(lengths)) != len(self._rest):
                raise ValueError("of another length than it says")
        self._at = 0

    def large(self) -> bytes:
        """The next of what is large."""
        length = next(self._lengths, None)
        if length is None:
            raise ValueError("less than it says")
        begin, self._at = self._at, self._at + length
        return bytes(self._rest[begin : self._at])

    def array(self, dtype: object, shape: tuple[int, ...]) -> NDArray[Any]:
        """The next of what is large, as an array of a type, by name, and shape; it is read-only."""
        if not isinstance(dtype, str) or dtype not in (*DTYPES, *_SAME_BITS):
            raise ValueError("of no type of arrays")
        if dtype not in _SAME_BITS:
            return decompressed(self.large(), dtype, shape)
        bits, of = _SAME_BITS[dtype], np.dtype(dtype)
        count = math.prod(shape) * of.itemsize // np.dtype(bits).itemsize
        return decompressed(self.large(), bits, (count,)).view(of).reshape(shape)

    def end(self) -> None:
        """Raise ValueError where there is more than was taken."""
        if next(self._lengths, None) is not None:
            raise ValueError("more than it says")


@contextmanager
def damage(subject: Subject) -> Iterator[None]:
    """Within, what data may be that is not what was written is told as a TravelError."""
    try:
        yield
    except (ValueError, TypeError, LookupError, OverflowError, RecursionError, struct.error) as p:
        raise _damaged(subject, str(p)) from p


def _damaged(subject: Subject, why: str) -> TravelError:
    return TravelError(
        f"{_ARTICLES[subject]} between client and worker is damaged: {why}",
        "run the program again; where that does not help, look at the network between them",
    )


_ARTICLES: Mapping[Subject, str] = {
    "errand": "an errand",
    "answer": "an answer",
    "question": "a question",
    "reply": "a reply",
}


def _opened(subject: Subject, message: bytes) -> tuple[memoryview, memoryview]:
    """The document of a message, and what is large."""
    # What comes from a network may be of another class, and anywhere in memory.
    view = memoryview(message).cast("B")
    if len(view) < _START.size or len(view) < _START.size + view[_START.size - 1]:
        raise _damaged(subject, "it is cut short")
    magic, number, length = _START.unpack_from(view)
    if magic != _MAGIC[subject]:
        raise _damaged(subject, "it begins as none of voxlogica's does")
    version = bytes(view[_START.size : _START.size + length])
    if number != _FORMAT or version != __version__.encode():
        theirs = version.decode("ascii", "backslashreplace")
        there, here = ("client", "worker") if subject in _TO_WORKERS else ("worker", "client")
        raise TravelError(
            f"a {there} has voxlogica {theirs} (messages of format {number}), the {here}"
            f" {__version__} (format {_FORMAT})",
            "client and workers have to have one version: install the same on all of them",
        )
    rest = view[_START.size + length :]
    if len(rest) < _REST.size:
        raise _damaged(subject, "it is cut short")
    digest, length = _REST.unpack_from(rest)
    document, large = rest[_REST.size :][:length], rest[_REST.size :][length:]
    if len(document) != length or _digest(document, [large]) != digest:
        raise _damaged(subject, "its digest is another than it says")
    return document, large


def _digest(document: bytes | memoryview, large: list[bytes] | list[memoryview]) -> bytes:
    """XXH3-128 of what follows a digest."""
    import xxhash

    found = xxhash.xxh3_128(struct.pack("<Q", len(document)))
    for part in (document, *large):
        found.update(part)
    return found.digest()


def _data(document: memoryview) -> Any:
    """What msgpack has: nothing but what it has by itself, no types of anybody's."""
    import msgpack

    try:
        return msgpack.unpackb(document, unicode_errors=_TEXT, ext_hook=_refused)
    except msgpack.UnpackException as problem:
        raise ValueError(str(problem)) from problem


def _refused(code: int, data: bytes) -> None:
    raise ValueError("a type of somebody else's")


def _geometry(packed: object) -> Geometry:
    packed = read(packed, bytes)
    unit, n = struct.unpack_from("<BB", packed)
    if n not in (2, 3):
        raise ValueError("a grid of other than 2 or 3 axes")
    numbers = struct.unpack(f"<BB{n}q{2 * n + n * n}d", packed)[2:]
    size, places = numbers[:n], numbers[n:]
    if min(size) < 1:
        raise ValueError("a grid without voxels")
    return Geometry(size, places[:n], places[n : 2 * n], places[2 * n :], _UNITS[unit])


# What is read, and of which type it is


def read(value: object, kind: type[T]) -> T:
    """A value of exactly this type; ValueError for another."""
    if type(value) is not kind:
        raise ValueError(f"{type(value).__name__} in the place of {kind.__name__}")
    return value


def read_row(packed: object, *kinds: type | tuple[type, ...]) -> list[Any]:
    """A list of values, each of exactly its type, or one of its types; ValueError for another."""
    row = read_list(packed, len(kinds))
    for value, kind in zip(row, kinds, strict=True):
        if type(value) not in (kind if isinstance(kind, tuple) else (kind,)):
            raise ValueError(f"a {type(value).__name__} in the place of something else")
    return row


def read_count(value: object) -> int:
    """A whole number from 0 on; ValueError for another."""
    number = read(value, int)
    if number < 0:
        raise ValueError("a number below 0")
    return number


def read_list(value: object, length: int | None = None) -> list[Any]:
    """A list, of this length if one is given; ValueError for another."""
    found = read(value, list)
    if length is not None and len(found) != length:
        raise ValueError("a list of another length")
    return found


def read_all(values: object, kind: type[T]) -> tuple[T, ...]:
    """What a list has, all of this type; ValueError for another."""
    return tuple([read(value, kind) for value in read_list(values)])


# Texts that begin alike, as paths do


def packed_texts(texts: Iterable[str]) -> list[Any]:
    """Of each text in turn: how many characters it has from the one before, and what follows."""
    row: list[Any] = []
    before = ""
    for text in texts:
        same = _same(before, text)
        row += (same, text[same:])
        before = text
    return row


def _same(one: str, other: str) -> int:
    """How many characters two texts begin with that are the same, of the first so many."""
    least, most = 0, min(len(one), len(other), _LONGEST)
    while least < most:
        middle = (least + most + 1) // 2
        if one[least:middle] == other[least:middle]:
            least = middle
        else:
            most = middle - 1
    return least


def texts_of(packed: object) -> tuple[str, ...]:
    """The texts that are packed so; ValueError where they are none."""
    row = iter(read_list(packed))
    found: list[str] = []
    before = ""
    for same, rest in zip(row, row, strict=True):
        if read_count(same) > min(len(before), _LONGEST):
            raise ValueError("more of a text than there is")
        before = before[:same] + read(rest, str)
        found.append(before)
    return tuple(found)
