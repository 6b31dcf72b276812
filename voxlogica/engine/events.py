"""What a run tells while it goes on, for progress, logs and statistics."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Literal

from voxlogica.dataclass import dataclass
from voxlogica.operators.signature import Type
from voxlogica.remarks import Empty
from voxlogica.syntax.diagnostics import Diagnostic
from voxlogica.syntax.source import Span

if TYPE_CHECKING:
    from voxlogica.engine.cases import Case, Row


@dataclass(frozen=True, slots=True)
class Work:
    """One piece of work: an operation, by its operator's name, or a file to save, by its path.

    `type` is that of the operation's result, or of what is saved; `span` is where the user's
    own program asks for it.
    """

    kind: Literal["operation", "save"]
    name: str
    type: Type
    span: Span


@dataclass(frozen=True, slots=True)
class Planned:
    """The programs are checked, and this many pieces of work are to come.

    In a run of several stages, once for each.
    """

    operations: int
    saves: int


@dataclass(frozen=True, slots=True)
class Started:
    """A thread was given this to do."""

    work: Work


@dataclass(frozen=True, slots=True)
class Finished:
    """The same is done, and took `seconds` of a thread's time.

    `outcome` says whether an operation was computed here, read from the store, or had from another
    workplan of this process that was at it. It was begun at a moment of `time.perf_counter`, by the
    `thread` of this name; by that of a `worker` of a cluster, if that has a name: the moment is of
    its clock, and it may be carried out `again`, as several parts of the plan rest on it.
    """

    work: Work
    seconds: float
    outcome: Literal["computed", "stored", "awaited"] = "computed"
    begin: float = 0.0
    thread: str = ""
    worker: str = ""
    again: bool = False


@dataclass(frozen=True, slots=True)
class AtWorkers:
    """So many parts of the plan are at workers of a cluster now.

    Where one has come back, it is from the `worker` of this name, who was `asked`, `began` and
    `ended` at these moments of `time.perf_counter`. To its own clock so much has to be added for
    ours, or less: by what the answer took to come here.
    """

    parts: int
    worker: str = ""
    asked: float = 0.0
    began: float = 0.0
    ended: float = 0.0
    clock: float = 0.0


@dataclass(frozen=True, slots=True)
class Warned:
    """Something the program's author should know, though it does not stop the run."""

    diagnostic: Diagnostic


@dataclass(frozen=True, slots=True)
class Ruled:
    """An operation's result is what a rule for empty regions says, and which were empty."""

    operation: bytes
    empty: Empty


@dataclass(frozen=True, slots=True)
class Concluding:
    """All is reached, and nothing is wrong: files are put in place now.

    An observer that raises an exception stops it.
    """

    paths: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaseStarted:
    """Of the cases that programs are run for, one is begun."""

    case: Case


@dataclass(frozen=True, slots=True)
class CaseDone:
    """A case came to its end, and this is what came of it."""

    row: Row


Event = (
    Planned | Started | Finished | AtWorkers | Warned | Ruled | Concluding | CaseStarted | CaseDone
)
# Called in the thread that called the run, one event at a time, in the order of what happens.
Observer = Callable[[Event], None]
