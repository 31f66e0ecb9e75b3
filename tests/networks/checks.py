"""What holds for the network of any architecture of any space."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import torch
from torch import nn

from archenc import networks
from archenc.graph import Kind, op_on_node
from archenc.networks import CellCopy, Network
from archenc.spaces import SearchSpace

Millions = tuple[str, float, float]
"""A spelling and the published counts of its network: parameters and FLOPs, both in millions."""

_NO_OPERATION = {Kind.INPUT, Kind.OUTPUT, Kind.SUM, Kind.LINK}


def convolutions(module: nn.Module) -> list[str]:
    """Paths of all convolutions."""
    return [name for name, layer in module.named_modules() if isinstance(layer, nn.Conv2d)]


def assert_trains(network: Network, batch: int = 2) -> None:
    """A forward and a backward pass run and give finite numbers of the right shape."""
    network.train()
    out = network(torch.randn(batch, *network.input_shape, generator=torch.Generator().manual_seed(0)))
    assert out.shape[:2] == (batch, network.n_classes)
    assert out.isfinite().all()
    out.square().mean().backward()
    grads = [weight.grad for weight in network.parameters() if weight.grad is not None]
    assert grads
    assert all(grad.isfinite().all() for grad in grads)


def assert_hooks_are_safe(network: Network) -> None:
    """Proxies read activations: nothing may be overwritten in place, and batch norms keep statistics."""
    for layer in network.modules():
        assert not getattr(layer, "inplace", False)
        if isinstance(layer, nn.BatchNorm2d):
            assert layer.track_running_stats
            assert (layer.momentum, layer.eps) == (0.1, 1e-5)


def assert_paths_cover_the_cells(network: Network) -> None:
    """Every convolution inside a cell belongs to one operation, none outside does."""
    paths = networks.operation_paths(network)
    views = [op_on_node(cell) for cell in network.arch.cells]
    numbers = [sum(node.kind not in _NO_OPERATION for node in view.nodes) for view in views]
    assert list(paths) == [(which, number) for which, n in enumerate(numbers) for number in range(n)]
    owned = [
        f"{path}.{conv}" if conv else path
        for group in paths.values()
        for path in group
        for conv in convolutions(network.get_submodule(path))
    ]
    copies = [name for name, copy in network.named_modules() if isinstance(copy, CellCopy)]
    inside = [conv for conv in convolutions(network) if any(conv.startswith(f"{copy}.") for copy in copies)]
    assert sorted(owned) == sorted(inside)


def wrong_counts(space: SearchSpace, rows: Iterable[Millions], **skeleton: Any) -> list[str]:
    """Return the spellings of the rows whose published counts are not those of the network."""
    wrong = []
    for spelling, params, flops in rows:
        counts = networks.count(networks.build(space.parse(spelling), device="meta", **skeleton))
        if max(abs(counts.params / 1e6 - params), abs(counts.flops / 1e6 - flops)) > 1e-9:
            wrong.append(spelling)
    return wrong
