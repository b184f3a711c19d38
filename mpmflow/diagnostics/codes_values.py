"""Codes for figures, dates and clauses that read well but have no meaning."""

from __future__ import annotations

from mpmflow.diagnostics.wording import ERROR, Code

__all__ = ["VALUES"]

_STEP = "team editors {{ people 1, cost 50 eur/h }}\nworkflow w {{\n  step work by editors {clause}\n}}\n"
_ANSWERS = """workflow w {{
  step work takes 1d
  decision ready {{
    yes 80%
    no {line}
  }}
}}
metric speed operational = time(w) lower is better
"""


def _step(clause: str) -> str:
    return _STEP.format(clause=clause)


def _answer(line: str) -> str:
    return _ANSWERS.format(line=line)


VALUES: tuple[Code, ...] = (
    Code(
        "not-a-number",
        ERROR,
        "`{text}` is not a plain number",
        help="write digits with a point for decimals, and no unit, as in `0.7`",
        means="A plain number is expected, and something with another unit stands there.",
        why="An elasticity, for example, is per cent per cent and has no unit; with one, nobody knows what is meant.",
        example="metric leads output unit leads\nmetric revenue outcome unit eur\n"
        "cause leads -> revenue { lag 13w, elasticity 0.7d }\n",
        instead="metric leads output unit leads\nmetric revenue outcome unit eur\n"
        "cause leads -> revenue { lag 13w, elasticity 0.7 }\n",
    ),
    Code(
        "number-too-long",
        ERROR,
        "this number has more than {limit} digits",
        help="no measurement is that exact; round it",
        means="A number has more digits, or a larger exponent, than anything that is measured.",
        why="Numbers are kept exactly, so a hostile one could fill the memory.",
        example=_step("takes " + "1" * 60 + "h"),
        instead=_step("takes 11h"),
    ),
    Code(
        "not-a-span",
        ERROR,
        "`{text}` is not a length of time",
        help="give it a unit of time: s, min, h, d, w, mo or y, as in `2h`",
        means="A length of time is expected, and the unit is missing or another one.",
        why="`takes 5` could be five minutes or five weeks.",
        example=_step("takes 5"),
        instead=_step("takes 5h"),
    ),
    Code(
        "negative-value",
        ERROR,
        "`{text}` is negative, and {what} cannot be",
        help="remove the minus sign",
        means="A time or a cost is below zero.",
        why="Work that takes less than no time would make every later figure wrong.",
        example=_step("takes -2h"),
        instead=_step("takes 2h"),
    ),
    Code(
        "not-a-share",
        ERROR,
        "`{text}` is not a share",
        help="write a percentage, as in `20%`",
        means="A share is expected, and something with another unit stands there.",
        why="How often something happens has no unit but per cent.",
        example="metric leads output unit leads\nmetric revenue outcome unit eur\n"
        "cause leads -> revenue { lag 13w, elasticity 0.7, confidence 3h }\n",
        instead="metric leads output unit leads\nmetric revenue outcome unit eur\n"
        "cause leads -> revenue { lag 13w, elasticity 0.7, confidence 70% }\n",
    ),
    Code(
        "share-out-of-range",
        ERROR,
        "`{text}` is not between 0% and 100%",
        help="a share is a part of all cases; check the figure",
        means="A percentage is below 0 or above 100, or more cases were counted than there were.",
        why="A decision cannot take an outcome more often than it is asked.",
        example=_answer("120% -> work rework"),
        instead=_answer("20% -> work rework"),
    ),
    Code(
        "not-a-change",
        ERROR,
        "`{text}` is no change to watch for",
        help="write a percentage above zero; the direction is in the word, as in `falls 20% in 4w`",
        means="A rule waits for a rise or a fall by nothing, or by less than nothing.",
        why="Every value rises by at least nothing, so the rule would always hold.",
        example="workflow w {\n  decision ready { yes 80%, no 20% scrap }\n}\n"
        "indicator bad = rate(ready.no) { warn rises 0% in 4w }\n",
        instead="workflow w {\n  decision ready { yes 80%, no 20% scrap }\n}\n"
        "indicator bad = rate(ready.no) { warn rises 20% in 4w }\n",
    ),
    Code(
        "not-a-count",
        ERROR,
        "`{text}` is not a number of {what}",
        help="write a whole number of at least {least}, without a unit",
        means="A number of people, cases or times is expected: a whole number.",
        why="A team of 1.5 people cannot work on two cases at once; say `people 2` and shorter hours instead.",
        example='team editors { people 1.5, owner "Chief" }\nworkflow w {\n  step work by editors takes 1h\n}\n',
        instead='team editors { people 2, owner "Chief" }\nworkflow w {\n  step work by editors takes 1h\n}\n',
    ),
    Code(
        "not-money",
        ERROR,
        "`{text}` is not {expected}",
        help="[{hint}][write it as in `{form}`; currencies are in small letters: eur, usd, gbp, chf, …]",
        means="An amount of money is expected, and the currency is missing or the unit is another one.",
        why="Costs are added up; a number without a currency cannot be.",
        example=_step("takes 1h costs 400"),
        instead=_step("takes 1h costs 400 eur"),
    ),
    Code(
        "no-such-date",
        ERROR,
        "there is no day `{text}` in the calendar",
        help="check the month and the day; the form is year-month-day",
        means="The date has the right form, but the calendar has no such day.",
        why="A target on a day that never comes can never be met or missed.",
        example='metric leads output unit leads target at least 900 per 13w by 2026-02-30 owner "VP"\n',
        instead='metric leads output unit leads target at least 900 per 13w by 2026-02-28 owner "VP"\n',
    ),
    Code(
        "distribution-arguments",
        ERROR,
        "`{name}` is not given what it needs[: {reason}]",
        help="write it as in `{usage}`",
        means="A distribution has too few arguments, too many, or others than it needs.",
        why="The law of a random time is only known with all of its parameters.",
        example=_step("takes triangular(2h, 4h)"),
        instead=_step("takes triangular(2h, 4h, 2d)"),
    ),
    Code(
        "bounds-out-of-order",
        ERROR,
        "these bounds are not in order: {bounds}",
        help="write the smallest first",
        means="A range, or the three times of a triangular law, does not go from small to large.",
        why="There is nothing between 3 d and 1 d.",
        example=_step("takes 3d to 1d"),
        instead=_step("takes 1d to 3d"),
    ),
    Code(
        "working-hours",
        ERROR,
        "`{text}` are no working hours of a day",
        help="write two times of one day, the earlier first, as in `09:00-17:00`; work over midnight is two stretches",
        means="Working hours end before they start, or name a time that no clock shows.",
        why="A team's hours say how long a day of work lasts.",
        example="team editors { people 1, works mon-fri 17:00-09:00 }\nworkflow w {\n"
        "  step work by editors takes 1h\n}\n",
        instead="team editors { people 1, works mon-fri 09:00-17:00 }\nworkflow w {\n"
        "  step work by editors takes 1h\n}\n",
    ),
    Code(
        "missing-part",
        ERROR,
        "the {kind} `{name}` has no {what}",
        help="{cure}",
        means="A statement leaves out something without which it has no meaning.",
        why="What is not said cannot be guessed: an activity and an outcome, for example, are judged differently.",
        example="metric leads unit leads\n",
        instead="metric leads output unit leads\n",
    ),
    Code(
        "scrap-with-target",
        ERROR,
        "the outcome `{outcome}` scraps the case, so it cannot lead to `{target}`",
        help="remove `scrap` if the case goes on, or remove the arrow if it is lost",
        means="An outcome says both that the case is lost and where it goes on.",
        why="A case that is scrapped ends there.",
        example=_answer("20% -> work scrap"),
        instead=_answer("20% scrap"),
    ),
    Code(
        "zero-step",
        ERROR,
        "a change of zero has no effect to speak of",
        help="say what one unit more does, as in `each +1 adds 40`",
        means="The strength of an influence is stated for a change of zero.",
        why="How much one adds per unit cannot be found by dividing by zero.",
        example="metric launches output unit launches\nmetric leads output unit leads\n"
        "cause launches -> leads { lag 1w, each +0 adds 40 }\n",
        instead="metric launches output unit launches\nmetric leads output unit leads\n"
        "cause launches -> leads { lag 1w, each +1 adds 40 }\n",
    ),
    Code(
        "bad-saturation",
        ERROR,
        "half of a ceiling is reached at more than nothing, not at {text}",
        help="say at which level of the source half of it is reached: `saturates at 120 leads with half at 5k eur`",
        means="An influence with a ceiling names the level at which half of it is reached as zero or less.",
        why="The influence adds `ceiling * x / (half + x)`; with a half of zero all of it would be there at once.",
        example="metric search activity unit eur\nmetric leads output unit leads\n"
        "cause search -> leads { lag 1w, saturates at 120 leads with half at 0 eur }\n",
        instead="metric search activity unit eur\nmetric leads output unit leads\n"
        "cause search -> leads { lag 1w, saturates at 120 leads with half at 5k eur }\n",
    ),
    Code(
        "row-length",
        ERROR,
        "this row has {cells} cells, and the table has {columns} columns",
        help="give every row one cell for each column",
        means="A row of an examples table has more or fewer cells than its first line has columns.",
        why="It would not be clear which value belongs to which column.",
        example="workflow w {\n  decision ready { yes 80%, no 20% scrap }\n}\n"
        "indicator bad = rate(ready.no) { warn above 25% }\n"
        'test "t" {\n  examples | share | state |\n           | 40%   |\n'
        "  given ready.no = share every 1w from 2026-01-05\n  expect bad is state at 2026-01-12\n}\n",
        instead="workflow w {\n  decision ready { yes 80%, no 20% scrap }\n}\n"
        "indicator bad = rate(ready.no) { warn above 25% }\n"
        'test "t" {\n  examples | share | state |\n           | 40%   | warn  |\n'
        "  given ready.no = share every 1w from 2026-01-05\n  expect bad is state at 2026-01-12\n}\n",
    ),
    Code(
        "too-many-values",
        ERROR,
        "this gives more than {limit} values",
        help="give fewer values; the unit behind `every` may be larger",
        means="A run such as `20% + 0 x 4` repeats more often than any history is long.",
        why="The limit keeps a slip of the hand from filling the memory.",
        example='metric leads output unit leads\ntest "t" {\n  given leads = 1 + 0 x 1000000 every 1d from 2026-01-05\n'
        "  expect leads above 0 at 2026-01-12\n}\n",
        instead='metric leads output unit leads\ntest "t" {\n  given leads = 1 + 0 x 100 every 1d from 2026-01-05\n'
        "  expect leads above 0 at 2026-01-12\n}\n",
    ),
    Code(
        "silence-with-date",
        ERROR,
        "`no warn` and `no alert` hold in the whole test, so they have no date",
        help="remove the date",
        means="An expectation that nothing fires names a date.",
        why="It is the whole history that must stay silent; one quiet day says little.",
        example="workflow w {\n  decision ready { yes 80%, no 20% scrap }\n}\n"
        "indicator bad = rate(ready.no) { alert above 25% }\n"
        'test "t" {\n  given ready.no = 20% every 1w from 2026-01-05\n  expect no alert on bad at 2026-01-12\n}\n',
        instead="workflow w {\n  decision ready { yes 80%, no 20% scrap }\n}\n"
        "indicator bad = rate(ready.no) { alert above 25% }\n"
        'test "t" {\n  given ready.no = 20% every 1w from 2026-01-05\n  expect no alert on bad\n}\n',
    ),
)
