"""The rows of a store's index: what is asked of them, and what is done to them.

Each function takes a connection; what changes rows is called within a transaction. The file may
have been tampered with, so a column may hold anything: rows are passed on only with their types
checked, or as `StoredRow`, whose digest tells.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Mapping, Sequence
from time import time
from typing import Any, Literal, NamedTuple

from voxlogica.dataclass import dataclass
from voxlogica.engine.store_values import Value, WrittenValue, written
from voxlogica.version import __version__

_VARIABLES = 500  # in one statement; SQLite takes at least 999
_LASTS, _DOES_NOT_LAST = (f"state = 'completed' AND used {than} 0" for than in (">", "="))
# Conditions for `chosen`: all rows; those not used since a time; an operation's that does not last.
ALL, HANDED = "1", f"id = ? AND {_DOES_NOT_LAST}"
# A result whose remarks are gone would be silent about what it rests on: they are small, and stay.
UNUSED_SINCE = "used < ? AND operator IS NOT 'remarks'"
# Rows are no frames, but a million of them fill a disk, too: each counts for this.
_ROW_BYTES = 256

State = Literal["completed", "running", "interrupted", "failed"]
STATES: tuple[State, ...] = ("completed", "running", "failed")


@dataclass(frozen=True, slots=True)
class IndexEntry:
    """What the index says of an operation, for people.

    `id` is in hexadecimal; `bytes` is what it takes of the limit; `created` and `used` are seconds
    since 1970; `who` is process@host. The texts may be anyone's: show them with care.
    """

    id: str
    state: State
    operator: str
    type: str
    bytes: int
    seconds: float
    created: float
    used: float
    version: str
    who: str
    error: str


class StoredRow(NamedTuple):
    """The row of a result, of which nothing is checked."""

    type: Any
    value: Any
    bytes: Any
    digest: Any


@dataclass(frozen=True, slots=True)
class Result:
    """A result to be put: of the operation `id`, an `operator`'s, computed in `seconds`.

    One that is not `lasting` is there for processes that wait for it, until it is dropped.
    """

    id: bytes
    value: Value
    operator: str
    seconds: float
    lasting: bool = True


@dataclass(slots=True)
class NewRow:
    """The row of a result that is to be added; the digest lacks the frame's bytes at first.

    One that does not last stands as used in 1970: it is handed to processes that wait for it.
    """

    result: Result
    written: WrittenValue
    digest: hashlib.blake2b
    frame_bytes: int = 0

    @staticmethod
    def of(result: Result) -> NewRow:
        """Raises TypeError for what the store has no form for."""
        form = written(result.value)
        return NewRow(result, form, digest_of(result.id, form.type.encode(), form.text.encode()))

    @property
    def bytes(self) -> int:
        """What it takes of the limit."""
        return self.frame_bytes + len(self.written.text) + _ROW_BYTES


def digest_of(*parts: bytes) -> hashlib.blake2b:
    """A digest of these parts, to which a frame may be added. BLAKE2b: 1.2 GB a second."""
    digest = hashlib.blake2b(digest_size=20)
    for part in parts:
        digest.update(len(part).to_bytes(8, "little"))
        digest.update(part)
    return digest


def stored(connection: sqlite3.Connection, ids: Sequence[bytes]) -> set[bytes]:
    """Those of the operations that have a result which lasts."""
    found: set[bytes] = set()
    for start in range(0, len(ids), _VARIABLES):
        some = ids[start : start + _VARIABLES]
        query = f"SELECT id FROM results WHERE {_LASTS} AND id IN ({_variables(some)})"
        found.update(id for (id,) in connection.execute(query, some))
    return found


def stored_row(connection: sqlite3.Connection, id: bytes) -> StoredRow | None:
    """The row of an operation's result."""
    query = "SELECT type, value, bytes, digest FROM results WHERE id = ? AND state = 'completed'"
    return next((StoredRow(*row) for row in connection.execute(query, (id,)).fetchall()), None)


def handed(connection: sqlite3.Connection, id: bytes) -> float | None:
    """The seconds that it took to compute a result that does not last; None if there is none."""
    rows = connection.execute(f"SELECT seconds FROM results WHERE {HANDED}", (id,)).fetchall()
    return _number(rows[0][0]) if rows else None


def all_handed(connection: sqlite3.Connection) -> list[bytes]:
    """The operations with a result that does not last; quick, by the index of uses."""
    rows = connection.execute(f"SELECT id FROM results WHERE {_DOES_NOT_LAST}")
    return [id for (id,) in rows if isinstance(id, bytes)]


def complete(connection: sqlite3.Connection, rows: Iterable[NewRow], who: str) -> int:
    """Add results where there are none yet, or none that lasts; how many that were."""
    now = time()
    values = [
        (
            row.result.id,
            row.result.operator,
            row.written.type,
            row.written.text,
            row.bytes,
            row.digest.digest(),
            row.result.seconds,
            now,
            now if row.result.lasting else 0.0,
            __version__,
            who,
        )
        for row in rows
    ]
    return connection.executemany(_COMPLETE, values).rowcount


def note(
    connection: sqlite3.Connection, id: bytes, state: State, operator: str, error: str, who: str
) -> None:
    """Note the state of an operation that has no result."""
    now = time()
    connection.execute(
        _NOTE, (id, state, _clean(operator), _clean(error), now, now, __version__, who)
    )


def take_back(connection: sqlite3.Connection, id: bytes) -> None:
    """Forget that an operation is running."""
    connection.execute("DELETE FROM results WHERE id = ? AND state = 'running'", (id,))


