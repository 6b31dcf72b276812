"""Images compared and counted, voxel by voxel, whatever their type: `import "arrays"`.

Generated: `python -m voxlogica.interface.stubs` writes it.
"""

from collections.abc import Sequence
from typing import Any, overload

from numpy.typing import NDArray

from voxlogica.interface.image import Image, Region

def array_stats(image: Image | NDArray[Any]) -> list[float]:
    """Mean, standard deviation, minimum, maximum, median, count and number of distinct values."""

def compare_arrays(a: Image | NDArray[Any], b: Image | NDArray[Any]) -> list[float]:
    """How two images differ: counts of equal and of other voxels, and their differences b − a."""

@overload
def confusion_matrix(found: Image | NDArray[Any], truth: Image | NDArray[Any]) -> list[list[float]]:
    """How many voxels of each true class were found to be of each class."""

@overload
def confusion_matrix(
    found: Image | NDArray[Any], truth: Image | NDArray[Any], classes: float
) -> list[list[float]]:
    """How many voxels of each true class were found to be of each class, for so many classes."""

@overload
def count_pixels(image: Image | NDArray[Any]) -> list[list[float]]:
    """How many voxels have each value: [value, count] for every value, the least first."""

@overload
def count_pixels(image: Image | NDArray[Any], value: float) -> float:
    """How many voxels have a value."""

@overload
def dice_score(found: Image | NDArray[Any], truth: Image | NDArray[Any]) -> float:
    """The Dice score of two regions: how much they overlap, from 0 to 1."""

@overload
def dice_score(found: Image | NDArray[Any], truth: Image | NDArray[Any], label: float) -> float:
    """The Dice score of the voxels that have a label in both images."""

@overload
def jaccard_index(found: Image | NDArray[Any], truth: Image | NDArray[Any]) -> float:
    """The Jaccard index, intersection over union, of two regions."""

@overload
def jaccard_index(found: Image | NDArray[Any], truth: Image | NDArray[Any], label: float) -> float:
    """The Jaccard index, intersection over union, of the voxels that have a label."""

def pixel_accuracy(found: Image | NDArray[Any], truth: Image | NDArray[Any]) -> float:
    """The share of voxels, from 0 to 1, that have the same value in both images."""

@overload
def threshold_equal(image: Image | NDArray[Any], value: float) -> Region:
    """The voxels that have a value."""

@overload
def threshold_equal(
    image: Image | NDArray[Any], value: float, inside: float, outside: float = 0
) -> Image:
    """A number at the voxels that have a value, another elsewhere."""

def vector_double(numbers: Sequence[float] | NDArray[Any]) -> list[float]:
    """The sequence, of numbers, as SimpleITK's filters want it."""

def vector_uint32(numbers: Sequence[float] | NDArray[Any]) -> list[float]:
    """The sequence, of whole numbers from 0 to 4,294,967,295, as SimpleITK's filters want it."""
