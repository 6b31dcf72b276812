"""Measurements as a table, as JSON, and beside those of a baseline."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path

from benchmarks.measuring import Measured

# A ratio may be this part of the baseline's before it counts as a regression.
LEAST = 0.7

HEAD = f"{'':44} {'ours s':>8} {'theirs s':>8} {'ratio':>7} {'goal':>6}  yardstick"


def line(row: Measured) -> str:
    """A row of the table on the terminal."""
    goal = f"{row.goal:g}" if row.goal else ""
    return (
        f"{row.name:44} {row.seconds:8.3f} {row.yardstick_seconds:8.3f} "
        f"{row.ratio:6.2f}× {goal:>6}  {row.yardstick}"
    )


def to_json(rows: Iterable[Measured], scale: str) -> str:
    """All there is to tell of a run."""
    return json.dumps({"scale": scale, "rows": [asdict(row) for row in rows]}, indent=2) + "\n"


def regressions(rows: Iterable[Measured], baseline: Mapping[str, float]) -> list[str]:
    """What to say of each row whose ratio has fallen by more than 30 %; of new rows, nothing."""
    return [
        f"{row.name}: {row.ratio:.2f}×, {baseline[row.name]:.2f}× in the baseline"
        for row in rows
        if row.ratio < LEAST * baseline.get(row.name, 0)
    ]


def read_baseline(path: Path) -> dict[str, dict[str, float]]:
    """The ratios of each scale, by the rows' names."""
    found: dict[str, dict[str, float]] = json.loads(path.read_text()) if path.exists() else {}
    return found


def write_baseline(path: Path, rows: Iterable[Measured], scale: str) -> None:
    """Put these rows' ratios in place of those that the baseline has of them."""
    baseline = read_baseline(path)
    ratios = baseline.setdefault(scale, {})
    ratios.update({row.name: round(row.ratio, 3) for row in rows})
    path.write_text(json.dumps(baseline, indent=2, sort_keys=True) + "\n")
