"""Whether what an earlier run has found out still holds: the files that it rests on are as then."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from voxlogica.engine.cases import Row
from voxlogica.images.digests import file_digest


def unchanged() -> Callable[[Row], bool]:
    """Gives what says whether all files that a row rests on are as they were, by their SHA-256.

    Each file is looked at once, whatever becomes of it afterwards. What standard input had, and the
    reasons why a case failed, are not looked at.
    """
    digest = cache(_digest)

    def is_unchanged(row: Row) -> bool:
        return row.failed or all(
            file.path.startswith("<") or digest(file.path) == file.sha256 for file in row.inputs
        )

    return is_unchanged


def _digest(path: str) -> str:
    """That of a file; empty where there is none, as in `InputFile`."""
    try:
        return file_digest(path)
    except OSError:
        return ""