def mark(connection: sqlite3.Connection, used: Mapping[bytes, float]) -> None:
    """Note when results were used."""
    connection.executemany(
        "UPDATE results SET used = max(used, ?) WHERE id = ? AND used > 0",
        [(when, id) for id, when in used.items()],
    )


def delete(connection: sqlite3.Connection, ids: Iterable[bytes]) -> None:
    """Delete rows."""
    connection.executemany("DELETE FROM results WHERE id = ?", [(id,) for id in ids])


def is_within(connection: sqlite3.Connection, limit: int) -> bool:
    """Whether all there is takes no more than this."""
    query = "SELECT 1 FROM total WHERE bytes <= ?"
    return connection.execute(query, (limit,)).fetchone() is not None


def least_used(connection: sqlite3.Connection, room: int) -> list[tuple[bytes, int]]:
    """The least recently used results and their bytes: so many that the others fit into the room.

    Adds up what there is, and puts right the total that is kept beside.
    """
    ((found,),) = connection.execute("SELECT sum(bytes) FROM results").fetchall()
    total = _whole(found)
    connection.execute("UPDATE total SET bytes = ?", (total,))
    victims: list[tuple[bytes, int]] = []
    for id, size in connection.execute(_BY_USE).fetchall() if total > room else ():
        if total <= room:
            break
        victims.append((id, _whole(size)))
        total -= _whole(size)
    return victims


def chosen(
    connection: sqlite3.Connection, condition: str, *values: object
) -> list[tuple[bytes, int]]:
    """The rows that meet a condition, and their bytes; `values` are those of its variables."""
    query = f"SELECT id, bytes FROM results WHERE {condition}"
    return [(id, _whole(size)) for id, size in connection.execute(query, values)]


def entries(connection: sqlite3.Connection, states: Sequence[State]) -> list[IndexEntry]:
    """The rows in these states, the oldest first."""
    query = _ENTRIES.format(_variables(states))
    return [
        IndexEntry(
            id.hex(), state, *(check(value) for check, value in zip(_CHECKS, rest, strict=True))
        )
        for id, state, *rest in connection.execute(query, states)
    ]


def counts(connection: sqlite3.Connection) -> dict[str, tuple[int, int]]:
    """How many rows there are in each state, and their bytes."""
    query = "SELECT state, count(*), sum(bytes) FROM results GROUP BY state"
    return {state: (count, _whole(size)) for state, count, size in connection.execute(query)}


def file_digest(connection: sqlite3.Connection, path: str, stamp: str) -> bytes | None:
    """The digest of a file, if it was noted when the file had this stamp."""
    path = _clean(path)
    query = "SELECT digest, seal FROM files WHERE path = ? AND stamp = ?"
    for digest, seal in connection.execute(query, (path, stamp)):
        if isinstance(digest, bytes) and seal == _seal(path, stamp, digest):
            return digest
    return None


def note_file(connection: sqlite3.Connection, path: str, stamp: str, digest: bytes) -> None:
    """Note the digest of a file."""
    path = _clean(path)
    connection.execute(
        "INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?)",
        (path, stamp, digest, _seal(path, stamp, digest), time()),
    )


def forget_files(connection: sqlite3.Connection, before: float) -> None:
    """Forget the digests of files that were noted before a time."""
    connection.execute("DELETE FROM files WHERE seen < ?", (before,))


def is_whole(connection: sqlite3.Connection) -> bool:
    """Whether SQLite finds the file sound, reading all of it."""
    return connection.execute("PRAGMA integrity_check(1)").fetchall() == [("ok",)]


def _variables(values: Sequence[object]) -> str:
    return ",".join("?" * len(values))


# Remarks go last, as is said above.
_BY_USE = """
SELECT id, bytes FROM results WHERE state = 'completed' ORDER BY operator = 'remarks', used
"""
_ENTRIES = """
SELECT id, state, operator, type, bytes, seconds, created, used, version, who, error
FROM results WHERE state IN ({}) AND typeof(id) = 'blob' ORDER BY created, id
"""
_COMPLETE = """
INSERT INTO results
    (id, operator, type, value, bytes, digest, seconds, created, used, version, who, state)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 'completed')
ON CONFLICT (id) DO UPDATE SET
    operator = excluded.operator, type = excluded.type, value = excluded.value,
    bytes = excluded.bytes, digest = excluded.digest, seconds = excluded.seconds,
    created = excluded.created, used = excluded.used, version = excluded.version,
    who = excluded.who, state = excluded.state, error = NULL
WHERE state <> 'completed' OR used = 0
"""
_NOTE = """
INSERT INTO results (id, state, operator, error, created, used, version, who)
VALUES (?, ?, ?, ?, ?, ?, ?, ?)
ON CONFLICT (id) DO UPDATE SET
    state = excluded.state, operator = excluded.operator, error = excluded.error,
    created = excluded.created, used = excluded.used, version = excluded.version,
    who = excluded.who
WHERE state <> 'completed'
"""


def _seal(path: str, stamp: str, digest: bytes) -> bytes:
    return digest_of(path.encode(), stamp.encode(), digest).digest()


def _clean(text: str) -> str:
    """The text without what is no Unicode, as names of files may hold."""
    return text.encode(errors="backslashreplace").decode()


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _number(value: object) -> float:
    return float(value) if isinstance(value, float | int) else 0.0


def _whole(value: object) -> int:
    return value if isinstance(value, int) else 0


# Those of the columns that make an Entry, after id and state.
_CHECKS: tuple[Callable[[object], Any], ...] = (
    *(_text, _text, _whole),
    *(_number, _number, _number),
    *(_text, _text, _text),
)
