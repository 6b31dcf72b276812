"""What commands ask for: one table, with a row for each word that has an expression computed.

A row says how goals are made of the expression's value, and what the value must be for that. To add
a command, give it a rule in the grammar and a row here; where it is another kind of goal, also a
class in `workplan.py`, and what a report has of it in `engine/results.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from functools import partial
from itertools import islice
from os.path import realpath  # which links in circles do not stop
from typing import TYPE_CHECKING, Any, NamedTuple

from voxlogica.dataclass import dataclass, field, replace
from voxlogica.images.geometry import Geometry
from voxlogica.language.contents import holds_colour, holds_labels, values_per_voxel
from voxlogica.language.names import Binding
from voxlogica.language.on_mistakes import complaints, other_languages
from voxlogica.language.operations import Place
from voxlogica.language.programs import Texts
from voxlogica.language.reducer import Reducer
from voxlogica.language.tables import WRITTEN, problem, unwritten
from voxlogica.language.values import (
    FAILED,
    Elements,
    Failed,
    FunctionValue,
    Value,
    innermost,
    type_of,
)
from voxlogica.language.workplan import Assert, Goal, Print, Save, Show, WorkPlan
from voxlogica.later import Later
from voxlogica.operators.literals import LOAD
from voxlogica.operators.signature import (
    BOOL,
    IMAGES,
    MODEL,
    NUMBER,
    REGION,
    SCALARS,
    STRING,
    VALUATION,
    VALUE,
    Type,
    sequence_of,
)
from voxlogica.syntax.ast import Call, Request, Text
from voxlogica.syntax.diagnostics import Diagnostic, Note, error, nearest, warning
from voxlogica.syntax.source import Span

if TYPE_CHECKING:
    from voxlogica.images import formats, saving
    from voxlogica.language import asserts, light_boxes
else:
    saving = Later("voxlogica.images.saving")
    asserts = Later("voxlogica.language.asserts")
    light_boxes = Later("voxlogica.language.light_boxes")
    formats = Later("voxlogica.images.formats")

# Of a sequence of images, so many are shown; of the labels of a program, so many are told.
_SHOWN = 4
_LISTED = 8
# What a name means is looked at where it is a sequence of so many elements.
_LOOKED_AT = 32


@dataclass(slots=True)
class Goals:
    """Makes goals of the commands of one program, and tells what is wrong with them."""

    plan: WorkPlan
    reducer: Reducer
    texts: Texts
    report: Callable[[Diagnostic], None]
    names: Mapping[str, Binding]
    # Where each label was printed, or asserted, first.
    labels: dict[tuple[str, str], Span] = field(default_factory=dict)

    def add(self, command: Request, value: Value) -> None:
        """The goals of a command, given what its expression is."""
        value = self.reducer.images(value, Place(command.body.span))
        for goal in COMMANDS[command.word].goals(self, command, value):
            # At once: the reducer reaches some before the next ones are made.
            self.plan.goals.append(goal)

    def refuse(
        self,
        command: Request,
        found: Type,
        hint: str | None = None,
        what: str = "this is",
        takes: str = "",
    ) -> None:
        """Tell that a value is not what the command takes."""
        kind = f"an image, {found}" if found in IMAGES else f"a {found}"
        takes = takes or COMMANDS[command.word].takes
        self.report(error(f"{takes}; {what} {kind}", command.body.span, hint=hint))


class CommandRow(NamedTuple):
    """A command: how its goals are made, and what it takes, in words."""

    goals: Callable[[Goals, Request, Value], Iterator[Goal]]
    takes: str = ""


# print


def _printed(goals: Goals, command: Request, value: Value) -> Iterator[Goal]:
    if value is FAILED:
        return
    found = type_of(goals.plan, value)
    part = innermost(found)
    if isinstance(value, FunctionValue) or part in WRITTEN:
        node = goals.reducer.operation(value, Place(command.body.span))
        if node is FAILED:
            return
        unprinted = unwritten(goals.plan, node)
        if unprinted is None:
            label = _label(goals, command.text, "print")
            yield Print(label, node, command.span, goals.texts.label(command.text))
            return
        found, part = goals.plan.kinds[node].type, unprinted
    hint = None
    if found in IMAGES:
        hint = "print its `volume`, `avg`, `min` or `max`, or `save` it to a file"
    elif part in IMAGES:
        hint = "print a number of each: `for v in … do volume(v)`"
    goals.refuse(command, found, hint)


def _label(goals: Goals, text: Text, word: str) -> str:
    """A label with its variables replaced, which no other of its kind is to have."""
    definitions, span = goals.texts.definitions, text.span
    for doubt in definitions.doubts(text.value, span):
        goals.report(doubt)
    label = definitions.replaced(text.value)
    before = goals.labels.setdefault((word, label), span)
    if before is not span:
        done = f"{word}ed"
        message = f'"{label}" is {done} twice: who reads the output by label gets one of them'
        notes = [Note(f"{done} before", before)]
        goals.report(warning(message, span, notes=notes, hint="give each its own label"))
    return label


def wrong_label(plan: WorkPlan, label: str) -> Diagnostic | None:
    """What is wrong with a label that one value is asked for by: no print has it, or several do."""
    prints = [goal for goal in plan.goals if isinstance(goal, Print)]
    found = [goal for goal in prints if label in (goal.label, goal.written)]
    if len(found) > 1:
        notes = [Note("printed here", goal.span) for goal in found]
        return error(f'"{label}" is printed {len(found)} times: it is not clear which', notes=notes)
    if found:
        return None
    labels = dict.fromkeys(goal.label for goal in prints)
    near = nearest(label, labels)
    listed = ", ".join(f'"{known}"' for known in list(labels)[:_LISTED])
    more = f" and {len(labels) - _LISTED} more" if len(labels) > _LISTED else ""
    return error(
        f'nothing is printed as "{label}"',
        hint=f'did you mean "{near}"?'
        if near
        else f"what is printed: {listed}{more}"
        if labels
        else '`print "label" …` prints',
    )


# assert


def _asserted(goals: Goals, command: Request, value: Value) -> Iterator[Goal]:
    plan = goals.plan
    found = type_of(plan, value)
    if value is FAILED:
        return
    if found != BOOL or not isinstance(value, int):
        hint = _TRUTHS.get(found)
        body = command.body
        match body:
            case Call("!", (inner,)) if found == REGION:
                hint, body = "whether it has no voxel is `emptyB({0})`", inner
        goals.refuse(command, found, hint and other_languages.filled(hint, (body,)))
        return
    label, written = _label(goals, command.text, "assert"), goals.texts.label(command.text)
    yield Assert(label, value, command.span, *asserts.parts_of(plan, value), written)


# How a truth value is had of others.
_TRUTHS = {
    REGION: "count its voxels: `volume({0}) > 0`",
    sequence_of(BOOL): "`fold && {0}` is whether all are true, `fold || {0}` whether any is",
    NUMBER: "compare it: `{0} > 0`",
    VALUATION: "compare a number of it: `max({0}) < 100`",
    MODEL: "compare a number of it: `max({0}) < 100`",
}


# save


def _saved(goals: Goals, command: Request, value: Value) -> Iterator[Goal]:
    """A goal for an image, or for each in a sequence, and in those within it."""
    path = goals.texts.path(command.text)
    plan, reducer, place = goals.plan, goals.reducer, Place(command.body.span)
    suffix = formats.suffix_of(path or command.text.value)
    found = type_of(plan, value)
    if suffix in formats.TEXTS and innermost(found) not in IMAGES:
        yield from _saved_text(goals, command, path, value, suffix)
        return
    if isinstance(value, Elements) and innermost(found) not in {*IMAGES, VALUE}:
        if value.length:
            _refuse_saving(goals, command, path, found)
        return
    is_sequence = isinstance(value, Elements)
    widths = [max(3, len(str(n - 1))) for n in reducer.lengths(value, place)]
    for indices, leaf in reducer.leaves(value, place):
        node = reducer.placed(leaf, place)
        if node is FAILED:
            continue
        if plan.kinds[node].type not in IMAGES:
            what = "in this sequence is" if is_sequence else "this is"
            _refuse_saving(goals, command, path, plan.kinds[node].type, what)
            return
        if path is not None:
            # Not all need be nested as deep.
            digits = "_".join(f"{i:0{w}}" for i, w in zip(indices, widths, strict=False))
            file = numbered(path, digits) if is_sequence else path
            node = _drawn(plan, file, node, place)
            if not _fits(goals, command, file, node):
                return
            labels, colour = holds_labels(plan, node), holds_colour(plan, node)
            yield Save(file, node, command.span, labels, colour, number=len(plan.goals))


def _saved_text(
    goals: Goals, command: Request, path: str | None, value: Value, suffix: str
) -> Iterator[Goal]:
    """A goal for a table or text; where the path has `{}`, for each element of a sequence."""
    reducer, place = goals.reducer, Place(command.body.span)
    files: list[str | None] = [path]
    if path is not None and "{}" in path and isinstance(value, Elements):
        width = max(3, len(str(value.length - 1)))
        files = [numbered(path, f"{i:0{width}}") for i in range(value.length)]
        nodes = reducer.elements(value, place)
    else:
        nodes = iter([reducer.operation(value, place)])
    for file, node in zip(files, nodes, strict=True):
        if node is FAILED:
            continue
        wrong = problem(goals.plan, node, suffix)
        if wrong is not None:
            goals.report(error(wrong[0], command.body.span, hint=wrong[1]))
            return
        if suffix in (".csv", ".tsv"):
            _doubt_rows(goals, command, node)
        if file is not None:
            yield Save(file, node, command.span, number=len(goals.plan.goals))


def _doubt_rows(goals: Goals, command: Request, node: int) -> None:
    """Warn of strings and numbers that become rows of one value each: hardly a column."""
    kinds = goals.plan.kinds
    if kinds[node].type == sequence_of(VALUE):
        found = {kinds[item].type for item in goals.plan.arguments(node)}
        if STRING in found and NUMBER in found and found <= {*SCALARS}:
            said = "each of these strings and numbers is a row of its own"
            hint = "a row is a sequence of values: `[[…], […]]`, `append([[…]], [[…]])`"
            goals.report(warning(said, command.body.span, hint=hint))


def _refuse_saving(
    goals: Goals, command: Request, path: str | None, found: Type, what: str = "this is"
) -> None:
    """Tell that something is no image, unless the file's name is wrong whatever it is."""
    wrong = None if path is None else saving.format_problem(path, None, None)
    if wrong is not None:
        goals.report(error(wrong[0], command.text.span, hint=wrong[1]))
        return
    shown = '`print "label" …` shows it; ' if found in SCALARS else ""
    is_table = innermost(found) in SCALARS and what == "this is"
    hint = f"{shown}{' '.join(formats.TEXTS)} files hold such" if is_table else None
    takes = f"{formats.suffix_of(path or command.text.value)} files hold images"
    goals.refuse(command, found, hint, what, takes)


