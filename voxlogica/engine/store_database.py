"""The file of a store's index: an SQLite database that says what there is.

It is in WAL mode: readers never wait, and writers wait for each other only as long as the few
statements of a transaction take. SQLite does this waiting itself (`timeout`); nothing is
coordinated by it, that is what claims are for.

A killed process leaves the index as it was before or after a transaction. After a power cut the
last transactions may be missing (`synchronous=NORMAL`), which costs time only.

Nothing in the file is trusted. The schema must be, letter for letter, the one below, so that there
is no trigger or view of anyone else's; SQLite is told to trust no schema; extensions cannot be
loaded. What the rows say is checked in `store_rows.py`.

Forks. SQLite keeps what a process has locked in memory, which a forked child has a copy of: were a
connection open there, another one to the same file would rest on locks that only the parent has.
So no connection is open during a fork, and none is being opened. It waits for transactions under
way, which take milliseconds; the parent opens its connections again when they are next used.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from weakref import WeakSet

# Raised by one whenever an older voxlogica could no longer read what is written.
SCHEMA_VERSION = 1
# What tells the file from any other SQLite database, for us and for file(1).
APPLICATION = b"VOXL"
_APPLICATION = int.from_bytes(APPLICATION, "big")
NAME = "index.sqlite"

_SCHEMA = (
    # `value` is JSON, see store_values.py. `digest` covers id, type, value and frame. `bytes` is
    # what an entry takes of the limit. `seconds` is what it took to compute; the times are seconds
    # since 1970. `who` is process@host. The rest speaks for itself.
    """CREATE TABLE results (
    id BLOB PRIMARY KEY,
    state TEXT NOT NULL,
    operator TEXT NOT NULL,
    type TEXT,
    value TEXT,
    bytes INTEGER NOT NULL DEFAULT 0,
    digest BLOB,
    seconds REAL,
    created REAL NOT NULL,
    used REAL NOT NULL,
    version TEXT NOT NULL,
    who TEXT NOT NULL,
    error TEXT
) WITHOUT ROWID""",
    "CREATE INDEX results_by_use ON results (used) WHERE state = 'completed'",
    # The sum of all bytes, so that no put has to add them up.
    "CREATE TABLE total (bytes INTEGER NOT NULL)",
    "INSERT INTO total VALUES (0)",
    """CREATE TRIGGER total_insert AFTER INSERT ON results
BEGIN UPDATE total SET bytes = bytes + NEW.bytes; END""",
    """CREATE TRIGGER total_update AFTER UPDATE OF bytes ON results
BEGIN UPDATE total SET bytes = bytes + NEW.bytes - OLD.bytes; END""",
    """CREATE TRIGGER total_delete AFTER DELETE ON results
BEGIN UPDATE total SET bytes = bytes - OLD.bytes; END""",
    # Digests of loaded files, for as long as the files are what they were.
    """CREATE TABLE files (
    path TEXT PRIMARY KEY,
    stamp TEXT NOT NULL,
    digest BLOB NOT NULL,
    seal BLOB NOT NULL,
    seen REAL NOT NULL
) WITHOUT ROWID""",
    # For people.
    """CREATE VIEW entries AS SELECT lower(hex(id)) AS id, state, operator, type, bytes, seconds,
    datetime(created, 'unixepoch', 'localtime') AS created,
    datetime(used, 'unixepoch', 'localtime') AS used,
    version, who, value, lower(hex(digest)) AS digest, error
FROM results ORDER BY results.created""",
)

# How long SQLite waits for another process's transaction, in seconds. They take milliseconds: this
# long only if one is stopped (Ctrl-Z) in the middle.
_PATIENCE = 60.0
_DAMAGE = {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB}

# What SQLite's module raises because of what is in the file, or on the disk. That it cannot decode
# its own messages happens where they quote damaged names.
PROBLEMS = (sqlite3.Error, UnicodeDecodeError, MemoryError)


class NewerIndexError(Exception):
    """The index was made by a newer version of this program."""


class DamagedIndexError(sqlite3.DatabaseError):
    """The file is not an index as this program makes it, or no longer."""


def is_damage(problem: BaseException) -> bool:
    """Whether an exception means that the index is damaged, or not one of ours."""
    unreadable = isinstance(problem, DamagedIndexError | UnicodeDecodeError)
    return unreadable or _code(problem) in _DAMAGE


def _code(problem: BaseException) -> int:
    """SQLite's error code, 0 for anything else."""
    code = getattr(problem, "sqlite_errorcode", 0)
    return code & 0xFF if isinstance(code, int) else 0


