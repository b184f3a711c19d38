"""Writes the pages of the reference that are made from tables of the program, so that they cannot drift from it.

    python docs/generate.py

writes `docs/reference/checks/` from `mpmflow/diagnostics/codes_*.py` and `docs/reference/functions.md` from
`mpmflow/compiler/functions.py`. `tests/docs/test_generated.py` fails while a page on disk is another than this.
"""

from __future__ import annotations

import re
import sys
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
if str(HERE.parent) not in sys.path:
    sys.path.insert(0, str(HERE.parent))

from mpmflow.compiler.functions import FUNCTIONS, ExpressionFunction  # noqa: E402
from mpmflow.compiler.pipeline import compile_source  # noqa: E402
from mpmflow.diagnostics.codes_answers import ANSWERS  # noqa: E402
from mpmflow.diagnostics.codes_flow import FLOW  # noqa: E402
from mpmflow.diagnostics.codes_goals import GOALS  # noqa: E402
from mpmflow.diagnostics.codes_names import NAMES  # noqa: E402
from mpmflow.diagnostics.codes_reading import READING  # noqa: E402
from mpmflow.diagnostics.codes_rules import RULES  # noqa: E402
from mpmflow.diagnostics.codes_syntax import SYNTAX  # noqa: E402
from mpmflow.diagnostics.codes_values import VALUES  # noqa: E402
from mpmflow.diagnostics.source import Source  # noqa: E402
from mpmflow.diagnostics.text import render_text  # noqa: E402
from mpmflow.diagnostics.wording import Code  # noqa: E402


@dataclass(frozen=True, slots=True)
class Theme:
    """One page of checks."""

    file: str
    title: str
    about: str
    codes: tuple[Code, ...]


THEMES: tuple[Theme, ...] = (
    Theme("reading", "Files that cannot be read", "Nothing in the file has been looked at yet.", READING),
    Theme("syntax", "Writing", "The text does not follow the forms of the language.", SYNTAX),
    Theme(
        "values", "Figures, dates and clauses", "The text reads well, but a figure or a clause has no meaning.", VALUES
    ),
    Theme("names", "Names, imports and units", "What is named is not there, or is measured in another unit.", NAMES),
    Theme("flow", "Flow and teams", "How cases go through a workflow, and who does the work.", FLOW),
    Theme("goals", "Metrics, causes and goals", "Who sees what coming, and who answers for what.", GOALS),
    Theme("rules", "Rules, scenarios and tests", "Rules that watch nothing, and tests that prove nothing.", RULES),
    Theme(
        "answers", "Questions without an answer", "The text has a meaning; a question about it has no answer.", ANSWERS
    ),
)


def pages() -> dict[str, str]:
    """Every generated page: its path below `docs/` -> its text."""
    made = {f"reference/checks/{theme.file}.md": _checks(theme) for theme in THEMES}
    return {"reference/checks/README.md": _index(), **made, "reference/functions.md": _functions()}


def _paragraph(text: str) -> str:
    """Sentences, broken into lines as the other pages are."""
    return textwrap.fill(text, 128, break_long_words=False, break_on_hyphens=False) + "\n"


# ------------------------------------------------------------------------------------------ checks

_MADE = "<!-- Made by docs/generate.py from {source}; change it there. -->\n"


def _index() -> str:
    count = sum(len(theme.codes) for theme in THEMES)
    parts = [
        _MADE.format(source="mpmflow/diagnostics/codes_*.py"),
        "# Every finding\n",
        _paragraph(
            f"`mpmflow check` has {count} things to say. Each has a code, which stands in brackets behind its "
            "severity; the code leads to an entry here that says what the finding means, why it matters, what earns it "
            "and how to write it instead."
        ),
        "* An **error** has no meaning or no answer: nothing can be asked of the file until it is mended.\n"
        "* A **warning** will hardly do what it seems to do; the questions are answered all the same.\n"
        "* An **info** only says what was not looked at.\n",
        _paragraph(
            "A warning that you have thought about is silenced where it stands, with a reason: "
            '`allow unused-team "starts in May"` ([how](../lexical.md#allow)). Errors cannot be silenced.'
        ),
    ]
    for theme in THEMES:
        parts.append(f"## [{theme.title}]({theme.file}.md)\n\n{theme.about}\n")
        rows = [
            f"| [{code.name}]({theme.file}.md#{code.name}) | {code.severity} | {code.means} |" for code in theme.codes
        ]
        parts.append("\n".join(["| code | severity | meaning |", "| --- | --- | --- |", *rows]) + "\n")
    return "\n".join(parts)


