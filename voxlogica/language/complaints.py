"""What is said about arguments that do not fit: every complaint about types, in words.

A message speaks of the author's own call, also where what fails is inside a function of a library.
Its help is code to write instead, made of what the author wrote, wherever that can be.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from itertools import permutations
from typing import Any, NamedTuple

from voxlogica.language.bindings import FAILED, Applicable, AtLeast, Overloaded, takes
from voxlogica.language.builtins import Builtin
from voxlogica.language.code import Declared
from voxlogica.language.libraries import types_declared
from voxlogica.language.overloading import STANDS_FOR, forms
from voxlogica.language.places import diagnose
from voxlogica.language.synonyms import (
    filled,
    of_other_number,
    of_other_types,
    written,
)
from voxlogica.language.workplan import Place
from voxlogica.primitives.signature import (
    ANY,
    BOOL,
    MODEL,
    NUMBER,
    REGION,
    STRING,
    VALUATION,
    Operator,
    Type,
    accepts,
)
from voxlogica.syntax.ast import Call, Expression, Fold, Loop, Slice, Text, Variable
from voxlogica.syntax.diagnostics import Diagnostic, Note, error
from voxlogica.syntax.printer import expression_text
from voxlogica.syntax.source import Span

# Comparisons that are joined without brackets: which ones are meant, both readings tell together.
BRACKETS = "put brackets around each comparison"

_COMPARING = frozenset({"<", "<=", ">", ">=", "=", "==", "!="})
_JOINING = frozenset({"&", "|", "&&", "||", "\\"})
_ARITHMETIC = frozenset({"+", "-", "*", "/"})
# More arguments than these are not tried in every order.
_MOST_EXCHANGED = 4
_DECIMAL_COMMA = re.compile(r"(?<![\w.,])\d+,\d+(?![\w.,])")


class _Case(NamedTuple):
    """The author's call whose arguments do not fit, and what it could be of.

    `arguments` is empty where the call stands for a function that something else applies. `wrong`
    is the argument that does not fit, where there is one meaning that the call could have.
    """

    name: str
    call: Expression
    arguments: tuple[Expression, ...]
    types: tuple[Type, ...]
    candidates: tuple[Operator, ...]
    wrong: int | None

    @property
    def core(self) -> str:
        """The operator without the dots that say on which side a number stands."""
        return self.name.strip(".") or self.name

    def filled(self, said: str) -> str:
        """Code with the arguments in its gaps."""
        return filled(said, self.arguments)

    def infix(self, name: str) -> str:
        """The call with another operator."""
        return self.filled(f"{{0}} {name} {{1}}")


def mismatch(
    overloads: tuple[Operator, ...],
    values: tuple[Any, ...],
    expression: Expression,
    place: Place,
    name: str,
    type_of: Callable[[Any], Type],
) -> Diagnostic:
    """That an operator does not take arguments of these types, at the author's own call."""
    call, frame = expression, place.frame
    name = name or (call.name if isinstance(call, Call) else overloads[0].name)
    while call.span.source.shipped and frame is not None:
        overloads = types_declared(call.span.source).get(frame.function, ())
        name, call, values, frame = frame.function, frame.call, frame.arguments, frame.caller
    types = tuple(ANY if value == FAILED else type_of(value) for value in values)
    called = isinstance(call, Call) and call.name == name and len(call.arguments) == len(types)
    arguments = call.arguments if isinstance(call, Call) and called else ()
    candidates = tuple(o for o in overloads if o.takes_count(len(types)))
    # Of several, the one that all arguments but one fit, if it is one.
    near = [o for o in candidates if sum(not f for f in _fitting(types, o)) == 1]
    wrong = None
    if len(near) == 1 or len(candidates) == 1:
        (meant,) = candidates = (near[0],) if len(near) == 1 else candidates
        wrong = next((i for i, fits in enumerate(_fitting(types, meant)) if not fits), None)
    case = _Case(name, call, arguments, types, candidates, wrong)
    remedy = next(((r, said) for r in _REMEDIES if (said := r(case)) is not None), None)
    rule, hint = remedy or (None, None)
    if rule in _OF_THE_OPERATOR:
        wrong = None
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


def _fitting(types: Sequence[Type], operator: Operator) -> list[bool]:
    """Of each argument, whether it fits; an image that was loaded counts as its numbers."""
    wanted = [operator.parameter(i).type for i in range(len(types))]
    return [
        accepts(w, given) or (w == VALUATION and given == MODEL)
        for w, given in zip(wanted, types, strict=True)
    ]


# What to write instead, each where it is what was meant.


