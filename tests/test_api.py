"""The public verbs from Python: what they return, what they raise, and what they remember."""

from __future__ import annotations

import gc
import json
from datetime import date, timedelta
from pathlib import Path

import pytest
from jsonschema import validate

import mpmflow as mpm
from mpmflow import api
from mpmflow.compiler.origins import ORIGINS
from mpmflow.exchange.schema import schema

TRAVEL = """\
workflow travel {
  step submit takes 1h
  decision approved { yes, no 10% -> submit rework }
  done
}
"""


class TestReading:
    def test_load_gives_what_parse_gives(self, tmp_path: Path) -> None:
        file = tmp_path / "travel.mpm"
        file.write_text(TRAVEL, encoding="utf-8")
        assert mpm.load(file) == mpm.load(str(file)) == mpm.parse(TRAVEL)

    def test_errors_raise_with_all_diagnostics(self) -> None:
        with pytest.raises(mpm.MpmError) as caught:
            mpm.parse(TRAVEL.replace("-> submit", "-> sbumit").replace("1h", "1 eur"), name="travel.mpm")
        assert [str(finding.span) for finding in caught.value.diagnostics if finding.is_error] == [
            "travel.mpm:2:21",
            "travel.mpm:3:38",
        ]
        assert "travel.mpm:3:38" in str(caught.value)

    def test_warnings_do_not_raise(self) -> None:
        model = mpm.parse(TRAVEL.replace("  done", "  team nobody { people 2 }\n  done"))
        assert {finding.severity for finding in model.check()} == {"warning"}

    def test_a_missing_file_is_an_error_that_suggests_the_nearest(self, tmp_path: Path) -> None:
        (tmp_path / "travel.mpm").write_text(TRAVEL, encoding="utf-8")
        with pytest.raises(mpm.MpmError, match=r"travel\.mpm"):
            mpm.load(tmp_path / "travl.mpm")

    def test_read_says_everything_and_raises_nothing_for_the_text(self, tmp_path: Path) -> None:
        file = tmp_path / "travel.mpm"
        file.write_text(TRAVEL.replace("-> submit", "-> sbumit"), encoding="utf-8")
        compiled = mpm.read(file)
        assert [finding.code for finding in compiled.errors] == ["unknown-name"]


class TestOrigins:
    """Models know no places; the places are remembered beside them."""

    def test_equal_models_from_two_folders_keep_their_own(self, tmp_path: Path) -> None:
        models = []
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            file = tmp_path / name / "travel.mpm"
            file.write_text(TRAVEL, encoding="utf-8")
            models.append(mpm.load(file))
        assert models[0] == models[1]
        assert [api.origin_of(model).folder.name for model in models] == ["one", "two"]

    def test_nothing_is_kept_longer_than_its_model(self) -> None:
        gc.collect()
        before = len(ORIGINS)
        model = mpm.parse(TRAVEL)
        assert len(ORIGINS) == before + 1
        del model
        gc.collect()
        assert len(ORIGINS) == before

    def test_a_model_made_in_python_starts_from_the_present_folder(self) -> None:
        assert api.origin_of(mpm.Model()) == api.Origin(Path(), {})


