"""Codes for metrics, causes and goals: who sees what coming, and who answers for what."""

from __future__ import annotations

from mpmflow.diagnostics.wording import ERROR, WARNING, Code

__all__ = ["GOALS"]

_PROCESS = """workflow w {
  arrivals 3 per week
  step brief takes 1d
  decision ready "Is it ready?" { yes 80%, no 20% -> brief rework }
}
metric launches output = throughput(w) higher is better
metric revenue outcome unit eur higher is better
"""
_CAUSE = "cause launches -> revenue { lag 4w, each +1 adds 3k eur }\n"


def _goal(text: str, cause: str = _CAUSE) -> str:
    return _PROCESS + cause + text


_TARGET = "target at least 1M eur in total from 2026-01-01 by 2026-12-31"
_LOOP = """metric brand activity unit visits
metric leads output unit leads
cause brand -> leads {{ {first} }}
cause leads -> brand {{ {second} }}
"""

_LAUNCHES = (
    'objective launch "Launch" department { measured by launches, target at least 3 per 1w by 2026-06-30, '
    'owner "CMO" }\n'
)
_SHARE = (
    "metric preference outcome unit % higher is better\n"
    "cause launches -> preference { lag 4w, each +1 adds 0.1% }\n"
    'objective known "Be known" department { measured by preference, target at least 30% by 2026-12-31, owner "CMO" }\n'
)
_LIKED = (
    'commitment liked "Be liked" { by "CMO", promises preference at least 30% by 2026-12-31, '
    'if missed "a new campaign" }\n'
)


def _promise(
    more: str = ', if missed "monthly review"', level: str = "at least 3 per 1w", by: str = "2026-06-30"
) -> str:
    return f'commitment more "More" {{ by "CMO", promises launches {level} by {by}{more} }}\n'


