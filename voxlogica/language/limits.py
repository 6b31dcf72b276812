"""Where reducing a program ends that would go on for hours, or fill up memory.

What is limited is what a program means, not what the machine is: a program ends in the same way
everywhere. A limit is an error before the work is done, as soon as it shows how much it would be.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from voxlogica.dataclass import dataclass, field
from voxlogica.language.code import Declared
from voxlogica.language.messages import diagnose
from voxlogica.language.operations import Place
from voxlogica.syntax.diagnostics import VoxLogicaError

# The numbers of a range, and so the rounds of a loop.
LONGEST_RANGE = 10_000_000
# The values of a sequence that is printed or worked on as a whole, those within its elements too.
MOST_VALUES = 10_000_000
# The rounds of all loops within a loop.
MOST_ROUNDS = 100_000_000
# The characters of a text that is put together while planning; longer ones wait for the run.
LONGEST_KNOWN_TEXT = 10_000
# What is remembered at once: calls of functions to distinct arguments, operations of the plan.
MOST_CALLS = 4_000_000
MOST_OPERATIONS = 1_600_000
# The calls that a function takes, if no two are alike, from which on those made are counted.
LARGE = 2 * MOST_CALLS
# Calls of functions that were passed along, within one expression: how many it would take shows
# only when they are made.
MOST_PASSED = 400_000
# Calls within calls beyond this come of a function that is passed to itself, and never end.
DEEPEST_CALL = 100_000
# Sequences of sequences beyond this have no use, and recursion over their types and values no end.
DEEPEST_SEQUENCE = 100

# How much of loops, or of a function that could take too many calls, is done before it is judged:
# from so many rounds on, again after so many, and by a margin until there are so many.
_ROUNDS_TO_JUDGE = 20_000
_ROUNDS_BETWEEN = 5_000
_ROUNDS_TO_BE_SURE = 50_000
_MARGIN = 16
_CALLS_TO_JUDGE = 200_000


@dataclass(eq=False, slots=True)
class _Loop:
    """A loop under way: how long it is, how many rounds were made before it, and its round."""

    length: int
    before: int
    place: Place
    round: int = 0


@dataclass(eq=False, slots=True)
class Rounds:
    """Counts the rounds of loops, and foretells how many those under way will come to."""

    _made: int = 0
    # The loops under way, each within the one before; and when they are judged again.
    _loops: list[_Loop] = field(default_factory=list)
    _judged: int = _ROUNDS_TO_JUDGE

    def of(self, length: int, place: Place, first: int = 0) -> Iterator[int]:
        """The rounds of a loop from the first one on.

        Raises VoxLogicaError when it and the loops around it would make more than MOST_ROUNDS, were
        the rounds of each like those that are done.
        """
        with self.one_of(length, place) as loop:
            for loop.round in range(first, length):
                yield loop.round
                self._made += 1
                if self._made >= self._judged:
                    self._judge()

    @contextmanager
    def one_of(self, length: int, place: Place) -> Iterator[_Loop]:
        """Within, a round of a loop is made, the first one."""
        loop, around = _Loop(length, self._made, place), len(self._loops)
        self._loops.append(loop)
        try:
            yield loop
        finally:
            # And those within. What an error left behind may end later, in any order, and is many.
            if len(self._loops) > around and self._loops[around] is loop:
                del self._loops[around:]

    def _judge(self) -> None:
        self._judged = self._made + _ROUNDS_BETWEEN
        outermost = self._loops[0]
        made = self._made - outermost.before
        if made < _ROUNDS_TO_JUDGE:
            return
        foretold, until = 0, self._made
        for loop in reversed(self._loops):
            foretold = (until - loop.before + foretold) * loop.length // (loop.round + 1)
            until = loop.before
        # The first rounds may be the longest, as where one goes through ever less.
        if foretold > MOST_ROUNDS * (_MARGIN if made < _ROUNDS_TO_BE_SURE else 1):
            raise _beyond(
                f"the loops here would take more than {MOST_ROUNDS:,} rounds in all,"
                " which is the limit",
                outermost.place,
                "make the sequences shorter, or go through fewer of them within each other",
            )


@dataclass(eq=False, slots=True)
class Unfolding:
    """Judges the calls that unfolding one expression takes, by what comes to be remembered.

    It has to be asked about calls of functions that were passed along or are LARGE, about all when
    more than `enough` are remembered, and where another limit is passed.
    """

    enough: int = MOST_CALLS
    # The first function that would take too many calls, if no two were alike.
    _large: Declared | None = None
    _passed: int = 0

    def check(
        self, called: Declared, calls: int, operations: int, depth: int, place: Place, passed: bool
    ) -> None:
        """Raise VoxLogicaError where calls, or operations of the plan, are too many or will be.

        `depth` is how many calls are under way, each within the one before; `passed` says that the
        function was passed along, and not named.
        """
        if depth > DEEPEST_CALL:
            raise endless(place)
        self._passed += passed
        if self._large is None:
            if called.calls > LARGE:
                self._large, self.enough = called, min(MOST_CALLS, calls + _CALLS_TO_JUDGE)
        elif calls > self.enough:
            raise self._too_many(self._large, place)
        if self._passed > MOST_PASSED:
            many = f"{MOST_PASSED:,} calls of functions that were passed along"
        elif calls > MOST_CALLS:
            many = f"{MOST_CALLS:,} calls"
        elif operations > MOST_OPERATIONS:
            many = f"{MOST_OPERATIONS:,} operations at once"
        else:
            return
        raise _beyond(
            f"more than {many}, which is the limit: `{called.name or 'for'}` is one of the"
            " functions that make them",
            place,
            _FEWER,
        )

    @staticmethod
    def _too_many(large: Declared, place: Place) -> VoxLogicaError:
        while place.frame is not None and place.frame.function != large.name:
            place = Place(place.frame.span, place.frame.caller)
        if place.frame is not None:
            place = Place(place.frame.span, place.frame.caller)
        calls = f"{large.calls:,}" if large.calls < 10**9 else f"more than {10**9:,}"
        return _beyond(
            f"`{large.name or 'for'}` would take {calls} calls of the functions within it; the"
            f" limit is {MOST_CALLS:,}",
            place,
            _FEWER,
        )


_FEWER = "functions that apply others twice double the work with each level: use `for` or `fold`"


def endless(place: Place) -> VoxLogicaError:
    """What is raised about calls that never end."""
    return _beyond(
        f"more than {DEEPEST_CALL:,} calls within each other: they would never end",
        place,
        "a function that is passed to itself cannot call itself: use `for` or `fold`",
    )


def _beyond(message: str, place: Place, hint: str) -> VoxLogicaError:
    return VoxLogicaError([diagnose("error", message, place, hint=hint)])
