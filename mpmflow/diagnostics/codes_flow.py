"""Codes for the flow of a workflow, for its teams, and for `allow`."""

from __future__ import annotations

from mpmflow.diagnostics.wording import ERROR, INFO, WARNING, Code

__all__ = ["FLOW"]

_READY = """workflow w {{
  step brief takes 1h
  decision ready "Is it ready?" {{
{lines}
  }}
}}
metric speed operational = time(w) lower is better
"""


def _ready(*lines: str) -> str:
    return _READY.format(lines="\n".join(f"    {line}" for line in lines))


def _hand_off(owner: str) -> str:
    return (
        f"team marketing {{ people 2{owner} }}\npartner agency {{ people 2{owner} }}\n"
        "workflow w {\n  step brief by marketing takes 1h\n  step media by agency takes 1d\n}\n"
    )


def _promised(promise: str) -> str:
    return _hand_off(', owner "Head"') + f"{promise}\n"


_EFFECTS = """workflow w {{
  step check takes 4h
  decision right {{ yes 80%, no 20% {effects} }}
}}
metric pace operational = time(w) lower is better
"""

FLOW: tuple[Code, ...] = (
    Code(
        "shares-sum",
        ERROR,
        "the outcomes of `{name}` add up to {total}[ {visit}], not to 100%: {gap} is {more}",
        help="change a percentage, or leave one out: that outcome takes the rest",
        means="The percentages of a decision or choose are not 100 % together, at some visit of a case.",
        why="A case takes exactly one outcome; with 99 % one case in a hundred would vanish.",
        example=_ready("yes 80%", "no 15% -> brief rework"),
        instead=_ready("yes 80%", "no 20% -> brief rework"),
    ),
    Code(
        "two-rests",
        ERROR,
        "`{name}` has no percentage, and `{first}` takes the rest already",
        help="give all outcomes but one a percentage",
        means="More than one outcome of a decision or choose has no percentage.",
        why="The rest can be divided in many ways.",
        example=_ready("yes", "later", "no 20% -> brief rework"),
        instead=_ready("yes", "later 5%", "no 20% -> brief rework"),
    ),
    Code(
        "unreachable-step",
        WARNING,
        "no case ever reaches the {kind} `{name}`[, nor what stands behind it: {behind}]",
        help="lead an arrow to it, or remove it; after `done`, and after a step with an arrow, nothing flows "
        "on by itself",
        means="No way leads to a statement of a workflow, or only outcomes of 0 % do.",
        why="It looks like a part of the process, but no case, no cost and no delay ever comes of it.",
        example="workflow w {\n  step brief takes 1h\n  done\n  step director takes 1d\n}\n",
        instead="workflow w {\n  step brief takes 1h\n  step director takes 1d\n  done\n}\n",
    ),
    Code(
        "no-way-to-end",
        WARNING,
        "a case that comes to the {kind} `{name}` never ends",
        help="all its ways lead into a loop without a way out; see the error there",
        means="From a statement every way leads into a loop that no case leaves.",
        why="Such cases stay open for ever, so no time, cost or share of the workflow has a value.",
        example="workflow w {\n  step brief takes 1h\n  step copy takes 1h\n  step check takes 1h -> copy\n}\n",
        instead="workflow w {\n  step brief takes 1h\n  step copy takes 1h\n  step check takes 1h\n}\n",
    ),
    Code(
        "endless-loop",
        ERROR,
        "no case leaves this loop: {loop}",
        help="let an outcome of a decision lead out of it, with more than 0% in the long run, or bound it with "
        "`at most 3 then -> …`",
        means="Statements lead to each other for ever.",
        why="A case in the loop never ends, so the time and cost of the workflow have no value.",
        example="workflow w {\n  step copy takes 1h\n  step check takes 1h -> copy\n}\n",
        instead="workflow w {\n  step copy takes 1h\n  step check takes 1h\n"
        "  decision good { yes 90%, no 10% -> copy rework }\n}\n",
    ),
    Code(
        "call-loop",
        ERROR,
        "this workflow calls itself: {loop}",
        help="to do work again, lead an arrow back; a call always runs the other workflow to its end",
        means="A workflow calls itself, directly or through others.",
        why="A case would contain a case that contains a case, without end.",
        example="workflow a {\n  step one takes 1h\n  call b\n}\nworkflow b {\n  step two takes 1h\n  call a\n}\n",
        instead="workflow a {\n  step one takes 1h\n  call b\n}\nworkflow b {\n  step two takes 1h\n}\n",
    ),
    Code(
        "unused-team",
        WARNING,
        "no step and no decision is done by the {kind} `{name}`",
        help="name it behind `by`, or remove it",
        means="A team or partner is declared, but no work of it.",
        why="Either it is not needed, or some work is given to nobody and so seems to wait for nobody.",
        example="team legal { people 1 }\nworkflow w {\n  step check takes 4h\n}\n",
        instead="team legal { people 1 }\nworkflow w {\n  step check by legal takes 4h\n}\n",
    ),
    Code(
        "overloaded-team",
        WARNING,
        "the team `{name}` cannot keep up with its work[: its load is {load}]",
        help="[it takes {enough} people for a load of at most 85%, ]fewer cases, shorter work or less rework",
        means="Cases come as fast as the people of a team can serve them, in the mean, or faster.",
        why="The queue in front of the team grows without end: there is no mean wait, and every date will be missed.",
        example="team legal { people 1, works mon-fri 09:00-17:00 }\n"
        "workflow w {\n  arrivals 12 per week\n  step check by legal takes 4h\n}\n",
        instead="team legal { people 2, works mon-fri 09:00-17:00 }\n"
        "workflow w {\n  arrivals 12 per week\n  step check by legal takes 4h\n}\n",
    ),
    Code(
        "unheeded-priority",
        WARNING,
        "no team heeds the priority of `{name}`",
        help="let a team that works for it say `serves priority first`, or remove the priority",
        means="A workflow has a priority, but no team that works for it serves by priority.",
        why="Its cases wait their turn like all others, and whoever reads the file believes that they do not.",
        example="team legal { people 1 }\n"
        "workflow w {\n  priority 1\n  arrivals 3 per week\n  step check by legal takes 4h\n}\n",
        instead="team legal { people 1, serves priority first }\n"
        "workflow w {\n  priority 1\n  arrivals 3 per week\n  step check by legal takes 4h\n}\n",
    ),
    Code(
        "load-not-checked",
        INFO,
        "the workflow `{name}` is too large for a quick look at the load of its teams",
        help="`mpmflow analyze` works it out",
        means="A workflow has thousands of statements, or outcomes that remember many visits.",
        why="A check must answer at once; the analysis has the time.",
        apart="A workflow with arrivals and more states than a quick look may solve: a thousand statements or more.",
    ),
    Code(
        "late-without-deadline",
        ERROR,
        "the workflow `{name}` has no deadline, so no case of it is ever late",
        help="give the workflow one, as in `deadline 15d`",
        means="A formula asks for the share of late cases of a workflow that has no deadline.",
        why="Late is what ends behind the deadline; without one the figure has no meaning.",
        example="workflow w {\n  step check takes 4h\n}\nmetric lateness operational = late(w) lower is better\n",
        instead="workflow w {\n  deadline 5d\n  step check takes 4h\n}\n"
        "metric lateness operational = late(w) lower is better\n",
    ),
    Code(
        "figure-without-arrivals",
        WARNING,
        "`{function}({name})` has a plan only where arrivals keep coming, and `{name}` {why}",
        help="say how cases come, as in `arrivals 3 per week`; without that the figure is known from data alone",
        means="A formula asks for the throughput or the work in progress of a workflow without a stream of arrivals.",
        why="How many cases end in a week is not said by the process, but by how many begin.",
        example="workflow w {\n  step check takes 4h\n}\nmetric ended output = throughput(w) higher is better\n",
        instead="workflow w {\n  arrivals 3 per week\n  step check takes 4h\n}\n"
        "metric ended output = throughput(w) higher is better\n",
    ),
    Code(
        "scrap-and-more",
        WARNING,
        "the outcome `{name}` scraps the case, so nothing comes of {idle:and}",
        help="keep `scrap` if the case is lost; remove it if the case goes on",
        means="An outcome loses the case, and says beside it that work is done again, wasted, or bounded.",
        why="What is lost is not worked on again; one of the two was not meant.",
        example=_EFFECTS.format(effects="scrap rework"),
        instead=_EFFECTS.format(effects="-> check rework"),
    ),
    Code(
        "hand-off-without-owner",
        WARNING,
        "`{name}` ({giver}) hands over to `{to}` ({taker}), and nobody owns {missing:and}",
        help='give both teams an owner, or the two steps: `owner "NAME"`',
        means="Work passes from one organisation to another, and on one side nobody is named who answers for it.",
        why="Waits and errors at such a seam belong to nobody, so nobody mends them.",
        example=_hand_off(""),
        instead=_hand_off(', owner "Head"'),
    ),
    Code(
        "no-such-handoff",
        WARNING,
        "work never passes from `{giver}` to `{taker}` {where}, so nothing is promised here",
        help="{cure}",
        means="A `handoff` promises how soon work is taken up that one team never hands to the other.",
        why="The promise looks kept for ever, and nobody finds that the one that was meant is missing.",
        example=_promised("handoff agency -> marketing within 2d"),
        instead=_promised("handoff marketing -> agency within 2d"),
    ),
    Code(
        "duplicate-handoff",
        ERROR,
        "the hand-off from `{giver}` to `{taker}` is promised already",
        help="keep one of the two; inside a workflow a promise of its own may stand beside that of the file",
        means="Two promises of one place are about the same two teams.",
        why="It would hang on chance which of the two is held against what came.",
        example=_promised("handoff marketing -> agency within 2d\nhandoff marketing -> agency within 3d"),
        instead=_promised("handoff marketing -> agency within 2d"),
    ),
    Code(
        "handoff-to-itself",
        ERROR,
        "`{name}` cannot hand over to itself",
        help="name the team that takes the work up; how soon a team goes on with its own work is `S.wait` of its step",
        means="A `handoff` has the same team on both sides.",
        why="Between two steps of one team nothing is handed over.",
        example=_promised("handoff marketing -> marketing within 2d"),
        instead=_promised("handoff marketing -> agency within 2d"),
    ),
    Code(
        "empty-promise",
        ERROR,
        "`at least {text}` promises nothing",
        help="write the share that is promised, as in `at least 90%`; without one the promise is about every hand-off",
        means="A `handoff` promises its span of none of the hand-offs.",
        why="Such a promise cannot be broken, so it says nothing.",
        example=_promised("handoff marketing -> agency within 2d at least 0%"),
        instead=_promised("handoff marketing -> agency within 2d at least 90%"),
    ),
    Code(
        "unknown-allow",
        WARNING,
        "there is no check `{name}` that could be allowed",
        help="did you mean {nearest:or}?",
        means="An `allow` names a check that does not exist.",
        why="It silences nothing, and whoever reads it believes that it does.",
        example='team legal { people 1, allow unused-teams "comes next year" }\nworkflow w { step check takes 4h }\n',
        instead='team legal { people 1, allow unused-team "comes next year" }\nworkflow w { step check takes 4h }\n',
    ),
    Code(
        "useless-allow",
        WARNING,
        "`allow {code_name}` silences nothing: {why}",
        help="remove it",
        means="An `allow` stands in a statement that the check finds no fault with, or names an error.",
        why="It says of the file what is not so. Errors cannot be allowed: what has no meaning has none.",
        example='team legal { people 1, allow unused-team "comes next year" }\n'
        "workflow w { step check by legal takes 4h }\n",
        instead="team legal { people 1 }\nworkflow w { step check by legal takes 4h }\n",
    ),
)
