"""A plan as JSON."""

from __future__ import annotations

from typing import Any

from voxlogica.engine.texts import json_value
from voxlogica.images.geometry import Geometry
from voxlogica.images.given import GivenImage
from voxlogica.images.reading import ImageFile
from voxlogica.language.operations import Constant
from voxlogica.language.workplan import WorkPlan
from voxlogica.operators.voxelwise import Chain
from voxlogica.report.plan_view import goal_name, view
from voxlogica.report.run_json import json_text, span_json


def plan_json(plan: WorkPlan, written: WorkPlan | None = None) -> str:
    """One object with `operations`, each after its arguments, and `goals`, in program order.

    An operation is known by its `id`, which is the same in every run and on every machine. The plan
    as written, if it is given, is another such object, under `written`.
    """
    tree = _tree(plan) if written is None else {**_tree(plan), "written": _tree(written)}
    return json_text(tree)


def _tree(plan: WorkPlan) -> dict[str, Any]:
    shown = view(plan)
    return {
        "operations": [
            {
                "id": operation.id,
                "operator": operation.node.operator.name,
                "arguments": [shown.operations[a].id for a in operation.arguments],
                "constants": [_constant(c) for c in operation.node.constants],
                "type": str(operation.node.type),
                "space": _constant(operation.node.space)
                if isinstance(operation.node.space, Geometry)
                else None,
                "place": span_json(operation.place),
            }
            for operation in shown.operations
        ],
        "goals": [
            {
                "command": goal.word,
                "name": goal_name(goal),
                "operation": operation.id,
                "place": span_json(goal.span),
            }
            for goal, operation in shown.goals
        ],
    }


def _constant(constant: Constant) -> Any:
    match constant:
        case bool() | float() | str():
            return json_value(constant)
        case Geometry():
            return {
                "size": constant.size,
                "spacing": [json_value(v) for v in constant.spacing],
                "origin": [json_value(v) for v in constant.origin],
                "direction": [json_value(v) for v in constant.direction],
                "unit": constant.unit,
            }
        case Chain():
            # Operands are counted from the operation's arguments on to the operators before.
            steps = [{"operator": s.name, "operands": operands} for s, operands in constant.steps]
            return {"chain": steps}
        case ImageFile():
            chosen = {"channel": constant.channel, "frame": constant.frame}
            return {
                "file": constant.path,
                "sha256": constant.digest.hex(),
                **{axis: number for axis, number in chosen.items() if number is not None},
            }
        case GivenImage():
            return {"array": constant.name, "xxh3_128": constant.digest.hex()}
        case _:
            return str(constant)
