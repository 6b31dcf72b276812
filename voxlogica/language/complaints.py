"""What is said about arguments that do not fit: every complaint about types, in words.

A message speaks of the author's own call, also where what fails is inside a function of a library.
Its help is code to write instead, made of what the author wrote, wherever that can be.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from voxlogica.language.builtins import AtLeast, Builtin
from voxlogica.language.code import Declared
from voxlogica.language.libraries import types_declared
from voxlogica.language.messages import diagnose
from voxlogica.language.names import Applicable, Overloaded, forms, takes
from voxlogica.language.operations import Place
from voxlogica.language.other_languages import filled, of_other_number, written
from voxlogica.language.remedies import WrongCall, converted, remedied
from voxlogica.language.values import Application, FunctionValue, Value, type_of
from voxlogica.language.workplan import WorkPlan
from voxlogica.operators import namespace, namespaces, registry
from voxlogica.operators.signature import BOOL, NUMBER, REGION, STRING, TYPES, Operator, Type
from voxlogica.syntax.ast import Call, Expression, Fold, Loop, Name, Slice
from voxlogica.syntax.ast import Sequence as Listed
from voxlogica.syntax.diagnostics import Diagnostic, Note, error
from voxlogica.syntax.printer import expression_text
from voxlogica.syntax.source import Span

_DECIMAL_COMMA = re.compile(r"(?<![\w.,])\d+,\d+(?![\w.,])")


def mismatch(
    overloads: tuple[Operator, ...],
    values: tuple[Value, ...],
    expression: Expression,
    place: Place,
    name: str,
    plan: WorkPlan,
) -> Diagnostic:
    """That an operator does not take arguments of these types, at the author's own call."""
    call, frame = expression, place.frame
    name = name or (call.name if isinstance(call, Call) else overloads[0].name)
    while call.span.source.shipped and frame is not None:
        overloads = types_declared(call.span.source).get(frame.function, ())
        name, call, values, frame = frame.function, frame.call, frame.arguments, frame.caller
    types = tuple(type_of(plan, value) for value in values)
    called = isinstance(call, Call) and call.name == name and len(call.arguments) == len(types)
    arguments = call.arguments if isinstance(call, Call) and called else ()
    candidates = tuple(o for o in overloads if o.takes_count(len(types)))
    case, hint = remedied(WrongCall(name, call, arguments, types, candidates))
    candidates, wrong = case.candidates, case.wrong
    place, notes = Place(call.span, frame), [Note(o.signature) for o in candidates[:6]]
    if wrong is None:
        message = f"`{name}` does not take ({', '.join(map(str, types))})"
        return diagnose("error", message, place, notes=notes, hint=hint)
    (meant,), given = candidates, article(types[wrong])
    parameter = meant.parameter(wrong)
    return diagnose(
        "error",
        f"`{name}` expects {article(parameter.type)} as {parameter.name}, found {given}",
        place,
        span=arguments[wrong].span if arguments else None,
        label=f"this is {given}",
        notes=notes,
        hint=hint,
    )


# Numbers of arguments


def signatures(binding: Applicable, name: str) -> list[str]:
    """What something takes, as `voxlogica ops` shows it."""
    if isinstance(binding, Declared):
        typed = types_declared(binding.span.source) if binding.span.source.shipped else {}
        return [o.signature for o in typed.get(name, ())] or [f"declared as `{binding.signature}`"]
    if isinstance(binding, Builtin):
        return list(binding.signatures)
    overloads = forms(name, binding.forms) if isinstance(binding, Overloaded) else binding
    return [operator.signature for operator in overloads]


def arity_error(
    name: str, binding: Applicable, count: int, at: Span, call: Expression
) -> Diagnostic:
    """That something is applied to so many arguments, and takes others."""
    counts = takes(binding)
    wanted = " or ".join(_counted(n) for n in sorted(counts))
    if isinstance(counts, AtLeast):
        wanted += " or more"
    declared = binding.span if isinstance(binding, Declared) else None
    if declared and declared.source.shipped:
        declared = None
    return error(
        f"`{name}` takes {wanted}, and got {_counted(count)}",
        at,
        notes=[Note(said, declared) for said in signatures(binding, name)[:4]],
        hint=_of_other_number(name, binding, count, counts, call),
    )


