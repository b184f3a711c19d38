"""The model, and what is said and made of its text: findings, formatting, drawings, exports."""

from __future__ import annotations

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from mpmflow.model.model import Model

from .vocabulary import COUNT, TEXT, YES_OR_NO, Schema, document, known, many, named, one_of, optional


class _Generator(GenerateJsonSchema):
    """Empty rosters are empty lists in JSON, which pydantic does not know by itself."""

    def encode_default(self, dft: Any) -> Any:
        return [] if dft == () else super().encode_default(dft)


def model() -> Schema:
    return Model.model_json_schema(by_alias=True, schema_generator=_Generator)


def check() -> Schema:
    place = {
        name: optional(COUNT | {"minimum": 1, "description": "counted from 1"})
        for name in ("line", "column", "end_line", "end_column")
    }
    finding = known(
        "",
        code=TEXT,
        severity=one_of("error", "warning", "info"),
        message=TEXT,
        help=TEXT,
        file=optional(TEXT),
        **place,
    )
    return document(
        "check",
        1,
        "What `mpmflow check` found",
        diagnostics=many(finding),
        allowed={**COUNT, "description": "findings silenced by `allow`"},
    )


def formatting() -> Schema:
    file = known("", file=TEXT, formatted=YES_OR_NO, changed=YES_OR_NO, written=YES_OR_NO)
    return document("format", 1, "What `mpmflow fmt` did", files=many(file))


def drawing() -> Schema:
    written = many(known("", path=TEXT, bytes=COUNT))
    notes = {**many(TEXT), "description": "what of a BPMN diagram only mpmflow reads"}
    return document("drawing", 1, "What `mpmflow draw` drew", view=TEXT, written=written, notes=notes, dot=TEXT)


def export() -> Schema:
    written = many(known("", path=TEXT, bytes=COUNT))
    prism = {**optional(TEXT), "description": "the PRISM model, where no file was asked for"}
    return document("export", 1, "What `mpmflow export` wrote", workflow=optional(TEXT), written=written, prism=prism)


def importing() -> Schema:
    kept = known("what the model does not say", line=COUNT, element=TEXT, id=TEXT, name=TEXT, why=TEXT)
    return document(
        "import",
        1,
        "What `mpmflow import` made of a BPMN diagram",
        workflows=many(TEXT),
        teams=many(TEXT),
        taken={**named(TEXT), "description": "id of an element -> dotted name of what stands for it"},
        kept=many(kept),
        notes={**many(TEXT), "description": "how the diagram was read, and what to edit first"},
        counts={**named(COUNT), "description": "elements of the diagram by kind"},
        text={**TEXT, "description": "the model in the language, with comments"},
    )
