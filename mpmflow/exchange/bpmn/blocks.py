"""The order of a text: vertices as items one after the other, work side by side as blocks inside each other.

Where the branches of a drawing are not apart from each other, the nearest block is made and said.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from mpmflow.exchange.bpmn.regions import Dominance, reach, turned
from mpmflow.exchange.bpmn.ways import EXIT, START, Graph, Vertex, Way

DEEPEST = 30
"""How deep blocks may stand inside each other."""


class TooDeep(Exception):
    """Blocks inside blocks beyond `DEEPEST`."""


@dataclass(slots=True)
class Leaf:
    """A vertex that is a statement by itself."""

    vertex: Vertex

    @property
    def key(self) -> str:
        return self.vertex.key


@dataclass(slots=True)
class Block:
    """Branches side by side. `onward` is where the case goes behind it: a vertex, or None for the way out.

    `key` is that of the vertex, or one of its own where the branches of one vertex are a block inside a block.
    """

    key: str
    vertex: Vertex
    branches: list[Branch]
    inner: set[str]
    onward: str | None


@dataclass(slots=True)
class Branch:
    """One branch: its items, the way that leads into it, and where it ends."""

    way: Way
    items: list[Leaf | Block]
    exit: str | None


class Layout:
    """Lays a graph out. `items` is the outermost sequence."""

    def __init__(self, graph: Graph, say: Callable[[Vertex, str], None]) -> None:
        self.vertices = graph.vertices
        self.say = say
        self.ways = {key: [way.target for way in vertex.ways] for key, vertex in self.vertices.items()}
        self.ways[EXIT] = []
        self.before = Dominance(START, self.ways)
        self.after = Dominance(EXIT, turned(self.ways))
        self.depth = 0
        self.items = self.lay(START, set(self.vertices), None)

    def resolve(self, key: str, exit_: str | None) -> str | None:
        """The vertex with something to say that a way leads to; `exit_` itself, and None for going round in nothing."""
        seen = set()
        while key != exit_ and key not in seen and key != EXIT:
            vertex = self.vertices[key]
            if vertex.settled or (
                vertex.kind != "pass" and (len(vertex.ways) != 1 or vertex.kind in ("work", "good", "bad"))
            ):
                return key
            seen.add(key)
            key = vertex.ways[0].target
        return key if key == exit_ else None

    def lay(self, entry: str, members: set[str], exit_: str | None) -> list[Leaf | Block]:
        """The items from a vertex on that are in `members`, in the order of reading: what comes first stands first."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise TooDeep
        first = self.resolve(entry, exit_)
        inside = {key: [one for one in self.ways[key] if one in members] for key in members}
        local = Dominance(entry, inside) if entry in members else None
        seen: set[str] = set()
        done: list[Leaf | Block] = []
        stack: list[tuple[Leaf | Block, list[str]]] = []

        def visit(key: str | None) -> None:
            if key is None or key == exit_ or key not in members or key in seen:
                return
            seen.add(key)
            assert local is not None
            item = self.item(self.vertices[key], members, local, exit_)
            if isinstance(item, Block):
                seen.update(item.inner)
                targets = [item.onward] if item.onward is not None else []
            else:
                targets = [way.target for way in item.vertex.ways]
            found = [one for target in targets if (one := self.resolve(target, exit_)) is not None]
            # The last child is visited first, so that the first stands right behind its vertex.
            stack.append((item, found))

        visit(first)
        while stack:
            item, rest = stack[-1]
            if rest:
                visit(rest.pop())
            else:
                stack.pop()
                done.append(item)
        self.depth -= 1
        return done[::-1]

    def item(self, vertex: Vertex, members: set[str], local: Dominance, exit_: str | None) -> Leaf | Block:
        if not vertex.splits:
            return Leaf(vertex)
        plain = self.plain_block(vertex, members, local)
        if plain is not None:
            return plain
        inside = {key for key in members if key != vertex.key and local.dominates(vertex.key, key)}
        left = [
            target
            for key in self.vertices
            if key in inside or key == vertex.key
            for target in self.ways[key]
            if target in members and target not in inside and target != vertex.key
            and vertex.key not in reach(target, self.ways, members)
        ]  # fmt: skip
        return self.block(vertex, vertex.ways, inside, local, left[0] if left else None, exit_)

    def plain_block(self, vertex: Vertex, members: set[str], local: Dominance) -> Block | None:
        """The block of a split whose branches are apart and meet in one gateway, found without looking further."""
        join = self.after.nearest(vertex.key)
        if join is None or join not in members or not local.dominates(vertex.key, join):
            return None
        if self.vertices[join].kind not in ("parallel", "inclusive"):
            return None
        parts: list[set[str]] = []
        for way in vertex.ways:
            part: set[str] = set()
            waiting = [way.target] if way.target != join else []
            while waiting:
                key = waiting.pop()
                if key in part:
                    continue
                if key not in members or key == vertex.key or not local.dominates(vertex.key, key):
                    return None
                part.add(key)
                waiting += [target for target in self.ways[key] if target != join]
            parts.append(part)
        inner = set().union(*parts)
        if len(inner) < sum(map(len, parts)):
            return None
        pairs = zip(vertex.ways, parts, strict=True)
        branches = [Branch(way, self.lay(way.target, part, join), join) for way, part in pairs]
        return Block(vertex.key, vertex, branches, inner, join)

    def block(
        self, vertex: Vertex, ways: list[Way], inside: set[str], local: Dominance, left: str | None, exit_: str | None
    ) -> Block:
        """The block of some ways out of a vertex. `left` is where arrows leave it to, if they do."""
        whole = len(ways) == len(vertex.ways)
        reached = [reach(way.target, self.ways, inside) for way in ways]
        meeting = self.meeting(vertex, ways, reached, whole)
        if meeting is None or self.vertices[meeting].kind in ("good", "bad"):
            meeting = left if left is not None and self.vertices[left].kind not in ("good", "bad") else meeting
        beyond = {key for key in inside if meeting is not None and local.dominates(meeting, key)}
        parts = [self.apart_from_ends(part - beyond) for part in reached]
        branches: list[Branch] = []
        end = meeting if meeting is not None else exit_
        for group in _groups(parts):
            if len(group) == 1:
                way = ways[group[0]]
                branches.append(Branch(way, self.lay(way.target, parts[group[0]], end), end))
            elif len(group) < len(ways):
                some = [ways[one] for one in group]
                union = set().union(*(parts[one] for one in group))
                deeper = self.block(vertex, some, union, local, None, end)
                rest = self.lay(deeper.onward, union - deeper.inner, end) if deeper.onward is not None else []
                branches.append(Branch(Way(some[0].target), [deeper, *rest], end))
            else:
                branches += self.shared_out(vertex, [ways[one] for one in group], [parts[one] for one in group], end)
        inner = set().union(*parts) if parts else set()
        key = vertex.key if whole else f"{vertex.key} {ways[0].target}"
        return Block(key, vertex, branches, inner, meeting)

    def shared_out(self, vertex: Vertex, ways: list[Way], parts: list[set[str]], end: str | None) -> list[Branch]:
        """Branches that are not apart: what several lead to stands in the first of them."""
        given: set[str] = set()
        branches = []
        names = {key for one in parts for two in parts if one is not two for key in one & two}
        shown = [self.vertices[key].label for key in self.vertices if key in names and self.vertices[key].label]
        listed = ", ".join(f'"{name}"' for name in shown[:4]) or "its end"
        self.say(vertex, f"its branches are not apart from each other; what several lead to ({listed}) stands in the "
                         "first of them, and the others end there")  # fmt: skip
        for way, part in zip(ways, parts, strict=True):
            mine = part - given
            given |= mine
            branches.append(Branch(way, self.lay(way.target, mine, end), end))
        return branches

    def apart_from_ends(self, part: set[str]) -> set[str]:
        return {key for key in part if self.vertices[key].kind not in ("good", "bad")}

    def meeting(self, vertex: Vertex, ways: list[Way], reached: list[set[str]], whole: bool) -> str | None:
        """Where the branches meet again; None where each runs to an end of its own."""
        often: dict[str, int] = {}
        for part in reached:
            for key in part:
                often[key] = often.get(key, 0) + 1
        met_by_several = {key for key, count in often.items() if count > 1}
        shared = self.apart_from_ends(met_by_several)
        if not shared:
            ends = sorted(key for key in often if self.vertices[key].kind == "good")
            return ends[0] if len(ends) == 1 and ends[0] in met_by_several else None
        entries = {way.target for way in ways if way.target in shared}
        for key in set(often) - shared:
            entries.update(target for target in self.ways[key] if target in shared)
        found: str | None = None
        if len(entries) == 1:
            (found,) = entries
        elif whole:
            found = next((key for key in self.after.chain(vertex.key)[1:] if key in shared), None)
        if found is not None and whole:
            met = self.vertices[found]
            if vertex.kind == "parallel" and met.kind not in ("parallel", "inclusive"):
                name = f' at "{met.label}"' if met.label else ""
                self.say(vertex, f"its branches meet again{name} without a parallel gateway; here they wait for each "
                                 "other there")  # fmt: skip
        return found


def _groups(parts: list[set[str]]) -> list[list[int]]:
    """Branches that share something, in groups, in the order of the first of each."""
    groups: list[tuple[list[int], set[str]]] = []
    for number, part in enumerate(parts):
        touching = [one for one in groups if one[1] & part]
        merged = sorted([*(number_ for one in touching for number_ in one[0]), number])
        union = part.union(*(one[1] for one in touching))
        groups = [one for one in groups if one not in touching] + [(merged, union)]
    return [numbers for numbers, _ in sorted(groups, key=lambda one: one[0][0])]
