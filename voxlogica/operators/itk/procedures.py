"""SimpleITK's procedural interface, as SimpleITK itself tells it: functions, signatures, constants.

Nothing here is a list of filters: what the installed SimpleITK has is what there is. Its functions
are C++ wrapped for Python, and begin their docstrings with C++ signatures, one for each overload;
the few that are written in Python have annotations instead.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from voxlogica.dataclass import dataclass
from voxlogica.images.library import simpleitk
from voxlogica.operators.signature import (
    BOOL,
    CHOICE,
    IMAGE,
    NUMBER,
    NUMBERS,
    POINTS,
    STRING,
    Type,
    sequence_of,
)


@dataclass(frozen=True, slots=True)
class ProcedureParameter:
    """A parameter of a procedure.

    `type` is what programs give it, None where no value of theirs will do; `spelling` how SimpleITK
    writes it. `default` is the text of its default, None where it must be given; `whole` the least
    and greatest of whole numbers, None where others are taken, too.
    """

    name: str
    type: Type | None
    whole: tuple[float, float] | None
    spelling: str
    default: str | None

    @property
    def is_foreign(self) -> bool:
        """Whether it has to be given what no program has."""
        return self.type is None and self.default is None

    @property
    def is_seed(self) -> bool:
        """Whether it is a seed of random numbers that comes from the clock when it is left out."""
        return self.name == "seed" and self.default is not None and "WallClock" in self.default


@dataclass(frozen=True, slots=True)
class Signature:
    """One way to call a procedure; `text` is as SimpleITK's documentation has it.

    The result is of a type as those of arguments, None where programs have no such values.
    """

    arguments: tuple[ProcedureParameter, ...]
    result: Type | None
    text: str


@dataclass(frozen=True, slots=True)
class Procedure:
    """A function of SimpleITK: `manual` is its documentation without the signatures.

    `barred` says why it cannot be called with values of the language, None where it can.
    """

    name: str
    signatures: tuple[Signature, ...]
    manual: str
    barred: str | None = None


@cache
def procedures() -> tuple[str, ...]:
    """The names of the functions of the procedural interface, in alphabetical order."""
    module = simpleitk()
    return tuple(
        name for name in sorted(vars(module)) if _is_procedure(name, getattr(module, name))
    )


@cache
def procedure(name: str) -> Procedure:
    """A function of the procedural interface. Raises KeyError where there is none of this name."""
    if name not in procedures():
        raise KeyError(name)
    function = getattr(simpleitk(), name)
    doc = inspect.getdoc(function) or ""
    annotated = _annotated(name, function)
    signatures, rest = _documented(name, doc, annotated)
    if not signatures and annotated:
        signatures = (annotated,)
    manual = rest if signatures else doc
    if not manual or manual.startswith("itk::simple::"):
        manual = _class_manual(name) or manual
    manual = manual or f"SimpleITK says no more of {name} than how it is called."
    return Procedure(name, signatures, manual, _obstacle(name, signatures))


@cache
def constants() -> Mapping[str, int]:
    """The named numbers, such as `sitkFloat32` and `sitkBall`."""
    return {
        name: value
        for name, value in sorted(vars(simpleitk()).items())
        if name.startswith("sitk") and isinstance(value, int)
    }


def choices(argument: ProcedureParameter) -> Mapping[str, int]:
    """The names that stand for values of an enumeration, where the argument is of one.

    Those of the types in a class of SimpleITK's are constants of the class; the others begin with
    `sitk`, and which of them belong to a type is not told.
    """
    words = argument.spelling.split("::")
    owner = getattr(simpleitk(), words[-2], None) if len(words) > 1 else None
    if inspect.isclass(owner):
        return {
            name: value
            for name, value in inspect.getmembers(owner, lambda v: isinstance(v, int))
            if not name.startswith("_")
        }
    return constants()


def _is_procedure(name: str, function: Any) -> bool:
    # What has an underscore is a static method of a class under another name.
    public = name[0].isupper() and "_" not in name
    return public and inspect.isroutine(function) and not inspect.isclass(function)


# Functions whose signatures do not tell that they are no filters.
_NO_FILTERS = {
    "GetArrayFromImage": "images are arrays already",
    "GetArrayViewFromImage": "images are arrays already",
    "GetImageFromArray": "images are arrays already",
    "Show": "it opens a window: use `save`, or `WriteImage`",
}


def _class_manual(name: str) -> str:
    """The documentation of the class that a function calls."""
    for suffix in ("ImageFilter", "Filter", "ImageSource"):
        found = getattr(simpleitk(), name + suffix, None)
        if found is not None:
            return re.sub(r"\s*C\+\+ includes: .*", "", inspect.getdoc(found) or "").strip()
    return ""


def _obstacle(name: str, signatures: tuple[Signature, ...]) -> str | None:
    if name in _NO_FILTERS:
        return _NO_FILTERS[name]
    if not signatures:
        return "SimpleITK does not tell what it takes"
    if all(s.result in (None, TRANSFORM) for s in signatures):
        given = signatures[0].text.partition("->")[2].strip() or "nothing"
        return f"it gives {given}, which is no value of ImgQL"
    if all(any(a.is_foreign for a in s.arguments) for s in signatures):
        return "it takes what is no value of ImgQL"
    return None


# Signatures in documentation


# What stands in brackets, which may have others inside.
_INSIDE = r"(?:[^()]|\((?:[^()]|\([^()]*\))*\))*"
# Between commas that stand in no brackets.
_PART = re.compile(rf"(?:[^,()<>]|\({_INSIDE}\)|<(?:[^<>]|<(?:[^<>]|<[^<>]*>)*>)*>)+")


def _documented(
    name: str, doc: str, annotated: Signature | None
) -> tuple[tuple[Signature, ...], str]:
    """The signatures at the lines' beginnings, and the documentation without them.

    Where one does not tell the result, the annotation does.
    """
    signatures: list[Signature] = []

    def taken_out(match: re.Match[str]) -> str:
        parsed = _arguments(match[1])
        if parsed is None:
            return match[0]
        said = (match[2] or "void").strip()
        result, _ = _type(said)
        if match[2] is None and annotated and annotated.result:
            said, result = annotated.result.name.capitalize(), annotated.result
        text = f"{name}({', '.join(map(_as_text, parsed))}) -> {said}"
        signatures.append(Signature(parsed, result, text))
        return ""

    given = r"[ \t]*(?:->[ \t]*([^\n;]+))?;?[ \t]*(?=\n|$)"
    begin = rf"^[ \t]*{re.escape(name)}[ \t]*"
    rest = re.sub(rf"{begin}\(({_INSIDE})\){given}", taken_out, doc, flags=re.MULTILINE)
    return tuple(signatures), rest.strip()


def _as_text(argument: ProcedureParameter) -> str:
    default = f"={argument.default}" if argument.default is not None else ""
    return f"{argument.spelling} {argument.name}{default}"


def _arguments(text: str) -> tuple[ProcedureParameter, ...] | None:
    """The parameters of a C++ declaration; None where it is none."""
    found: list[ProcedureParameter] = []
    for part in _PART.findall(text):
        declaration, equals, default = part.partition("=")
        words = declaration.split()
        if len(words) < 2:
            return None
        spelling = " ".join(w for w in words[:-1] if w not in ("const", "&")).rstrip("&")
        spelling = spelling.replace("itk::simple::", "")
        shown = _as_default(default) if equals else None
        found.append(ProcedureParameter(words[-1].lstrip("&"), *_type(spelling), spelling, shown))
    return tuple(found)


def _as_default(text: str) -> str:
    """A default in C++ as programs would write it, where it is simple to tell."""
    line = re.sub(r"itk::simple::|\(uint\d+_t\)\s*", "", " ".join(text.split()))
    line = re.sub(r"std::vector<.*?>+\s*\(\s*\)|Transform\(\)", "[]", line)
    line = re.sub(r"std::vector<.*?>\s*\(\s*\d+\s*,\s*([-\w.]+)\s*\)", r"[\1, …]", line)
    return re.sub(r"^(\d+)u$", r"\1", line)


# A translation, or a matrix and one.
TRANSFORM = sequence_of(NUMBER)
_INTEGER = re.compile(r"(u?)int(\d+)_t|(unsigned )?(int|char|short|long)|size_t")
_BITS = {"char": 8, "short": 16, "int": 32, "long": 64}
_TYPES = {
    "Image": IMAGE,
    "VectorOfImage": sequence_of(IMAGE),
    "double": NUMBER,
    "float": NUMBER,
    "bool": BOOL,
    "std::string": STRING,
    "PathType": STRING,
    "VectorDouble": NUMBERS,
    "VectorFloat": NUMBERS,
    "VectorBool": sequence_of(BOOL),
    "VectorString": sequence_of(STRING),
    "VectorUIntList": POINTS,
    "DoubleDoubleMap": sequence_of(sequence_of(NUMBER)),
    "Transform": TRANSFORM,
}
_VECTOR = re.compile(r"Vector(U?)Int(\d+)")
_ANY_WHOLE = -float("inf"), float("inf")


def _type(spelling: str) -> tuple[Type | None, tuple[float, float] | None]:
    """What a C++ type takes, and the bounds of its whole numbers."""
    name = " ".join(w for w in spelling.split() if w not in ("const", "&"))
    name = name.removeprefix("itk::simple::")
    whole = _INTEGER.fullmatch(name)
    if whole:
        unsigned = bool(whole.group(1) or whole.group(3)) or name == "size_t"
        bits = int(whole.group(2) or _BITS.get(whole.group(4) or "long", 64))
        return NUMBER, _bounds(unsigned, bits)
    vector = _VECTOR.fullmatch(name)
    if vector:
        return NUMBERS, _bounds(bool(vector.group(1)), int(vector.group(2)))
    if name.endswith(("Enum", "Type", "HashFunction")) or "Filter::" in name:
        return _TYPES.get(name, CHOICE), _ANY_WHOLE
    return _TYPES.get(name), _ANY_WHOLE if name == "VectorUIntList" else None


def _bounds(unsigned: bool, bits: int) -> tuple[float, float]:
    return (0.0, 2.0**bits - 1) if unsigned else (-(2.0 ** (bits - 1)), 2.0 ** (bits - 1) - 1)


# Signatures in annotations


def _annotated(name: str, function: Any) -> Signature | None:
    """The signature of a function written in Python."""
    try:
        found = inspect.signature(function)
    except (TypeError, ValueError):
        return None
    arguments = []
    for parameter in found.parameters.values():
        if parameter.kind is not parameter.POSITIONAL_OR_KEYWORD:
            continue
        spelling = _python_spelling(parameter.annotation)
        default = None if parameter.default is parameter.empty else repr(parameter.default)
        whole = _ANY_WHOLE if spelling in ("int", "List[int]") else None
        type_ = _PYTHON_TYPES.get(spelling)
        arguments.append(ProcedureParameter(parameter.name, type_, whole, spelling, default))
    result = _python_spelling(found.return_annotation)
    text = f"{name}({', '.join(map(_as_text, arguments))}) -> {result}"
    return Signature(tuple(arguments), _PYTHON_TYPES.get(result), text)


_PYTHON_TYPES = {
    "Image": IMAGE,
    "float": NUMBER,
    "int": NUMBER,
    "bool": BOOL,
    "str": STRING,
    "List[float]": NUMBERS,
    "List[int]": NUMBERS,
    "Tuple[float, float]": NUMBERS,
}


def _python_spelling(annotation: Any) -> str:
    if inspect.isclass(annotation):
        return annotation.__name__
    return re.sub(r"\b[\w.]+\.(\w+)", r"\1", str(annotation))
