"""Sessions that nobody refers to any more: what they hold is let go of."""

from __future__ import annotations

import gc
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING
from weakref import finalize

if TYPE_CHECKING:
    from voxlogica.dialogue import Dialogue

_waiting: SimpleQueue[Dialogue] = SimpleQueue()


class _Collecting:
    """Whether Python looks for what only refers to itself, which it may do at any moment."""

    now = False


def let_go_with(owner: object, dialogue: Dialogue) -> None:
    """Leave a dialogue when there is no owner any more."""
    if _noted not in gc.callbacks:
        gc.callbacks.append(_noted)
    finalize(owner, _dropped, dialogue).atexit = False


def let_go() -> None:
    """Leave those that wait for it."""
    while not _waiting.empty():
        try:
            _waiting.get_nowait().__exit__()
        except Empty:  # another thread has it
            return


def _dropped(dialogue: Dialogue) -> None:
    _waiting.put(dialogue)
    # In the midst of a collection this thread may have locks that are needed: then it is done when
    # a session is used again.
    if not _Collecting.now:
        let_go()


def _noted(phase: str, _: object) -> None:
    _Collecting.now = phase == "start"
