"""Two ways to the same result, timed in turns."""

from __future__ import annotations

import statistics
from collections.abc import Callable
from dataclasses import dataclass
from time import perf_counter
from typing import Any

# What takes a millisecond is repeated more often than a comparison says: so long, or so often.
_ENOUGH = 1.5
_MOST_ROUNDS = 100


@dataclass(frozen=True, slots=True)
class Comparison:
    """VoxLogicA's way and a yardstick's.

    `agree` raises AssertionError where the two results differ. `goal` is how many times faster than
    the yardstick it shall be, where that has been said; `near` the physical limit, as far as known.
    """

    group: str
    name: str
    yardstick: str
    ours: Callable[[], Any]
    theirs: Callable[[], Any]
    agree: Callable[[Any, Any], None]
    goal: float | None = None
    near: str = ""
    rounds: int = 5


@dataclass(frozen=True, slots=True)
class Measured:
    """Median seconds of each, and the median of the ratios of neighbouring runs."""

    group: str
    name: str
    yardstick: str
    seconds: float
    yardstick_seconds: float
    ratio: float
    goal: float | None
    near: str


def measured(comparison: Comparison) -> Measured:
    """Run both once to check that they agree, then in turns, so that both meet the same noise.

    The first run, which may compile and fill caches, does not count. Raises AssertionError where
    the results differ.
    """
    comparison.agree(comparison.ours(), comparison.theirs())
    pairs: list[tuple[float, float]] = []
    begin = perf_counter()
    while len(pairs) < comparison.rounds or (
        len(pairs) < _MOST_ROUNDS and perf_counter() - begin < _ENOUGH
    ):
        pairs.append((seconds(comparison.ours), seconds(comparison.theirs)))
    return Measured(
        comparison.group,
        comparison.name,
        comparison.yardstick,
        statistics.median(ours for ours, _ in pairs),
        statistics.median(theirs for _, theirs in pairs),
        statistics.median(theirs / ours for ours, theirs in pairs),
        comparison.goal,
        comparison.near,
    )


def seconds(run: Callable[[], Any]) -> float:
    """How long it takes."""
    begin = perf_counter()
    # Held until after the clock has been read: giving memory back is not what is measured.
    result = run()
    end = perf_counter()
    del result
    return end - begin
