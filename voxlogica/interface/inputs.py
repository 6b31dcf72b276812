"""What is set by keywords: parameters and variables by values, `load`s by images and paths."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from typing import Any

from voxlogica.dataclass import replace
from voxlogica.images.given import GivenImage, given_image
from voxlogica.interface.accepting import accepted, has_size, is_image_like
from voxlogica.interface.image import Image
from voxlogica.language.definitions import Definitions
from voxlogica.language.free_names import free_names
from voxlogica.language.given import GivenByName, loads
from voxlogica.operators.signature import VALUATION
from voxlogica.syntax.ast import Declaration, Dialect, Load, Param, Program
from voxlogica.syntax.diagnostics import VoxLogicaError
from voxlogica.syntax.parser import parse
from voxlogica.syntax.source import Source


def as_given(value: object, name: str, beside: Iterable[object] = ()) -> GivenImage:
    """An image that stands for a name. Raises VoxLogicaError.

    An array has the place of the images `beside` it of its size, if that is one.
    """
    if isinstance(value, Image):
        value._formula.settle()
        for constant in value._formula.kind.constants:
            if isinstance(constant, GivenImage):
                # What there is to doubt was told when the image was made.
                return replace(constant.called(name), doubts=())
        voxels, facts = value._voxels, value._formula.facts
        return given_image(
            voxels.array,
            voxels.geometry,
            name,
            copy=False,
            is_colour=facts.colour,
            holds_labels=facts.labels or (facts.whole and value.type == str(VALUATION)),
        )
    others = [one for one in beside if isinstance(one, Image) and has_size(value, one.size)]
    places = {one._geometry for one in others}
    # Where these differ, it lies in pixels, and takes the place of whatever it meets.
    return accepted(value, name=name, like=places.pop() if len(places) == 1 else None)


def sorted_out(
    inputs: Mapping[str, Any], sources: Iterable[Source], dialect: Dialect | None
) -> tuple[dict[str, object], GivenByName]:
    """Of inputs by name, what sets parameters and variables, and what stands for images.

    A path or a string is the file of a `load`, where there is no parameter of the name.
    """
    definitions: dict[str, object] = {}
    images: dict[str, GivenImage | str] = {}
    texts = {n: v for n, v in inputs.items() if isinstance(v, str | os.PathLike)}
    loads = loads_of(sources, dialect) if texts else frozenset()
    for name, value in inputs.items():
        if name in texts and name in loads:
            images[name] = os.fspath(value)
        elif is_image_like(value) or isinstance(value, Image):
            images[name] = as_given(value, name, inputs.values())
        else:
            definitions[name] = plain(value)
    return definitions, GivenByName(images)


def together(inputs: Mapping[str, Any] | None, named: Mapping[str, Any]) -> dict[str, Any]:
    """What is set by `inputs` and by keywords. Raises TypeError where a name is in both."""
    twice = [name for name in inputs or {} if name in named]
    if twice:
        raise TypeError(f"`{twice[0]}` is given twice: in `inputs`, and by a keyword")
    return {**(inputs or {}), **named}


def loads_of(sources: Iterable[Source], dialect: Dialect | None) -> frozenset[str]:
    """The names of programs for which files stand: of what they load, and of what nothing declares.

    No name is among them that is a parameter's, or that a text has as a variable.
    """
    sources = [*sources]
    programs = [parse(source, dialect) for source in sources]
    free = {name for program in programs for name in free_names(program.commands)}
    return loads(programs) | (free - _meant(programs, free, dialect) if free else free)


def _meant(programs: list[Program], free: set[str], dialect: Dialect | None) -> set[str]:
    """Of the free names of programs, those that are declared, or variables in strings."""
    from voxlogica.language.programs import outline

    sources = [program.source for program in programs]
    try:
        found = outline(sources, {}, dialect)
    except VoxLogicaError:  # which planning tells
        return free
    commands = [command for program in programs for command in program.commands]
    declared = {c.name for c in commands if isinstance(c, Declaration | Load | Param)}
    variables = Definitions(dict.fromkeys(free, ""))
    used = {name for text in found.texts for name in variables.used_in(text)}
    return declared | used | {*found.constants} | {one.name for one in found.parameters}


def plain(value: Any) -> object:
    """A value as the language has it: numpy's numbers as Python's."""
    if type(value).__module__ == "numpy":
        return value.tolist()
    return [plain(item) for item in value] if isinstance(value, list | tuple) else value
