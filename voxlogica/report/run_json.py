"""The report of a run, and the messages about a program, as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from voxlogica.engine.results import Effort, Report
from voxlogica.engine.texts import json_value
from voxlogica.syntax.diagnostics import Diagnostic, render
from voxlogica.syntax.source import Span


def report_json(report: Report, provenance: Mapping[str, Any] | None = None) -> str:
    """One object with `status`, `print`, `layers`, `tables`, `asserts`, `error`, `log` and `stats`.

    `provenance` is where the results come from. See doc/command-line.md.
    """
    stats = report.stats
    return json_text(
        {
            "print": [
                {"name": p.name, "vltype": p.vltype, "value": json_value(p.value)}
                for p in report.prints
            ],
            "layers": [
                {
                    "name": layer.name,
                    "extension": layer.extension,
                    "path": layer.path,
                    "vltype": layer.vltype,
                    "min": json_value(layer.minimum),
                    "max": json_value(layer.maximum),
                }
                for layer in report.layers
            ],
            "tables": [
                {
                    "name": table.name,
                    "extension": table.extension,
                    "path": table.path,
                    "vltype": table.vltype,
                }
                for table in report.tables
            ],
            "asserts": [
                {
                    "label": found.label,
                    "value": found.value,
                    "compared": [
                        {
                            "name": one.name,
                            "value": json_value(one.value),
                            "wanted": one.wanted,
                            "index": [*one.at],
                        }
                        for one in found.comparisons
                    ],
                    "message": None if found.value else found.diagnostic.message,
                    "place": span_json(found.span),
                }
                for found in report.asserts
            ],
            "error": report.error,
            "status": report.status,
            "log": list(report.log),
            "stats": {
                "operations": stats.operations,
                "computed": stats.computed,
                "reused": stats.reused,
                "stored": stats.stored,
                "awaited": stats.awaited,
                "seconds": stats.seconds,
                "peak_memory": stats.peak_memory,
                "by_operator": _efforts(stats.by_operator),
                "by_worker": _efforts(stats.by_worker),
            },
            "provenance": provenance,
        }
    )


def _efforts(efforts: Mapping[str, Effort]) -> dict[str, Any]:
    return {
        name: {"computed": e.computed, "reused": e.reused, "seconds": e.seconds}
        for name, e in sorted(efforts.items())
    }


def diagnostics_json(diagnostics: Sequence[Diagnostic]) -> str:
    """One object: `error` and `log` as in a run's report, and `diagnostics` piece by piece."""
    errors = [render(d) for d in diagnostics if d.severity == "error"]
    return json_text(
        {
            "error": "\n\n".join(errors) if errors else None,
            "log": [render(d) for d in diagnostics if d.severity == "warning"],
            "diagnostics": [
                {
                    "severity": d.severity,
                    "message": d.message,
                    "place": d.span and span_json(d.span),
                    "label": d.label,
                    "notes": [
                        {"message": n.message, "place": n.span and span_json(n.span)}
                        for n in d.notes
                    ],
                    "hint": d.hint,
                }
                for d in diagnostics
            ],
        }
    )


def span_json(span: Span) -> dict[str, Any]:
    """A place in a program: lines and columns count from 1, the end is where the next begins."""
    line, column = span.source.line_and_column(span.start)
    end_line, end_column = span.source.line_and_column(span.end)
    return {
        "file": span.source.name,
        "line": line,
        "column": column,
        "end_line": end_line,
        "end_column": end_column,
    }


def json_text(tree: dict[str, Any]) -> str:
    """JSON as it is written to files."""
    return json.dumps(tree, ensure_ascii=False, indent=2, allow_nan=False) + "\n"