def _of_other_number(
    name: str, binding: Applicable, count: int, wanted: frozenset[int], call: Expression
) -> str | None:
    arguments = call.arguments if isinstance(call, Call) else ()
    match arguments:
        case (Call(_, (_, Name()) as both, notation="index"),) if 2 in wanted:
            return filled(f"of an image over a region: `{name}({{0}}, {{1}})`", both)
    said = of_other_number(name, arguments)
    if said is not None:
        return said
    comma = _DECIMAL_COMMA.search(call.span.text)
    if comma and all(count > n for n in wanted):
        return f"a decimal fraction has a point: `{comma.group().replace(',', '.')}`"
    names: Sequence[str] = ()
    if isinstance(binding, Declared):
        names = binding.parameters
    elif isinstance(binding, tuple) and len(binding) == 1:
        names = [p.name for p in binding[0].parameters[: binding[0].least]]
    missing = names[count:]
    if not missing or not count:
        return None
    listed = " and ".join(f"`{n}`" for n in missing)
    return f"{listed} {'is' if len(missing) == 1 else 'are'} missing, after `{names[count - 1]}`"


def _counted(count: int) -> str:
    return "no argument" if count == 0 else "1 argument" if count == 1 else f"{count} arguments"


# Functions and values


def function_as_value(
    function: FunctionValue, place: Place, span: Span | None = None
) -> Diagnostic:
    """That a function stands where a value is wanted."""
    taken = signatures(function.binding, function.name)[:4]
    return diagnose(
        "error",
        f"`{function.name}` is a function, and a value is wanted here",
        place,
        span=span,
        notes=map(Note, taken),
        hint=f"apply it to arguments: `{function.name}(…)`",
    )


def value_as_function(found: Type, call: Expression, place: Place) -> Diagnostic:
    """That a value is applied to arguments."""
    assert isinstance(call, Call)
    message = f"`{call.name}` is {article(found)}, not a function"
    spaces = [n for n in namespaces() if n != "simpleitk" and call.name in namespace(n)]
    hint = None
    if call.name in registry():
        hint = f"the value has the name of an operator: call it otherwise, as `the_{call.name}`"
    elif spaces:
        hint = (
            f'after `import "{spaces[0]}"`, `{spaces[0]}.{call.name}(…)` is the function whose '
            "name this value has"
        )
    elif call.notation != "call" and call.name.isupper():
        hint = f"a word in capitals is an operator here: call the value `{call.name.lower()}`"
    return diagnose("error", message, place, span=call.name_span, hint=hint)


# What the functions of the language take


def no_sequence(
    application: Application, argument: int, found: Type, index: Type | None = None
) -> Diagnostic:
    """That what is gone through, or indexed by an `index` of this type, is no sequence."""
    expression = application.expression
    what = f"{_subject(expression)} a sequence"
    hint = _instead_of_sequence(expression, found)
    if index == REGION and found.is_image and isinstance(expression, Call):
        said = (
            "over a region: `avg({0}, {1})`, `stdev({0}, {1})`; the image in it: `mask({0}, {1})`"
        )
        hint = filled(said, expression.arguments)
    if application.function.name == "append" and found.name in TYPES:
        hint = f"as a sequence of one: `[{written(argument_of(expression, argument))}]`"
    return _unfit(what, application, argument, found, hint)


def no_function(application: Application, found: Type) -> Diagnostic:
    """That what is to be applied to elements is no function."""
    what = f"{_subject(application.expression)} a function"
    return _unfit(what, application, 0, found, "the name of a declared function, or of an operator")


def no_number(application: Application, argument: int, what: str, found: Type) -> Diagnostic:
    """That `what` takes a number is given something else."""
    given = argument_of(application.expression, argument)
    hint = converted(found, NUMBER, given)
    if found == STRING and hint is None and given is not None:
        hint = (
            f"`column(t, {written(given)})` is a column of a table; in a row, elements have their"
            " number, counted from 0"
        )
    return _unfit(f"{what} a whole number", application, argument, found, hint)


