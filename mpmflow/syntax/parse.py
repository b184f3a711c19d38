"""From a text to a tree, with every mistake reported in one pass.

The parser runs the LALR(1) tables that Lark computes from `grammars/mpm.lark`. Whenever a statement, a clause or an
outcome may begin, it marks the height of its stack. At a mistake it goes back to the innermost mark, passes over the
text to the end of that statement or clause, and reads on; so a broken line costs itself and nothing else. Four
mistakes are repaired rather than passed over, because passing over them would hide what follows:

* a misspelled word of the language is read as the word it resembles;
* a broken header whose block can still be found leads into that block, so that the lines in it are read;
* a missing `}` is supplied before the statement that cannot stand inside the block;
* a surplus `}` is dropped.

The machine itself is in `machine.py`; what is said of a mistake comes from `wrong.py`. The four repairs need each
other's view of the open blocks, so they stay together here, although that makes the module longer than others.

Time is linear in the length of the text, apart from mistakes, of which at most `MOST_ERRORS` are reported.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, get_args

from mpmflow.diagnostics.codes import diagnose
from mpmflow.diagnostics.diagnostic import Diagnostic, Note
from mpmflow.diagnostics.source import Source, Span
from mpmflow.diagnostics.suggest import distance, nearest
from mpmflow.syntax import tree
from mpmflow.syntax.build import DEPTH, Builder
from mpmflow.syntax.comments import Comment, comments_of
from mpmflow.syntax.grammar import Row, tables
from mpmflow.syntax.lexer import Lexer, Token, meant_date, vocabulary
from mpmflow.syntax.machine import Machine

__all__ = ["MOST_ERRORS", "MOST_TOKENS", "Parsed", "open_end", "parse", "probe"]

MOST_ERRORS = 200
"""How many mistakes are reported before the rest is left unread."""

MOST_TOKENS = 300_000
"""How many words, numbers and signs are read: some 20,000 lines. The tree and the model of a text take about a kilobyte
for each of them.
"""

_SEPARATORS = ("_NL", "_COMMA", "_CONT")
_WORD = re.compile(r"[^\W\d]\w*")
_SKIP = re.compile(
    r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"|"[^\n]*|\#[^\n]*|,(?:[^\S\n]*(?:\#[^\n]*)?\n)+|[{}(),\n]|[^"\#{}(),\n]+'
)
_BRACES = re.compile(r'"[^"\\\n]*(?:\\.[^"\\\n]*)*"|"[^\n{}]*|\#[^\n]*|[{}]')


@dataclass(frozen=True, slots=True)
class Parsed:
    """What came of a text: the tree of all that could be read, the mistakes in the order of the text, and what was
    passed over.

    `tokens` counts the words, numbers and signs that were read. `skipped` are the stretches that no statement of the
    tree holds. A name that was to be declared there is unknown to the tree without anybody's fault; see
    `mentions_skipped` and `damaged`.
    """

    source: Source
    tree: tree.File
    diagnostics: tuple[Diagnostic, ...] = ()
    skipped: tuple[Span, ...] = ()
    tokens: int = 0

    @property
    def comments(self) -> tuple[Comment, ...]:
        """All comments of the text, in order."""
        return comments_of(self.source)

    def damaged(self, span: Span | None) -> bool:
        """Whether a part of this stretch was passed over, so that what the tree says of it is not complete."""
        return span is not None and any(span.start <= gap.end and gap.start <= span.end for gap in self.skipped)

    def mentions_skipped(self, name: str) -> bool:
        """Whether a word stands in the text that was passed over: then it may well be declared there."""
        pattern = re.compile(rf"(?<!\w){re.escape(name)}(?!\w)")
        return any(pattern.search(gap.text) for gap in self.skipped)


@dataclass(slots=True)
class _Block:
    """A block that is being read: its brace, the word of its statement, and where its current line or clause began."""

    brace: Token | None
    kind: str
    mark: int
    begin: int
    misplaced: bool = False


def parse(source: Source) -> Parsed:
    """The tree of a text and all its syntax mistakes; never raises for what stands in the text.

    >>> from mpmflow.diagnostics.source import Source
    >>> parsed = parse(Source("a.mpm", 'team legal { people 1 }\\nteam { people 2 }\\n'))
    >>> [team.name.text for team in parsed.tree.statements], len(parsed.diagnostics)
    (['legal'], 1)
    """
    return _Parser(source).run()


def probe(source: Source) -> tuple[int, Token, str] | None:
    """The state of the parser, the token and the context at the first mistake of a text; None if it has none."""
    parser = _Parser(source)
    while True:
        token = parser.lexer.next(parser.states[parser.stack[-1]])
        if token.type == "$END":
            if parser.last is None or parser.last.type == "_NL":
                return None
            token = Token("_NL", "\n", token.start, token.end)
        if not parser._take(token):
            return parser.refusing(token.type), token, parser._context()


def open_end(source: Source) -> tuple[frozenset[str], Token | None, str, tuple[str, ...]]:
    """Where a text ends: the terminals that may follow, the token before, the context, and the words of the statements
    whose blocks are open. Mistakes on the way are mended as ever.
    """
    parser = _Parser(source)
    for _ in range(MOST_TOKENS):
        token = parser.lexer.next(parser.states[parser.stack[-1]])
        if token.type == "$END" or len(parser.diagnostics) >= MOST_ERRORS:
            break
        if not parser._take(token):
            parser._mend(token)
    able = frozenset(kind for kind in tables().terminals if parser.accepts(len(parser.stack), kind))
    return able, parser.last, parser._context(), tuple(block.kind for block in parser.blocks[1:])


class _TooManyError(Exception):
    """Enough mistakes for one text."""


class _TooLongError(Exception):
    """Enough words for one text."""


class _Parser(Machine):
    def __init__(self, source: Source) -> None:
        self.source = source
        self.text = source.text
        self.diagnostics: list[Diagnostic] = []
        super().__init__(Builder(source, self.diagnostics))
        self.lexer = Lexer(self.text, self._soft, self._bears)
        self.blocks = [_Block(None, "file", 1, 0)]
        self.skipped: list[Span] = []
        self.quiet_until = -1
        self.brackets = 0
        self.last: Token | None = None
        self._balance: int | None = None

    def run(self) -> Parsed:
        stack, states, lexer = self.stack, self.states, self.lexer
        tokens = 0
        try:
            while True:
                token = lexer.next(states[stack[-1]])
                tokens += 1
                if tokens > MOST_TOKENS:
                    raise _TooLongError
                if token.type == "$END":
                    if self._finish(token):
                        break
                elif not self._take(token):
                    self._mend(token)
        except _TooManyError:
            self.diagnostics[MOST_ERRORS:] = []
            here = self.lexer.position
            self.diagnostics.append(diagnose("too-many-errors", Span(self.source, here, here + 1), limit=MOST_ERRORS))
            file = self._emergency()
        except _TooLongError:
            here = self.lexer.position
            self.diagnostics.append(diagnose("too-long", Span(self.source, here - 1, here), limit=f"{MOST_TOKENS:,}"))
            file = self._emergency()
        else:
            file = self.values[0]
        self.diagnostics.sort(key=lambda diagnostic: diagnostic.sort_key)
        return Parsed(self.source, file, tuple(self.diagnostics), tuple(self.skipped), tokens)

    # --- the machine

    def _bears(self, *kinds: str) -> bool:
        """Whether terminals could be taken here; what the lexer asks where a word or a comma may be two things."""
        return self.accepts(len(self.stack), *kinds)

    def _take(self, token: Token) -> bool:
        """Feeds one token; False, with nothing changed, if it cannot stand here."""
        if not self.accepts(len(self.stack), token.type):
            return False
        self.shift(token)
        kind = token.type
        self.last = token
        if kind == "LBRACE":
            begin = self.blocks[-1].begin
            first = _WORD.search(self.text, begin)
            self.blocks.append(_Block(token, first.group() if first is not None else "", len(self.stack), token.end))
            if len(self.blocks) > DEPTH:
                self._too_deep(token)
        elif kind == "RBRACE":
            if len(self.blocks) > 1:
                self.blocks.pop()
        elif kind in _SEPARATORS:
            row = self.states[self.stack[-1]]
            follower = "RBRACE" if "RBRACE" in row else "$END"
            if follower in row:
                # What has been read is put together now, so that no later token can do it behind the mark.
                while (action := self.states[self.stack[-1]].get(follower, 0)) < 0:
                    if not self.rules[-action - 1][0].startswith("__"):
                        break
                    self.reduce(-action - 1)
                block = self.blocks[-1]
                block.mark = len(self.stack)
                block.begin = token.end
                self.brackets = 0
        elif kind == "LPAR":
            self.brackets += 1
            if self.brackets > DEPTH:
                self._too_deep(token)
        elif kind == "RPAR":
            self.brackets -= 1
        return True

    def _finish(self, token: Token) -> bool:
        """The end of the text: a last line end, the braces that are missing, and the file itself."""
        end = token.start
        if self.last is None or self.last.type != "_NL":
            line_end = Token("_NL", "\n", end, end)
            if not self._take(line_end):
                self._mend(line_end)
                return False
        if len(self.blocks) > 1:
            self._unclosed(self.blocks[-1], None)
            while len(self.blocks) > 1:
                self._close(end)
            return False
        while (action := self.states[self.stack[-1]].get("$END")) is not None and action < 0:
            self.reduce(-action - 1)
        return True

    def _emergency(self) -> tree.File:
        """The statements that stand on the stack when reading is broken off."""
        found: list[Any] = []
        for value in self.values:
            found += value if type(value) is list else [value]
        kinds = get_args(tree.Statement)
        statements = tuple(value for value in found if isinstance(value, kinds))
        self.skipped.append(Span(self.source, self.blocks[0].begin, len(self.text)))
        return tree.File(statements, Span(self.source, 0, len(self.text)))

    # --- reporting

    def _report(self, diagnostic: Diagnostic) -> None:
        self.diagnostics.append(diagnostic)
        if len(self.diagnostics) > MOST_ERRORS:
            raise _TooManyError

    def _soft(self, code: str, start: int, end: int, words: str) -> None:
        """A mistake that the lexer has read over."""
        if start < self.quiet_until:
            return
        span = Span(self.source, start, end)
        if code == "curly-quotes":
            self._report(diagnose(code, span, replacement=f'"{words[1:-1]}"', words=words[1:-1]))
        elif code == "wrong-arrow":
            self._report(diagnose(code, span, replacement="->", found=words))
        elif code == "wrong-date":
            self._report(diagnose(code, span, replacement=meant_date(words), found=words, example=meant_date(words)))
        elif code == "time-of-day":
            self._report(diagnose(code, span, replacement=words[:10], found=words, example=words[:10]))
        elif code == "nul-character":
            self._report(diagnose(code, span))
        else:
            self._report(diagnose(code, span))
            # What follows on the line has been swallowed by the text: it is no mistake of its own.
            line_end = self.text.find("\n", start)
            self.quiet_until = line_end + 1 if line_end >= 0 else len(self.text) + 1
            self.skipped.append(span)

    def _too_deep(self, token: Token) -> None:
        self._report(diagnose("too-deep", Span(self.source, token.start, token.end), limit=DEPTH))
        raise_at = self.blocks[0]
        del self.blocks[1:]
        self.cut(raise_at.mark)
        self._pass_over(raise_at, token.start, depth=None)

    def _unclosed(self, block: _Block, word: Token | None) -> None:
        assert block.brace is not None
        span = Span(self.source, block.brace.start, block.brace.end)
        if word is None:
            self._report(diagnose("unclosed-block", span))
            return
        place = Span(self.source, word.start, word.end)
        note = Note(place, f"`{word.text}` cannot stand inside of it")
        self._report(diagnose("unclosed-block", span, notes=[note], word=word.text, line=place.line))

    # --- mending

    def _mend(self, token: Token) -> None:
        """Does what is right after a token that cannot stand here. Each way out moves on in the text or on the
        stack.
        """
        block = self.blocks[-1]
        if token.type == "RBRACE" and len(self.blocks) == 1 and self._statement_complete():
            if not block.misplaced and token.start >= self.quiet_until:
                self._report(diagnose("surplus-brace", Span(self.source, token.start, token.end)))
            if self._balance is not None:
                self._balance += 1
            self.lexer.position = token.end
            return
        first = self._first_word(block)
        if self._supply_brace(block, first, token):
            return
        if token.start >= self.quiet_until and self._respell(token):
            return
        if not self._misplaced(block, first, token) and token.start >= self.quiet_until:
            self._explain(block, first, token)
        if self._into_block(block, token):
            return
        self.cut(block.mark)
        self._pass_over(block, token.start)

    def _statement_complete(self) -> bool:
        return self.accepts(len(self.stack), "_NL")

    def _first_word(self, block: _Block) -> Token | None:
        """The first word of the line or clause that is being read, if it begins with one."""
        at = block.begin
        text = self.text
        while at < len(text) and (text[at].isspace() or text[at] == "#"):
            if text[at] == "#":
                line_end = text.find("\n", at)
                at = line_end if line_end >= 0 else len(text)
            else:
                at += 1
        match = _WORD.match(text, at)
        return Token("NAME", match.group(), match.start(), match.end()) if match is not None else None

    def _context(self) -> str:
        """The word of the language that the current line begins with; in a line that begins with a name, that of its
        block.
        """
        block = self.blocks[-1]
        first = self._first_word(block)
        return first.text if first is not None and self._begins(block, first.text) else block.kind

    def _begins(self, block: _Block, word: str) -> bool:
        """Whether a word is a keyword that may begin a line or clause of a block."""
        row = self.states[self.stack[block.mark - 1]]
        return any(name in row for name in vocabulary().keywords.get(word, ()))

    def _supply_brace(self, block: _Block, first: Token | None, token: Token) -> bool:
        """A line that belongs to an outer block: closes what was left open before it, if braces are missing."""
        if first is None or len(self.blocks) == 1 or self._begins(block, first.text):
            return False
        if first.start != token.start:
            # `step launch` in a decision reads like an outcome called `step`, until the second word.
            between = self.text[first.end : token.start]
            if between.strip() or token.type not in ("NAME", "DOTTED", "STRING"):
                return False
        outer = next((n for n in range(len(self.blocks) - 2, -1, -1) if self._begins(self.blocks[n], first.text)), None)
        if outer is None or (self._missing() < len(self.blocks) - 1 - outer and not self._outdented(block, first)):
            return False
        self._unclosed(block, first)
        self.cut(block.mark)
        while len(self.blocks) > outer + 1:
            self._close(first.start)
        self._take(Token("_NL", "\n", first.start, first.start))
        self.lexer.position = first.start
        return True

    def _outdented(self, block: _Block, first: Token) -> bool:
        """Whether a line stands no deeper than the line that opened the block, although the block's first line does."""
        assert block.brace is not None
        opened = self._indent(block.brace.start)
        start = self.text.rfind("\n", 0, first.start) + 1
        inside = re.compile(r"\s*").match(self.text, block.brace.end)
        assert inside is not None
        alone = not self.text[start : first.start].strip()
        return alone and self._indent(first.start) <= opened < self._indent(inside.end())

    def _indent(self, at: int) -> int:
        """How many blanks begin the line of a place."""
        start = self.text.rfind("\n", 0, at) + 1
        line = self.text[start : at + 1]
        return len(line) - len(line.lstrip())

    def _close(self, at: int) -> None:
        """Supplies one closing brace."""
        if self._balance is not None:
            self._balance -= 1
        if not self._take(Token("RBRACE", "}", at, at)):
            block = self.blocks.pop()
            self.cut(self.blocks[-1].mark)
            self.skipped.append(Span(self.source, block.begin, at))

    def _missing(self) -> int:
        """How many closing braces the text has too few."""
        if self._balance is None:
            self._balance = 0
            for match in _BRACES.finditer(self.text):
                brace = match.group()
                self._balance += (brace == "{") - (brace == "}")
        return self._balance

    def _respell(self, token: Token) -> bool:
        """A word that is nearly a word of the language: reports it and reads it as that."""
        if token.type not in ("NAME", "DOTTED") or len(token.text) < 3:
            return False
        height = len(self.stack)
        row = self.states[self.stack[-1]]
        known = vocabulary()
        words = {word: name for name in row for word in known.words(name)}
        # Stricter than among names: a word that begins a clause is rarely far off.
        limit = 1 if len(token.text) <= 5 else 2
        near = nearest(token.text, (word for word in words if distance(token.text.lower(), word, limit) <= limit))
        if not near or not self.accepts(height, words[near[0]]):
            return False
        span = Span(self.source, token.start, token.end)
        block = self.blocks[-1]
        if self._at_begin(block, token):
            where = self._where(block)
            finding = diagnose(
                "unknown-statement", span, replacement=near[0], word=token.text, where=where, nearest=near
            )
        else:
            finding = diagnose("unknown-clause", span, replacement=near[0], word=token.text, nearest=near)
        self._report(finding)
        if not self._take(Token(words[near[0]], near[0], token.start, token.end)):
            self.cut(block.mark)
            self._pass_over(block, token.start)
        return True

    def _at_begin(self, block: _Block, token: Token) -> bool:
        first = self._first_word(block)
        return first is not None and first.start == token.start

    def _where(self, block: _Block) -> str:
        return _WHERE.get(block.kind) or f"in {_article(block.kind)}"

    def _misplaced(self, block: _Block, first: Token | None, token: Token) -> bool:
        """A known statement in a wrong place; a run of them is one mistake."""
        if first is None or first.start != token.start or self._begins(block, first.text):
            return False
        if block.kind in ("parallel", "first"):
            return False
        belongs = _BELONGS.get(first.text)
        if belongs is None:
            return False
        if not block.misplaced and token.start >= self.quiet_until:
            span = Span(self.source, token.start, first.end)
            facts: dict[str, Any] = {"word": first.text, "where": self._where(block), "belongs": belongs}
            brace = self.text.rfind("}", 0, token.start)
            if block.kind == "file" and brace >= 0 and self._missing() < 0:
                facts["line"] = self.source.place(brace)[0]
            self._report(diagnose("misplaced-statement", span, **facts))
        block.misplaced = True
        return True

    def _explain(self, block: _Block, first: Token | None, token: Token) -> None:
        from mpmflow.syntax.wrong import explain  # only a text with mistakes needs it

        height = len(self.stack)
        able = {kind for kind in self.states[self.stack[-1]] if kind.isupper() and self.accepts(height, kind)}
        code, facts = explain(
            self.source,
            state=self.refusing(token.type),
            able=able,
            token=token,
            last=self.last,
            first=first,
            context=self._context(),
            where=self._where(block),
            at_begin=first is not None and first.start == token.start,
        )
        start, end = token.start, token.end
        if token.type in ("_NL", "$END"):
            # Nothing stands where something is missing: the caret goes behind the last word.
            start = self.last.end if self.last is not None and self.last.type not in ("_NL", "LBRACE") else token.start
            end = start + 1
        elif token.type in _SEPARATORS or token.type in ("_LIST_COMMA", "_ROW", "CLEARS"):
            end = start + 1
        self._report(diagnose(code, Span(self.source, start, min(end, max(len(self.text), start))), **facts))

    def _into_block(self, block: _Block, token: Token) -> bool:
        """Goes from a broken header to its block, when it has one and the parser can be brought in front of it."""
        brace = self._find_brace(token.start)
        if brace is None:
            return False
        bottom = block.mark
        for height in range(min(len(self.stack), bottom + 40), bottom, -1):
            if self.accepts(height, "LBRACE"):
                self.cut(height)
                self._damage(token.start, brace)
                return True
        for missing in (("NAME",), ("STRING",)):
            for height in range(min(len(self.stack), bottom + 2), bottom, -1):
                if self.accepts(height, *missing, "LBRACE"):
                    self.cut(height)
                    for kind in missing:
                        self.shift(Token(kind, '""', -1, -1))
                    self._damage(block.begin, brace)
                    return True
        return False

    def _damage(self, start: int, brace: int) -> None:
        self.skipped.append(Span(self.source, start, brace))
        self.lexer.position = brace

    def _find_brace(self, start: int) -> int | None:
        """The opening brace of the statement that goes on at `start`, if it has one."""
        for match in _SKIP.finditer(self.text, start):
            piece = match.group()
            if piece == "{":
                return match.start()
            if piece in ("}", "\n"):
                return None
        return None

    def _pass_over(self, block: _Block, start: int, depth: int | None = 0) -> None:
        """Moves the lexer to the end of the line or clause that goes on at `start`.

        That is the next line end, closing brace or comma that is not inside braces or brackets opened on the way.
        `depth` None means that the text is nested too deep to be told apart: then the next line that begins a
        statement of the file is sought.
        """
        text = self.text
        at = len(text)
        if depth is None:
            match = _TOP_LINE.search(text, start)
            at = match.start() if match is not None else len(text)
        else:
            brackets = 0
            row = self.states[self.stack[-1]]
            for match in _SKIP.finditer(text, start):
                piece = match.group()
                if piece == "{":
                    depth += 1
                elif piece == "}":
                    if depth == 0:
                        at = match.start()
                        break
                    depth -= 1
                elif piece == "(":
                    brackets += 1
                elif piece == ")":
                    brackets -= 1
                elif piece == "\n":
                    if depth == 0:
                        at = match.start()
                        break
                    brackets = 0
                    if self._missing() > 0 and _TOP_LINE.match(text, match.start()):
                        at = match.start()
                        break
                elif (
                    piece[0] == ","
                    and depth == 0
                    and brackets <= 0
                    and "_COMMA" in row
                    and self._resumes(row, match.end())
                ):
                    at = match.start()
                    break
        begin = min(block.begin, start)
        self.skipped.append(Span(self.source, begin, max(at, start)))
        if at <= start and start == self.lexer.position and at < len(text):
            at = start + 1
        self.lexer.position = at

    def _resumes(self, row: Row, at: int) -> bool:
        """Whether a clause, outcome or setting may begin at this place."""
        while at < len(self.text) and self.text[at].isspace():
            at += 1
        match = _WORD.match(self.text, at)
        if match is None:
            return at < len(self.text) and self.text[at] == "}"
        if any(name in row for name in vocabulary().keywords.get(match.group(), ())):
            return True
        return "NAME" in row and not self.text.startswith('"', at)


