"""`voxlogica run --watch`: a run again and again, whenever something that it read has changed."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from voxlogica.cli.interruption import ended_by_signals, obey
from voxlogica.cli.reporting import ToldError, complaint
from voxlogica.cli.streams import OutputError, show

if TYPE_CHECKING:
    from voxlogica.engine.results import Report

# So many operators are named of those that were computed anew.
_MOST_NAMED = 6


def watch_runs(programs: Sequence[str], once: Callable[[], Report]) -> NoReturn:
    """Run, and again when a program, library or image has changed, until a signal ends that.

    What goes wrong in a run is told, and waits for a change like any other. Raises ToldError where
    watchfiles is not installed.
    """
    from voxlogica.engine.results import RunError

    try:
        import watchfiles  # noqa: F401
    except ImportError:
        hint = "install it: `pip install 'voxlogica[watch]'`"
        lacking = complaint("--watch needs the package watchfiles", hint=hint)
        raise ToldError(lacking.diagnostics) from None
    # By absolute path, their digests; empty where one was not there.
    files = {name: _now(name) for name in map(os.path.abspath, programs)}
    last: Report | None = None
    while True:
        try:
            report = once()
        except RunError as failed:
            show(failed.diagnostics)
            # What it did not come to read may be what is to be mended.
            files = {name: _now(name) for name in files} | _digests(failed.report)
        except OutputError as refused:
            if last is None:
                raise
            refused.show()
            files = {name: _now(name) for name in files}
        else:
            show(report.false_asserts)
            _tell(differences(last, report) if last is not None else ())
            last, files = report, _digests(report)
        # Where files are put in place, a signal waits.
        obey()
        count = f"{len(files)} file{'s' * (len(files) != 1)}"
        with ended_by_signals():
            _tell([f"watching {count}; Ctrl-C ends"])
            changed = wait_for_change(files)
        _tell([f"changed: {', '.join(sorted({os.path.relpath(name) for name in changed}))}"])


def _tell(lines: Sequence[str] | Iterator[str]) -> None:
    for line in lines:
        print(f"-- {line}", file=sys.stderr)


def _digests(report: Report) -> dict[str, str]:
    return {os.path.abspath(file.path): file.sha256 for file in report.inputs}  # noqa: PTH100


def differences(before: Report, now: Report) -> Iterator[str]:
    """What is printed and asserted otherwise than before, and what was computed for it."""
    then, found = _values(before), _values(now)
    changed = [name for name in {**then, **found} if then.get(name) != found.get(name)]
    for name in changed:
        yield f"{name}: {then.get(name, 'nothing')} → {found.get(name, 'nothing')}"
    if found and not changed:
        yield "the same values"
    stats = now.stats
    anew = [name for name, found in stats.by_operator.items() if found.computed]
    named = ", ".join(anew[:_MOST_NAMED]) + (", …" if len(anew) > _MOST_NAMED else "")
    told = f": {named}" if named else ""
    yield f"{stats.computed} of {stats.operations} operations computed anew{told}"


def _values(report: Report) -> dict[str, str]:
    from voxlogica.syntax.printer import literal_text, value_text

    printed = {p.name: value_text(p.value) for p in report.prints}
    return printed | {f'assert "{a.label}"': literal_text(a.value) for a in report.asserts}


def wait_for_change(files: Mapping[str, str]) -> set[str]:
    """Wait until some of the files have changed, come or gone; which those are.

    They are told by their absolute paths, and their digests, empty where one was not there.
    """
    from watchfiles import watch

    # An editor puts another file in the place of the old one: so folders are watched.
    wanted = {name: file for file in files for name in (file, os.path.realpath(file))}

    def concerns(_: Any, path: str) -> bool:
        # A library that was not there may come, and a folder on the way to a file.
        return (
            path in wanted
            or path.endswith(".imgql")
            or any(f.startswith(f"{path}/") for f in wanted)
        )

    missed = _Missed(files)
    while True:
        folders = sorted({_there(Path(name).parent) for name in wanted})
        try:
            for changes in watch(
                *folders, watch_filter=concerns, stop_event=missed, recursive=False
            ):
                return {wanted.get(path, path) for _, path in changes}
            return missed.changed
        except FileNotFoundError:
            continue  # a folder has gone just now
        except KeyboardInterrupt:  # what watchfiles makes of any signal
            obey()
            raise


def _there(folder: Path) -> str:
    """The folder, or the innermost around it that is there."""
    return str(next(place for place in (folder, *folder.parents) if place.is_dir()))


class _Missed:
    """Tells, once the watch has begun, what had changed since the run had read it."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = files
        self._has_looked = False
        self.changed: set[str] = set()

    def is_set(self) -> bool:
        """Whether anything had."""
        if not self._has_looked:
            self._has_looked = True
            self.changed = {name for name, digest in self._files.items() if _now(name) != digest}
        return bool(self.changed)


def _now(name: str) -> str:
    from voxlogica.images.digests import file_digest

    try:
        return file_digest(name)
    except OSError:
        return ""
