"""The operators of ImgQL: one module a family, each operator one function under `@operator`."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from voxlogica.primitives.signature import REGISTRY, Operator

# In the order in which manuals show them.
_FAMILIES = (
    "scalars",
    "colour",
    "constants",
    "logic",
    "comparisons",
    "arithmetic",
    "topology",
    "distance",
    "statistics",
    "texture",
    "selection",
    "thresholds",
    "components",
    "arguments",
)


@cache
def registry() -> dict[str, tuple[Operator, ...]]:
    """Every operator under each of its names; a name's overloads in order of declaration."""
    for family in _FAMILIES:
        import_module(f"{__name__}.{family}")
    return {name: tuple(overloads) for name, overloads in REGISTRY.items()}
