"""What every view of a plan shows: the needed operations, numbered, and the goals."""

from __future__ import annotations

from collections.abc import Container, Sequence

from voxlogica.dataclass import dataclass
from voxlogica.images.given import GivenImage
from voxlogica.images.reading import ImageFile
from voxlogica.language.messages import users_own
from voxlogica.language.operations import Constant, Node
from voxlogica.language.workplan import Goal, Save, Show, WorkPlan
from voxlogica.operators.literals import AWAITED
from voxlogica.operators.voxelwise import Chain
from voxlogica.report.short_numbers import short_text
from voxlogica.report.shown_values import quoted
from voxlogica.syntax.printer import literal_text
from voxlogica.syntax.source import Span

# The operators of literals: operations without arguments that only give their constant.
_LITERALS = frozenset({"number", "bool", "string"})
# So many characters of a chain of operators are shown.
_LONGEST_CHAIN = 400


@dataclass(frozen=True, slots=True)
class ShownOperation:
    """A needed operation: `arguments` are numbers of others, `place` is the user's own line."""

    number: int
    id: str
    node: Node
    arguments: tuple[int, ...]
    place: Span

    @property
    def short_id(self) -> str:
        """Enough of the id to tell operations apart."""
        return self.id[:10]

    @property
    def is_literal(self) -> bool:
        """Whether it only gives a constant written in the program."""
        return self.node.operator.name in _LITERALS and not self.arguments

    @property
    def where(self) -> str:
        """As in `glioma.imgql:12`."""
        return f"{self.place.source.name}:{self.place.source.line_and_column(self.place.start)[0]}"

    def expression(self, arguments: Sequence[str]) -> str:
        """The operation as a call with these texts for its arguments; a literal as itself.

        A chain of operators is one call in another.
        """
        name, constants = self.node.operator.name, []
        for constant in self.node.constants:
            if isinstance(constant, Chain):
                return short_text(constant.text(arguments), _LONGEST_CHAIN)
            constants.append(constant_text(constant))
        if self.is_literal:
            return " ".join(constants)
        return f"{name}({', '.join([*arguments, *constants])})"


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan as it is shown: each operation after its arguments; and each goal with the operation
    that it asks for, in program order. `called` is empty where no other plan is shown."""

    called: str
    operations: tuple[ShownOperation, ...]
    goals: tuple[tuple[Goal, ShownOperation], ...]

    @property
    def title(self) -> str:
        """As in `as written, 12 operations`; empty where no other plan is shown."""
        count = len(self.operations)
        return f"{self.called}, {count} operation{'' if count == 1 else 's'}" if self.called else ""

    @property
    def boxes(self) -> dict[int, ShownOperation]:
        """What is drawn as a box, by its number: literals stand inside their readers."""
        asked = {operation.number for _, operation in self.goals}
        return {o.number: o for o in self.operations if not o.is_literal or o.number in asked}

    def texts(self, operation: ShownOperation, boxes: Container[int]) -> list[str]:
        """What stands in an operation for its arguments: a dot for what has a box of its own."""
        arguments = operation.arguments
        return ["·" if a in boxes else self.operations[a].expression([]) for a in arguments]

    @property
    def is_staged(self) -> bool:
        """Whether something stands for what is known only when the program runs."""
        return any(operation.node.operator is AWAITED for operation in self.operations)

    def not_in(self, other: PlanView) -> frozenset[int]:
        """The numbers of the operations that another has not, or computes in another way."""
        theirs = {other._way(operation) for operation in other.operations}
        return frozenset(o.number for o in self.operations if self._way(o) not in theirs)

    def _way(self, operation: ShownOperation) -> tuple[str, ...]:
        arguments = (self.operations[a].id for a in operation.arguments)
        return operation.id, operation.node.operator.name, *arguments


# What is said of a plan that is only what is known before the program runs.
STAGED = (
    "This is what is known before the program runs: awaited(…) stands for what image data tells,\n"
    "and for the results of long loops. A loop that depends on it is shown for one of its rounds."
)


def views(plan: WorkPlan, written: WorkPlan | None) -> tuple[PlanView, ...]:
    """A plan by itself, or after the one that was written."""
    if written is None:
        return (view(plan),)
    return view(written, "as written"), view(plan, "as computed")


def view(plan: WorkPlan, called: str = "") -> PlanView:
    """A plan's operations that some goal needs, numbered from 0, and its goals."""
    numbers = {position: number for number, position in enumerate(plan.needed())}
    operations = tuple(
        ShownOperation(
            number,
            plan.ids[position].hex(),
            plan.nodes[position],
            tuple(numbers[a] for a in plan.nodes[position].arguments),
            users_own(plan.places[position]),
        )
        for position, number in numbers.items()
    )
    by_id = {operation.id: operation for operation in operations}
    goals = tuple((goal, by_id[plan.ids[goal.node].hex()]) for goal in plan.goals)
    return PlanView(called, operations, goals)


def goal_text(goal: Goal) -> str:
    """The command without its expression: `print "label"`, `save "file"`, `show`."""
    return f"{goal.word} {goal.label if isinstance(goal, Show) else quoted(goal_name(goal))}"


def goal_name(goal: Goal) -> str:
    """The file, or the label."""
    return goal.path if isinstance(goal, Save) else goal.label


def constant_text(constant: Constant) -> str:
    """A constant as the program might write it; a grid by its size, a file by its name."""
    match constant:
        case bool() | float():
            return literal_text(constant)
        case str():
            return quoted(constant)
        case ImageFile():
            # What of a file's several images is loaded.
            chosen = {"channel": constant.channel, "frame": constant.frame}.items()
            axes = [f"{axis} {number}" for axis, number in chosen if number is not None]
            return " ".join([quoted(constant.path), *axes])
        case GivenImage():
            return constant.path
        case _:
            return str(constant)
