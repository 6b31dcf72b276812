"""What travels between a client and its workers, as bytes: errands there, and answers back.

It is data (`messages.py`): a worker looks up the operators it names, opens the files it names, and
makes the same plan, with the same ids, of what is in it. Equal errands are equal bytes, in every
process and on every machine.
"""

from __future__ import annotations

import hashlib
from typing import Any

from voxlogica.cluster.answers import answer_of, encoded_answer
from voxlogica.cluster.constants import Opened
from voxlogica.cluster.errands import Errand
from voxlogica.cluster.messages import (
    Packing,
    TravelError,
    Unpacking,
    damage,
    read,
    read_all,
    read_count,
    read_list,
)
from voxlogica.cluster.packed_texts import packed_texts, texts_of
from voxlogica.cluster.plans import packed_plan, plan_of
from voxlogica.language.workplan import Save, WorkPlan

__all__ = ["TravelError", "answer_of", "encoded_answer", "encoded_errand", "errand_of", "key_of"]


def key_of(message: bytes) -> str:
    """What an errand is known by: equal ones, of whatever client, have one key."""
    return f"vox-{hashlib.sha256(message).hexdigest()}"


def encoded_errand(errand: Errand) -> bytes:
    """An errand as bytes.

    Raises TypeError where something of it cannot travel: a goal that is no `Ask` or `Save`, an
    operator or value that only this process knows. Raises ImageFileError where an array that was
    lent has changed.
    """
    packing = Packing()
    content = [
        packed_plan(errand.plan, packing),
        packed_texts(errand.hidden),
        errand.compression,
        errand.cache,
        _packed_operations(errand.held, errand.plan),
        _packed_operations(errand.once, errand.plan),
        packed_texts(path for path, _ in errand.sent),
        [bytes.fromhex(digest) for _, digest in errand.sent],
        errand.folder,
    ]
    return packing.sealed("errand", content)


def errand_of(message: bytes, opened: Opened) -> Errand:
    """The errand that is encoded so, the places of its plan as `plans.place_of`.

    `opened` is called for each file that the plan loads, once, with its absolute path, and gives
    what is there on this machine.

    Raises TravelError where the message is damaged, or of another version; where an operator is not
    known here, or is another; and where a file is not what it was at the client.
    """
    unpacking = Unpacking("errand", message)
    with damage("errand"):
        parts = read_list(unpacking.content, 9)
        packed, folders, compression, cache, held, once, paths, digests, folder = parts
    plan = plan_of(packed, unpacking, opened)
    with damage("errand"):
        unpacking.end()
        hidden = texts_of(folders)
        if sum(isinstance(goal, Save) for goal in plan.goals) != len(hidden):
            raise ValueError("folders of another number than files")
        if not isinstance(cache, bool | str):
            raise ValueError("no cache")
        contents = [digest.hex() for digest in read_all(digests, bytes)]
        return Errand(
            plan,
            hidden,
            read_count(compression),
            cache,
            _operations(held, plan),
            _operations(once, plan),
            tuple(zip(texts_of(paths), contents, strict=True)),
            read(folder, str),
        )


def _packed_operations(operations: tuple[bytes, ...], plan: WorkPlan) -> list[Any]:
    """Operations by their positions in a plan, or, where they are not in it, by their ids."""
    found: list[Any] = []
    for operation in operations:
        try:
            found.append(plan.position(operation))
        except KeyError:
            found.append(operation)
    return found


def _operations(packed: object, plan: WorkPlan) -> tuple[bytes, ...]:
    return tuple(
        [one if isinstance(one, bytes) else plan.ids[read_count(one)] for one in read_list(packed)]
    )
