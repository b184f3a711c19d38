"""Which event of a log shows what: the activities that steps, decisions and outcomes claim.

A statement claims activities by `seen as`; one without it is known by its label or its name. What an event shows is a
*mark*: the name of a node, or the id of an outcome (`legal_ok.fix`).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from mpmflow.model.process import Call, Choose, Decision, Step, Work, Workflow


@dataclass(frozen=True, slots=True)
class Claim:
    """A mark's claim on activities; each column of `where` narrows it to the rows that have that value there."""

    mark: str
    activities: tuple[str, ...]
    where: tuple[tuple[str, str], ...] = ()

    def holds(self, activity: str, cells: dict[str, str]) -> bool:
        """Whether an event of this activity, with these cells, is claimed."""
        return activity in self.activities and all(cells.get(column) == value for column, value in self.where)


@dataclass(frozen=True, slots=True)
class Claims:
    """Every mark that a log can show.

    Attributes:
        explicit: claims by `seen as`, in the order of the text, the narrowest by `where` first.
        names: what other marks are called, each plainly written (see `plain`) -> the mark.
        disputed: activities that several marks claim, with the marks; the first has them.
        ignored: activities that the `data` block says to ignore, plainly written; one that is `seen as` something is
            not ignored.
    """

    explicit: tuple[Claim, ...]
    names: dict[str, str]
    disputed: tuple[tuple[str, tuple[str, ...]], ...]
    ignored: frozenset[str] = frozenset()

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that some claim looks at beside the activity, sorted."""
        return tuple(sorted({column for claim in self.explicit for column, _ in claim.where}))

    def mark(self, activity: str, cells: dict[str, str]) -> str | None:
        """What an event shows, None when nobody claims it; `cells` are the values of `columns`."""
        for claim in self.explicit:
            if claim.holds(activity, cells):
                return claim.mark
        return self.name(activity)

    def name(self, activity: str) -> str | None:
        """The mark that is called like this activity, None when there is none."""
        called = plain(activity)
        return None if called in self.ignored else self.names.get(called)


def plain(text: str) -> str:
    """A name as it is compared: without case, underscores as blanks, blanks single.

    >>> plain("Write_copy") == plain(" write  COPY ")
    True
    """
    return " ".join(text.replace("_", " ").casefold().split())


def claims(workflows: Iterable[Workflow], ignored: Iterable[str] = ()) -> Claims:
    """The claims of workflows on the activities of a log, of which some are `ignored`.

    An outcome without `seen as` is known by its label or its id; by its bare name only where nothing else has it.

    >>> workflow = Workflow(name="w", body=[Step(name="write_copy", label="Write the copy")])
    >>> claims([workflow]).mark("Write copy", {}), claims([workflow]).mark("write the copy", {})
    ('write_copy', 'write_copy')
    """
    explicit: list[Claim] = []
    named: list[tuple[int, str, str]] = []
    for workflow in workflows:
        for node in workflow.nodes():
            if isinstance(node, Work) and node.seen_as:
                explicit.append(Claim(node.name, node.seen_as.activities, node.seen_as.where))
            elif isinstance(node, Step | Decision | Choose | Call):
                named += [(0, node.name, node.name), (1, node.label or "", node.name)]
            for outcome in node.outcomes if isinstance(node, Decision | Choose) else ():
                mark = f"{node.name}.{outcome.name}"
                if outcome.seen_as:
                    explicit.append(Claim(mark, outcome.seen_as.activities, outcome.seen_as.where))
                else:
                    named += [(0, mark, mark), (1, outcome.label or "", mark), (2, outcome.name, mark)]
    names: dict[str, str] = {}
    for rank in (0, 1, 2):
        wanted: dict[str, set[str]] = {}
        for level, name, mark in named:
            if level == rank and name and plain(name) not in names:
                wanted.setdefault(plain(name), set()).add(mark)
        names |= {name: min(marks) for name, marks in wanted.items() if len(marks) == 1}
    explicit.sort(key=lambda claim: -len(claim.where))
    return Claims(tuple(explicit), names, tuple(_disputes(explicit)), frozenset(plain(name) for name in ignored))


def _disputes(explicit: list[Claim]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Activities that two claims have in common although no `where` tells them apart."""
    holders: dict[tuple[str, tuple[tuple[str, str], ...]], list[str]] = {}
    for claim in explicit:
        for activity in claim.activities:
            holders.setdefault((activity, tuple(sorted(claim.where))), []).append(claim.mark)
    for (activity, _), marks in holders.items():
        if len(set(marks)) > 1:
            yield activity, tuple(dict.fromkeys(marks))
