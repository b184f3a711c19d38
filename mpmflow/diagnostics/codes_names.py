"""Codes for names, imports and units."""

from __future__ import annotations

from mpmflow.diagnostics.wording import ERROR, WARNING, Code

__all__ = ["NAMES"]

_FORMULA = """metric spend activity unit eur
metric leads output unit leads
metric result operational = {formula}
"""


def _formula(formula: str) -> str:
    return _FORMULA.format(formula=formula)


_WORK = "workflow w {\n  step work takes 1d\n}\n"
_TWO_STEPS = "workflow w {{\n  step brief takes 1d\n  step {second} takes 2d\n}}\n"
_LOG = 'workflow w {{ step brief takes 1d }}\ndata {{\n  log "events.csv" {{ {columns} }}\n}}\n'

NAMES: tuple[Code, ...] = (
    Code(
        "unknown-name",
        ERROR,
        "there is no {kind} `{name}`[ {where}]",
        help="[did you mean {nearest:or}? ][the known ones are {known:and}][, among {others} others]"
        "[say what it is, as in `metric {declare} activity unit eur`]",
        means="A name is used that nothing in the file, or in what it imports, has.",
        why="What hangs on the name hangs on nothing: work without a team, an arrow that leads nowhere.",
        example="team legal { people 1 }\nworkflow w {\n  step check by leagl takes 4h\n}\n",
        instead="team legal { people 1 }\nworkflow w {\n  step check by legal takes 4h\n}\n",
    ),
    Code(
        "wrong-kind",
        ERROR,
        "`{name}` is {found}; {wanted}",
        help="[{hint}]",
        means="A name is known, but what it names is of another kind than is needed there.",
        why="A step has no value that could cause anything; its time has.",
        example=_WORK + "metric leads output unit leads\ncause work -> leads { learned, lag 0w to 6w }\n",
        instead=_WORK + "metric leads output unit leads\ncause work.time -> leads { learned, lag 0w to 6w }\n",
    ),
    Code(
        "duplicate-name",
        ERROR,
        "`{name}` is already the name of {other}[{where}]",
        help="give one of them another name[, as in {usage:or}]",
        means="Two things have one name. Names are unique in a file, whatever they name (outcomes: in their decision).",
        why="Whoever refers to the name would not know which of the two is meant.",
        example=_TWO_STEPS.format(second="brief"),
        instead=_TWO_STEPS.format(second="copy"),
    ),
    Code(
        "shadowed-name",
        WARNING,
        "the column `{name}` is hidden by {other} of the same name",
        help="give the column a name of its own, and behind it what it is called in the file",
        means="A column of the event log has the name of something else in the file; formulas see only the other one.",
        why="A formula that means the column would compute with something else.",
        example="metric amount outcome unit eur\ndata {\n"
        '  log "events.csv" { case, activity, time, amount number }\n}\n',
        instead="metric amount outcome unit eur\ndata {\n"
        '  log "events.csv" { case, activity, time, order_value number "amount" }\n}\n',
    ),
    Code(
        "arrow-across-branch",
        ERROR,
        "this arrow {why} a branch; only `done` and `scrap` do",
        help="lead it to a statement of the same branch, or put the decision behind the block",
        means="An arrow leads out of a branch of a parallel block, or into one from outside.",
        why="The other branches would never know that this one is gone, so the block could not be joined.",
        example="workflow w {\n  step brief takes 1h\n  parallel assets {\n    branch { step copy takes 1d -> brief }\n"
        "    branch { step media takes 2d }\n  }\n}\n",
        instead="workflow w {\n  step brief takes 1h\n  parallel assets {\n    branch { step copy takes 1d }\n"
        "    branch { step media takes 2d }\n  }\n}\n",
    ),
    Code(
        "arrow-to-other-workflow",
        ERROR,
        "`{name}` stands in the workflow `{workflow}`; an arrow stays in its own (`{here}`)",
        help="to run the other workflow as a step of this one, write `call {workflow}`",
        means="An arrow leads to a statement of another workflow.",
        why="A case belongs to one workflow; another one is entered at its start, by `call`.",
        example="workflow a {\n  step one takes 1h -> two\n}\nworkflow b {\n  step two takes 1h\n}\n",
        instead="workflow a {\n  step one takes 1h\n  call b\n}\nworkflow b {\n  step two takes 1h\n}\n",
    ),
    Code(
        "unknown-state",
        ERROR,
        "`{name}` is no state of an indicator",
        help="[did you mean {nearest:or}? ]the states are {known:and}",
        means="A test expects a state that indicators do not have.",
        why="The expectation could never be met.",
        example="workflow w {\n  decision ready { yes 80%, no 20% scrap }\n}\n"
        "indicator bad = rate(ready.no) { warn above 25% }\n"
        'test "t" {\n  given ready.no = 40% every 1w from 2026-01-05\n  expect bad is warning at 2026-01-12\n}\n',
        instead="workflow w {\n  decision ready { yes 80%, no 20% scrap }\n}\n"
        "indicator bad = rate(ready.no) { warn above 25% }\n"
        'test "t" {\n  given ready.no = 40% every 1w from 2026-01-05\n  expect bad is warn at 2026-01-12\n}\n',
    ),
    Code(
        "log-without-role",
        WARNING,
        "the log `{name}` names some of its columns, but not {missing:and}",
        help="name it too, as in `{example} COLUMN`; as it stands it is looked for under the usual names",
        means="The block of a log leaves out the column of the case, the activity or the time.",
        why="All three are needed. Whoever names the others has mostly forgotten this one.",
        example=_LOG.format(columns="case ticket, activity, amount number"),
        instead=_LOG.format(columns="case ticket, activity, time closed_at, amount number"),
    ),
    Code(
        "path-outside",
        ERROR,
        "`{path}` lies outside the folder that files may come from",
        help="keep files in the folder of the opened file, or name a larger one with `--root`",
        means="An import or a data source leads out of the project folder: by `..`, an absolute path, or a link.",
        why="A file from somebody else must not make this program read other parts of the machine.",
        example='import "../../elsewhere.mpm"\n',
        instead='team legal { people 1, owner "GC" }\nworkflow w {\n  step check by legal takes 4h\n}\n',
    ),
    Code(
        "import-not-found",
        ERROR,
        "the file `{path}` cannot be imported: {reason}",
        help="[did you mean {nearest:or}? ]paths start at the folder of the file that names them",
        means="An imported file is missing or cannot be read.",
        why="Every name that it should bring is unknown then.",
        example='import "no-such-file.mpm"\n',
        instead='team legal { people 1, owner "GC" }\nworkflow w {\n  step check by legal takes 4h\n}\n',
    ),
    Code(
        "import-loop",
        ERROR,
        "these files import one another: {files}",
        help="put what both need into a third file",
        means="A file imports itself, directly or through others.",
        why="There is no first file to begin with.",
        apart='It takes two files: `a.mpm` says `import "b.mpm"`, and `b.mpm` says `import "a.mpm"`; or one that '
        "imports itself.",
    ),
    Code(
        "import-limit",
        ERROR,
        "more than {limit} are imported",
        help="put several small files into one",
        means="The imports of a file, with theirs, are more or larger than any project needs.",
        why="The limit keeps a broken or hostile project from filling the memory.",
        apart="It takes more than 100 files, or more than 10 MB or 300,000 words of them.",
    ),
    Code(
        "import-faulty",
        ERROR,
        "the imported file `{path}` has {count}",
        help="check it by itself; the first is: {first}",
        means="A file that is imported has errors of its own, so not all of its names are known.",
        why="Names that are missing here may only be missing because of an error there.",
        apart='It takes two files: `a.mpm` says `import "b.mpm"`, and `b.mpm` has an error.',
    ),
    Code(
        "not-a-unit",
        ERROR,
        "`{word}` joins a figure to what follows it, so it cannot be a unit",
        help="take another word, such as `{word}_units`",
        means="A unit is one of the words by, at, from, to, in, of, per, then, for, and, or, not, x, every, adds.",
        why="Behind a number such a word goes on with the figure, as in `3 per week` or `20% + 0 x 4`.",
        example="metric results output unit x\n",
        instead="metric results output unit x_units\n",
    ),
    Code(
        "unit-mismatch",
        ERROR,
        "{left} and {right} cannot be {verb}[; currencies are not converted ({currencies})]",
        help="bring both into the same unit; to set one in relation to the other, divide them",
        means="Two figures of different units are added, subtracted or compared.",
        why="Euros and leads have no sum; a formula that adds them is not what was meant.",
        example=_formula("spend + leads"),
        instead=_formula("spend / leads"),
    ),
    Code(
        "unit-of-formula",
        ERROR,
        "`{name}` is declared in {declared}, but its formula gives {computed}",
        help="change the unit, or leave it out: the formula's own is used then",
        means="A metric says one unit, and its formula computes another.",
        why="Targets and benchmarks are read in the declared unit, so every comparison would be wrong.",
        example="metric spend activity unit eur\nmetric leads output unit leads\n"
        "metric cost_per_lead operational = spend / leads unit h\n",
        instead="metric spend activity unit eur\nmetric leads output unit leads\n"
        "metric cost_per_lead operational = spend / leads unit eur/leads\n",
    ),
    Code(
        "unit-of-value",
        ERROR,
        "`{value}` does not measure `{name}`, which is {unit}",
        help="[{hint}]",
        means="A target, threshold, benchmark, setting or observed value has another unit than what it is about.",
        why="Nobody can say whether five days are above 20 per cent.",
        example=_WORK
        + 'metric speed operational = time(w) lower is better target at most 40 eur by 2026-06-30 owner "COO"\n',
        instead=_WORK
        + 'metric speed operational = time(w) lower is better target at most 4d by 2026-06-30 owner "COO"\n',
    ),
    Code(
        "mixed-currencies",
        ERROR,
        "the workflow `{name}` has costs in several currencies: {currencies}",
        help="write all costs of a workflow in one currency; none is converted",
        means="The cost of a workflow is asked for, and its parts are in different currencies.",
        why="Euros and dollars have no sum; the rate of the day is no part of a process.",
        example="workflow w {\n  step copy takes 1h costs 40 eur\n  step media takes 1h costs 50 usd\n}\n"
        "metric price operational = cost(w)\n",
        instead="workflow w {\n  step copy takes 1h costs 40 eur\n  step media takes 1h costs 50 eur\n}\n"
        "metric price operational = cost(w)\n",
    ),
    Code(
        "unknown-function",
        ERROR,
        "there is no function `{name}`",
        help="[did you mean {nearest:or}?]",
        means="A formula uses a function that the language does not have.",
        why="Nothing can be computed from it.",
        example=_WORK + "metric speed operational = tiem(w)\n",
        instead=_WORK + "metric speed operational = time(w)\n",
    ),
    Code(
        "wrong-arguments",
        ERROR,
        "`{name}` is not given what it needs",
        help="write {usage:or}",
        means="A function has too few arguments, too many, or arguments of another kind.",
        why="What is meant would be a guess.",
        example=_formula("change(spend)"),
        instead=_formula("change(spend, 4w)"),
    ),
    Code(
        "not-a-condition",
        ERROR,
        "`{where}` needs a condition, and this is a figure ({unit})",
        help="compare it with something, as in `leads > 0`",
        means="A figure stands where something must hold or not hold.",
        why="A figure is neither true nor false.",
        example=_formula("if(leads, spend, 0)"),
        instead=_formula("if(leads > 0, spend, 0)"),
    ),
    Code(
        "condition-as-figure",
        ERROR,
        "`{where}` needs a figure, and this is a condition",
        help="choose a figure by the condition, as in `if(leads > 0, 1, 0)`",
        means="A comparison stands where a figure is needed.",
        why="`yes` cannot be added to anything.",
        example=_formula("1 + (leads > 0)"),
        instead=_formula("1 + if(leads > 0, 1, 0)"),
    ),
    Code(
        "not-a-figure",
        ERROR,
        "the metric `{name}` is a condition, not a figure",
        help="choose a figure by the condition, as in `if(leads > 0, 1, 0)`",
        means="The formula of a metric is a comparison.",
        why="A metric has a value that can be shown and compared.",
        example=_formula("leads > 0"),
        instead=_formula("if(leads > 0, 1, 0)"),
    ),
    Code(
        "power-with-unit",
        ERROR,
        "an exponent is a plain number, and this is {unit}",
        help="divide it by a figure of the same unit first",
        means="Something with a unit stands behind `^`.",
        why="Nothing can be multiplied by itself three euros times.",
        example=_formula("2 ^ leads"),
        instead=_formula("2 ^ 3"),
    ),
    Code(
        "power-of-unit",
        ERROR,
        "a figure in {unit} can only be raised to a whole number, at most 9",
        help="write the number itself, as in `x ^ 2`, or divide by a figure of the same unit first",
        means="A figure with a unit is raised to a power that is not a whole number, or not written as one.",
        why="The unit of the result could not be told.",
        example=_formula("spend ^ 0.5"),
        instead=_formula("spend ^ 2"),
    ),
    Code(
        "not-a-share-argument",
        ERROR,
        "`{name}` needs {wanted} here, and this is {unit}",
        help="{cure}",
        means="A ready-made figure is given something with another unit where it needs a share, a count or a time.",
        why="The result would have a unit that nobody expects.",
        example=_formula("clv(spend / leads, 60%, 3d)"),
        instead=_formula("clv(spend / leads, 60%, 3%)"),
    ),
    Code(
        "formula-loop",
        ERROR,
        "`{name}` is computed from itself",
        help="let one of the formulas start from data: a metric without a formula comes from there",
        means="A formula mentions its own metric or indicator, directly or through others.",
        why="There is no value to begin with.",
        example="metric a output = b\nmetric b output = a\n",
        instead="metric a output = b\nmetric b output unit leads\n",
    ),
)
