"""The fitted text: the same file with other numbers, its comments, order and layout kept, and intervals beside them."""

from __future__ import annotations

from pathlib import Path

import pytest

import mpmflow as mpm
from mpmflow.analysis.fit.fitted import Fit
from mpmflow.compiler.pipeline import compile_source
from mpmflow.diagnostics.source import Source
from tests.simulated_log import MONDAY, WEEK, simulated_log

TRAVEL = Path(__file__).parents[2] / "examples" / "travel" / "travel.mpm"

TRUE = """
workflow w {
  arrivals 20 per week
  team legal { people 2, works mon-fri 08:00-16:00 }
  step brief waits gamma(mean 2d, sd 1d)
  decision ok by legal takes 1h {
    yes
    no 40% then 10% -> brief rework
  }
  done
}
"""
DECLARED = """\
# What we promised in January.
workflow w {
  arrivals 12 per week  # a guess
  team legal "Legal" { people 1, works mon-fri 09:00-17:00 }
  step brief "Write the brief" waits exponential(1d)
  decision ok "Is it fine?" by legal takes 30min {  # ask Anna
    yes
    no  20% -> brief rework
  }

  done
}

metric cycle_time operational = time(w) unit d lower is better
"""


@pytest.fixture(scope="module")
def fit() -> Fit:
    log = simulated_log(mpm.parse(TRUE), 400, 3).until(MONDAY + 15 * WEEK).frame(timed=True)
    return mpm.fit(mpm.parse(DECLARED), log, memory=None)


def test_numbers_stand_where_they_stood_with_their_intervals_in_comments(fit: Fit) -> None:
    lines = fit.text.splitlines()
    assert lines[0] == "# What we promised in January."
    assert lines[2].startswith("  arrivals ")
    assert " per week  # a guess; fitted: " in lines[2]
    assert "works mon-fri 08:00-16:00" in fit.text
    assert "people 2" in fit.text
    assert "takes 60min {  # ask Anna; fitted: mean 60min" in fit.text
    assert " then " in next(line for line in lines if line.strip().startswith("no "))
    assert lines[-1] == DECLARED.splitlines()[-1]


def test_the_text_means_the_fitted_model_and_has_no_findings_of_its_own(fit: Fit) -> None:
    compiled = compile_source(Source("fitted.mpm", fit.text))
    assert compiled.model == fit.model
    before = {one.code for one in compile_source(Source("declared.mpm", DECLARED)).diagnostics}
    assert {one.code for one in compiled.diagnostics} <= before


def test_a_text_in_canonical_style_stays_in_it(fit: Fit) -> None:
    from mpmflow.api import format_source

    assert format_source(Source("a.mpm", fit.text)) == fit.text


def test_a_text_in_another_style_keeps_its_layout() -> None:
    loose = DECLARED.replace("    no  20% -> brief rework", "    no    20%    -> brief   rework")
    log = simulated_log(mpm.parse(TRUE), 100, 3).frame(timed=True)
    text = mpm.fit(mpm.parse(loose), log, memory=None).text
    assert "    -> brief   rework  # fitted: " in text
    assert "    no    " in text


def test_fitting_a_fitted_text_changes_nothing_and_says_nothing_twice(fit: Fit) -> None:
    log = simulated_log(mpm.parse(TRUE), 400, 3).until(MONDAY + 15 * WEEK).frame(timed=True)
    again = mpm.fit(mpm.parse(fit.text), log, memory=None)
    assert again.text.count("fitted: ") == 4  # nothing is left to say of people and hours: the log agrees with them
    assert again["ok.no"].fitted == fit["ok.no"].fitted
    third = mpm.fit(mpm.parse(again.text), log, memory=None)
    assert third.text == again.text


