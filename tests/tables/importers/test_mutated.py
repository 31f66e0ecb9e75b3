"""Every kind of public file, mutated: reading it ends in a table or in an error of ours, and does nothing."""

from __future__ import annotations

import bz2
import io
import json
import pickle
import random
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import torch
from tests.tables.fuzz import bring_in, fuzz, mutate_bytes, mutate_json

from archenc.spaces import space
from archenc.tables.importers import benchmark
from archenc.tables.importing import Listing
from archenc.tables.rows import Rows

from . import results, test_nasbench301, test_transnasbench101, test_transnasbench101_official
from .conftest import folder as nb201_folder

Mutate = Callable[[bytes, random.Random], bytes]


def mutate_zip(content: bytes, rng: random.Random) -> bytes:
    """Change a member and pack it again with a checksum that fits, or change the archive itself."""
    if rng.random() < 0.3:
        return mutate_bytes(content, rng)
    packed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(content)) as old, zipfile.ZipFile(packed, "w") as new:
        names = [name for name in old.namelist() if not name.endswith("/")]
        victim = rng.choice([name for name in names if name.endswith((".json", ".pkl", ".npy"))])
        for name in names:
            inside = old.read(name)
            if name == victim:
                change = mutate_text if name.endswith(".json") and rng.random() < 0.5 else mutate_bytes
                inside = change(inside, rng)
            new.writestr(name, inside)
    return packed.getvalue()


def mutate_text(content: bytes, rng: random.Random) -> bytes:
    """Change the values of a JSON text, or its bytes."""
    if rng.random() < 0.3:
        return mutate_bytes(content, rng)
    return json.dumps(mutate_json(json.loads(content), rng)).encode()


def mutate_packed(content: bytes, rng: random.Random) -> bytes:
    """Change what is packed, or the packed bytes."""
    if rng.random() < 0.2:
        return mutate_bytes(content, rng)
    return bz2.compress(mutate_bytes(bz2.decompress(content), rng), 1)


def mutate_tar(content: bytes, rng: random.Random) -> bytes:
    """Change a member, or the archive itself."""
    if rng.random() < 0.3:
        return mutate_bytes(content, rng)
    packed = io.BytesIO()
    with tarfile.open(fileobj=io.BytesIO(content)) as old, tarfile.open(fileobj=packed, mode="w") as new:
        for member in old:
            stream = old.extractfile(member)
            if stream is None:
                continue
            inside = mutate_packed(stream.read(), rng)
            member.size = len(inside)
            new.addfile(member, io.BytesIO(inside))
    return packed.getvalue()


class Case(NamedTuple):
    benchmark: str
    file: str
    mutate: Mutate


CASES = [
    Case("nasbench201", "nb201/Cifar10-NB201.csv", mutate_bytes),
    Case("nasbench201", "nb201/nats_bench.csv", mutate_bytes),
    Case("nasbench201", "nb201/mini_nb201_12ep.csv", mutate_bytes),
    Case("nasbench201", "nb201/nb201_zc_proxies.csv", mutate_bytes),
    Case("nasbench201", "nb201/nb201_zen.zip", mutate_zip),
    Case("nasbench201", "nb201/zc_nasbench201.json", mutate_text),
    Case("nasbench201", "latency/help_nb201_latency_27dev.npz", mutate_zip),
    Case("nasbench201", "nb201/NATS-tss-v1_0-3ffb9-simple.tar", mutate_tar),
    Case("nasbench201", "nb201/NATS-tss-v1_0-3ffb9.pickle.pbz2", mutate_packed),
    Case("nasbench201", "nb201/NAS-Bench-201-v1_1-096897.pth", mutate_zip),
    Case("nasbench201", "nb201/NAS-Bench-201-v1_0-e61699.pth", mutate_bytes),
    Case("nasbench301", "nb301/zc_nasbench301.json", mutate_text),
    Case("nasbench301", "nb301/archs_nasbench301.json", mutate_text),
    Case("nasbench301", "nb301/nb301_zen.zip", mutate_zip),
    Case("nasbench301", "nb301/nb301_predictions.csv", mutate_bytes),
    Case("transnasbench101", "tnb101/all_benchmarks_zen.zip", mutate_zip),
    Case("transnasbench101", "tnb101/zc_transbench101_micro.json", mutate_text),
    Case("transnasbench101", "tnb101/transnas-bench_v10141024.pth", mutate_zip),
    Case("transnasbench101_macro", "tnb101/transnas-bench_v10141024.pth", mutate_bytes),
]


