"""Claims among processes: exclusive, waited for in the kernel, gone with their holder."""

from __future__ import annotations

import multiprocessing
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from shutil import rmtree
from textwrap import dedent
from typing import Any

import pytest

from voxlogica.engine.claims import NO_CLAIMS, Claims
from voxlogica.engine.futures import Cancelled
from voxlogica.engine.locks import ClaimsUnavailable, FileLock, Lock, Purpose, RangeLock

A, B = (bytes([n]) * 32 for n in (1, 2))
PROCESSES = 8
# Only to fail rather than hang where an answer never comes.
PATIENCE = 60

KINDS: list[type[Lock]] = [RangeLock, FileLock] if sys.platform == "linux" else [FileLock]


@pytest.fixture(params=KINDS, ids=lambda kind: kind.__name__)
def kind(request) -> type[Lock]:
    return request.param


@pytest.fixture
def claims(tmp_path, kind) -> Claims:
    return Claims(tmp_path, kind)


def take_and_drop(claims: Claims) -> None:
    """Wait for a claim, and have it for a moment."""
    with claims.claim(A):
        pass


def leftover_threads() -> list[threading.Thread]:
    return [t for t in threading.enumerate() if t.name == "voxlogica-claim"]


class TestThreads:
    def test_a_claim_is_held_in_its_block_and_free_before_and_after(self, claims):
        assert not claims.is_claimed(A)
        with claims.claim(A):
            assert claims.is_claimed(A)
            assert not claims.is_claimed(B)
        assert not claims.is_claimed(A)

    def test_it_is_free_after_an_error_in_the_block(self, claims):
        with pytest.raises(ZeroDivisionError), claims.claim(A):
            raise ZeroDivisionError
        assert not claims.is_claimed(A)

    def test_threads_exclude_each_other(self, claims):
        inside: list[int] = []
        most: list[int] = []

        def work(number: int) -> None:
            for _ in range(20):
                with claims.claim(A):
                    inside.append(number)
                    most.append(len(inside))
                    inside.remove(number)

        with ThreadPoolExecutor(8) as pool:
            list(pool.map(work, range(8)))
        assert most == [1] * 160

    def test_different_operations_do_not_exclude_each_other(self, claims):
        together = threading.Barrier(2)

        def work(operation: bytes) -> int:
            with claims.claim(operation):
                return together.wait(PATIENCE)

        with ThreadPoolExecutor(2) as pool:
            assert sorted(pool.map(work, [A, B])) == [0, 1]

    def test_a_thread_that_holds_one_cannot_wait_for_another(self, claims):
        with claims.claim(A), pytest.raises(RuntimeError), claims.claim(B):
            pass
        with claims.claim(B):
            pass

    def test_cancelling_wakes_who_waits_and_leaves_no_claim_behind(self, claims):
        cancellation: Future[None] = Future()

        def wait() -> None:
            with claims.claim(A, cancellation):
                pass

        with ThreadPoolExecutor(1) as pool:
            with claims.claim(A):
                waiter = pool.submit(wait)
                cancellation.set_result(None)
                with pytest.raises(Cancelled):
                    waiter.result(PATIENCE)
            for thread in leftover_threads():
                thread.join(PATIENCE)
            assert not claims.is_claimed(A)
            with pytest.raises(Cancelled), claims.claim(A, cancellation):
                raise Cancelled  # it was free, so it was given

    def test_one_handed_over_outlives_the_block_until_any_thread_releases_it(self, claims):
        with claims.claim(A) as hand_over:
            release = hand_over()
        assert claims.is_claimed(A)
        with claims.claim(B):
            pass
        with ThreadPoolExecutor(1) as pool:
            pool.submit(release).result()
        assert not claims.is_claimed(A)

    def test_one_handed_over_is_waited_for_like_any(self, claims):
        with claims.claim(A) as hand_over:
            release = hand_over()
        with ThreadPoolExecutor(1) as pool:
            waiter = pool.submit(partial(take_and_drop, claims))
            release()
            waiter.result(PATIENCE)

    @pytest.mark.skipif(sys.platform != "linux", reason="ranges are for Linux")
    def test_operations_with_the_same_offset_follow_each_other(self, tmp_path):
        claims = Claims(tmp_path, RangeLock)
        for first, second in [(A, A[:8] + B[8:]), (b"\xff" * 32, b"\xff" * 8 + A)]:
            with claims.claim(first):
                assert claims.is_claimed(second)
            with claims.claim(second):
                pass

    @pytest.mark.skipif(sys.platform != "linux", reason="ranges are for Linux")
    def test_the_file_with_the_ranges_stays_empty(self, tmp_path):
        with Claims(tmp_path, RangeLock).claim(A):
            pass
        assert (tmp_path / "claims").stat().st_size == 0

    def test_files_for_single_claims_are_removed(self, tmp_path):
        claims = Claims(tmp_path, FileLock)
        with claims.claim(A):
            assert [p.name for p in (tmp_path / "claims.d").iterdir()] == [A.hex()]
        assert not list((tmp_path / "claims.d").iterdir())

    def test_where_the_folder_goes_away_holders_end_well(self, tmp_path, kind):
        folder = tmp_path / "store"
        folder.mkdir()
        claims = Claims(folder, kind)
        with claims.claim(A):
            rmtree(folder)
            assert not claims.is_claimed(B)
        with pytest.raises(ClaimsUnavailable), claims.claim(A):
            pass

    def test_relative_folders_stay_where_they_are(self, tmp_path, kind, monkeypatch):
        monkeypatch.chdir(tmp_path)
        (tmp_path / "store").mkdir()
        claims = Claims(Path("store"), kind)
        monkeypatch.chdir("/")
        with claims.claim(A):
            assert Claims(tmp_path / "store", kind).is_claimed(A)


