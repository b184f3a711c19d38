"""What is kept of a forecast, so that it can be judged when the truth is in; and of a truth that somebody brought.

Both are plain records: whoever reads them needs no model. Times are seconds, shares fractions, money its currency.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from mpmflow.model.base import Line, Part
from mpmflow.model.measures import Better, Target

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ud800-\udfff]+")
"""Controls, what turns the direction in which a line is read, and halves of characters."""


def printable(text: str) -> str:
    """A text with blanks in the place of control characters, and of all else that steers how a line is shown.

    >>> printable("a\\x1b[31mb")
    'a [31mb'
    """
    return _CONTROL.sub(" ", text)


Finite = Annotated[float, Field(ge=-1e100, le=1e100, allow_inf_nan=False)]
"""A figure; one so large that its square would be none is a mistake."""
Law = Annotated[tuple[Finite, ...], Field(max_length=2_000)]
"""Equally likely values."""
Share = Annotated[float, Field(ge=0.0, le=1.0)]
Short = Annotated[Line, AfterValidator(printable), Field(max_length=2_000)]
"""A text that a terminal shows as it is: it may come from elsewhere, and may not steer anything."""
Hash = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Simple = Literal["persistence", "seasonal", "climatology"]
SIMPLE: tuple[Simple, ...] = ("persistence", "seasonal", "climatology")
"""Those who need no model: as it was last, as a year before, as it usually is."""


def span_of(reading: str) -> str:
    """A reading in words without the day that it ends on.

    >>> span_of("in total from 2026-01-05, up to 2026-03-29"), span_of("per 4w")
    ('in total from 2026-01-05', 'per 4w')
    """
    return reading.partition(", up to ")[0].partition(" to ")[0]


class Kept(Part):
    """Base of the records. A later version may know more of them: what is not known here is passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    def content(self) -> dict[str, Any]:
        """The record as plain dicts, lists, numbers and texts."""
        return self.model_dump(mode="json")


class KeptForecast(Kept):
    """A forecast as it was said.

    Attributes:
        metric, label, unit, better: of the metric. owner: who answers for it; of a promise, who promised.
        definition: the metric's formula, or where its data come from.
        commitment: the name of the commitment whose promise it is; None for the metric's own target. scenario: the name
            of the what-if under which alone it holds; None for what was expected as things stood.
        title: the label of the commitment or scenario.
        on: the date that it is for. reading: over which periods the figure counts, in words.
        target: what the metric is held to; None where nothing is. target_text: as it was written.
        forecast, low, high: expected figure and its 95 % interval. law: equally likely values of it, sorted; () where
            its level is not known.
        p_miss: chance to miss the target; None without one, or where it is not known.
        simple: forecaster without a model -> what it would have said on that day, equally likely values.
        as_of: the day that knew nothing later. model, data: SHA-256. seed, draws: of the intervals. reference: what was
            called extra and worse. version: of mpmflow.
    """

    metric: Short
    label: Short
    unit: Short = ""
    better: Better | None = None
    owner: Short | None = None
    definition: Short = ""
    commitment: Short | None = None
    scenario: Short | None = None
    title: Short = ""
    on: date
    reading: Short = ""
    target: Target | None = None
    target_text: Short | None = None
    forecast: Finite | None = None
    low: Finite | None = None
    high: Finite | None = None
    law: Law = ()
    p_miss: Share | None = None
    simple: Annotated[dict[Simple, Law], Field(default_factory=dict)]
    as_of: date
    model: Hash
    data: Hash | None = None
    seed: int | None = None
    reference: Short = "plan"
    draws: Annotated[int, Field(ge=0)] = 0
    version: Short = ""

    @property
    def question(self) -> tuple[Any, ...]:
        """What one truth answers: the metric, the date, and how it is read then."""
        span = self.target
        return (self.metric, self.on, span.per.base if span and span.per else None, span.start if span else None)

    @property
    def held_to(self) -> Target:
        """The target at the date of the forecast; where there is none, something that is read in that one period."""
        asked = self.target or Target.model_validate({"comparison": "at most", "value": "0"})
        return asked.model_copy(update={"by": self.on})


class Settlement(Kept):
    """What came, as somebody says who knows.

    Attributes:
        on: the date that the figure is for. reading: over which periods, as the forecasts for that date say it.
        value: in base units; `written` as it was given. source: where it comes from.
        revision: how often something else had been said of the same before.
    """

    metric: Short
    on: date
    reading: Short = ""
    value: Finite
    written: Short
    source: Short
    revision: Annotated[int, Field(ge=0)] = 0

    @property
    def key(self) -> tuple[str, date, str]:
        """What it is about."""
        return self.metric, self.on, self.reading

    def says(self, other: Settlement) -> bool:
        """Whether another one says the same, from the same source."""
        return (self.key, self.value, self.source) == (other.key, other.value, other.source)


class KeptModel(Kept):
    """A model's JSON document, once for each that forecasts were made with, by its hash."""

    hash: Hash
    document: Annotated[str, Field(max_length=16_000_000)]

    @model_validator(mode="after")
    def _is_itself(self) -> KeptModel:
        from hashlib import sha256

        if sha256(self.document.encode()).hexdigest() != self.hash:
            raise ValueError("the model is not the one that its hash names")
        return self


class Merged(Kept):
    """Another ledger was taken in: its last hash and number of entries then, and how many of them were new here."""

    head: Hash
    count: Annotated[int, Field(ge=0)]
    new: Annotated[int, Field(ge=0)]
