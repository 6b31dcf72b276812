"""What files of tables and text can hold: numbers, bools and strings, in sequences so deep."""

from __future__ import annotations

from voxlogica.language.values import innermost
from voxlogica.language.workplan import WorkPlan
from voxlogica.operators.literals import JOINED, SEQUENCE
from voxlogica.operators.signature import ANY, IMAGES, SCALARS, VALUE, Type

# What a table may consist of: of an empty sequence, what is not there; and what an operator gives.
WRITTEN = SCALARS | {ANY, VALUE}


# How many sequences within each other a file holds, of what, and what to do about more.
_DEPTHS = {
    ".csv": (2, "a field of a table", "a .json file holds sequences within sequences"),
    ".tsv": (2, "a field of a table", "a .json file holds sequences within sequences"),
    ".txt": (1, "a line of text", ".csv, .tsv and .json files hold rows of several values"),
}


def unwritten(plan: WorkPlan, node: int) -> Type | None:
    """Of what a value consists of in the end, the first type that is no number, bool or string."""
    waiting = [node]
    while waiting:
        position = waiting.pop()
        found = plan.kinds[position]
        part = innermost(found.type)
        if part == VALUE and found.operator in (SEQUENCE, JOINED):
            waiting += reversed(plan.arguments(position))
        elif part not in WRITTEN:
            return part
    return None


def problem(plan: WorkPlan, node: int, suffix: str) -> tuple[str, str | None] | None:
    """Why a value cannot be saved in a file that ends so, and how to mend it; None if it can."""
    found = plan.kinds[node].type
    part = unwritten(plan, node)
    if part is not None:
        where = "this is" if part == found else "in this sequence is"
        what = f"an image, {part}" if part in IMAGES else f"a {part}"
        hint = "images are saved as .nii.gz, .mha, .nrrd, .tif, .png and others"
        return f"{suffix} files hold numbers, bools and strings; {where} {what}", hint
    depth = _DEPTHS.get(suffix)
    if depth is None:
        return None
    most, unit, hint = depth
    deep = _too_deep(plan, node, most)
    return deep and (f"{unit} is one value; here it is a {deep}", hint)


def _too_deep(plan: WorkPlan, node: int, most: int) -> Type | None:
    """The type of what stands where a value should be, within so many sequences; None of none."""
    waiting = [(node, most)]
    while waiting:
        position, left = waiting.pop()
        kind, found = plan.kinds[position], plan.kinds[position].type
        inner = {SEQUENCE: left - 1, JOINED: left}.get(kind.operator)
        if innermost(found) == VALUE and inner is not None and left:
            waiting += ((argument, inner) for argument in plan.arguments(position))
            continue
        for _ in range(left):
            found = found.element or found
        if found.element is not None:
            return found
    return None
