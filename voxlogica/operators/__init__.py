"""The operators of ImgQL: one module a heading of the manual, each declared once."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module

from voxlogica.operators.signature import REGISTRY, Operator
from voxlogica.operators.voxelwise import declare

# The headings of the manuals, in their order, with what they say. Each but those of the table of
# voxel-wise operators has a module of its name.
HEADINGS = {
    "scalars": "Numbers and truth values without a place: the dotted operators.",
    "colour": "From a loaded image to numbers, component by component, and back.",
    "channels": "Of several numbers a voxel, or several images in a file, the one that is meant.",
    "constants": "Images that are the same whatever was loaded: they take the space of what they"
    " meet.",
    "logic": "The connectives, voxel by voxel.",
    "comparisons": "Regions from numbers: thresholds. The dot stands on the number's side.",
    "arithmetic": "Arithmetic of float32, voxel by voxel. The dot of an operator stands on the"
    " number's side.",
    "mathematics": "Roots, powers, rounding, and the lesser and greater, voxel by voxel.",
    "topology": "The closure space of an image: what is next to what, and what is connected.",
    "objects": "Objects one by one: the connected components of a region, or what has one label"
    " each.",
    "distance": "Distances, in the physical unit of the image's spacing: millimetres in medical"
    " images.",
    "statistics": "Numbers that sum up an image, and values seen against all others.",
    "summaries": "Operations that rewriting makes: a region's values, gone through once for all who"
    " ask of them.",
    "measures": "Where images and regions lie, and how large they are, in the unit of lengths of"
    " their files.",
    "texture": "Texture: what the values around a voxel are like.",
    "selection": "Choosing, of an image's values, those in a region.",
    "thresholds": "Operations that rewriting makes: comparing a distance, or a rank, without"
    " computing it.",
    "components": "Operations that rewriting makes: the components of a region, found once for all"
    " who ask.",
    "pairs": "Operations that rewriting makes: what metrics of two regions have in common, found"
    " once.",
    "arguments": "Telling two arguments apart by type: for library functions that take them in"
    " either order.",
    "sequences": "Numbers that sum up a sequence of numbers, and orders of it.",
    "voxlogica2": "Words of VoxLogicA 2 for what other operators, or SimpleITK's filters, do.",
    "strings": "Strings: putting them together, and taking them apart.",
    "folders": "What is in folders: data sets, case by case.",
    "layers": "Images for looking at.",
    "arrays": "Images compared and counted, voxel by voxel, whatever their type.",
    "metrics": "Two regions compared, what was found with the truth; `hd95` and `nsd` are always"
    " there.",
    "geom": "Drawing on 2-D images: each function gives a new image.",
}
_OF_THE_TABLE_ALONE = frozenset({"logic", "comparisons", "arithmetic", "mathematics", "selection"})

# Those of them whose operators have to be imported, but for some; other namespaces are made when
# they are asked for.
_NAMESPACES = ("strings", "arrays", "metrics", "geom")

# What of `arrays` comes with SimpleITK too, whose filters take it.
_VECTORS = ("vector_uint32", "vector_double")

Overloads = tuple[Operator, ...]


@cache
def registry() -> dict[str, Overloads]:
    """Every operator under each of its names; a name's overloads in order of declaration."""
    for heading in HEADINGS:
        declare(heading)
        if heading not in _OF_THE_TABLE_ALONE:
            import_module(f"{__name__}.{heading}")
    found = {name: tuple(sorted(o, key=_place)) for name, o in REGISTRY[""].items()}
    return dict(sorted(found.items(), key=lambda entry: _place(entry[1][0])))


_ORDER = {heading: number for number, heading in enumerate(HEADINGS)}


def _place(operator: Operator) -> tuple[int, int]:
    """Where an operator stands in the manuals, in whichever order modules were imported.

    Those that another module declares under a heading come after its own, those of no heading last.
    """
    heading, module = operator.heading, operator.function.__module__.rpartition(".")[2]
    place = _ORDER.get(heading, len(_ORDER))
    return place, -1 if module == heading else _ORDER.get(module, -1)


def namespaces() -> tuple[str, ...]:
    """The names that can be imported beside libraries."""
    return ("simpleitk", "vox1", *_NAMESPACES)


@cache
def namespace(name: str) -> Mapping[str, Overloads]:
    """The operators that `import` of a namespace brings, by their names in it.

    Raises KeyError for another name.
    """
    if name == "simpleitk":
        from voxlogica.operators.itk.declaring import OPERATORS

        # Published programs make vectors for filters without importing where they are declared.
        return {**OPERATORS, **{own: namespace("arrays")[own] for own in _VECTORS}}
    if name == "vox1":
        return registry()
    if name not in _NAMESPACES:
        raise KeyError(name)
    import_module(f"{__name__}.{name}")
    return {own: tuple(found) for own, found in REGISTRY[name].items()}
