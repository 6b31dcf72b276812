"""Processes that are forked or spawned from one that has run programs, or is in the middle of it.

Each test is a program of its own. It must end by itself without a word, leave no process and no
temporary file, and a store in which all is right.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import time
import uuid
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest
import SimpleITK

from voxlogica.engine.store_opening import open_store

# What each program begins with. `run(n)` is a run with the store, of an image that a process of its
# own decodes and of one that is large enough for several threads; it is right or raises.
BEGINNING = """
    import multiprocessing, os, signal, sys, threading
    import voxlogica.interface
    from voxlogica import running
    from voxlogica.dialogue import Dialogue
    from voxlogica.engine.events import Finished
    from voxlogica.syntax.source import Source

    def text(n):
        return f'''
            load a = "a.png"
            load b = "b.nii"
            print "a" volume(intensity(a) >. {n})
            print "b" volume(dt(intensity(b) >. {n}) <=. 0)
        '''

    def run(n, **options):
        report = running.run(Source("p", text(n)), cache="store", **options)
        assert [p.value for p in report.prints] == [255.0 - n, 64**3 - 1.0 - n], report.prints
        return n

    def in_child(do, ending):
        child = os.fork()
        if not child:
            try:
                do()
            except BaseException:
                import traceback
                traceback.print_exc()
                os._exit(1)
            ending()
            os._exit(2)
        return child

    def killed():
        os.kill(os.getpid(), signal.SIGKILL)

    ENDINGS = {"at once": (lambda: os._exit(0), 0), "exit": (sys.exit, 0), "killed": (killed, -9)}

    def ends(child, status=0):
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == status

    class Stopped:
        # A run in a thread that has computed something, and stops there until it is let go.
        def __init__(self, n):
            self.reached, self.go_on = threading.Event(), threading.Event()
            self.thread = threading.Thread(target=run, args=(n,), kwargs={"observe": self.observe})
            self.thread.start()
            assert self.reached.wait(60)

        def observe(self, event):
            if isinstance(event, Finished):
                self.reached.set()
                assert self.go_on.wait(60)

        def end(self):
            self.go_on.set()
            self.thread.join()
"""


def play(program: str, folder: Path, *arguments: str) -> None:
    """Run a program in a folder, and see to it that it leaves nothing behind."""
    # Of a short name: sockets have no longer ones.
    temporary = Path(tempfile.mkdtemp())
    values = np.arange(256, dtype=np.uint8).reshape(16, 16)
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(values), str(folder / "a.png"))
    many = np.arange(64**3, dtype=np.float32).reshape(64, 64, 64)
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(many), str(folder / "b.nii"))
    script = folder / "script.py"
    script.write_text(dedent(BEGINNING) + dedent(program))
    mark = uuid.uuid4().hex
    done = subprocess.run(
        [sys.executable, "-W", "ignore", str(script), *arguments],
        cwd=folder,
        env={**os.environ, "TMPDIR": str(temporary), "MARK": mark},
        capture_output=True,
        text=True,
        timeout=200,
    )
    assert (done.returncode, done.stderr, done.stdout) == (0, "", "")
    wait_until_gone(mark)
    left = [path for path in temporary.rglob("*") if "loky" not in path.name]
    assert left == []
    shutil.rmtree(temporary)
    said: list[str] = []
    store = open_store(folder / "store", warn=said.append)
    assert store is not None
    with store:
        found = store.verify()
    assert (found.damaged, found.index_damaged, found.strays, said) == ((), False, 0, [])


def wait_until_gone(mark: str) -> None:
    """What was started ends when its starter does, which takes a moment."""
    deadline = time.monotonic() + 30
    while (left := marked(mark)) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert left == []


def marked(mark: str) -> list[str]:
    """The processes that have inherited a mark in their environment."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if mark.encode() in (process / "environ").read_bytes():
                found.append((process / "cmdline").read_bytes().decode())
        except OSError:  # gone, or somebody else's
            continue
    return found


pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks at processes in /proc")


