"""Two regions compared, what was found with the truth: `import "metrics"`."""

from __future__ import annotations

from typing import Any


def __getattr__(name: str) -> Any:
    from voxlogica.interface.calling import has

    found = globals()[name] = has("metrics", name)
    return found


def __dir__() -> list[str]:
    from voxlogica.interface.calling import listed

    return listed("metrics")
