"""What schemas are made of: numbers, texts, objects that may have more fields than are named, whole documents."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
NUMBER: Schema = {"type": "number"}
COUNT: Schema = {"type": "integer", "minimum": 0}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
YES_OR_NO: Schema = {"type": "boolean"}
DATE: Schema = {"type": "string", "format": "date"}
SHARES_BY_SOURCE: Schema = {
    "type": "object",
    "additionalProperties": NUMBER,
    "description": "what each source, by dotted name, adds to the figure beside it; the parts add up to the whole",
}


def known(description: str = "", **fields: Schema) -> Schema:
    """An object that has all these fields, and may have more."""
    said = {"description": description} if description else {}
    return {"type": "object", **said, "properties": fields, "required": list(fields)}


def optional(thing: Schema) -> Schema:
    """That thing, or null where it is not known or does not apply."""
    return {"anyOf": [thing, {"type": "null"}]}


def many(thing: Schema) -> Schema:
    """A list of that thing."""
    return {"type": "array", "items": thing}


def named(thing: Schema) -> Schema:
    """An object with any names, each for one of that thing."""
    return {"type": "object", "additionalProperties": thing}


def one_of(*words: str) -> Schema:
    """One of these words."""
    return {"type": "string", "enum": list(words)}


def document(name: str, version: int, title: str, /, **fields: Schema) -> Schema:
    """A whole document with its head."""
    head = {"schema": {"const": f"mpmflow/{name}/{version}"}, "mpmflow": {**TEXT, "description": "version of mpmflow"}}
    return {"title": title, **known("", **head, **fields)}
