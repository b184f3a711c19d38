"""Reading: every form gives the tree that it should, and no text brings the parser down."""

from __future__ import annotations

import re
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpmflow.diagnostics.codes import CODES
from mpmflow.diagnostics.codes_syntax import SYNTAX
from mpmflow.diagnostics.source import Source
from mpmflow.syntax import tree
from mpmflow.syntax.parse import MOST_ERRORS, Parsed, parse
from mpmflow.syntax.tree import Quantity, Reference, Word
from tests import fuzz_syntax

CORPUS = Path(__file__).parent.parent / "corpus"
GOOD = sorted((CORPUS / "good").glob("*.mpm"))
BAD = sorted((CORPUS / "bad").glob("*.mpm"))


def read(text: str) -> Parsed:
    return parse(Source("test.mpm", text))


def only(text: str) -> tree.Statement:
    parsed = read(text)
    assert not parsed.diagnostics, [diagnostic.message for diagnostic in parsed.diagnostics]
    (statement,) = parsed.tree.statements
    return statement


def codes(text: str) -> list[str]:
    return [diagnostic.code for diagnostic in read(text).diagnostics]


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_a_good_file_has_no_mistakes(path: Path) -> None:
    assert read(path.read_text(encoding="utf-8")).diagnostics == ()


@pytest.mark.parametrize("path", BAD, ids=lambda path: path.name)
def test_a_bad_file_has_mistakes_and_still_a_tree(path: Path) -> None:
    parsed = read(path.read_text(encoding="utf-8"))
    assert len(parsed.diagnostics) >= 3
    assert parsed.tree.statements


@pytest.mark.parametrize("code", [code.name for code in SYNTAX if code.example])
def test_each_code_is_earned_by_its_example_and_not_by_its_cure(code: str) -> None:
    assert code in codes(CODES[code].example)
    assert codes(CODES[code].instead) == []


def test_an_outcome_has_all_its_parts() -> None:
    workflow = only('workflow w { decision d { no "Back" 15% then 8% -> a rework delay 5d at most 3 then -> b } }')
    assert isinstance(workflow, tree.Workflow)
    (decision,) = workflow.body
    assert isinstance(decision, tree.Decision)
    assert decision.outcomes == (
        tree.Outcome(
            Word("no"),
            tree.Text("Back"),
            tree.Percents((Quantity("15", "%"), Quantity("8", "%"))),
            Word("a"),
            (tree.Effect("rework"), tree.Effect("delay", Quantity("5", "d"))),
            tree.Limit(Quantity("3"), Word("b")),
        ),
    )


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("2h", Quantity("2", "h")),
        ("20%", Quantity("20", "%")),
        ("20 %", Quantity("20", "%")),
        ("60 eur/h", Quantity("60", "eur/h")),
        ("1.2M eur", Quantity("1.2M", "eur")),
        ("20k eur", Quantity("20k", "eur")),
        ("20k", Quantity("20k")),
        ("2min", Quantity("2", "min")),
        ("3M eur/mo", Quantity("3M", "eur/mo")),
        ("1e3 leads", Quantity("1e3", "leads")),
        ("900", Quantity("900")),
    ],
)
def test_a_figure_keeps_its_number_and_its_unit(written: str, meant: Quantity) -> None:
    metric = only(f"metric m = {written}")
    assert isinstance(metric, tree.Metric)
    assert metric.formula == meant


@pytest.mark.parametrize(
    ("formula", "bracketed"),
    [
        ("a + b * c", "a + (b * c)"),
        ("a - b - c", "(a - b) - c"),
        ("a / b / c", "(a / b) / c"),
        ("a ^ b ^ c", "a ^ (b ^ c)"),
        ("-a ^ b", "-(a ^ b)"),
        ("not a < b and c or d", "((not (a < b)) and c) or d"),
        ("3 eur / h", "(3 eur) / h"),
    ],
)
def test_formulas_bind_as_usual(formula: str, bracketed: str) -> None:
    assert only(f"metric m = {formula}") == only(f"metric m = {bracketed}")


def test_a_unit_has_no_blanks_round_its_slash() -> None:
    rate, quotient = only("metric m = 3 eur/h"), only("metric m = 3 eur / h")
    assert isinstance(rate, tree.Metric)
    assert isinstance(quotient, tree.Metric)
    assert rate.formula == Quantity("3", "eur/h")
    assert quotient.formula == tree.Binary("/", Quantity("3", "eur"), Reference("h"))


def test_for_belongs_to_the_condition_before_it() -> None:
    indicator = only("indicator i { warn above 3 or not below 1 for 2w, clears below 2 }")
    assert isinstance(indicator, tree.Indicator)
    (rule,) = indicator.rules
    below = tree.Not(tree.Threshold("below", Quantity("1")))
    assert rule.condition == tree.AnyOf((tree.Threshold("above", Quantity("3")), tree.Held(below, Quantity("2", "w"))))
    assert rule.clears == tree.Threshold("below", Quantity("2"))


def test_a_list_goes_on_over_a_comma_until_a_clause_begins() -> None:
    objective = only('objective o { measured by owner, target, a.b, owner "CEO", target at least 3 }')
    assert isinstance(objective, tree.Objective)
    assert [word.text for word in objective.measured_by] == ["owner", "target", "a.b"]
    assert objective.owner == tree.Text("CEO")


def test_clauses_stand_on_the_header_in_the_block_or_over_several_lines() -> None:
    header = only('workflow w { step a "A" by t takes 2h costs 3 eur -> b }')
    block = only('workflow w {\n step a "A" {\n by t\n takes 2h, costs 3 eur\n -> b\n }\n}')
    lines = only('workflow w {\n step a "A" by t, # who\n takes 2h,\n\n costs 3 eur -> b\n}')
    assert header == block == lines


