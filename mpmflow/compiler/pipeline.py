"""From a text to a model and all that can be said about it, in one pass.

`compile_source` is the way in for texts, `check_model` for models that were made in Python or read from JSON. Both run
the same checks; only the places differ.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from mpmflow.diagnostics.codes import diagnose
from mpmflow.diagnostics.diagnostic import Diagnostic, Note
from mpmflow.diagnostics.reading import read_path
from mpmflow.diagnostics.source import Source, Span
from mpmflow.model.model import Model
from mpmflow.syntax.parse import Parsed, parse

from .allow import silence
from .checks import ALL, Subject
from .findings import Finding
from .from_tree import Bridge, model_from_tree
from .imports import Importer, Load, folder_of, said
from .places import places_of

__all__ = ["Compiled", "check_model", "compile_source"]


@dataclass(frozen=True, slots=True)
class Compiled:
    """What came of a text.

    Attributes:
        source: the text.
        model: what it means; with errors, as much of it as could be understood. None if that is nothing at all.
        diagnostics: everything that is wrong or doubtful, in the order of the text: syntax, meaning, checks.
        places: where everything with an identity stands, see `places.places_of`.
        allowed: how many findings an `allow` silenced.
        parsed: the tree, for those who work on the text itself.
        sources: the imported texts.
    """

    source: Source
    model: Model | None
    diagnostics: tuple[Diagnostic, ...]
    places: Mapping[str, Span] = field(default_factory=dict)
    allowed: int = 0
    parsed: Parsed | None = None
    sources: tuple[Source, ...] = ()

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """The diagnostics that leave the text without a meaning or an answer."""
        return tuple(one for one in self.diagnostics if one.is_error)


def compile_source(source: Source, *, load: Load = read_path, root: str | Path | None = None) -> Compiled:
    """Read, understand and check a text. Never raises for what stands in it.

    `load` reads the files that it imports; `root` is the folder that no import may leave, the file's own unless given.

    >>> compiled = compile_source(Source("a.mpm", "workflow w { step brief takes 2h }"))
    >>> compiled.model.workflows["w"].body[0].takes.value.base, compiled.diagnostics
    (Fraction(7200, 1), ())
    """
    parsed = parse(source)
    bridge = Bridge()
    importer = Importer(Path(root) if root is not None else folder_of(source), load, bridge)
    imported, wrong = importer.of(source, parsed.tree)
    before = len(bridge.faults)
    model = model_from_tree(bridge, parsed.tree, imported)
    diagnostics = [*parsed.diagnostics, *wrong, *map(said, bridge.faults[before:])]
    diagnostics += importer.files_outside(source, bridge)
    if not parsed.tree.statements and diagnostics:
        return Compiled(source, None, _sorted(diagnostics, source), {}, 0, parsed, tuple(importer.sources))
    findings = _findings(Subject(model))
    torn = _ways_torn(model, bridge, parsed)
    kept = [one for one in findings if _worth_saying(one, bridge, parsed) and not (torn and one.code in OF_WAYS)]
    kept, allowed = silence(model, kept)
    diagnostics += [_placed(one, bridge.spans) for one in kept]
    places = places_of(model, bridge.spans)
    return Compiled(source, model, _sorted(diagnostics, source), places, allowed, parsed, tuple(importer.sources))


def check_model(model: Model) -> tuple[Diagnostic, ...]:
    """All findings about a model that has no text; without places, in the order of the checks.

    >>> from mpmflow.model.process import Step, Workflow
    >>> model = Model(workflows=[Workflow(name="w", body=[Step(name="brief", by="nobody", takes="2h")])])
    >>> [finding.message for finding in check_model(model)]
    ['there is no team `nobody`']
    """
    findings, _ = silence(model, _findings(Subject(model)))
    return tuple(_placed(one, {}) for one in findings)


def _findings(subject: Subject) -> list[Finding]:
    found: list[Finding] = []
    for check in ALL:
        found.extend(check(subject))
    return found


OF_WAYS = frozenset({"endless-loop", "no-way-to-end", "unreachable-step", "overloaded-team", "load-not-checked"})
"""Findings that follow from every way of a workflow: one unread outcome may be the way out of a loop."""

OF_ITSELF = frozenset({"shares-sum", "two-rests"})
"""Findings about what stands within one statement, whatever else of its name could not be read."""


def _ways_torn(model: Model, bridge: Bridge, parsed: Parsed) -> bool:
    """Whether a line that could not be read may have held a way of a workflow; the lines of its teams hold none."""
    workflows = [bridge.spans.get((id(one), "")) for one in model.workflows]
    teams = [span for one in model.all_teams if (span := bridge.spans.get((id(one), ""))) is not None]
    return any(
        span.start <= gap.end and gap.start <= span.end and not any(one.start <= gap.start <= one.end for one in teams)
        for span in workflows
        if span is not None and span.source is parsed.source
        for gap in parsed.skipped
    )


def _worth_saying(finding: Finding, bridge: Bridge, parsed: Parsed) -> bool:
    """Whether a finding stands in this file and is no mere consequence of a line that could not be read."""
    span = place_of(bridge.spans, finding.part, finding.clause)
    if span is None or span.source is not parsed.source:
        return span is None
    if not parsed.skipped:
        return True
    whole = bridge.spans.get((id(finding.part), ""))
    name = finding.facts.get("name")
    elsewhere = finding.code not in OF_ITSELF
    if elsewhere and isinstance(name, str) and parsed.mentions_skipped(name.partition(".")[0]):
        return False
    return not parsed.damaged(whole)


def place_of(spans: Mapping[tuple[int, str], Span], part: Any, clause: str) -> Span | None:
    """Where a clause of a part stands; without a place of its own that of the part's name, else of the part."""
    key = id(part)
    if clause:
        for name in (clause, clause.partition(".")[0]):
            span = spans.get((key, name))
            if span is not None:
                return span
    return spans.get((key, "name")) or spans.get((key, ""))


def _placed(finding: Finding, spans: Mapping[tuple[int, str], Span]) -> Diagnostic:
    notes = tuple(
        Note(place_of(spans, where[0], where[1]) if where is not None else None, text) for where, text in finding.notes
    )
    span = place_of(spans, finding.part, finding.clause)
    replacement = None
    near = finding.facts.get("nearest")
    if span is not None and near and finding.facts.get("name") == span.text:
        replacement = near[0]
    return diagnose(finding.code, span, notes=notes, replacement=replacement, **finding.facts)


def _sorted(diagnostics: Iterable[Diagnostic], source: Source) -> tuple[Diagnostic, ...]:
    unique: dict[tuple[Any, ...], Diagnostic] = {}
    for one in diagnostics:
        place = (one.span.file, one.span.start, one.span.end) if one.span else ()
        unique.setdefault((one.code, one.message, place), one)
    return tuple(sorted(unique.values(), key=lambda one: one.sort_key))
