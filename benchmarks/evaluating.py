"""Expressions of ImgQL as functions of images in memory: planned and rewritten as in a program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from voxlogica import operators, running
from voxlogica.engine.executor import compute
from voxlogica.images.image import Image
from voxlogica.operators.signature import Number, Region, Space, Valuation, operator
from voxlogica.syntax.source import Source

_GIVEN: list[Image] = []


@operator("givenValuation")
def given_valuation(number: Number, space: Space) -> Valuation:
    """An image in memory."""
    return _GIVEN[int(number)]


@operator("givenRegion")
def given_region(number: Number, space: Space) -> Region:
    """A region in memory."""
    return _GIVEN[int(number)]


def evaluation(
    expression: str, images: Mapping[str, Image], template: Path, rewrites: bool = True
) -> Callable[[], Any]:
    """A function that computes the expression, in which `images` stand under their names.

    `template` is a file of an image of their grid. The function gives an Image, or a number where
    the expression is one. It runs the operations of the plan, rewritten or not, one after the
    other, as a run does, without reading, writing and scheduling.
    """
    operators.registry.cache_clear()
    lines = [f'load template = "{template}"']
    for name, image in images.items():
        kind = "Region" if image.dtype == bool else "Valuation"
        lines.append(f"let {name} = given{kind}({len(_GIVEN)})")
        _GIVEN.append(image)
    text = "\n".join([*lines, f"let result = {expression}"])
    is_image = _is_image(text)
    plan = running.plan(
        Source("expression.imgql", text + _goal(is_image)), dialect=1, rewrites=rewrites
    )
    needed, last = plan.needed(), plan.goals[0].node
    reads = Counter(a for position in needed for a in plan.arguments(position))

    def run() -> Any:
        left, values = reads.copy(), dict[int, Any]()
        for position in needed:
            arguments = plan.arguments(position)
            values[position] = compute(plan.kinds[position], (values[a] for a in arguments))
            left.subtract(arguments)
            for argument in set(arguments):
                if not left[argument] and argument != last:
                    del values[argument]
        return values[last]

    return run


def forget() -> None:
    """Let go of all images; the functions that were made before compute nothing any more."""
    _GIVEN.clear()


def _goal(is_image: bool) -> str:
    return '\nsave "result.nii" result' if is_image else '\nprint "result" result'


def _is_image(text: str) -> bool:
    found = running.check(Source("expression.imgql", text + _goal(True)), dialect=1)
    return not any(diagnostic.severity == "error" for diagnostic in found)
