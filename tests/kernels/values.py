"""Images whose values are of every make, and a number of cores to look at them with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import numpy as np

from voxlogica.kernels.slabs import Cores

SHAPE = (3, 200, 300)  # enough for slabs of two cores
# Whole numbers in a small range or a large one, floats of one magnitude or of all, specials.
IMAGES = {
    "grey levels": lambda rng: rng.integers(-5, 500, SHAPE),
    "one value": lambda rng: np.full(SHAPE, 7.0),
    "wide whole numbers": lambda rng: rng.integers(0, 1 << 24, SHAPE),
    "one that is not whole, at the end": lambda rng: (
        np.arange(np.prod(SHAPE)) // 9 * 1.0
        + 0.5 * (np.arange(np.prod(SHAPE)) == np.prod(SHAPE) - 1)
    ),
    "one magnitude": lambda rng: 250 + rng.random(SHAPE),
    "all magnitudes": lambda rng: rng.normal(size=SHAPE) * 10.0 ** rng.integers(-44, 38, SHAPE),
    "specials": lambda rng: rng.choice(
        np.array([0.0, -0.0, 1e-45, -1e-45, np.inf, -np.inf, np.nan, -np.nan, 3e38, 0.5]), SHAPE
    ),
}


@contextmanager
def on(number: int) -> Iterator[None]:
    cores = Cores(number)
    with cores.working():
        yield
    cores.close()


def image(name: str) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    values = IMAGES[name](rng).reshape(SHAPE).astype(np.float32)
    return values, rng.random(SHAPE) < 0.6
