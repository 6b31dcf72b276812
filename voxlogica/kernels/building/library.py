"""The library of a platform: all kernels that there are, compiled side by side and linked."""

from __future__ import annotations

import sys
from concurrent.futures import ProcessPoolExecutor
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

from voxlogica.allowance import cores
from voxlogica.kernels.building.platforms import PLATFORMS
from voxlogica.kernels.building.sources import KERNELS, digest
from voxlogica.kernels.kernel import Kernel, Version


def versions() -> list[Version]:
    """All that is to be compiled, in the order of their symbols."""
    found: list[Version] = []
    for path in KERNELS.glob("*.py"):
        name = f"voxlogica.kernels.{path.stem}"
        for value in vars(import_module(name)).values():
            if isinstance(value, Kernel) and value.function.__module__ == name:
                found += value.versions
    return sorted(found, key=lambda version: version.symbol)


def built(name: str) -> bytes:
    """The library for a platform."""
    from voxlogica.kernels.building.levels import level_function
    from voxlogica.kernels.building.linking import linked

    platform = PLATFORMS[name]
    wanted = [version.symbol for version in versions()]
    with ProcessPoolExecutor(cores(), get_context("spawn")) as pool:
        compiled = list(pool.map(_objects, [name] * len(wanted), wanted))
    objects = [level_function(platform), *(one for several in compiled for one in several)]
    return linked(platform, objects, name == host())


def _objects(platform: str, symbol: str) -> list[bytes]:
    from voxlogica.kernels.building.front_end import translated
    from voxlogica.kernels.building.levels import objects

    (version,) = (version for version in versions() if version.symbol == symbol)
    return objects(PLATFORMS[platform], translated(version), symbol, version.kernel.unrolled)


def host() -> str:
    """The name of the platform that this is; it may be none that a library can be built for."""
    import platform

    system = {"darwin": "macos"}.get(sys.platform, sys.platform)
    machine = platform.machine().lower().replace("amd64", "x86_64")
    return f"{system}-{machine}"


def bring_up_to_date(name: str, target: Path) -> bool:
    """Build the library at `target` unless it is of these sources; whether that was needed."""
    stamp = target.with_suffix(".sources")
    wanted = f"{name} {digest()}\n"
    if target.exists() and stamp.exists() and stamp.read_text() == wanted:
        return False
    content = built(name)
    temporary = target.with_suffix(".building")
    temporary.write_bytes(content)
    # In one step: processes may have the old one loaded.
    temporary.replace(target)
    stamp.write_text(wanted)
    return True
