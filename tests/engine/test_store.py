"""The store: what is put is what is read, by whoever and however many."""

from __future__ import annotations

import math
import os
import pwd
import sqlite3
import subprocess
import sys
import threading
from hashlib import sha256
from pathlib import Path

import numpy as np
import platformdirs
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from voxlogica.engine.frames import DTYPES, FrameError, compressed, decompressed
from voxlogica.engine.quantities import (
    age_in_seconds,
    age_in_words,
    size_in_bytes,
    size_in_words,
)
from voxlogica.engine.store import Store
from voxlogica.engine.store_opening import DEFAULT_LIMIT, cache_folder, open_store
from voxlogica.engine.store_rows import Result
from voxlogica.engine.worth import worth_keeping
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.user_cache import user_cache

MODEST = settings(
    max_examples=40,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


def operation(name: object) -> bytes:
    return sha256(str(name).encode()).digest()


def opened(folder: Path, limit: int | None = None) -> Store:
    """A store with which nothing is wrong."""

    def complain(message: str) -> None:
        raise AssertionError(message)

    store = open_store(folder, limit, warn=complain)
    assert store is not None
    return store


@pytest.fixture
def store(tmp_path) -> Store:
    with opened(tmp_path / "store") as store:
        yield store


def put(store: Store, name: object, value) -> bytes:
    store.put(operation(name), value, operator="an operator", seconds=1.5)
    return operation(name)


def noise(size: int, name: int = 0) -> Image:
    """An image that cannot be compressed, of `size` bytes."""
    array = np.random.default_rng(name).integers(0, 256, (1, size), np.uint8)
    return Image(array, Geometry.of_size(size, 1))


def same(a, b) -> bool:
    """Whether two values are the same, to the bit, and of the same types."""
    if type(a) is not type(b):
        return False
    if isinstance(a, Image):
        return (
            a.array.dtype == b.array.dtype
            and a.array.shape == b.array.shape
            and a.array.tobytes() == b.array.tobytes()
            and a.geometry == b.geometry
        )
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, float):
        return math.copysign(1, a) == math.copysign(1, b) and (a == b or (a != a and b != b))
    return a == b


def values():
    numbers = st.floats().filter(lambda x: not (math.isnan(x) and math.copysign(1, x) < 0))
    scalars = numbers | st.booleans() | st.text(st.characters())
    return scalars | st.recursive(
        st.lists(scalars, max_size=5), lambda inner: st.lists(inner | scalars, max_size=5)
    )


@st.composite
def images(draw) -> Image:
    size = tuple(draw(st.lists(st.integers(1, 12), min_size=2, max_size=3)))
    n = len(size)
    lengths = st.floats(1e-3, 1e3)
    real = st.floats(allow_nan=False, allow_infinity=False)
    geometry = Geometry(
        size,
        tuple(draw(lengths) for _ in range(n)),
        tuple(draw(real) for _ in range(n)),
        tuple(draw(real) for _ in range(n * n)),
    )
    components = draw(st.sampled_from([1, 1, 3, 4]))
    shape = geometry.shape + ((components,) if components > 1 else ())
    dtype = np.dtype(draw(st.sampled_from(sorted(DTYPES))))
    if draw(st.booleans()):
        # As images are: much of it the same.
        values = draw(arrays.arrays(dtype, 3))
        array = values[np.random.default_rng(draw(st.integers(0, 99))).integers(0, 3, shape)]
    else:
        array = draw(arrays.arrays(dtype, shape))
    return Image(np.ascontiguousarray(array), geometry)


@MODEST
@given(value=values())
def test_numbers_bools_strings_and_sequences_are_read_as_they_were_put(store, value):
    id = operation(os.urandom(8))
    store.put(id, value, operator="x", seconds=0.5)
    assert same(store.read(id), value)


@MODEST
@given(image=images())
def test_images_are_read_as_they_were_put(store, image):
    id = operation(os.urandom(8))
    store.put(id, image, operator="x", seconds=0.5)
    found = store.read(id)
    assert same(found, image)
    assert not found.array.flags.writeable
    assert found.array.flags.c_contiguous


