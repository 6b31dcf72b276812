"""The journal of a run over cases: rows are on disk as soon as their cases are done.

A table is made of it when all are done, in the cases' order, without holding them in memory. It is
a file beside the table, with a line of JSON for each row (`row_text.py`), which nobody but the
kernel has to finish writing: however a run ends, the rows that it had told of are there. It is
removed when the table is in its place. A line before the rows of each run says what was carried
out: a run that is started again adds to what is there.
"""

from __future__ import annotations

import fcntl
import json
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from contextlib import closing
from io import FileIO
from itertools import count
from pathlib import Path
from time import monotonic
from typing import Self

from voxlogica.batch.row_text import RowTextError, row_line, row_of
from voxlogica.engine.cases import Row

_FORMAT = "voxlogica journal"
_VERSION = 1
# What a power cut may take is what was written so long before. (A kill takes nothing.)
_UNSYNCED_SECONDS = 1.0


class JournalError(Exception):
    """A journal cannot be written, or read: the message says where and why, `hint` what to do."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.hint = hint


def journal_of(table: Path) -> Path:
    """Where the journal of a table lies."""
    return table.with_name(f"{table.name}.rows.jsonl")


class KeptRows:
    """Rows in an open file, in the cases' order, gone through as often as one wants."""

    def __init__(self, file: FileIO) -> None:
        self._file = file
        # What they are of, in a word.
        self.work: object = None
        # Of each row, by its case's number: where its line begins, and how long it is.
        self._places: dict[int, tuple[int, int]] = {}

    def __len__(self) -> int:
        return len(self._places)

    def __iter__(self) -> Iterator[Row]:
        return map(self.row, sorted(self._places))

    def __contains__(self, number: object) -> bool:
        return number in self._places

    def row(self, number: int) -> Row:
        """The row of the case with this number. Raises KeyError."""
        place, length = self._places[number]
        return row_of(os.pread(self._file.fileno(), length, place))

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


class Journal(KeptRows):
    """Takes rows as they come; a lock that the kernel holds says that its run goes on."""

    def __init__(
        self, table: Path | None, work: str, holds: Callable[[Row], bool] = lambda row: True
    ) -> None:
        """The journal beside a table; one without a name where the table has none.

        `work` says what is carried out, in a word: that a later run of the same is of one with it,
        as long as each row that is there `holds`. Where one is there that has rows of other work,
        or some that do not hold, it goes `aside`: nobody else may have them.
        Raises JournalError: another run writes the table, or what is there is no journal.
        """
        self.path = None if table is None else journal_of(table)
        self.aside: Path | None = None
        self._shown = f"a file in {tempfile.gettempdir()}" if self.path is None else f"{self.path}"
        try:
            super().__init__(_nameless() if self.path is None else self._without_other(work, holds))
        except OSError as failed:
            raise self._unwritten(failed) from failed
        self._synced = monotonic()
        self._end = os.fstat(self._file.fileno()).st_size
        self._is_new = self._end == 0
        try:
            last = os.pread(self._file.fileno(), 1, max(0, self._end - 1))
            if not self._is_new and last != b"\n":  # its run was killed
                self._write(b"\n")
            self._write(f"{json.dumps({_FORMAT: _VERSION, 'work': work})}\n".encode("ascii"))
        except BaseException:
            self.close()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, row: Row) -> None:
        """Take a row. Raises JournalError where it cannot be written: then nothing is of it."""
        line = row_line(row).encode("ascii")
        place = self._end
        self._write(line + b"\n")
        self._places[row.case.number] = (place, len(line))
        if self.path is not None and monotonic() - self._synced > _UNSYNCED_SECONDS:
            try:
                os.fsync(self._file.fileno())
            except OSError as failed:
                raise self._unwritten(failed) from failed
            self._synced = monotonic()

    def remove(self) -> None:
        """Remove it: its rows are in the table. They can still be gone through."""
        if self.path is not None:
            self.path.unlink(missing_ok=True)
            self.path = None

    def close(self) -> None:
        """Let go of it. One without a row is removed, unless an earlier run has left some."""
        if self._is_new and not self._places and not self._file.closed:
            self.remove()
        super().close()

    def _without_other(self, work: str, holds: Callable[[Row], bool]) -> FileIO:
        """The file: a journal with rows of this work alone. Raises JournalError, or OSError."""
        assert self.path is not None
        file = _locked(self.path)
        try:
            if os.fstat(file.fileno()).st_size:
                _check(file, self._shown)
            if not _has_other(self.path, work, holds):
                return file
            self.aside = _free(self.path)
            self.path.rename(self.aside)
        except BaseException:
            file.close()
            raise
        file.close()
        return _locked(self.path)

    def _write(self, data: bytes) -> None:
        written = 0
        try:
            while written < len(data):
                written += self._file.write(data[written:]) or 0
        except BaseException as failed:  # an interruption, too
            self._file.truncate(self._end)
            if isinstance(failed, OSError):
                raise self._unwritten(failed) from failed
            raise
        self._end += written

    def _unwritten(self, failed: OSError) -> JournalError:
        reason = (failed.strerror or str(failed)).lower()
        return JournalError(f"cannot keep rows in {self._shown}: {reason}")


