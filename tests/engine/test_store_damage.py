"""The store, damaged, full, read-only, hostile or interrupted: no wrong result, and no error."""

from __future__ import annotations

import os
import pickle
import random
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from voxlogica.engine.frames import FrameError, compressed, decompressed
from voxlogica.engine.store_opening import open_store
from voxlogica.engine.store_rows import digest_of
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image

MODEST = settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
SHAPE = (6, 40, 50)
ROOT = str(Path(__file__).parents[2])


def operation(name: object) -> bytes:
    return sha256(str(name).encode()).digest()


def image(n: int) -> Image:
    numbers = np.random.default_rng(n).integers(0, 50, SHAPE)
    array = [numbers > 25, numbers.astype(np.float32), numbers.astype(np.int16)][n % 3]
    return Image(array, Geometry.of_size(*SHAPE[::-1]))


CONTENT = {operation(n): image(n) for n in range(6)} | {
    operation(f"scalar {n}"): [float(n), n % 2 == 0, f"text {n}" * n] for n in range(30)
}


def matches(found: object, expected: object) -> bool:
    if isinstance(expected, Image):
        return (
            isinstance(found, Image)
            and found.array.dtype == expected.array.dtype
            and found.geometry == expected.geometry
            and np.array_equal(found.array, expected.array)
        )
    return found == expected


def fill(store) -> None:
    for id, value in CONTENT.items():
        store.put(id, value, operator="x", seconds=1.0)


@pytest.fixture(scope="session")
def sound(tmp_path_factory) -> Path:
    """A store with CONTENT in it, not to be changed."""
    folder = tmp_path_factory.mktemp("sound") / "store"
    with open_store(folder, warn=pytest.fail) as store:
        fill(store)
    return folder


@pytest.fixture
def folder(sound, tmp_path) -> Path:
    """A store with CONTENT in it."""
    shutil.copytree(sound, tmp_path / "store")
    return tmp_path / "store"


def survive(folder: Path, most_warnings: int = 1) -> list[str]:
    """Use a store as two runs would, and see that each gets the right results or none.

    After the first run has put what it had to compute, the second finds all there, and is warned of
    nothing. Gives the first run's warnings.
    """
    said: list[str] = []
    store = open_store(folder, warn=said.append)
    if store is not None:
        with store:
            for id in CONTENT:
                found = store.read(id)
                if found is None:
                    store.put(id, CONTENT[id], operator="x", seconds=1.0)
                else:
                    assert matches(found, CONTENT[id])
    assert len(said) <= most_warnings, said
    assert all("\n" not in message for message in said)
    with open_store(folder, warn=pytest.fail) as store:
        for id in CONTENT:
            found = store.read(id)
            if found is None:
                store.put(id, CONTENT[id], operator="x", seconds=1.0)
            found = store.read(id)
            assert found is None or matches(found, CONTENT[id])
    with open_store(folder, warn=pytest.fail) as store:
        assert store.stored(CONTENT) == set(CONTENT)
        found = store.verify()
        assert (found.damaged, found.index_damaged) == ((), False)
    return said


def frames(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.b2"))


def flip(path: Path, position: int, change: int) -> None:
    content = bytearray(path.read_bytes())
    content[position % len(content)] ^= change
    path.write_bytes(content)


# Frames


@MODEST
@given(frame=st.integers(0, 5), position=st.integers(0), change=st.integers(1, 255))
def test_a_byte_flipped_in_a_frame(sound, tmp_path_factory, frame, position, change):
    folder = tmp_path_factory.mktemp("flipped") / "store"
    shutil.copytree(sound, folder)
    flip(frames(folder)[frame], position, change)
    (said,) = survive(folder)
    assert f"results in the store {folder} were damaged: they are computed again" in said


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(path.read_bytes()[:40]),
        lambda path: path.write_bytes(path.read_bytes() * 2),
        lambda path: path.write_bytes(b"garbage" * 1000),
        lambda path: (path.unlink(), path.symlink_to("/dev/zero")),
        lambda path: (path.unlink(), os.mkfifo(path)),
        lambda path: shutil.rmtree(path.parents[1]),
        lambda path: (shutil.rmtree(path.parent), path.parent.touch()),
    ],
    ids=[
        "gone",
        "empty",
        "shorter",
        "short",
        "longer",
        "garbage",
        "device",
        "pipe",
        "all-gone",
        "file-for-folder",
    ],
)
def test_frames_that_are_not_what_they_were(folder, damage):
    damage(frames(folder)[2])
    said = survive_or_stop(folder)
    assert "were damaged" in said[0]


