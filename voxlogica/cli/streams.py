"""Standard output, standard error and files: what the commands write, and how the process ends."""

from __future__ import annotations

import codecs
import errno
import io
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, NoReturn, TextIO

import click

from voxlogica.cli.interruption import valid, void_if_ended

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

    from voxlogica.syntax.diagnostics import Diagnostic


class OutputError(click.ClickException):
    """Output cannot be written where it should go: the message says where and why.

    A `file` is what is named for it, where nothing has been written yet.
    """

    def __init__(self, message: str, file: str | None = None) -> None:
        super().__init__(message)
        self.file = file

    @staticmethod
    def refusing(file: str, reason: str) -> OutputError:
        """That it is not to be written there."""
        return OutputError(f"cannot write {file}: {reason}", file)

    def show(self, file: IO[Any] | None = None) -> None:
        """As every error is shown."""
        complain(self.message)


class ReaderGoneError(click.ClickException):
    """Whoever read standard output has closed it, as `head` does: the end, but nothing to tell."""

    exit_code = 128 + 13  # as a shell counts a program that SIGPIPE ended

    def show(self, file: IO[Any] | None = None) -> None:
        """In silence."""


class _Messages(io.FileIO):
    """Standard error: drops what cannot be written, as there is nobody to be told."""

    def write(self, data: ReadableBuffer, /) -> int:
        """Write the bytes, or what can be."""
        try:
            return super().write(data)
        except OSError as refusal:
            # What waits to be written must go somewhere, or Python complains once more at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), self.fileno())
            return self._refused(refusal, data)

    def _refused(self, refusal: OSError, data: ReadableBuffer) -> int:
        return memoryview(data).nbytes


class _Output(_Messages):
    """Standard output: says what is wrong, once, whoever writes: a command, or click its help."""

    def _refused(self, refusal: OSError, data: ReadableBuffer) -> int:
        if isinstance(refusal, BrokenPipeError):
            raise ReaderGoneError("") from None
        raise OutputError(f"cannot write to standard output: {_reason(refusal)}") from refusal


class _ClosedOutput(_Output):
    """Standard output that was closed from the start: there is nowhere to write to."""

    def write(self, data: ReadableBuffer, /) -> int:
        """Say so."""
        return self._refused(OSError(errno.EBADF, "it is closed"), data)


def own_streams() -> None:
    """Make standard output and error fit for what this tool writes.

    What a stream's encoding lacks is shown as an escape; the bytes of a file's name that are no
    text go to standard output as they are.
    """
    # Where one was closed from the start, as by `>&-`, no file that is opened may take its place.
    while (opened := os.open(os.devnull, os.O_RDWR)) <= 2:
        pass
    os.close(opened)
    for number, name, kind, errors in (
        (1, "stdout", _Output, "bytes of names"),
        (2, "stderr", _Messages, "backslashreplace"),
    ):
        given = getattr(sys, name)
        is_closed = given is None  # Python's own sign
        encoding = "utf-8" if is_closed else given.encoding
        raw = (_ClosedOutput if is_closed and kind is _Output else kind)(number, "w", closefd=False)
        buffer = io.BufferedWriter(raw)
        setattr(sys, name, io.TextIOWrapper(buffer, encoding, errors, line_buffering=True))


def _as_bytes(problem: UnicodeError) -> tuple[str | bytes, int]:
    """The bytes that Python has as lone surrogates, in names of files; else an escape."""
    try:
        return codecs.lookup_error("surrogateescape")(problem)
    except UnicodeEncodeError:
        return codecs.lookup_error("backslashreplace")(problem)


codecs.register_error("bytes of names", _as_bytes)


def say(text: str) -> None:
    """Write to standard output, now. Raises ReaderGoneError, or OutputError."""
    sys.stdout.write(text)
    sys.stdout.flush()


def complain(message: str, hint: str | None = None) -> None:
    """An error that concerns no place in a program, on standard error."""
    from voxlogica.syntax.diagnostics import error

    show([error(message, hint=hint)])


def show(diagnostics: Sequence[Diagnostic]) -> None:
    """Messages on standard error, in colour where a person looks at them."""
    from voxlogica.syntax.diagnostics import render

    for diagnostic in diagnostics:
        text = render(diagnostic, colour=coloured(sys.stderr))
        # A message of several lines is set off from the next.
        print(text, end="\n\n" if "\n" in text else "\n", file=sys.stderr)
        if in_a_workflow():
            _annotate(diagnostic)


def in_a_workflow() -> bool:
    """Whether this is a step of a workflow on GitHub, which shows messages beside the program."""
    return os.environ.get("GITHUB_ACTIONS") == "true"


# How many of a kind were told of to GitHub, which shows so many.
_annotated = {"error": 0, "warning": 0}


def _annotate(diagnostic: Diagnostic) -> None:
    from voxlogica.report.annotations import MOST_SHOWN, annotation

    _annotated[diagnostic.severity] += 1
    if _annotated[diagnostic.severity] <= MOST_SHOWN:
        line = annotation(diagnostic, os.environ.get("GITHUB_WORKSPACE", ""))
        print(line, file=sys.stderr)


def show_text(*texts: str) -> None:
    """Messages that are text already, as `show` does."""
    from voxlogica.syntax.diagnostics import COLOURS

    for text in texts:
        if coloured(sys.stderr):  # the first that says of how much weight it is
            severity = r"\b(error|warning)(?= in |:)"
            text = re.sub(severity, lambda m: f"\x1b[{COLOURS[m[1]]}m{m[1]}\x1b[0m", text, count=1)
        print(text, end="\n\n" if "\n" in text else "\n", file=sys.stderr)