def _checks(theme: Theme) -> str:
    head = [
        _MADE.format(source="mpmflow/diagnostics/codes_*.py"),
        f"# {theme.title}\n\n{theme.about} [All findings](README.md)\n",
    ]
    return "\n".join([*head, *(_entry(code) for code in theme.codes)])


def _entry(code: Code) -> str:
    parts = [
        f"## {code.name}\n",
        f"**{code.severity.capitalize()}.** {code.means}\n",
        f"*Why it matters.* {code.why}\n",
    ]
    if not code.example:
        parts.append(f"*What earns it.* {code.apart}\n")
        parts.append(f"*What it says.* {_template(code.message)}\n")
        if re.sub(r"\{\w+\}", "", code.help):
            parts.append(f"*How to mend it.* {_template(code.help)}\n")
        return "\n".join(parts)
    parts.append(f"This earns it:\n\n```mpm example\n{code.example.strip(chr(10))}\n```\n")
    parts.append(f"```text\n{_said(code)}```\n")
    parts.append(f"Write instead:\n\n```mpm instead\n{code.instead.strip(chr(10))}\n```\n")
    return "\n".join(parts)


def _said(code: Code) -> str:
    """What `check` prints of the example, as far as it is this code's."""
    found = [one for one in compile_source(Source("example.mpm", code.example)).diagnostics if one.code == code.name]
    return render_text(found)


def _template(template: str) -> str:
    """A sentence with places for facts, as prose: optional parts without brackets, facts in italics."""
    opened = template.replace("[[", "\0").replace("]]", "\1").replace("[", "").replace("]", "")
    sentence = opened.replace("\0", "[").replace("\1", "]").replace("{{", "{").replace("}}", "}")
    bare = re.sub(r"`?\{(\w+)(?::\w+)?\}`?", lambda match: f"*{match[1].replace('_', ' ')}*", sentence).strip()
    begun = re.sub(r"(^|\? )(\w)", lambda match: match[1] + match[2].upper(), bare)
    return begun + ("" if bare.endswith(("?", ".", "…")) else ".")


# ------------------------------------------------------------------------------------------ functions

