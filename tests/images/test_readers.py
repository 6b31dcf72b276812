"""Reader processes: what they give back, how they end, and that nothing else ends with them."""

from __future__ import annotations

import ctypes
import fcntl
import os
import select
import signal
import subprocess
import sys
import textwrap
import threading
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from voxlogica import allowance
from voxlogica.images import readers
from voxlogica.images.errors import ImageFileError
from voxlogica.images.readers import cancelled_by, in_reader, kept, prepare
from voxlogica.images.shared_memory import Lent

MB = 1 << 20


@pytest.fixture(autouse=True, scope="module")
def readers_that_stay() -> None:
    """When they end, and which is next, is what these tests are about."""


def asked(function: Any, *arguments: Any, path: str = "a.png", size: int = 0) -> Any:
    """What a function of this module gives in a reader process."""
    return in_reader(function, path, *arguments, size=size, needs=("numpy",))[0]


def refusal(function: Any, *arguments: Any, size: int = 0) -> str:
    with pytest.raises(ImageFileError) as caught:
        asked(function, *arguments, size=size)
    assert '"a.png"' in caught.value.message
    assert "\n" not in caught.value.message
    return caught.value.message


# What reader processes do here, by name


def echo(path: str, *values: Any) -> Any:
    return [path, *values]


def arrays(path: str, dtype: str, shape: list[int]) -> Any:
    values = np.arange(np.prod(shape), dtype=dtype).reshape(shape)
    owner = np.ones((40, 30))
    return {"one": values, "more": [values.T, Lent(owner[::2], owner)], "mean": values.mean()}


def objects(path: str) -> Any:
    return np.array([None])


def mumble(path: str) -> None:
    os.write(1, b"  Corrupt JPEG data\n\n")
    os.write(2, b"Premature end\n")
    ctypes.CDLL(None).puts(b"Unknown marker")  # which C keeps back in a buffer


def end_by(path: str, number: int) -> None:
    os.kill(os.getpid(), number)


def leave(path: str) -> None:
    os.write(2, b"bad news\n")
    os._exit(7)


def take(path: str, amount: int) -> int:
    return len(bytearray(amount))


def compute(path: str) -> None:
    while True:
        pass


def fail(path: str, problem: str) -> None:
    raise {
        "image": ImageFileError("it is upside down", "turn it"),
        "system": PermissionError(13, "Permission denied"),
        "other": KeyError("PatientName"),
    }[problem]


