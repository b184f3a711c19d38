"""A process in a file of its own, and goals, promises and data in another that imports it: one model all the same."""

from __future__ import annotations

import io
from pathlib import Path

import pandas
import pytest
from rich.console import Console

import mpmflow as mpm
from mpmflow.render.diff_page import diff_page

PROCESS = """
workflow w "Campaign" {
  arrivals 3 per week
  team    writers { people 2, cost 50 eur/h, owner "A" }
  partner agency  { people 1, owner "B" }
  step brief by writers takes 1d
  decision ready "Is it ready?" by writers { yes 80%, no 20% -> brief rework }
  step media by agency takes 1d
}
"""
GOALS = """
metric cycle_time operational = time(w) unit d lower is better target at most 3d by 2026-04-26
metric leads      outcome     unit leads higher is better
cause cycle_time -> leads { lag 1w, each +1d adds -2 }
objective grow "Grow" department { measured by leads, cycle_time, owner "CMO" }
handoff writers -> agency "Media begin" within 2d at least 90%
commitment quick "Quick" { by "A", promises cycle_time at most 2d by 2026-04-26, if missed "a talk" }
scenario better "Better briefs" { ready.no = 10% }
data { series "weekly.csv" { time week } }
test "worse briefs take longer" {
  given ready.no = 40%, 40%, 40%, 40% every 1w from 2026-01-05
  expect cycle_time above 3d at 2026-01-26
  expect rework at brief rises at 2026-01-26
}
"""


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> tuple[mpm.Model, mpm.Model]:
    """The same model in one file, and in two."""
    folder = tmp_path_factory.mktemp("two")
    (folder / "whole.mpm").write_text(PROCESS + GOALS)
    (folder / "process.mpm").write_text(PROCESS)
    (folder / "main.mpm").write_text('import "process.mpm"\n' + GOALS)
    weekly().to_csv(folder / "weekly.csv", index=False)
    return mpm.load(folder / "whole.mpm"), mpm.load(folder / "main.mpm")


def weekly() -> pandas.DataFrame:
    days = pandas.date_range("2026-01-05", periods=12, freq="7D").strftime("%Y-%m-%d")
    return pandas.DataFrame({"week": days, "ready.no": [0.4] * 12, "leads": [20, 21, 19] * 4})


def answer_of(verb: str, model: mpm.Model) -> dict[str, object]:
    found = {
        "analyze": lambda: mpm.analyze(model),
        "risk": lambda: mpm.evaluate(model),
        "handoffs": lambda: mpm.handoffs(model),
        "sight": lambda: mpm.line_of_sight(model),
        "what-if": lambda: mpm.what_if(model, "better"),
    }[verb]()
    return {name: part for name, part in found.to_dict().items() if name != "provenance"}


@pytest.mark.parametrize("verb", ["analyze", "risk", "handoffs", "sight", "what-if"])
def test_the_answer_is_that_of_one_file(models: tuple[mpm.Model, mpm.Model], verb: str) -> None:
    whole, main = models
    assert answer_of(verb, main) == answer_of(verb, whole)


def test_an_assessment_scores_it_alike(models: tuple[mpm.Model, mpm.Model]) -> None:
    """The documents differ in the files and lines that they name."""
    whole, main = (mpm.assess(model).to_dict()["factors"] for model in models)
    assert [(one["name"], one["score"]) for one in main] == [(one["name"], one["score"]) for one in whole]


def test_the_figures_are_there(models: tuple[mpm.Model, mpm.Model]) -> None:
    main = models[1]
    assert mpm.analyze(main)["w"].visits["brief"] == pytest.approx(1.25)
    assert mpm.handoffs(main).between("writers", "agency").promises[0].label == "Media begin"
    assert mpm.evaluate(main).commitment("quick").state in ("at risk", "broken")


def test_nothing_is_found_fault_with_that_is_right(models: tuple[mpm.Model, mpm.Model]) -> None:
    assert [one.code for one in models[1].check()] == [one.code for one in models[0].check()]


def test_its_tests_run(models: tuple[mpm.Model, mpm.Model]) -> None:
    assert mpm.run_tests(models[1]).passed


def test_pictures_and_export(models: tuple[mpm.Model, mpm.Model]) -> None:
    main = models[1]
    assert "Is it ready?" in mpm.draw(main).dot()
    assert mpm.export(main).workflow == "w"


def test_a_difference_is_told_of_it(models: tuple[mpm.Model, mpm.Model], tmp_path: Path) -> None:
    whole, main = models
    (tmp_path / "process.mpm").write_text(PROCESS.replace("yes 80%, no 20%", "yes 90%, no 10%"))
    (tmp_path / "main.mpm").write_text('import "process.mpm"\n' + GOALS)
    told = shown(mpm.diff(main, mpm.load(tmp_path / "main.mpm")))
    assert "A case takes" in told
    assert "No time, cost or load changed" not in told
    assert "is gone" not in shown(mpm.diff(whole, main))


def shown(found: mpm.Diff) -> str:
    console = Console(width=100, file=io.StringIO())
    console.print(diff_page(found))
    return " ".join(console.file.getvalue().split())  # type: ignore[attr-defined]


def test_only_what_a_formula_names_is_added_to_a_file_with_a_workflow_of_its_own(tmp_path: Path) -> None:
    (tmp_path / "others.mpm").write_text("workflow one { step a takes 1h }\nworkflow two { step b takes 1h }\n")
    text = 'import "others.mpm"\nworkflow w { step c takes 1h }\n'
    (tmp_path / "main.mpm").write_text(text)
    assert list(mpm.analyze(mpm.load(tmp_path / "main.mpm")).workflows) == ["w"]
    (tmp_path / "main.mpm").write_text(text + "metric quick operational = time(two) unit h\n")
    assert list(mpm.analyze(mpm.load(tmp_path / "main.mpm")).workflows) == ["w", "two"]


def test_a_promise_of_the_imported_file_holds_unless_the_file_that_is_asked_makes_another(tmp_path: Path) -> None:
    (tmp_path / "process.mpm").write_text(PROCESS + "handoff writers -> agency within 3d\n")
    (tmp_path / "main.mpm").write_text('import "process.mpm"\n')
    (promise,) = mpm.handoffs(mpm.load(tmp_path / "main.mpm")).between("writers", "agency").promises
    assert promise.within == 3 * 86400.0
    (tmp_path / "main.mpm").write_text('import "process.mpm"\nhandoff writers -> agency within 1d\n')
    (promise,) = mpm.handoffs(mpm.load(tmp_path / "main.mpm")).between("writers", "agency").promises
    assert promise.within == 86400.0
