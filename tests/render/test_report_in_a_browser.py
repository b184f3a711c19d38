"""The report's page in a real browser: it asks for nothing, shuts nobody out, fits small screens and paper, and labels
that mean it harm stay words.

Needs Chromium (CHROMIUM names its program where it is not on the path) with playwright; axe-core, which looks for what
shuts readers out, as npm installs it in the folder that MPMFLOW_AXE names.
"""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

import mpmflow as mpm
from mpmflow.analysis.reporting.parts import PastForecast
from mpmflow.render.report.page import ReportPage
from mpmflow.render.report.words import SECTIONS
from tests.render.browsing import HOSTILE, Watched, escaped

pytestmark = pytest.mark.slow
EXAMPLES = Path(__file__).parents[2] / "examples"
SCREENS = (320, 360, 768, 1440)
OPEN_ALL = "for (const one of document.querySelectorAll('details')) one.open = true"


def past_forecasts() -> tuple[PastForecast, ...]:
    """Fourteen forecasts, every fourth of which came out beyond its range, and two of which nobody knows yet."""
    found = []
    for number in range(14):
        on = date(2025, 6, 30) + timedelta(days=14 * number)
        came = None if number > 11 else 2000.0 + 20 * number + (450 if number % 4 == 3 else 90)
        middle = 2000.0 + 20 * number
        inside = None if came is None else abs(came - middle) <= 300
        mark = "ahead" if came is None else "kept" if came >= 2200 else "missed"
        found.append(
            PastForecast(
                "registrations", "registrations", "people", on - timedelta(days=60), on,
                middle=middle, low=middle - 300, high=middle + 300, came=came, inside=inside,
                mark=mark,
            )
        )  # fmt: skip
    return tuple(found)


@pytest.fixture(scope="module")
def page() -> ReportPage:
    """A report in which every section has something to say."""
    model = mpm.load(EXAMPLES / "webinar" / "webinar.mpm")
    made = mpm.report(mpm.evaluate(model, budget="20k eur"))
    return replace(made, report=replace(made.report, past=past_forecasts()))


