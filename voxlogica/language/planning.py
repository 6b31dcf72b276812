"""Programs to workplan: reading, imports, names, types and goals, every error in one go."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from itertools import islice
from os.path import realpath  # which links in circles do not stop
from pathlib import Path
from typing import TYPE_CHECKING

from voxlogica.dataclass import dataclass, field, replace
from voxlogica.images.errors import ImageFileError, quoted
from voxlogica.images.geometry import Geometry
from voxlogica.images.missing import missing
from voxlogica.language import workplan
from voxlogica.language.bindings import (
    FAILED,
    UNKNOWN,
    Binding,
    Elements,
    Function,
    Value,
)
from voxlogica.language.builtins import NAMED
from voxlogica.language.code import Declared
from voxlogica.language.collecting import uncollected
from voxlogica.language.contents import holds_colour, holds_labels
from voxlogica.language.definitions import Definitions, program_variables, unmentioned
from voxlogica.language.doubts import Doubt, doubts
from voxlogica.language.doubts_of_ranks import doubts_of_ranks
from voxlogica.language.grids import components
from voxlogica.language.libraries import (
    UnreadableTextError,
    beside,
    dangling_library,
    decoded,
    find_library,
    is_shipped,
    known_libraries,
    shipped,
)
from voxlogica.language.names import Names, found_after_import
from voxlogica.language.overloading import overloaded
from voxlogica.language.places import grouped
from voxlogica.language.readings import told_together
from voxlogica.language.reducer import Reducer
from voxlogica.language.resolver import Resolver
from voxlogica.language.stages import Stage
from voxlogica.language.workplan import Place, WorkPlan
from voxlogica.later import Later
from voxlogica.primitives import namespaces, registry
from voxlogica.primitives.literals import LOAD, SEQUENCE
from voxlogica.primitives.signature import ANY, BOOL, IMAGES, NUMBER, STRING, VALUE, Type
from voxlogica.syntax.ast import (
    Broken,
    Command,
    Declaration,
    Dialect,
    Difference,
    Import,
    Load,
    Print,
    Program,
    Save,
    Show,
    Text,
)
from voxlogica.syntax.diagnostics import (
    Diagnostic,
    Note,
    error,
    nearest,
    warning,
)
from voxlogica.syntax.parser import parse
from voxlogica.syntax.source import Source, Span

if TYPE_CHECKING:
    from voxlogica.images import writing
    from voxlogica.images.reading import ImageFile
    from voxlogica.language import complaints
else:
    writing = Later("voxlogica.images.writing")
    complaints = Later("voxlogica.language.complaints")

OpenImage = Callable[[str], "ImageFile"]

_PRINTED = frozenset({NUMBER, BOOL, STRING})
# So many libraries are listed where one is not found.
_MOST_LIBRARIES = 12
# Of a sequence of images, so many are shown.
_SHOWN = 4


@dataclass(frozen=True, slots=True)
class Planned:
    """A workplan, what there is to say about its programs, and where a reading would matter.

    The plan may be run only if none of the diagnostics is an error. One that `is_staged` shows what
    is known before the program runs; to run it, plan it again with a stage. `names` says what each
    name means at the end of the last program.
    """

    plan: WorkPlan
    diagnostics: tuple[Diagnostic, ...]
    differences: tuple[Difference, ...]
    names: Mapping[str, Binding] = field(default_factory=dict)
    is_staged: bool = False
    # What only the run can tell whether it is to be warned of.
    doubts: tuple[Doubt, ...] = ()

    @property
    def failed(self) -> bool:
        """Whether there is an error."""
        return any(d.severity == "error" for d in self.diagnostics)


def plan_programs(
    sources: Sequence[Source],
    *,
    definitions: Mapping[str, str],
    dialect: Dialect | None,
    open_image: OpenImage,
    stage: Stage | None = None,
) -> Planned:
    """One workplan for several programs: what they share is one operation.

    Everything that can be checked without computing is: names, arities, types, image headers,
    sizes, file formats. Image files are opened as the programs name them, each once. What depends
    on image data is asked of the `stage`, if there is one, and computed before the plan is whole.
    """
    # Made one at a time: a tree takes more memory than its plan.
    programs = ([parse(source, dialect)] for source in sources)
    return _plan(programs, definitions, dialect, open_image, stage, all_mentioned=True)


def plan_session(
    inputs: Sequence[Program],
    *,
    definitions: Mapping[str, str],
    dialect: Dialect | None,
    open_image: OpenImage,
    stage: Stage | None = None,
) -> Planned:
    """The workplan of a session: its inputs are one program, each in its own reading.

    `dialect` is that of libraries. Said is only what the last input gives reason to say, and what
    is wrong in any.
    """
    planned = _plan([[*inputs]], definitions, dialect, open_image, stage, all_mentioned=False)
    last = inputs[-1].source
    told = [
        d
        for d in planned.diagnostics
        if d.severity == "error" or (d.span is not None and d.span.source is last)
    ]
    kept = {*planned.differences} if dialect is None else {*inputs[-1].differences}
    differences = tuple(d for d in inputs[-1].differences if d in kept)
    return replace(planned, diagnostics=tuple(told), differences=differences)


def _plan(
    programs: Iterable[list[Program]],
    definitions: Mapping[str, str],
    dialect: Dialect | None,
    open_image: OpenImage,
    stage: Stage | None,
    *,
    all_mentioned: bool,
) -> Planned:
    """One workplan for several programs, each of one text, or of several that make one.

    With `all_mentioned`, each of the definitions has to be mentioned in some text.
    """
    is_staged = False
    plan = WorkPlan()
    diagnostics: list[Diagnostic] = []
    differences: list[Difference] = []
    names: Mapping[str, Binding] = {}
    opened: dict[str, ImageFile | ImageFileError] = {}
    read: list[str] = []
    own: set[str] = set()
    waiting: list[Doubt] = []

    def open_once(path: str) -> ImageFile:
        if path not in opened:
            try:
                opened[path] = open_image(path)
            except ImageFileError as problem:
                opened[path] = problem
        found = opened[path]
        if isinstance(found, ImageFileError):
            raise found
        return found

    # What stages run leaves garbage with cycles.
    with uncollected() if stage is None else nullcontext():
        for texts in programs:
            its_own = program_variables(texts[-1].source)
            own |= its_own.keys()
            variables = Definitions({**its_own, **definitions})
            planner = _Planner(plan, variables, dialect, open_once, stage)
            names = planner.run(texts)
            is_staged |= planner.is_staged
            diagnostics += planner.diagnostics
            # Who chose a reading does not ask for the other one.
            differences += planner.differences if dialect is None else ()
            waiting += planner.doubts
            read += planner.read
            all_mentioned &= planner.read_all
    if all_mentioned:
        diagnostics = unmentioned(definitions, own, read, diagnostics)
    diagnostics += _written_twice(plan)
    diagnostics += _overwritten(plan, opened)
    diagnostics, differences = told_together(diagnostics, differences)
    said = tuple(diagnostics)
    return Planned(plan, said, tuple(differences), names, is_staged, tuple(waiting))


def _written_twice(plan: WorkPlan) -> Iterator[Diagnostic]:
    written: dict[str, workplan.Save] = {}
    for goal in plan.goals:
        if isinstance(goal, workplan.Save):
            # The files need not exist yet, but links to where they will be may.
            before = written.setdefault(realpath(goal.path), goal)
            if before is not goal and before.node != goal.node:
                yield warning(
                    f"{goal.path} is saved twice: what is saved last remains",
                    goal.span,
                    notes=[Note("saved here before", before.span)],
                )


def _overwritten(
    plan: WorkPlan, opened: Mapping[str, ImageFile | ImageFileError]
) -> Iterator[Diagnostic]:
    loaded = {realpath(path) for path in opened}
    for goal in plan.goals:
        if isinstance(goal, workplan.Save) and realpath(goal.path) in loaded:
            yield warning(
                f"{goal.path} is loaded, and will be replaced by what is saved",
                goal.span,
                hint="save it under another name, and the program gives the same in every run",
            )


@dataclass(slots=True)
class _Planner:
    """Plans one program into the plan that it shares with others."""

    plan: WorkPlan
    definitions: Definitions
    dialect: Dialect | None
    open_image: OpenImage
    stage: Stage | None
    diagnostics: list[Diagnostic] = field(default_factory=list)
    differences: list[Difference] = field(default_factory=list)
    # Whether what it plans needs a stage.
    is_staged: bool = False
    # The texts of the program and of the libraries that it imports, and whether these were found.
    read: list[str] = field(default_factory=list)
    read_all: bool = True
    doubts: list[Doubt] = field(default_factory=list)
    # Where each label was printed first.
    labels: dict[str, Span] = field(default_factory=dict)
    # The variables that were said to be undefined.
    undefined: set[str] = field(default_factory=set)

    def run(self, texts: list[Program]) -> dict[str, Binding]:
        """Plan a program that is in one text or several; gives what its names mean.

        Of all but the last text, only what they declare, load and import is there. The list is
        empty afterwards, so that nothing holds the trees.
        """
        begin, first_goal = len(self.plan), len(self.plan.goals)
        *earlier, last = texts
        texts.clear()
        source = last.source
        library = shipped("stdlib")
        seen = {library.name}
        declaring = (
            c for c in self._commands(earlier, seen) if not isinstance(c, Save | Print | Show)
        )
        commands = [*parse(library, 1).commands, *declaring, *self._commands([last], seen)]
        del earlier, last
        files: dict[str, ImageFile | None] = {}
        spaces: dict[Geometry, str] = {}
        for command in commands:
            if isinstance(command, Load):
                path = self._path(command.path)
                if path is not None and path not in files:
                    files[path] = self._opened(path, command.path.span)
                    image = files[path]
                    if image is not None:
                        spaces.setdefault(image.geometry, path)
        operators = registry()
        names = Names({**operators, **NAMED})
        anywhere: dict[str, Span] = {}
        for command in commands:
            if isinstance(command, Declaration | Load) and not command.span.source.shipped:
                anywhere.setdefault(command.name, command.name_span)
        resolver = Resolver(
            names,
            self.definitions,
            self.diagnostics.append,
            anywhere,
            found_after_import,
            self.read_all,
        )
        reducer = Reducer(
            self.plan, spaces, self.diagnostics.append, operators, self.open_image, self.stage
        )
        # What could not be loaded, or may be by what could not be read, has a size all the same.
        reducer.grids.is_whole = self.read_all and all(
            not isinstance(c, Load | Broken) or (isinstance(c, Load) and self._is_loaded(c, files))
            for c in commands
        )
        in_library = True
        # Each is let go of when it is dealt with: the tree takes more memory than the plan.
        commands.reverse()
        while commands:
            command = commands.pop()
            if in_library and command.span.source is not shipped("stdlib"):
                in_library = False
                names.update(overloaded(names, operators))
            match command:
                case Declaration():
                    declared = resolver.declare(
                        command.name, command.parameters, command.body, command.name_span
                    )
                    if not declared.parameters:
                        declared.value = reducer.reduce(declared)
                        declared.code = ()
                case Load():
                    path = self._path(command.path, report=False)
                    image = files.get(path) if path is not None else None
                    names[command.name] = self._loaded(command, image)
                case Save():
                    self._save(command, reducer.reduce(resolver.resolve(command.body)), reducer)
                case Print():
                    self._print(command, reducer.reduce(resolver.resolve(command.body)), reducer)
                case Show():
                    self._show(command, reducer.reduce(resolver.resolve(command.body)), reducer)
                case Broken():
                    names[command.name] = UNKNOWN
                case Import():
                    names.bring(self.definitions.replaced(command.path.value))
        doubtful, self.doubts = doubts(self.plan, begin, reducer.number_now)
        doubtful += doubts_of_ranks(self.plan, begin, first_goal, reducer.number_now)
        self.diagnostics = grouped([*self.diagnostics, *doubtful])
        # In the order of the text, whichever pass found them; what is said of imports first.
        self.diagnostics.sort(
            key=lambda d: d.span.start if d.span and d.span.source is source else -1
        )
        self.is_staged = reducer.is_staged
        return names

    # Imports

    def _commands(self, texts: Sequence[Program], seen: set[str]) -> Iterator[Command]:
        """The commands of texts, each import replaced by those of its library, read once.

        An import that is left is one of a namespace. `seen` are the files that were read.
        """
        for text in texts:
            self.diagnostics += text.problems
            self.differences += text.differences
            self.read.append(text.source.text)
        files = [Path(text.source.name) for text in texts]
        seen.update(str(file.resolve()) for file in files if file.is_file())
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
                yield command
            else:
                found = self._library(command, importer.source)
                if found is None:
                    if self.definitions.replaced(command.path.value) in namespaces():
                        yield command
                    else:
                        self.read_all = False
                    continue
                key = found.name if found.shipped else str(Path(found.name).resolve())
                if key in active:
                    self.diagnostics.append(
                        error(
                            f"{found.name} imports itself"
                            if key == active[-1]
                            else f"{found.name} imports itself, through what it imports",
                            command.span,
                            hint="remove this import: what is being read is declared already",
                        )
                    )
                elif key not in seen:
                    seen.add(key)
                    dialect: Dialect | None = (
                        1
                        if found.shipped or (importer.dialect == 1 and self.dialect is None)
                        else self.dialect
                    )
                    imported = parse(found, dialect)
                    self.diagnostics += imported.problems
                    if not found.shipped:
                        self.differences += imported.differences
                        self.read.append(found.text)
                    reading.append((imported, iter(imported.commands)))
                    active.append(key)

    def _library(self, command: Import, importer: Source) -> Source | None:
        name = self._path(command.path)
        if name is None:
            return None
        try:
            path = find_library(name, importer)
            if path is not None:
                if is_shipped(path):
                    return shipped(path.stem)
                return Source(str(path), decoded(path.read_bytes(), str(path)))
        except (OSError, ValueError, UnreadableTextError) as problem:
            why = str(problem) if isinstance(problem, UnreadableTextError) else _reason(problem)
            self.diagnostics.append(error(f"cannot import `{name}`: {why}", command.path.span))
            return None
        if name in namespaces():
            return None
        link = dangling_library(name, importer)
        if link is not None:
            nowhere = missing(link)
            message = f"cannot import `{name}`: {quoted(link)} {nowhere.said}"
            self.diagnostics.append(error(message, command.path.span, hint=nowhere.hint))
            return None
        own = Path(importer.name).stem
        known = [*namespaces(), *(k for k in known_libraries(importer) if k not in (own, "stdlib"))]
        close = nearest(name.removesuffix(".imgql"), known)
        self.diagnostics.append(
            error(
                f"there is no library `{name}`",
                command.path.span,
                notes=[
                    Note(
                        "looked for in the working directory, next to the importing file, "
                        "among the libraries that ship, and among the namespaces"
                    )
                ],
                hint=f'did you mean `import "{close}"`?'
                if close
                else f"there are {', '.join(known[:_MOST_LIBRARIES])}",
            )
        )
        return None

    # Files

    def _path(self, text: Text, report: bool = True) -> str | None:
        """A path with its variables replaced; None, and an error, where one is not defined."""
        missing = self.definitions.undefined(text.value)
        if not missing:
            return self.definitions.replaced(text.value)
        # Each once, however many paths mention it.
        for name in missing if report else ():
            if name not in self.undefined:
                self.undefined.add(name)
                hint = f"say what it stands for, on the command line: `-D {name}=VALUE`"
                said = error(f"`${name}` is not defined", text.span, hint=hint)
                self.diagnostics.append(said)
        return None

    def _opened(self, path: str, span: Span) -> ImageFile | None:
        try:
            file = self.open_image(path)
        except ImageFileError as problem:
            hint = beside(path, span.source) or problem.hint
            self.diagnostics.append(error(problem.message, span, hint=hint))
            return None
        self.diagnostics += [warning(message, span, topic="data") for message in file.warnings]
        return file

    def _is_loaded(self, command: Load, files: Mapping[str, ImageFile | None]) -> bool:
        path = self._path(command.path, report=False)
        return path is not None and files.get(path) is not None

    def _loaded(self, command: Load, file: ImageFile | None) -> Declared:
        value = FAILED
        if file is not None:
            value = self.plan.add(LOAD, (), (file,), file.geometry, Place(command.span))
        return Declared(command.name, (), (), command.name_span, value)

    # Goals

    def _print(self, command: Print, value: Value, reducer: Reducer) -> None:
        place = Place(command.body.span)
        found = None if value == FAILED else reducer.type_of(value)
        if found is None:
            return
        innermost = _innermost(found)
        if isinstance(value, Function) or innermost in _PRINTED or innermost == VALUE:
            node = reducer.operation(value, place)
            if node == FAILED:
                return
            unprinted = self._first_unprinted(node)
            if unprinted is None:
                label = self.definitions.replaced(command.label.value)
                self.diagnostics += self.definitions.doubts(command.label.value, command.label.span)
                self.plan.goals.append(workplan.Print(label, node, command.span))
                self._note_label(label, command.label.span)
                return
            found, innermost = self.plan.kinds[node].type, unprinted
        self.diagnostics.append(
            error(
                f"`print` shows numbers, bools and strings; this is {_article(found)}",
                command.body.span,
                hint="print its `volume`, `avg`, `min` or `max`, or `save` it to a file"
                if found in IMAGES
                else "print a number of each: `for v in … do volume(v)`"
                if innermost in IMAGES
                else None,
            )
        )

    def _note_label(self, label: str, span: Span) -> None:
        before = self.labels.setdefault(label, span)
        if before is not span:
            self.diagnostics.append(
                warning(
                    f'"{label}" is printed twice: who reads the output by label gets one of them',
                    span,
                    notes=[Note("printed before", before)],
                    hint="give each its own label",
                )
            )

    def _show(self, command: Show, value: Value, reducer: Reducer) -> None:
        place = Place(command.body.span)
        if isinstance(value, Elements) and _innermost(reducer.type_of(value)) in IMAGES:
            for indices, node in islice(reducer.leaves(value, place), _SHOWN):
                node = reducer.placed(node, place)
                if node != FAILED:
                    which = "".join(f"[{i}]" for i in indices)
                    total = f" of {value.length}" if len(indices) == 1 else ""
                    self.plan.goals.append(workplan.Show(f"{which}{total}", node, command.span))
            return
        node = reducer.placed(reducer.operation(value, place), place)
        if node != FAILED:
            self.plan.goals.append(workplan.Show("", node, command.span))

    def _first_unprinted(self, node: int) -> Type | None:
        """Of what a value consists of in the end, the first type that `print` does not show."""
        waiting = [node]
        while waiting:
            found = self.plan.nodes[waiting.pop()]
            innermost = _innermost(found.type)
            if innermost == VALUE and found.operator is SEQUENCE:
                waiting += reversed(found.arguments)
            elif innermost not in _PRINTED:
                return innermost
        return None

    def _save(self, command: Save, value: Value, reducer: Reducer) -> None:
        path = self._path(command.path)
        if isinstance(value, Elements):
            self._save_sequence(command, path, value, reducer)
            return
        place = Place(command.body.span)
        node = reducer.placed(reducer.operation(value, place), place)
        if node == FAILED:
            return
        found = self.plan.kinds[node]
        if found.type not in IMAGES:
            self.diagnostics.append(
                error(
                    f"`save` writes images; this is {_article(found.type)}",
                    command.body.span,
                    hint='`print "label" …` shows it' if found.type in _PRINTED else None,
                )
            )
        if path is not None:
            self._save_image(command, path, node)

    def _save_sequence(
        self, command: Save, path: str | None, sequence: Elements, reducer: Reducer
    ) -> None:
        """A goal for each image in a sequence, and in those within it."""
        found = reducer.type_of(sequence)
        innermost = _innermost(found)
        if innermost not in IMAGES and innermost != VALUE:
            if sequence.length:
                self.diagnostics.append(
                    error(f"`save` writes images; this is {_article(found)}", command.body.span)
                )
            return
        place = Place(command.body.span)
        widths = [max(3, len(str(n - 1))) for n in reducer.lengths(sequence, place)]
        for indices, node in reducer.leaves(sequence, place):
            node = reducer.placed(node, place)
            if node != FAILED and self.plan.kinds[node].type not in IMAGES:
                also = _article(self.plan.kinds[node].type)
                self.diagnostics.append(
                    error(f"`save` writes images; in this sequence is {also}", command.body.span)
                )
                return
            if node != FAILED and path is not None:
                # Not all need be nested as deep.
                digits = "_".join(f"{i:0{w}}" for i, w in zip(indices, widths, strict=False))
                if not self._save_image(command, numbered(path, digits), node):
                    return

    def _save_image(self, command: Save, path: str, node: int) -> bool:
        """Whether an image can be saved to a path, which then is a goal."""
        found = self.plan.nodes[node]
        dimension = found.space.dimension if isinstance(found.space, Geometry) else None
        problem = writing.format_problem(path, dimension, components(self.plan, node))
        if problem is not None:
            message, hint = problem
            if dimension == 3 and writing.format_problem(path, 2, None) is None:
                assert isinstance(found.space, Geometry)
                hint = complaints.slice_saved(command.path.value, command.body, found.space.size)
            self.diagnostics.append(error(message, command.path.span, hint=hint))
            return False
        if found.type in IMAGES:
            self.plan.goals.append(
                workplan.Save(
                    path,
                    node,
                    command.span,
                    labels=holds_labels(self.plan, node),
                    colour=holds_colour(self.plan, node),
                )
            )
        return True


def numbered(path: str, digits: str) -> str:
    """Where an element of a saved sequence goes: `{}` in the path, or its name's end, is numbered.

    >>> numbered("out/case.nii.gz", "007"), numbered("out/{}/case.png", "007")
    ('out/case_007.nii.gz', 'out/007/case.png')
    """
    if "{}" in path:
        return path.replace("{}", digits)
    folder, slash, name = path.rpartition("/")
    stem, dot, extension = name.partition(".") if name.endswith(".gz") else name.rpartition(".")
    return f"{folder}{slash}{stem}_{digits}{dot}{extension}" if dot else f"{path}_{digits}"


def _innermost(found: Type) -> Type:
    """The type of what a sequence consists of in the end; of an empty one, a number."""
    while found.element is not None:
        found = found.element
    return NUMBER if found == ANY else found


def _article(found: Type) -> str:
    return f"an image, {found}" if found in IMAGES else f"a {found}"


def _reason(problem: OSError | ValueError) -> str:
    return (problem.strerror or str(problem)) if isinstance(problem, OSError) else str(problem)
