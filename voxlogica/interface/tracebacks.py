"""Errors end at the line of the user: what is below it is of no use, unless the fault is ours."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from inspect import isasyncgenfunction, iscoroutinefunction, isgeneratorfunction
from opcode import opmap
from typing import TYPE_CHECKING, Any, ParamSpec, TypeAlias, TypeVar, cast

from voxlogica.callers import innermost, module_of, users_part
from voxlogica.interface.telling import DoubtWarning
from voxlogica.interface.wording import in_python
from voxlogica.syntax.diagnostics import VoxLogicaError

if TYPE_CHECKING:
    from types import FunctionType

P = ParamSpec("P")
R = TypeVar("R")

# What is made short: an interruption, too, which is the user's own.
Raised: TypeAlias = Exception | KeyboardInterrupt

# Whose errors are about what the user has passed, if they are raised on purpose.
_ROOMS_OF_USERS = ("interface", "live", "ops", "running", "dialogue", "plan_to_report")
_RAISE = opmap["RAISE_VARARGS"]


def short(function: Callable[P, R]) -> Callable[P, R]:
    """A public function, or method, of which errors are short.

    Of their tracebacks there is left what is the user's, and the call itself. An error that is not
    worded for users is a defect of ours: it stays whole. Coroutines fail as functions do, where the
    user's code waits for them.
    """
    called = _called(function)
    wraps(function)(called)
    # Nothing is to be read in the line that raises it anew.
    plain = cast("FunctionType", called)
    plain.__code__ = plain.__code__.replace(
        co_filename="<voxlogica>", co_name=function.__name__, co_qualname=function.__qualname__
    )
    return cast("Callable[P, R]", called)


def _called(function: Callable[..., Any]) -> Callable[..., Any]:
    if isasyncgenfunction(function) or isgeneratorfunction(function):
        raise TypeError(f"{function.__qualname__}: iterators are not made short")
    return _awaited(function) if iscoroutinefunction(function) else _returning(function)


# An error is raised anew when no error of ours is being handled any more: its context is then what
# the user's program was handling, if anything. A frame that has the error would keep it alive.


def _returning(function: Callable[..., Any]) -> Callable[..., Any]:
    def called(*values: Any, **named: Any) -> Any:
        __tracebackhide__ = True
        try:
            return function(*values, **named)
        except (Exception, KeyboardInterrupt) as raised:
            if not _is_for_users(raised):
                raise
            told = raised
        try:
            raise _shortened(told)
        finally:
            del told

    return called


def _awaited(function: Callable[..., Any]) -> Callable[..., Any]:
    async def called(*values: Any, **named: Any) -> Any:
        __tracebackhide__ = True
        try:
            return await function(*values, **named)
        except (Exception, KeyboardInterrupt) as raised:
            if not _is_for_users(raised):
                raise
            told = raised
        try:
            raise _shortened(told)
        finally:
            del told

    return called


def _is_for_users(raised: Raised) -> bool:
    """Whether an error says all that its reader needs.

    Any but our own is if a `raise` of a public room has raised it: what fails there by itself is a
    defect.
    """
    if isinstance(raised, VoxLogicaError | DoubtWarning | KeyboardInterrupt):
        return True
    assert raised.__traceback__ is not None
    last = innermost(raised.__traceback__)
    library, _, room = module_of(last.tb_frame).partition(".")
    is_public = library == "voxlogica" and room.partition(".")[0] in _ROOMS_OF_USERS
    return is_public and last.tb_frame.f_code.co_code[last.tb_lasti] == _RAISE


def _shortened(told: Raised) -> Raised:
    """The same error in Python's words.

    Its traceback is the user's part, its cause a defect of ours, if anything.
    """
    from voxlogica.engine.failures import is_defect

    if isinstance(told, VoxLogicaError):
        told.reword(in_python)
    cause = told.__cause__
    told.__context__ = None
    told.__cause__ = cause if is_defect(cause) and not isinstance(cause, VoxLogicaError) else None
    told.__suppress_context__ = told.__cause__ is not None
    return told.with_traceback(users_part(told.__traceback__))