def read_journal(path: Path) -> KeptRows:
    """The rows of what was carried out last, of all its runs; of a case's, the last.

    Raises JournalError where a line is no row, and OSError. A last line that is cut short was being
    written when its run was killed: it is left out.
    """
    with path.open("rb") as lines:
        rows = KeptRows(FileIO(os.dup(lines.fileno())))
        place, wrong, line = 0, "", b""
        for number, line in enumerate(lines, 1):
            if (header := _header(line)) is not None:
                if header.get("work") != rows.work:
                    rows._places.clear()
                rows.work, wrong = header.get("work"), ""
            elif wrong:
                break
            else:
                try:
                    rows._places[row_of(line).case.number] = (place, len(line))
                except RowTextError as damaged:
                    wrong = f"{path}:{number}: this is no row: {damaged}"
            place += len(line)
    if wrong and line.endswith(b"\n"):
        raise JournalError(wrong)
    return rows


def _has_other(path: Path, work: str, holds: Callable[[Row], bool]) -> bool:
    """Whether a journal has rows of other work, or that do not hold.

    Those count that `read_journal` gives, and what is damaged as well: who knows what that was.
    """
    try:
        rows = read_journal(path)
    except JournalError:
        return True
    with closing(rows):
        return len(rows) > 0 and (rows.work != work or not all(map(holds, rows)))


def _free(path: Path) -> Path:
    """A name beside that of a journal: `t.csv.rows.1.jsonl`."""
    names = (path.with_suffix(f".{number}.jsonl") for number in count(1))
    return next(name for name in names if not os.path.lexists(name))


def is_journal(begin: bytes) -> bool:
    """Whether what begins so is a journal."""
    return _header(begin.partition(b"\n")[0]) is not None


def _header(line: bytes) -> dict[str, object] | None:
    """What a line says of the rows below it, if it does."""
    if not line.startswith(f'{{"{_FORMAT}"'.encode("ascii")):
        return None
    try:
        found = json.loads(line)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _nameless() -> FileIO:
    with tempfile.TemporaryFile() as file:
        return FileIO(os.dup(file.fileno()), "r+")


def _locked(path: Path) -> FileIO:
    """The file of the journal, which no other process has. Raises JournalError, or OSError."""
    flags = os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    while True:
        file = FileIO(path, "a+", opener=lambda name, _: os.open(name, flags, 0o666))
        try:
            if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
                raise _foreign(f"{path}")
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise JournalError(
                    f"another run is writing this table: {path} is its journal",
                    "wait for it, or give this one another file",
                ) from None
            except OSError:  # there are no locks here
                return file
            # Who had it may have removed it meanwhile.
            if os.path.samestat(os.fstat(file.fileno()), path.stat()):
                return file
        except FileNotFoundError:
            pass
        except BaseException:
            file.close()
            raise
        file.close()


def _check(file: FileIO, shown: str) -> None:
    """Raises JournalError where a file is no journal."""
    first = os.pread(file.fileno(), 4096, 0)
    header = _header(first.partition(b"\n")[0])
    if header is None:
        raise _foreign(shown)
    if header[_FORMAT] != _VERSION:
        raise JournalError(
            f"{shown} is from another version of voxlogica", "move it away, or use that version"
        )


def _foreign(shown: str) -> JournalError:
    return JournalError(
        f"{shown} is where rows would be kept, and what is there is no journal of voxlogica",
        "move it away, or give the table another name",
    )
