"""`mpmflow completion SHELL`: the script that completes verbs and options."""

from __future__ import annotations

import click
from click.shell_completion import get_completion_class

from . import terminal

SHELLS = ("bash", "zsh", "fish")


@click.command(name="completion")
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(ctx: click.Context, shell: str) -> int:
    """Print the script that completes verbs, options and file names in your SHELL.

    \b
    bash:  mpmflow completion bash >> ~/.bashrc
    zsh:   mpmflow completion zsh  >> ~/.zshrc
    fish:  mpmflow completion fish > ~/.config/fish/completions/mpmflow.fish
    """
    kind = get_completion_class(shell)
    assert kind is not None
    program = ctx.find_root().command
    terminal.show(kind(program, {}, "mpmflow", "_MPMFLOW_COMPLETE").source())
    return 0
