"""Kernels as machine code: what they take and give, and where it is kept."""

from __future__ import annotations

import math
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier

import numpy as np
import pytest

from voxlogica.kernels import compilers, object_code
from voxlogica.kernels.compiled import compiled, readable
from voxlogica.kernels.compilers import telling
from voxlogica.kernels.object_code import KernelError, cache_folder

KINDS = ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f4", "f8")


@compiled
def echo(number):
    return number


@compiled
def twice(values, result):
    for i in range(values.size):
        result[i] = 2 * values[i]


@compiled
def scaled_sum(planes, number, negated):
    total = 0.0
    for z in range(planes.shape[0]):
        for i in range(planes.shape[2]):
            total += planes[z, 1, i] * number
    return -total if negated else total


@compiled
def squared(number):
    return number * number


@compiled
def waves(angles, result):
    for i in range(len(angles)):
        result[i] = np.sin(angles[i]) + squared(math.exp(-angles[i]))


@compiled
def halved(number):
    return number / 2


@compiled
def quartered(number):
    return number / 4


@compiled
def reshaped(planes, z, result):
    flat = planes[z].reshape(-1)
    for i in range(len(flat)):
        result[i] = flat[i]
    rows = flat.reshape(2, 3, -1)
    return rows[1, 2, 0] + rows.shape[2]


@compiled
def allocating(n):
    return np.ones(n).sum()


@compiled
def pair(n):
    return n, n


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache folder with nothing in it, as right after installing."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    cache_folder.cache_clear()
    yield cache_folder()
    cache_folder.cache_clear()


@pytest.mark.parametrize("kind", KINDS)
def test_numbers_of_every_type_go_in_and_come_out(kind):
    dtype = np.dtype(kind)
    info = np.finfo(dtype) if dtype.kind == "f" else np.iinfo(dtype)
    for number in (dtype.type(0), dtype.type(1), info.min, info.max):
        assert echo(dtype.type(number)) == number


def test_numbers_of_python_are_64_bits_wide():
    assert echo(-(1 << 63)) == -(1 << 63)
    assert echo(0.1) == 0.1
    assert math.isnan(echo(math.nan))
    assert echo(True) is True
    assert echo(np.bool_(False)) is False


@pytest.mark.parametrize("kind", KINDS)
def test_arrays_of_every_type_are_read_and_written(kind):
    values = np.arange(37).astype(kind)
    result = np.empty_like(values)
    assert twice(readable(values, kind), result) is None
    np.testing.assert_array_equal(result, values + values)


def test_arrays_mix_with_numbers_in_any_order():
    planes = np.arange(24, dtype=np.float32).reshape(2, 3, 4)
    expected = float(planes[:, 1].astype(float).sum() * 0.5)
    assert scaled_sum(planes, 0.5, False) == expected
    assert scaled_sum(planes, 0.5, True) == -expected
    assert scaled_sum(planes[:0], 0.5, False) == 0


def test_kernels_call_kernels_and_the_mathematics_of_c():
    angles = np.linspace(-3, 3, 101)
    result = np.empty_like(angles)
    waves(angles, result)
    np.testing.assert_allclose(result, np.sin(angles) + np.exp(-angles) ** 2, rtol=1e-14)


def test_kernels_look_at_an_array_in_another_shape():
    planes = np.arange(48, dtype=np.float32).reshape(2, 4, 6)
    result = np.empty(24, np.float32)
    assert reshaped(planes, 1, result) == planes[1].reshape(2, 3, 4)[1, 2, 0] + 4
    np.testing.assert_array_equal(result, planes[1].reshape(-1))


def test_what_a_kernel_cannot_take_is_refused():
    for argument in (np.zeros((3, 4))[:, 1], np.zeros(3, ">f8"), "text", (1, 2), None):
        with pytest.raises(TypeError):
            echo(argument)


def test_a_kernel_does_not_write_to_a_read_only_array():
    with pytest.raises(KernelError, match=r"[Rr]ead"):
        twice(np.zeros(3), readable(np.zeros(3), np.float64))


@pytest.mark.parametrize("kernel", [allocating, pair])
def test_what_is_no_machine_code_alone_is_no_kernel(kernel):
    with pytest.raises(KernelError, match=kernel.__name__):
        kernel(3)


def test_inputs_of_any_kind_share_one_version():
    frozen = np.ones((3, 4), np.float32)
    frozen.flags.writeable = False
    turned = np.ones((4, 3), np.float32).T
    crooked = np.frombuffer(b"\0" + np.ones(12, np.float32).tobytes(), np.float32, 12, 1)
    for array in (np.ones((3, 4), np.float32), frozen, turned, crooked.reshape(3, 4)):
        inputs = readable(array, np.float32)
        twice(inputs.reshape(-1), np.empty(12, np.float32))
    assert [types for types in twice.versions if types[0] == "f4[1]"] == [("f4[1]", "f4[1]w")]


