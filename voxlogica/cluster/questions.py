"""What a client asks all workers before it gives them errands: files that are read, folders to be.

Only sizes are asked for: whether the content is the same, an errand finds out.
"""

from __future__ import annotations

import os
import pwd
import secrets
import stat
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Literal, NamedTuple, get_args

from voxlogica.cluster.messages import (
    Packing,
    Unpacking,
    damage,
    read,
    read_all,
    read_list,
    read_row,
)
from voxlogica.images.errors import quoted

# What is wrong with a file: none is there, it may not be read, the system says something else, it
# is of another size, or it is a folder here and a file there.
Why = Literal["missing", "denied", "failing", "other"]
_WHYS: tuple[Why, ...] = get_args(Why)

# Of a folder, instead of a size.
FOLDER = -1
# What workers are told by a client with which they end.
END = b"end"


class Question(NamedTuple):
    """Files by absolute paths, each with its size; and hidden folders, to be written into."""

    files: Sequence[tuple[str, int]]
    folders: Sequence[str]


class Wrong(NamedTuple):
    """That a file or folder, known by its number in the question, cannot be used here, and why.

    `said` is what more there is to say: the user that may not, what it is instead, or nothing.
    """

    number: int
    why: Why
    said: str


class Reply(NamedTuple):
    """What is wrong at a worker, of which this is the name, with the files and with the folders."""

    worker: str
    files: tuple[Wrong, ...]
    folders: tuple[Wrong, ...]


def encoded_question(question: Question) -> bytes:
    """A question as bytes; files of one folder after each other are told by it once."""
    rows: list[list[Any]] = []
    for path, size in question.files:
        folder, name = os.path.split(path)
        if not rows or rows[-1][0] != folder:
            rows.append([folder])
        rows[-1] += (name, size)
    return Packing().sealed("question", [rows, list(question.folders)])


def question_of(message: bytes) -> Question:
    """The question that is encoded so. Raises TravelError."""
    unpacking = Unpacking("question", message)
    with damage("question"):
        rows, folders = read_row(unpacking.content, list, list)
        files: list[tuple[str, int]] = []
        for row in rows:
            folder, *pairs = read_list(row)
            for name, size in zip(pairs[::2], pairs[1::2], strict=True):
                files.append((os.path.join(read(folder, str), name), read(size, int)))  # noqa: PTH118
        unpacking.end()
        return Question(files, read_all(folders, str))


def encoded_reply(reply: Reply) -> bytes:
    """A reply as bytes."""
    wrong = [
        [[one.number, _WHYS.index(one.why), one.said] for one in several]
        for several in (reply.files, reply.folders)
    ]
    return Packing().sealed("reply", [reply.worker, *wrong])


def reply_of(message: bytes) -> Reply:
    """The reply that is encoded so. Raises TravelError."""
    unpacking = Unpacking("reply", message)
    with damage("reply"):
        worker, *several = read_row(unpacking.content, str, list, list)
        unpacking.end()
        files, folders = (tuple([_wrong(one) for one in rows]) for rows in several)
        return Reply(worker, files, folders)


def _wrong(packed: object) -> Wrong:
    number, why, said = read_row(packed, int, int, str)
    return Wrong(number, _WHYS[why], said)


# At a worker


def answered(message: bytes, worker: str) -> bytes:
    """What a worker of this name replies to a question. Raises TravelError."""
    question = question_of(message)
    files = _all_wrong(question.files, lambda file: _check_file(*file))
    folders = _all_wrong(question.folders, _check_folder)
    return encoded_reply(Reply(worker, files, folders))


def _all_wrong(asked: Sequence[Any], check: Callable[[Any], str]) -> tuple[Wrong, ...]:
    found: list[Wrong] = []
    for number, one in enumerate(asked):
        try:
            said = check(one)
        except (FileNotFoundError, NotADirectoryError) as problem:
            found.append(Wrong(number, "missing", _first_missing(problem.filename)))
        except PermissionError:
            found.append(Wrong(number, "denied", user()))
        except (OSError, ValueError) as problem:
            reason = problem.strerror if isinstance(problem, OSError) else None
            found.append(Wrong(number, "failing", (reason or str(problem)).lower()))
        else:
            if said:
                found.append(Wrong(number, "other", said))
    return tuple(found)


def _check_file(path: str, size: int) -> str:
    """Nothing, or what it is instead. Raises OSError."""
    found = os.stat(path)  # noqa: PTH116  (of thousands)
    is_folder = stat.S_ISDIR(found.st_mode)
    if is_folder != (size == FOLDER):
        return "a folder" if is_folder else "a file"
    wanted = os.R_OK | os.X_OK if is_folder else os.R_OK
    if not os.access(path, wanted, effective_ids=os.access in os.supports_effective_ids):
        raise PermissionError
    return f"of {found.st_size} bytes" if size not in (FOLDER, found.st_size) else ""


def _check_folder(path: str) -> str:
    """Nothing, if one can write there. Raises OSError."""
    place = Path(path) / f"{10**19 + secrets.randbelow(10**19)}"
    try:
        place.mkdir(0o700)
    except FileNotFoundError as problem:
        problem.filename = path
        raise
    place.rmdir()
    return ""


def _first_missing(path: str) -> str:
    """The uppermost folder of a path that is not there, if it is not the path itself."""
    found = Path(path)
    lacking = [folder for folder in found.parents if not folder.exists()]
    return f"there is no folder {quoted(lacking[-1])}" if lacking else ""


def user() -> str:
    """Who this process is, for the system."""
    number = os.geteuid()
    try:
        return pwd.getpwuid(number).pw_name
    except KeyError:
        return f"user {number}"
