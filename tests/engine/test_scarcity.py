"""Too little memory, too few descriptors or threads are told as that, not as a defect."""

from __future__ import annotations

import errno
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from voxlogica.cli.reporting import defect_message
from voxlogica.engine.scarcity import scarcity

resource = pytest.importorskip("resource")

# The command, below a limit.
LIMITED = """
import resource, sys
which, limit = sys.argv[1:3]
resource.setrlimit(getattr(resource, which), (int(limit), int(limit)))
sys.argv[1:3] = []
from voxlogica.cli import main
main()
"""
LACKING = ("not enough memory", "limit on open files", "no further thread", "too many open files")


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.chdir(tmp_path)
    array = np.zeros((60, 120, 120), np.uint8)
    array[20:40, 30:90, 40:80] = 9
    sitk.WriteImage(sitk.GetImageFromArray(array), "m.nii.gz")
    Path("p.imgql").write_text(
        'load m = "m.nii.gz"\nlet r = intensity(m) >. 3\nprint "a" max(dt(r))\n'
        'print "b" max(lcc(r))\nsave "o.nii.gz" dt(r)\n'
    )
    return tmp_path


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the limits mean something else")
@pytest.mark.parametrize(
    ("which", "limit"),
    [
        *(("RLIMIT_AS", megabytes << 20) for megabytes in (150, 250, 350, 400)),
        *(("RLIMIT_NOFILE", files) for files in (6, 7, 8)),
    ],
)
def test_a_limit_that_is_too_low_is_told(which, limit):
    done = subprocess.run(
        [
            *(sys.executable, "-c", LIMITED, which, str(limit)),
            *("run", "p.imgql", "--no-cache", "-j", "2"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "broke down" not in done.stderr
    assert "Traceback" not in done.stderr
    if done.returncode == 0:
        assert done.stdout.startswith("a=")  # it was enough
    else:
        assert done.returncode == 1
        assert done.stderr.count("error: ") == 1
        assert any(words in done.stderr for words in LACKING)
        assert not Path("o.nii.gz").exists()


@pytest.mark.skipif(sys.platform != "linux", reason="elsewhere the limits mean something else")
def test_a_process_that_reads_pictures_may_have_too_little_memory_to_start():
    sitk.WriteImage(sitk.GetImageFromArray(np.zeros((9, 9), np.uint8)), "m.png")
    Path("p.imgql").write_text('load m = "m.png"\nprint "a" max(intensity(m))\n')
    limited = [sys.executable, "-c", LIMITED, "RLIMIT_AS", str(150 << 20)]
    done = subprocess.run(
        [*limited, "run", "p.imgql", "--no-cache"], capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout) == (1, "")
    assert "there is not enough memory for `load`" in done.stderr
    assert "ImportError" not in done.stderr


@pytest.mark.parametrize(
    ("problem", "said"),
    [
        (MemoryError(), "not enough memory"),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), "not enough memory"),
        (ImportError("x.so: failed to map segment from shared object"), "not enough memory"),
        (OSError(errno.EMFILE, "Too many open files"), "limit on open files"),
        (RuntimeError("can't start new thread"), "no further thread"),
        (BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable"), "no further thread"),
    ],
)
def test_how_the_system_says_that_there_is_too_little(problem, said):
    assert said in defect_message(problem).message
    outer = ValueError("in the course of it")
    outer.__cause__ = problem
    assert scarcity(outer) is scarcity(problem)


def test_a_defect_stays_one():
    assert scarcity(ValueError("memory")) is None
    assert "broke down" in defect_message(ValueError("memory")).message
