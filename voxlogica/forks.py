"""What a fork waits for: that no thread is in the middle of importing what computing needs.

Modules are imported where they are first needed, and any thread may be the first to. A child that
is forked meanwhile has the module half made, and a lock on it that nobody drops: it would wait for
ever as soon as it needs it, too. So at the first fork of a process that has other threads, all that
computing may ever import is imported; what another thread is at is waited for. It takes half a
second, which no child of the process has to spend again.
"""

from __future__ import annotations

# A fork takes its locks, and those of `logging`, which modules need as they are imported: so this
# is registered after them, for what is registered last is done first.
import concurrent.futures.thread
import os
import sys
import threading
from contextlib import suppress
from importlib import import_module

# Where computing has its modules, and those there that it never imports.
_ROOMS = (
    *("syntax", "language", "engine", "images", "kernels", "pictures", "operators", "report"),
    *("batch", "explanations", "interface", "ops"),
)
_ALONE = (
    *("allowance", "dialogue", "explaining", "live", "outcome"),
    *("plan_to_report", "running", "user_cache"),
)
_APART = (
    *("voxlogica.images.reader_process", "voxlogica.interface.case_frames"),
    *("voxlogica.interface.stubs", "voxlogica.kernels.building"),
)
# What functions import that is not of voxlogica.
OTHERS = (
    *("asyncio", "ctypes", "datetime", "fcntl", "fractions", "grp", "hashlib", "importlib.util"),
    *("json", "mmap", "numbers", "pwd", "resource", "shlex", "shutil", "socket", "subprocess"),
    *("tempfile", "traceback", "xml.etree.ElementTree"),
    *("dask.local", "dask.order", "imagecodecs", "lark", "lark.grammar", "lark.lexer"),
    *("lark.parsers.lalr_analysis", "numpy", "numpy.random", "xxhash"),
)
# How the names begin of what only some need, and takes long: it is waited for where somebody has
# begun to import it.
SELDOM = (
    *("IPython", "SimpleITK", "distributed", "ipyniivue", "msgpack", "nibabel", "pandas"),
    *("pydicom", "voxlogica.cluster"),
    "voxlogica.interface.case_frames",
)


def modules() -> list[str]:
    """The modules of voxlogica that computing may import."""
    from pkgutil import iter_modules

    packages = [f"voxlogica.{room}" for room in _ROOMS]
    found = [*packages, *(f"voxlogica.{name}" for name in _ALONE)]
    while packages:
        package = packages.pop()
        inner = [
            one
            for one in iter_modules(import_module(package).__path__, f"{package}.")
            if one.name not in _APART
        ]
        found += [one.name for one in inner]
        packages += [one.name for one in inner if one.ispkg]
    return found


class _Imports:
    """What has been seen to."""

    are_whole = False


def _import_all() -> None:
    if threading.active_count() == 1:
        return
    names = [name for name in [*sys.modules] if name.startswith(SELDOM)]
    if not _Imports.are_whole:
        names += [*OTHERS, *modules()]
    for name in names:
        with suppress(ImportError):  # what an extra brings, or a library that is no module
            import_module(name)
    _Imports.are_whole = True


assert concurrent.futures.thread
# Their locks are taken for a fork, too, from the first one on.
for _name in ("voxlogica.engine.locks", "voxlogica.engine.store_database"):
    import_module(_name)
os.register_at_fork(before=_import_all)