def spin(path: str, pipe: str) -> None:
    """Say which process this is, and go on for ever, deaf to whatever can be ignored."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with Path(pipe).open("w") as out:
        out.write(str(os.getpid()))
    compute(path)


def descriptors(path: str) -> list[str]:
    names = [entry.name for entry in Path("/proc/self/fd").iterdir()]
    return [str(Path(f"/proc/self/fd/{n}").resolve()) for n in names if int(n) > 2]


def process(path: str) -> int:
    return os.getpid()


def folder(path: str) -> str:
    return str(Path.cwd())


# What they give back


def test_values_and_lists_come_as_they_are() -> None:
    values = [1, -2.5, True, None, "脑\udcff", [1, [2]], {"a": 1}, float("inf")]
    assert asked(echo, *values) == ["a.png", *values]


@pytest.mark.parametrize("dtype", ["uint8", "int16", "uint32", "int64", "float32", ">f8", "bool"])
@pytest.mark.parametrize("shape", [[3, 4, 5], [7], [0, 3]])
def test_arrays_come_with_type_and_shape(dtype: str, shape: list[int]) -> None:
    if dtype == "bool" and shape == [7]:
        shape = [2]  # arange of truth values is no longer
    elif dtype == "bool":
        return
    found = asked(arrays, dtype, shape)
    expected = np.arange(np.prod(shape), dtype=dtype).reshape(shape)
    np.testing.assert_array_equal(found["one"], expected)
    np.testing.assert_array_equal(found["more"][0], expected.T)
    np.testing.assert_array_equal(found["more"][1], np.ones((20, 30)))
    assert found["one"].dtype == np.dtype(dtype).newbyteorder("=")
    assert found["one"].flags.c_contiguous
    assert found["one"].flags.aligned


def test_arrays_are_the_reader_s_no_longer() -> None:
    first, second = (asked(arrays, "int16", [4, 5])["one"] for _ in range(2))
    first[:] = 7
    assert second[0, 1] == 1


def test_nothing_but_numbers_comes_as_an_array() -> None:
    assert "TypeError: arrays of object" in refusal(objects)


def test_what_libraries_print_is_told_and_reaches_nobody_else(
    capfd: pytest.CaptureFixture[str],
) -> None:
    for _ in range(2):
        _, said = in_reader(mumble, "a.png", size=0, needs=("numpy",))
        assert said == ["Corrupt JPEG data", "Premature end", "Unknown marker"]
    assert in_reader(echo, "a.png", size=0, needs=("numpy",))[1] == []
    assert capfd.readouterr() == ("", "")


def test_relative_paths_mean_the_same_wherever_the_program_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        monkeypatch.chdir(tmp_path / name)
        assert asked(folder) == str(tmp_path / name)


# How it goes wrong


@pytest.mark.parametrize("name", ["SIGSEGV", "SIGBUS", "SIGFPE", "SIGABRT", "SIGILL"])
def test_a_crash_is_a_message_and_the_next_file_is_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert f"damaged: reading it crashes its decoder ({name})" in refusal(
        end_by, getattr(signal, name)
    )
    assert asked(echo) == ["a.png"]
    assert not list(tmp_path.iterdir()), "nor is a core left behind"


def test_a_reader_that_ends_otherwise_says_how() -> None:
    assert "was killed" in refusal(end_by, signal.SIGKILL)
    assert "ended by signal 15" in refusal(end_by, signal.SIGTERM)
    assert "ended with status 7: bad news" in refusal(leave)


def test_decoding_takes_three_times_the_memory_of_the_image_and_some() -> None:
    assert asked(take, 200 * MB) == 200 * MB
    assert "takes far more memory" in refusal(take, 300 * MB)
    assert asked(take, 300 * MB, size=30 * MB) == 300 * MB
    assert "takes far more memory" in refusal(take, 400 * MB, size=30 * MB)


def test_what_the_user_limits_is_the_users_limit(tmp_path: Path) -> None:
    script = tmp_path / "limited.py"
    script.write_text(
        textwrap.dedent(f"""
            import resource, sys
            sys.path.insert(0, {str(Path(__file__).parents[2])!r})
            from tests.images.test_readers import asked, take
            asked(take, 1)
            resource.setrlimit(resource.RLIMIT_AS, (2_000_000_000, 2_000_000_000))
            from voxlogica.images.readers import _READERS
            _READERS.end_idle()
            try:
                asked(take, 2_000_000_000, size=4_000_000_000)
            except MemoryError:
                print("not enough memory")
        """)
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=False)
    assert done.stdout == "not enough memory\n", done.stderr


@pytest.mark.slow
def test_a_decoder_that_never_ends_is_ended() -> None:
    assert "computes for more than 5 s" in refusal(compute)


def test_what_the_function_raises_is_raised() -> None:
    with pytest.raises(ImageFileError, match="upside down") as caught:
        asked(fail, "image")
    assert caught.value.hint == "turn it"
    with pytest.raises(OSError, match="Permission denied"):
        asked(fail, "system")
    assert "not supported by its decoder: KeyError: 'PatientName'" in refusal(fail, "other")


# Who ends whom


def test_a_run_that_is_cancelled_ends_the_decoder(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    cancellation: Future[None] = Future()

    def read() -> None:
        with cancelled_by(cancellation):
            refusal(spin, str(pipe))

    with ThreadPoolExecutor(1) as pool:
        reading = pool.submit(read)
        spinning = os.pidfd_open(int(pipe.read_text()))
        cancellation.set_result(None)
        reading.result()
    assert select.select([spinning], [], [])[0], "and it is gone"
    os.close(spinning)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT, signal.SIGTERM])
def test_a_reader_ends_with_the_process_that_started_it(tmp_path: Path, number: int) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    script = tmp_path / "host.py"
    script.write_text(
        textwrap.dedent(f"""
            import sys
            sys.path.insert(0, {str(Path(__file__).parents[2])!r})
            from tests.images.test_readers import asked, spin
            asked(spin, {str(pipe)!r})
        """)
    )
    with subprocess.Popen([sys.executable, script], stderr=subprocess.DEVNULL) as host:
        spinning = os.pidfd_open(int(pipe.read_text()))
        host.send_signal(number)
        assert host.wait() != 0
        assert select.select([spinning], [], [])[0]
        os.close(spinning)


def test_readers_stay_for_the_run_and_no_longer() -> None:
    with kept():
        first = asked(process)
        assert asked(process) == first
        watched = os.pidfd_open(first)
    assert select.select([watched], [], [])[0]
    os.close(watched)
    assert asked(process) != first


def test_one_reader_a_core_is_started() -> None:
    cores = allowance.cores()
    with kept(), ThreadPoolExecutor(4 * cores) as pool:
        found = set(pool.map(lambda _: asked(process), range(12 * cores)))
        assert 1 <= len(found) <= cores


def test_a_reader_that_died_meanwhile_is_replaced() -> None:
    with kept():
        watched = os.pidfd_open(asked(process))
        signal.pidfd_send_signal(watched, signal.SIGKILL)
        select.select([watched], [], [])
        os.close(watched)
        assert asked(echo) == ["a.png"]


def test_a_copy_of_the_process_has_readers_of_its_own() -> None:
    with kept():
        ours = asked(process)
        copy = os.fork()
        if not copy:
            os._exit(0 if asked(process) != ours else 1)
        assert os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1]) == 0
        assert asked(process) == ours


@pytest.mark.skipif(sys.platform != "linux", reason="of the size of a pipe")
def test_a_copy_of_the_process_waits_for_no_thread_that_has_a_hand_on_what_leads_to_one() -> None:
    with kept():
        asked(process)
        (reader,) = readers._READERS._all
        pipe = reader.process.stdin
        assert pipe is not None
        pipe.write(bytes(fcntl.fcntl(pipe, fcntl.F_GETPIPE_SZ)))  # it is full
        begun = threading.Event()

        def write() -> None:
            begun.set()
            with suppress(BrokenPipeError):
                pipe.write(b"more")  # until the reader ends

        thread = threading.Thread(target=write)
        thread.start()
        assert begun.wait()
        copy = os.fork()
        if not copy:
            os._exit(0)
        assert os.waitstatus_to_exitcode(os.waitpid(copy, 0)[1]) == 0
        reader.process.kill()
        thread.join()


# What they have of this process


def test_they_inherit_no_descriptor(tmp_path: Path) -> None:
    with (tmp_path / "lock").open("w") as lock, kept():
        os.set_inheritable(lock.fileno(), True)
        in_own_process = threading.Thread(target=prepare, args=("numpy",))
        in_own_process.start()
        in_own_process.join()
        assert not [name for name in asked(descriptors) if name.startswith(str(tmp_path))]


def test_files_beside_the_program_are_no_modules(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("json", "socket", "numpy", "resource", "voxlogica"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('foreign')")
    monkeypatch.chdir(tmp_path)
    with kept():
        assert asked(folder) == str(tmp_path)


def test_the_program_that_reads_is_not_run_again(tmp_path: Path) -> None:
    script = tmp_path / "script.py"
    script.write_text(
        textwrap.dedent(f"""
            import sys
            sys.path.insert(0, {str(Path(__file__).parents[2])!r})
            print("once")
            from tests.images.test_readers import asked, echo
            asked(echo)
        """)
    )
    done = subprocess.run([sys.executable, script], capture_output=True, text=True, check=True)
    assert (done.stdout, done.stderr) == ("once\n", "")


@pytest.mark.parametrize("executable", ["", "/opt/blender/blender"])
def test_a_python_within_another_program_says_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, executable: str
) -> None:
    with kept():
        pass  # none is idle
    monkeypatch.setattr(sys, "executable", executable)
    with pytest.raises(ImageFileError, match=r"sys\.executable") as caught:
        asked(echo)
    assert "set it to the path of a Python" in str(caught.value.hint)
