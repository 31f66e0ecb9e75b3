"""The authors' own distributions of NAS-Bench-201 and NATS-Bench (topology): every training, seed by seed."""

from __future__ import annotations

import re
import tarfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from archenc.errors import DataError
from archenc.tables.importers.nasbench201 import nas_ntk, nats_bench, twelve_epochs
from archenc.tables.importers.nasbench201.trainings import Trained, mean, shrink, trained
from archenc.tables.importers.nasbench201.vocabulary import DATASETS, NATS
from archenc.tables.importers.suite_zero import params
from archenc.tables.importing import Field, Sheet, Source
from archenc.tables.metric import Metric
from archenc.tables.pickles import PLAIN, bounded, read_pickle, unpack, unpickling
from archenc.tables.torch_files import read_torch
from archenc.tables.unpickling import machine, records

_SEEDS = {12: (777, 888), 200: (777, 888, 999)}
_SETS = {"cifar10": {"val": ("cifar10-valid", "x-valid"), "test": ("cifar10", "ori-test")}} | {
    ours: {"val": (name, "x-valid"), "test": (name, "x-test")}
    for name, ours in DATASETS.items()
    if ours != "cifar10"
}
"""Which training, and which set, is our validation and test of a data set."""

_CLASSES = records(
    *(
        f"{module}.{name}"
        for module in ("nas_102_api.api", "nas_201_api.api", "nas_201_api.api_utils", "nats_bench.api_utils")
        for name in ("ArchResults", "ResultsCount")
    )
)
_NAMES = {**PLAIN, **_CLASSES}
_ONE_ARCHITECTURE = 1 << 26  # bytes; the largest have some hundred thousand
_WHOLE = 1 << 36
_MEMBER = re.compile(r"(\d{1,6})\.pickle\.pbz2")


def _sheet(archs: Iterable[Trained]) -> Sheet:
    """Return the columns of all architectures; each is spelt twice, by index and as text."""
    archs = sorted(archs, key=lambda arch: arch.index)
    columns: dict[str, np.ndarray] = {}
    for field in _FIELDS:
        columns[field.column] = np.array([_value(arch, field.column) for arch in archs], dtype=np.float64)
    indices, spellings = [arch.index for arch in archs], [arch.spelling for arch in archs]
    return Sheet(indices, "index", columns, also=(spellings, "spelling"))


def _value(arch: Trained, column: str) -> float:
    """Return what a column `epochs dataset quantity [seed]` says about an architecture."""
    epochs, dataset, quantity, *seed = column.split()
    training, name = _SETS[dataset].get(quantity, (_SETS[dataset]["val"][0], None))
    found = [t for t in arch.trainings.get((int(epochs), training), ()) if not seed or str(t.seed) == seed[0]]
    if name is not None:
        return mean(t.accuracy.get(name) for t in found)
    values = mean(getattr(t, quantity) for t in found)
    return np.nan if quantity == "latency" and values <= 0 else values


def _read_torch(path: Path) -> list[Sheet]:
    """Read NAS-Bench-201's file: `{arch2infos: {index: {less, full}}}`."""
    return _whole(path, read_torch(path, _NAMES, shrink=shrink))


def _read_whole(path: Path) -> list[Sheet]:
    """Read NATS-Bench's single file: `{arch2infos: {index: {"12", "200"}}}`."""
    return _whole(path, read_pickle(path, _NAMES, shrink=shrink, limit=_WHOLE))


def _whole(path: Path, content: Any) -> list[Sheet]:
    with unpickling(path, "a file of results"):
        return [_sheet(trained(settings, path) for settings in content["arch2infos"].values())]


def _read_parts(path: Path) -> list[Sheet]:
    """Read NATS-Bench's archive of one file an architecture, packed as a tar or unpacked as a folder."""
    archs = []
    for name, load in _folder_parts(path) if path.is_dir() else _tar_parts(path):
        with unpickling(f"{path}/{name}", "the results of an architecture"):
            arch = trained(load(), name)
            if arch.index != int(name.partition(".")[0]):
                raise DataError(f"{path}/{name}: holds architecture {arch.index}")
            archs.append(arch)
    if not archs:
        raise DataError(f"{path}: no file 000000.pickle.pbz2 or such in it")
    return [_sheet(archs)]


