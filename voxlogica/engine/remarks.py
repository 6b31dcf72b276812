"""The warnings of operations about their values, told in every run that rests on them.

An operation's remarks follow from what it computes, so they are known by its id, like its result:
where the result is at hand, or one that rests on it is, they are told again without computing it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from voxlogica.images.errors import quoted
from voxlogica.language.messages import diagnose
from voxlogica.language.workplan import WorkPlan
from voxlogica.operators.literals import LOAD
from voxlogica.remarks import Remark
from voxlogica.syntax.diagnostics import Diagnostic

if TYPE_CHECKING:
    from voxlogica.engine.keeping import Keeper

# Of all operations of this process that had something to remark.
_said: dict[bytes, tuple[Remark, ...]] = {}


def note(operation: bytes, remarks: Iterable[Remark], keeper: Keeper | None) -> None:
    """Keep what an operation remarked. To be done before its result can be read by others."""
    _said[operation] = tuple(remarks)
    if keeper is not None:
        keeper.put_beside(_beside(operation), [[r.message, r.hint or ""] for r in remarks])


def told(plan: WorkPlan, needed: Iterable[int], keeper: Keeper | None) -> Iterator[Diagnostic]:
    """The warnings of what the goals of a plan rest on, in its order."""
    kinds, ids = plan.kinds, plan.ids
    speaking = sorted(p for p in needed if kinds[p].operator.remarks or ids[p] in _said)
    unknown = {_beside(ids[p]): ids[p] for p in speaking if ids[p] not in _said}
    if keeper is not None and unknown:
        for beside in keeper.stored(unknown):
            _said[unknown[beside]] = tuple(_read(keeper.read(beside)))
    for position in speaking:
        for message, hint in _said.get(ids[position], ()):
            about = _file(plan, position)
            message = f"{about}: {message}" if about else message
            yield diagnose("warning", message, plan.places[position], hint=hint)


def _beside(operation: bytes) -> bytes:
    """The id under which the store has an operation's remarks."""
    return hashlib.sha256(operation + b" remarks").digest()


def _read(value: Any) -> Iterator[Remark]:
    """The remarks in a value from the store, which may hold anything."""
    for item in value if isinstance(value, list) else ():
        if isinstance(item, list) and len(item) == 2 and all(isinstance(t, str) for t in item):
            yield Remark(item[0], item[1] or None)


def _file(plan: WorkPlan, position: int) -> str | None:
    """The loaded file that an operation looks at, where it is only one."""
    of = [position, *plan.arguments(position)]
    loaded: list[Any] = [plan.kinds[p].constants[0] for p in of if plan.kinds[p].operator is LOAD]
    return quoted(loaded[0].path) if len(loaded) == 1 else None
