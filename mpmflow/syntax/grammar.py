"""Finds `grammars/mpm.lark` and turns it into the tables that the parser runs on.

Lark reads the grammar and computes the LALR(1) tables; that takes about half a second. The tables are kept as plain
JSON, named after a hash of the grammar: beside the grammar (where a release puts them) and, failing that, in the
user's cache folder. A file that does not fit the grammar is never used. Reading them takes a few milliseconds and
does not import lark.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from mpmflow.diagnostics.errors import InternalError
from mpmflow.diagnostics.kept import cache_folder

__all__ = ["Row", "Tables", "build_tables", "fingerprint", "grammar_file", "tables"]

_FORMAT = 1
TABLES_NAME = "mpm.tables.json"

Row = dict[str, int]
"""The actions of one state, by terminal or rule: n >= 0 goes to state n, n < 0 reduces by rule -n - 1."""


@dataclass(frozen=True, slots=True)
class Tables:
    """What the grammar says, ready to run.

    `states` holds a row for each state, `rules` name and length of each rule, `terminals` the text or the pattern of
    each terminal (exactly one of them is set), `start` the first state.
    """

    states: tuple[Row, ...]
    rules: tuple[tuple[str, int], ...]
    terminals: dict[str, tuple[str | None, str | None]]
    start: int


def grammar_file(name: str) -> str:
    """The text of a file of `grammars/`: inside the installed package, else beside it in a checkout."""
    try:
        return files("mpmflow").joinpath("grammars", name).read_text(encoding="utf-8")
    except (FileNotFoundError, NotADirectoryError, ModuleNotFoundError, KeyError):
        pass
    path = _beside() / name
    try:
        return path.read_text(encoding="utf-8")
    except OSError:
        raise InternalError(f"the file `{name}` of the folder `grammars` is missing from the installation") from None


def _beside() -> Path:
    return Path(__file__).resolve().parent.parent.parent / "grammars"


def fingerprint(grammar: str) -> str:
    """What names the tables of a grammar: changes when the grammar or the form of the tables does."""
    return hashlib.sha256(f"{_FORMAT}\n{grammar}".encode()).hexdigest()


def build_tables(grammar: str) -> dict[str, Any]:
    """The tables as plain data, computed by Lark. The same on every run."""
    import lark

    parser = lark.Lark(grammar, parser="lalr", start="file", maybe_placeholders=False, keep_all_tokens=True)
    table: Any = parser.parser.parser._parse_table
    # Lark numbers states in an order that differs from run to run; here they are numbered as they are reached from
    # the start, by symbol, and the rules by name and contents, so that the tables are the same to the letter.
    used = {
        argument for actions in table.states.values() for action, argument in actions.values() if str(action) != "Shift"
    }
    ordered = sorted(used, key=lambda rule: (str(rule.origin.name), [str(symbol.name) for symbol in rule.expansion]))
    rules = {rule: number for number, rule in enumerate(ordered)}
    first = table.start_states["file"]
    numbers = {first: 0}
    queue = [first]
    states: list[Row] = []
    for state in queue:
        row: Row = {}
        for symbol, (action, argument) in sorted(table.states[state].items()):
            if str(action) == "Shift":
                if argument not in numbers:
                    numbers[argument] = len(numbers)
                    queue.append(argument)
                row[str(symbol)] = numbers[argument]
            else:
                row[str(symbol)] = -rules[argument] - 1
        states.append(row)
    terminals = {
        terminal.name: [terminal.pattern.value, None]
        if terminal.pattern.type == "str"
        else [None, terminal.pattern.to_regexp()]
        for terminal in sorted(parser.terminals, key=lambda terminal: str(terminal.name))
    }
    return {
        "fingerprint": fingerprint(grammar),
        "start": numbers[first],
        "rules": [[str(rule.origin.name), len(rule.expansion)] for rule in rules],
        "terminals": terminals,
        "states": states,
    }


def dump(plain: dict[str, Any]) -> str:
    """The tables as the text that is kept: one state a line, so that differences can be read."""
    head = {key: value for key, value in plain.items() if key != "states"}
    rows = ",\n".join(json.dumps(row, separators=(",", ":"), sort_keys=True) for row in plain["states"])
    return json.dumps(head, separators=(",", ":"), sort_keys=True)[:-1] + ',"states":[\n' + rows + "\n]}\n"


@cache
def tables() -> Tables:
    """The tables of the grammar, read or computed once in a process."""
    grammar = grammar_file("mpm.lark")
    wanted = fingerprint(grammar)
    plain = _shipped(wanted) or _cached(wanted)
    if plain is None:
        plain = build_tables(grammar)
        _keep(wanted, plain)
    return Tables(
        states=tuple(plain["states"]),
        rules=tuple((name, size) for name, size in plain["rules"]),
        terminals={name: (text, pattern) for name, (text, pattern) in plain["terminals"].items()},
        start=plain["start"],
    )


def _load(text: str, wanted: str) -> dict[str, Any] | None:
    try:
        plain = json.loads(text)
    except ValueError:
        return None
    fits = isinstance(plain, dict) and plain.get("fingerprint") == wanted
    return plain if fits and {"states", "rules", "terminals", "start"} <= plain.keys() else None


def _shipped(wanted: str) -> dict[str, Any] | None:
    try:
        return _load(grammar_file(TABLES_NAME), wanted)
    except (InternalError, OSError, ValueError):
        return None


def _cached(wanted: str) -> dict[str, Any] | None:
    try:
        return _load((cache_folder() / f"{wanted[:32]}.json").read_text(encoding="utf-8"), wanted)
    except (OSError, ValueError, RuntimeError):
        return None


def _keep(wanted: str, plain: dict[str, Any]) -> None:
    """Writes the tables to the cache, whole or not at all; a folder that cannot be written is no fault."""
    with contextlib.suppress(OSError, RuntimeError):
        folder = cache_folder()
        folder.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=folder, suffix=".part")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write(dump(plain))
            Path(name).replace(folder / f"{wanted[:32]}.json")
        except OSError:
            Path(name).unlink(missing_ok=True)
            raise


def main() -> None:
    """`python -m mpmflow.syntax.grammar`: writes the tables beside the grammar, to be run when the grammar has
    changed.
    """
    text = dump(build_tables(grammar_file("mpm.lark")))
    (_beside() / TABLES_NAME).write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
