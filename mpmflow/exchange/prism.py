"""A workflow as a PRISM model with its properties, so that anyone may check a figure again with a model checker.

The model is a discrete-time Markov chain in the language of PRISM (Kwiatkowska, Norman & Parker 2011), which Storm and
others read too. Its one variable says where a case is; each visit of a state earns its time, work, cost and visits.
Shares are exact fractions. Loops with memory (`at most`, shares by visit) stand in copies and called workflows are
copied in, as in the analysis; a parallel block is one state that takes as long as the block does on average, for a
Markov chain of single states cannot be in two branches at once. A comment says so.

The properties ask for the figures of `analyze` that such a chain has: ends, visits, mean time, working time and cost,
and the share that is right first time. Each has mpmflow's own answer beside it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction

from mpmflow.analysis.exact.chain_of import ExactWay, exact_chain
from mpmflow.analysis.exact.figures import Solution, has_rework
from mpmflow.graphs.cells import Cells, State

_WORDS = (
    "A bool clock const ctmc C double dtmc E endinit endinvariant endmodule endobservables endrewards endsystem false "
    "formula filter func F global G init invariant I int label max mdp min module X nondeterministic observable "
    "observables of Pmax Pmin P pomdp popta probabilistic prob pta rate rewards Rmax Rmin R smg S stochastic system "
    "true U W deadlock"
)
_KEYWORDS = frozenset(_WORDS.split())
_TAKEN = ("end", "ended_well", "reworked")
"""Labels of our own, which an end of the workflow may not have."""

_OUR_NOTES = (
    "Made by mpmflow from its workflow {name}{label}.",
    "s is where a case is; its initial value is where cases start.",
    "Rewards: time and touch_time in seconds, calendar and working time; cost in {currency}; visits_NAME per step.",
)


@dataclass(frozen=True, slots=True)
class PrismModel:
    """What was written.

    Attributes:
        model: the text of the chain, a `.prism` file.
        properties: the text of the properties, a `.props` file.
        states: number of states, ends among them.
        names: PRISM name -> name in the workflow, for those that had to be changed.
    """

    model: str
    properties: str
    states: int
    names: dict[str, str]


class _Names:
    """Names of the workflow as identifiers of PRISM: letters, digits and `_`, no keyword, none twice."""

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)
        self.changed: dict[str, str] = {}
        self.given: dict[str, str] = {}

    def of(self, name: str) -> str:
        """The identifier for a name; always the same for the same name."""
        if name not in self.given:
            plain = re.sub(r"[^A-Za-z0-9_]", "_", name)
            plain = plain if re.match(r"[A-Za-z_]", plain) else f"_{plain}"
            found, number = plain, 1
            while found in self.taken or found in _KEYWORDS:
                found, number = f"{plain}_{number}", number + 1
            self.taken.add(found)
            self.given[name] = found
            if found != name:
                self.changed[found] = name
        return self.given[name]


def to_prism(solution: Solution, title: str = "") -> PrismModel:
    """A solved workflow as PRISM text; `title` is what people call it.

    >>> from mpmflow.analysis.exact.arrays import LawBook, Solver
    >>> from mpmflow.analysis.exact.figures import solve_process
    >>> from mpmflow.graphs.to_chain import to_chain
    >>> from mpmflow.model.model import Model
    >>> from mpmflow.model.process import Decision, Outcome, Step, Workflow
    >>> check = Decision(name="ok", outcomes=[Outcome(name="yes"), Outcome(name="no", share="20%", target="brief")])
    >>> model = Model(workflows=[Workflow(name="w", body=[Step(name="brief", takes="2h"), check])])
    >>> written = to_prism(solve_process(to_chain(model, "w"), Solver(LawBook())))
    >>> print(written.model[written.model.index("  []"):written.model.index("endmodule")], end="")
      [] s=0 -> (s'=1);  // brief
      [] s=1 -> 4/5 : (s'=2) + 1/5 : (s'=0);  // ok: yes, no
      [] s=2 -> true;  // done
    >>> [line for line in written.properties.splitlines() if "visits_brief" in line]
    ['"visits_brief": R{"visits_brief"}=? [ F "end" ];  // mpmflow: 1.25']
    """
    return _Writer(solution, title).write()


class _Writer:
    def __init__(self, solution: Solution, title: str) -> None:
        self.solution, self.title = solution, title
        self.chain = chain = exact_chain(solution)
        self.labels = _Names(_TAKEN)
        self.rewards = _Names(("time", "touch_time", "cost"))
        self.modules = _Names(("s",))
        n = len(chain.states)
        # Each rework outcome passes a state of its own, so that a property can ask for cases that never did.
        self.mark = {
            at: n + seat
            for seat, at in enumerate(at for at, way in enumerate(chain.ways) if way.share and way.way.rework)
        }
        self.first_end = n + len(self.mark)
        self.size = self.first_end + len(chain.ends)

    def write(self) -> PrismModel:
        module = self.modules.of(self.chain.workflow)
        body = [*self._states(module), "", *self._labels(), "", *self._rewards()]
        questions = list(self._questions())
        names = {
            **self.modules.changed,
            **self.labels.changed,
            **{f"visits_{new}": old for new, old in self.rewards.changed.items()},
        }
        head = [f"// {line}" for line in [*self._head(), *(f"{new} stands for {old}." for new, old in names.items())]]
        return PrismModel(
            "\n".join([*head, "", "dtmc", "", *body, ""]),
            "\n".join([*self._head_of_questions(), *questions, ""]),
            self.size,
            names,
        )

    # ------------------------------------------------------------------------------------------ head
    def _head(self) -> Iterator[str]:
        label = f", {_one_line(self.title)}" if self.title not in ("", self.chain.workflow) else ""
        currency = " and ".join(self.solution.process.currencies) or "money"
        for line in _OUR_NOTES:
            yield line.format(name=self.chain.workflow, label=label, currency=currency)
        if any(several > 1 for _, several in self.chain.copy):
            yield "States that a case may find with different memories (at most, then) stand here in copies."
        for name in self.chain.folded:
            yield (
                f"The parallel block {name} is folded: it takes its mean time and cost where it joins; "
                "its chances, its mean time and the visits inside it are mpmflow's."
            )
        if self.solution.process.on_calendar:
            yield "Teams with `works` stretch working time by their share of the week; such times are approximate."
        if self.solution.rate is not None and self.solution.process.teams:
            yield "No waiting for people is counted: times are those of a case that finds everybody free."

    def _head_of_questions(self) -> Iterator[str]:
        yield f"// Figures of {self.chain.workflow}; behind each, what mpmflow says."
        yield "// Iterative methods stop early: for more digits ask for an exact one (storm --exact, prism -exact)."
        yield ""

    # ------------------------------------------------------------------------------------------ states
    def _states(self, module: str) -> Iterator[str]:
        yield f"module {module}"
        yield f"  s : [0..{self.size - 1}] init {self.chain.start};"
        yield ""
        by_row: dict[int, list[int]] = {}
        for at, way in enumerate(self.chain.ways):
            by_row.setdefault(way.row, []).append(at)
        for row in range(len(self.chain.states)):
            taken = [at for at in by_row[row] if self.chain.ways[at].share]
            yield f"  [] s={row} -> {self._updates(taken)};  // {self._said(row, taken)}"
        for at, state in self.mark.items():
            way = self.chain.ways[at]
            yield f"  [] s={state} -> (s'={self._seat(way)});  // {way.way.outcome}, rework"
        for k, end in enumerate(self.chain.ends):
            yield f"  [] s={self.first_end + k} -> true;  // {end}"
        yield "endmodule"

    def _updates(self, taken: Sequence[int]) -> str:
        if len(taken) == 1:
            return f"(s'={self._goes_to(taken[0])})"
        return " + ".join(f"{self.chain.ways[at].share} : (s'={self._goes_to(at)})" for at in taken)

    def _goes_to(self, at: int) -> int:
        return self.mark[at] if at in self.mark else self._seat(self.chain.ways[at])

    def _seat(self, way: ExactWay) -> int:
        return way.target if way.target >= 0 else self.first_end - 1 - way.target

    def _said(self, row: int, taken: Sequence[int]) -> str:
        state = self.chain.states[row]
        said = _called(state)
        copy, several = self.chain.copy[row]
        said += f", copy {copy} of {several}" if several > 1 else ""
        outcomes = [(self.chain.ways[at].way.outcome or "").rpartition(".")[2] for at in taken]
        return said + (f": {', '.join(outcomes)}" if any(outcomes) else "")

    # ------------------------------------------------------------------------------------------ labels, rewards
    def _labels(self) -> Iterator[str]:
        yield f'label "end" = s>={self.first_end};'
        good = [self.first_end + k for k, well in enumerate(self.chain.good) if well]
        yield f'label "ended_well" = {_any_of(good)};'
        yield f'label "reworked" = {_any_of(list(self.mark.values()))};'
        for k, end in enumerate(self.chain.ends):
            yield f'label "{self.labels.of(end)}" = s={self.first_end + k};'

    def _rewards(self) -> Iterator[str]:
        chain = self.chain
        for name, amounts in (("time", chain.time), ("touch_time", chain.work), ("cost", chain.cost)):
            yield from self._reward(name, dict(enumerate(amounts)))
        for node, visits in chain.visits.items():
            yield from self._reward(f"visits_{self.rewards.of(node)}", visits)

    def _reward(self, name: str, amounts: dict[int, Fraction]) -> Iterator[str]:
        yield f'rewards "{name}"'
        earned = {row: amount for row, amount in amounts.items() if amount}
        # a reward that nothing earns still needs a line
        yield from (f"  s={row} : {amount};" for row, amount in (earned or {self.first_end: Fraction(0)}).items())
        yield "endrewards"

    # ------------------------------------------------------------------------------------------ questions
    def _questions(self) -> Iterator[str]:
        found = self.solution.values
        for end, share in zip(self.chain.ends, self.solution.actual.end_shares.tolist(), strict=True):
            name = self.labels.of(end)
            yield _asked(f"ends_{name}", f'P=? [ F "{name}" ]', share)
        yield _asked("yield", 'P=? [ F "ended_well" ]', found["yield"])
        if not any(has_rework(branch) for branch in self._branches()):
            yield _asked("first_pass", 'P=? [ !"reworked" U "ended_well" ]', found["first_pass"])
        for name in ("time", "touch_time", "cost"):
            if found[f"{name}.mean"] is not None:
                yield _asked(f"{name}_mean", f'R{{"{name}"}}=? [ F "end" ]', found[f"{name}.mean"])
        visits = dict.fromkeys(self.chain.visits, 0.0)
        for state, times in self.solution.executions:
            if state.node in visits and state.part in ("work", "call", "block"):
                visits[state.node] += times
        for node, times in visits.items():
            name = f"visits_{self.rewards.of(node)}"
            yield _asked(name, f'R{{"{name}"}}=? [ F "end" ]', times)

    def _branches(self) -> Iterator[Cells]:
        for state in self.chain.states:
            if state.block is not None:
                yield from state.block.branches


_PARTS: dict[str, Callable[[State], str]] = {
    "wait": lambda state: f"{state.node}, waiting",
    "delay": lambda state: f"{state.outcome}, delay",
    "call": lambda state: f"{state.node}, call",
    "block": lambda state: f"{state.node}, fork",
    "joined": lambda state: f"{state.node}, joined",
    "lost": lambda state: f"{state.node}, lost in a branch",
}


def _called(state: State) -> str:
    if not state.node:
        return "start"
    return _PARTS[state.part](state) if state.part in _PARTS else state.node


def _one_line(text: str) -> str:
    return " ".join(text.split())


def _any_of(states: Sequence[int]) -> str:
    return " | ".join(f"s={state}" for state in states) or "false"


def _asked(name: str, formula: str, answer: float | None) -> str:
    return f'"{name}": {formula};' + ("" if answer is None else f"  // mpmflow: {answer!r}")
