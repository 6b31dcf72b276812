"""Files that travel along with errands: each goes to the cluster once, for all that want it.

It is a task of its own there, which gives its content. So Dask has it go from the scheduler to one
worker, and on to those that need it, and where one dies, another has it again.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter, OrderedDict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from voxlogica.images.errors import ImageFileError, quoted

# Of files that no errand wants at the moment, so many bytes stay in the cluster's memory: what
# comes next, as the next stage of a program, may want them again.
_KEPT = 1 << 29


class Along:
    """What was sent of one run, by the SHA-256 of each file. For the thread of one loop."""

    def __init__(self) -> None:
        self._client: Any = None
        self._sent: OrderedDict[str, asyncio.Task[_Content]] = OrderedDict()
        self._wanted: Counter[str] = Counter()

    @contextmanager
    def wanted(self, files: Sequence[tuple[str, str]]) -> Iterator[None]:
        """Keep files for an errand, each a path and SHA-256, from when they are sent."""
        digests = [digest for _, digest in files]
        self._wanted.update(digests)
        try:
            yield
        finally:
            self._wanted.subtract(digests)
            self._drop()

    async def sent(self, client: Any, files: Sequence[tuple[str, str]]) -> list[tuple[str, Any]]:
        """The path of each file, and what a client of Dask has for its content.

        Raises ImageFileError where one is no longer what it was.
        """
        if client is not self._client:
            # What another one has sent was dropped with its connection.
            self._client = client
            self._sent.clear()
        for path, digest in files:
            if digest not in self._sent:
                sending = _sent(client, path, digest)
                self._sent[digest] = asyncio.get_running_loop().create_task(sending)
            self._sent.move_to_end(digest)
        found: list[tuple[str, Any]] = []
        for path, digest in files:
            try:
                # Others may wait for it, too.
                content = await asyncio.shield(self._sent[digest])
            except Exception:
                self._sent.pop(digest, None)
                raise
            found.append((path, content.future))
        return found

    def _drop(self) -> None:
        """Let go of what nobody wants, but for what was wanted last."""
        kept = 0
        for digest in [*reversed(self._sent)]:
            task = self._sent[digest]
            if self._wanted[digest] or not task.done() or task.cancelled() or task.exception():
                continue
            kept += task.result().size
            if kept > _KEPT:
                task.result().future.release()
                del self._sent[digest]


class _Content(NamedTuple):
    """A file's content, in the cluster: what Dask's client has for it, and its bytes."""

    future: Any
    size: int


async def _sent(client: Any, path: str, digest: str) -> _Content:
    content = await asyncio.to_thread(_content_of, path, digest)
    # `bytes` gives what it is given: a worker that has no voxlogica can do it, too.
    return _Content(client.submit(bytes, content, key=f"vox-file-{digest}"), len(content))


def _content_of(path: str, digest: str) -> bytes:
    """What is in a file. Raises ImageFileError where it is no longer what it was."""
    try:
        content = Path(path).read_bytes()
    except OSError:
        content = b""
    if hashlib.sha256(content).hexdigest() != digest:
        changed = ImageFileError(
            f"{quoted(path)} was changed after the run began", "run the program again"
        )
        changed.path = path
        raise changed
    return content