def test_text_resolves_its_escapes_and_leaves_other_backslashes_alone() -> None:
    imported = only(r'import "a\"b\\c\d.mpm"')
    assert imported == tree.Import(tree.Text(r'a"b\c\d.mpm'))


def test_places_are_those_of_the_words() -> None:
    statement = only("\nteam legal { people 12 }")
    assert isinstance(statement, tree.Team)
    assert statement.people is not None
    assert statement.people.span is not None
    assert (statement.people.span.line, statement.people.span.column, statement.people.span.text) == (2, 21, "12")


def test_what_was_passed_over_is_known() -> None:
    parsed = read("workflow w {\n step lost takes\n step kept\n}\n")
    assert parsed.mentions_skipped("lost")
    assert not parsed.mentions_skipped("kept")
    assert parsed.damaged(parsed.tree.statements[0].span)


# ------------------------------------------------------------------------------------------------ limits


@pytest.mark.parametrize(
    "text",
    [
        "metric m = " + "(" * 10_000 + "1" + ")" * 10_000,
        "metric m = " + "-" * 10_000 + "1",
        "metric m = " + "not " * 10_000 + "1",
        "metric m = " + "1 + " * 10_000 + "1",
        "metric m = " + "f(" * 10_000 + ")" * 10_000,
        "indicator i { warn " + "not (" * 5_000 + "above 3" + ")" * 5_000 + " }",
        "workflow w {" + "parallel p { branch {" * 5_000,
    ],
    ids=["brackets", "signs", "not", "sums", "calls", "conditions", "blocks"],
)
def test_depth_is_limited_and_said(text: str) -> None:
    parsed = read(text + "\nmetric after output\n")
    assert "too-deep" in [diagnostic.code for diagnostic in parsed.diagnostics]
    assert len(parsed.diagnostics) < 5
    assert parsed.tree.statements[-1] == tree.Metric(Word("after"), category=Word("output"))


def test_a_depth_within_the_limit_is_read() -> None:
    assert codes("metric m = " + "(" * 150 + "1" + ")" * 150) == []


def test_the_number_of_mistakes_is_limited_and_said() -> None:
    parsed = read("nonsense\n" * 5_000)
    assert len(parsed.diagnostics) == MOST_ERRORS + 1
    assert parsed.diagnostics[-1].code == "too-many-errors"


def test_time_grows_with_the_length_of_the_text_and_no_faster() -> None:
    # Generous bounds, for a busy machine: what must not happen is seconds for what takes milliseconds.
    text = re.sub(r"\A", "", (CORPUS / "good" / "webinar.mpm").read_text(encoding="utf-8"))
    read(text)
    began = time.perf_counter()
    assert not read(text * 40).diagnostics
    assert time.perf_counter() - began < 3
    for hostile in (
        "-" * 50_000,
        "“" * 50_000,
        '"' * 50_000,
        "{" * 50_000,
        "a," * 30_000,
        ", " * 30_000,
        "1 " * 30_000,
    ):
        began = time.perf_counter()
        read("metric m = " + hostile)
        assert time.perf_counter() - began < 5


# ------------------------------------------------------------------------------------------------ any text at all


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_read_without_an_exception(text: str) -> None:
    fuzz_syntax.hold(text)


def test_mutants_of_the_corpus_keep_the_promises() -> None:
    clean, _ = fuzz_syntax.run(250, seed=20260102, holding=fuzz_syntax.hold_compiled)
    assert clean > 0


@pytest.mark.parametrize(
    "text",
    [
        'metric m output unit target target at least 20 target by 2026-09-30 owner "COO"',
        "metric m output target at most 20 cost/h per 13w by 2026-09-30",
        "indicator i = m { expect 20 cost, warn above 30 target for 2w, alert above 40 owner or below 1/3 lag }",
        "indicator i = m + 3 target - 1 cost/h",
        'benchmark m 20 people "a median"',
        "cause a -> b { each +1 people adds 3 source, lag 1w }",
    ],
)
def test_a_word_of_the_language_is_a_unit_where_its_clause_could_not_stand(text: str) -> None:
    assert codes(text) == []


def test_a_clause_that_could_stand_behind_a_figure_is_that_clause() -> None:
    team = only('team t { cost 60 eur/h, people 2 owner "COO" }'.replace(" owner", ", owner"))
    assert isinstance(team, tree.Team)
    assert team.people == Quantity("2")
    metric = only("metric m operational = 20 unit eur")
    assert isinstance(metric, tree.Metric)
    assert metric.unit == Word("eur")


def test_columns_of_examples_may_be_called_like_clauses() -> None:
    test = only(
        """test "columns" {
  examples | every | owner | from       | x |
           | 1/3   | 20%   | 2026-01-05 | 4 |
  given d.no = every, owner, every + 1/7 x 4, owner + x x 4, from every 1w from from
  expect back is warn at from
}"""
    )
    assert isinstance(test, tree.Test)
    assert [type(one).__name__ for one in test.body] == ["Examples", "Given", "Expect"]


def test_a_text_holds_no_nul_character() -> None:
    assert codes('team a "b\0c"') == ["nul-character"]


def test_a_ratio_is_one_figure_outside_of_formulas() -> None:
    indicator = only("indicator i = 1/3 { expect 1/3 leads }")
    assert isinstance(indicator, tree.Indicator)
    assert indicator.expect == Quantity("1/3", "leads")
    assert indicator.formula == tree.Binary("/", Quantity("1"), Quantity("3"))
