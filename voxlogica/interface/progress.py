"""Showing how far a run is, where somebody is likely to look: in a notebook, or on a terminal."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from contextvars import copy_context
from html import escape
from threading import Event as Flag
from threading import Thread, current_thread, main_thread
from time import monotonic
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voxlogica.engine.events import Observer
    from voxlogica.report.under_way import RunUnderWay

# A run of less is not worth a look; then so often, where what was shown can be taken back, and else
# as a line of its own.
_BEFORE, _BETWEEN, _BETWEEN_LINES = 1.0, 0.25, 10.0
_WIDTH = 24
# So many characters tell what is being carried out.
_MOST_SAID = 60


@contextmanager
def watched(progress: bool | None) -> Iterator[Observer | None]:
    """What observes a run, to show it: None where nobody would look.

    False shows nothing; True shows it in any thread, and in a file line by line, too. It is shown
    by a thread of its own, as a long operation has no events.
    """
    shown = _place(progress)
    if shown is None:
        yield None
        return
    from voxlogica.report.under_way import RunUnderWay

    way, over = RunUnderWay(), Flag()
    # The context knows the cell of a notebook.
    thread = Thread(
        target=copy_context().run,
        args=(_keep_showing, shown, way, over),
        name="voxlogica progress",
        daemon=True,
    )
    thread.start()
    try:
        yield way
    finally:
        over.set()
        thread.join()


def _place(progress: bool | None) -> _Lines | None:
    if progress is False or (progress is None and current_thread() is not main_thread()):
        return None
    if in_notebook():
        return _Notebook()
    if sys.stderr is not None and sys.stderr.isatty():
        return _Terminal()
    return _Lines() if progress else None


def in_notebook() -> bool:
    """Whether a kernel of Jupyter's carries this out, and shows HTML."""
    core = sys.modules.get("IPython.core.getipython")
    shell = None if core is None else core.get_ipython()
    return getattr(shell, "kernel", None) is not None


def _keep_showing(shown: _Lines, way: RunUnderWay, over: Flag) -> None:
    began = monotonic()
    if over.wait(_BEFORE):
        return
    # What cannot be shown must not stop what it is about.
    with suppress(Exception):
        try:
            while not over.is_set():
                shown.show(way, monotonic() - began)
                over.wait(shown.between)
        finally:
            shown.clear()


class _Lines:
    """Where it is shown: a line now and then, each below the one before."""

    between = _BETWEEN_LINES

    def show(self, way: RunUnderWay, seconds: float) -> None:
        """Show it, in the place of what was shown before, if that can be."""
        _write(f"{_told(way, seconds)}\n")

    def clear(self) -> None:
        """Take it back, if that can be."""


class _Notebook(_Lines):
    """A bar in the output of a cell, and nothing there once it is over."""

    between = _BETWEEN

    def __init__(self) -> None:
        self._update: Callable[..., Any] | None = None

    def show(self, way: RunUnderWay, seconds: float) -> None:
        from IPython.display import display

        bar = f' value="{way.done}" max="{way.total}"' if way.total else ""
        data = {
            "text/plain": _told(way, seconds),
            "text/html": f'<div style="font:12px/1.5 system-ui,sans-serif"><progress{bar}'
            f' style="width:16em;vertical-align:middle"></progress>'
            f" {escape(_told(way, seconds))}</div>",
        }
        if self._update is None:
            self._update = display(data, raw=True, display_id=True).update
        else:
            self._update(data, raw=True)

    def clear(self) -> None:
        if self._update is not None:
            self._update({}, raw=True)


class _Terminal(_Lines):
    """A line that is overwritten."""

    between = _BETWEEN

    def show(self, way: RunUnderWay, seconds: float) -> None:
        filled = _WIDTH * way.done // way.total if way.total else 0
        bar = f"{'━' * filled}{'╌' * (_WIDTH - filled)}"
        _write(f"\r\x1b[K{bar} {_told(way, seconds)}")

    def clear(self) -> None:
        _write("\r\x1b[K")


def _write(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()


def _told(way: RunUnderWay, seconds: float) -> str:
    from voxlogica.syntax.diagnostics import visible

    parts = [f"{way.done} of {way.total}" if way.total else "planning", f"{seconds:.0f} s"]
    parts += [f"{way.failed} failed"] if way.failed else []
    at = visible(", ".join(map(_short, way.at)))
    parts += [at if len(at) <= _MOST_SAID else f"{at[:_MOST_SAID]}…"] if at else []
    return " · ".join(parts)


def _short(name: str) -> str:
    """A piece of work, a file that is saved without its folder."""
    return f"save {name.rpartition('/')[2]}" if name.startswith("save ") else name