def no_condition(application: Application, found: Type) -> Diagnostic:
    """That what `filter` chooses by is no bool."""
    hint = converted(found, BOOL, argument_of(application.expression, 0))
    what = "`filter` keeps those for which a bool is true"
    return _unfit(what, application, 0, found, hint)


def of_several_types(application: Application) -> Diagnostic:
    """That an index which only running the program tells is into values of several types."""
    return diagnose(
        "error",
        "an index that only running the program tells is into a sequence of one type",
        application.place,
        notes=[Note("the elements of this one are of several types")],
    )


def _unfit(
    what: str, application: Application, argument: int, found: Type, hint: str | None
) -> Diagnostic:
    given, span = article(found), argument_of(application.expression, argument).span
    message, label = f"{what}, found {given}", f"this is {given}"
    return diagnose("error", message, application.place, span=span, label=label, hint=hint)


def _subject(expression: Expression) -> str:
    """How a message about what a builtin takes begins."""
    match expression:
        case Loop(kind):
            return f"`{kind}` goes through"
        case Fold():
            return "`fold` takes"
        case Slice():
            return "a slice is of"
        case Call(notation="index"):
            return "an index is into"
        case Call(name):
            return f"`{name}` takes"
    return "this takes"


def argument_of(expression: Expression, argument: int) -> Expression:
    """The expression that an argument of a builtin was written as."""
    match expression:
        case Loop():
            return expression.body if argument == 0 else expression.sequence
        case Fold(operator, start, sequence):
            return (operator, *([start] if start else []), sequence)[argument]
        case Slice(sequence, start, stop):
            return (sequence, *(b for b in (start, stop) if b is not None))[argument]
        case Call(_, arguments):
            return arguments[argument]
    return expression


def indices(expression: Expression, found: Type) -> Diagnostic:
    """That there is more than one index."""
    assert isinstance(expression, Call)
    sequence, *several = expression.arguments
    if isinstance(sequence, Listed):
        rows = f"[{expression_text(sequence)}, [{', '.join(map(expression_text, several))}]]"
        hint = f"rows of a table are elements of a sequence: `{rows}`"
        return error("an index is one expression", expression.name_span, hint=hint)
    each = "".join(f"[{expression_text(i)}]" for i in several)
    one_by_one = f"one after the other: `{written(sequence)}{each}`"
    hint = _instead_of_sequence(expression, found) or one_by_one
    return error("an index is one expression", expression.name_span, hint=hint)


def _instead_of_sequence(expression: Expression, found: Type) -> str | None:
    """What to write instead, where a sequence is gone through or indexed and there is none."""
    if found == NUMBER and isinstance(expression, Loop):
        return f"the numbers below it: `range({expression_text(expression.sequence)})`"
    if found == REGION and isinstance(expression, Call) and expression.name == "length":
        return converted(found, NUMBER, expression.arguments[0])
    if found.is_image and isinstance(expression, Call) and expression.name == "length":
        return f"`count_components({expression_text(expression.arguments[0])})` counts labels"
    if not (found.is_image and isinstance(expression, Call) and expression.notation == "index"):
        return None
    image, *at_indices = expression.arguments
    places = [*map(written, at_indices), "0", "0"][:3]
    at = " & ".join(f"({axis} == {i})" for axis, i in zip("xyz", places, strict=True))
    value = f"{'volume' if found == REGION else 'avg'}"
    code = f"{written(image)} & {at}" if found == REGION else f"{expression_text(image)}, {at}"
    return f"only sequences are indexed; the value of a voxel: `{value}({code})`"


def slice_saved(path: str, image: Expression, found: Type, size: tuple[int, ...]) -> str:
    """How a 3-D image is saved as a picture: as a light box, or the slice in the middle."""
    width, height, depth = size
    box = "overlay(img, {0})" if found == REGION else "overlay({0}, region)"
    line = f'save "{path}" Extract({{0}}, [{width}, {height}, 0], [0, 0, {depth // 2}])'
    drawn = f'`save "{path}" {filled(box, (image,))}` has its slices in one picture'
    return f'{drawn}; or a slice: `{filled(line, (image,))}`, after `import "simpleitk"`'


def article(found: Type) -> str:
    """`a number`, `an image`, but `valuation(bool)` as it is."""
    name = str(found)
    return name if "(" in name else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
