"""One small made-up file of every kind of public file, and how to mutate each."""

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

import numpy as np
import pytest
import torch
from tests.tables import test_pickles
from tests.tables.fuzz import bring_in, mutate_bytes, mutate_json

from archenc.spaces import space
from archenc.tables.importers import benchmark
from archenc.tables.importing import Listing
from archenc.tables.rows import Rows

from . import results, test_nasbench101, test_nasbench301, test_transnasbench101
from . import test_nasbench101_official as nb101_records
from . import test_transnasbench101_official as transnas_official
from .conftest import folder as nb201_folder
from .conftest import spelt
from .nb101_official import write_tfrecord

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


def mutate_strings(content: bytes, rng: random.Random) -> bytes:
    """Change a pickled list of strings: its values, its protocol, or its bytes."""
    keys = pickle.loads(content)
    kind = rng.randrange(3)
    whole = pickle.dumps(mutate_json(keys, rng) if kind else keys, protocol=rng.choice((0, 2, 4)))
    return whole if kind == 1 else mutate_bytes(whole, rng)


def mutate_records(_content: bytes, rng: random.Random) -> bytes:
    """Change a file of records, a record with fitting checksums, its text, or a message in it."""
    (mutate,) = rng.choices(list(nb101_records.MUTATE), nb101_records.MUTATE.values())
    return mutate(rng)


class Case(NamedTuple):
    """A public file; others that the same function reads have no case of their own."""

    benchmark: str
    file: str
    mutate: Mutate


CASES = [
    Case("nasbench101", "nb101/nasbench_only108.tfrecord", mutate_records),
    Case("nasbench101", "nb101/data-20k.json", mutate_text),
    Case("nasbench101", "nb101/data-1k.json", mutate_text),
    Case("nasbench101", "nb101/zc_nasbench101.json", mutate_text),
    Case("nasbench101", "nb101/nb101_hash.txt", mutate_strings),
    Case("nasbench201", "nb201/Cifar10-NB201.csv", mutate_bytes),
    Case("nasbench201", "nb201/nats_bench.csv", mutate_bytes),
    Case("nasbench201", "nb201/mini_nb201_12ep.csv", mutate_bytes),
    Case("nasbench201", "nb201/nb201_zc_proxies.csv", mutate_bytes),
    Case("nasbench201", "nb201/nb201_ImageNet16-120_zc_proxies.csv", mutate_bytes),
    Case("nasbench201", "nb201/mini-bench-arch-cell-accs.pd", mutate_bytes),
    Case("nasbench201", "nb201/hw_cifar10.csv", mutate_bytes),
    Case("nasbench201", "nb201/robustness_targets.csv", mutate_bytes),
    Case("nasbench201", "nb201/arch2vec_nb201_embeddings.csv", mutate_bytes),
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


def write_public(base: Path) -> Path:
    """Write one small file of every kind; return their folder."""
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
    transnas_official.write(nb201, transnas_official.database(1))
    spelt = [test_nasbench301.tuples(arch) for arch in test_nasbench301.SCORED[:2]]
    test_nasbench301.predict(
        nb301, "architecture,cifar10_a:percent:max", *(f'"{text}",{i}.5' for i, text in enumerate(spelt))
    )
    for path in nb201.rglob("*.json"):
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
    _write_frame(nb / "mini-bench-arch-cell-accs.pd")
    _write_nb101(nb201 / "nb101")
    return nb201


def _write_frame(path: Path) -> None:
    """Pickle three rows as pandas lays them out, without pandas."""
    from archenc.tables.importers.nasbench201.twelve_epochs import _NAMES

    names = np.array(["arch", "cellstr", *_NAMES], dtype=object)
    cells = np.array([[spelt(index) for index in range(3)]], dtype=object)
    with pytest.MonkeyPatch.context() as patch:
        pandas = test_pickles.pandas.__wrapped__(patch)
        values = np.arange(3.0 * len(_NAMES)).reshape(len(_NAMES), 3)
        path.write_bytes(test_pickles.frame(pandas, 4, values, names, cells, np.array([[0, 1, 2]])))


def _write_nb101(folder: Path) -> None:
    folder.mkdir()
    twins = test_nasbench101.TWINS
    contents = {
        "data-20k.json": test_nasbench101.columns(2),
        "data-1k.json": test_nasbench101.with_graphs(2),
        "zc_nasbench101.json": test_nasbench101.scores([test_nasbench101.CELLS[1], *twins]),
    }
    for name, content in contents.items():
        (folder / name).write_text(json.dumps(content))
    (folder / "nb101_hash.txt").write_bytes(pickle.dumps(test_nasbench101.KEYS[:3]))
    write_tfrecord(folder / "nasbench_only108.tfrecord", nb101_records.HONEST)


@cache
def listing(name: str) -> Listing | None:
    """Return few rows, as a table of all would take longer than the reading."""
    member = space(name)
    if benchmark(name).listing is None:
        return None
    if name == "nasbench101":
        listings = test_nasbench101.LISTING, nb101_records.LISTING
        cells = {key: cell for each in listings for key, cell in zip(each.keys, each.spellings, strict=True)}
        return Listing(list(cells.values()), list(cells))
    spellings = (
        {"nasbench201": [member.format(member.parse(index)) for index in range(40)]}
        if name == "nasbench201"
        else {}
    )
    if name == "transnasbench101":
        archs = [*test_transnasbench101.ARCHS, *transnas_official.CELLS]
        spellings[name] = sorted({member.format(arch) for arch in archs})
    if name == "transnasbench101_macro":
        spellings[name] = [member.format(arch) for arch in transnas_official.SKELETONS]
    return Listing(spellings[name])


def reader(case: Case) -> Callable[[Path], None]:
    """Return what an import does with a file of a case."""
    source = next(source for source in benchmark(case.benchmark).sources if source.file == case.file)
    member = space(case.benchmark)

    def read(path: Path) -> None:
        bring_in(source.at(path), lambda: Rows(member, listing(case.benchmark)))(path)

    return read


def mutations(content: bytes, mutate: Mutate, n: int, seed: int) -> Iterator[bytes]:
    """Yield n mutations of a file; the first of them are the same for every n."""
    rng = random.Random(seed)
    for _ in range(n):
        yield mutate(content, rng)
