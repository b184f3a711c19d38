"""From characters to tokens, in the light of what the parser could accept next.

Lark's contextual lexer compiles one scanner for each state of the parser; with a thousand states that costs more time
than reading a file. This lexer knows the same terminals from the same grammar and asks the same question ("which of
them may stand here?"), but cuts the text with a single pattern and decides afterwards what a word is.
`tests/syntax/test_lexer.py` holds the two against each other.

A few mistakes of the hand are read as what they were meant to be, and reported: curly quotation marks, other arrows,
other dates, a text that is not closed.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache

from mpmflow.syntax.grammar import Row, Tables, tables

__all__ = ["Lexer", "Token", "Vocabulary", "vocabulary"]


class Token:
    """One word, number, text or sign: its terminal, its characters, and its offsets in the source."""

    __slots__ = ("end", "start", "text", "type")

    def __init__(self, type: str, text: str, start: int, end: int) -> None:
        self.type = type
        self.text = text
        self.start = start
        self.end = end

    def __repr__(self) -> str:
        return f"Token({self.type}, {self.text!r}, {self.start})"


_PIECES = re.compile(
    r"""
    (?P<blank>[^\S\n]+|\#[^\n]*)
  | (?P<lines>(?:\n[^\S\n]*(?:\#[^\n]*)?)+)
  | (?P<word>[^\W\d]\w*(?:\.[^\W\d]\w*)*)
  | (?P<hours>\d{1,2}:\d{2}-\d{1,2}:\d{2}(?!\w))
  | (?P<moment>\d{4}-\d{2}-\d{2}(?:T|[^\S\n]+)\d{1,2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?(?![\w:]))
  | (?P<date>\d{4}-\d{2}-\d{2}(?![\w-]))
  | (?P<baddate>\d{1,2}(?:\.\d{1,2}\.|/\d{1,2}/)\d{4}(?!\w)|\d{4}(?:/\d{1,2}/|-\d{1,2}-|\.\d{1,2}\.)\d{1,2}(?!\w))
  | (?P<percent>\d[\d_]*(?:\.\d+)?[^\S\n]*%)
  | (?P<number>\d[\d_]*(?:\.\d+)?(?:[eE][+-]?\d+(?!\w))?(?:[^\W\d_]\w*(?:/[^\W\d]\w*)*)?)
  | (?P<string>"[^"\\\n]*(?:\\.[^"\\\n]*)*")
  | (?P<open>"[^\n]*)
  | (?P<comma>,(?:[^\S\n]*(?:\#[^\n]*)?\n)*)
  | (?P<badarrow>=>|→|⇒|➔|➜|--{1,3}>|[\u2013\u2014]{1,2}>)
  | (?P<curly>[“”„«][^“”«»\n]*[“”»])
  | (?P<sign><=|>=|!=|==|[<>+\-*/^=(){}|%])
  | (?P<stray>.)
    """,
    re.VERBOSE,
)

_SIGNS = {"+": "SIGN", "-": "SIGN", "*": "TIMES", "/": "TIMES", "%": "UNIT"}
_COMPARISONS = ("<=", ">=", "!=", "==", "<", ">")
_GROUP = re.compile(r"^\(\?:([\w|]+)\)\(\?!\\w\)$")
_FIRST_WORD = re.compile(r"^(?:\(\?:([a-z|]+)\)|([a-z]+))")
_OPEN_TAIL = re.compile(r"\s*[{}]?\s*$")

_BEHIND_UNIT = re.compile(
    r"[^\S\n]*(?:[\n,})|+\-*<>=!#]|$|(?:per|to|for|and|or|in|adds|x|every)\b|(?:by|at|from)[^\S\n]+\d)"
)
"""What may stand behind a figure with its unit, wherever figures stand."""

_BEFORE_NUMBER = re.compile(r"[^\S\n]*\d")

Report = Callable[[str, int, int, str], None]
"""Takes a code, the offsets of the words, and the words: how a lexer tells of a mistake that it has read over."""

Accepts = Callable[..., bool]
"""Whether the parser could take these terminals here, one after the other: its row of actions may hold more than its
stack bears out."""


def meant_date(words: str) -> str:
    """The date that was probably meant, year first; of two readings the day comes first, as with dots.

    >>> meant_date("30.6.2026"), meant_date("6/30/2026"), meant_date("2026/6/30")
    ('2026-06-30', '2026-06-30', '2026-06-30')
    """
    parts = [int(part) for part in re.split(r"[./-]", words) if part]
    if parts[0] > 31:
        year, month, day = parts
    else:
        day, month, year = parts
        if month > 12:
            day, month = month, day
    return f"{year:04}-{month:02}-{day:02}"


class Vocabulary:
    """The terminals of the grammar, arranged for looking up words.

    `keywords` gives, for a word, the terminals that it may be in itself; `guarded` those that also look at what
    follows.
    """

    def __init__(self, known: Tables) -> None:
        self.keywords: dict[str, tuple[str, ...]] = {}
        self.guarded: dict[str, tuple[tuple[str, re.Pattern[str]], ...]] = {}
        self.signs: dict[str, str] = dict.fromkeys(_COMPARISONS, "COMPARISON") | _SIGNS
        self.patterns: dict[str, re.Pattern[str]] = {}
        self.texts: dict[str, str] = {}
        for name, (text, pattern) in known.terminals.items():
            if text is not None:
                if text.isidentifier():
                    self._add(text, name)
                else:
                    self.signs[text] = name
            elif pattern is not None:
                if group := _GROUP.match(pattern):
                    for word in group.group(1).split("|"):
                        self._add(word, name)
                else:
                    self.patterns[name] = re.compile(pattern)
        for name in ("ALLOW", "SEEN", "SPREAD", "NO", "BY_DATE", "BOUND", "QUERY", "BEGUN", "IGNORE"):
            first = _FIRST_WORD.match(self.patterns[name].pattern)
            assert first is not None
            for word in (first.group(1) or first.group(2)).split("|"):
                self.guarded[word] = (*self.guarded.get(word, ()), (name, self.patterns[name]))

    def _add(self, word: str, name: str) -> None:
        self.keywords[word] = (*self.keywords.get(word, ()), name)
        self.texts.setdefault(name, word)

    def words(self, terminal: str) -> tuple[str, ...]:
        """The words of a terminal that is a keyword or a group of them; none for names, numbers and signs."""
        found = tuple(word for word, names in self.keywords.items() if terminal in names)
        return found or tuple(
            word for word, pairs in self.guarded.items() if any(name == terminal for name, _ in pairs)
        )


@cache
def vocabulary() -> Vocabulary:
    """The vocabulary of the grammar, arranged once in a process."""
    return Vocabulary(tables())


class Lexer:
    """Cuts one text into tokens; `position` may be moved, to read on elsewhere after a mistake."""

    def __init__(self, text: str, report: Report, accepts: Accepts) -> None:
        self.text = text
        self.position = 0
        self._brackets = 0  # open round ones: a comma in there separates arguments, never clauses
        self._report = report
        self._accepts = accepts
        self._unitless = False  # whether the last token was a number without a unit
        known = vocabulary()
        self._keywords = known.keywords
        self._guarded = known.guarded
        self._signs = known.signs
        self._list_comma = known.patterns["_LIST_COMMA"].match
        self._cont = known.patterns["_CONT"].match
        self._clears = known.patterns["CLEARS"].match
        self._unit = known.patterns["UNIT"].match
        self._code = known.patterns["CODE"].match
        self._days = known.patterns["DAYS"].match
        self._ratio = known.patterns["RATIO"].match
        self._row_end = known.patterns["_ROW"].match

    def next(self, row: Row) -> Token:
        """The next token, as the state with these actions would read it; `$END` at the end of the text."""
        text = self.text
        match = _PIECES.match(text, self.position)
        while match is not None and match.lastgroup == "blank":
            match = _PIECES.match(text, match.end())
        if match is None:
            self.position = len(text)
            return Token("$END", "", len(text), len(text))
        start, end = match.span()
        kind = match.lastgroup
        if kind == "word":
            token = self._word(match.group(), start, end, row)
        elif kind == "lines":
            table_row = self._row_end(text, start) if "_ROW" in row else None
            if table_row is not None:
                token = Token("_ROW", "|", start, table_row.end())
            else:
                token = Token("_NL", "\n", start, end)
                self._brackets = 0
        elif kind == "number":
            token = self._number(match.group(), start, end, row)
        elif kind == "sign":
            found = match.group()
            if found == "-" and text.startswith("->", start):
                token = Token("ARROW", "->", start, start + 2)
            else:
                token = Token(self._signs[found], found, start, end)
                if found in "(){}":
                    self._brackets = max(0, self._brackets + {"(": 1, ")": -1}.get(found, -self._brackets))
        elif kind == "comma":
            token = self._comma(start, end, row)
        elif kind == "string":
            if "\0" in match.group():
                self._report("nul-character", start, end, match.group())
            token = Token("STRING", match.group(), start, end)
        else:
            token = self._rest(kind or "stray", match.group(), start, end)
        self.position = token.end
        self._unitless = token.type in ("NUMBER", "RATIO") and token.text[-1:] in "0123456789kM"
        return token

    def _word(self, word: str, start: int, end: int, row: Row) -> Token:
        for name, pattern in self._guarded.get(word, ()):
            if name in row:
                match = pattern.match(self.text, start)
                if match is not None:
                    return Token(name, match.group(), start, match.end())
        names = self._keywords.get(word)
        if names is not None:
            for name in names:
                if name in row:
                    if "UNIT" in row and self._unitless and not self._accepts(name, "_NL"):
                        unit = self._unit_here(start, name)
                        if unit is not None:
                            return unit
                    return Token(name, word, start, end)
        if word == "clears" and "CLEARS" in row:
            return Token("CLEARS", word, start, end)
        if "." in word:
            if "DOTTED" not in row and "NAME" in row:
                end = start + word.index(".")
                return Token("NAME", word[: end - start], start, end)
            return Token("DOTTED", word, start, end)
        if "DAYS" in row:
            days = self._days(self.text, start)
            if days is not None:
                return Token("DAYS", days.group(), start, days.end())
        if "NAME" not in row:
            for name, match_word in (("CODE", self._code), ("UNIT", self._unit)):
                if name in row:
                    match = match_word(self.text, start)
                    if match is not None and match.end() >= end:
                        return Token(name, match.group(), start, match.end())
        return Token("NAME", word, start, end)

    def _number(self, digits: str, start: int, end: int, row: Row) -> Token:
        if "RATIO" in row and (match := self._ratio(self.text, start)) is not None:
            return Token("RATIO", match.group(), start, match.end())
        if digits == "1" and "UNIT" in row and (match := self._unit(self.text, start)) is not None:
            return Token("UNIT", match.group(), start, match.end())  # `3 1/w`
        return Token("NUMBER", digits, start, end)

    def _unit_here(self, start: int, keyword: str) -> Token | None:
        """A word that begins a clause elsewhere, read as the unit of the figure before it, if it looks like one.

        What looks like the clause is left to be reported as one that has no place here. `people`, the one count among
        these words, has a number behind it where it is a clause.
        """
        match = self._unit(self.text, start)
        if match is None:
            return None
        end = match.end()
        if keyword == "PEOPLE":
            is_unit = not self._accepts(keyword) and _BEFORE_NUMBER.match(self.text, end) is None
        else:
            is_unit = _BEHIND_UNIT.match(self.text, end) is not None
        return Token("UNIT", match.group(), start, end) if is_unit else None

    def _comma(self, start: int, end: int, row: Row) -> Token:
        text = self.text
        if self._brackets and "_COMMA" in row:
            return Token("_COMMA", ",", start, end)
        if "CLEARS" in row and (match := self._clears(text, start)) is not None and self._accepts("CLEARS"):
            return Token("CLEARS", match.group(), start, match.end())
        if "_LIST_COMMA" in row and self._list_comma(text, start) is not None and self._accepts("_LIST_COMMA"):
            return Token("_LIST_COMMA", ",", start, end)
        if "_CONT" in row and self._cont(text, start) is not None and self._accepts("_CONT"):
            return Token("_CONT", ",", start, end)
        return Token("_COMMA", ",", start, end)

    def _rest(self, kind: str, found: str, start: int, end: int) -> Token:
        if kind == "percent":
            return Token("PERCENT", found, start, end)
        if kind == "date":
            return Token("DATE", found, start, end)
        if kind == "hours":
            return Token("HOURS", found, start, end)
        if kind == "baddate":
            self._report("wrong-date", start, end, found)
            return Token("DATE", meant_date(found), start, end)
        if kind == "moment":
            self._report("time-of-day", start, end, found)
            return Token("DATE", found[:10], start, end)
        if kind == "badarrow":
            self._report("wrong-arrow", start, end, found)
            return Token("ARROW", "->", start, end)
        if kind == "curly":
            self._report("curly-quotes", start, end, found)
            return Token("STRING", '"' + found[1:-1].replace("\\", "\\\\").replace('"', '\\"') + '"', start, end)
        if kind == "open":
            tail = _OPEN_TAIL.search(found)
            end = start + (tail.start() if tail is not None else len(found))
            end = max(end, start + 1)
            self._report("unclosed-string", start, end, found)
            return Token("STRING", self.text[start:end] + '"', start, end)
        return Token("stray", found, start, end)
