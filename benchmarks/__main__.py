"""Measure what VoxLogicA costs, and print a table of medians and ratios.

    python -m benchmarks                      all, in about 5 minutes on 2 cores
    python -m benchmarks --quick --only dt    rows with this word, on images of an eighth the size
    python -m benchmarks --only together      several processes at once on one store, in 10 minutes
    python -m benchmarks sizes                with and without rewrites at every size (sizes.py)
    python -m benchmarks.studio               programs that are live, and the page in a browser

Each row is timed in turns with a yardstick, with which its result must agree. Ratios tell how many
times faster than the yardstick it is.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks import (
    coordination,
    kernels,
    pages,
    planning,
    programs,
    python,
    sizes,
    startup,
    table,
    together,
)
from benchmarks.inputs import FULL, QUICK, Scale, write_inputs
from benchmarks.measuring import Comparison, Measured, measured

BASELINE = Path(__file__).parent / "baseline.json"


def comparisons(inputs: Path, scale: Scale, scratch: Path) -> Iterator[Comparison]:
    """All of them, those of kernels first."""
    yield from kernels.comparisons(inputs)
    yield from startup.comparisons(scratch)
    yield from programs.comparisons(inputs, scale, scratch)
    yield from pages.comparisons(inputs, scratch)


def main() -> int:
    """Measure, print, and compare with the baseline where that is asked for."""
    # An installed package is kept as byte code, so that a start does not compile it: here as well.
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    options = _options()
    if options.what == "sizes":
        return sizes.main(options.only, options.quick, options.json)
    scale = QUICK if options.quick else FULL
    inputs = Path(options.inputs or tempfile.gettempdir()) / f"voxlogica-benchmarks-{scale.name}"
    write_inputs(inputs, scale)
    rows: list[Measured] = []
    status = 0
    print(table.HEAD)
    with tempfile.TemporaryDirectory() as scratch:
        for comparison in comparisons(inputs, scale, Path(scratch)):
            if options.only not in f"{comparison.group} {comparison.name}":
                continue
            try:
                rows.append(measured(comparison))
                print(table.line(rows[-1]), flush=True)
            except (AssertionError, subprocess.CalledProcessError) as failed:
                print(f"{comparison.name}: {failed}", file=sys.stderr, flush=True)
                status = 1
    if options.json:
        Path(options.json).write_text(table.to_json(rows, scale.name))
    if options.check:
        for slower in table.regressions(rows, table.read_baseline(BASELINE).get(scale.name, {})):
            print(f"slower than it was: {slower}", file=sys.stderr)
            status = 1
    if options.save_baseline:
        table.write_baseline(BASELINE, rows, scale.name)
    if options.only in "coordination":
        status |= coordination.main()
    if options.only == "together":  # which takes longer than all the rest
        status |= together.main(inputs / "phantom_flair.nii.gz", 4 if options.quick else 24)
    if options.only in "python":
        status |= python.main()
    if options.only in "planning":
        status |= planning.main(100 if options.quick else 1000)
    return status


def _options() -> argparse.Namespace:
    assert __doc__ is not None
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("what", nargs="?", choices=("all", "sizes"), default="all")
    parser.add_argument("--only", metavar="WORD", default="", help="rows whose name has this word")
    parser.add_argument("--quick", action="store_true", help="smaller images")
    parser.add_argument("--json", metavar="FILE", help="write the rows to FILE as well")
    parser.add_argument(
        "--check",
        action="store_true",
        help="fail when a ratio is more than 30 %% below benchmarks/baseline.json",
    )
    parser.add_argument(
        "--save-baseline", action="store_true", help="make these ratios the baseline"
    )
    parser.add_argument("--inputs", metavar="DIR", help="where to keep the inputs that are made")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
