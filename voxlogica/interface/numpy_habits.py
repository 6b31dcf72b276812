"""What numpy's arrays do and images do not: told what to write instead."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

from voxlogica.interface.tracebacks import short


class NoArray:
    """An object that an array of numpy's is easily mistaken for."""

    @short
    def __bool__(self) -> bool:
        raise TypeError(
            "an image is neither true nor false: `voxlogica.ops.volume(region) > 0` is whether a"
            " region has voxels; `&`, `|` and `~` are the logic of regions, not `and`, `or`, `not`"
        )

    if not TYPE_CHECKING:  # which tells it otherwise, and sooner

        @short
        def __getattr__(self, name: str) -> NoReturn:
            raise AttributeError(_instead(name), name=name, obj=self)

        @short
        def __getitem__(self, index: object) -> NoReturn:
            raise TypeError("an image has no index: its array has, `image.array[…]`")


def _instead(name: str) -> str:
    import numpy as np

    said = f"an image has no `{name}`"
    if name.startswith("_") or not hasattr(np.ndarray, name):
        return said
    return f"{said}: its array has, `image.array.{name}`{_operator(name)}"


def _operator(name: str) -> str:
    """The operator of the language that does so, and its like."""
    found = {"max": "max", "mean": "avg", "min": "min", "std": "stdev", "sum": "sum"}.get(name)
    return f"; over a region it is `voxlogica.ops.{found}(image, region)`" if found else ""