def survive_or_stop(folder: Path) -> list[str]:
    """As survive; where a file blocks a folder, which a person has to mend, for one run."""
    blocked = [path for path in (folder / "frames").glob("*") if path.is_file()]
    if not blocked:
        return survive(folder)
    said: list[str] = []
    with open_store(folder, warn=said.append) as store:
        for id, value in CONTENT.items():
            found = store.read(id)
            assert found is None or matches(found, value)
            store.put(id, value, operator="x", seconds=1.0)
    assert len(said) == 2
    assert "cannot be written" in said[1]
    return said


def test_a_frame_that_is_another_ones(folder):
    first, second = frames(folder)[:2]
    shutil.copy(first, second)
    assert len(survive(folder)) == 1


def test_one_warning_however_much_is_damaged_and_verify_tells_all(folder):
    for frame in frames(folder):
        flip(frame, 50, 1)
    said: list[str] = []
    with open_store(folder, warn=said.append) as store:
        found = store.verify()
        assert (found.checked, len(found.damaged), said) == (len(CONTENT), 6, [])
        assert {entry.id for entry in found.damaged} == {operation(n).hex() for n in range(6)}
        assert store.verify().damaged == ()
        assert store.info().completed == len(CONTENT) - 6
        assert frames(folder) == []
        fill(store)
        for frame in frames(folder):
            flip(frame, 50, 1)
        assert [store.read(operation(n)) for n in range(6)] == [None] * 6
    assert len(said) == 1


# The index


@MODEST
@given(positions=st.lists(st.integers(0), min_size=1, max_size=4), change=st.integers(1, 255))
@example(positions=[3176], change=128)  # in a name that SQLite then quotes in its message
@example(positions=[47], change=63)  # the schema's format
def test_bytes_flipped_in_the_index(sound, tmp_path_factory, positions, change):
    folder = tmp_path_factory.mktemp("flipped") / "store"
    shutil.copytree(sound, folder)
    for position in positions:
        flip(folder / "index.sqlite", position, change)
    check_index(folder)


def check_index(folder: Path) -> None:
    """As survive, where damage may go unnoticed at first, and be noticed later."""
    for _ in range(3):
        said: list[str] = []
        store = open_store(folder, warn=said.append)
        if store is None and "newer version" in said[0]:
            return  # so it seems: it is left as it is
        if store is not None:
            with store:
                store.stored(CONTENT)
                for id in CONTENT:
                    found = store.read(id)
                    assert found is None or matches(found, CONTENT[id])
                    store.put(id, CONTENT[id], operator="x", seconds=1.0)
                    store.running(operation("new"), "x")
                store.entries()
                store.info()
        assert len(said) <= 2
        assert all("\n" not in message for message in said)
    with open_store(folder, warn=lambda message: None) as store:
        store.verify()
        fill(store)
    survive(folder, most_warnings=0)


# Where the fields of SQLite's header are: see "The Database Header" in its documentation.
@pytest.mark.parametrize(
    "position", [0, 15, *range(16, 25), 27, 31, 35, 39, 43, 47, 51, 55, 59, 60, 63, 67, 71, 95, 99]
)
def test_a_byte_flipped_in_the_header_of_the_index(folder, position):
    flip(folder / "index.sqlite", position, 0x07)
    check_index(folder)


@pytest.mark.parametrize("size", [0, 1, 50, 100, 1000, 4096, 5000, 8192, 12288])
def test_an_index_that_is_cut(folder, size):
    os.truncate(folder / "index.sqlite", size)
    check_index(folder)


def other_database(path: Path) -> None:
    path.unlink()
    with closing(sqlite3.connect(path)) as other:
        other.execute("CREATE TABLE recipes (name)")


