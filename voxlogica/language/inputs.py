"""The inputs of a session, planned as one program: what was accepted stays planned.

An input that is not accepted leaves nothing: the plan, and all that is remembered of it, is cut
back to what it was. Where what was accepted would not be planned again as it was, because a file
has changed, all of it is planned anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from voxlogica.dataclass import replace
from voxlogica.images.errors import ImageFileError
from voxlogica.language.code import Declared, is_own
from voxlogica.language.doubts import Doubt
from voxlogica.language.goals import colliding
from voxlogica.language.knowledge import Asking
from voxlogica.language.libraries import OpenImage, UnreadableTextError, library
from voxlogica.language.parameters import plain
from voxlogica.language.planner import Planner, PlannerMark, ProgramFiles
from voxlogica.language.planning import PlannedPrograms
from voxlogica.language.readings import told_together
from voxlogica.language.workplan import WorkPlan
from voxlogica.syntax.ast import Dialect, Program, Request
from voxlogica.syntax.diagnostics import Diagnostic
from voxlogica.syntax.source import Source

if TYPE_CHECKING:
    from voxlogica.images.reading import ImageFile


# So many inputs beyond twice those that were needed are looked through for what nothing needs.
_FEW = 64


class _Kept(NamedTuple):
    """What there is of planned inputs beside the plan, and what they rest on."""

    folder: Path | None = None
    files: Mapping[str, ImageFile] = {}
    # The names that were imported, seen from a text, and what they found.
    imported: tuple[tuple[str, Source, Source | None], ...] = ()
    # The files of libraries that were read.
    seen: frozenset[str] = frozenset()
    doubts: tuple[Doubt, ...] = ()

    def is_as_it_was(self, files: ProgramFiles) -> bool:
        """Whether image files and libraries are what they were."""
        try:
            # Each file is opened, so that one is told of what was found at one time.
            same = [files.open(path) == file for path, file in self.files.items()]
            same += [library(name, importer) == found for name, importer, found in self.imported]
            return all(same) and self.folder in (None, Path.cwd())
        except (ImageFileError, OSError, ValueError, UnreadableTextError):
            return False


class SessionInputs:
    """What the accepted inputs of a session declare, and the next one beside them."""

    def __init__(
        self,
        definitions: Mapping[str, object],
        dialect: Dialect | None,
        *,
        keeps_code: bool = False,
    ) -> None:
        self._definitions = plain(definitions)
        self._dialect = dialect
        self._keeps_code = keeps_code
        self._accepted: list[Program] = []
        self._most = _FEW
        self.start_anew()

    def start_anew(self) -> None:
        """Plan all that was accepted again, when the next input comes."""
        self._planner: Planner | None = None
        # To be gone back to before the next input.
        self._before: PlannerMark | None = None
        # The input that was planned last, and what only running it tells.
        self._last: tuple[Program, list[Doubt]] | None = None
        self._kept = _Kept()
        # How many names were bound by what was accepted and stays planned.
        self._told = 0
        # What was accepted and is not planned; and whether it can be only with what comes next, as
        # it needs a stage, or rests on what may be another each time.
        self._waiting = [*self._accepted]
        self._is_fleeting = False

    @property
    def accepted(self) -> Sequence[Program]:
        """What was accepted, of each input what it declares, loads and imports."""
        return self._accepted

    def begin_with(self, accepted: list[Program]) -> None:
        """Go on as if this were what was accepted."""
        self._accepted = accepted
        self.start_anew()

    def apart(self, *, keeps_code: bool = False) -> SessionInputs:
        """The same inputs, planned for themselves; a plan that `keeps_code` can be explained."""
        inputs = SessionInputs(self._definitions, self._dialect, keeps_code=keeps_code)
        inputs._accepted = inputs._waiting = [*self._accepted]
        return inputs

    def planned(self, entered: Program, open_image: OpenImage) -> PlannedPrograms:
        """An input, planned beside what was accepted; what was planned before it is forgotten.

        Said is only what it gives reason to say, and what is wrong in any.
        """
        self.leave()
        with self._whole():
            planner = self._planner
            if planner is not None:
                planner.files.open_anew(open_image)
            if planner is None or not self._kept.is_as_it_was(planner.files):
                files = ProgramFiles(open_image) if planner is None else planner.files
                self.start_anew()
                planner = Planner(
                    WorkPlan(),
                    self._definitions,
                    self._dialect,
                    files,
                    keeps_code=self._keeps_code,
                )
                self._planner = planner
            self._before = planner.mark()
            if self._waiting and not self._is_fleeting:
                planner.begin([*self._waiting], self._kept.seen, only_declares=True)
                planner.carry_on()
                said, doubts = planner.judged()
                self._is_fleeting = any(map(_is_error, said)) or not self._stays(planner, doubts)
                if self._is_fleeting:
                    self.leave()
            planner.begin([*self._waiting, entered], self._kept.seen)
            planner.carry_on()
            return self._judged(planner, entered)

    def _resumed(self, asking: Asking) -> PlannedPrograms:
        assert self._planner is not None
        assert self._last is not None
        with self._whole():
            self._planner.resume(asking)
            return self._judged(self._planner, self._last[0])

    def _judged(self, planner: Planner, entered: Program) -> PlannedPrograms:
        said, doubts = planner.judged()
        self._last = entered, doubts
        said += colliding(planner.plan, planner.files.found, planner.texts.seen)
        is_chosen = self._dialect is not None
        said, differences = told_together(said, [] if is_chosen else planner.texts.differences)
        own = entered.differences if is_chosen else differences
        return PlannedPrograms(
            planner.plan,
            tuple(d for d in said if _is_error(d) or (d.span and d.span.source is entered.source)),
            tuple(d for d in entered.differences if d in {*own}),
            planner.names,
            planner.is_staged,
            tuple(d.parameter for d in planner.parameters.values() if d),
            (*self._kept.doubts, *doubts),
            tuple(planner.texts.read),
            reducer=planner.reducer if self._keeps_code else None,
            _resume=self._resumed,
        )

    def accept(self) -> None:
        """Keep what the input that was planned last declares, loads and imports."""
        assert self._planner is not None
        assert self._last is not None
        entered, doubts = self._last
        declared = tuple(c for c in entered.commands if not isinstance(c, Request))
        if declared:
            accepted = replace(entered, commands=declared)
            self._accepted.append(accepted)
            self._waiting.append(accepted)
        # What goals rest on, those of libraries too, is none of it.
        has_goals = len(declared) < len(entered.commands) or self._planner.plan.goals
        if has_goals or not self._stays(self._planner, doubts):
            self.leave()
        self._told = self._planner.names.mark()[0]
        if len(self._accepted) > self._most:
            self._let_go()

    def _let_go(self) -> None:
        """Let go of what was declared anew meanwhile: sessions may declare a name in every round.

        What is left is planned anew, seldom enough that an input costs as much as without this.
        """
        from voxlogica.language.free_names import meant_still

        kept = meant_still(self._accepted)
        if len(kept) < len(self._accepted):
            self.begin_with(kept)
        self._most = 2 * len(kept) + _FEW

    def _stays(self, planner: Planner, doubts: list[Doubt]) -> bool:
        """Whether all that was planned can stay so, whatever comes next; then it does."""
        # What a stage told is not known to the next input: its check must not rest on image data.
        if planner.reducer.rests_on_outside or planner.is_staged:
            return False
        kept = self._kept
        images = {p: f for p, f in planner.files.found.items() if not isinstance(f, Exception)}
        self._kept = _Kept(
            Path.cwd(),
            images,
            (*kept.imported, *planner.texts.imported),
            frozenset(planner.texts.seen),
            (*kept.doubts, *doubts),
        )
        self._waiting, self._is_fleeting = [], False
        self._before = planner.mark()
        return True

    def leave(self) -> None:
        """Forget what was planned and is not accepted."""
        if self._planner is not None and self._before is not None:
            self._planner.go_back(self._before)
            self._told = min(self._told, self._planner.names.mark()[0])

    def declared_since(self) -> Iterator[tuple[str, Declared]]:
        """What the user's own texts declare, as planned last, and was not accepted as it is."""
        assert self._planner is not None
        names = self._planner.names
        for name in names.bound_since(self._told):
            bound = names[name]
            if is_own(bound):
                yield name, bound

    @contextmanager
    def _whole(self) -> Iterator[None]:
        """Planning is done as a whole, or what it leaves is not to be relied on."""
        try:
            yield
        except BaseException:
            self.start_anew()
            raise


def _is_error(diagnostic: Diagnostic) -> bool:
    return diagnostic.severity == "error"
