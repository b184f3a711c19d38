"""The verbs that ask questions: the same answers as from Python, as a page or as JSON, and words when they cannot."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import validate

from mpmflow.cli.program import program
from mpmflow.exchange.schema import schema

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
WEBINAR = str(EXAMPLES / "webinar" / "webinar.mpm")


def call(*arguments: str) -> Result:
    result = CliRunner().invoke(program, list(arguments), prog_name="mpmflow")
    assert "Traceback" not in result.output
    return result


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize(("verb", "document"), [("analyze", "analysis"), ("risk", "risk")])
def test_json_is_the_documented_document_and_nothing_else(verb: str, document: str) -> None:
    result = call(verb, "--json", "-q", WEBINAR)
    assert (result.exit_code, result.stderr) == (0, "")
    validate(json.loads(result.stdout), schema(document))


@pytest.mark.parametrize("verb", ["analyze", "risk"])
def test_a_page_outside_a_terminal_is_plain_text_without_padding(verb: str) -> None:
    result = call(verb, WEBINAR)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert len(lines) > 20
    assert [line for line in lines if line != line.rstrip()] == []
    assert "\x1b" not in result.stdout


def test_the_same_question_gives_the_same_bytes() -> None:
    first, second = call("risk", "--json", WEBINAR), call("risk", "--json", WEBINAR)
    assert first.stdout == second.stdout


def test_a_day_may_be_named_and_what_came_later_is_not_known() -> None:
    document = json.loads(call("risk", "--json", "-q", "--as-of", "2026-03-01", WEBINAR).stdout)
    assert document["as_of"] == "2026-03-01"


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [
        ("--as-of", "tomorrow", "write one as 2026-03-02"),
        ("--budget", "20000", "Invalid value for --budget: a budget is an amount of money, such as 20k eur"),
        ("--reference", "last year", "rework-free"),
        ("--reference", "2026-03-01..2026-01-05", "ends before it begins"),
    ],
)
def test_a_wrong_option_says_what_is_possible(option: str, value: str, words: str) -> None:
    result = call("risk", WEBINAR, option, value)
    assert result.exit_code == 2
    assert words in result.stderr


def test_a_file_without_a_workflow_says_what_is_missing_instead_of_nothing(folder: Path) -> None:
    (folder / "a.mpm").write_text("metric leads output unit leads\n", encoding="utf-8")
    result = call("analyze", "a.mpm")
    assert result.exit_code == 2
    assert "There is nothing to analyze: a.mpm has no workflow; write one" in result.stderr


@pytest.mark.parametrize("verb", ["analyze", "risk", "draw"])
def test_a_file_with_errors_is_not_asked(verb: str, folder: Path) -> None:
    (folder / "a.mpm").write_text("workflow w { step brief -> lunch }\n", encoding="utf-8")
    result = call(verb, "a.mpm")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith("a.mpm:1:")


@pytest.mark.parametrize("verb", ["analyze", "risk", "draw"])
def test_a_missing_file_is_said_in_words(verb: str, folder: Path) -> None:
    result = call(verb, "nowhere.mpm")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "there is no file `nowhere.mpm`" in result.stderr


def test_warnings_are_mentioned_in_one_line_and_answers_given(folder: Path) -> None:
    (folder / "a.mpm").write_text("team idle { people 2 }\nworkflow w { step brief takes 2h }\n", encoding="utf-8")
    result = call("analyze", "a.mpm")
    assert result.exit_code == 0
    assert result.stderr == "a.mpm: 1 warning; see mpmflow check a.mpm\n"
    assert call("analyze", "-q", "a.mpm").stderr == ""


def test_bad_data_names_file_column_and_row(folder: Path) -> None:
    (folder / "a.mpm").write_text(
        'workflow w { step brief takes 2h }\ndata { log "a.csv" { case, activity, time } }\n', encoding="utf-8"
    )
    (folder / "a.csv").write_text("case,activity,time\n1,brief,2026-01-05\n2,brief,yesterday\n", encoding="utf-8")
    result = call("risk", "-q", "a.mpm")
    assert result.exit_code == 2
    assert result.stderr.startswith("The data cannot be used: a.csv, column")
    assert "row 3" in result.stderr


def test_without_any_data_risk_says_what_to_give(folder: Path) -> None:
    (folder / "a.mpm").write_text("workflow w { step brief takes 2h }\n", encoding="utf-8")
    result = call("risk", "a.mpm")
    assert result.exit_code == 2
    assert "data block" in result.stderr


def test_another_log_may_be_given(folder: Path) -> None:
    (folder / "a.mpm").write_text("workflow w { step brief takes 2h }\n", encoding="utf-8")
    rows = [f"{case},brief,2026-01-{5 + case:02}T09:00:00" for case in range(20)]
    (folder / "b.csv").write_text("\n".join(["case,activity,time", *rows]) + "\n", encoding="utf-8")
    document = json.loads(call("risk", "--json", "-q", "a.mpm", "--log", "b.csv").stdout)
    assert document["coverage"]["events"] == 20


def test_schemas_are_listed_and_printed() -> None:
    listed = call("schema").stdout.split()
    assert {"model", "check", "analysis", "risk"} <= set(listed)
    for name in listed:
        assert json.loads(call("schema", name).stdout) == schema(name)
    assert set(json.loads(call("schema", "--json").stdout)) == set(listed)
    assert 'Did you mean "risk"?' in call("schema", "riks").stderr


TRAVEL = str(EXAMPLES / "travel" / "travel.mpm")
IN_JUNE = ("--as-of", "2018-06-18", "-q")


@pytest.mark.parametrize(
    ("name", "kind", "words"),
    [
        ("sent_back", "indicator", ["warn since 14 May 2018", "above 10% for 2w", "travel.mpm:91"]),
        ("late_claims", "metric", ["likely to miss it", "more uneven", "travel.mpm:78", "others together"]),
        ("administration_ok", "place", ["visits more here, and a case spends", "by more visits", "Extra time"]),
        ("repaid_soon", "objective", ["Target: at most 10d.", "Cycle time (cycle_time)", "What moves it"]),
        ("claim", "place", ["a case takes", "Extra time per case, by cause"]),
    ],
)
def test_explain_leads_back_to_the_rules_the_causes_and_the_line(name: str, kind: str, words: list[str]) -> None:
    page = call("explain", TRAVEL, name, *IN_JUNE)
    assert page.exit_code == 0
    for text in words:
        assert text in page.stdout
    found = json.loads(call("explain", TRAVEL, name, "--json", *IN_JUNE).stdout)
    validate(found, schema("explanation"))
    assert found["kind"] == kind


def test_explain_tells_waits_for_busy_people_from_more_and_longer_visits() -> None:
    page = call("explain", WEBINAR, "copy", "-q")
    assert page.exit_code == 0
    said = "100 cases make as many visits here, and a case spends 4.2 min more: +4.2 by longer waits for people."
    assert said in " ".join(page.stdout.split())


def test_explain_names_the_nearest_when_there_is_no_such_thing() -> None:
    result = call("explain", TRAVEL, "cycle_tme", *IN_JUNE)
    assert (result.exit_code, result.stdout) == (2, "")
    assert "cycle_time" in result.stderr


def test_explain_leads_from_an_initiative_to_what_it_moves() -> None:
    result = call("explain", TRAVEL, "checklist", *IN_JUNE)
    assert result.exit_code == 2
    assert "'checklist' is an initiative: ask about what it moves (administration_ok.reject)" in result.stderr


def test_what_an_explanation_adds_up_is_the_change_itself() -> None:
    """Every part stands in the table that `to_frame` gives, and together they are the metric's change."""
    import mpmflow as mpm

    found = mpm.evaluate(mpm.load(TRAVEL), as_of="2018-06-18").explain("cycle_time")
    assert sum(part for part in found.rows()["adds"]) == pytest.approx(found.figures["change"], rel=1e-9)


