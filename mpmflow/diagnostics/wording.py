"""How a code of the table is written down, and how its templates become sentences.

Templates are `str.format` templates with two additions:

* A part in `[square brackets]` is left out when one of its facts is missing, None or empty:
  `"[did you mean {nearest:or}? ]the known ones are {known:and}"`. A real bracket is written `[[` or `]]`.
* A fact that is a list is joined: `{names}` gives `a, b, c`; `{names:or}` gives `` `a`, `b` or `c` `` and `{names:and}`
  `` `a`, `b` and `c` ``. A single string with `:or` or `:and` is put in backquotes as well.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from string import Formatter
from typing import Any

from mpmflow.diagnostics.diagnostic import ERROR, INFO, WARNING, Severity

__all__ = ["ERROR", "INFO", "WARNING", "Code", "fill", "join"]

_OPTIONAL = re.compile(r"\[\[|\]\]|\[((?:[^\[\]]|\[\[|\]\])*)\]")


@dataclass(frozen=True, slots=True)
class Code:
    """One entry of the table: a check, the words it speaks with, and its page.

    `message` and `help` are templates (see the module); `means`, `why` are prose for the page; `example` is a text that
    earns the diagnostic and `instead` one that does not. Both are whole files, so that the tests can check them. Where
    no single text of a few lines can earn it, `apart` says what does.
    """

    name: str
    severity: Severity
    message: str
    help: str = ""
    means: str = ""
    why: str = ""
    example: str = ""
    instead: str = ""
    apart: str = ""


def join(items: object, word: str) -> str:
    """Names in backquotes, joined as one speaks.

    >>> join(["a", "b", "c"], "or")
    '`a`, `b` or `c`'
    """
    names = [items] if isinstance(items, str) else [str(item) for item in items]  # type: ignore[attr-defined]
    quoted = [f"`{name}`" for name in names]
    return f" {word} ".join(filter(None, [", ".join(quoted[:-1]), *quoted[-1:]]))


class _Words(Formatter):
    def format_field(self, value: Any, format_spec: str) -> Any:
        if format_spec in ("or", "and"):
            return join(value, format_spec)
        if isinstance(value, (list, tuple)):
            return ", ".join(str(item) for item in value)
        return super().format_field(value, format_spec)


_words = _Words()


def _fields(template: str) -> set[str]:
    return {re.split(r"[.\[]", name)[0] for _, name, _, _ in _words.parse(template) if name}


def fill(template: str, facts: Mapping[str, object]) -> str:
    """The sentence of a template and its facts; raises KeyError for a fact that is missing outside brackets.

    >>> fill("no {kind} `{name}`[; did you mean {nearest:or}?]", {"kind": "team", "name": "x", "nearest": ("y", "z")})
    'no team `x`; did you mean `y` or `z`?'
    >>> fill("no {kind} `{name}`[; did you mean {nearest:or}?]", {"kind": "team", "name": "x"})
    'no team `x`'
    """

    def part(match: re.Match[str]) -> str:
        whole = match.group(0)
        if whole in ("[[", "]]"):
            return whole[0]
        inner = match.group(1)
        if any(facts.get(name) in (None, "", (), []) for name in _fields(inner)):
            return ""
        return inner.replace("[[", "[").replace("]]", "]")

    return _words.vformat(_OPTIONAL.sub(part, template), (), facts)
