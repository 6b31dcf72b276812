"""`voxlogica completion`."""

from __future__ import annotations

import click

from voxlogica.cli.streams import say


@click.command(
    epilog="""\b
Examples:
  eval "$(voxlogica completion bash)"       now, in bash
  voxlogica completion zsh >> ~/.zshrc      for good, in zsh
  voxlogica completion fish > ~/.config/fish/completions/voxlogica.fish"""
)
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Show the script that lets a shell complete what is typed."""
    from click.shell_completion import get_completion_class

    found = get_completion_class(shell)
    assert found is not None
    root = context.find_root()
    say(found(root.command, {}, "voxlogica", "_VOXLOGICA_COMPLETE").source() + "\n")