def until(condition: Callable[[], bool]) -> None:
    """Wait for what another thread is about to do."""
    for _ in range(1_000_000):
        if condition():
            return
    pytest.fail("it never came")


class TestAsking:
    def test_it_is_asked_for_as_long_as_anyone_asks(self, claims):
        assert not claims.is_asked_for(A)
        asking = [claims.ask(A) for _ in range(3)]
        for take_back in asking:
            assert claims.is_asked_for(A)
            assert not claims.is_asked_for(B)
            take_back()
        assert not claims.is_asked_for(A)

    def test_asking_keeps_nobody_from_the_claim(self, claims):
        take_back = claims.ask(A)
        with claims.claim(A):
            assert claims.is_asked_for(A)
        take_back()

    def test_who_waits_asks_and_who_holds_does_not(self, claims):
        with ThreadPoolExecutor(1) as pool:
            with claims.claim(A):
                assert not claims.is_asked_for(A)
                waiter = pool.submit(self.asked_when_held, claims)
                until(lambda: claims.is_asked_for(A))
            assert waiter.result(PATIENCE) is False

    def asked_when_held(self, claims: Claims) -> bool:
        with claims.claim(A):
            return claims.is_asked_for(A)

    def test_what_is_to_be_done_when_nobody_asks_is_done_then_under_the_claim(self, claims):
        held: Future[bool] = Future()
        first, second = claims.ask(A), claims.ask(A)
        claims.when_unasked(A, lambda: held.set_result(claims.is_claimed(A)))
        first()
        assert not held.done()
        second()
        assert held.result(PATIENCE) is True

    def test_where_nobody_asks_it_is_done_at_once(self, claims):
        done: Future[None] = Future()
        claims.when_unasked(A, lambda: done.set_result(None))
        done.result(PATIENCE)

    def test_files_for_asking_are_removed_by_the_last(self, tmp_path):
        claims = Claims(tmp_path, FileLock)
        first, second = claims.ask(A), claims.ask(A)
        first()
        assert [p.name for p in (tmp_path / "claims.d").iterdir()] == [A.hex() + ".asked"]
        second()
        assert not list((tmp_path / "claims.d").iterdir())


class TestReservations:
    def test_a_goal_is_reserved_by_one(self, claims):
        give_back = claims.tried(A, Purpose.GOAL)
        assert claims.tried(A, Purpose.GOAL) is None
        claims.tried(B, Purpose.GOAL)()
        give_back()
        claims.tried(A, Purpose.GOAL)()

    def test_it_is_no_claim(self, claims):
        give_back = claims.tried(A, Purpose.GOAL)
        with claims.claim(A):
            assert claims.tried(A, Purpose.GOAL) is None
        give_back()

    def test_who_waits_for_one_gets_it_when_it_is_given_back(self, claims):
        give_back = claims.tried(A, Purpose.GOAL)
        with ThreadPoolExecutor(1) as pool:
            waiter = pool.submit(claims.await_reservation, A, Future())
            give_back()
            waiter.result(PATIENCE)()

    def test_cancelling_wakes_who_waits(self, claims):
        give_back = claims.tried(A, Purpose.GOAL)
        cancellation: Future[None] = Future()
        with ThreadPoolExecutor(1) as pool:
            waiter = pool.submit(claims.await_reservation, A, cancellation)
            cancellation.set_result(None)
            with pytest.raises(Cancelled):
                waiter.result(PATIENCE)
        give_back()

    def test_who_holds_a_claim_cannot_wait_for_one(self, claims):
        with claims.claim(A), pytest.raises(RuntimeError):
            claims.await_reservation(B, Future())


