"""Arrivals, people and working hours of a model beside those of its log: what comes in, and who is there for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from mpmflow.analysis.exact.laws_of import Samples, law_of
from mpmflow.compiler.clauses import arrivals_text
from mpmflow.graphs.work_time import timing
from mpmflow.model.process import (
    BatchArrivals,
    Choose,
    Decision,
    PoissonArrivals,
    RenewalArrivals,
    Step,
    Team,
    Workflow,
)
from mpmflow.model.quantities import Quantity
from mpmflow.model.spells import Spells

from . import hours as clock
from . import written
from .beliefs import Belief, of_time
from .fitted import FittedNumber, ObservedHours
from .hours import WeekHours
from .teams import arrival_gaps, arrival_rate, people
from .window import Window

OUTSIDE = 0.05
"""Share of the stamps outside of declared hours above which they contradict them."""


@dataclass(frozen=True)
class Capacity:
    """What is asked of a log about arrivals and teams; what stands to be written goes into `changes`."""

    spells: Spells
    window: Window
    samples: Samples
    teams: dict[str, Team]
    workflows: Sequence[Workflow]
    changes: dict[str, Any]

    def arrivals(self) -> Iterator[FittedNumber]:
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
            belief = Belief(
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
            **of_time(laws[0], mean).against(plan),
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

    def people(self) -> Iterator[FittedNumber]:
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

    def hours(self) -> Iterator[ObservedHours]:
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
