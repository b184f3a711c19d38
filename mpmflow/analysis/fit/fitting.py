"""The fit: every number of a model that its log can tell, beside the declared one.

Shares come from `shares`, times from `times`, arrivals and people from `teams`, hours from `hours`. Here they meet the
text: which number a clause declares, whether the data contradict it, and what stands in its place.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np

from mpmflow.analysis.exact.laws_of import Samples, law_of
from mpmflow.analysis.results import provenance
from mpmflow.compiler.clauses import arrivals_text, duration_text, share_text
from mpmflow.diagnostics.errors import DataError
from mpmflow.diagnostics.source import Source, Span
from mpmflow.graphs.work_time import timing, work_time
from mpmflow.model.distributions import Empirical, Law
from mpmflow.model.flow import goes_on
from mpmflow.model.flow import shares as declared_shares
from mpmflow.model.model import Model
from mpmflow.model.process import (
    AtMost,
    BatchArrivals,
    Choose,
    Decision,
    Outcome,
    PoissonArrivals,
    RenewalArrivals,
    Share,
    Step,
    Team,
    Workflow,
)
from mpmflow.model.quantities import Quantity
from mpmflow.model.spells import Spells
from mpmflow.numerics.statistics.estimates import HALF_LIFE, MeanEstimate, OutcomePosterior
from mpmflow.numerics.statistics.fitted_laws import FittedLaw, observed_quantiles

from . import hours as clock
from . import shares as deciding
from . import written
from .changed import changed
from .fitted import FEWEST, LEVEL, Fit, FittedNumber, LogRead, ObservedHours
from .hours import WeekHours
from .teams import arrival_gaps, arrival_rate, people
from .text import fitted_text
from .times import NodeTimes, Times, node_times
from .window import Window

TAIL = 0.5 * (1.0 - LEVEL)
EMPIRICAL_FROM, MISSED = 30, 0.05
"""Times from which a law is judged, and the gap to what was observed above which it misses them."""
QUANTILES = 100
"""How many times stand for all in the file of an `empirical` law."""
_FEW = f"fewer than {FEWEST:.0f} observations say too little"
OUTSIDE = 0.05
"""Share of the stamps outside of declared hours above which they contradict them."""


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


@dataclass(frozen=True)
class _Belief:
    """What is known of a number: its quantiles, and the chance that it lies above another one."""

    mean: float
    sd: float
    quantile: Callable[[float], float]
    above: Callable[[float], float]
    scale: Callable[[float], float]

    def against(self, declared: float | None) -> dict[str, Any]:
        """The fields of a `FittedNumber` that compare it with what was declared."""
        low, high = self.quantile(TAIL), self.quantile(1.0 - TAIL)
        if not (np.isfinite(low) and np.isfinite(high)):
            return {"low": None, "high": None}
        found: dict[str, Any] = {"low": low, "high": high}
        if declared is not None:
            above = self.above(declared)
            found["p_contradicted"] = above if self.mean >= declared else 1.0 - above
            found["contradicted"] = not low <= declared <= high
            width = (self.scale(high) - self.scale(low)) / 3.29  # standard deviations in a 90 % interval
            away = abs(self.scale(self.mean) - self.scale(declared))
            found["surprise"] = away / width if width > 0 else (0.0 if away < 1e-9 else 99.0)
        return found


def _of_share(posterior: OutcomePosterior, index: int) -> _Belief:
    return _Belief(
        float(posterior.mean[index]),
        float(posterior.sd[index]),
        lambda probability: float(posterior.quantile(probability)[index]),
        lambda reference: posterior.probability_worse(index, reference),
        lambda share: float(np.log(max(share, 1e-4) / max(1.0 - share, 1e-4))),
    )


def _of_mean(mean: MeanEstimate) -> _Belief:
    return _Belief(
        mean.mean,
        mean.standard_error,
        mean.quantile,
        mean.probability_above,
        lambda seconds: float(np.log(max(seconds, 1e-9))),
    )


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
        self.workflows = list(deciding.workflows_of(model))
        self.changes: dict[str, Any] = {}
        self.kept: dict[tuple[str, str], tuple[float, ...]] = {}
        self.notes: list[str] = list(spells.notes)

    def answer(self) -> Fit:
        hours = tuple(self._hours())  # first, for work is counted in the hours that are found
        numbers = [*self._all_shares(), *self._arrivals(), *self._all_times(), *self._people()]
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
                belief = _of_share(row, index)
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
            **_of_time(best, mean).against(declared),
        )

    def _declared(self, node: Step | Decision | Choose, duration: Law, team: Any) -> float:
        """The mean that a clause declares, of work in working seconds."""
        return law_of(timing(duration, team), self.samples, node.name).mean  # type: ignore[arg-type]

    # ------------------------------------------------------------------------------------------ arrivals

    def _arrivals(self) -> Iterator[FittedNumber]:
        for workflow in self.workflows:
            moments = self.spells.arrivals.get(workflow.name)
            if moments is None or not len(moments):
                continue
            declared = workflow.arrivals
            if isinstance(declared, RenewalArrivals):
                yield from self._gaps(workflow, declared, moments)
                continue
            rate = arrival_rate(moments, self.window)
            if isinstance(declared, BatchArrivals):
                yield from self._batch(workflow, declared, moments)
                continue
            if rate is None or rate.count < 3:
                continue
            per = declared.per if isinstance(declared, PoissonArrivals) else Quantity(value=1, unit="w")  # type: ignore[arg-type]
            value = PoissonArrivals(cases=written.rounded(rate.rate * float(per.base)), per=per)
            if declared is not None:
                self.changes[f"{workflow.name}/arrivals"] = value
            plan = float(declared.per_second) if isinstance(declared, PoissonArrivals) else None
            belief = _Belief(
                rate.rate, 0.0, rate.quantile, rate.probability_above, lambda one: float(np.log(max(one, 1e-15)))
            )
            notes = []
            if rate.dispersion > 2.0:
                notes.append(f"they come {rate.dispersion:.2g} times as unevenly as at random")
            if rate.together > OUTSIDE:
                notes.append(f"{rate.together:.0%} come together with another one")
            yield FittedNumber(
                name=f"{workflow.name}.arrivals",
                kind="arrivals",
                declared=arrivals_text(declared) if declared is not None else None,
                fitted=arrivals_text(value),
                declared_value=plan,
                value=rate.rate,
                count=rate.count,
                written=declared is not None,
                why_not="" if declared is not None else "the text has no arrivals",
                note="; ".join(notes),
                **belief.against(plan),
            )

    def _gaps(self, workflow: Workflow, declared: RenewalArrivals, moments: Any) -> Iterator[FittedNumber]:
        laws = arrival_gaps(moments, self.window)
        if not laws:
            return
        together = laws[0].law.mean == 0.0
        value = RenewalArrivals(gap=written.duration(laws[0], declared.gap, False))  # type: ignore[arg-type]
        if not together:
            self.changes[f"{workflow.name}/arrivals"] = value
        plan = law_of(timing(declared.gap), self.samples, workflow.name).mean
        mean = laws[0].mean
        yield FittedNumber(
            name=f"{workflow.name}.arrivals",
            kind="gap",
            declared=arrivals_text(declared),
            fitted=arrivals_text(value),
            declared_value=plan,
            value=mean.mean,
            count=mean.count,
            open=laws[0].open,
            written=not together,
            why_not="all came at the same moment, which `20 at once` states" if together else "",
            distance=laws[0].distance,
            **_of_time(laws[0], mean).against(plan),
        )

    def _batch(self, workflow: Workflow, declared: BatchArrivals, moments: Any) -> Iterator[FittedNumber]:
        kept = np.asarray(moments)[self.window.weights(moments) > 0]
        if not len(kept):
            return
        at_once = int((kept - kept[0] <= 86400.0).sum())
        together = at_once == len(kept)
        value = BatchArrivals(cases=at_once)
        if together:
            self.changes[f"{workflow.name}/arrivals"] = value
        yield FittedNumber(
            name=f"{workflow.name}.arrivals",
            kind="batch",
            declared=arrivals_text(declared),
            fitted=arrivals_text(value),
            declared_value=float(declared.cases),
            value=float(at_once),
            low=None,
            high=None,
            count=float(len(kept)),
            contradicted=at_once != declared.cases or not together,
            surprise=99.0 if at_once != declared.cases or not together else 0.0,
            written=together,
            why_not="" if together else f"{len(kept) - at_once} further cases came later: state a rate instead",
        )

    # ------------------------------------------------------------------------------------------ teams

    def _members(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for workflow in self.workflows:
            for node in workflow.nodes():
                if isinstance(node, Step | Decision | Choose) and node.name in self.spells.nodes:
                    doer = node.by if node.by and node.by in self.teams else node.name
                    found.setdefault(doer, []).append(node.name)
        return found

    def _people(self) -> Iterator[FittedNumber]:
        for name, nodes in self._members().items():
            team = self.teams.get(name)
            seen = people([self.spells.nodes[node] for node in nodes], self.window) if team else None
            if team is None or seen is None:
                continue
            low, high = (seen.most if seen.timed else 1), max(seen.named, seen.most)
            value = min(max(team.people, low), high)
            apart = value != team.people
            if apart and seen.timed:
                self.changes[f"{name}/people"] = value
            day = "at the same moment" if seen.timed else "on one day"
            yield FittedNumber(
                name=f"{name}.people",
                kind="people",
                declared=f"{team.people}",
                fitted=f"{value}",
                declared_value=float(team.people),
                value=float(value),
                low=float(low),
                high=float(high),
                count=float(seen.weeks),
                contradicted=apart,
                surprise=5.0 if apart else 0.0,
                written=apart and seen.timed,
                why_not=""
                if apart and seen.timed
                else "as declared"
                if not apart
                else "the log does not say when work began, so nobody knows how many work at once",
                note=f"up to {seen.most} {day} (in the middle week {seen.at_once}), {seen.named} named in all",
            )

    def _hours(self) -> Iterator[ObservedHours]:
        for name, nodes in self._members().items():
            team = self.teams.get(name)
            moments = np.concatenate([_stamps(self.spells, node) for node in nodes])
            moments = moments[self.window.weights(moments) > 0]
            found = clock.found_hours(moments, self.spells.by_day)
            stated = team.works if team is not None else ()
            if not len(moments) or (found is None and not stated):
                continue
            inside = WeekHours.of(stated).share_inside(moments) if stated else None
            apart = inside is not None and 1.0 - inside > OUTSIDE and len(moments) >= 20
            write = bool(apart and found is not None and not self.spells.by_day)
            if write and found is not None:
                self.changes[f"{name}/works"] = found.works
            yield ObservedHours(
                of=name,
                declared=clock.works_text(stated),
                found=clock.works_text(found.works) if found is not None else "",
                stamps=len(moments),
                inside=found.inside if found is not None else 1.0,
                inside_declared=inside,
                contradicted=bool(apart),
                written=write,
            )


def _stamps(spells: Spells, node: str) -> Any:
    """The moments at which somebody is known to have worked at a node: beginnings and ends."""
    found = spells.nodes[node]
    began, left = np.asarray(found.began), np.asarray(found.left)
    return np.concatenate([began[~np.isnan(began)], left[~np.isnan(left)]])


def _of_time(best: FittedLaw, mean: MeanEstimate) -> _Belief:
    return _of_mean(replace(mean, standard_error=max(mean.standard_error, 1e-9 * mean.mean)))


def _declared_share(outcome: Outcome, visit: int, length: int) -> str:
    share = outcome.share
    assert share is not None
    if share.counted is not None:
        return share_text(share)
    return share_text(Share(by_visit=(share.by_visit[min(visit, len(share.by_visit) - 1)],)))


def _moment(day: date | datetime) -> float:
    moment = day if isinstance(day, datetime) else datetime(day.year, day.month, day.day)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
