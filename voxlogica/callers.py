"""Whose code is being carried out: the user's, or what the user has called."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from types import FrameType, TracebackType

_OURS = "voxlogica"
# What shows what is computed: the traceback of an error begins in it, or goes through it.
_SHOWING = frozenset({"IPython", "ipykernel", "traitlets", "decorator"})
# What carries out our code for the user: in other threads, or as it looks at an image.
_BETWEEN = sys.stdlib_module_names | _SHOWING
_BETWEEN |= {_OURS, "dask", "joblib", "matplotlib", "numpy", "pandas"}


def users_part(traceback: TracebackType | None) -> TracebackType | None:
    """A traceback up to where the user's code calls ours; of what that calls, only the user's.

    The user's code may be called by ours, as when an event is told.
    """
    kept: list[TracebackType] = []
    is_below_ours = False
    for part in _parts(traceback):
        library = _library(part.tb_frame)
        is_below_ours = is_below_ours or library == _OURS
        if not is_below_ours or library not in _BETWEEN:
            kept.append(part)
    return _linked(kept)


def cells_part(traceback: TracebackType | None) -> TracebackType | None:
    """The user's part of a traceback, without what of IPython runs cells and shows values."""
    users = _parts(users_part(traceback))
    return _linked([part for part in users if _library(part.tb_frame) not in _SHOWING])


def users_frame() -> FrameType | None:
    """Where the user's code has called ours; None in a thread that it has not begun."""
    outside = [frame for frame in _outwards(sys._getframe()) if _library(frame) != _OURS]
    users = (frame for frame in outside if _library(frame) not in _BETWEEN)
    return next(users, outside[0] if outside else None)


def innermost(traceback: TracebackType) -> TracebackType:
    """The part of a traceback that is nearest to what went wrong."""
    *_, last = _parts(traceback)
    return last


def module_of(frame: FrameType) -> str:
    """The name of the module that a frame's code is of."""
    return str(frame.f_globals.get("__name__", ""))


def _library(frame: FrameType) -> str:
    return module_of(frame).partition(".")[0]


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back


def _parts(traceback: TracebackType | None) -> Iterator[TracebackType]:
    while traceback is not None:
        yield traceback
        traceback = traceback.tb_next


def _linked(parts: Sequence[TracebackType]) -> TracebackType | None:
    """A traceback of these parts, outermost first."""
    made = None
    for part in reversed(parts):
        made = TracebackType(made, part.tb_frame, part.tb_lasti, part.tb_lineno)
    return made
