"""Strings: putting them together, and taking them apart.

`concat` and `format_string` are there without importing the namespace.
"""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from typing import Any

from voxlogica.operators.signature import (
    Cost,
    OperationError,
    Shown,
    Text,
    Texts,
    Truth,
    operator,
)
from voxlogica.remarks import remark

# In characters: beyond, a text is no text, but something that doubles without end.
LONGEST_TEXT = 10_000_000


@operator("concat", also_in="strings", cost=Cost.MOMENT)
def concat(*parts: Shown) -> Text:
    """The parts one after another, as one string.

    Numbers as `print` shows them: the shortest that reads back the same, whole ones without point;
    and so sequences: `[1, 1, 2.5]`.

    Example: concat("case_", 7, ".nii.gz")
    """
    shown = [*map(_shown, parts)]
    length = sum(map(len, shown))
    if length > LONGEST_TEXT:
        raise OperationError(
            f"`concat` would give a text of {length:,} characters; the limit is {LONGEST_TEXT:,}"
        )
    return "".join(shown)


@operator("format_string", also_in="strings", cost=Cost.MOMENT)
def format_string(template: Text, *values: Shown) -> Text:
    """The template with the values put for its braces.

    As Python's `str.format` does it: `{}` is the next value, `{0}` the first one; after a colon
    comes the form, such as `{:.2f}` for two digits after the point, `{:03d}` for a whole number
    with leading zeros, `{:>10}` for the right end of ten places. `{{` is a brace. Of a sequence,
    each element has the form: `[1.00, 1.00, 2.50]`.

    Example: format_string("{:.2f}", volume(a) ./. volume(b))
    """
    try:
        filled = _Formatter().vformat(template, values, {})
        if values and filled == template and "{" not in template:
            remark(
                f'format_string: "{template}" has no braces, which values are put for',
                'write it as in `format_string("{:.2f}", 0.5)`',
            )
        return filled
    except IndexError:
        count = "1 value" if len(values) == 1 else f"{len(values)} values"
        problem = f'"{template}" has more braces than the {count} given'
    except (ValueError, KeyError, TypeError) as cause:
        problem = f'"{template}" cannot be filled in: {str(cause).lower()}'
    raise OperationError(
        f"format_string: {problem}", 'write it as in `format_string("{:.2f}", 0.5)`'
    )


@operator("equals", namespace="strings", cost=Cost.MOMENT)
def equals(a: Text, b: Text) -> Truth:
    """Whether two strings are the same, letter by letter.

    Example: strings.equals("$stem", "case_001")
    """
    return a == b


@operator("split", namespace="strings", cost=Cost.MOMENT)
def split(text: Text, separator: Text = ",") -> Texts:
    """The pieces of a string between separators.

    Example: strings.split("a,b,c")
    """
    if not separator:
        raise OperationError("split: an empty string separates nothing", 'such as `split(s, ",")`')
    return text.split(separator)


class _Formatter(string.Formatter):
    """Python's, without the way from a value into its attributes."""

    def get_field(self, name: str, values: Sequence[Any], named: Any) -> Any:
        if name and not name.isdecimal():
            raise ValueError(f"{{{name}}} is not the number of a value")
        return values[int(name)], name

    def format_field(self, value: Any, form: str) -> str:
        if re.search(r"\d{5}", form):
            raise ValueError(f"{{:{form}}} asks for more than 9,999 places")
        if isinstance(value, list):
            return f"[{', '.join(self.format_field(element, form) for element in value)}]"
        if isinstance(value, bool):
            value = _shown(value)
        if isinstance(value, float):
            whole = value.is_integer()
            if form[-1:] and form[-1] in "bcdoxXn":
                if not whole:
                    raise ValueError(f"{{:{form}}} is for whole numbers, not {_shown(value)}")
                value = int(value)
            elif whole and abs(value) < 1e16 and not re.search(r"[.eEfFgG%]", form):
                value = int(value)
        return format(value, form)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        return f"[{', '.join(map(_shown, value))}]"
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value).removesuffix(".0") if isinstance(value, float) else str(value)
