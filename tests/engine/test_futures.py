"""The table of futures: who computes, who waits, what is kept; step by step, and in threads."""

from __future__ import annotations

import asyncio
import os
import random
import subprocess
import sys
import threading
import weakref
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, InvalidStateError, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from textwrap import dedent
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from voxlogica.engine import futures
from voxlogica.engine.futures import Abandoned, Cancelled, FuturesTable, Promise, Subscription

A, B, C = (bytes([n]) * 32 for n in range(3))
WORKPLANS = 8


class Value:
    """A result that says how large it is, and that can be seen to be dropped."""

    def __init__(self, size: int = 1) -> None:
        self.size = size


@pytest.fixture
def table() -> FuturesTable:
    return FuturesTable(lambda value: value.size if isinstance(value, Value) else 1)


@pytest.fixture
def waiting(monkeypatch) -> threading.Semaphore:
    """Counts the threads that begin to wait for another's result."""
    begun = threading.Semaphore(0)
    wait = futures.wait

    def counted(*arguments: Any, **options: Any) -> Any:
        begun.release()
        return wait(*arguments, **options)

    monkeypatch.setattr(futures, "wait", counted)
    return begun


@pytest.fixture
def busy_switching() -> Iterator[None]:
    """Threads take turns a thousand times as often as usual."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(5e-6)
    yield
    sys.setswitchinterval(usual)


def give(value: Any) -> Callable[[], tuple[Any, futures.Origin]]:
    """Computes a value that is known."""
    return lambda: (value, "computed")


def fail(error: BaseException) -> tuple[Any, futures.Origin]:
    raise error


class TestOneWorkplan:
    def test_an_operation_is_computed_when_promised_first_and_at_hand_from_then_on(self, table):
        with table.subscribe({A: 2}) as subscription:
            assert not subscription.at_hand(A)
            assert subscription.obtain(A, give(7)) == "computed"
            assert subscription.at_hand(A)
            assert subscription.value(A) == 7
            assert subscription.obtain(A, lambda: fail(AssertionError())) == "awaited"

    def test_its_result_is_kept_until_it_is_read_as_often_as_said(self, table):
        value = Value(5)
        kept = weakref.ref(value)
        with table.subscribe({A: 3}) as subscription:
            subscription.obtain(A, give(value))
            del value
            subscription.release([A, A])
            assert subscription.value(A) is kept()
            assert table.nbytes == 5
            subscription.release([A])
            assert kept() is None
            assert table.nbytes == 0
            with pytest.raises(KeyError):
                subscription.value(A)

    def test_what_is_left_when_it_ends_is_dropped(self, table):
        with table.subscribe({A: 1, B: 1}) as subscription:
            subscription.obtain(A, give(Value(5)))
        assert table.nbytes == 0
        with pytest.raises(Cancelled):
            subscription.value(A)

    def test_an_error_is_raised_as_it_is_and_a_later_request_tries_again(self, table):
        error = ValueError("no")
        with table.subscribe({A: 1}) as subscription:
            with pytest.raises(ValueError, match="no") as raised:
                subscription.obtain(A, partial(fail, error))
            assert raised.value is error
            assert subscription.obtain(A, give(1)) == "computed"

    def test_it_tells_what_was_computed_stored_and_awaited(self, table):
        with table.subscribe({A: 1, B: 1}) as first, table.subscribe({A: 1}) as second:
            assert first.obtain(A, give(1)) == "computed"
            assert first.obtain(B, lambda: (2, "stored")) == "stored"
            assert second.obtain(A, give(1)) == "awaited"

    def test_it_cannot_wait_for_an_operation_while_it_computes_one(self, table):
        with table.subscribe({A: 1, B: 1}) as subscription:
            with pytest.raises(RuntimeError):
                subscription.obtain(A, lambda: (subscription.obtain(B, give(1)), "computed"))
            assert subscription.obtain(B, give(1)) == "computed"

    def test_it_gets_only_what_it_entered_with(self, table):
        with table.subscribe({A: 1}) as subscription:
            for ask in (
                subscription.promise,
                subscription.value,
                lambda operation: subscription.release([operation]),
            ):
                with pytest.raises(KeyError):
                    ask(B)
            assert not subscription.at_hand(B)

    def test_a_promise_is_settled_once(self, table):
        with table.subscribe({A: 1}) as subscription:
            promise = subscription.promise(A)
            promise.fulfil(1)
            for settle in (
                partial(promise.fulfil, 2),
                partial(promise.fail, ValueError()),
                promise.abandon,
            ):
                with pytest.raises(InvalidStateError):
                    settle()
            assert subscription.value(A) == 1
            assert table.nbytes == 1


class TestSeveralWorkplans:
    def test_a_result_is_kept_until_the_last_of_them_has_read_it(self, table):
        value = Value()
        kept = weakref.ref(value)
        with table.subscribe({A: 1}) as first, table.subscribe({A: 1}) as second:
            first.obtain(A, give(value))
            del value
            first.release([A])
            assert second.at_hand(A)
            assert second.value(A) is kept()
            second.release([A])
            assert kept() is None

    def test_one_that_ends_takes_nothing_from_another(self, table):
        with table.subscribe({A: 1}) as second:
            with table.subscribe({A: 1}) as first:
                first.obtain(A, give(3))
            assert second.value(A) == 3

    def test_one_that_waits_gets_the_result(self, table, waiting):
        with table.subscribe({A: 1}) as first, table.subscribe({A: 1}) as second:
            promise = first.promise(A)
            with ThreadPoolExecutor(1) as pool:
                other = pool.submit(second.obtain, A, lambda: fail(AssertionError()))
                waiting.acquire()
                promise.fulfil(3)
                assert other.result() == "awaited"
            assert second.value(A) == 3

    def test_all_who_wait_get_the_same_error(self, table, waiting):
        error = ValueError("no")

        def compute() -> tuple[Any, futures.Origin]:
            for _ in range(WORKPLANS - 1):
                waiting.acquire()
            raise error

        def run(number: int) -> BaseException | None:
            with table.subscribe({A: 1}) as subscription:
                try:
                    subscription.obtain(A, compute)
                except ValueError as raised:
                    return raised
            return None

        with ThreadPoolExecutor(WORKPLANS) as pool:
            outcomes = list(pool.map(run, range(WORKPLANS)))
        assert all(outcome is error for outcome in outcomes)
        assert not table._entries

    def test_asyncio_tasks_share_it_as_threads_do(self, table):
        computed: list[bytes] = []

        def run() -> int:
            with table.subscribe({A: 1}) as subscription:
                everyone.wait()
                subscription.obtain(A, lambda: (computed.append(A) or 4, "computed"))
                everyone.wait()
                return subscription.value(A)

        async def several() -> list[int]:
            return await asyncio.gather(*(asyncio.to_thread(run) for _ in range(3)))

        everyone = threading.Barrier(3)
        assert asyncio.run(several()) == [4, 4, 4]
        assert computed == [A]


class TestCancellation:
    def test_who_waits_is_woken_though_the_operation_goes_on(self, table, waiting):
        with table.subscribe({A: 1}) as first, table.subscribe({A: 1}) as second:
            promise = first.promise(A)
            with ThreadPoolExecutor(3) as pool:
                others = [pool.submit(second.obtain, A, give(0)) for _ in range(3)]
                for _ in others:
                    waiting.acquire()
                second.cancel()
                for other in others:
                    with pytest.raises(Cancelled):
                        other.result()
            promise.fulfil(1)
            assert first.value(A) == 1

    def test_it_gets_no_more_promises(self, table):
        with table.subscribe({A: 1}) as subscription:
            subscription.cancel()
            subscription.cancel()
            with pytest.raises(Cancelled):
                subscription.obtain(A, give(1))

    def test_what_it_computes_at_the_moment_is_completed_for_others(self, table):
        with table.subscribe({A: 1}) as second:
            with table.subscribe({A: 1}) as first:
                promise = first.promise(A)
            future = second.promise(A)
            with promise:
                promise.fulfil(1)
            assert future.result() == 1
            assert second.value(A) == 1

    def test_who_enters_meanwhile_gets_it_too(self, table):
        with table.subscribe({A: 1}) as first:
            promise = first.promise(A)
        with table.subscribe({A: 1}) as second:
            assert isinstance(second.promise(A), Future)
            promise.fulfil(1)
            assert second.value(A) == 1

    def test_what_nobody_reads_any_more_is_not_kept(self, table):
        for settle in (lambda promise: promise.fulfil(Value()), Promise.abandon):
            with table.subscribe({A: 1}) as subscription:
                promise = subscription.promise(A)
            settle(promise)
            assert table.nbytes == 0
            assert not table._entries

    @pytest.mark.parametrize("reason", [Cancelled(), KeyboardInterrupt(), SystemExit()])
    def test_exactly_one_of_those_who_wait_takes_over_what_is_abandoned(
        self, table, waiting, reason
    ):
        computed: list[int] = []

        def run(number: int) -> tuple[futures.Outcome, int]:
            with table.subscribe({A: 1}) as subscription:
                outcome = subscription.obtain(A, lambda: (computed.append(number) or 5, "computed"))
                return outcome, subscription.value(A)

        def give_up() -> tuple[Any, futures.Origin]:
            others.extend(pool.submit(run, number) for number in range(WORKPLANS - 1))
            for _ in range(WORKPLANS - 1):
                waiting.acquire()
            raise reason

        others: list[Future[tuple[futures.Outcome, int]]] = []
        with ThreadPoolExecutor(WORKPLANS) as pool:
            with table.subscribe({A: 1}) as subscription, pytest.raises(type(reason)):
                subscription.obtain(A, give_up)
            outcomes = Counter(other.result() for other in others)
        # All had entered before it was abandoned, so the result stayed for the last of them.
        assert outcomes == {("computed", 5): 1, ("awaited", 5): WORKPLANS - 2}
        assert len(computed) == 1


@dataclass(frozen=True)
class Program:
    """A random acyclic graph of operations, each the sum of its arguments plus its number."""

    arguments: dict[bytes, tuple[bytes, ...]]
    goals: tuple[bytes, ...]

    @staticmethod
    def random(seed: int, size: int = 60) -> Program:
        """The same seed gives the same first operations whatever the size."""
        draw = random.Random(seed)
        arguments: dict[bytes, tuple[bytes, ...]] = {}
        for n in range(size):
            latest = list(arguments)[-9:]
            chosen = tuple(draw.choices(latest, k=draw.randint(0, 3))) if latest else ()
            # As ids of operations are: equal for equal operations only.
            arguments[sha256(b"".join([bytes([n]), *chosen])).digest()] = chosen
        read = {argument for several in arguments.values() for argument in several}
        return Program(arguments, tuple(o for o in arguments if o not in read))

    def reads(self) -> Counter[bytes]:
        return Counter([a for several in self.arguments.values() for a in several]) + Counter(
            self.goals
        )

    def results(self) -> dict[bytes, int]:
        found: dict[bytes, int] = {}
        for operation, arguments in self.arguments.items():
            found[operation] = self.apply(operation, [found[a] for a in arguments])
        return found

    @staticmethod
    def apply(operation: bytes, values: list[int]) -> int:
        return (operation[0] + sum(values)) % 1_000_003


@dataclass
class Workplan:
    """One run of a program on Dask's threads, as the executor does it."""

    table: FuturesTable
    program: Program
    # Called within the promise, before an operation is computed.
    before: Callable[[Workplan, bytes], None] = lambda workplan, operation: None
    computed: list[bytes] = field(default_factory=list)
    outcomes: Counter[futures.Outcome] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.subscription: Subscription = self.table.subscribe(self.program.reads())
        self.counting = threading.Lock()

    def run(self) -> list[int] | None:
        """The goals' results, None if it was cancelled."""
        from dask.threaded import get

        graph = {
            operation.hex(): (partial(self.task, operation), *(a.hex() for a in arguments))
            for operation, arguments in self.program.arguments.items()
        }
        pool = ThreadPoolExecutor(WORKPLANS)
        try:
            with self.subscription:
                get(graph, [goal.hex() for goal in self.program.goals], pool=pool)
                return [self.subscription.value(goal) for goal in self.program.goals]
        except Cancelled:
            return None
        finally:
            pool.shutdown(cancel_futures=True)

    def task(self, operation: bytes, *_: None) -> None:
        arguments = self.program.arguments[operation]

        def compute() -> tuple[int, futures.Origin]:
            self.before(self, operation)
            values = [self.subscription.value(a) for a in arguments]
            self.computed.append(operation)
            return self.program.apply(operation, values), "computed"

        try:
            outcome = self.subscription.obtain(operation, compute)
            with self.counting:
                self.outcomes[outcome] += 1
        finally:
            self.subscription.release(arguments)


