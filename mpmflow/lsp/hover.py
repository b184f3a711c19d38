"""What an editor shows of a name under the pointer, as Markdown: what it is, its line, and what it gives."""

from __future__ import annotations

from mpmflow.compiler.functions import find_function
from mpmflow.compiler.names import MEASURES, WORDS
from mpmflow.model.process import Decision
from mpmflow.syntax import tree

from .written import Mark, Written

_MEASURED = {
    "rounds": "mean visits per case",
    "wait": "how long cases wait in front of it",
    "time": "how long a visit takes",
    "load": "the busy share of its people",
    "arrivals": "how many cases come in a time",
    "open": "how many cases are under way",
}
LONGEST = 400


def hover_of(written: Written, mark: Mark) -> str | None:
    """The text for a name; None where nothing is known of it."""
    named = written.named(mark.id)
    if named is None:
        return None
    label = getattr(named.part, "label", None) if named.kind not in ("measure", "lever") else None
    words = WORDS[named.kind].partition(" ")[2] if named.kind != "end" else "end"
    lines = [f"**{words}** `{named.name}`" + (f" — {_plain(label)}" if label else "")]
    if named.aspect in _MEASURED and named.kind == "measure":
        lines.append(f"{_MEASURED[named.aspect]}, of `{named.owner.name}`")
    if named.kind == "outcome":
        lines.append("A leading indicator by itself: the share of the decision's visits that take it.")
    span = written.declared(mark.id) or written.declared(mark.id.partition(".")[0])
    if span is not None:
        line = span.source.line(span.line).strip()
        lines.append(f"```mpm\n{line[:LONGEST]}\n```")
        if span.source is not written.source:
            lines.append(f"in {_plain(span.file)}, line {span.line}")
    gives = [f"{named.name}.{one}" for one in MEASURES.get(named.kind, ())]
    if isinstance(named.part, Decision) and named.kind == "decision":
        gives = [*(f"{named.name}.{one.name}" for one in named.part.outcomes), *gives]
    if gives:
        lines.append("gives " + ", ".join(f"`{one}`" for one in gives))
    return "\n\n".join(lines)


def function_hover(written: Written, offset: int) -> str | None:
    """The text for a function of a formula."""
    parsed = written.compiled.parsed
    for call in _calls(parsed.tree) if parsed is not None else ():
        span = call.name.span
        if span is not None and span.start <= offset <= span.end:
            entry = find_function(call.name.text)
            if entry is None:
                return None
            lines = [*(f"`{usage}`" for usage in entry.usage), entry.meaning]
            lines += [f"= {entry.formula}"] if entry.formula else []
            return "\n\n".join(lines)
    return None


def _calls(node: object) -> list[tree.FunctionCall]:
    found = [node] if isinstance(node, tree.FunctionCall) else []
    for field in getattr(node, "__match_args__", ()):
        value = getattr(node, field)
        for one in value if isinstance(value, tuple) else (value,):
            found += _calls(one)
    return found


def _plain(text: str) -> str:
    """A text of a file in Markdown, where its signs mean nothing."""
    return "".join(f"\\{sign}" if sign in r"\`*_{}[]()#+-.!<>|" else sign for sign in text[:LONGEST])
