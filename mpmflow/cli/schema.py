"""`mpmflow schema DOCUMENT`: the JSON Schema of the model and of what the other verbs print with `--json`."""

from __future__ import annotations

import json

import click

from . import terminal
from .options import json_option, quiet_option


@click.command(name="schema")
@click.argument("document", required=False)
@json_option
@quiet_option
def command(document: str | None, as_json: bool, quiet: bool) -> int:
    """Print the JSON Schema of DOCUMENT; without one, list the documents there are (with --json: all schemas)."""
    from ..diagnostics.suggest import nearest
    from ..exchange.schema import DOCUMENTS, schema

    if document is None:
        if as_json:
            terminal.show(json.dumps({name: schema(name) for name in sorted(DOCUMENTS)}, indent=2, ensure_ascii=False))
        else:
            terminal.show("\n".join(sorted(DOCUMENTS)))
        return 0
    if document not in DOCUMENTS:
        close = nearest(document, DOCUMENTS)
        cure = f'Did you mean "{close[0]}"?' if close else f"There are: {', '.join(sorted(DOCUMENTS))}."
        raise click.UsageError(f'There is no document "{document}". {cure}')
    terminal.show(json.dumps(schema(document), indent=2, ensure_ascii=False))
    return 0
