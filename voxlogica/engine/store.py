"""The store: results of operations kept on disk from run to run, for all processes.

A folder holds an index (`store_index.py`, `store_rows.py`) and, for each image, a file with its
voxels, the frame (`store_files.py`, `frames.py`). A result is known by the id of its operation, so
it is never out of date.

What the store promises: a result it gives is the one that was put, or it gives none. Whatever goes
wrong with it (damaged, full, read-only, made by a newer version) costs a message and time, never a
result and never an exception. Nothing in it is executed, whoever has put it there.

How it keeps to that. A digest covers a result's id, type, text and frame, and is checked whenever
the result is read. A frame is written under another name; then, in one transaction of the index,
its row is added and it is renamed. Frames are removed after their rows, again within a transaction.
So whoever has the right to write sees no frame that is about to get a row, and no row that is about
to lose its frame; what a killed process leaves behind is at most a frame without a row. A reader,
who does not wait for that right, may find a frame gone that has a row: before it calls that damage,
it looks at the row and the frame again, with the right to write.

No lock is held while an array is compressed, written, read or decompressed, but for that second
look.
"""

from __future__ import annotations

import os
import sqlite3
import threading
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from time import time
from typing import Self

from voxlogica.dataclass import dataclass
from voxlogica.engine import store_rows as rows_of
from voxlogica.engine.file_systems import network_file_system
from voxlogica.engine.frames import FrameError, decompressed
from voxlogica.engine.quantities import size_in_bytes
from voxlogica.engine.store_access import Access
from voxlogica.engine.store_files import Files
from voxlogica.engine.store_index import NAME
from voxlogica.engine.store_rows import STATES, Entry, Kept, Row, State, digest_of
from voxlogica.engine.store_values import ImageForm, Value, is_storable, read_value, written
from voxlogica.images.image import Image
from voxlogica.user_cache import temporary_cache, user_cache

DEFAULT_LIMIT = 10 * 1000**3

# What a put costs a processor, measured on the images of frames.py with compression, digest and
# file: bytes of voxels a second, and the seconds that a row and a file take.
_WRITING, _WRITING_REGIONS = 400e6, 2500e6
_A_ROW, _A_FILE = 100e-6, 500e-6
# What is kept took at least so many times as long to compute as it takes to write. So writing costs
# but a part of a run, even if that has no idle core.
_WORTH = 8

# When the limit is passed, room is made for some time.
_FILLED = 0.9
# After so many results were read, it is noted when.
_MARKS = 256
# A file that was changed less than this before it was looked at may change again without its times
# telling: seconds, as file systems with the coarsest clocks have them.
_UNSETTLED = 2.0


@dataclass(frozen=True, slots=True)
class Result:
    """A result to be put: of the operation `id`, an `operator`'s, computed in `seconds`.

    One that is not `lasting` is there for processes that wait for it, until `drop_handed`.
    """

    id: bytes
    value: Value
    operator: str
    seconds: float
    lasting: bool = True


@dataclass(frozen=True, slots=True)
class Info:
    """How much there is in a store: bytes on disk, and how many operations are in each state."""

    folder: Path
    bytes: int
    limit: int
    completed: int
    running: int
    failed: int


@dataclass(frozen=True, slots=True)
class Verified:
    """How many results were read, which were damaged, and how many stray files were removed."""

    checked: int
    damaged: tuple[Entry, ...]
    index_damaged: bool
    strays: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """How much was dropped."""

    entries: int
    bytes: int


def cache_folder(option: str | None) -> Path | None:
    """Where the store is: `--cache DIR`, else `$VOXLOGICA_CACHE`, else in the user's cache folder.

    `~` and `~user` at the beginning are homes, also where no shell has said so. None if that is
    nobody's home, or if neither is given and the user has none. The folder need not exist.

    Where the user's cache folder is on a network file system, one in `$TMPDIR` is used, unless that
    is on such a one, too.
    """
    chosen = option or os.environ.get("VOXLOGICA_CACHE")
    if not chosen:
        found, instead = user_cache(), temporary_cache()
        moved = found and network_file_system(found) and not network_file_system(instead)
        return instead if moved else found
    expanded = os.path.expanduser(chosen)  # noqa: PTH111  (Path would take `./~` for a home, too)
    return None if expanded.startswith("~") else Path(expanded).absolute()


