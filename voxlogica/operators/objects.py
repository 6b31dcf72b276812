"""Objects one by one: the connected components of a region, or what has one label each."""

from __future__ import annotations

import difflib
import math
from collections.abc import Sequence

from voxlogica import kernels
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.operators.components import BySize
from voxlogica.operators.labels import objects_of
from voxlogica.operators.signature import (
    AnyImage,
    Cost,
    Labels,
    Number,
    Numbers,
    OperationError,
    Region,
    Regions,
    Rows,
    Table,
    Text,
    Valuation,
    operator,
)

# What these words meant before was called from nowhere.
_VERSION = 2


@operator("components", version=_VERSION, cost=Cost.PASSES)
def components(region: Region) -> Regions:
    """The connected components of the region, each a region: a sequence, the largest first.

    Of equally large ones that comes first whose first voxel does, x running fastest, then y, then
    z. A voxel is next to all 8 (26) around it. Empty for an empty region. No component takes up
    memory before it is needed.

    Example: components(a)[0]
    """
    runs, _ = objects_of(region, "components")
    return BySize.of(runs, region.geometry)


@operator("components", version=_VERSION, cost=Cost.PASSES, remarks=True)
def components_of_labels(labels: Labels) -> Regions:
    """The objects of an image of labels, each a region: a sequence, the largest first.

    Each positive value is an object, so those that touch stay apart, and one in several pieces is
    one. Of equally large ones that comes first whose first voxel does. 0 is no object; what is
    negative, `nan` or no whole number is an error.

    Example: components(lcc(a))[0]
    """
    runs, _ = objects_of(labels, "components")
    return BySize.of(runs, labels.geometry)


@operator("count_components", cost=Cost.PASSES)
def count_components(region: Region) -> Number:
    """How many connected components the region has.

    A voxel is next to all 8 (26) around it.

    Example: count_components(a)
    """
    runs, _ = objects_of(region, "count_components")
    return float(runs.count)


@operator("count_components", cost=Cost.PASSES, remarks=True)
def count_labels(labels: Labels) -> Number:
    """How many objects an image of labels has: its positive values, each counted once.

    What is negative, `nan` or no whole number is an error.

    Example: count_components(lcc(a))
    """
    runs, _ = objects_of(labels, "count_components")
    return float(runs.count)


@operator("objects", cost=Cost.PASSES, remarks=True)
def objects(labels: AnyImage) -> Table:
    """A table of the objects of an image of labels: a heading, then a row each, by their labels.

    The columns: `label`; `voxels`, how many; `size`, their area or volume in the square or cube of
    the unit of the grid on which labels and values lie, which is that of the values where the
    labels are a picture that says no lengths; `centroid_x`, `centroid_y`, in 3-D `centroid_z`, as
    `centroid` has it, in physical coordinates; `bbox_x`, `bbox_y`, `bbox_z`, the least index along
    each axis, and `bbox_width`, `bbox_height`, `bbox_depth`, how many voxels the box around the
    object has there.
    They may be cells, particles, lesions: other tools call this region properties. Of a region, the
    objects are its connected components, numbered as by `lcc`. Labels that are
    negative, `nan` or no whole numbers are an error. `column` takes one column; `save "cells.csv"`
    writes all.

    Example: column(objects(lcc(a)), "voxels")
    """
    return _table(labels, ())


@operator("objects", cost=Cost.PASSES, remarks=True, names_arguments=True)
def objects_with_values(labels: AnyImage, *values: Valuation) -> Table:
    """The same with three columns more for each image of values: the least, mean and greatest.

    They are called after what the program calls the image: of `dapi`, `min_dapi`, `mean_dapi` and
    `max_dapi`; an image without a name by its number, `min_1`. Values are added up in float64 in
    the order of voxels; where one in the object is `nan`, so are all three. All objects are
    measured in one pass over each image.

    Example: column(objects(lcc(a), v), "mean_v")
    """
    return _table(labels, values)


_STATISTICS = frozenset({"min", "mean", "avg", "max", "median", "stdev", "std", "sum", "count"})


@operator("column", cost=Cost.MOMENT)
def column(rows: Rows, name: Text) -> Numbers:
    """The numbers in a column of a table, from the second row on: the first row has the names.

    A name that the first row has not, or twice, is an error, as is a row without a number there.

    Example: column([["cell", "voxels"], [1, 12], [2, 15]], "voxels")
    """
    return _numbers(rows, _place(rows, name))


