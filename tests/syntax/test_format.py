"""One canonical style: comments stay, trees stay, and a second time changes nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mpmflow.diagnostics.errors import MpmError
from mpmflow.diagnostics.source import Source
from mpmflow.syntax import tree
from mpmflow.syntax.comments import comments_of
from mpmflow.syntax.format import format_source, format_tree
from mpmflow.syntax.parse import parse
from mpmflow.syntax.tree import Quantity, Reference, Word

GOOD = sorted((Path(__file__).parent.parent / "corpus" / "good").glob("*.mpm"))


def formatted(text: str) -> str:
    return format_source(Source("a.mpm", text))


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_formatting_keeps_the_tree_and_the_comments_and_is_done_after_once(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    once = formatted(text)
    assert formatted(once) == once
    assert parse(Source("a", once)).tree == parse(Source("a", text)).tree
    assert [c.text for c in comments_of(Source("a", once))] == [c.text for c in comments_of(Source("a", text))]


@pytest.mark.parametrize("path", GOOD, ids=lambda path: path.name)
def test_a_tree_without_places_is_printed_and_read_back(path: Path) -> None:
    original = parse(Source("a", path.read_text(encoding="utf-8"))).tree
    assert parse(Source("a", format_tree(bare(original)))).tree == original


def bare(node: object) -> object:
    """The same tree, made by hand."""
    if isinstance(node, tuple):
        return tuple(bare(one) for one in node)
    if not isinstance(node, tree.Node):
        return node
    return type(node)(**{name: bare(getattr(node, name)) for name in type(node).__match_args__ if name != "span"})


def test_outcomes_stand_in_columns() -> None:
    text = "workflow w { decision d by t { approve 80% then 87%, fix 5% -> a rework, later -> legal_ok delay 5d } }"
    assert formatted(text) == (
        "workflow w {\n"
        "  decision d by t {\n"
        "    approve 80% then 87%\n"
        "    fix      5%          -> a        rework\n"
        "    later                -> legal_ok delay 5d\n"
        "  }\n"
        "}\n"
    )


def test_comments_stay_where_they_belong() -> None:
    text = (
        "# top\n\n# of a\nteam a { people 1 }   # behind a\n\n\n\n"
        "team b { # b opens\n# before\npeople 2 # two\n# last\n}\n# end"
    )
    assert formatted(text) == (
        "# top\n\n# of a\nteam a { people 1 }  # behind a\n\n"
        "team b {  # b opens\n  # before\n  people 2  # two\n  # last\n}\n# end\n"
    )


def test_long_clauses_are_broken_into_the_block() -> None:
    text = f'workflow w {{ step a "{"x" * 90}" by team takes lognormal(mean 3d, sd 2d) }}'
    assert formatted(text).splitlines()[2:4] == ["    by team", "    takes lognormal(mean 3d, sd 2d)"]


def test_a_text_with_mistakes_is_not_touched() -> None:
    with pytest.raises(MpmError, match="takes"):
        formatted("workflow w { step a takes }")


# ------------------------------------------------------------------------------------------------ any formula, any rule

names = st.sampled_from(["spend", "d.no", "x"]).map(Reference)
figures = st.builds(Quantity, st.sampled_from(["1", "2.5", "20k"]), st.sampled_from([None, "%", "h", "eur/h"])).filter(
    lambda one: not (one.unit in ("%", "h") and one.number == "20k")
)


def _larger(inner: st.SearchStrategy[tree.Expression]) -> st.SearchStrategy[tree.Expression]:
    operators = st.sampled_from(["+", "-", "*", "/", "^", "<", ">=", "=", "!=", "and", "or"])
    calls = st.lists(inner, max_size=3).map(tuple)
    return st.one_of(
        st.builds(tree.Binary, operators, inner, inner),
        st.builds(tree.Unary, st.sampled_from(["-", "+", "not"]), inner),
        st.builds(tree.FunctionCall, st.just(Word("if")), calls),
        st.builds(tree.Rate, figures, st.just(Quantity("13", "w"))),
    )


@settings(max_examples=150, deadline=None)
@given(st.recursive(st.one_of(names, figures), _larger, max_leaves=12))
def test_any_formula_is_printed_and_read_back(formula: tree.Expression) -> None:
    file = tree.File((tree.Metric(Word("m"), formula=formula, unit=Word("eur")),))
    parsed = parse(Source("a", format_tree(file)))
    assert parsed.diagnostics == ()
    assert parsed.tree == file


simple = st.one_of(
    st.builds(tree.Threshold, st.sampled_from(["above", "below"]), figures),
    st.builds(tree.Outside, figures, figures),
    st.just(tree.OutOfControl()),
    st.builds(tree.OutOfControl, st.sampled_from(["limits", "western_electric", "nelson", "ewma", "cusum"]).map(Word)),
    st.just(tree.OutOfControl(Word("rule"), tree.Text("2 of 3 beyond 2 sigma"))),
    st.builds(tree.Change, st.sampled_from(["rises", "falls"]), figures, st.just(Quantity("4", "w"))),
)


def _joined(inner: st.SearchStrategy[tree.Condition]) -> st.SearchStrategy[tree.Condition]:
    several = st.lists(inner, min_size=2, max_size=3).map(tuple)
    return st.one_of(
        st.builds(tree.Not, inner),
        st.builds(tree.Held, inner, st.just(Quantity("2", "w"))),
        st.builds(tree.AllOf, several),
        st.builds(tree.AnyOf, several),
    )


@settings(max_examples=150, deadline=None)
@given(st.recursive(simple, _joined, max_leaves=8))
def test_any_condition_is_printed_and_read_back(condition: tree.Condition) -> None:
    rule = tree.Rule("warn", condition, tree.Threshold("below", Quantity("22", "%")))
    file = tree.File((tree.Indicator(Word("i"), rules=(rule,)),))
    parsed = parse(Source("a", format_tree(file)))
    assert parsed.diagnostics == ()
    assert parsed.tree == file


@settings(max_examples=80, deadline=None)
@given(st.text(max_size=40))
def test_any_text_in_quotation_marks_survives(value: str) -> None:
    value = "".join(c for c in value if c.isprintable())
    file = tree.File((tree.Import(tree.Text(value)),))
    assert parse(Source("a", format_tree(file))).tree == file
