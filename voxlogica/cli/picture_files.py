"""Files of pictures and pages: what is not one of ours is never replaced."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from contextlib import suppress
from pathlib import Path

from voxlogica.cli.own_files import PAGE, beginning
from voxlogica.cli.streams import OutputError, is_same_file


def refuse_to_replace(name: str, read: Sequence[str]) -> None:
    """Raise OutputError where a file may not be written: it is read, or is not one of ours."""
    from voxlogica.images.errors import is_read_only
    from voxlogica.pictures.png import is_signed

    path = Path(name)
    if any(is_same_file(name, one) for one in read):
        raise OutputError.refusing(name, "it is what is looked at")
    if path.is_dir():
        raise OutputError.refusing(name, "it is a folder")
    try:
        found = path.stat()
        if not path.is_file():
            return  # a device, a pipe
        head = beginning(path)
    except FileNotFoundError:
        return
    except OSError as failed:
        raise OutputError.refusing(name, (failed.strerror or str(failed)).lower()) from failed
    if head and not is_signed(head) and PAGE not in head:
        raise OutputError.refusing(
            name, "what is there was not made by `voxlogica view` or a report, and would be lost"
        )
    if is_read_only(found):
        raise OutputError.refusing(name, "there is a read-only file of that name")


def write_whole(name: str, content: bytes | Iterable[str]) -> None:
    """Write a file, which appears, or replaces an old one, as a whole. Raises OutputError."""
    from voxlogica.images.hidden_folder import HiddenFolder

    path = Path(os.path.realpath(name))
    if not isinstance(content, bytes):
        content = "".join(content).encode("utf-8", "backslashreplace")
    missing = [folder for folder in path.parents if not folder.exists()]
    hidden = HiddenFolder(path.parent)
    try:
        if path.exists() and not path.is_file():
            path.write_bytes(content)
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        part = hidden.make().new_place() / path.name
        part.write_bytes(content)
        part.replace(path)
    except OSError as failed:
        why = (failed.strerror or str(failed)).lower()
        raise OutputError.refusing(name, why) from failed
    finally:
        hidden.remove()
        for folder in missing:
            with suppress(OSError):  # not empty, as it should be
                folder.rmdir()
