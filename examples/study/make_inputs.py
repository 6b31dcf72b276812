"""Make the inputs of the study: twelve small phantoms of FLAIR scans, their truths, and a table.

    python -m examples.study.make_inputs

writes, for each case, `p01/flair.nii.gz` (0 outside the brain) and `p01/truth.nii.gz` (1 in the
lesion, else 0) into `input/` beside this file, and there `cases.csv`: in which hospital each was
scanned, and whether thresholds may be chosen on it. Scanners differ in noise, scans in brightness
and size; one person is healthy.
"""

from __future__ import annotations

import csv
from pathlib import Path

from examples.dataset.make_inputs import phantom
from examples.phantoms import Grid

CASES = 12
HEALTHY = 9
SEED = 40
NOISE = {"north": 26.0, "south": 40.0}


def main(folder: Path = Path(__file__).parent / "input") -> None:
    """Write the cases, and the table of them, into `folder`."""
    rows = []
    for number in range(1, CASES + 1):
        name, hospital = f"p{number:02}", ("north", "south")[number % 2]
        grid = Grid(shape=(26 + 2 * (number % 3), 50, 42), spacing=(3.0, 3.0, 4.0))
        images = phantom(grid, SEED + number, NOISE[hospital], number == HEALTHY)
        for image, voxels in zip(("flair", "truth"), images, strict=True):
            grid.write(folder / name / f"{image}.nii.gz", voxels)
        rows.append((name, hospital, "test" if number % 3 == 0 else "train"))
    with (folder / "cases.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file, lineterminator="\n").writerows([("CASE", "hospital", "split"), *rows])


if __name__ == "__main__":
    main()
