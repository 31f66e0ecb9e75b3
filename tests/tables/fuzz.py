"""Mutate small files of a format, and see that reading one ends in nothing but our own errors.

    fuzz(read, path, (mutate_bytes(whole, rng) for _ in range(10_000)))

`read` takes the path of a mutated file and does all that an import does with it: `bring_in(source, rows)`.
While it runs, nothing may start a process, open a connection or touch another file.
"""

from __future__ import annotations

import copy
import json
import random
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from archenc.errors import ArchencError
from archenc.tables.importing import Source
from archenc.tables.joining import Join
from archenc.tables.rows import Rows
from archenc.testing.unchecked import unchecked

_TOKENS = [
    b"0",
    b"-1",
    b"1e999",
    b"NaN",
    b"null",
    b"[",
    b"]",
    b"{",
    b"}",
    b'"',
    b",",
    b"\\",
    b"\x00",
    b"\xff",
]
_TOKENS += [b"__import__('os')", b"cos\nsystem\n", b"9" * 400, b"[" * 3000, b"\n", b" "]
_VALUES: list[Any] = [None, True, 0, -1, 3, 2**63, 10**400, 0.5, -1e8, float("nan"), float("inf"), "", "x"]
_VALUES += ["0" * 32, "NaN", "\ud800", [], [[]], {}, {"a": 1}, [1, "a"], [None] * 3, "[" * 50]
_FORBIDDEN = ("os.system", "os.exec", "os.posix_spawn", "os.fork", "subprocess.", "socket.", "shutil.")
_FORBIDDEN += ("os.remove", "os.rename", "os.mkdir", "ctypes.", "webbrowser.")
_watching: list[list[str]] = []


def fuzz(read: Callable[[Path], object], path: Path, contents: Iterable[bytes]) -> int:
    """Read every content from a file at `path`; return how many were refused.

    Fails, and leaves the file, where one ends in another error than ours or does something.
    """
    refused = 0
    for number, end in enumerate(ends(read, path, contents)):
        refused += end == REFUSED
        if end not in (READ, REFUSED):
            pytest.fail(f"mutation {number}, kept as {path}: {end}")
    return refused


READ, REFUSED = "read", "refused"


def ends(read: Callable[[Path], object], path: Path, contents: Iterable[bytes]) -> Iterator[str]:
    """Yield for every content how reading it ended: READ, REFUSED, or what should not have happened."""
    for content in contents:
        path.write_bytes(content)
        end, done = READ, [""]
        with unchecked(), _watched(done):
            try:
                read(path)
            except ArchencError:
                end = REFUSED
            except Exception as error:
                end = repr(error)
        yield f"it did {done[0]}" if done[0] else end


def bring_in(source: Source, rows: Callable[[], Rows]) -> Callable[[Path], None]:
    """Return what an import does with a file: read it, find its rows, take its columns.

    rows: gives the rows of the table, new ones each time where they grow.
    """

    def read(path: Path) -> None:
        sheets, found = list(source.read(path)), rows()
        for sheet in sheets:
            found.admit(sheet, source.file)
        Join(found).add(source, sheets)

    return read


def mutate_bytes(content: bytes, rng: random.Random) -> bytes:
    """Flip, drop, double, move, replace or insert some bytes, or cut the end off."""
    changed = bytearray(content)
    for _ in range(rng.choice((1, 1, 1, 2, 5))):
        start = rng.randrange(len(changed) + 1)
        end = min(len(changed), start + rng.choice((1, 1, 2, 8, 64)))
        match rng.randrange(8):
            case 0 if start < len(changed):
                changed[start] ^= 1 << rng.randrange(8)
            case 1:
                del changed[start:end]
            case 2:
                changed[start:start] = changed[start:end]
            case 3:
                changed[start:end] = rng.randbytes(end - start)
            case 4:
                changed[start:end] = rng.choice(_TOKENS)
            case 5:
                changed[start:start] = rng.choice(_TOKENS)
            case 6:
                del changed[start:]
            case _:
                other = rng.randrange(len(changed) + 1)
                changed[other:other] = changed[start:end]
    return bytes(changed)


def mutate_json(value: Any, rng: random.Random) -> Any:
    """Return a copy in which some entries are replaced, dropped, doubled, renamed or moved."""
    whole = [copy.deepcopy(value)]
    for _ in range(rng.choice((1, 1, 1, 2, 4))):
        parents = list(_containers(whole))
        parent = rng.choice(parents[1:] if len(parents) > 1 and rng.random() < 0.98 else parents)
        place = rng.randrange(len(parent)) if isinstance(parent, list) else rng.choice(list(parent))
        action = rng.randrange(6)
        if action <= 2 or parent is whole:
            parent[place] = copy.deepcopy(rng.choice(_VALUES))
        elif action == 3:
            del parent[place]
        elif action == 4:  # the value of another entry, of the same container or of any
            source = rng.choice((parent, rng.choice(parents)))
            key = rng.randrange(len(source)) if isinstance(source, list) else rng.choice(list(source))
            parent[place] = copy.deepcopy(source[key])
        elif isinstance(parent, list):
            parent.insert(place, copy.deepcopy(parent[place]))
        else:
            parent[rng.choice(("", "x", f"{place} ", str(place).upper()))] = parent.pop(place)
    return whole[0]


def mutated_json(value: Any, n: int, seed: int = 0) -> Iterator[bytes]:
    """Yield n mutations of a JSON file: of its structure, and of its bytes."""
    rng = random.Random(seed)
    text = json.dumps(value).encode()
    for number in range(n):
        yield mutate_bytes(text, rng) if number % 3 == 0 else json.dumps(mutate_json(value, rng)).encode()


def _containers(value: Any) -> Iterator[Any]:
    """Yield every list and dictionary that is not empty, outside first."""
    if isinstance(value, list | dict) and value:
        yield value
        for child in value if isinstance(value, list) else value.values():
            yield from _containers(child)


@contextmanager
def _watched(done: list[str]) -> Iterator[None]:
    """Note in `done` if the block starts a process, opens a connection, or writes."""
    _watching.append(done)
    try:
        yield
    finally:
        _watching.pop()


def _watch(event: str, arguments: tuple[Any, ...]) -> None:
    if _watching:
        writes = event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+")
        if writes or event.startswith(_FORBIDDEN):
            _watching[-1][0] = f"{event}{arguments!r}"


sys.addaudithook(_watch)
