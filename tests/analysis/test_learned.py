"""Learned causes: found where the history shows them, left out where it does not, and never called causes."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from click.testing import CliRunner, Result
from jsonschema import validate

import mpmflow as mpm
from mpmflow.analysis.learned.in_text import with_learned
from mpmflow.analysis.learned.learned import candidates
from mpmflow.analysis.learned.written import said
from mpmflow.cli.program import program
from mpmflow.diagnostics.source import Source
from mpmflow.exchange.schema import schema
from mpmflow.syntax.format import format_source

ROOT = Path(__file__).resolve().parents[2]
WEBINAR = ROOT / "examples" / "webinar" / "webinar.mpm"

FUNNEL = """\
metric spend   activity unit eur
metric visits  output   unit visits
metric leads   output   unit leads
metric weather output   unit days

cause spend -> leads { learned, lag 0w to 6w }
"""


def weekly(**columns: list[float]) -> pl.DataFrame:
    length = len(next(iter(columns.values())))
    return pl.DataFrame({"time": [date(2024, 1, 1) + timedelta(weeks=week) for week in range(length)], **columns})


def funnel(length: int = 104, seed: int = 1) -> pl.DataFrame:
    """Every 100 eur bring two leads two weeks later; the weather brings nothing."""
    luck = np.random.default_rng(seed)
    spend = 1000.0 + 200.0 * luck.normal(size=length)
    leads = 50.0 + 0.02 * np.concatenate([[1000.0, 1000.0], spend[:-2]]) + luck.normal(size=length)
    return weekly(spend=list(spend), leads=list(leads), weather=list(luck.normal(size=length)))


def test_a_learned_cause_has_gain_lag_interval_and_grade() -> None:
    (cause,) = mpm.learn_causes(mpm.parse(FUNNEL), series=funnel()).causes
    assert cause.found
    assert cause.grade == "strong"
    assert cause.gain == pytest.approx(0.02, rel=0.2)
    assert cause.low is not None
    assert cause.high is not None
    assert cause.low < 0.02 < cause.high
    assert cause.mean_lag == pytest.approx(14 * 86400, rel=0.15)
    assert cause.q_value is not None
    assert cause.q_value <= 0.01
    assert cause.gained is not None
    assert cause.gained > 0.5


def test_the_line_to_paste_is_of_the_language_and_says_what_it_rests_on() -> None:
    found = mpm.learn_causes(mpm.parse(FUNNEL), series=funnel())
    (line,) = found.lines
    cause = mpm.parse(FUNNEL.rpartition("cause")[0] + line).causes[0]
    assert cause.strength is not None
    assert cause.strength.kind == "each"
    assert cause.evidence is not None
    assert cause.evidence.grade == "associated"
    assert cause.evidence.note is not None
    assert "predictive, not causal" in cause.evidence.note


def test_what_the_history_does_not_show_is_not_found_and_says_why() -> None:
    text = FUNNEL.replace("cause spend ->", "cause weather ->")
    found = mpm.learn_causes(mpm.parse(text), series=funnel())
    assert found.found == ()
    assert found.lines == ()
    assert found.causes[0].why == "the history does not show that weather foretells leads"


@pytest.mark.parametrize(
    ("frame", "why"),
    [
        (funnel(20), "too little is known: 20 periods have both spend and leads"),
        (weekly(leads=[50.0] * 60), "nothing was observed of spend"),
        (weekly(leads=list(np.random.default_rng(1).normal(size=60)), spend=[1000.0] * 60), "spend never moved"),
    ],
)
def test_where_nothing_can_be_learned_it_is_said_why(frame: pl.DataFrame, why: str) -> None:
    (cause,) = mpm.learn_causes(mpm.parse(FUNNEL), series=frame).causes
    assert why in cause.why
    assert cause.gain is None


def test_a_known_driver_stands_beside_the_learned_one() -> None:
    """Visits only follow spend; with spend's own influence declared, they foretell nothing more."""
    luck = np.random.default_rng(6)
    spend = 1000.0 + 200.0 * luck.normal(size=120)
    visits = np.concatenate([[1000.0], spend[:-1]]) + 40.0 * luck.normal(size=120)
    leads = 50.0 + 0.02 * np.concatenate([[1000.0] * 2, spend[:-2]]) + luck.normal(size=120)
    frame = weekly(spend=list(spend), visits=list(visits), leads=list(leads))
    alone = FUNNEL.replace("cause spend ->", "cause visits ->")
    beside = alone + "cause spend -> leads { lag 2w, each +100 eur adds 2 }\n"
    assert mpm.learn_causes(mpm.parse(alone), series=frame).found
    assert not mpm.learn_causes(mpm.parse(beside), series=frame).found


# ------------------------------------------------------------------------------------------------ proposals


def test_links_that_nobody_declared_are_proposed_along_the_ways_that_effects_can_take() -> None:
    text = FUNNEL.rpartition("cause")[0]
    found = mpm.learn_causes(mpm.parse(text), series=funnel(), propose=True)
    assert [(one.source, one.effect) for one in found.found] == [("spend", "leads")]
    assert found.causes[0].found, "those that were found come first"
    assert not found.declared


