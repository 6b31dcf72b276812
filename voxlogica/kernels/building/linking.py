"""From object code to a library: by the system's C compiler, or by Zig's where there is none."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from importlib.util import find_spec
from pathlib import Path

from voxlogica.kernels.building.platforms import Platform

# Nothing of when, where and from which files it was linked is in a library.
_REPEATABLE = ("-Wl,--build-id=none", "-Wl,-z,noexecstack", "-Wl,--hash-style=gnu")


class LinkError(Exception):
    """Object code could not be made a library."""


def linked(platform: Platform, objects: list[bytes], host: bool) -> bytes:
    """A library of object code that needs no other but for `memset`, which each process has.

    `host` says whether it is for the system that this is. Raises LinkError where there is no
    linker, or it fails.
    """
    with tempfile.TemporaryDirectory() as folder:
        names = [f"{number:03}.o" for number in range(len(objects))]
        for name, content in zip(names, objects, strict=True):
            (Path(folder) / name).write_bytes(content)
        command = [*_linker(platform, host), *_options(platform), "-o", "library", *names]
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, errors="replace", check=False
        )
        if done.returncode != 0:
            raise LinkError(f"{' '.join(command[:8])} …: {done.stderr.strip()[-2000:]}")
        return (Path(folder) / "library").read_bytes()


def _linker(platform: Platform, host: bool) -> list[str]:
    if host and shutil.which("cc"):
        return ["cc"]
    if find_spec("ziglang") is None:
        raise LinkError("there is no C compiler `cc`: install one, or `pip install ziglang`")
    return [sys.executable, "-m", "ziglang", "cc", "-target", platform.zig]


def _options(platform: Platform) -> tuple[str, ...]:
    if platform.is_apple:
        return ("-dynamiclib", "-Wl,-undefined,dynamic_lookup", "-Wl,-install_name,@rpath/library")
    return ("-shared", "-nostdlib", "-s", *_REPEATABLE)