class TestAnalyze:
    def test_answers_by_workflow(self) -> None:
        found = mpm.analyze(mpm.parse(TRAVEL))["travel"]
        assert found.visits["submit"] == pytest.approx(1 / 0.9, rel=1e-12)

    def test_empirical_times_are_read_from_beside_the_file(self, tmp_path: Path) -> None:
        (tmp_path / "times.csv").write_text("case,lasted\na,3600\nb,\nc,3h\n", encoding="utf-8")
        file = tmp_path / "travel.mpm"
        file.write_text(TRAVEL.replace("takes 1h", 'takes empirical("times.csv", lasted)'), encoding="utf-8")
        found = mpm.analyze(mpm.load(file))["travel"]
        assert found["time.mean"] == pytest.approx(7200 / 0.9, rel=1e-9)

    @pytest.mark.parametrize(
        ("rows", "words"),
        [
            ("a,yesterday\n", "'yesterday' is no time"),
            ("a,-3h\n", "'-3h' is no time"),
            ("a,3 eur\n", "'3 eur' is no time"),
            ("a,\n", "there is not one time in it"),
        ],
    )
    def test_a_cell_that_is_no_time_is_named(self, rows: str, words: str, tmp_path: Path) -> None:
        (tmp_path / "times.csv").write_text("case,lasted\n" + rows, encoding="utf-8")
        file = tmp_path / "travel.mpm"
        file.write_text(TRAVEL.replace("takes 1h", 'takes empirical("times.csv", lasted)'), encoding="utf-8")
        with pytest.raises(mpm.DataError, match=words) as caught:
            mpm.analyze(mpm.load(file))
        assert (caught.value.file, caught.value.column) == ("times.csv", "lasted")

    def test_what_has_no_answer_is_an_error_with_its_place(self) -> None:
        """A model that nobody checked: the loop cannot be left."""
        from mpmflow.model.process import Decision, Outcome, Step, Workflow

        again = Decision(name="ok", outcomes=[Outcome(name="no", share="100%", target="submit")])
        model = mpm.Model(workflows=[Workflow(name="travel", body=[Step(name="submit", takes="1h"), again])])
        with pytest.raises(mpm.MpmError) as caught:
            mpm.analyze(model)
        assert [finding.code for finding in caught.value.diagnostics] == ["no-answer"]


class TestEvaluate:
    """A hundred requests a week, of which ever more come back."""

    LOGGED = """\
workflow travel {
  arrivals 10 per week
  step submit seen as "Handed in"
  decision approved {
    yes seen as "Fine"
    no 10% -> submit rework seen as "Sent back"
  }
  done
}
metric cycle operational = time(travel) unit d lower is better
data { log "events.csv" { case, activity, time } }
"""

    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        """Ten weeks; in each, ten requests are handed in, and in the last five weeks every second one is sent back."""
        rows = ["case,activity,time"]
        for week in range(10):
            monday = date(2026, 1, 5) + timedelta(weeks=week)
            for number in range(10):
                steps = ["Handed in", "Fine"]
                if week >= 5 and number % 2:
                    steps = ["Handed in", "Sent back", "Handed in", "Fine"]
                rows += [
                    f"{week}-{number},{activity},{monday.isoformat()}T{9 + hour:02}:00:00"
                    for hour, activity in enumerate(steps)
                ]
        (tmp_path / "events.csv").write_text("\n".join(rows) + "\n", encoding="utf-8")
        file = tmp_path / "travel.mpm"
        file.write_text(self.LOGGED, encoding="utf-8")
        return file

    def test_finds_the_log_beside_the_file(self, file: Path) -> None:
        found = mpm.evaluate(mpm.load(file))
        sent_back = found.indicator("approved.no")
        assert sent_back.expected == pytest.approx(0.1)
        assert sent_back.observed == pytest.approx(5 / 15)
        assert sent_back.p_worse is not None
        assert sent_back.p_worse > 0.9

    def test_as_of_a_day_knows_nothing_later(self, file: Path) -> None:
        found = mpm.evaluate(mpm.load(file), as_of="2026-02-08")
        assert found.as_of == date(2026, 2, 8)
        assert found.indicator("approved.no").observed == 0

    def test_the_same_question_gives_the_same_bytes(self, file: Path) -> None:
        assert mpm.evaluate(mpm.load(file)).to_json() == mpm.evaluate(mpm.load(file)).to_json()

    def test_the_document_keeps_to_its_schema(self, file: Path) -> None:
        validate(json.loads(mpm.evaluate(mpm.load(file)).to_json()), schema("risk"))

    def test_a_missing_log_is_bad_data_that_names_the_file(self, file: Path) -> None:
        (file.parent / "events.csv").unlink()
        with pytest.raises(mpm.DataError, match=r"events\.csv"):
            mpm.evaluate(mpm.load(file))


def test_the_name_of_a_file_is_no_model() -> None:
    for question in (mpm.analyze, mpm.evaluate):
        with pytest.raises(TypeError, match=r"a model is asked, not 'webinar\.mpm'; `mpm\.load\(path\)` reads one"):
            question("webinar.mpm")  # type: ignore[arg-type]


def test_an_unknown_workflow_of_an_answer_names_those_there_are() -> None:
    with pytest.raises(KeyError, match="'news' is none of the workflows: w"):
        mpm.analyze(mpm.parse("workflow w { step a takes 1h }"))["news"]
