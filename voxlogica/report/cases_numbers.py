"""What the prints and assertions of many cases say all together, as a part of a page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from statistics import fmean, median

from voxlogica.report.cases_overview import Overview
from voxlogica.report.cases_rows import Shown
from voxlogica.report.cases_strips import Strip, strips_svg
from voxlogica.report.page_document import text
from voxlogica.report.short_numbers import short_number

# So many prints are drawn; so many points there are on a page before all are bars; and so many
# cases are named that are counted apart.
_MOST_PRINTS, _MOST_POINTS, _MOST_NAMED = 24, 4_000, 5
_LEGEND = (
    "A point a case: choose one to come to its row. Below the points, the box is from the first"
    " quartile to the third, and the line in it the median. What stands out is farther from the box"
    " than 1.5 times its length."
)
_RED = "Red: an assertion of the case is false."
_HOLLOW = "Hollow: by a rule for empty regions; the line of numbers says what is without these."
_BARS = "Bars where there are too many for points, with points for those that are far from others."


def numbers_html(overview: Overview, private: Shown) -> str:
    """How each print is spread, and in how many cases each assertion holds; empty of neither."""
    drawn = {name: strips for name in overview.numbers if (strips := overview.strips(name))}
    wanted = [*drawn][:_MOST_PRINTS]
    points = sum(len(strip.values) for name in wanted for strip in drawn[name])
    has_points = points <= _MOST_POINTS
    cards = [
        _spread(overview, name, drawn.get(name, ()), private, has_points)
        for name in [*wanted, *(name for name in overview.numbers if name not in drawn)]
    ]
    shares = [
        _share(overview, name, *overview.truths[name], private)
        for name in sorted(overview.truths, key=lambda name: overview.kinds[name] != "assert")
    ]
    if not cards and not shares:
        return ""
    parts = [f'<div class="spreads">{"".join(of)}</div>' for of in (shares, cards) if of]
    if cards:
        parts.append(f'<p class="legend">{_legend(overview, wanted, has_points)}</p>')
    if overview.groups_left_out:
        more = f"{overview.groups_left_out} more combinations of the sweep"
        parts.append(f'<p class="legend">{more} are not drawn.</p>')
    if len(drawn) > len(wanted):
        parts.append(f'<p class="legend">{len(drawn) - len(wanted)} more prints are not drawn.</p>')
    return "".join(parts)


def _legend(overview: Overview, drawn: Sequence[str], has_points: bool) -> str:
    said = {
        _LEGEND: True,
        _RED: overview.outcomes["false"],
        _HOLLOW: any(any(overview.numbers[name].ruled) for name in drawn),
        _BARS: not has_points or len(overview) > 150,
    }
    return " ".join(sentence for sentence, holds in said.items() if holds)


def _spread(
    overview: Overview, name: str, strips: Sequence[Strip], private: Shown, has_points: bool
) -> str:
    numbers = overview.numbers[name]
    said = list[str]()
    if len(strips) == 1:
        said += _summed(strips[0])
    said += [
        f"{len(rows)} {word}: {_linked(overview, rows, private)}"
        for word, rows in (("nan", numbers.nan), ("infinite", numbers.infinite))
        if rows
    ]
    title, drawing = private(name), ""
    if strips:
        drawing = strips_svg(title, strips, overview.whose, has_points=has_points)
    head = f"<h3>{text(title)}</h3><p>{' · '.join(said)}</p>"
    return f'<figure class="spread">{head}{drawing}</figure>'


def _summed(strip: Strip) -> Iterator[str]:
    first, half, third = map(short_number, strip.quartiles)
    yield f"median {half}, quartiles {first} to {third}"
    yield f"mean {short_number(fmean(strip.values))}"
    yield f"n {len(strip.values)}"
    unruled = [v for v, ruled in zip(strip.values, strip.ruled, strict=True) if not ruled]
    if len(unruled) < len(strip.values):
        middle = f"median {short_number(median(unruled))}, " if unruled else ""
        yield f"none empty: {middle}n {len(unruled)}"


def _share(overview: Overview, name: str, held: int, others: Sequence[int], private: Shown) -> str:
    """In how many cases a truth value is true, as a bar."""
    among = held + len(others)
    verb = "holds" if overview.kinds.get(name) == "assert" else "true"
    said = f"{verb} in {held} of {among}"
    if others:
        said += f"; not in {_linked(overview, others, private)}"
    share = 100 * held / among
    return (
        f'<figure class="spread share"><h3>{text(private(name))}</h3><p>{said}</p>'
        f'<svg aria-hidden="true"><rect height="12" width="{share:.2f}%" rx="2"/>'
        f'<rect height="12" x="{share:.2f}%" width="{100 - share:.2f}%" rx="2"/></svg></figure>'
    )


def _linked(overview: Overview, rows: Sequence[int], private: Shown) -> str:
    """Cases by name, each leading to its row, where it has one."""
    parts = list[str]()
    for row in rows[:_MOST_NAMED]:
        whose = overview.whose(row)
        name = text(private(whose.name))
        parts.append(name if whose.anchor is None else f'<a href="#{whose.anchor}">{name}</a>')
    more = len(rows) - len(parts)
    return ", ".join(parts) + (f" and {more} more" if more else "")