def test_candidates_do_not_run_backwards_nor_beside_what_is_declared() -> None:
    model = mpm.load(WEBINAR)
    values = dict.fromkeys(["brief_complete.no", "launches", "registrations", "spend", "leads", "revenue"], np.zeros(3))
    pairs = candidates(model, values)
    declared = {(one.source, one.effect) for one in model.causes}
    assert not declared & set(pairs)
    assert ("brief_complete.no", "revenue") in pairs, "the brief reaches revenue through cycle time and leads"
    assert all(source != "revenue" for source, _ in pairs), "revenue leads to nothing"
    assert all(effect not in ("launches", "cycle_time") for _, effect in pairs), "what the process gives is not learned"


def test_false_proposals_are_rare() -> None:
    """Eight independent indicators against one metric: with q = .1, one history in ten has a false link or more."""
    names = [f"x{number}" for number in range(8)]
    text = "\n".join([f"metric {name} activity" for name in names] + ["metric leads output"])
    model, wrong = mpm.parse(text), 0
    for seed in range(8):
        luck = np.random.default_rng(seed)
        frame = weekly(**{name: list(luck.normal(size=64).cumsum()) for name in [*names, "leads"]})
        wrong += bool(mpm.learn_causes(model, series=frame, propose=True).found)
    assert wrong <= 3


def test_two_hundred_weeks_of_media_and_revenue_are_looked_through(shared: Callable[[str], Path]) -> None:
    with shared("data/marketing/robyn_weekly/weekly.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    media = ["tv_S", "ooh_S", "print_S", "facebook_S", "search_S", "newsletter"]
    text = "\n".join([f"metric {name} activity unit eur" for name in media] + ["metric revenue outcome unit eur"])
    text += "\n" + "\n".join(f"cause {name} -> revenue {{ learned, lag 0w to 8w }}" for name in media)
    frame = weekly(**{name: [float(row[name]) for row in rows] for name in [*media, "revenue"]})
    found = mpm.learn_causes(mpm.parse(text), series=frame)
    assert len(found.causes) == 6
    assert all(one.periods >= 150 for one in found.causes)
    assert all(one.gained is not None and one.gained < 1 for one in found.causes)
    assert found.to_frame().shape == (6, 16)


# ------------------------------------------------------------------------------------------------ in texts and answers


def test_a_text_gets_the_strength_where_learned_stood_and_keeps_the_rest() -> None:
    model = mpm.parse("# our funnel\n" + FUNNEL)
    causes = [said(model, one) for one in mpm.learn_causes(model, series=funnel()).causes]
    text = "# our funnel\n" + FUNNEL
    fitted, changed = with_learned(model, format_source(Source("f", text)), "f", causes)
    assert "learned," not in changed
    assert changed.startswith("# our funnel\n")
    assert "each +1 eur adds 0.0" in changed
    assert "# fitted: 0.0" in changed
    assert mpm.parse(changed) == fitted
    assert format_source(Source("f", changed)) == changed


def test_a_text_says_why_learned_stays() -> None:
    model = mpm.parse(FUNNEL)
    causes = mpm.learn_causes(model, series=funnel(20)).causes
    fitted, changed = with_learned(model, FUNNEL, "f", causes)
    assert "{ learned, lag 0w to 6w }  # fitted: too little is known: 20 periods" in changed
    assert fitted == model


def test_risk_says_that_a_learned_strength_is_no_cause() -> None:
    text = FUNNEL + 'objective grow department { measured by leads, target at least 60 by 2026-06-30, owner "CMO" }\n'
    evaluation = mpm.evaluate(mpm.parse(text), series=funnel())
    assert any(note.endswith("predictive, not causal.") for note in evaluation.coverage.notes)
    assert evaluation.metric("leads").evidence == "learned"


def call(*arguments: str) -> Result:
    result = CliRunner().invoke(program, list(arguments), prog_name="mpmflow")
    assert "Traceback" not in result.output
    return result


@pytest.mark.parametrize("option", ["--causes", "--propose-causes"])
def test_the_command_says_what_the_history_shows(option: str) -> None:
    page = call("fit", str(WEBINAR), option)
    assert page.exit_code == 0
    assert "foretells the effect, not that it brings it about" in " ".join(page.stdout.split())
    document = json.loads(call("fit", str(WEBINAR), option, "--json", "-q").stdout)
    validate(document, schema("causes"))
    assert document["declared"] is (option == "--causes")


def test_the_webinar_finds_the_influence_its_history_was_made_with() -> None:
    """A quarter of all registrations become leads within six weeks."""
    (cause,) = mpm.learn_causes(mpm.load(WEBINAR)).causes
    assert cause.found
    assert cause.low is not None
    assert cause.high is not None
    assert cause.low < 0.25 < cause.high