def _article(word: str) -> str:
    return f"an {word}" if word[:1] in "aeiou" else f"a {word}"


_TOP = "import|workflow|metric|cause|indicator|objective|initiative|commitment|benchmark|data|scenario|test"
_TOP_LINE = re.compile(rf"\n(?=(?:{_TOP})\s)")

_WHERE = {"file": "at the top of a file", "first": "in a `first`", "data": "in `data`", "series": "in a series"}
_IN_WORKFLOW = "inside the braces of a workflow"
_ON_TOP = "at the top of the file, outside all braces"
_BELONGS = {
    **dict.fromkeys(
        (
            "step",
            "decision",
            "choose",
            "parallel",
            "first",
            "call",
            "start",
            "done",
            "scrap",
            "arrivals",
            "deadline",
            "priority",
        ),
        _IN_WORKFLOW,
    ),
    **dict.fromkeys(_TOP.split("|"), _ON_TOP),
    **dict.fromkeys(("team", "partner", "handoff"), "at the top of the file or inside a workflow"),
    "branch": "inside the braces of a `parallel` or a `first`",
    "log": "inside the braces of `data`",
    "series": "inside the braces of `data`",
    "given": "inside the braces of a test",
    "examples": "inside the braces of a test",
    "warn": "inside the braces of an indicator",
    "alert": "inside the braces of an indicator",
}
