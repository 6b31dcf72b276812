"""What the reducer itself does: making, taking apart and going through sequences.

These are no operators: they are carried out while a program is reduced, and leave no operation.
"""

from __future__ import annotations

from voxlogica.dataclass import dataclass


class AtLeast(frozenset[int]):
    """All numbers from one on, which is the element."""

    def __contains__(self, count: object) -> bool:
        return isinstance(count, int) and count >= min(self)


@dataclass(frozen=True, slots=True, eq=False)
class Builtin:
    """A function of the language: its signatures, one for each number of arguments, and manual."""

    name: str
    takes: frozenset[int]
    signatures: tuple[str, ...]
    manual: str


def _builtin(name: str, takes: set[int], *signatures: str, manual: str) -> Builtin:
    return Builtin(name, frozenset(takes), signatures, manual)


RANGE = _builtin(
    "range",
    {1, 2},
    "range(stop: number) → sequence(number)",
    "range(start: number, stop: number) → sequence(number)",
    manual="""The whole numbers from 0, or start, up to stop, which is left out.

Example: range(0, 3)""",
)
MAP = _builtin(
    "map",
    {2},
    "map(f: function, s: sequence(T)) → sequence(U)",
    manual="""The sequence of what a function gives for each element: `for x in s do f(x)`.

The function is a declared one, an operator, or one that was passed along.

Example: map(near, [a, b])""",
)
INDEX = _builtin(
    "index",
    {2},
    "index(s: sequence(T), i: number) → T",
    manual="""The element at a place, counted from 0. Also written `s[i]`.

Example: index([10, 20, 30], 1)""",
)
LENGTH = _builtin(
    "length",
    {1},
    "length(s: sequence(T)) → number",
    manual="""How many elements a sequence has, whatever they are. `volume` is of regions.

Example: length([10, 20, 30])""",
)
SUBSEQUENCE = _builtin(
    "subsequence",
    {2, 3},
    "subsequence(s: sequence(T), start: number, stop: number) → sequence(T)",
    "subsequence(s: sequence(T), stop: number) → sequence(T)",
    manual="""The elements from start up to stop, which is left out. Also written `s[start:stop]`.

What lies beyond the end is not there: a sequence of 3 has 3 elements up to 10.

Example: subsequence([10, 20, 30], 0, 2)""",
)
APPEND = Builtin(
    "append",
    AtLeast({2}),
    ("append(s: sequence(T), t: sequence(T), …) → sequence(T)",),
    """The elements of several sequences, one after the other, as one sequence.

Their types may differ: a heading and the rows of a table, for one.

Example: append([1, 2], [3])""",
)
FILTER = _builtin(
    "filter",
    {2},
    "filter x in s: sequence(T) do e: bool → sequence(T)",
    manual="""The elements for which the expression is true.

Example: filter n in [3, 1, 2] do n > 1""",
)
FOLD = _builtin(
    "fold",
    {2, 3},
    "fold op s: sequence(T) → T",
    "fold op init: T s: sequence(T) → T",
    manual="""All elements joined by an operator or function of two arguments, from the left.

Without a start value `+` and `-` begin with 0, `*` with 1, `&&` with true, `||` with false, all
others but `/` with the first element.

Example: fold + [1, 2, 3]""",
)
SLICE = _builtin(
    "slice",
    {1, 2, 3},
    "s[start:stop], s[start:], s[:stop], s[:]",
    manual="The elements from start up to stop, which is left out.",
)

# Those that a program calls by name.
NAMED: dict[str, Builtin] = {b.name: b for b in (RANGE, MAP, INDEX, LENGTH, SUBSEQUENCE, APPEND)}
# Those with a syntax of their own.
SYNTAX: tuple[Builtin, ...] = (FILTER, FOLD)