@contextmanager
def child(main: Callable[..., None], *arguments: Any) -> Iterator[tuple[Any, Connection]]:
    """A process of its own, not forked from this one, and a pipe to it."""
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    process = context.Process(target=main, args=(there, *arguments))
    process.start()
    there.close()
    try:
        yield process, here
    finally:
        process.kill()
        process.join()
        here.close()


def heard(connection: Connection) -> Any:
    """What the other process says next."""
    assert connection.poll(PATIENCE), "no answer"
    return connection.recv()


def heard_waiting(connection: Connection, folder: Path) -> None:
    """The other process waits for A, as the kernel sees it too where it tells."""
    assert heard(connection) == "waits"
    locks, files = Path("/proc/locks"), [folder / "claims", folder / "claims.d" / A.hex()]
    inodes = [f":{file.stat().st_ino} " for file in files if file.exists()]
    for _ in range(100_000):
        if not locks.exists() or any(
            "->" in line and inode in line
            for line in locks.read_text().splitlines()
            for inode in inodes
        ):
            break


def telling(kind: type[Lock], connection: Connection) -> type[Lock]:
    """The same locks, but before one is waited for in the kernel, the other process is told."""

    class Telling(kind):
        def take(self, wait: bool, shared: bool = False) -> bool:
            if wait and not shared:
                connection.send("waits")
            return super().take(wait, shared)

    return Telling


def count_up(connection: Connection, folder: Path, kind: type[Lock], rounds: int) -> None:
    claims = Claims(folder, kind)
    connection.send("ready")
    connection.recv()
    for _ in range(rounds):
        with claims.claim(A):
            # Fails if anybody else is between here and the end of the block.
            os.close(os.open(folder / "inside", os.O_CREAT | os.O_EXCL))
            count = int((folder / "count").read_text())
            (folder / "count").write_text(str(count + 1))
            (folder / "inside").unlink()
    connection.send("done")


def hold_for_ever(connection: Connection, folder: Path, kind: type[Lock]) -> None:
    with Claims(folder, kind).claim(A):
        connection.send("holds")
        connection.recv()


def ask_for_ever(connection: Connection, folder: Path, kind: type[Lock]) -> None:
    Claims(folder, kind).ask(A)
    connection.send("asks")
    connection.recv()


def wait_and_tell(connection: Connection, folder: Path, kind: type[Lock]) -> None:
    """Tells of signals too: of the first by a message, of an interrupt by an exception."""
    signal.signal(signal.SIGUSR1, lambda *_: connection.send("signal"))
    claims = Claims(folder, telling(kind, connection))
    try:
        with claims.claim(A):
            connection.send("holds")
    except KeyboardInterrupt:
        connection.send("interrupted")
        # The lock may still come to the thread that waits for it.
        for thread in leftover_threads():
            thread.join()
        connection.send(claims.is_claimed(A))


def be_cancelled_and_end(connection: Connection, folder: Path, kind: type[Lock]) -> None:
    cancellation: Future[None] = Future()
    claims = Claims(folder, telling(kind, connection))

    def wait() -> None:
        with claims.claim(A, cancellation):
            pass

    with ThreadPoolExecutor(1) as pool:
        waiter = pool.submit(wait)
        connection.recv()
        cancellation.set_result(None)
        connection.send(type(waiter.exception()).__name__)


