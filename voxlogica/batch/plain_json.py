"""JSON whose values are values of programs: tables of cases, and files of parameters."""

from __future__ import annotations

import json
from collections import Counter
from math import inf
from typing import NoReturn

from voxlogica.batch.words import complaint, in_code, listed
from voxlogica.images.errors import shortened
from voxlogica.language.parameters import Constant


def parsed_json(name: str, text: str, before: int = 0) -> object:
    """What a text of JSON has, that stands after so many lines of `name`; numbers are floats.

    Raises VoxLogicaError: also where an object has a name twice, and for what only Python takes for
    JSON, as `NaN`.
    """

    def once(pairs: list[tuple[str, object]]) -> dict[str, object]:
        doubled = [key for key, times in Counter(key for key, _ in pairs).items() if times > 1]
        if doubled:
            raise complaint(
                f"{name}: {listed(in_code(doubled))} is there more than once in one object"
            )
        return dict(pairs)

    def no_number(text: str) -> NoReturn:
        raise complaint(f"{name}: {text} is no number of JSON")

    try:
        return json.loads(text, object_pairs_hook=once, parse_int=float, parse_constant=no_number)
    except json.JSONDecodeError as problem:
        where = f"{name}:{problem.lineno + before}:{problem.colno}"
        said = f"{where}: not JSON: {problem.msg[:1].lower()}{problem.msg[1:]}"
        raise complaint(said) from None
    except (RecursionError, ValueError) as problem:
        said = f"{name}: not JSON that can be read: {shortened(str(problem))}"
        raise complaint(said) from None


def constant(place: str, name: str, value: object) -> Constant | None:
    """A value of JSON as one of programs; None for `null`. Raises VoxLogicaError."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, float):
        if abs(value) == inf:
            raise complaint(f"{place}: `{name}` is greater than any number")
        return value
    if isinstance(value, list):
        items = [constant(place, name, one) for one in value]
        if None not in items:
            return tuple(item for item in items if item is not None)
    what = "has a null in it" if isinstance(value, list) else "is an object"
    raise complaint(f"{place}: `{name}` {what}, and no value of a program")
