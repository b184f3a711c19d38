"""mpmflow: describe a marketing process in plain text; see where rework and delay spread and what will be missed.

    import mpmflow as mpm

    model = mpm.load("webinar.mpm")
    mpm.analyze(model)

Names are fetched on first use (PEP 562), so that importing the package, and checking a file, stays quick: numpy, scipy,
networkx and the dataframe libraries are loaded by the question that needs them.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"

PUBLIC: dict[str, dict[str, str]] = {
    "Read": {
        "load": "api",
        "parse": "api",
        "read": "api",
        "read_bpmn": "api",
        "Model": "model.model",
        "Data": "readers.tables",
    },
    "Ask": {
        "analyze": "api",
        "assess": "api",
        "simulate": "api",
        "remaining_time": "api",
        "observe": "api",
        "evaluate": "api",
        "compare": "api",
        "line_of_sight": "api",
        "fit": "api",
        "discover": "api",
        "learn_causes": "api",
        "backtest": "api",
        "leads": "api",
        "handoffs": "api",
        "partner_view": "api",
        "cause_effect": "api",
        "draw": "api",
        "report": "api",
        "export": "api",
        "sweep": "api",
        "what_if": "api",
        "diff": "api",
        "allocate": "api",
        "formula": "api",
        "run_tests": "api",
        "rule_coverage": "api",
        "mutate": "api",
    },
    "Watch": {
        "Monitor": "live.monitor",
        "Transition": "live.transitions",
    },
    "Come back to what was said": {
        "Ledger": "live.ledger.ledger",
        "Review": "analysis.review.review",
    },
    "When something is wrong": {
        "MpmError": "diagnostics.errors",
        "DataError": "diagnostics.errors",
        "LedgerError": "diagnostics.errors",
        "LeverError": "diagnostics.errors",
        "MonitorError": "diagnostics.errors",
        "PictureError": "render.picture",
        "InternalError": "diagnostics.errors",
        "Diagnostic": "diagnostics.diagnostic",
    },
}
"""The public names, by section, each with the module that holds it. `__all__`, `dir()` and the reference page of the
documentation come from here."""

_HOMES = {name: home for section in PUBLIC.values() for name, home in section.items()}

if TYPE_CHECKING:  # the same names for type checkers and editors, which do not run `__getattr__`
    from .analysis.review.review import Review as Review
    from .api import allocate as allocate
    from .api import analyze as analyze
    from .api import assess as assess
    from .api import backtest as backtest
    from .api import cause_effect as cause_effect
    from .api import compare as compare
    from .api import diff as diff
    from .api import discover as discover
    from .api import draw as draw
    from .api import evaluate as evaluate
    from .api import export as export
    from .api import fit as fit
    from .api import formula as formula
    from .api import handoffs as handoffs
    from .api import leads as leads
    from .api import learn_causes as learn_causes
    from .api import line_of_sight as line_of_sight
    from .api import load as load
    from .api import mutate as mutate
    from .api import observe as observe
    from .api import parse as parse
    from .api import partner_view as partner_view
    from .api import read as read
    from .api import read_bpmn as read_bpmn
    from .api import remaining_time as remaining_time
    from .api import report as report
    from .api import rule_coverage as rule_coverage
    from .api import run_tests as run_tests
    from .api import simulate as simulate
    from .api import sweep as sweep
    from .api import what_if as what_if
    from .diagnostics.diagnostic import Diagnostic as Diagnostic
    from .diagnostics.errors import DataError as DataError
    from .diagnostics.errors import InternalError as InternalError
    from .diagnostics.errors import LedgerError as LedgerError
    from .diagnostics.errors import LeverError as LeverError
    from .diagnostics.errors import MonitorError as MonitorError
    from .diagnostics.errors import MpmError as MpmError
    from .live.ledger.ledger import Ledger as Ledger
    from .live.monitor import Monitor as Monitor
    from .live.transitions import Transition as Transition
    from .model.model import Model as Model
    from .readers.tables import Data as Data
    from .render.picture import PictureError as PictureError

__all__ = ["__version__", *_HOMES]  # pyright: ignore[reportUnsupportedDunderAll]


def __getattr__(name: str) -> Any:
    home = _HOMES.get(name)
    if home is None:
        raise AttributeError(_unknown(name))
    value = getattr(import_module(f"{__name__}.{home}"), name)
    globals()[name] = value
    return value


def _unknown(name: str) -> str:
    from difflib import get_close_matches

    nearest = get_close_matches(name, _HOMES, 1)
    return f"mpmflow has no {name!r}" + (f"; did you mean {nearest[0]!r}?" if nearest else "")


def __dir__() -> list[str]:
    return sorted({*globals(), *_HOMES})
