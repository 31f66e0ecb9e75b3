"""What docs/spaces.md says was checked: a function a check, which returns a sentence with its counts.

A check that does not hold raises AssertionError. Used by describe_spaces.py.
"""

from __future__ import annotations

import csv
import json
import runpy
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import product
from math import isqrt
from pathlib import Path
from typing import Any

import numpy as np

from archenc.errors import ArchencError
from archenc.graph import Architecture, as_batch, class_labels, forms, ids
from archenc.graph.forms import default_form
from archenc.spaces import SearchSpace, space
from archenc.tables import BenchmarkTable
from archenc.tables.importers import benchmark
from archenc.tables.sources import locate
from archenc.testing import SpaceKit
from archenc.typing import Seed

ROOT = Path(__file__).resolve().parents[1]
LISTED = 20_000
"""Size up to which a space is enumerated to count its classes."""
CHUNK = 20_000


def contract(member: SearchSpace) -> str:
    """Run the conformance kit, with its 10,000 damaged spellings."""

    class Kit(SpaceKit):
        def make_space(self) -> SearchSpace:
            return member

    kit = Kit()
    tests = [name for name in dir(kit) if name.startswith("test_") and "damaged" not in name]
    for name in tests:
        test = getattr(kit, name)
        marks = [mark for mark in getattr(test, "pytestmark", ()) if mark.name == "parametrize"]
        for values in product(*(mark.args[1] for mark in marks)):
            test(*values)
    outcome = kit.read_damaged_spellings()
    return (
        f"The {len(tests) + 1} tests of `archenc.testing.SpaceKit`. Of {kit.n_fuzz:,} damaged spellings "
        f"{outcome.refused:,} were refused with `InvalidArchitecture`, {outcome.read:,} were still legal."
    )


def neighbours(member: SearchSpace, n: int = 25, seed: Seed = 3) -> str:
    """Check for n architectures that every neighbour has them as a neighbour."""
    pairs = 0
    for arch in member.sample(n, seed):
        key = member.key(arch)
        for other in member.neighbours(arch):
            back = {member.key(third) for third in member.neighbours(other)}
            assert key in back, (member.format(arch), member.format(other))
            pairs += 1
    return f"Neighbours are symmetric: {pairs:,} of {pairs:,} pairs around {n} random architectures."


def rows(member: SearchSpace, table: BenchmarkTable, every: int = 1) -> Iterator[str]:
    """Check every spelling of every row, the key by which it is found, and whether that is its id.

    every: take each so-manyth row only, of tables larger than `LISTED`; the sentence says so.
    """
    step = every if len(table) > LISTED else 1
    form, same, n = default_form(member.sample(1, 0)[0].cells), 0, len(range(0, len(table), step))
    for chunk in _chunks(table, step):
        archs = [member.parse(text) for text in table.spellings(chunk)]
        keys = [table.keys[row] for row in chunk]
        assert [member.key(arch) for arch in archs] == keys
        same += sum(found == key for found, key in zip(ids(archs, form).tolist(), keys, strict=True))
        for style in member.styles:
            texts = [member.format(arch, style) for arch in archs]
            wrong = next((t for t, a in zip(texts, archs, strict=True) if member.parse(t) != a), None)
            assert wrong is None, f"{style}: {wrong}"
    styles = len(member.styles)
    which = f"{n:,} of {len(table):,} rows (every {step}th)" if step > 1 else f"{n:,} rows"
    yield (
        f"`parse(format(row, style)) == row` for {which} in {styles} styles ({n * styles:,} of "
        f"{n * styles:,}); the key of each row is that of its architecture."
    )
    if same:
        yield f"The key, the benchmark's own hash, is `Architecture.id()` in {same:,} of {n:,} rows."


def files(member: SearchSpace, table: BenchmarkTable, folder: Path) -> Iterator[str]:
    """Read every architecture of every file that the table was made of, and write it as the file does."""
    known = set(table.keys)
    sources = benchmark(member.name).sources
    found = locate([source.file for source in sources], folder)
    for source in sources:
        if source.file not in found:
            continue
        count: Counter[str] = Counter()
        for sheet in source.read(found[source.file]):
            for keys, style in ((sheet.keys, sheet.style), *([sheet.also] if sheet.also else [])):
                if style == "spelling":
                    for key in keys:
                        count[_written(member, key, known)] += 1
                elif style == "key":
                    assert set(keys) <= known
                    count["are keys of the table"] += len(keys)
                else:
                    assert all(0 <= int(key) < len(table) for key in keys)
                    count["are the benchmark's own numbers"] += len(keys)
        said = ", ".join(f"{n:,} {what}" for what, n in sorted(count.items()))
        yield f"`{source.file}`: {said}."


def _written(member: SearchSpace, key: Any, known: set[str]) -> str:
    arch = member.parse(key)
    assert member.key(arch) in known, key
    for style in member.styles:
        if member.format(arch, style) == key:
            return f"read and written back to the letter (`{style}`)"
    return "read, and written otherwise"


