"""Simulation parameters as Prosimos and Simod write them: one JSON file beside the diagram.

Two generations are read. The older one names parameters as scipy does (a shape, a location, a scale), the newer one by
mean and variance with bounds; they differ in how many numbers stand there.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

from mpmflow.diagnostics.errors import DataError
from mpmflow.exchange.bpmn import parameters as said
from mpmflow.exchange.bpmn.parameters import Parameters, Pool
from mpmflow.model.distributions import Duration
from mpmflow.model.process import RenewalArrivals

_READ_WORDS = (
    "resource_profiles arrival_time_distribution gateway_branching_probabilities task_resource_distribution "
    "resource_calendars arrival_time_calendar event_distribution"
)
_READ = frozenset(_READ_WORDS.split())


def read_prosimos(data: bytes, name: str) -> Parameters:
    """Read the parameters. Raises DataError for what is no JSON, or none of this form."""
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        raise DataError("this is no JSON, as Prosimos writes its parameters", file=name) from None
    if not isinstance(document, dict) or not _READ & document.keys():
        raise DataError("this JSON holds no simulation parameters of Prosimos: it has none of the entries "
                        "gateway_branching_probabilities, task_resource_distribution …", file=name)  # fmt: skip
    found = Parameters()
    _shares(found, document.get("gateway_branching_probabilities"))
    members = _pools(found, document.get("resource_profiles"))
    _tasks(found, document.get("task_resource_distribution"), members)
    _calendars(found, document.get("resource_calendars"), document.get("resource_profiles"))
    for key, value in _pairs(document.get("event_distribution"), "event_id", None):
        if (duration := law(value)) is not None:
            found.waits[key] = duration
    gap = law(document.get("arrival_time_distribution"))
    if gap is not None:
        found.arrivals = RenewalArrivals(gap=gap)
    periods = _periods(document.get("arrival_time_calendar"))
    if periods and said.hours(periods) != ():
        found.say("the hours in which cases arrive: here they arrive at any hour, with the same gaps")
    for key in sorted(document.keys() - _READ):
        if document[key]:
            found.say(f"the entry {key[:60]!r} of the parameters")
    return found


def _pairs(table: Any, key: str, value: str | None) -> Iterable[tuple[str, Any]]:
    """Entries of a table that older files write as an object and newer ones as a list of objects."""
    if isinstance(table, Mapping):
        yield from ((str(one), two) for one, two in table.items())
    elif isinstance(table, Sequence) and not isinstance(table, str):
        for entry in table:
            if isinstance(entry, Mapping) and isinstance(entry.get(key), str):
                yield entry[key], entry if value is None else entry.get(value)


def _shares(found: Parameters, table: Any) -> None:
    for gateway, ways in _pairs(table, "gateway_id", "probabilities"):
        for way, chance in _pairs(ways, "path_id", "value"):
            value = said.number(chance)
            if value is not None and value <= 1:
                found.shares[gateway, way] = value
                found.shares.setdefault(way, value)


def _pools(found: Parameters, table: Any) -> dict[str, str]:
    """Take the pools of people over; returns person -> pool."""
    members: dict[str, str] = {}
    for key, profile in _pairs(table, "id", None):
        if not isinstance(profile, Mapping):
            continue
        people = profile.get("resource_list")
        pool = Pool(str(profile.get("name") or key), 0)
        rates: list[Fraction] = []
        for person in people if isinstance(people, list) else ():
            if not isinstance(person, Mapping):
                continue
            members[str(person.get("id"))] = key
            amount, rate = said.number(person.get("amount", 1)), said.number(person.get("cost_per_hour"))
            pool.people += int(amount) if amount is not None and amount < 10**6 else 1
            rates += [rate] if rate else []
        if rates:
            pool.hourly = said.share(sum(rates, Fraction(0)) / len(rates))
            if len(set(rates)) > 1:
                found.say(f"people of {pool.name} cost different rates; the mean stands for all")
        found.pools[key] = pool
    return members


def _tasks(found: Parameters, table: Any, members: Mapping[str, str]) -> None:
    for task, people in _pairs(table, "task_id", "resources"):
        laws = [
            (person, duration)
            for person, entry in _pairs(people, "resource_id", None)
            if (duration := law(entry)) is not None
        ]
        if not laws:
            continue
        # Who does it most often in the file does it here; ties go to the first.
        by = Counter(members[person] for person, _ in laws if person in members)
        times = Counter(duration for _, duration in laws)
        found.takes[task] = times.most_common(1)[0][0]
        if by:
            found.by[task] = by.most_common(1)[0][0]
        if len(times) > 1:
            found.say(f"people take different times for {task}; the time of most of them stands for all")
        if len(by) > 1:
            found.say(f"people of several pools do {task}; the pool with most of them does it here")


def _calendars(found: Parameters, table: Any, profiles: Any) -> None:
    calendars = {key: _periods(value) for key, value in _pairs(table, "id", "time_periods")}
    for key, profile in _pairs(profiles, "id", None):
        people = profile.get("resource_list") if isinstance(profile, Mapping) else None
        used = Counter(
            str(person.get("calendar") or person.get("id"))
            for person in (people if isinstance(people, list) else ())
            if isinstance(person, Mapping)
        )
        weeks = [said.hours(calendars[one]) for one in used if calendars.get(one)]
        weeks = [week for week in weeks if week is not None]
        if weeks:
            found.pools[key].works = weeks[0] or ()
            if len(set(weeks)) > 1:
                found.say(f"people of {found.pools[key].name} work different hours; those of the first stand for all")


def _periods(table: Any) -> list[tuple[str, str, str, str]]:
    names = ("from", "to", "beginTime", "endTime")
    return [
        (str(one["from"]), str(one["to"]), str(one["beginTime"]), str(one["endTime"]))
        for one in (table if isinstance(table, list) else ())
        if isinstance(one, Mapping) and all(isinstance(one.get(name), str) for name in names)
    ]


def law(entry: Any) -> Duration | None:
    """The time that an entry with `distribution_name` and `distribution_params` (seconds) says; None for others.

    >>> from mpmflow.model.distributions import Normal
    >>> law({"distribution_name": "expon", "distribution_params": [0, 7200]}).mean.value
    Fraction(2, 1)
    >>> law({"distribution_name": "norm", "distribution_params": [{"value": 3600}, {"value": 600}]}).sd.value
    Fraction(10, 1)
    """
    if not isinstance(entry, Mapping) or not isinstance(entry.get("distribution_params"), list):
        return None
    raw = entry["distribution_params"]
    newer = any(isinstance(one, Mapping) for one in raw)
    read = [said.number(one.get("value") if isinstance(one, Mapping) else one) for one in raw]
    given = [one for one in read if one is not None]
    if not given or len(given) < len(read):
        return None
    kind, count = str(entry.get("distribution_name")), len(given)
    first = given[0]
    if kind in ("fix", "fixed"):
        return said.constant(first)
    if kind in ("default", "uniform") and count >= 2:
        # Where two bare numbers stand they are scipy's: the least, and how much further it goes.
        high = given[1] if newer and count == 2 else first + given[1]
        return said.uniform(first, high)
    if kind in ("expon", "exponential"):
        return said.exponential(first if count in (1, 3) else first + given[1])
    if kind in ("norm", "normal") and count >= 2:
        return said.spread("normal", first, given[1])
    if kind in ("triang", "triangular") and count >= 3:
        if newer and count == 3:
            return said.triangular(*given)
        low, width = given[1], given[2]
        return said.triangular(low, low + first * width, low + width)
    if kind == "gamma" and count >= 2:
        if count in (3, 5):  # shape, location, scale
            return said.spread("gamma", given[1] + first * given[2], said.root(first * given[2] ** 2))
        return said.spread("gamma", first, said.root(given[1]))
    if kind in ("lognorm", "lognormal") and count >= 2:
        if count in (3, 5):  # sigma of the logarithm, location, exp(mu)
            return _lognormal(first, given[1], given[2])
        return said.spread("lognormal", first, said.root(given[1]))
    return None


def _lognormal(sigma: Fraction, location: Fraction, scale: Fraction) -> Duration | None:
    import math

    if sigma > 6 or scale > 10**12:
        return None
    grown = math.exp(float(sigma) ** 2)
    mean = float(scale) * math.sqrt(grown)
    sd = mean * math.sqrt(grown - 1)
    return said.spread("lognormal", location + Fraction(repr(round(mean, 6))), Fraction(repr(round(sd, 6))))
