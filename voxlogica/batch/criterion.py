"""What makes a combination of a sweep the best: `mean(dice)`, `quantile(hd95, 0.9)`."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from statistics import mean, median
from typing import NamedTuple

from voxlogica.batch.words import complaint, listed
from voxlogica.report.spread import quantile
from voxlogica.syntax.diagnostics import VoxLogicaError, nearest

# Of numbers in order, and a share.
_STATISTICS: dict[str, Callable[[Sequence[float], float], float]] = {
    "mean": lambda ordered, _: mean(ordered),
    "median": lambda ordered, _: median(ordered),
    "min": lambda ordered, _: ordered[0],
    "max": lambda ordered, _: ordered[-1],
    "quantile": quantile,
}
_WRITTEN = re.compile(r"\s*(\w+)\s*\((.*)\)\s*", re.DOTALL)
_SHARED = re.compile(r"(.*),\s*([0-9.eE+-]+)\s*", re.DOTALL)
_DECIMAL_COMMA = re.compile(r"(.*),\s*0,(\d+)\s*", re.DOTALL)


class Criterion(NamedTuple):
    """A statistic of what is printed under a label, over the cases; a quantile's with its share.

    The best is the greatest, or the `least`.
    """

    statistic: str
    label: str
    least: bool = False
    share: float = 0.5

    def __str__(self) -> str:
        """As it is written after `--best`."""
        share = f", {self.share:g}" if self.statistic == "quantile" else ""
        return f"{self.statistic}({self.label}{share})"

    def of(self, values: Iterable[float]) -> float:
        """The statistic of at least one number."""
        return _STATISTICS[self.statistic](sorted(values), self.share)


def read_criterion(text: str, labels: Sequence[str], *, least: bool = False) -> Criterion:
    """What `--best` says, or `--best-least`: a statistic of one of some labels.

    A label may hold blanks, commas and brackets, and stand in quotes. Raises VoxLogicaError.
    """
    option = "--best-least" if least else "--best"
    found = _WRITTEN.fullmatch(text)
    if found is None:
        label = _known(text, labels) or (labels[0] if labels else "dice")
        raise _refused(f"`{option}` takes a statistic of a label, not `{text}`", f"mean({label})")
    statistic, inner = found.groups()
    if statistic not in _STATISTICS:
        near = nearest(statistic, _STATISTICS) or _OTHERS.get(statistic.lower())
        raise _refused(
            f"`{option}` knows no statistic `{statistic}`",
            near and f"{near}({inner})",
            "there are " + ", ".join(f"`{name}`" for name in _STATISTICS),
        )
    share = 0.5
    if statistic == "quantile":
        comma = _DECIMAL_COMMA.fullmatch(inner)
        if comma and _known(comma[1], labels) is not None:
            raise _refused(
                f"in `{text}` the decimal sign is a comma", f"quantile({comma[1]}, 0.{comma[2]})"
            )
        shared = _SHARED.fullmatch(inner)
        inner, share = (shared[1], _number(shared[2])) if shared else (inner, -1.0)
        if not 0 <= share <= 1:
            label = _known(inner, labels) or inner.strip()
            raise _refused(
                f"the share of a `quantile` is from 0 to 1, in `{text}`", f"quantile({label}, 0.25)"
            )
    known = _known(inner, labels)
    if known is None:
        near = nearest(inner.strip(), labels)
        share_text = f", {share:g}" if statistic == "quantile" else ""
        known_labels = listed([f'"{label}"' for label in labels])
        raise _refused(
            f'nothing is printed as "{inner.strip()}"',
            near and f"{statistic}({near}{share_text})",
            f"what is printed: {known_labels}" if labels else '`print "label" …` prints',
        )
    return Criterion(statistic, known, least, share)


# What others call them.
_OTHERS = {
    "avg": "mean",
    "average": "mean",
    "least": "min",
    "greatest": "max",
    "percentile": "quantile",
}


def _known(text: str, labels: Sequence[str]) -> str | None:
    """The label that is meant, as it stands, without blanks around it, or without quotes."""
    stripped = text.strip()
    bare = stripped[1:-1] if stripped[:1] == stripped[-1:] and stripped[:1] in ("'", '"') else text
    return next((found for found in (text, stripped, bare) if found in labels), None)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return -1.0


def _refused(message: str, instead: str | None, other: str = "") -> VoxLogicaError:
    return complaint(message, f"did you mean `{instead}`?" if instead else other)