def run_at_once(workplans: list[Workplan]) -> list[list[int] | None]:
    start = threading.Barrier(len(workplans))

    def run(workplan: Workplan) -> list[int] | None:
        start.wait()
        return workplan.run()

    with ThreadPoolExecutor(len(workplans)) as pool:
        return list(pool.map(run, workplans))


@pytest.mark.usefixtures("busy_switching")
@pytest.mark.parametrize("seed", range(4))
class TestEightWorkplansOnEightThreadsEach:
    def test_each_operation_is_computed_once_in_all(self, table, seed):
        program = Program.random(seed)
        workplans = [Workplan(table, program) for _ in range(WORKPLANS)]
        results = program.results()
        expected = [results[goal] for goal in program.goals]
        assert run_at_once(workplans) == [expected] * WORKPLANS
        assert Counter(o for w in workplans for o in w.computed) == Counter([*program.arguments])
        assert sum(w.outcomes["computed"] for w in workplans) == len(program.arguments)
        assert all(w.outcomes.total() == len(program.arguments) for w in workplans)
        assert table.nbytes == 0
        assert not table._entries

    def test_overlapping_programs_compute_what_they_share_once(self, table, seed):
        parts = [Program.random(seed, 60 - n) for n in range(WORKPLANS)]
        workplans = [Workplan(table, part) for part in parts]
        results = parts[0].results()
        assert run_at_once(workplans) == [[results[g] for g in p.goals] for p in parts]
        assert Counter(o for w in workplans for o in w.computed) == Counter([*parts[0].arguments])
        assert not table._entries

    def test_those_that_are_cancelled_do_not_hurt_the_others(self, table, seed):
        program = Program.random(seed)
        draw = random.Random(seed)
        victims = {n: draw.randrange(len(program.arguments)) for n in range(WORKPLANS // 2)}
        steps = iter(range(10**9))

        def before(workplan: Workplan, operation: bytes) -> None:
            step = next(steps)
            for victim, moment in victims.items():
                if step >= moment:
                    workplans[victim].subscription.cancel()
            # As one that finds itself cancelled after it has waited for another process.
            if workplan.subscription.cancellation.done():
                raise Cancelled

        workplans = [Workplan(table, program, before) for _ in range(WORKPLANS)]
        results = program.results()
        expected = [results[goal] for goal in program.goals]
        found = run_at_once(workplans)
        assert found[WORKPLANS // 2 :] == [expected] * (WORKPLANS // 2)
        assert all(f in (None, expected) for f in found)
        assert Counter(o for w in workplans for o in w.computed) == Counter([*program.arguments])
        assert not table._entries

    def test_one_error_ends_all_of_them_and_leaves_nothing_behind(self, table, seed):
        program = Program.random(seed)
        culprit = random.Random(seed).choice(list(program.arguments))

        def before(workplan: Workplan, operation: bytes) -> None:
            if operation == culprit:
                raise ZeroDivisionError(culprit.hex())

        def run(workplan: Workplan) -> str:
            with pytest.raises(ZeroDivisionError) as raised:
                workplan.run()
            return str(raised.value)

        workplans = [Workplan(table, program, before) for _ in range(WORKPLANS)]
        with ThreadPoolExecutor(WORKPLANS) as pool:
            assert set(pool.map(run, workplans)) == {culprit.hex()}
        computed = Counter(o for w in workplans for o in w.computed)
        assert set(computed.values()) <= {1}
        assert culprit not in computed
        assert not table._entries


class Protocol(RuleBasedStateMachine):
    """Any sequence of steps of any workplans, against a model that says what holds after each."""

    operations = st.sampled_from([A, B, C])

    def __init__(self) -> None:
        super().__init__()
        self.table = FuturesTable(lambda value: value.size)
        self.subscriptions: list[Subscription] = []
        self.reads: dict[Subscription, dict[bytes, int]] = {}
        self.cancelled: set[Subscription] = set()
        self.closed: set[Subscription] = set()
        self.running: dict[bytes, tuple[Promise, list[Future[Any]]]] = {}
        self.held: dict[bytes, tuple[weakref.ref[Value], int]] = {}
        self.dropped: list[weakref.ref[Value]] = []

    def readers(self, operation: bytes) -> list[Subscription]:
        return [s for s in self.subscriptions if operation in self.reads[s]]

    def drop_what_nobody_reads(self) -> None:
        for operation in list(self.held):
            if not self.readers(operation):
                self.dropped.append(self.held.pop(operation)[0])

    @rule(reads=st.dictionaries(operations, st.integers(1, 2)))
    @precondition(lambda self: len(self.subscriptions) < 6)
    def enter(self, reads):
        subscription = self.table.subscribe(reads)
        self.subscriptions.append(subscription)
        self.reads[subscription] = dict(reads)

    @rule(data=st.data(), operation=operations)
    @precondition(lambda self: self.subscriptions)
    def promise(self, data, operation):
        subscription = data.draw(st.sampled_from(self.subscriptions))
        if subscription in self.cancelled:
            with pytest.raises(Cancelled):
                subscription.promise(operation)
        elif operation not in self.reads[subscription]:
            with pytest.raises(KeyError):
                subscription.promise(operation)
        else:
            found = subscription.promise(operation)
            if operation in self.held:
                assert isinstance(found, Future)
                assert found.result() is self.held[operation][0]()
            elif operation in self.running:
                assert isinstance(found, Future)
                assert not found.done()
                self.running[operation][1].append(found)
            else:
                assert isinstance(found, Promise)
                self.running[operation] = (found, [])

    def settled(self, data) -> tuple[bytes, Promise, list[Future[Any]]]:
        operation = data.draw(st.sampled_from(sorted(self.running)))
        return operation, *self.running.pop(operation)

    @rule(data=st.data(), size=st.integers(0, 9))
    @precondition(lambda self: self.running)
    def complete(self, data, size):
        operation, promise, futures = self.settled(data)
        value = Value(size)
        with promise:
            promise.fulfil(value)
        assert all(future.result() is value for future in futures)
        self.held[operation] = weakref.ref(value), size
        self.drop_what_nobody_reads()

    @rule(data=st.data(), error=st.sampled_from([ValueError, MemoryError]))
    @precondition(lambda self: self.running)
    def fail(self, data, error):
        _, promise, futures = self.settled(data)
        raised = error()
        with suppress(error), promise:
            raise raised
        assert all(future.exception() is raised for future in futures)

    @rule(data=st.data(), reason=st.sampled_from([None, Cancelled, KeyboardInterrupt]))
    @precondition(lambda self: self.running)
    def abandon(self, data, reason):
        _, promise, futures = self.settled(data)
        with suppress(Cancelled, KeyboardInterrupt), promise:
            if reason:
                raise reason
        assert all(isinstance(future.exception(), Abandoned) for future in futures)

    @rule(data=st.data(), operation=operations)
    @precondition(lambda self: self.subscriptions)
    def release(self, data, operation):
        subscription = data.draw(st.sampled_from(self.subscriptions))
        reads = self.reads[subscription]
        if subscription not in self.closed and operation not in reads:
            with pytest.raises(KeyError):
                subscription.release([operation])
            return
        subscription.release([operation])
        if operation in reads:
            reads[operation] -= 1
            if not reads[operation]:
                del reads[operation]
        self.drop_what_nobody_reads()

    @rule(data=st.data())
    @precondition(lambda self: self.subscriptions)
    def cancel(self, data):
        subscription = data.draw(st.sampled_from(self.subscriptions))
        subscription.cancel()
        self.cancelled.add(subscription)

    @rule(data=st.data())
    @precondition(lambda self: self.subscriptions)
    def close(self, data):
        subscription = data.draw(st.sampled_from(self.subscriptions))
        subscription.close()
        self.closed.add(subscription)
        self.cancelled.add(subscription)
        self.reads[subscription] = {}
        self.drop_what_nobody_reads()

    @invariant()
    def what_is_held_is_what_somebody_reads(self):
        assert self.table.nbytes == sum(size for _, size in self.held.values())
        assert all(value() is not None for value, _ in self.held.values())
        assert all(value() is None for value in self.dropped)

    @invariant()
    def everyone_sees_the_results_that_they_read(self):
        for subscription in self.subscriptions:
            assert subscription.cancellation.done() == (subscription in self.cancelled)
            for operation in (A, B, C):
                sees = operation in self.held and operation in self.reads[subscription]
                assert subscription.at_hand(operation) == sees
                if sees:
                    assert subscription.value(operation) is self.held[operation][0]()

    @invariant()
    def who_waits_goes_on_waiting_while_somebody_computes(self):
        for _, waiting in self.running.values():
            assert not any(future.done() for future in waiting)

    def teardown(self):
        for subscription in self.subscriptions:
            subscription.close()
        for promise, _ in self.running.values():
            promise.fulfil(Value())
        assert self.table.nbytes == 0
        assert not self.table._entries


TestProtocol = Protocol.TestCase
TestProtocol.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32), sizes=st.lists(st.integers(1, 25), min_size=2, max_size=4))
def test_any_programs_at_once_give_what_each_gives_alone(seed, sizes):
    table = FuturesTable(lambda value: 1)
    programs = [Program.random(seed, size) for size in sizes]
    workplans = [Workplan(table, program) for program in programs]
    for program, found in zip(programs, run_at_once(workplans), strict=True):
        results = program.results()
        assert found == [results[goal] for goal in program.goals]
    assert not table._entries


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_begins_with_an_empty_table():
    program = """
        import os, threading
        from voxlogica.engine.futures import FuturesTable

        table = FuturesTable(lambda value: 1)
        id = bytes(32)
        subscription = table.subscribe({id: 1})
        reached, go_on = threading.Event(), threading.Event()

        def compute():
            reached.set()
            go_on.wait()
            return 1, "computed"

        thread = threading.Thread(target=subscription.obtain, args=(id, compute))
        thread.start()
        reached.wait()
        child = os.fork()
        if not child:
            with table.subscribe({id: 1}) as own:
                assert own.obtain(id, lambda: (2, "computed")) == "computed"
                assert own.value(id) == 2
                assert table.nbytes == 1
            os._exit(0)
        _, status = os.waitpid(child, 0)
        go_on.set()
        thread.join()
        assert subscription.value(id) == 1
        raise SystemExit(os.waitstatus_to_exitcode(status))
    """
    subprocess.run([sys.executable, "-W", "ignore", "-c", dedent(program)], check=True)
