"""From a text to a model: places, imports, broken files, limits, speed."""

from __future__ import annotations

import subprocess
import sys
from fractions import Fraction
from pathlib import Path

import pytest

from mpmflow.compiler.pipeline import Compiled, check_model, compile_source
from mpmflow.diagnostics.reading import read_path
from mpmflow.diagnostics.source import Source
from mpmflow.model.model import Model
from mpmflow.model.process import Decision, Outcome, Step, Workflow
from tests.effort import calls

CORPUS = Path(__file__).parents[1] / "corpus"
GOOD = sorted((CORPUS / "good").glob("*.mpm"))
BAD = sorted((CORPUS / "bad").glob("*.mpm"))


def compiled(text: str) -> Compiled:
    return compile_source(Source("a.mpm", text))


def codes(text: str) -> list[str]:
    return [one.code for one in compiled(text).diagnostics]


def model_of(text: str) -> Model:
    made = compiled(text)
    assert made.model is not None
    return made.model


# --- numbers ---


def test_a_percentage_becomes_a_fraction_once() -> None:
    model = model_of("workflow w { decision d { yes 80%, no 20% scrap } }")
    decision = model.workflows["w"].decisions[0]
    assert [outcome.share.first for outcome in decision.outcomes if outcome.share] == [Fraction(4, 5), Fraction(1, 5)]


def test_money_with_a_multiplier_is_exact() -> None:
    model = model_of('initiative i { moves a.b from 20% to 10%, costs 20k eur, owner "x" }')
    assert model.initiatives["i"].costs is not None
    assert model.initiatives["i"].costs.base == 20_000


def test_counted_shares_keep_their_counts() -> None:
    model = model_of("workflow w { decision d { yes 68 of 85, no 17 of 85 scrap } }")
    share = model.workflows["w"].decisions[0].outcomes[1].share
    assert share is not None
    assert share.first == Fraction(1, 5)
    assert share.counted is not None
    assert share.counted.trials == 85


def test_a_rate_over_thirteen_weeks_is_exact() -> None:
    model = model_of("indicator i = w.arrivals { warn above 900 per 13w }\nworkflow w { step s takes 1h }")
    condition = model.declared_indicators["i"].rules[0].condition
    assert condition.value.base == Fraction(900, 13 * 7 * 86400)  # type: ignore[union-attr]


# --- places ---


def test_every_statement_outcome_and_clause_has_its_place() -> None:
    text = (CORPUS / "good" / "webinar.mpm").read_text(encoding="utf-8")
    places = compile_source(Source("webinar.mpm", text)).places
    assert places["brief_complete.no"].text.startswith("no")
    assert places["brief_complete.no/share"].text == "20%"
    assert places["cost_per_lead/formula"].text == "spend / leads"
    assert places["cause:leads->revenue/lag"].text.endswith("13w")
    assert places["indicator:brief_rework"] == places["brief_rework"]
    assert places["legal/people"].text == "1"


# --- good and broken files ---


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_good_files_have_a_model_and_survive_json(path: Path) -> None:
    made = compile_source(read_path(path))
    assert made.model is not None
    if not made.errors:  # the corpus of the syntax also names things that it does not declare
        assert Model.model_validate_json(made.model.model_dump_json()) == made.model


