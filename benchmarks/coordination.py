"""What it costs to coordinate operations: 10,000 of 10 µs each, and where the time goes.

    python benchmarks/coordination.py

Prints microseconds an operation beyond its own 10, each row with one layer more, and exits with
status 1 where all of them together, with the store on, take more than 150.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import perf_counter, process_time

from dask.threaded import get

from voxlogica import operators, running
from voxlogica.engine.claims import Claims
from voxlogica.engine.futures import FuturesTable
from voxlogica.engine.store_opening import open_store
from voxlogica.engine.store_rows import Result
from voxlogica.operators.signature import Cost, Number, operator
from voxlogica.syntax.source import Source

OPERATIONS = 10_000
WORK = 10e-6
LIMIT = 150e-6
ROUNDS = 3


# What takes no time to speak of is done together with others.
@operator("tick", cost=Cost.NOTHING)
def tick(number: Number) -> Number:
    """The number plus 1, after 10 µs of work."""
    end = perf_counter() + WORK
    while perf_counter() < end:
        pass
    return number + 1


def each(run: Callable[[], object]) -> float:
    """Median CPU seconds an operation beyond its work, of several rounds."""
    rounds = []
    for _ in range(ROUNDS):
        begin = process_time()
        run()
        rounds.append((process_time() - begin) / OPERATIONS - WORK)
    return statistics.median(rounds)


def chain(goals: int) -> Source:
    """A program of operations one after the other, of which so many are printed."""
    lines = [f"let a{i + 1} = tick(a{i})" for i in range(OPERATIONS)]
    prints = [f'print "{i}" a{OPERATIONS - i}' for i in range(goals)]
    return Source("chain.imgql", "\n".join(["let a0 = 0", *lines, *prints]))


def plain() -> None:
    value = 0.0
    for _ in range(OPERATIONS):
        value = tick(value)


def dask_alone() -> None:
    graph = {str(i + 1): (lambda _: tick(0), str(i)) for i in range(OPERATIONS)}
    with ThreadPoolExecutor(2) as pool:
        get({"0": 0.0, **graph}, [str(OPERATIONS)], pool=pool)


def futures_alone() -> None:
    ids = [i.to_bytes(32, "big") for i in range(OPERATIONS)]
    with FuturesTable(lambda value: 0).subscribe(Counter(ids)) as subscription:
        for operation in ids:
            subscription.obtain(operation, lambda: (tick(0), "computed"))
            subscription.value(operation)
            subscription.release([operation])


def main() -> int:
    """Measure and print."""
    operators.registry.cache_clear()
    fresh = iter(range(1_000_000))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)

        def kept() -> None:
            store = open_store(folder / str(next(fresh)), warn=print)
            assert store is not None
            with store:
                claims = Claims(store.folder)
                ids = [i.to_bytes(32, "big") for i in range(OPERATIONS)]
                for operation in ids:
                    with claims.claim(operation):
                        store.read(operation)
                        tick(0)
                store.put_many(Result(i, 0.0, "tick", WORK) for i in ids)

        one, all_of_them = chain(1), chain(OPERATIONS)
        planning = each(lambda: running.plan(one, rewrites=False)) + WORK
        planning_all = each(lambda: running.plan(all_of_them, rewrites=False)) + WORK
        rows = [
            ("a loop", each(plain)),
            ("the table of futures alone", each(futures_alone)),
            ("Dask alone", each(dask_alone)),
            ("claims and store alone, every operation", each(kept)),
            (
                "a run without a store",
                each(lambda: running.run(one, rewrites=False, cache=False)) - planning,
            ),
            (
                "a run with the store",
                each(lambda: running.run(one, rewrites=False, cache=folder / str(next(fresh))))
                - planning,
            ),
            (
                "a run with the store, every operation printed",
                each(
                    lambda: running.run(
                        all_of_them, rewrites=False, cache=folder / str(next(fresh))
                    )
                )
                - planning_all,
            ),
        ]
    print(f"{'':48} µs an operation beyond its own {WORK * 1e6:.0f}")
    for name, seconds in rows:
        print(f"{name:48} {seconds * 1e6:6.1f}")
    return 1 if rows[-2][1] > LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
