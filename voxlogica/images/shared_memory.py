"""What this process and its reader processes send each other: JSON, and arrays in shared memory.

A message is its length (8 bytes, little-endian) and JSON. Arrays are in one file that takes no
disk space, sent along as a descriptor, and JSON says where: what is read of them is the memory they
were written to. Nothing that comes from a reader can be more than numbers and text.
"""

from __future__ import annotations

import math
import os
import struct
import sys
from typing import IO, TYPE_CHECKING, Any

from voxlogica.images.arrays import NDArray, np

if TYPE_CHECKING:
    import socket


_ARRAY = "array of"
_ALIGNMENT = 64


def memory_file(buffering: int = -1) -> IO[bytes]:
    """A file that takes no disk space, where the system has such; `buffering` as for `open`."""
    if sys.platform == "linux":
        descriptor = os.memfd_create("voxlogica", os.MFD_CLOEXEC | os.MFD_ALLOW_SEALING)
        return os.fdopen(descriptor, "w+b", buffering)
    import tempfile

    return tempfile.TemporaryFile(buffering=buffering)


class Lent:
    """An array, and what its memory belongs to and goes with."""

    def __init__(self, array: NDArray[Any], owner: object) -> None:
        self.array = array
        self.owner = owner


class Parcel:
    """A message, with the arrays in it, on its way out."""

    def __init__(self, content: object) -> None:
        import json

        self._file: IO[bytes] | None = None
        self._length = 0
        self._content = json.dumps(content, default=self._placed).encode()

    def send(self, line: socket.socket) -> None:
        """Send it, which may wait for the other side to read."""
        import socket

        head = struct.pack("<Q", len(self._content))
        if self._file is None:
            line.sendall(head + self._content)
            return
        with self._file:
            self._file.flush()
            socket.send_fds(line, [head], [self._file.fileno()])
            line.sendall(self._content)

    def _placed(self, thing: Any) -> Any:
        """What JSON does not know."""
        if isinstance(thing, np.generic):
            return thing.item()
        array = np.ascontiguousarray(thing.array if isinstance(thing, Lent) else thing)
        array = array.astype(array.dtype.newbyteorder("="), copy=False)
        _check(array.dtype)
        if self._file is None:
            self._file = memory_file()
        place = -(-self._length // _ALIGNMENT) * _ALIGNMENT
        self._file.write(bytes(place - self._length))
        self._file.write(array.reshape(-1).data.cast("B"))
        self._length = place + array.nbytes
        return {_ARRAY: array.dtype.str, "shape": array.shape, "place": place}


def received(line: socket.socket) -> Any:
    """The content of the next message; None when there comes no more.

    Its arrays lie in the memory that came with it, and can be written to.
    """
    import json
    import socket

    head, memories, _, _ = socket.recv_fds(line, 8, 1)
    try:
        rest = _exactly(line, 8 - len(head)) if head else None
        content = None if rest is None else _exactly(line, struct.unpack("<Q", head + rest)[0])
        if content is None:
            return None
        return json.loads(content, object_hook=_Arrays(memories[0]) if memories else None)
    finally:
        for memory in memories:
            os.close(memory)


def _exactly(line: socket.socket, length: int) -> bytes | None:
    content = bytearray()
    while len(content) < length:
        piece = line.recv(min(length - len(content), 1 << 20))
        if not piece:
            return None
        content += piece
    return bytes(content)


class _Arrays:
    """Puts arrays in the places where a message speaks of them."""

    def __init__(self, memory: int) -> None:
        import mmap

        if sys.platform == "linux":
            import fcntl

            # From here on it is ours alone: nobody changes it, or cuts it off.
            seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE
            fcntl.fcntl(memory, fcntl.F_ADD_SEALS, seals)
        self._mapped = mmap.mmap(memory, 0, access=mmap.ACCESS_COPY)

    def __call__(self, said: dict[str, Any]) -> Any:
        if _ARRAY not in said:
            return said
        dtype = np.dtype(said[_ARRAY])
        _check(dtype)
        values = np.frombuffer(self._mapped, dtype, math.prod(said["shape"]), said["place"])
        return values.reshape(said["shape"])


def _check(dtype: np.dtype[Any]) -> None:
    if dtype.kind not in "biuf":
        raise TypeError(f"arrays of {dtype} are not handed on")
