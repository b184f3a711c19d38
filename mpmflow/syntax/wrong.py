"""The sentence for a mistake in the grammar.

`grammars/wrong.toml` holds malformed snippets, each with the sentence that it must earn. At the first mistake the
snippets are run through the parser once, and each is remembered by the parser's state and the token at which it
failed; a mistake in a real text is then looked up by its own state and token: first with the token's very words, then
with its kind, then by the state alone. (The idea is that of Menhir's and Lark's error examples: a state of the parser
knows what was being said.)

What no snippet covers gets a sentence made from what the parser could have taken instead, in the words of the language.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection
from dataclasses import dataclass
from functools import cache
from typing import Any

from mpmflow.diagnostics.source import Source
from mpmflow.diagnostics.suggest import nearest
from mpmflow.syntax.grammar import grammar_file
from mpmflow.syntax.lexer import Token, vocabulary

__all__ = ["Entry", "Lesson", "entries", "explain", "lessons"]


_FACT = re.compile(r"\{(found|word|last|first|where)\}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One lesson of `wrong.toml`: whole texts that must earn it, and its words."""

    code: str
    texts: tuple[str, ...]
    say: str
    help: str
    match: str


@dataclass(frozen=True, slots=True)
class Lesson:
    """A sentence and a cure, templates both, under the code of their theme."""

    code: str
    say: str
    help: str


_LINE_END = "the end of the line"

Key = tuple[int | str, ...]


@cache
def entries() -> tuple[Entry, ...]:
    """All lessons in the order of the file, each snippet set into its surroundings."""
    plain = tomllib.loads(grammar_file("wrong.toml"))
    frames: dict[str, str] = plain["within"]
    return tuple(
        Entry(
            code=entry["code"],
            texts=tuple(text for snippet in entry["wrong"] for text in _set(frames[entry["in"]], snippet)),
            say=entry["say"],
            help=entry.get("help", ""),
            match=entry.get("match", "kind"),
        )
        for entry in plain["lesson"]
    )


def _set(frame: str, snippet: str) -> tuple[str, ...]:
    """A snippet in its surroundings: on a line of its own and, in a block, alone on the line of the braces."""
    texts = [frame.replace("@", snippet)]
    if "{\n@\n}" in frame and "\n" not in snippet:
        texts.append(frame.replace("{\n@\n}", "{ @ }").replace("@", snippet))
    return tuple(texts)


@cache
def lessons() -> dict[Key, Lesson]:
    """The lessons by where the parser failed. Takes a few milliseconds, once, when the first mistake is met."""
    from mpmflow.syntax.parse import probe

    found: dict[Key, Lesson] = {}
    for entry in entries():
        lesson = Lesson(entry.code, entry.say, entry.help)
        for text in entry.texts:
            failure = probe(Source("wrong.toml", text))
            if failure is None:
                continue
            state, token, context = failure
            for key in _keys(state, token, context, entry.match):
                found.setdefault(key, lesson)
    return found


def _keys(state: int, token: Token, context: str, match: str) -> tuple[Key, ...]:
    """The keys of a failure, the narrowest first. Several rules may share a state: the statement's word tells them
    apart.
    """
    words: tuple[Key, ...] = ((context, state, token.type, token.text), (state, token.type, token.text))
    kinds: tuple[Key, ...] = ((context, state, token.type), (state, token.type))
    states: tuple[Key, ...] = ((context, state), (state,))
    return {"words": words, "kind": words + kinds, "state": words + kinds + states}[match]


