"""Programs on workers of a cluster: what they give is what they give here, byte for byte."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.checkout import ROOT

PROGRESS = re.compile(rb"note: |\d+ of \d+ c")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The examples, with their inputs."""
    folder = tmp_path_factory.mktemp("examples")
    shutil.copytree(ROOT / "examples", folder / "examples")
    for example in ("study", "glioma"):
        made = [sys.executable, "-m", f"examples.{example}.make_inputs"]
        subprocess.run(made, cwd=folder, check=True, capture_output=True)
    return folder


# What is said of a run on a cluster at its start, and every few seconds of one that takes long.
_PROGRESS = re.compile(rb"^(note: computed by|[0-9]+ of [0-9]+ cases).*\n", re.MULTILINE)


def ran(folder: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "voxlogica", "run", "--no-cache", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False)
    done.stderr = _PROGRESS.sub(b"", done.stderr)
    return done


def told(run: subprocess.CompletedProcess[bytes]) -> tuple[int, bytes, list[bytes]]:
    """How a run ended, and what it said: progress, which depends on the clock, is left out."""
    said = run.stderr.splitlines()
    return run.returncode, run.stdout, [line for line in said if not PROGRESS.match(line)]


def test_a_study_on_two_workers_gives_the_bytes_of_a_local_run(folder: Path) -> None:
    study = ("examples/study/score.imgql", "--cases", "examples/study/input/{CASE}/flair.nii.gz")
    here = ran(folder, *study, "--csv", "here.csv")
    there = ran(folder, *study, "--csv", "there.csv", "--workers", "2")
    assert told(there) == told(here) and there.returncode == 3
    assert (folder / "there.csv").read_bytes() == (folder / "here.csv").read_bytes()


@pytest.mark.parametrize("how", [(), ("--fetch-outputs",)])
def test_a_program_prints_and_saves_the_same_on_workers(folder: Path, how: tuple[str, ...]) -> None:
    program = (
        "examples/glioma/glioma.imgql",
        "-D",
        "NAME=phantom",
        "-D",
        "DATA=examples/glioma/input",
    )
    here = ran(folder, *program, "-D", f"OUTPUT={folder}/here")
    there = ran(folder, *program, "-D", f"OUTPUT={folder}/there", "--workers", "1", *how)
    assert told(there) == told(here) and there.returncode == 0
    saved = sorted(path.name for path in (folder / "here").iterdir())
    assert saved and saved == sorted(path.name for path in (folder / "there").iterdir())
    for name in saved:
        assert (folder / "there" / name).read_bytes() == (folder / "here" / name).read_bytes()
    shutil.rmtree(folder / "there")


def test_combinations_of_cases_are_the_same_on_workers(folder: Path) -> None:
    study = ("examples/study/score.imgql", "--cases", "examples/study/input/{CASE}/flair.nii.gz")
    swept = (*study, "--sweep", "high=0.94,0.97", "--best", "mean(dice)")
    here = ran(folder, *swept, "--csv", "here.csv")
    there = ran(folder, *swept, "--csv", "there.csv", "--workers", "2")
    assert told(there) == told(here) and there.returncode == 3
    assert (folder / "there.csv").read_bytes() == (folder / "here.csv").read_bytes()


def test_what_workers_of_this_machine_keep_is_there_when_they_end(folder: Path) -> None:
    # It takes long enough to be kept. SQLite has its journal beside it until it was closed.
    text = """import "simpleitk"
    load scan = "examples/study/input/p01/flair.nii.gz"
    image = intensity(Expand(scan, 8, sitkLinear))
    print "v" volume(smoothen(image >. 300, 9))
    """
    (folder / "kept.imgql").write_text(text)
    command = [sys.executable, "-m", "voxlogica", "run", "-q", "kept.imgql", "--workers", "1"]
    subprocess.run([*command, "--cache", "store"], cwd=folder, check=True)
    assert [*(folder / "store").rglob("*.b2")]
    assert not (folder / "store" / "index.sqlite-wal").exists()