def with_a_trigger(path: Path) -> None:
    with closing(sqlite3.connect(path)) as index:
        index.execute("CREATE TRIGGER evil AFTER UPDATE ON results BEGIN DELETE FROM results; END")


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.unlink(),
        lambda path: path.write_bytes(b"not an index" * 1000),
        lambda path: path.write_bytes(b"SQLite format 3\0" + b"\xff" * 5000),
        lambda path: path.write_bytes(b""),
        other_database,
        with_a_trigger,
    ],
    ids=["gone", "garbage", "almost-garbage", "empty", "other-database", "foreign-trigger"],
)
def test_an_index_that_is_none_is_set_aside_and_there_is_a_new_one(folder, damage):
    index = folder / "index.sqlite"
    damage(index)
    kept = index.read_bytes() if index.exists() else b""
    (said,) = survive(folder)
    assert said == (
        f"the index of the store {folder} was damaged or missing: results are computed again"
    )
    if kept:
        assert (folder / "index.sqlite.damaged").read_bytes()[100:] == kept[100:]


def test_a_folder_in_place_of_the_index(folder):
    (folder / "index.sqlite").unlink()
    (folder / "index.sqlite").mkdir()
    said: list[str] = []
    assert open_store(folder, warn=said.append) is None
    assert len(said) == 1
    assert "cannot be used" in said[0]


def test_an_index_damaged_while_it_is_in_use(folder):
    """By two stores at once: one of them replaces it, the other goes on with the replacement."""
    said: list[str] = []
    with open_store(folder, warn=said.append) as one, open_store(folder, warn=said.append) as two:
        with (folder / "index.sqlite").open("r+b") as file:
            file.write(b"\xff" * (folder / "index.sqlite").stat().st_size)
        for store in (one, two, one):
            assert all(
                v is None or matches(v, CONTENT[id]) for id in CONTENT if (v := store.read(id))
            )
            fill(store)
            assert all(matches(store.read(id), CONTENT[id]) for id in CONTENT)
        assert one.stored(CONTENT) == two.stored(CONTENT) == set(CONTENT)
    assert len(said) == 2
    survive(folder, most_warnings=0)


def test_an_index_deleted_while_it_is_in_use(folder):
    said: list[str] = []
    with open_store(folder, warn=said.append) as one:
        for path in folder.glob("index.sqlite*"):
            path.unlink()
        with open_store(folder, warn=said.append) as two:
            fill(one)
            fill(two)
            for store in (one, two):
                for id in CONTENT:
                    found = store.read(id)
                    assert found is None or matches(found, CONTENT[id])
    survive(folder)


LEAVE_A_LOG = """
import os, sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from tests.engine.test_store_damage import CONTENT, fill
from voxlogica.engine.store_opening import open_store
store = open_store(Path(sys.argv[1]), warn=print)
fill(store)
os._exit(0)
"""


@pytest.fixture(scope="session")
def logged(tmp_path_factory) -> Path:
    """A store whose content is in SQLite's log, as a killed process leaves it."""
    folder = tmp_path_factory.mktemp("logged") / "store"
    command = [sys.executable, "-c", LEAVE_A_LOG, str(folder), ROOT]
    assert subprocess.run(command, check=True, capture_output=True, text=True).stdout == ""
    assert (folder / "index.sqlite-wal").stat().st_size > 10_000
    return folder


def test_what_a_killed_process_has_put_is_there(logged, tmp_path):
    folder = tmp_path / "store"
    shutil.copytree(logged, folder)
    with open_store(folder, warn=pytest.fail) as store:
        assert store.stored(CONTENT) == set(CONTENT)
        assert store.verify().checked == len(CONTENT)


@MODEST
@given(part=st.floats(0, 1), flips=st.lists(st.integers(0), max_size=2), memory=st.booleans())
def test_half_a_log(logged, tmp_path_factory, part, flips, memory):
    folder = tmp_path_factory.mktemp("half") / "store"
    shutil.copytree(logged, folder)
    log = folder / "index.sqlite-wal"
    os.truncate(log, int(part * log.stat().st_size))
    if log.stat().st_size:
        for position in flips:
            flip(log, position, 0x55)
    if memory:
        (folder / "index.sqlite-shm").write_bytes(b"\xff" * 32768)
    check_index(folder)


