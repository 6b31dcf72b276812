"""The program's file: written whole or not at all, and never over another's change."""

from __future__ import annotations

import os
import stat
from hashlib import sha256
from pathlib import Path

from voxlogica.images.errors import is_read_only, quoted
from voxlogica.images.hidden_folder import HiddenFolder
from voxlogica.running import read_program
from voxlogica.syntax.diagnostics import VoxLogicaError, error
from voxlogica.syntax.source import Source

_MARK = b"\xef\xbb\xbf"


class NotSavedError(Exception):
    """The file was not written, or could not be read: the message says why, and what to do."""


class ProgramFile:
    """A program on disk, and the text that was last read from it or written to it."""

    def __init__(self, path: str | os.PathLike[str]) -> None:
        """Raises VoxLogicaError where it cannot be read."""
        # What was last read or written; and what the studio has not written.
        self.source = self.of_the_person = read_program(path)
        self._written: set[bytes] = set()

    @property
    def name(self) -> str:
        """As the command line has it: what messages call the program."""
        return self.source.name

    @property
    def path(self) -> Path:
        """Where it is, through links, as an absolute path."""
        return Path(os.path.realpath(self.name))

    @property
    def is_own(self) -> bool:
        """Whether the text is one that the studio has written there, and nobody else since."""
        return self.source.digest in self._written

    @property
    def is_writable(self) -> bool:
        """Whether its text may be replaced."""
        try:
            return not is_read_only(self.path.stat()) and os.access(self.path.parent, os.W_OK)
        except OSError:
            return False

    def read_again(self) -> bool:
        """Read what is there now; whether that is another text. Raises VoxLogicaError."""
        if self.path.exists() and not self.path.is_file():  # a pipe may never come to an end
            raise VoxLogicaError([error(f"{quoted(self.name)} is no file any more")])
        before, self.source = self.source, read_program(self.name)
        if not self.is_own:
            self.of_the_person = self.source
        return before.digest != self.source.digest

    def write(self, text: str) -> None:
        """Put a text in the place of the one that was read. Raises NotSavedError.

        It is written beside the file, which it then replaces: there is the old text, or the new
        one. Rights, line ends and a byte order mark stay as they are. A file that has gone is
        there again.
        """
        path = self.path
        if not os.path.lexists(path):  # of another's there is nothing to lose
            write_new(path, text)
            self._has_written(text.encode())
            return
        try:
            if not path.is_file():
                raise NotSavedError(f"{quoted(self.name)} is no file any more")
            before = path.read_bytes()
            mode = path.stat()
        except OSError as failed:
            raise NotSavedError(f"{quoted(self.name)} cannot be read: {_why(failed)}") from failed
        if Source(self.name, "", digest=sha256(before).digest()).digest != self.source.digest:
            raise NotSavedError(
                f"{quoted(self.name)} has changed on disk since it was read: load that text, or"
                " copy yours, before you save"
            )
        if is_read_only(mode):
            raise NotSavedError(f"{quoted(self.name)} is read-only")
        data = _as_before(text, before)
        try:
            _replace(path, data, stat.S_IMODE(mode.st_mode))
        except OSError as failed:
            raise NotSavedError(f"cannot write {quoted(self.name)}: {_why(failed)}") from failed
        self._has_written(data)

    def _has_written(self, data: bytes) -> None:
        self._written.add(sha256(data).digest())
        try:
            self.source = read_program(self.name)
        except VoxLogicaError as changed:
            raise NotSavedError(changed.message) from changed


def write_new(path: Path, text: str) -> None:
    """Write a file where there is none. Raises NotSavedError."""
    if os.path.lexists(path):
        raise NotSavedError(f"{quoted(path)} is there already: choose another name")
    try:
        _replace(path, text.encode())
    except FileExistsError:
        raise NotSavedError(f"{quoted(path)} is there already: choose another name") from None
    except OSError as failed:
        raise NotSavedError(f"cannot write {quoted(path)}: {_why(failed)}") from failed


def _replace(path: Path, data: bytes, mode: int | None = None) -> None:
    """Put data in the place of a file with a mode; without one, where there is no file."""
    hidden = HiddenFolder(path.parent)
    try:
        part = hidden.make().new_place() / path.name
        with part.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        if mode is None:
            path.hardlink_to(part)  # which replaces nothing
        else:
            part.chmod(mode)
            part.replace(path)
    finally:
        hidden.remove()


def _as_before(text: str, before: bytes) -> bytes:
    """A text with the line ends of what was there, and its byte order mark."""
    if before.count(b"\r\n") == before.count(b"\n") > 0:
        text = text.replace("\n", "\r\n")
    return (_MARK if before.startswith(_MARK) else b"") + text.encode()


def _why(failed: OSError) -> str:
    return (failed.strerror or str(failed)).lower()