def open_store(
    folder: Path | None, limit: int | None = None, *, warn: Callable[[str], None]
) -> Store | None:
    """The store in a folder, made if there is none; None if it cannot be used. Raises nothing.

    `limit` is the bytes that it may take of the disk, by default `$VOXLOGICA_CACHE_LIMIT` or 10 GB.
    `warn` is called with what the user should know, now or while the store is used, from any
    thread: at most once that something in it was damaged (it goes on with what is sound), and at
    most once that it cannot be used, or no longer be written. It must not use the store itself.
    """
    if folder is None:
        named = os.environ.get("VOXLOGICA_CACHE", "")
        of = f", for {named}" if named.startswith("~") else ""
        warn(f"no home folder is found to keep results in{of}: choose a folder with --cache DIR")
        return None
    kind = network_file_system(folder)
    if kind and folder == user_cache():
        warn(
            f"the user's cache folder {folder} is on a network file system ({kind}): results are"
            " neither read nor kept; choose a folder on a disk of this machine with --cache DIR"
        )
        return None
    is_new = not os.path.lexists(folder / NAME)
    store = Store(folder, _limit(warn) if limit is None else limit, warn)
    if is_new and store.usable:
        _tell_of_place(folder, kind, warn)
    return store if store.usable else None


def _tell_of_place(folder: Path, kind: str | None, warn: Callable[[str], None]) -> None:
    """Say, when a store is begun, what is unusual about where it is."""
    if kind:
        warn(
            f"the store {folder} is on a network file system ({kind}): use it from one machine at"
            " a time, or choose a folder on a disk of this machine with --cache DIR"
        )
    elif folder == temporary_cache():
        warn(
            f"the user's cache folder is on a network file system: results are kept in {folder};"
            " --cache DIR chooses another folder"
        )


def worth_keeping(seconds: float, value: object) -> bool:
    """Whether a result that took `seconds` to compute is worth its place in the store.

    It is if computing it took several times as long as writing it will. What cannot be stored, such
    as a sequence of images, is not.
    """
    if not is_storable(value):
        return False
    writing = _A_ROW
    if isinstance(value, Image):
        region = value.array.dtype.name == "bool"
        writing += _A_FILE + value.nbytes / (_WRITING_REGIONS if region else _WRITING)
    return seconds >= _WORTH * writing


