"""Lines that a person types: editing, history, and what Tab completes."""

from __future__ import annotations

import re
import sys
import termios
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from voxlogica.cli.repl_commands import COMMANDS
from voxlogica.cli.streams import complain
from voxlogica.syntax import keywords

try:
    import readline
except ImportError:  # a Python without it: lines can be typed all the same
    readline = None  # type: ignore[assignment]

# The most lines that the file of the history has.
_LINES = 10_000
# What ends a word for readline; where completion begins otherwise is made up for. Not the quotation
# mark: readline would close the string.
_BETWEEN_WORDS = " \t\n()[],"

_IMPORT = re.compile(r"\bimport\s*$")
_COMMAND = re.compile(r"\s*:\w*$")
_NAME = re.compile(r"(?:[^\W\d]\w*\.)*[^\W\d]\w*\.?$")
_SYMBOLS = re.compile(r"[#;:_'.|!$%&/^=*\-+<>?@~\\]+$")
KEYWORDS = (*keywords.COMMANDS, "from", "to", "in", "for", "do", "filter", "fold", "true", "false")
_VARIABLE = re.compile(r"\$\{?(\w*)$")


@contextmanager
def _keys_kept() -> Iterator[None]:
    """Within it, Ctrl-C leaves what was typed before it to be read; afterwards that is dropped.

    A terminal drops it at once. Readline, which has just been told that there is something to read,
    would then wait for the next key, and not see the signal before.
    """
    terminal = sys.__stdin__
    if terminal is None or not terminal.isatty():
        yield
        return
    before = termios.tcgetattr(terminal)
    local = before[3] | termios.NOFLSH
    termios.tcsetattr(terminal, termios.TCSANOW, [*before[:3], local, *before[4:]])
    try:
        yield
    except KeyboardInterrupt:
        termios.tcflush(terminal, termios.TCIFLUSH)
        raise
    finally:
        termios.tcsetattr(terminal, termios.TCSANOW, before)


class Terminal:
    """Asks for lines, with what was typed in earlier sessions in the history."""

    def __init__(
        self,
        names: Callable[[], list[str]],
        libraries: Callable[[], list[str]],
        variables: Callable[[], list[str]],
    ) -> None:
        self._ask_for_names = names
        self._libraries = libraries
        self._variables = variables
        self._names: list[str] | None = None
        self._found: list[str] = []
        self._history: Path | None = None
        if readline is not None:
            readline.set_completer(self._complete)
            readline.set_completer_delims(_BETWEEN_WORDS)
            is_libedit = "libedit" in (readline.__doc__ or "")
            readline.parse_and_bind("bind ^I rl_complete" if is_libedit else "tab: complete")
            self._open_history()

    def ask(self, prompt: str) -> str | None:
        """A line, None on Ctrl-D."""
        self._names = None  # what was entered before may have declared new ones
        before = 0 if readline is None else readline.get_current_history_length()
        # readline is used where a prompt goes to the process's own standard output only.
        own, sys.stdout = sys.stdout, sys.__stdout__ or sys.stdout
        try:
            with _keys_kept():
                line = input(prompt)
        except EOFError:
            return None
        finally:
            sys.stdout = own
        if readline is not None and readline.get_current_history_length() > before:
            self._remember()
        return line

    def _open_history(self) -> None:
        from platformdirs import user_data_path

        try:
            path = user_data_path("voxlogica", appauthor=False) / "history"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.touch(mode=0o600)
            readline.read_history_file(path)
        except (OSError, RuntimeError) as problem:
            complain(f"the history is not kept: {problem}")
            return
        readline.set_history_length(_LINES)
        self._history = path

    def _remember(self) -> None:
        """Add the last line to the file: now, as sessions may end in any way, and be several."""
        if self._history is None:
            return
        try:
            readline.append_history_file(1, self._history)
        except OSError as problem:
            complain(f"the history is not kept any more: {problem}")
            self._history = None

    def _complete(self, word: str, state: int) -> str | None:
        """What readline asks: the first, second, … completion of a word, None after the last."""
        if state == 0:
            line, begin = readline.get_line_buffer(), readline.get_begidx()
            start, found = completions(
                line[: readline.get_endidx()],
                self._known,
                self._libraries,
                COMMANDS,
                self._variables,
            )
            # readline replaces from `begin` on, wherever ours begin.
            typed = line[begin:start]
            self._found = [typed + text[max(0, begin - start) :] for text in found]
        return self._found[state] if state < len(self._found) else None

    def _known(self) -> list[str]:
        if self._names is None:
            from voxlogica.report.operators import entries, public

            everything = entries()
            internal = {n for entry in everything for n in entry.names}
            internal -= {n for entry in public(everything) for n in entry.names}
            self._names = [name for name in self._ask_for_names() if name not in internal]
        return self._names


def completions(
    before: str,
    names: Callable[[], Iterable[str]],
    libraries: Callable[[], Iterable[str]],
    commands: Iterable[str],
    variables: Callable[[], Iterable[str]] = tuple,
) -> tuple[int, list[str]]:
    """Where what is to be completed begins in the line before the cursor, and what it may become.

    `names` are asked for, those of operators among them, `libraries` and `variables` only where
    they count.
    """
    if variable := _VARIABLE.search(before):
        return variable.start(1), sorted(v for v in variables() if v.startswith(variable[1]))
    if before.count('"') % 2:
        start = before.rindex('"') + 1
        begun = before[start:]
        found = _files(begun)
        if _IMPORT.search(before[: start - 1]):
            found += [library for library in libraries() if library.startswith(begun)]
        return start, sorted(set(found))
    if _COMMAND.match(before):
        start = before.index(":")
        return start, sorted(c for c in commands if c.startswith(before[start:]))
    for kind in (_NAME, _SYMBOLS):
        typed = kind.search(before)
        if typed:
            known = {*names(), *KEYWORDS}
            return typed.start(), sorted(n for n in known if n.startswith(typed.group()))
    return len(before), []


def _files(begun: str) -> list[str]:
    """The paths that one may become: folders with a `/`, hidden files only where they are meant."""
    folder, _, name = begun.rpartition("/")
    place = f"{folder}/" if "/" in begun else ""
    try:
        entries = list(Path(place or ".").iterdir())
    except OSError:
        return []
    return [
        f"{place}{entry.name}{'/' if entry.is_dir() else ''}"
        for entry in entries
        if entry.name.startswith(name)
        and (name.startswith(".") or not entry.name.startswith("."))
        and '"' not in entry.name
    ]
