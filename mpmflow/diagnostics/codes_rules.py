"""Codes for rules of indicators, scenarios and tests."""

from __future__ import annotations

from mpmflow.diagnostics.wording import ERROR, WARNING, Code

__all__ = ["RULES"]

_WATCHED = """workflow w {{
  step brief takes 1d
  decision ready "Is it ready?" {{ yes 80%, no 20% -> brief rework }}
}}
metric speed operational = time(w) lower is better
indicator back "Sent back" = rate(ready.no) {{
{rules}
}}
"""

_SCENARIO = """workflow w {{
  step brief takes 1d
  decision ready "Is it ready?" {{ yes 75%, no 20% -> brief rework, lost 5% scrap }}
}}
metric speed operational = time(w) lower is better
scenario other {{ {line} }}
"""


def _watched(*rules: str) -> str:
    return _WATCHED.format(rules="\n".join(f"  {rule}" for rule in rules))


def _tested(*lines: str) -> str:
    body = "\n".join(f"  {line}" for line in lines)
    return _watched("warn above 25%") + f'test "t" {{\n{body}\n}}\n'


_GIVEN = "given ready.no = 20%, 40% every 1w from 2026-01-05"

RULES: tuple[Code, ...] = (
    Code(
        "bad-pattern",
        ERROR,
        "[`{text}` is no pattern of points on a control chart][`out of control by {chart}` takes no text]"
        "[`out of control by {unsaid}` needs a pattern of points behind it]",
        help='write `by rule "2 of 3 beyond 2 sigma"`, `"8 in a row on one side"`, `"6 in a row rising or falling"`, '
        '`"14 in a row up and down"`, `"15 in a row within 1 sigma"` or `"8 in a row beyond 1 sigma"`',
        means="Behind `out of control by rule` stands no pattern of points that mpmflow knows, or a text stands behind "
        "another chart.",
        why="A pattern that is not understood would never fire, and nobody would notice.",
        example=_watched('alert out of control by rule "2 of 3 above 2 sigma"'),
        instead=_watched('alert out of control by rule "2 of 3 beyond 2 sigma"'),
    ),
    Code(
        "dead-rule",
        WARNING,
        "this {level} of `{name}` can never fire[: {reason}]",
        help="change the level or the condition",
        means="No value that the indicator can have makes the rule fire.",
        why="Everybody believes that somebody is watching.",
        example=_watched("warn above 100%"),
        instead=_watched("warn above 30%"),
    ),
    Code(
        "rules-contradict",
        WARNING,
        "this warning of `{name}` is never seen: whenever it holds, the alert does too",
        help="let the warning come before the alert: at a lower level, or the alert only after some time (`for 2w`)",
        means="An alert covers a warning of the same indicator completely.",
        why="The state is the worst that fires, so the early warning never comes.",
        example=_watched("warn above 35%", "alert above 25%"),
        instead=_watched("warn above 25%", "alert above 35%"),
    ),
    Code(
        "clears-while-firing",
        WARNING,
        "this {level} of `{name}` clears at values at which it still fires",
        help="let it clear on the quiet side: `above 25%` clears below 25% or less",
        means="The level behind `clears` lies inside the range in which the rule fires.",
        why="The state would jump to and fro, or never clear.",
        example=_watched("warn above 25%, clears below 30%"),
        instead=_watched("warn above 25%, clears below 22%"),
    ),
    Code(
        "fires-as-expected",
        WARNING,
        "this {level} of `{name}` fires at {expected}, which is what is expected",
        help="move the level beyond what is expected, or correct `expect`",
        means="A rule fires while everything is as designed.",
        why="A warning that is always on is soon read by nobody.",
        example=_watched("expect 30%", "warn above 25%"),
        instead=_watched("expect 20%", "warn above 25%"),
    ),
    Code(
        "setting-shares",
        ERROR,
        "with the scenario `{scenario}` the outcomes of `{name}` would add up to {total}, not to 100%",
        help="set a smaller share, or set the others too, so that all together are 100%",
        means="A scenario sets shares of outcomes for which the other outcomes of the decision cannot make up.",
        why="A change is made up by the outcome that just goes on; it cannot go below nothing, and without one that is "
        "left the rest is missing.",
        example=_SCENARIO.format(line="ready.no = 70%, ready.lost = 40%"),
        instead=_SCENARIO.format(line="ready.no = 30%, ready.lost = 5%"),
    ),
    Code(
        "setting-shape",
        ERROR,
        "`{name}` cannot be set to this: it takes {wanted}",
        help="see the form of the clause that it replaces",
        means="A scenario sets something to a value of another kind: arrivals to a percentage, people to a duration.",
        why="The scenario would have no meaning.",
        example="team legal { people 1 }\nworkflow w {\n  step check by legal takes 4h\n}\n"
        "scenario more { legal.people = 1h to 2h }\n",
        instead="team legal { people 1 }\nworkflow w {\n  step check by legal takes 4h\n}\n"
        "scenario more { legal.people = 2 }\n",
    ),
    Code(
        "test-without-effect",
        WARNING,
        "nothing in the test `{name}` could fail: {why}",
        help="give values, and expect a state, a level or a change at a date at which they are known",
        means="A test has no expectation, or only such that hold whatever the rules say.",
        why="It is green for ever, and proves nothing.",
        example=_tested(_GIVEN, "expect no alert on back"),
        instead=_tested(_GIVEN, "expect back is warn at 2026-01-18"),
    ),
)
