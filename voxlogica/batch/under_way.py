"""The cases that are under way: as many as there are cores, or places, and room in memory for."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import CancelledError
from queue import SimpleQueue

from voxlogica.batch.ahead import Ahead, Planning
from voxlogica.batch.one_case import carry_out
from voxlogica.batch.shared import Shared
from voxlogica.engine.events import CaseDone, CaseStarted, Event
from voxlogica.engine.room import Room
from voxlogica.images import readers


class UnderWay:
    """Carries out cases, each looked after by a thread, until there are no more or the run ends.

    `number` is how many cases there are, if that is known: where they are fewer than cores, each
    has several threads. Where places come to be free at a cluster, more threads look after cases.
    """

    def __init__(self, shared: Shared, planning: Planning, number: int | None, room: Room) -> None:
        self._shared = shared
        self._planning = planning
        self._room = room
        self._taking = threading.Lock()
        self._told: SimpleQueue[Event | BaseException | None] = SimpleQueue()
        self._number = number
        at_once = self._at_once()
        self._threads_a_case = shared.settings.threads // at_once or 1 if at_once else 1
        self._lookers: list[threading.Thread] = []
        shared.ended.add_done_callback(lambda _: room.close())

    def begin(self) -> None:
        """Begin with the first cases, or more than before, if there are places for more."""
        for number in range(len(self._lookers), self._at_once()):
            looker = threading.Thread(target=self._look_after, name=f"case-{number}", daemon=True)
            self._lookers.append(looker)
            looker.start()

    def _at_once(self) -> int:
        places = max(1, self._shared.places)
        return places if self._number is None else min(places, self._number)

    def events(self) -> Iterator[Event]:
        """What happens, as it does, until all is done."""
        ended = begun = 0
        # Rows may come when their cases are done for long: when the store has them.
        while ended < len(self._lookers) or (begun and not self._shared.ended.done()):
            told = self._told.get()
            if told is None:
                ended += 1
            elif isinstance(told, BaseException):
                raise told
            else:
                begun += 1 if isinstance(told, CaseStarted) else -1
                yield told
                if not ended:
                    self.begin()

    def join(self) -> None:
        """Wait for the threads, whose cases are done, or to be stopped."""
        for looker in self._lookers:
            looker.join()
        self._planning.close()

    def _look_after(self) -> None:
        try:
            while self._look_after_one():
                pass
        except CancelledError:
            pass
        except BaseException as problem:
            self._told.put(problem)
        finally:
            self._told.put(None)

    def _look_after_one(self) -> bool:
        # Nothing is held of it while the next one is waited for.
        ahead = self._next()
        if ahead is None:
            return False
        try:
            self._told.put(CaseStarted(ahead.case))
            told = self._told
            carry_out(
                ahead, self._shared, self._threads_a_case, lambda row: told.put(CaseDone(row))
            )
        finally:
            self._planning.done(ahead)
            self._room.give_back(ahead.memory)
        return True

    def _next(self) -> Ahead | None:
        """The next case, once there is room for it; None where none is to begin any more."""
        with self._taking:
            if self._shared.ended.done():
                return None
            with self._shared.cancellation() as cancellation, readers.cancelled_by(cancellation):
                ahead = self._planning.next()
            if ahead is not None:
                self._room.take(ahead.memory)
            return ahead