Part = tuple[str, Callable[[], Any]]


def _folder_parts(path: Path) -> Iterator[Part]:
    for file in sorted(path.iterdir()):
        if _MEMBER.fullmatch(file.name):
            yield (
                file.name,
                lambda file=file: read_pickle(file, _NAMES, shrink=shrink, limit=_ONE_ARCHITECTURE),
            )


def _tar_parts(path: Path) -> Iterator[Part]:
    with unpickling(path, "a tar archive"), tarfile.open(path, "r|") as archive:
        for member in archive:
            name = PurePosixPath(member.name).name
            if member.isfile() and _MEMBER.fullmatch(name):
                stream = archive.extractfile(member)
                yield (
                    name,
                    lambda stream=stream, name=name: machine(
                        bounded(unpack(stream), f"{path}/{name}", _ONE_ARCHITECTURE), _NAMES, shrink=shrink
                    ).load(),
                )


# ------------------------------------------------------------------ what it means


def _fields(dataset: str, epochs: int) -> Iterator[Field]:
    for split in ("val", "test"):
        whole = _accuracy(dataset, split, epochs)
        scale = 0.01 if whole.unit == "fraction" else 1.0
        yield Field(f"{epochs} {dataset} {split}", whole, scale=scale)
        for seed in _SEEDS[epochs]:
            note = f"the training with seed {seed}; {whole.note}"
            one = replace(whole, name=f"{whole.name}_seed{seed}", runs="one", note=note)
            yield Field(f"{epochs} {dataset} {split} {seed}", one, scale=scale)
    half = "trained on half of the training set; " if dataset == "cifar10" else ""
    yield Field(
        f"{epochs} {dataset} seconds",
        Metric(
            name=f"{dataset}_training_seconds_{epochs}ep",
            dataset=dataset,
            quantity="seconds",
            epochs=epochs,
            unit="s",
            direction="min",
            runs="mean of the available seeds",
            note=f"{half}all epochs together; in NATS-Bench an estimate, from a run of 12 epochs on half of "
            f"CIFAR-10 and the sizes of the training sets; {NATS}",
        ),
    )


def _accuracy(dataset: str, split: str, epochs: int) -> Metric:
    """Return the metric that other files give too, so that they are compared."""
    if epochs == 12:
        return twelve_epochs.accuracy(dataset, split)
    return (nas_ntk if split == "val" else nats_bench).accuracy(dataset)


def _costs(dataset: str) -> Iterator[Field]:
    yield Field(f"200 {dataset} params", params(dataset), scale=1e6)
    for quantity, unit, scale, note in (
        ("flops", "millions", 1.0, "as the authors count them; not comparable with other counts"),
        ("latency", "ms", 1e3, "forward pass of a batch of 256 on the authors' GPU"),
    ):
        yield Field(
            f"200 {dataset} {quantity}",
            Metric(
                name=f"{dataset}_{quantity}_nats",
                dataset=dataset,
                quantity=quantity,
                unit=unit,
                direction="min" if quantity == "latency" else None,
                note=f"{note}; {NATS}",
            ),
            scale=scale,
        )


_FIELDS = tuple(
    field
    for dataset in _SETS
    for fields in (_fields(dataset, 200), _fields(dataset, 12), _costs(dataset))
    for field in fields
)

SOURCES = (
    Source("nb201/NATS-tss-v1_0-3ffb9-simple.tar", _read_parts, _FIELDS),
    Source("nb201/NATS-tss-v1_0-3ffb9.pickle.pbz2", _read_whole, _FIELDS),
    Source("nb201/NAS-Bench-201-v1_1-096897.pth", _read_torch, _FIELDS),
    Source("nb201/NAS-Bench-201-v1_0-e61699.pth", _read_torch, _FIELDS),
)