@operator("column", cost=Cost.MOMENT)
def column_of(rows: Rows, name: Text, labels: Numbers) -> Numbers:
    """The numbers in a column of a table, of the row of each label in turn; `nan` where none is.

    The row of a label is that which has it in its first column, as those of `objects` do: so what
    was measured of nuclei comes beside what was measured around them, also where there is nothing
    around one. No two rows may have the same number there.

    Example: column([["cell", "voxels"], [1, 12], [2, 15]], "voxels", [2, 3])
    """
    values = _numbers(rows, _place(rows, name))
    found: dict[float, int] = {}
    for number, label in enumerate(_numbers(rows, 0), 2):
        if found.setdefault(label, number) != number:
            raise OperationError(
                f"rows {found[label]} and {number} of this table have both {label:.15g} in the"
                f" first column, `{rows[0][0]}`",
                "what is looked up by that has one row for each",
            )
    return [values[found[label] - 2] if label in found else math.nan for label in labels]


def _place(rows: list[list[float | bool | str]], name: str) -> int:
    """Which column of a table has this name."""
    heading = [cell for cell in rows[0] if isinstance(cell, str)] if rows else []
    if not rows or len(heading) != len(rows[0]):
        raise OperationError(
            "this table has no names of columns: its first row has to name them",
            'as in `[["cell", "voxels"], [1, 12], [2, 15]]`',
        )
    if heading.count(name) != 1:
        # Another statistic is none that was meant.
        is_other = name.partition("_")[0] in _STATISTICS
        near = [] if is_other else difflib.get_close_matches(name, heading, 1)
        found = "no column" if name not in heading else f"{heading.count(name)} columns"
        known = f"its columns are {', '.join(heading)}"
        hint = f"did you mean `{near[0]}`? {known}" if near and near[0] != name else known
        raise OperationError(f"this table has {found} `{name}`", hint)
    return heading.index(name)


def _numbers(rows: list[list[float | bool | str]], place: int) -> list[float]:
    numbers: list[float] = []
    for number, row in enumerate(rows[1:], 2):
        cell = row[place] if place < len(row) else None
        if not isinstance(cell, float):
            what = "nothing" if cell is None else f'"{cell}"' if isinstance(cell, str) else "a bool"
            raise OperationError(
                f"row {number} of this table has {what} in the column `{rows[0][place]}`,"
                " no number",
                "`column` gives numbers; `for row in table[1:] do row[0]` takes any values",
            )
        numbers.append(cell)
    return numbers


def _table(labels: Image, values_and_names: Sequence[Image | str]) -> list[list[float | str]]:
    values = [value for value in values_and_names if isinstance(value, Image)]
    names = " ".join(name for name in values_and_names if isinstance(name, str)).split()
    names = names or [str(number) for number in range(1, len(values) + 1)]
    runs, numbers = objects_of(labels, "objects")
    heading, columns = _places(kernels.objects.extents(runs), labels.geometry)
    for name, image in zip(names, values, strict=True):
        heading += [f"{what}_{name}" for what in ("min", "mean", "max")]
        columns += [found.tolist() for found in kernels.objects.summary(runs, image.array)]
    rows = zip(numbers.tolist(), *columns, strict=True)
    return [["label", *heading], *map(list, rows)]


def _places(
    found: kernels.objects.Extents, geometry: Geometry
) -> tuple[list[str], list[list[float]]]:
    """The columns that say where objects are, and how large, with their names."""
    axes = range(geometry.dimension)
    voxel, voxels = geometry.voxel_size, found.voxels.tolist()
    centroids = [
        geometry.point([total / count for total in totals[: len(axes)]])
        for totals, count in zip(found.sums.tolist(), voxels, strict=True)
    ]
    sides = found.greatest - found.least + 1
    heading = ["voxels", "size"]
    heading += [f"centroid_{'xyz'[axis]}" for axis in axes]
    heading += [f"bbox_{'xyz'[axis]}" for axis in axes]
    heading += [f"bbox_{('width', 'height', 'depth')[axis]}" for axis in axes]
    columns = [
        [float(count) for count in voxels],
        [count * voxel for count in voxels],
        *([point[axis] for point in centroids] for axis in axes),
        *(found.least[:, axis].astype(float).tolist() for axis in axes),
        *(sides[:, axis].astype(float).tolist() for axis in axes),
    ]
    return heading, columns