class TestForked:
    def test_after_runs_a_child_runs_programs_however_it_ends(self, tmp_path: Path) -> None:
        program = """
            run(3)
            for n, (ending, status) in enumerate(ENDINGS.values()):
                ends(in_child(lambda: (run(3), run(10 * n + 4)), ending), status)
                run(10 * n + 4)
                run(10 * n + 5)
        """
        play(program, tmp_path)

    def test_while_a_thread_is_in_a_run_a_child_runs_programs(self, tmp_path: Path) -> None:
        program = """
            for n, (ending, status) in enumerate(ENDINGS.values()):
                stopped = Stopped(10 * n + 3)
                both = lambda: (run(10 * n + 4), run(10 * n + 5))
                children = [in_child(both, ending) for _ in range(2)]
                for child in children:
                    ends(child, status)
                stopped.end()
                run(10 * n + 3)
                run(10 * n + 6)
        """
        play(program, tmp_path)

    def test_what_both_have_computed_at_one_time_is_in_the_store(self, tmp_path: Path) -> None:
        program = """
            stopped = Stopped(3)
            ready, go_on = os.pipe(), os.pipe()

            def beside():
                own = Stopped(4)
                os.write(ready[1], b"1")
                os.read(go_on[0], 1)
                own.end()
                run(5)

            child = in_child(beside, lambda: os._exit(0))
            os.read(ready[0], 1)
            stopped.end()
            run(6)
            os.write(go_on[1], b"1")
            ends(child)
            for n in (3, 4, 5, 6):
                report = running.run(Source("p", text(n)), cache="store")
                assert report.stats.computed == 0, (n, report.stats)
        """
        play(program, tmp_path)

    def test_a_child_has_no_file_open_that_the_run_has(self, tmp_path: Path) -> None:
        program = """
            def opened():
                links = [f"/proc/self/fd/{name}" for name in os.listdir("/proc/self/fd")]
                paths = [os.readlink(link) for link in links if os.path.islink(link)]
                ours = ("index.sqlite", "claims", "voxlogica-owner")
                return [path for path in paths if any(name in path for name in ours)]

            def nothing_open():
                assert opened() == []

            with Dialogue(cache=False, memory_limit=1 << 20) as session:
                session.enter('load b = "b.nii"')
                for text_of in ("dt(intensity(b) >. 9)", "dt(intensity(b) <. 9)"):
                    session.enter(f"let far{text_of[-3]} = {text_of}")
                    session.enter(f"avg(far{text_of[-3]}, intensity(b) >. 3)")
                session.enter("avg(dt(intensity(b) >. 7), intensity(b) >. 3)")
                stopped = Stopped(3)
                assert any("index.sqlite" in path for path in opened())
                ends(in_child(nothing_open, lambda: os._exit(0)))
                stopped.end()
        """
        play(program, tmp_path)

    def test_within_a_run_where_it_tells_of_its_events(self, tmp_path: Path) -> None:
        program = """
            begun = []

            def observe(event):
                if isinstance(event, Finished) and not begun:
                    begun.append(in_child(lambda: run(4), lambda: os._exit(0)))
                    ends(begun[0])

            run(3, observe=observe)
            run(4)
            assert begun
        """
        play(program, tmp_path)

    def test_a_child_outlives_a_parent_that_is_killed_in_a_run(self, tmp_path: Path) -> None:
        program = """
            parent = os.fork()
            if not parent:
                Stopped(3)
                ready, go_on = os.pipe(), os.pipe()
                if not os.fork():
                    run(4)
                    os.write(ready[1], b"1")
                    while os.getppid() == PARENT:
                        pass
                    run(3)
                    run(5)
                    os._exit(0)
                PARENT = os.getpid()
                os.read(ready[0], 1)
                killed()
            ends(parent, -9)
        """.replace("if not os.fork():", "PARENT = os.getpid()\n                if not os.fork():")
        play(program, tmp_path)

    def test_a_session_goes_on_in_both_with_what_it_had_to_leave_in_files(
        self, tmp_path: Path
    ) -> None:
        program = """
            with Dialogue(cache=False, memory_limit=1 << 20) as session:
                session.enter('load b = "b.nii"')
                session.enter("let far = dt(intensity(b) >. 9)")
                session.enter("let near = dt(intensity(b) <. 9)")

                def value(name):
                    (shown,) = session.enter(f"volume({name} >. 0)").values
                    return shown.value

                before = value("far"), value("near")

                def again():
                    assert (value("far"), value("near")) == before
                    session.enter("avg(near, far >. 0)")

                ends(in_child(again, lambda: os._exit(0)))
                ends(in_child(again, sys.exit))
                again()
            run(3)
        """
        play(program, tmp_path)

    @pytest.mark.parametrize(
        "module", ["dask.local", "voxlogica.engine.keeping", "voxlogica.language.rewrites"]
    )
    def test_while_a_thread_imports_what_computing_needs(self, tmp_path: Path, module: str) -> None:
        program = """
            from importlib.abc import MetaPathFinder

            class Slow(MetaPathFinder):
                # It looks for one module until the process forks.
                def find_spec(self, name, path, target=None):
                    if name == sys.argv[1] and threading.current_thread() is thread:
                        begun.set()
                        assert forking.wait(60)

            begun, forking = threading.Event(), threading.Event()
            sys.meta_path.insert(0, Slow())
            assert sys.argv[1] not in sys.modules
            os.register_at_fork(before=forking.set)
            thread = threading.Thread(target=run, args=(3,))
            thread.start()
            assert begun.wait(60)

            def in_time():
                signal.alarm(60)
                run(4)

            ends(in_child(in_time, lambda: os._exit(0)))
            thread.join()
        """
        play(program, tmp_path, module)

    def test_when_a_thread_is_about_to_use_the_store_it_uses_it_after_the_fork(
        self, tmp_path: Path
    ) -> None:
        program = """
            from pathlib import Path
            from voxlogica.engine.store_database import Database

            class Stopping:
                # A lock that is taken only after a fork, by a thread that is about to take it.
                def __init__(self, lock):
                    self.lock, self.about, self.forked = lock, threading.Event(), threading.Event()

                def __enter__(self):
                    if threading.current_thread() is not threading.main_thread():
                        self.about.set()
                        assert self.forked.wait(60)
                    return self.lock.__enter__()

                def __exit__(self, *problem):
                    return self.lock.__exit__(*problem)

                def acquire(self):
                    return self.lock.acquire()

                def release(self):
                    self.lock.release()

            run(3)
            database, found = Database(Path("store/index.sqlite")), []
            lock = database._reading = Stopping(database._reading)

            def read():
                with database.reading() as connection:
                    found.extend(connection.execute("SELECT count(*) > 0 FROM results"))

            thread = threading.Thread(target=read)
            thread.start()
            assert lock.about.wait(60)
            ends(in_child(lambda: run(3), lambda: os._exit(0)))
            lock.forked.set()
            thread.join()
            assert found == [(1,)]
            database.close()
        """
        play(program, tmp_path)

    def test_a_child_forks_in_turn_from_another_thread(self, tmp_path: Path) -> None:
        program = """
            def forks():
                thread = threading.Thread(
                    target=lambda: ends(in_child(lambda: run(4), lambda: os._exit(0)))
                )
                thread.start()
                thread.join(60)
                assert not thread.is_alive()

            run(3)
            ends(in_child(forks, lambda: os._exit(0)))
        """
        play(program, tmp_path)

    @pytest.mark.slow
    def test_again_and_again_while_threads_run_programs(self, tmp_path: Path) -> None:
        program = """
            over = threading.Event()

            def work(first):
                n = first
                while not over.is_set():
                    run(n % 200)
                    n += 1

            threads = [threading.Thread(target=work, args=(i * 50,)) for i in range(3)]
            for thread in threads:
                thread.start()
            for number in range(60):
                ending, status = list(ENDINGS.values())[number % 3]
                ends(in_child(lambda: run(number), ending), status)
            over.set()
            for thread in threads:
                thread.join()
        """
        play(program, tmp_path)


