"""A store keeps to its own folder: what is somebody else's is not changed, removed or followed."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica.engine import store_opening
from voxlogica.engine.store import Store
from voxlogica.engine.store_opening import (
    cache_folder,
    network_file_system,
    network_type,
    open_store,
)
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image

VOXLOGICA = [sys.executable, "-m", "voxlogica"]
IMAGE = Image(np.arange(1000, dtype=np.float32).reshape(10, 100), Geometry.of_size(100, 10))
ID = sha256(b"image").digest()
FRAME = f"frames/{ID.hex()[:2]}/{ID.hex()}.b2"
PART = f"parts/{ID.hex()}-0123abcd.part"


def opened(folder: Path) -> Store:
    store = open_store(folder, warn=pytest.fail)
    assert store is not None
    return store


def fill(store: Store) -> None:
    store.put(ID, IMAGE, operator="x", seconds=1.0)


def is_there(store: Store) -> bool:
    found = store.read(ID)
    return found is not None and np.array_equal(found.array, IMAGE.array)


def contents(folder: Path) -> dict[str, object]:
    """All there is in a folder: kinds, permissions, times and contents."""
    found: dict[str, object] = {}
    for path in [folder, *sorted(folder.rglob("*"))]:
        status = path.lstat()
        inside = (
            str(path.readlink())
            if path.is_symlink()
            else path.read_bytes()
            if path.is_file()
            else None
        )
        found[str(path.relative_to(folder))] = status.st_mode, status.st_mtime_ns, inside
    return found


# Folders that are somebody else's


def with_folders_of_such_names(folder: Path) -> None:
    for name in ("frames/ab", "parts", "discarded-x"):
        (folder / name).mkdir(parents=True)
        (folder / name / "mine.b2").write_text("mine")
    for name in (FRAME, PART, "README"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("mine")


def with_links(folder: Path) -> None:
    elsewhere = folder.parent / "elsewhere"
    with_folders_of_such_names(elsewhere)
    for name in ("frames", "parts", "README"):
        (folder / name).symlink_to(elsewhere / name)


def with_a_database(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "index.sqlite")) as index, index:
        index.execute("CREATE TABLE recipes (name)")


def with_a_database_in_use(folder: Path) -> None:
    with_a_database(folder)
    (folder / "index.sqlite-wal").write_bytes(b"\x37\x7f\x06\x82" + b"\0\0\0\1VOXL" * 9000)
    (folder / "index.sqlite-shm").write_bytes(b"mine")


def with_garbage(folder: Path) -> None:
    (folder / "index.sqlite").write_bytes(b"mine")


def with_a_link_to_an_index(folder: Path) -> None:
    with opened(folder.parent / "elsewhere") as store:
        fill(store)
    (folder / "index.sqlite").symlink_to(folder.parent / "elsewhere" / "index.sqlite")


def with_a_pipe(folder: Path) -> None:
    os.mkfifo(folder / "index.sqlite")


def with_a_lock_of_its_own(folder: Path) -> None:
    (folder / "index.lock").write_text("mine")


def with_a_linked_lock(folder: Path) -> None:
    (folder / "mine").write_text("")
    (folder / "index.lock").symlink_to("mine")


def with_a_lock_and_a_file(folder: Path) -> None:
    (folder / "index.lock").touch()
    (folder / "README").write_text("mine")


def marked_by_another_program(folder: Path) -> None:
    (folder / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55\n# cargo\n")


def with_a_link_to_a_mark(folder: Path) -> None:
    with opened(folder.parent / "elsewhere"):
        (folder / "CACHEDIR.TAG").symlink_to(folder.parent / "elsewhere" / "CACHEDIR.TAG")


def with_a_file(folder: Path) -> None:
    (folder / ".hidden").touch()


def read_only(folder: Path) -> None:
    with_folders_of_such_names(folder)
    for path in (*folder.rglob("*"), folder):
        path.chmod(path.stat().st_mode & ~0o222)


FOREIGN = [
    with_folders_of_such_names,
    with_links,
    with_a_database,
    with_a_database_in_use,
    with_garbage,
    with_a_link_to_an_index,
    with_a_pipe,
    with_a_lock_of_its_own,
    with_a_linked_lock,
    with_a_lock_and_a_file,
    marked_by_another_program,
    with_a_link_to_a_mark,
    with_a_file,
    read_only,
]


@pytest.mark.parametrize("prepare", FOREIGN)
def test_a_folder_of_somebody_elses_is_left_as_it_is(tmp_path, prepare):
    folder = tmp_path / "folder"
    folder.mkdir()
    prepare(folder)
    before = contents(tmp_path)
    said: list[str] = []
    assert open_store(folder, warn=said.append) is None
    (message,) = said
    assert message.startswith(f"the store {folder} cannot be used: results are neither read nor")
    assert contents(tmp_path) == before


def test_a_run_in_such_a_folder_warns_once_and_computes(tmp_path):
    with_folders_of_such_names(tmp_path)
    sitk.WriteImage(sitk.GetImageFromArray(np.ones((2, 3), np.uint8)), tmp_path / "m.nii")
    (tmp_path / "p.imgql").write_text('load m = "m.nii"\nprint "a" volume(red(m) >. 0)')
    before = contents(tmp_path)
    command = [*VOXLOGICA, "run", "p.imgql", "--cache", "."]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    assert done.stdout == "a=6\n"
    assert done.stderr.count("warning") == 1
    assert "holds files that are none of a store's, and is left as it is" in done.stderr
    assert contents(tmp_path) == before


@pytest.mark.parametrize("command", [["clear"], ["verify"], ["prune", "--max-size", "0B"], ["ls"]])
@pytest.mark.parametrize("prepare", [with_folders_of_such_names, with_a_database, with_garbage])
def test_commands_leave_such_a_folder_as_it_is(tmp_path, command, prepare):
    prepare(tmp_path)
    before = contents(tmp_path)
    done = subprocess.run(
        [*VOXLOGICA, "cache", *command, "--cache", str(tmp_path)], capture_output=True, text=True
    )
    has_index = (tmp_path / "index.sqlite").exists()
    assert done.returncode == (1 if has_index else 0)
    assert ("cannot be used" in done.stderr) == has_index
    assert contents(tmp_path) == before


# What others put into a store's folder


def plant(folder: Path) -> dict[Path, bytes | str]:
    """Put things into a store's folder that are none of its own, but named nearly so."""
    outside = folder.parent / "outside"
    outside.mkdir()
    (outside / "kept").write_text("mine")
    other = sha256(b"other").hexdigest()
    names = [
        "notes.txt",
        "frames/notes.txt",
        "frames/ab/notes.b2",
        f"frames/ab/{other}.b2",  # not where a frame of this name is
        f"frames/{other[:2]}/{other}.b2~",
        f"frames/{other[:2]}/{other.upper()}.b2",
        f"frames/{other[:2]}/{other[:10]}.b2",
        f"frames/more/{other}.b2",
        "parts/mine.part",
        f"parts/{other}.part",
        f"parts/{other}-0123abcd.part.txt",
        "discarded-x/mine",
        "discarded-0123abcd/mine",
        "index.sqlite.damaged",
        "index.sqlite.damaged1-wal",
    ]
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("mine")
    # What is named exactly as a frame, and is a folder, or a link.
    inside = folder / f"frames/{other[:2]}/{other[:2]}{'0' * 62}.b2" / "kept"
    inside.parent.mkdir()
    inside.write_text("mine")
    links = {
        folder / f"frames/{other[:2]}/{other[:2]}{'1' * 62}.b2": outside / "kept",
        folder / f"parts/{'2' * 64}-0123abcd.part": outside / "kept",
        folder / "frames/ff": outside,
    }
    for link, target in links.items():
        if not link.exists():
            link.symlink_to(target)
    files = [*(folder / name for name in names), inside, outside / "kept"]
    return dict.fromkeys(files, "mine") | {link: str(target) for link, target in links.items()}


