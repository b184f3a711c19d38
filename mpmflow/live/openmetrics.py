"""What a monitor knows, as text in the OpenMetrics 1.0 format that Prometheus and its like read.

Times are in seconds and shares are fractions, each with its `# UNIT`; the states of indicators are state sets.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Literal

from mpmflow import __version__
from mpmflow.analysis.rules import STATES
from mpmflow.model.expressions import Function, Reference
from mpmflow.model.measures import Indicator
from mpmflow.model.model import Model

from .monitor import Monitor

Unit = Literal["ratio", "seconds", ""]
_IN: Mapping[str, str] = {
    "events": "taken",
    "duplicates": "duplicate",
    "refused": "refused",
    "passed_over": "passed_over",
    "unreadable": "unreadable",
}


def openmetrics(monitor: Monitor) -> str:
    """The state of a monitor as one OpenMetrics text, which ends with `# EOF`.

    >>> from mpmflow.api import parse
    >>> text = openmetrics(Monitor(parse("workflow w { step brief }")))
    >>> text.splitlines()[0], text.splitlines()[-1]
    ('# TYPE mpmflow_model info', '# EOF')
    """
    page = _Page()
    page.family("mpmflow_model", "info", "The model that is watched")
    page.sample("mpmflow_model_info", 1, {"hash": monitor.hash[:16], "version": __version__})
    values: dict[Unit, dict[str, float]] = {"ratio": {}, "seconds": {}, "": {}}
    for name, value in monitor.values.items():
        if value is not None:
            values[unit_of(monitor.watched[name], monitor.model)][name] = value
    for unit, found in sorted(values.items()):
        family = f"mpmflow_indicator_{unit or 'value'}"
        page.family(family, "gauge", "What was observed in the last closed period", unit)
        for name, value in found.items():
            page.sample(family, value, {"indicator": name, "label": monitor.watched[name].label or name})
    page.family("mpmflow_indicator_state", "stateset", "The state of each indicator")
    for name, state in monitor.states.items():
        for one in STATES:
            page.sample("mpmflow_indicator_state", int(one == state),
                        {"indicator": name, "mpmflow_indicator_state": one})  # fmt: skip
    counts = monitor.counts
    page.family("mpmflow_events", "counter", "Events that came in")
    for name, result in _IN.items():
        page.sample("mpmflow_events_total", counts[name], {"result": result})
    page.family("mpmflow_late_events", "counter", "Events taken after the end of their period")
    page.sample("mpmflow_late_events_total", counts["late"])
    page.family("mpmflow_transitions", "counter", "Changes of state")
    for name in ("told", "withdrawn"):
        page.sample("mpmflow_transitions_total", counts[name], {"kind": name})
    page.family("mpmflow_deliveries", "counter", "Calls of handlers")
    for name in ("delivered", "failed"):
        page.sample("mpmflow_deliveries_total", counts[name], {"result": name})
    for name, about in (("waiting", "Deliveries that no handler has taken yet"), ("cases", "Cases that are kept")):
        page.family(f"mpmflow_{name}", "gauge", about)
        page.sample(f"mpmflow_{name}", counts[name])
    page.family("mpmflow_closed_seconds", "gauge", "The end of the last closed period, since 1970", "seconds")
    if monitor.until is not None:
        page.sample("mpmflow_closed_seconds", monitor.until / 1000)
    return page.text()


def unit_of(indicator: Indicator, model: Model) -> Unit:
    """The unit of an indicator's values: a share, a time, or anything else."""
    measure = indicator.measure
    if isinstance(measure, Function) and measure.function in ("rate", "late", "yield", "first_pass", "scrap", "rework"):
        return "ratio"
    if isinstance(measure, Reference):
        found = next((one for one in model.indicators if one.name == measure.name), None)
        unit = getattr(found, "unit", "")
        return "ratio" if unit == "%" else "seconds" if unit == "s" else ""
    if isinstance(measure, Function) and measure.function == "time":
        return "seconds"
    return ""


class _Page:
    def __init__(self) -> None:
        self.lines: list[str] = []

    def family(self, name: str, kind: str, about: str, unit: str = "") -> None:
        self.lines.append(f"# TYPE {name} {kind}")
        if unit:
            self.lines.append(f"# UNIT {name} {unit}")
        self.lines.append(f"# HELP {name} {escaped(about)}")

    def sample(self, name: str, value: float, labels: Mapping[str, str] | None = None) -> None:
        pairs: Iterable[str] = (f'{key}="{escaped(text)}"' for key, text in (labels or {}).items())
        braces = f"{{{','.join(pairs)}}}" if labels else ""
        self.lines.append(f"{name}{braces} {value!r}")

    def text(self) -> str:
        return "\n".join([*self.lines, "# EOF"]) + "\n"


def escaped(text: str) -> str:
    r"""A text as it stands in a label or in help: backslash, line break and quotation mark escaped.

    >>> print(escaped('a "b" \\ c'))
    a \"b\" \\ c
    """
    return text.replace("\\", "\\\\").replace("\n", "\\n").replace('"', '\\"')
