"""Two versions of a model: what changed in them, in every figure, and which past forecasts stay comparable."""

from __future__ import annotations

from .vocabulary import COUNT, NUMBER, TEXT, YES_OR_NO, Schema, document, known, many, named, one_of, optional


def diff() -> Schema:
    place = optional(known("a line of a file, from 1", file=TEXT, line=COUNT))
    places = {"old_place": place, "new_place": place}
    clause = known(
        "a clause in both versions as a text writes it; null where it is not there",
        clause={**TEXT, "description": "which clause"},
        word={**TEXT, "description": "what it begins with in the language"},
        old=optional(TEXT),
        new=optional(TEXT),
        **places,
    )
    edit = known(
        "what became of one statement",
        what=one_of("added", "removed", "changed"),
        kind={**TEXT, "description": "the word of the language that it begins with"},
        id=TEXT,
        name=TEXT,
        label=TEXT,
        within={**TEXT, "description": "the statement that it stands in, empty for the file"},
        was={**optional(TEXT), "description": "its former name"},
        moved=optional(known("", **{"from": TEXT, "to": TEXT})),
        clauses=many(clause),
        **places,
    )
    figure = known(
        "a figure in both versions, named as in analyze; of a metric its planned level",
        kind=one_of("workflow", "team", "metric"),
        of=TEXT,
        figure=TEXT,
        unit=optional(TEXT),
        old=optional(NUMBER),
        new=optional(NUMBER),
        change=optional(NUMBER),
        relative=optional(NUMBER),
        by={
            **named(NUMBER),
            "description": "the part of each change, by its key; they add up to the change. Empty where it is not "
            "shared out",
        },
    )
    lever = known(
        "the slope of a figure in a lever, where it differs",
        workflow=TEXT,
        lever=TEXT,
        figure=TEXT,
        old=optional(NUMBER),
        new=optional(NUMBER),
    )
    return document(
        "diff",
        1,
        "The answer of `mpmflow diff`",
        what={
            **one_of("nothing", "layout", "meaning"),
            "description": "layout: both mean the same, only layout, comments or the order of statements differ",
        },
        edits=many(edit),
        changes=many(known("what figures are shared out among", key=TEXT, statements=many(TEXT))),
        figures=many(figure),
        levers=many(lever),
        overload=known("teams with more work than people", old=many(TEXT), new=many(TEXT)),
        forecasts=many(
            known("whether past forecasts of a metric stay comparable", metric=TEXT, comparable=YES_OR_NO,
                  why=many(TEXT))
        ),
        renamed={**named(TEXT), "description": "old name -> new name"},
        notes=many(TEXT),
        old_model={**TEXT, "description": "SHA-256 of the old model; that of the new one stands in the provenance"},
        provenance={"type": "object"},
    )  # fmt: skip