def remain(planted: dict[Path, bytes | str]) -> bool:
    return all(
        (str(path.readlink()) if path.is_symlink() else path.read_text()) == content
        for path, content in planted.items()
    )


def test_nothing_is_removed_but_what_is_named_as_a_store_names_things(tmp_path):
    folder = tmp_path / "store"
    with opened(folder) as store:
        fill(store)
        planted = plant(folder)
        (folder / PART).write_text("left by a process that has died")
        assert store.verify().strays == 1
        assert store.prune(max_size=0).entries == 1
        assert not (folder / FRAME).exists()
        fill(store)
        assert store.clear().entries == 1
        fill(store)
    assert remain(planted)
    # The index is lost: what frames there are belong to nobody.
    (folder / "index.sqlite").unlink()
    said: list[str] = []
    with open_store(folder, warn=said.append) as store:
        assert len(said) == 1
        assert not (folder / FRAME).exists()
        fill(store)
    # And damaged: it is set aside beside what has such a name.
    (folder / "index.sqlite").write_bytes(b"garbage" * 100)
    with open_store(folder, warn=said.append) as store:
        assert len(said) == 2
        fill(store)
        assert is_there(store)
    assert (folder / "index.sqlite.damaged2").read_bytes() == b"garbage" * 100
    assert remain(planted)


