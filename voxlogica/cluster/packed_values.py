"""Values as messages have them: in a row, each list before what is in it.

A number, a truth value or a text is itself; anything else is a list that begins with what it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache, partial
from operator import itemgetter
from typing import Any

from voxlogica.cluster.messages import Packing, Unpacking, read, read_count, read_list
from voxlogica.images.arrays import np
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image

# What begins a list.
_LIST, _TUPLE, _IMAGE, _ARRAY, _GEOMETRY, _RECORD, _SCALAR, _WHOLE = range(8)
_FITS = range(-(2**63), 2**64)


@cache
def _records() -> Mapping[type, Mapping[str, tuple[type, ...]]]:
    """What operations give each other that is no value of programs: its fields, and their types."""
    from voxlogica.kernels.quantiles import CountedValues
    from voxlogica.kernels.runs import Runs, RunsBySize
    from voxlogica.operators.components import BySize, RegionComponents
    from voxlogica.operators.pairs import BorderDistances, RegionBorder

    array, count, numbers, place = (np.ndarray,), (int,), (tuple,), (Geometry,)
    number = (float, type(None))
    return {
        Runs: {"shape": numbers, "first": array, "edges": array, "numbers": array, "count": count},
        RunsBySize: {
            "shape": numbers,
            "first": array,
            "rows": array,
            "edges": array,
            "sizes": array,
        },
        RegionComponents: {"runs": (Runs,), "geometry": place},
        BySize: {"runs": (RunsBySize,), "geometry": place},
        RegionBorder: {"voxels": array, "start": numbers, "geometry": place},
        BorderDistances: {"there": array, "back": array, "by_rule": number, "empty": numbers},
        CountedValues: {"counts": array, "lowest": number, "bits": array, "inside": array},
    }


def packed_value(value: Any, packing: Packing) -> list[Any]:
    """A value in a row. Raises TypeError for what cannot travel."""
    row: list[Any] = []
    waiting = [value]
    while waiting:
        current = waiting.pop()
        if isinstance(current, float | bool | str) or current is None:
            row.append(current)
        elif isinstance(current, list | tuple):
            row.append([_LIST if isinstance(current, list) else _TUPLE, len(current)])
            waiting.extend(reversed(current))
        else:
            waiting.extend(reversed(_begin(current, row, packing)))
    return row


def _begin(value: Any, row: list[Any], packing: Packing) -> list[Any]:
    """Add what begins a value to a row; its parts, which come next."""
    if isinstance(value, Image):
        row.append([_IMAGE, *packed_image(value, packing)])
    elif isinstance(value, np.ndarray):
        row.append([_ARRAY, *packing.array(value)])
    elif isinstance(value, Geometry):
        row.append([_GEOMETRY, packing.geometry(value)])
    elif isinstance(value, np.generic):
        row.append([_SCALAR, packing.array(np.asarray(value).reshape(1))[0]])
    elif isinstance(value, int):
        row.append(value if value in _FITS else [_WHOLE, str(value)])
    elif type(value) in _records():
        row.append([_RECORD, [*_records()].index(type(value))])
        return [getattr(value, name) for name in _records()[type(value)]]
    else:
        raise TypeError(f"a {type(value).__name__} cannot travel")
    return []


def value_of(packed: object, unpacking: Unpacking) -> Any:
    """The value that is packed in a row; ValueError where that has none, or more."""
    row = iter(read_list(packed))
    # What is begun, each with how many parts it has and those that are there: at first the whole.
    begun: list[tuple[Callable[[list[Any]], Any], int, list[Any]]] = [(itemgetter(0), 1, [])]
    for value in row:
        if isinstance(value, list):
            begun.append((*_made(value, unpacking), []))
        elif isinstance(value, float | bool | str | int | None):
            begun[-1][2].append(value)
        else:
            raise ValueError("no value")
        while len(begun[-1][2]) == begun[-1][1]:
            made, _, parts = begun.pop()
            if not begun and next(row, row) is not row:
                raise ValueError("more than one value")
            found = made(parts)
            if not begun:
                return found
            begun[-1][2].append(found)
    raise ValueError("a value without an end")


def _made(packed: list[Any], unpacking: Unpacking) -> tuple[Callable[[list[Any]], Any], int]:
    """What makes a value of its parts, and how many those are."""
    kind, *said = packed
    if kind == _LIST:
        return list, read_count(*said)
    if kind == _TUPLE:
        return tuple, read_count(*said)
    if kind == _RECORD:
        of = [*_records()][read_count(*said)]
        return partial(_record, of), len(_records()[of])
    value = _by_itself(kind, said, unpacking)
    return lambda _: value, 0


def _by_itself(kind: object, said: list[Any], unpacking: Unpacking) -> Any:
    """A value that has no parts."""
    if kind == _IMAGE:
        return image_of(said, unpacking)
    if kind == _ARRAY:
        return unpacking.array(said[0], tuple(map(read_count, said[1:])))
    (of,) = said
    if kind == _SCALAR:
        return unpacking.array(of, (1,))[0]
    if kind == _GEOMETRY:
        return unpacking.geometries[read_count(of)]
    if kind == _WHOLE:
        return int(read(of, str))
    raise ValueError("no value")


def packed_image(image: Image, packing: Packing) -> list[Any]:
    """An image by itself: its geometry, the type of its array, and the shape of that."""
    return [packing.geometry(image.geometry), *packing.array(image.array)]


def image_of(packed: object, unpacking: Unpacking) -> Image:
    """The image that is packed so; ValueError where its array does not lie on its grid."""
    number, dtype, *shape = read_list(packed)
    geometry = unpacking.geometries[read_count(number)]
    sides, extra = shape[: geometry.dimension], shape[geometry.dimension :]
    if tuple(sides) != geometry.shape or len(extra) > 1:
        raise ValueError("an array of another shape than its grid")
    return Image(unpacking.array(dtype, tuple(map(read_count, shape))), geometry)


def _record(of: Any, parts: list[Any]) -> Any:
    """What operations give each other, of its fields."""
    for part, (name, types) in zip(parts, _records()[of].items(), strict=True):
        if not isinstance(part, types):
            raise ValueError(f"the {name} of {of.__name__} is a {type(part).__name__}")
    return of(*parts)