def _drawn(plan: WorkPlan, path: str, node: int, place: Place) -> int:
    """What is saved: of `overlay` perhaps a light box."""
    if plan.kinds[node].operator.name != "overlay":
        return node
    return light_boxes.as_picture(plan, node, path, place)


def _fits(goals: Goals, command: Request, path: str, node: int) -> bool:
    """Whether the format of a file can hold what is to be saved; else an error says why."""
    space = goals.plan.kinds[node].space
    dimension = space.dimension if isinstance(space, Geometry) else None
    values = values_per_voxel(goals.plan, node)
    wrong = saving.format_problem(path, dimension, values)
    if wrong is None:
        return True
    message, hint = wrong
    if dimension == 3 and saving.format_problem(path, 2, values) is None:
        assert isinstance(space, Geometry)
        found = goals.plan.kinds[node].type
        hint = complaints.slice_saved(command.text.value, command.body, found, space.size)
    goals.report(error(message, command.text.span, hint=hint))
    return False


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


# An expression by itself


def _shown(
    goals: Goals, command: Request, value: Value, most: int | None = _SHOWN
) -> Iterator[Show]:
    plan, reducer, place = goals.plan, goals.reducer, Place(command.body.span)
    leaves: Iterable[tuple[tuple[int, ...], int | Failed]]
    if isinstance(value, Elements) and innermost(type_of(plan, value)) in IMAGES:
        leaves, of = islice(reducer.leaves(value, place, has_empty=True), most), value.length
    else:
        leaves, of = [((), reducer.operation(value, place))], 0
    for indices, leaf in leaves:
        node = reducer.placed(leaf, place)
        if node is not FAILED:
            which = "".join(f"[{i}]" for i in indices)
            total = f" of {of}" if len(indices) == 1 else ""
            is_image = plan.kinds[node].is_image
            labels = is_image and holds_labels(plan, node)
            colour = is_image and holds_colour(plan, node)
            yield Show(f"{which}{total}", node, command.span, indices, labels, colour)


