"""Memory that stays with a process for its next arrays."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest

# How often the system gives memory while arrays of 64 MiB come and go, in a thread of their own.
FAULTS = """
import resource
from concurrent.futures import ThreadPoolExecutor
import numpy as np
from voxlogica.freed_memory import keep_freed_memory
{}

def again():
    for _ in range(10):
        np.ones(1 << 26, np.uint8)

def faults():
    again()
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    again()
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

print(ThreadPoolExecutor(1).submit(faults).result())
"""


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="no C library of GNU's")
def test_freed_memory_is_used_again():
    def faults(setting: str) -> int:
        command = [sys.executable, "-c", FAULTS.format(setting)]
        return int(subprocess.run(command, capture_output=True, check=True, text=True).stdout)

    assert faults("keep_freed_memory()") < 20 < faults("")
