"""Mutates the corpus and holds the parser to its promises: `python -m tests.fuzz_syntax 5000 [seed] [--compile]`.

Whatever stands in a text, the parser returns; it raises nothing, every place that it names lies inside the text, and
every mistake comes with a sentence. With `--compile` the text is understood and checked as well, and a text without
errors must survive being written from its model.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from pathlib import Path

from mpmflow.compiler.pipeline import compile_source
from mpmflow.compiler.to_tree import model_to_text
from mpmflow.diagnostics.codes import diagnose
from mpmflow.diagnostics.errors import UnreadableError
from mpmflow.diagnostics.source import Source
from mpmflow.diagnostics.text import render_text
from mpmflow.model.model import Model
from mpmflow.syntax.format import format_source
from mpmflow.syntax.parse import MOST_ERRORS, Parsed, parse

CORPUS = Path(__file__).parent / "corpus"
_PIECES = (
    '"', "{", "}", "(", ")", ",", "\n", "#", "|", "->", "=", "%", "/", "-", "+", ".", "_", ";", ":", "€", "“", "”",
    "\t", "\\", "x", "step ", "decision ", "metric ", "test ", " by ", " takes ", " at ", " per ", " then ", "20%",
    "3 per week", "2026-01-05", "not ", "given ", "and ", "warn above ", "\u0301", "漢", "\x00", "1" * 40, "( " * 30,
    "{" * 30, "seen as ", "clears ", "allow x ", "1/3", "20cost", " unit per",
    " do a, b", "31.2.2026", "1/0", "2026-02-30T10:00",
)  # fmt: skip


def corpus() -> list[str]:
    """The texts to start from, good and bad."""
    return [path.read_text(encoding="utf-8") for path in sorted(CORPUS.glob("*/*.mpm"))]


def mutate(text: str, others: list[str], rng: random.Random) -> str:
    """One to six random changes: characters lost, doubled, exchanged; pieces put in; lines moved; another text
    grafted on.
    """
    for _ in range(rng.randint(1, 6)):
        at = rng.randrange(len(text) + 1)
        match rng.randrange(7):
            case 0:
                text = text[:at] + text[at + rng.randint(1, 12) :]
            case 1:
                text = text[:at] + rng.choice(_PIECES) + text[at:]
            case 2:
                end = min(len(text), at + rng.randint(1, 40))
                text = text[:end] + text[at:end] + text[end:]
            case 3:
                lines = text.split("\n")
                rng.shuffle(lines)
                text = "\n".join(lines[: rng.randint(1, len(lines))]) if rng.random() < 0.2 else text
            case 4:
                lines = text.split("\n")
                del lines[rng.randrange(len(lines))]
                text = "\n".join(lines)
            case 5:
                other = rng.choice(others)
                start = rng.randrange(len(other) + 1)
                text = text[:at] + other[start : start + rng.randint(1, 200)] + text[at:]
            case _:
                words = text.split(" ")
                one, two = rng.randrange(len(words)), rng.randrange(len(words))
                words[one], words[two] = words[two], words[one]
                text = " ".join(words)
    return text


def hold(text: str) -> Parsed:
    """Parses a text and checks the promises."""
    source = Source("fuzz.mpm", text)
    parsed = parse(source)
    assert len(parsed.diagnostics) <= MOST_ERRORS + 1
    for diagnostic in parsed.diagnostics:
        assert diagnostic.message, diagnostic
        assert diagnostic.span is not None
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(source.text) + 1, diagnostic.span
    render_text(parsed.diagnostics[:20])
    if not parsed.diagnostics:
        once = format_source(source)
        again = parse(Source("fuzz.mpm", once))
        assert not again.diagnostics, render_text(again.diagnostics)
        assert again.tree == parsed.tree
        assert format_source(Source("fuzz.mpm", once)) == once
    return parsed


def hold_compiled(text: str) -> Parsed:
    """Parses, understands and checks a text, and checks the promises of all three."""
    parsed = hold(text)
    compiled = compile_source(Source("fuzz.mpm", text), load=_no_file)
    for diagnostic in compiled.diagnostics:
        assert diagnostic.message, diagnostic
        assert diagnostic.span is not None, diagnostic
        assert 0 <= diagnostic.span.start <= diagnostic.span.end <= len(compiled.source.text) + 1, diagnostic.span
    render_text(compiled.diagnostics[:20])
    if not compiled.errors and compiled.model is not None:
        again = compile_source(Source("fuzz.mpm", model_to_text(compiled.model)))
        assert not again.errors, render_text(again.errors)
        assert again.model == compiled.model
        assert Model.model_validate_json(compiled.model.model_dump_json()) == compiled.model
    return parsed


def _no_file(path: str | Path) -> Source:
    raise UnreadableError([diagnose("file-not-found", None, path=str(path))])


def run(rounds: int, seed: int, holding: Callable[[str], Parsed] = hold) -> tuple[int, float]:
    """That many mutants; returns how many of them were without mistakes, and the slowest time in seconds."""
    rng = random.Random(seed)
    texts = corpus()
    clean, slowest = 0, 0.0
    for _ in range(rounds):
        text = mutate(rng.choice(texts), texts, rng)
        began = time.perf_counter()
        try:
            clean += not holding(text).diagnostics
        except BaseException:
            print(f"seed {seed}; the text that broke it:\n{text}", file=sys.stderr)
            raise
        slowest = max(slowest, time.perf_counter() - began)
    return clean, slowest


if __name__ == "__main__":
    numbers = [int(word) for word in sys.argv[1:] if not word.startswith("--")]
    rounds, seed = (*numbers, *(1000, 0)[len(numbers) :])
    began = time.perf_counter()
    clean, slowest = run(rounds, seed, hold_compiled if "--compile" in sys.argv else hold)
    took = time.perf_counter() - began
    print(
        f"{rounds} texts in {took:.0f} s, {clean} without mistakes in their syntax, the slowest {slowest * 1000:.0f} ms"
    )
