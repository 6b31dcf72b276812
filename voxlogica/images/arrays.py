"""NumPy, imported when something of it is first used: what only reads headers does without."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from voxlogica.later import Later

__all__ = ["NDArray", "np"]

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
else:
    np, NDArray = Later("numpy"), Any
