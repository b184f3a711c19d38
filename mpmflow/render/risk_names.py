"""What the note of an evaluation calls its sources: in full where one comes up first, briefly from then on.

The label of a decision is a question, and most sources are a wait or an outcome of one; written out each time, the
questions would drown the figures. So the first mention brings a short name, `wait before “Is it fit to be paid?”
(“payable”)`, and later ones use it: `wait at “payable”`. The short name is that of the file, where a reader finds it.
"""

from __future__ import annotations

import re

from mpmflow.analysis.risk.evaluation import Evaluation

SHORT = 24
"""Labels up to this many characters need no short name."""
OPEN = "Open cases: "
DERIVED = ("Wait before: ", "Time of: ", "Arrivals: ", OPEN, "Rounds of: ", "Load: ")
FIRST = {"wait": "wait before", "time": "time of", "arrivals": "arrivals of", "delay": "delay after"}
LATER = {"wait": "wait at", "time": "time of", "arrivals": "arrivals of", "delay": "delay after"}
UNDERSCORED = re.compile(r"(?<![\w.])[A-Za-z]\w*_\w+(?![\w.]*\w)")
DOTTED = re.compile(r"\b[A-Za-z_]\w*\.[A-Za-z_]\w*\b")


class Names:
    """The names of one note; it remembers which short ones the reader has met."""

    def __init__(self, evaluation: Evaluation) -> None:
        self.labels = evaluation.labels
        self.watching = {row.measures: row.name for row in evaluation.indicators if row.measures is not None}
        self.known = {row.name for row in evaluation.indicators} | {row.name for row in evaluation.metrics}
        self.met: set[str] = set()

    def full(self, name: str) -> str:
        """Everything written out: `wait before “Is it fit to be paid?”`, or the label that somebody gave."""
        own = self._own_label(name)
        if own is not None:
            return own
        node, _, aspect = name.partition(".")
        if self._counts_open(name):
            return f"open cases of “{self._title(node)}”"
        return self._around(self._title(node), aspect, FIRST)

    def brief(self, name: str) -> str:
        """With the short name: `wait at “payable”`."""
        own = self._own_label(name)
        if own is not None:
            return own if len(own) <= SHORT else f"“{words(self.watching.get(name, name))}”"
        node, _, aspect = name.partition(".")
        title = self._title(node)
        if self._counts_open(name):
            return f"open cases of “{title if len(title) <= SHORT else words(node)}”"
        return self._around(title if len(title) <= SHORT else words(node), aspect, LATER)

    def __call__(self, name: str) -> str:
        """In full with the short name behind it the first time, briefly from then on."""
        key = name if self._own_label(name) is not None else name.partition(".")[0]
        label = self._own_label(name) or self._title(key)
        if key in self.met or len(label) <= SHORT:
            return self.brief(name)
        self.met.add(key)
        short = words(self.watching.get(name, name) if key == name else key)
        return f"{self.full(name)} (“{short}”)"

    def here(self, name: str, at: str) -> str:
        """A source in a table's row: of what belongs to the place of the row itself, only what it is."""
        node, _, aspect = name.partition(".")
        if node == at and aspect in ("wait", "time"):
            return f"its own {aspect}"
        return self(name)

    def in_words(self, text: str) -> str:
        """A text whose dotted names are said in words, each with the dotted name behind it at its first mention."""
        told: set[str] = set()

        def said(match: re.Match[str]) -> str:
            name = match.group()
            node, _, aspect = name.partition(".")
            if node not in self.labels or name.endswith((".csv", ".gz", ".mpm")):
                return name
            if name not in self.known and aspect not in FIRST:
                return f"“{words(aspect)}”"
            first = name not in told and aspect != "arrivals"
            told.add(name)
            return f"{self.brief(name)} ({name})" if first else self.brief(name)

        def node_said(match: re.Match[str]) -> str:
            name = match.group()
            if name not in self.labels or name in self.known:
                return self.labels.get(name, name)
            return f"“{words(name)}”"

        return UNDERSCORED.sub(node_said, DOTTED.sub(said, text))

    def _own_label(self, name: str) -> str | None:
        """The label that somebody gave an indicator or metric, not one made of its node's."""
        node, dot, _ = name.partition(".")
        label = self.labels.get(name, "")
        if not dot:
            return label or words(name)
        made = not label or label.startswith(DERIVED) or label.startswith(f"{self._title(node)} ")
        return None if made else label

    def _counts_open(self, name: str) -> bool:
        """Whether it is the open cases of a workflow; a decision may have an outcome that is called `open`."""
        return name.endswith(".open") and self.labels.get(name, "").startswith(OPEN)

    def _title(self, node: str) -> str:
        return self.labels.get(node, words(node))

    def _around(self, title: str, aspect: str, ways: dict[str, str]) -> str:
        if not aspect:
            return title
        return f"{ways[aspect]} “{title}”" if aspect in ways else f"“{words(aspect)}” at “{title}”"


def words(name: str) -> str:
    """A name of the file as words.

    >>> words("administration_ok")
    'administration ok'
    """
    return name.replace("_", " ")