@pytest.mark.parametrize("kept", ["index.sqlite", "index.sqlite-wal", "index.sqlite-shm"])
def test_one_of_the_index_s_files_alone(logged, tmp_path, kept):
    folder = tmp_path / "store"
    shutil.copytree(logged, folder)
    for path in folder.glob("index.sqlite*"):
        if path.name != kept:
            path.unlink()
    check_index(folder)


# Columns


PLANTED: list[object] = [
    None,
    b"",
    b"\x80\x04garbage",
    "",
    "nonsense",
    -1,
    10**15,
    1e300,
    "[" * 100_000,
    '{"dtype":"object"}',
    "\0",
]


@pytest.mark.parametrize("column", ["type", "value", "bytes", "digest", "seconds", "used", "who"])
def test_columns_that_hold_anything(folder, column):
    for planted in PLANTED:
        with closing(sqlite3.connect(folder / "index.sqlite")) as index, index:
            try:
                index.execute(f"UPDATE results SET {column} = ?", (planted,))
            except sqlite3.IntegrityError:
                continue  # NULL where there may be none
        said: list[str] = []
        with open_store(folder, warn=said.append) as store:
            for entry in store.entries():
                assert isinstance(entry.used, float)
            store.info()
            for id in CONTENT:
                found = store.read(id)
                assert found is None or matches(found, CONTENT[id])
                store.put(id, CONTENT[id], operator="x", seconds=1.0)
            store.prune(older_than=1e9, max_size=10**9)
        assert len(said) <= 1
        survive(folder)


def test_ids_and_states_that_are_none(folder):
    with closing(sqlite3.connect(folder / "index.sqlite")) as index, index:
        index.execute("UPDATE results SET id = 'text' WHERE id = ?", (operation(0),))
        index.execute("UPDATE results SET id = 7 WHERE id = ?", (operation(1),))
        index.execute("UPDATE results SET state = X'8004' WHERE id = ?", (operation(2),))
        index.execute("UPDATE total SET bytes = 'many'")
    with open_store(folder, limit=10**6, warn=pytest.fail) as store:
        assert store.stored(CONTENT) == set(CONTENT) - {operation(n) for n in range(3)}
        assert len(store.entries()) == len(CONTENT) - 3
        store.verify()
        fill(store)
        assert store.info().bytes <= 10**6
        store.prune(max_size=0)
        store.clear()
        assert frames(folder) == []


# Hostile frames


def plant(folder: Path, frame: bytes, n: int = 1) -> None:
    """Put a frame in place of that of image(n), with a digest that is right."""
    id = operation(n)
    path = folder / "frames" / id.hex()[:2] / f"{id.hex()}.b2"
    path.write_bytes(frame)
    with closing(sqlite3.connect(folder / "index.sqlite")) as index, index:
        query = "SELECT type, value FROM results WHERE id = ?"
        type_name, text = index.execute(query, (id,)).fetchone()
        digest = digest_of(id, type_name.encode(), text.encode())
        digest.update(frame)
        index.execute(
            "UPDATE results SET digest = ?, bytes = ? WHERE id = ?",
            (digest.digest(), len(frame) + 1000, id),
        )


