"""Many small networks of NAS-Bench-201 in one computation.

On images of a few pixels, calling an operation costs more than computing it. Networks that share a skeleton
differ only in which operation sits on which edge: their channels lie side by side, what they share is one
grouped operation over all, and an edge's operation is one over those networks that have it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from archenc.errors import InvalidArgument
from archenc.networks.nasbench201 import NasBench201Network, ResidualReduction
from archenc.networks.stacked_cell import StackedCell
from archenc.networks.stacked_layers import Conv, Norm


@final
class Stack(nn.Module):
    """k networks of one skeleton, with copies of their weights: [b, c, h, w] -> [k, b, n_classes].

    Each output is that of its network, up to rounding, in both modes; gradients do not mix. Operations that
    cannot reach the output of their cell are left out. Raises InvalidArgument unless the networks share a
    skeleton.
    """

    def __init__(self, networks: Sequence[NasBench201Network]) -> None:
        super().__init__()
        self.k = len(networks)
        first = networks[0]
        shapes = {(_shapes(network), network.stem[0].stride) for network in networks}
        if len(shapes) > 1:
            raise InvalidArgument(
                "networks: they differ in more than their cells; build them with one skeleton"
            )
        cells = [network.arch.cells[0] for network in networks]
        self.stem = Conv([network.stem[0] for network in networks], shared_input=True)
        self.stem_norm = Norm([network.stem[1] for network in networks])
        self.body = nn.ModuleList()
        for number, block in enumerate(first.body):
            copies = [network.body[number] for network in networks]
            reduction = isinstance(block, ResidualReduction)
            self.body.append(_Reduction(copies) if reduction else StackedCell(cells, copies))
        self.tail = Norm([network.tail[0] for network in networks])
        self.weight = nn.Parameter(_stacked(networks, lambda network: network.classifier.weight))
        self.bias = nn.Parameter(_stacked(networks, lambda network: network.classifier.bias))

    def forward(self, x: Float[Tensor, "b c h w"]) -> Float[Tensor, "k b n"]:
        """Return the logits of every network."""
        x = self.stem_norm(self.stem(x))
        for block in self.body:
            x = block(x)
        x = F.relu(self.tail(x))
        features = x.view(len(x), self.k, -1, x.shape[2] * x.shape[3]).mean(3).transpose(0, 1)
        return torch.baddbmm(self.bias[:, None], features, self.weight.transpose(1, 2))


@final
class _Reduction(nn.Module):
    """The residual blocks between two stages."""

    def __init__(self, blocks: Sequence[ResidualReduction]) -> None:
        super().__init__()
        self.first, self.second = (Conv([block.residual[i] for block in blocks]) for i in (1, 4))
        self.first_norm, self.second_norm = (Norm([block.residual[i] for block in blocks]) for i in (2, 5))
        self.shortcut = Conv([block.shortcut[1] for block in blocks])

    def forward(self, x: Float[Tensor, "b kc h w"]) -> Float[Tensor, "b out rows columns"]:
        """Return the sum of both ways."""
        residual = self.first_norm(self.first(F.relu(x)))
        return self.second_norm(self.second(F.relu(residual))) + self.shortcut(F.avg_pool2d(x, 2, 2))


def _stacked(networks: Sequence[NasBench201Network], part: Callable[[NasBench201Network], Tensor]) -> Tensor:
    return torch.stack([part(network).detach() for network in networks])


def _shapes(network: NasBench201Network) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Return the name and shape of every weight outside the cells."""
    named = network.named_parameters()
    return tuple((name, tuple(value.shape)) for name, value in named if ".operations." not in name)
