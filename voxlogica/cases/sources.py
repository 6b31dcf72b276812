"""Where cases come from: names of files that match a pattern, or rows of a table."""

from __future__ import annotations

import csv
import re
from glob import glob
from pathlib import Path

from voxlogica.engine.cases import Case


def read_cases(chosen: str) -> tuple[Case, ...]:
    """The cases that `--cases` names: each match of a pattern, or each row of a table."""
    if "{" in chosen:
        rows = _matches(chosen)
    else:
        with Path(chosen).open(newline="", encoding="utf-8-sig") as file:
            rows = list(csv.DictReader(file))
    return tuple(
        Case(number, "/".join(row.values()), row, frozenset(row)) for number, row in enumerate(rows)
    )


def _matches(pattern: str) -> list[dict[str, str]]:
    parts = re.split(r"\{(\w+)\}", pattern)
    expression = "".join(
        f"(?P<{part}>[^/]+)"
        if i % 2 and part not in parts[:i]
        else f"(?P={part})"
        if i % 2
        else re.escape(part)
        for i, part in enumerate(parts)
    )
    names = sorted(glob(re.sub(r"\{\w+\}", "*", pattern)))  # noqa: PTH207
    return [found.groupdict() for name in names if (found := re.fullmatch(expression, name))]
