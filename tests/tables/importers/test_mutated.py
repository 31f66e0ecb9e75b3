"""Every kind of public file, mutated: reading it ends in a table or in an error of ours, and does nothing.

The share of CI; `tools/fuzz_importers.py` reads 10,000 mutations of every file.
"""

from __future__ import annotations

import bz2
import pickle
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.tables.fuzz import fuzz
from tests.tables.importers.mutated import CASES, Case, mutations, reader, write_public

from archenc.tables.importers import benchmark


@pytest.fixture(scope="session")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_public(tmp_path_factory.mktemp("mutated"))


def run(case: Case, public: Path, tmp_path: Path, n: int, seed: int) -> int:
    read = reader(case)
    read(public / case.file)
    path = tmp_path / Path(case.file).name
    return fuzz(read, path, mutations((public / case.file).read_bytes(), case.mutate, n, seed))


EACH = pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.benchmark}-{Path(case.file).name}")


@EACH
def test_some_mutations(case: Case, public: Path, tmp_path: Path):
    assert run(case, public, tmp_path, 100, seed=1) > 20


@pytest.mark.slow
@EACH
def test_more_mutations(case: Case, public: Path, tmp_path: Path):
    assert run(case, public, tmp_path, 500, seed=2) > 100


def test_every_reader_has_a_case():
    names = ("nasbench101", "nasbench201", "nasbench301", "transnasbench101", "transnasbench101_macro")
    for name in names:
        sources = {source.file: source for source in benchmark(name).sources}
        covered = {kind(sources[case.file].read) for case in CASES if case.benchmark == name}
        assert {kind(source.read) for source in sources.values()} <= covered


def kind(read: Any) -> Any:
    """Return what two readers share when one function reads both files, with other names in them."""
    return getattr(read, "__code__", None) or getattr(read, "func", read)


def test_a_pickle_that_builds_itself_is_refused_by_every_reader(tmp_path: Path):
    """A list that holds itself, as a table of architectures."""
    loop: list[Any] = []
    loop.append(loop)
    path = tmp_path / "loop.pth"
    torch.save({"arch2infos": loop, "data": loop}, path)
    for case in CASES:
        if case.file.endswith(".pth"):
            source = next(s for s in benchmark(case.benchmark).sources if s.file == case.file)
            assert fuzz(source.read, path, [path.read_bytes()]) == 1
    packed = bz2.compress(pickle.dumps({"arch2infos": loop}))
    whole = next(s for s in benchmark("nasbench201").sources if s.file.endswith(".pbz2"))
    assert fuzz(whole.read, path, [packed]) == 1
