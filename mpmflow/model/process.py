"""The process: teams, steps, decisions with outcomes and effects, parallel blocks, ends.

A workflow's `body` is a sequence: each node flows into the next one unless it names a `target`. Names of nodes are
unique in a file; an outcome is named `decision.outcome`, and that dotted name is its identity everywhere: in the graph,
in the arrays, in the answers and on the page.
"""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator, model_validator

from .alliances import Handoff
from .base import Allow, Line, Name, Number, Part, Statement, upstairs
from .distributions import Duration
from .quantities import Quantity

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
ClockTime = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$|^24:00$")]


class Works(Part):
    """Working hours: these days of the week, from one clock time to another."""

    days: Annotated[tuple[Day, ...], Field(min_length=1)]
    start: ClockTime
    end: ClockTime

    @model_validator(mode="after")
    def _a_stretch_of_time(self) -> Works:
        first = DAYS.index(self.days[0])
        if self.days != tuple(DAYS[(first + step) % 7] for step in range(len(self.days))) or len(self.days) > 7:
            raise ValueError("the days must follow each other, as mon to fri do; other days are a second entry")
        if self.seconds_per_day <= 0:
            raise ValueError("working hours must end after they start")
        return self

    @property
    def seconds_per_day(self) -> int:
        """Working seconds on each of the days."""
        return _clock(self.end) - _clock(self.start)


