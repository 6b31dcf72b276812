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
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, NamedTuple, TypeVar, get_args, get_type_hints

from voxlogica.images.geometry import Geometry
from voxlogica.images.image import Image


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
IMAGES = frozenset({MODEL, VALUATION, REGION})


def sequence_of(element: Type) -> Type:
    """The type of sequences whose elements are of this type."""
    return Type("sequence", element)


# The vocabulary of declarations: a Python type that carries the ImgQL type it stands for.
Number = Annotated[float, NUMBER]
Truth = Annotated[bool, BOOL]
Text = Annotated[str, STRING]
Numbers = Annotated[list[float], sequence_of(NUMBER)]
NumberTable = Annotated[list[list[float]], sequence_of(sequence_of(NUMBER))]
Model = Annotated[Image, MODEL]
Valuation = Annotated[Image, VALUATION]
Region = Annotated[Image, REGION]
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


@dataclass(frozen=True, slots=True)
class Parameter:
    """One argument of an operator."""

    name: str
    type: Type


@dataclass(frozen=True, eq=False, slots=True)
class Operator:
    """One meaning of a name: overloads of a name are several operators."""

    name: str
    parameters: tuple[Parameter, ...]
    result: Type
    function: Callable[..., Any]
    family: str
    manual: str
    spaceless: bool = False
    commutative: bool = False
    version: int = 1

    @property
    def signature(self) -> str:
        """As in the manual: `volume(region: valuation(bool)) → number`."""
        parameters = ", ".join(f"{p.name}: {p.type}" for p in self.parameters)
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


# Every declared operator under its names, in order of declaration; those of namespaces apart.
REGISTRY: dict[str, list[Operator]] = {}
_NAMESPACES: dict[str, dict[str, list[Operator]]] = {}


def operators_of(namespace: str) -> dict[str, list[Operator]]:
    """The operators declared so far in a namespace, under their names."""
    return _NAMESPACES.get(namespace, {})


F = TypeVar("F", bound=Callable[..., Any])


def operator(
    *names: str, commutative: bool = False, version: int = 1, namespace: str = ""
) -> Callable[[F], F]:
    """Declare an operator of ImgQL: `names` are what programs call it, the first one its own.

    With a `namespace`, programs have to import that; the operator's own name is qualified then.
    `commutative` lets the workplan sort the arguments; `version` is raised when the results of the
    operator change, so that stored ones are not mistaken for the new.
    """

    def declare(function: F) -> F:
        hints = get_type_hints(function, include_extras=True)
        parameters = tuple(
            Parameter(name, _type_of(hints[name]))
            for name in inspect.signature(function).parameters
            if name != "space"
        )
        declared = Operator(
            name=f"{namespace}.{names[0]}" if namespace else names[0],
            parameters=parameters,
            result=_type_of(hints["return"]),
            function=function,
            family=function.__module__.rpartition(".")[2],
            manual=inspect.getdoc(function) or "",
            spaceless="space" in hints,
            commutative=commutative,
            version=version,
        )
        table = _NAMESPACES.setdefault(namespace, {}) if namespace else REGISTRY
        for name in names:
            table.setdefault(name, []).append(declared)
        return function

    return declare


def _type_of(annotation: Any) -> Type:
    for item in get_args(annotation)[1:]:
        if isinstance(item, Type):
            return item
    raise TypeError(f"{annotation!r} is not in the vocabulary of operator declarations")
