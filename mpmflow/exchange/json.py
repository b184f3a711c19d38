"""A model as its JSON document, and back; `mpmflow schema model` is its schema.

Numbers are exact: whole numbers and decimals stand as such, other fractions as texts such as `"1/3"`.
"""

from __future__ import annotations

from mpmflow.model.model import Model


def to_json(model: Model, indent: int | None = 2) -> str:
    """The document of a model, imports included, ending with a line break; equal models give equal bytes.

    >>> to_json(Model(), indent=None).startswith('{"imports":[]')
    True
    """
    return model.model_dump_json(indent=indent) + "\n"


def from_json(text: str) -> Model:
    """The model of a document. Raises pydantic's ValidationError, a ValueError, for what is none.

    >>> from_json(to_json(Model())) == Model()
    True
    """
    return Model.model_validate_json(text)
