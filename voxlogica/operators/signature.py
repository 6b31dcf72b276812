"""What an operator is: a name, a type, a manual and a function, declared once.

An operator is one Python function under `@operator`. Its annotations are the operator's type, its
docstring the manual; the type checker, `voxlogica ops` and the documentation read nothing else.

    @operator("volume", "vol")
    def volume(region: Region) -> Number:
        '''How many voxels are true.

        Example: volume(intensity(img) >. 0)
        '''
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterable, Sequence
from enum import Enum, IntEnum
from typing import Annotated, Any, Literal, NamedTuple, TypeVar

from voxlogica.dataclass import dataclass
from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image
from voxlogica.kernels.voxelwise import Operation


class Type(NamedTuple):
    """The type of an expression: a name, and for a sequence the type of its elements."""

    name: str
    element: Type | None = None

    def __str__(self) -> str:
        return f"{self.name}({self.element})" if self.element else self.name

    @property
    def is_image(self) -> bool:
        """Whether values of this type lie on a grid."""
        return self in IMAGES


NUMBER = Type("number")
BOOL = Type("bool")
STRING = Type("string")
MODEL = Type("model")
VALUATION = Type("valuation(number)")
REGION = Type("valuation(bool)")
# Of what stands where a function is passed along; and of the elements of an empty sequence.
FUNCTION = Type("function")
ANY = Type("anything")
# Of the elements of a sequence whose elements are of several types.
VALUE = Type("value")
IMAGES = frozenset({MODEL, VALUATION, REGION})
# The types of values that are no sequences, by name.
TYPES = {found.name: found for found in (NUMBER, BOOL, STRING, MODEL, VALUATION, REGION)}


def sequence_of(element: Type) -> Type:
    """The type of sequences whose elements are of this type."""
    return Type("sequence", element)


# Rows of values, the first of which names the columns.
TABLE = sequence_of(VALUE)

# What parameters may be declared as beside: each stands for several types of value.
IMAGE = Type("image")
SHOWN = Type("number, bool, string or sequence of these")
LABELS = Type("model or valuation(number)")
ROWS = Type("table")
NUMBERS = Type("number or sequence(number)")
POINTS = Type("point or sequence of points")
CHOICE = Type("number or string")
# A region, or an image of one, as a file or a filter has it: what is not 0.
MASK = Type("region or model")

# The types of values that can stand as literals.
SCALARS = frozenset({NUMBER, BOOL, STRING})
# The types of value that each of these takes; `ANY` is also the element of an empty sequence.
_ALTERNATIVES: dict[Type, frozenset[Type]] = {
    IMAGE: IMAGES,
    # A table is what an operator gives, or sequences that a program writes.
    ROWS: frozenset(
        {TABLE, *(sequence_of(sequence_of(of)) for of in (NUMBER, BOOL, STRING, VALUE, ANY))}
    ),
    # Whole numbers that say which object a voxel belongs to, as a file or an operation has them.
    LABELS: frozenset({MODEL, VALUATION}),
    # A number stands for as many of it as there are axes.
    NUMBERS: frozenset({NUMBER, sequence_of(NUMBER), sequence_of(ANY)}),
    # One point, or several.
    POINTS: frozenset({sequence_of(NUMBER), sequence_of(sequence_of(NUMBER)), sequence_of(ANY)}),
    MASK: frozenset({REGION, MODEL}),
    # A value of an enumeration, or its name.
    CHOICE: frozenset({NUMBER, STRING}),
}


def accepts(wanted: Type, given: Type) -> bool:
    """Whether a parameter of the type `wanted` takes a value of the type `given` as it is."""
    while wanted.element is not None and given.element is not None:
        wanted, given = wanted.element, given.element
    if wanted == SHOWN:
        while given.element is not None:
            given = given.element
        return given in SCALARS or given == ANY
    return wanted in (given, ANY) or given == ANY or given in _ALTERNATIVES.get(wanted, ())


# The vocabulary of declarations: a Python type that carries the ImgQL type it stands for.
Number = Annotated[float, NUMBER]
Truth = Annotated[bool, BOOL]
Text = Annotated[str, STRING]
Model = Annotated[Image, MODEL]
Valuation = Annotated[Image, VALUATION]
Region = Annotated[Image, REGION]
AnyImage = Annotated[Image, IMAGE]
Labels = Annotated[Image, LABELS]
Choice = Annotated[float | str, CHOICE]
Shown = Annotated[float | bool | str | list[Any], SHOWN]
Numbers = Annotated[list[float], sequence_of(NUMBER)]
Texts = Annotated[list[str], sequence_of(STRING)]
Table = Annotated[list[list[float | str]], TABLE]
Rows = Annotated[list[list[float | bool | str]], ROWS]
Regions = Annotated[Sequence[Image], sequence_of(REGION)]
NumberTable = Annotated[list[list[float]], sequence_of(sequence_of(NUMBER))]
# The grid a space-less constant is drawn on: not an argument of the language, but supplied by the
# reducer, always under the name `space`.
Space = Annotated[Geometry, "space"]


class OperationError(Exception):
    """An operation that cannot be carried out on the values it got: message and how to mend it.

    Raised by an operator's function; whoever runs the operation adds the place in the program.
    """

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class Purity(Enum):
    """What the result of an operator rests on, beside its arguments."""

    PURE = "nothing: equal operations have equal results, in every run and machine"
    READING = "the content of the file that it names first: a constant, where the name is known"
    OUTSIDE = "what may be another the next time: a clock, files; never kept, nor shared by runs"
    EFFECT = "it changes something outside, so each run carries it out; else as OUTSIDE"


# Of what a file may hold several images: of several channels, of several times.
Axis = Literal["channel", "frame"]


class Cost(IntEnum):
    """What it takes to carry out an operator, from the least to the most.

    It decides what is evaluated while a program is planned, what is worth keeping, and what is done
    together with others rather than scheduled by itself.
    """

    # No time to speak of: of numbers and truth values, or putting values together.
    NOTHING = 0
    # A moment, of texts and sequences.
    MOMENT = 1
    # Going over the voxels once: less than looking a result up.
    PASS = 2
    # The same, after preparing for it.
    PREPARED_PASS = 3
    # Reading a file, in which the result is kept already.
    READING = 4
    # Going over the voxels several times; little where they are few.
    PASSES = 5
    # More.
    MUCH = 6


@dataclass(frozen=True, slots=True)
class OperatorParameter:
    """One argument of an operator; `default` is what it is when left out, as the manual shows it.

    Only trailing arguments can be left out.
    """

    name: str
    type: Type
    default: str | None = None

    def __str__(self) -> str:
        return f"{self.name}: {self.type}" + (f" = {self.default}" if self.default else "")


@dataclass(frozen=True, slots=True)
class Voxels:
    """What the voxels of an operator's result hold by its making, beside what its type says.

    So many `components` of a model, None where only running the program tells; red, green and blue,
    of a `colour`; `labels`, or `whole` numbers, which may be labels where they became floats. What
    is `kept` are the arguments that all values but 0 are from, or are sums of. All this holds, if
    names of SimpleITK's are given, `where` the last argument is one of them.
    """

    components: int | None = None
    colour: bool = False
    labels: bool = False
    whole: bool = False
    kept: slice = slice(0, 0)
    where: frozenset[str] = frozenset()


AS_TYPED = Voxels()


@dataclass(frozen=True, eq=False, slots=True)
class Operator:
    """One meaning of a name: overloads of a name are several operators.

    A `variadic` one takes any number of further arguments of its last parameter's type. One that is
    `spaceless` is drawn on a grid that it is given beside its arguments. One `by_grid_alone` looks
    at nothing but its argument's grid: it is known with that, or another of its name is drawn
    there. The result of one with its `own_grid` lies where the operator says, not on the grid that
    its arguments share. One that `chooses` says which channel or frame of a loaded file is meant.
    One that `remarks` may warn of the values it got (`remarks.py`); its `voxels` may hold more than
    its type says. One that `converts` gives the numbers of a model; numbers it leaves as they are.
    One `of_not_zero` takes the voxels of a model that are not 0 for a region. Of a `namespace`, the
    operator is known by its name there once that is imported. Its signature may be `written` as in
    another language. One with a `step` may be part of a chain (`language/fusion.py`). The `heading`
    is the manual's. One that was `formerly` called otherwise has that name in ids. One that `names`
    what it gives is told, as a constant, what the program calls its arguments. What is done
    `by_itk` is another with each version of SimpleITK.
    """

    name: str
    parameters: tuple[OperatorParameter, ...]
    result: Type
    function: Callable[..., Any]
    written_manual: str
    cost: Cost = Cost.MUCH
    spaceless: bool = False
    commutative: bool = False
    version: int = 1
    variadic: bool = False
    own_grid: bool = False
    by_grid_alone: bool = False
    chooses: Axis | None = None
    purity: Purity = Purity.PURE
    namespace: str = ""
    written: str = ""
    remarks: bool = False
    voxels: Voxels = AS_TYPED
    converts: bool = False
    of_not_zero: bool = False
    step: Operation | None = None
    heading: str = ""
    formerly: str = ""
    names: bool = False
    by_itk: bool = False

    @property
    def revision(self) -> int:
        """What tells its results from others: the version, and SimpleITK's where that computes."""
        if not self.by_itk:
            return self.version
        from voxlogica.images.library import version

        major, minor, patch = version()
        return ((major * 1000 + minor) * 1000 + patch) * 100 + self.version

    def takes(self, types: Sequence[Type]) -> bool:
        """Whether it can be applied, as they are, to values of these types."""
        return self.takes_count(len(types)) and all(
            accepts(self.parameter(i).type, given) for i, given in enumerate(types)
        )

    def takes_count(self, count: int) -> bool:
        """Whether it can be applied to so many values."""
        return self.least <= count and (self.variadic or count <= len(self.parameters))

    @property
    def evaluates_early(self) -> bool:
        """Whether it is carried out while a program is planned, where all it rests on is known."""
        return self.cost <= Cost.MOMENT

    @property
    def least(self) -> int:
        """The fewest arguments it takes."""
        return sum(p.default is None for p in self.parameters)

    def parameter(self, position: int) -> OperatorParameter:
        """The parameter that an argument is for."""
        return self.parameters[min(position, len(self.parameters) - 1)]

    @property
    def manual(self) -> str:
        """The manual, without the indentation that it is written with."""
        return inspect.cleandoc(self.written_manual)

    @property
    def signature(self) -> str:
        """As in the manual: `volume(region: valuation(bool)) → number`."""
        if self.written:
            return self.written
        parameters = ", ".join(map(str, self.parameters)) + (", …" if self.variadic else "")
        return (
            f"{self.name}({parameters}) → {self.result}"
            if parameters
            else f"{self.name} → {self.result}"
        )

    @property
    def sentence(self) -> str:
        """The first sentence of the manual."""
        return self.manual.split("\n\n", 1)[0].replace("\n", " ")

    @property
    def example(self) -> str:
        """The expression after `Example:` in the manual."""
        found = re.search(r"^Example: (.+)$", self.manual, re.MULTILINE)
        return found.group(1) if found else ""


