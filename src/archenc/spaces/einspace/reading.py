"""Derivation strings read, short ones and long ones, without recursion; errors say at which character."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import NamedTuple, final

from archenc.errors import InvalidArchitecture, shown
from archenc.spaces.einspace.grammar import PLACES, allowed, legal, parts, terminals
from archenc.spaces.einspace.tree import DerivationNode
from archenc.spaces.einspace.writing import BRACKETS

_NAME = re.compile(r"[a-z_][a-z_0-9]*")
_NUMBERS = re.compile(r"\(\s*([0-9]{1,6}(?:\s*,\s*[0-9]{1,6})*)\s*\)")
_SCALED = re.compile(r"\(\s*scaled\s*\)")
_SHAPE = re.compile(r"\{\s*(['\"])out_feature_shape\1\s*:\s*[\[(]([0-9, ]{0,200})[\])]\s*\}")
_BLANK = re.compile(r"\s*")
_MODULES = frozenset(BRACKETS)
_TERMINALS = frozenset(
    (node.op, node.args)
    for slot in ("fork2", "fork4", "fork8", "join2", "join4", "join8", "pre", "post", "compute")
    for node in terminals(slot)
)
_KNOWN = _MODULES | {op for op, _ in _TERMINALS}


class Written(NamedTuple):
    """What a string says.

    positions: the character at which each node begins, in the order of `DerivationNode.walk`. shapes: of each
    node, the features that a long string states; None where it states none.
    """

    tree: DerivationNode
    positions: tuple[int, ...]
    shapes: tuple[tuple[int, ...] | None, ...]


def read(text: str, max_nodes: int, max_depth: int, begin: int = 0) -> Written:
    """Read a short or a long string, from a character on.

    Raises InvalidArchitecture, which names the character, for a text that is no derivation, or one of more
    nodes or of deeper modules than allowed.
    """
    return _Reader(text, max_nodes, max_depth, begin).whole()


@final
@dataclass(slots=True)
class _Open:
    """A module whose parts are being read."""

    op: str
    args: tuple[int, ...]
    closing: str
    begin: int
    children: list[DerivationNode] = field(default_factory=list)

    @property
    def slots(self) -> tuple[str, ...]:
        return parts(self.op, self.args)


@final
@dataclass(slots=True)
class _Reader:
    text: str
    max_nodes: int
    max_depth: int
    place: int = 0
    open: list[_Open] = field(default_factory=list)
    positions: list[int] = field(default_factory=list)
    shapes: list[tuple[int, ...] | None] = field(default_factory=list)

    def whole(self) -> Written:
        """Read node after node; a module is put together when its bracket closes."""
        self._skip_blanks()
        while True:
            done = self._node()
            while done is not None and self.open:
                self.open[-1].children.append(done)
                done = self._between()
            if done is not None:
                self._skip_blanks()
                if self.place < len(self.text):
                    raise self._error(self.place, "the derivation has ended here; nothing may follow it")
                return Written(done, tuple(self.positions), tuple(self.shapes))

    def _node(self) -> DerivationNode | None:
        """Read the head of a node; return it if it is a terminal, None if its parts follow."""
        begin, slot = self.place, self._slot()
        match = _NAME.match(self.text, begin)
        if match is None:
            raise self._error(begin, f"expected a name; legal here: {legal(slot)}")
        self.place, op = match.end(), match[0]
        args = self._numbers()
        if self.text.startswith("(", self.place) and op == "dot_product" and not args:
            match = _SCALED.match(self.text, self.place)
            if match is not None:
                self.place, op = match.end(), "scaled_dot_product"
        if (op, args) not in allowed(slot):
            raise self._error(begin, f"cannot stand here as {PLACES.get(slot, slot)}; {_legal(op, slot)}")
        if len(self.positions) >= self.max_nodes:
            raise self._error(begin, f"one node too many; max_nodes={self.max_nodes}")
        self.positions.append(begin)
        if op not in _MODULES:
            self.shapes.append(self._shape())
            return DerivationNode(op, args)
        self.shapes.append(None)
        if len(self.open) > self.max_depth:
            raise self._error(begin, f"{len(self.open)} modules deep; max_depth={self.max_depth}")
        opening, closing = BRACKETS[op]
        if not self.text.startswith((opening, "["), self.place):
            raise self._error(self.place, f"expected {opening} and the {len(parts(op, args))} parts of {op}")
        closing = "]" if self.text[self.place] == "[" else closing
        self.open.append(_Open(op, args, closing, begin))
        self.place += 1
        self._skip_blanks()
        return None

    def _between(self) -> DerivationNode | None:
        """Read what follows a part: a comma, or the bracket that completes the module."""
        module = self.open[-1]
        self._skip_blanks()
        missing = len(module.slots) - len(module.children)
        expected = "," if missing else module.closing
        if not self.text.startswith(expected, self.place):
            what = f"{missing} more of the parts of {module.op}" if missing else f"the end of {module.op}"
            raise self._error(
                self.place, f"expected {expected} and {what}, which began at character {module.begin}"
            )
        self.place += 1
        if missing:
            self._skip_blanks()
            return None
        self.open.pop()
        return DerivationNode(module.op, module.args, tuple(module.children))

    def _slot(self) -> str:
        if not self.open:
            return "start"
        module = self.open[-1]
        return module.slots[len(module.children)]

    def _numbers(self) -> tuple[int, ...]:
        match = _NUMBERS.match(self.text, self.place)
        if match is None:
            return ()
        self.place = match.end()
        return tuple([int(number) for number in match[1].split(",")])

    def _shape(self) -> tuple[int, ...] | None:
        if not self.text.startswith("{", self.place):
            return None
        match = _SHAPE.match(self.text, self.place)
        numbers = [part.strip() for part in match[2].split(",")] if match else [""]
        if match is None or not all(re.fullmatch(r"[0-9]{1,12}", number) for number in numbers):
            raise self._error(self.place, "expected a shape, such as {'out_feature_shape': [32, 8, 8]}")
        self.place = match.end()
        return tuple([int(number) for number in numbers])

    def _skip_blanks(self) -> None:
        match = _BLANK.match(self.text, self.place)
        self.place = match.end() if match else self.place

    def _error(self, place: int, why: str) -> InvalidArchitecture:
        there = shown(self.text[place : place + 30]) if place < len(self.text) else "the end of the text"
        return InvalidArchitecture(f"derivation, character {place}, {there}: {why}")


def _legal(op: str, slot: str) -> str:
    """Say what is legal in a slot; of a name that is, with which numbers."""
    numbers = sorted(args for known, args in allowed(slot) if known == op)
    if numbers:
        written = "; ".join(",".join(map(str, args)) or "none" for args in numbers)
        return f"legal numbers: {written}"
    known = "" if op in _KNOWN else f"no {op} is known; "
    return f"{known}legal here: {legal(slot)}"
