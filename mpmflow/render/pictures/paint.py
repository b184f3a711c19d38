"""Risk on a picture: what an evaluation found, painted on the views of its model.

What a case loses at a place, or how likely a metric misses its target, is heat: a darker fill, a thicker border and
the figure in words. How many cases take a way is its thickness. States of rules are badges that say their state. What
lies on the way from the first headline's cause to what it moves has a double border, or a line in the accent's colour
that is thicker than all others. No figure is made here; all of them stand in the evaluation, or in the visits of the
workflow as it is planned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import Any

from mpmflow.analysis.risk.evaluation import Evaluation, IndicatorFigure, MetricFigure, SpreadFigure
from mpmflow.graphs import attributes as at
from mpmflow.render import palette
from mpmflow.render.dot import Attributes, Markup, padded, rows, stacked
from mpmflow.render.numbers import duration, percent, significant
from mpmflow.render.pictures.legend import BADGES, badge, legend, swatch_words
from mpmflow.render.pictures.unpainted import Unpainted
from mpmflow.render.promises_text import standing, ways_back
from mpmflow.render.risk_names import Names
from mpmflow.render.risk_words import amount, bare_target, chance, change, day, rate_unit

LEAST = 60.0
"""Seconds a case that count as extra time at all; less is not worth a colour."""
SHARES = (0.01, 0.1, 0.33, 0.66)
"""Of the largest extra time in the picture: from where a place is painted with the first, second, … shade."""
CHANCES = (0.05, 0.2, 0.5, 0.8)
"""Probability to miss a target, from where a metric is painted with the first, second, … shade."""
ASPECTS = ("wait", "time", "rounds", "load")
"""What is watched at a place itself, not at one of its outcomes."""
THINNEST, WIDEST, HEADLINE = 0.7, 3.0, 3.6
_STRONG = f'COLOR="{palette.INK}" POINT-SIZE="9"'


class Risk(Unpainted):
    """The painting of one evaluation.

    `visits` are executions of each step and decision per case as planned; what was observed adds to them.
    """

    def __init__(self, evaluation: Evaluation, visits: Mapping[str, float]) -> None:
        self._evaluation = evaluation
        self._names = Names(evaluation)
        self._spread = {row.at: row for row in evaluation.spread if row.kind != "metric"}
        self._metrics = {row.name: row for row in evaluation.metrics}
        self._objectives = {row.name: row for row in evaluation.objectives}
        self._commitments = {row.name: row for row in evaluation.commitments}
        self._teams = {row.name: row for row in evaluation.teams}
        whole = [row for row in evaluation.indicators if row.segment is None]
        self._indicators = {row.name: row for row in whole}
        self._watching = {row.measures: row for row in whole if row.measures and row.rule}
        self._visits = visits
        self._root = evaluation.headlines[0].root if evaluation.headlines else None
        rooted = [
            path for row in evaluation.metrics for path in row.paths if self._root is not None and path[0] == self._root
        ]
        self._steps = {pair for path in rooted for pair in pairwise(path)}
        self._on_path = {name for path in rooted for name in path} | ({self._root} if self._root else set())
        self._worst = {
            kind: max(
                (row.extra_time for row in self._spread.values() if (row.kind == "team") == (kind == "team")),
                default=0.0,
            )
            for kind in ("team", "place")
        }
        self._most = max([1.0, *visits.values()])

    # ---------------------------------------------------------------------------------------- places and ways
    def place(self, name: str, drawn: Attributes) -> Attributes:
        row = self._spread.get(name)
        badges = self._badges(name, rules_of_outcomes=False)
        if name in self._teams:
            load = self._teams[name]
            words = [f"busy {percent(load.load)}, by {self._against} {percent(load.load_before)}"]
            if load.p_overloaded >= 0.5:
                badges.append(badge("alert", "more work than people"))
        else:
            words = []
        own = {f"{name}.{aspect}" for aspect in ASPECTS}
        said = [rows([("the headline starts here", _STRONG)])] if self._root in own else []
        if row is None:
            return _labelled(drawn, rows([(word, _STRONG) for word in words]), *badges, *said)
        return self._lost(row, drawn, words, [*badges, *said])

    def _lost(self, row: SpreadFigure, drawn: Attributes, words: list[str], more: list[Markup]) -> Attributes:
        """What a case loses at a place, with other words and signs below it."""
        heat = self._heat(row)
        words = [*_extra(row, self._worst_of(row)), *words]
        label = _labelled(drawn, rows([(word, _STRONG) for word in words]), *more)
        return _heated(label, heat, self._follows(row))

    def _worst_of(self, row: SpreadFigure) -> float:
        return self._worst["team" if row.kind == "team" else "place"]

    def _heat(self, row: SpreadFigure) -> int:
        return _level(row.extra_time / self._worst_of(row), SHARES) if row.extra_time >= LEAST else 0

    def _follows(self, row: SpreadFigure) -> bool:
        """Whether what a case loses at a place is mostly because of the headline."""
        return self._root is not None and self._heat(row) > 0 and _first(row.time_by) == self._root

    def folded(self, names: tuple[str, ...], drawn: Attributes) -> Attributes:
        held = [self._spread[name] for name in names if name in self._spread]
        by: dict[str, float] = {}
        for row in held:
            for source, part in row.time_by.items():
                by[source] = by.get(source, 0.0) + part
        whole = SpreadFigure("", "step", extra_time=sum(row.extra_time for row in held), time_by=by)
        return self._lost(whole, drawn, [], [])

    def way(self, source: str, facts: Mapping[str, Any], drawn: Attributes) -> Attributes:
        outcome = facts.get(at.OUTCOME)
        flow = self._flow(source, outcome, facts)
        painted = dict(drawn)
        if flow is not None:
            painted["penwidth"] = self._width(flow)
        if outcome is None or facts.get(at.KIND) == "after_limit":
            return painted
        row = self._indicators.get(outcome)
        if row is not None and row.estimate is not None:
            said = f"now about {percent(row.estimate)}"
            painted = _labelled(painted, rows([(said, _STRONG)]), edge=True)
        painted = _labelled(painted, Markup(""), *self._badges(outcome), edge=True)
        if outcome == self._root:
            painted["penwidth"] = HEADLINE
            painted = _labelled(painted, _headline_words("the headline starts here"), edge=True)
        return painted

    def handoff(
        self,
        shares: Sequence[tuple[str, float]],
        ways: Sequence[str],
        drawn: Attributes,
        between: Sequence[tuple[str, str]] = (),
    ) -> Attributes:
        painted = dict(drawn)
        flows = [share * visits for place, share in shares if (visits := self._now(place)) is not None]
        if flows:
            painted["penwidth"] = self._width(sum(flows))
        if self._root in ways:
            painted["penwidth"] = HEADLINE
            painted = _labelled(painted, _headline_words("on the way of the headline"), edge=True)
        return painted

    # ---------------------------------------------------------------------------------------- causes and goals
    def metric(self, name: str, drawn: Attributes) -> Attributes:
        row = self._metrics.get(name)
        if row is None:
            return drawn
        words = _prospect(row)
        heat = _level(row.p_miss, CHANCES) if row.p_miss is not None else 0
        painted = _labelled(drawn, rows([(word, _STRONG) for word in words]), *self._badges(name))
        return _heated(painted, heat, name in self._on_path)

    def indicator(self, name: str, drawn: Attributes) -> Attributes:
        row = self._indicators.get(name)
        words = (
            [] if row is None or row.estimate is None else [f"now about {amount(row.estimate, rate_unit(row.unit))}"]
        )
        painted = _labelled(drawn, rows([(word, _STRONG) for word in words]), *self._badges(name))
        return _heated(painted, 0, bool({name, row.measures if row else name} & self._on_path))

    def question(self, name: str, outcomes: tuple[str, ...]) -> list[Markup]:
        found: list[Markup] = []
        for outcome in outcomes:
            row = self._indicators.get(outcome)
            if row is not None and row.estimate is not None:
                said = f"{outcome.partition('.')[2].replace('_', ' ')}: now about {percent(row.estimate)}"
                found.append(rows([(said, _STRONG)]))
            found += self._badges(outcome)
        found += self._badges(name)
        return [*found, _headline_words("the headline starts here")] if self.starts(name) else found

    def starts(self, name: str) -> bool:
        return self._root is not None and self._root.partition(".")[0] == name

    def whole(self, name: str, drawn: Attributes) -> Attributes:
        return _heated(drawn, 0, any(self._passes(pair, name) for pair in self._steps))

    def influence(self, source: str, target: str, drawn: Attributes) -> Attributes:
        on_path = (source, target) in self._steps
        if source.startswith("decision "):
            on_path = self.starts(source.removeprefix("decision "))
        elif source.startswith("workflow "):
            on_path = self._root is not None and (self._root, target) in self._steps
        return {**drawn, "color": palette.ACCENT, "penwidth": HEADLINE} if on_path else drawn

    def objective(self, name: str, drawn: Attributes) -> Attributes:
        row = self._objectives.get(name)
        if row is None:
            return drawn
        marked = self._root is not None and self._root in row.moved_by
        return self._held(drawn, row.state, row.p_miss, marked)

    def commitment(self, name: str, drawn: Attributes) -> Attributes:
        row = self._commitments.get(name)
        return drawn if row is None else self._held(drawn, row.state, row.p_miss, False)

    def _held(self, drawn: Attributes, state: str, p_miss: float | None, marked: bool) -> Attributes:
        """What somebody is held to: a sign with its state, heat, and while it is open how likely it is missed."""
        passed = state in ("kept", "met", "missed")
        words = [f"{chance(p_miss)} likely to be missed"] if p_miss is not None and not passed else []
        more = [rows([(word, _STRONG) for word in words]), badge(state)]
        return _heated(_labelled(drawn, *more), _level(p_miss, CHANCES) if p_miss is not None else 0, marked)

    # ---------------------------------------------------------------------------------------- what it means
    def told(self, name: str) -> list[str]:
        found: list[str] = []
        row = self._spread.get(name)
        visits = self._now(name)
        if visits is not None:
            found.append(f"{significant(visits)} visits a case")
        if row is not None:
            found.append(
                f"{_signed_time(row.extra_time)} a case against {self._against}{_because(self._names, row.time_by)}"
            )
            if abs(row.extra_visits) >= 0.0005:
                found.append(f"{_signed(100 * row.extra_visits)} visits per 100 cases")
        team = self._teams.get(name)
        if team is not None:
            found.append(
                f"One visit waits {duration(team.wait)} for them, by {self._against} {duration(team.wait_before)}"
            )
        metric = self._metrics.get(name)
        if metric is not None:
            found += _prospect(metric)
            if metric.change:
                moved = _because(self._names, metric.by)
                found.append(f"{change(metric.change, metric.unit)} against {self._against}{moved}")
            if metric.reaches_on is not None:
                found.append(f"Most of it is there by {day(metric.reaches_on)}")
        one = self._indicators.get(name)
        if one is not None:
            found += _seen(one)
        goal = self._objectives.get(name)
        if goal is not None and goal.moved_by:
            found.append(f"Moved by {', '.join(self._names.full(mover) for mover in goal.moved_by[:4])}")
        promise = self._commitments.get(name)
        if promise is not None:
            found += [*standing(promise), *ways_back(self._evaluation, promise, self._names)]
        return found

    def legend(self, view: str) -> Markup:
        evaluation = self._evaluation
        title = f"Risk on {day(evaluation.as_of)}, measured against {self._reference}"
        if view in ("workflow", "handoffs"):
            worst = self._worst["team" if view == "handoffs" else "place"]
            bounds = [duration(share * worst, 2) for share in SHARES] if worst >= LEAST else []
            heat = swatch_words("extra time a case", bounds, "no extra time anywhere")
            flow = "the thicker a line, the more cases take it"
            doubled = [
                row
                for row in self._spread.values()
                if (row.kind == "team") == (view == "handoffs") and self._follows(row)
            ]
        else:
            heat = swatch_words("chance to miss a target", [percent(chance) for chance in CHANCES], "")
            flow, doubled = "", []
        if self._root is None:
            path = "no headline: nothing stands out"
        elif view in ("workflow", "handoffs"):
            path = f"double border: extra time mostly because of the headline, {self._names.full(self._root)}"
            path = path if doubled else ""
        else:
            path = f"double border and thick line: the way of the headline, {self._names.full(self._root)}"
        return legend(title, heat, [flow, path])

    @property
    def _against(self) -> str:
        return "plan" if self._evaluation.reference == "plan" else "reference"

    @property
    def _reference(self) -> str:
        words = {"plan": "the plan", "rework-free": "the same process without rework"}
        return words.get(self._evaluation.reference, self._evaluation.reference.replace("..", " to "))

    # ---------------------------------------------------------------------------------------- figures
    def _badges(self, name: str, *, rules_of_outcomes: bool = True) -> list[Markup]:
        """Badges of the indicators with rules: of a node those of its waits and rounds, of an outcome its own."""
        if name in self._indicators or name in self._watching:
            found = self._watching.get(name) or self._indicators[name]
            return [badge(found.state, found.label)] if found.rule and rules_of_outcomes else []
        mine = [row for key, row in self._watching.items() if key and key.partition(".")[0] == name]
        mine = [row for row in mine if (row.measures or "").partition(".")[2] in ASPECTS]
        return [badge(row.state, row.label) for row in sorted(mine, key=lambda row: row.name)]

    def _now(self, name: str) -> float | None:
        """Visits a case by what was observed, where it is measured against the plan."""
        planned = 1.0 if name.endswith(".start") else self._visits.get(name.removesuffix(".join"))
        row = self._spread.get(name)
        if planned is None or row is None or self._evaluation.reference != "plan":
            return planned
        return max(0.0, planned + row.extra_visits)

    def _flow(self, source: str, outcome: str | None, facts: Mapping[str, Any] | None = None) -> float | None:
        """How often a case takes a way; None where that is not known."""
        visits = self._now(source)
        if outcome is None:
            return visits
        row = self._indicators.get(outcome)
        share = None if row is None else row.estimate if row.estimate is not None else row.expected
        if share is None and facts is not None:
            share = facts.get(at.SHARE)
        return None if visits is None or share is None else visits * share

    def _width(self, flow: float) -> float:
        return round(THINNEST + (WIDEST - THINNEST) * min(1.0, flow / self._most), 2)

    def _passes(self, pair: tuple[str, str], workflow: str) -> bool:
        """Whether a step of the headline's way goes through a workflow: from its indicators to a metric of it."""
        return pair[0] == self._root and pair[1] in self._metrics and workflow in self._evaluation.labels


