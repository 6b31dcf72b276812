"""How far a computation has come, as the page is told."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voxlogica.engine.events import Event

# So many parts of the whole are told of; beside these, each operator when it is begun first.
_STEPS = 20

# Is told how much is done, of how much, and what is begun now.
Tell = Callable[[int, int, str], None]


class Progress:
    """An observer of a run, which tells of a few of its events."""

    def __init__(self, tell: Tell) -> None:
        self._tell = tell
        self._done = self._of = 0
        self._told: set[object] = set()

    def __call__(self, event: Event) -> None:
        """As an `Observer` is called."""
        from voxlogica.engine.events import Finished, Planned, Started

        if isinstance(event, Planned):
            self._of += event.operations + event.saves
        elif isinstance(event, Finished):
            self._done += 1
        elif isinstance(event, Started):
            name = event.work.name
            news = {name, self._done * _STEPS // max(1, self._of)}
            if not news <= self._told:
                self._told |= news
                self._tell(self._done, self._of, name)
