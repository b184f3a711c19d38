"""One metric in every draw of the future, for any spending: what channels add travels on as the evaluation's does.

Along the network everything is straight, so what one more of each effect comes to is followed once; what a level of a
channel adds to that effect is its bent response. Formulas are computed from what they read, in every draw.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from mpmflow.analysis.risk.forecast import Forecaster, MetricForecast
from mpmflow.analysis.risk.levels import Places, spans_in
from mpmflow.diagnostics.errors import DataError
from mpmflow.numerics.causes.influence import lagged

from .channels import Channel

Floats = npt.NDArray[np.float64]


class Futures:
    """Draws of one metric's figure, (D,), for spending of its channels and what is done beside it.

    Raises DataError for a metric whose figure is not known, lies in the past, or looks back over time.
    """

    def __init__(self, forecaster: Forecaster, forecast: MetricForecast, channels: Sequence[Channel]) -> None:
        self.forecaster, self.forecast, self.channels = forecaster, forecast, tuple(channels)
        outlook = forecaster.outlook
        name, read = forecast.name, forecast.reading
        if forecast.forecast is None:
            raise DataError(f"there is no data of {name}, so nobody can say what it will come to; add it to the series")
        if forecast.settled or not read.weights[outlook.known :].any():
            raise DataError(
                f"the date of {name}, {read.on.isoformat()}, has passed: nothing that is spent now moves it"
            )
        if any(spans_in(formula) for formula in forecaster.formulas_below(name)):
            raise DataError(f"{name} looks back over time, which is not weighed; ask about what it is made of")
        scarce = forecaster.scarce(name)
        if scarce:
            raise DataError(f"nothing can be weighed for {name} yet. {scarce}")
        self.read = read
        self.inputs = forecaster.inputs_below(name)
        self.base = {place: self._drawn(place) for place in self.inputs}
        self.steps = {channel.name: self._steps(channel) for channel in channels}
        last = outlook.timeline.holding(read.on)
        self.periods = last - outlook.known + 1

    @property
    def count(self) -> int:
        return self.forecaster.count

    def _drawn(self, place: str) -> Floats:
        found = self.forecaster.draws_at(place, self.read)
        return np.full(self.count, np.nan) if found is None else np.broadcast_to(found, (self.count,))

    def _steps(self, channel: Channel) -> list[dict[str, Floats]]:
        """What one more of the channel itself does to each input from now on, then one more of each of its effects."""
        outlook, network = self.forecaster.outlook, self.forecaster.outlook.network
        still = {number: np.zeros((1, 1)) for number in (one.edge for one in channel.responses)}
        gains = {number: np.reshape(drawn, (-1, 1)) for number, drawn in self.forecaster.gains.items()}
        ones = np.ones((1, outlook.ahead))
        found = [self._read(network.follow({channel.name: ones}, gains | still))]
        for response in channel.responses:
            edge = network.edges[response.edge]
            sure = gains[response.edge] / edge.gain if response.edge in gains and edge.gain else np.ones((1, 1))
            arriving = sure * lagged(ones, edge.kernel)
            found.append(self._read(network.follow({response.effect: arriving}, gains)))
        return found

    def _read(self, deltas: Mapping[str, Floats]) -> dict[str, Floats]:
        """What moves the inputs, as the metric is read, (D,) or (1,)."""
        known = self.forecaster.outlook.known
        found = {}
        for place in self.inputs:
            delta = deltas.get(place)
            if delta is None or not delta.any():
                continue
            whole = np.concatenate([np.zeros((*delta.shape[:-1], known)), delta], axis=-1)
            found[place] = self.read.of(whole, place in self.forecaster.flows)
        return found

    def beside(self, deltas: Mapping[str, Floats]) -> dict[str, Floats]:
        """Deviations of places in every draw, (D, ahead), as they reach the inputs."""
        return self._read(deltas)

    def figure(self, spending: Mapping[str, float], beside: Mapping[str, Floats], first: int | None = None) -> Floats:
        """The metric in the first draws (all unless said), if so much goes into each channel per period from now on."""
        values: dict[str, Floats] = {place: drawn[:first] for place, drawn in self.base.items()}
        for place, delta in beside.items():
            values[place] = values[place] + delta[:first]
        for channel in self.channels:
            level = spending.get(channel.name, channel.now)
            changes = [level - channel.now]
            changes += [response.at(level) - response.at(channel.now) for response in channel.responses]
            for change, step in zip(changes, self.steps[channel.name], strict=True):
                if change:
                    for place, unit in step.items():
                        values[place] = values[place] + change * unit[:first]
        outlook = self.forecaster.outlook
        figure = Places(values.get, outlook.formulas, outlook.timeline.period).value(self.forecast.name)
        return np.broadcast_to(figure, next(iter(values.values())).shape)