GOALS: tuple[Code, ...] = (
    Code(
        "orphan-metric",
        WARNING,
        "no objective uses the metric `{name}`, and it causes nothing: throw it away or link it",
        help="name it behind `measured by` of an objective, or say what it causes",
        means="A metric is collected, but nothing is judged by it and nothing follows from it.",
        why="Every metric costs attention. One that no goal needs takes it from those that do.",
        example="metric posts activity unit posts\n",
        instead='metric posts activity unit posts\nobjective seen "Be seen" department {\n  measured by posts\n}\n',
    ),
    Code(
        "blind-metric",
        WARNING,
        "no leading indicator reaches the outcome `{name}`: nobody will see it coming",
        help="[{causes:and} moves it, but no indicator moves that; ]add a `cause` from something that the "
        "process shows",
        means="A business outcome is not connected with anything that can be watched while work is still being done.",
        why="It will be known when it is too late to act.",
        example=_goal("", cause=""),
        instead=_goal(""),
    ),
    Code(
        "unmeasured-decision",
        WARNING,
        "whatever `{name}` decides, no metric shows it",
        help="add a metric of the workflow, such as `time({workflow})` or `yield({workflow})`, or a `cause` "
        "from one of "
        "its outcomes",
        means="No metric depends on a decision, neither by a figure of its workflow nor by a declared cause.",
        why="Its outcomes are leading indicators, but of nothing.",
        example="workflow w {\n  step brief takes 1d\n  decision ready { yes 80%, no 20% -> brief rework }\n}\n",
        instead=_PROCESS,
    ),
    Code(
        "unmeasured-objective",
        WARNING,
        "nothing measures the objective `{name}`",
        help="say `measured by` and one or more metrics",
        means="An objective has no metrics.",
        why="Whether it is reached would be a matter of taste.",
        example='objective seen "Be seen" department { owner "CMO" }\n',
        instead='metric posts activity unit posts\nobjective seen "Be seen" department {\n  measured by posts\n}\n',
    ),
    Code(
        "activity-objective",
        WARNING,
        "the objective `{name}` is measured by activity alone ({metrics})",
        help="add a metric of what the activity is for: an output, an operational or an outcome metric",
        means="All metrics of an objective count how much was done.",
        why="One can be very busy and reach nothing.",
        example='metric posts activity unit posts\nobjective seen "Be seen" department {\n  measured by posts\n}\n',
        instead='metric visits output unit visits\nobjective seen "Be seen" department {\n  measured by visits\n}\n',
    ),
    Code(
        "out-of-reach",
        WARNING,
        "nothing that is done moves the objective `{name}` ({metrics})",
        help="say what moves its metrics: a figure of a workflow, or a `cause` from an indicator or an activity",
        means="No workflow, indicator or activity has an influence on any metric of an objective.",
        why="Nobody can work towards it; it will be met or missed by chance.",
        example='metric visits output unit visits\nobjective seen "Be seen" department {\n  measured by visits\n}\n',
        instead="metric posts activity unit posts\nmetric visits output unit visits\n"
        "cause posts -> visits { lag 1w, each +1 adds 20 }\n"
        'objective seen "Be seen" department {\n  measured by visits\n}\n',
    ),
    Code(
        "no-line-of-sight",
        WARNING,
        "none of the metrics below `{name}` ({below}) moves what it is measured by ({metrics})",
        help="add the `cause` that connects them, or move the objectives to where they belong",
        means="An objective has objectives below it, but no influence leads from their metrics to its own.",
        why="Everybody below can succeed while the goal above is missed.",
        example=_goal(
            f'metric posts activity unit posts\nobjective grow "Grow" enterprise {{\n  measured by revenue, {_TARGET}\n'
            '  objective seen "Be seen" department { measured by posts }\n}\n'
        ),
        instead=_goal(
            f'objective grow "Grow" enterprise {{\n  measured by revenue, {_TARGET}\n'
            '  objective launch "Launch often" department { measured by launches }\n}\n'
        ),
    ),
    Code(
        "lagging-indicator",
        WARNING,
        "the indicator `{name}` measures only what comes after the process: {lagging}",
        help="watch what can be seen while work is being done: the share of an outcome, a wait, a load",
        means="A lagging metric is used as if it led.",
        why="When it moves, the work that moved it is done, and it is too late to act.",
        example=_goal('indicator early "Revenue" = revenue { warn below 1k eur }\n'),
        instead=_goal('indicator early "Sent back" = rate(ready.no) { warn above 30% }\n'),
    ),
    Code(
        "objective-without-owner",
        WARNING,
        "nobody owns the objective `{name}`",
        help='add `owner "NAME"`',
        means="An objective names nobody who answers for it.",
        why="What belongs to everybody is done by nobody.",
        example=_goal(f'objective grow "Grow" enterprise {{ measured by revenue, {_TARGET} }}\n'),
        instead=_goal(f'objective grow "Grow" enterprise {{ measured by revenue, {_TARGET}, owner "CEO" }}\n'),
    ),
    Code(
        "objective-without-target",
        WARNING,
        "the objective `{name}` has no target",
        help="add one, as in `target at least 900 per 13w by 2026-09-30`, to it or to one of its metrics",
        means="Neither an objective nor any of its metrics says what level is to be reached.",
        why="Without a level there is nothing to meet, and nothing to forecast.",
        example=_goal('objective grow "Grow" enterprise { measured by revenue, owner "CEO" }\n'),
        instead=_goal(f'objective grow "Grow" enterprise {{ measured by revenue, {_TARGET}, owner "CEO" }}\n'),
    ),
    Code(
        "target-without-date",
        WARNING,
        "the target `{target}` has no date",
        help="add one, as in `by 2026-09-30`",
        means="A target does not say when it is to be reached.",
        why="A target without a date can never be missed, so it is none.",
        example=_goal(
            'objective grow "Grow" enterprise { measured by launches, target at least 3 per 1w, owner "CEO" }\n'
        ),
        instead=_goal(
            'objective grow "Grow" enterprise { measured by launches, target at least 3 per 1w by '
            '2026-09-30, owner "CEO" }\n'
        ),
    ),
    Code(
        "target-reading",
        WARNING,
        "`{name}` is counted per period, and this target does not say over which span: as it stands it binds the one "
        "period of its date",
        help="say `{bound} {value} per 13w` for a span that ends at the date, or `in total from 2026-01-01` for all "
        "since a day",
        means="A target on something that adds up over time (spend, leads, launches) names no span.",
        why="900 leads in a week, in a quarter and since January are three different goals.",
        example=_goal(
            'objective grow "Grow" enterprise { measured by revenue, target at least 1M eur by 2026-12-31, '
            'owner "CEO" }\n'
        ),
        instead=_goal(f'objective grow "Grow" enterprise {{ measured by revenue, {_TARGET}, owner "CEO" }}\n'),
    ),
    Code(
        "metric-without-target",
        WARNING,
        "the {what} `{by}` works on `{name}`, for which no target is set",
        help="set one on the metric, or on an objective that it measures",
        means="An initiative or a commitment is about a metric that has no target.",
        why="Money and promises go to a place where nobody has said what is enough.",
        example=_goal(_promise()),
        instead=_goal(
            _promise()
            + 'objective launch "Launch" department { measured by launches, target at least 3 per 1w by 2026-12-31 }\n'
        ),
    ),
    Code(
        "unowned-promise",
        WARNING,
        "nobody makes the promise `{name}`",
        help='add `by "NAME"`',
        means="A commitment names nobody who promises.",
        why="A promise that nobody makes is kept by nobody.",
        example=_goal(_promise().replace('by "CMO", ', "")),
        instead=_goal(_promise()),
    ),
    Code(
        "promise-without-consequence",
        WARNING,
        "nothing follows from `{name}`, whether it is kept or missed",
        help='add `if met "…"` or `if missed "…"`',
        means="A commitment names no consequence, neither good nor bad.",
        why="A promise from which nothing follows is a wish.",
        example=_goal(_promise("")),
        instead=_goal(_promise(', if missed "monthly review with the CEO"')),
    ),
    Code(
        "promise-without-data",
        WARNING,
        "nobody can tell whether `{by}` is kept: `{name}` has no formula, and the file names no series that it could "
        "come from",
        help='name the table in `data {{ series "weekly.csv" {{ time week }} }}`, or give the metric a formula',
        means="A commitment promises a metric that nothing computes and no data of the file can show.",
        why="On the day that it is due there would be two opinions and no figure.",
        example=_goal(_SHARE + _LIKED),
        instead=_goal(_SHARE + _LIKED + 'data { series "survey.csv" { time month } }\n'),
    ),
    Code(
        "lax-promise",
        WARNING,
        "`{by}` promises less than the target of `{name}` asks for: {promised}, where {target} is wanted",
        help="promise what the target asks for; a milestone on the way to it has an earlier date",
        means="What is promised is easier to reach than the target for the same day.",
        why="The promise would be kept and the target missed.",
        example=_goal(_LAUNCHES + _promise(level="at least 2 per 1w")),
        instead=_goal(_LAUNCHES + _promise(level="at least 3 per 1w")),
    ),
    Code(
        "late-promise",
        WARNING,
        "`{by}` promises `{name}` for {promised}, after the day of its target, {target}",
        help="promise it for the day of the target or an earlier one, or promise more than the target asks for",
        means="A promise is due after the target that it is about.",
        why="When it comes due, the target has been missed or met long before.",
        example=_goal(_LAUNCHES + _promise(by="2026-12-31")),
        instead=_goal(_LAUNCHES + _promise()),
    ),
    Code(
        "benchmark-without-source",
        WARNING,
        "where does the benchmark {value} of `{name}` come from?",
        help='add `source "…"`',
        means="A benchmark names no source.",
        why="A figure that nobody can look up convinces nobody, and cannot be renewed next year.",
        example=_goal('benchmark launches 4 "Median"\n'),
        instead=_goal('benchmark launches 4 "Median" source "annual survey"\n'),
    ),
    Code(
        "duplicate-cause",
        ERROR,
        "`{name}` -> `{effect}` is declared already",
        help="keep one of the two; an influence that comes in two waves is one cause with a longer lag",
        means="The same influence is declared twice.",
        why="Its effect would be counted twice.",
        example=_goal(_CAUSE),
        instead=_goal(""),
    ),
    Code(
        "cause-beside-derived",
        ERROR,
        "`{name}` -> `{effect}` needs no `cause`: {origin}",
        help="remove the cause; the evaluator works this influence out by itself",
        means="An influence is declared that already follows from the workflow, or from a formula.",
        why="Its effect would be counted twice.",
        example=_goal("cause ready.no -> launches { lag 1w, each +1% adds -1 }\n"),
        instead=_goal("cause ready.no -> revenue { lag 1w, each +1% adds -1k eur }\n"),
    ),
    Code(
        "cause-without-strength",
        WARNING,
        "how strongly `{name}` moves `{effect}` is not said; it is taken as `learned`",
        help="say `each +1 adds 40`, `elasticity 0.7`, or `learned`",
        means="A cause has neither a strength nor the word that it is to be learned from data.",
        why="Without data the influence has no size, and every forecast through it has none.",
        example=_goal("cause launches -> revenue { lag 4w }\n", cause=""),
        instead=_goal("cause launches -> revenue { lag 4w, learned }\n", cause=""),
    ),
    Code(
        "loop-without-lag",
        ERROR,
        "these influences form a loop without any lag: {loop}",
        help="say how long one of them takes, as in `lag 1w`",
        means="Influences lead back to where they began, all of them at once.",
        why="Everything would have to move before itself; such a loop has no answer.",
        example=_LOOP.format(first="each +1 adds 0.1", second="lag 0d, each +1 adds 0.1"),
        instead=_LOOP.format(first="each +1 adds 0.1", second="lag 2w, each +1 adds 0.1"),
    ),
    Code(
        "growing-loop",
        ERROR,
        "this loop of influences does not die out, every step multiplies a change by {factor}: {loop}",
        help="check the strengths: their product along a loop must stay below 1",
        means="Influences lead back to where they began, and come back at least as strong.",
        why="The smallest change would grow without end, so there is no forecast.",
        example=_LOOP.format(first="lag 1w, elasticity 1.2", second="lag 2w, elasticity 0.9"),
        instead=_LOOP.format(first="lag 1w, elasticity 0.8", second="lag 2w, elasticity 0.9"),
    ),
)
