"""What operations have beside their arguments, and its encoding, which is part of their ids."""

from __future__ import annotations

import math
import struct
from typing import Protocol

from voxlogica.dataclass import dataclass


class CanonicalValue(Protocol):
    """A constant that knows its own canonical encoding: a geometry, a file's content."""

    @property
    def tag(self) -> bytes:
        """What tells constants of its class from others, in one byte."""
        ...

    def canonical(self) -> bytes:
        """Equal exactly for equal values, in every run and machine."""
        ...


Constant = float | bool | str | CanonicalValue


def encoded(constant: Constant) -> tuple[bytes, bytes]:
    """The tag and the content of a constant, the same in every run and machine."""
    if isinstance(constant, bool):
        return b"b", b"\x01" if constant else b"\x00"
    if isinstance(constant, float):
        return b"n", struct.pack("<d", math.nan if math.isnan(constant) else constant)
    if isinstance(constant, str):
        return b"s", constant.encode("utf-8", "surrogatepass")
    return constant.tag, constant.canonical()


@dataclass(frozen=True, slots=True)
class ThisRun:
    """What makes an operation that rests on the outside one of this run alone.

    `run` is of one planning of a program, `order` the number of goals before it, and what tells
    apart those among them: of several effects on one file, the last in the program counts.
    """

    tag = b"O"

    run: str
    order: tuple[int, int]

    def canonical(self) -> bytes:
        """Equal for nothing in another run."""
        return f"{self.run} {self.order[0]} {self.order[1]}".encode()

    def __str__(self) -> str:
        return "this run"


@dataclass(frozen=True, slots=True)
class GridOf:
    """The grid of an operation's result, which is known only when the program runs.

    `operation` is the id that the operation had when it was planned.
    """

    operation: bytes

    def __str__(self) -> str:
        return "known when it runs"