def test_reading_copies_nothing_that_is_as_wanted():
    region = np.ones((3, 4), np.bool_)
    assert np.shares_memory(readable(region, np.uint8), region)
    assert region.flags.writeable
    assert not readable(region, np.uint8).flags.writeable


def test_threads_that_call_a_new_kernel_at_a_time_wait_for_one_compilation():
    @compiled
    def triple(number):
        return 3 * number

    together = Barrier(8)

    def call(number):
        together.wait()
        return triple(number)

    with ThreadPoolExecutor(8) as threads:
        assert list(threads.map(call, range(8))) == [3 * n for n in range(8)]


def test_a_process_that_dies_costs_time_only():
    @contextmanager
    def dying():
        class Dead:
            answer = staticmethod(lambda wanted: None)

        yield Dead()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compilers._COMPILERS, "one", dying)
        assert halved(7.0) == 3.5


def test_processes_that_compile_are_ended_when_nobody_listens_any_more():
    told = []
    with telling(lambda: told.append(1)):
        assert quartered(6.0) == 1.5
        assert compilers._COMPILERS._idle
    assert told == [1]
    assert not compilers._COMPILERS._idle


def test_a_forked_process_compiles_for_itself():
    with telling(lambda: None):
        assert halved(1.0) == 0.5
        child = os.fork()
        if child == 0:
            os._exit(0 if quartered(np.float32(1.0)) == 0.25 else 1)
        assert os.waitpid(child, 0)[1] == 0


COUNT = """
import sys
import numpy as np
from voxlogica.kernels.histograms import histogram
print(histogram(np.array([0, 2, 2], np.uint16), np.ones(3, np.bool_), 3).tolist())
print(sorted({"numba", "SimpleITK", "subprocess"} & set(sys.modules)))
"""


def count():
    lines = subprocess.run(
        [sys.executable, "-c", COUNT], check=True, stdout=subprocess.PIPE, text=True
    ).stdout.splitlines()
    assert lines[0] == "[1, 0, 2]"
    return lines[1]


def test_a_later_process_needs_no_compiler(cache):
    assert "subprocess" in count()
    (kept,) = cache.iterdir()
    before = kept.stat()
    assert count() == "[]"
    assert kept.stat().st_mtime_ns == before.st_mtime_ns


@pytest.mark.parametrize("damage", ["cut", "empty", "changed", "folder"])
def test_damaged_code_is_compiled_again(cache, damage):
    count()
    (kept,) = cache.iterdir()
    whole = kept.read_bytes()
    changed = bytearray(whole)
    changed[-100] ^= 1
    kept.unlink()
    if damage == "folder":
        kept.mkdir()
    else:
        kept.write_bytes({"cut": whole[:500], "empty": b"", "changed": bytes(changed)}[damage])
    assert "subprocess" in count()
    if damage != "folder":
        assert count() == "[]"


def test_nothing_needs_to_be_written(cache):
    cache.parent.parent.parent.mkdir(parents=True)
    cache.parent.parent.write_text("a file where a folder is to be made")
    assert "subprocess" in count()
    assert "subprocess" in count()


def test_folders_of_former_versions_do_not_pile_up(cache):
    for age in range(12):
        former = cache.parent / f"former{age}"
        former.mkdir(parents=True)
        os.utime(former, (1e9 - age, 1e9 - age))
    count()
    assert len(list(cache.parent.iterdir())) == object_code._FOLDERS
    assert cache.is_dir() and (cache.parent / "former0").is_dir()


def test_code_is_kept_for_these_sources_only(cache):
    package = Path(object_code.__file__).parent
    assert cache.name == object_code._digest_of_all()
    before = {path: path.stat().st_mtime_ns for path in package.glob("*.py")}
    count()
    assert before == {path: path.stat().st_mtime_ns for path in package.glob("*.py")}


def test_a_process_that_compiles_ends_quietly_when_nobody_is_there_to_hear_it():
    compiler = subprocess.Popen(
        [sys.executable, "-m", "voxlogica.kernels.compiling"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    compiler.stdout.close()
    compiler.stdin.write(b"voxlogica.kernels.components no_such_kernel\n")
    compiler.stdin.close()
    assert compiler.stderr.read() == b""
    assert compiler.wait() == 0
    compiler.stderr.close()
