"""Hand-offs on their picture: how often, how long work waits, what comes back, and whether what was promised is kept.

Laid over another painting, which keeps its say about teams and about the way of the headline.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from mpmflow.render import palette
from mpmflow.render.dot import Attributes, Markup, padded, rows, stacked
from mpmflow.render.handoffs_page import PERIODS, promise_words
from mpmflow.render.numbers import duration, percent, significant
from mpmflow.render.pictures.legend import badge
from mpmflow.render.pictures.unpainted import Unpainted

if TYPE_CHECKING:
    from mpmflow.analysis.alliances.figures import NodeHandoff, PromiseFigure
    from mpmflow.analysis.alliances.handoffs import Handoffs

_STRONG = f'COLOR="{palette.INK}" POINT-SIZE="9"'
_SMALL = f'COLOR="{palette.QUIET}" POINT-SIZE="9"'


class AlliancePaint(Unpainted):
    """The painting of what `handoffs` found, over that of an evaluation or over none."""

    tells_promises = True

    def __init__(self, found: Handoffs, under: Unpainted) -> None:
        self._under, self._period = under, found.period
        self._steps = {(step.source, step.target): step for pair in found.pairs for step in pair.steps}
        self._promises: dict[tuple[str, str], tuple[PromiseFigure, ...]] = {}
        for pair in found.pairs:  # once for a pair of teams, at the busiest of its hand-offs
            busiest = max(pair.steps, key=lambda step: step.designed.per_case or 0.0)
            self._promises[busiest.source, busiest.target] = pair.promises
        self._seen = found.cases is not None

    def place(self, name: str, drawn: Attributes) -> Attributes:
        return self._under.place(name, drawn)

    def told(self, name: str) -> list[str]:
        return self._under.told(name)

    def handoff(
        self,
        shares: Sequence[tuple[str, float]],
        ways: Sequence[str],
        drawn: Attributes,
        between: Sequence[tuple[str, str]] = (),
    ) -> Attributes:
        painted = self._under.handoff(shares, ways, drawn, between)
        steps = [self._steps[pair] for pair in between if pair in self._steps]
        lines = rows([(line, _STRONG) for line in self._figures(steps)])
        signs = [sign for pair in between for promise in self._promises.get(pair, ()) for sign in _sign(promise)]
        label = painted.get("label", "")
        first = label if isinstance(label, Markup) else rows([(str(label), _STRONG)])
        return {**painted, "label": padded(stacked(first, lines, *signs), 3)}

    def _figures(self, steps: Sequence[NodeHandoff]) -> list[str]:
        """How often and how long in one line, what comes back in another; observed where it was, else designed."""
        if self._seen:
            seen = [step.observed for step in steps if step.observed is not None]
            n = sum(one.n for one in seen)
            if not n:
                return ["never seen in the log"] if steps else []
            waits = [(one.wait.value, one.wait.n) for one in seen if one.wait is not None]
            wait = sum(mean * count for mean, count in waits) / sum(count for _, count in waits) if waits else None
            returns = [(one.returns.value, one.returns.n) for one in seen if one.returns is not None]
            back = sum(share * count for share, count in returns) / max(1, sum(count for _, count in returns))
            return self._words(sum(one.per_period for one in seen), wait, back)
        often = [step.designed.per_period for step in steps if step.designed.per_period is not None]
        weight = [step.designed.per_case or 0.0 for step in steps]
        waiting = [step.designed.wait for step in steps]
        whole = sum(weight)
        wait = None
        if whole > 0.0 and None not in waiting:
            wait = sum(part * (mean or 0.0) for part, mean in zip(weight, waiting, strict=True)) / whole
        back = sum(part * step.designed.returns for part, step in zip(weight, steps, strict=True)) / (whole or 1.0)
        return self._words(sum(often) if often else None, wait, back)

    def _words(self, often: float | None, wait: float | None, back: float) -> list[str]:
        period = PERIODS.get(self._period, duration(self._period))
        words = [f"{significant(often, 2)} a {period}"] if often is not None else []
        words += [f"waits {duration(wait, 2)}"] if wait is not None else []
        found = [", ".join(words)] if words else []
        return [*found, f"{percent(back, 2)} come back as rework"] if back >= 0.0005 else found

    def legend(self, view: str) -> Markup | None:
        whence = "as observed in the log" if self._seen else "as designed, for there is no log"
        remark = padded(rows([(f"how often, how long work waits, what comes back: {whence}", _SMALL)]), 2)
        under = self._under.legend(view)
        cells = "".join(f'<TR><TD ALIGN="LEFT" BALIGN="LEFT">{part}</TD></TR>' for part in (under, remark) if part)
        return Markup(f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="1">{cells}</TABLE>')


def _sign(promise: PromiseFigure) -> list[Markup]:
    """What was promised, with a badge that says what came of it."""
    words = rows([(f"promised: {promise_words(promise)}", _SMALL)])
    if promise.kept is None:
        return [words]
    return [words, badge(promise.state, f"{percent(promise.kept.value, 2)} in time")]
