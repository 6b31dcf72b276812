"""What there is to tell of the best combination: as text, and for JSON."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from textwrap import wrap
from typing import Any

from voxlogica.batch.best import Best
from voxlogica.batch.criterion import Criterion
from voxlogica.batch.words import listed
from voxlogica.engine.texts import json_value
from voxlogica.report.cases_summary import CaseGroup, spread_tree
from voxlogica.report.spread import Spread
from voxlogica.report.summary_text import digits_for, spread_text

_WIDTH = 80
# So many of each kind are named.
_NAMED = 3


def best_text(best: Best) -> str:
    """The best combination, what it is worth, and what was left out: lines of up to 80 columns."""
    lines: list[str] = []
    for paragraph in _paragraphs(best):
        lines += wrap(
            paragraph,
            _WIDTH,
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
    return "\n".join(lines)


def _paragraphs(best: Best) -> Iterator[str]:
    count = _counted(best.compared, "combination")
    yield f"best {best.criterion}: {best.combination}, of {count}"
    over = _counted(best.spread.n, "case" if best.split is None else "train case")
    yield f"  over {over}: {_worth(best.criterion, best.value, best.spread)}"
    if best.at_ends:
        at_ends = [pair for pair in best.combination.values if pair[0] in best.at_ends]
        told = (
            "is at the end of its sweep" if len(at_ends) == 1 else "are at the ends of their sweeps"
        )
        yield f"  {CaseGroup((*at_ends,))} {told}: what lies beyond may be better"
    yield from _unseen(best)
    if best.cases_left_out:
        names = _named(best.cases_left_out)
        yield f"  left out, without a number in any combination: {names}"
    if best.left_out:
        each = [f"{group} ({_named(cases)})" for group, cases in best.left_out]
        count = _counted(len(each), "combination")
        yield f"  left out, without a number for some case: {count}: {_named(each)}"
    if best.unused:
        values = _named([f"{value or 'nothing'} ({count})" for value, count in best.unused])
        yield f"  not used, as neither train nor test in {best.split}: {values}"


def _worth(criterion: Criterion, value: float, spread: Spread) -> str:
    """The value of a criterion, and what the numbers are like; of a mean both are one."""
    mean = spread_text(spread)
    if criterion.statistic == "mean":
        return mean
    return f"{digits_for(spread).text(value)}; mean {mean}"


def _unseen(best: Best) -> Iterator[str]:
    unseen = best.unseen
    if unseen is None:
        none = "there are none to leave out" if best.split is None else "none has a number"
        yield f"  on unseen cases: nothing to tell, as {none}"
        return
    worth = _worth(best.criterion, unseen.value, unseen.spread)
    if best.split is not None:
        yield f"  on {_counted(unseen.spread.n, 'unseen test case')}: {worth}"
        if unseen.without:
            yield f"  test cases without a number: {_named(unseen.without)}"
        return
    units = _counted(unseen.groups, "case" if unseen.groups == unseen.spread.n else "group")
    yield f"  on unseen cases: {worth}; chosen without each of {units} in turn and tried on it"
    others = [(group, turns) for group, turns in unseen.chosen if group != best.combination]
    if others:
        total = sum(turns for _, turns in others)
        names = _named([f"{group} ({turns})" for group, turns in others])
        yield f"  the choice was another in {total} of {unseen.groups} turns: {names}"


def _counted(number: int, what: str) -> str:
    return f"{number} {what}{'' if number == 1 else 's'}"


def _named(names: Sequence[str]) -> str:
    return listed(names, _NAMED)


def best_tree(best: Best) -> dict[str, Any]:
    """The best combination for JSON."""
    unseen = best.unseen
    return {
        "criterion": str(best.criterion),
        "least": best.criterion.least,
        "combination": dict(best.combination.values),
        "value": json_value(best.value),
        "spread": spread_tree(best.spread),
        "compared": best.compared,
        "left_out": [
            {"combination": dict(group.values), "cases": [*cases]} for group, cases in best.left_out
        ],
        "cases_left_out": [*best.cases_left_out],
        "unseen": unseen
        and {
            "value": json_value(unseen.value),
            "spread": spread_tree(unseen.spread),
            "groups": unseen.groups or None,
            "chosen": [
                {"combination": dict(group.values), "turns": turns}
                for group, turns in unseen.chosen
            ],
            "without": [*unseen.without],
        },
        "at_ends": [*best.at_ends],
        "split": best.split,
        "unused": dict(best.unused),
    }