def _named(goals: Goals, command: Request, value: Value) -> Iterator[Show]:
    """What a name means, where a person can look at it: nothing is wrong with what is left out."""
    if value is FAILED or isinstance(value, FunctionValue):
        return
    part = innermost(type_of(goals.plan, value))
    is_many = isinstance(value, Elements) and (not value.is_known or value.length > _LOOKED_AT)
    if is_many or part not in {*SCALARS, *IMAGES}:
        return
    for goal in _shown(goals, command, value, None):
        if _left_open(goals.plan, goal.node):
            continue
        which = "".join(f"[{i}]" for i in goal.indices)
        yield replace(goal, label=f"{command.text.value}{which}")


def _left_open(plan: WorkPlan, node: int) -> bool:
    """Whether this is a file of several images, of which others have chosen one."""
    kind = plan.kinds[node]
    file: Any = kind.constants[0] if kind.operator is LOAD else None
    return file is not None and file.left_open is not None


COMMANDS: Mapping[str, CommandRow] = {
    "print": CommandRow(_printed, "`print` shows numbers, bools and strings"),
    "assert": CommandRow(_asserted, "`assert` takes a bool"),
    "save": CommandRow(_saved),
    "show": CommandRow(_shown),
    # As `show`, for a program in Python, which has all of it.
    "give": CommandRow(partial(_shown, most=None)),
    # Of a name that the program declares, for who looks at all of them; its label is the name.
    "name": CommandRow(_named),
}


# All goals together


def colliding(
    plan: WorkPlan, loaded: Mapping[str, object], programs: Collection[str] = ()
) -> Iterator[Diagnostic]:
    """What there is to say of files that are saved more than once, or loaded as well.

    That one is of those that `programs` were read from is an error.
    """
    saves = [goal for goal in plan.goals if isinstance(goal, Save)]
    if not saves:
        return
    written: dict[str, Save] = {}
    for goal in saves:
        # The files need not exist yet, but links to where they will be may.
        before = written.setdefault(realpath(goal.path), goal)
        if before is not goal and before.node != goal.node:
            yield warning(
                f"{goal.path} is saved twice: what is saved last remains",
                goal.span,
                notes=[Note("saved here before", before.span)],
            )
    read = {realpath(path) for path in loaded}
    for goal in saves:
        if realpath(goal.path) in programs:
            yield error(
                f"{goal.path} is a text of the program, and would be lost",
                goal.span,
                hint="save under another name",
            )
        if realpath(goal.path) in read:
            yield warning(
                f"{goal.path} is loaded, and will be replaced by what is saved",
                goal.span,
                hint="save it under another name, and the program gives the same in every run",
            )