# Every declared operator under its names, in order of declaration: those that programs have from
# the start under "", the others under the namespace that has to be imported.
REGISTRY: dict[str, dict[str, list[Operator]]] = {"": {}}

F = TypeVar("F", bound=Callable[..., Any])


def operator(
    *names: str,
    cost: Cost = Cost.MUCH,
    commutative: bool = False,
    version: int = 1,
    own_grid: bool = False,
    by_grid_alone: bool = False,
    chooses: Axis | None = None,
    purity: Purity = Purity.PURE,
    namespace: str = "",
    also_in: str = "",
    remarks: bool = False,
    voxels: Voxels = AS_TYPED,
    converts: bool = False,
    of_not_zero: bool = False,
    step: Operation | None = None,
    formerly: str = "",
    names_arguments: bool = False,
    by_itk: bool = False,
) -> Callable[[F], F]:
    """Declare an operator of ImgQL: `names` are what programs call it, the first one its own.

    With a `namespace`, programs have to import that; the operator's own name is qualified then. One
    that is `also_in` a namespace is known there, too. `commutative` lets the workplan sort the
    arguments; `version` is raised when the results of the operator change, so that stored ones are
    not mistaken for the new. Of the function, parameters with a default may be left out, and
    `*parameters` stand for one or more arguments. One that `remarks` may call `remark`, to warn of
    the values it got. As a `step`, what sums up voxels may end a chain. What else is said, and the
    costs, are those of `Operator`. Its heading in the manual is the module's name, on which nothing
    else rests.
    """

    def declare(function: F) -> F:
        parameters, result = _typed(function)
        declared = Operator(
            name=f"{namespace}.{names[0]}" if namespace else names[0],
            parameters=parameters,
            result=result,
            function=function,
            written_manual=function.__doc__ or "",
            cost=cost,
            spaceless="space" in function.__annotations__,
            commutative=commutative,
            version=version,
            variadic=bool(function.__code__.co_flags & inspect.CO_VARARGS),
            own_grid=own_grid,
            by_grid_alone=by_grid_alone,
            chooses=chooses,
            purity=purity,
            namespace=namespace,
            remarks=remarks,
            voxels=voxels,
            converts=converts,
            of_not_zero=of_not_zero,
            step=step,
            heading=function.__module__.rpartition(".")[2],
            formerly=formerly,
            names=names_arguments,
            by_itk=by_itk,
        )
        for known_in in (namespace, also_in) if also_in else (namespace,):
            register(declared, names, known_in)
        return function

    return declare