def test_counts_stay_counts() -> None:
    text = "workflow w {\n  step a\n  decision d {\n    yes 80 of 100\n    no 20 of 100 -> a rework\n  }\n}\n"
    log = simulated_log(mpm.parse(text.replace("80 of 100", "60%").replace("20 of 100", "40%")), 150, 1).frame()
    found = mpm.fit(mpm.parse(text), log, memory=None)
    outcomes = found.model.workflows["w"].decisions[0].outcomes
    counted = [one.share.counted for one in outcomes if one.share]
    assert all(counted)
    assert sum(one.hits for one in counted if one) == counted[0].trials  # type: ignore[union-attr]
    assert " of " in found.text


def test_percentages_of_all_outcomes_add_up_exactly() -> None:
    text = "workflow w {\n  step a\n  decision d {\n    x 50%\n    y 30% scrap\n    z 20% -> a rework\n  }\n}\n"
    log = simulated_log(mpm.parse(text), 137, 1).frame()
    outcomes = mpm.fit(mpm.parse(text), log, memory=None).model.workflows["w"].decisions[0].outcomes
    assert sum(one.share.first for one in outcomes if one.share) == 1


def test_numbers_of_an_imported_file_are_left_to_that_file(tmp_path: Path) -> None:
    (tmp_path / "flow.mpm").write_text("workflow w {\n  step brief\n  step copy waits 1d\n}\n")
    (tmp_path / "main.mpm").write_text('import "flow.mpm"\nmetric t operational = time(w) unit d lower is better\n')
    true = mpm.parse("workflow w {\n  arrivals 5 per week\n  step brief\n  step copy waits exponential(3d)\n}\n")
    found = mpm.fit(mpm.load(tmp_path / "main.mpm"), simulated_log(true, 80, 2).frame(), memory=None)
    assert found["copy.waits"].contradicted
    assert found.text == (tmp_path / "main.mpm").read_text()
    assert any("another file: copy/waits" in note for note in found.notes)


def test_a_model_made_in_python_has_its_fitted_text_too() -> None:
    body = [{"kind": "step", "name": "brief"}, {"kind": "step", "name": "copy", "waits": "1d"}]
    model = mpm.Model.model_validate({"workflows": [{"name": "w", "body": body}]})
    true = mpm.parse("workflow w {\n  arrivals 5 per week\n  step brief\n  step copy waits 3d\n}\n")
    found = mpm.fit(model, simulated_log(true, 40, 2).frame(), memory=None)
    assert mpm.parse(found.text) == found.model
    assert "waits 3d" in found.text


def test_times_that_no_law_describes_are_kept_in_a_file_beside_the_text(tmp_path: Path) -> None:
    import shutil

    for name in ("travel.mpm", "claims.csv.gz"):
        shutil.copyfile(TRAVEL.parent / name, tmp_path / name)
    found = mpm.fit(mpm.load(tmp_path / "travel.mpm"), empirical="times.csv")
    written = found.save(tmp_path / "fitted.mpm")
    assert [path.name for path in written] == ["fitted.mpm", "times.csv"]
    fitted = mpm.load(tmp_path / "fitted.mpm")
    assert fitted == found.model
    mean = mpm.analyze(fitted)["claim"].steps["administration_ok"]
    assert 0.3 * 86400 < mean.time < 2 * 86400
    with pytest.raises(FileExistsError):
        found.save(tmp_path / "fitted.mpm")


def test_the_example_of_travel_claims_is_fitted_without_new_findings() -> None:
    model = mpm.load(TRAVEL)
    found = mpm.fit(model)
    compiled = compile_source(Source(str(TRAVEL), found.text))
    assert compiled.model == found.model
    assert not compiled.diagnostics
    assert found["administration_ok.reject"].contradicted
    pay = next(one for one in found.hours if one.of == "pay")
    assert pay.found == "mon 15:00-17:00, thu 10:00-17:00"  # payments are made twice a week
    supervisors = next(one for one in found.hours if one.of == "supervisor_ok")
    assert supervisors.found.startswith("mon-fri ")
