"""Numbers and texts in short: as much of them as one reads at a glance."""

from __future__ import annotations

import math
from collections.abc import Sequence

from voxlogica.syntax.printer import number_text

_LARGEST_WHOLE = 10_000_000
_STEPS = (1.0, 2.0, 5.0, 10.0)


def short_number(value: float) -> str:
    """A number with four significant digits; one that is whole, and not huge, in full.

    Before the point nothing is left out, unless it is huge.

    >>> short_number(0.9364548494983278), short_number(123456.0), short_number(float("nan"))
    ('0.9365', '123456', 'nan')
    """
    if not math.isfinite(value):
        return number_text(value)
    if value == int(value) and abs(value) < _LARGEST_WHOLE:
        return f"{int(value)}"
    return f"{value:.0f}" if 1000 <= abs(value) < _LARGEST_WHOLE else f"{value:.4g}"


def short_text(text: str, most: int) -> str:
    """A text of so many characters at most."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def ticks(low: float, high: float, about: int) -> Sequence[float]:
    """About so many round numbers in equal steps, from at most `low` to at least `high`.

    Of two ends that are one number, that alone; of those that no steps fit between, the two.

    >>> ticks(0.55, 0.94, 5)
    (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
    """
    if not low < high:
        return (low,)
    size = high / (about - 1) - low / (about - 1)
    if not 0 < size < math.inf:
        return (low, high)
    power = 10.0 ** math.floor(math.log10(size))
    if not 0 < power < math.inf:
        return (low, high)
    step = next((s * power for s in _STEPS if s * power >= size * 0.9), 10.0 * power)
    first, last = math.floor(low / step), math.ceil(high / step)
    if last - first > 2 * about:
        return (low, high)
    found = tuple(float(f"{k * step:.12g}") for k in range(first, last + 1))
    # Steps may be finer than the digits of numbers, or lead beyond the greatest.
    is_right = len(set(found)) == len(found) > 1 and found[0] <= low and found[-1] >= high
    return found if is_right and all(map(math.isfinite, found)) else (low, high)