def test_the_example_of_the_language_has_no_errors() -> None:
    assert compile_source(read_path(CORPUS / "good" / "webinar.mpm")).errors == ()


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.name)
def test_broken_files_are_reported_and_give_what_can_be_understood(path: Path) -> None:
    made = compile_source(read_path(path))
    assert made.errors
    for one in made.diagnostics:
        assert one.message


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_a_file_cut_off_anywhere_never_brings_the_program_down(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    for end in range(0, len(text), max(1, len(text) // 40)):
        compiled(text[:end])


def test_ten_different_mistakes_give_ten_messages_in_one_run() -> None:
    text = """
team legal { people 1, cost 110 eur }
workflow campaign {
  step brief by marketing takes 2
  decision complete { yes 80%, no 15% -> breif rework }
  step launch takes 1h waits -1d
}
metric speed operational = tiem(campaign)
metric total output = spend + leads
metric spend activity unit eur
metric leads output unit leads
cause leads -> launch { lag 1w, learned }
metric leads output unit leads
test "t" {
  given complete.no = 20% every 1w from 2026-02-30
  expect complete.no is wran at 2026-03-01
}
"""
    errors = {one.code for one in compiled(text).errors}
    assert errors >= {
        "not-money", "unknown-name", "not-a-span", "shares-sum", "negative-value", "unknown-function", "unit-mismatch",
        "wrong-kind", "duplicate-name", "no-such-date", "unknown-state",
    }  # fmt: skip


def test_a_name_in_a_line_that_could_not_be_read_is_not_reported_again() -> None:
    text = "team legal people one\nworkflow w {\n  step check by legal takes 4h\n}\n"
    assert "unknown-name" not in codes(text)


def test_the_nearest_name_is_a_quick_fix() -> None:
    made = compiled("team legal { people 1 }\nworkflow w { step check by leagl takes 4h }\n")
    assert [one.replacement for one in made.errors] == ["legal"]


def test_a_model_made_in_python_is_checked_too() -> None:
    outcomes = (Outcome(name="yes", share="80%"), Outcome(name="no", share="10%", target="brief", rework=True))
    body = (Step(name="brief", takes="2h"), Decision(name="ready", outcomes=outcomes))
    model = Model(workflows=[Workflow(name="w", body=body)])
    assert [one.code for one in check_model(model)] == ["shares-sum", "unmeasured-decision"]
    assert all(one.span is None for one in check_model(model))


# --- imports ---


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.mpm").write_text(text, encoding="utf-8")
    return folder / "main.mpm"


def test_names_of_an_imported_file_are_known(tmp_path: Path) -> None:
    main = write(
        tmp_path,
        main='import "teams.mpm"\nworkflow w { step check by legal takes 4h }\n',
        teams='team legal { people 1, owner "GC" }\n',
    )
    made = compile_source(read_path(main))
    assert made.diagnostics == ()
    assert made.places["legal"].file.endswith("teams.mpm")


def test_a_clash_with_an_imported_name_shows_both_places(tmp_path: Path) -> None:
    main = write(tmp_path, main='import "b.mpm"\nmetric leads output\n', b="metric leads output\n")
    (error,) = compile_source(read_path(main)).errors
    assert error.code == "duplicate-name"
    assert error.span is not None
    assert error.span.file.endswith("main.mpm")
    assert [note.span.file.endswith("b.mpm") for note in error.notes if note.span] == [True]


def test_a_file_that_two_others_import_is_no_clash(tmp_path: Path) -> None:
    main = write(
        tmp_path,
        main='import "a.mpm"\nimport "b.mpm"\n',
        a='import "teams.mpm"\n',
        b='import "teams.mpm"\n',
        teams="team legal { people 1 }\n",
    )
    assert compile_source(read_path(main)).errors == ()


def test_imports_in_a_loop_name_the_loop(tmp_path: Path) -> None:
    main = write(tmp_path, main='import "b.mpm"\n', b='import "main.mpm"\n')
    (error,) = compile_source(read_path(main)).errors
    assert error.code == "import-loop"
    assert "main.mpm -> b.mpm -> main.mpm" in error.message


@pytest.mark.parametrize("path", ["../outside.mpm", "/etc/hostname", "sub/../../outside.mpm", "link.mpm"])
def test_no_import_leaves_the_folder(tmp_path: Path, path: str) -> None:
    (tmp_path / "outside.mpm").write_text("team spy { people 1 }\n", encoding="utf-8")
    inner = tmp_path / "project"
    (inner / "sub").mkdir(parents=True)
    (inner / "link.mpm").symlink_to(tmp_path / "outside.mpm")
    main = write(inner, main=f'import "{path}"\n')
    assert [one.code for one in compile_source(read_path(main)).errors] == ["path-outside"]


def test_a_larger_root_may_be_given(tmp_path: Path) -> None:
    (tmp_path / "teams.mpm").write_text("team legal { people 1 }\n", encoding="utf-8")
    inner = tmp_path / "project"
    inner.mkdir()
    main = write(inner, main='import "../teams.mpm"\n')
    assert compile_source(read_path(main), root=tmp_path).errors == ()


def test_errors_of_an_imported_file_are_told_once_at_the_import(tmp_path: Path) -> None:
    main = write(tmp_path, main='import "b.mpm"\n', b="workflow w { step s takes 5 }\n")
    assert [one.code for one in compile_source(read_path(main)).errors] == ["import-faulty"]


def test_data_files_stay_in_the_folder_too() -> None:
    assert codes('data { log "../../secrets.csv" }\n') == ["path-outside"]
    assert "path-outside" in codes('workflow w { step s takes empirical("/etc/passwd", hours) }\n')


# --- limits and speed ---


def test_deep_brackets_and_long_sums_are_no_danger() -> None:
    assert "too-deep" in codes("metric m output = " + "(" * 3000 + "1" + ")" * 3000 + "\n")
    long_sum = "metric m output = " + " + ".join(["1"] * 3000) + "\n"
    assert not [code for code in codes(long_sum) if code not in ("orphan-metric", "too-deep")]


# --- what follows from another mistake is not said ---

LOOP = """workflow mail {{
  arrivals 5 per week
  team writers {{ people 2{team} }}
  step draft by writers takes 4h
  decision ok "Good?" {{
    yes {share}
    no 30% -> draft rework
  }}
  step send takes 5h
}}
metric cycle_time operational = time(mail) lower is better
objective fast department {{ measured by cycle_time, owner "A", target at most 5d by 2027-01-01 }}
"""


def test_a_share_without_its_sign_is_one_mistake_and_no_endless_loop() -> None:
    assert codes(LOOP.format(share="70", team="")) == ["bad-outcome"]


def test_shares_above_a_hundred_percent_are_one_mistake_and_no_load_of_a_team() -> None:
    assert codes(LOOP.format(share="75%", team="")) == ["shares-sum"]


def test_a_broken_line_of_a_team_does_not_hide_a_loop() -> None:
    assert codes(LOOP.format(share="0%", team=", cost 50 dollars an hour").replace("30%", "100%")) == [
        "unexpected",
        "endless-loop",
        "unreachable-step",
    ]


def test_shares_are_added_up_even_where_a_test_about_them_cannot_be_read() -> None:
    torn = 'test "t" { given ok.no = 20% every 1w, expect nothing }\n'
    assert "shares-sum" in codes(LOOP.format(share="75%", team="") + torn)


def test_a_share_above_a_bare_number_asks_whether_per_cent_was_meant() -> None:
    watched = 'indicator back = rate(ok.no) {{ warn above {level} for 2w, owner "A" }}\n'
    text = LOOP.format(share="70%", team="")
    (finding,) = compiled(text + watched.format(level="25")).diagnostics
    assert finding.code == "dead-rule"
    assert "it lies between 0% and 100%, and 25 is 2500%; write `25%`" in finding.message
    assert codes(text + watched.format(level="25%")) == []


def workflows(number: int) -> str:
    lines = ['team crew { people 9, owner "A" }']
    for w in range(number):
        lines.append(f"workflow w{w} {{\n  arrivals 3 per week")
        for s in range(20):
            lines.append(f"  step s{w}_{s} by crew takes triangular(2h, 4h, 2d)")
            lines.append(f"  decision d{w}_{s} by crew takes 30min {{")
            lines.append(f"    yes 80% then 87%\n    no 20% then 13% -> s{w}_{s} rework\n  }}")
        lines.append(f"}}\nmetric m{w} operational = time(w{w}) lower is better")
    return "\n".join(lines)


def test_the_work_grows_with_the_length_of_the_text_and_no_faster() -> None:
    short, long = workflows(6), workflows(24)
    assert compiled(long).errors == ()
    assert calls(lambda: compiled(long)) < 4.5 * calls(lambda: compiled(short))


def test_a_check_loads_no_heavy_library() -> None:
    program = """
import sys
from mpmflow.compiler.pipeline import compile_source
from mpmflow.diagnostics.source import Source
compile_source(Source("a", "workflow w { arrivals 3 per week, step s by t takes 1h }\\nteam t { people 1 }"))
print([name for name in ("numpy", "scipy", "networkx", "lark", "numba") if name in sys.modules])
"""
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert said.stdout.strip() == "[]"