class Bomb:
    """What creates a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return Path.touch, (self.path,)


def test_a_pickle_is_not_unpickled_wherever_it_is(folder, tmp_path):
    import blosc2

    marker = tmp_path / "executed"
    bomb = pickle.dumps(Bomb(marker))
    schunk = blosc2.SChunk(chunksize=1 << 16, data=bomb * 100, cparams={"typesize": 1})
    schunk.vlmeta["code"] = {"__pickle__": bomb.hex()}
    planted = [
        bomb,
        schunk.to_cframe(),
        blosc2.compress2(bomb * 10),
        bomb + image(1).array.tobytes(),
    ]
    for n, frame in enumerate(planted):
        plant(folder, frame, n)
    with closing(sqlite3.connect(folder / "index.sqlite")) as index, index:
        for column in ("type", "value", "digest", "operator", "who", "version", "error"):
            id = operation(f"scalar {len(column)}")
            index.execute(f"UPDATE results SET {column} = ? WHERE id = ?", (bomb, id))
    with open_store(folder, warn=lambda message: None) as store:
        assert [store.read(operation(n)) for n in range(4)] == [None] * 4
        for id in CONTENT:
            found = store.read(id)
            assert found is None or matches(found, CONTENT[id])
        store.entries()
        store.verify()
    assert not marker.exists()
    pickle.loads(bomb)
    assert marker.exists()


def genuine(n: int = 1) -> bytearray:
    (chunk,) = compressed(image(n).array)
    return bytearray(chunk)


HOSTILE_HEADERS = {
    "codec of a plug-in": (2, lambda flags: flags | 0xE0),
    "codec that there is none of": (2, lambda flags: flags & 0x1F | 0x40),
    "an old header": (2, lambda flags: flags & ~0x05),
    "delta filter": (2, lambda flags: flags | 0x08),
    "plug-in as codec": (22, lambda _: 36),
    "plug-in as filter": (21, lambda _: 35),
    "first filter": (16, lambda _: 160),
    "codec's parameter": (23, lambda _: 1),
    "filter's parameter": (29, lambda _: 8),
    "blocks of any length": (30, lambda _: 1),
    "dictionary": (31, lambda flags: flags | 0x01),
    "lazily loaded": (31, lambda flags: flags | 0x08),
    "instrumented": (31, lambda flags: flags | 0x80),
    "memory as it was": (31, lambda flags: flags & ~0x70 | 0x40),
    "a repeated value that is not there": (31, lambda flags: flags & ~0x70 | 0x30),
    "typesize": (3, lambda _: 0),
}


@pytest.mark.parametrize("what", HOSTILE_HEADERS)
def test_a_chunk_that_asks_for_what_is_not_built_in_is_refused_and_starts_nothing(
    folder, tmp_path, monkeypatch, what
):
    """Asked for the codec of a plug-in, Blosc2 would start `python` to find it."""
    marker = tmp_path / "started"
    (tmp_path / "bin").mkdir()
    for name in ("python", "python3"):
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\ntouch {marker}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")
    position, change = HOSTILE_HEADERS[what]
    frame = genuine()
    frame[position] = change(frame[position])
    if what == "a repeated value that is not there":
        frame[12:16] = struct.pack("<i", 32)
        frame = frame[:32]
    plant(folder, bytes(frame))
    with open_store(folder, warn=lambda message: None) as store:
        assert store.read(operation(1)) is None
        assert matches(store.read(operation(2)), image(2))
    assert not marker.exists()


def declaring(nbytes: int, cbytes: int | None = None, blocksize: int | None = None) -> bytes:
    frame = genuine()
    struct.pack_into("<i", frame, 4, nbytes)
    if cbytes is not None:
        struct.pack_into("<i", frame, 12, cbytes)
    if blocksize is not None:
        struct.pack_into("<i", frame, 8, blocksize)
    return bytes(frame)


@pytest.mark.parametrize(
    "frame",
    [
        declaring(2**31 - 1),
        declaring(0),
        declaring(-1),
        declaring(image(1).nbytes - 4),
        declaring(image(1).nbytes + 4),
        declaring(image(1).nbytes, cbytes=2**31 - 1),
        declaring(image(1).nbytes, cbytes=0),
        declaring(image(1).nbytes, cbytes=-5),
        declaring(image(1).nbytes, cbytes=31),
        declaring(image(1).nbytes, blocksize=0),
        declaring(image(1).nbytes, blocksize=-1),
        declaring(image(1).nbytes, blocksize=2**31 - 1),
        declaring(2**31 - 1) * 1000,
    ],
)
def test_a_chunk_that_declares_other_sizes_is_refused(folder, frame):
    plant(folder, frame)
    with open_store(folder, warn=lambda message: None) as store:
        assert store.read(operation(1)) is None


def test_an_image_that_is_declared_larger_than_any_memory_is_refused(folder):
    id = operation(1)
    chunk = b"".join(compressed(np.zeros(16 << 20, np.uint8)))
    assert len(chunk) == 32
    with closing(sqlite3.connect(folder / "index.sqlite")) as index, index:
        query = "SELECT value FROM results WHERE id = ?"
        ((text,),) = index.execute(query, (id,)).fetchall()
        text = text.replace('"size": [50, 40, 6]', f'"size": [{16 << 20}, {1 << 13}, 8]')
        assert str(16 << 20) in text
        index.execute("UPDATE results SET value = ? WHERE id = ?", (text, id))
    plant(folder, chunk * (1 << 16))
    with open_store(folder, warn=lambda message: None) as store:
        assert store.read(id) is None


@settings(MODEST, max_examples=200)
@given(
    n=st.integers(0, 2),
    changes=st.lists(
        st.tuples(st.integers(32, 10**6), st.integers(0, 255)), min_size=1, max_size=9
    ),
)
def test_a_frame_with_any_content_is_an_image_or_refused(n, changes):
    """Behind a header that is in order: the process lives on."""
    frame = genuine(n)
    for position, value in changes:
        frame[32 + position % (len(frame) - 32)] = value
    try:
        array = decompressed(bytes(frame), image(n).dtype.name, SHAPE)
    except FrameError:
        return
    assert (array.shape, array.dtype) == (SHAPE, image(n).dtype)


@settings(MODEST, max_examples=200)
@given(
    header=st.binary(min_size=32, max_size=32),
    mask=st.lists(st.integers(0, 31), max_size=3),
    n=st.integers(0, 2),
)
def test_a_frame_with_any_header_is_an_image_or_refused(header, mask, n):
    frame = genuine(n)
    for position in mask:
        frame[position] = header[position]
    try:
        array = decompressed(bytes(frame), image(n).dtype.name, SHAPE)
    except FrameError:
        return
    assert (array.shape, array.dtype) == (SHAPE, image(n).dtype)


# No place to write


USE = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
{before}
from tests.engine.test_store_damage import CONTENT, matches
from voxlogica.engine.store_opening import cache_folder, open_store
said = []
folder = Path(sys.argv[1]) if sys.argv[1] else cache_folder(None)
store = open_store(folder, warn=said.append)
if store is not None:
    for id, value in CONTENT.items():
        store.put(id, value, operator="x", seconds=1.0)
        store.running(b"new", "x")
        store.failed(b"bad", "x", "error")
        found = store.read(id)
        assert found is None or matches(found, value)
    store.verify()
    store.prune(max_size=10**9)
    store.close()
print(len(said), *said, sep="\\n")
"""