def _clock(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 3600 + int(minutes) * 60


Order = Literal["first come", "oldest first", "shortest first", "priority first"]
"""Whom a team serves next: who came to it first; whose case started first; whose work is shortest; whose workflow has
the smallest `priority`, first come among equals. Work that has begun is not interrupted."""


class Team(Statement):
    """People who do the work of steps and decisions; a partner is a team of another organisation.

    `people` is how many visits it serves at once. `cost` is money per person and time. Without `works` it is always
    at work. `serves` is whom it serves next.
    """

    partner: bool = False
    people: Annotated[int, Field(ge=0)] = 1
    cost: Quantity | None = None
    works: tuple[Works, ...] = ()
    serves: Order = "first come"
    owner: Line | None = None


class PoissonArrivals(Part):
    """Cases come at random with this rate: `3 per week`."""

    kind: Literal["poisson"] = "poisson"
    cases: Number
    per: Quantity

    @property
    def per_second(self) -> Fraction:
        return self.cases / self.per.base


class RenewalArrivals(Part):
    """Cases come with this gap between two: `every exponential(2d)`."""

    kind: Literal["every"] = "every"
    gap: Duration


class BatchArrivals(Part):
    """All cases are there at the start: `20 at once`."""

    kind: Literal["batch"] = "batch"
    cases: Annotated[int, Field(ge=1)]


Arrivals = Annotated[PoissonArrivals | RenewalArrivals | BatchArrivals, Field(discriminator="kind")]


class Seen(Part):
    """The activities of an event log that show a step or an outcome.

    Each entry of `where`, a column and its value, narrows them all to the rows that have that value there.
    """

    activities: Annotated[tuple[Line, ...], Field(min_length=1)]
    where: tuple[tuple[Line, Line], ...] = ()


class Counts(Part):
    """An observed share: `17 of 85`. It carries its own uncertainty."""

    hits: Annotated[int, Field(ge=0)]
    trials: Annotated[int, Field(ge=1)]


def _share_from_number(value: Any) -> Any:
    if isinstance(value, int | float | Fraction | str) and not isinstance(value, bool):
        return {"by_visit": (_fraction(value),)}
    if isinstance(value, tuple | list):
        return {"by_visit": tuple(_fraction(part) for part in value)}
    return value


def _fraction(value: Any) -> Any:
    """A share from a text such as `"20%"`; numbers, and ratios such as `"1/3"`, are what they are."""
    return Quantity.model_validate(value).base if isinstance(value, str) and value.endswith("%") else value


class Share(Part):
    """How often a decision takes an outcome, as fractions: at the first visit of a case, the second, and so on.

    The last entry holds for all later visits. A share that was counted keeps its counts.
    """

    by_visit: tuple[Number, ...] = Field(min_length=1)
    counted: Counts | None = None

    @model_validator(mode="after")
    def _counts_agree(self) -> Share:
        if self.counted and self.by_visit != (Fraction(self.counted.hits, self.counted.trials),):
            raise ValueError("a counted share must equal its counts")
        return self

    @classmethod
    def of(cls, hits: int, trials: int) -> Share:
        """The share `hits of trials`."""
        return cls(by_visit=(Fraction(hits, trials),), counted=Counts(hits=hits, trials=trials))

    @property
    def first(self) -> Fraction:
        return self.by_visit[0]

    @property
    def varies(self) -> bool:
        """Whether the share changes from one visit of a case to the next."""
        return len(set(self.by_visit)) > 1


TAKEN_OUTCOMES = frozenset({"by", "takes", "waits", "costs", "owner", "rounds", "wait"})
"""Names that no outcome may have, because they are clauses or indicators of its decision."""


class AtMost(Part):
    """A bound on how often an outcome may happen in one case; after that it leads to `target`."""

    times: Annotated[int, Field(ge=1)]
    target: Name


class Outcome(Part):
    """One answer to a decision: its share, where it leads, and its effect.

    `share` is None for the one outcome that takes the rest. `target` is None when the case goes on to the next
    statement. No effect: the case just goes on.
    """

    name: Name
    label: Line | None = None
    share: Annotated[Share | None, BeforeValidator(_share_from_number)] = None
    target: Name | None = None
    rework: bool = False
    scrap: bool = False
    waste: bool = False
    delay: Duration | None = None
    at_most: AtMost | None = None
    seen_as: Seen | None = None
    allow: tuple[Allow, ...] = ()

    @field_validator("name")
    @classmethod
    def _free_name(cls, name: str) -> str:
        if name in TAKEN_OUTCOMES:
            raise ValueError(f"an outcome cannot be called {name!r}, which has a meaning of its own in a decision")
        return name

    @model_validator(mode="after")
    def _scrap_leaves(self) -> Outcome:
        if self.scrap and self.target:
            raise ValueError("an outcome that scraps the case leads nowhere else")
        return self

    @property
    def title(self) -> str:
        return self.label or self.name.replace("_", " ")

    @property
    def has_effect(self) -> bool:
        return self.rework or self.scrap or self.waste or self.delay is not None

    @property
    def effects(self) -> tuple[str, ...]:
        """The words for its effects, in the order of the language: rework, delay, scrap, waste."""
        flags = (
            ("rework", self.rework),
            ("delay", self.delay is not None),
            ("scrap", self.scrap),
            ("waste", self.waste),
        )
        return tuple(word for word, holds in flags if holds)


class Work(Statement):
    """What steps and decisions share: who does it, how long it takes, what it costs, how a log shows it."""

    by: Name | None = None
    takes: Duration | None = None
    waits: Duration | None = None
    costs: Quantity | None = None
    owner: Line | None = None
    seen_as: Seen | None = None


class Batch(Part):
    """Cases gather before the work of a step: they go on when `size` are there, or when the first of them has waited
    for `within`. Then each is worked on by itself.
    """

    size: Annotated[int, Field(ge=1)]
    within: Quantity

    @field_validator("within")
    @classmethod
    def _a_time(cls, within: Quantity) -> Quantity:
        if not within.measure.is_time or within.value < 0:
            raise ValueError(f"a batch waits for a time such as 1d, not for {within}")
        return within


class Step(Work):
    """Work on a case, once per visit."""

    kind: Literal["step"] = "step"
    batch: Batch | None = None
    target: Name | None = None


class Decision(Work):
    """A diamond: a question and its outcomes. Every outcome's share is a leading indicator."""

    kind: Literal["decision"] = "decision"
    outcomes: tuple[Outcome, ...] = Field(min_length=1)

    @field_validator("outcomes")
    @classmethod
    def _names_differ(cls, outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
        return _distinct(outcomes)


class Choose(Work):
    """An exclusive branching that is no question, such as the channel or the type of customer: no indicator."""

    kind: Literal["choose"] = "choose"
    outcomes: tuple[Outcome, ...] = Field(min_length=1)

    @field_validator("outcomes")
    @classmethod
    def _names_differ(cls, outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
        return _distinct(outcomes)


def _distinct(outcomes: tuple[Outcome, ...]) -> tuple[Outcome, ...]:
    names = [outcome.name for outcome in outcomes]
    if len(set(names)) < len(names):
        double = next(name for name in names if names.count(name) > 1)
        raise ValueError(f"two outcomes are called {double!r}")
    return outcomes


class Branch(Part):
    """One branch of a parallel block; it may hold anything."""

    body: tuple[Node, ...] = ()


class Parallel(Statement):
    """Branches that start together; `join` says whether the case waits for all of them or for the first."""

    kind: Literal["parallel"] = "parallel"
    join: Literal["all", "first"] = "all"
    branches: tuple[Branch, ...] = Field(min_length=1)
    target: Name | None = None


class Call(Statement):
    """A step that is another workflow; what is scrapped there is scrapped here.

    Its own name is that of the workflow, unless it has another (`call legal_review as second_review`).
    """

    kind: Literal["call"] = "call"
    workflow: Name
    owner: Line | None = None
    target: Name | None = None


class End(Part):
    """An end of the process: `done` ends a case well, `scrap` badly. Further ends may have names of their own."""

    kind: Literal["done", "scrap"]
    name: Name | None = None

    @property
    def id(self) -> str:
        """Its own name, or the word itself."""
        return self.name or self.kind


Node = Annotated[Step | Decision | Choose | Parallel | Call | End, Field(discriminator="kind")]


class Workflow(Statement):
    """A directed process: `body` in order, with teams, what they promise each other, arrivals and a deadline.

    `start` names the first node where that is not the first of the body. `priority` 1 goes before 2 at teams that serve
    priority first.
    """

    owner: Line | None = None
    arrivals: Arrivals | None = None
    deadline: Quantity | None = None
    priority: Annotated[int | None, Field(ge=1)] = None
    teams: tuple[Team, ...] = ()
    handoffs: tuple[Handoff, ...] = ()
    start: Name | None = None
    body: tuple[Node, ...] = ()

    def nodes(self) -> Iterator[Node]:
        """Every node, those inside parallel blocks included, in the order of the text."""
        yield from walk(self.body)

    @property
    def decisions(self) -> tuple[Decision, ...]:
        return tuple(node for node in self.nodes() if isinstance(node, Decision))

    @property
    def graph(self) -> Any:
        """The workflow as a networkx MultiDiGraph; `mpmflow.graphs.attributes` names its attributes."""
        return upstairs("graphs.flow", "flow_graph")(self)


def walk(body: tuple[Node, ...]) -> Iterator[Node]:
    """Every node of a body, depth first, in the order of the text."""
    for node in body:
        yield node
        if isinstance(node, Parallel):
            for branch in node.branches:
                yield from walk(branch.body)