class TestPools:
    @pytest.mark.parametrize("how", ["fork", "spawn", "forkserver"])
    def test_of_multiprocessing(self, tmp_path: Path, how: str) -> None:
        program = """
            if __name__ == "__main__":
                run(3)
                with multiprocessing.get_context(sys.argv[1]).Pool(2) as pool:
                    assert pool.map(run, range(4)) == [0, 1, 2, 3]
                run(1)
        """
        play(program, tmp_path, how)

    def test_of_concurrent_futures_while_a_thread_is_in_a_run(self, tmp_path: Path) -> None:
        program = """
            from concurrent.futures import ProcessPoolExecutor

            if __name__ == "__main__":
                stopped = Stopped(3)
                with ProcessPoolExecutor(2, multiprocessing.get_context("fork")) as pool:
                    # Not of what the thread is at: the others would wait for it, as they should.
                    assert list(pool.map(run, range(4, 8))) == [4, 5, 6, 7]
                stopped.end()
        """
        play(program, tmp_path)

    @pytest.mark.parametrize("how", ["loky", "multiprocessing"])
    @pytest.mark.skipif(not importlib.util.find_spec("joblib"), reason="needs joblib")
    def test_of_joblib(self, tmp_path: Path, how: str) -> None:
        program = """
            from joblib import Parallel, delayed

            if __name__ == "__main__":
                run(3)
                found = Parallel(2, backend=sys.argv[1])(delayed(run)(n) for n in range(4))
                assert found == [0, 1, 2, 3]
        """
        play(program, tmp_path, how)

    @pytest.mark.parametrize("how", ["fork", "spawn"])
    @pytest.mark.skipif(not importlib.util.find_spec("torch"), reason="needs PyTorch")
    def test_of_pytorchs_data_loader(self, tmp_path: Path, how: str) -> None:
        program = """
            from torch.utils.data import DataLoader, Dataset

            class Runs(Dataset):
                def __len__(self):
                    return 4

                def __getitem__(self, n):
                    return run(n)

            if __name__ == "__main__":
                run(3)
                loader = DataLoader(Runs(), 2, num_workers=2, multiprocessing_context=sys.argv[1])
                assert [batch.tolist() for batch in loader] == [[0, 1], [2, 3]]
        """
        play(program, tmp_path, how)
