"""`what-if` and the waits of `analyze` at the command line: pages, documents, and words where something is wrong."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from jsonschema import validate

import mpmflow as mpm
from mpmflow.cli.program import program
from mpmflow.exchange.schema import schema

TEXT = """\
team legal { people 1, cost 100 eur/h, works mon-fri 09:00-17:00 }
workflow w {
  arrivals 5 per week
  deadline 5d
  decision ok "Is it right?" by legal takes 4h { yes, no 20% -> ok rework }
}
metric days operational = time(w) unit d lower is better
scenario second_lawyer "A second lawyer" { legal.people = 2 }
scenario burst { w.arrivals = 12 per week }
"""


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "w.mpm").write_text(TEXT, encoding="utf-8")
    return "w.mpm"


def call(*arguments: str) -> Result:
    result = CliRunner().invoke(program, list(arguments), prog_name="mpmflow")
    assert "Traceback" not in result.output
    return result


def words(result: Result) -> str:
    return " ".join(result.stdout.split())


def test_one_lawyer_more_in_days_and_euros(file: str) -> None:
    result = call("what-if", "-q", file, "second_lawyer")
    assert result.exit_code == 0
    shown = words(result)
    assert "A second lawyer w: a case takes" in shown
    assert "legal: its people cost 4,000 eur more a week." in shown
    assert "busy 62.5% 31.2% -31.2 points" in shown
    assert "cost per week 4,000 eur 8,000 eur +4,000 eur" in shown
    assert "metric today then change days" in shown
    assert result.stderr == ""


def test_without_names_all_scenarios_and_an_overload_says_so(file: str) -> None:
    shown = words(call("what-if", "-q", file))
    assert shown.index("A second lawyer") < shown.index("burst")
    assert "It overloads legal: its load would be 150%" in shown
    assert "time of a case" in shown
    assert "none" in shown


def test_a_change_of_the_command_line_may_say_all_that_a_scenario_may(file: str) -> None:
    result = call(
        "what-if", "--json", "-q", file, "--set", "ok.takes = 1h to 2h", "--set", "legal.works=mon-fri 09:00-12:00"
    )
    document = json.loads(result.stdout)
    validate(document, schema("what-if"))
    (one,) = document["scenarios"]
    assert one["label"] == "ok.takes = 1h to 2h, legal.works=mon-fri 09:00-12:00"
    assert one["teams"]["legal"]["cost_per_week"]["then"] == pytest.approx(1500)
    assert one["teams"]["legal"]["load"]["then"] == pytest.approx(5 * 1.25 * 1.5 / 15)
    assert one["workflows"]["w"]["time.without_wait"]["change"] is not None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["second_lawyr"], "No such change can be made: second_lawyr: there is no scenario of that name"),
        (["--set", "legal.peple=2"], "Did you mean legal.people?"),
        (["--set", "foo=2"], "foo: there is nothing of that name to set; there are legal.people, "),
        (["--set", "legal.people"], "--set takes a lever and its value, such as legal.people=2"),
        (["--set", "legal.people=two people"], "'two people' is no value; write a number of people such as 2"),
        (["--set", "ok.no=120%"], "is not between 0% and 100%"),
        (["--set", "legal.people=0"], "nobody is in this team"),
    ],
)
def test_what_cannot_be_set_is_said_in_words(file: str, arguments: list[str], said: str) -> None:
    result = call("what-if", file, *arguments)
    assert result.exit_code == 2
    assert said in " ".join(result.stderr.split())


def test_from_python_the_same_words_are_an_exception_with_the_nearest_names(file: str) -> None:
    model = mpm.load(file)
    with pytest.raises(mpm.LeverError, match=r"Did you mean legal\.people") as caught:
        mpm.what_if(model, {"legal.peple": 2})
    assert (caught.value.lever, caught.value.nearest[0]) == ("legal.peple", "legal.people")
    table = mpm.what_if(model, "second_lawyer").rows()
    assert {len(column) for column in table.values()} == {len(table["scenario"])}
    assert "cost_per_week" in table["figure"]


def test_a_file_without_scenarios_says_what_to_write(file: str) -> None:
    Path(file).write_text(TEXT[: TEXT.index("scenario")], encoding="utf-8")
    result = call("what-if", file)
    assert result.exit_code == 2
    assert "has no scenario" in result.stderr


def test_waits_may_be_left_out_or_follow_an_older_formula(file: str) -> None:
    waits = {
        name: json.loads(call("analyze", "--json", "-q", "--waits", name, file).stdout)["workflows"]["w"]
        for name in ("work", "qna", "jackson", "mgm", "none")
    }
    assert waits["none"]["steps"]["ok"]["wait"] is None
    assert waits["jackson"]["steps"]["ok"]["wait"] > waits["work"]["steps"]["ok"]["wait"]
    assert waits["qna"]["waits"]["formula"] == "qna"
    assert waits["none"]["time"]["mean"] == waits["work"]["time"]["without_wait"]
    assert any("a wait until a team with `works` opens" in note for note in waits["work"]["notes"])
    assert call("analyze", "--waits", "guess", file).exit_code == 2
