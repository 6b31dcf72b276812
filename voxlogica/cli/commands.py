"""The commands, gathered under `voxlogica`: each is imported when it is asked for."""

from __future__ import annotations

from importlib import import_module

import click

from voxlogica.cli.interruption import obey
from voxlogica.version import __version__

# By its name, which is that of its module and of the command in it, too, what a list tells of each.
_ABOUT = {
    "cache": "Look at the store of results, check it, make it smaller.",
    "check": "Find the mistakes of programs without running them.",
    "completion": "Show the script that lets a shell complete what is typed.",
    "merge": "Make one table of several: of shards, of what ran again.",
    "ops": "Show the operators: signature, meaning, example.",
    "params": "List the parameters of programs, which -D sets.",
    "plan": "Show what running a program would compute.",
    "repl": "Try commands and expressions, one after another.",
    "run": "Run programs: print what they print, save what they save.",
    "studio": "Tune a program by looking, live in a browser.",
    "verify": "Compute again what a run gave, and compare.",
    "version": "Show the version.",
    "view": "Look at an image, and at regions over it.",
    "why": "Tell why a voxel is in a region, or out.",
}
# These have a report to write, whatever comes; the others obey signals from their first step on.
_REPORTING = {"run", "check"}


class _Commands(click.Group):
    """The commands; a program in the place of one is told how it is run.

    In lists, a name and a line stand for each.
    """

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and args[0].endswith(".imgql"):
            ctx.fail(f"No such command '{args[0]}'. Did you mean 'run {args[0]}'?")
        name, _, rest = super().resolve_command(ctx, args)
        if name is None:  # what a shell is to complete
            return None, None, rest
        command: click.Command = getattr(import_module(f"voxlogica.cli.{name}"), name)
        if name not in _REPORTING:
            obey()
        return name, command, rest


@click.group(
    cls=_Commands,
    commands=[click.Command(name, short_help=about) for name, about in _ABOUT.items()],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    epilog="""\b
Examples:
  voxlogica run glioma.imgql       print and save what the program asks for
  voxlogica run dice.imgql --cases '{CASE}.nii.gz'    a table of many cases
  voxlogica studio glioma.imgql    tune it by looking, in a browser
  voxlogica repl                   try expressions, one after another
  voxlogica check glioma.imgql     find its mistakes without running it
  voxlogica params glioma.imgql    what of it may be set
  voxlogica why glioma.imgql tumour 120,86,77    what decided at a voxel
  voxlogica view scan.nii.gz region.nii.gz    see a region on its scan
  voxlogica ops percentiles        the manual of an operator
  voxlogica run --help             more about a command""",
)
@click.version_option(__version__, message="voxlogica %(version)s")
def voxlogica() -> None:
    """Run programs in ImgQL, the spatial logic for 2-D and 3-D images."""