def classes(member: SearchSpace, table: BenchmarkTable | None = None) -> dict[str, int]:
    """Count the classes of a whole space under each form that applies, the default form first.

    table: needed where keys are ids, which `rows` checks, and the space is too large to be listed here.
    """
    first = member.sample(1, 0)[0]
    default = default_form(first.cells)
    if member.size is None or member.size > LISTED:
        count = LARGE.get(member.name, lambda _: None)(table)
        return {} if count is None else {default: count}
    archs = list(member.enumerate())
    batch, found = as_batch(archs), {}
    for form in (default, *(form for form in forms() if form != default)):
        try:
            found[form] = len(set(class_labels(batch, form).tolist()))
        except ArchencError:
            continue  # the form is for operations on the other side
    return found


def _nb101_classes(table: BenchmarkTable | None) -> int | None:
    return len(set(table.keys)) if table else None


def _nb301_classes(_: BenchmarkTable | None = None) -> int:
    """Burnside's lemma counts the cells up to numbering; the pair is ordered."""
    test = runpy.run_path(str(ROOT / "tests" / "spaces" / "test_nasbench301_classes.py"))
    return test["classes_by_counting"](7) ** 2


LARGE: dict[str, Callable[[BenchmarkTable | None], int | None]] = {
    "nasbench101": _nb101_classes,
    "nasbench301": _nb301_classes,
}


def published_nb101(table: BenchmarkTable, folder: Path) -> Iterator[str]:
    """Compare with the published hashes."""
    if (path := folder / "nb101" / "nb101_all_423624.npz").is_file():
        with np.load(path) as arrays:
            theirs = {row.tobytes().hex() for row in arrays["hash"]}
        assert theirs == set(table.keys)
        yield f"The {len(theirs):,} keys are those of `nb101/nb101_all_423624.npz`, of another generator."
    if (path := folder / "nb101" / "data-1k.json").is_file():
        data = json.loads(path.read_text())
        for key, adjacency, codes in zip(data["key"], data["adjacency"], data["operations"], strict=True):
            cell = space(table.space).parse({"operations": codes, "adjacency": adjacency})
            assert cell.id() == key
        yield f"All {len(data['key']):,} hashes of `nb101/data-1k.json` follow from the graphs beside them."


def published_nb201(table: BenchmarkTable, folder: Path) -> Iterator[str]:
    """Compare the classes and the index with NATS-Bench's."""
    path = folder / "nb201" / "nats_bench.csv"
    if not path.is_file():
        return
    with path.open(newline="") as file:
        theirs = [(row["ArchitectureString"], row["UniqueString"]) for row in csv.DictReader(file)]
    assert [text for text, _ in theirs] == table.spellings()
    labels = class_labels(table.architectures(), "nats-v1").tolist()
    pairs = set(zip(labels, (unique for _, unique in theirs), strict=True))
    assert len(pairs) == len(set(labels)) == len({unique for _, unique in theirs})
    yield f"The index is the row of `nb201/nats_bench.csv` in {len(theirs):,} of {len(theirs):,} rows."
    yield (
        f"The {len(pairs):,} classes of `nats-v1` are those of the file's `UniqueString`, member by member "
        f"({len(theirs):,} cells)."
    )


def published_nb301(table: BenchmarkTable, _: Path) -> Iterator[str]:
    """Say how many networks the public files hold."""
    n = len(set(class_labels(table.architectures(), "live-iso-v1").tolist()))
    yield f"The {len(table):,} architectures of the public files are {n:,} different networks."
    yield (
        f"{isqrt(_nb301_classes()):,} cells differ in more than the numbers of their steps, counted by "
        "Burnside's lemma; a network is an ordered pair of them."
    )


def published_tnb101(table: BenchmarkTable, _: Path) -> Iterator[str]:
    """Compare the number of classes with the known one."""
    n = len(set(class_labels(table.architectures(), "live-v1").tolist()))
    assert n == 2128
    yield f"{len(table):,} cells, {n:,} of them different under `live-v1`."


PUBLISHED: dict[str, Callable[[BenchmarkTable, Path], Iterator[str]]] = {
    "nasbench101": published_nb101,
    "nasbench201": published_nb201,
    "nasbench301": published_nb301,
    "transnasbench101": published_tnb101,
}
"""What only the files of one benchmark can tell."""


def run(member: SearchSpace, table: BenchmarkTable | None, folder: Path, every: int = 1) -> Iterator[str]:
    """Run all checks of a space; every: see `rows`."""
    yield contract(member)
    yield neighbours(member, 25 if member.size else 5)  # without a size there may be thousands of each
    if table is not None:
        yield from rows(member, table, every)
        yield from PUBLISHED.get(member.name, lambda *_: iter(()))(table, folder)
        yield from files(member, table, folder)


def shipped(member: SearchSpace, own: Mapping[str, BenchmarkTable]) -> Iterator[str]:
    """Check the rows of the tables that come with archenc."""
    for name, table in own.items():
        for said in rows(member, table):
            yield f"`{name}`: {said}"


def examples(member: SearchSpace) -> list[tuple[str, str]]:
    """Return a spelling of one architecture in every style."""
    arch: Architecture = member.sample(1, 1)[0]
    return [(style, member.format(arch, style)) for style in member.styles]


def _chunks(table: BenchmarkTable, step: int) -> Iterator[Sequence[int]]:
    chosen = range(0, len(table), step)
    for start in range(0, len(chosen), CHUNK):
        yield chosen[start : start + CHUNK]
