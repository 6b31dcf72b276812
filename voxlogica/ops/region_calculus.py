"""The relations RCC-8 of two regions: `import "RegionCalculus"`."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    from voxlogica.interface.calling import has

    found = globals()[name] = has("region_calculus", name)
    return found


def __dir__() -> list[str]:
    from voxlogica.interface.calling import listed

    return listed("region_calculus")
