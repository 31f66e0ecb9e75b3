"""A reader of the literals that DARTS cells are written in: brackets, numbers, names, `Genotype(...)`.

It knows nothing else, so that no text can make it run anything, and it counts length and depth, so that no
text can make it work long. JSON of the same content reads as well.
"""

from __future__ import annotations

import re
from typing import Any, NoReturn

from archenc.errors import InvalidArchitecture

LONGEST, DEEPEST = 20_000, 8

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>-?[0-9]{1,18}(?:\.[0-9]{0,18})?(?:[eE][-+]?[0-9]{1,3})?)
      | (?P<text>'[^'\\\n]*'|"[^"\\\n]*")
      | (?P<word>[A-Za-z_][A-Za-z_0-9]*)
      | (?P<mark>[][(){},:=])
      | (?P<end>\Z)
      | (?P<other>.)
    )""",
    re.VERBOSE | re.DOTALL | re.ASCII,
)
_CLOSING = {"(": ")", "[": "]", "{": "}"}
_WORDS = {"None": None, "null": None, "True": True, "true": True, "False": False, "false": False}
_FIELDS = ("normal", "normal_concat", "reduce", "reduce_concat")


def read_literal(text: str) -> Any:
    """Return the value of a literal: lists (of tuples and lists alike), dictionaries, numbers, texts.

    `Genotype(...)` becomes a dictionary, `range(a, b)` a list. Raises InvalidArchitecture, which says where.
    """
    if len(text) > LONGEST:
        raise InvalidArchitecture(
            f"the text {text[:40]!r}... has {len(text):,} characters; no DARTS spelling has over {LONGEST:,}"
        )
    return _Reader(text).whole()


class _Reader:
    """A position in a text; final. Every method reads one piece and moves behind it."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = [(str(m.lastgroup), m.group(m.lastgroup or 0), m.end()) for m in _TOKEN.finditer(text)]
        self.place = 0

    def whole(self) -> Any:
        value = self.value(0)
        if self.kind != "end":
            self.stop("the end of the text")
        return value

    @property
    def kind(self) -> str:
        return self.tokens[self.place][0]

    @property
    def token(self) -> str:
        return self.tokens[self.place][1]

    def take(self) -> str:
        token = self.token
        self.place += 1
        return token

    def stop(self, expected: str) -> NoReturn:
        at = self.tokens[self.place][2] - len(self.token)
        found = repr(self.token[:40]) if self.kind != "end" else "the end"
        raise InvalidArchitecture(
            f"{self.text[:60]!r}...: expected {expected} at character {at}, found {found}"
            if len(self.text) > 60
            else f"{self.text!r}: expected {expected} at character {at}, found {found}"
        )

    def value(self, depth: int) -> Any:
        if depth > DEEPEST:
            self.stop(f"at most {DEEPEST} brackets inside each other")
        match self.kind, self.token:
            case "number", token:
                self.take()
                return int(token) if re.fullmatch(r"-?[0-9]+", token) else float(token)
            case "text", _:
                return self.take()[1:-1]
            case "word", token if token in _WORDS:
                return _WORDS[self.take()]
            case "word", "Genotype":
                self.take()
                return self.genotype(depth)
            case "word", "range":
                self.take()
                return self.range(depth)
            case "mark", "(" | "[":
                return self.items(depth)
            case "mark", "{":
                return self.pairs(depth)
            case _:
                self.stop("a bracket, a number or a quoted name")

    def items(self, depth: int) -> list[Any]:
        closing, items = _CLOSING[self.take()], []
        while self.token != closing or self.kind != "mark":
            items.append(self.value(depth + 1))
            self.comma_unless(closing)
        self.take()
        return items

    def pairs(self, depth: int) -> dict[str, Any]:
        closing, pairs = _CLOSING[self.take()], {}
        while self.token != closing or self.kind != "mark":
            if self.kind != "text":
                self.stop("a quoted key")
            key = self.new_key(self.take()[1:-1], pairs)
            self.mark(":")
            pairs[key] = self.value(depth + 1)
            self.comma_unless(closing)
        self.take()
        return pairs

    def genotype(self, depth: int) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        self.mark("(")
        while self.token != ")" or self.kind != "mark":
            if self.kind == "word" and self.token in _FIELDS:
                key = self.new_key(self.take(), fields)
                self.mark("=")
            elif len(fields) < len(_FIELDS):
                key = self.new_key(_FIELDS[len(fields)], fields)
            else:
                self.stop("no more than four fields")
            fields[key] = self.value(depth + 1)
            self.comma_unless(")")
        self.take()
        return fields

    def range(self, depth: int) -> list[int]:
        if self.token != "(":
            self.stop("'('")
        match self.items(depth):
            case [int(start), int(stop)] if 0 <= start <= stop <= 64:
                return list(range(start, stop))
            case other:
                raise InvalidArchitecture(
                    f"range{tuple(other)!r:.60}: expected two numbers, as in range(2, 6)"
                )

    def new_key(self, key: str, known: dict[str, Any]) -> str:
        if key in known:
            raise InvalidArchitecture(f"{key!r} is given twice in {self.text[:60]!r}...")
        return key

    def mark(self, mark: str) -> None:
        if (self.kind, self.token) != ("mark", mark):
            self.stop(repr(mark))
        self.take()

    def comma_unless(self, closing: str) -> None:
        if (self.kind, self.token) == ("mark", ","):
            self.take()
        elif (self.kind, self.token) != ("mark", closing):
            self.stop(f"',' or {closing!r}")
