"""Whose a file is, told by how it begins: what is not one of ours is never replaced."""

from __future__ import annotations

from pathlib import Path

# Enough of a file to tell.
_BEGINNING = 2000

# What pages and traces of ours have there.
PAGE = b'<meta name="generator" content="voxlogica"'
TRACE = b'"name": "process_name", "ph": "M", "pid": 1, "tid": 0, "args": {"name": "voxlogica"}}'


def beginning(path: Path) -> bytes:
    """How a file begins. Raises OSError."""
    with path.open("rb") as file:
        return file.read(_BEGINNING)
