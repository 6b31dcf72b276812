"""What goes wrong with image files, said to the person who named them."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable, Sequence
from stat import S_IWGRP, S_IWOTH, S_IWUSR


class ImageFileError(Exception):
    """A file that cannot be read or written as an image.

    `message` is one line that names the file and says what is wrong; `hint` says how to mend it,
    where there is a way. `path` is the file as the program names it, where whoever catches it could
    not tell.
    """

    path: str | None = None

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


ANEW = "fetch or export it anew"


def damaged(path: str, why: str, hint: str | None = ANEW) -> ImageFileError:
    """The error of a file that contradicts itself, or its format."""
    return ImageFileError(f"{quoted(path)} is damaged: {why}", hint)


def truncated(path: str, why: str, hint: str | None = ANEW) -> ImageFileError:
    """The error of a file whose end is missing."""
    return ImageFileError(f"{quoted(path)} is truncated: {why}", hint)


def unread(path: str, what: str, hint: str | None = None) -> ImageFileError:
    """The error of a whole file of a kind that is not read."""
    return ImageFileError(f"{quoted(path)} {what}, which is not read", hint)


def refuse(*reasons: tuple[bool, Callable[[], ImageFileError]]) -> None:
    """Raise the first of several errors for which it is so; only that one is made."""
    for is_so, error in reasons:
        if is_so:
            raise error()


def of_complex_numbers(path: str) -> ImageFileError:
    """The error of a file whose voxels are complex numbers."""
    return ImageFileError(
        f"{quoted(path)} holds complex numbers, which are not read as an image",
        "save its magnitude or its phase as an image of its own",
    )


def oblique(path: str, otherwise: str = "") -> ImageFileError:
    """The error of a file whose grid is sheared."""
    return unread(
        path,
        "places its axes at oblique angles to each other",
        f"resample it to a grid with right angles{otherwise}",
    )


def quoted(path: str | os.PathLike[str]) -> str:
    """A path as messages show it: in quotes, on one line, printable on any terminal."""
    name = os.fspath(path).encode("utf-8", "replace").decode("utf-8")
    return '"' + "".join(c if c.isprintable() else "�" for c in name) + '"'


def shortened(text: str, most: int = 200) -> str:
    """A text of foreign making, as much of it as a message has room for."""
    return text if len(text) <= most else text[:most] + "…"


def few(names: Sequence[str], most: int = 3) -> str:
    """The first of some names, or what else is listed, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more


def is_read_only(file: os.stat_result) -> bool:
    """Whether nobody may write to a file: a folder that may be changed is enough to replace it."""
    return not file.st_mode & (S_IWUSR | S_IWGRP | S_IWOTH)


def check_name(path: str) -> None:
    """Raise ImageFileError for a path that is not UTF-8: ITK ends the process over it."""
    try:
        path.encode()
    except UnicodeEncodeError:
        raise ImageFileError(
            f"{quoted(path)} has a name that is not UTF-8, which ITK cannot open", "rename it"
        ) from None


# What the commonest failures of the operating system mean to whoever saves or loads a file.
_ADVICE = {
    errno.ENOSPC: "the disk is full: free some space, or save to another disk",
    errno.EDQUOT: "your disk quota is used up: free some space, or save to another disk",
    errno.EFBIG: "it is larger than the disk, or a limit such as `ulimit -f`, allows",
    errno.EACCES: "ask its owner for permission, or use another place",
    errno.EPERM: "ask its owner for permission, or use another place",
    errno.EROFS: "choose a place on another disk",
    errno.EMFILE: "allow the process more open files with `ulimit -n`, or close some",
    errno.ENFILE: "the whole system has too many files open: close other programs",
    errno.EAGAIN: "allow more processes with `ulimit -u`, or end some",
    errno.ENOMEM: "use fewer threads (`-j 1`), close other programs, or crop the images",
}


def system_error(doing: str, problem: OSError) -> ImageFileError:
    """An operating system's refusal as an ImageFileError; `doing` begins the sentence."""
    reason = (problem.strerror or str(problem)).lower()
    return ImageFileError(f"{doing}: {reason}", _ADVICE.get(problem.errno or 0))
