"""Messages in Python's words: of options of the command line, of types, and of `ops`."""

from __future__ import annotations

import re
from collections.abc import Callable

from voxlogica.dataclass import replace
from voxlogica.syntax.diagnostics import Diagnostic, Note

# What messages say, and what a program in Python has for it; in this order.
_WORDS = [
    (re.compile(found), said)
    for found, said in (
        (r"`-D '(\w+)=([^`]*)'`", r"`\1=\2`"),
        (r"`-D (\w+=[^`]*)`", r"`\1`"),
        (r"\B-D (does not|sets)\b", r"a keyword \1"),
        (r", on the command line: ", ": "),
        (r", by `--cases`,", ", by `voxlogica.cases`,"),
        (r"`--cases`", "`cases`"),
        (
            r"if a shell has put .* as in --cases ",
            "name in braces what differs from case to case: ",
        ),
        (r"`--strict`", "`strict=True`"),
        (r"`?--cache DIR`?", "`cache=folder`"),
        (r"`?--memory-limit`?", "`memory_limit`"),
        (r"`-j (\d+)`", r"`jobs=\1`"),
        (r", which the command line shows under `--debug`", ""),
        (r"`voxlogica check`", "`voxlogica.check`"),
        (
            r"`volume\(r\)` counts voxels; where you know the size of one, multiply by it",
            "`voxlogica.image(array, spacing=(…))` says it of an array; `volume` counts voxels",
        ),
    )
]

# Types in what is said, and in signatures.
_KINDS = {
    "valuation(bool)": ("a region", "Region"),
    "valuation(number)": ("an image of numbers", "Image"),
    "model": ("model", "Image"),
    "image": ("image", "Image"),
    "number": ("number", "float"),
    "string": ("string", "str"),
}
_KIND = re.compile(r"valuation\(\w+\)|(?<=: )\w+|(?<=→ )\w+|(?<=\()\w+(?=\))")
_SIGNATURE = re.compile(r"(?:\S+\(.*\)|\w+) → \S+")
_BY_IMPORT = re.compile(r'after `import "simpleitk"`, ')
_CALL = re.compile(r"(?<=`)(\w+)(?=\()")


def of_functions(diagnostic: Diagnostic) -> Diagnostic:
    """A message about an expression in Python, with its types, and the functions that it has."""
    said = _in_words(diagnostic, _with_kinds, _with_places, _as_python)
    return replace(said, label=_with_kinds(diagnostic.label))


# What is true of runs, and what is where there is none.
_CHANGED = "was changed after the run began", "was changed, moved or deleted after it was read"
_ANEW = {"run the program again": "read it again"}


def of_expressions(diagnostic: Diagnostic) -> Diagnostic:
    """A message of what was computed without a program."""
    return _in_words(
        diagnostic,
        lambda message: message.replace(*_CHANGED),
        lambda hint: _ANEW.get(hint, hint),
        lambda note: note,
    )


def _with_kinds(text: str) -> str:
    for kind in ("valuation(bool)", "valuation(number)"):
        text = text.replace(kind, _KINDS[kind][0])
    return re.sub(r"\bsequence\((\w+)\)", r"a sequence of \1s", text)


def _as_python(text: str) -> str:
    """A signature of the language as one of Python."""
    if not _SIGNATURE.fullmatch(text):
        return text
    text = text.replace("sequence(", "list(")
    text = _KIND.sub(lambda found: _KINDS.get(found[0], ("", found[0]))[1], text)
    while "list(" in text:
        text = re.sub(r"list\(([^()]*)\)", r"list[\1]", text)
    return text.replace(" → ", " -> ").replace(", …", ", ...")


def _with_places(text: str) -> str:
    """A hint with functions by their places: `ops.simpleitk.Resample(…)`."""
    from voxlogica.interface.functions import place_of

    # In expressions nothing is loaded.
    text = text.replace("of the image loaded first", "of the first of them")
    text = _BY_IMPORT.sub("", text).replace("sitkNearestNeighbor", '"sitkNearestNeighbor"')
    return _CALL.sub(lambda found: place_of(found[0]) or found[0], text)


def in_python(diagnostic: Diagnostic) -> Diagnostic:
    """A message as a program in Python is told it."""
    return _in_words(diagnostic, _reworded, _reworded, _reworded)


def _in_words(
    diagnostic: Diagnostic,
    message: Callable[[str], str],
    hint: Callable[[str], str],
    note: Callable[[str], str],
) -> Diagnostic:
    """The same message, what is said of it in other words each."""
    return replace(
        diagnostic,
        message=message(diagnostic.message),
        hint=None if diagnostic.hint is None else hint(diagnostic.hint),
        notes=tuple(Note(note(one.message), one.span) for one in diagnostic.notes),
    )


def _reworded(text: str) -> str:
    for found, said in _WORDS:
        text = found.sub(said, text)
    return text
