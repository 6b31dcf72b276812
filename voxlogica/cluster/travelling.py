"""What travels between a client and its workers, as bytes: errands there, and answers back.

It is data (`messages.py`): a worker looks up the operators it names, opens the files it names, and
makes the same plan, with the same ids, of what is in it. Equal errands are equal bytes, in every
process and on every machine.
"""

from __future__ import annotations

import hashlib
import struct
from collections.abc import Sequence
from types import NoneType
from typing import Any

from voxlogica.cluster.constants import Opened
from voxlogica.cluster.errands import Answer, Errand, Failure, OperationDone, Saved, Sent
from voxlogica.cluster.messages import (
    Packing,
    TravelError,
    Unpacking,
    damage,
    packed_texts,
    read,
    read_all,
    read_count,
    read_list,
    read_row,
    texts_of,
)
from voxlogica.cluster.packed_values import packed_value, value_of
from voxlogica.cluster.plans import packed_plan, plan_of
from voxlogica.images.saving import Written
from voxlogica.language.workplan import Save
from voxlogica.remarks import EMPTY, EmptyRule, Remark

__all__ = ["TravelError", "answer_of", "encoded_answer", "encoded_errand", "errand_of", "key_of"]

_TEXT_OR_NONE = (str, NoneType)


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
        packed, folders, compression, cache, paths, digests, folder = read_row(
            unpacking.content, list, list, int, (bool, str), list, list, str
        )
    plan = plan_of(packed, unpacking, opened)
    with damage("errand"):
        unpacking.end()
        hidden = texts_of(folders)
        if sum(isinstance(goal, Save) for goal in plan.goals) != len(hidden):
            raise ValueError("folders of another number than files")
        contents = [digest.hex() for digest in read_all(digests, bytes)]
        sent = tuple(zip(texts_of(paths), contents, strict=True))
        return Errand(plan, hidden, read_count(compression), cache, sent, folder)


def encoded_answer(answer: Answer) -> bytes:
    """An answer as bytes. Raises TypeError where it has a value that cannot travel."""
    packing = Packing()
    content = [
        answer.worker,
        [
            [packed_value(value, packing)]
            if not isinstance(value, Saved)
            else _packed_saved(value, packing)
            for value in answer.values
        ],
        _packed_done(answer.done),
        [[position, *map(_packed_remark, said)] for position, said in answer.remarks],
        [[*one] for one in answer.read],
        [[position, _packed_saved(saved, packing)] for position, saved in answer.effects],
        answer.failure and [*answer.failure],
        [*answer.warned],
        answer.began,
        answer.ended,
    ]
    return packing.sealed("answer", content)


def answer_of(message: bytes) -> Answer:
    """The answer that is encoded so. TravelError where it is damaged, or of another version."""
    unpacking = Unpacking("answer", message)
    with damage("answer"):
        worker, values, done, remarks, files, effects, failure, warned, began, ended = read_row(
            unpacking.content, str, *[list] * 5, (list, NoneType), list, float, float
        )
        found = Answer(
            worker,
            tuple([_value(value, unpacking) for value in values]),
            _done(done),
            tuple(
                [
                    (read(at, int), tuple(map(_remark, said)))
                    for at, *said in map(read_list, remarks)
                ]
            ),
            tuple([(*read_row(one, str, int, bytes),) for one in files]),
            tuple(
                [(read(at, int), _saved(saved, unpacking)) for at, saved in map(read_list, effects)]
            ),
            None
            if failure is None
            else Failure(*read_row(failure, int, str, _TEXT_OR_NONE, bool, str, str)),
            read_all(warned, str),
            began,
            ended,
        )
        unpacking.end()
        return found


def _value(packed: object, unpacking: Unpacking) -> Any:
    row = read_list(packed)
    return value_of(row[0], unpacking) if len(row) == 1 else _saved(row, unpacking)


def _packed_done(done: Sequence[OperationDone]) -> list[Any]:
    """What was done, in columns, with each text once."""
    texts: dict[str, int] = {}
    numbers: list[int] = []
    for one in done:
        outcome, thread = (texts.setdefault(t, len(texts)) for t in (one.outcome, one.thread))
        numbers += (one.position, outcome, thread)
    times = b"".join([struct.pack("<dd", one.seconds, one.begin) for one in done])
    return [[*texts], numbers, times]


def _done(packed: object) -> tuple[OperationDone, ...]:
    texts, numbers, times = read_row(packed, list, list, bytes)
    words, several = read_all(texts, str), iter(read_all(numbers, int))
    rows = zip(several, several, several, struct.iter_unpack("<dd", times), strict=True)
    return tuple(
        [
            OperationDone(
                position, seconds, words[read_count(outcome)], begin, words[read_count(thread)]
            )
            for position, outcome, thread, (seconds, begin) in rows
        ]
    )


def _packed_remark(remark: Remark | EmptyRule) -> Any:
    return [*remark] if isinstance(remark, Remark) else EMPTY.index(remark.empty)


def _remark(packed: object) -> Remark | EmptyRule:
    if isinstance(packed, int):
        return EmptyRule(EMPTY[read_count(packed)])
    return Remark(*read_row(packed, str, _TEXT_OR_NONE))


def _packed_saved(saved: Saved, packing: Packing) -> list[Any]:
    packing.large += [sent.content for sent in saved.sent]
    written, names = saved.written, [sent.name for sent in saved.sent]
    least, greatest = float(written.minimum), float(written.maximum)
    told = [[*written.warnings], written.unkept]
    return [written.path, least, greatest, *told, [*saved.files], names]


def _saved(packed: object, unpacking: Unpacking) -> Saved:
    path, minimum, maximum, warnings, unkept, files, sent = read_row(
        packed, str, float, float, list, str, list, list
    )
    contents = tuple([Sent(name, unpacking.large()) for name in read_all(sent, str)])
    written = Written(path, minimum, maximum, read_all(warnings, str), unkept)
    return Saved(written, read_all(files, str), contents)