def _typed(function: Callable[..., Any]) -> tuple[tuple[OperatorParameter, ...], Type]:
    """The parameters of an operator's function, and the type of its result."""
    # `inspect.signature` says the same, in a millisecond and a half for all operators.
    code, defaults = function.__code__, function.__defaults__ or ()
    optional = code.co_varnames[code.co_argcount - len(defaults) : code.co_argcount]
    shown = dict(zip(optional, map(_shown_default, defaults), strict=True))
    types = {
        word: _type_of(said, function)
        for word, said in function.__annotations__.items()
        if word != "space"
    }
    result = types.pop("return")
    return tuple(
        [OperatorParameter(word, of, shown.get(word)) for word, of in types.items()]
    ), result


def register(declared: Operator, names: Iterable[str], namespace: str = "") -> None:
    """Make an operator known by some names, everywhere or in a namespace."""
    for name in names:
        REGISTRY.setdefault(namespace, {}).setdefault(name, []).append(declared)


def _shown_default(default: Any) -> str | None:
    """A default as the language writes it."""
    if isinstance(default, bool):
        return str(default).lower()
    return f'"{default}"' if isinstance(default, str) else f"{default:g}"


def _type_of(annotation: Any, function: Callable[..., Any]) -> Type:
    """The type that a word of the vocabulary is, or names where the function stands."""
    meant = function.__globals__.get(annotation, annotation)
    for item in getattr(meant, "__metadata__", ()):
        if isinstance(item, Type):
            return item
    raise TypeError(f"{annotation!r} is not in the vocabulary of operator declarations")
