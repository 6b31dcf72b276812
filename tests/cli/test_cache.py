"""`voxlogica cache`: looking at a store, checking it, making it smaller."""

from __future__ import annotations

import os
import re
import signal
import sqlite3
import subprocess
import sys
from contextlib import closing
from hashlib import sha256
from pathlib import Path

import numpy as np
import pytest

from voxlogica.engine.store_opening import open_store
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image

VOXLOGICA = [sys.executable, "-m", "voxlogica", "cache"]


def run(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*VOXLOGICA, *arguments], capture_output=True, text=True, check=False, **options
    )


def say(*arguments: str, **options) -> str:
    """What a command says that does well."""
    done = run(*arguments, **options)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def operation(name: str) -> bytes:
    return sha256(name.encode()).digest()


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    """A store of four operations: a number, an image, one that failed and one that is running."""
    folder = tmp_path / "store"
    monkeypatch.setenv("VOXLOGICA_CACHE", str(folder))
    monkeypatch.setenv("COLUMNS", "200")
    voxels = np.random.default_rng(0).integers(0, 256, (100, 1000), np.uint8)
    image = Image(voxels, Geometry.of_size(1000, 100))
    with open_store(folder, warn=pytest.fail) as store:
        store.put(operation("number"), 2.5, operator="volume", seconds=0.25)
        store.put(operation("image"), image, operator="load", seconds=12.0)
        store.failed(operation("failed"), "percentiles", "out of \x1b[31mmemory\nand patience")
        store.running(operation("running"), "dt")
    return folder


def test_info_says_where_the_store_is_and_how_full():
    assert re.fullmatch(
        f"folder +{os.environ['VOXLOGICA_CACHE']}\n"
        r"size +10\d\.\d KB of 10\.0 GB\n"
        r"completed +2\nrunning +1\nfailed +1\n",
        say("info"),
    )
    limited = {**os.environ, "VOXLOGICA_CACHE_LIMIT": "2GiB"}
    assert "of 2.1 GB" in say("info", env=limited)


def test_ls_shows_an_operation_a_line():
    lines = [re.split(r"  +", line) for line in say("ls").splitlines()]
    assert [line[:2] for line in lines] == [
        [operation(name).hex()[:12], state]
        for name, state in [
            ("number", "completed"),
            ("image", "completed"),
            ("failed", "failed"),
            ("running", "interrupted"),
        ]
    ]
    assert lines[0][2:4] + lines[0][5:] == ["259 B", "0.250 s", "volume", "number"]
    assert re.fullmatch(r"10\d\.\d KB", lines[1][2])
    assert lines[1][3:4] + lines[1][5:] == ["12.000 s", "load", "model"]
    assert all(re.fullmatch(r"\d+ s", line[4]) for line in lines[:2])


def test_ls_failed_says_why_without_what_a_terminal_would_obey():
    (line,) = say("ls", "--failed").splitlines()
    assert "percentiles" in line
    assert line.endswith(
        "out of \N{REPLACEMENT CHARACTER}[31mmemory\N{REPLACEMENT CHARACTER}and patience"
    )


HOLDING = """
import os, sys
from pathlib import Path
from voxlogica.engine.claims import Claims
from voxlogica.engine.store_opening import open_store
folder, id = Path(sys.argv[1]), bytes.fromhex(sys.argv[2])
with open_store(folder, warn=print) as store, Claims(folder).claim(id):
    store.running(id, "near")
    print("held", flush=True)
    sys.stdin.read()
"""


def test_ls_running_tells_what_is_running_from_what_was_interrupted(folder):
    id = operation("held").hex()
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDING, str(folder), id],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout.readline() == "held\n"
        interrupted, running = (
            re.split(r"  +", line) for line in say("ls", "--running").splitlines()
        )
        assert interrupted[:2] == [operation("running").hex()[:12], "interrupted"]
        assert running[:2] == [id[:12], "running"]
        assert running[-1].startswith(f"{holder.pid}@")
        holder.send_signal(signal.SIGKILL)
        holder.wait()
        lines = say("ls", "--running").splitlines()
        assert [re.split(r"  +", line)[1] for line in lines] == ["interrupted"] * 2


