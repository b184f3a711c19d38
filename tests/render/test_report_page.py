"""The report's page as text: words are only ever words, nothing is asked for, and the same report is the same bytes."""

from __future__ import annotations

import re
from base64 import b64encode
from dataclasses import replace
from datetime import date
from hashlib import sha256
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import mpmflow as mpm
from mpmflow.analysis.reporting.parts import ReportedMetric
from mpmflow.analysis.reporting.report import Report
from mpmflow.analysis.risk.figures import MetricFigure
from mpmflow.render import palette
from mpmflow.render.dot import plain
from mpmflow.render.report.document import colours, document
from mpmflow.render.report.markup import LONGEST, LONGEST_NAME, Html, el, name, short, table
from mpmflow.render.report.page import ReportPage

EXAMPLES = Path(__file__).parents[2] / "examples"
HOSTILE = st.text(st.one_of(st.sampled_from("<>&\"'/= \n\u202e\u200b"), st.characters(codec="utf-8")), max_size=60)


class Heard(HTMLParser):
    """What a browser would see: elements with their attributes, and the words between them."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.words = ""
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words += data


def little(**given: object) -> Report:
    figure = MetricFigure("leads", "leads", "output", unit="leads", forecast=838.0, low=700.0, high=990.0,
                          target=900.0, comparison="at least", on=date(2026, 9, 30), p_miss=0.81)  # fmt: skip
    report = Report("Webinars", date(2026, 3, 2), "Leads will very likely miss the target.",
                    metrics=(ReportedMetric(figure, "in danger"),))  # fmt: skip
    return replace(report, **given)  # type: ignore[arg-type]


# ------------------------------------------------------------------------------------------ words are words
@given(HOSTILE)
def test_any_text_is_words_and_nothing_else(text: str) -> None:
    heard = Heard(el("p", text, aria_label=text, data_x=text))
    assert [tag for tag, _ in heard.elements] == ["p"]
    assert heard.words == plain(text)
    assert heard.elements[0][1] == {"aria-label": plain(text), "data-x": plain(text)}


@given(HOSTILE)
def test_any_text_stays_in_its_cell(text: str) -> None:
    heard = Heard(table("t", ("a", text), [(name(text), text), (text, Html("<b>2</b>"))]))
    assert [tag for tag, _ in heard.elements if tag in ("th", "td")] == ["th", "th", "th", "td", "th", "td"]


def test_a_text_without_end_has_one() -> None:
    assert len(short("y" * 10_000)) == LONGEST
    assert len(Heard(el("p", "y" * 10_000)).words) == LONGEST
    assert len(Heard(name("y" * 10_000)).words) == LONGEST_NAME


@given(HOSTILE)
def test_a_title_and_a_headline_are_words_wherever_they_stand(text: str) -> None:
    heard = Heard(document(little(title=text, headline=text, cautions=(text,), sentences=(text,), notes=(text,)), {}))
    tags = [tag for tag, _ in heard.elements]
    assert tags.count("script") == 1
    assert tags.count("style") == 1
    assert not {"img", "b", "i", "iframe", "object", "svg"} & set(tags)
    assert all(not key.startswith("on") for _, attributes in heard.elements for key in attributes)


# ------------------------------------------------------------------------------------------ the page
@pytest.fixture(scope="module")
def page() -> ReportPage:
    return mpm.report(mpm.evaluate(mpm.load(EXAMPLES / "webinar" / "webinar.mpm")))


def test_the_same_report_is_the_same_bytes(page: ReportPage) -> None:
    assert page.html() == page.html()


def test_the_page_names_no_other_file_and_no_address(page: ReportPage) -> None:
    heard = Heard(page.html())
    for tag, attributes in heard.elements:
        assert tag not in ("img", "iframe", "object", "embed", "form", "base")
        assert "src" not in attributes
        assert (attributes.get("href") or "#").startswith(("#", "data:,"))
    assert set(re.findall(r"https?://[^\"' )]*", page.html())) == {"http://www.w3.org/2000/svg"}


def test_the_page_forbids_every_request_first_of_all(page: ReportPage) -> None:
    heard = Heard(page.html())
    policies = [attributes for tag, attributes in heard.elements if "http-equiv" in attributes]
    (said,) = [one["content"] for one in policies]
    assert policies == [{"http-equiv": "Content-Security-Policy", "content": said}]
    assert str(said).startswith("default-src 'none'; ")
    before = [tag for tag, _ in heard.elements][: [attributes for _, attributes in heard.elements].index(policies[0])]
    assert before == ["html", "head", "meta"], "only the encoding stands before it"


def test_no_script_may_run_but_the_one_that_the_page_came_with(page: ReportPage) -> None:
    text = page.html()
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    known = b64encode(sha256(script.encode()).digest()).decode()
    assert re.findall(r"script-src ([^;]*);", text) == [f"'sha256-{known}'"]
    named = {name for _, attributes in Heard(text).elements for name in attributes}
    assert not [name for name in named if name.startswith("on")]


def test_headings_go_down_one_at_a_time(page: ReportPage) -> None:
    levels = [int(tag[1]) for tag, _ in Heard(page.html()).elements if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


def test_every_name_on_the_page_is_there_once_and_every_way_leads_somewhere(page: ReportPage) -> None:
    heard = Heard(page.html())
    ids = [attributes["id"] for _, attributes in heard.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    meant = {(attributes.get("href") or "")[1:] for tag, attributes in heard.elements if tag == "a"}
    meant |= {
        attributes["aria-labelledby"] or "" for _, attributes in heard.elements if "aria-labelledby" in attributes
    }
    assert meant <= set(ids)


def test_a_section_with_nothing_to_say_is_left_out() -> None:
    bare = document(little(), {})
    assert re.findall(r'<h2 id="([a-z]+)"', bare) == ["danger", "metrics", "reading"]
    assert "None" not in bare
    assert re.findall(r'<h2 id="([a-z]+)"', document(little(metrics=()), {})) == []


def test_every_colour_of_a_drawing_has_one_for_the_dark() -> None:
    written = colours()
    for light, dark in palette.DARK.items():
        for what in ("fill", "stroke"):
            assert f'svg [{what}="{light}"] {{ {what}: light-dark({light}, {dark}) }}' in written
    assert written.index("@supports") > written.index(":root"), "light stands for browsers that know no light-dark()"
