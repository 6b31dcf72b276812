"""Make the input of `coloured_items.imgql`: `photo.png`, coloured things on a grey table.

    python -m examples.coloured_items.make_inputs

writes `photo.png` (480 × 360, RGB) and `truth.png` (255 where a thing is) into `input/` beside this
file. The table is uneven, darker towards the corners, strewn with grey pebbles and coloured dust;
the things are shaded, throw a shadow, and the round ones have a white highlight.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import SimpleITK as sitk  # noqa: N813
from numpy.typing import NDArray

Field = NDArray[np.floating]
Distance = Field  # pixels to a shape's outline, negative inside

WIDTH, HEIGHT = 480, 360
SEED = 8
RED, ORANGE, GREEN, BLUE = (205, 45, 40), (235, 150, 30), (60, 160, 70), (45, 90, 200)


def blurred(values: Field, sigma: float) -> Field:
    """Values blurred by a Gaussian of `sigma` pixels."""
    image = sitk.GetImageFromArray(values.astype(np.float32))
    return np.asarray(sitk.GetArrayFromImage(sitk.SmoothingRecursiveGaussian(image, sigma)), float)


def grain(rng: np.random.Generator, sigma: float) -> Field:
    """Random values of mean 0 and deviation 1, alike over about `sigma` pixels."""
    field = blurred(rng.standard_normal((HEIGHT, WIDTH)), sigma)
    return np.asarray((field - field.mean()) / field.std())


def disc(x: Field, y: Field, radius: float | Field) -> Distance:
    """A disc at the origin."""
    return np.asarray(np.hypot(x, y) - radius)


def block(x: Field, y: Field, width: float, height: float, turned: float) -> Distance:
    """A rectangle at the origin, turned by so many degrees, its corners rounded."""
    c, s = np.cos(np.deg2rad(turned)), np.sin(np.deg2rad(turned))
    dx, dy = np.abs(c * x + s * y) - width / 2 + 5, np.abs(c * y - s * x) - height / 2 + 5
    inside: Distance = np.minimum(np.maximum(dx, dy), 0)
    return inside + disc(np.maximum(dx, 0), np.maximum(dy, 0), 5)


def star(x: Field, y: Field, radius: float) -> Distance:
    """A star of five soft points at the origin."""
    return disc(x, y, radius * (0.78 + 0.22 * np.cos(5 * np.arctan2(y, x) + 1)))


def things(
    x: Field, y: Field
) -> Iterator[tuple[tuple[int, int, int], Distance, tuple[int, int] | None]]:
    """Colour, outline and place of the highlight of each thing on the table."""
    yield RED, disc(x - 112, y - 104, 46), (96, 86)
    yield BLUE, block(x - 252, y - 92, 96, 58, 24), None
    yield GREEN, star(x - 388, y - 118, 58), None
    yield ORANGE, np.abs(disc(x - 126, y - 252, 44)) - 15, None
    yield RED, block(x - 262, y - 246, 34, 104, 62), None
    yield BLUE, disc(x - 388, y - 262, 35), (377, 248)


def photo(seed: int = SEED) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The photo, an array over (y, x, colour), and where the things are."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:HEIGHT, :WIDTH].astype(float)

    table = 158 + 5 * grain(rng, 30) + 4 * grain(rng, 1.5)
    for across, down, radius in (
        (40, 190, 9),
        (205, 170, 7),
        (330, 190, 10),
        (448, 40, 8),
        (300, 330, 9),
    ):
        table += -70 * np.clip(0.5 - disc(x - across, y - down, radius), 0, 1)
    truth = np.zeros((HEIGHT, WIDTH), bool)
    for _, outline, _ in things(x - 7, y - 9):
        table *= 1 - 0.35 * np.clip(0.5 - outline / 9, 0, 1)
    picture = table[..., None] * np.array([1.02, 1.0, 0.96])  # lamplight: a little warm

    for colour, outline, highlight in things(x, y):
        shade = 0.72 + 0.28 * np.clip(-outline / 22, 0, 1) + 0.03 * grain(rng, 4)
        surface = shade[..., None] * np.array(colour, float)
        if highlight:
            glint = np.exp(-((np.hypot(x - highlight[0], y - highlight[1]) / 9) ** 2))[..., None]
            surface += 1.3 * glint * (245 - surface)
        cover = np.clip(0.5 - outline / 2, 0, 1)[..., None]
        picture = cover * surface + (1 - cover) * picture
        truth |= outline < 0

    dust = rng.random((HEIGHT, WIDTH)) < 0.004
    picture[dust] = rng.uniform(20, 235, (int(dust.sum()), 3))
    vignette = 1 - 0.38 * (((x - WIDTH / 2) / WIDTH) ** 2 + ((y - HEIGHT / 2) / HEIGHT) ** 2) / 0.5
    picture = picture * vignette[..., None] + rng.normal(0, 5, picture.shape)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8), truth


def main(folder: Path = Path(__file__).parent / "input") -> None:
    """Write the photo and its truth into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    picture, truth = photo()
    sitk.WriteImage(sitk.GetImageFromArray(picture, isVector=True), folder / "photo.png")
    sitk.WriteImage(sitk.GetImageFromArray(np.uint8(255) * truth), folder / "truth.png")


if __name__ == "__main__":
    main()
