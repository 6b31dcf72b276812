"""A program and what belongs to it: libraries that it imports, variables, images that it loads.

What programs declare, mention and name files by, as far as texts alone tell, is their outline.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple, NoReturn

from voxlogica.dataclass import dataclass, field
from voxlogica.images.errors import ImageFileError, quoted
from voxlogica.images.geometry import Geometry
from voxlogica.images.missing import missing
from voxlogica.language.definitions import Definitions, Variables, case_variable, program_variables
from voxlogica.language.libraries import (
    Libraries,
    OpenImage,
    UnreadableTextError,
    beside,
    dangling_library,
    known_libraries,
)
from voxlogica.language.parameters import Constant, Parameter, different
from voxlogica.operators import namespaces
from voxlogica.syntax.ast import (
    Broken,
    Command,
    Declaration,
    Dialect,
    Difference,
    Import,
    Load,
    Param,
    Program,
    Request,
    Text,
)
from voxlogica.syntax.diagnostics import Diagnostic, Note, VoxLogicaError, error, nearest, warning
from voxlogica.syntax.parser import parse
from voxlogica.syntax.source import Source, Span

if TYPE_CHECKING:
    from voxlogica.images.reading import ImageFile

# So many libraries are listed where one is not found.
_MOST_LIBRARIES = 12


@dataclass(slots=True)
class Texts:
    """The texts of one program and of the libraries that it imports, and the images they load."""

    variables: Variables
    dialect: Dialect | None
    open_image: OpenImage
    report: Callable[[Diagnostic], None]
    libraries: Libraries = field(default_factory=Libraries)
    # The grids of images in the order of loading, and the files that each is of.
    grids: dict[Geometry, str] = field(default_factory=dict)
    # The libraries that were read.
    seen: set[str] = field(default_factory=set)
    differences: list[Difference] = field(default_factory=list)
    # The texts that were read, but for those that ship; whether all that is imported was found.
    read: list[Source] = field(default_factory=list)
    is_whole: bool = True
    # Of the libraries that programs bring, those that are read as ImgQL 1.
    old: set[Source] = field(default_factory=set)
    # The libraries that variables choose, and those that only these import, by how that is written.
    chosen: dict[Source, str] = field(default_factory=dict)
    # What imports name, seen from a text, and what they found.
    imported: list[tuple[str, Source, Source | None]] = field(default_factory=list)
    # The images by path, None where one cannot be read.
    files: dict[str, ImageFile | None] = field(default_factory=dict)
    # What each command loads, None where it cannot be read.
    loaded: dict[Load, ImageFile | None] = field(default_factory=dict)
    # The variables that were said to be undefined.
    _undefined: set[str] = field(default_factory=set)
    _lacking: set[Path] = field(default_factory=set)

    @property
    def definitions(self) -> Definitions:
        """What `$NAME` stands for in the texts, as far as they were read."""
        return self.variables.definitions

    def commands(self, texts: Sequence[Program]) -> Iterator[Command]:
        """The commands of texts, each import replaced by those of its library, read once.

        An import that is left is one of a namespace.
        """
        for text in texts:
            self._note(text)
        files = [Path(text.source.name) for text in texts]
        self.seen.update(str(file.resolve()) for file in files if file.is_file())
        # The files being read, innermost last, each with what is left of it.
        reading = [(text, iter(text.commands)) for text in reversed(texts)]
        active = [str(file.resolve()) for file in reversed(files)]
        while reading:
            importer, rest = reading[-1]
            command = next(rest, None)
            if command is None:
                reading.pop()
                active.pop()
            elif not isinstance(command, Import):
                if isinstance(command, Param):
                    self.variables.declare(command, importer not in texts, self.report)
                yield command
            elif (found := self._library(command, importer.source)) is None:
                if self.definitions.replaced(command.path.value) in namespaces():
                    yield command
                else:
                    self.is_whole = False
            else:
                key = found.name if found.shipped else str(Path(found.name).resolve())
                if key in active:
                    through = "" if key == active[-1] else ", through what it imports"
                    hint = "remove this import: what is being read is declared already"
                    said = f"{found.name} imports itself{through}"
                    self.report(error(said, command.span, hint=hint))
                elif key not in self.seen:
                    self.seen.add(key)
                    self._note_choice(command.path.value, importer.source, found)
                    is_old = found.shipped or (importer.dialect == 1 and self.dialect is None)
                    imported = self.libraries.parsed(found, 1 if is_old else self.dialect)
                    if imported.dialect == 1 and importer.dialect == 1 and not found.shipped:
                        self.old.add(found)
                    self._note(imported)
                    reading.append((imported, iter(imported.commands)))
                    active.append(key)

    def label(self, text: Text) -> str:
        """A label as it is written; with the library, where the run of another case has another.

        So a column of a table has one thing, whatever the cases' libraries print and assert.
        """
        library = self.chosen.get(text.span.source)
        return text.value if library is None else f"{text.value} ({library})"

    def _note_choice(self, written: str, importer: Source, found: Source) -> None:
        through = self.chosen.get(importer)
        if through is not None:
            self.chosen[found] = f"{through}, {written}"
        elif self.variables.choose(written):
            self.chosen[found] = written

    def _note(self, text: Program) -> None:
        for problem in text.problems:
            self.report(problem)
        if not text.source.shipped:
            self.differences += text.differences
            self.read.append(text.source)

    def _library(self, command: Import, importer: Source) -> Source | None:
        """What is imported; None for a namespace, and, told as an error, where there is none."""
        name = self.path(command.path)
        if name is None:
            return None
        span = command.path.span
        try:
            found = self.libraries.found(name, importer)
        except (OSError, ValueError, UnreadableTextError) as problem:
            said = getattr(problem, "strerror", None) or problem
            self.report(error(f"cannot import `{name}`: {said}", span))
            return None
        self.imported.append((name, importer, found))
        if found is not None or name in namespaces():
            return found
        link = dangling_library(name, importer)
        if link is not None:
            nowhere = missing(link)
            message = f"cannot import `{name}`: {quoted(link)} {nowhere.said}"
            self.report(error(message, span, hint=nowhere.hint))
            return None
        own = Path(importer.name).stem
        known = [*namespaces(), *(k for k in known_libraries(importer) if k not in (own, "stdlib"))]
        close = nearest(name.removesuffix(".imgql"), known)
        looked_for = (
            "looked for in the working directory, next to the importing file, "
            "among the libraries that ship, and among the namespaces"
        )
        hint = f'did you mean `import "{close}"`?' if close else None
        hint = hint or f"there are {', '.join(known[:_MOST_LIBRARIES])}"
        message = f"there is no library `{name}`"
        self.report(error(message, span, notes=[Note(looked_for)], hint=hint))
        return None

    def path(self, text: Text) -> str | None:
        """A path with its variables replaced; None, and an error, where one is not defined."""
        definitions = self.definitions
        undefined = definitions.undefined(text.value)
        if not undefined:
            return definitions.replaced(text.value)
        # Each once, however many paths mention it.
        for name in map(case_variable, undefined):
            if name not in self._undefined and name not in definitions.unset:
                self._undefined.add(name)
                self.report(definitions.not_defined(name, text.span, is_path=True))
        return None

    def open_all(self, commands: Sequence[Command]) -> bool:
        """Open the files that commands load; whether all are there that the program asks for.

        What could not be loaded, or may be by what could not be read, has a size all the same.
        """
        is_whole = self.is_whole
        # What a program in Python gives comes after what the texts load themselves.
        for command in sorted(commands, key=lambda command: command.span.source.shipped):
            if isinstance(command, Load):
                path = self.path(command.path)
                path = path and command.span.source.seen_from_here(path)
                if path is not None and path not in self.files:
                    self.files[path] = self._opened(path, command.path.span)
                file = self.loaded[command] = None if path is None else self.files[path]
                if file is not None:
                    self.grids.setdefault(file.geometry, file.path)
                is_whole &= file is not None
            elif isinstance(command, Broken):
                is_whole = False
        return is_whole

    def _opened(self, path: str, span: Span) -> ImageFile | None:
        try:
            file = self.open_image(path)
        except ImageFileError as problem:
            folder = Path(path).parent
            if folder in self._lacking:
                return None
            if not folder.is_dir():  # which is told once, whatever is looked for there
                self._lacking.add(folder)
            hint = beside(path, span.source) or problem.hint
            self.report(error(problem.message, span, hint=hint))
            return None
        for message in file.warnings:
            self.report(warning(message, span, topic="data"))
        return file


class FileName(NamedTuple):
    """A name of a file in a program, with its variables; the variables that the program brings."""

    text: Text
    own: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Outline:
    """What the texts of programs, and of the libraries that they import, say.

    `parameters` are those they declare, each once: those without a default first, libraries' last;
    `constants` what they declare by `=`, and where; `loads` and `saves` the files that commands
    name, `prints` the labels of what they print, as written. `texts` are the texts, and `own` the
    names of variables that every program has.
    """

    parameters: tuple[Parameter, ...]
    constants: Mapping[str, Span]
    loads: tuple[FileName, ...]
    saves: tuple[FileName, ...]
    texts: tuple[str, ...]
    own: frozenset[str]
    prints: tuple[str, ...]


def outline(
    sources: Iterable[Source],
    definitions: Mapping[str, Constant],
    dialect: Dialect | None,
    given: Container[str] = (),
) -> Outline:
    """The outline of programs, whatever their parameters are set to.

    The definitions tell what is imported, and nothing else. What is `given` by the names of loads
    is not loaded. Raises VoxLogicaError where texts or
    declarations are wrong.
    """
    sources, said = [*sources], list[Diagnostic]()
    found, texts = list[Parameter](), list[str]()
    constants, own = dict[str, Span](), set[str]()
    loads, saves, prints = list[FileName](), list[FileName](), list[str]()
    for source in sources:
        its_own = program_variables(source)
        own.update(its_own)
        variables = Variables(definitions, its_own, {}, only_declared=True)
        read = Texts(variables, dialect, _unopened, said.append)
        for command in read.commands([parse(source, dialect)]):
            match command:
                case Declaration() if not command.span.source.shipped:
                    constants.setdefault(command.name, command.name_span)
                case Load() if command.name not in given:
                    loads.append(FileName(command.path, its_own))
                case Request("save") if command.span.source is source:
                    saves.append(FileName(command.text, its_own))
                case Request("print") if command.span.source is source:
                    prints.append(command.text.value)
        found += [known.parameter for known in variables.known.values() if known]
        texts += [text.text for text in read.read]
    if wrong := [problem for problem in said if problem.severity == "error"]:
        raise VoxLogicaError(wrong)
    # What is to be given, and set, before what is set more seldom.
    found.sort(key=lambda p: (p.span.source not in sources, p.default is not None))
    return Outline(
        different(found),
        constants,
        tuple(loads),
        tuple(saves),
        tuple(texts),
        frozenset(own),
        tuple(prints),
    )


def _unopened(path: str) -> NoReturn:
    raise AssertionError(f"{path} is not to be opened")