def use(folder: Path | str, before: str = "", **options) -> list[str]:
    """Use a store in a process of its own, with something done `before`; gives its warnings."""
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            USE.format(before=before),
            str(folder),
            str(Path(__file__).parents[2]),
        ],
        capture_output=True,
        text=True,
        check=False,
        **options,
    )
    assert (done.returncode, done.stderr) == (0, "")
    number, *said = done.stdout.splitlines()
    assert int(number) == len(said)
    return said


# As someone who is not root, and is not known to the system.
AS_NOBODY = """
import numpy, imagecodecs
import voxlogica.engine.store_opening, tests.engine.test_store_damage
import os, socket
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(54321); os.setuid(54321)
"""


def test_a_folder_that_cannot_be_written(folder):
    for path in [folder, *folder.rglob("*")]:
        path.chmod(path.stat().st_mode & ~0o222 | 0o444)
    for path in (folder, *folder.parents[:3]):
        path.chmod(path.stat().st_mode | 0o055)
    try:
        (said,) = use(folder, AS_NOBODY)
    finally:
        for path in [folder, *folder.rglob("*")]:
            path.chmod(path.stat().st_mode | 0o200)
    assert said == (
        f"the store {folder} cannot be used: results are neither read nor kept (Permission denied)"
    )
    survive(folder, most_warnings=0)


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("here")
    for place in (tmp_path / "file", tmp_path / "file" / "deeper"):
        (said,) = use(place)
        assert f"the store {place} cannot be used" in said
    (said,) = use("/proc/nowhere/store")
    assert "cannot be used" in said


def test_no_home():
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("HOME", "XDG_CACHE_HOME", "VOXLOGICA_CACHE")
    }
    if os.geteuid() == 0:
        (said,) = use("", AS_NOBODY, env=environment)
        assert said.startswith("no home folder is found to keep results in")
    (said,) = use("", AS_NOBODY, env={**environment, "HOME": "/nonexistent/home"})
    assert "cannot be used" in said


def test_a_store_of_a_newer_version(folder):
    with closing(sqlite3.connect(folder / "index.sqlite")) as index:
        index.execute("PRAGMA user_version = 2")
        index.execute("ALTER TABLE results ADD COLUMN colour TEXT")
    before = {path: path.read_bytes() for path in folder.rglob("*.b2")}
    (said,) = use(folder)
    assert said == (
        f"the store {folder} was made by a newer version of voxlogica: results are neither read nor"
        " kept; choose another folder with --cache DIR"
    )
    assert {path: path.read_bytes() for path in folder.rglob("*.b2")} == before


