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
  voxlogica ops simpleitk      SimpleITK's filters; simpleitk.Median shows one
  voxlogica ops '>'            those with a symbol in their name""",
)
@click.argument("name", metavar="[NAME|WORD]", required=False, shell_complete=_names)
def ops(name: str | None) -> None:
    """Show the operators: signature, meaning, example."""
    if not show_operators(name, hint="`voxlogica ops` lists them all"):
        raise click.exceptions.Exit(1)


def show_operators(name: str | None, hint: str) -> bool:
    """Show those of a name, or with a word, or all; False, and an error, if there are none."""
    from voxlogica.dataclass import replace
    from voxlogica.report.operators import (
        entries,
        like,
        listing,
        manual,
        mentioning,
        named,
        public,
        simpleitk_entries,
    )

    if name is not None and (name == "simpleitk" or name.startswith("simpleitk.")):
        return _show_simpleitk(name.removeprefix("simpleitk").removeprefix("."))
    everything = entries()
    listed = public(everything)
    if name is None:
        say(listing(listed))
    elif meant := named(name, everything):
        say(manual(meant))
    elif name[:1].isupper() and named(name, simpleitk_entries()):
        return _show_simpleitk(name)
    elif found := mentioning(name, listed):
        say(listing(found))
    elif found := mentioning(name, simpleitk_entries()):
        say(listing([replace(e, signature=e.names[0]) for e in found]))
    else:
        near = like(name, listed)
        complain(
            f"no operator is called `{name}`, and none is described with that word",
            hint=f"did you mean `{near}`?" if near else hint,
        )
        return False
    return True


def _show_simpleitk(name: str) -> bool:
    """Show the list of SimpleITK's functions, or the manual of one; False where there is none."""
    from voxlogica.dataclass import replace
    from voxlogica.primitives.simpleitk import barred
    from voxlogica.report.operators import like, listing, manual, named, simpleitk_entries

    everything = simpleitk_entries()
    if not name:
        functions = {e.names[0]: e for e in everything if not e.names[0].startswith("sitk")}
        # By their names alone: signatures in C++ would leave no room for what they do.
        say(listing([replace(e, signature=name) for name, e in functions.items()]))
        return True
    if meant := named(name, everything):
        # One manual for all the ways to call it.
        say(manual([replace(meant[0], signature="\n".join(e.signature for e in meant))]))
        return True
    near, why = like(name, everything), barred(name)
    complain(
        f"SimpleITK's `{name}` is not there for programs: {why}"
        if why
        else f"SimpleITK has no function `{name}`",
        hint=f"did you mean `simpleitk.{near}`?"
        if near and not why
        else "`voxlogica ops simpleitk` lists them all",
    )
    return False