def _between(case: _Case) -> str | None:
    """`1 < v < 9`, read from either side."""
    if case.core not in _COMPARING or len(case.arguments) != 2:
        return None
    match case.arguments:
        case low, Call(second, (middle, high)) if second.strip(".") in _COMPARING:
            first = case.name
        case Call(first, (low, middle)), high if first.strip(".") in _COMPARING:
            second = case.name
        case _:
            return None
    ways = {first.strip(".")[:1], second.strip(".")[:1]}
    if ways == {">"}:
        low, high = high, low
    if ways in ({"<"}, {">"}) and REGION in case.types:
        code = ", ".join(map(expression_text, (low, high, middle)))
        ends = "" if "=" in first and "=" in second else ", both included"
        return f"`between({code})` is where the value lies between the two{ends}"
    each = f"({{0}} {first} {{1}}) & ({{1}} {second} {{2}})"
    return filled(f"each comparison by itself: `{each}`", (low, middle, high))


def _bracketed(case: _Case) -> str | None:
    if case.name in _JOINING and any(_is_comparison(a) for a in case.arguments):
        return BRACKETS if NUMBER in case.types or VALUATION in case.types else None
    return None


def _without_dots(case: _Case) -> str | None:
    """A dotted operator of what those with other dots, or none, take."""
    if case.core == case.name or len(case.types) != 2:
        return None
    plain = "==" if case.core == "=" else case.core
    types = tuple(VALUATION if t == MODEL else t for t in case.types)
    numbers = [NUMBER, VALUATION]
    if plain not in STANDS_FOR or any(t not in numbers for t in types):
        return None
    if types == (VALUATION, VALUATION):
        return f"both are images: `{case.infix(plain)}`; the dot stands on a number's side"
    dotted = STANDS_FOR[plain].get(types)
    return dotted and f"`{case.infix(dotted)}`: the dot stands on the number's side"


def _of_regions(case: _Case) -> str | None:
    """Arithmetic and equality of truth values."""
    if len(case.types) != 2 or REGION not in case.types:
        return None
    both = case.types == (REGION, REGION)
    if both or (case.core in "+-" and not _IMAGES.isdisjoint(case.types)):
        said = _BETWEEN_REGIONS.get(case.core, "")
        for i, found in enumerate(case.types):
            if found != REGION:
                said = said.replace(f"{{{i}}}", f"({{{i}}} > 0)")
        return case.filled(said) or None
    if case.core != "*":
        return None
    region, other = ("{0}", "{1}") if case.types[0] == REGION else ("{1}", "{0}")
    if NUMBER in case.types:
        said = f"`booleanToNumber({other}, {region})` is the number in the region, 0 elsewhere"
    else:
        said = f"`mask({other}, {region})` is the image in the region, 0 elsewhere"
    return None if _NUMBERS.isdisjoint(case.types) else case.filled(said)


_NUMBERS = frozenset({NUMBER, VALUATION, MODEL})
_IMAGES = frozenset({VALUATION, MODEL})
_BETWEEN_REGIONS = {
    "+": "of regions: `{0} | {1}`",
    "*": "of regions: `{0} & {1}`",
    "-": "of regions: `{0} \\ {1}`",
    "==": "`eqB({0}, {1})` is whether they are the same, `!xor({0}, {1})` where",
    "=": "`eqB({0}, {1})` is whether they are the same, `!xor({0}, {1})` where",
    "!=": "`neqB({0}, {1})` is whether they differ, `xor({0}, {1})` where",
}


def _of_texts(case: _Case) -> str | None:
    if STRING not in case.types:
        return None
    if case.name == "+" and len(case.types) == 2:
        return case.filled("`concat({0}, {1})` puts texts together")
    for argument in case.arguments if case.core in (*_COMPARING, *_ARITHMETIC) else ():
        if said := _number_in_quotes(argument):
            return said
        if isinstance(argument, Variable):
            return f"`${argument.name}` is a text: for a number, write the number into the program"
    return None


def _number_in_quotes(argument: Expression) -> str | None:
    if not isinstance(argument, Text) or not re.fullmatch(r"-?\d+(\.\d+)?", argument.value):
        return None
    return f"a number stands without quotes: `{argument.value}`"


def _of_others(case: _Case) -> str | None:
    """What has another name for what it is given here: numbers, sequences."""
    return of_other_types(case.name, case.types, case.arguments)


