"""Formulas of images that are there, and their values: what is asked for is computed at once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from voxlogica.interface.telling import errors_of_images, warn
from voxlogica.interface.wording import of_expressions
from voxlogica.language.formulas import Formula, below, formula, loaded, standing, workplan
from voxlogica.operators.signature import MODEL, REGION
from voxlogica.syntax.diagnostics import VoxLogicaError, error
from voxlogica.syntax.source import Source, Span

if TYPE_CHECKING:
    from voxlogica.language.knowledge import Asking
    from voxlogica.language.workplan import WorkPlan
    from voxlogica.plan_to_report import Settings


def of_given(image: Any, name: str = "") -> Formula:
    """The formula of a GivenImage, of truth values a region; or of an ImageFile."""
    is_region = getattr(image, "is_region", False)
    return loaded(image, REGION if is_region else MODEL, written(name or "image"))


def written(text: str) -> Span:
    """A place in Python: messages have a text of it."""
    return Span(Source("Python", text), 0, len(text))


def value_of(formula: Formula) -> Any:
    """The value of a formula: an image of ours, or a plain value of Python.

    Raises RunError, and VoxLogicaError for an image that has no grid.
    """
    formula.settle()
    if formula.lends is not None:
        with errors_of_images():
            return formula.lends.voxels()
    if formula.value is None:
        if formula.type.is_image and formula.space is None:
            hint = (
                "`tt`, `border`, `constant` and the like take the grid of the image that they meet"
            )
            said = error("nothing gives this image its size", formula.span, hint=hint)
            raise VoxLogicaError([said])
        compute([formula])
    return formula.value


def compute(wanted: Sequence[Formula]) -> None:
    """Have the values of formulas, and of what they rest on that is costly and still referred to.

    Raises RunError, and KeyboardInterrupt; what was computed before is kept.
    """
    from voxlogica.engine.worth import is_costly

    missing = {one.identity: one for one in wanted if one.value is None}
    shared = {
        one.identity: one
        for one in below(missing.values())
        if one.is_referred_to and one.lends is None and is_costly(one.kind)
    }
    formulas = [*{**shared, **missing}.values()]
    if not formulas:
        return
    for one, value in zip(formulas, carried_out(workplan(formulas)), strict=True):
        one.keep(value)


def carried_out(plan: WorkPlan) -> list[Any]:
    """The values of a plan's goals. Raises RunError."""
    from voxlogica.language.doubts import of_ranks
    from voxlogica.language.knowledge import Knowledge
    from voxlogica.language.planning import PlannedPrograms
    from voxlogica.plan_to_report import carry_out

    # What is read of ranks shows only in the whole of what is asked for.
    doubtful = of_ranks(plan, 0, 0, Knowledge(plan, None).number_now)
    planned = PlannedPrograms(plan, tuple(doubtful), ())
    try:
        report = carry_out(
            lambda store: planned, lambda planned: planned.finished(True), settings(), None, None
        )
    except VoxLogicaError as failed:
        failed.reword(of_expressions)
        raise
    warn(report.diagnostics)
    return [shown.value for shown in report.values]


def settings() -> Settings:
    """How expressions are computed: with all cores, and the user's store."""
    from voxlogica.engine.memory import memory_with_warnings
    from voxlogica.plan_to_report import Settings

    return Settings(None, True, *memory_with_warnings())


class _Stage:
    """Computes what planning must know, while it goes on."""

    def reach(self, plan: WorkPlan, lasting: Collection[bytes], *, is_over: bool) -> list[Any]:
        """As a `Stage` does."""
        known = standing(plan)
        wanted = [formula(plan, goal.node, known) for goal in plan.goals]
        compute(wanted)
        return [one.value for one in wanted]


def asking() -> Asking:
    """What planning asks."""
    from voxlogica.language.knowledge import Asking
    from voxlogica.language.planning import finished

    return Asking(_Stage(), lambda plan: finished(plan, rewrites=True)[0])
