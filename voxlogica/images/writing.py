"""Writing a run's files: all of them, or none."""

from __future__ import annotations

import errno
import os
import stat
import threading
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Self

from voxlogica.images.encoding import Encoded, EncodedFile
from voxlogica.images.errors import (
    ImageFileError,
    check_name,
    is_read_only,
    quoted,
    refuse,
    system_error,
)
from voxlogica.images.formats import TEXTS, suffix_of
from voxlogica.images.hidden_folder import HiddenFolder
from voxlogica.images.image import Image
from voxlogica.images.levels import DEFAULT_LEVEL
from voxlogica.images.placed import Placed
from voxlogica.images.saving import Saving, Written
from voxlogica.images.text_header import is_text


class Staging:
    """A run's output files, which appear together when it succeeds, or not at all.

    Images are written to a hidden folder beside their destination, and renamed into place by
    `commit`. Whatever way the `with` is left without that, nothing stays behind, and what stood at
    the destinations before is untouched. A killed process leaves its hidden folders; the next run
    that saves to the same place removes them.

    `compression` is the level of `.nii.gz` files, from 0, which only stores, to 9.
    """

    def __init__(
        self, paths: Iterable[str | os.PathLike[str]], compression: int = DEFAULT_LEVEL
    ) -> None:
        self._compression = compression
        self._paths = tuple(dict.fromkeys(os.fspath(path) for path in paths))
        self._destinations: dict[str, Path] = {}
        self._folders: dict[Path, HiddenFolder] = {}
        self._doomed: dict[Path, HiddenFolder] = {}
        self._made: list[Path] = []
        # The files of an image that wait to be put in place, in this order, and its sequence.
        self._staged: dict[Path, tuple[tuple[int, ...], Sequence[Path]]] = {}
        self._placed: dict[Path, list[Placed]] = {}
        self._is_committing = False
        # One thread may come twice: `discard` is called from signal handlers.
        self._lock = threading.RLock()

    def __enter__(self) -> Self:
        """Make the parent folders and the hidden ones; ImageFileError, with the path, where that
        cannot be."""
        try:
            for path in self._paths:
                self._prepare(path)
        except BaseException:
            self.discard()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.discard()

    def announce(self, path: str | os.PathLike[str]) -> None:
        """Make ready for one more destination; ImageFileError, with its path, if it cannot be."""
        name = os.fspath(path)
        with self._lock:
            if name not in self._destinations:
                self._prepare(name)

    def write(
        self,
        path: str | os.PathLike[str],
        image: Image,
        sequence: tuple[int, ...] = (),
        *,
        as_is: bool = False,
        labels: bool = False,
        colour: bool = False,
        note: str = "",
    ) -> Written:
        """Write an image, in full, for the destination `path`, one of those announced.

        Regions become uint8, 0 and 1, or 255 in the display formats png, jpg and bmp; there,
        numbers are rounded, halves to even, and clamped to 0..255. Otherwise values keep their
        type, but `labels`, all whole numbers, get the smallest that holds them. That components are
        a `colour` is said in formats that hold vectors, too. With `as_is`, truth
        values are 0 and 1 everywhere, values of 16 bits are kept where the format has such, and a
        3-D image of one slice fits a format of 2-D ones. NIfTI has room for a `note` of
        79 bytes. Of several images written for one destination, that with the highest `sequence` is
        kept, the later of equal ones. May be called from several threads at once. Raises
        ImageFileError where the format cannot hold the image, or the disk cannot.
        """
        name = os.fspath(path)
        destination = self._destinations[name]
        saving = Saving(name, self._compression, as_is, labels, colour, note)
        image = saving.fitted(image)
        content = self._stage(
            name, sequence, lambda place: saving.encoded(image, destination.name, place)
        )
        return saving.written(image, content)

    def write_text(
        self, path: str, chunks: Iterable[bytes], sequence: tuple[int, ...] = ()
    ) -> None:
        """Write a text, in pieces, for a destination, as `write` does an image."""
        file = EncodedFile(self._destinations[path].name, chunks)
        self._stage(path, sequence, lambda _: Encoded([file]))

    def write_files(
        self, path: str, files: Iterable[tuple[str, bytes]], sequence: tuple[int, ...] = ()
    ) -> None:
        """Write the files of an image, each with its name, that another machine has encoded."""
        found = Encoded([EncodedFile(name, [content]) for name, content in files])
        _check_names(path, [file.name for file in found.files], self._destinations[path])
        self._stage(path, sequence, lambda _: found)

    def hidden(self, path: str) -> Path:
        """The folder in which others may write files for a destination, for `adopt`.

        Each in a folder of its own there, whose name is a number of more digits than ours have.
        """
        folder = self._folders.get(self._destinations[path].parent)
        if folder is None:
            raise _stopped(path)
        return folder.path

    def adopt(self, path: str, files: Sequence[Path], sequence: tuple[int, ...] = ()) -> None:
        """Take what others have written for a destination in its hidden folder, as `write` does.

        Raises ImageFileError where it is not there.
        """
        destination, hidden = self._destinations[path], self.hidden(path)
        _check_names(path, [file.name for file in files], destination)
        for file in files:
            if file.parent.parent != hidden or not stat.S_ISREG(_mode(file)):
                raise ImageFileError(
                    f"{quoted(path)} was written elsewhere, and cannot be found here",
                    f"is {quoted(destination.parent)} the same folder on all machines?",
                )
        self._note(destination, sequence, files)

    def _stage(
        self, name: str, sequence: tuple[int, ...], encode: Callable[[Path], Encoded]
    ) -> Encoded:
        """Write files to a new folder beside their destination, where they wait for `commit`."""
        destination = self._destinations[name]
        folder = self._folders.get(destination.parent)
        if folder is None:
            raise _stopped(name)
        try:
            place = folder.new_place()
            content = encode(place)
            for file in content.files:
                write_file(place / file.name, file.chunks)
        except OSError as refusal:
            raise system_error(f"{quoted(name)} cannot be written", refusal) from refusal
        self._note(destination, sequence, [place / file.name for file in content.files])
        return content

    def _note(self, destination: Path, sequence: tuple[int, ...], files: Sequence[Path]) -> None:
        with self._lock:
            earlier, _ = self._staged.get(destination, (sequence, files))
            if earlier <= sequence:
                self._staged[destination] = sequence, files

    def commit(self) -> None:
        """Put all files in place; ImageFileError, and all is as before, if one cannot be.

        Each appears whole, in one step, a header before its voxels: it says that they are its own.
        """
        with self._lock:
            ways_back: list[Callable[[], object]] = []
            try:
                self._is_committing = True
                for destination, (_, files) in self._staged.items():
                    place = self._folders[destination.parent].new_place()
                    if len(files) > 1:
                        _check_own(destination, str(destination))
                    for file in files:
                        to = destination.parent / file.name
                        ways_back.append(_way_back(to, place / file.name))
                        self._placed.setdefault(destination, []).append(Placed.of(file, to))
                        file.replace(to)
            except BaseException as problem:
                for put_back in reversed(ways_back):
                    with suppress(OSError):  # the others are put back all the same
                        put_back()
                if isinstance(problem, OSError):
                    name = next(n for n, d in self._destinations.items() if d == destination)
                    failed = system_error(f"{quoted(name)} cannot be put in place", problem)
                    failed.path = name
                    raise failed from problem
                raise
            finally:
                self._is_committing = False
            self._made.clear()
            self._staged.clear()

    def placed(self, path: str) -> tuple[Placed, ...]:
        """The files of a destination that were put in place: none before that."""
        return tuple(self._placed.get(self._destinations[path], ()))

    def discard(self) -> None:
        """Remove what is not committed; may be called at any time, by a signal handler too."""
        try:
            self._discard()
        except BaseException:  # of a signal: it comes once
            self._discard()
            raise

    def _discard(self) -> None:
        with self._lock:
            if self._is_committing:
                return  # it is done in a moment, one way or the other
            self._staged.clear()
            self._doomed.update(self._folders)
            self._folders.clear()
            while self._doomed:
                parent = next(iter(self._doomed))
                self._doomed[parent].remove()
                del self._doomed[parent]
            while self._made:
                with suppress(OSError):  # somebody else put something there
                    self._made[-1].rmdir()
                self._made.pop()

    def _prepare(self, path: str) -> None:
        try:
            self._destinations[path] = destination = _destination(path)
            if suffix_of(path) == ".mhd":
                _check_own(destination, path)
            if suffix_of(path) in TEXTS and destination.exists() and not is_text(destination):
                raise ImageFileError(
                    f"{quoted(path)} cannot be written: what is there is not text, and would be"
                    " lost",
                    "save under another name, or delete it",
                )
            if destination.parent not in self._folders:
                self._hide_in(destination.parent, path)
        except ImageFileError as problem:
            problem.path = path
            raise

    def _hide_in(self, folder: Path, path: str) -> None:
        try:
            self._make(folder)
            # Noted before it is there: a signal may come at any moment.
            self._folders[folder] = HiddenFolder(folder)
            while True:
                there = _number(folder)
                try:
                    self._folders[folder].make()
                    return
                except FileNotFoundError:
                    if _number(folder) == there is not None:
                        raise  # as in /proc, where nothing can be made
                    # Who made the folder has removed it: a run at the same time that failed.
                    self._make(folder)
        except OSError as problem:
            self._folders.pop(folder, None)
            doing = f"{quoted(path)} cannot be written in {quoted(folder)}"
            raise system_error(doing, problem) from problem

    def _make(self, folder: Path) -> None:
        missing = []
        while not folder.exists():
            missing.append(folder)
            folder = folder.parent
        for part in reversed(missing):
            self._made.append(part)
            try:
                part.mkdir()
            except OSError as refusal:
                self._made.remove(part)
                if not isinstance(refusal, FileExistsError):  # made by somebody else meanwhile
                    raise


