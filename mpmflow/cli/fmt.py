"""`mpmflow fmt FILE…`: rewrite files in the one canonical style, comments kept."""

from __future__ import annotations

import difflib
import json
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

import click

from .. import __version__
from ..diagnostics.errors import MpmError, UnreadableError
from . import guard, terminal
from .options import files_argument, json_option, quiet_option

SCHEMA = "mpmflow/format/1"


@click.command(name="fmt")
@files_argument
@click.option("--check", is_flag=True, help="Change nothing; end with 1 if a file would change.")
@click.option("--diff", is_flag=True, help="Change nothing; print what would change.")
@json_option
@quiet_option
def command(files: Sequence[str], check: bool, diff: bool, as_json: bool, quiet: bool) -> int:
    """Rewrite FILE… in the one canonical style; comments stay where they are.

    "-" formats standard input onto standard output. A file with syntax errors is left as it is, and its errors are
    printed. A file is replaced in one stroke: it is never half written.
    """
    from .. import api

    code = 0
    told: list[dict[str, object]] = []
    for file in files:
        try:
            source = api.source_of(file)
            formatted = api.format_source(source)
        except MpmError as error:
            terminal.say(guard.trouble(error))
            code = max(code, 2 if isinstance(error, UnreadableError) else 1)
            told.append({"file": file, "changed": False, "written": False, "formatted": False})
            continue
        changed = formatted != source.text
        keep = check or diff or not changed or file == "-"
        if not keep:
            replace(Path(file), formatted)
        told.append({"file": file, "changed": changed, "written": not keep, "formatted": True})
        if changed and (check or diff):
            code = max(code, 1)
        if as_json:
            continue
        if diff:
            terminal.show(difference(source.text, formatted, file))
        elif file == "-" and not check:
            terminal.show(formatted)
        elif changed:
            terminal.say(f"{'Would rewrite' if check else 'Rewrote'} {file}", quiet=quiet)
    if as_json:
        terminal.show(
            json.dumps({"schema": SCHEMA, "mpmflow": __version__, "files": told}, indent=2, ensure_ascii=False)
        )
    return code


def difference(before: str, after: str, file: str) -> str:
    """The lines that change, as a unified diff."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True), after.splitlines(keepends=True), file, f"{file} (formatted)"
    )
    return "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)


def replace(path: Path, text: str) -> None:
    """Put a text in the place of a file: whoever reads meanwhile sees the old one or the new one, whole.

    Permissions are kept, and a link goes on pointing at the file that it points at.
    """
    target = path.resolve()
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        os.chmod(name, target.stat().st_mode & 0o7777)
        os.replace(name, target)
    except BaseException:
        os.unlink(name)
        raise