def explain(
    source: Source,
    *,
    state: int,
    able: Collection[str],
    token: Token,
    last: Token | None,
    first: Token | None,
    context: str,
    where: str,
    at_begin: bool,
) -> tuple[str, dict[str, Any]]:
    """The code of a mistake and the facts for its templates.

    `state` and `token` are where the parser failed, `able` the terminals that it could have taken, `last` the token
    before, `first` the first word of the line or clause, `context` the word of the language that it begins with or
    that opened the block, `where` the surroundings in words, `at_begin` whether the token begins the clause.
    """
    facts: dict[str, Any] = {
        "found": _found(token),
        "word": token.text,
        "last": last.text if last is not None else "",
        "first": first.text if first is not None else "",
        "where": where,
    }
    known = lessons()
    for key in _keys(state, token, context, "kind" if token.type == "stray" else "state"):
        lesson = known.get(key)
        if lesson is not None:
            return lesson.code, facts | {"sentence": _fill(lesson.say, facts), "cure": _fill(lesson.help, facts)}
    if token.type == "stray":
        return "stray-character", {"found": token.text, "cure": _STRAY.get(token.text, "")}
    if at_begin and token.type in ("NAME", "DOTTED") and "NAME" not in able:
        words = sorted({word for kind in able for word in vocabulary().words(kind)})
        near = nearest(token.text, words)
        return "unknown-statement", {
            "word": token.text,
            "where": where,
            "nearest": near,
            "known": () if near else tuple(words),
            "where_known": "" if near else ("a line" if where.startswith("at") else "a line there"),
        }
    forms = _forms(able)
    after = _after(last)
    listed = ", ".join(forms[:-1]) + (" or " if len(forms) > 1 else "") + forms[-1] if forms else "something else"
    sentence = (
        f"{after}{listed} can follow, not {_found(token)}" if after else f"{listed} can stand here, not {_found(token)}"
    )
    return "unexpected", {"sentence": _ends(sentence), "cure": ""}


def _fill(template: str, facts: dict[str, Any]) -> str:
    """Like `wording.fill`, but braces that name no fact are braces: lessons show blocks."""
    return _ends(_FACT.sub(lambda match: str(facts[match.group(1)]), template))


def _ends(sentence: str) -> str:
    """Nobody writes an end of a line: the line ends, that is all."""
    return sentence.replace(f", not {_LINE_END}", ", but the line ends here")


def _found(token: Token) -> str:
    if token.type in ("_NL", "$END", "_ROW"):
        return _LINE_END
    if token.type in ("_COMMA", "_CONT", "_LIST_COMMA"):
        return "a comma"
    if token.type == "STRING":
        return f"the text {token.text}" if len(token.text) <= 40 else "a text in quotation marks"
    return f"`{token.text}`"


def _after(last: Token | None) -> str:
    if last is None or last.type == "_NL":
        return ""
    if last.type in ("_COMMA", "_CONT", "_LIST_COMMA"):
        return "after the comma "
    if last.type == "STRING" and len(last.text) > 40:
        return "after the text "
    return f"after {last.text} " if last.type == "STRING" else f"after `{last.text}` "


_STRAY = {
    ";": "separate clauses by commas, and statements by lines",
    ":": "a clause needs no colon: write the word, a blank, and the value",
    "'": 'a text stands between "straight double" quotation marks',
    "`": 'a text stands between "straight double" quotation marks',
    "€": "write the currency as a word behind the number: `400 eur`",
    "$": "write the currency as a word behind the number: `400 usd`",
    "£": "write the currency as a word behind the number: `400 gbp`",
    "[": "a block stands in braces `{ }`, an argument in brackets `( )`",
    "]": "a block stands in braces `{ }`, an argument in brackets `( )`",
    "≥": "write `at least` in a target, `above` in a rule, `>=` in a formula",
    "≤": "write `at most` in a target, `below` in a rule, `<=` in a formula",
    "&": "write `and`",
    "!": "write `not`",
    "?": "a question stands in quotation marks",
    "\N{MULTIPLICATION SIGN}": "write `x` in a list of given values, `*` in a formula",
    "\N{EN DASH}": "write the minus sign `-` of the keyboard",
    "—": "write the minus sign `-` of the keyboard",
    "\\": 'a quotation mark inside a text is written \\"',
    ".": "a dotted name has no blanks: `decision.outcome`",
    "@": "names are letters, digits and `_`",
}