def test_an_array_of_the_other_byte_order_or_with_gaps_is_read_with_the_same_voxels(store):
    array = np.arange(48, dtype=">f4").reshape(2, 4, 6)[:, ::2, ::-1]
    id = put(store, "odd", Image(array, Geometry.of_size(6, 2, 2)))
    found = store.read(id).array
    assert found.dtype == np.float32
    assert (found == array).all()


def test_what_was_put_is_there_in_the_next_run_and_nothing_else_is(tmp_path):
    with opened(tmp_path) as store:
        a, b = put(store, "a", 3.0), put(store, "b", noise(1000))
        assert store.stored([a, b, operation("c")]) == {a, b}
        assert store.read(operation("c")) is None
    assert store.read(a) is None  # it is closed
    with opened(tmp_path) as store:
        assert store.stored([a, b, operation("c")]) == {a, b}
        assert store.read(a) == 3.0
        assert same(store.read(b), noise(1000))


def test_an_operation_keeps_its_first_result(store):
    id = put(store, "a", noise(100, 1))
    put(store, "a", noise(100, 2))
    assert same(store.read(id), noise(100, 1))
    assert store.info().completed == 1
    assert len(list(store.folder.rglob("*.b2"))) == 1


def test_many_results_at_once(store):
    results = [Result(operation(n), float(n), "x", 1.0) for n in range(5000)]
    results.append(Result(operation("image"), noise(100), "x", 1.0))
    store.put_many(results)
    store.put_many(results)
    ids = [result.id for result in results]
    assert store.stored([*ids, operation("none")] * 2) == set(ids)
    assert store.read(operation(4999)) == 4999.0
    assert same(store.read(operation("image")), noise(100))
    assert store.stored([]) == set()


@pytest.mark.parametrize(
    "value",
    [
        None,
        3,
        [1],
        [noise(10)],
        (1.0, 2.0),
        {"a": 1.0},
        np.float32(3),
        Image(np.zeros((2, 2), complex), Geometry.of_size(2, 2)),
        Image(np.zeros((2, 2), object), Geometry.of_size(2, 2)),
        Image(np.zeros((0, 2), np.uint8), Geometry.of_size(2, 0)),
    ],
)
def test_what_the_store_has_no_form_for_is_refused_whole(store, value):
    assert not worth_keeping(1e9, value)
    with pytest.raises(TypeError):
        store.put_many([Result(operation(1), 1.0, "x", 1.0), Result(operation(2), value, "x", 1.0)])
    assert store.info().completed == 0


def test_what_is_quick_to_compute_is_not_worth_keeping():
    assert not worth_keeping(1e-5, 3.0)
    assert worth_keeping(1.0, "text")
    shape = (155, 240, 240)
    geometry = Geometry.of_size(*shape[::-1])
    numbers = Image(np.zeros(shape, np.float32), geometry)
    region = Image(np.zeros(shape, np.bool_), geometry)
    assert not worth_keeping(0.1, numbers)
    assert worth_keeping(0.1, region)
    assert worth_keeping(1.0, numbers)
    assert not worth_keeping(0.005, region)


def test_regions_take_a_bit_a_voxel_at_most_and_even_images_less(store):
    random = np.random.default_rng(0).random((64, 64, 64))
    region = Image(random > 0.5, Geometry.of_size(64, 64, 64))
    put(store, "region", region)
    (frame,) = store.folder.rglob("*.b2")
    assert frame.stat().st_size <= 64**3 / 8 + 64
    even = put(store, "even", Image(np.full((64, 64, 64), 3, np.float32), region.geometry))
    assert (store.folder / "frames" / even.hex()[:2] / f"{even.hex()}.b2").stat().st_size < 1000


def test_the_folder_can_be_looked_at(store):
    ids = [put(store, "number", 2.5), put(store, "image", noise(10))]
    store.failed(operation("bad"), "bad\udc80", "no \udc80 such")
    assert "results of voxlogica" in (store.folder / "README").read_text()
    assert (store.folder / "frames" / ids[1].hex()[:2] / f"{ids[1].hex()}.b2").exists()
    found = sqlite3.connect(store.folder / "index.sqlite")
    rows = found.execute("SELECT id, state, type, value FROM entries").fetchall()
    assert rows[0] == (ids[0].hex(), "completed", "number", "2.5")
    assert rows[1][:3] == (ids[1].hex(), "completed", "model")
    assert rows[2][:2] == (operation("bad").hex(), "failed")
    found.close()


