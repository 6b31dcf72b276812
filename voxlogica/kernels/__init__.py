"""Algorithms on plain arrays: `kernels.closure.near(region)`.

What has them by this name has each module imported when it is first asked for: all need numpy,
which programs of numbers do without.
"""

from __future__ import annotations

from importlib import import_module
from types import ModuleType

TYPE_CHECKING = False
if TYPE_CHECKING:
    from voxlogica.kernels import (
        blocks,
        bounded_distance,
        closure,
        components,
        distance,
        elementary,
        extents,
        histograms,
        lesions,
        objects,
        otsu,
        quantiles,
        ranks,
        slabs,
        surfaces,
        texture,
    )

# Those that operators call.
__all__ = [
    "blocks",
    "bounded_distance",
    "closure",
    "components",
    "distance",
    "elementary",
    "extents",
    "histograms",
    "lesions",
    "objects",
    "otsu",
    "quantiles",
    "ranks",
    "slabs",
    "surfaces",
    "texture",
]


if not TYPE_CHECKING:

    def __getattr__(name: str) -> ModuleType:
        if name in __all__:
            return import_module(f"{__name__}.{name}")
        raise AttributeError(f"module `{__name__}` has no `{name}`", name=name)
