"""Learned strengths in a text: `learned` becomes `each +1 adds x`, or stays, with a comment that says why."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mpmflow.compiler.pipeline import compile_source
from mpmflow.diagnostics.source import Source, Span
from mpmflow.model.measures import Cause, Each, Saturating
from mpmflow.model.model import Model
from mpmflow.model.quantities import write_quantity
from mpmflow.syntax.comments import comments_of
from mpmflow.syntax.format import format_source

from .learned import LearnedCause
from .written import written

SIGN = "fitted: "
"""Begins what a fit says in a comment; the next fit takes it out."""


def with_learned(model: Model, text: str, name: str, causes: Sequence[LearnedCause]) -> tuple[Model, str]:
    """The model and its text with what was learned in the place of `learned`.

    Causes of imported files are left as they are: their text is another one.
    """
    found = {(one.source, one.effect): one for one in causes}
    source = Source(name, text)
    canonical = format_source(source) == text
    places = _strengths(source)
    edits: list[tuple[int, int, str]] = []
    changed, told = [], {}
    for cause in model.causes:
        key = f"cause:{cause.source}->{cause.effect}/strength"
        one = found.get((cause.source, cause.effect))
        if one is None or not (cause.strength is None or cause.strength.kind == "learned"):
            changed.append(cause)
            continue
        made = written(model, one, cause)
        changed.append(made or cause)
        if key in places:
            told[key] = one
            if made is not None:
                edits.append((places[key].start, places[key].end, _words(cause, made)))
    text = _edited(text, edits)
    if canonical:
        text = format_source(Source(name, text))
    return model.model_copy(update={"causes": tuple(changed)}), _remarked(Source(name, text), told)


def _strengths(source: Source) -> dict[str, Span]:
    """Where the strength of each cause stands in this text."""
    places = compile_source(source).places
    return {
        key: place
        for key, place in places.items()
        if key.startswith("cause:") and key.endswith("/strength") and place.source.text == source.text
    }


def _words(cause: Cause, made: Cause) -> str:
    """What stands for `learned`: the strength, and what its author has not said of confidence and evidence."""
    how = made.strength
    assert isinstance(how, Each | Saturating)
    words = (
        f"each +{write_quantity(how.step)} adds {write_quantity(how.adds)}"
        if isinstance(how, Each)
        else f"saturates at {write_quantity(how.most)} with half at {write_quantity(how.half)}"
    )
    if cause.confidence is None and made.confidence is not None:
        words += f", confidence {float(made.confidence):.0%}"
    if cause.evidence is None and made.evidence is not None:
        words += f', evidence associated "{made.evidence.note}"'
    return words


def _remarked(source: Source, told: Mapping[str, LearnedCause]) -> str:
    """The text with a comment at the end of the line of each learned strength."""
    places = _strengths(source)
    comments = {comment.span.line: comment for comment in comments_of(source)}
    edits = []
    for key, one in told.items():
        if key not in places:
            continue
        line = source.place(places[key].end)[0]
        comment = comments.get(line)
        end = comment.span.end if comment else source.offset(line, 1) + len(source.line(line).rstrip())
        edits.append((end, end, f"{'; ' if comment else '  # '}{SIGN}{remark(one)}"))
    return _edited(source.text, edits)


def _edited(text: str, edits: Sequence[tuple[int, int, str]]) -> str:
    for start, end, words in sorted(edits, reverse=True):
        text = text[:start] + words + text[end:]
    return text


def remark(told: LearnedCause) -> str:
    """What a comment says of a learned cause."""
    if told.found and told.low is not None and told.high is not None:
        low, high = sorted((told.low * told.scale, told.high * told.scale))
        unit = f" {told.unit}" if told.unit else ""
        return f"{low:.2g} to {high:.2g}{unit} per {told.step}, n {told.periods} periods; predictive, not causal"
    return told.why