class TestProcesses:
    def test_eight_exclude_each_other(self, tmp_path, kind):
        (tmp_path / "count").write_text("0")
        rounds = 25

        def run(number: int) -> str:
            with child(count_up, tmp_path, kind, rounds) as (_, connection):
                assert heard(connection) == "ready"
                start.wait()
                connection.send("go")
                return heard(connection)

        start = threading.Barrier(PROCESSES)
        with ThreadPoolExecutor(PROCESSES) as pool:
            assert list(pool.map(run, range(PROCESSES))) == ["done"] * PROCESSES
        assert (tmp_path / "count").read_text() == str(PROCESSES * rounds)

    def test_who_waits_goes_on_when_the_holder_is_killed(self, claims, tmp_path, kind):
        with child(hold_for_ever, tmp_path, kind) as (holder, from_holder):
            assert heard(from_holder) == "holds"
            with child(wait_and_tell, tmp_path, kind) as (_, from_waiter):
                heard_waiting(from_waiter, tmp_path)
                assert claims.is_claimed(A)
                os.kill(holder.pid, signal.SIGKILL)
                assert heard(from_waiter) == "holds"

    def test_who_asks_does_so_no_more_when_it_is_killed(self, claims, tmp_path, kind):
        done: Future[None] = Future()
        with child(ask_for_ever, tmp_path, kind) as (asker, connection):
            assert heard(connection) == "asks"
            claims.when_unasked(A, lambda: done.set_result(None))
            assert claims.is_asked_for(A)
            assert not done.done()
            os.kill(asker.pid, signal.SIGKILL)
            done.result(PATIENCE)

    def test_a_signal_while_waiting_is_handled_and_the_wait_goes_on(self, claims, tmp_path, kind):
        with child(wait_and_tell, tmp_path, kind) as (waiter, connection):
            with claims.claim(A):
                heard_waiting(connection, tmp_path)
                os.kill(waiter.pid, signal.SIGUSR1)
                assert heard(connection) == "signal"
            assert heard(connection) == "holds"

    def test_an_interrupt_ends_the_wait_at_once_and_leaves_no_claim(self, claims, tmp_path, kind):
        with child(wait_and_tell, tmp_path, kind) as (waiter, connection):
            with claims.claim(A):
                heard_waiting(connection, tmp_path)
                os.kill(waiter.pid, signal.SIGINT)
                assert heard(connection) == "interrupted"
            assert heard(connection) is False

    def test_a_process_that_no_longer_wants_to_wait_can_end(self, claims, tmp_path, kind):
        with claims.claim(A), child(be_cancelled_and_end, tmp_path, kind) as (process, connection):
            heard_waiting(connection, tmp_path)
            connection.send("cancel")
            assert heard(connection) == "Cancelled"
            process.join(PATIENCE)
            assert process.exitcode == 0

    def test_a_claim_on_a_file_left_behind_is_as_good_as_new(self, tmp_path):
        claims = Claims(tmp_path, FileLock)
        with child(hold_for_ever, tmp_path, FileLock) as (holder, connection):
            assert heard(connection) == "holds"
            holder.kill()
            holder.join()
        assert (tmp_path / "claims.d" / A.hex()).exists()
        assert not claims.is_claimed(A)
        with claims.claim(A):
            assert claims.is_claimed(A)
        assert not (tmp_path / "claims.d" / A.hex()).exists()


