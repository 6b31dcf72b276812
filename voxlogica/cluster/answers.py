"""Answers as messages have them."""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import Any

from voxlogica.cluster.errands import Answer, Done, Failure, Saved, Sent
from voxlogica.cluster.messages import Packing, Unpacking, damage, read, read_all, read_list
from voxlogica.cluster.packed_values import packed_value, value_of
from voxlogica.remarks import EMPTY, Remark, Ruled


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
        [list(one) for one in answer.read],
        [[position, _packed_saved(saved, packing)] for position, saved in answer.effects],
        answer.failure and list(answer.failure),
        list(answer.warned),
        [answer.began, answer.ended],
    ]
    return packing.sealed("answer", content)


def answer_of(message: bytes) -> Answer:
    """The answer that is encoded so. TravelError where it is damaged, or of another version."""
    unpacking = Unpacking("answer", message)
    with damage("answer"):
        content = read_list(unpacking.content, 9)
        worker, values, done, remarks, files, effects, failure, warned, times = content
        began, ended = read_all(read_list(times, 2), float)
        found = Answer(
            read(worker, str),
            tuple([_value(value, unpacking) for value in read_list(values)]),
            _done(done),
            tuple([_remarks(one) for one in read_list(remarks)]),
            tuple([_read(one) for one in read_list(files)]),
            tuple([_effect(one, unpacking) for one in read_list(effects)]),
            None if failure is None else _failure(failure),
            read_all(warned, str),
            began,
            ended,
        )
        unpacking.end()
        return found


def _value(packed: object, unpacking: Unpacking) -> Any:
    if len(read_list(packed)) > 1:
        return _saved(packed, unpacking)
    (row,) = read_list(packed)
    waiting = iter(read_list(row))
    value = value_of(waiting, unpacking)
    if next(waiting, waiting) is not waiting:
        raise ValueError("more than one value")
    return value


# What was done: in columns, with each text once


def _packed_done(done: Iterable[Done]) -> list[Any]:
    texts: dict[str, int] = {}
    rows = [*done]
    numbers: list[int] = []
    for one in rows:
        outcome, thread = (texts.setdefault(t, len(texts)) for t in (one.outcome, one.thread))
        numbers += (one.position, outcome, thread)
    times = [time for one in rows for time in (one.seconds, one.begin)]
    return [list(texts), numbers, struct.pack(f"<{len(times)}d", *times)]


def _done(packed: object) -> tuple[Done, ...]:
    texts, numbers, packed_times = read_list(packed, 3)
    several, words = read_all(numbers, int), read_all(texts, str)
    count = len(several) // 3
    times = struct.unpack(f"<{2 * count}d", read(packed_times, bytes))
    if len(several) != 3 * count or min(several[1::3] + several[2::3], default=0) < 0:
        raise ValueError("what was done is not told in full")
    return tuple(
        [
            Done(
                several[3 * i],
                times[2 * i],
                words[several[3 * i + 1]],
                times[2 * i + 1],
                words[several[3 * i + 2]],
            )
            for i in range(count)
        ]
    )


# What was remarked, read and written, and what failed


def _packed_remark(remark: Remark | Ruled) -> Any:
    return list(remark) if isinstance(remark, Remark) else EMPTY.index(remark.empty)


def _remarks(packed: object) -> tuple[int, tuple[Remark | Ruled, ...]]:
    position, *said = read_list(packed)
    return read(position, int), tuple([_remark(one) for one in said])


def _remark(packed: object) -> Remark | Ruled:
    if isinstance(packed, int):
        return Ruled(EMPTY[range(len(EMPTY))[packed]])
    message, hint = read_list(packed, 2)
    return Remark(read(message, str), _text_or_none(hint))


def _text_or_none(value: object) -> str | None:
    return None if value is None else read(value, str)


def _read(packed: object) -> tuple[str, int, bytes]:
    path, position, digest = read_list(packed, 3)
    return read(path, str), read(position, int), read(digest, bytes)


def _effect(packed: object, unpacking: Unpacking) -> tuple[int, Saved]:
    position, saved = read_list(packed, 2)
    return read(position, int), _saved(saved, unpacking)


def _packed_saved(saved: Saved, packing: Packing) -> list[Any]:
    sent = [sent.name for sent in saved.sent]
    packing.large += [sent.content for sent in saved.sent]
    least, greatest = float(saved.minimum), float(saved.maximum)
    return [
        saved.path,
        least,
        greatest,
        list(saved.warnings),
        saved.unkept,
        list(saved.files),
        sent,
    ]


def _saved(packed: object, unpacking: Unpacking) -> Saved:
    path, minimum, maximum, warnings, unkept, files, sent = read_list(packed, 7)
    return Saved(
        read(path, str),
        read(minimum, float),
        read(maximum, float),
        read_all(warnings, str),
        read(unkept, str),
        read_all(files, str),
        tuple([Sent(name, unpacking.large()) for name in read_all(sent, str)]),
    )


def _failure(packed: object) -> Failure:
    position, message, hint, is_defect, traceback, file = read_list(packed, 6)
    return Failure(
        read(position, int),
        read(message, str),
        _text_or_none(hint),
        read(is_defect, bool),
        read(traceback, str),
        read(file, str),
    )
