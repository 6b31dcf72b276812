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
from typing import TYPE_CHECKING, Any, Self

from voxlogica.dataclass import dataclass, replace
from voxlogica.engine import store_rows as rows_of
from voxlogica.engine.frames import FrameError, decompressed
from voxlogica.engine.store_files import StoreFiles
from voxlogica.engine.store_index import Index
from voxlogica.engine.store_rows import (
    STATES,
    IndexEntry,
    NewRow,
    Result,
    State,
    StoredRow,
    digest_of,
)
from voxlogica.engine.store_values import ImageForm, Value, read_value
from voxlogica.images.image import Image

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Tells of a value, and of an image's form, whether it can be the result that is asked for at all.
Check = Callable[[Value | ImageForm], bool]

# When the limit is passed, room is made for some time.
_FILLED = 0.9
# After so many results were read, it is noted when.
_MARKS = 256
# A file that was changed less than this before it was looked at may change again without its times
# telling: seconds, as file systems with the coarsest clocks have them.
_UNSETTLED = 2.0


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
    damaged: tuple[IndexEntry, ...]
    index_damaged: bool
    strays: int


@dataclass(frozen=True, slots=True)
class Dropped:
    """How much was dropped."""

    entries: int
    bytes: int


class Store:
    """Results on disk. Safe for any thread; any number of processes may use a folder at once.

    Made by `open_store`. Whatever is wrong on disk, no method raises: results are then absent, and
    what is put is not kept. In a forked child process it is as if it were closed.
    """

    def __init__(self, folder: Path, limit: int, warn: Callable[[str], None]) -> None:
        self.folder, self.limit = folder, limit
        self._files = StoreFiles()
        self._index = Index(folder, self._files, warn)
        self._who = f"{os.getpid()}@{os.uname().nodename}"
        self._marks: dict[bytes, float] = {}
        self._marking = threading.Lock()

    @property
    def usable(self) -> bool:
        """Whether results can be read from it."""
        return self._index.usable

    def stored(self, ids: Iterable[bytes]) -> set[bytes]:
        """Those of the operations that have a result here which lasts."""
        wanted = sorted(set(ids))  # in the index's order, it takes two thirds of the time
        return self._index.read(lambda index: rows_of.stored(index, wanted), set())

    def read(self, id: bytes, is_possible: Check = lambda found: True) -> Value | None:
        """The result of an operation, None if there is none. An image's array is read-only.

        One that cannot be this operation's result at all is damage like any other.
        """
        while (row := self._row(id)) is not None:
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

    def drop_wrong(self, ids: Iterable[bytes], *, tell: bool = True) -> None:
        """Drop results that are not, or no longer, those of their operations."""
        wrong = [(id, 0) for id in ids]
        self._drop(lambda index: wrong)
        if tell:
            self._tell_of_damage()

    def put(self, id: bytes, value: Value, *, operator: str, seconds: float) -> None:
        """Keep the result of an operation, unless it is there already.

        Raises TypeError for what the store has no form for: see `is_storable`.
        """
        self.put_many([Result(id, value, operator, seconds)])

    def put_many(self, results: Iterable[Result]) -> None:
        """Keep several results: all that are no images in one transaction.

        Raises TypeError for what the store has no form for, before anything is kept.
        """
        rows = [NewRow.of(result) for result in results]
        self._add([row for row in rows if row.written.array is None])
        for row in rows:
            if row.written.array is not None and not self.stored([row.result.id]):
                self._add_image(row, row.written.array)

    def handed(self, id: bytes) -> float | None:
        """The seconds that it took to compute a result that does not last; None if none is here."""
        return self._index.read(lambda index: rows_of.handed(index, id), None)

    def all_handed(self) -> list[bytes]:
        """The operations that have a result here which does not last."""
        return self._index.read(rows_of.all_handed, list[bytes]())

    def drop_handed(self, id: bytes) -> None:
        """Drop the result of an operation, unless it lasts."""
        self._drop(lambda index: rows_of.chosen(index, rows_of.HANDED, id))

    def running(self, id: bytes, operator: str) -> None:
        """Note, for people, that this process is about to compute an operation."""
        self._index.write(lambda i: rows_of.note(i, id, "running", operator, "", self._who), None)

    def failed(self, id: bytes, operator: str, error: str) -> None:
        """Note, for people, that an operation has failed. It is tried again all the same."""
        self._index.write(lambda i: rows_of.note(i, id, "failed", operator, error, self._who), None)

    def not_kept(self, id: bytes) -> None:
        """Take back that an operation is running: it has ended, and its result is not put."""
        self._index.write(lambda index: rows_of.take_back(index, id), None)

    def file_digest(self, path: Path, compute: Callable[[], bytes]) -> bytes:
        """The digest of a file: what `compute` gives, or gave in an earlier run for the same file.

        It is the same file if its device, inode, size and times are the same, and it had not just
        been changed when the digest was taken. Raises OSError if it cannot be looked at, and what
        `compute` raises.
        """
        name, stamp = str(path.absolute()), _stamp(path)
        noted = self._index.read(lambda index: rows_of.file_digest(index, name, stamp), None)
        if noted is not None:
            return noted
        digest = compute()
        found = path.stat()
        settled = time() - max(found.st_mtime, found.st_ctime) > _UNSETTLED
        if settled and _stamp(path) == stamp:
            self._index.write(lambda i: rows_of.note_file(i, name, stamp, digest), None)
        return digest

    def entries(
        self,
        *,
        running: bool = False,
        failed: bool = False,
        is_claimed: Callable[[bytes], bool] = lambda id: True,
    ) -> list[IndexEntry]:
        """What there is, the oldest first; only what is running, or has failed, where asked for.

        `is_claimed` tells whether any process has the claim on an operation at this moment: what is
        said to be running and is not claimed was interrupted.
        """
        asked = {"running": running, "failed": failed}
        return [
            replace(entry, state="interrupted")
            if entry.state == "running" and not is_claimed(bytes.fromhex(entry.id))
            else entry
            for entry in self._entries([state for state in STATES if asked.get(state)] or STATES)
        ]

    def info(self) -> Info:
        """How much there is."""
        counts = self._index.read(rows_of.counts, dict[str, tuple[int, int]]())
        size = sum(size for _, size in counts.values())
        return Info(self.folder, size, self.limit, *(counts.get(s, (0, 0))[0] for s in STATES))

    def verify(self) -> Verified:
        """Read every result and check its digest. What is damaged, and stray files, are removed.

        The store may be in use meanwhile, also by other processes.
        """
        self._index.check()
        checked, damaged = 0, list[IndexEntry]()
        for entry in self._entries(["completed"]):
            id = bytes.fromhex(entry.id)
            row = self._row(id)
            if row is None:
                continue  # dropped meanwhile
            checked += 1
            try:
                self._checked(id, row)
            except _DamageError:
                if self._drop_damaged(id, row):
                    damaged.append(entry)
        # Puts the total right.
        self._drop(lambda index: rows_of.least_used(index, self.limit))
        return Verified(checked, tuple(damaged), self._index.was_renewed, self._remove_strays())

    def prune(self, *, max_size: int | None = None, older_than: float | None = None) -> Dropped:
        """Drop what was not used for `older_than` seconds, then the least recently used until no
        more than `max_size` bytes are left. Stray files are removed, too."""
        dropped = Dropped(0, 0)
        if older_than is not None:
            before = time() - older_than
            dropped = self._drop(lambda index: rows_of.chosen(index, rows_of.UNUSED_SINCE, before))
            self._index.write(lambda index: rows_of.forget_files(index, before), None)
        if max_size is not None:
            more = self._drop(lambda index: rows_of.least_used(index, max_size))
            dropped = Dropped(dropped.entries + more.entries, dropped.bytes + more.bytes)
        self._remove_strays()
        return dropped

    def clear(self) -> Dropped:
        """Drop everything."""
        dropped = self._drop(lambda index: rows_of.chosen(index, rows_of.ALL))
        self._index.write(lambda index: rows_of.forget_files(index, time()), None)
        self._remove_strays()
        self._index.compact()
        return dropped

    def close(self) -> None:
        """End the use of the store. Later calls find nothing, and keep nothing."""
        self._write_marks()
        self._index.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    # Reading

    def _entries(self, states: Sequence[State]) -> list[IndexEntry]:
        return self._index.read(lambda index: rows_of.entries(index, states), list[IndexEntry]())

    def _row(self, id: bytes) -> StoredRow | None:
        return self._index.read(lambda index: rows_of.stored_row(index, id), None)

    def _tell_of_damage(self) -> None:
        self._index.tell(
            "damaged",
            f"results in the store {self.folder} were damaged: they are computed again"
            " (`voxlogica cache verify` checks all)",
        )

    def _value(self, id: bytes, row: StoredRow, is_possible: Check) -> Value:
        form, frame = self._checked(id, row, is_possible)
        if not isinstance(form, ImageForm):
            return form
        try:
            return Image(decompressed(frame, form.dtype, form.shape), form.geometry)
        except FrameError as problem:
            raise _DamageError from problem

    def _checked(
        self, id: bytes, row: StoredRow, is_possible: Check = lambda found: True
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
        self, id: bytes, row: StoredRow, is_possible: Check = lambda found: True
    ) -> bool:
        """Drop a result that was found damaged. False if it is not, looked at once more.

        It may have been dropped and put again while it was read, with an equal row; with the right
        to write, nobody else does that.
        """

        def drop(index: sqlite3.Connection) -> bool:
            if rows_of.stored_row(index, id) != row:
                return False
            try:
                self._value(id, row, is_possible)
            except _DamageError:
                rows_of.delete(index, [id])
                return True
            return False

        # If nothing can be written, it stays, and is still damaged.
        damaged = self._index.write(drop, True)
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
            self._index.write(self._write_marks_in, None)

    def _write_marks_in(self, index: sqlite3.Connection) -> None:
        with self._marking:
            marks, self._marks = self._marks, {}
        rows_of.mark(index, marks)

    # Writing

    def _add_image(self, row: NewRow, array: NDArray[Any]) -> None:
        if not self._index.writable:
            return
        try:
            with self._files.part(row.result.id) as part:
                part.write(array, row.digest.update)
                row.frame_bytes = part.size
                self._add([row], lambda: self._files.put_in_place(part, row.result.id))
        except (OSError, RuntimeError, MemoryError) as problem:  # RuntimeError is Blosc2's
            self._index.stop_writing(problem)

    def _add(self, rows: Sequence[NewRow], put_in_place: Callable[[], None] | None = None) -> None:
        """Add those rows that are not there yet, then `put_in_place`; and keep to the limit."""
        fitting = [row for row in rows if row.bytes <= self.limit]
        # What is added is not dropped at once, even if it is nearly all there is room for.
        room = min(self.limit, max(int(_FILLED * self.limit), sum(row.bytes for row in fitting)))

        def add(index: sqlite3.Connection) -> list[bytes]:
            self._write_marks_in(index)
            added = rows_of.complete(index, fitting, self._who)
            if added and put_in_place is not None:
                put_in_place()
            if rows_of.is_within(index, self.limit):
                return []
            victims = [id for id, _ in rows_of.least_used(index, room)]
            rows_of.delete(index, victims)
            return victims

        if fitting:
            self._remove_frames(self._index.write(add, []))

    def _drop(self, choose: Callable[[sqlite3.Connection], list[tuple[bytes, int]]]) -> Dropped:
        def drop(index: sqlite3.Connection) -> list[tuple[bytes, int]]:
            self._write_marks_in(index)
            victims = choose(index)
            rows_of.delete(index, [id for id, _ in victims])
            return victims

        victims = self._index.write(drop, list[tuple[bytes, int]]())
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

        def remove(index: sqlite3.Connection) -> int:
            strays = [id for id in frames if rows_of.stored_row(index, id) is None]
            return sum(self._files.remove(id) for id in strays)

        return self._index.write(remove, 0) if frames else 0


class _DamageError(Exception):
    """A result is not the one that was put."""


def _stamp(path: Path) -> str:
    found = path.stat()
    return f"{found.st_dev} {found.st_ino} {found.st_size} {found.st_mtime_ns} {found.st_ctime_ns}"
