"""Standard output and standard error: what commands write, and how the process ends."""

from __future__ import annotations

import codecs
import errno
import io
import os
import re
import sys
import warnings
from collections.abc import Sequence
from contextlib import suppress
from typing import IO, TYPE_CHECKING, Any, NoReturn, TextIO

import click

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
        raise OutputError(f"cannot write to standard output: {reason(refusal)}") from refusal


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


def own_libraries(threads: int | None = None) -> None:
    """Keep libraries from writing between what a command writes, and ITK to so many threads."""
    from voxlogica.images.itk_settings import own_itk

    own_itk(threads)
    # What it warns of in the form of a file.
    warnings.filterwarnings("ignore", category=UserWarning, module=r"pydicom\.")


def reason(failed: OSError) -> str:
    """Why something failed, as the system says it."""
    return (failed.strerror or str(failed)).lower()


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
        print(annotation(diagnostic, os.environ.get("GITHUB_WORKSPACE", "")), file=sys.stderr)


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


def leave(status: int) -> NoReturn:
    """End the process, at once.

    Threads may be in the middle of a kernel. And nothing is left for Python to clean up, which
    takes time, and with the native threads of image libraries is not always survived.
    """
    for stream in (sys.stdout, sys.stderr):
        with suppress(click.ClickException):  # it was told already
            stream.flush()
    os._exit(status)
