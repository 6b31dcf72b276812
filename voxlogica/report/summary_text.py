"""What the numbers of cases say, as a table for terminals of 80 columns."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from voxlogica.report.cases_summary import Apart, CaseGroup, GroupNumbers, Summary
from voxlogica.report.spread import LEAST, Spread
from voxlogica.syntax.printer import number_text

_WIDTH = 80
_HEAD = ("n", "mean", "95 % interval", "sd", "median", "quartiles")
_NONE = "–"
# Longer names of columns are cut where several stand beside each other.
_LONGEST = 14
# A line of the table is a name and its cells; one without cells is text.
_Line = tuple[str, tuple[str, ...]]


def summary_text(summary: Summary, most: int | None = None) -> str:
    """The summary; empty where there is nothing to tell.

    A line for each column and group; or, where each combination of a sweep is one by itself, a line
    for each, with the means. Of many groups, the first `most` are shown.
    """
    parts = [part for of in summary.columns.values() for part in of]
    if any(not part.group.values for part in parts) or not parts:
        texts = [*_whole(summary, most), *_asserts(summary, most)]
    else:
        texts = _combinations(summary, most)
    hidden = summary.groups - (most or summary.groups)
    if hidden > 0 and texts:
        texts.append(f"and {_counted(hidden, 'more group')}, in --summary FILE")
    return "\n".join(texts)


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _whole(summary: Summary, most: int | None) -> Iterator[str]:
    lines = [line for name, of in summary.columns.items() for line in _column(name, of[:most])]
    yield from aligned(_HEAD, lines) if lines else ()
    if any(part.by_rule for of in summary.columns.values() for part in of):
        yield "none empty: without what rests on a rule for empty regions"
    parts = [part for of in summary.columns.values() for part in of[:most]]
    spreads = [spread for part in parts for spread in (part.spread, part.without) if spread]
    if any(spread.interval is None for spread in spreads):
        yield f"{_NONE}: fewer than {LEAST} cases are too few for a 95 % interval"


def _asserts(summary: Summary, most: int | None) -> Iterator[str]:
    for name, held in summary.asserts.items():
        for group, true, among in held[:most]:
            of = f" ({group})" if group.values else ""
            yield f'assert "{name}"{of}: holds in {true} of {among}'


def _column(name: str, parts: Sequence[GroupNumbers]) -> Iterator[_Line]:
    """The lines of a column: each group's, and what is counted apart there."""
    digits = _digits_of(parts)
    for part in parts:
        yield from _spread(f"  {part.group}" if part.group.values else name, part.spread, digits)
        if part.by_rule:
            yield from _spread("  none empty", part.without, digits)
        for what, apart in (("nan", part.nan), ("infinite", part.infinite)):
            if apart.number:
                yield f"    {what}, counted apart: {_named(apart)}", ()


def _digits_of(parts: Sequence[GroupNumbers]) -> Digits:
    return digits_for(*(s for part in parts for s in (part.spread, part.without) if s is not None))


def _combinations(summary: Summary, most: int | None) -> list[str]:
    """A line for each combination: the mean of each column, of as many as there is room for.

    A mean of fewer cases than another's says of how many.
    """
    means: dict[CaseGroup, list[tuple[int, str]]] = {}
    for at, parts in enumerate(summary.columns.values()):
        digits = _digits_of(parts)
        for part in parts:
            of = means.setdefault(part.group, [(0, _NONE)] * len(summary.columns))
            if part.spread is not None:
                of[at] = part.spread.n, digits.text(part.spread.mean)
    lines: list[_Line] = []
    for group, of in [*means.items()][:most]:
        most_n = max(n for n, _ in of)
        texts = [text if n in (0, most_n) else f"{text} (of {n})" for n, text in of]
        lines.append((str(group), (str(most_n), *texts)))
    names = [f"{name[:_LONGEST]}…" if len(name) > _LONGEST else name for name in summary.columns]
    head, kept = ("n", *names), len(names)
    while kept > 1 and max(map(len, aligned(head, lines))) > _WIDTH:
        head, lines, kept = head[:-1], [(name, of[:-1]) for name, of in lines], kept - 1
    texts = ["means over cases:", *aligned(head, lines)]
    if kept < len(names):
        texts.append(f"and {_counted(len(names) - kept, 'more column')}, in --summary FILE")
    first = next(iter(summary.columns))
    return [*texts, f"which is best, and what it is worth on unseen cases: --best 'mean({first})'"]