# States, for people


def test_states_are_noted_and_never_served(store):
    a, b, c, d = (operation(name) for name in "abcd")
    for id in (a, b, c, d):
        store.running(id, "slow")
    store.put(a, 1.0, operator="slow", seconds=2.0)
    store.failed(b, "slow", "it went wrong")
    store.not_kept(d)
    store.running(a, "slow")  # has a result already
    store.failed(a, "slow", "not so")
    assert store.stored([a, b, c, d]) == {a}
    assert store.read(b) is None
    by_id = {bytes.fromhex(entry.id): entry for entry in store.entries()}
    assert {id: entry.state for id, entry in by_id.items()} == {
        a: "completed",
        b: "failed",
        c: "running",
    }
    assert by_id[b].error == "it went wrong"
    assert by_id[c].who.startswith(f"{os.getpid()}@")
    assert (by_id[a].operator, by_id[a].type, by_id[a].seconds) == ("slow", "number", 2.0)
    assert [entry.id for entry in store.entries(failed=True)] == [b.hex()]
    assert [entry.id for entry in store.entries(running=True)] == [c.hex()]
    assert len(store.entries(running=True, failed=True)) == 2
    (gone,) = store.entries(running=True, is_claimed=lambda id: id != c)
    assert gone.state == "interrupted"
    # A failed one is tried again.
    store.running(b, "slow")
    store.put(b, 2.0, operator="slow", seconds=2.0)
    assert store.read(b) == 2.0
    assert store.entries(failed=True) == []


# The limit


def files_and_total(store: Store) -> int:
    on_disk = sum(file.stat().st_size for file in store.folder.rglob("*.b2"))
    assert on_disk <= store.info().bytes
    return store.info().bytes


def test_the_limit_is_held_by_dropping_the_least_recently_used(tmp_path):
    with opened(tmp_path, limit=100_000) as store:
        ids = [put(store, n, noise(20_000, n)) for n in range(4)]
        assert store.stored(ids) == set(ids)
        assert store.read(ids[0]) is not None  # so it is ids[1] that was not used for longest
        put(store, "more", noise(20_000, 9))
        assert store.stored(ids) == {ids[0], ids[2], ids[3]}
        for n in range(10, 50):
            put(store, n, noise(20_000, n))
            assert files_and_total(store) <= 100_000
        assert len(list(tmp_path.rglob("*.b2"))) == store.info().completed


def test_use_counts_across_runs_and_processes(tmp_path):
    with opened(tmp_path, limit=100_000) as store:
        ids = [put(store, n, noise(20_000, n)) for n in range(4)]
    with opened(tmp_path) as other:
        other.read(ids[0])
    with opened(tmp_path, limit=100_000) as store:
        put(store, "more", noise(20_000, 9))
        assert store.stored(ids) == {ids[0], ids[2], ids[3]}


def test_scalars_count_and_are_dropped_too(tmp_path):
    with opened(tmp_path, limit=50_000) as store:
        for n in range(5):
            store.put_many(Result(operation((n, k)), float(k), "x", 1.0) for k in range(100))
            assert files_and_total(store) <= 50_000
        assert store.stored([operation((4, k)) for k in range(100)])
        assert not store.stored([operation((0, k)) for k in range(100)])


def test_what_is_larger_than_the_limit_is_not_kept_and_displaces_nothing(tmp_path):
    with opened(tmp_path, limit=50_000) as store:
        small, large = put(store, "small", noise(10_000)), put(store, "large", noise(60_000))
        assert store.stored([small, large]) == {small}
        almost = put(store, "almost", noise(49_000))
        assert store.stored([small, large, almost]) == {almost}
    assert not list((tmp_path / "parts").iterdir())


def test_a_limit_of_nothing_keeps_nothing(tmp_path):
    with opened(tmp_path, limit=0) as store:
        assert store.stored([put(store, "a", 1.0), put(store, "b", noise(10))]) == set()


