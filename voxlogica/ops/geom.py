"""Drawing on 2-D images, each function a new one: `import "geom"`."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    from voxlogica.interface.calling import has

    found = globals()[name] = has("geom", name)
    return found


def __dir__() -> list[str]:
    from voxlogica.interface.calling import listed

    return listed("geom")
