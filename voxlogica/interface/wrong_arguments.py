"""What is said of arguments that no function of the interface takes."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from numbers import Integral
from operator import index
from pathlib import Path
from typing import Any, NamedTuple

from voxlogica.dataclass import replace
from voxlogica.syntax.diagnostics import Diagnostic, VoxLogicaError, error, nearest, warning
from voxlogica.syntax.keywords import COMMANDS

_LONGEST_SHOWN = 60


class _Wanted(NamedTuple):
    """What an option may be, in words; its types, and then its values."""

    said: str
    is_of_type: Callable[[Any], bool]
    is_in_range: Callable[[Any], bool] = lambda value: True


def _whole(value: object) -> bool:
    return isinstance(value, Integral) and not isinstance(value, bool)


def _truth(value: object) -> bool:
    return isinstance(value, bool)


def _path(value: object) -> bool:
    return isinstance(value, str | os.PathLike)


# Of those that may be left out, None is a value, too.
_OPTIONS = {
    "cache": _Wanted(
        "True, False, or the path of a folder", lambda value: _truth(value) or _path(value)
    ),
    "compression": _Wanted("a whole number from 0 to 9", _whole, lambda value: 0 <= value <= 9),
    "dialect": _Wanted("1 or 2", _whole, lambda value: value in (1, 2)),
    "inputs": _Wanted("a mapping of names to values", lambda value: isinstance(value, Mapping)),
    "jobs": _Wanted("a whole number of threads, from 1", _whole, lambda value: value >= 1),
    "memory_limit": _Wanted(
        "a whole number of bytes, such as 4_000_000_000", _whole, lambda value: value >= 1
    ),
    "progress": _Wanted("True or False", _truth),
    "strict": _Wanted("True or False", _truth),
    "text": _Wanted("the text of a program, a str", lambda value: isinstance(value, str)),
}
_NEVER_NONE = frozenset({"cache", "strict"})
# How a text begins that is no path.
_COMMAND = re.compile(rf"\s*(?:(?:{'|'.join(COMMANDS)})\s|//)")
# How messages begin that a keyword sets nothing in a program.
_OF_NO_USE = re.compile(
    r"`(\w+)` (?:is (?:set|given), but no program|cannot be set: there are no values)"
)


def refuse_options(**options: object) -> None:
    """Raise TypeError, or ValueError, where an option is not of those that there are."""
    for name, value in options.items():
        wanted = _OPTIONS[name]
        if value is None and name not in _NEVER_NONE:
            continue
        if not wanted.is_of_type(value):
            raise TypeError(f"`{name}` is {wanted.said}, not {shown(value)}")
        if not wanted.is_in_range(value):
            raise ValueError(f"`{name}` is {wanted.said}, not {shown(value)}")


def program_paths(program: object) -> list[str | os.PathLike[str]]:
    """The paths of one program, or of several. Raises TypeError, and VoxLogicaError for texts."""
    if isinstance(program, str | os.PathLike):
        return [_program_path(program)]
    # Arrays and images are iterable, too.
    is_other = isinstance(program, bytes | Mapping) or hasattr(program, "__array__")
    if is_other or not isinstance(program, Iterable):
        raise TypeError(
            f"a program is the path of a file, or several are, not {shown(program)}:"
            " images are given by their names, as in `run(path, flair=image)`"
        )
    return [_program_path(one) for one in program]


def _program_path(program: object) -> str | os.PathLike[str]:
    if not isinstance(program, str | os.PathLike):
        raise TypeError(f"a program is the path of a file, not {shown(program)}")
    text = os.fspath(program)
    if isinstance(text, str) and looks_like_text(text):
        raise VoxLogicaError(
            [
                error(
                    f"a program is the path of a file, and this is a text: {shown(text)}",
                    hint="a text is given as `text=…`, as in `run(text='print \"a\" 1 + 1')`",
                )
            ]
        )
    return program


def looks_like_text(path: str) -> bool:
    """Whether what should be the path of a program is the text of one, or an expression."""
    if "\n" in path:
        return True
    if path.endswith(".imgql") or Path(path).exists():
        return False
    return _COMMAND.match(path) is not None or re.search(r'[=<>"]|\(.*\)', path) is not None


def refuse_path_as_text(text: str) -> None:
    """Raise ValueError where what should be the text of a program is the path of one."""
    if text.strip().endswith(".imgql") and not re.search(r'[\n"=]', text):
        raise ValueError(f"`text` is the text of a program, not its path: `run({text.strip()!r})`")


def refuse_as_path(value: object, function: str) -> None:
    """Raise TypeError where something is no path that a function takes one for."""
    if _path(value):
        return
    mend = (
        ": `voxlogica.image` makes an image of an array"
        if function == "read" and hasattr(value, "__array__")
        else ""
    )
    raise TypeError(f"`{function}` takes a path, not {shown(value)}{mend}")


def refuse_as_array(value: object) -> None:
    """Raise TypeError where a path is given for an array."""
    if _path(value):
        raise TypeError(f"`image` takes an array, not a path: `voxlogica.read({str(value)!r})`")


def refuse_as_name(name: object) -> None:
    """Raise TypeError where something is not the name of an image of a program."""
    if not isinstance(name, str):
        raise TypeError(f"`why` takes the name of an image of the program, not {shown(name)}")


def as_voxel(voxel: object) -> tuple[int, ...]:
    """A voxel, `(x, y)` or `(x, y, z)`, as numbers of Python's. Raises TypeError."""
    try:
        return tuple(index(number) for number in voxel)  # type: ignore[attr-defined]
    except TypeError:
        raise TypeError(
            f"a voxel is two or three whole numbers, x, y and z, not {shown(voxel)}"
        ) from None


def suggesting_options(named: Iterable[str]) -> Callable[[Diagnostic], Diagnostic]:
    """What makes messages suggest an option, where one of these keywords is of no use to a program.

    It was taken for a name of the program.
    """
    meant = {name: nearest(name, _OPTIONS) for name in named}

    def suggested(diagnostic: Diagnostic) -> Diagnostic:
        unused = _OF_NO_USE.match(diagnostic.message)
        option = meant.get(unused[1]) if unused else None
        return replace(diagnostic, hint=f"did you mean `{option}=`?") if option else diagnostic

    return suggested


@contextmanager
def options_suggested(named: Iterable[str]) -> Iterator[None]:
    """In here errors suggest options: see `suggesting_options`."""
    try:
        yield
    except VoxLogicaError as failed:
        failed.reword(suggesting_options(named))
        raise


def doubts_of_names(names: Iterable[str], options: Iterable[str]) -> Iterator[Diagnostic]:
    """That names which are declared by keywords may be meant for options."""
    for name in names:
        near = nearest(name, options)
        if name in _OPTIONS or near:
            said = f"`{name}` is no option of a session: it gives a name to a value"
            meant = f"did you mean `{near}=`? " if near else ""
            yield warning(said, hint=f"{meant}a name is given without a doubt by `inputs={{…}}`")


def shown(value: object) -> str:
    """A value as a message has it: what is long is told by its type."""
    if isinstance(value, str | int | float | bool | None):
        text = repr(value)
        return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
    kind = type(value)
    name = kind.__qualname__
    if kind.__module__ not in ("builtins", "__main__"):
        name = f"{kind.__module__.partition('.')[0]}.{name}"
    return f"{'an' if name[0] in 'aeiou' else 'a'} {name}"