def test_what_is_dropped_while_it_is_read_is_read_or_absent(tmp_path):
    """Two threads put more than there is room for, two others read it: no damage, no wrong one."""
    with opened(tmp_path, limit=200_000) as store:
        ids = {operation(n): noise(20_000, n) for n in range(30)}
        wrong = []

        def putting() -> None:
            for _ in range(3):
                for id, image in ids.items():
                    store.put(id, image, operator="x", seconds=1.0)

        def reading() -> None:
            for _ in range(10):
                for id, image in ids.items():
                    found = store.read(id)
                    if found is not None and not same(found, image):
                        wrong.append(id)

        threads = [threading.Thread(target=f) for f in (putting, putting, reading, reading)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not wrong
        assert store.verify().damaged == ()
        assert files_and_total(store) <= 200_000


# Upkeep


def test_verify_finds_nothing_wrong_with_what_is_sound(store):
    for n in range(10):
        put(store, n, noise(1000, n))
        put(store, f"number {n}", float(n))
    store.running(operation("slow"), "slow")
    found = store.verify()
    assert (found.checked, found.damaged, found.index_damaged, found.strays) == (20, (), False, 0)


def test_prune_drops_the_old_or_the_least_recently_used(store):
    ids = [put(store, n, noise(10_000, n)) for n in range(5)]
    store.failed(operation("failed"), "x", "old, too")
    age(store, [*ids[:2], operation("failed")], 3600)
    dropped = store.prune(older_than=1800)
    assert dropped.entries == 3
    assert 20_000 < dropped.bytes < 22_000
    assert store.stored(ids) == set(ids[2:])
    store.read(ids[2])
    assert store.prune(max_size=15_000).entries == 2
    assert store.stored(ids) == {ids[2]}
    assert len(list(store.folder.rglob("*.b2"))) == 1
    assert store.prune(older_than=1800, max_size=10**9).entries == 0


def age(store: Store, ids: list[bytes], seconds: float) -> None:
    """Make it as if results had not been used for so long."""
    index = sqlite3.connect(store.folder / "index.sqlite")
    with index:
        query = "UPDATE results SET used = used - ? WHERE id = ?"
        index.executemany(query, [(seconds, id) for id in ids])
    index.close()


def test_clear_drops_everything(store):
    ids = [put(store, n, noise(10_000, n)) for n in range(5)]
    store.running(operation("slow"), "slow")
    assert store.clear().entries == 6
    assert store.stored(ids) == set()
    assert not list(store.folder.rglob("*.b2"))
    assert store.entries() == []
    assert store.info().bytes == 0
    assert same(store.read(put(store, 1, noise(10_000, 1))), noise(10_000, 1))


def test_the_parts_of_killed_processes_are_removed_and_those_in_use_are_not(tmp_path):
    with opened(tmp_path) as store, opened(tmp_path) as other:
        (tmp_path / "parts").mkdir()
        (tmp_path / "parts" / f"{operation('dead').hex()}-0123abcd.part").write_bytes(b"half")
        mine = tmp_path / "parts" / "mine.part"
        mine.write_bytes(b"mine")
        with store._files.part(operation("alive")) as part:
            part.write(noise(1000).array, lambda chunk: None)
            found = other.verify()
            assert (found.strays, found.damaged) == (1, ())
            assert (tmp_path / "parts" / part.name).exists()
        assert list((tmp_path / "parts").iterdir()) == [mine]


def test_frames_without_a_row_are_removed_and_other_files_are_not(store):
    id = put(store, "a", noise(10))
    frame = next(store.folder.rglob("*.b2"))
    stray = store.folder / "frames" / "00" / f"{bytes(32).hex()}.b2"
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(frame.read_bytes())
    mine = frame.with_name("my notes.b2")
    mine.write_text("keep")
    assert store.verify().strays == 1
    assert not stray.exists()
    assert mine.exists()
    assert same(store.read(id), noise(10))


# Files that were digested before


def test_the_digest_of_an_unchanged_file_is_remembered_and_of_a_changed_one_is_not(
    tmp_path, monkeypatch
):
    file = tmp_path / "image.nii"
    taken = []

    def digest() -> bytes:
        taken.append(1)
        return sha256(file.read_bytes()).digest()

    with opened(tmp_path / "store") as store:
        file.write_bytes(b"one")
        for _ in range(2):  # it was changed just now: its times may not tell the next change
            assert store.file_digest(file, digest) == sha256(b"one").digest()
        assert len(taken) == 2
        later = file.stat().st_ctime + 60
        monkeypatch.setattr("voxlogica.engine.store.time", lambda: later)
        for _ in range(3):
            assert store.file_digest(file, digest) == sha256(b"one").digest()
        assert len(taken) == 3
    with opened(tmp_path / "store") as store:
        assert store.file_digest(file, digest) == sha256(b"one").digest()
        assert len(taken) == 3
        before = file.stat()
        file.write_bytes(b"two")  # as long as before, and said to be as old
        os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))
        assert store.file_digest(file, digest) == sha256(b"two").digest()
        with pytest.raises(FileNotFoundError):
            store.file_digest(tmp_path / "none", digest)


