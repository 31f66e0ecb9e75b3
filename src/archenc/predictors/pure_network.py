"""A network as pure functions of its parameters, and copies of it trained side by side."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from archenc.networks.threads import single_thread
from archenc.predictors.flow import Parameters
from archenc.predictors.training import Copy, Schedule, stack, train, unstack
from archenc.progress import bar


@dataclass(frozen=True)
class PureNetwork:
    """A network as pure functions, its configuration fixed.

    init: draws the parameters of one copy. score: one score a row. trained: what training compares with the
    labels, where that is more than the score ([b, k] for labels [n, k]). dropped: widths of the hidden layers
    that dropout acts on, with probability `dropout`; noise: how many N(0, 1) a row takes in training; both
    reach the network as `keep`. frozen: names of the parameters that training leaves alone.
    """

    init: Callable[[torch.Generator], Parameters]
    score: Callable[..., Tensor]
    trained: Callable[..., Tensor] | None = None
    dropped: tuple[int, ...] = ()
    dropout: float = 0.0
    noise: int = 0
    frozen: tuple[str, ...] = ()


def train_copies(
    network: PureNetwork,
    starts: Sequence[Parameters],
    tensors: Sequence[Tensor],
    copies: Sequence[Copy],
    schedule: Schedule,
    device: str,
    label: str,
    progress: bool,
) -> list[Parameters]:
    """Train copies of a network side by side, each from its own start; returns what each has learned.

    tensors: of all architectures that any copy reads, on any device. label: what the bar of `progress` says.
    """
    with single_thread(), bar("epochs", progress) as shown:
        trained = train(
            network.trained or network.score,
            {k: v.to(device) for k, v in stack(starts).items()},
            [t.to(device) for t in tensors],
            copies,
            schedule,
            dropped=sum(network.dropped),
            dropout=network.dropout,
            noise=network.noise,
            frozen=network.frozen,
            on_epoch=lambda done, total: shown(done, total, f"{label}, {len(copies)} networks"),
        )
    return unstack(trained)
