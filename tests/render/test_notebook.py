"""What a notebook shows: the words of the command line, tables that can be read, and nothing that runs."""

from __future__ import annotations

import pkgutil
import re
from collections.abc import Callable
from html.parser import HTMLParser
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

import mpmflow
import mpmflow as mpm
from mpmflow.analysis.results import Result
from mpmflow.cli.program import program
from mpmflow.render.blocks import Grid, Heading, Paragraph, Verbatim, as_html, as_markdown, blocks
from mpmflow.render.notebook import page_of

ROOT = Path(__file__).parents[2]
TRAVEL, CLAIMS = ROOT / "examples/travel/travel.mpm", ROOT / "examples/travel/claims.csv.gz"
WEBINAR = ROOT / "examples/webinar/webinar.mpm"
BRIEFS = """workflow w {
  step brief takes 2h
  decision ok { yes 80%, no 20% -> brief rework }
}
indicator back = rate(ok.no) { warn above 25% }
test "a bad week" { given ok.no = 20%, 40% every 1w from 2026-01-05
  expect back is warn at 2026-01-12 }
"""
BPMN = """<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL"><process id="p" name="Brief">
<startEvent id="s"/><task id="t" name="Write the brief"/><sequenceFlow id="f" sourceRef="s" targetRef="t"/>
</process></definitions>"""


