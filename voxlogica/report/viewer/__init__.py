"""The one component that shows a scan with regions in a page: a script and a style sheet.

Both are of this project alone: no library, no step that builds them, and nothing that they ask of
anywhere. What the script offers is the class `Viewer`, described in `viewer.js`.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from voxlogica.images.geometry import Geometry
from voxlogica.pictures.planes import Plane, planes

# In the order in which they stand in a page; what is first is used by what follows.
SCRIPTS = ("slices.js", "drawing.js", "plane.js", "viewer.js")
STYLE = "viewer.css"


def script() -> str:
    """The whole script, for one element or one file of a page; all that it declares is `Viewer`."""
    texts = "\n".join(_text(name) for name in SCRIPTS)
    return f'(function () {{\n"use strict";\n{texts}\nwindow.Viewer = Viewer;\n}})();\n'


def style() -> str:
    """The style sheet; `--ink`, `--paper`, `--line` and `--faint` are the page's colours."""
    return _text(STYLE)


def grid_json(geometry: Geometry) -> dict[str, object]:
    """What a `Viewer` is told of a grid, as JSON: size and spacing (x first), unit, planes."""
    return {
        "size": list(geometry.size),
        "spacing": list(geometry.spacing),
        "unit": geometry.unit,
        "planes": planes_json(planes(geometry)),
    }


def planes_json(ways: Sequence[Plane]) -> list[dict[str, object]]:
    """What a `Viewer` is told of planes."""
    return [
        {
            "name": plane.name,
            "across": plane.across,
            "down": plane.down,
            "through": plane.through,
            "backwards": list(plane.backwards),
            "sides": plane.sides and plane.sides._asdict(),
        }
        for plane in ways
    ]


def _text(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8")