def _labelled(drawn: Attributes, *more: Markup, edge: bool = False) -> Attributes:
    """The same with rows under its label."""
    parts = [part for part in more if part]
    if not parts:
        return drawn
    label = drawn.get("label", "")
    first = label if isinstance(label, Markup) else rows([(str(label), _STRONG)])
    stack = stacked(first, *parts) if first else stacked(*parts)
    return {**drawn, "label": padded(stack, 3) if edge else stack}


def _heated(drawn: Attributes, level: int, marked: bool) -> Attributes:
    """The same with a shade of heat, and a double border where it lies on the headline's way."""
    painted = dict(drawn)
    if level:
        painted |= {"fillcolor": palette.HEAT[level], "color": palette.HEAT_LINE, "penwidth": 0.8 + 0.6 * level}
        painted["label"] = Markup(str(painted["label"]).replace(palette.QUIET, palette.INK))
    if marked:
        painted["peripheries"] = 2
        painted["color"] = palette.ACCENT
        painted["penwidth"] = min(1.8, float(painted.get("penwidth", 1.1)))
    return painted


def _level(value: float, bounds: tuple[float, ...]) -> int:
    """How many of the bounds a value reaches: the shade it is painted with.

    >>> _level(0.4, SHARES), _level(1.0, SHARES), _level(0.0, SHARES)
    (3, 4, 0)
    """
    return sum(value >= bound for bound in bounds)


