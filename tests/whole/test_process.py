"""A program that uses voxlogica finds its process as it left it: only the command line sets what is
the whole process's."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

STATE = """
import gc, locale, os, pathlib, resource, signal, sys, threading, warnings

def descriptors():
    gc.collect()
    found = {}
    for number in os.listdir("/proc/self/fd") if sys.platform == "linux" else ():
        try:
            found[number] = os.readlink(f"/proc/self/fd/{number}")
        except FileNotFoundError:
            pass  # that of the listing itself
    return {n: to for n, to in found.items() if not n > "2" or n in "012"}

def umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask

def state():
    import numpy
    return {
        "collector": (gc.isenabled(), gc.get_threshold(), gc.get_freeze_count()),
        "signals": {n: signal.getsignal(n) for n in signal.valid_signals()},
        "masked": signal.pthread_sigmask(signal.SIG_BLOCK, ()),
        "timer": signal.getitimer(signal.ITIMER_REAL),
        "warnings": list(warnings.filters),
        "environment": dict(os.environ),
        "folder": os.getcwd(),
        "umask": umask(),
        "limits": {n: resource.getrlimit(getattr(resource, n))
                   for n in dir(resource) if n.startswith("RLIMIT_")},
        "recursion": sys.getrecursionlimit(),
        "switching": sys.getswitchinterval(),
        "locale": locale.setlocale(locale.LC_ALL),
        "streams": (sys.stdin, sys.stdout, sys.stderr, descriptors()),
        "hooks": (sys.excepthook, threading.excepthook, sys.unraisablehook, sys.displayhook),
        "numpy": (numpy.geterr(), numpy.get_printoptions()),
        "itk": itk(),
    }

def itk():
    import SimpleITK
    process = SimpleITK.ProcessObject
    return (
        process.GetGlobalWarningDisplay(),
        process.GetGlobalDefaultThreader(),
        process.GetGlobalDefaultNumberOfThreads(),
    )
"""

USED = """
import SimpleITK
SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(7)
import numpy, pydicom
before = state()
from voxlogica.dialogue import Dialogue
from voxlogica import running
from voxlogica.syntax.source import Source

program = Source("p", '''
    import "simpleitk"
    a = ReadImage("a.nii.gz")
    save "b.nii.gz" a
    print "v" volume(Median(a, 1) > 3)
    print "n" mean(for x in range(3) do x)
''')
for _ in range(2):
    running.run(program, jobs=2, cache="store", memory_limit=1000)
running.check(program)
running.plan(program)
with Dialogue(jobs=1, cache=False) as session:
    session.enter('load a = "a.nii.gz"')
    session.enter("volume(intensity(a) > 3)")
after = state()
print([name for name in before if before[name] != after[name]])
"""


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    voxels = np.random.default_rng(1).integers(0, 9, (40, 40, 40)).astype(np.uint8)
    sitk.WriteImage(sitk.GetImageFromArray(voxels), "a.nii.gz")
    return tmp_path


# But for what SimpleITK 2.4 warns of when it is imported.
WARNINGS = ["-W", "error", "-W", "ignore:builtin type:DeprecationWarning"]


def test_the_library_leaves_the_process_as_it_was(folder):
    said = subprocess.run(
        [sys.executable, *WARNINGS, "-c", STATE + USED], capture_output=True, text=True
    )
    assert (said.stdout, said.stderr) == ("[]\n", "")


AT_THE_END = """
import sys
import voxlogica.cli.process
voxlogica.cli.process.leave = lambda status: print(status, *itk())
sys.argv = ["voxlogica", "run", "--no-cache", "-q", "-j3", "p.imgql"]
voxlogica.cli.process.run_process()
"""


def test_the_command_line_keeps_libraries_quiet_and_to_its_threads(folder):
    (folder / "p.imgql").write_text("""
import "simpleitk"
print "v" volume(Median(ReadImage("a.nii.gz"), 1) > 3)
""")
    said = subprocess.run(
        [sys.executable, "-c", STATE + AT_THE_END], capture_output=True, text=True, check=True
    )
    assert said.stdout.splitlines()[-1] == "0 False Pool 3"
