"""The declared text with fitted numbers: the same file, its comments, order and layout, and the intervals beside them.

Numbers are replaced where they stand, by the places that the compiler keeps. The interval of each stands in a comment
at the end of its line, behind whatever comment was there; fitting a fitted file replaces it. A text that was in the
canonical style is in it again.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from mpmflow.compiler.clauses import arrivals_text, duration_text, share_text
from mpmflow.compiler.pipeline import compile_source
from mpmflow.diagnostics.source import Source, Span
from mpmflow.model.process import AtMost, PoissonArrivals, Share, Works
from mpmflow.model.quantities import write_number
from mpmflow.syntax import tree
from mpmflow.syntax.comments import comments_of
from mpmflow.syntax.format import format_source
from mpmflow.syntax.parse import parse

from .fitted import FittedNumber, ObservedHours
from .hours import works_text

SIGN = "fitted: "
_SAID = re.compile(r"(?:^#|;)\s*" + SIGN + r".*$")
_RATE = re.compile(r"[^\s]+( per .*)", re.DOTALL)
_TIME = re.compile(r"\d(s|min|h|d|w)\b")
_SIZES = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0, "w": 604800.0}
_BETWEEN = re.compile(r"[\s,]*(?:works\s*)?")


@dataclass(frozen=True, slots=True, order=True)
class _Edit:
    """New words for a stretch of the text."""

    start: int
    end: int
    words: str


def fitted_text(
    source: Source,
    places: Mapping[str, Span],
    changes: Mapping[str, Any],
    numbers: Sequence[FittedNumber],
    hours: Sequence[ObservedHours],
) -> tuple[str, tuple[str, ...]]:
    """The text of a file with the changes made that stand in it.

    Args:
        source: the file; places: where everything stands, `Compiled.places`.
        changes: clause -> new value, as `Fit.changes`.
        numbers, hours: what is said of them.

    Returns the text, and the clauses that were not changed because they stand in another file.
    """
    plain = _without_remarks(source)
    canonical = _is_canonical(source)
    edits: list[_Edit] = []
    elsewhere: list[str] = []
    works = _works_places(source) if any(clause.endswith("/works") for clause in changes) else {}
    for clause, value in changes.items():
        name, _, field = clause.partition("/")
        place = works.get(name) if field == "works" else places.get(clause)
        if place is None or place.file != source.name or place.source.text != source.text:
            elsewhere.append(clause)
        else:
            edits.append(_Edit(place.start, place.end, _words(value, place.text)))
    text = _replaced(source.text, [*plain, *edits])
    if canonical:
        text = format_source(Source(source.name, text))
    said = {clause: _said(clause, numbers, hours) for clause in changes if clause not in elsewhere}
    return _remarked(Source(source.name, text), said), tuple(elsewhere)


def _is_canonical(source: Source) -> bool:
    return format_source(source) == source.text


def _words(value: Any, before: str) -> str:
    """The new words of a clause; a rate keeps the words of its time."""
    if isinstance(value, PoissonArrivals) and (rate := _RATE.fullmatch(before)):
        return f"{write_number(value.cases)}{rate.group(1)}"
    if isinstance(value, Share):
        return share_text(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, AtMost):
        return f"at most {value.times} then -> {value.target}"
    if isinstance(value, tuple) and all(isinstance(one, Works) for one in value):
        return works_text(value).replace(", ", ", works ")
    return duration_text(value) if hasattr(value, "law") else arrivals_text(value)


def _said(clause: str, numbers: Sequence[FittedNumber], hours: Sequence[ObservedHours]) -> str:
    """What a comment says of a clause."""
    name, _, field = clause.partition("/")
    if field == "works":
        found = next(one for one in hours if one.of == name)
        return f"{found.inside:.0%} of {found.stamps} stamps lie within"
    wanted = {"share": name, "at_most": f"{name}.at_most"}.get(field, f"{name}.{field}")
    rows = [one for one in numbers if one.name == wanted]
    return " then ".join(_interval(row) for row in sorted(rows, key=lambda row: row.visit or 0))


def _interval(row: FittedNumber) -> str:
    if row.kind == "at_most":
        return row.note
    count = f"n {max(round(row.count), 1)}"
    if row.kind == "people":
        return row.note
    if row.low is None or row.high is None:
        return count
    low, value, high = (shown(row, figure) for figure in (row.low, row.value, row.high))
    mean = f"mean {value}, " if row.kind in ("takes", "waits", "gap") else ""
    return f"{mean}{low} to {high}, {count}"


def shown(row: FittedNumber, value: float) -> str:
    """A value of a fitted number as people read it, with three digits.

    >>> row = FittedNumber("a.no", "share", "20%", "21%", 0.2, 0.21, 0.18, 0.25, 80.0)
    >>> shown(row, 0.1834)
    '18.3%'
    """
    if row.kind == "share":
        return f"{round(100 * value, 4):.3g}%"
    if row.kind == "arrivals":
        per = (row.declared or row.fitted).rpartition(" per ")[2]
        sizes = {"h": 3600.0, "d": 86400.0, "w": 604800.0, "mo": 2629800.0, "y": 31557600.0}
        found = re.fullmatch(r"(\d*)\s*(\w+)", per)
        size = sizes.get(found.group(2), 604800.0) * float(found.group(1) or 1) if found else 604800.0
        return f"{_figure(value * size)}"
    if row.kind in ("people", "at_most", "batch"):
        return f"{value:.0f}"
    unit = _TIME.search(row.fitted)
    word = unit.group(1) if unit else "s"
    return f"{_figure(value / _SIZES[word])}{word}"


def _figure(value: float) -> str:
    text = f"{value:.3g}"
    return f"{float(text):.0f}" if "e" in text and value >= 1 else text


def _works_places(source: Source) -> dict[str, Span]:
    """Where the working hours of each team stand, from the first to the last, if nothing else stands between."""
    found = {}
    for team in _teams(parse(source).tree.statements):
        spans = [one.span for one in team.works if one.span is not None]
        between = (source.text[one.end : two.start] for one, two in pairwise(spans))
        if spans and all(_BETWEEN.fullmatch(words) for words in between):
            found[team.name.text] = spans[0].to(spans[-1])
    return found


def _teams(statements: Sequence[Any]) -> Iterator[tree.Team]:
    for statement in statements:
        if isinstance(statement, tree.Team):
            yield statement
        elif isinstance(statement, tree.Workflow):
            yield from _teams(statement.body)


def _replaced(text: str, edits: Sequence[_Edit]) -> str:
    """The text with all edits made; they do not overlap."""
    parts, at = [], 0
    for edit in sorted(edits):
        parts += [text[at : edit.start], edit.words]
        at = edit.end
    return "".join([*parts, text[at:]])


def _without_remarks(source: Source) -> list[_Edit]:
    """The edits that take out what an earlier fit said."""
    edits = []
    for comment in comments_of(source):
        left = _SAID.sub("", comment.text).rstrip()
        if left == comment.text:
            continue
        start = comment.span.start
        if not left.strip("# "):
            start = len(source.text[:start].rstrip(" "))
            left = ""
        edits.append(_Edit(start, comment.span.end, left))
    return edits


def _remarked(source: Source, said: Mapping[str, str]) -> str:
    """The text with a comment at the end of each line that has a fitted number; `said` is clause -> what it says."""
    places = {**compile_source(source).places, **{f"{team}/works": at for team, at in _works_places(source).items()}}
    comments = {comment.span.line: comment for comment in comments_of(source)}
    by_line: dict[int, list[str]] = {}
    for clause in sorted((one for one in said if one in places), key=lambda one: places[one].start):
        by_line.setdefault(source.place(places[clause].end)[0], []).append(clause)
    edits = []
    for line, clauses in by_line.items():
        told = [said[clauses[0]]] if len(clauses) == 1 else [f"{_short(one)} {said[one]}" for one in clauses]
        words = SIGN + "; ".join(told)
        comment = comments.get(line)
        if comment is not None:
            edits.append(_Edit(comment.span.end, comment.span.end, f"; {words}"))
        else:
            end = source.offset(line, 1) + len(source.line(line).rstrip())
            edits.append(_Edit(end, end, f"  # {words}"))
    return _replaced(source.text, edits)


def _short(clause: str) -> str:
    """What a clause is called among others of its line: `takes`, `fix`, `people`."""
    name, _, field = clause.partition("/")
    return name.rpartition(".")[2] if field == "share" else "bound" if field == "at_most" else field