def _headline_words(words: str) -> Markup:
    return rows([(words, f'COLOR="{palette.ACCENT}" POINT-SIZE="9"')])


def _extra(row: SpreadFigure, worst: float) -> list[str]:
    """What a place costs a case more, in a line or two; nothing where it is next to nothing."""
    found = []
    if abs(row.extra_time) >= max(LEAST, SHARES[0] * worst):
        found.append(f"{_signed_time(row.extra_time)} a case")
    if abs(row.extra_visits) >= 0.005:
        found.append(f"{_signed(100 * row.extra_visits)} visits per 100 cases")
    return found


def _prospect(row: MetricFigure) -> list[str]:
    found = []
    if row.forecast is not None:
        found.append(f"forecast {amount(row.forecast, row.unit)}" + (f", {day(row.on)}" if row.on else ""))
    if row.p_miss is not None:
        found.append(f"target {bare_target(row)}: {chance(row.p_miss)} likely to miss it")
    return found


def _seen(row: IndicatorFigure) -> list[str]:
    found = []
    if row.estimate is not None:
        found.append(f"now about {amount(row.estimate, rate_unit(row.unit))}")
    if row.expected is not None:
        found.append(f"expected {amount(row.expected, rate_unit(row.unit))}")
    if row.rule:
        found.append(
            f"{row.state}{f' since {day(row.since)}' if row.since and row.state in BADGES else ''}: {row.rule}"
        )
    return found


def _first(by: Mapping[str, float]) -> str | None:
    return max(by, key=lambda name: (abs(by[name]), name)) if by else None


def _because(names: Names, by: Mapping[str, float]) -> str:
    strongest = sorted(by, key=lambda name: (-abs(by[name]), name))[:3]
    return f", because of {', '.join(names.full(name) for name in strongest)}" if strongest else ""


def _signed(value: float) -> str:
    return f"{'+' if value > 0 else '-'}{significant(abs(value), 2)}"


def _signed_time(seconds: float) -> str:
    return f"{'+' if seconds > 0 else '-' if seconds < 0 else '±'}{duration(abs(seconds), 2)}"
