"""Training on what needs no labels, done once and shared by every trial that asks for the same."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any, TypeVar

import numpy as np
import torch
from jaxtyping import Float64
from torch import Tensor

from archenc.graph import GraphBatch
from archenc.predictors.checks import check_number
from archenc.predictors.flow import Parameters
from archenc.predictors.pure_network import PureNetwork, train_copies
from archenc.predictors.training import Copy, Schedule
from archenc.store import content_key

T = TypeVar("T")
_KEPT: OrderedDict[str, Any] = OrderedDict()
_MOST = 16


def remembered(key: str, make: Callable[[], T]) -> T:
    """Return what `make` gave for this key earlier in the process, else what it gives; 16 are kept."""
    if key not in _KEPT:
        _KEPT[key] = make()
    _KEPT.move_to_end(key)
    while len(_KEPT) > _MOST:
        _KEPT.popitem(last=False)
    return _KEPT[key]


def key_of(batch: GraphBatch) -> str:
    """Return a digest of a native batch."""
    return content_key(batch.space, batch.ops, batch.edge_ops, batch.attributes)


def pretrain(
    network: PureNetwork,
    config: Any,
    tensors: Sequence[Tensor],
    targets: Sequence[Float64[np.ndarray, "n ..."]],
    seeds: Sequence[int],
    schedule: Schedule,
    *,
    device: str = "cpu",
    progress: bool = False,
    label: str = "pre-training",
) -> list[Parameters]:
    """Train one copy of a network for each seed on its own targets, side by side; returns their parameters.

    config: a dataclass that decides what `network` is. tensors: what it reads of n architectures. targets:
    one array [n] or [n, k] a copy, NaN where missing. The same call later in the process trains nothing.
    """
    key = content_key(
        asdict(config), [t.numpy() for t in tensors], list(targets), list(seeds), asdict(schedule), device
    )

    def make() -> list[Parameters]:
        rows = np.arange(len(tensors[0]))
        starts = [network.init(torch.Generator().manual_seed(seed)) for seed in seeds]
        copies = [Copy(rows, y, seed) for y, seed in zip(targets, seeds, strict=True)]
        learned = train_copies(network, starts, tensors, copies, schedule, device, label, progress)
        return [{name: value.cpu() for name, value in one.items()} for one in learned]

    return remembered(key, make)


def check_pretraining(predictor: Any) -> None:
    """Check the parameters of training without labels."""
    check_number("pool", predictor.pool, least=2, whole=True)
    check_number("pretrain_epochs", predictor.pretrain_epochs, least=1, whole=True)
    check_number("pretrain_batch_size", predictor.pretrain_batch_size, least=2, whole=True)
    check_number("pretrain_lr", predictor.pretrain_lr, open_end=True)
    check_number("pretrain_seed", predictor.pretrain_seed, whole=True)


def pretraining_schedule(predictor: Any, weights: tuple[float, ...] = ()) -> Schedule:
    """Return how a predictor is trained without labels: Adam, a cosine, hinge on all pairs of a batch."""
    return Schedule(
        epochs=predictor.pretrain_epochs,
        batch_size=predictor.pretrain_batch_size,
        lr=predictor.pretrain_lr,
        weight_decay=0.0,
        pairs_per_architecture=256,
        weights=weights,
    )
