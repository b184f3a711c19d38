"""`mpmflow backtest` and `mpmflow leads`: a page for people, a document for programs, words for what cannot be done."""

from __future__ import annotations

import json
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from jsonschema import validate

from mpmflow.cli.program import program
from mpmflow.exchange.schema import schema

MODEL = """
metric visits output unit visits
metric leads  output unit leads higher is better target at least 40 by 2026-12-31
cause visits -> leads { lag 2w, each +100 adds 2 }
indicator traffic "Visits" = visits {
  expect 1000
  higher is better
  warn below 900 for 1w
  missed warning costs 5k eur, false alarm costs 1k eur
}
data { series "weekly.csv" { time week } }
"""


@pytest.fixture
def model(tmp_path: Path) -> str:
    (tmp_path / "m.mpm").write_text(MODEL)
    luck = np.random.default_rng(1)
    visits = 1000 + 150 * np.convolve(luck.standard_normal(84), np.ones(5) / 2, "valid")
    leads = 30 + 0.02 * np.concatenate([visits[:1], visits[:1], visits[:-2]]) + luck.normal(0, 1, 80)
    rows = [
        f"{date(2024, 1, 1) + timedelta(weeks=n)},{visits[n]:.1f},{leads[n]:.2f}\n" for n in range(80)
    ]  # fmt: skip
    (tmp_path / "weekly.csv").write_text("week,visits,leads\n" + "".join(rows))
    return str(tmp_path / "m.mpm")


def call(*arguments: str) -> Result:
    return CliRunner().invoke(program, arguments)


def test_the_page_says_who_was_right(model: str) -> None:
    found = call("backtest", model, "-q", "--folds", "20", "--horizon", "2w")
    assert found.exit_code == 0, found.output
    for words in (
        "How well the level was foretold",
        "Whether the target would be missed",
        "What the alarms were worth",
    ):
        assert words in found.stdout
    assert "saying nothing would have cost" in found.stdout
    assert "evenings 20 were chosen for forecasts, spread evenly" in found.stdout


def test_the_document_keeps_to_its_schema_and_to_the_seed(model: str) -> None:
    one, two = (call("backtest", model, "-q", "--json", "--folds", "13", "--seed", "3") for _ in range(2))
    assert one.exit_code == 0, one.output
    assert one.stdout == two.stdout
    document = json.loads(one.stdout)
    validate(document, schema("backtest"))
    (leads,) = [row for row in document["metrics"] if row["name"] == "leads"]
    assert len(leads["forecasts"]) == 13
    assert leads["brier"]["skill"]["persistence"]["forecasts"] == 13


def test_what_is_too_short_is_refused_in_words(model: str) -> None:
    found = call("backtest", model, "-q", "--as-of", "2024-03-31")
    assert found.exit_code == 2
    assert "a back-test needs 23: 8 before the first forecast, 12 forecasts, and 4 to see what came" in found.output
    assert "Traceback" not in found.output


def test_leads_are_found_with_their_lag_beside_that_of_the_model(model: str) -> None:
    page = call("leads", model, "-q")
    assert page.exit_code == 0, page.output
    assert "visits -> leads" in page.stdout
    assert "the same: 14 d" in page.stdout
    found = json.loads(call("leads", model, "-q", "--json").stdout)
    validate(found, schema("leads"))
    (lead,) = found["leads"]
    assert lead["found"]
    assert lead["lags_agree"]
    assert lead["mean_lag"] == pytest.approx(14 * 86400, rel=0.2)
    assert lead["model_lag"] == 14 * 86400


def test_a_lag_that_the_history_contradicts_is_said_so(model: str) -> None:
    path = Path(model)
    path.write_text(MODEL.replace("lag 2w", "lag 8w"))
    assert "otherwise: 56 d" in call("leads", model, "-q").stdout


def test_a_model_without_pairs_says_what_is_missing(model: str) -> None:
    path = Path(model)
    path.write_text(MODEL.replace("cause visits -> leads { lag 2w, each +100 adds 2 }", ""))
    assert "There is no pair to look at" in call("leads", model, "-q").stdout
