"""The nested results of NAS-Bench-201's authors, in the layout of their files, with numbers of our own."""

from __future__ import annotations

import bz2
import collections
import pickle
import tarfile
from pathlib import Path
from typing import Any

import numpy as np

from .conftest import spelt

SETS = {
    "cifar10-valid": ("x-valid", "ori-test"),
    "cifar10": ("ori-test",),
    "cifar100": ("x-valid", "x-test", "ori-test"),
    "ImageNet16-120": ("x-valid", "x-test", "ori-test"),
}
SEEDS = {12: (777,), 200: (777, 888, 999)}
KEPT = 4  # epochs of a curve; the real ones have all, which takes long to read with every call checked


def accuracy(index: int, epochs: int, dataset: str, name: str, seed: int) -> float:
    """At the last epoch, in percent."""
    return (index * 131 + epochs * 7 + sum(map(ord, dataset + name)) + seed) % 800 / 8


def training(index: int, epochs: int, dataset: str, seed: int) -> dict[str, Any]:
    def curve(last: float) -> collections.OrderedDict:
        return collections.OrderedDict((i, last - (epochs - 1 - i) / 4) for i in range(epochs - KEPT, epochs))

    def evaluations(value) -> dict[str, float]:
        return {
            f"{name}@{i}": value(name) - (epochs - 1 - i) / 4
            for name in SETS[dataset]
            for i in range(epochs - KEPT, epochs)
        }

    return {
        "name": "infer.tiny",
        "net_state_dict": None,
        "train_acc1es": curve(99.0),
        "train_acc5es": curve(100.0),
        "train_losses": curve(0.25),
        "train_times": collections.OrderedDict((i, 0.5 + index) for i in range(KEPT)),
        "arch_config": {"channel": 16, "num_cells": 5, "arch_str": spelt(index), "class_num": 10},
        "params": np.float64(0.25 + index),
        "flop": 8.5 + index,
        "seed": str(seed),  # a text here, a number in the keys
        "epochs": epochs,
        "latency": [0.125, 0.375] if index else None,
        "eval_names": list(SETS[dataset]),
        "eval_acc1es": evaluations(lambda name: accuracy(index, epochs, dataset, name, seed)),
        "eval_times": evaluations(lambda name: 100.0),
        "eval_losses": evaluations(lambda name: 100.0),
    }


def seeds_of(index: int, epochs: int) -> tuple[int, ...]:
    """Every second architecture was trained with one seed only."""
    return SEEDS[epochs][: 3 if index % 2 else 1]


def architecture(index: int, names: tuple[str, str] = ("12", "200")) -> dict[str, Any]:
    content = collections.OrderedDict()
    for name, epochs in zip(names, (12, 200), strict=True):
        seeds = seeds_of(index, epochs)
        content[name] = {
            "arch_index": index,
            "arch_str": spelt(index),
            "all_results": {(d, seed): training(index, epochs, d, seed) for d in SETS for seed in seeds},
            "dataset_seed": {dataset: list(seeds) for dataset in SETS},
            "clear_net_done": False,
        }
    return content


def whole(indices: list[int], names: tuple[str, str] = ("12", "200")) -> dict[str, Any]:
    return {
        "meta_archs": [spelt(index) for index in indices],
        "total_archs": len(indices),
        "arch2infos": {index: architecture(index, names) for index in indices},
        "evaluated_indexes": set(indices),
    }


def write_packed(path: Path, value: object) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(bz2.compress(pickle.dumps(value, protocol=4)))
    return path


def write_parts(folder: Path, indices: list[int]) -> Path:
    write_packed(folder / "meta.pickle.pbz2", {"meta_archs": [spelt(index) for index in range(40)]})
    for index in indices:
        write_packed(folder / f"{index:06d}.pickle.pbz2", architecture(index))
    return folder


def write_tar(path: Path, folder: Path) -> Path:
    with tarfile.open(path, "w") as archive:
        archive.add(folder, arcname=folder.name)
    return path
