"""The plain machine and the vector engine say the same of any rules and any values; and what the machine proves."""

from __future__ import annotations

from itertools import product

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from mpmflow.analysis.rules import Series, follow
from mpmflow.analysis.rules.machine import Machine, Seen, told_apart
from mpmflow.model.rules import Both, Either, Held, Negation, Outside, Rule, Threshold

WEEK = 604800.0
VALUES = [1.0, 2.0, 3.0, 4.0, 5.0, None]

sides = st.sampled_from(["above", "below"])
atoms = st.one_of(
    st.builds(Threshold, side=sides, value=st.sampled_from([2, 3, 4])),
    st.just(Outside(low=2, high=4)),
)
conditions = st.recursive(
    atoms,
    lambda inner: st.one_of(
        st.builds(Both, left=inner, right=inner),
        st.builds(Either, left=inner, right=inner),
        st.builds(Negation, condition=inner),
        st.builds(Held, condition=inner, span=st.sampled_from(["1w", "2w", "3w"])),
    ),
    max_leaves=4,
)
clears = st.none() | st.builds(Threshold, side=sides, value=st.sampled_from([2, 3]))
rules = st.lists(
    st.builds(Rule, level=st.sampled_from(["warn", "alert"]), condition=conditions, clears=clears),
    min_size=1,
    max_size=2,
)


def by_vectors(written: list[Rule], values: list[float | None]) -> tuple[str, ...]:
    row = np.array([np.nan if value is None else value for value in values])
    return follow(written, Series(row, WEEK)).states


def step_by_step(written: list[Rule], values: list[float | None]) -> tuple[str, ...]:
    machine = Machine(written, WEEK)
    memory, states = machine.start, []
    for value in values:
        state, memory = machine.step(memory, Seen(value))
        states.append(state)
    return tuple(states)


@settings(max_examples=300)
@given(rules, st.lists(st.sampled_from(VALUES), min_size=1, max_size=9))
def test_both_engines_say_the_same(written: list[Rule], values: list[float | None]) -> None:
    assert step_by_step(written, values) == by_vectors(written, values)


@settings(max_examples=60)
@given(rules, rules)
def test_a_proof_holds_for_every_short_series_and_what_is_found_differs(one: list[Rule], two: list[Rule]) -> None:
    pool: list[float | None] = [1.0, 2.0, 2.5, 3.0, 3.5, 4.0, 5.0, None]
    found = told_apart(one, two, pool, WEEK)
    if found is not None:
        assert by_vectors(one, list(found))[-1] != by_vectors(two, list(found))[-1]
        shorter = found[:-1]
        assert by_vectors(one, list(shorter)) == by_vectors(two, list(shorter)) if shorter else True
        return
    for values in product([1.0, 3.0, 5.0, None], repeat=4):
        assert by_vectors(one, list(values)) == by_vectors(two, list(values))


def test_a_span_of_eight_days_is_two_looks_a_week_apart_and_so_is_one_of_two_weeks() -> None:
    one, two = (
        [Rule(level="warn", condition=Held(condition=Threshold(side="above", value=3), span=span))]
        for span in ("8d", "2w")
    )
    assert told_apart(one, two, [1.0, 5.0, None], WEEK) is None
