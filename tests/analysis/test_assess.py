"""Assessment: every measure counted on a plan small enough to count by hand, and standards that teach when wrong."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import validate

import mpmflow as mpm
from mpmflow.analysis.assessment.measures import COUNTED
from mpmflow.analysis.review.judged import Judged
from mpmflow.exchange.schema import schema
from mpmflow.model.standards import MEASURES, Factor, Point, Standard
from mpmflow.readers.standards import checked_assessment, parse_standard, read_standard

ROOT = Path(__file__).resolve().parents[2]
TODAY = date(2026, 7, 2)
WORDS = ("0", "1", "2", "3", "4")

PLAN = """
team writers { people 2, owner "Head of content" }
partner agency { people 1 }
workflow w {
  arrivals 2 per week
  step brief by writers takes 1d
  decision ok by writers takes 1h { yes, no 20% -> brief rework }
  step media by agency takes 1d
  decision sure { go, stop 5% scrap }
}
metric days    operational = time(w) unit d lower is better
metric done_w  output = throughput(w) higher is better target at least 2 by 2026-12-31
metric posts   activity unit posts
metric likes   output unit likes
metric leads   output unit leads higher is better owner "VP"
metric revenue outcome unit eur higher is better
cause done_w -> leads   { lag 1w, each +1 adds 5 }
cause leads  -> revenue { lag 4w, each +1 adds 100 eur, evidence experiment }
cause posts  -> likes   { lag 1d, learned }
indicator back = rate(ok.no) { warn above 30%, do notify }
indicator calm = rate(sure.stop) { expect 5% }
objective grow enterprise {
  measured by revenue, owner "CEO", target at least 1M eur in total from 2026-01-01 by 2026-12-31
  objective fill department { measured by leads, done_w }
  objective seen department { measured by likes, owner "PR" }
}
initiative template { moves ok.no from 20% to 10%, serves fill }
initiative noise { moves posts from 5 to 50 by 2026-12-31, costs 2k eur, owner "PR", serves seen, fill }
commitment six { by "VP", promises leads at least 900 per 13w, if met "a party" }
benchmark leads 800 "peers 2024" source "survey"
benchmark days 2d "somebody"
scenario half { ok.no = 10% }
data { series "weekly.csv" { time week } }
test "warns" { given ok.no = 40% every 1w from 2026-01-05, expect back is warn at 2026-01-05 }
"""

BY_HAND: dict[str, float | None] = {
    "goals_reached": 1.0,  # activities of the workflow reach grow and fill, posts reach seen
    "goals_moving_the_goal_above": 1 / 2,  # fill moves grow; likes move nothing
    "work_reaching_a_goal": 1 / 1,  # sure.stop loses cases; see below for the rest
    "initiatives_reaching_their_goals": 0.0,  # rework does not reach leads; noise does not reach fill
    "metrics_reaching_a_goal": 5 / 6,  # days measures and moves no goal
    "metrics_moving_an_outcome": 2 / 4,  # done_w and leads; neither posts nor likes
    "goals_pulling_together": 1.0,
    "goals_with_owner": 2 / 3,
    "goals_with_target": 2 / 3,  # grow has one, fill's metric has one
    "metrics_with_owner": 3 / 6,  # leads itself, revenue and likes by their goals
    "goal_metrics_with_target": 3 / 4,  # revenue, done_w, leads (promised); not likes
    "targets_with_date": 2 / 3,  # done_w and grow; the promise has none
    "targets_promised": 1 / 3,
    "commitments_with_consequences": 0.0,
    "decisions_with_measured_effect": 1.0,
    "outcomes_with_leading_indicator": 1.0,
    "causes_from_data": 2 / 3,
    "causes_from_experiment": 1 / 3,
    "metrics_with_level": 2 / 6,  # days and done_w follow from the model
    "scenarios": 1.0,
    "indicators_with_rule": 1 / 2,
    "troubles_watched": 1 / 2,
    "indicators_with_test": 1.0,
    "indicators_with_action": 1.0,
    "data_sources": 1.0,
    "handoffs_with_owners": 0.0,
    "teams_with_owner": 1 / 2,
    "goal_metrics_with_benchmark": 1 / 4,
    "benchmarks_with_source": 1 / 2,
    "benchmark_age": 1.5,
    "months_since_assessment": None,
    "promises_kept": None,
    "metrics_with_source": 1.0,
    "metrics_defined": 4 / 6,  # posts and likes have no direction
    "goals_with_initiative": 1.0,
    "initiatives_complete": 1 / 2,
    "targets_on_course": None,
}


def asking(*measures: str) -> Standard:
    points = tuple(
        Point(
            name,
            "?",
            name,
            (1.0, 1.0, 1.0, 1.0) if not MEASURES[name].smaller else (3.0, 2.0, 1.0, 0.5),
            WORDS,
        )
        for name in measures
    )
    return Standard("all", "All", "here", (Factor("all", "All", points),))


@pytest.fixture(scope="module")
def found():  # type: ignore[no-untyped-def]
    return mpm.assess(mpm.parse(PLAN), standard=asking(*MEASURES), on=TODAY)


@pytest.mark.parametrize("measure", [name for name in BY_HAND if name != "work_reaching_a_goal"])
def test_each_measure_counts_what_can_be_counted_by_hand(found, measure: str) -> None:  # type: ignore[no-untyped-def]
    assert found.point(measure).value == pytest.approx(BY_HAND[measure])


def test_work_that_only_makes_cases_quicker_does_not_reach_goals_that_count_them(found) -> None:  # type: ignore[no-untyped-def]
    point = found.point("work_reaching_a_goal")
    assert {one.name for one in point.met} == {"sure"}
    assert {one.name for one in point.lacking} == {"brief", "ok", "media", "writers", "agency"}


def test_every_measure_that_a_standard_may_name_is_worked_out_and_no_other() -> None:
    assert list(COUNTED) == list(MEASURES)


def test_tests_are_run_for_coverage_only_where_the_standard_asks(found, monkeypatch) -> None:  # type: ignore[no-untyped-def]
    assert found.point("rule_coverage").value == mpm.rule_coverage(mpm.parse(PLAN)).share
    monkeypatch.setattr("mpmflow.api.rule_coverage", lambda *models: pytest.fail("nobody asked"))
    assert mpm.assess(mpm.parse(PLAN), standard=asking("scenarios"), on=TODAY).score == 4.0


def test_evidence_names_the_line_and_the_sentence_says_how_many_more(found) -> None:  # type: ignore[no-untyped-def]
    point = found.point("goals_with_owner")
    assert [one.name for one in point.lacking] == ["fill"]
    line = PLAN.splitlines().index("  objective fill department { measured by leads, done_w }") + 1
    assert point.lacking[0].at == f"<text>:{line}"
    assert point.raising == f'Level 1 needs 1 more of 3: fill (<text>:{line}). Add `owner "NAME"` to each.'


def test_benchmarks_are_told_with_their_age_and_where_the_metric_stands(found) -> None:  # type: ignore[no-untyped-def]
    leads, days = found.benchmarks
    assert (leads.year, leads.age, leads.old, leads.ahead) == (2024, 1.5, False, None)
    assert (days.year, days.age, days.source) == (None, None, None)
    assert days.level == pytest.approx(mpm.analyze(mpm.parse(PLAN))["w"]["time.mean"])
    assert days.ahead is (days.level <= 2 * 86400)


def test_the_score_is_the_weighted_mean_of_what_was_measured() -> None:
    def point(name: str, weight: float) -> Point:
        return Point(name, "?", name, (0.2, 0.4, 0.6, 0.99), WORDS, weight)

    standard = Standard(
        "s",
        "S",
        "here",
        (
            Factor("a", "A", (point("goals_with_owner", 3), point("goals_reached", 1)), 1),  # 3 and 4
            Factor("b", "B", (point("commitments_with_consequences", 1), point("targets_on_course", 9)), 2),  # 0
            Factor("c", "C", (point("promises_kept", 1),), 5),
        ),
    )
    found = mpm.assess(mpm.parse(PLAN), standard=standard, on=TODAY)
    assert [factor.score for factor in found.factors] == [(3 * 3 + 4) / 4, 0.0, None]
    assert found.score == pytest.approx((13 / 4 * 1 + 0 * 2) / 3)


@given(st.lists(st.floats(0, 1), min_size=4, max_size=4), st.floats(0, 1), st.floats(0, 1))
@settings(deadline=None)
def test_more_of_what_is_asked_never_lowers_a_level(levels: list[float], one: float, other: float) -> None:
    first, second, third, fourth = sorted(levels)
    point = Point("p", "?", "goals_with_owner", (first, second, third, fourth), WORDS)
    assert point.level(min(one, other)) <= point.level(max(one, other))


def test_promises_that_came_due_count_once_each_and_late_is_not_kept() -> None:
    def judged(commitment: str | None, mark: str) -> Judged:
        return Judged(SimpleNamespace(forecast=SimpleNamespace(commitment=commitment)), mark)  # type: ignore[arg-type]

    marks = [("six", "kept"), ("six", "kept"), ("ten", "late"), ("new", "ahead"), (None, "missed")]
    review = SimpleNamespace(judged=[judged(*one) for one in marks])
    found = mpm.assess(mpm.parse(PLAN), standard=asking("promises_kept"), review=review, on=TODAY)  # type: ignore[arg-type]
    point = found.point("promises_kept")
    assert point.value == 0.5
    assert ([one.name for one in point.met], [one.name for one in point.lacking]) == (["six"], ["ten"])


def test_what_rose_and_what_fell_since_the_last_assessment() -> None:
    before = mpm.assess(mpm.parse(PLAN), on=date(2025, 7, 1))
    better = PLAN.replace(
        "objective fill department { measured by leads, done_w }",
        'objective fill department { measured by leads, done_w, owner "VP" }',
    )
    worse = better.replace("do notify", "").replace("scenario half { ok.no = 10% }", "")
    now = mpm.assess(mpm.parse(worse), previous=before, on=TODAY)
    assert now.against is not None
    rose = {change.name for change in now.against.changes if change.rose > 0}
    fell = {change.name for change in now.against.changes if change.rose < 0}
    assert rose == {"owners"}
    assert fell == {"acting", "what_if", "freshness"}
    assert now.point("regular").value == pytest.approx(12.0, abs=0.1)
    again = mpm.assess(mpm.parse(worse), previous=json.loads(now.to_json()), on=TODAY)
    assert again.against is not None
    assert {change.name for change in again.against.changes} == {"regular"}


def test_another_standard_is_said_and_points_are_matched_by_name_and_measure() -> None:
    before = mpm.assess(mpm.parse(PLAN), standard=asking("scenarios", "goals_reached"), on=TODAY)
    now = mpm.assess(mpm.parse(PLAN), standard=asking("scenarios"), previous=before, on=TODAY)
    assert now.against is not None
    assert "another one" in now.against.notes[0]
    assert [(change.name, change.level, change.level_before) for change in now.against.changes] == [
        ("goals_reached", None, 4)
    ]


def test_an_evaluation_brings_levels_and_forecasts() -> None:
    model = mpm.load(ROOT / "examples/webinar/webinar.mpm")
    evaluation = mpm.evaluate(model)
    found = mpm.assess(
        model, standard=asking("metrics_with_level", "targets_on_course"), evaluation=evaluation, on=TODAY
    )
    assert found.as_of == evaluation.as_of
    assert found.point("metrics_with_level").value == 1.0
    chances = {row.name: row.p_miss for row in evaluation.metrics if row.p_miss is not None}
    assert {one.name for one in found.point("targets_on_course").met} == {
        name for name, p in chances.items() if p < 0.5
    }
    (benchmark,) = found.benchmarks
    assert benchmark.ahead is not None


def test_the_document_keeps_to_its_schema_and_reads_back(found) -> None:  # type: ignore[no-untyped-def]
    document = json.loads(found.to_json())
    validate(document, schema("assessment"))
    assert checked_assessment(document) == document
    assert found.to_json() == mpm.assess(mpm.parse(PLAN), standard=asking(*MEASURES), on=TODAY).to_json()
    assert len(found.to_frame()) == len(MEASURES)


def test_the_target_of_a_goal_is_that_of_the_metric_that_has_its_unit() -> None:
    text = """
    metric spend activity unit eur
    metric leads output unit leads
    objective pipeline "Pipeline" department { measured by spend, leads, target at least 900 per 13w by 2026-09-30 }
    """
    point = mpm.assess(mpm.parse(text), standard=asking("goal_metrics_with_target"), on=TODAY).factors[0].points[0]
    assert [one.name for one in point.met] == ["leads"]
    assert [one.name for one in point.lacking] == ["spend"]


# ------------------------------------------------------------------------------------------ standards
POINT = 'name = "p"\nquestion = "?"\nmeasure = "scenarios"\nlevels = [1, 2, 3, 4]\nwords = ["a", "b", "c", "d", "e"]\n'
HEAD = 'name = "s"\ntitle = "S"\nsource = "me"\n[[factor]]\nname = "f"\ntitle = "F"\n[[factor.point]]\n'
GOOD = HEAD + POINT

WRONG = {
    "no-toml": ("name = ", "this is no TOML"),
    "too-deep": ("a = " + "[" * 5000, "nested too deeply"),
    "unknown-key": (GOOD.replace("question", "questoin"), "Did you mean `question`?"),
    "unknown-measure": (GOOD.replace('"scenarios"', '"scenario"'), "Did you mean `scenarios`?"),
    "no-factor": ('name = "s"\ntitle = "S"\nsource = "me"\n', "needs at least one factor"),
    "three-levels": (GOOD.replace("[1, 2, 3, 4]", "[1, 2, 3]"), "needs `levels`: the 4 figures"),
    "falling-levels": (GOOD.replace("[1, 2, 3, 4]", "[4, 3, 2, 1]"), "must rise"),
    "rising-age": (GOOD.replace("scenarios", "benchmark_age"), "must fall, for less of it is better"),
    "not-a-share": (GOOD.replace("scenarios", "goals_reached"), "lie between 0 and 1"),
    "nan": (GOOD.replace("[1, 2, 3, 4]", "[1, 2, 3, nan]"), "needs `levels`"),
    "endless": (GOOD.replace("[1, 2, 3, 4]", f"[1, 2, 3, 1{'0' * 400}]"), "needs `levels`"),
    "true": (GOOD.replace("[1, 2, 3, 4]", "[true, 2, 3, 4]"), "needs `levels`"),
    "four-words": (GOOD.replace('"a", ', ""), "needs `words`: 5 texts"),
    "no-weight": (GOOD + "weight = 0\n", "a number above 0"),
    "twice": (GOOD + "[[factor.point]]\n" + POINT, "two points `p`"),
    "long": (GOOD.replace('question = "?"', f'question = "{"x" * 500}"'), "the most that a page can show"),
    "bell": (GOOD.replace('question = "?"', 'question = "\\u0007"'), "control characters"),
    "no-title": (GOOD.replace('title = "S"\n', ""), 'needs `title`, a text: title = "…"'),
    "name-3": (GOOD.replace('name = "p"', "name = 3"), "needs `name`, a text"),
}  # fmt: skip


@pytest.mark.parametrize("case", WRONG)
def test_a_wrong_standard_says_what_was_expected(case: str) -> None:
    text, words = WRONG[case]
    with pytest.raises(mpm.DataError) as fault:
        parse_standard(text, "mine.toml")
    assert words in str(fault.value)
    assert str(fault.value).startswith("mine.toml: ")


@given(st.text(max_size=200))
@settings(deadline=None)
def test_any_text_is_a_standard_or_a_data_error(text: str) -> None:
    for candidate in (text, GOOD + text):
        try:
            parse_standard(candidate)
        except mpm.DataError:
            continue


def test_a_huge_standard_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "big.toml").write_text("#" * 300_000)
    with pytest.raises(mpm.DataError, match="at most 256 kB"):
        read_standard(tmp_path / "big.toml")


def test_the_example_is_sound_asks_for_six_factors_and_five_steps_and_says_that_it_is_one() -> None:
    standard = read_standard("example")
    assert [factor.name for factor in standard.factors][:6] == [
        "alignment",
        "accountability",
        "analytics",
        "automation",
        "alliances",
        "assessment",
    ]
    steps = {point.name[:6] for point in standard.factors[6].points}
    assert steps == {f"step_{number}" for number in range(1, 6)}
    assert "example" in standard.note


def test_the_standard_on_the_guide_is_one() -> None:
    page = (ROOT / "docs/guides/assess.md").read_text(encoding="utf-8")
    text = page.partition("```text\n")[2].partition("```")[0]
    assert [point.measure for point in parse_standard(text).points] == ["goals_with_owner"]


def test_the_reference_page_lists_every_measure_with_what_it_counts() -> None:
    page = (ROOT / "docs/reference/standards.md").read_text(encoding="utf-8")
    assert all(f"| `{measure.name}` | {measure.means}." in page for measure in MEASURES.values())


NO_ASSESSMENTS = {
    "a-list": [],
    "no-schema": {},
    "a-risk": {"schema": "mpmflow/risk/1"},
    "bare": {"schema": "mpmflow/assessment/1"},
    "level-9": {
        "schema": "mpmflow/assessment/1",
        "on": "2026-01-01",
        "standard": {},
        "factors": [{"points": [{"name": "p", "level": 9}]}],
    },
}  # fmt: skip


@pytest.mark.parametrize("case", NO_ASSESSMENTS)
def test_what_is_no_assessment_is_refused_in_words(case: str) -> None:
    with pytest.raises(mpm.DataError, match="assessment"):
        checked_assessment(NO_ASSESSMENTS[case])
