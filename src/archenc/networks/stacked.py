"""Many small networks of NAS-Bench-201 in one computation.

On images of a few pixels, calling an operation costs more than computing it. Networks that share a skeleton
differ only in which operation sits on which edge: their channels lie side by side, what they share is one
grouped operation over all, and an edge's operation is one over those networks that have it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar, cast, final

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional as F

from archenc.errors import InvalidArgument
from archenc.networks.edge_cell import EdgeCell
from archenc.networks.nasbench201 import NasBench201Network, ResidualReduction
from archenc.networks.stacked_cell import StackedCell
from archenc.networks.stacked_layers import Conv, Norm

M = TypeVar("M", bound=nn.Module)


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
        self.stem = Conv(_every(nn.Conv2d, (network.stem[0] for network in networks)), shared_input=True)
        self.stem_norm = Norm(_every(nn.BatchNorm2d, (network.stem[1] for network in networks)))
        self.body = nn.ModuleList()
        for number, block in enumerate(first.body):
            copies = [network.body[number] for network in networks]
            if isinstance(block, ResidualReduction):
                self.body.append(_Reduction(_every(ResidualReduction, copies)))
            else:
                self.body.append(StackedCell(cells, _every(EdgeCell, copies)))
        self.tail = Norm(_every(nn.BatchNorm2d, (network.tail[0] for network in networks)))
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
        self.first, self.second = (
            Conv(_every(nn.Conv2d, (block.residual[i] for block in blocks))) for i in (1, 4)
        )
        self.first_norm, self.second_norm = (
            Norm(_every(nn.BatchNorm2d, (block.residual[i] for block in blocks))) for i in (2, 5)
        )
        self.shortcut = Conv(_every(nn.Conv2d, (block.shortcut[1] for block in blocks)))

    def forward(self, x: Float[Tensor, "b kc h w"]) -> Float[Tensor, "b out rows columns"]:
        """Return the sum of both ways."""
        residual = self.first_norm(self.first(F.relu(x)))
        return self.second_norm(self.second(F.relu(residual))) + self.shortcut(F.avg_pool2d(x, 2, 2))


def _every(kind: type[M], modules: Iterable[nn.Module]) -> list[M]:
    """Return modules that are all of one kind, typed so."""
    found = list(modules)
    if not all(isinstance(module, kind) for module in found):
        raise InvalidArgument(f"networks: expected {kind.__name__} in all of them at one place")
    return cast("list[M]", found)


def _stacked(networks: Sequence[NasBench201Network], part: Callable[[NasBench201Network], Tensor]) -> Tensor:
    return torch.stack([part(network).detach() for network in networks])


def _shapes(network: NasBench201Network) -> tuple[tuple[str, tuple[int, ...]], ...]:
    """Return the name and shape of every weight outside the cells."""
    named = network.named_parameters()
    return tuple((name, tuple(value.shape)) for name, value in named if ".operations." not in name)