@pytest.fixture(scope="module")
def path(page: ReportPage, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return page.save(tmp_path_factory.mktemp("report") / "report.html")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> Path:
    label = escaped(HOSTILE)
    text = (EXAMPLES / "webinar" / "webinar.mpm").read_text(encoding="utf-8")
    for words in (
        "Write the brief", "Is the brief complete?", "Webinar campaign", "Build pipeline", "Briefs sent back",
        "One-page brief template", "Cost per lead under 40 by June", "Content lead", "monthly review with the CMO",
    ):  # fmt: skip
        text = text.replace(words, label)
    (made := tmp_path_factory.mktemp("hostile")).joinpath("webinar.mpm").write_text(text, encoding="utf-8")
    (made / "weekly.csv").write_bytes((EXAMPLES / "webinar" / "weekly.csv").read_bytes())
    found = mpm.report(mpm.evaluate(mpm.load(made / "webinar.mpm"), budget="20k eur"))
    label = HOSTILE
    past = tuple(replace(one, label=label) for one in past_forecasts())
    return replace(found, report=replace(found.report, past=past)).save(made / "report.html")


def wide(width: int) -> dict[str, Any]:
    return {"viewport": {"width": width, "height": 800}}


# ----------------------------------------------------------------------------------------- it keeps to itself
def test_the_page_is_quiet_and_asks_for_nothing(browser: Any, path: Path) -> None:
    watched = Watched(browser, path)
    watched.page.evaluate(OPEN_ALL)
    assert watched.quiet(), (watched.said, watched.asked)


def test_the_page_may_not_ask_for_anything(browser: Any, path: Path) -> None:
    """The policy in its head stops what a script would try."""
    watched = Watched(browser, path)
    tried = watched.page.evaluate("fetch('data:text/plain,x').then(() => 'fetched', () => 'stopped')")
    assert tried == "stopped"


def test_no_other_script_runs_even_if_one_got_onto_the_page(browser: Any, path: Path, tmp_path: Path) -> None:
    own = path.read_text(encoding="utf-8")
    strangers = "<script>window.strange = 1</script><button id=b onclick='window.strange = 2'>b</button></main>"
    (made := tmp_path / "report.html").write_text(own.replace("</main>", strangers, 1), encoding="utf-8")
    page = Watched(browser, made).page
    page.locator("#b").click()
    assert page.evaluate("typeof window.strange") == "undefined"
    assert page.locator("#theme").is_visible(), "its own does"


def test_the_page_says_the_same_without_a_script(browser: Any, path: Path) -> None:
    page = Watched(browser, path, java_script_enabled=False).page
    assert page.locator("#theme").is_hidden()
    for width in (360, 1440):
        page.set_viewport_size({"width": width, "height": 800})
        drawn = page.locator(".chart svg:visible").count()
        assert drawn == page.locator(".chart").count() > 5


def test_every_section_with_something_to_say_is_in_the_contents(browser: Any, path: Path) -> None:
    page = Watched(browser, path).page
    listed = [one.get_attribute("href") for one in page.locator("nav a").all()]
    assert listed == [f"#{key}" for key, _ in SECTIONS if page.locator(f"h2#{key}").count()]
    assert len(listed) >= len(SECTIONS) - 3, "webinar has no open cases, hand-offs to judge, or partner of its own"


# ----------------------------------------------------------------------------------------- charts
def test_every_chart_is_drawn_and_has_words_and_figures(browser: Any, path: Path) -> None:
    page = Watched(browser, path, **wide(1440)).page
    charts = page.locator(".chart")
    for chart in charts.all():
        svg = chart.locator("svg:visible")
        assert svg.count() == 1
        assert len(svg.get_attribute("aria-label")) > 40
        box = svg.bounding_box()
        assert box["width"] > 400
        drawn = "all => all.reduce((sum, one) => sum + one.getTotalLength(), 0)"
        assert chart.locator("svg:visible path").evaluate_all(drawn) > 200
        assert chart.locator("tbody tr").count() >= 2
        chart.locator("summary").click()
        assert chart.locator("table").is_visible()


def test_words_of_a_chart_do_not_lie_on_each_other(browser: Any, path: Path) -> None:
    for width in (360, 1440):
        page = Watched(browser, path, **wide(width)).page
        met = page.evaluate(
            """() => [...document.querySelectorAll('.plot')].filter(plot => plot.offsetParent).flatMap(plot => {
                const all = [...plot.querySelectorAll('text')]
                    .map(one => [one.textContent, one.getBoundingClientRect()]);
                return all.flatMap(([a, p], i) => all.slice(i + 1).filter(([b, q]) =>
                    Math.min(p.right, q.right) - Math.max(p.left, q.left) > 1 &&
                    Math.min(p.bottom, q.bottom) - Math.max(p.top, q.top) > 4).map(([b]) => `${a} / ${b}`));
            })"""
        )
        assert met == []


def test_single_values_are_read_by_keys(browser: Any, path: Path) -> None:
    page = Watched(browser, path, **wide(1440)).page
    chart = page.locator(".chart", has=page.locator("svg[aria-label^='Chart of registrations']"))
    reader = chart.locator("[role=slider]:visible")
    reader.focus()
    page.keyboard.press("Home")
    first = chart.locator("tbody tr").first.locator("th").text_content()
    assert chart.locator(".readout").text_content().startswith(first)
    page.keyboard.press("End")
    last = chart.locator("tbody tr").last
    told = chart.locator(".readout").text_content()
    assert told.startswith(last.locator("th").text_content())
    assert f"95% range {last.locator('td').last.text_content()}" in told
    page.keyboard.press("ArrowLeft")
    assert reader.get_attribute("aria-valuetext") != told
    assert reader.get_attribute("aria-valuenow") == str(chart.locator("tbody tr").count() - 1)


def test_single_values_are_read_by_mouse(browser: Any, path: Path) -> None:
    page = Watched(browser, path, **wide(1440)).page
    chart = page.locator("#metric-leads .chart")
    chart.scroll_into_view_if_needed()
    box = chart.locator("[role=slider]:visible").bounding_box()
    page.mouse.move(box["x"] + box["width"] - 1, box["y"] + box["height"] / 2)
    assert (
        chart.locator(".readout").text_content().startswith(chart.locator("tbody tr").last.locator("th").text_content())
    )
    page.mouse.move(5, 5)
    assert chart.locator(".readout").text_content() == ""


# ----------------------------------------------------------------------------------------- nobody is shut out
@pytest.fixture(scope="module")
def axe() -> str:
    script = Path(os.environ.get("MPMFLOW_AXE") or ".") / "node_modules" / "axe-core" / "axe.min.js"
    if not script.is_file():
        pytest.skip("optional: MPMFLOW_AXE names no folder into which `npm install axe-core` was run")
    return script.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("width", "scheme", "labels"),
    [
        (360, "light", "plain"), (360, "dark", "plain"), (1440, "light", "plain"), (1440, "dark", "plain"),
        (360, "light", "hostile"), (1440, "dark", "hostile"),
    ],
)  # fmt: skip
def test_nothing_shuts_readers_out(
    browser: Any, path: Path, hostile: Path, axe: str, width: int, scheme: str, labels: str
) -> None:
    opened = Watched(browser, hostile if labels == "hostile" else path, color_scheme=scheme, **wide(width))
    opened.page.evaluate("for (const one of [...document.querySelectorAll('details')].slice(0, 5)) one.open = true")
    opened.page.evaluate(axe)
    found = opened.page.evaluate("axe.run().then(found => found.violations)")
    assert [(one["id"], one["impact"], [node["target"] for node in one["nodes"]]) for one in found] == []


