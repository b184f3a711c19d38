"""Texts of others made harmless: as words of Markdown, and as cells that a spreadsheet does not take for a formula."""

from __future__ import annotations

import re
import unicodedata

_BLANK = re.compile(r"[\s\x00-\x1f\x7f-\x9f\u2028\u2029]+")
_UNSEEN = re.compile("[\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]")
_ALWAYS = re.compile(r"[\\`*\[\]|~$@]|<(?=[a-zA-Z/!?])")
_WORD_END = re.compile(r"(?<![^\W_])_|_(?![^\W_])")
_ENTITY = re.compile(r"&(?=#?\w+;)")
_ADDRESS = re.compile(r":(?=//)|(?<=www)\.", re.IGNORECASE)
_NUMBERED = re.compile(r"\A(\d{1,9})([.)])(?=\s|\Z)")
_BEGINS = re.compile(r"#{1,6}(?=\s|\Z)|[-+](?=\s|\Z)|>|[-=]+\s*\Z")
_FORMULA = re.compile("(^|;)(?=\\s*['=+\\-@\uff1d\uff0b\uff0d\uff20])")


def one_line(text: str) -> str:
    """A text without line ends, control characters, and what is not seen but turns the direction of what follows.

    >>> one_line("late\\n claims\\x07 \\u202e5%")
    'late claims 5%'
    """
    return _BLANK.sub(" ", _UNSEEN.sub("", text)).strip()


def markdown_text(text: str) -> str:
    r"""A text as Markdown that means these words and nothing else: no link, tag, code, heading, list or table cell.

    What needs no mark gets none, so that the text can be read as it stands.

    >>> print(markdown_text("cost per lead: 42 eur"))
    cost per lead: 42 eur
    >>> print(markdown_text("# 1"), markdown_text("1. one"), markdown_text("- 5"), markdown_text("-5 %"))
    \# 1 1\. one \- 5 -5 %
    """
    words = _NUMBERED.sub(r"\1\\\2", markdown_cell(text))
    return f"\\{words}" if _BEGINS.match(words) else words


def markdown_cell(text: str) -> str:
    r"""The same for the cell of a table, where no heading or list can begin.

    >>> print(markdown_cell("a|b `rm` <script> [x](https://x.y) *so* cpl_june < 1%"))
    a\|b \`rm\` \<script> \[x\](https\://x.y) \*so\* cpl_june < 1%
    """
    words = _ALWAYS.sub(r"\\\g<0>", one_line(text))
    words = _WORD_END.sub(r"\_", words)
    words = _ENTITY.sub(r"\&", words)
    return _ADDRESS.sub(r"\\\g<0>", words)


def cell(text: str) -> str:
    """A text as a cell that no spreadsheet computes: an apostrophe stands before what would begin a formula.

    That holds behind a semicolon too, which separates cells for half of Europe. Take one apostrophe away at the start
    and behind each semicolon, and the text is what it was.

    >>> cell("=HYPERLINK(1)"), cell("-5 %"), cell("late claims"), cell("a;=1")
    ("'=HYPERLINK(1)", "'-5 %", 'late claims', "a;'=1")
    """
    return _FORMULA.sub(r"\1'", one_line(text))


def uncelled(text: str) -> str:
    """What a cell was made of.

    >>> uncelled(cell("=1;+2")), uncelled(cell("'quoted'"))
    ('=1;+2', "'quoted'")
    """
    return re.sub("(^|;)'", r"\1", text)


def wide(text: str) -> int:
    """How many columns a text takes where all letters are alike wide.

    >>> wide("late"), wide("遅れ")
    (4, 4)
    """
    return sum(
        0 if unicodedata.combining(letter) else 2 if unicodedata.east_asian_width(letter) in "WF" else 1
        for letter in text
    )