def coloured(stream: TextIO) -> bool:
    """Whether a stream is a terminal that shows colour, and nobody asked for none."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def report_file(
    name: str | None, programs: Sequence[str], mark: bytes = b""
) -> AbstractContextManager[Callable[[str | Iterable[str]], None]]:
    """`whole_file`, where there is one to write; otherwise a function that does nothing."""
    return nullcontext(lambda text: None) if name is None else whole_file(name, programs, mark=mark)


@contextmanager
def whole_file(
    name: str,
    programs: Sequence[str],
    *,
    is_table: bool = False,
    old_stays: bool = False,
    mark: bytes = b"",
) -> Iterator[Callable[[str | Iterable[str]], None]]:
    """Gives a function that writes the text of a file, in pieces perhaps; `-` for standard output.

    The file appears, or replaces an old one, only once it is complete; that it can be made is tried
    at the start. Devices and pipes are written to directly, links are followed. No program is
    replaced, no image, nor what is not text. An old table stays until then, as does what else is no
    report (`old_stays`), and what bears a `mark` near its beginning, as files of that kind do: no
    other is replaced by one. In tables, names that are no text keep their bytes. An old
    report is out of the way from the start, so that whatever comes, a kill, too, it is not taken
    for this run's; it comes back only where this one may not take its place. What is half written,
    or out of the way, is in a hidden folder: what a killed process has left of it is removed by the
    next one that writes there. Raises OutputError.
    """
    if name == "-":
        yield lambda text: say("".join(text))
        return
    from voxlogica.images.hidden_folder import HiddenFolder

    path = _place(name, programs, mark)
    if path.exists() and not path.is_file():
        if not os.access(path, os.W_OK):
            raise OutputError.refusing(name, "permission denied")
        yield lambda text: _write(path, path, text, name, is_table)
        return
    missing = [folder for folder in path.parents if not folder.exists()]
    hidden = HiddenFolder(path.parent)
    aside: Path | None = None
    is_report = not (is_table or old_stays or mark)
    try:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            part = hidden.make().new_place() / path.name
            part.touch()
            if is_report and path.exists():
                aside = hidden.new_place() / path.name
                path.rename(aside)
        except OSError as failed:
            if is_report:
                with suppress(OSError):
                    path.unlink()
            raise OutputError.refusing(name, _reason(failed)) from failed
        void_if_ended(hidden.remove)
        yield lambda text: _write(part, path, text, name, is_table)
    except OutputError as refused:
        if refused.file is not None and aside is not None and is_same_file(refused.file, name):
            aside.rename(path)
        raise
    finally:
        try:
            hidden.remove()
        except BaseException:  # an interruption
            hidden.remove()
            raise
        finally:
            valid(hidden.remove)
            # Where nothing was written, the folders made for it go; others stay, not being empty.
            for folder in missing:
                with suppress(OSError):
                    folder.rmdir()


def _place(name: str, programs: Sequence[str], mark: bytes) -> Path:
    """Where a file of that name is, or would be, if it may be written. Raises OutputError."""
    from voxlogica.images.errors import is_read_only
    from voxlogica.images.formats import FORMATS, suffix_of
    from voxlogica.images.text_header import is_text

    path = Path(name)
    if path.is_file() or not path.exists():  # what pipes are linked to has no name
        path = _led_to(name)
    if path.is_dir():
        raise OutputError.refusing(name, "it is a folder")
    if any(is_same_file(program, name) for program in programs):
        raise OutputError.refusing(name, "it is the program")
    for of in (name, path):
        if Path(of).suffix == ".imgql":
            raise OutputError.refusing(name, "that is the name of a program")
        # The header of some is text.
        if suffix_of(of) in FORMATS:
            raise OutputError.refusing(name, "that is the name of an image")
    if path.is_file() and not is_text(path):
        raise OutputError.refusing(name, "what is there is not text, and would be lost")
    if path.is_file() and is_read_only(path.stat()):
        raise OutputError.refusing(name, "there is a read-only file of that name")
    if mark and path.is_file():
        _check_own(name, path, mark)
    return path


def _check_own(name: str, path: Path, mark: bytes) -> None:
    from voxlogica.cli.own_files import beginning

    try:
        head = beginning(path)
    except OSError as failed:
        raise OutputError.refusing(name, _reason(failed)) from failed
    if head and mark not in head:
        raise OutputError.refusing(name, "what is there is not one of ours, and would be lost")


def _led_to(name: str) -> Path:
    """Where a path leads, through symbolic links; the path itself where they lead in a circle."""
    try:
        return Path(os.path.realpath(name))
    except (OSError, ValueError):
        return Path(name)


def _write(part: Path, path: Path, text: str | Iterable[str], name: str, is_table: bool) -> None:
    # What no encoding has, such as half a surrogate pair, is a legal escape in JSON.
    errors = "bytes of names" if is_table else "backslashreplace"
    try:
        with part.open("w", encoding="utf-8", errors=errors, newline="") as file:
            file.writelines([text] if isinstance(text, str) else text)
        if part != path:
            part.replace(path)
    except OSError as failed:
        raise OutputError(f"cannot write {name}: {_reason(failed)}") from failed


def _reason(failed: OSError) -> str:
    return (failed.strerror or str(failed)).lower()


def is_same_file(one: str, other: str) -> bool:
    try:
        # By their names, too: the other may be there only once its folders have been made.
        return os.path.realpath(one) == os.path.realpath(other) or Path(one).samefile(other)
    except OSError:  # one is not there, or cannot be looked at
        return False


def leave(status: int) -> NoReturn:
    """End the process, at once.

    Threads may be in the middle of a kernel. And nothing is left for Python to clean up, which
    takes time, and with the native threads of image libraries is not always survived.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(click.ClickException):  # it was told already
            stream.flush()
    os._exit(status)
