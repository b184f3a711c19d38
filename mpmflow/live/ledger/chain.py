"""Entries of a ledger and the chain that they make: each holds the hash of the one before.

An entry is one line of canonical JSON (sorted names, no blanks, ASCII), and its hash is the SHA-256 of that line. Its
`id` is the SHA-256 of the canonical JSON of its content alone, so that the same content has the same id in every
ledger, whoever wrote it down and when.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from typing import Any, ClassVar, Literal, get_args

from pydantic_core import from_json

from mpmflow.analysis.results import Document, Result
from mpmflow.analysis.review.kept import Kept, KeptForecast, KeptModel, Merged, Settlement, printable

Kind = Literal["forecast", "settlement", "model", "merge"]
KINDS: Mapping[str, type[Kept]] = {
    "forecast": KeptForecast,
    "settlement": Settlement,
    "model": KeptModel,
    "merge": Merged,
}
assert set(KINDS) == set(get_args(Kind))
FIRST = "0" * 64
"""What the first entry holds in the place of the hash of the one before."""
SCHEMA = "mpmflow/ledger/1"


@dataclass(frozen=True, slots=True)
class Entry(Result):
    """One entry of a ledger.

    Attributes:
        number: its place, from 1. kind: `forecast`, `settlement`, `model` or `merge`. id: hash of its content.
        recorded: when it was written down, in UTC. author: who said so, if anybody. version: of mpmflow.
        content: what it says. before: hash of the entry before it. hash: its own.
    """

    schema: ClassVar[str] = SCHEMA

    number: int
    kind: str
    id: str
    recorded: datetime
    author: str | None
    version: str
    content: Mapping[str, Any]
    before: str
    hash: str

    def to_dict(self) -> Document:
        """The document of the line: what is hashed, and the hash."""
        return {**self.body(), "hash": self.hash}

    def body(self) -> Document:
        """What is hashed."""
        return {
            "schema": SCHEMA,
            "mpmflow": self.version,
            "number": self.number,
            "kind": self.kind,
            "id": self.id,
            "recorded": self.recorded.isoformat(),
            "author": self.author,
            "content": dict(self.content),
            "before": self.before,
        }

    def rows(self) -> Mapping[str, list[Any]]:
        """One row."""
        return {name: [value] for name, value in self.to_dict().items() if name != "content"}

    def __str__(self) -> str:
        return f"{self.number} {self.kind} {self.id[:12]} {self.recorded:%Y-%m-%d %H:%M}"


@dataclass(frozen=True)
class Draft:
    """An entry that has no place yet."""

    kind: Kind
    content: Mapping[str, Any]
    recorded: datetime
    author: str | None
    version: str

    @cached_property
    def id(self) -> str:
        """The hash of its content."""
        return digest(canonical(self.content))


def canonical(document: Any) -> str:
    """A document as the one text that stands for it.

    >>> canonical({"b": 1.5, "a": ["x", None]})
    '{"a":["x",null],"b":1.5}'
    """
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def document_of(line: str) -> dict[str, Any]:
    """What a line says. Raises ValueError for one that is no object of JSON, or deeper than two hundred brackets.

    A law is two hundred numbers, so most of the work with a ledger is to read numbers: pydantic's reader is four times
    as fast as the standard library's.

    >>> document_of('{"a":["x",1.5,null]}')
    {'a': ['x', 1.5, None]}
    """
    document = from_json(line, allow_inf_nan=False)
    if not isinstance(document, dict):
        raise ValueError("it is no object of JSON")
    return document


def digest(text: str) -> str:
    """SHA-256 of a text, in hexadecimal."""
    return sha256(text.encode(errors="surrogateescape")).hexdigest()


def linked(drafts: Iterable[Draft], count: int, head: str) -> Iterator[tuple[Entry, str]]:
    """Drafts as entries behind a chain of so many entries with that last hash, each with its line."""
    for number, draft in enumerate(drafts, start=count + 1):
        plain = Entry(
            number, draft.kind, draft.id, draft.recorded, draft.author, draft.version, draft.content, head, ""
        )
        line = canonical(plain.body())
        head = digest(line)
        yield replace(plain, hash=head), line


def entry_of(document: Mapping[str, Any], hashed: str) -> Entry:
    """The entry that the document of a line means.

    Raises ValueError, which says what is wrong with it.
    """
    if document.get("schema") != SCHEMA:
        raise ValueError(f"it is no line of a ledger: its schema is {document.get('schema')!r}, not {SCHEMA!r}")
    number, kind, content = document.get("number"), document.get("kind"), document.get("content")
    texts = [document.get(name) for name in ("id", "recorded", "before", "mpmflow")]
    author = document.get("author")
    if not isinstance(number, int) or isinstance(number, bool) or number < 1:
        raise ValueError("its number is no whole number from 1 on")
    if kind not in KINDS:
        raise ValueError(f"its kind is {str(kind)[:40]!r}; there are {', '.join(KINDS)}")
    if not isinstance(content, dict) or not all(isinstance(text, str) for text in texts):
        raise ValueError("id, recorded, before and mpmflow are texts, and content is an object")
    if author is not None and (not isinstance(author, str) or author != printable(author)):
        raise ValueError("its author is a text or null, without control characters")
    identity, recorded, before, version = (str(text) for text in texts)
    try:
        moment = datetime.fromisoformat(recorded)
    except ValueError:
        raise ValueError(f"recorded is no time: {recorded[:40]!r}") from None
    if moment.tzinfo is None:
        raise ValueError(f"recorded says no time zone: {recorded[:40]!r}")
    return Entry(number, str(kind), identity, moment, author, version, content, before, hashed)


def kept_in(entry: Entry) -> Kept:
    """What an entry says, as a record. Raises ValueError for a content that is none of its kind."""
    from pydantic import ValidationError

    try:
        return KINDS[entry.kind].model_validate(entry.content)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise ValueError(f"content{'.' + place if place else ''}: {first['msg']}") from None