def test_a_budget_says_which_initiatives_to_take() -> None:
    page = call("risk", WEBINAR, "-q", "--budget", "10k eur").stdout
    assert "What to take for 10k eur" in page
    assert "“One-page brief template” for 8,000 eur" in page
    found = json.loads(call("risk", WEBINAR, "-q", "--json", "--budget", "10k eur").stdout)
    validate(found, schema("risk"))
    assert found["choice"]["nominal"]["initiatives"] == ["template"]


def test_a_budget_that_is_no_money_is_refused_in_words() -> None:
    result = call("risk", WEBINAR, "-q", "--budget", "three weeks")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "an amount of money, such as 20k eur" in result.stderr


def test_what_if_made_today_has_the_interval_of_the_difference() -> None:
    page = call("what-if", WEBINAR, "second_lawyer", "--forecast", "-q")
    assert page.exit_code == 0
    assert "Forecasts, if it were made on 2 Mar 2026" in page.stdout
    assert "95% of it" in page.stdout
    found = json.loads(call("what-if", WEBINAR, "second_lawyer", "--forecast", "--json", "-q").stdout)
    validate(found, schema("what-if"))
    assert [one["name"] for one in found["forecast"]["scenarios"]] == ["second_lawyer"]
    assert json.loads(call("what-if", WEBINAR, "second_lawyer", "--json", "-q").stdout)["forecast"] is None