def test_verify_says_what_is_damaged_and_removes_it(folder):
    assert say("verify") == "checked 2 results, 0 damaged\n"
    (frame,) = folder.rglob("*.b2")
    frame.write_bytes(frame.read_bytes()[:-1] + b"?")
    (folder / "parts" / "old.part").write_bytes(b"half")
    found = run("verify")
    assert found.returncode == 1
    assert found.stdout == "checked 2 results, 1 damaged\n"
    assert found.stderr == f"error: {operation('image').hex()} was damaged: load\n"
    assert say("verify") == "checked 1 result, 0 damaged\n"
    stray = folder / "frames" / "00" / f"{bytes(32).hex()}.b2"
    stray.parent.mkdir(parents=True)
    stray.touch()
    assert say("verify") == "checked 1 result, 0 damaged; removed 1 stray file\n"
    assert not stray.exists()


def test_verify_of_a_damaged_index(folder):
    index = folder / "index.sqlite"
    index.write_bytes(b"\xff" * index.stat().st_size)
    found = run("verify")
    assert (found.returncode, found.stdout) == (1, "checked 0 results, 0 damaged\n")
    assert found.stderr == (
        f"warning: the index of the store {folder} was damaged or missing: results are computed"
        " again\n"
    )
    assert say("verify") == "checked 0 results, 0 damaged\n"


def test_prune_drops_by_age_or_size(folder):
    with closing(sqlite3.connect(folder / "index.sqlite")) as index, index:
        query = "UPDATE results SET used = used - 7200 WHERE id = ?"
        index.execute(query, (operation("number"),))
    assert say("prune", "--older-than", "3h") == "dropped 0 results, 0 B\n"
    assert say("prune", "--older-than", "90m") == "dropped 1 result, 259 B\n"
    assert say("prune", "--max-size", "1MB") == "dropped 0 results, 0 B\n"
    last = say("prune", "--max-size", "10KB", "--older-than", "2w")
    assert re.fullmatch(r"dropped 1 result, 10\d\.\d KB\n", last)
    assert list(folder.rglob("*.b2")) == []


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "say what to drop: --max-size SIZE, --older-than AGE, or both"),
        (["--max-size", "lots"], "'lots' is not a size: write it as 500MB, 10GB or 10GiB"),
        (["--older-than", "1y"], "'1y' is not an age: write it as 90m, 12h, 30d or 2w"),
    ],
)
def test_prune_explains_wrong_usage(arguments, message):
    wrong = run("prune", *arguments)
    assert (wrong.returncode, wrong.stdout) == (2, "")
    assert message in wrong.stderr


def test_clear_drops_everything(folder):
    assert re.fullmatch(r"dropped 4 results, 10\d\.\d KB\n", say("clear"))
    assert say("ls") == ""
    assert list(folder.rglob("*.b2")) == []


@pytest.mark.parametrize("command", ["ls", "info", "verify", "clear", "prune --older-than 1d"])
def test_no_store_yet_is_said_and_none_is_made(tmp_path, command):
    name, *arguments = command.split()
    place = tmp_path / "none"
    assert say(name, *arguments, "--cache", str(place)) == f"there is no store in {place} yet\n"
    assert not place.exists()


def test_a_store_that_cannot_be_used_is_one_line_and_exit_status_1(folder):
    with closing(sqlite3.connect(folder / "index.sqlite")) as index:
        index.execute("PRAGMA user_version = 99")
    for command in ("ls", "info", "verify", "clear"):
        wrong = run(command)
        assert (wrong.returncode, wrong.stdout) == (1, "")
        assert wrong.stderr.count("\n") == 1
        assert "made by a newer version of voxlogica" in wrong.stderr


def test_help_imports_nothing_heavy():
    done = subprocess.run(
        [sys.executable, "-X", "importtime", *VOXLOGICA[1:], "ls", "--help"],
        capture_output=True,
        text=True,
        check=True,
    )
    heavy = {"numpy", "imagecodecs", "sqlite3", "platformdirs", "SimpleITK", "dask"}
    assert not {line.rpartition("|")[2].strip() for line in done.stderr.splitlines()} & heavy
