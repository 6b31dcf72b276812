"""`voxlogica run --watch`, as a process: it runs again when what it read has changed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813
from click.testing import CliRunner

from voxlogica.cli.commands import voxlogica as command

WATCHING = "-- watching"


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    Path("data").mkdir()
    image("data/a.png", 2)
    Path("lib.imgql").write_text("let level = 100\n")
    Path("p.imgql").write_text(
        'import "lib"\nload m = "data/a.png"\nlet r = intensity(m) >. level\n'
        'save "out.nii" r\nprint "n" volume(r)\nassert "some" volume(r) .>. 0\n'
    )
    return tmp_path


def image(name: str, width: int, value: int = 200) -> None:
    array = np.zeros((4, 5), np.uint8)
    array[1, 1 : 1 + width] = value
    sitk.WriteImage(sitk.GetImageFromArray(array), name)


class Watching:
    """A command that watches: what it says until it waits, and how it ends."""

    def __init__(self, *arguments: str) -> None:
        line = [sys.executable, "-m", "voxlogica", "run", "p.imgql", "--watch", *arguments]
        self.process = subprocess.Popen(
            line, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def until_it_waits(self) -> list[str]:
        """The lines on standard error up to that one."""
        assert self.process.stderr is not None
        lines: list[str] = []
        for line in self.process.stderr:
            lines.append(line.rstrip("\n"))
            if line.startswith(WATCHING):
                return lines
        raise AssertionError(f"it ended: {lines}")

    def printed(self) -> str:
        """The next line on standard output."""
        assert self.process.stdout is not None
        return self.process.stdout.readline()

    def end(self, how: signal.Signals = signal.SIGINT) -> tuple[int, str, str]:
        """Stop it: its status, and what it says still."""
        self.process.send_signal(how)
        output, errors = self.process.communicate()
        return self.process.returncode, output, errors


@pytest.fixture
def watching() -> Iterator[Watching]:
    started = Watching()
    yield started
    started.process.kill()
    started.process.communicate()


def test_a_changed_program_is_run_again_and_told_what_differs(watching):
    assert watching.until_it_waits() == ["-- watching 3 files; Ctrl-C ends"]
    assert watching.printed() == "n=2\n"
    text = Path("p.imgql").read_text()
    Path("p.imgql").write_text(text.replace("volume(r)\nassert", "volume(r) .+. 1\nassert"))
    changed, differs, anew, _ = watching.until_it_waits()
    assert watching.printed() == "n=3\n"
    assert (changed, differs) == ("-- changed: p.imgql", "-- n: 2 → 3")
    assert "operations computed anew" in anew


@pytest.mark.parametrize("how", ["in place", "another in its place", "gone and back"])
def test_libraries_and_images_too_however_they_are_saved(how, watching):
    watching.until_it_waits()
    assert watching.printed() == "n=2\n"
    image("new.png", 3)
    content = Path("new.png").read_bytes()
    if how == "in place":
        Path("data/a.png").write_bytes(content)
    elif how == "another in its place":
        Path("new.png").replace("data/a.png")
    else:
        Path("data/a.png").unlink()
        told = watching.until_it_waits()
        assert told[0] == "-- changed: data/a.png"
        assert any("data/a.png" in line and "does not exist" in line for line in told[1:])
        Path("new.png").replace("data/a.png")
    assert watching.until_it_waits()[:2] == ["-- changed: data/a.png", "-- n: 2 → 3"]
    assert watching.printed() == "n=3\n"
    Path("lib.imgql").write_text("let level = 201\n")
    told = watching.until_it_waits()
    assert told[0] == "-- changed: lib.imgql"
    assert '-- assert "some": true → false' in told
    assert any('assertion "some" is false' in line for line in told)
    assert watching.printed() == "n=0\n"


def test_a_folder_that_goes_and_comes_back_is_found(watching):
    watching.until_it_waits()
    Path("data").rename("away")
    told = watching.until_it_waits()
    assert any("does not exist" in line for line in told)
    Path("away").rename("data")
    assert watching.until_it_waits()[1] == "-- the same values"


def test_a_mistake_waits_for_the_next_change(watching):
    watching.until_it_waits()
    good = Path("p.imgql").read_text()
    Path("p.imgql").write_text(good + 'print "x" nothing\n')
    told = watching.until_it_waits()
    assert any("error:" in line for line in told)
    assert watching.printed() == "n=2\n"
    Path("p.imgql").write_text(good)
    assert watching.until_it_waits()[1] == "-- the same values"


def test_what_is_computed_anew_is_what_the_change_concerns(watching):
    watching.until_it_waits()
    Path("p.imgql").write_text(Path("p.imgql").read_text() + 'print "again" volume(r)\n')
    told = watching.until_it_waits()
    assert told[1] == "-- again: nothing → 2"


def test_what_the_run_saves_itself_is_no_change(watching):
    """Or it would run for ever."""
    watching.until_it_waits()
    Path("p.imgql").write_text(Path("p.imgql").read_text() + 'save "data/b.nii" r\n')
    assert watching.until_it_waits()[0] == "-- changed: p.imgql"
    status, output, errors = watching.end()
    assert (status, output) == (130, "n=2\nn=2\n")
    assert "changed" not in errors
    assert Path("data/b.nii").is_file()


@pytest.mark.parametrize(
    ("how", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)]
)
def test_a_signal_ends_it(how, status, watching):
    watching.until_it_waits()
    ended, output, errors = watching.end(how)
    assert (ended, output) == (status, "n=2\n")
    assert "interrupted" not in errors  # nothing is broken off


def test_a_change_that_comes_before_it_waits_is_not_missed(tmp_path):
    os.mkfifo("report.json")
    started = Watching("--json", "report.json")
    try:
        # The report is written once all has been read: who reads it changes the program.
        with Path("report.json").open() as report:
            text = Path("p.imgql").read_text()
            Path("p.imgql").write_text(text.replace('print "n"', 'print "m"'))
            assert '"n"' in report.read()
        assert started.until_it_waits() == ["-- watching 3 files; Ctrl-C ends"]
        with Path("report.json").open() as report:
            assert '"m"' in report.read()
        assert "-- changed: p.imgql" in started.until_it_waits()
    finally:
        started.process.kill()
        started.process.communicate()


@pytest.mark.parametrize("arguments", [("p.imgql", "--cases", "{CASE}.png"), ("-",)])
def test_it_is_not_for_cases_nor_for_standard_input(arguments):
    found = CliRunner().invoke(command, ["run", *arguments, "--watch"])
    assert found.exit_code == 2
    assert "--watch runs programs again" in found.stderr


def test_without_watchfiles_it_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "watchfiles", None)
    found = CliRunner().invoke(command, ["run", "p.imgql", "--watch"])
    assert (found.exit_code, found.stdout) == (1, "")
    assert "pip install 'voxlogica[watch]'" in found.stderr
