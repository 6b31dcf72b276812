"""Whether all workers see what a run reads, and may write where it saves: asked before they begin.

What a worker that comes later does not see, its errands tell.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple

from voxlogica.cluster.connection import Lost
from voxlogica.cluster.errands import known_as
from voxlogica.cluster.questions import (
    FOLDER,
    Question,
    Why,
    Wrong,
    encoded_question,
    reply_of,
    user,
)
from voxlogica.cluster.words import gone
from voxlogica.images.errors import quoted
from voxlogica.images.hidden_folder import HiddenFolder
from voxlogica.images.reading import ImageFile
from voxlogica.language.messages import diagnose
from voxlogica.language.operations import Place
from voxlogica.language.workplan import WorkPlan
from voxlogica.operators.literals import LOAD
from voxlogica.syntax.diagnostics import Diagnostic, Note, VoxLogicaError, error

if TYPE_CHECKING:
    from voxlogica.cluster.connection import Connection
    from voxlogica.cluster.options import ClusterOptions

_PATHS_SHOWN, _WORKERS_SHOWN = 3, 3
SHARED = (
    "workers have to see the same files as this machine, under the same paths: share their folder;"
    " or have them sent by `--send-inputs`"
)
WRITTEN = (
    "workers have to write where this machine sees it: share the folder, and start them as the same"
    " user; or have what is saved sent back by `--fetch-outputs`"
)


class Survey:
    """What the workers of one run see. Safe for any thread.

    What not all have is an error, unless the `options` say that it is sent, or is fetched.
    """

    def __init__(self, connection: Connection, options: ClusterOptions) -> None:
        self._connection = connection
        self._options = options
        self._lock = Lock()
        self._asked: set[str] = set()
        # Of folders: alike ones that are in one folder are taken for one.
        self._tried: set[tuple[object, ...]] = set()
        self._lacking: set[str] = set()

    def ask_of_images(
        self, images: Iterable[tuple[ImageFile, Place]], folders: Iterable[Path]
    ) -> None:
        """Ask of all files of which images are made, as `ask` does.

        An image whose name has been asked for is not asked for file by file.
        """
        files: dict[str, Place | None] = {}
        for file, place in images:
            if file.path not in self._asked:
                for path in (file.path, *(part for part, _ in file.files)):
                    files.setdefault(path, place)
        self.ask(files, folders)

    def ask(self, files: Mapping[str, Place | None], folders: Iterable[Path]) -> None:
        """Ask all workers for what they have not been asked for yet.

        Files are by their paths, with the place where the program wants them, if one is to be told.
        What is not there on this machine is no matter here. Raises VoxLogicaError.
        """
        if self._connection.is_here:
            return
        with self._lock, ExitStack() as left:
            new = {path: place for path, place in files.items() if path not in self._asked}
            self._asked.update(new)
            absolute = {str(Path(path).absolute()): path for path in new}
            sizes = [(path, size) for path in sorted(absolute) if (size := _size(path)) is not None]
            hidden = {} if self._options.fetches_outputs else self._hidden(folders, left)
            if not sizes and not hidden:
                return
            question = encoded_question(Question(sizes, [*hidden]))
            try:
                answers = self._connection.ask_all(question)
            except Lost as problem:
                raise gone(problem) from problem
            replies = [reply_of(answers[worker]) for worker in sorted(answers)]
        wrong: list[Diagnostic] = []
        for alike in _alike((reply.worker, reply.files) for reply in replies):
            at_fault = [sizes[number] for number in alike.numbers]
            if self._options.sends_inputs:
                self._lacking.update(known_as(path) for path, _ in at_fault)
            else:
                wrong.append(_file_told(alike, at_fault, new[absolute[at_fault[0][0]]]))
        made_in = [*hidden.values()]
        for alike in _alike((reply.worker, reply.folders) for reply in replies):
            wrong += [_folder_told(alike, made_in[number]) for number in alike.numbers]
        if wrong:
            raise VoxLogicaError(wrong)

    def is_lacked(self, path: str) -> None:
        """Note that some worker does not have a file."""
        self._lacking.add(known_as(path))

    def to_send(
        self, plan: WorkPlan, also: Iterable[ImageFile] = ()
    ) -> tuple[tuple[str, str], ...]:
        """The files that go along with a plan, each with its SHA-256, sorted.

        They are of images that it loads, or reads `also`, of which some worker lacks a file. All of
        such an image's are among them, so that it is together.
        """
        found: set[tuple[str, str]] = set()
        if not self._options.sends_inputs or not self._lacking:
            return ()
        for image in (*(file for file, _ in images_of(plan, plan.needed())), *also):
            parts = {known_as(path): digest.hex() for path, digest in image.files}
            if not self._lacking.isdisjoint((known_as(image.path), *parts)):
                found.update(parts.items())
        return tuple(sorted(found))

    @property
    def sends(self) -> bool:
        """Whether what workers lack is sent to them."""
        return self._options.sends_inputs

    def _hidden(self, folders: Iterable[Path], left: ExitStack) -> dict[str, Path]:
        """Hidden folders where there are to be files, and in which folder each is."""
        found: dict[str, Path] = {}
        for folder in sorted({Path(os.path.realpath(folder)) for folder in folders}):
            there = next((each for each in (folder, *folder.parents) if each.is_dir()), None)
            if there is None:
                continue
            status = there.stat()
            kind = there.parent, status.st_dev, status.st_uid, status.st_gid, status.st_mode
            if kind in self._tried:
                continue
            self._tried.add(kind)
            hidden = HiddenFolder(there)
            left.callback(hidden.remove)
            try:
                hidden.make()
            except OSError:  # which is told where the file is announced
                continue
            found[str(hidden.path)] = there
        return found


def images_of(plan: WorkPlan, needed: Iterable[int]) -> Iterator[tuple[ImageFile, Place]]:
    """The image files that operations of a plan load, each with its place in the program."""
    for position in needed:
        kind = plan.kinds[position]
        if kind.operator is LOAD and isinstance(file := kind.constants[0], ImageFile):
            yield file, plan.places[position]


def _size(path: str) -> int | None:
    """How many bytes a file has, or that it is a folder; None where there is neither."""
    try:
        return FOLDER if os.path.isdir(path) else os.path.getsize(path)  # noqa: PTH112, PTH202
    except (OSError, ValueError):
        return None


class _Alike(NamedTuple):
    """Files or folders, by their numbers, that are wrong in one way at the same workers.

    What more there `is said` is of the first of them.
    """

    why: Why
    workers: tuple[str, ...]
    numbers: list[int]
    said: str


def _alike(told: Iterable[tuple[str, Sequence[Wrong]]]) -> list[_Alike]:
    """What workers have told, each thing once."""
    where: dict[tuple[int, Why], list[str]] = {}
    said: dict[tuple[int, Why], str] = {}
    for worker, several in told:
        for one in several:
            where.setdefault((one.number, one.why), []).append(worker)
            said.setdefault((one.number, one.why), one.said)
    found: dict[tuple[Why, tuple[str, ...]], _Alike] = {}
    for (number, why), workers in sorted(where.items()):
        key = why, tuple(workers)
        alike = found.setdefault(key, _Alike(*key, [], said[number, why]))
        alike.numbers.append(number)
    return [*found.values()]


_FILE: Mapping[Why, str] = {
    "missing": "not there at",
    "failing": "not to be had at",
    "other": "another at",
    "denied": "not to be read by",
}


def _file_told(alike: _Alike, files: Sequence[tuple[str, int]], place: Place | None) -> Diagnostic:
    (path, size), *others = files
    what, workers = _FILE[alike.why], _workers(alike.workers)
    if not others:
        said = f"{quoted(path)} is {what} {workers}"
    else:
        shown = ", ".join(quoted(path) for path, _ in files[:_PATHS_SHOWN])
        more = f" and {len(files) - _PATHS_SHOWN} more" if len(files) > _PATHS_SHOWN else ""
        are = what.replace("another", "others")
        said = f"{len(files)} input files are {are} {workers}: {shown}{more}"
    here = "a folder" if size == FOLDER else f"of {size} bytes"
    return _told(said, alike, path, here, place, SHARED)


def _folder_told(alike: _Alike, folder: Path) -> Diagnostic:
    workers, shown = _workers(alike.workers), quoted(folder)
    match alike.why:
        case "missing":
            said = f"{shown}, where files are to be saved, is not the same folder at {workers}"
        case "denied":
            said = f"{workers} may not write in {shown}, where files are to be saved"
        case _:
            said = f"{workers} cannot write in {shown}, where files are to be saved"
    return _told(said, alike, str(folder), "", None, WRITTEN)


def _told(
    message: str, alike: _Alike, path: str, here: str, place: Place | None, hint: str
) -> Diagnostic:
    """A message, with what more there is to say of the first path, or of all."""
    of = f"{quoted(path)}: " if len(alike.numbers) > 1 else ""
    match alike.why:
        case "denied":
            told = f"it runs as {alike.said}, and this run as {user()}"
        case "other":
            told = f"{of}{alike.said} there, and {here} here"
        case _:
            told = f"{of}{alike.said} there"
    notes = [Note(told)] if alike.said else []
    real = os.path.realpath(path)
    if alike.why == "missing" and real != os.path.normpath(path):
        notes.append(Note(f"here, {quoted(path)} is a link, or in one: {quoted(real)}"))
    if place is None:
        return error(message, notes=notes, hint=hint, topic="data")
    return diagnose("error", message, place, notes=notes, hint=hint)


def _workers(names: Sequence[str]) -> str:
    """Workers as messages name them."""
    if len(names) == 1:
        return f"the worker {names[0]}"
    shown = names[:_WORKERS_SHOWN] if len(names) > _WORKERS_SHOWN else names[:-1]
    rest = f"{len(names) - len(shown)} more" if len(names) > _WORKERS_SHOWN else names[-1]
    return f"the workers {', '.join(shown)} and {rest}"
