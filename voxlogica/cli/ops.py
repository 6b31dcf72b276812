"""`voxlogica ops`."""

from __future__ import annotations

import click

from voxlogica.cli.streams import complain, say


def _names(context: click.Context, parameter: click.Parameter, begun: str) -> list[str]:
    """The names to complete to: not those that a shell would take for something else."""
    from shlex import quote

    from voxlogica.report.operators import entries, public

    known = {name for entry in public(entries()) for name in entry.names}
    return sorted(name for name in known if name.startswith(begun) and quote(name) == name)


@click.command(
    # So that `voxlogica ops -.` asks for an operator.
    context_settings={"ignore_unknown_options": True},
    epilog="""\b
Examples:
  voxlogica ops                all operators, one a line
  voxlogica ops percentiles    the manual of one
  voxlogica ops '~>'           quote what the shell would take for itself
  voxlogica ops distance       those that have to do with a word
  voxlogica ops '>'            those with a symbol in their name""",
)
@click.argument("name", metavar="[NAME|WORD]", required=False, shell_complete=_names)
def ops(name: str | None) -> None:
    """Show the operators and library functions: signature, meaning, example."""
    from voxlogica.report.operators import (
        entries,
        like,
        listing,
        manual,
        mentioning,
        named,
        public,
    )

    everything = entries()
    listed = public(everything)
    if name is None:
        say(listing(listed))
        return
    if meant := named(name, everything):
        say(manual(meant))
        return
    if found := mentioning(name, listed):
        say(listing(found))
        return
    near = like(name, listed)
    complain(
        f"no operator is called `{name}`, and none is described with that word",
        hint=f"did you mean `{near}`?" if near else "`voxlogica ops` lists them all",
    )
    raise click.exceptions.Exit(1)
