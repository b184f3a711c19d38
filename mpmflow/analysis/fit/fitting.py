"""The fit: every number of a model that its log can tell, beside the declared one.

Shares come from `shares`, times from `times`, arrivals and people from `teams`, hours from `hours`. Here they meet the
text: which number a clause declares, whether the data contradict it, and what stands in its place.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from mpmflow.analysis.exact.laws_of import Samples, law_of
from mpmflow.analysis.results import provenance
from mpmflow.compiler.clauses import duration_text, share_text
from mpmflow.diagnostics.errors import DataError
from mpmflow.diagnostics.source import Source, Span
from mpmflow.graphs.work_time import timing, work_time
from mpmflow.model.distributions import Empirical, Law
from mpmflow.model.flow import goes_on
from mpmflow.model.flow import shares as declared_shares
from mpmflow.model.imports import all_workflows
from mpmflow.model.model import Model
from mpmflow.model.process import (
    AtMost,
    Choose,
    Decision,
    Outcome,
    Share,
    Step,
    Team,
    Workflow,
)
from mpmflow.model.spells import Spells
from mpmflow.numerics.statistics.estimates import HALF_LIFE, OutcomePosterior
from mpmflow.numerics.statistics.fitted_laws import observed_quantiles

from . import shares as deciding
from . import written
from .beliefs import of_share, of_time
from .capacity import Capacity
from .changed import changed
from .fitted import FEWEST, Fit, FittedNumber, LogRead
from .hours import WeekHours
from .text import fitted_text
from .times import NodeTimes, Times, node_times
from .window import Window

EMPIRICAL_FROM, MISSED = 30, 0.05
"""Times from which a law is judged, and the gap to what was observed above which it misses them."""
QUANTILES = 100
"""How many times stand for all in the file of an `empirical` law."""
_FEW = f"fewer than {FEWEST:.0f} observations say too little"


def fit(
    model: Model,
    spells: Spells,
    *,
    memory: float | None = HALF_LIFE,
    since: date | datetime | None = None,
    samples: Samples | None = None,
    empirical: str | None = None,
    source: Source | None = None,
    places: Mapping[str, Span] | None = None,
) -> Fit:
    """Fit a model to the spells of its log.

    Args:
        spells: what the log tells, from `readers.spells.read_spells`.
        memory: weeks after which what was seen counts half; None forgets nothing.
        since: nothing that began before it counts.
        samples: observed times of the `empirical` laws that the model has.
        empirical: the file in which times that no law describes are kept, as an `empirical` law; None takes the best
            law all the same.
        source, places: the text that the model was read from and the places in it; without them the text of the
            answer is that of the fitted model in canonical style.

    Raises DataError when nothing is left from `since` on.
    """
    found = _Fitting(model, spells, memory, since, samples or {}, empirical).answer()
    if source is None:
        return replace(found, text=found.model.to_text())
    text, elsewhere = fitted_text(source, places or {}, found.changes, found.numbers, found.hours)
    told = f"Not changed, for they stand in another file: {', '.join(elsewhere)}." if elsewhere else ""
    return replace(found, text=text, notes=(*found.notes, *([told] if told else [])))


class _Fitting:
    def __init__(
        self,
        model: Model,
        spells: Spells,
        memory: float | None,
        since: date | datetime | None,
        samples: Samples,
        empirical: str | None,
    ) -> None:
        self.model, self.spells, self.samples, self.empirical = model, spells, samples, empirical
        self.memory, self.since = memory, since
        start = _moment(since) if since is not None else None
        if start is not None and start >= spells.until:
            last = datetime.fromtimestamp(spells.until, UTC).date() - timedelta(days=1)
            raise DataError(f"nothing is left from {since} on: the log is known up to {last}", file=spells.label)
        self.window = Window(spells.until, start, memory)
        self.teams: dict[str, Team] = {team.name: team for team in model.all_teams}
        self.workflows = list(all_workflows(model))
        self.changes: dict[str, Any] = {}
        self.kept: dict[tuple[str, str], tuple[float, ...]] = {}
        self.notes: list[str] = list(spells.notes)

    def answer(self) -> Fit:
        capacity = Capacity(self.spells, self.window, self.samples, self.teams, self.workflows, self.changes)
        hours = tuple(capacity.hours())  # first, for work is counted in the hours that are found
        numbers = [*self._all_shares(), *capacity.arrivals(), *self._all_times(), *capacity.people()]
        told = [one for one in numbers if one.declared is not None]
        untold = [one for one in numbers if one.declared is None]
        # A stable sort: what is equally surprising stays in the order of the text.
        told.sort(key=lambda one: (not one.contradicted, -round(one.surprise, 6)))
        if not numbers:
            self.notes.append("Nothing of the log says anything about the numbers of the file.")
        elif not any(one.count for one in numbers):
            raise DataError("nothing in it began from that day on", file=self.spells.label)
        return Fit(
            model=changed(self.model, self.changes),
            numbers=(*told, *untold),
            hours=hours,
            log=self._read(),
            changes=dict(sorted(self.changes.items())),
            samples=self.kept,
            notes=tuple(dict.fromkeys((*self._general_notes(), *self.notes))),
            provenance=provenance(self.model, data=self.spells.source),
        )

    def _read(self) -> LogRead:
        spells = self.spells
        return LogRead(
            label=spells.label,
            first=datetime.fromtimestamp(spells.first, UTC),
            until=datetime.fromtimestamp(spells.until, UTC),
            since=datetime.fromtimestamp(self.window.since, UTC) if self.window.since is not None else None,
            half_life=self.memory,
            cases=spells.cases,
            ended=spells.ended,
            events=spells.events,
            unmatched=spells.unmatched,
            deviations=spells.deviations,
        )

    def _general_notes(self) -> Iterator[str]:
        if self.spells.by_day:
            yield "Times in the log are whole days: shorter ones, and the hours of a day, cannot be told from it."
        if any(outcome.delay for _, node in self._deciding() for outcome in node.outcomes):
            yield "Delays of outcomes are not fitted; times behind them are left out."

    def _deciding(self) -> Iterator[tuple[Workflow, Decision | Choose]]:
        for workflow in self.workflows:
            for node in workflow.nodes():
                if isinstance(node, Decision | Choose):
                    yield workflow, node

    # ------------------------------------------------------------------------------------------ shares

    def _all_shares(self) -> Iterator[FittedNumber]:
        counts = deciding.censored_decisions(self.model, self.spells, self.window)
        nodes = {node.name: node for _, node in self._deciding() if node.name in counts}
        plans = {name: [float(row[0]) for row in declared_shares(node.outcomes)] for name, node in nodes.items()}
        lent: dict[str, Any] = {}
        for effect in ("scrap", "rework"):
            kinds = {name: deciding.effects(node.outcomes, effect) for name, node in nodes.items()}
            totals = {name: found.counts.sum(axis=0) for name, found in counts.items()}
            lent |= deciding.pooled_priors(totals, kinds, plans)
        for name, node in nodes.items():
            found = self._without_given_up(node, counts[name], plans[name])
            if not found.made > 0.0:
                continue
            prior = deciding.prior_counts(plans[name], lent.get(name))
            yield from self._shares(node, found, deciding.posteriors(found, prior), pooled=name in lent)
            yield from self._bounds(node, found)
        if lent:
            self.notes.append(
                f"{len(lent)} decisions of a kind lend each other strength: shares that rest on little are drawn "
                "towards those of the others."
            )

    def _without_given_up(
        self, node: Decision | Choose, found: deciding.CensoredCounts, plan: list[float]
    ) -> deciding.CensoredCounts:
        """The counts without those of outcomes that are declared at 0 % and taken no more."""
        spells, table = self.spells.decisions[node.name], found.counts.copy()
        for index, declared in enumerate(plan):
            if declared > 0.0 or not table[:, index].any():
                continue
            if deciding.given_up(spells, index, len(plan), found, self.window):
                table[:, index] = 0.0
                outcome = f"{node.name}.{node.outcomes[index].name}"
                self.notes.append(f"{outcome} was taken once and no longer is: it keeps the 0 % of the text.")
        return replace(found, counts=table)

    def _shares(
        self, node: Decision | Choose, found: deciding.CensoredCounts, laws: tuple[OutcomePosterior, ...], pooled: bool
    ) -> Iterator[FittedNumber]:
        table = [law.mean.tolist() for law in laws]
        given = [outcome.share for outcome in node.outcomes]
        passing = goes_on(node.outcomes)
        resting = node.outcomes.index(passing) if passing is not None else int(np.argmax(table[0]))
        values = written.shares(table, given, found.made, resting)
        plan = declared_shares(node.outcomes)
        plan_rows = list(zip(*plan, strict=True))
        length = max(found.visits, len(plan[0]) if any(share and share.varies for share in given) else 1)
        if any(share is not None and sum(row) > 1 for row, share in zip(plan, given, strict=True) if len(row) == 1):
            length = found.visits
        for index, outcome in enumerate(node.outcomes):
            value = values[index]
            if value is None:
                continue
            none = not any(row[index] for row in plan_rows) and not any(value.by_visit)
            few = found.made < FEWEST
            if not few and not none:
                self.changes[f"{node.name}.{outcome.name}/share"] = value
            for visit in range(length):
                row = laws[min(visit, found.visits - 1)]
                declared = float(plan[index][min(visit, len(plan[index]) - 1)])
                share = value.by_visit[min(visit, len(value.by_visit) - 1)]
                shown = share_text(Share(by_visit=(share,))) if value.counted is None else share_text(value)
                belief = of_share(row, index)
                note = "; ".join(
                    part
                    for part in (
                        "open decisions counted by the gamma law of their waits"
                        if "gamma waits" in found.methods
                        else "",
                        "drawn towards decisions of the same kind"
                        if pooled and row.prior.sum() > 0.1 * row.counts.sum()
                        else "",
                    )
                    if part
                )
                yield FittedNumber(
                    name=f"{node.name}.{outcome.name}",
                    kind="share",
                    visit=visit + 1 if length > 1 else None,
                    declared=_declared_share(outcome, visit, length),
                    fitted=shown,
                    declared_value=declared,
                    value=float(share),
                    count=float(found.counts[min(visit, found.visits - 1)].sum()),
                    open=found.open,
                    written=not few and not none,
                    why_not=_FEW if few else "as declared" if none else "",
                    note=note,
                    **belief.against(declared),
                )

    def _bounds(self, node: Decision | Choose, found: deciding.CensoredCounts) -> Iterator[FittedNumber]:
        total = found.counts.sum(axis=0)
        for index, outcome in enumerate(node.outcomes):
            if not (outcome.rework or outcome.at_most):
                continue
            share = float(total[index] / total.sum()) if total.sum() else 0.0
            seen = deciding.rounds(self.spells.decisions[node.name], index, len(node.outcomes), share, self.window)
            if seen is None or not (outcome.at_most or seen.bounded):
                continue
            # Once the bound is reached the outcome leads elsewhere: it is taken once more, and then no more.
            allowed = outcome.at_most.times + 1 if outcome.at_most else None
            broken = allowed is not None and seen.most > allowed
            value = seen.most - 1 if broken else outcome.at_most.times if outcome.at_most else seen.most
            if broken and outcome.at_most:
                self.changes[f"{node.name}.{outcome.name}/at_most"] = AtMost(times=value, target=outcome.at_most.target)
            most = "once" if seen.most == 1 else f"{seen.most} times"
            told = f"at most {most} in a case, in {seen.cases} of them"
            if seen.bounded and not outcome.at_most:
                told += "; without a bound it would have been more often"
            yield FittedNumber(
                name=f"{node.name}.{outcome.name}.at_most",
                kind="at_most",
                declared=f"at most {outcome.at_most.times}" if outcome.at_most else None,
                fitted=f"at most {value}",
                declared_value=float(outcome.at_most.times) if outcome.at_most else None,
                value=float(value),
                low=None,
                high=None,
                count=float(seen.cases),
                contradicted=broken,
                surprise=99.0 if broken else 0.0,
                written=broken,
                why_not="" if broken else "as declared" if outcome.at_most else "the text has no bound",
                note=f"taken {told}",
            )

    # ------------------------------------------------------------------------------------------ times

    def _all_times(self) -> Iterator[FittedNumber]:
        hours: dict[str, WeekHours] = {}
        for workflow in self.workflows:
            for node in workflow.nodes():
                if not isinstance(node, Step | Decision | Choose):
                    continue
                team = self.teams.get(node.by or "")
                works = self.changes.get(f"{node.by}/works", team.works if team is not None else ())
                if works:
                    hours[node.name] = WeekHours.of(works)
        found = node_times(self.spells, self.window, hours)
        for workflow in self.workflows:
            for node in workflow.nodes():
                if isinstance(node, Step | Decision | Choose) and node.name in found:
                    yield from self._node(node, found[node.name])

    def _node(self, node: Step | Decision | Choose, found: NodeTimes) -> Iterator[FittedNumber]:
        queue = f"the wait in front of it holds the queue for {node.by}" if node.by else ""
        if found.work is not None:
            yield from self._time(node, "takes", found.work, "" if node.takes else "the text has no `takes` here")
        if found.wait is not None and found.wait.seen:
            why = queue or ("" if node.waits else "the text has no `waits` here")
            yield from self._time(node, "waits", found.wait, why)
        if found.whole is None:
            return
        if node.takes is None and node.waits is None:
            yield from self._time(node, "time", found.whole, "the text has no time here")
        elif node.waits is None and not node.by:
            yield from self._time(node, "takes", found.whole, "")
        elif node.takes is None and not node.by:
            yield from self._time(node, "waits", found.whole, "")
        else:
            why = "the log says only when it was over: work and waiting cannot be told apart"
            yield from self._time(node, "time", found.whole, why)

    def _time(self, node: Step | Decision | Choose, kind: str, data: Times, why_not: str) -> Iterator[FittedNumber]:
        laws = data.laws()
        if not laws:
            return
        best = laws[0]
        why_not = why_not or (_FEW if best.closed < FEWEST else "")
        team = work_time(self.teams.get(node.by or "")) if kind == "takes" else work_time(None)
        before: Law | None = getattr(node, kind, None) if kind != "time" else None
        declared = self._declared(node, before, team) if before is not None else None
        fitted: Law = written.duration(best, before, not team.always)
        note = ""
        if best.distance > MISSED and data.seen >= EMPIRICAL_FROM:
            if self.empirical is not None and not why_not:
                times = observed_quantiles(data.seconds, data.over, data.weight, QUANTILES)
                column = f"{node.name}_{kind}"
                self.kept[self.empirical, column] = tuple(round(float(one), 3) for one in times)
                fitted = Empirical(file=self.empirical, column=column)
                note = f"no law of the language describes them; the best, {best.name}, misses by {best.distance:.0%}"
            else:
                note = f"the best law misses the observed times by up to {best.distance:.0%}"
        if not why_not:
            self.changes[f"{node.name}/{kind}"] = fitted
        mean = best.mean
        yield FittedNumber(
            name=f"{node.name}.{kind}",
            kind=kind,
            declared=duration_text(before) if before is not None else None,
            fitted=duration_text(fitted),
            declared_value=declared,
            value=mean.mean,
            count=mean.count,
            open=best.open,
            written=not why_not,
            why_not=why_not,
            distance=best.distance,
            note=note,
            **of_time(best, mean).against(declared),
        )

    def _declared(self, node: Step | Decision | Choose, duration: Law, team: Any) -> float:
        """The mean that a clause declares, of work in working seconds."""
        return law_of(timing(duration, team), self.samples, node.name).mean  # type: ignore[arg-type]


def _declared_share(outcome: Outcome, visit: int, length: int) -> str:
    share = outcome.share
    assert share is not None
    if share.counted is not None:
        return share_text(share)
    return share_text(Share(by_visit=(share.by_visit[min(visit, len(share.by_visit) - 1)],)))


def _moment(day: date | datetime) -> float:
    moment = day if isinstance(day, datetime) else datetime(day.year, day.month, day.day)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
