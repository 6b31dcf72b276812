"""What all tabs of a studio share: the program's file, the cases, sets of values, one worker."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from voxlogica.dataclass import dataclass, field
from voxlogica.studio.cases import Cases
from voxlogica.studio.program_file import ProgramFile
from voxlogica.studio.reach import Reach

if TYPE_CHECKING:
    from voxlogica.language.parameters import Constant
    from voxlogica.report.provenance import Circumstances
    from voxlogica.studio.tab import Tab
    from voxlogica.syntax.ast import Dialect

T = TypeVar("T")
P = ParamSpec("P")

# What a report tells beside results, of a program, the time when it began, and what was set.
Told = Callable[[str, float, Mapping[str, object]], "Circumstances"]

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
        self._reports: dict[int, bytes] = {}
        self._count = 0

    async def work(self, work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
        """What a function gives, in the thread that computes; the tabs take turns.

        It is not to raise CancelledError, which asyncio takes for its own.
        """
        return await asyncio.wrap_future(self._worker.submit(work, *given, **named))

    def keep_report(self, page: bytes) -> str:
        """The address below the page's at which a report is handed out."""
        self._count += 1
        self._reports[self._count] = page
        self._reports.pop(self._count - _MOST_REPORTS, None)
        return f"report/{self._count}.html"

    def report(self, number: int) -> bytes | None:
        """A report, as long as it is kept."""
        return self._reports.get(number)

    def kept_json(self) -> list[dict[str, object]]:
        """The sets of values that have names."""
        from voxlogica.studio.told import constant_json

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
