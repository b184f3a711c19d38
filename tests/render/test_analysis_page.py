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
    # One visit takes 8 h, there are 1/(1 - 0.2) of them: 10 h of work, 500 eur, half of it in 10 h of 20 · 168 h.
    shown = page(BRIEFS)
    assert "How cases end: 100% as done." in shown
    assert "A case takes ~10 h on average (standard deviation ~10 h)" in shown
    assert "80% end well without any rework; 20% of the work is due to rework." in shown
    assert "A case costs 500 eur on average, with 10 h of work." in shown
    assert "10 cases end well per week; ~0.595 are under way at a time." in shown
    assert "  writers  29.8%           10 h" in shown


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
    assert "Mending both fine and ok takes 4.5 h off the time, 30 min less than their gains added up." in shown
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