_FAMILIES: dict[str, tuple[str, str, str]] = {
    "workflow": (
        "Figures of a workflow",
        "Each takes the name of a workflow. What is observed, planned or forecast is the same figure, over the cases "
        "that ended in a period. [figures.md](figures.md) says how each is worked out.",
        """workflow w {
  arrivals 3 per week
  deadline 5d
  team editors { people 2, cost 60 eur/h }
  step brief by editors takes 4h to 2d
  decision ready { yes, no 20% -> brief rework, never 1% scrap }
}
metric cycle   operational = time(w)
metric price   operational = cost(w)
metric done_   output      = throughput(w)
metric good    operational = yield(w)
metric clean   operational = first_pass(w)
metric redone  operational = rework(w)
metric lost    operational = scrap(w)
metric overdue operational = late(w)
metric running operational = wip(w)
""",
    ),
    "statistic": (
        "Statistics",
        "Of three kinds of things: of the cases of a workflow (`p90(time(w))`), of a named column of the log "
        "(`mean(amount)`), or of one value over a span of the past (`mean(leads, 8w)`). `mean median min max sum` also "
        "take several values of one unit. A statistic over a span uses the periods that were observed if they are at "
        "least half of it; a sum needs them all.",
        """workflow w { step order takes 1d to 5d }
data { log "orders.csv" { case, activity, time, amount number } }
metric leads   output      unit leads
metric calls   activity    unit leads
metric slow    operational = p90(time(w))
metric uneven  operational = sd(time(w))
metric basket  outcome     = mean(amount)
metric turnover outcome    = sum(amount) / throughput(w)
metric typical output      = median(leads, 8w)
metric quarter output      = sum(leads, 13w)
metric weakest output      = min(leads, calls)
metric best    output      = max(leads, 8w)
""",
    ),
    "series": (
        "The past of a value",
        "The span is written out (`4w`) and rounded to whole periods.",
        """metric leads  output unit leads
metric before output = lag(leads, 52w)
metric gained output = change(leads, 4w)
metric slope  output = trend(leads, 13w)
""",
    ),
    "choice": (
        "Choice",
        "The condition is a comparison, or several joined by `and`, `or`, `not`.",
        """metric spend activity unit eur
metric leads output unit leads
metric cost_per_lead operational = if(leads > 0, spend / leads, 0)
""",
    ),
    "indicator": (
        "Shares of outcomes",
        "For indicators: how a decision went. Over a span, the counts of the span are put together before they are "
        "divided.",
        """workflow w {
  step brief takes 1d
  decision ready { yes 80%, no 20% -> brief rework }
}
metric cycle operational = time(w)
indicator back = rate(ready.no)
indicator back_smoothed = rate(ready.no, 4w)
""",
    ),
    "kpi": (
        "Ready-made figures of marketing",
        "They are written out before anything is computed, so their definition is all that they do, and whatever "
        "moves an argument moves them by the derivatives of it. [A guide](../guides/kpis.md) works through each with "
        "numbers.",
        """metric gain      outcome  unit eur
metric sales     outcome  unit eur
metric costs     activity unit eur
metric spend     activity unit eur
metric leads     output   unit leads
metric visits    output   unit visits
metric won       outcome  unit deals
metric lost      outcome  unit deals
metric open_deals output  unit deals
metric deal_size outcome  unit eur/deals
metric pipeline  output   unit eur
metric sourced   output   unit eur
metric quota     outcome  unit eur
metric new       outcome  unit customers
metric gone      outcome  unit customers
metric all       outcome  unit customers
metric revenue_per_customer outcome unit eur/customers
metric left      outcome  unit eur
metric shrunk    outcome  unit eur
metric grown     outcome  unit eur
metric recurring outcome  unit eur
metric fans      output   unit people
metric critics   output   unit people
metric answers   output   unit people
metric return_      outcome     = roi(gain, spend)
metric marketing_return outcome = romi(sales, 40%, spend)
metric ad_return    outcome     = roas(sales, spend)
metric margin_rate  outcome     = margin(sales, costs)
metric must_sell    outcome     = break_even(50k eur, 120 eur/customers, 45 eur/customers)
metric lead_price   operational = cost_per(spend, leads)
metric acquiring    operational = cac(spend, new)
metric recovered    operational = payback(acquiring, revenue_per_customer * 60%)
metric converted    operational = conversion(leads, visits)
metric winning      outcome     = win_rate(won, lost)
metric ours         outcome     = pipeline_contribution(sourced, pipeline)
metric covered      outcome     = pipeline_coverage(pipeline, quota, sales)
metric velocity     outcome     = pipeline_velocity(open_deals, deal_size, winning, 60d)
metric market_share outcome     = share_of(sales, 9M eur)
metric relative     outcome     = relative_share(sales, 2M eur)
metric value        outcome     = clv(revenue_per_customer, 60%, 3%, 1%)
metric still_worth  outcome     = residual_clv(revenue_per_customer, 60%, 3%, 1%)
metric first_year   outcome     = clv_within(revenue_per_customer, 60%, 3%, 1%, 12)
metric leaving      outcome     = churn(gone, all)
metric staying      outcome     = retention(gone, all)
metric leaking      outcome     = gross_churn(left, shrunk, recurring)
metric leaking_net  outcome     = net_churn(left, shrunk, grown, recurring)
metric kept_revenue outcome     = net_retention(left, shrunk, grown, recurring)
metric promoter_score outcome   = nps(fans, critics, answers)
metric yearly       outcome     = growth(sales, 52w)
""",
    ),
}

