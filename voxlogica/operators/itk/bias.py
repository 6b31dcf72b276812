"""ITK's N4, in a process of its own: its results depend on how many threads all of ITK has."""

from __future__ import annotations

from typing import Any

from voxlogica.images.arrays import NDArray, np
from voxlogica.images.geometry import Geometry
from voxlogica.images.library import itk_image, reason, simpleitk
from voxlogica.images.readers import in_reader
from voxlogica.operators.signature import OperationError

# As VoxLogicA 2 has it: every second voxel, and so many rounds at each level.
_STEP, _ROUNDS = 2, (30, 20, 10)
# It may take so many times the memory and time that decoding an image takes.
_TIMES = 100


def without_bias(
    values: NDArray[np.float32], region: NDArray[np.bool_], geometry: Geometry
) -> NDArray[np.float32]:
    """Values with the bias found in a region divided out. Raises OperationError if none is."""
    place = [list(geometry.size), *map(list, (geometry.spacing, geometry.direction))]
    inside = region.view(np.uint8)
    size = _TIMES * values.nbytes
    (found, said), _ = in_reader(_corrected, "n4", values, inside, place, size=size)
    if said:
        raise OperationError(f"`n4` failed: {said}")
    return np.ascontiguousarray(found, np.float32)


def _corrected(_: str, values: Any, inside: Any, place: Any) -> tuple[Any, str]:
    """The corrected values, and why there are none. In a reader process."""
    size, spacing, direction = map(tuple, place)
    grid = Geometry(size, spacing, (0.0,) * len(size), direction)
    itk = simpleitk()
    threads = itk.ProcessObject.GetGlobalDefaultNumberOfThreads()
    itk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
    try:
        image = itk_image(values, grid, 1)
        steps = [min(_STEP, side) for side in size]
        few = itk.Shrink(itk_image(inside, grid, 1), steps)
        if not itk.GetArrayViewFromImage(few).any():
            return values, "no voxel of the region is among those that it looks at, every second"
        finding = itk.N4BiasFieldCorrectionImageFilter()
        finding.SetMaximumNumberOfIterations(_ROUNDS)
        finding.Execute(itk.Shrink(image, steps), few)
        return itk.GetArrayFromImage(image / itk.Exp(finding.GetLogBiasFieldAsImage(image))), ""
    except RuntimeError as problem:
        return values, reason(problem)
    finally:
        itk.ProcessObject.SetGlobalDefaultNumberOfThreads(threads)
