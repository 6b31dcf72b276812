"""`voxlogica version`."""

from __future__ import annotations

import click

from voxlogica.cli.streams import say
from voxlogica.version import __version__


@click.command()
def version() -> None:
    """Show the version."""
    say(f"voxlogica {__version__}\n")
