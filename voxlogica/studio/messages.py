"""What the page asks: messages in JSON, read with care.

Each is an object whose `do` says what is wanted, and `serial` which answer is to this. What does
not fit is told to the page, in words, and changes nothing.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, NoReturn

from voxlogica.dataclass import dataclass

# Characters of a message, and of a program in it: a long program has some ten thousand.
LONGEST_MESSAGE = 1_000_000
_MOST_VALUES = 1_000
_MOST_NAMES = 10_000
_LONGEST_NAME = 200
_LARGEST_SERIAL = 2**53


class MessageError(Exception):
    """A message is none: the text says why. `serial` is its number, if it has one."""

    def __init__(self, message: str, serial: int | None = None) -> None:
        super().__init__(message)
        self.serial = serial


@dataclass(frozen=True, slots=True)
class Asked:
    """One message: what is to be done, the number that the answer is to have, and the rest."""

    do: str
    serial: int | None
    fields: Mapping[str, Any]


class _Field(NamedTuple):
    """A part of a message: what it is, in words, whether something is it, and when it is absent."""

    what: str
    holds: Callable[[Any], bool]
    absent: Any = ...  # it has to be there


def _is_text(value: Any) -> bool:
    """Whether it could be in a file: JSON's escapes can make halves of characters, too."""
    if not isinstance(value, str):
        return False
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _is_name(value: Any) -> bool:
    return _is_text(value) and 0 < len(value) <= _LONGEST_NAME


def _is_constant(value: Any) -> bool:
    if isinstance(value, list):
        return all(not isinstance(one, list) and _is_constant(one) for one in value)
    if isinstance(value, int | float):  # of any number of digits, which make an infinity
        return abs(value) <= sys.float_info.max
    return _is_text(value)


def _are_values(value: Any) -> bool:
    return (
        isinstance(value, dict)
        and len(value) <= _MOST_VALUES
        and all(map(_is_name, value))
        and all(one is None or _is_constant(one) for one in value.values())
    )


def _are_names(value: Any) -> bool:
    return isinstance(value, list) and len(value) <= _MOST_NAMES and all(map(_is_name, value))


def _is_voxel(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) in (2, 3)
        and all(isinstance(at, int) and not isinstance(at, bool) and at >= 0 for at in value)
    )


_TRUTH = _Field("true or false", lambda value: isinstance(value, bool), False)
_NAME = _Field("a name", _is_name)
_NAMES = _Field("a list of names", _are_names)

# By what is to be done, the parts of a message that asks for it.
_MESSAGES: Mapping[str, Mapping[str, _Field]] = {
    "set": {
        "text": _Field("a text", _is_text, None),
        "values": _Field("constants by name, null for a default", _are_values, None),
        "moving": _TRUTH,
    },
    # It is one of those that there are, which may be named by bytes that are no text.
    "case": {"case": _Field("a case's name", lambda value: isinstance(value, str))},
    "why": {"name": _NAME, "voxel": _Field("two or three whole numbers", _is_voxel)},
    "want": {"ids": _NAMES},
    "show": {"names": _NAMES},
    "defaults": {},
    "write": {"over": _TRUTH},
    "keep": {"name": _NAME, "file": _TRUTH},
    "forget": {"name": _NAME},
    "line": {},
    "report": {},
}


def asked(text: str) -> Asked:
    """What a message asks. Raises MessageError."""
    if len(text) > LONGEST_MESSAGE:
        raise MessageError(f"a message has at most {LONGEST_MESSAGE} characters")
    try:
        found = json.loads(text, parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise MessageError("a message is an object in JSON") from None
    if not isinstance(found, dict):
        raise MessageError("a message is an object in JSON")
    serial = found.pop("serial", None)
    if not (serial is None or _is_serial(serial)):
        raise MessageError("`serial` is a whole number")
    do = found.pop("do", None)
    fields = _MESSAGES.get(do) if isinstance(do, str) else None
    if fields is None:
        raise MessageError(f"`do` is one of: {', '.join(_MESSAGES)}", serial)
    for name in found:
        if name not in fields:
            raise MessageError(f"`{do}` has no {name[:_LONGEST_NAME]!r}", serial)
    read = {}
    for name, field in fields.items():
        read[name] = found.get(name, field.absent)
        if (name in found and not field.holds(found[name])) or read[name] is ...:
            raise MessageError(f"`{name}` of `{do}` is {field.what}", serial)
    return Asked(do, serial, read)


def _is_serial(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST_SERIAL


def _no_number(written: str) -> NoReturn:
    raise ValueError(written)