class Store:
    """Results on disk. Safe for any thread; any number of processes may use a folder at once.

    Made by `open_store`. Whatever is wrong on disk, no method raises: results are then absent, and
    what is put is not kept. In a forked child process it is as if it were closed.
    """

    def __init__(self, folder: Path, limit: int, warn: Callable[[str], None]) -> None:
        self.folder, self.limit = folder, limit
        self._files = Files()
        self._access = Access(folder, self._files, warn)
        self._who = f"{os.getpid()}@{os.uname().nodename}"
        self._marks: dict[bytes, float] = {}
        self._marking = threading.Lock()

    @property
    def usable(self) -> bool:
        """Whether results can be read from it."""
        return self._access.usable

    def stored(self, ids: Iterable[bytes]) -> set[bytes]:
        """Those of the operations that have a result here which lasts."""
        wanted = sorted(set(ids))  # in the index's order, it takes two thirds of the time
        return self._access.read(lambda index: rows_of.stored(index, wanted), set())

    def read(
        self, id: bytes, is_possible: Callable[[Value | ImageForm], bool] = lambda found: True
    ) -> Value | None:
        """The result of an operation, None if there is none. An image's array is read-only.

        `is_possible` tells of a value, and of an image's form, whether it can be this operation's
        result at all; one that cannot is damage like any other.
        """
        while (row := self._kept(id)) is not None:
            try:
                value = self._value(id, row, is_possible)
            except _DamageError:
                if self._drop_damaged(id, row, is_possible):
                    self._tell_of_damage()
                    return None
                # Dropped, and perhaps put again, since the row was read: once more.
            else:
                self._mark(id)
                return value
        return None

    def drop_wrong(self, ids: Iterable[bytes]) -> None:
        """Drop results that are found not to be those of their operations."""
        wrong = [(id, 0) for id in ids]
        self._drop(lambda connection: wrong)
        self._tell_of_damage()

    def put(self, id: bytes, value: Value, *, operator: str, seconds: float) -> None:
        """Keep the result of an operation, unless it is there already.

        Raises TypeError for what the store has no form for: see `worth_keeping`.
        """
        self.put_many([Result(id, value, operator, seconds)])

    def put_many(self, results: Iterable[Result]) -> None:
        """Keep several results: all that are no images in one transaction.

        Raises TypeError for what the store has no form for, before anything is kept.
        """
        rows = []
        for result in results:
            form = written(result.value)
            digest = digest_of(result.id, form.type.encode(), form.text.encode())
            row = Row(result.id, result.operator, result.seconds, form, digest, result.lasting)
            rows.append(row)
        self._add([row for row in rows if row.written.array is None])
        for row in rows:
            if row.written.array is not None and not self.stored([row.id]):
                self._add_image(row)

    def handed(self, id: bytes) -> float | None:
        """The seconds that it took to compute a result that does not last; None if none is here."""
        return self._access.read(lambda index: rows_of.handed(index, id), None)

    def all_handed(self) -> list[bytes]:
        """The operations that have a result here which does not last."""
        nothing: list[bytes] = []
        return self._access.read(rows_of.all_handed, nothing)

    def drop_handed(self, id: bytes) -> None:
        """Drop the result of an operation, unless it lasts."""
        self._drop(lambda connection: rows_of.handed_bytes(connection, id))

    def running(self, id: bytes, operator: str) -> None:
        """Note, for people, that this process is about to compute an operation."""
        self._note(id, "running", operator, "")

    def failed(self, id: bytes, operator: str, error: str) -> None:
        """Note, for people, that an operation has failed. It is tried again all the same."""
        self._note(id, "failed", operator, error)

    def not_kept(self, id: bytes) -> None:
        """Take back that an operation is running: it has ended, and its result is not put."""
        self._access.write(lambda connection: rows_of.take_back(connection, id), None)

    def file_digest(self, path: Path, compute: Callable[[], bytes]) -> bytes:
        """The digest of a file: what `compute` gives, or gave in an earlier run for the same file.

        It is the same file if its device, inode, size and times are the same, and it had not just
        been changed when the digest was taken. Raises OSError if it cannot be looked at, and what
        `compute` raises.
        """
        name, stamp = str(path.absolute()), _stamp(path)
        noted = self._access.read(lambda index: rows_of.file_digest(index, name, stamp), None)
        if noted is not None:
            return noted
        digest = compute()
        found = path.stat()
        settled = time() - max(found.st_mtime, found.st_ctime) > _UNSETTLED
        if settled and _stamp(path) == stamp:
            self._access.write(lambda c: rows_of.note_file(c, name, stamp, digest), None)
        return digest

    def entries(
        self,
        *,
        running: bool = False,
        failed: bool = False,
        is_held: Callable[[bytes], bool] = lambda id: True,
    ) -> list[Entry]:
        """What there is, the oldest first; only what is running, or has failed, where asked for.

        `is_held` tells whether any process has the claim on an operation at this moment: what is
        said to be running and is not claimed was interrupted.
        """
        asked = {"running": running, "failed": failed}
        states = [state for state in STATES if asked.get(state)] or STATES
        return self._entries(states, is_held)

    def info(self) -> Info:
        """How much there is."""
        nothing: dict[str, tuple[int, int]] = {}
        counts = self._access.read(rows_of.counts, nothing)
        number = {state: counts.get(state, (0, 0))[0] for state in STATES}
        size = sum(size for _, size in counts.values())
        return Info(
            self.folder,
            size,
            self.limit,
            number["completed"],
            number["running"],
            number["failed"],
        )

    def verify(self) -> Verified:
        """Read every result and check its digest. What is damaged, and stray files, are removed.

        The store may be in use meanwhile, also by other processes.
        """
        self._access.check()
        checked, damaged = 0, list[Entry]()
        for entry in self._entries(["completed"]):
            id = bytes.fromhex(entry.id)
            row = self._kept(id)
            if row is None:
                continue  # dropped meanwhile
            checked += 1
            try:
                self._checked(id, row)
            except _DamageError:
                if self._drop_damaged(id, row):
                    damaged.append(entry)
        # Puts the total right.
        self._drop(lambda connection: rows_of.least_used(connection, self.limit))
        return Verified(checked, tuple(damaged), self._access.was_renewed, self._remove_strays())

    def prune(self, *, max_size: int | None = None, older_than: float | None = None) -> Dropped:
        """Drop what was not used for `older_than` seconds, then the least recently used until no
        more than `max_size` bytes are left. Stray files are removed, too."""
        dropped = Dropped(0, 0)
        if older_than is not None:
            before = time() - older_than
            dropped = self._drop(lambda connection: rows_of.unused(connection, before))
            self._access.write(lambda connection: rows_of.forget_files(connection, before), None)
        if max_size is not None:
            more = self._drop(lambda connection: rows_of.least_used(connection, max_size))
            dropped = Dropped(dropped.entries + more.entries, dropped.bytes + more.bytes)
        self._remove_strays()
        return dropped

    def clear(self) -> Dropped:
        """Drop everything."""
        dropped = self._drop(rows_of.everything)
        self._access.write(lambda connection: rows_of.forget_files(connection, time()), None)
        self._remove_strays()
        self._access.compact()
        return dropped

    def close(self) -> None:
        """End the use of the store. Later calls find nothing, and keep nothing."""
        self._write_marks()
        self._access.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Reading

    def _entries(
        self, states: Sequence[State], is_held: Callable[[bytes], bool] = lambda id: True
    ) -> list[Entry]:
        nothing: list[Entry] = []
        return self._access.read(
            lambda index: list(rows_of.entries(index, states, is_held)), nothing
        )

    def _kept(self, id: bytes) -> Kept | None:
        return self._access.read(lambda index: rows_of.kept(index, id), None)

    def _tell_of_damage(self) -> None:
        self._access.tell(
            "damaged",
            f"results in the store {self.folder} were damaged: they are computed again"
            " (`voxlogica cache verify` checks all)",
        )

    def _value(
        self, id: bytes, row: Kept, is_possible: Callable[[Value | ImageForm], bool]
    ) -> Value:
        form, frame = self._checked(id, row, is_possible)
        if not isinstance(form, ImageForm):
            return form
        try:
            return Image(decompressed(frame, form.dtype, form.shape), form.geometry)
        except FrameError as problem:
            raise _DamageError from problem

    def _checked(
        self,
        id: bytes,
        row: Kept,
        is_possible: Callable[[Value | ImageForm], bool] = lambda found: True,
    ) -> tuple[Value | ImageForm, bytes]:
        """A result, for an image its form and its frame, if the digest is right."""
        frame = b""
        try:
            digest = digest_of(id, row.type.encode(), row.value.encode())
            form = read_value(row.type, row.value)
            if not is_possible(form):
                raise _DamageError
            if isinstance(form, ImageForm):
                frame = self._files.read(id, row.bytes)
                digest.update(frame)
        except (OSError, ValueError, TypeError, AttributeError, MemoryError) as problem:
            raise _DamageError from problem  # columns may hold anything
        if digest.digest() != row.digest:
            raise _DamageError
        return form, frame

    def _drop_damaged(
        self,
        id: bytes,
        row: Kept,
        is_possible: Callable[[Value | ImageForm], bool] = lambda found: True,
    ) -> bool:
        """Drop a result that was found damaged. False if it is not, looked at once more.

        It may have been dropped and put again while it was read, with an equal row; with the right
        to write, nobody else does that.
        """

        def drop(connection: sqlite3.Connection) -> bool:
            if not rows_of.is_kept(connection, id, row):
                return False
            try:
                self._value(id, row, is_possible)
            except _DamageError:
                rows_of.delete(connection, [id])
                return True
            return False

        # If nothing can be written, it stays, and is still damaged.
        damaged = self._access.write(drop, True)
        if damaged:
            self._remove_frames([id])
        return damaged

    def _mark(self, id: bytes) -> None:
        """Remember that a result was used; written with something else, or with others like it."""
        with self._marking:
            self._marks[id] = time()
            many = len(self._marks) >= _MARKS
        if many:
            self._write_marks()

    def _write_marks(self) -> None:
        if self._marks:
            self._access.write(self._write_marks_in, None)

    def _write_marks_in(self, connection: sqlite3.Connection) -> None:
        with self._marking:
            marks, self._marks = self._marks, {}
        rows_of.mark(connection, marks)

    # Writing

    def _add_image(self, row: Row) -> None:
        array = row.written.array
        if array is None or not self._access.writable:
            return
        try:
            with self._files.part(row.id) as part:
                part.write(array, row.digest.update)
                row.frame_bytes = part.size
                self._add([row], lambda: self._files.put_in_place(part, row.id))
        except (OSError, RuntimeError, MemoryError) as problem:  # RuntimeError is Blosc2's
            self._access.stop_writing(problem)

    def _add(self, rows: Sequence[Row], put_in_place: Callable[[], None] | None = None) -> None:
        """Add those rows that are not there yet, then `put_in_place`; and keep to the limit."""
        fitting = [row for row in rows if row.bytes <= self.limit]
        # What is added is not dropped at once, even if it is nearly all there is room for.
        room = min(self.limit, max(int(_FILLED * self.limit), sum(row.bytes for row in fitting)))

        def add(connection: sqlite3.Connection) -> list[bytes]:
            self._write_marks_in(connection)
            added = rows_of.complete(connection, fitting, self._who)
            if added and put_in_place is not None:
                put_in_place()
            if rows_of.is_within(connection, self.limit):
                return []
            victims = [id for id, _ in rows_of.least_used(connection, room)]
            rows_of.delete(connection, victims)
            return victims

        if fitting:
            self._remove_frames(self._access.write(add, []))

    def _note(self, id: bytes, state: State, operator: str, error: str) -> None:
        self._access.write(lambda c: rows_of.note(c, id, state, operator, error, self._who), None)

    def _drop(self, choose: Callable[[sqlite3.Connection], list[tuple[bytes, int]]]) -> Dropped:
        def drop(connection: sqlite3.Connection) -> list[tuple[bytes, int]]:
            self._write_marks_in(connection)
            victims = choose(connection)
            rows_of.delete(connection, [id for id, _ in victims])
            return victims

        nothing: list[tuple[bytes, int]] = []
        victims = self._access.write(drop, nothing)
        self._remove_frames([id for id, _ in victims])
        return Dropped(len(victims), sum(size for _, size in victims))

    def _remove_strays(self) -> int:
        """Remove frames without a row, and parts of processes that have died; how many."""
        frames = self._files.frames()
        return self._remove_frames(set(frames) - self.stored(frames)) + self._files.remove_parts()

    def _remove_frames(self, ids: Iterable[bytes]) -> int:
        """Remove the frames of operations that have no result; how many there were."""
        # Ids of a damaged index may be of any type.
        frames = [id for id in ids if isinstance(id, bytes) and self._files.has_frame(id)]

        def remove(connection: sqlite3.Connection) -> int:
            strays = [id for id in frames if not rows_of.is_kept(connection, id)]
            return sum(self._files.remove(id) for id in strays)

        return self._access.write(remove, 0) if frames else 0


class _DamageError(Exception):
    """A result is not the one that was put."""


def _stamp(path: Path) -> str:
    found = path.stat()
    return f"{found.st_dev} {found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"


def _limit(warn: Callable[[str], None]) -> int:
    text = os.environ.get("VOXLOGICA_CACHE_LIMIT")
    if not text:
        return DEFAULT_LIMIT
    try:
        return size_in_bytes(text)
    except ValueError as problem:
        warn(f"$VOXLOGICA_CACHE_LIMIT: {problem}; the store may take 10 GB")
        return DEFAULT_LIMIT
