"""The page as one HTML text: its head, which forbids every request, the way through it, its sections, style and script.

The script only adds to what is there: the theme's button, and reading single values off a chart. Without it the page
says the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from mpmflow.analysis.reporting.report import Report
from mpmflow.render import palette
from mpmflow.render.picture import Diagram
from mpmflow.render.policy import policy
from mpmflow.render.report.markup import Html, el, joined, name, short
from mpmflow.render.report.sections.actions import actions, cases
from mpmflow.render.report.sections.basis import basis, how_to_read
from mpmflow.render.report.sections.handoffs import handoffs, own
from mpmflow.render.report.sections.indicators import indicators
from mpmflow.render.report.sections.levels import levels
from mpmflow.render.report.sections.metrics import metrics, ways
from mpmflow.render.report.sections.promises import commitments, past
from mpmflow.render.report.sections.spread import spread
from mpmflow.render.report.sections.top import danger, top
from mpmflow.render.report.words import SECTIONS
from mpmflow.render.risk_words import day


def document(report: Report, pictures: Mapping[str, Diagram]) -> str:
    """The page of a report."""
    found = {key: section for key, section in _sections(report, pictures).items() if section}
    titles = [(key, title) for key, title in SECTIONS if key in found]
    body = joined(
        el("section", el("h2", title, id=key), found[key], aria_labelledby=key, class_="part") for key, title in titles
    )
    contents = el("ul", *(el("li", el("a", title, href=f"#{key}")) for key, title in titles))
    whole = [
        el("a", "Skip to the report", href="#report", class_="skip"),
        el(
            "header",
            el("span", name(report.title or "Report"), f", {day(report.as_of)}", class_="what"),
            el("button", "Dark", type="button", id="theme", hidden=""),
            class_="bar-top",
        ),
        el("nav", el("p", "Contents", id="contents"), contents, aria_labelledby="contents"),
        el("main", top(report), body, id="report", tabindex="-1"),
    ]
    here = files(__package__)
    style = here.joinpath("page.css").read_text(encoding="utf-8")
    script = "\n" + here.joinpath("page.js").read_text(encoding="utf-8")
    title = short(f"{report.title or 'Report'} on {day(report.as_of)}")
    head = [
        el("meta", charset="utf-8"),
        Html(f'<meta http-equiv="Content-Security-Policy" content="{policy(script)}">'),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("meta", name="color-scheme", content="light dark"),
        el("meta", name="referrer", content="no-referrer"),
        el("link", rel="icon", href="data:,"),
        el("title", title),
        Html(f"<style>\n{colours()}{style}</style>"),
    ]
    lines = [*head, Html("</head>\n<body>"), *whole, Html(f"<script>{script}</script>"), Html("</body>\n</html>\n")]
    return '<!DOCTYPE html>\n<html lang="en">\n<head>\n' + "\n".join(lines)


def _sections(report: Report, pictures: Mapping[str, Diagram]) -> dict[str, Html]:
    return {
        "danger": danger(report),
        "own": own(report),
        "indicators": indicators(report),
        "ways": ways(report, pictures),
        "metrics": metrics(report),
        "spread": spread(report, pictures),
        "actions": actions(report),
        "cases": cases(report),
        "commitments": commitments(report),
        "past": past(report),
        "levels": levels(report),
        "handoffs": handoffs(report),
        "reading": how_to_read(report),
        "basis": basis(report),
    }


def colours() -> str:
    """The palette as variables, light and dark in one, and the same for what drawings are painted with.

    A browser that does not know `light-dark()` shows the page in the light colours.
    """
    names = ("ground", "ink", "quiet", "line", "hair", "accent", "rework", "delay", "lost", "good", "block_fill")
    light = [f"--{one.replace('_', '-')}: {getattr(palette, one.upper())};" for one in names]
    both = [f"--{one.replace('_', '-')}: {_both(getattr(palette, one.upper()))};" for one in names]
    drawn = [
        f'svg [{what}="{colour}"] {{ {what}: {_both(colour)} }}'
        for colour in palette.DARK
        for what in ("fill", "stroke")
    ]
    return "\n".join([
        f":root {{ {' '.join(light)} }}",
        "@supports (color: light-dark(#000, #fff)) {",
        f":root {{ {' '.join(both)} }}",
        *drawn,
        "}",
        "",
    ])  # fmt: skip


def _both(light: str) -> str:
    return f"light-dark({light}, {palette.DARK.get(light, light)})"