def _spread(title: str, spread: Spread | None, digits: Digits) -> Iterator[_Line]:
    if spread is None:
        yield title, ("0", *[_NONE] * (len(_HEAD) - 1))
    else:
        yield title, digits.cells(spread)
        yield f"    {digits.extremes(spread)}", ()


def digits_for(*spreads: Spread) -> Digits:
    """How the numbers of spreads are written."""
    ends = (abs(end.value) for spread in spreads for end in (spread.least, spread.greatest))
    return Digits(max(ends, default=0))


def spread_text(spread: Spread) -> str:
    """What numbers are like in one line, as in a sentence."""
    digits = digits_for(spread)
    _, mean, interval, sd, *_ = digits.cells(spread)
    known = "" if spread.stdev is None else f" (95 % interval {interval}, sd {sd})"
    if spread.interval is None:
        known = known and f" (sd {sd}; too few for a 95 % interval)"
    return f"{mean}{known}, {digits.extremes(spread)}"


def _named(apart: Apart) -> str:
    more = ", …" if apart.number > len(apart.cases) else ""
    return f"{apart.number} ({', '.join(apart.cases)}{more})"


class Digits:
    """How numbers up to a size are written: all with the same number of decimals."""

    def __init__(self, greatest: float) -> None:
        self._greatest = greatest

    def text(self, value: float | None) -> str:
        """A number in so many characters as the table has room for."""
        if value is None:
            return _NONE
        greatest = self._greatest
        if not greatest or not math.isfinite(value):
            return number_text(value)
        if not 1e-3 <= greatest < 1e8:
            if not value:
                return "0"
            mantissa, exponent = f"{value:.1e}".split("e")
            return f"{mantissa}e{int(exponent)}"
        # Of a thousand, four digits; below one, three decimals, or as many as show two digits.
        decimals = 3 - math.floor(math.log10(greatest))
        return f"{value:.{max(0, decimals if greatest >= 1 else max(3, decimals - 2))}f}"

    def cells(self, spread: Spread) -> tuple[str, ...]:
        """A line of the table, without its name."""
        text, interval, quartiles = self.text, spread.interval, spread.quartiles
        return (
            str(spread.n),
            text(spread.mean),
            _NONE if interval is None else f"{text(interval[0])} to {text(interval[1])}",
            text(spread.stdev),
            text(spread.median),
            f"{text(quartiles[0])} to {text(quartiles[1])}",
        )

    def extremes(self, spread: Spread) -> str:
        """The least and the greatest with their cases."""
        least, greatest = spread.least, spread.greatest
        if least.value == greatest.value:
            return f"only {least.case}" if spread.n == 1 else "all the same"
        return (
            f"least {self.text(least.value)} ({least.case}),"
            f" greatest {self.text(greatest.value)} ({greatest.case})"
        )


def aligned(head: Sequence[str], lines: Sequence[_Line]) -> list[str]:
    """Lines of a table below each other; a name that is too long for that has a line of its own."""
    cells = [head, *(of for _, of in lines if of)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    room = _WIDTH - sum(widths) - 2 * len(widths)
    width = max((len(name) for name, of in lines if of and len(name) <= room), default=0)

    def row(name: str, of: Sequence[str]) -> str:
        columns = "".join(f"  {cell:>{w}}" for cell, w in zip(of, widths, strict=True))
        return f"{name:<{width}}{columns}"

    texts = [row("", head)]
    for name, of in lines:
        if not of:
            texts.append(name)
        elif len(name) > width:
            texts += [name, row("", of)]
        else:
            texts.append(row(name, of))
    return texts
