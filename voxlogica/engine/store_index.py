"""The index of a store, past all that can go wrong with it.

Whoever uses it says what to do with its rows (`store_rows.py`), and what that comes to if there is
none of use. What is wrong is told once. A damaged file is set aside, and a new one takes its place.
"""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

from voxlogica.engine.store_database import (
    NAME,
    PROBLEMS,
    DamagedIndexError,
    Database,
    NewerIndexError,
    identity,
    is_damage,
    not_forking,
    set_aside,
)
from voxlogica.engine.store_files import StoreFiles
from voxlogica.engine.store_folder import StoreFolder, UnusableFolderError
from voxlogica.engine.store_rows import is_whole

T = TypeVar("T")


class Index:
    """Reading and writing the index in a folder. Safe for any thread; nothing is raised.

    In a forked child process there is no index: SQLite's connections must not be used there.
    """

    def __init__(self, folder: Path, files: StoreFiles, warn: Callable[[str], None]) -> None:
        self._folder, self._files = folder, files
        self._warn = warn
        self._told: set[str] = set()
        self._telling, self._renewing = threading.Lock(), threading.Lock()
        self._process = os.getpid()
        self._writable = True
        self.was_renewed = False
        self._database = self._opened(suspect=None)

    @property
    def usable(self) -> bool:
        """Whether there is an index to read from."""
        return self._database is not None and os.getpid() == self._process

    @property
    def writable(self) -> bool:
        """Whether there is an index to write to, and nothing has gone wrong doing so."""
        return self._writable and self.usable

    def read(self, action: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """What an action gives, which fetches some rows; `otherwise` if it came to nothing."""
        return self._result(Database.reading, action, otherwise, self._give_up)

    def write(self, action: Callable[[sqlite3.Connection], T], otherwise: T) -> T:
        """What an action gives, within a transaction; `otherwise` if it came to nothing."""
        if not self._writable:
            return otherwise
        return self._result(Database.writing, action, otherwise, self.stop_writing)

    def _result(
        self,
        connected: Callable[[Database], AbstractContextManager[sqlite3.Connection]],
        action: Callable[[sqlite3.Connection], T],
        otherwise: T,
        give_up: Callable[[Exception], None],
    ) -> T:
        database = self._database
        if database is None or not self.usable:
            return otherwise
        try:
            with connected(database) as connection:
                return action(connection)
        except (OSError, *PROBLEMS) as problem:
            if database.is_closed:
                pass  # by another thread, which has dealt with it
            elif is_damage(problem) and not self.was_renewed:
                self._renew(database)
            else:
                give_up(problem)
        return otherwise

    def check(self) -> None:
        """Read all of the file, and replace it if it is damaged."""
        database = self._database
        if database is not None and not self.read(is_whole, False):
            self._renew(database)

    def compact(self) -> None:
        """Give the space of deleted rows back to the disk, unless the file is in use elsewhere."""
        database = self._database
        if database is not None and self.writable:
            with contextlib.suppress(*PROBLEMS):
                database.compact()

    def tell(self, kind: str, message: str) -> None:
        """Warn of something, unless something of this kind was warned of before."""
        with self._telling:
            new = kind not in self._told
            self._told.add(kind)
        if new:
            self._warn(message)

    def stop_writing(self, problem: Exception) -> None:
        """Write no more, because of a problem, and tell of it."""
        self._writable = False
        self.tell(
            "unusable",
            f"the store {self._folder} cannot be written: results are not kept"
            f" ({_reason(problem)})",
        )

    def close(self) -> None:
        """End the use of the index."""
        database, self._database = self._database, None
        if database is not None and os.getpid() == self._process:
            database.close()

    def _renew(self, database: Database) -> None:
        with self._renewing:
            if self._database is database:
                database.close()
                self._database = self._opened(suspect=database.identity)

    def _opened(self, suspect: tuple[int, int] | None) -> Database | None:
        """The file in the folder, a new one if that is damaged or the one suspected to be."""
        try:
            folder = StoreFolder(self._folder)
            # A child that is forked meanwhile would have the lock, too, and wait for itself.
            with not_forking(), folder.alone():
                folder.adopt()
                self._files.are_in(folder)
                return self._sound(self._folder / NAME, suspect)
        except NewerIndexError:
            self.tell(
                "unusable",
                f"the store {self._folder} was made by a newer version of voxlogica: results are"
                " neither read nor kept; choose another folder with --cache DIR",
            )
        except (OSError, UnusableFolderError, *PROBLEMS) as problem:
            self._give_up(problem)
        return None

    def _sound(self, path: Path, suspect: tuple[int, int] | None) -> Database:
        replaced = suspect is not None
        try:
            # Another process may have replaced the one suspected already.
            if replaced and suspect == identity(path):
                raise DamagedIndexError
            database = Database(path)
        except PROBLEMS as problem:
            if not is_damage(problem):
                raise
            set_aside(path)
            database, replaced = Database(path), True
        try:
            if database.is_new:
                # What an earlier index knew of is nobody's, and would not count.
                replaced |= sum(self._files.remove(id) for id in self._files.frames()) > 0
            self._files.remove_parts()
        except BaseException:
            database.close()
            raise
        if replaced:
            self.was_renewed = True
            self.tell(
                "damaged",
                f"the index of the store {self._folder} was damaged or missing:"
                " results are computed again",
            )
        return database

    def _give_up(self, problem: Exception) -> None:
        self._database = None
        self.tell(
            "unusable",
            f"the store {self._folder} cannot be used: results are neither read nor kept"
            f" ({_reason(problem)})",
        )


def _reason(problem: Exception) -> str:
    """Why, on one line: SQLite's messages may quote names that are damaged."""
    text = problem.strerror if isinstance(problem, OSError) else str(problem)
    shown = "".join(c if c.isprintable() else " " for c in text or "")
    return shown or type(problem).__name__