# How each terminal is called where the reader is told what may stand. The order is the order of the sentence.
_FORMS = {
    "NAME": "a name",
    "STRING": 'a text in "quotation marks"',
    "NUMBER": "a number",
    "PERCENT": "a percentage",
    "DATE": "a date such as `2026-06-30`",
    "BY_DATE": "`by DATE`",
    "BEGUN": "`start`",
    "IGNORE": '`ignore "…"`',
    "QUERY": '`query "select …"`',
    "DAYS": "days such as `mon-fri`",
    "HOURS": "hours such as `09:00-17:00`",
    "BOUND": "`at least` or `at most`",
    "ARROW": "`-> target`",
    "EQUAL": "`=`",
    "TAKES": "`takes DURATION`",
    "BY": "`by TEAM`",
    "WAITS": "`waits DURATION`",
    "BATCH": "`batch NUMBER or DURATION`",
    "COSTS": "`costs MONEY`",
    "OWNER": '`owner "NAME"`',
    "SEEN": '`seen as "ACTIVITY"`',
    "REWORK": "`rework`",
    "DELAY": "`delay DURATION`",
    "SCRAP": "`scrap`",
    "WASTE": "`waste`",
    "AT": "`at`",
    "THEN": "`then`",
    "PEOPLE": "`people NUMBER`",
    "COST": "`cost MONEY/h`",
    "WORKS": "`works DAYS HOURS`",
    "PRIORITY": "`priority NUMBER`",
    "LAG": "`lag SPAN`",
    "EACH": "`each CHANGE adds AMOUNT`",
    "ELASTICITY": "`elasticity NUMBER`",
    "SATURATES": "`saturates at AMOUNT with half at LEVEL`",
    "LEARNED": "`learned`",
    "CONFIDENCE": "`confidence PERCENT`",
    "EVIDENCE": "`evidence GRADE`",
    "UNIT": "a unit",
    "TARGET": "`target at least VALUE`",
    "BETTER": "`higher is better` or `lower is better`",
    "MEASURED": "`measured by METRIC`",
    "PROMISES": "`promises METRIC at most VALUE`",
    "MOVES": "`moves NAME from VALUE to VALUE`",
    "SERVES": "`serves OBJECTIVE`",
    "SOURCE": '`source "TEXT"`',
    "FOR": "`for SPAN`",
    "CLEARS": "`clears below VALUE`",
    "TO": "`to`",
    "PER": "`per SPAN`",
    "OF": "`of`",
    "LBRACE": "`{`",
    "LPAR": "`(`",
    "RPAR": "`)`",
    "_BAR": "`|`",
    "SIGN": "`+` or `-`",
    "TIMES": "`*` or `/`",
    "_COMMA": "a comma",
    "RBRACE": "`}`",
    "_NL": "the end of the line",
}
_UNSAID = frozenset({"ALLOW", "_CONT", "_LIST_COMMA", "_ROW", "$END", "DOTTED", "NO", "MISSING", "CODE"})
_MOST_FORMS = 7


def _forms(able: Collection[str]) -> list[str]:
    """What could stand, in words; separators only where little else could."""
    said = [form for kind, form in _FORMS.items() if kind in able and kind != "_NL"]
    for kind in sorted(able):
        if kind not in _FORMS and kind not in _UNSAID:
            said += [f"`{word}`" for word in vocabulary().words(kind)]
    if "_NL" in able and len(said) <= 3:
        said.append(_FORMS["_NL"])
    if len(said) > 4:
        said = [form for form in said if form not in ("a comma", "`}`", "`+` or `-`", "`*` or `/`")] or said
    if len(said) > _MOST_FORMS:
        said = [*said[: _MOST_FORMS - 1], "another clause"]
    return said
