"""What to write instead where arguments do not fit: code, made of what the author wrote.

A remedy looks at one case and says what was meant, or gives None where that is something else.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import permutations
from typing import NamedTuple

from voxlogica.language.names import STANDS_FOR
from voxlogica.language.other_languages import filled, of_other_types
from voxlogica.operators.signature import (
    BOOL,
    MASK,
    MODEL,
    NUMBER,
    REGION,
    STRING,
    VALUATION,
    Operator,
    Type,
    accepts,
)
from voxlogica.syntax.ast import Call, Expression, Text, Variable
from voxlogica.syntax.ast import Sequence as Listed
from voxlogica.syntax.printer import expression_text

# Comparisons that are joined without brackets: which ones are meant, both readings tell together.
BRACKETS = "put brackets around each comparison"

_COMPARING = frozenset({"<", "<=", ">", ">=", "=", "==", "!="})
_JOINING = frozenset({"&", "|", "&&", "||", "\\"})
_ARITHMETIC = frozenset({"+", "-", "*", "/"})
# More arguments than these are not tried in every order.
_MOST_EXCHANGED = 4


class WrongCall(NamedTuple):
    """The author's call whose arguments do not fit, and what it could be of.

    `arguments` is empty where the call stands for a function that something else applies. `wrong`
    is the argument that does not fit, where there is one meaning that the call could have.
    """

    name: str
    call: Expression
    arguments: tuple[Expression, ...]
    types: tuple[Type, ...]
    candidates: tuple[Operator, ...]
    wrong: int | None = None

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


def remedied(case: WrongCall) -> tuple[WrongCall, str | None]:
    """The case with the one meaning that it could have, if there is one; and what to write instead.

    Where the operator between them is wrong, rather than an argument, no argument is.
    """
    types, candidates = case.types, case.candidates
    # Of several, the one that all arguments but one fit, if it is one.
    near = [o for o in candidates if sum(not f for f in _fitting(types, o)) == 1]
    if case.name[:1].isalpha():
        # An image is meant to be one: `max` of a region is not that of a sequence.
        near = [o for o in near if _alike(types, o)] or near
    if len(near) == 1 or len(candidates) == 1:
        meant = near[0] if len(near) == 1 else candidates[0]
        wrong = next((i for i, fits in enumerate(_fitting(types, meant)) if not fits), None)
        case = case._replace(candidates=(meant,), wrong=wrong)
    for remedy in _REMEDIES:
        said = remedy(case)
        if said is not None:
            return case._replace(wrong=None) if remedy in _OF_THE_OPERATOR else case, said
    return case, None


def _alike(types: Sequence[Type], operator: Operator) -> bool:
    return all(operator.parameter(i).type.is_image == t.is_image for i, t in enumerate(types))


def _fitting(types: Sequence[Type], operator: Operator) -> list[bool]:
    """Of each argument, whether it fits; an image that was loaded counts as its numbers."""
    wanted = [operator.parameter(i).type for i in range(len(types))]
    return [
        accepts(w, given) or (w == VALUATION and given == MODEL)
        for w, given in zip(wanted, types, strict=True)
    ]


# What to write instead, each where it is what was meant.


def _between(case: WrongCall) -> str | None:
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


def _between_numbers(case: WrongCall) -> str | None:
    if case.name != "between" or case.types != (NUMBER, NUMBER, NUMBER) or not case.arguments:
        return None
    return case.filled("of numbers: `({2} >= {0}) && ({2} <= {1})`")


def _compared(case: WrongCall) -> str | None:
    """Numbers in the place of regions."""
    if not {*case.types} <= {MODEL, VALUATION}:
        return None
    if case.name == "!" and len(case.arguments) == 1:
        return case.filled("compare it with a number: `!({0} > 0)`")
    if case.name in _JOINING and len(case.arguments) == 2:
        return case.filled(f"compare each with a number: `({{0}} > 0) {case.name} ({{1}} > 0)`")
    return None


def _bracketed(case: WrongCall) -> str | None:
    calls = [argument for argument in case.arguments if isinstance(argument, Call)]
    has_comparison = any(call.name.strip(".") in _COMPARING for call in calls)
    has_number = NUMBER in case.types or VALUATION in case.types
    return BRACKETS if case.name in _JOINING and has_comparison and has_number else None


def _without_dots(case: WrongCall) -> str | None:
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


def _of_regions(case: WrongCall) -> str | None:
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


def _of_texts(case: WrongCall) -> str | None:
    has_list = STRING in case.types and any(isinstance(a, Listed) for a in case.arguments)
    if case.name == "+" and (has_list or all(t.element for t in case.types)):
        return case.filled("sequences are joined by `append({0}, {1})`")
    if STRING not in case.types:
        return None
    if case.name == "+" and len(case.types) == 2:
        return case.filled("`concat({0}, {1})` puts texts together")
    for argument in case.arguments if case.core in (*_COMPARING, *_ARITHMETIC) else ():
        if said := _number_in_quotes(argument):
            return said
        if isinstance(argument, Call) and argument.notation == "index":
            return (
                "the first row of a table has the names of its columns: `t[1:]` are the others,"
                ' and `column(t, "name")` are the numbers of a column'
            )
        if variable := _variable(argument):
            name, shown = variable.lower(), rf"\$\{{{variable}\}}"
            then = re.sub(rf'{shown}|"{shown}"|"\${variable}"', name, expression_text(case.call))
            return f"`${variable}` is a text; for a number: `param {name} = 500`, then `{then}`"
    return None


def _variable(argument: Expression) -> str | None:
    """The variable that an argument is, in quotes perhaps."""
    if isinstance(argument, Variable):
        return argument.name
    found = isinstance(argument, Text) and re.fullmatch(r"\$\{?(\w+)\}?", argument.value)
    return found[1] if found else None


def _number_in_quotes(argument: Expression) -> str | None:
    if not isinstance(argument, Text) or not re.fullmatch(r"-?\d+(\.\d+)?", argument.value):
        return None
    return f"a number stands without quotes: `{argument.value}`"


def _in_region(case: WrongCall) -> str | None:
    """An image and a region joined, for the values of the image in the region."""
    if case.name not in ("&", "&&") or len(case.types) != 2 or REGION not in case.types:
        return None
    if _IMAGES.isdisjoint(case.types):
        return None
    image, region = ("{0}", "{1}") if case.types[1] == REGION else ("{1}", "{0}")
    return case.filled(
        f"compare it with a number: `{image} > 0` is a region; its values in the region: "
        f"`avg({image}, {region})`, `stdev({image}, {region})`, `mask({image}, {region})`"
    )


def _of_others(case: WrongCall) -> str | None:
    """What has another name for what it is given here: numbers, sequences."""
    return of_other_types(case.name, case.types, case.arguments)


def _of_each(case: WrongCall) -> str | None:
    """A function of one thing, applied to a sequence of them."""
    if len(case.types) != 1 or not re.match(r"[^\W\d_]", case.name):
        return None
    element, (argument, *_) = case.types[0].element, (*case.arguments, None)
    if element is None or argument is None or not any(o.takes((element,)) for o in case.candidates):
        return None
    return f"for each of the sequence: `map({case.name}, {expression_text(argument)})`"


def _exchanged(case: WrongCall) -> str | None:
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


def _converted(case: WrongCall) -> str | None:
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
    _between_numbers,
    _bracketed,
    _compared,
    _without_dots,
    _of_regions,
    _of_texts,
    _in_region,
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
    (VALUATION, MASK): "compare it with a number: `{0} > 0` is a region",
    (REGION, VALUATION): "`booleanToNumber(1, {0})` is 1 in the region, 0 elsewhere",
    (NUMBER, VALUATION): "`constant({0})` is an image that has the number everywhere",
    (BOOL, REGION): "`bconstant({0})` is the region that is all true or all false",
    (VALUATION, NUMBER): "`min({0})`, `max({0})` and `avg({0}, tt)` are numbers",
    (MODEL, NUMBER): "`min({0})`, `max({0})` and `avg({0}, tt)` are numbers",
    (REGION, NUMBER): "`volume({0})` is the number of its voxels",
    (REGION, BOOL): "`nemptyB({0})` is whether it has a voxel",
}
