"""`voxlogica ops`."""

from __future__ import annotations

import click

from voxlogica.cli.streams import complain, say


@click.command(
    # So that `voxlogica ops -.` asks for an operator.
    context_settings={"ignore_unknown_options": True},
    epilog="""\b
Examples:
  voxlogica ops                all operators, one a line
  voxlogica ops percentiles    the manual of one
  voxlogica ops '~>'           quote what the shell would take for itself
  voxlogica ops distance       those whose manual mentions a word""",
)
@click.argument("name", metavar="[NAME|WORD]", required=False)
def ops(name: str | None) -> None:
    """Show the operators and library functions: signature, meaning, example."""
    from voxlogica.report.operators import entries, like, listing, manual, mentioning, named

    everything = entries()
    if name is None:
        say(listing(everything))
        return
    if meant := named(name, everything):
        say(manual(meant))
        return
    if found := mentioning(name, everything):
        say(listing(found))
        return
    near = like(name, everything)
    complain(
        f"no operator is called `{name}`, and no manual mentions it",
        hint=f"did you mean `{near}`?" if near else "`voxlogica ops` lists them all",
    )
    raise click.exceptions.Exit(1)
