"""Reaching a plan's goals: all of them, or none with nothing left behind."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from voxlogica.engine.events import Observer, Planned, Warned
from voxlogica.engine.executor import Means, execute
from voxlogica.engine.results import Layer, Printed, PrintedValue, Shown
from voxlogica.images.deflating import DEFAULT_LEVEL
from voxlogica.images.errors import ImageFileError
from voxlogica.images.image import Image
from voxlogica.images.writing import Staging, Written
from voxlogica.language.workplan import Goal, Occasion, Print, Save, Show, WorkPlan
from voxlogica.primitives.signature import BOOL, NUMBER, Standing, Type
from voxlogica.syntax.diagnostics import VoxLogicaError, error, warning
from voxlogica.syntax.source import Span


@dataclass(frozen=True, slots=True)
class Reached:
    """What came of a plan's goals, each kind in program order."""

    prints: tuple[Printed, ...]
    layers: tuple[Layer, ...]
    values: tuple[Shown, ...]


def run_plan(
    plan: WorkPlan,
    jobs: int,
    observe: Observer,
    means: Means | None = None,
    compression: int = DEFAULT_LEVEL,
) -> Reached:
    """Compute the goals on `jobs` threads.

    Images are written beside their destination as soon as they are there, and take its place only
    when every goal has succeeded, compressed at the level `compression` where the format is.
    Raises VoxLogicaError when one has not.
    """
    # By the path, the last goal.
    order = {goal.path: number for number, goal in enumerate(plan.goals) if isinstance(goal, Save)}
    plan = replace(plan, goals=lasting(plan.goals))
    saves = {goal.path: goal for goal in plan.goals if isinstance(goal, Save)}
    # What operations wrote, by their order in the program, with the image and the place.
    effects: dict[tuple[int, int], tuple[Written, int, Span]] = {}
    observe(Planned(len(plan.needed()), len(order)))
    try:
        with Staging(order, compression) as staging:

            def write(goal: Save, image: Image) -> Written:
                # Two paths may lead to one file, through links: there, too, the last remains.
                node = plan.nodes[goal.node]
                if node.operator.standing is not Standing.EFFECT:
                    return staging.write(goal.path, image, (order[goal.path], 1, 0))
                (occasion,) = (c for c in node.constants if isinstance(c, Occasion))
                before, number = occasion.order
                staging.announce(goal.path)
                written = staging.write(goal.path, image, (before, 0, number), as_is=True)
                effects[occasion.order] = written, node.arguments[0], goal.span
                return written

            outcomes = execute(plan, write, jobs, observe, means)
            staging.commit()
    except ImageFileError as problem:
        span = saves[problem.path].span if problem.path in saves else None
        raise VoxLogicaError([error(problem.message, span, hint=problem.hint)]) from problem
    prints: list[Printed] = []
    layers: list[Layer] = []
    values: list[Shown] = []
    for goal, outcome in zip(plan.goals, outcomes, strict=True):
        found = plan.kinds[goal.node].type
        if isinstance(goal, Print):
            prints.append(Printed(goal.label, str(found), plain(outcome, found)))
        elif isinstance(goal, Show):
            value = outcome if isinstance(outcome, Image) else plain(outcome, found)
            values.append(Shown(goal.label, str(found), value))
        else:
            layers.append(layer(outcome, found))
            for message in outcome.warnings:
                observe(Warned(warning(message, goal.span)))
    # Those that a later one, or a save, to the same file replaces are not there.
    lasts = {Path(effects[number][0].path).absolute(): number for number in sorted(effects)}
    saved = {Path(path).absolute(): before for path, before in order.items()}
    for path, number in lasts.items():
        if saved.get(path, -1) < number[0]:
            written, image, span = effects[number]
            layers.append(layer(written, plan.nodes[image].type))
            for message in written.warnings:
                observe(Warned(warning(message, span)))
    return Reached(tuple(prints), tuple(layers), tuple(values))


def lasting(goals: list[Goal]) -> list[Goal]:
    """The goals without the saves that a later one to the same file replaces."""
    last = {
        Path(goal.path).absolute(): number
        for number, goal in enumerate(goals)
        if isinstance(goal, Save)
    }
    return [
        goal
        for number, goal in enumerate(goals)
        if not isinstance(goal, Save) or last[Path(goal.path).absolute()] == number
    ]


def plain(value: Any, found: Type) -> PrintedValue:
    """A result as a value of Python's own types, whatever scalar type computed it."""
    if found.element is not None:
        return [plain(item, found.element) for item in value]
    if found == NUMBER:
        return float(value)
    return bool(value) if found == BOOL else str(value)


def layer(written: Written, found: Type) -> Layer:
    """What there is to tell of a saved image."""
    path = Path(written.path).absolute()
    cut = len(path.name.removesuffix(".gz")) if path.suffix == ".gz" else len(path.name)
    stem = Path(path.name[:cut]).stem
    return Layer(
        name=stem,
        extension=path.name[len(stem) :],
        path=str(path),
        vltype=str(found),
        minimum=float(written.minimum),
        maximum=float(written.maximum),
    )
