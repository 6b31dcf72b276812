"""`voxlogica version`."""

from __future__ import annotations

import click

from voxlogica import __version__
from voxlogica.cli.streams import say


@click.command()
def version() -> None:
    """Show the version."""
    say(f"voxlogica {__version__}\n")
