"""The stubs of `voxlogica.ops`, by which editors and type checkers know its functions.

`python -m voxlogica.interface.stubs` writes them anew, from the declarations. Those of SimpleITK's
filters are of the version that they name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

from voxlogica.images.library import version
from voxlogica.interface.calling import parameters, signature_of
from voxlogica.interface.functions import MODULES, Function, constant, function, names
from voxlogica.operators.signature import Operator
from voxlogica.report.operators import first_sentence

_FOLDER = Path(__file__).parent.parent / "ops"
_WIDTH = 100
# What stubs import, where they mention it: Python's own, then others', then ours.
_IMPORTS = (
    (("from collections.abc import", ("Sequence",)), ("from typing import", ("Any", "overload"))),
    (("import numpy as", ("np",)), ("from numpy.typing import", ("NDArray",))),
    (("from voxlogica.interface.image import", ("Image", "Region")),),
)
# Of the types that a value may be of, the narrower first, for a type checker takes the first.
_NARROW = ("float", "str", "bool", "Region", "Sequence", "Image")


def stubs() -> dict[Path, str]:
    """The text of each stub, by its file."""
    return {
        _FOLDER / f"{module or '__init__'}.pyi": stub(module) for module in ("", *sorted(MODULES))
    }


def stub(module: str) -> str:
    """The stub of a module of functions."""
    code = "\n".join(_declared(module))
    place = ".".join(filter(None, ("voxlogica.ops", module)))
    sentence = (import_module(place).__doc__ or "").partition("\n")[0]
    lines = [f'"""{sentence}', "", "Generated: `python -m voxlogica.interface.stubs` writes it."]
    if module == "simpleitk":
        lines.append(f"As SimpleITK {'.'.join(map(str, version()))} has them.")
    imports = _imports(code)
    if not module:
        imports += [f"from voxlogica.ops import {name} as {name}" for name in sorted(MODULES)]
    return "\n".join([*lines, '"""', "", *imports, "", code]).rstrip() + "\n"


def _imports(code: str) -> list[str]:
    """What code mentions, a place a line, in blocks."""
    lines: list[str] = []
    for block in _IMPORTS:
        used = [(head, [n for n in words if re.search(rf"\b{n}\b", code)]) for head, words in block]
        found = [f"{head} {', '.join(words)}" for head, words in used if words]
        lines += ["", *found] if lines and found else found
    return lines


def _declared(module: str) -> Iterator[str]:
    numbers = [name for name in names(module) if constant(module, name) is not None]
    yield from (f"{name}: int" for name in numbers)
    if numbers:
        yield ""
    for name in names(module):
        found = function(module, name)
        if found is not None:
            yield from _defined(found)


def _defined(found: Function) -> Iterator[str]:
    by_parameters: dict[tuple[str, ...], Operator] = {}
    for way in sorted(found.ways, key=_place):
        by_parameters.setdefault(tuple(parameters(signature_of(way))), way)
    for shown, way in by_parameters.items():
        if len(by_parameters) > 1:
            yield "@overload"
        result = signature_of(way).return_annotation
        yield from _head(found.name, shown, result)
        yield f'    """{_safe(first_sentence(way.manual))}"""'
        yield ""


def _place(way: Operator) -> tuple[int, ...]:
    """Overloads in an order in which each is reached."""
    shown = [p.annotation for p in signature_of(way).parameters.values()]
    return tuple(next(i for i, word in enumerate(_NARROW) if word in text) for text in shown)


def _head(name: str, shown: tuple[str, ...], result: str) -> Iterator[str]:
    """The line of a function, or several, as a formatter sets them."""
    line = f"def {name}({', '.join(shown)}) -> {result}:"
    if len(line) <= _WIDTH:
        yield line
        return
    yield f"def {name}("
    together = f"    {', '.join(shown)}"
    if len(together) <= _WIDTH:
        yield together
    else:
        yield from (f"    {one}," for one in shown)
    yield f") -> {result}:"


def _safe(sentence: str) -> str:
    return sentence.replace("\\", "\\\\").replace('"""', "'''").strip().removesuffix('"') + (
        '\\"' if sentence.strip().endswith('"') else ""
    )


if __name__ == "__main__":
    for path, text in stubs().items():
        path.write_text(text, encoding="utf-8")
