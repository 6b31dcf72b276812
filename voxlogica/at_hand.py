"""Results that stay in memory between the inputs of a session."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from voxlogica.engine.futures import Subscription

# The values of so many expressions stay at hand in a session.
_KEPT_VALUES = 8


class AtHand:
    """Those of what is declared, by name, and of the last expressions."""

    def __init__(self) -> None:
        self._named: dict[str, Subscription] = {}
        self._shown: deque[bytes] = deque(maxlen=_KEPT_VALUES)
        self._last: Subscription | None = None
        # What the input under way declares.
        self._new: dict[str, Subscription] = {}

    def hold(self, named: Mapping[str, Iterable[bytes]], shown: Iterable[bytes]) -> None:
        """Keep, from now on, what an input declares, and the values that it shows."""
        from voxlogica.engine.executor import TABLE

        self.give_up()
        for name, operations in named.items():
            self._new[name] = TABLE.subscribe(dict.fromkeys(operations, 1))
        before = self._last
        self._shown += shown
        self._last = TABLE.subscribe(dict.fromkeys(self._shown, 1))
        if before is not None:
            before.close()

    def accept(self) -> None:
        """What the input declares takes the place of what its names meant before."""
        for name, new in self._new.items():
            before = self._named.get(name)
            self._named[name] = new
            if before is not None:
                before.close()
        self._new = {}

    def give_up(self) -> None:
        """Nothing of the input is kept but what it showed."""
        new, self._new = self._new, {}
        for subscription in new.values():
            subscription.close()

    def close(self) -> None:
        """Let go of all."""
        self.give_up()
        named, self._named = self._named, {}
        last, self._last = self._last, None
        for subscription in (*named.values(), *(() if last is None else (last,))):
            subscription.close()
        self._shown.clear()
