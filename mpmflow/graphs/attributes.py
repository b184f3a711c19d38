"""Every attribute of every graph, named once.

Each constant is the key under which networkx nodes, edges or graphs carry the fact. Amounts are floats in base units
(seconds, the currency itself, shares as fractions of 1) unless the line says otherwise. An attribute that is absent
means what the line says after "absent:"; nothing is ever stored as None.

>>> table()["share"].unit
'fraction of 1'
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

On = Literal["graph", "node", "edge"]


@dataclass(frozen=True, slots=True)
class Attribute:
    """One attribute: where it may stand, its type and unit, its meaning, and what its absence means."""

    name: str
    on: tuple[On, ...]
    type: str
    unit: str
    meaning: str
    absent: str


_TABLE: dict[str, Attribute] = {}


def _attribute(name: str, on: str, type_: str, meaning: str, *, unit: str = "", absent: str = "does not apply") -> str:
    places: tuple[On, ...] = tuple(place for place in ("graph", "node", "edge") if place in on.split())
    _TABLE[name] = Attribute(name, places, type_, unit, meaning, absent)
    return name


def present(found: Mapping[str, Any]) -> dict[str, Any]:
    """The attributes that are there: nothing is ever stored as None.

    >>> present({SHARE: 0.2, OUTCOME: None})
    {'share': 0.2}
    """
    return {name: value for name, value in found.items() if value is not None}


def table() -> dict[str, Attribute]:
    """All attributes by name, in alphabetical order."""
    return dict(sorted(_TABLE.items()))


VIEW = _attribute("view", "graph", "str", "which graph it is: workflow, causes, objectives, handoffs or metrics")
NAME = _attribute("name", "graph", "str", "the workflow's name, or what the graph is called")
KIND = _attribute("kind", "node edge", "str", "what it is; each graph lists its own kinds")
LABEL = _attribute("label", "graph node edge", "str", "the words people read", absent="the name says enough")
OWNER = _attribute("owner", "graph node", "str", "who answers for it", absent="nobody is named")
ORDER = _attribute("order", "node edge", "int", "its place in the order of the text, from 0")

# ------------------------------------------------------------------------------------------------- workflow
TEAM = _attribute("team", "node", "str", "the team that does the work", absent="nobody waits for anybody")
PARTNER = _attribute("partner", "node", "bool", "the team belongs to another organisation", absent="no team")
TAKES = _attribute("takes", "node", "str", "the duration of the work as the language writes it", absent="no time")
WAITS = _attribute("waits", "node", "str", "the time that holds nobody, as the language writes it", absent="none")
COSTS = _attribute(
    "costs", "node", "str", "money per visit (of an initiative: in all) as the language writes it", absent="none"
)
BLOCK = _attribute(
    "block", "node", "str", "the innermost parallel block around it", absent="stands outside of every one"
)
BRANCH = _attribute("branch", "node edge", "int", "the number of its branch in that block, from 0", absent="no branch")
JOIN = _attribute("join", "node", "str", "for a block: `all` branches or the `first` one ends it")
GOOD = _attribute("good", "node", "bool", "for an end: it ends a case well")
FOLDED = _attribute(
    "folded", "node", "tuple[str, ...]", "of what a picture folds into one: how much it is, then each part by name"
)
FOLDS = _attribute("folds", "node", "tuple[str, ...]", "of what a picture folds into one: the names of its parts")
CALLS = _attribute("calls", "node", "str", "the workflow that a call runs")
OUTCOME = _attribute("outcome", "edge", "str", "the outcome's id, `decision.outcome`", absent="the case just goes on")
SHARE = _attribute(
    "share", "edge", "float", "how often it is taken at a case's first visit (a hand-off: after the work)",
    unit="fraction of 1",
    absent="hangs on how often the case took the outcome before (`at most`)",
)  # fmt: skip
EXACT_SHARE = _attribute("exact_share", "edge", "str", "the same as an exact ratio, `1/5`", absent="as share")
SHARE_BY_VISIT = _attribute(
    "share_by_visit", "edge", "tuple[float, ...]", "first, second, … visit; the last holds for all later ones",
    unit="fraction of 1", absent="the same at every visit",
)  # fmt: skip
REST = _attribute("rest", "edge", "bool", "the outcome had no percentage and takes the rest", absent="it had one")
REWORK = _attribute("rework", "edge", "bool", "work is done again", absent="no such effect")
SCRAP = _attribute("scrap", "edge", "bool", "the case is lost", absent="no such effect")
WASTE = _attribute("waste", "edge", "bool", "what was spent so far is not used", absent="no such effect")
DELAY = _attribute(
    "delay", "edge", "str", "how long the case waits, as the language writes it", absent="no such effect"
)
AT_MOST = _attribute("at_most", "edge", "int", "how often a case may take it", unit="times", absent="no bound")

# --------------------------------------------------------------------------------------------------- causes
CATEGORY = _attribute("category", "node", "str", "of a metric: activity, output, operational or outcome")
TIMING = _attribute("timing", "node", "str", "`leading` (seen before the results) or `lagging` (after the process)")
UNIT = _attribute("unit", "node", "str", "the unit as written", absent="follows from the formula, or a pure number")
OF = _attribute("of", "node", "str", "of an indicator: the decision, step, team or workflow that it measures")
ASPECT = _attribute(
    "aspect", "node", "str", "of an indicator: share, rounds, wait, time, load, arrivals or open",
    absent="a named one that measures an expression",
)  # fmt: skip
BETTER = _attribute("better", "node", "str", "`higher` or `lower`", absent="no direction is named")
ORIGIN = _attribute(
    "origin", "edge", "str",
    "where an influence comes from: `structural` (the process), `formula`, `declared` or `learned`",
)  # fmt: skip
LAG = _attribute(
    "lag", "edge", "tuple[float, float]", "how much later the effect comes, from and to", unit="seconds",
    absent="nothing is said of it",
)  # fmt: skip
STRENGTH = _attribute(
    "strength", "edge", "str", "`each`, `elasticity`, `saturating` or `learned`", absent="follows from the origin"
)
GAIN = _attribute(
    "gain", "edge", "float", "what one more of the source adds to the target, both in base units",
    unit="target per source", absent="not known before data or analysis",
)  # fmt: skip
SATURATION = _attribute("saturation", "edge", "tuple", "the ceiling, and the level at which half of it is reached")
ELASTICITY = _attribute("elasticity", "edge", "float", "per cent of the target per per cent of the source")
CONFIDENCE = _attribute(
    "confidence", "edge", "float", "how sure its author is", unit="fraction of 1", absent="not said"
)
GRADE = _attribute("grade", "edge", "str", "confidence in words: high from 80 %, medium from 50 %, else low")
EVIDENCE = _attribute("evidence", "edge", "str", "what it rests on: declared, associated or experiment")
NOTE = _attribute("note", "edge", "str", "what its author says of the evidence")
VIA = _attribute("via", "edge", "str", "the workflow through which a structural influence or a hand-off works")

# ----------------------------------------------------------------------------------- objectives and hand-offs
LEVEL = _attribute("level", "node", "str", "of an objective: enterprise, business_unit, department or function")
TARGET = _attribute("target", "node edge", "str", "the target as the language writes it", absent="no target")
BY = _attribute("by", "node edge", "str", "the date by which, ISO 8601", absent="no date")
BENCHMARK = _attribute("benchmark", "node", "tuple[str, ...]", "what others reach on a metric", absent="no benchmark")
PEOPLE = _attribute("people", "node", "int", "how many visits a team serves at once")
ACROSS = _attribute("across", "edge", "bool", "a hand-off between organisations")
OWNED = _attribute("owned", "edge", "bool", "a hand-off with an owner on both sides")
PROMISED = _attribute(
    "promised", "edge", "str", "of a hand-off: how soon it is taken up, as the language writes it", absent="no promise"
)
WAYS = _attribute("ways", "edge", "tuple[str, ...]", "the arcs of the workflow that make up a hand-off")
