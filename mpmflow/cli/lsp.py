"""`mpmflow lsp`: the language server, for editors to start."""

from __future__ import annotations

import sys
from importlib import import_module

import click


@click.command(name="lsp")
def command() -> int:
    """The language server: diagnostics, completion, hover, go to definition, references, rename, format, outline and
    quick fixes, over standard input and output. Editors start it; see docs/guides/editors.md.
    """
    try:
        import_module("pygls")
    except ImportError:
        raise click.UsageError("the language server needs pygls: pip install 'mpmflow[lsp]'") from None
    if sys.stdin.isatty():
        click.echo("Editors start this and speak with it (docs/guides/editors.md); Ctrl-C ends it.", err=True)
    # The editor's door is a neighbour of this one: it is opened by its name, and neither knows what is behind.
    import_module("mpmflow.lsp.server").serve()
    return 0
