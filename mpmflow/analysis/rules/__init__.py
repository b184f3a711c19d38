"""Rules of indicators, followed over vectors: what holds, what is pending, what fires, since when, and why."""

from .clauses import Clause, ClauseTrace, trace_condition
from .following import BASELINE, STATES, IndicatorTrace, RuleTrace, State, follow
from .logic import FALSE, TRUE, UNKNOWN, Ternary
from .series import Series, periods_in
from .wording import condition_text, rule_text

__all__ = [
    "BASELINE",
    "FALSE",
    "STATES",
    "TRUE",
    "UNKNOWN",
    "Clause",
    "ClauseTrace",
    "IndicatorTrace",
    "RuleTrace",
    "Series",
    "State",
    "Ternary",
    "condition_text",
    "follow",
    "periods_in",
    "rule_text",
    "trace_condition",
]
