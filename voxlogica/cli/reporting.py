"""What goes wrong in a command: messages, the exit status, and what comes of its reports then."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from functools import wraps
from typing import IO, TYPE_CHECKING, Any

import click

from voxlogica.cli.files import is_same_file, whole_file
from voxlogica.cli.interruption import is_interruption
from voxlogica.cli.streams import OutputError, show

if TYPE_CHECKING:
    from voxlogica.syntax.diagnostics import Diagnostic, VoxLogicaError

# The exit status where all was done, and an assertion is false.
ASSERTS_FALSE = 3

# What a command reads beside programs, by parameter.
_READ = ("cases", "params", "only_failed")
# What stays as it is until there is another: tables, pages and traces.
_STAY = {"csv_file", "jsonl_file", "page_file", "trace_file"}
# How a run is carried out, which changes no result: an alias may have it, and the last holds.
_LAST_HOLDS = {"jobs", "cache", "memory_limit", "compression"}
_ARGUMENTS = "voxlogica.arguments"


class ToldError(click.ClickException):
    """What is wrong with what an option names, as messages."""

    def __init__(self, diagnostics: Sequence[Diagnostic]) -> None:
        super().__init__("")
        self._diagnostics = diagnostics

    def show(self, file: IO[Any] | None = None) -> None:
        """As every error is shown."""
        show(self._diagnostics)


def refuse(*wrong: tuple[object, str]) -> None:
    """Raise the UsageError of the first of these that holds."""
    for holds, said in wrong:
        if holds:
            raise click.UsageError(said)


def reporting(command: Callable[..., None]) -> Callable[..., None]:
    """Show the errors that a command raises; takes the option --debug away from it."""

    @wraps(command)
    def reported(*, debug: bool, **options: Any) -> None:
        try:
            command(**options)
        except (click.ClickException, click.exceptions.Exit):
            raise
        except Exception as problem:
            tell(problem, debug)
            raise click.exceptions.Exit(1) from None

    return reported


def tell(problem: Exception, debug: bool) -> None:
    """Show what is wrong, and of a defect also the traceback, if `debug`.

    An interruption that Python has wrapped goes on.
    """
    from voxlogica.engine.failures import is_defect
    from voxlogica.syntax.diagnostics import VoxLogicaError

    defect: BaseException | None = problem
    if isinstance(problem, VoxLogicaError):
        show(problem.diagnostics)
        defect = problem.__cause__ if is_defect(problem.__cause__) else None
    elif is_interruption(problem):
        raise problem
    else:
        show([defect_message(problem)])
    if debug and defect is not None:
        from traceback import print_exception

        print_exception(defect, file=sys.stderr)


def complaint(message: str, hint: str | None = None) -> VoxLogicaError:
    """An error to raise that concerns no place in a program."""
    from voxlogica.syntax.diagnostics import VoxLogicaError, error

    return VoxLogicaError([error(message, hint=hint)])


def defect_message(broken: BaseException) -> Diagnostic:
    """The message for an exception that no command should meet."""
    from voxlogica.engine.scarcity import scarcity
    from voxlogica.syntax.diagnostics import error

    lacking = scarcity(broken)
    if lacking is not None:
        return error(f"{lacking.said} for voxlogica to go on", hint=lacking.hint)
    return error(
        f"voxlogica broke down: {type(broken).__name__}: {broken}",
        hint="this is a defect of voxlogica, not of your program: please report it,"
        " with what the same command says under `--debug`",
    )


class WritingCommand(click.Command):
    """A command whose reports are this run's, or gone, whatever is wrong with its options.

    An option that says one thing is given once.
    """

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does. Raises UsageError."""
        ctx.meta[_ARGUMENTS] = [*args]
        try:
            self._check_once(ctx, args)
            return super().parse_args(ctx, args)
        except click.ClickException as wrong:
            self._void_reports(ctx, wrong)
            raise

    def invoke(self, ctx: click.Context) -> Any:
        """As click does."""
        try:
            return super().invoke(ctx)
        except (click.UsageError, OutputError, ToldError) as wrong:
            # What is refused is so before there are reports; standard output fails after that.
            if not isinstance(wrong, OutputError) or wrong.file is not None:
                self._void_reports(ctx, wrong)
            raise

    def _check_once(self, ctx: click.Context, args: Sequence[str]) -> None:
        _, _, order = self.make_parser(ctx).parse_args(args=[*args])
        for option in order:
            if not isinstance(option, click.Option) or option.multiple or option.is_flag:
                continue
            if option.name not in _LAST_HOLDS and order.count(option) > 1:
                raise click.UsageError(f"{option.opts[-1]} is given twice, and says one thing", ctx)

    def _void_reports(self, ctx: click.Context, wrong: click.ClickException) -> None:
        """Have no report of an earlier run taken for that of this one, which comes to nothing.

        One that was opened is gone, or has come back, already.
        """
        given = self._as_far_as_given(ctx.meta[_ARGUMENTS])
        stay = _STAY | ({"json_file"} if self.name == "run" and given.get("cases") else set())
        others = [given[name] for name in (*_READ, *stay) if given.get(name)]
        if isinstance(wrong, OutputError) and wrong.file is not None:
            others.append(wrong.file)
        for name, file in given.items():
            if not name.endswith("_file") or name in stay or not isinstance(file, str):
                continue
            if not any(is_same_file(file, other) for other in others):
                with suppress(OutputError), whole_file(file, given.get("programs") or ()):
                    pass

    def _as_far_as_given(self, args: Sequence[str]) -> Mapping[str, Any]:
        """What the arguments say, as texts, up to what is wrong with them."""
        lenient = click.Context(
            self, resilient_parsing=True, ignore_unknown_options=True, allow_extra_args=True
        )
        values, _, _ = self.make_parser(lenient).parse_args(args=[*args])
        return values
