"""What a program in Python gives a program: images for its `load`s, or for names it has none of.

Values that it has may also stand in a program as they are.

The commands that load are replaced, those of libraries too, and added: each loads what is given by
a name that no file has.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, TypeAlias, TypeGuard

from voxlogica.dataclass import dataclass, replace
from voxlogica.language.free_names import free_names
from voxlogica.language.libraries import Libraries, OpenImage
from voxlogica.syntax.ast import (
    Call,
    Command,
    Declaration,
    Dialect,
    Expression,
    Load,
    Number,
    Param,
    Program,
    Text,
    Truth,
)
from voxlogica.syntax.ast import Sequence as Listed
from voxlogica.syntax.diagnostics import Diagnostic, error, nearest, visible
from voxlogica.syntax.printer import literal_text
from voxlogica.syntax.source import STRING_OR_COMMENT, Source, Span

if TYPE_CHECKING:
    from voxlogica.images.given import GivenImage
    from voxlogica.images.reading import ImageFile

    GivenValue: TypeAlias = GivenImage | float | bool | str | list["GivenValue"]
    Token: TypeAlias = Callable[[GivenImage, str], str]


@dataclass(frozen=True, slots=True)
class GivenByName:
    """Images, files, or paths of files, by the names that programs have for them."""

    images: Mapping[str, GivenImage | ImageFile | str]

    def opening(self, open_image: OpenImage) -> OpenImage:
        """How images are opened: those that are given need no file."""
        from voxlogica.images.given import GivenImage

        known = {_token(name): image for name, image in self.images.items()}
        known |= {
            _token_as_file(name): image.as_file() if isinstance(image, GivenImage) else image
            for name, image in self.images.items()
        }

        def opened(path: str) -> ImageFile:
            found = known.get(path, path)
            # A GivenImage stands where an ImageFile stands.
            return open_image(found) if isinstance(found, str) else found  # type: ignore[return-value]

        return opened

    def placed(self, program: Program) -> list[Program]:
        """A program in which the images stand: its texts, the last of them the program itself."""
        declared = {c.name for c in program.commands if isinstance(c, Load | Declaration | Param)}
        # In the order of the program, whatever that of the caller.
        missing = [
            n for n in free_names(program.commands) if n in self.images and n not in declared
        ]
        own = self.replaced(program)
        return [_loading(missing), own] if missing else [own]

    def replaced(self, program: Program) -> Program:
        """A text whose own commands load what is given by their names."""
        commands = tuple(
            _load_of(command, _token_as_file(command.name))
            if _loads(command) and command.name in self.images
            else command
            for command in program.commands
        )
        return replace(program, commands=commands)

    def placed_in(self, known: Libraries, read: dict[Source, Program]) -> Libraries:
        """Libraries in which the images stand; the trees of those that are read are noted."""

        def parsed(text: Source, dialect: Dialect | None) -> Program:
            read[text] = self.replaced(known.parsed(text, dialect))
            return read[text]

        libraries = Libraries()
        libraries.found, libraries.parsed = known.found, parsed
        return libraries

    def unmet(self, programs: Sequence[Program], libraries: Iterable[Program]) -> list[Diagnostic]:
        """What is wrong with what is given, in view of all programs and what they import."""
        imported = [*libraries]
        return [wrong for n in self.images if (wrong := _unmet(n, programs, imported))]


# What of VoxLogicA 2 loads by a function.
_LOADING = frozenset({"load", "ReadImage", "simpleitk.ReadImage"})


def _loads(command: Command) -> TypeGuard[Load | Declaration]:
    """Whether a command gives a name to the image in a file."""
    match command:
        case Load():
            return True
        case Declaration(_, (), Call(name, (_,))):
            return name in _LOADING
    return False


def _load_of(command: Load | Declaration, path: str) -> Load:
    """The same of what is at another path."""
    match command:
        case Load():
            return replace(command, path=replace(command.path, value=path))
    text = Text(path, command.body.span)
    return Load(command.name, text, command.span, command.name_span)


def _token(name: str) -> str:
    """What stands for the path of what is given."""
    return f"<{name}>"


def _token_as_file(name: str) -> str:
    return f"<{name} as a file>"


def _loading(names: Sequence[str]) -> Program:
    """A text that loads what is given under these names."""
    lines = [f'load {name} = "{_token(name)}"' for name in names]
    source = Source("Python", "\n".join(lines), shipped=True)
    commands, at = [], 0
    for name, line in zip(names, lines, strict=True):
        path = Text(_token(name), Span(source, at + line.index('"'), at + len(line)))
        named = Span(source, at + 5, at + 5 + len(name))
        commands.append(Load(name, path, Span(source, at, at + len(line)), named))
        at += len(line) + 1
    return Program(source, tuple(commands), 2, (), ())


def loads(programs: Sequence[Program]) -> frozenset[str]:
    """The names that programs have for images of files, and for no parameter."""
    commands = [command for program in programs for command in program.commands]
    parameters = {command.name for command in commands if isinstance(command, Param)}
    return frozenset(c.name for c in commands if _loads(c)) - parameters


def is_mentioned(name: str, text: str) -> bool:
    """Whether a text has a name, outside strings and comments."""
    found = re.finditer(rf"{STRING_OR_COMMENT}|\b{re.escape(name)}\b", text)
    return any(match[0] == name for match in found)


def _unmet(
    name: str, programs: Sequence[Program], libraries: Sequence[Program]
) -> Diagnostic | None:
    commands = [command for text in (*programs, *libraries) for command in text.commands]
    if any(_loads(c) and c.name == name for c in commands):
        return None
    for command in commands:
        if isinstance(command, Declaration | Param) and command.name == name:
            is_parameter = isinstance(command, Param)
            own = any(command.span.source is program.source for program in programs)
            by = "the program itself" if own else f"the library `{command.span.source.name}`"
            said = "a parameter" if is_parameter else f"declared by {by}"
            mend = (
                "a number, a bool or a string sets it"
                if is_parameter
                else "an image can be given for a `load`, or for a name that is not declared"
            )
            return error(
                f"an image is given for `{name}`, which is {said}", command.span, hint=mend
            )
    if any(name in free_names(program.commands) for program in programs):
        return None
    is_there = bool(name) and any(is_mentioned(name, one.source.text) for one in programs)
    if is_there and any(program.problems for program in programs):
        return None  # a text that cannot be read may mean it: what is wrong with that is told
    known = [c.name for c in commands if _loads(c)]
    near = nearest(name, [*known, *(c.name for c in commands if isinstance(c, Param))])
    hint = f"did you mean `{near}`?" if near else None
    if hint is None and known:
        hint = "what it loads: " + ", ".join(f"`{load}`" for load in known)
    said = ": what is called so is local, or a parameter's name" if is_there else " or mentions it"
    return error(f"`{name}` is given, but no program has a `load` of it{said}", hint=hint)


# Values of Python

# A value is no longer than that in a message.
_LONGEST_SHOWN = 60


def declaring(name: str, value: GivenValue, called: str, token: Token) -> Program:
    """A text, `called` something, that gives a name to a value, which stands in its place.

    The value is what it is, whatever a text can say: a string has quotes, a number is nan. Images
    are loaded by a `token` of each, which is given its name: `image`, or `images[0]`.
    """
    source = Source(called, f"{name} = {_shown(value)}")
    whole, named = Span(source, 0, len(source.text)), Span(source, 0, len(name))
    body = _expression(value, Span(source, len(name) + 3, whole.end), token, name)
    match body:
        case Call(_, (Text() as path,)):
            return Program(source, (Load(name, path, whole, named),), 2, (), ())
    return Program(source, (Declaration(name, (), body, whole, named),), 2, (), ())


def _shown(value: GivenValue) -> str:
    """A value as a message has it."""
    match value:
        case str():
            text = f'"{visible(value)}"'
        case bool() | float():
            return literal_text(value)
        case list():
            text = f"[{', '.join(map(_shown, value[:_LONGEST_SHOWN]))}]"
        case _:
            return "…"
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


def _expression(value: GivenValue, span: Span, token: Token, name: str) -> Expression:
    match value:
        case bool():
            return Truth(value, span)
        case str():
            return Text(value, span, as_it_is=True)
        case float():
            return Number(value, span)
        case list():
            each = (_expression(one, span, token, f"{name}[{i}]") for i, one in enumerate(value))
            return Listed(tuple(each), span)
    return Call("load", (Text(token(value, name), span, as_it_is=True),), span, span, "call")