@pytest.mark.parametrize("name", ["frames", f"frames/{ID.hex()[:2]}", "parts"])
def test_links_in_a_stores_folder_are_not_followed(tmp_path, name):
    """Results cannot be kept then, and are computed; what the link leads to stays as it is."""
    folder, elsewhere = tmp_path / "store", tmp_path / "elsewhere"
    with opened(folder) as store:
        fill(store)
        assert store.clear().entries == 1
    shutil.rmtree(folder / name)
    with_folders_of_such_names(elsewhere)
    (folder / name).symlink_to(elsewhere / name)
    before = contents(elsewhere)
    said: list[str] = []
    with open_store(folder, warn=said.append) as store:
        fill(store)
        assert store.read(ID) is None
        store.verify()
        store.clear()
    assert len(said) == 1
    assert "cannot be written" in said[0]
    (folder / "index.sqlite").unlink()
    with open_store(folder, warn=said.append) as store:
        fill(store)
    assert contents(elsewhere) == before


def test_readme_and_mark_are_written_once(tmp_path):
    folder = tmp_path / "store"
    with opened(folder):
        (folder / "README").write_text("mine")
    (folder / "index.sqlite").unlink()
    with opened(folder) as store:
        fill(store)
        assert is_there(store)
    assert (folder / "README").read_text() == "mine"


def test_a_folder_that_goes_away_meanwhile_is_not_made_again(tmp_path):
    folder = tmp_path / "store"
    said: list[str] = []
    with open_store(folder, warn=said.append) as store:
        fill(store)
        shutil.rmtree(folder)
        folder.mkdir()
        (folder / "frames").write_text("mine")
        assert store.read(ID) is None
        fill(store)
        store.clear()
    assert contents(folder).keys() == {".", "frames"}
    assert len(said) <= 2


# Folders that become a store's


@pytest.mark.parametrize("killed", [False, True])
def test_a_store_without_a_mark_is_known_by_its_index(tmp_path, killed):
    """As stores were at first; also where the index is still in SQLite's log."""
    folder = tmp_path / "store"
    child = os.fork()
    if child == 0:
        store = opened(folder)
        fill(store)
        if not killed:
            store.close()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    (folder / "CACHEDIR.TAG").unlink()
    header = (folder / "index.sqlite").read_bytes()[68:72]
    assert header == (b"\0\0\0\0" if killed else b"VOXL")
    with opened(folder) as store:
        assert is_there(store)
    assert (folder / "CACHEDIR.TAG").exists()


def test_the_users_cache_folder_may_hold_kernels_before_it_holds_a_store(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = tmp_path / "voxlogica"
    (folder / "kernels").mkdir(parents=True)
    (folder / "kernels" / "a.o").touch()
    with opened(folder) as store:
        fill(store)
        store.clear()
    assert (folder / "kernels" / "a.o").exists()
    # There, and nowhere else.
    shutil.copytree(folder / "kernels", tmp_path / "other" / "kernels")
    assert open_store(tmp_path / "other", warn=lambda message: None) is None


def test_backups_leave_a_store_out(tmp_path):
    with opened(tmp_path / "store") as store:
        fill(store)
    mark = (tmp_path / "store" / "CACHEDIR.TAG").read_text()
    assert mark.startswith("Signature: 8a477f597d28d172789f06886806bc55\n")


# Who can write there


MADE = """
import os, sys
os.umask(int(sys.argv[2], 8))
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from tests.engine.test_store_folder import fill, opened
with opened(Path(sys.argv[1])) as store:
    fill(store)
"""


@pytest.mark.parametrize("umask", ["0", "002", "022", "077"])
def test_folders_are_the_users_alone_whatever_the_umask(tmp_path, umask):
    command = [sys.executable, "-c", MADE, str(tmp_path / "a" / "b"), umask]
    subprocess.run([*command, str(Path(__file__).parents[2])], check=True)
    folders = [path for path in tmp_path.rglob("*") if path.is_dir()]
    assert len(folders) == 5
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}


def test_folders_in_a_folder_for_a_group_are_for_the_group(tmp_path):
    folder = tmp_path / "store"
    folder.mkdir()
    folder.chmod(0o2770)
    with opened(folder) as store:
        fill(store)
    folders = [path for path in folder.rglob("*") if path.is_dir()]
    assert len(folders) == 3
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o2770}


