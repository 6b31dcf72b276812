"""Bytes under a name, for what reads files only."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from voxlogica.images.shared_memory import memory_file


@contextmanager
def named(content: bytes, suffix: str) -> Iterator[str]:
    """A name under which a file of this content is found meanwhile, in memory where that is."""
    if sys.platform == "linux":
        with memory_file() as file:
            file.write(content)
            file.flush()
            yield f"/proc/{os.getpid()}/fd/{file.fileno()}"
        return
    with tempfile.NamedTemporaryFile(suffix=suffix) as file:
        file.write(content)
        file.flush()
        yield file.name
