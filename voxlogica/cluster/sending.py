"""Which input files travel with an errand: those of images that some worker does not have."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path

from voxlogica.images.errors import ImageFileError, quoted
from voxlogica.images.reading import ImageFile
from voxlogica.language.workplan import WorkPlan
from voxlogica.operators.signature import Purity


def known_as(path: str | os.PathLike[str]) -> str:
    """The absolute path by which client and workers know a file."""
    return os.path.abspath(path)  # noqa: PTH100  (of Path, `..` stays)


def to_send(
    images: Iterable[ImageFile], is_lacking: Callable[[str], bool]
) -> tuple[tuple[str, str], ...]:
    """The files of images of which a worker lacks one, each with its SHA-256, sorted.

    All files of such an image are among them, so that it is together.
    """
    found: set[tuple[str, str]] = set()
    for image in images:
        parts = {known_as(path): digest.hex() for path, digest in image.files}
        if is_lacking(known_as(image.path)) or any(map(is_lacking, parts)):
            found.update(parts.items())
    return tuple(sorted(found))


def folder_for(plan: WorkPlan) -> str:
    """The folder that names which only running tells are relative to; empty where none are."""
    is_named = any(kind.operator.purity is Purity.READING for kind in plan.kinds)
    return str(Path.cwd()) if is_named else ""


def content_of(path: str, digest: str) -> bytes:
    """What is in a file. Raises ImageFileError where it is no longer what it was."""
    try:
        content = Path(path).read_bytes()
    except OSError:
        content = b""
    if hashlib.sha256(content).hexdigest() != digest:
        said = f"{quoted(path)} was changed after the run began"
        changed = ImageFileError(said, "run the program again")
        changed.path = path
        raise changed
    return content
