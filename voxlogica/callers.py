"""Whose code is being carried out: the user's, or what the user has called."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from types import FrameType, TracebackType

_OURS = "voxlogica"
# What carries out our code in other threads.
_BETWEEN = sys.stdlib_module_names | {_OURS, "dask"}


def users_part(traceback: TracebackType | None) -> TracebackType | None:
    """A traceback up to where the user's code calls ours; of what that calls, only the user's.

    The user's code may be called by ours, as when an event is told.
    """
    kept: list[TracebackType] = []
    is_below_ours = False
    while traceback is not None:
        is_below_ours = is_below_ours or _library(traceback.tb_frame) == _OURS
        if not is_below_ours or _library(traceback.tb_frame) not in _BETWEEN:
            kept.append(traceback)
        traceback = traceback.tb_next
    made = None
    for one in reversed(kept):
        made = TracebackType(made, one.tb_frame, one.tb_lasti, one.tb_lineno)
    return made


def users_frame() -> FrameType | None:
    """Where the user's code has called ours; None in a thread that it has not begun."""
    outside = [frame for frame in _outwards(sys._getframe()) if _library(frame) != _OURS]
    users = (frame for frame in outside if _library(frame) not in _BETWEEN)
    return next(users, outside[0] if outside else None)


def innermost(traceback: TracebackType) -> TracebackType:
    """The part of a traceback that is nearest to what went wrong."""
    while traceback.tb_next is not None:
        traceback = traceback.tb_next
    return traceback


def module_of(frame: FrameType) -> str:
    """The name of the module that a frame's code is of."""
    return str(frame.f_globals.get("__name__", ""))


def _library(frame: FrameType) -> str:
    return module_of(frame).partition(".")[0]


def _outwards(frame: FrameType | None) -> Iterator[FrameType]:
    while frame is not None:
        yield frame
        frame = frame.f_back
