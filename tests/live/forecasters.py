"""Forecasts for the tests of the ledger, made without a model: normal laws around something, for days in a row."""

from __future__ import annotations

from datetime import date, timedelta
from statistics import NormalDist
from typing import Any

from mpmflow.analysis.review.kept import KeptForecast

NEW_YEAR = date(2024, 1, 1)
PARTS = [(number + 0.5) / 199 for number in range(199)]
MODEL = "0" * 64


def forecast(number: int, middle: float = 0.0, spread: float = 1.0, **more: Any) -> KeptForecast:
    """A forecast that is made on one day and is for the next, of whether a figure stays below 1."""
    law = NormalDist(middle, spread)
    fields: dict[str, Any] = {
        "metric": "leads",
        "label": "leads",
        "unit": "leads",
        "owner": "Ann",
        "on": NEW_YEAR + timedelta(days=number + 1),
        "target": {"comparison": "at most", "value": "1 leads"},
        "target_text": "at most 1 leads",
        "forecast": middle,
        "low": law.inv_cdf(0.025),
        "high": law.inv_cdf(0.975),
        "law": tuple(law.inv_cdf(part) for part in PARTS),
        "p_miss": 1.0 - law.cdf(1.0),
        "simple": {},
        "as_of": NEW_YEAR + timedelta(days=number),
        "model": MODEL,
        "version": "0.1.0",
    }
    return KeptForecast.model_validate({**fields, **more})