class Page(HTMLParser):
    """What a page holds: its elements, their attributes, its words, and whether every element is closed."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs
        if tag not in ("br", "hr", "img", "meta"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def bpmn(folder: Path) -> Any:
    (folder / "x.bpmn").write_text(BPMN, encoding="utf-8")
    return mpm.read_bpmn(folder / "x.bpmn")


ANSWERS: dict[str, Callable[[Path], Any]] = {
    "analysis": lambda _: mpm.analyze(mpm.load(WEBINAR)),
    "simulation": lambda _: mpm.simulate(mpm.parse("workflow w { arrivals 3 per day\n step a takes 1h }"), cases=2000),
    "what-if": lambda _: mpm.what_if(mpm.load(WEBINAR), {"legal.people": 2}),
    "sweep": lambda _: mpm.sweep(mpm.load(WEBINAR), {"brief_complete.no": ["5%", "20%"]}),
    "formula": lambda _: mpm.formula(mpm.load(WEBINAR), ["brief_complete.no"]),
    "remaining time": lambda _: mpm.remaining_time(mpm.load(WEBINAR), at="brief", age="1h", elapsed="2h"),
    "evaluation": lambda _: mpm.evaluate(mpm.load(WEBINAR)),
    "explanation": lambda _: mpm.evaluate(mpm.load(WEBINAR)).explain("cost_per_lead"),
    "observed": lambda _: mpm.observe(mpm.load(WEBINAR)),
    "tests": lambda _: mpm.run_tests(mpm.parse(BRIEFS)),
    "failing tests": lambda _: mpm.run_tests(mpm.parse(BRIEFS.replace("40%", "10%"))),
    "coverage": lambda _: mpm.rule_coverage(mpm.parse(BRIEFS)),
    "mutation": lambda _: mpm.mutate(mpm.parse(BRIEFS)),
    "diff": lambda _: mpm.diff(mpm.parse(BRIEFS), mpm.parse(BRIEFS.replace("takes 2h", "takes 3h"))),
    "BPMN import": bpmn,
}
SLOW: dict[str, Callable[[Path], Any]] = {
    "fit": lambda _: mpm.fit(mpm.load(TRAVEL), CLAIMS),
    "discovery": lambda _: mpm.discover(CLAIMS),
    "leads": lambda _: mpm.leads(mpm.load(TRAVEL)),
    "learned causes": lambda _: mpm.learn_causes(mpm.load(TRAVEL)),
    "backtest": lambda _: mpm.backtest(mpm.load(TRAVEL), folds=12),
}
EVERY = [pytest.param(make, id=name) for name, make in ANSWERS.items()]
EVERY += [pytest.param(make, id=name, marks=pytest.mark.slow) for name, make in SLOW.items()]


def shown(thing: Any) -> tuple[str, Page]:
    """The plain words and the page of something, as a notebook asks for them."""
    bundle = thing._repr_mimebundle_(include=None, exclude=None)
    assert set(bundle) == {"text/plain", "text/html"}
    page = Page(bundle["text/html"])
    assert page.open == []
    assert not {"script", "style", "iframe", "img", "link", "object", "form"} & set(page.elements)
    assert not any(name.startswith("on") or (name in ("src", "href")) for name, _ in page.attributes)
    return bundle["text/plain"], page


@pytest.mark.parametrize("make", EVERY)
def test_every_answer_shows_its_words_and_has_a_table_of_its_numbers(
    make: Callable[[Path], Any], tmp_path: Path
) -> None:
    answer = make(tmp_path)
    text, page = shown(answer)
    assert text.strip()
    assert not text.startswith(f"{type(answer).__name__}("), "no raw record"
    assert not re.search(r"\d{6,}\.\d", text), "no time in seconds: readable numbers"
    verbatim = any(isinstance(part, Verbatim) for part in blocks(page_of(answer)))
    assert verbatim or max(map(len, text.splitlines())) <= 120
    said = " ".join(" ".join(page.words).split())
    first = " ".join(text.splitlines()[0].split())
    assert " ".join(first.split()[:4]) in said
    assert len(answer.to_frame()) == len(next(iter(answer.rows().values()), []))


def test_the_words_are_those_that_the_command_line_prints() -> None:
    from click.testing import CliRunner

    file = "examples/webinar/webinar.mpm"
    result = CliRunner().invoke(program, ["analyze", "-q", str(ROOT / file)], prog_name="mpmflow")
    text, _ = shown(mpm.analyze(mpm.load(ROOT / file)))
    assert text == result.stdout.strip("\n")


def test_a_model_shows_what_it_holds_and_its_picture() -> None:
    text, page = shown(mpm.load(WEBINAR))
    assert text.startswith("Webinar campaign: 1 workflow, 5 steps, 2 decisions, 3 teams, 7 metrics, 4 causes,")
    assert "svg" in page.elements
    assert "Write the brief" in "".join(page.words)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        pytest.param("", "A model: nothing yet.", id="nothing"),
        pytest.param("team a { people 2 }", "A model: 1 team.", id="without a workflow"),
        pytest.param("workflow a { step x }\nworkflow b { step y }", 'mpm.draw(model, workflow="b")', id="several"),
    ],
)
def test_any_model_shows_itself(text: str, wanted: str) -> None:
    words, page = shown(mpm.parse(text))
    assert wanted in words + "".join(page.words)


def test_a_large_workflow_is_folded_and_a_huge_one_not_drawn() -> None:
    steps = "\n".join(f"step s{number} takes 1h" for number in range(80))
    _, page = shown(mpm.parse(f"workflow w {{ {steps} }}"))
    assert "80 steps" in "".join(page.words)
    many = "\n".join(f"step s{number} takes 1h" for number in range(500))
    _, page = shown(mpm.parse(f"workflow w {{ {many} }}"))
    assert "svg" not in page.elements


def test_a_monitor_shows_states_and_values() -> None:
    monitor = mpm.Monitor(mpm.parse(BRIEFS))
    days = [("brief", "2026-01-05"), ("brief", "2026-01-06"), ("brief", "2026-01-07")]
    monitor.feed({"case": "a", "activity": what, "time": day} for what, day in days)
    monitor.advance("2026-01-12")
    text, page = shown(monitor)
    assert text.splitlines()[0] == "Watching 1 indicator, up to 2026-01-12 00:00"
    assert text.splitlines()[-1].split() == ["back", "warn", "100%"]
    assert "table" in page.elements


def test_words_of_a_file_stay_words() -> None:
    hostile = "<script>alert(1)</script>&amp;<img src=x onerror=y>"
    model = mpm.parse(f'workflow w "{hostile}" {{ arrivals 2 per week\n step a "{hostile}" takes 1h }}')
    for thing in (model, mpm.analyze(model), mpm.what_if(model, {"w.arrivals": "3 per week"})):
        shown(thing)
    assert hostile in "".join(shown(model)[1].words)


def test_every_page_that_an_answer_names_is_there() -> None:
    for module in pkgutil.walk_packages(mpmflow.__path__, "mpmflow."):
        if module.name.startswith(("mpmflow.analysis.", "mpmflow.testing.", "mpmflow.live.", "mpmflow.exchange.")):
            import_module(module.name)
    named = {kind.__name__: kind.shown_by for kind in Result.__subclasses__() if kind.shown_by is not None}
    assert len(named) >= 17
    for name, (room, door) in named.items():
        assert callable(getattr(import_module(f"mpmflow.{room}"), door)), name


def test_an_answer_without_a_page_shows_its_table() -> None:
    class Bare(Result):
        schema = "bare"

        def rows(self) -> dict[str, list[Any]]:
            return {"name": ["a<b"] * 50, "value": [1234567.891] * 50, "there": [True] * 50}

    text, page = shown(Bare())
    assert text.splitlines()[1].split() == ["a<b", "1,230,000", "yes"]
    assert "… and 10 more (to_frame() has all)" in text
    assert "a<b" in page.words


def test_parts_of_a_page_as_html_and_markdown() -> None:
    parts = [
        Heading("A *title*", "and its gloss"), Paragraph("+ step a_b"), Paragraph("- step c"), Paragraph("quiet", True),
        Grid(("a", "b\nc"), (("x|y", "1"),), (False, True)), Verbatim("one\n  two <b>"),
    ]  # fmt: skip
    page = Page(as_html(parts))
    assert page.open == []
    assert "one\n  two <b>" in page.words
    assert as_markdown(parts) == (
        "## A \\*title\\* and its gloss\n\n- `+` step a_b\n- `-` step c\n\nquiet\n\n| a | b c |\n| --- | ---: |\n"
        "| x\\|y | 1 |\n\n    one\n      two <b>\n"
    )


def test_words_of_a_file_are_only_words_in_markdown_too() -> None:
    """They may stand in a merge request, where signs become links, calls to people, and formulas."""
    label = "1. see https://x.org www.x.org @all &lt; $x$ \x1b[2J"
    said = "see https\\://x.org www\\.x.org \\@all \\&lt; \\$x\\$ \\[2J\n"
    assert as_markdown([Paragraph(label)]) == f"1\\. {said}"
    assert as_markdown([Paragraph(f"- {label}")]) == f"- `-` 1. {said}"
    assert as_markdown([Verbatim("a\x1b[2J\u202eb")]) == "    a [2J b\n"


@pytest.mark.slow
def test_a_real_notebook_runs_and_its_page_holds_what_was_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    nbformat = pytest.importorskip("nbformat", reason="optional: nbformat is not installed")
    nbclient = pytest.importorskip("nbclient", reason="optional: nbclient is not installed")
    nbconvert = pytest.importorskip("nbconvert", reason="optional: nbconvert is not installed")
    pytest.importorskip("ipykernel", reason="optional: ipykernel is not installed")
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    cells = [
        f"import mpmflow as mpm\nmodel = mpm.load({str(WEBINAR)!r})\nmodel",
        "mpm.analyze(model)",
        'mpm.diff(model, mpm.parse(model.to_text().replace("takes 4h", "takes 6h")))',
        'mpm.draw(model, "causes")',
    ]
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    nbclient.NotebookClient(made, timeout=300, kernel_name="python3").execute()
    kinds = [set(cell.outputs[0]["data"]) for cell in made.cells]
    assert kinds == [{"text/plain", "text/html"}] * 3 + [{"text/plain", "image/svg+xml"}]
    body, _ = nbconvert.HTMLExporter(template_name="basic").from_notebook_node(made)
    for words in (
        "Webinar campaign, as it is designed",
        "Step by step, per case",
        ": takes 4h → 6h",
        "CHANGED",
    ):
        assert words in re.sub(r"<[^>]+>", "", body), words
    assert body.count("<svg") == 2, "of the model and of both versions; the drawing is a picture"
    assert "data:image/svg+xml;base64," in body
