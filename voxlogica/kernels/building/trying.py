"""Trying a kernel out, without building the library: compiled for this processor, here and now."""

from __future__ import annotations

import ctypes
import tempfile
from pathlib import Path
from typing import ParamSpec, TypeVar

from voxlogica.kernels import machine_code
from voxlogica.kernels.building.front_end import translated
from voxlogica.kernels.building.levels import objects
from voxlogica.kernels.building.library import host
from voxlogica.kernels.building.linking import linked
from voxlogica.kernels.building.platforms import PLATFORMS
from voxlogica.kernels.kernel import Kernel, compiled

P = ParamSpec("P")
R = TypeVar("R")


def tried(kernel: Kernel[P, R], *signatures: str) -> Kernel[P, R]:
    """The kernel, compiled for its own signatures, or for those given, at this processor's level.

    Raises KernelError where it does not compile to machine code that stands on its own.
    """
    trial = compiled(*(signatures or kernel.signatures))(kernel.function)
    platform = PLATFORMS[host()]
    ours = [level.name for level in platform.levels].index(machine_code.level())
    code = [
        objects(platform, translated(v), v.symbol, v.kernel.unrolled)[ours] for v in trial.versions
    ]
    with tempfile.NamedTemporaryFile(suffix=Path(machine_code.NAME).suffix) as file:
        file.write(linked(platform, code, host=True))
        file.flush()
        # Once loaded, it stays, whatever becomes of the file.
        library = ctypes.CDLL(file.name)
    for version in trial.versions:
        function_pointer = library[f"{version.symbol}__{machine_code.level()}"]
        address = ctypes.cast(function_pointer, ctypes.c_void_p).value
        assert address is not None
        trial.use(version, address)
    return trial
