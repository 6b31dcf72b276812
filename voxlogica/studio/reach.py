"""Which files a text may read that comes from the page.

Whoever holds the studio's address can send a text. It may read what the person has named who
started the studio: what the program on disk reads, with the values of the command line and those of
the cases, whatever is tried in the page; and what is below the program's folder, as its libraries.
Nothing else of this machine is within reach, and nothing is written that a text names.

A program that was changed on disk, by an editor, is on disk: what it names is named. What the
studio itself has written there, for the page, is not.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from voxlogica.images.reading import ImageFile, open_image
from voxlogica.language.planning import plan_programs
from voxlogica.syntax.ast import Dialect
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.source import Source

# What tells whether a file is as it was: place, size and time of change; empty if there is none.
Signature = tuple[int, ...]


def signature(path: str) -> Signature:
    """That of a file or folder, now."""
    try:
        found = Path(path).stat()
    except OSError:
        return ()
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns


class Reach:
    """What may be read: the files that were named, and those below a folder.

    For any thread: each method is one step at a table.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = Path(os.path.realpath(folder))
        self._named: dict[str, Signature] = {}
        # Programs, each with a case, all of whose files were named, as far as none has changed: a
        # library may read others then.
        self.followed: set[tuple[bytes, str | None]] = set()

    @property
    def named(self) -> dict[str, Signature]:
        """What was named so far, by its real path, and as it was then."""
        return dict(self._named)

    def name(self, path: str | os.PathLike[str]) -> None:
        """Let a file or folder be read from now on."""
        real = os.path.realpath(path)
        self._named.setdefault(real, signature(real))

    def has(self, path: str | os.PathLike[str]) -> bool:
        """Whether a file may be read, or a folder looked at, wherever links lead.

        Hidden files, and those in hidden folders, are not below the folder.
        """
        place = Path(os.path.realpath(path))
        if str(place) in self._named:
            return True
        if not place.is_relative_to(self._folder):
            return False
        return not any(part.startswith(".") for part in place.relative_to(self._folder).parts)


class PlanReading:
    """Decides, path by path, whether what is planned at the moment may read it."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._is_named = False

    @contextmanager
    def of_the_program(self) -> Iterator[None]:
        """Within it the program on disk is planned: what it reads is named by that."""
        self._is_named = True
        try:
            yield
        finally:
            self._is_named = False

    def may_read(self, path: str) -> bool:
        """Whether a path may be read; where it names one, also later."""
        if self._is_named:
            self._reach.name(path)
            return True
        return self._reach.has(path)

    def name_what_is_read(
        self,
        program: Source,
        case: str | None,
        definitions: Mapping[str, object],
        dialect: Dialect | None,
    ) -> None:
        """Let be read what a program names for a case, as far as that is known before it runs."""
        if (program.digest, case) in self._reach.followed:
            return

        def noted(path: str) -> ImageFile:
            self._reach.name(path)
            return open_image(path)

        with suppress(VoxLogicaError):  # which is told when it runs
            planned = plan_programs(
                [program], definitions=definitions, dialect=dialect, open_image=noted
            )
            for library in planned.libraries:
                self._reach.name(library.name)
            self._reach.followed.add((program.digest, case))
