"""Codes for texts that do not follow the grammar.

Codes whose message is `{sentence}` share their wording out to `grammars/wrong.toml`, which holds one sentence for each
way to get a form wrong; the code is its theme.
"""

from __future__ import annotations

from mpmflow.diagnostics.wording import ERROR, Code

__all__ = ["SYNTAX"]

_DECISION = """workflow w {{
  step brief takes 2h
  decision complete "Is it complete?" {{
{lines}
  }}
  done
}}
"""


def _decision(*lines: str) -> str:
    return _DECISION.format(lines="\n".join(f"    {line}" for line in lines))


def _taught(name: str, means: str, why: str, example: str, instead: str) -> Code:
    return Code(name, ERROR, "{sentence}", help="{cure}", means=means, why=why, example=example, instead=instead)


SYNTAX: tuple[Code, ...] = (
    Code(
        "unknown-statement",
        ERROR,
        "`{word}` does not begin anything that may stand {where}",
        help="[did you mean {nearest:or}? ][{where_known} may begin with {known:or}]",
        means="A line begins with a word that the language does not know at that place.",
        why="The line would be left out, and everything that it says with it.",
        example='workflow w {\n  step work takes 1d\n  decsion ready "Ready?" { yes 80%, no 20% -> work rework }\n}\n',
        instead='workflow w {\n  step work takes 1d\n  decision ready "Ready?" { yes 80%, no 20% -> work rework }\n}\n',
    ),
    Code(
        "unknown-clause",
        ERROR,
        "`{word}` is no word that goes on here",
        help="did you mean {nearest:or}?",
        means="A clause begins with a word that is almost, but not quite, a word of the language.",
        why="A misspelled clause would be lost. It is read as the word it resembles, so that the rest can be checked.",
        example="workflow w {\n  step work taks 1d\n}\n",
        instead="workflow w {\n  step work takes 1d\n}\n",
    ),
    Code(
        "misplaced-statement",
        ERROR,
        "`{word}` cannot stand {where}",
        help="it belongs {belongs}[; perhaps the `}}` in line {line} closes its block too early]",
        means="A statement stands in a place where it has no meaning, such as a step outside a workflow.",
        why="Without its surroundings the statement says nothing; a closing brace too early is the usual reason.",
        example="step work takes 1d\n",
        instead="workflow w {\n  step work takes 1d\n}\n",
    ),
    Code(
        "unclosed-block",
        ERROR,
        "the block that this `{{` opens is never closed",
        help="add a `}}`[ before `{word}` in line {line}]",
        means="An opening brace has no closing brace.",
        why="What follows would be taken for a part of the block.",
        example="workflow w {\n  step work takes 1d\n",
        instead="workflow w {\n  step work takes 1d\n}\n",
    ),
    Code(
        "surplus-brace",
        ERROR,
        "this `}}` closes nothing",
        help="remove it, or look for a block above that was closed too early",
        means="A closing brace has no opening brace.",
        why="Usually a block above was closed too early, and what follows stands outside of it.",
        example="team legal { people 1 }\n}\n",
        instead="team legal { people 1 }\n",
    ),
    Code(
        "unclosed-string",
        ERROR,
        "this text is not closed; a text ends on its line",
        help='add a `"` where the text ends (a quotation mark inside a text is written \\")',
        means="A quotation mark opens a text that no quotation mark closes on the same line.",
        why="The rest of the line would be read as text, and its clauses would be lost.",
        example='workflow w {\n  step brief "Write the brief\n}\n',
        instead='workflow w {\n  step brief "Write the brief"\n}\n',
    ),
    Code(
        "curly-quotes",
        ERROR,
        "a text stands between straight quotation marks, not curly ones",
        help='write "{words}"',
        means="A text stands between typographic quotation marks, as word processors set them.",
        why="Only straight quotation marks are sure to survive mail, chat and editors.",
        example="workflow w {\n  step brief “Write the brief”\n}\n",
        instead='workflow w {\n  step brief "Write the brief"\n}\n',
    ),
    Code(
        "wrong-arrow",
        ERROR,
        "an arrow is written `->`, not `{found}`",
        help="write `->`",
        means="An arrow is written with other characters.",
        why="One way to write it keeps files comparable.",
        example="workflow w {\n  step brief => done\n}\n",
        instead="workflow w {\n  step brief -> done\n}\n",
    ),
    Code(
        "wrong-date",
        ERROR,
        "`{found}` is no date that everybody reads alike",
        help="write the year, the month and the day, as in `{example}`",
        means="A date is written in another form than year-month-day.",
        why="05/01/2026 is May in one country and January in another.",
        example='metric leads output { target at least 900 by 30.6.2026, owner "VP" }\n',
        instead='metric leads output { target at least 900 by 2026-06-30, owner "VP" }\n',
    ),
    Code(
        "time-of-day",
        ERROR,
        "`{found}`: dates have no time of day",
        help="write `{example}`; `by` and `at` a date mean its end, `from` its beginning, in UTC",
        means="A time of day stands behind a date.",
        why="Indicators and metrics are watched by periods of days and weeks; an hour would only seem to be exact.",
        example='metric leads output { target at least 900 by 2026-06-30T17:00, owner "VP" }\n',
        instead='metric leads output { target at least 900 by 2026-06-30, owner "VP" }\n',
    ),
    Code(
        "stray-character",
        ERROR,
        "the character “{found}” has no meaning here",
        help="[{cure}]",
        means="A character stands in the text that the language does not use at that place.",
        why="What it was meant to say would be lost.",
        example="team legal { people 1; cost 110 eur/h }\n",
        instead="team legal { people 1, cost 110 eur/h }\n",
    ),
    Code(
        "duplicate-clause",
        ERROR,
        "`{clause}` is said twice for the same thing",
        help="keep one of the two; only the first counts",
        means="A clause that may stand once stands twice in one statement.",
        why="Nobody could tell which of the two is meant.",
        example="workflow w {\n  step work takes 1d takes 2d\n}\n",
        instead="workflow w {\n  step work takes 1d\n}\n",
    ),
    Code(
        "two-units",
        ERROR,
        "`{words}` has two units, `{one}` and `{two}`",
        help="a figure has one unit, such as `2h`, `3 leads` or `60 eur/h`",
        means="Two words that could be units stand after one number.",
        why="Only one of them can be meant, and nobody could tell which.",
        example="workflow w {\n  step brief takes 2h work\n}\n",
        instead="workflow w {\n  step brief takes 2h\n}\n",
    ),
    Code(
        "reserved-outcome",
        ERROR,
        "an outcome cannot be called `{word}`",
        help="choose another name; `by takes waits costs owner rounds wait` have a meaning of their own in a decision",
        means="An outcome has the name of a clause, or of an indicator that every decision has.",
        why="`decision.rounds` and `decision.wait` are figures of the decision itself; the outcome would have no name.",
        example=_decision("yes 80%", "wait 20% -> brief rework"),
        instead=_decision("yes 80%", "later 20% -> brief rework"),
    ),
    Code(
        "too-deep",
        ERROR,
        "this is nested more than {limit} deep",
        help="give parts of it a name: a metric for a part of a formula, a workflow for a part of a process",
        means="Brackets or blocks stand inside one another more often than any reader could follow.",
        why="The limit keeps a broken or hostile file from bringing the program down.",
        example="metric m output = " + "(" * 201 + "1" + ")" * 201 + "\n",
        instead="metric m output = ((1))\n",
    ),
    Code(
        "too-long",
        ERROR,
        "the text has more than {limit} words, numbers and signs; the rest is not read",
        help="put parts of it into files of their own and `import` them; observations belong into `data`",
        means="A file is longer than anybody could review.",
        why="The limit keeps a broken or hostile file from filling the memory.",
        apart="A file of some 20,000 full lines.",
    ),
    Code(
        "too-many-errors",
        ERROR,
        "there are more than {limit} errors; the rest is not shown",
        help="mend the first ones and check again",
        means="The file has so many errors that more of them would help nobody.",
        why="Often it is a file of another kind.",
        example="nonsense\n" * 210,
        instead='team legal { people 1, owner "GC" }\n',
    ),
    _taught(
        "unexpected",
        "The text does not go on as the language can.",
        "The statement is left out, since it could not be read to its end.",
        'workflow w {\n  step work "Work" 5\n}\n',
        'workflow w {\n  step work "Work" takes 5h\n}\n',
    ),
    _taught(
        "missing-name",
        "Something that must have a name has none.",
        "Arrows, indicators, scenarios and tests speak of things by their names.",
        'workflow w {\n  step "Write the brief" takes 2h\n}\n',
        'workflow w {\n  step brief "Write the brief" takes 2h\n}\n',
    ),
    _taught(
        "missing-quotes",
        "A label, a person or a file stands without quotation marks.",
        "Without them each word would be taken for a clause.",
        "metric leads output { owner VP Marketing }\n",
        'metric leads output { owner "VP Marketing" }\n',
    ),
    _taught(
        "missing-block",
        "A statement that needs a block in braces has none.",
        "A decision without outcomes, or a workflow without steps, says nothing.",
        'workflow w {\n  step work takes 1d\n  decision ready "Is it ready?"\n}\n',
        'workflow w {\n  step work takes 1d\n  decision ready "Is it ready?" { yes 80%, no 20% -> work rework }\n}\n',
    ),
    _taught(
        "bad-outcome",
        "A line of a decision does not have the form `name PERCENT -> target effect`.",
        "The outcomes of a decision are what its leading indicators come from.",
        _decision("yes 80", "no 20% -> brief rework"),
        _decision("yes 80%", "no 20% -> brief rework"),
    ),
    _taught(
        "bad-duration",
        "A duration is missing, or has another form than `2h`, `1d to 3d` or `lognormal(mean 3d, sd 2d)`.",
        "Times are what delays and due dates are reckoned from.",
        "workflow w {\n  step brief takes\n}\n",
        "workflow w {\n  step brief takes 2h\n}\n",
    ),
    _taught(
        "bad-number",
        "A number is missing or written in a way that can be misread.",
        "1,000 is one thousand in one country and one in another.",
        "workflow w {\n  step brief costs 1,000 eur\n}\n",
        "workflow w {\n  step brief costs 1000 eur\n}\n",
    ),
    _taught(
        "bad-date",
        "A date is missing or not written as year-month-day.",
        "A promise without a date cannot be missed, nor kept.",
        "metric leads output { target at least 900 by June }\n",
        "metric leads output { target at least 900 by 2026-06-30 }\n",
    ),
    _taught(
        "bad-target",
        "A target does not have the form `at least VALUE by DATE` or `at most VALUE by DATE`.",
        "A target must say on which side of it one has to be.",
        "metric leads output { target 900 by 2026-06-30 }\n",
        "metric leads output { target at least 900 by 2026-06-30 }\n",
    ),
    _taught(
        "bad-rule",
        "A rule of an indicator does not have a form such as `above 25%` or `rises 20% in 4w`.",
        "A rule that cannot be read would never warn anybody.",
        "indicator x = cost {\n  warn > 25%\n}\n",
        "indicator x = cost {\n  warn above 25%\n}\n",
    ),
    _taught(
        "bad-expression",
        "A formula is not complete, or has a sign that the language does not know.",
        "A metric is what its formula says.",
        "metric cost_per_lead operational = spend /\n",
        "metric cost_per_lead operational = spend / leads\n",
    ),
    _taught(
        "bad-clause",
        "A clause does not have the form that it must have.",
        "The statement is left out, since what it says is not clear.",
        "cause a -> b { each +1 gives 40 }\n",
        "cause a -> b { each +1 adds 40 }\n",
    ),
    _taught(
        "bad-list",
        "A comma is missing between two things, or one too many stands there.",
        "Where one thing ends and the next begins would be a guess.",
        "team legal { people 1 cost 110 eur/h }\n",
        "team legal { people 1, cost 110 eur/h }\n",
    ),
    _taught(
        "bad-test",
        "A line of a test does not have one of the forms of `given`, `expect` or `examples`.",
        "A test that cannot be read tests nothing.",
        'test "t" {\n  given leads = 10, 20 every 1w\n  expect leads above 5 at 2026-01-05\n}\n',
        'test "t" {\n  given leads = 10, 20 every 1w from 2026-01-05\n  expect leads above 5 at 2026-01-05\n}\n',
    ),
)