# Several processes

SHARING = """
import sys
import numpy as np
from hashlib import sha256
from pathlib import Path
from voxlogica.engine.store_opening import open_store
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image

def complain(message):
    raise SystemExit(message)

seed, folder, limit = int(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3])
with open_store(folder, limit, warn=complain) as store:
    print("ready", flush=True)
    sys.stdin.readline()
    order = np.random.default_rng(seed).permutation(np.repeat(np.arange(40), 3))
    for n in order.tolist():
        id = sha256(str(n).encode()).digest()
        array = np.random.default_rng(n).integers(0, 256, (20, 1000), np.uint8)
        if n % 4 == 0:
            store.put(id, float(n), operator="x", seconds=1.0)
        else:
            store.put(id, Image(array, Geometry.of_size(1000, 20)), operator="x", seconds=1.0)
        found = store.read(id)
        if found is None:
            assert limit < 10**6
        elif n % 4 == 0:
            assert found == float(n)
        else:
            assert (found.array == array).all()
"""


@pytest.mark.parametrize("limit", [10**9, 200_000])
def test_four_processes_put_and_read_the_same_results_at_once(tmp_path, limit):
    """On a store that none of them has made yet; with room for all, and for a few."""
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", SHARING, str(seed), str(tmp_path / "store"), str(limit)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for seed in range(4)
    ]
    for process in processes:
        process.stdout.readline()
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()
    for process in processes:
        _, errors = process.communicate()
        assert (process.returncode, errors) == (0, "")
    with opened(tmp_path / "store", limit) as store:
        found = store.verify()
        assert (found.damaged, found.index_damaged, found.strays) == ((), False, 0)
        assert found.checked == 40 or limit < 10**6
        assert files_and_total(store) <= limit


def test_a_forked_child_leaves_the_store_alone(tmp_path):
    with opened(tmp_path) as store:
        id = put(store, "a", 1.0)
        child = os.fork()
        if child == 0:
            os._exit(store.usable or store.read(id) is not None or store.stored([id]) != set())
        assert os.waitpid(child, 0)[1] == 0
        assert store.read(id) == 1.0


# Where it is, and how large


