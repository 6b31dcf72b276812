"""The relations RCC-8 of two regions: `import "RegionCalculus"`.

Generated: `python -m voxlogica.interface.stubs` writes it.
"""

import numpy as np
from numpy.typing import NDArray

from voxlogica.interface.image import Region

def dc(a: Region | NDArray[np.bool_], b: Region | NDArray[np.bool_]) -> bool:
    """Disconnected: both there, and no voxel of one near the other."""

def dr(a: Region | NDArray[np.bool_], b: Region | NDArray[np.bool_]) -> bool:
    """Discrete: both there, and sharing no voxel."""

def ec(a: Region | NDArray[np.bool_], b: Region | NDArray[np.bool_]) -> bool:
    """Externally connected: sharing no voxel, but near each other."""

def eq(a: Region | NDArray[np.bool_], b: Region | NDArray[np.bool_]) -> bool:
    """Equal: both there, and the same."""

def ntpp(a: Region | NDArray[np.bool_], b: Region | NDArray[np.bool_]) -> bool:
    """Non-tangential proper part: a proper part, and so is what is near it."""

def ntppi(a: Region | NDArray[np.bool_], b: Region | NDArray[np.bool_]) -> bool:
    """Inverse of non-tangential proper part."""

def o(a: Region | NDArray[np.bool_], b: Region | NDArray[np.bool_]) -> bool:
    """Overlap: they share a voxel."""

def p(a: Region | NDArray[np.bool_], b: Region | NDArray[np.bool_]) -> bool:
    """Part: a is not empty and lies within b."""

def pi(a: Region | NDArray[np.bool_], b: Region | NDArray[np.bool_]) -> bool:
    """Inverse of part: b is part of a."""

def po(a: Region | NDArray[np.bool_], b: Region | NDArray[np.bool_]) -> bool:
    """Partial overlap: they share a voxel, and neither is part of the other."""

def pp(a: Region | NDArray[np.bool_], b: Region | NDArray[np.bool_]) -> bool:
    """Proper part: part, and not all of it."""

def ppi(a: Region | NDArray[np.bool_], b: Region | NDArray[np.bool_]) -> bool:
    """Inverse of proper part: b is a proper part of a."""

def tpp(a: Region | NDArray[np.bool_], b: Region | NDArray[np.bool_]) -> bool:
    """Tangential proper part: a proper part that comes within one step of the outside."""

def tppi(a: Region | NDArray[np.bool_], b: Region | NDArray[np.bool_]) -> bool:
    """Inverse of tangential proper part."""
