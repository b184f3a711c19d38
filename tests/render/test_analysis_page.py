"""The page of `analyze`: the figures of a workflow in sentences and small tables."""

import io

from rich.console import Console

import mpmflow as mpm
from mpmflow.render.analysis_page import analysis_page

BRIEFS = """
workflow briefs "Briefs" {
  arrivals 10 per week
  deadline 5d
  team writers { people 2, cost 50 eur/h }
  step write by writers takes exponential(8h)
  decision ok "Is it complete?" { yes, no 20% -> write rework }
}
"""


def page(text: str, width: int = 100) -> str:
    out = io.StringIO()
    Console(file=out, width=width, highlight=False).print(analysis_page(mpm.analyze(mpm.parse(text))))
    return "\n".join(line.rstrip() for line in out.getvalue().splitlines())


def test_the_page_says_how_cases_end_how_long_they_take_and_who_is_busy() -> None:
    # One visit takes 8 h, there are 1/(1 - 0.2) of them: 10 h of work, 500 eur, 100 h a week of the two people's 336 h.
    # Two writers, random work: Erlang's C is 0.136, the wait 8 h times C / (2 - 0.595), 47 min, at each of 1.25 visits.
    shown = page(BRIEFS)
    assert "How cases end: 100% as done." in shown
    assert "A case takes ~11 h on average (standard deviation ~" in shown
    assert "If everybody were free at once it would take 10 h: waiting for people adds ~58.3 min." in shown
    assert "80% end well without any rework; 20% of the work is due to rework." in shown
    assert "A case costs 500 eur on average, with 10 h of work." in shown
    assert "10 cases end well per week; ~0.653 are under way at a time." in shown
    assert "  write    1.25       ~46.6 min              8 h          400 eur" in shown
    assert "  writers  29.8%      10 h   ~46.6 min  13.7%    ~0.0578          -52 min" in shown


def test_mending_that_lets_more_go_on_than_a_team_can_serve_says_whom_it_would_overload() -> None:
    shown = page(
        """
        team clerks
        workflow w {
          arrivals 10 per d
          decision ok takes 1h { yes, no 50% scrap }
          decision neat by clerks takes 4h { yes, no 10% -> neat rework }
        }
        """,
        200,
    )
    assert "  neat without rework, delay or loss: the time of a case -10 h.\n" in shown
    assert (
        "  ok without rework, delay or loss: what ends well +50 points; but more cases would go on than clerks can "
        "keep up with.\n"
    ) in shown


def test_a_team_that_cannot_keep_up_is_told_with_what_would_mend_it() -> None:
    shown = " ".join(page(BRIEFS.replace("10 per week", "40 per week"), 200).split())
    assert "If everybody were free at once a case would take 10 h; with the queues nobody can say." in shown
    assert "writers (2 people) gets 119% of the work it can do: 9.14 h of work pile up every day" in shown
    assert "Of that load 95.2% would be there without any rework (briefs) and 23.8% comes of rework at ok." in shown
    mend = "with 3 people (load at most 85%), below 33.6 cases of briefs a week or with ok.no below 4.76%."
    assert f"It would keep up, all else as it is, {mend}" in shown
    assert (
        "Starting with nobody waiting, cases of briefs wait too long to meet their deadline after about 24.1 d" in shown
    )
    assert "half are through" not in shown


def test_one_side_of_a_question_is_enough() -> None:
    shown = page(BRIEFS)
    assert "ok.no" in shown
    assert "ok.yes" not in shown


def test_two_decisions_that_mend_the_same_hours_are_told_together() -> None:
    # Two checks of the same 8 h, one in five back at each: 8 h, 10 h or 12.5 h. Both save 4.5 h, singly 2.5 h each.
    second = BRIEFS.replace(
        "-> write rework }", "-> write rework }\n  decision fine { yes, no 20% -> write rework }", 1
    )
    shown = page(second)
    assert "Mending both fine and ok takes 6 h off the time, 1 h less than their gains added up." in shown
    assert "Mending both" not in page(BRIEFS)


def test_what_is_not_exact_is_marked_and_told() -> None:
    shown = page(BRIEFS)
    assert "half are through within ~" in shown
    assert "not exact" in shown
    assert "Figures without ~ are exact." in shown


def test_a_narrow_terminal_loses_nothing() -> None:
    assert "administration" in page(BRIEFS.replace("write", "administration"), 60)
    assert max(len(line) for line in page(BRIEFS, 60).splitlines()) <= 60


def test_a_bound_is_told_where_only_the_lattice_stands_between_a_figure_and_the_truth() -> None:
    free = """workflow w { deadline 2d
      step a takes exponential(8h)
      step b takes exponential(4h) }"""
    found = mpm.analyze(mpm.parse(free))["w"]
    assert found.method["time.late"] == "bounded"
    worst = max(found.error[figure] for figure, kind in found.method.items() if kind == "bounded")
    assert 0 < worst < 1e-4
    assert "a bounded chance is off by at most 0.0" in page(free)
    assert "A case takes 12 h on average" in page(free)