def _number(folder: Path) -> int | None:
    """What tells a folder from another in its place; None where there is none."""
    try:
        return folder.stat().st_ino
    except FileNotFoundError:
        return None


def _way_back(destination: Path, place: Path) -> Callable[[], object]:
    """What puts back what stands at a destination, which is about to be replaced.

    It is given a second name, where the file system has such; else it cannot be put back.
    """
    try:
        os.link(destination, place)
    except FileNotFoundError:
        return partial(destination.unlink, missing_ok=True)
    except OSError:
        return lambda: None
    return partial(place.replace, destination)


def _stopped(path: str) -> ImageFileError:
    return ImageFileError(f"{quoted(path)} is not written: the run was stopped")


def _check_names(path: str, names: Sequence[str], destination: Path) -> None:
    """Raise ImageFileError where files that come from elsewhere are not those of an image."""
    if names[:1] != [destination.name] or any(Path(name).name != name for name in names):
        raise ImageFileError(f"{quoted(path)} came from elsewhere under other names: {names}")


def _mode(file: Path) -> int:
    """What kind of file it is; 0 where there is none."""
    try:
        return file.lstat().st_mode
    except OSError:
        return 0


def _destination(path: str) -> Path:
    """Where a path leads, through symbolic links; ImageFileError where no file can be there."""
    check_name(path)
    try:
        destination = Path(os.path.realpath(path))
        found = destination.stat()
    except (FileNotFoundError, NotADirectoryError):
        return destination
    except ValueError:  # a zero byte in the name
        raise ImageFileError(f"{quoted(path)} is not the name of a file") from None
    except OSError as problem:
        raise system_error(f"{quoted(path)} cannot be written", problem) from problem
    what = "a folder" if stat.S_ISDIR(found.st_mode) else "a device or a pipe"
    refuse(
        (
            not stat.S_ISREG(found.st_mode),
            lambda: ImageFileError(f"{quoted(path)} cannot be written: it is {what}"),
        ),
        (
            is_read_only(found),
            lambda: ImageFileError(
                f"{quoted(path)} cannot be written: there is a read-only file of that name",
                "save under another name, or make it writable, `chmod u+w`",
            ),
        ),
    )
    return destination


def _check_own(header: Path, path: str) -> None:
    from voxlogica.images import metaimage

    metaimage.check_own(header, path)


def write_file(path: Path, chunks: Iterable[bytes | memoryview]) -> None:
    """Write a file; OSError where not all of it went to the disk."""
    with path.open("xb") as file:
        length = sum(file.write(chunk) for chunk in chunks)
    if path.stat().st_size != length:
        raise OSError(errno.EIO, f"{path.stat().st_size} of {length} bytes were written")
