"""The LALR(1) machine: a stack of states, a stack of what has been read, and the tables that drive them.

It knows nothing of mistakes; it can only say, without moving, whether it could take a token.
"""

from __future__ import annotations

from functools import cache
from typing import Any

from mpmflow.diagnostics.errors import InternalError
from mpmflow.syntax.build import MAKERS, Builder, Maker
from mpmflow.syntax.grammar import tables
from mpmflow.syntax.lexer import Token

__all__ = ["Machine"]


@cache
def _rules() -> tuple[tuple[str, int, Maker | None, bool], ...]:
    """The rules of the grammar with the functions that make their nodes; those that only group have none."""
    return tuple((name, size, MAKERS.get(name), name.startswith("_")) for name, size in tables().rules)


class Machine:
    """Reads tokens one by one; `stack` holds states, `values` the tokens and nodes between them (one fewer)."""

    def __init__(self, builder: Builder) -> None:
        known = tables()
        self.builder = builder
        self.states = known.states
        self.rules = _rules()
        self.stack = [known.start]
        self.values: list[Any] = []

    def shift(self, token: Token) -> None:
        """Feeds a token that can stand here, with the reductions that it calls for."""
        stack, states = self.stack, self.states
        kind = token.type
        while (action := states[stack[-1]][kind]) < 0:
            self.reduce(-action - 1)
        stack.append(action)
        self.values.append(token)

    def reduce(self, number: int) -> None:
        stack, values = self.stack, self.values
        name, size, maker, grouping = self.rules[number]
        children: list[Any]
        if size:
            del stack[-size:]
            raw = values[-size:]
            del values[-size:]
            first = raw[0]
            if grouping and type(first) is list:
                # Repetitions grow at their end; copying them each time would take time squared.
                children = first
                rest = raw[1:]
            else:
                children = []
                rest = raw
            for value in rest:
                if type(value) is list:
                    children += value
                elif value is not None:
                    children.append(value)
        else:
            children = []
        built: Any
        if grouping:
            built = children
        elif maker is None:
            raise InternalError(f"the rule `{name}` of the grammar makes no node")
        elif any(type(child) is Token and child.start < 0 for child in children):
            # A word was put in for a missing name or title: the statement is read, but says nothing.
            built = None
        else:
            built = maker(self.builder, children)
        stack.append(self.states[stack[-1]][name])
        values.append(built)

    def accepts(self, height: int, *kinds: str) -> bool:
        """Whether the parser, with its stack cut to a height, could take these terminals one after the other."""
        return self._try(height, kinds) is None

    def _try(self, height: int, kinds: tuple[str, ...]) -> list[int] | None:
        """Plays these terminals through without touching the stack: None if all are taken, else the states on top of
        it by then.

        A state shared by several rules may promise a terminal that the rule in hand cannot take; the refusal then
        comes only after some reductions. Playing it through first keeps a mistake from reducing what it should leave
        alone.
        """
        states = self.states
        overlay: list[int] = []
        for kind in kinds:
            while True:
                action = states[overlay[-1] if overlay else self.stack[height - 1]].get(kind)
                if action is None:
                    return [height, *overlay]
                if action >= 0:
                    overlay.append(action)
                    break
                height = self._play(height, overlay, -action - 1)
        return None

    def _play(self, height: int, overlay: list[int], rule: int) -> int:
        """One reduction on a stack of which only the top is a copy; returns how much of the real one still counts."""
        name, size, _, _ = self.rules[rule]
        if size <= len(overlay):
            if size:
                del overlay[-size:]
        else:
            height -= size - len(overlay)
            overlay.clear()
        overlay.append(self.states[overlay[-1] if overlay else self.stack[height - 1]][name])
        return height

    def refusing(self, kind: str) -> int:
        """The state that refuses a terminal, once everything before it has been put together.

        A figure, a name or a bracket that is complete is reduced although the terminal does not ask for it: so the
        state knows what the figure was for.
        """
        refused = self._try(len(self.stack), (kind,))
        if refused is None:
            return self.stack[-1]
        height, *overlay = refused
        while True:
            state = overlay[-1] if overlay else self.stack[height - 1]
            row = self.states[state]
            reductions = {action for name, action in row.items() if name.isupper() and action < 0}
            shifts = {name for name, action in row.items() if name.isupper() and action >= 0}
            if len(reductions) != 1 or not shifts <= {"UNIT"}:
                return state
            height = self._play(height, overlay, -reductions.pop() - 1)

    def cut(self, height: int) -> None:
        del self.stack[height:]
        del self.values[height - 1 :]