def test_a_folder_that_everybody_can_write_to_is_not_used(tmp_path):
    with opened(tmp_path / "store") as store:
        fill(store)
    for mode in (0o777, 0o1777, 0o703):
        (tmp_path / "store").chmod(mode)
        before = contents(tmp_path)
        said: list[str] = []
        assert open_store(tmp_path / "store", warn=said.append) is None
        assert len(said) == 1
        assert "everybody can write to it, and make up results" in said[0]
        assert contents(tmp_path) == before
    # A new one inside it may be.
    with opened(tmp_path / "store" / "mine") as store:
        fill(store)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
@pytest.mark.parametrize(
    ("owner", "mode", "reason"),
    [
        ((12345, -1), 0o700, "it belongs to another user"),
        ((-1, 12345), 0o770, "its group can write to it"),
        ((-1, 12345), 0o750, None),
        ((-1, -1), 0o770, None),  # a group of the user's own, in which there is nobody else
    ],
)
def test_the_users_cache_folder_is_used_only_if_nobody_else_can_write_there(
    tmp_path, monkeypatch, owner, mode, reason
):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    folder = tmp_path / "voxlogica"
    with opened(folder) as store:
        fill(store)
    os.chown(folder, *owner)
    folder.chmod(mode)
    said: list[str] = []
    store = open_store(folder, warn=said.append)
    if reason is None:
        with store:
            assert is_there(store)
    else:
        assert store is None
        assert reason in said[0]


# Network file systems


MOUNTS = """\
22 1 0:21 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
23 22 0:22 / /home rw,relatime shared:2 - nfs4 server:/home rw,vers=4.2
24 23 0:23 / /home/me/my\\040disk rw - xfs /dev/sdb rw
25 22 0:24 / /mnt/a rw - ext4 /dev/sdc rw
26 22 0:25 / /mnt/a rw - cifs //server/a rw
27 22 0:26 / /mnt/ssh rw - fuse.sshfs me@server: rw
28 22 0:27 / /mnt/safe rw - fuse.gocryptfs /home/me/.safe rw
29 22 0:28 / /mnt/ntfs rw - fuseblk /dev/sdd rw
30 22 0:29 / /scratch rw master:1 - lustre mds@tcp:/scratch rw
"""


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/", None),
        ("/homeless/x", None),
        ("/home", "nfs4"),
        ("/home/me/.cache/voxlogica", "nfs4"),
        ("/home/me/my disk/cache", None),
        ("/home/me/my disks", "nfs4"),
        ("/mnt/a/x", "cifs"),
        ("/mnt/ssh/x", "fuse.sshfs"),
        ("/mnt/safe/x", None),
        ("/mnt/ntfs/x", None),
        ("/scratch/x", "lustre"),
    ],
)
def test_the_mount_that_a_folder_is_on_tells_whether_it_is_on_a_network(path, expected):
    assert network_type(path, MOUNTS) == expected


def test_this_folder_is_on_a_disk(tmp_path):
    assert network_file_system(tmp_path / "not" / "there") is None


@pytest.fixture
def on_network(tmp_path, monkeypatch) -> Path:
    """A folder that the list of mounts says is on a network, with the user's cache folder in it."""
    mounts = tmp_path / "mounts"
    remote = tmp_path / "remote"
    mounts.write_text(f"1 0 0:1 / / rw - ext4 a rw\n2 1 0:2 / {remote} rw - nfs4 b rw\n")
    monkeypatch.setattr(store_opening, "_MOUNTS", mounts)
    monkeypatch.setenv("XDG_CACHE_HOME", str(remote / "cache"))
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.delenv("VOXLOGICA_CACHE", raising=False)
    return remote


def test_by_default_no_store_is_on_a_network_but_in_the_temporary_folder(
    tmp_path, on_network, monkeypatch
):
    folder = cache_folder(None)
    assert folder == tmp_path / f"voxlogica-{os.geteuid()}"
    said: list[str] = []
    with open_store(folder, warn=said.append) as store:
        fill(store)
    (message,) = said
    assert "the user's cache folder is on a network file system: results are kept in" in message
    with opened(folder) as store:  # told once, when it is begun
        assert is_there(store)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    folder.chmod(0o707)
    assert open_store(folder, warn=said.append) is None
    # Where that is on a network, too, there is none.
    monkeypatch.setenv("TMPDIR", str(on_network))
    assert open_store(cache_folder(None), warn=said.append) is None
    assert "is on a network file system (nfs4): results are neither read nor kept" in said[-1]
    assert not on_network.exists()


def test_a_store_that_was_asked_for_may_be_on_a_network(on_network):
    said: list[str] = []
    with open_store(on_network / "store", warn=said.append) as store:
        fill(store)
        assert is_there(store)
    assert len(said) == 1
    assert "is on a network file system (nfs4): use it from one machine at a time" in said[0]
    with opened(on_network / "store") as store:
        assert is_there(store)
