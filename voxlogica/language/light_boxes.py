"""Volumes that are saved as pictures: in place of `overlay` stands a light box of its slices."""

from __future__ import annotations

import re
from collections.abc import Sequence

from voxlogica.images.formats import FORMATS, suffix_of
from voxlogica.images.geometry import Geometry
from voxlogica.language.operations import Place
from voxlogica.language.workplan import WorkPlan
from voxlogica.operators.layers import BETWEEN, LIGHT_BOX

# Of what a program calls a layer, so much is in the legend.
_LONGEST = 40
# What may be between commas: brackets and strings, within brackets twice.
_PART = re.compile(r'(?:"[^"\n]*"|\((?:"[^"\n]*"|\([^()]*\)|[^()])*\)|\[[^\[\]]*\]|[^,()\[\]"])+')


def as_picture(plan: WorkPlan, node: int, path: str, place: Place) -> int:
    """What of `overlay` is saved to a path: a light box, where a 2-D format is to hold a volume.

    Where only running the program tells whether it is one, the operation looks.
    """
    kind, form = plan.kinds[node], FORMATS.get(suffix_of(path))
    if form is None or not form.display:
        return node
    if isinstance(kind.space, Geometry) and kind.space.dimension == 2:
        return node
    arguments = plan.arguments(node)
    names = BETWEEN.join(_names(plan.places[node].span.text, len(arguments) - 1))
    return plan.add(LIGHT_BOX, tuple(arguments), (names,), None, place)


def _names(call: str, count: int) -> Sequence[str]:
    """What a call of `overlay` has for its layers, as it is written; else they are numbered."""
    inner = re.fullmatch(r"\w+\s*\((.*)\)", call, re.DOTALL)
    parts = [" ".join(part.split()) for part in _PART.findall(inner[1])] if inner else []
    if len(parts) != count + 1:
        return [f"layer {k + 1}" for k in range(count)]
    return [part if len(part) <= _LONGEST else f"{part[:_LONGEST]}…" for part in parts[1:]]
