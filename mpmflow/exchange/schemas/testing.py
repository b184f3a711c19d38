"""What the tests of a file found: passed and failed, what they cover, which changes they notice."""

from __future__ import annotations

from .vocabulary import COUNT, NUMBER, SHARE, TEXT, YES_OR_NO, Schema, document, known, many, named, one_of, optional


def _place() -> dict[str, Schema]:
    return {name: optional(COUNT | {"minimum": 1}) for name in ("line", "column")}


def test_run() -> Schema:
    clause = {"$ref": "#/$defs/clause"}
    truth = one_of("true", "false", "unknown")
    levels = {name: optional(NUMBER) for name in ("value", "low", "high")}
    whole = known("", text=TEXT, truth=truth, **levels, fires=YES_OR_NO, pending=YES_OR_NO, parts=many(clause))
    expectation = known("", expected=TEXT, got=TEXT, passed=YES_OR_NO, **_place(), why=many(clause), hint=TEXT)
    case = known(
        "a test, or one row of its examples",
        file=TEXT,
        line=optional(COUNT),
        name=TEXT,
        title=TEXT,
        row=optional(COUNT),
        outcome=one_of("passed", "failed"),
        fault={**optional(TEXT), "description": "why it could not be judged"},
        expectations=many(expectation),
    )
    found = document(
        "test",
        1,
        "What `mpmflow test` found",
        files=many(TEXT),
        without_tests=many(TEXT),
        passed=COUNT,
        failed=COUNT,
        tests=many(case),
    )
    return {**found, "$defs": {"clause": whole}}


def coverage() -> Schema:
    item = known(
        "",
        kind=one_of("clause", "outcome", "cause"),
        name=TEXT,
        text=TEXT,
        state={**TEXT, "description": "both, never evaluated, or only ever one half"},
        halves={**named(COUNT), "description": "the two ways it can come out, and how often each did"},
        file=optional(TEXT),
        **_place(),
    )
    share = {**SHARE, "description": "of all halves, those that came in some test"}
    return document("test-coverage", 1, "What `mpmflow test --coverage` found", share=share, items=many(item))


def mutation() -> Schema:
    mutant = known(
        "",
        kind=TEXT,
        name=TEXT,
        before=TEXT,
        after=TEXT,
        fate=one_of("noticed", "missed", "equivalent", "unseen"),
        noticed_by=optional(TEXT),
        remedy={**optional(TEXT), "description": "a test block that notices the change"},
        file=optional(TEXT),
        **_place(),
    )
    score = {**SHARE, "description": "noticed over all that are not proven equivalent"}
    return document("test-mutation", 1, "What `mpmflow test --mutate` found", score=score, mutants=many(mutant))
