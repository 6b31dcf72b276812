"""From an exception inside an operation to a message at its place in the user's program."""

from __future__ import annotations

from voxlogica.engine.events import Work
from voxlogica.engine.scarcity import scarcity
from voxlogica.images.errors import ImageFileError
from voxlogica.language.messages import diagnose
from voxlogica.language.operations import Place
from voxlogica.operators.signature import OperationError
from voxlogica.syntax.diagnostics import Diagnostic


def failure(cause: Exception, work: Work, place: Place) -> Diagnostic:
    """The message for a piece of work that raised `cause`."""
    doing = f"`{work.name}`" if work.kind == "operation" else f'saving "{work.name}"'
    message, hint = breakdown(cause, doing)
    return diagnose("error", message, place, hint=hint)


def breakdown(cause: Exception, doing: str) -> tuple[str, str | None]:
    """The message, and what to do, where `doing` something raised `cause`."""
    from voxlogica.kernels.machine_code import MissingCodeError

    match cause:
        case OperationError() | ImageFileError():
            return cause.message, cause.hint
        case _ if lacking := scarcity(cause):
            return f"{lacking.said} for {doing}", lacking.hint
        case MissingCodeError():
            return f"{doing} has no machine code: {cause}", None
    return f"{doing} broke down: {type(cause).__name__}: {cause}", (
        "this is a defect of voxlogica, not of your program: please report it,"
        " with its traceback, which the command line shows under `--debug`"
    )


def is_defect(cause: BaseException | None) -> bool:
    """Whether a failure with this cause is the tool's own fault, so that its traceback matters."""
    known = isinstance(cause, OperationError | ImageFileError) or scarcity(cause) is not None
    return isinstance(cause, Exception) and not known
