"""`voxlogica ops`."""

from __future__ import annotations

import click

from voxlogica.cli.reporting import complaint
from voxlogica.cli.streams import say, show

# What is no operator, but a command of the language, and how it is written.
_COMMANDS = {
    "let": "let NAME = e    let NAME(x, y) = e",
    "load": 'load NAME = "scan.nii.gz"',
    "import": 'import "metrics"',
    "print": 'print "label" e',
    "save": 'save "file.nii.gz" e    save "table.csv" rows',
    "assert": 'assert "label" b',
    "param": "param NAME = 0.5 from 0 to 1    param NAME: string",
}


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
  voxlogica ops distance       those with a word, or with all of several
  voxlogica ops simpleitk      SimpleITK's filters; simpleitk.Median shows one
  voxlogica ops '>'            those with a symbol in their name""",
)
@click.argument("names", metavar="[NAME|WORD…]", nargs=-1, shell_complete=_names)
def ops(names: tuple[str, ...]) -> None:
    """Show the operators: signature, meaning, example."""
    from voxlogica.syntax.diagnostics import VoxLogicaError

    try:
        say(operators_text(" ".join(names) or None, hint="`voxlogica ops` lists them all"))
    except VoxLogicaError as unknown:
        show(unknown.diagnostics)
        raise click.exceptions.Exit(1) from None


def operators_text(name: str | None, hint: str) -> str:
    """The manuals of a name, the list of those with a word, or of all. Raises VoxLogicaError."""
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
        telling_of,
    )

    if name is not None and (name == "simpleitk" or name.startswith("simpleitk.")):
        return _simpleitk_text(name.removeprefix("simpleitk").removeprefix("."))
    everything = entries()
    listed = public(everything)
    if name is None:
        return listing(listed)
    if meant := named(name, everything):
        return manual(meant)
    if name[:1].isupper() and named(name, simpleitk_entries()):
        return _simpleitk_text(name)
    if name in _COMMANDS:
        return f"{_COMMANDS[name]}\n\nA command of the language, no operator: doc/language.md.\n"
    if found := mentioning(name, listed):
        return listing(found)
    filters = [replace(e, signature=e.names[0]) for e in mentioning(name, simpleitk_entries())]
    if found := [*telling_of(name, listed), *filters]:
        return listing(found)
    near = like(name, listed)
    raise complaint(
        f"no operator is called `{name}`, and none is described with that word",
        hint=f"did you mean `{near}`?" if near else hint,
    )


def _simpleitk_text(name: str) -> str:
    """The list of SimpleITK's functions, or the manual of one."""
    from voxlogica.dataclass import replace
    from voxlogica.operators.itk.declaring import barred
    from voxlogica.report.operators import like, listing, manual, named, simpleitk_entries

    everything = simpleitk_entries()
    if not name:
        functions = {e.names[0]: e for e in everything if not e.names[0].startswith("sitk")}
        # By their names alone: signatures in C++ would leave no room for what they do.
        return listing([replace(e, signature=name) for name, e in functions.items()])
    if meant := named(name, everything):
        # One manual for all the ways to call it.
        return manual([replace(meant[0], signature="\n".join(e.signature for e in meant))])
    near, why = like(name, everything), barred(name)
    raise complaint(
        f"SimpleITK's `{name}` is not there for programs: {why}"
        if why
        else f"SimpleITK has no function `{name}`",
        hint=f"did you mean `simpleitk.{near}`?"
        if near and not why
        else "`voxlogica ops simpleitk` lists them all",
    )
