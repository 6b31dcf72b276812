"""What is said of calls that other languages write: methods, named arguments, choices by `?`."""

from __future__ import annotations

import re

from voxlogica.language.synonyms import method
from voxlogica.syntax.ast import Call, Expression, Name
from voxlogica.syntax.diagnostics import Diagnostic, error
from voxlogica.syntax.printer import expression_text
from voxlogica.syntax.source import Span

_CHOICE = re.compile(
    r"(?:[^=]*=(?!=)\s*|\s*\w+\s+\"[^\"]*\"\s*)?([^?]+?)\s*\?\s*([^:]+?)\s*:\s*(.+?)\s*$"
)


def method_call(
    name: str, arguments: tuple[Expression, ...], call: Call, is_known: bool
) -> Diagnostic:
    """That there are no methods, and how it is written instead."""
    at = call.name_span
    if call.notation == "infix":
        at = at._replace(end=at.end + len(name))
    return _no_methods(name, arguments, at, is_known)


def attribute(name: str, owner: Name, is_known: bool) -> Diagnostic:
    """That values have no attributes, and how it is written instead."""
    return _no_methods(name, (owner,), owner.span, is_known)


def _no_methods(
    name: str, arguments: tuple[Expression, ...], at: Span, is_known: bool
) -> Diagnostic:
    return error(
        f"there are no methods, such as `.{name}`", at, hint=method(name, arguments, is_known)
    )


def choice(at: Span) -> Diagnostic:
    """That there is no `c ? a : b`, and what chooses instead."""
    number, _ = at.source.line_and_column(at.start)
    found = _CHOICE.match(at.source.line(number))
    parts = ", ".join(found.groups() if found else "cab")
    return error(
        "there is no `?`",
        at,
        hint=f"`ifB({parts})` chooses between regions, `ifN({parts})` between images, by a bool; "
        f"`select({parts})` between images voxel by voxel, by a region",
    )


def second_equals(call: Call) -> Diagnostic | None:
    """That a value begins with `=`: that of a declaration, which has one already, or of a print."""
    at = call.name_span
    before = at.source.text[max(0, at.start - 40) : at.start].rstrip()[-1:]
    if before in ("=", '"'):
        what = "a declaration has one `=`" if before == "=" else "nothing stands before a value"
        return error(what, at, hint="delete this one")
    return None


def named_argument(call: Call, named: Call) -> Diagnostic:
    """That arguments have no names, and how the call is written instead."""
    plain = (
        a.arguments[1] if isinstance(a, Call) and (a.name, a.notation) == ("=", "infix") else a
        for a in call.arguments
    )
    return error(
        "arguments have no names: they stand in their order",
        named.span,
        hint=f"`{call.name}({', '.join(map(expression_text, plain))})`",
    )