def test_the_keyboard_reaches_everything(browser: Any, path: Path) -> None:
    page = Watched(browser, path, **wide(1440)).page
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent") == "Skip to the report"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "report"
    met = set()
    for _ in range(400):
        page.keyboard.press("Tab")
        at = page.evaluate(
            "() => { const one = document.activeElement; if (one === document.body) return null;"
            " const all = [...document.querySelectorAll('main *')]; return all.indexOf(one); }"
        )
        if at is None or at in met:
            break
        met.add(at)
    wanted = page.evaluate(
        """() => { const all = [...document.querySelectorAll('main *')];
            return all.filter(one => one.checkVisibility({visibilityProperty: true}) &&
                one.matches('a[href], button, summary, [tabindex="0"]')).map(one => all.indexOf(one)); }"""
    )
    assert met == set(wanted)


def test_what_is_pressed_is_large_enough(browser: Any, path: Path) -> None:
    page = Watched(browser, path, **wide(360)).page
    small = page.evaluate(
        """() => [...document.querySelectorAll('button, summary, nav a, .card h3 a, [role=slider]')]
            .filter(one => one.checkVisibility()).map(one => [one.textContent, one.getBoundingClientRect()])
            .filter(([, box]) => box.width < 24 || box.height < 24).map(([text]) => text)"""
    )
    assert small == []


@pytest.mark.parametrize("width", SCREENS)
def test_the_page_fits_its_screen(browser: Any, path: Path, hostile: Path, width: int) -> None:
    for file in (path, hostile):
        page = Watched(browser, file, **wide(width)).page
        page.evaluate(OPEN_ALL)
        assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_page_is_light_or_dark_as_the_system_is_set_and_can_be_switched(browser: Any, path: Path) -> None:
    grounds = {"light": "rgb(255, 255, 255)", "dark": "rgb(15, 23, 42)"}
    ground = "getComputedStyle(document.body).backgroundColor"
    box = "getComputedStyle(document.querySelector('.picture polygon')).fill"
    for scheme, other in (("light", "dark"), ("dark", "light")):
        page = Watched(browser, path, color_scheme=scheme).page
        assert page.evaluate(ground) == page.evaluate(box) == grounds[scheme]
        page.click("#theme")
        assert page.evaluate(ground) == page.evaluate(box) == grounds[other]


# ----------------------------------------------------------------------------------------- labels, paper
def test_hostile_labels_stay_words(browser: Any, hostile: Path) -> None:
    watched = Watched(browser, hostile)
    watched.page.evaluate(OPEN_ALL)
    assert watched.page.locator("script").count() == 1
    assert watched.page.locator("img").count() == 0
    assert watched.page.locator("main", has_text="<img src=x onerror=alert(1)>").count() == 1
    assert watched.page.evaluate("document.body.innerText.includes('\\u202e')") is False
    assert watched.quiet(), (watched.said, watched.asked)


def test_the_page_prints(browser: Any, path: Path) -> None:
    page = Watched(browser, path, color_scheme="dark").page
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert page.locator("nav, .bar-top, button, .hint").evaluate_all("all => all.every(one => !one.checkVisibility())")
    assert page.locator(".chart svg:visible").count() == page.locator(".chart").count()
    printed = page.pdf(prefer_css_page_size=True)
    assert printed.startswith(b"%PDF")
    assert 4 <= printed.count(b"/Type /Page\n") + printed.count(b"/Type/Page\n") + printed.count(b"/Type /Page ") <= 16
