"""Sweeps: the values that a parameter is to have in turn, and the product of several."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal
from itertools import product
from math import prod
from typing import NamedTuple

from voxlogica.language.parameters import Constant
from voxlogica.syntax.printer import number_text

_DECIMAL = r"([-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)"
_RANGE = re.compile(rf"{_DECIMAL}:{_DECIMAL}:{_DECIMAL}", re.ASCII)
_FROM_TO = re.compile(rf"{_DECIMAL}:{_DECIMAL}", re.ASCII)
_DASHED = re.compile(r"(\d+(?:\.\d*)?|\.\d+)\s*(?:-|–|\.\.+)\s*(\d+(?:\.\d*)?|\.\d+)", re.ASCII)
# Commas that are within no brackets and no quotes.
_ITEM = re.compile(r'(?:\[[^\]]*\]|"[^"]*"|[^,])+')
_NAME = re.compile(r"[^\W\d]\w*")
# So many combinations may there be.
MOST = 100_000


class Sweep(NamedTuple):
    """What `--sweep high=0.9:0.99:0.01` says: a name, and the texts of its values in order."""

    name: str
    values: tuple[str, ...]


def sweep(text: str) -> Sweep:
    """The sweep that a text says, `NAME=FROM:TO:STEP` or `NAME=VALUE,VALUE,…`.

    A range goes by decimal arithmetic, so that each value is the number that one would write, and
    has both its ends, the last one where a step comes to it. Raises ValueError.

    >>> sweep("high=0.9:1:0.05").values, sweep("low=0.8,0.85").values
    (('0.9', '0.95', '1'), ('0.8', '0.85'))
    """
    name, separator, said = (part.strip() for part in text.partition("="))
    if not separator or not _NAME.fullmatch(name) or not said:
        raise ValueError(
            f"{text!r} is not of the form NAME=FROM:TO:STEP, as in high=0.9:0.99:0.01, or"
            " NAME=VALUE,VALUE,…, as in high=0.9,0.95"
        )
    if found := _RANGE.fullmatch(said):
        return Sweep(name, _range(text, *map(Decimal, found.groups())))
    if _FROM_TO.fullmatch(said):
        raise ValueError(f"{text!r} has no step: a range is FROM:TO:STEP")
    pointed = said.replace(",", ".")
    if _RANGE.fullmatch(pointed) or _FROM_TO.fullmatch(pointed):
        step = "" if _RANGE.fullmatch(pointed) else ":STEP"
        raise ValueError(f"in {text!r} the decimal sign is a point: {name}={pointed}{step}")
    values = tuple(item.strip() for item in _ITEM.findall(said))
    if len(values) != said.count(",") + 1 and "[" not in said and '"' not in said:
        raise ValueError(f"{text!r} has a comma, and no value beside it")
    if len(values) > MOST:
        raise ValueError(f"{name} has {len(values)} values: at most {MOST} are swept")
    doubled = [value for at, value in enumerate(values) if value in values[:at]]
    if doubled:
        raise ValueError(f"{text!r} has {doubled[0]} more than once")
    return Sweep(name, values)


def meant(name: str, values: Sequence[str]) -> str | None:
    """How values are written that are probably meant, where a parameter refuses those of a sweep.

    >>> meant("high", ["0.9-1"])
    'a range is FROM:TO:STEP: `--sweep high=0.9:1:STEP`'
    """
    if len(values) != 1:
        return None
    if ends := _DASHED.fullmatch(values[0]):
        return f"a range is FROM:TO:STEP: `--sweep {name}={ends[1]}:{ends[2]}:STEP`"
    if inner := re.fullmatch(r"[\[({]([^\[\](){}]+)[\])}]", values[0]):
        return f"values stand in no brackets: `--sweep {name}={inner[1].replace(' ', '')}`"
    return None


def _range(text: str, start: Decimal, end: Decimal, step: Decimal) -> tuple[str, ...]:
    if step == 0 or (end - start) * step < 0:
        raise ValueError(f"{text!r} is no range: no steps of {step} lead from {start} to {end}")
    count = int((end - start) / step) + 1
    if count > MOST:
        raise ValueError(f"{text!r} are {count} values: at most {MOST} are swept")
    values = tuple(number_text(float(start + step * k)) for k in range(count))
    if len(set(values)) < count:
        raise ValueError(f"{text!r}: its steps are finer than numbers can tell")
    return values


def check_product(sweeps: Sequence[Sweep]) -> None:
    """Raises ValueError where there are too many combinations, or a name is swept twice."""
    names = [one.name for one in sweeps]
    for at, name in enumerate(names):
        if name in names[:at]:
            raise ValueError(f"{name} is swept twice: its values stand in one --sweep, by commas")
    count = prod(len(one.values) for one in sweeps)
    if count > MOST:
        raise ValueError(f"the sweeps are {count} combinations: at most {MOST} are run")


def combinations(
    swept: Iterable[tuple[str, Sequence[Constant]]],
) -> list[Mapping[str, Constant]]:
    """Each combination of values, the last name's changing fastest; of no names, an empty one."""
    by_name = dict(swept)
    return [dict(zip(by_name, values, strict=True)) for values in product(*by_name.values())]
