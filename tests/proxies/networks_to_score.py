"""Small networks for the tests of proxies, ordinary ones and such that break something."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from archenc.proxies import Inputs


class Plain(nn.Module):
    """Convolutions, batch norm, ReLU, global pooling, a linear layer."""

    def __init__(self, norm: bool = True, relu: bool = True, inplace: bool = False, classes: int = 4) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for wide, width in ((2, 6), (6, 5)):
            layers.append(nn.Conv2d(wide, width, 3, padding=1, bias=not norm))
            if norm:
                layers.append(nn.BatchNorm2d(width))
            layers.append(nn.ReLU(inplace=inplace) if relu else nn.Tanh())
        self.body = nn.Sequential(*layers)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.out = nn.Linear(5, classes)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.pool(self.body(x)).flatten(1))


class Tied(nn.Module):
    """Two layers that share one weight, and one that is called twice."""

    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.out = nn.Linear(6, 6), nn.Linear(6, 6), nn.Linear(6, 3)
        self.second.weight = self.first.weight

    def forward(self, x: Tensor) -> Tensor:
        x = torch.relu(self.second(torch.relu(self.first(x))))
        return self.out(torch.relu(self.first(x)))


class Words(nn.Module):
    """Integer inputs."""

    def __init__(self) -> None:
        super().__init__()
        self.embedding, self.relu, self.out = nn.Embedding(20, 8), nn.ReLU(), nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        return self.out(self.relu(self.embedding(x)).mean(1))


class Poisoned(nn.Module):
    """One activation is replaced by a value; `hidden` keeps it from the output."""

    def __init__(self, value: float, hidden: bool = False) -> None:
        super().__init__()
        self.value, self.hidden = value, hidden
        self.conv, self.relu, self.out = nn.Conv2d(2, 4, 3), nn.ReLU(), nn.Linear(4, 4)

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        poison = torch.zeros_like(x)
        poison[0, 0, 0, 0] = self.value
        broken = self.relu(x + poison)
        return self.out((self.relu(x) if self.hidden else broken).mean((2, 3)))


class TwoInputs(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.out = nn.Linear(4, 2)

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        return self.out(left + right)


def double(network: nn.Module, seed: int = 0) -> nn.Module:
    """Draw all weights from a generator, in float64."""
    generator = torch.Generator().manual_seed(seed)
    network = network.double()
    with torch.no_grad():
        for weight in network.parameters():
            weight.copy_(0.5 * torch.randn(weight.shape, generator=generator, dtype=torch.float64))
    return network


def images(batch: int = 6, classes: int = 4, seed: int = 0) -> Inputs:
    return Inputs.noise((2, 5, 5), seed, batch=batch, n_classes=classes)


def vectors(width: int = 6, batch: int = 8, classes: int = 3, seed: int = 0) -> Inputs:
    return Inputs.noise((width,), seed, batch=batch, n_classes=classes)