def run_script(text: str, folder: Path, kind: type[Lock]) -> subprocess.Popen[str]:
    """Start a program, with `claims` made, that talks to us by its standard input and output."""
    start = f"""
        import os, signal, subprocess, sys
        from pathlib import Path
        from voxlogica.engine.claims import Claims
        from voxlogica.engine.locks import {kind.__name__}

        A, B = bytes([1]) * 32, bytes([2]) * 32
        claims = Claims(Path(sys.argv[1]), {kind.__name__})
    """
    return subprocess.Popen(
        [sys.executable, "-c", dedent(start) + dedent(text), str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


class TestForks:
    def test_a_child_neither_has_the_claim_nor_releases_it(self, claims, tmp_path, kind):
        program = """
            with claims.claim(A):
                child = os.fork()
                if child:
                    _, status = os.waitpid(child, 0)
                    print(os.waitstatus_to_exitcode(status), claims.is_claimed(A))
                else:
                    assert claims.is_claimed(A)
                    with claims.claim(B):  # which a thread that held A could not
                        pass
            if not child:
                os._exit(0)
        """
        with run_script(program, tmp_path, kind) as process:
            assert process.communicate()[0] == "0 True\n"
        assert not claims.is_claimed(A)

    @pytest.mark.parametrize("how", ["returns", "dies"])
    def test_a_child_that_lives_on_keeps_no_claim(self, claims, tmp_path, kind, how):
        program = f"""
            with claims.claim(A):
                child = os.fork()
                if not child:
                    print("lives", os.getpid(), flush=True)
                    signal.alarm(60)  # in case nobody kills it
                    signal.pause()
                sys.stdin.readline()
                if {how == "dies"}:
                    os.kill(os.getpid(), 9)
            print("released", flush=True)
            os.kill(os.getpid(), 9)
        """
        with run_script(program, tmp_path, kind) as process:
            lives, pid = process.stdout.readline().split()
            assert lives == "lives"
            assert claims.is_claimed(A)
            process.stdin.write("\n")
            process.stdin.flush()
            assert process.wait(PATIENCE) == -signal.SIGKILL
            with claims.claim(A):
                os.kill(int(pid), signal.SIGKILL)

    def test_a_child_that_python_does_not_know_of_keeps_none_that_is_released(
        self, claims, tmp_path, kind
    ):
        program = """
            import ctypes

            with claims.claim(A):
                child = ctypes.PyDLL(None).fork()
                if not child:
                    signal.alarm(60)  # in case nobody kills it
                    signal.pause()
                print(child, flush=True)
                sys.stdin.readline()
            print("released", flush=True)
            os.kill(os.getpid(), 9)
        """
        with run_script(program, tmp_path, kind) as process:
            pid = int(process.stdout.readline())
            with child(wait_and_tell, tmp_path, kind) as (_, connection):
                heard_waiting(connection, tmp_path)
                process.stdin.write("\n")
                process.stdin.flush()
                assert process.stdout.readline() == "released\n"
                assert heard(connection) == "holds"
            with claims.claim(A):
                os.kill(pid, signal.SIGKILL)

    def test_a_program_started_meanwhile_keeps_no_claim(self, claims, tmp_path, kind):
        program = """
            with claims.claim(A):
                subprocess.Popen(["cat"], close_fds=False)
                print("started", flush=True)
                os.kill(os.getpid(), 9)
        """
        with run_script(program, tmp_path, kind) as process:
            assert process.stdout.readline() == "started\n"
            assert process.wait(PATIENCE) == -signal.SIGKILL
            with claims.claim(A):
                pass
            process.stdin.close()


class TestUnavailable:
    def test_where_the_folder_is_missing(self, tmp_path, kind):
        with pytest.raises(ClaimsUnavailable, match="No such file"):
            Claims(tmp_path / "nowhere", kind)

    def test_where_something_else_is_in_its_place(self, tmp_path, kind):
        (tmp_path / "file").write_text("")
        with pytest.raises(ClaimsUnavailable, match="Not a directory"):
            Claims(tmp_path / "file", kind)
        (tmp_path / "claims").mkdir()
        (tmp_path / "claims.d").write_text("")
        with pytest.raises(ClaimsUnavailable, match=r"claims(\.d)?"):
            Claims(tmp_path, kind)

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write")
    def test_where_the_folder_is_read_only(self, tmp_path, kind):
        tmp_path.chmod(0o500)
        with pytest.raises(ClaimsUnavailable, match="denied"):
            Claims(tmp_path, kind)

    def test_where_there_are_no_descriptors_left(self, tmp_path, kind):
        program = """
            import resource
            from voxlogica.engine.locks import ClaimsUnavailable

            resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))
            for ask in (lambda: claims.claim(A).__enter__(), lambda: claims.is_claimed(A)):
                try:
                    ask()
                except ClaimsUnavailable as refusal:
                    print(refusal)
        """
        with run_script(program, tmp_path, kind) as process:
            assert process.communicate()[0].count("Too many open files") == 2
        assert process.returncode == 0

    def test_where_locks_have_no_effect(self, tmp_path):
        class Useless(FileLock):
            def take(self, wait: bool, shared: bool = False) -> bool:
                return True

        with pytest.raises(ClaimsUnavailable, match="no effect"):
            Claims(tmp_path, Useless)

    def test_while_another_process_finds_out_the_same_it_is_available(self, tmp_path, kind):
        with Claims(tmp_path, kind).claim(b"\xff" * 32):
            Claims(tmp_path, kind)

    def test_without_claims_everyone_holds_all(self):
        claims = NO_CLAIMS
        with claims.claim(A) as hand_over:
            assert not claims.is_claimed(A)
            with ThreadPoolExecutor(1) as pool:
                pool.submit(partial(take_and_drop, claims)).result()
            hand_over()()
        with claims.claim(A):
            pass

    def test_the_platform_decides(self, tmp_path):
        with Claims(tmp_path).claim(A):
            assert Claims(tmp_path, KINDS[0]).is_claimed(A)
