"""Files that commands write: whole or not at all, and nothing beside them, whatever comes."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import pytest

from voxlogica.cli.files import whole_file
from voxlogica.cli.streams import OutputError


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def there() -> list[str]:
    return sorted(map(str, Path().rglob("*")))


def test_it_appears_when_it_is_written_and_nothing_else_does():
    with whole_file("a/b/t.csv", ()) as write:
        assert not Path("a/b/t.csv").exists()
        write(["x,", "y\n"])
        assert Path("a/b/t.csv").read_text() == "x,y\n"
    assert there() == ["a", "a/b", "a/b/t.csv"]


def test_folders_made_for_what_is_not_written_go_and_others_stay():
    Path("a").mkdir()
    with pytest.raises(ValueError, match="wrong"), whole_file("a/b/c/t.csv", ()):
        raise ValueError("wrong")
    assert there() == ["a"]


def test_it_may_have_the_longest_name_that_there_is_and_no_longer_one():
    with whole_file("t" * 255, ()) as write:
        write("x")
    assert there() == ["t" * 255]
    Path("t" * 255).unlink()
    Path("file").touch()
    with pytest.raises(OutputError, match="cannot write file/t"), whole_file("file/t", ()):
        pass
    assert there() == ["file"]


def interrupt(monkeypatch, owner, step, times, done):
    """Have Ctrl-C come up in a step, once it has been taken so often, before it or after."""
    real, left = getattr(owner, step), [times]

    def interrupted(*arguments, **options):
        left[0] -= 1
        if left[0]:
            return real(*arguments, **options)
        monkeypatch.setattr(owner, step, real)
        if done:
            real(*arguments, **options)
        raise KeyboardInterrupt

    monkeypatch.setattr(owner, step, interrupted)


STEPS = [
    *((Path, "mkdir", times) for times in range(1, 6)),  # a/b, a, a/b, the hidden one, in it
    *((Path, step, 1) for step in ("touch", "rename", "open", "replace", "rmdir")),
    *((os, step, 1) for step in ("open", "unlink")),
    (fcntl, "flock", 1),
]


@pytest.mark.parametrize(("owner", "step", "times"), STEPS)
@pytest.mark.parametrize("done", [False, True])
def test_an_interruption_leaves_the_file_or_nothing(monkeypatch, owner, step, times, done):
    interrupt(monkeypatch, owner, step, times, done)
    with pytest.raises(KeyboardInterrupt), whole_file("a/b/t.csv", ()) as write:
        write("whole")
    file = Path("a/b/t.csv")
    assert there() == (["a", "a/b", str(file)] if file.exists() else [])
    assert not file.exists() or file.read_text() == "whole"
