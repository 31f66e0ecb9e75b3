"""Counting: against hand-made sums, and against what a real forward pass does."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from archenc import networks, space
from archenc.errors import InvalidArgument
from archenc.testing.unchecked import unchecked


def by_running(module: nn.Module, shape: tuple[int, ...]) -> tuple[int, int]:
    """Multiply-accumulates and activations of a real pass: the slow twin of the convention "macs"."""
    total = activations = 0

    def hook(layer: nn.Module, inputs: tuple[torch.Tensor, ...], out: torch.Tensor) -> None:
        nonlocal total, activations
        if isinstance(layer, nn.Conv2d | nn.Linear):
            total += layer.weight[0].numel() * out.numel()
            activations += out.numel()

    handles = [layer.register_forward_hook(hook) for layer in module.modules()]
    module(torch.zeros(1, *shape))
    for handle in handles:
        handle.remove()
    return total, activations


LAYERS = {
    "conv": (nn.Conv2d(3, 8, 3, stride=2, padding=1), (3, 7, 9), 3 * 9 * 8 * 20 + 8 * 20),
    "conv, same": (nn.Conv2d(2, 4, (3, 5), padding="same", bias=False), (2, 5, 6), 2 * 15 * 4 * 30),
    "depthwise, dilated": (
        nn.Conv2d(6, 6, 3, padding=2, dilation=2, groups=6, bias=False),
        (6, 8, 8),
        9 * 6 * 64,
    ),
    "linear": (nn.Linear(10, 7), (10,), 70),
    "linear on rows": (nn.Linear(10, 7), (5, 10), 350),
    "batch norm": (nn.BatchNorm2d(5), (5, 4, 3), 2 * 60),
    "batch norm without weights": (nn.BatchNorm2d(5, affine=False), (5, 4, 3), 60),
    "relu": (nn.ReLU(), (5, 4, 3), 60),
    "leaky relu": (nn.LeakyReLU(0.2), (5, 4, 3), 60),
    "max pool": (nn.MaxPool2d(3, 2, 1), (4, 7, 8), 4 * 4 * 4 * 9),
    "average pool": (nn.AvgPool2d(2), (4, 7, 8), 4 * 3 * 4 * 4),
    "global pool": (nn.AdaptiveAvgPool2d(1), (4, 7, 8), 4 * 8 * 9),
    "identity": (nn.Identity(), (4, 7, 8), 0),
}


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_costs_what_the_rule_says(name: str):
    layer, shape, flops = LAYERS[name]
    assert networks.count(layer, shape).flops == flops
    assert networks.count(layer, shape).params == sum(weight.numel() for weight in layer.parameters())


@pytest.mark.parametrize("name", LAYERS)
def test_macs_are_those_of_a_real_pass_and_so_is_the_shape(name: str):
    layer, shape, _ = LAYERS[name]
    layer = nn.Sequential(layer, nn.Flatten(), nn.LazyLinear(3)).eval()
    layer(torch.zeros(1, *shape))
    assert networks.count(layer, shape, "macs")[1:] == by_running(layer, shape)


def test_a_module_called_twice_counts_once_or_twice():
    class Twice(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(4, 4, 1, bias=False)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.conv(self.conv(x))

    assert networks.count(Twice(), (4, 3, 3)) == (16, 16 * 9, 4 * 9)
    assert networks.count(Twice(), (4, 3, 3), "macs") == (16, 2 * 16 * 9, 2 * 4 * 9)


def test_a_module_may_add_in_place():
    class Residual(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(4, 4, 1, bias=False)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            out = self.conv(x)
            out += x
            return out.view(out.size(0), -1)

    assert networks.count(Residual(), (4, 3, 3)) == (16, 16 * 9, 4 * 9)


def test_tiles_in_the_batch_count_in_macs_only():
    tiles = nn.Sequential(nn.Flatten(0, 1), nn.Conv2d(2, 2, 1, bias=False))
    assert networks.count(tiles, (9, 2, 3, 3)).flops == 4 * 9
    assert networks.count(tiles, (9, 2, 3, 3), "macs").flops == 9 * 4 * 9
    assert networks.count(tiles, (9, 2, 3, 3)).activations == 2 * 9
    assert networks.count(tiles, (9, 2, 3, 3), "macs").activations == 9 * 2 * 9


def test_counting_leaves_the_module_as_it_was():
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.ReLU()).train()
    module[2].forward = lambda x: x + 1  # somebody else's
    x, before = torch.ones(2, 3, 5, 5), {name: value.clone() for name, value in module.state_dict().items()}
    networks.count(module, (3, 5, 5))
    assert all(torch.equal(before[name], value) for name, value in module.state_dict().items())
    assert module.training
    assert module(x).min() != 0
    assert module[2](x).min() == 2
    assert "forward" not in module[0].__dict__


def test_frozen_weights_are_not_parameters():
    module = nn.Sequential(nn.Linear(3, 2), nn.Linear(2, 2).requires_grad_(False))
    assert networks.count(module, (3,)).params == 8


def test_what_cannot_be_counted_is_refused():
    with pytest.raises(InvalidArgument, match=r"'1': LSTM has weights and no counting rule"):
        networks.count(nn.Sequential(nn.ReLU(), nn.LSTM(3, 3)), (4, 3))
    with pytest.raises(InvalidArgument, match=r"convention='flops'; legal: suite_zero, macs"):
        networks.count(nn.ReLU(), (4,), "flops")  # type: ignore[arg-type]
    with pytest.raises(InvalidArgument, match="input_shape=None"):
        networks.count(nn.ReLU())
    with pytest.raises(InvalidArgument, match="the one to 1 x 1"):
        networks.count(nn.AdaptiveAvgPool2d(2), (4, 4, 4))
    with pytest.raises(InvalidArgument, match="ceil_mode"):
        networks.count(nn.MaxPool2d(2, ceil_mode=True), (4, 5, 5))


@pytest.mark.parametrize(
    "shape", [5, "abc", (), (3,), (0, 0, 0), (1, 2, 3, 4), (2, 8, 8), (3, 8.0, 8), (3, 2, 2)], ids=repr
)
@unchecked()
def test_a_shape_that_a_network_cannot_take_is_refused(shape: Any):
    arch = space("nasbench101").parse("11-1|c3")
    with pytest.raises(InvalidArgument, match=r"^input_shape"):
        networks.count(networks.build(arch, device="meta"), shape)


@unchecked()
def test_a_shape_that_a_module_cannot_take_is_refused():
    with pytest.raises(InvalidArgument, match=r"input_shape=\(3,\): Conv2d cannot take such an example"):
        networks.count(nn.Conv2d(3, 4, 3), (3,))
    with pytest.raises(InvalidArgument, match=r"too small, for Conv2d makes \(1, 3, 2, 2\) into"):
        networks.count(nn.Conv2d(3, 4, 3), (3, 2, 2))
    with pytest.raises(InvalidArgument, match=r"module=None: expected a torch\.nn\.Module"):
        networks.count(None, (3,))  # type: ignore[arg-type]


def test_a_refusal_leaves_the_module_as_it_was():
    module = nn.Sequential(nn.ReLU(), nn.LSTM(3, 3))
    with pytest.raises(InvalidArgument):
        networks.count(module, (4, 3))
    assert "forward" not in module[0].__dict__


def test_counts_are_integers():
    counts = networks.count(nn.Linear(3, 2), (3,))
    assert [type(value) for value in counts] == [int, int, int]
    assert counts == (8, 6, 2)
