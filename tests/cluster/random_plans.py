"""Plans at random: of cases that share some images and meet in some, of numbers, files, effects.

Their images are as large as a scan by what the plan says of them, so that it matters to a cluster
where they are computed, and have four voxels when they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import SimpleITK as sitk  # noqa: N813
from hypothesis import strategies as st

from voxlogica.dataclass import dataclass, field
from voxlogica.images.geometry import Geometry
from voxlogica.images.given import given_image
from voxlogica.images.image import Image
from voxlogica.images.reading import open_image
from voxlogica.language.formulas import HeldValue
from voxlogica.language.operations import Form, Kind, Place
from voxlogica.language.workplan import Print, Save, WorkPlan
from voxlogica.operators.literals import HELD, LOAD, NUMBER_LITERAL
from voxlogica.operators.signature import (
    MODEL,
    NUMBER,
    REGION,
    STRING,
    VALUATION,
    Cost,
    Operator,
    Purity,
    Type,
    sequence_of,
)
from voxlogica.syntax.source import Source, Span

PLACE = Place(Span(Source("p", "abc"), 0, 3))
SMALL = Geometry.of_size(2, 2)
RANKED = Type("ranked values")
IMAGES = sequence_of(VALUATION)
NUMBERS = sequence_of(NUMBER)
FILES = 8


def write_files(folder: Path) -> None:
    for number in range(FILES):
        array = np.arange(4, dtype=np.float32).reshape(2, 2) + 10 * number
        sitk.WriteImage(sitk.GetImageFromArray(array), str(folder / f"{number}.mha"))


def mixed(*values: Any) -> Any:
    """An array, or a number, that any other of the values would change."""
    total: Any = 1.0
    for count, value in enumerate(values):
        if isinstance(value, list):
            value = mixed(*value)
        elif isinstance(value, Image):
            value = value.array.astype(np.float64)
        elif isinstance(value, str):
            value = float(len(value))
        total = (total * 3 + value * (count + 7)) % 1009.0
    return total


def image(*values: Any) -> Image:
    found = np.zeros((2, 2), np.float32) + mixed(*values)
    return Image(found.astype(np.float32), SMALL)


def region(*values: Any) -> Image:
    return Image(image(*values).array > 500, SMALL)


def number(*values: Any) -> float:
    return float(np.sum(mixed(*values)) % 1009)


def text(*values: Any) -> str:
    return f"{number(*values):g}.mha"


def op(
    name: str,
    result: Type,
    function: Callable[..., Any],
    cost: Cost,
    purity: Purity = Purity.PURE,
) -> Operator:
    return Operator(name, (), result, function, "", cost, purity=purity)


# Each with what it takes: "i" an image, "n" a number, "r" ranked values, "s" a sequence of images,
# "t" a text.
OPERATORS: Sequence[tuple[Operator, str]] = [
    (op("pass", VALUATION, image, Cost.PASS), "ii"),
    (op("convert", VALUATION, image, Cost.PASS), "i"),
    (op("shift", VALUATION, image, Cost.PASS), "in"),
    (op("filter", VALUATION, image, Cost.MUCH), "i"),
    (op("grow", REGION, region, Cost.PASSES), "ii"),
    (op("above", REGION, region, Cost.PASS), "in"),
    (op("mix", VALUATION, image, Cost.MUCH), "iii"),
    (op("ranked", RANKED, lambda *v: (image(*v),), Cost.MUCH), "i"),
    (op("quantile", NUMBER, lambda r, *v: number(*r, *v), Cost.MUCH), "rn"),
    (op("ranks", VALUATION, lambda r, *v: image(*r, *v), Cost.PASS), "r"),
    (op("measure", NUMBER, number, Cost.PASSES), "ii"),
    (op("mean", NUMBER, number, Cost.PASS), "i"),
    (op("add", NUMBER, number, Cost.NOTHING), "nn"),
    (op("add", NUMBER, number, Cost.NOTHING), "nn"),
    (op("name", STRING, text, Cost.MOMENT), "n"),
    (op("images", IMAGES, lambda *v: [*v], Cost.NOTHING), "iii"),
    (op("vote", VALUATION, image, Cost.MUCH), "s"),
    (op("numbers", NUMBERS, lambda *v: [*v], Cost.NOTHING), "nnn"),
    (op("write", STRING, image, Cost.MUCH, Purity.EFFECT), "it"),
    (op("read", VALUATION, image, Cost.READING, Purity.READING), "t"),
    (op("clock", NUMBER, lambda *v: 7.0, Cost.NOTHING, Purity.OUTSIDE), "n"),
    (op("drawn", REGION, region, Cost.MUCH), "n"),
    (op("border", REGION, region, Cost.PASS), ""),
]
_OF_TYPE = {VALUATION: "i", REGION: "i", MODEL: "i", NUMBER: "n", RANKED: "r", IMAGES: "s"}


@dataclass(slots=True)
class Pool:
    """The operations of a case, or of what cases share, by the letter of what they result in."""

    letters: dict[str, list[int]] = field(default_factory=dict)

    def add(self, plan: WorkPlan, position: int) -> None:
        letter = (
            "t"
            if plan.kinds[position].type == STRING
            else _OF_TYPE.get(plan.kinds[position].type, "other")
        )
        found = self.letters.setdefault(letter, [])
        if position not in found:
            found.append(position)


@st.composite
def plans(draw: st.DrawFn, folder: Path) -> WorkPlan:
    """A plan of some cases; pool 0 is of what they share, and where they meet."""
    plan = WorkPlan()
    edge = draw(st.sampled_from([4, 60, 200]))
    space = Geometry.of_size(edge, edge, edge)
    files = draw(st.integers(1, FILES))
    pools = [Pool() for _ in range(files + 1)]

    def put(pool: Pool, operator: Operator, arguments: tuple[int, ...], *constants: Any) -> None:
        lies = space if operator.result.is_image else None
        pool.add(plan, plan.add(operator, arguments, constants, lies, PLACE))

    for count in range(files):
        file = open_image(str(folder / f"{count}.mha"))
        pools[count + 1].add(plan, plan.add(LOAD, (), (file,), space, PLACE, MODEL))
    put(pools[0], NUMBER_LITERAL, (), 3.0)
    put(pools[0], OPERATORS[-1][0], ())
    if draw(st.booleans()):
        array = np.full((2, 2), 5, np.float32)
        constants = (given_image(array, SMALL, "given"),)
        pools[0].add(plan, plan.add(LOAD, (), constants, space, PLACE, MODEL))
    if draw(st.booleans()):
        kind = Kind.of(HELD, 0, (HeldValue(image(4.0)),), Form(VALUATION, space, True))
        pools[0].add(plan, plan.add_of(kind, (), PLACE.span, None, b"held".ljust(32)))
    # How often a case looks beside itself.
    strays = draw(st.sampled_from([0, 3, 20]))
    for step in range(draw(st.integers(1, 90))):
        number_of = draw(st.integers(0, files)) if draw(st.integers(0, 3)) == 0 else None
        at = number_of if number_of is not None else 1 + step % files
        operator, takes = draw(st.sampled_from(OPERATORS))
        arguments: list[int] = []
        for letter in takes:
            pool = pools[at]
            if at == 0 or draw(st.integers(0, 99)) < strays:
                pool = draw(st.sampled_from(pools))
            found = pool.letters.get(letter) or pools[0].letters.get(letter)
            if not found:
                break
            arguments.append(found[-1 - draw(st.integers(0, min(4, len(found) - 1)))])
        if len(arguments) == len(takes):
            put(pools[at], operator, tuple(arguments), float(draw(st.integers(0, 5))))
    size = len(plan)
    wanted = draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=12))
    wanted += [p for pool in pools for found in pool.letters.values() for p in found[-1:]]
    for count, position in enumerate(wanted):
        type_ = plan.kinds[position].type
        if type_ in (RANKED, IMAGES):
            continue
        if type_.is_image and draw(st.booleans()):
            plan.goals.append(Save(f"{count}.mha", position, PLACE.span, number=count))
        else:
            plan.goals.append(Print("p", position, PLACE.span))
    return plan
