"""The operators of ImgQL: one module a family, each operator one function under `@operator`."""

from __future__ import annotations

from functools import cache
from importlib import import_module

from voxlogica.primitives.signature import REGISTRY, Operator, operators_of

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
    "sequences",
)

# What `import` of a namespace makes available, under its own name and as `namespace.name`: the
# modules in which its operators are declared.
_NAMESPACES: dict[str, tuple[str, ...]] = {}


@cache
def registry() -> dict[str, tuple[Operator, ...]]:
    """Every operator under each of its names; a name's overloads in order of declaration."""
    for family in _FAMILIES:
        import_module(f"{__name__}.{family}")
    return {name: tuple(overloads) for name, overloads in REGISTRY.items()}


def namespaces() -> tuple[str, ...]:
    """The names of the namespaces that there are."""
    return tuple(_NAMESPACES)


@cache
def namespace(name: str) -> dict[str, tuple[Operator, ...]]:
    """The operators of a namespace, under each of their names."""
    for module in _NAMESPACES[name]:
        import_module(f"{__name__}.{module}")
    return {known: tuple(found) for known, found in operators_of(name).items()}
