"""What all tabs of a studio share: the program's file, the cases, sets of values, one worker."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from voxlogica.dataclass import dataclass, field
from voxlogica.engine.cases import Case
from voxlogica.language.parameters import Constant
from voxlogica.report.provenance import Circumstances
from voxlogica.studio.program_file import ProgramFile
from voxlogica.studio.reach import Reach
from voxlogica.studio.told import constant_json
from voxlogica.syntax.ast import Dialect

if TYPE_CHECKING:
    from voxlogica.studio.tab import Tab

T = TypeVar("T")
P = ParamSpec("P")

# What a report tells beside results, of a program, the time when it began, and what was set.
Told = Callable[[str, float, Mapping[str, object]], Circumstances]

# Reports that are handed out, the last ones: each may have some megabytes.
_MOST_REPORTS = 4


@dataclass(frozen=True, slots=True)
class Options:
    """How programs are read and carried out, as for `voxlogica.Live`.

    `circumstances` are what a report tells of beside results; without, there are no reports.
    """

    definitions: Mapping[str, object] = field(default_factory=dict)
    dialect: Dialect | None = None
    jobs: int | None = None
    cache: bool | str | os.PathLike[str] = True
    memory_limit: int | None = None
    circumstances: Told | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """The cases that may be looked at, as `voxlogica run --cases` has them, by name.

    In the order of their source; none where the command line names none.
    """

    found: Sequence[Case] = ()

    @property
    def names(self) -> list[str]:
        """What they are called, each once."""
        return list(dict.fromkeys(case.name for case in self.found))

    @property
    def first(self) -> str | None:
        """The one to begin with."""
        return self.found[0].name if self.found else None

    def definitions(self, name: str | None) -> Mapping[str, object]:
        """What a case sets; nothing where there are none. Raises KeyError."""
        if name is None:
            return {}
        for case in self.found:
            if case.name == name:
                return case.definitions
        raise KeyError(name)


class Workshop:
    """The state of a studio. All but the worker's functions belongs to the event loop."""

    def __init__(self, program: ProgramFile, options: Options, cases: Cases) -> None:
        self.program = program
        self.options = options
        self.cases = cases
        self.reach = Reach(program.path.parent)
        self.kept: dict[str, Mapping[str, Constant]] = {}
        self.tabs: set[Tab] = set()
        # Whoever reads or writes the program's file has it alone.
        self.filing = asyncio.Lock()
        # What was told of a program that cannot be read, as long as it cannot.
        self.gone = ""
        # Something may have come into reach.
        self.named_anew = asyncio.Event()
        self.is_closed = False
        self._worker = ThreadPoolExecutor(1, "studio")
        # By their numbers, those that are kept.
        self.reports: dict[int, bytes] = {}
        self._count = 0

    async def work(self, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """What a function gives, in the thread that computes; the tabs take turns.

        It is not to raise CancelledError, which asyncio takes for its own.
        """
        return await asyncio.wrap_future(self._worker.submit(work, *given, **named))

    def keep_report(self, page: bytes) -> str:
        """The address below the page's at which a report is handed out."""
        self._count += 1
        self.reports[self._count] = page
        self.reports.pop(self._count - _MOST_REPORTS, None)
        return f"report/{self._count}.html"

    def kept_json(self) -> list[dict[str, object]]:
        """The sets of values that have names."""
        return [
            {"name": name, "values": {one: constant_json(v) for one, v in values.items()}}
            for name, values in self.kept.items()
        ]

    def close(self) -> None:
        """Stop what is under way; nothing is waited for."""
        self.is_closed = True
        for tab in self.tabs:
            tab.stop()
        self._worker.shutdown(wait=False, cancel_futures=True)
