"""What a run imports, writes and starts, the first one on a machine like all others."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica import running
from voxlogica.engine import executor
from voxlogica.engine.events import Started
from voxlogica.engine.store import Store
from voxlogica.syntax.source import Source

PROGRAM = """
load scan = "scan.nii.gz"
let bright = intensity(scan) >. 90
print "reached" volume(touch(bright, near(bright)))
print "largest" volume(maxvol(bright))
print "parts" max(lcc(bright))
save "out.nii.gz" bright
"""

# What was imported, and which threads there have been, is told after the run.
RUN = """
import json, os, sys, threading
started = []
start = threading.Thread.start
threading.Thread.start = lambda thread: (started.append(thread.name), start(thread))[1]
import voxlogica.cli
from voxlogica.cli import process
def leave(status):
    task = "/proc/self/task"
    system = len(os.listdir(task)) if os.path.isdir(task) else 1
    said = {"modules": sorted(sys.modules), "threads": started, "system": system}
    open("told.json", "w").write(json.dumps(said))
    raise SystemExit(status)
process.leave = leave
voxlogica.cli.main()
"""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    voxels = np.random.default_rng(1).integers(0, 100, (20, 30, 40)).astype(np.float32)
    sitk.WriteImage(sitk.GetImageFromArray(voxels), "scan.nii.gz")
    Path("program.imgql").write_text(PROGRAM)


def run(*options, cache="--no-cache"):
    process = subprocess.run(
        [sys.executable, "-c", RUN, "run", "program.imgql", cache, *options],
        capture_output=True,
        text=True,
    )
    assert process.returncode == 0, process.stderr
    return process.stdout, process.stderr, json.loads(Path("told.json").read_text())


def test_the_first_run_is_like_later_ones():
    first, said, told = run()
    assert said == ""
    assert not {"numba", "llvmlite", "SimpleITK", "sqlite3"} & set(told["modules"])
    second, said, later = run()
    assert (second, said) == (first, "")
    assert later["modules"] == told["modules"]


def test_a_user_without_a_home_has_no_first_run(tmp_path, monkeypatch):
    for name in ("HOME", "XDG_CACHE_HOME", "VOXLOGICA_CACHE"):
        monkeypatch.setenv(name, "/nonexistent")
    before = sorted(tmp_path.rglob("*"))
    _, said, _ = run()
    assert said == ""
    assert set(tmp_path.rglob("*")) - set(before) == {
        tmp_path / "out.nii.gz",
        tmp_path / "told.json",
    }


def test_observers_are_told_in_their_own_thread():
    seen = []
    running.run(
        Source("p", PROGRAM), observe=lambda e: seen.append((e, threading.current_thread()))
    )
    (told,) = {thread for _, thread in seen}
    assert told is threading.current_thread()


@pytest.mark.parametrize("jobs", [1, 2, 3])
def test_no_more_threads_compute_than_were_asked_for(jobs):
    *_, told = run("-q", "-j", str(jobs))
    computing = [name for name in told["threads"] if name.startswith(("voxlogica_", "slabs"))]
    others = [name for name in told["threads"] if name not in computing]
    assert others == []
    assert 1 <= sum(name.startswith("voxlogica_") for name in computing) <= jobs
    if jobs == 1:
        assert len(computing) == 1
        # Nor any that a library started: there are the main one, that which signals wake, and
        # perhaps still that one.
        assert told["system"] <= 3


# What tells of errors, and what reads and writes formats that a program does not name.
ONLY_SOMETIMES = {
    *("lark", "platformdirs", "fractions", "pydicom", "SimpleITK", "numba", "llvmlite"),
    *(f"voxlogica.language.{name}" for name in ("complaints", "remedies", "other_languages")),
    *(f"voxlogica.syntax.{name}" for name in ("explaining", "habits")),
    *(f"voxlogica.images.{name}" for name in ("metaimage", "nrrd", "png", "jpeg", "bmp", "tiff")),
    *(f"voxlogica.images.{name}" for name in ("dicom", "dicom_frames", "reader_process")),
}


def test_a_run_imports_nothing_that_only_others_need():
    *_, told = run()
    assert ONLY_SOMETIMES & set(told["modules"]) == set()


def test_numbers_alone_need_no_thread_no_scheduler_and_no_store(tmp_path):
    Path("program.imgql").write_text('let f(x) = x .+. 1\nprint "a" f(f(1))\nprint "b" f(2) .>. 3')
    printed, said, told = run(cache=f"--cache={tmp_path / 'store'}")
    assert (printed, said) == ("a=3\nb=false\n", "")
    assert told["threads"] == []
    heavy = {"numpy", "dask", "sqlite3", "ctypes", "isal", "tempfile"}
    writing = {f"voxlogica.images.{name}" for name in ("writing", "encoding", "reading", "nifti")}
    assert (heavy | writing | ONLY_SOMETIMES) & set(told["modules"]) == set()
    assert not (tmp_path / "store").exists()


def test_numbers_alone_are_told_like_other_work():
    seen = []
    running.run(Source("p", 'print "a" 1 .+. 2'), rewrites=False, observe=seen.append)
    assert [e.work.name for e in seen if isinstance(e, Started)] == ["number", "number", ".+."]


@pytest.mark.parametrize("jobs", [1, 2])
def test_on_one_core_nothing_is_computed_while_a_result_is_written(jobs, monkeypatch):
    computing, during = [], []
    put_many, operator_compute = Store.put_many, executor.compute

    def put(self, results):
        results = list(results)
        during.append(len(computing))
        put_many(self, results)
        during.append(len(computing))

    def compute(kind, values):
        computing.append(kind.operator.name)
        return operator_compute(kind, values)

    monkeypatch.setattr(Store, "put_many", put)
    monkeypatch.setattr(executor, "compute", compute)
    chain = "".join(f'let r{i} = near(r{i - 1})\nsave "{i}.mha" r{i}\n' for i in range(1, 6))
    source = f'load scan = "scan.nii.gz"\nlet r0 = intensity(scan) >. 98\n{chain}'
    running.run(Source("p", source), jobs=jobs, observe=lambda e: None)
    assert len(during) > 2
    if jobs == 1:
        assert during[::2] == during[1::2]


def test_nothing_that_the_parser_needs_is_taken_from_the_users_folder(tmp_path):
    """A pickle there, as Lark would keep, is neither read nor replaced; and none is made."""
    Path("program.imgql").write_text('print "a" 1 .+. 2')
    folder = tmp_path / "cache" / "voxlogica"
    assert run()[:2] == ("a=3\n", "")
    assert not folder.exists()
    folder.mkdir(parents=True)
    trap = b"cposix\nsystem\n(S'touch sprung'\ntR."
    (folder / "grammar.tables").write_bytes(trap)
    assert run()[0] == "a=3\n"
    assert not Path("sprung").exists()
    assert [(p.name, p.read_bytes()) for p in folder.iterdir()] == [("grammar.tables", trap)]
