"""What runs and sessions give, to be drawn over what they loaded."""

from __future__ import annotations

from typing import Any

from voxlogica.interface.image import Region, handle
from voxlogica.interface.scans import Scans


def over(scans: Scans, value: Any, *, anew: bool = False) -> Any:
    """The same value, its regions to be drawn over scans if over nothing yet, or `anew`."""
    if isinstance(value, list):
        return [over(scans, item, anew=anew) for item in value]
    if isinstance(value, Region) and (anew or value._formula.scan is None):
        return handle(value._formula, value._name, scans.on(value._geometry))
    return value
