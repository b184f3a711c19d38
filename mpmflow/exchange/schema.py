"""The JSON Schema (draft 2020-12) of the model and of every document that a verb prints with `--json`.

Times are seconds, shares fractions of 1, dates ISO 8601. A document may get new fields within its version, so readers
should pass over what they do not know; fields named here stay, with their meaning. What each document holds stands in
`schemas`, a module for each family of documents.
"""

from __future__ import annotations

from collections.abc import Callable

from .schemas import (
    alliances,
    assessment,
    difference,
    files,
    goals,
    history,
    ledger,
    live,
    logs,
    periods,
    process,
    report,
    risk,
    testing,
)
from .schemas.vocabulary import Schema

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(document: str) -> Schema:
    """The schema of one document, by its name. Raises KeyError for a name that is not in `DOCUMENTS`.

    >>> schema("check")["properties"]["schema"]["const"]
    'mpmflow/check/1'
    """
    return {"$schema": DIALECT, **DOCUMENTS[document]()}


DOCUMENTS: dict[str, Callable[[], Schema]] = {
    "model": files.model,
    "allocation": risk.allocation,
    "analysis": process.analysis,
    "backtest": history.backtest,
    "causes": logs.causes,
    "check": files.check,
    "diff": difference.diff,
    "discovery": logs.discovery,
    "explanation": risk.explanation,
    "drawing": files.drawing,
    "export": files.export,
    "handoffs": alliances.handoffs,
    "import": files.importing,
    "format": files.formatting,
    "formula": process.formula,
    "leads": history.leads,
    "ledger": ledger.line,
    "ledger-merged": ledger.merged,
    "ledger-recorded": ledger.recorded,
    "ledger-verified": ledger.verified,
    "observed": logs.observed,
    "review": ledger.review,
    "risk": risk.risk,
    "partner-view": alliances.partner_view,
    "remaining": process.remaining,
    "report": report.report,
    "simulation": process.simulation,
    "sweep": process.sweep,
    "sight": goals.sight,
    "comparison": periods.comparison,
    "assessment": assessment.assessment,
    "test": testing.test_run,
    "test-coverage": testing.coverage,
    "test-mutation": testing.mutation,
    "fit": logs.fit,
    "transition": live.transition,
    "what-if": process.what_if,
}
"""Every document, by the name that its `schema` field has between the slashes."""