_UNITS: dict[str, str] = {
    "time": "a time",
    "money": "the currency of the workflow",
    "cases": "cases, or any count that stands for them",
    "share": "a share",
    "count": "a plain number",
    "same": "that of its arguments, which must agree",
    "first per time": "that of the first argument times the second, per time",
    "rate of change": "that of the value, per time",
    "quotient": "that of the first argument per that of the second",
    "first": "that of the first argument",
    "branches": "that of both values, which must agree",
}


def _functions() -> str:
    parts = [
        _MADE.format(source="mpmflow/compiler/functions.py"),
        "# Functions of expressions\n",
        _paragraph(
            "An expression stands behind `=` in a metric or an indicator. These are all the functions that it may "
            "call; [units-and-expressions.md](units-and-expressions.md) has the operators. Whatever rests on a missing "
            "value is missing, and so is the result of a division by zero."
        ),
        _paragraph(
            "A figure is a *flow* if it is counted per period (leads, spend, throughput); a target on one says over "
            "which span it counts ([goals.md](goals.md#targets))."
        ),
    ]
    for family, (title, about, example) in _FAMILIES.items():
        parts.append(f"## {title}\n\n{_paragraph(about)}")
        entries = [entry for entry in FUNCTIONS.values() if entry.family == family]
        if family == "kpi":
            parts += [*map(_kpi, entries), f"```mpm\n{example}```\n"]
            continue
        rows = [_function(entry) for entry in entries]
        parts.append("\n".join(["| call | meaning | definition | unit |", "| --- | --- | --- | --- |", *rows]) + "\n")
        parts.append(f"```mpm\n{example}```\n")
    return "\n".join(parts)


def _function(entry: ExpressionFunction) -> str:
    calls = "<br>".join(f"`{_call(entry, signature)}`" for signature in entry.signatures)
    flow = {"never": "", "always": "; a flow", "as argument": "; a flow if its argument is one"}[entry.flow]
    return f"| {calls} | {entry.meaning} | {entry.formula} | {_UNITS[entry.unit]}{flow} |"


def _kpi(entry: ExpressionFunction) -> str:
    calls = " or ".join(f"`{_call(entry, signature)}`" for signature in entry.signatures)
    return "\n".join(
        [
            f"### {entry.name}\n",
            _paragraph(f"{calls}. {entry.meaning}"),
            f"* definition: {entry.formula}",
            f"* unit: {_UNITS[entry.unit]}",
            f"* holds: {entry.valid}",
            f"* source: {entry.source}\n",
        ]
    )


_SHOWN = {"workflow": "W", "spread": "time(W)", "span": "SPAN", "truth": "CONDITION", "column": "COLUMN",
          "outcome": "D.OUTCOME", "...": "…"}  # fmt: skip


def _call(entry: ExpressionFunction, signature: tuple[str, ...]) -> str:
    letters = iter(entry.arguments or "xyzu")
    return f"{entry.name}({', '.join(_shown(part, letters) for part in signature)})"


def _shown(part: str, letters: Iterator[str]) -> str:
    named = next(letters) if part in ("value", "share", "number", "time") else part
    return _SHOWN.get(part, named)


def main() -> None:
    """Write every page that is not up to date."""
    for path, text in pages().items():
        page = HERE / path
        if not page.exists() or page.read_text(encoding="utf-8") != text:
            page.parent.mkdir(parents=True, exist_ok=True)
            page.write_text(text, encoding="utf-8")
            print(page.relative_to(HERE.parent))


if __name__ == "__main__":
    main()
