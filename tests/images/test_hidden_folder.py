"""Hidden folders: those of dead processes are removed, and nothing else is."""

from __future__ import annotations

import fcntl
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from voxlogica.engine.memory import Memory
from voxlogica.images.geometry import Geometry
from voxlogica.images.hidden_folder import HiddenFolder
from voxlogica.images.image import Image
from voxlogica.images.writing import Staging

NAME = ".voxlogica-saving-abcdefgh"
KILLED = """
import os, signal, sys
from pathlib import Path
from voxlogica.images.hidden_folder import HiddenFolder
folder = HiddenFolder(Path(sys.argv[1])).make()
(folder.new_place() / "image.nii").write_text("half")
print(folder.path.name, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


def killed(parent: Path) -> Path:
    """The folder that a killed process has left in another."""
    command = [sys.executable, "-c", KILLED, str(parent)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL
    return parent / done.stdout.strip()


def test_what_a_killed_process_left_is_removed(tmp_path):
    left = killed(tmp_path)
    assert (left / "0" / "image.nii").exists()
    HiddenFolder(tmp_path).make().remove()
    assert list(tmp_path.iterdir()) == []


def with_files(folder: Path) -> None:
    (folder / "0").mkdir(parents=True)
    (folder / "0" / "mine").write_text("mine")


def with_an_owner(folder: Path) -> None:
    with_files(folder)
    (folder / "owner").touch()
    (folder / "voxlogica-owner").write_text("mine")


def with_a_linked_owner(folder: Path) -> None:
    with_files(folder)
    (folder / "voxlogica-owner").symlink_to(killed(folder.parent / "elsewhere") / "voxlogica-owner")


def linked(folder: Path) -> None:
    folder.symlink_to(killed(folder.parent / "elsewhere"))


def empty(folder: Path) -> None:
    folder.mkdir()


def a_file(folder: Path) -> None:
    folder.write_text("mine")


@pytest.mark.parametrize(
    "prepare", [with_files, with_an_owner, with_a_linked_owner, linked, empty, a_file]
)
@pytest.mark.parametrize("name", [NAME, f"{NAME}-removed", ".voxlogica-saving-of-mine"])
def test_what_only_has_such_a_name_is_left_as_it_is(tmp_path, prepare, name):
    (tmp_path / "elsewhere").mkdir()
    prepare(tmp_path / name)
    before = sorted(tmp_path.rglob("*"))
    HiddenFolder(tmp_path).make().remove()
    assert sorted(tmp_path.rglob("*")) == before


def test_a_dead_folder_under_another_name_is_left_as_it_is(tmp_path):
    left = killed(tmp_path).rename(tmp_path / ".voxlogica-saving-kept for later")
    HiddenFolder(tmp_path).make().remove()
    assert (left / "0" / "image.nii").exists()


def test_what_is_put_into_a_dead_folder_stays_there(tmp_path):
    left = killed(tmp_path)
    (left / "mine").write_text("mine")
    (left / "1").symlink_to(tmp_path / "elsewhere")
    with_files(tmp_path / "elsewhere")
    for _ in range(2):
        HiddenFolder(tmp_path).make().remove()
    assert not (left / "0").exists()
    assert (left / "mine").read_text() == "mine"
    assert (tmp_path / "elsewhere" / "0" / "mine").exists()


def test_a_folder_that_took_the_place_of_ones_own_is_left_as_it_is(tmp_path):
    folder = HiddenFolder(tmp_path).make()
    (path,) = tmp_path.iterdir()
    path.rename(tmp_path / "moved")
    with_files(path)
    folder.remove()
    assert (path / "0" / "mine").exists()


def test_a_forked_child_removes_nothing_of_its_parents(tmp_path, monkeypatch):
    """Neither the folder nor what has left memory, whatever the child forgets or ends as."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    folder = HiddenFolder(tmp_path).make()
    memory = Memory(limit=0)
    array = np.arange(1000, dtype=np.float32).reshape(10, 100)
    held = [memory.spillable(Image(array, Geometry.of_size(100, 10))) for _ in range(2)]
    child = os.fork()
    if child == 0:
        folder.remove()
        held.clear()
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert len(list(tmp_path.iterdir())) == 2
    assert all(np.array_equal(each.get().array, array) for each in held)
    folder.remove()
    held.clear()
    assert list(tmp_path.iterdir()) == []


def interrupt(monkeypatch, step, done):
    """Have Ctrl-C come up once in a step, before it or after."""
    owner = {"open": os, "unlink": os, "flock": fcntl}.get(step, Path)
    real = getattr(owner, step)

    def interrupted(*arguments, **options):
        monkeypatch.setattr(owner, step, real)
        if done:
            real(*arguments, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(owner, step, interrupted)


@pytest.mark.parametrize("step", ["mkdir", "open", "flock", "rename"])
@pytest.mark.parametrize("done", [False, True])
def test_an_interruption_while_it_is_made_leaves_nothing(tmp_path, monkeypatch, step, done):
    with pytest.raises(KeyboardInterrupt), Staging(()) as staging:
        interrupt(monkeypatch, step, done)
        staging.announce(str(tmp_path / "a" / "a.csv"))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("step", ["rename", "unlink", "rmdir"])
@pytest.mark.parametrize("done", [False, True])
def test_an_interruption_while_it_is_removed_leaves_nothing(tmp_path, monkeypatch, step, done):
    staging = Staging(()).__enter__()
    staging.announce(str(tmp_path / "a" / "a.csv"))
    staging.write_text(str(tmp_path / "a" / "a.csv"), [b"text"])
    interrupt(monkeypatch, step, done)
    with pytest.raises(KeyboardInterrupt):
        staging.discard()
    assert list(tmp_path.iterdir()) == []
