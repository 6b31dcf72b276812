"""A plan as a program in Python looks at it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from voxlogica.language.workplan import WorkPlan


class Plan:
    """The operations that a run would carry out, and for which goals.

    As a text it has a line for each operation, and in a notebook it is a drawing.
    """

    def __init__(self, plan: WorkPlan) -> None:
        self._plan = plan

    def __len__(self) -> int:
        return len(self._plan)

    def __str__(self) -> str:
        from voxlogica.report.plan_text import plan_text

        return plan_text(self._plan).rstrip()

    def __repr__(self) -> str:
        return f"<Plan of {len(self)} operations for {len(self._plan.goals)} goals>"

    def to_dict(self) -> dict[str, Any]:
        """What `voxlogica plan --format json` writes: `operations` by their `id`, and `goals`."""
        import json

        from voxlogica.report.plan_json import plan_json

        found: dict[str, Any] = json.loads(plan_json(self._plan))
        return found

    def _repr_svg_(self) -> str:
        from voxlogica.report.plan_svg import plan_svg

        return plan_svg(self._plan)
