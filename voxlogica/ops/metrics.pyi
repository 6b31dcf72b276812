"""Two regions compared, what was found with the truth: `import "metrics"`.

Generated: `python -m voxlogica.interface.stubs` writes it.
"""

from typing import Any

from numpy.typing import NDArray

from voxlogica.interface.image import Image

def accuracy(found: Image | NDArray[Any], truth: Image | NDArray[Any]) -> float:
    """The share of the image's voxels that are in both regions, or in neither."""

def assd(found: Image | NDArray[Any], truth: Image | NDArray[Any]) -> float:
    """The average symmetric surface distance: the mean of all distances between two borders."""

def dice(found: Image | NDArray[Any], truth: Image | NDArray[Any]) -> float:
    """Dice's score: how much the two regions overlap, from 0 to 1."""

def hd(found: Image | NDArray[Any], truth: Image | NDArray[Any]) -> float:
    """Hausdorff's distance: how far the borders of two regions are apart, at most."""

def hd95(found: Image | NDArray[Any], truth: Image | NDArray[Any]) -> float:
    """95 % of the distances between two borders are at most this: of both directions together."""

def hd95_max(found: Image | NDArray[Any], truth: Image | NDArray[Any]) -> float:
    """The greater of the two directions' 95th percentiles of the distances between two borders."""

def jaccard(found: Image | NDArray[Any], truth: Image | NDArray[Any]) -> float:
    """Jaccard's index, intersection over union, from 0 to 1."""

def lesion_f1(
    found: Image | NDArray[Any],
    truth: Image | NDArray[Any],
    least: float = 1,
    iou: float = 0,
    dilation: float = 0,
) -> float:
    """The F1 score of components: sensitivity and precision in one, from 0 to 1."""

def lesion_precision(
    found: Image | NDArray[Any],
    truth: Image | NDArray[Any],
    least: float = 1,
    iou: float = 0,
    dilation: float = 0,
) -> float:
    """The share of what was found that is true, component by component, from 0 to 1."""

def lesion_sensitivity(
    found: Image | NDArray[Any],
    truth: Image | NDArray[Any],
    least: float = 1,
    iou: float = 0,
    dilation: float = 0,
) -> float:
    """The share of the true components that were found, from 0 to 1."""

def lesions(
    found: Image | NDArray[Any],
    truth: Image | NDArray[Any],
    least: float = 1,
    iou: float = 0,
    dilation: float = 0,
) -> list[float]:
    """How many true components were found, how many were missed, how many found ones are false."""

def nsd(found: Image | NDArray[Any], truth: Image | NDArray[Any], mm: float) -> float:
    """The normalised surface distance: the share of both borders within a tolerance, 0 to 1."""

def precision(found: Image | NDArray[Any], truth: Image | NDArray[Any]) -> float:
    """The share of what was found that is true, from 0 to 1."""

def sensitivity(found: Image | NDArray[Any], truth: Image | NDArray[Any]) -> float:
    """The share of the truth that was found, from 0 to 1."""

def specificity(found: Image | NDArray[Any], truth: Image | NDArray[Any]) -> float:
    """The share of what is outside the truth that was left alone, from 0 to 1."""

def volume_similarity(found: Image | NDArray[Any], truth: Image | NDArray[Any]) -> float:
    """How alike the two regions are in size, from 0 to 1, wherever they lie."""
