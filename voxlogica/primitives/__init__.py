"""The operators of ImgQL: one module a family, each operator one function under `@operator`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from voxlogica.primitives.signature import REGISTRY, Operator

# In the order in which manuals show them.
FAMILIES = (
    "scalars",
    "colour",
    "channels",
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
    "strings",
    "folders",
    "layers",
)

# The modules of the namespaces that are declared here; the others are made when asked for.
_NAMESPACES = ("strings", "arrays", "geom")

# What of `arrays` comes with SimpleITK too, whose filters take it.
_VECTORS = ("vector_uint32", "vector_double")

Overloads = tuple[Operator, ...]


@cache
def registry() -> dict[str, Overloads]:
    """Every operator under each of its names; a name's overloads in order of declaration."""
    for family in FAMILIES:
        import_module(f"{__name__}.{family}")
    return {name: tuple(overloads) for name, overloads in REGISTRY[""].items()}


def namespaces() -> tuple[str, ...]:
    """The names that can be imported beside libraries."""
    return ("simpleitk", "vox1", *_NAMESPACES)


@cache
def namespace(name: str) -> Mapping[str, Overloads]:
    """The operators that `import` of a namespace brings, by their names in it.

    Raises KeyError for another name.
    """
    if name == "simpleitk":
        from voxlogica.primitives.simpleitk import operators

        # Published programs make vectors for filters without importing where they are declared.
        return {**operators(), **{own: namespace("arrays")[own] for own in _VECTORS}}
    if name == "vox1":
        return registry()
    if name not in _NAMESPACES:
        raise KeyError(name)
    import_module(f"{__name__}.{name}")
    # Some of it may be there without importing it.
    always = {own: found for own, found in registry().items() if found[0].family == name}
    return {own: tuple(found) for own, found in REGISTRY.get(name, {}).items()} | always
