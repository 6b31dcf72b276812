"""Building the library of the kernels' machine code.

    python -m voxlogica.kernels.building [--platform NAME] [--output FILE]

Numba and llvmlite have to be installed, in the versions that `pyproject.toml` pins. The library is
put beside the kernels, where programs look for it; what is there already is built anew only where
the kernels' sources have changed since.
"""

from __future__ import annotations

import argparse
import sys
from importlib.util import find_spec
from pathlib import Path
from time import perf_counter

from voxlogica.kernels import machine_code
from voxlogica.kernels.building.library import bring_up_to_date, host
from voxlogica.kernels.building.platforms import PLATFORMS
from voxlogica.kernels.building.sources import KERNELS


def main() -> None:
    """The command."""
    arguments = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    arguments.add_argument("--platform", default=host())
    arguments.add_argument("--output", type=Path, default=KERNELS / machine_code.NAME)
    given = arguments.parse_args()
    if given.platform not in PLATFORMS:
        sys.exit(f"kernels are compiled for {', '.join(PLATFORMS)}, not for {given.platform}")
    if find_spec("numba") is None:
        sys.exit("kernels are compiled by Numba, of the version in pyproject.toml: install it")
    from voxlogica.kernels.building.front_end import KernelError
    from voxlogica.kernels.building.linking import LinkError

    begin = perf_counter()
    try:
        is_new = bring_up_to_date(given.platform, given.output)
    except (KernelError, LinkError) as problem:
        sys.exit(f"the kernels cannot be built: {problem}")
    if is_new:
        size = given.output.stat().st_size
        print(f"{given.output}: {size:,} bytes, built in {perf_counter() - begin:.1f} s")


if __name__ == "__main__":
    main()
