"""What cases did that the workflow does not have: skipped, inserted, out of order, unfinished.

The kinds are those of conformance checking, told by what stands around an event (see `ways.kind_of`) instead of by an
alignment of whole cases, so that they can be counted in one pass over any number of events.
"""

from __future__ import annotations

from collections import defaultdict

from mpmflow.model.observations import Detour

from .counted import Case, Counted
from .ways import ENOUGH, START, Ways


def detours(counted: Counted, ways: Ways, until: int) -> tuple[Detour, ...]:
    """The detours of a counted log, the most frequent first. `until` is the moment up to which is known."""
    found = []
    for (kind, earlier, later), seen in counted.astray.items():
        missing = ways.skipped(earlier, later) or () if kind == "skipped" else ()
        found.append(Detour(kind, earlier, later, seen.events, seen.cases, missing, seen.examples))
    left: dict[str, list[str]] = defaultdict(list)
    for case in unfinished(counted, until):
        left[case.mark].append(case.id)
    for mark, ids in left.items():
        examples = tuple(dict.fromkeys((min(ids), max(ids))))
        found.append(Detour("unfinished", mark, "", len(ids), len(ids), (), examples))
    return tuple(sorted(found, key=lambda one: (-one.cases, one.kind, one.earlier, one.later)))


def unfinished(counted: Counted, until: int) -> list[Case]:
    """Open cases that stand longer than any case did that went on from there, where at least 20 have gone on."""
    longest: dict[str, int] = defaultdict(int)
    gone_on: dict[str, int] = defaultdict(int)
    for pair in counted.successions:
        longest[pair.earlier] = max(longest[pair.earlier], pair.longest)
        gone_on[pair.earlier] += pair.count
    return [
        case
        for case in counted.open
        if case.mark != START
        and case.started is None
        and gone_on[case.mark] >= ENOUGH
        and until - case.when > longest[case.mark]
    ]
