"""The commands, gathered under `voxlogica`."""

from __future__ import annotations

from functools import wraps
from typing import Any

import click

from voxlogica import __version__
from voxlogica.cli.cache import cache
from voxlogica.cli.check import check
from voxlogica.cli.completion import completion
from voxlogica.cli.interruption import obey
from voxlogica.cli.merge import merge
from voxlogica.cli.ops import ops
from voxlogica.cli.params import params
from voxlogica.cli.plan import plan
from voxlogica.cli.repl import repl
from voxlogica.cli.run import run
from voxlogica.cli.verify import verify
from voxlogica.cli.version import version


class _Commands(click.Group):
    """The commands; a program in the place of one is told how it is run."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0].endswith(".imgql"):
            ctx.fail(f"No such command '{args[0]}'. Did you mean 'run {args[0]}'?")
        return super().resolve_command(ctx, args)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  voxlogica run glioma.imgql       print and save what the program asks for
  voxlogica run dice.imgql --cases '{CASE}.nii.gz'    a table of many cases
  voxlogica repl                   try expressions, one after another
  voxlogica check glioma.imgql     find its mistakes without running it
  voxlogica params glioma.imgql    what of it may be set
  voxlogica ops percentiles        the manual of an operator
  voxlogica run --help             more about a command""",
)
@click.version_option(__version__, message="voxlogica %(version)s")
def voxlogica() -> None:
    """Run programs in ImgQL, the spatial logic for 2-D and 3-D images."""


def _obeying(command: click.Command) -> click.Command:
    """The command, which obeys signals from its first step on."""
    do = command.callback
    assert do is not None

    @wraps(do)
    def obeying(*arguments: Any, **options: Any) -> Any:
        obey()
        return do(*arguments, **options)

    command.callback = obeying
    return command


for _command in (merge, repl, params, plan, ops, cache, verify, version, completion):
    voxlogica.add_command(_obeying(_command))
# These have a report to write, whatever comes.
for _command in (run, check):
    voxlogica.add_command(_command)
