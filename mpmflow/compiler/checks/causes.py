"""Causes: none beside a derived influence, none twice, and feedback that has lag and dies out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from mpmflow.model.expressions import Amount, Binary, Expression, Function, Reference
from mpmflow.model.measures import Cause, Each, Elasticity

from ..components import cycle_within, strong_components
from ..findings import Finding, found
from ..functions import expand
from ..influences import Influence
from .subject import Subject


def declared(subject: Subject) -> Iterator[Finding]:
    """Causes beside an influence that the evaluator derives, causes said twice, causes without a strength."""
    derived = subject.influences.derived
    first: dict[tuple[str, str], Cause] = {}
    aliases = _aliases(subject)
    for cause in subject.model.causes:
        pair = (cause.source, cause.effect)
        if pair in first:
            yield found(
                "duplicate-cause",
                cause,
                "source",
                name=cause.source,
                effect=cause.effect,
                notes=(((first[pair], "source"), "it is said here first"),),
            )
            continue
        first[pair] = cause
        beside = next(
            (
                derived[one, cause.effect]
                for one in [cause.source, *aliases.get(cause.source, ())]
                if (one, cause.effect) in derived
            ),
            None,
        )
        if beside is not None:
            yield found(
                "cause-beside-derived",
                cause,
                "source",
                name=cause.source,
                effect=cause.effect,
                origin=_origin(beside),
                notes=(((beside.part, _clause(beside)), f"`{cause.effect}` is computed here"),),
            )
        if cause.strength is None:
            yield found("cause-without-strength", cause, "source", name=cause.source, effect=cause.effect)


def _aliases(subject: Subject) -> dict[str, list[str]]:
    """The workflow indicators that each named indicator measures."""
    found_: dict[str, list[str]] = defaultdict(list)
    for one in subject.influences.all:
        if one.origin == "alias":
            found_[one.effect].append(one.source)
    return found_


def _origin(influence: Influence) -> str:
    return "the workflow gives it" if influence.origin == "process" else "the formula gives it"


def _clause(influence: Influence) -> str:
    return "measure" if influence.origin == "alias" else "formula"


@dataclass(frozen=True, slots=True)
class _Edge:
    """One influence in a loop: its lag in seconds, its elasticity or gain where known."""

    influence: Influence
    lag: float
    elasticity: float | None
    gain: float | None


def loops(subject: Subject) -> Iterator[Finding]:
    """Loops of influences without lag, and loops that grow instead of dying out."""
    edges: dict[tuple[str, str], _Edge] = {}
    for influence in subject.influences.all:
        edges.setdefault((influence.source, influence.effect), _edge(influence))
    yield from _without_lag(edges)
    ahead = _ahead(edges)
    for component, inner in _loops_of(edges, ahead):
        members = frozenset(component)
        rounds = _rounds(component, inner)
        if rounds is None or rounds < 1:
            continue
        loop = _strongest(component, ahead, members, inner)
        notes = _hops(loop, inner)
        part, clause = _first_declared(loop, inner)
        yield found(
            "growing-loop",
            part,
            clause,
            name=loop[0],
            loop=" -> ".join([*loop, loop[0]]),
            factor=f"{rounds:.3g}",
            notes=notes,
        )


def _without_lag(edges: dict[tuple[str, str], _Edge]) -> Iterator[Finding]:
    instant = {pair: edge for pair, edge in edges.items() if edge.lag == 0}
    ahead = _ahead(instant)
    for component, inner in _loops_of(instant, ahead):
        members = frozenset(component)
        if not any(edge.influence.origin == "declared" for edge in inner.values()):
            continue  # formulas alone: reported as a formula that contains itself
        loop = cycle_within(component[0], ahead, members)
        part, clause = _first_declared(loop, inner)
        yield found(
            "loop-without-lag", part, clause, name=loop[0], loop=" -> ".join([*loop, loop[0]]), notes=_hops(loop, inner)
        )


def _loops_of(
    edges: dict[tuple[str, str], _Edge], ahead: dict[str, list[str]]
) -> Iterator[tuple[list[str], dict[tuple[str, str], _Edge]]]:
    """Every set of names that move each other, with the influences among them."""
    for component in strong_components(ahead):
        if len(component) == 1 and component[0] not in ahead[component[0]]:
            continue
        members = frozenset(component)
        yield (
            component,
            {(one, other): edges[one, other] for one in component for other in ahead[one] if other in members},
        )


def _ahead(edges: dict[tuple[str, str], _Edge]) -> dict[str, list[str]]:
    ways: dict[str, list[str]] = {}
    for source, effect in edges:
        ways.setdefault(source, []).append(effect)
        ways.setdefault(effect, [])
    return ways


def _hops(loop: list[str], edges: dict[tuple[str, str], _Edge]) -> tuple[tuple[Any, str], ...]:
    pairs = zip(loop, [*loop[1:], loop[0]], strict=True)
    notes = []
    for pair in pairs:
        edge = edges[pair]
        clause = "source" if edge.influence.origin == "declared" else _clause(edge.influence)
        how = (
            f"elasticity {edge.elasticity:g}"
            if edge.elasticity is not None
            else f"gain {edge.gain:g}"
            if edge.gain is not None
            else ""
        )
        text = f"`{pair[0]}` moves `{pair[1]}`" + (f" ({how})" if how else "")
        notes.append(((edge.influence.part, clause), text))
    return tuple(notes)


def _first_declared(loop: list[str], edges: dict[tuple[str, str], _Edge]) -> tuple[Any, str]:
    for pair in zip(loop, [*loop[1:], loop[0]], strict=True):
        if edges[pair].influence.origin == "declared":
            return edges[pair].influence.part, "source"
    first = edges[loop[0], loop[1] if len(loop) > 1 else loop[0]]
    return first.influence.part, _clause(first.influence)


def _edge(influence: Influence) -> _Edge:
    part = influence.part
    if influence.origin == "declared":
        lag = float((part.lag.low.base + part.lag.high.base) / 2) if part.lag is not None else 0.0
        strength = part.strength
        if isinstance(strength, Elasticity):
            return _Edge(influence, lag, float(strength.value), None)
        if isinstance(strength, Each):
            return _Edge(influence, lag, None, _number(strength.adds.base / strength.step.base))
        return _Edge(influence, lag, None, None)
    if influence.origin == "process":
        return _Edge(influence, 1.0, None, None)  # a case takes time, so a workflow's figures follow later
    expression = part.measure if influence.origin == "alias" else part.formula
    same = _is_the_same(expression, influence.source)
    return _Edge(influence, 0.0, 1.0 if same else elasticity_of(expression, influence.source), 1.0 if same else None)


def _number(gain: Fraction) -> float | None:
    """A gain as a number; None for one beyond all numbers, which only a slip of the pen makes."""
    try:
        return float(gain)
    except OverflowError:
        return None


def _is_the_same(expression: Expression, name: str) -> bool:
    if isinstance(expression, Function) and expression.function == "rate" and len(expression.arguments) == 1:
        expression = expression.arguments[0]
    return isinstance(expression, Reference) and expression.name == name


def elasticity_of(expression: Expression, name: str) -> float | None:
    """Per cent of change of a product of powers per per cent of one of its factors; None for other formulas.

    >>> ratio = Binary(operator="/", left=Reference(name="spend"), right=Reference(name="leads"))
    >>> elasticity_of(ratio, "leads")
    -1.0
    """
    if isinstance(expression, Reference):
        return 1.0 if expression.name == name else 0.0
    if isinstance(expression, Amount):
        return 0.0
    if isinstance(expression, Function):
        written = expand(expression)
        return None if written is expression else elasticity_of(written, name)
    if isinstance(expression, Binary):
        left, right = elasticity_of(expression.left, name), elasticity_of(expression.right, name)
        if left is None or right is None:
            return None
        if expression.operator == "*":
            return left + right
        if expression.operator == "/":
            return left - right
        if expression.operator == "^" and isinstance(expression.right, Amount):
            return left * float(expression.right.value.base)
    return None


def _strengths(inner: dict[tuple[str, str], _Edge]) -> dict[tuple[str, str], float] | None:
    """The strengths of all edges on one scale, or None where they are of different kinds or unknown."""
    for kind in ("elasticity", "gain"):
        values = {pair: getattr(edge, kind) for pair, edge in inner.items()}
        if all(value is not None for value in values.values()):
            return values
    return None


def _rounds(component: list[str], inner: dict[tuple[str, str], _Edge]) -> float | None:
    """By how much a change is multiplied when it has gone once round; below 1 it dies out. None where unknown."""
    strengths = _strengths(inner)
    if strengths is None:
        return None
    radius = _radius(component, {pair: abs(value) for pair, value in strengths.items()})
    if radius < 1 or all(value >= 0 for value in strengths.values()) or len(inner) == len(component):
        return radius
    return radius if _grows(component, inner, strengths) else 0.0


def _radius(component: list[str], strengths: dict[tuple[str, str], float]) -> float:
    """The spectral radius of a matrix without negative entries, by power iteration on I + A (which is primitive)."""
    if len(strengths) == len(component):
        product = 1.0
        for value in strengths.values():
            product *= value
        return float(product ** (1 / len(component)))
    vector = dict.fromkeys(component, 1.0)
    grown = 1.0
    for _ in range(500):
        new = dict(vector)
        for (source, effect), value in strengths.items():
            new[effect] += value * vector[source]
        grown = max(new.values())
        vector = {name: value / grown for name, value in new.items()}
    return grown - 1.0


def _grows(component: list[str], inner: dict[tuple[str, str], _Edge], strengths: dict[tuple[str, str], float]) -> bool:
    """Whether a push keeps growing, followed in steps of the shortest lag; for loops that also damp each other."""
    lags = [edge.lag for edge in inner.values() if edge.lag > 0]
    if not lags:
        return False
    step = max(min(lags), max(lags) / 50)
    delays = {pair: max(1, round(edge.lag / step)) for pair, edge in inner.items()}
    longest = max(delays.values())
    history: list[dict[str, float]] = [dict.fromkeys(component, 0.0) for _ in range(longest - 1)]
    history.append(dict.fromkeys(component, 1.0))
    peaks: list[float] = []
    for _ in range(40 * longest):
        new = dict.fromkeys(component, 0.0)
        for (source, effect), value in strengths.items():
            new[effect] += value * history[-delays[source, effect]][source]
        history.append(new)
        peaks.append(max(map(abs, new.values())))
        if peaks[-1] > 1e9:
            return True
    return max(peaks[-longest:]) > max(peaks[: 4 * longest])


def strongest_factor(loop: list[str], strengths: dict[tuple[str, str], float]) -> float:
    """The product of the strengths along a loop."""
    product = 1.0
    for pair in zip(loop, [*loop[1:], loop[0]], strict=True):
        product *= strengths[pair]
    return product


def _strongest(
    component: list[str], ahead: dict[str, list[str]], members: frozenset[str], inner: dict[tuple[str, str], _Edge]
) -> list[str]:
    """Of a shortest loop through each member, the one that multiplies a change most."""
    strengths = _strengths(inner) or {}
    found_ = [cycle_within(name, ahead, members) for name in component]
    return max(found_, key=lambda loop: abs(strongest_factor(loop, strengths)))