@pytest.mark.parametrize("limit", [0, 100, 5_000, 30_000, 100_000])
def test_a_disk_on_which_files_cannot_grow(tmp_path, limit):
    before = f"import resource; resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))"
    (said,) = use(tmp_path / "store", before)
    assert "cannot be" in said
    assert list((tmp_path / "store").rglob("*.part")) == []
    survive(tmp_path / "store")


def test_what_is_there_is_still_read_from_a_disk_that_is_full(folder):
    extra = operation("extra")
    before = f"""
import resource
from voxlogica.engine.store_opening import open_store
from tests.engine.test_store_damage import CONTENT, image, matches
said = []
store = open_store(Path(sys.argv[1]), warn=said.append)
resource.setrlimit(resource.RLIMIT_FSIZE, (100, 100))
store.put({extra!r}, image(1), operator="x", seconds=1.0)
assert store.read({extra!r}) is None
assert all(matches(store.read(id), value) for id, value in CONTENT.items())
store.close()
assert len(said) == 1
"""
    use(folder, before)
    survive(folder, most_warnings=0)


@pytest.fixture
def small_disk(tmp_path):
    """A disk of 4 MB."""
    disk = tmp_path / "disk"
    disk.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(disk)]
    try:
        subprocess.run(command, check=True, capture_output=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("disks cannot be mounted here")
    yield disk
    subprocess.run(["umount", str(disk)], check=True)


@pytest.mark.parametrize("free", [0, 5_000, 60_000, 100_000, 200_000, 500_000])
def test_a_full_disk(small_disk, free):
    (small_disk / "others").write_bytes(b"x" * ((4 << 20) - 8192 - free // 4096 * 4096))
    (said,) = use(small_disk / "store")
    assert "cannot be" in said
    assert list((small_disk / "store").rglob("*.part")) == []
    (small_disk / "others").unlink()
    survive(small_disk / "store")


# Killed


PUTTING = """
import sys
from pathlib import Path
import numpy as np
from voxlogica.engine.store_rows import Result
from voxlogica.engine.store_opening import open_store
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
import hashlib
with open_store(Path(sys.argv[1]), 3_000_000, warn=print) as store:
    n = int(sys.argv[2]) * 10000
    while True:
        n += 1
        id = hashlib.sha256(str(n).encode()).digest()
        array = np.random.default_rng(n).integers(0, 256, (100, 100, 10), np.uint8)
        store.running(id, "x")
        store.put(id, Image(array, Geometry.of_size(10, 100, 100)), operator="x", seconds=1.0)
        store.put_many(Result(bytes([k]) + id[1:], 1.0, "x", 1.0) for k in range(10))
        store.read(id)
        if n % 10000 == 1:
            print("ready", flush=True)
"""


def kill_while_putting(folder: Path, times: int) -> None:
    moments = random.Random(times)
    for n in range(times):
        command = [sys.executable, "-c", PUTTING, str(folder), str(n)]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
            process.stdout.readline()
            with pytest.raises(subprocess.TimeoutExpired):
                process.wait(timeout=moments.random() * 0.3)
            process.send_signal(signal.SIGKILL)
            assert process.stdout.read() == ""
        with open_store(folder, 3_000_000, warn=pytest.fail) as store:
            found = store.verify()
            assert (found.damaged, found.index_damaged) == ((), False)
            assert found.checked == store.info().completed
            assert store.info().bytes <= 3_000_000
            # A process can leave a part, a frame, and what it has not come to drop.
            assert list(folder.rglob("*.part")) == []
            assert len(frames(folder)) <= found.checked
            assert store.verify().strays == 0


def test_killed_at_random_moments(tmp_path):
    kill_while_putting(tmp_path / "store", 8)
    with open_store(tmp_path / "store", warn=pytest.fail) as store:
        assert store.info().completed > 0


@pytest.mark.slow
def test_killed_at_a_hundred_random_moments(tmp_path):
    kill_while_putting(tmp_path / "store", 100)
