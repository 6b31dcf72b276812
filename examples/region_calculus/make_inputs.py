"""Make the input of `region_calculus.imgql`: `pairs.png`, eight pairs of regions.

    python -m examples.region_calculus.make_inputs

writes `pairs.png` (RGB) into `input/` beside this file. Its rows, 48 pixels high, are the eight
relations of RCC-8. On the left of a row stand two regions: the first is what is red, the second
what is green, so that what both share is yellow. On the right are eight empty squares, some of
which the program will fill. Names and frames are too pale to be part of a region.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813
from numpy.typing import NDArray

Region = NDArray[np.bool_]

RELATIONS = ("dc", "ec", "po", "tpp", "ntpp", "tppi", "ntppi", "eq")
ROW = 48  # height of a row: pixels
SQUARES = 176  # where the squares of a row begin
STEP = 40  # from one square to the next
SIDE = 24  # of a square
HEAD = 24  # height of the head-line, which holds the names of the columns
SHAPE = (HEAD + ROW * len(RELATIONS), SQUARES + STEP * len(RELATIONS))

PALE = (110, 110, 190)

# The letters of the relations' names, five pixels high.
LETTERS = {
    "c": (" ##", "#  ", "#  ", "#  ", " ##"),
    "d": ("  #", "  #", " ##", "# #", " ##"),
    "e": (" # ", "# #", "###", "#  ", " ##"),
    "i": ("#", " ", "#", "#", "#"),
    "n": ("   ", "## ", "# #", "# #", "# #"),
    "o": ("   ", " # ", "# #", "# #", " # "),
    "p": ("## ", "# #", "## ", "#  ", "#  "),
    "q": (" ##", "# #", " ##", "  #", "  #"),
    "t": ("# ", "##", "# ", "# ", " #"),
}


def pairs() -> list[tuple[Region, Region]]:
    """Two regions for each relation, on a field 96 wide and `ROW` high."""
    y, x = np.mgrid[:ROW, :96]

    def disc(across: int, radius: int) -> Region:
        return np.asarray((x - across) ** 2 + (y - 24) ** 2 <= radius**2)

    def box(left: int, top: int, right: int, bottom: int) -> Region:
        return np.asarray((left <= x) & (x < right) & (top <= y) & (y < bottom))

    ring = disc(48, 20) & ~disc(48, 14)
    angle = box(20, 4, 76, 44) & ~box(34, 16, 76, 44)
    dumbbell = disc(26, 15) | disc(70, 15) | box(26, 21, 70, 27)
    return [
        (disc(48, 9), ring),  # in the hole of a ring, but not near it
        (angle, box(34, 16, 72, 40)),  # set into an angle, sharing an edge
        (disc(36, 19), box(40, 12, 88, 36)),
        (box(12, 16, 44, 42), box(12, 6, 84, 42)),  # flush with two sides
        (disc(26, 8) | disc(70, 8), dumbbell),  # a region may have several parts
        (box(20, 4, 76, 44), angle),
        (disc(48, 20), box(38, 20, 58, 28)),
        (dumbbell, dumbbell),
    ]


def write(picture: NDArray[np.uint8], word: str, top: int, left: int) -> None:
    """Draw a word, each dot of its letters 2 × 2 pixels."""
    for letter in word:
        dots = np.array([[dot == "#" for dot in line] for line in LETTERS[letter]])
        dots = dots.repeat(2, axis=0).repeat(2, axis=1)
        picture[top : top + len(dots), left : left + dots.shape[1]][dots] = PALE
        left += dots.shape[1] + 2


def main(folder: Path = Path(__file__).parent / "input") -> None:
    """Write the pairs into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    picture = np.zeros((*SHAPE, 3), np.uint8)
    for row, (relation, (first, second)) in enumerate(zip(RELATIONS, pairs(), strict=True)):
        top = HEAD + ROW * row
        write(picture, relation, top + ROW // 2 - 5, 8)
        write(picture, relation, 8, SQUARES + STEP * row)
        picture[top : top + ROW, 64:160, 0] = 255 * first
        picture[top : top + ROW, 64:160, 1] = 255 * second
        for left in range(SQUARES, SHAPE[1], STEP):
            square = picture[top + 12 : top + 12 + SIDE, left : left + SIDE]
            square[:] = PALE
            square[1:-1, 1:-1] = 0
    sitk.WriteImage(sitk.GetImageFromArray(picture, isVector=True), folder / "pairs.png")


if __name__ == "__main__":
    main()
