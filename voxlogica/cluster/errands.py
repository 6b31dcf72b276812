"""What a client asks of a worker, an errand, and what the worker answers."""

from __future__ import annotations

import os
from typing import Any, NamedTuple

from voxlogica.dataclass import dataclass
from voxlogica.images.saving import Written
from voxlogica.language.workplan import WorkPlan
from voxlogica.remarks import EmptyRule, Remark


@dataclass(frozen=True, slots=True)
class Errand:
    """A part of a plan, and how a worker carries it out.

    The goals of `plan` are of `Ask` and `Save` only: labels stay at the client, and so do places in
    the program: at the worker, they say which operation it is. For each `Save`, in order, `hidden`
    is the folder, made by the client, in which the worker makes its own; where it is empty, what is
    written is sent back. `compression` is the level of compressed files, `cache` as in the settings
    of a run. The contents of the input files in `sent`, each a path and SHA-256 in hexadecimal
    digits, come along. Names of files that only running tells are relative to the client's
    `folder`; without one, all names are absolute.
    """

    plan: WorkPlan
    hidden: tuple[str, ...]
    compression: int
    cache: bool | str
    sent: tuple[tuple[str, str], ...] = ()
    folder: str = ""


class OperationDone(NamedTuple):
    """An operation that is done, known by its position in the errand's plan; -1-n is the n-th save.

    `begin` is in seconds since the errand began, `outcome` as events have it.
    """

    position: int
    seconds: float
    outcome: str
    begin: float
    thread: str


class Sent(NamedTuple):
    """A file that is sent back."""

    name: str
    content: bytes


class Saved(NamedTuple):
    """What a goal, or an operation, wrote.

    `files` are the absolute paths of what was written into the hidden folder, `sent` what is sent
    back instead.
    """

    written: Written
    files: tuple[str, ...] = ()
    sent: tuple[Sent, ...] = ()


class Failure(NamedTuple):
    """What failed, known as in `OperationDone`, and why; `traceback` is for who looks for a defect.

    Where it is that an input `file` cannot be read, or is another than at the client, that is its
    absolute path there; if the plan loads it, the position says nothing.
    """

    position: int
    message: str
    hint: str | None
    is_defect: bool
    traceback: str
    file: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of an errand, told by a `worker`, which is known by its address or name.

    `values` are those of the goals in order: of an `Ask` a number, truth value, string, image or a
    list of these, of a `Save` what was `Saved`; there are none where there is a `failure`. By the
    positions of operations it is told what they remarked (`remarks`), which files were read by
    names that only the run has come by (`read`), with the digests of the images in them, and what
    they wrote (`effects`).
    What the worker's store has `warned` of so far is told each time. The errand `began` and `ended`
    at moments of the worker's own clock.
    """

    worker: str
    values: tuple[Any, ...]
    done: tuple[OperationDone, ...]
    remarks: tuple[tuple[int, tuple[Remark | EmptyRule, ...]], ...]
    read: tuple[tuple[str, int, bytes], ...]
    effects: tuple[tuple[int, Saved], ...]
    failure: Failure | None = None
    warned: tuple[str, ...] = ()
    began: float = 0.0
    ended: float = 0.0


def known_as(path: str | os.PathLike[str]) -> str:
    """The absolute path by which client and workers know a file."""
    return os.path.abspath(path)  # noqa: PTH100  (of Path, `..` stays)
