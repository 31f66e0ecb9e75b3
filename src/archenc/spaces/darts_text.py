"""A reader of the literals that DARTS cells are written in: brackets, numbers, names, `Genotype(...)`.

It knows nothing else and evaluates nothing, so no text can make it run anything; it bounds length and depth,
so none can make it work long. JSON of the same content reads as well.
"""

from __future__ import annotations

import re
import reprlib
from typing import Any, NoReturn

from archenc.errors import InvalidArchitecture

LONGEST, DEEPEST = 20_000, 8

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>-?[0-9]{1,18}(?:\.[0-9]{0,24})?(?:[eE][-+]?[0-9]{1,3})?)
      | (?P<key>(?:'[^'\\\n]*'|"[^"\\\n]*")\s*:|(?:normal|reduce)(?:_concat)?\s*=)
      | (?P<text>'[^'\\\n]*'|"[^"\\\n]*")
      | (?P<open>Genotype\s*\(|range\s*\(|[({[])
      | (?P<close>[])}])
      | (?P<comma>,)
      | (?P<word>None|null|True|true|False|false)
      | (?P<end>\Z)
      | (?P<other>\S{1,40})
    )""",
    re.VERBOSE | re.ASCII,
)
_VALUES = {"open", "number", "text", "word"}
_CLOSING = {"(": ")", "[": "]", "{": "}", "G": ")", "r": ")"}
_WORDS = {"None": None, "null": None, "True": True, "true": True, "False": False, "false": False}


def read_literal(text: str) -> Any:
    """Return the value of a literal: lists (for tuples, too), dictionaries, numbers, texts.

    `Genotype(normal=..., ...)` becomes a dictionary, `range(a, b)` a list. Raises InvalidArchitecture, which
    says what is wrong at which character.
    """
    if len(text) > LONGEST:
        raise InvalidArchitecture(
            f"the text {text[:40]!r}... has {len(text):,} characters; no DARTS spelling has over {LONGEST:,}"
        )
    outer: list[tuple[str, Any, str | None]] = []  # what is open around the bracket at hand
    bracket, inside, key = "", [], None  # the bracket at hand, what it holds, the key that waits for a value
    complete = False  # a value is there: a comma or the end of the bracket must follow
    inside: Any
    for match in _TOKEN.finditer(text):
        kind = match.lastgroup or ""
        token, at = match[kind], match.start(kind)
        if kind == "comma" and complete and outer:
            complete = False
            continue
        if kind == "key" and not complete and isinstance(inside, dict) and key is None:
            key = token[:-1].rstrip().strip("'\"")
            if key in inside:
                raise InvalidArchitecture(f"{key[:80]!r} is given twice in {text[:60]!r}...")
            continue
        if kind == "end" and complete and not outer:
            return inside[0]
        if kind == "close" and token == _CLOSING.get(bracket) and key is None:
            value: Any = _range(inside) if bracket == "r" else inside
            bracket, inside, key = outer.pop()
        elif complete or kind not in _VALUES or (isinstance(inside, dict) and key is None):
            _stop(text, at, _expected(bracket, complete, isinstance(inside, dict) and key is None))
        elif kind == "open":
            if len(outer) == DEEPEST:
                _stop(text, at, f"no more than {DEEPEST} brackets inside each other")
            outer.append((bracket, inside, key))
            bracket, inside, key = token[0], {} if token[0] in "{G" else [], None
            continue
        elif kind == "number":
            value = int(token) if token.lstrip("-").isdecimal() else float(token)
        else:
            value = token[1:-1] if kind == "text" else _WORDS[token]
        if isinstance(inside, dict):
            inside[key], key = value, None
        else:
            inside.append(value)
        complete = True
    raise AssertionError("the end of a text is a token")


def _expected(bracket: str, complete: bool, wants_key: bool) -> str:
    if complete:
        return f"',' or {_CLOSING[bracket]!r}" if bracket else "the end"
    return "a key" if wants_key else "a value"


def _range(bounds: Any) -> list[int]:
    match bounds:
        case [int(start), int(stop)] if 0 <= start <= stop <= 64:
            return list(range(start, stop))
    raise InvalidArchitecture(f"range({shown(bounds)[1:-1]}): expected two numbers, as in range(2, 6)")


def _stop(text: str, at: int, expected: str) -> NoReturn:
    found = repr(text[at : at + 20]) if at < len(text) else "the end"
    shown = repr(text) if len(text) <= 60 else f"{text[:60]!r}..."
    raise InvalidArchitecture(f"{shown}: expected {expected} at character {at}, found {found}")


def shown(value: object) -> str:
    """Return at most 80 characters of a value for a message, however long or deep it is."""
    try:
        text = _REPR.repr(value)
    except Exception:  # a number of thousands of digits has no text, nor have some objects of users
        text = f"a {type(value).__name__}"
    return text if len(text) <= 80 else f"{text[:77]}..."


_REPR = reprlib.Repr()
_REPR.maxlevel, _REPR.maxstring, _REPR.maxother = 4, 80, 80
