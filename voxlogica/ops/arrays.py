"""Images compared and counted, voxel by voxel, whatever their type: `import "arrays"`."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    from voxlogica.interface.calling import has

    found = globals()[name] = has("arrays", name)
    return found


def __dir__() -> list[str]:
    from voxlogica.interface.calling import listed

    return listed("arrays")