def few(value: Any) -> Any:
    """Keep the first two entries of long lists and tables of architectures, so that a mutation is quick."""
    if isinstance(value, list):
        return [few(item) for item in value[:2]]
    if isinstance(value, dict) and len(value) > 2 and all(key.startswith(("(", "[")) for key in value):
        value = dict(list(value.items())[:2])
    return {key: few(item) for key, item in value.items()} if isinstance(value, dict) else value


@pytest.fixture(scope="session")
def public(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One small file of every kind."""
    base = tmp_path_factory.mktemp("mutated")
    nb201 = nb201_folder.__wrapped__(base)
    nb301 = test_nasbench301.folder.__wrapped__(base)
    test_transnasbench101.folder.__wrapped__(base)
    nb = nb201 / "nb201"
    loose = results.write_parts(base / "NATS-tss-v1_0-3ffb9-simple", [0])
    results.write_tar(nb / "NATS-tss-v1_0-3ffb9-simple.tar", loose)
    results.write_packed(nb / "NATS-tss-v1_0-3ffb9.pickle.pbz2", results.whole([0]))
    both = results.whole([0], ("less", "full"))
    torch.save(both, nb / "NAS-Bench-201-v1_1-096897.pth")
    torch.save(both, nb / "NAS-Bench-201-v1_0-e61699.pth", _use_new_zipfile_serialization=False)
    test_transnasbench101_official.write(nb201, test_transnasbench101_official.database(1))
    spelt = [test_nasbench301.tuples(arch) for arch in test_nasbench301.SCORED[:2]]
    test_nasbench301.predict(
        nb301, "architecture,cifar10_a:percent:max", *(f'"{text}",{i}.5' for i, text in enumerate(spelt))
    )
    for path in base.rglob("*.json"):
        path.write_text(json.dumps(few(json.loads(path.read_text()))))
    for path in base.rglob("*.csv"):
        path.write_text("".join(path.read_text().splitlines(keepends=True)[:3]))
    for path in base.rglob("*_zen.zip"):
        with zipfile.ZipFile(path) as archive:
            names = {name.split("--")[2]: name for name in archive.namelist() if name.endswith(".json")}
            members = {name: few(json.loads(archive.read(name))) for name in names.values()}
        with zipfile.ZipFile(path, "w") as archive:
            for name, content in members.items():
                archive.writestr(name, json.dumps(content))
    return nb201


@cache
def listing(name: str) -> Listing | None:
    """Return few rows, as a table of all would take longer than the reading."""
    member = space(name)
    if benchmark(name).listing is None:
        return None
    spellings = (
        {"nasbench201": [member.format(member.parse(index)) for index in range(40)]}
        if name == "nasbench201"
        else {}
    )
    if name == "transnasbench101":
        archs = [*test_transnasbench101.ARCHS, *test_transnasbench101_official.CELLS]
        spellings[name] = sorted({member.format(arch) for arch in archs})
    if name == "transnasbench101_macro":
        spellings[name] = [member.format(arch) for arch in test_transnasbench101_official.SKELETONS]
    return Listing(spellings[name])


def mutations(content: bytes, mutate: Mutate, n: int) -> Iterator[bytes]:
    rng = random.Random(n)
    for _ in range(n):
        yield mutate(content, rng)


def run(case: Case, public: Path, tmp_path: Path, n: int) -> int:
    source = next(source for source in benchmark(case.benchmark).sources if source.file == case.file)
    member = space(case.benchmark)

    def read(path: Path) -> None:
        bring_in(source.at(path), lambda: Rows(member, listing(case.benchmark)))(path)

    read(public / case.file)
    path = tmp_path / Path(case.file).name
    return fuzz(read, path, mutations((public / case.file).read_bytes(), case.mutate, n))


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.benchmark}-{Path(case.file).name}")
def test_some_mutations(case: Case, public: Path, tmp_path: Path):
    assert run(case, public, tmp_path, 150) > 30


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted({case.benchmark for case in CASES}))
def test_ten_thousand_mutations_of_each_benchmark(name: str, public: Path, tmp_path: Path):
    cases = [case for case in CASES if case.benchmark == name]
    for case in cases:
        assert run(case, public, tmp_path, 10_000 // len(cases) + 1) > 0


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