class Database:
    """Two connections to an index, one to read and one to write. Safe for any thread.

    Raises PROBLEMS or NewerIndexError. `is_new` says whether it was empty.
    """

    def __init__(self, path: Path) -> None:
        self.is_closed = False
        self._path = path
        # A signal handler may fork in a thread that has them: hence reentrant.
        self._reading, self._writing = threading.RLock(), threading.RLock()
        # Whether the connections are to be opened anew, after a fork.
        self._left = False
        with not_forking():
            try:
                self._open()
            except sqlite3.Error as problem:
                # Statements as simple as these are wrong only where the header makes no sense.
                if _code(problem) == sqlite3.SQLITE_ERROR:
                    raise DamagedIndexError from problem
                raise
            self.identity = identity(path)
            _databases.add(self)

    def _open(self) -> None:
        self._writer = _connected(self._path)
        try:
            self._check_or_create()
            self._reader = _connected(self._path)
            self._reader.execute("PRAGMA query_only = ON")
        except BaseException:
            self._writer.close()
            raise

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The connection to read by; for no longer than it takes to fetch some rows."""
        with self._opened(self._reading):
            yield self._reader

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction, in which no other thread or process writes. Rolled back on exceptions."""
        with self._opened(self._writing):
            self._writer.execute("BEGIN IMMEDIATE")
            try:
                yield self._writer
                self._writer.execute("COMMIT")
            except BaseException as problem:
                # SQLite has already rolled back where the disk is full, and the like.
                if self._writer.in_transaction:
                    with contextlib.suppress(*PROBLEMS):
                        self._writer.execute("ROLLBACK")
                # It is SQLite that may not write, not we: the header says so, or it was replaced.
                if _code(problem) == sqlite3.SQLITE_READONLY and os.access(self._path, os.W_OK):
                    raise DamagedIndexError from problem
                raise

    def compact(self) -> None:
        """Give the space of deleted rows back to the disk."""
        with self._opened(self._writing):
            self._writer.execute("VACUUM")

    def leave(self) -> None:
        """Close the connections until they are used again: to be called before a fork.

        Nobody uses them until `go_on`.
        """
        self._writing.acquire()
        self._reading.acquire()
        # In the middle of a transaction, by this thread's own, they cannot be closed.
        if not self.is_closed and not self._left and not self._writer.in_transaction:
            self._left = True
            self._close()

    def go_on(self) -> None:
        """Let them be used again, after a fork."""
        self._reading.release()
        self._writing.release()

    @contextmanager
    def _opened(self, lock: threading.RLock) -> Iterator[None]:
        """Within, a lock is held, and the connections are open."""
        while True:
            self._return()
            with lock:
                # A fork may come between the two. Opening takes other locks, in another order.
                if not self._left or self.is_closed:
                    yield
                    return

    def _return(self) -> None:
        """Open the connections again, if they were left."""
        if not self._left:
            return
        with not_forking(), self._writing, self._reading:
            if self._left and not self.is_closed:
                if identity(self._path) != self.identity:
                    raise DamagedIndexError
                self._open()
                self._left = False

    def _close(self) -> None:
        for connection in (self._reader, self._writer):
            with contextlib.suppress(*PROBLEMS):  # as where the file is damaged
                connection.close()

    def close(self) -> None:
        """End both connections. Whoever uses them later gets sqlite3.ProgrammingError."""
        with self._writing, self._reading:
            self.is_closed = True
            self._close()

    def _check_or_create(self) -> None:
        ((version,),) = self._writer.execute("PRAGMA user_version").fetchall()
        ((application,),) = self._writer.execute("PRAGMA application_id").fetchall()
        if version > SCHEMA_VERSION and application == _APPLICATION:
            raise NewerIndexError
        query = "SELECT sql FROM sqlite_master WHERE sql IS NOT NULL"
        found = {sql for (sql,) in self._writer.execute(query)}
        self.is_new = not found and version == 0
        if not self.is_new and found != {sql for sql in _SCHEMA if sql.startswith("CREATE")}:
            raise DamagedIndexError
        # Before the transaction: inside one, it has no effect.
        self._writer.execute("PRAGMA journal_mode = WAL")
        if self.is_new:
            self._writer.execute("BEGIN IMMEDIATE")
            for statement in _SCHEMA:
                self._writer.execute(statement)
            self._writer.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
            self._writer.execute(f"PRAGMA application_id = {_APPLICATION}")
            self._writer.execute("COMMIT")


@contextmanager
def not_forking() -> Iterator[None]:
    """Within, the process does not fork, but by this thread: a fork waits."""
    with _forking:
        yield


_databases: WeakSet[Database] = WeakSet()
_forking = threading.RLock()
# Those that were left for the fork under way.
_leaving: list[Database] = []


def _before_fork() -> None:
    _forking.acquire()
    _leaving.extend(_databases)
    for database in _leaving:
        database.leave()


def _after_fork() -> None:
    while _leaving:
        _leaving.pop().go_on()
    # It was not taken where this module was imported while the process forked.
    with contextlib.suppress(RuntimeError):
        _forking.release()


def _after_fork_in_child() -> None:
    global _forking
    _after_fork()
    # A new one: another thread may have it, where this was imported while the process forked.
    _forking = threading.RLock()


os.register_at_fork(
    before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork_in_child
)


def identity(path: Path) -> tuple[int, int] | None:
    """What tells a file from another that comes to have its name; None if there is no file."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def set_aside(path: Path) -> None:
    """Give an index, and what SQLite keeps beside it, other names that nothing has.

    Processes that have it open go on with it, and do not touch the one that takes its place: before
    it removes a log on closing, SQLite looks whether the file still has its name.
    """
    endings = ("-wal", "-shm", "")
    names = (f"{path.name}.damaged{number or ''}" for number in itertools.count())
    free = next(
        n for n in names if not any(os.path.lexists(path.with_name(n + e)) for e in endings)
    )
    for ending in endings:
        with contextlib.suppress(FileNotFoundError):
            path.with_name(path.name + ending).rename(path.with_name(free + ending))


def _connected(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(
        path, timeout=_PATIENCE, isolation_level=None, check_same_thread=False
    )
    # What is no text, digests find out.
    connection.text_factory = lambda text: text.decode("utf-8", "replace")
    try:
        connection.execute("PRAGMA trusted_schema = OFF")
        connection.execute("PRAGMA cell_size_check = ON")
        connection.execute("PRAGMA synchronous = NORMAL")
    except BaseException:
        connection.close()
        raise
    return connection
