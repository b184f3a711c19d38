"""Simulation parameters inside the file: those of QBP (BIMP, Apromore, Simod) and of BPSim (WfMC, OMG tools)."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from typing import Literal

from mpmflow.exchange.bpmn import parameters as said
from mpmflow.exchange.bpmn.document import BPSIM, QBP, Document
from mpmflow.exchange.bpmn.parameters import Parameters, Pool
from mpmflow.exchange.bpmn.xml import Element
from mpmflow.model.base import to_fraction
from mpmflow.model.distributions import Constant, Duration
from mpmflow.model.process import RenewalArrivals

_SECONDS: dict[str, int | Fraction] = {
    "seconds": 1, "second": 1, "minutes": 60, "minute": 60, "hours": 3600, "hour": 3600, "days": 86400, "day": 86400,
    "ms": Fraction(1, 1000), "s": 1, "min": 60, "year": 31_557_600,
}  # fmt: skip


def parameters_in(document: Document) -> Parameters:
    """What the settings of QBP and BPSim in a file say; empty where there are none."""
    found = Parameters()
    for element in document.root.walk():
        if element.space in QBP and element.tag == "processSimulationInfo":
            _qbp(found, element)
        elif element.space in BPSIM and element.tag == "Scenario":
            _bpsim(found, element)
            break  # further scenarios are alternatives to the first
    return found


def _qbp(found: Parameters, info: Element) -> None:
    currency = info.get("currency").lower()
    if currency.isalpha() and len(currency) == 3:
        found.currency = currency
    weeks: dict[str, list[tuple[str, str, str, str]]] = {}
    for element in info.walk():
        if element.tag == "timetable":
            rules = [one for one in element.walk() if one.tag == "rule"]
            weeks[element.get("id")] = [
                (one.get("fromWeekDay"), one.get("toWeekDay") or one.get("fromWeekDay"), one.get("fromTime"),
                 one.get("toTime")) for one in rules]  # fmt: skip
    for element in info.walk():
        if element.tag == "resource":
            people, hourly = said.number(element.get("totalAmount")), said.number(element.get("costPerHour"))
            works = said.hours(weeks.get(element.get("timetableId"), []))
            count = int(people) if people is not None and people < 10**6 else 1
            found.pools[element.get("id")] = Pool(element.get("name"), count, hourly or None, works or ())
        elif element.tag == "element":
            _qbp_element(found, element)
        elif element.tag == "sequenceFlow":
            value = said.number(element.get("executionProbability"))
            if value is not None and value <= 1:
                found.shares[element.get("elementId")] = value
        elif element.tag == "arrivalRateDistribution" and (gap := _qbp_law(element)) is not None:
            found.arrivals = RenewalArrivals(gap=gap)
    default = next((one for one in info.walk() if one.tag == "timetable" and one.get("default") == "true"), None)
    if default is not None and said.hours(weeks[default.get("id")]):
        found.say("the hours in which cases arrive: here they arrive at any hour, with the same gaps")


def _qbp_element(found: Parameters, element: Element) -> None:
    target = element.get("elementId")
    for one in element.walk():
        if one.tag == "durationDistribution" and (duration := _qbp_law(one)) is not None:
            found.takes[target] = duration
        elif one.tag == "resourceId" and one.text:
            found.by[target] = one.text
        elif one.tag == "fixedCost" and (cost := said.number(one.get("value") or one.text)):
            found.costs[target] = cost
        elif one.tag in ("costThreshold", "durationThreshold"):
            found.say("thresholds of activities")


def _qbp_law(element: Element) -> Duration | None:
    """A law of QBP. Its numbers are seconds, whatever unit the form of the tool shows.

    Where a law is exponential, QBP writes the mean as `arg1`; of gamma and lognormal `arg1` is the variance.
    """
    mean, one, two = (said.number(element.get(name)) or Fraction(0) for name in ("mean", "arg1", "arg2"))
    kind = element.get("type").upper()
    makers: dict[str, Callable[[], Duration]] = {
        "FIXED": lambda: said.constant(mean),
        "EXPONENTIAL": lambda: said.exponential(one or mean),
        "NORMAL": lambda: said.spread("normal", mean, one),
        "UNIFORM": lambda: said.uniform(one, two),
        "TRIANGULAR": lambda: said.triangular(one, mean, two),
        "GAMMA": lambda: said.spread("gamma", mean, said.root(one)),
        "LOGNORMAL": lambda: said.spread("lognormal", mean, said.root(one)),
    }
    return makers[kind]() if kind in makers else None


# --- BPSim


def _bpsim(found: Parameters, scenario: Element) -> None:
    unit = Fraction(60)
    for element in scenario.walk():
        if element.tag == "ScenarioParameters":
            unit = Fraction(_SECONDS.get(element.get("baseTimeUnit").lower() or "min", 60))
            currency = element.get("baseCurrencyUnit").lower()
            found.currency = currency if currency.isalpha() and len(currency) == 3 else found.currency
    for element in scenario.children:
        if element.tag == "ElementParameters":
            _bpsim_element(found, element, element.get("elementRef"), unit)


def _bpsim_element(found: Parameters, element: Element, target: str, unit: Fraction) -> None:
    for one in element.walk():
        values = [value for value in one.children if value.space in BPSIM]
        value = values[0] if values else None
        if value is None:
            continue
        if one.tag == "Probability":
            chance = said.number(value.get("value"))
            if chance is not None and chance <= 1:
                found.shares[target] = chance
        elif one.tag in ("ProcessingTime", "Duration"):
            _put(found.takes, target, _bpsim_law(value, unit))
        elif one.tag in ("WaitTime", "QueueTime", "TransferTime"):
            _put(found.waits, target, _bpsim_law(value, unit))
        elif one.tag == "InterTriggerTimer" and (gap := _bpsim_law(value, unit)) is not None:
            found.arrivals = RenewalArrivals(gap=gap)
        elif one.tag == "FixedCost" and (cost := said.number(value.get("value"))):
            found.costs[target] = cost
        elif one.tag == "Quantity" and (people := said.number(value.get("value"))) is not None:
            found.pools.setdefault(target, Pool(target)).people = int(min(people, Fraction(10**6)))
        elif one.tag == "UnitCost" and (cost := said.number(value.get("value"))):
            found.pools.setdefault(target, Pool(target)).hourly = cost
        elif one.tag.endswith(("Parameters", "Scenario")) or one.tag == "TriggerCount":
            continue
        else:
            found.say(f"{one.tag} of {target}")


def _put(table: dict[str, Duration], key: str, duration: Duration | None) -> None:
    if duration is not None:
        table[key] = duration


def _bpsim_law(value: Element, unit: Fraction) -> Duration | None:
    if value.tag == "DurationParameter":
        quantity = said.iso_duration(value.get("value"))
        return Constant(value=quantity) if quantity is not None else None
    names = ("value", "mean", "standardDeviation", "min", "mode", "max", "shape", "scale")
    given = {name: number * unit for name in names if (number := said.number(value.get(name))) is not None}
    if value.tag in ("NumericParameter", "FloatingParameter") and "value" in given:
        return said.constant(given["value"])
    if value.tag == "UniformDistribution" and given.keys() >= {"min", "max"}:
        return said.uniform(given["min"], given["max"])
    if value.tag == "TriangularDistribution" and given.keys() >= {"min", "mode", "max"}:
        return said.triangular(given["min"], given["mode"], given["max"])
    if value.tag == "NegativeExponentialDistribution" and "mean" in given:
        return said.exponential(given["mean"])
    if value.tag in ("NormalDistribution", "TruncatedNormalDistribution", "LogNormalDistribution"):
        kind: Literal["lognormal", "normal"] = "normal"
        if value.tag.startswith("Log"):
            kind = "lognormal"
        if given.keys() >= {"mean", "standardDeviation"}:
            return said.spread(kind, given["mean"], given["standardDeviation"])
    if value.tag == "GammaDistribution" and given.keys() >= {"shape", "scale"}:
        shape = given["shape"] / unit
        return said.spread("gamma", shape * given["scale"], said.root(shape * to_fraction(given["scale"]) ** 2))
    return None
