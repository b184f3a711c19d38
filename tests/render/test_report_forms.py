"""The report as Markdown, table and document: the same facts, and nothing in them but words and numbers."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import validate
from markdown_it import MarkdownIt

import mpmflow as mpm
from mpmflow.exchange.schema import schema
from mpmflow.render.report.escaping import cell, markdown_cell, markdown_text, one_line, uncelled
from mpmflow.render.report.page import ReportPage
from mpmflow.render.report.words import SECTIONS
from tests.analysis.risk_data import observed
from tests.analysis.test_evaluate import evaluate
from tests.analysis.test_evaluator_properties import seen, small

EXAMPLES = Path(__file__).parent.parent.parent / "examples"
FORMS = ("html", "md", "json", "csv")
MARKDOWN = MarkdownIt("commonmark").enable(["table", "strikethrough"])
ANYTHING = st.text(
    st.one_of(
        st.sampled_from("\\`*_[]<>|~$@#-+=.:;&/!()\"'{}^% \n\t1a\u202e\u200b\uff1d"), st.characters(codec="utf-8")
    ),
    max_size=40,
)


def words_in(text: str) -> list[str]:
    """The plain words of each paragraph, heading and cell; anything else in there is a failure."""
    found = []
    for token in MARKDOWN.parse(text):
        if token.type == "inline":
            for part in token.children or ():
                assert part.type in ("text", "text_special", "strong_open", "strong_close", "code_inline"), part
            found.append("".join(part.content for part in token.children or ()))
        else:
            assert token.type not in ("fence", "code_block", "html_block"), token
    return found


# ------------------------------------------------------------------------------------------ texts of others
@given(ANYTHING)
def test_any_text_in_markdown_is_these_words_and_nothing_else(text: str) -> None:
    assert "".join(words_in(markdown_text(text))) == one_line(text)
    assert words_in(f"- {markdown_text(text)}") == ([one_line(text)] if one_line(text) else [])


@given(ANYTHING, ANYTHING)
def test_any_text_in_a_table_stays_in_its_cell(left: str, right: str) -> None:
    found = words_in(f"| a | b |\n|---|---|\n| {markdown_cell(left)} | {markdown_cell(right)} |\n")
    assert found == ["a", "b", one_line(left), one_line(right)]


@given(ANYTHING)
def test_any_text_in_a_cell_comes_back_and_begins_no_formula(text: str) -> None:
    written = cell(text)
    assert uncelled(written) == one_line(text)
    for part in written.split(";"):
        assert not re.match(r"\s*[=+\-@\uff1d\uff0b\uff0d\uff20]", part), part


def test_what_needs_no_mark_gets_none() -> None:
    """A report is read as plain text too."""
    for plain in ("Late claims: 12.8 % (> 5 %), +2.4 points", "cost_per_lead is 42 eur", "from 7% to 12%, so what?"):
        assert markdown_text(plain) == plain


# ------------------------------------------------------------------------------------------ hostile files
HOSTILE = r"""
workflow w "<script>alert(1)</script> | [x](https://evil.example) `rm`" {
  arrivals 20 per week
  step a "=HYPERLINK(1)" takes 1d
  decision ok "# Is it **good**? </td><img src=x onerror=alert(1)>" {
    yes
    no 20% -> a rework
  }
}
metric m "-1+1|cmd" operational = time(w) unit d lower is better target at most 1d by 2026-06-30
indicator back "@SUM(A1)" = rate(ok.no) { warn above 25%, owner "+49 | <b>boss</b>" }
objective o "* one\u202e" department { measured by m, owner "1. me" }
initiative i "![pic](data:text/html,x)" { moves ok.no from 20% to 10%, costs 3k eur, serves o }
commitment c "&lt;b&gt; $x$" { by "~~me~~", promises m at most 1d by 2026-06-30, if missed "=1+1" }
"""


@pytest.fixture(scope="module")
def hostile() -> ReportPage:
    outcomes = {"ok.no": [20] * 8, "ok.yes": [30] * 8}
    return mpm.report(evaluate(mpm.parse(HOSTILE), observed(8, outcomes, times={"a": ([50] * 8, [2.0] * 8)})))


def test_hostile_labels_are_words_in_markdown(hostile: ReportPage) -> None:
    found = words_in(hostile.markdown())
    assert "<script>alert(1)</script> | [x](https://evil.example) `rm`" in found
    assert any("# Is it **good**? </td><img src=x onerror=alert(1)>" in words for words in found)
    assert not re.search(r"(?<!\\)<(?=[a-z/!])", hostile.markdown())


def test_hostile_labels_are_no_formula_in_a_table(hostile: ReportPage) -> None:
    rows = list(csv.reader(io.StringIO(hostile.csv(), newline="")))
    assert {len(row) for row in rows} == {9}
    numbers = rows[0].index("value")
    for row in rows[1:]:
        for place, text in enumerate(row):
            if place == numbers:
                assert not text or float(text) == float(text)
            else:
                assert not re.match(r"[=+\-@\t\r]", text), text
    assert any(row[2] == "'=HYPERLINK(1)" for row in rows)


def test_a_number_below_zero_stays_a_number(hostile: ReportPage) -> None:
    rows = list(csv.DictReader(io.StringIO(hostile.csv(), newline="")))
    assert any(row["value"].startswith("-") for row in rows)


# ------------------------------------------------------------------------------------------ what a form holds
@pytest.fixture(scope="module")
def travel() -> ReportPage:
    return mpm.report(mpm.evaluate(mpm.load(EXAMPLES / "travel" / "travel.mpm"), as_of="2018-06-18"))


@pytest.fixture(scope="module")
def webinar() -> ReportPage:
    return mpm.report(mpm.evaluate(mpm.load(EXAMPLES / "webinar" / "webinar.mpm"), budget="10k eur"))


@pytest.mark.parametrize("example", ["travel", "webinar"])
def test_markdown_has_the_sections_in_their_order_and_none_that_is_empty(
    example: str, request: pytest.FixtureRequest
) -> None:
    text = request.getfixturevalue(example).markdown()
    titles = re.findall(r"^## (.*)$", text, re.MULTILINE)
    order = [title for _, title in SECTIONS]
    assert titles == [title for title in order if title in titles]
    assert {"Leading indicators", "Metrics against their targets", "Objectives, level by level"} <= set(titles)
    assert not re.search(r"^## .*\n+(?=## )", text, re.MULTILINE)
    assert words_in(text)


def test_markdown_says_what_the_note_says(travel: ReportPage) -> None:
    text = travel.markdown()
    assert "**Late claims will very likely miss the target: 8.6% expected for 31 Mar 2019" in text
    assert "1. “sent back”: back from 12.2% to 7% gives late claims -0.54 points" in text
    assert "325 open, 53 of them late for certain." in text
    assert "  - helped by: A checklist beside the claim form" in text


def test_columns_stand_under_each_other_in_the_text(travel: ReportPage) -> None:
    table = [line for line in travel.markdown().splitlines() if line.startswith("|")][:4]
    assert len({len(line) for line in table}) == 1


def test_promises_stand_with_what_follows(webinar: ReportPage) -> None:
    text = webinar.markdown()
    assert "- **Cost per lead under 40 by June** is at risk." in text
    assert "If it is missed: monthly review with the CMO." in text
    assert "What to take for 10k eur:" in text
    assert "### Business unit" in text


def test_every_form_tells_the_same_chance(travel: ReportPage) -> None:
    p_miss = travel.report.metrics[0].figure.p_miss or 0.0
    assert json.loads(travel.to_json())["metrics"][0]["p_miss"] == p_miss
    rows = csv.DictReader(io.StringIO(travel.csv(), newline=""))
    told = [row for row in rows if (row["section"], row["name"], row["figure"]) == ("metric", "late_claims", "p_miss")]
    assert [float(row["value"]) for row in told] == pytest.approx([100 * p_miss])
    assert f"{100 * p_miss:.0f}%" in travel.markdown()


# ------------------------------------------------------------------------------------------ files
@pytest.mark.parametrize("ending", [".html", ".htm", ".md", ".markdown", ".json", ".csv"])
def test_the_ending_says_the_form(webinar: ReportPage, tmp_path: Path, ending: str) -> None:
    path = webinar.save(tmp_path / f"r{ending}")
    begins = {"h": "<!doctype html>", "m": "# Webinar", "j": "{", "c": "\ufeffsection,"}[ending[1]]
    assert path.read_text(encoding="utf-8").lower().startswith(begins.lower())


def test_only_a_file_begins_with_the_mark_of_excel(webinar: ReportPage) -> None:
    assert webinar.csv().startswith("section,")
    assert webinar.csv().splitlines()[1].startswith("report,,Webinar campaign,headline")


def test_another_ending_is_refused_with_what_there_is(webinar: ReportPage, tmp_path: Path) -> None:
    with pytest.raises(
        ValueError, match=r"r\.doc: a report can be written as \.html, \.md, \.json, \.csv, not as \.doc"
    ):
        webinar.save(tmp_path / "r.doc")
    assert webinar.save(tmp_path / "r.txt", "md").read_text(encoding="utf-8") == webinar.markdown()


def test_a_link_is_replaced_and_what_it_points_at_is_left_alone(webinar: ReportPage, tmp_path: Path) -> None:
    (tmp_path / "precious.md").write_text("keep me")
    (tmp_path / "r.md").symlink_to(tmp_path / "precious.md")
    webinar.save(tmp_path / "r.md")
    assert (tmp_path / "precious.md").read_text() == "keep me"
    assert not (tmp_path / "r.md").is_symlink()


def test_nothing_but_a_file_is_overwritten(webinar: ReportPage, tmp_path: Path) -> None:
    (tmp_path / "folder.md").mkdir()
    with pytest.raises(IsADirectoryError):
        webinar.save(tmp_path / "folder.md")
    with pytest.raises(OSError, match="no ordinary file"):
        webinar.save("/dev/null", "md")
    with pytest.raises(FileNotFoundError):
        webinar.save(tmp_path / "none" / "r.md")
    assert [path.name for path in tmp_path.iterdir()] == ["folder.md"]


def test_a_notebook_shows_the_markdown(webinar: ReportPage) -> None:
    shown = webinar._repr_mimebundle_()
    assert shown["text/markdown"] == webinar.markdown()
    assert shown["text/plain"].startswith("Report of 2026-03-02: ")


# ------------------------------------------------------------------------------------------ for one partner
SHARED = """
team secretariat "Secretariat of the board" { people 3, cost 87.77 eur/h, owner "Olga Hidden" }
partner agency "Studio North" { people 2, owner "Nora" }
partner printers "Red Press" { people 1, cost 4321 eur/h }
handoff secretariat -> agency within 2d
workflow leaflet "Leaflet of spring" {
  arrivals 6 per week
  deadline 23d
  owner "Victor Veiled"
  step sketch_plan "Sketch the leaflet" by secretariat takes 5h
  step layout "Lay it out" by agency takes 3h
  decision assented "Does the board agree?" by secretariat takes 1h { yes, no 17.31% -> layout rework }
  step print_run "Print it" by printers takes 2d costs 987 eur
}
metric swiftness "Velocity of leaflets" operational {
  = time(leaflet)
  unit d
  lower is better
  target at most 3.14159d by 2026-06-30
}
metric zeal "Zeal of readers" outcome unit eur higher is better
cause swiftness -> zeal { lag 5w, each +1d adds -6.54 eur }
indicator refused "Refusals of the board" = rate(assented.no) {
  expect 11.93%, warn above 13.57%, owner "Petra Private"
}
objective spring "Spring is loud" enterprise {
  measured by swiftness, target at most 2.71d by 2026-06-30, owner "Carla Concealed"
}
initiative rehearse "Rehearse refusals" { moves assented.no from 17.31% to 5.55%, costs 6.66k eur, serves spring }
commitment oath "Oath of spring" {
  by "Dora Dark", promises swiftness at most 2.22d by 2026-06-30, if missed "exile to the archive"
}
"""
OF_OTHERS = (
    "printers", "Red Press", "leaflet", "Leaflet", "sketch_plan", "Sketch", "assented", "board agree", "print_run",
    "Print it", "swiftness", "Velocity", "zeal", "Zeal", "refused", "Refusals", "spring", "Spring", "rehearse",
    "Rehearse", "oath", "Oath", "Olga", "Victor", "Petra", "Carla", "Dora", "exile", "87.77", "4321", "4,321",
    "3.14159", "271425", "11.93", "13.57", "5.55", "6.66", "6,660", "987", "-6.54",
)  # fmt: skip
"""Names, labels, people and numbers that are none of the partner's. That 17.31 % of what it hands over comes back to
it is its own to know, and so is the name of the team on the other side."""


@pytest.fixture(scope="module")
def shared() -> mpm.Model:
    return mpm.parse(SHARED)


@pytest.fixture(scope="module")
def evaluation(shared: mpm.Model) -> Any:
    polars = pytest.importorskip("polars", reason="optional: polars is not installed")
    rows = []
    for case in range(60):
        start = 1_767_600_000 + case * 86_413
        steps = ["sketch_plan", "layout", "assented.no", "layout", "assented.yes"] if case % 4 == 0 else []
        steps = steps or ["sketch_plan", "layout", "assented.yes"]
        if case < 55:
            steps.append("print_run")
        moment = start
        for number, what in enumerate(steps):
            moment += 7_919 * (number + 1) + case * 97
            rows.append((f"L-{case:03d}", what, moment))
    frame = polars.DataFrame(rows, schema=["case", "activity", "time"], orient="row")
    frame = frame.with_columns(polars.from_epoch("time", time_unit="s"))
    return mpm.evaluate(shared, log=frame), frame


def texts_in(node: Any) -> Iterator[str]:
    """Every text in a document, keys left out."""
    if isinstance(node, dict):
        for value in node.values():
            yield from texts_in(value)
    elif isinstance(node, list):
        for value in node:
            yield from texts_in(value)
    elif isinstance(node, str):
        yield node


def numbers_in(node: Any) -> set[str]:
    """Every number in a document as it is written, of those long enough that two do not meet by chance."""
    if isinstance(node, dict):
        return set().union(*(numbers_in(value) for value in node.values()), set())
    if isinstance(node, list):
        return set().union(*(numbers_in(value) for value in node), set())
    if isinstance(node, float):
        return {repr(node).lstrip("-")} if len(repr(node).strip("-0.")) >= 7 else set()
    return set()


@pytest.mark.parametrize("form", FORMS)
def test_a_partner_reads_no_name_label_or_number_of_anybody_else(evaluation: Any, form: str) -> None:
    found, log = evaluation
    text = mpm.report(found, partner="agency", log=log).form(form)
    for word in OF_OTHERS:
        assert not re.search(rf"(?<![\w.-]){re.escape(word)}(?![\w-])", text), word
    view = mpm.partner_view(found, "agency", log=log)
    allowed = numbers_in(view.to_dict())
    for part in (view.delay, view.rework):  # what lands on it is its own to know, and so is the sum
        allowed |= numbers_in(part.borne_of_own + part.borne_of_others if part is not None else None)
    for number in numbers_in(found.to_dict()) - allowed:
        assert number not in text, number


def test_hand_offs_and_teams_are_called_by_their_labels(evaluation: Any) -> None:
    found, log = evaluation
    text = mpm.report(found, log=log).markdown()
    assert "Secretariat of the board → Studio North" in text
    assert "promised within 2 d. " in text
    assert "| Red Press" in text.partition("Who is busy")[2]


@pytest.mark.parametrize("form", FORMS)
def test_a_partner_reads_its_own_part(evaluation: Any, form: str) -> None:
    found, log = evaluation
    page = mpm.report(found, partner="agency", log=log)
    text = page.form(form)
    assert "Studio North" in text
    assert "Lay it out" in text
    assert "Secretariat of the board" in text, "the other side of a hand-off has a name"
    assert (page.report.partner, page.report.provenance, page.report.metrics) == ("agency", None, ())
    assert page.pictures == {}


def test_a_partner_is_told_that_its_own_work_counts_where_a_log_does_not_tell_it_from_waiting(evaluation: Any) -> None:
    frame = evaluation[1]
    hurried = mpm.parse(SHARED.replace("within 2d", "within 1h"))
    text = mpm.report(mpm.evaluate(hurried, log=frame), partner="agency", log=frame).markdown()
    assert "these waits hold the taker's own work too" in text
    assert "in time, the work of the taker counted in)" in text


def test_a_partner_that_is_none_gets_the_nearest_name(evaluation: Any) -> None:
    with pytest.raises(KeyError, match="agency"):
        mpm.report(evaluation[0], partner="agencies")


# ------------------------------------------------------------------------------------------ any file
@settings(max_examples=5, deadline=None)
@given(seed=st.integers(0, 10_000), label=ANYTHING)
def test_any_process_under_any_label_is_told_in_every_form(seed: int, label: str) -> None:
    """Random workflows with random shares, each called by a text that nobody expects."""
    page = mpm.report(replace(seen(small(seed), seed), title=label))
    document = json.loads(page.to_json())
    validate(document, schema("report"))
    assert one_line(label) in ["", *words_in(page.markdown())]
    rows = list(csv.reader(io.StringIO(page.csv(), newline="")))
    assert {len(row) for row in rows} == {9}
    assert len(rows) - 1 == len(page.report.rows()["section"])
