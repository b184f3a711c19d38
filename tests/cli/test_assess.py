"""`mpmflow assess`: the page, standards of others, and last year's assessment."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result
from jsonschema import validate

from mpmflow.cli.program import program
from mpmflow.exchange.schema import schema

ROOT = Path(__file__).resolve().parents[2]
WEBINAR = str(ROOT / "examples/webinar/webinar.mpm")


def call(*arguments: str) -> Result:
    return CliRunner().invoke(program, arguments)


def test_the_page_has_the_score_the_points_and_what_would_raise_it() -> None:
    found = call("assess", WEBINAR, "-q", "--on", "2026-03-10")
    assert found.exit_code == 0, found.output
    page = " ".join(found.output.split())
    assert "not norms of an industry" in page
    assert "Score: 3." in page
    assert "Level 3 needs 1 more of 4: legal_ok.fix" in page
    assert (
        "others reach 43 eur per lead (B2B median, 2025, source: annual survey); where it stands is not known." in page
    )


def test_data_tell_where_a_metric_stands_beside_others() -> None:
    found = call("assess", WEBINAR, "-q", "--on", "2030-03-10", "--observed", "--full")
    page = " ".join(found.output.split())
    assert "which is at least as good. That is 4.2 years old: look for a new one." in page
    assert "--full tells them all" not in page


def test_last_year_is_compared(tmp_path: Path) -> None:
    first = call("assess", WEBINAR, "-q", "--on", "2025-03-10", "--json")
    validate(json.loads(first.stdout), schema("assessment"))
    (tmp_path / "last.json").write_text(first.stdout)
    found = call("assess", WEBINAR, "-q", "--on", "2027-03-10", "--against", str(tmp_path / "last.json"))
    assert "Fell: freshness, from level 4 to 3." in found.output
    assert "regular: not measured last time, level 1 now." in found.output


def test_a_wrong_standard_teaches_and_ends_with_2(tmp_path: Path) -> None:
    text = (ROOT / "standards/example.toml").read_text().replace("goals_reached", "goals_reachd")
    (tmp_path / "mine.toml").write_text(text)
    found = call("assess", WEBINAR, "-q", "--standard", str(tmp_path / "mine.toml"))
    assert found.exit_code == 2
    assert "Did you mean `goals_reached`?" in found.stderr


def test_figures_from_elsewhere_are_given_and_looked_at() -> None:
    found = call("assess", WEBINAR, "-q", "--given", "rule_coverage=90%", "--json")
    points = [point for factor in json.loads(found.stdout)["factors"] for point in factor["points"]]
    assert next(point for point in points if point["measure"] == "rule_coverage")["level"] == 4
    for wrong in ("rule_coverage", "rule_coverage=many", "rule_coverag=1", "rule_coverage=7", "rule_coverage=nan"):
        refused = call("assess", WEBINAR, "-q", "--given", wrong)
        assert refused.exit_code == 2, wrong
    assert "Did you mean `rule_coverage`?" in call("assess", WEBINAR, "-q", "--given", "rule_coverag=1").stderr


def test_what_is_no_assessment_or_no_file_ends_with_2(tmp_path: Path) -> None:
    assert call("assess", WEBINAR, "-q", "--against", WEBINAR).exit_code == 2
    assert call("assess", WEBINAR, "-q", "--ledger", str(tmp_path / "none.db")).exit_code == 2
    missing = call("assess", WEBINAR, "-q", "--standard", str(tmp_path / "none.toml"))
    assert missing.exit_code == 2
    assert "there is no such file" in missing.stderr