def test_the_folder_is_the_options_the_environments_or_the_users(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("VOXLOGICA_CACHE", "/env")
    assert cache_folder("here") == tmp_path / "here"
    assert cache_folder(None) == Path("/env")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    assert cache_folder("~/here") == tmp_path / "home" / "here"
    assert cache_folder("./~/here") == tmp_path / "~" / "here"
    assert cache_folder("~nobody-of-this-name/here") is None
    monkeypatch.setenv("VOXLOGICA_CACHE", "~/env")
    assert cache_folder(None) == tmp_path / "home" / "env"
    monkeypatch.setenv("VOXLOGICA_CACHE", "")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert tmp_path in cache_folder(None).parents
    assert "voxlogica" in cache_folder(None).name


# Where a system has what programs keep for a user and can make again.
CACHES = "Library/Caches" if sys.platform == "darwin" else ".cache"


@pytest.mark.parametrize("home", ["/home/me", "/home/me/"])
@pytest.mark.parametrize("chosen", ["", " ", "here", None])
def test_the_users_cache_folder_is_in_the_home(home, chosen, monkeypatch):
    monkeypatch.setenv("HOME", home)
    if chosen is None:
        monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
        # As other programs have it; of what is no path, versions of platformdirs differ.
        assert user_cache() == platformdirs.user_cache_path("voxlogica", appauthor=False)
    else:
        monkeypatch.setenv("XDG_CACHE_HOME", chosen)
    assert user_cache() == Path("/home/me", CACHES, "voxlogica")


@pytest.mark.parametrize("home", ["/home/me", "", "here"])
def test_the_users_cache_folder_is_where_the_user_says(home, monkeypatch):
    monkeypatch.setenv("HOME", home)
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")
    assert user_cache() == Path("/cache/voxlogica")


@pytest.mark.parametrize("home", ["", "here"])
def test_a_home_that_is_no_path_is_the_one_that_the_system_knows(home, monkeypatch):
    monkeypatch.setenv("HOME", home)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert user_cache() == Path(pwd.getpwuid(os.getuid()).pw_dir, CACHES, "voxlogica")


def test_the_limit_is_the_environments_or_10_gb(monkeypatch, tmp_path):
    monkeypatch.delenv("VOXLOGICA_CACHE_LIMIT", raising=False)
    with opened(tmp_path) as store:
        assert store.limit == DEFAULT_LIMIT == 10**10
    monkeypatch.setenv("VOXLOGICA_CACHE_LIMIT", "500MB")
    with opened(tmp_path) as store:
        assert store.limit == 500_000_000
    monkeypatch.setenv("VOXLOGICA_CACHE_LIMIT", "much")
    said = []
    with open_store(tmp_path, warn=said.append) as store:
        assert store.limit == DEFAULT_LIMIT
    assert len(said) == 1
    assert "'much' is not a size: write it as 500MB" in said[0]


def test_sizes_and_ages_as_people_write_them():
    assert [size_in_bytes(text) for text in ("1000", "500MB", "10 gb", "1.5GiB", "2k", "7 B")] == [
        1000,
        500_000_000,
        10**10,
        3 * 2**29,
        2000,
        7,
    ]
    assert [age_in_seconds(text) for text in ("90m", "12h", "30d", "2w", "1.5 s")] == [
        5400,
        43200,
        2592000,
        1209600,
        1.5,
    ]
    for text in ("", "MB", "-1MB", "1.2.3", "1e3", "ten", "3q"):
        with pytest.raises(ValueError, match="is not a size"):
            size_in_bytes(text)
    for text in ("", "30", "d", "-1d", "1y"):
        with pytest.raises(ValueError, match="is not an age"):
            age_in_seconds(text)
    assert [size_in_words(n) for n in (0, 999, 1000, 12_345_678, 10**10)] == [
        "0 B",
        "999 B",
        "1.0 KB",
        "12.3 MB",
        "10.0 GB",
    ]
    assert [age_in_words(s) for s in (-1, 5, 119, 7200, 86400 * 40)] == [
        "0 s",
        "5 s",
        "2 m",
        "2 h",
        "40 d",
    ]


def test_reading_and_writing_numbers_imports_no_library_for_images():
    program = (
        "import sys, tempfile, pathlib\n"
        "from voxlogica.engine.store_opening import open_store\n"
        "with open_store(pathlib.Path(tempfile.mkdtemp()), warn=print) as store:\n"
        "    store.put(bytes(32), 1.0, operator='x', seconds=1.0)\n"
        "    print(store.read(bytes(32)), store.stored([bytes(32)]))\n"
        "print({'numpy', 'imagecodecs', 'SimpleITK'} & set(sys.modules))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines()[-1] == "set()"


# Frames


@MODEST
@given(image=images())
def test_a_frame_is_refused_for_any_other_shape_or_size(image):
    frame = b"".join(compressed(image.array))
    dtype, shape = image.dtype.name, image.array.shape
    assert decompressed(frame, dtype, shape).tobytes() == image.array.tobytes()
    for other in ((*shape, 9), (*shape[:-1], shape[-1] + 8)):
        with pytest.raises(FrameError):
            decompressed(frame, dtype, other)
    for wrong in (b"", frame[:-1], frame + b"\0", frame + frame):
        with pytest.raises(FrameError):
            decompressed(wrong, dtype, shape)


def test_large_arrays_are_several_chunks():
    array = np.arange(10_000_000, dtype=np.float32).reshape(10, 1000, 1000)
    chunks = list(compressed(array))
    assert len(chunks) == 3
    assert (decompressed(b"".join(chunks), "float32", array.shape) == array).all()


@pytest.mark.slow
def test_an_array_larger_than_2_gb(store):
    array = np.zeros((9, 1 << 28), np.uint8)
    array[:, 12345] = 7
    id = put(store, "large", Image(array, Geometry.of_size(1 << 28, 9)))
    found = store.read(id)
    assert (found.array == array).all()