def _of_each(case: _Case) -> str | None:
    """A function of one thing, applied to a sequence of them."""
    if len(case.types) != 1 or not re.match(r"[^\W\d_]", case.name):
        return None
    element, (argument, *_) = case.types[0].element, (*case.arguments, None)
    if element is None or argument is None or not any(o.takes((element,)) for o in case.candidates):
        return None
    return f"for each of the sequence: `map({case.name}, {expression_text(argument)})`"


def _exchanged(case: _Case) -> str | None:
    """The same arguments in another order, which fit."""
    count = len(case.arguments)
    if not (isinstance(case.call, Call) and case.call.notation == "call"):
        return None
    if not 2 <= count <= _MOST_EXCHANGED:
        return None
    for order in permutations(range(count)):
        types = [case.types[i] for i in order]
        if any(all(_fitting(types, o)) for o in case.candidates):
            code = ", ".join(expression_text(case.arguments[i]) for i in order)
            round_ = "the other way round" if count == 2 else "in another order"
            return f"{round_}: `{case.name}({code})`"
    return None


def _converted(case: _Case) -> str | None:
    if case.wrong is None:
        return None
    (meant,) = case.candidates
    wanted, given = meant.parameter(case.wrong).type, case.types[case.wrong]
    argument = case.arguments[case.wrong] if case.arguments else None
    return converted(given, wanted, argument)


def converted(given: Type, wanted: Type, argument: Expression | None) -> str | None:
    """How to turn a value of one type into one of another."""
    if (given, wanted) == (STRING, NUMBER) and argument is not None:
        return _number_in_quotes(argument)
    said = _CONVERSIONS.get((given, wanted))
    return said and filled(said, (argument,))


_REMEDIES = (
    _between,
    _bracketed,
    _without_dots,
    _of_regions,
    _of_texts,
    _of_others,
    _of_each,
    _exchanged,
    _converted,
)

# Where not an argument is wrong, but the operator between them.
_OF_THE_OPERATOR = (_between, _without_dots, _of_regions, _of_texts)

_CONVERSIONS: dict[tuple[Type, Type], str] = {
    (MODEL, REGION): "compare its values with a number: `{0} > 0` is a region",
    (VALUATION, REGION): "compare it with a number: `{0} > 0` is a region",
    (REGION, VALUATION): "`booleanToNumber(1, {0})` is 1 in the region, 0 elsewhere",
    (NUMBER, VALUATION): "`constant({0})` is an image that has the number everywhere",
    (BOOL, REGION): "`bconstant({0})` is the region that is all true or all false",
    (VALUATION, NUMBER): "`min({0})`, `max({0})` and `avg({0}, tt)` are numbers",
    (MODEL, NUMBER): "`min({0})`, `max({0})` and `avg({0}, tt)` are numbers",
    (REGION, NUMBER): "`volume({0})` is the number of its voxels",
    (REGION, BOOL): "`nemptyB({0})` is whether it has a voxel",
}


def _is_comparison(expression: Expression) -> bool:
    return isinstance(expression, Call) and expression.name.strip(".") in _COMPARING


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


# What the functions of the language take


def subject(expression: Expression) -> str:
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
    each = "".join(f"[{expression_text(i)}]" for i in several)
    hint = no_sequence(expression, found) or f"one after the other: `{written(sequence)}{each}`"
    return error("an index is one expression", expression.name_span, hint=hint)


def no_sequence(expression: Expression, found: Type) -> str | None:
    """What to write instead, where a sequence is gone through or indexed and there is none."""
    if found == NUMBER and isinstance(expression, Loop):
        return f"the numbers below it: `range({expression_text(expression.sequence)})`"
    if not (found.is_image and isinstance(expression, Call) and expression.notation == "index"):
        return None
    image, *at_indices = expression.arguments
    places = [*map(written, at_indices), "0", "0"][:3]
    at = " & ".join(f"({axis} == {i})" for axis, i in zip("xyz", places, strict=True))
    value = f"{'volume' if found == REGION else 'avg'}"
    code = f"{written(image)} & {at}" if found == REGION else f"{expression_text(image)}, {at}"
    return f"only sequences are indexed; the value of a voxel: `{value}({code})`"


def slice_saved(path: str, image: Expression, size: tuple[int, ...]) -> str:
    """How a slice of a 3-D image is saved as a picture: the one in the middle."""
    width, height, depth = size
    line = f'save "{path}" Extract({{0}}, [{width}, {height}, 0], [0, 0, {depth // 2}])'
    return f'a slice of it: `{filled(line, (image,))}`, after `import "simpleitk"`'


def article(found: Type) -> str:
    """`a number`, `an image`, but `valuation(bool)` as it is."""
    name = str(found)
    return name if "(" in name else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
