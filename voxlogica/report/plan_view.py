"""What every view of a plan shows: the needed operations, numbered, and the goals."""

from __future__ import annotations

from collections.abc import Sequence

from voxlogica.dataclass import dataclass
from voxlogica.images.geometry import Geometry
from voxlogica.images.reading import ImageFile
from voxlogica.language.messages import users_own
from voxlogica.language.workplan import Constant, Goal, Node, Save, Show, WorkPlan
from voxlogica.primitives.literals import AWAITED
from voxlogica.primitives.voxelwise import Chain
from voxlogica.report.values import quoted
from voxlogica.syntax.printer import number_text
from voxlogica.syntax.source import Span

# The operators of literals: operations without arguments that only give their constant.
_LITERALS = frozenset({"number", "bool", "string"})
# So many characters of a chain of operators are shown.
_LONGEST_CHAIN = 400


@dataclass(frozen=True, slots=True)
class Shown:
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
                return _cut(constant.text(arguments))
            constants.append(constant_text(constant))
        if self.is_literal:
            return " ".join(constants)
        return f"{name}({', '.join([*arguments, *constants])})"


# What the two plans of a program are called where both are shown.
WRITTEN, COMPUTED = "as written", "as computed"


# What is said of a plan that is only what is known before the program runs.
STAGED = (
    "This is what is known before the program runs: awaited(…) stands for what image data tells,\n"
    "and for the results of long loops. A loop that depends on it is shown for one of its rounds."
)


def is_staged(plan: Sequence[Shown]) -> bool:
    """Whether something in the plan stands for what is known only when the program runs."""
    return any(operation.node.operator is AWAITED for operation in plan)


def only_in(plan: Sequence[Shown], other: Sequence[Shown]) -> frozenset[int]:
    """The numbers of the operations of a plan that another has not, or computes in another way."""
    theirs = {_way(operation, other) for operation in other}
    return frozenset(o.number for o in plan if _way(o, plan) not in theirs)


def _way(operation: Shown, plan: Sequence[Shown]) -> tuple[str, ...]:
    return operation.id, operation.node.operator.name, *(plan[a].id for a in operation.arguments)


def heading(called: str, plan: Sequence[Shown]) -> str:
    """As in `as written, 12 operations`."""
    return f"{called}, {len(plan)} operation{'' if len(plan) == 1 else 's'}"


def operations(plan: WorkPlan) -> list[Shown]:
    """The operations that some goal needs, each after its arguments, numbered from 0."""
    numbers = {position: number for number, position in enumerate(plan.needed())}
    return [
        Shown(
            number,
            plan.ids[position].hex(),
            plan.nodes[position],
            tuple(numbers[a] for a in plan.nodes[position].arguments),
            users_own(plan.places[position]),
        )
        for position, number in numbers.items()
    ]


def goals(plan: WorkPlan, shown: Sequence[Shown]) -> list[tuple[Goal, Shown]]:
    """Each goal with the operation it asks for, in program order."""
    by_id = {operation.id: operation for operation in shown}
    return [(goal, by_id[plan.ids[goal.node].hex()]) for goal in plan.goals]


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST_CHAIN else text[: _LONGEST_CHAIN - 1] + "…"


def goal_text(goal: Goal) -> str:
    """The command without its expression: `print "label"`, `save "file"`, `show`."""
    return f"{goal.word} {goal.label if isinstance(goal, Show) else quoted(goal_name(goal))}"


def goal_name(goal: Goal) -> str:
    """The file, or the label."""
    return goal.path if isinstance(goal, Save) else goal.label


def constant_text(constant: Constant) -> str:
    """A constant as the program might write it; a grid by its size, a file by its name."""
    match constant:
        case bool():
            return "true" if constant else "false"
        case float():
            return number_text(constant)
        case str():
            return quoted(constant)
        case Geometry():
            return str(constant)
        case ImageFile():
            return " ".join([quoted(constant.path), *_choice(constant)])
        case _:
            return str(constant)


def _choice(file: ImageFile) -> list[str]:
    """What of a file's several images is loaded."""
    chosen = {"channel": file.channel, "frame": file.frame}
    return [f"{axis} {number}" for axis, number in chosen.items() if number is not None]
