"""Modules of operations: shapes, padding, and what is refused."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from archenc.errors import InvalidArgument
from archenc.graph import op
from archenc.networks.operations import FactorizedReduction, operation

CONVS = ("conv1x1", "conv3x3", "sep_conv3x3", "sep_conv5x5", "sep_conv7x7", "dil_conv3x3", "dil_conv5x5")
POOLS = ("avg_pool3x3", "max_pool3x3", "max_pool5x5")


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [(8, 8), (7, 9)])
@pytest.mark.parametrize("name", [*CONVS, "skip", *POOLS])
def test_an_operation_strides_and_widens(name: str, size: tuple[int, int], stride: int):
    wide = 4 if name in POOLS else 6
    out = operation(op(name), 4, wide, stride)(torch.randn(2, 4, *size))
    assert out.shape == (2, wide, -(-size[0] // stride), -(-size[1] // stride))


def test_weights_are_those_of_the_description():
    def convs(name: str) -> list[tuple[tuple[int, ...], int, tuple[int, ...], tuple[int, ...]]]:
        layers = operation(op(name), 4, 6, 2).modules()
        return [
            (tuple(layer.weight.shape), layer.groups, layer.stride, layer.dilation)
            for layer in layers
            if isinstance(layer, nn.Conv2d)
        ]

    assert convs("conv3x3") == [((6, 4, 3, 3), 1, (2, 2), (1, 1))]
    assert convs("dil_conv5x5") == [
        ((4, 1, 5, 5), 4, (2, 2), (2, 2)),
        ((6, 4, 1, 1), 1, (1, 1), (1, 1)),
    ]
    assert convs("sep_conv3x3") == [
        ((4, 1, 3, 3), 4, (2, 2), (1, 1)),
        ((4, 4, 1, 1), 1, (1, 1), (1, 1)),
        ((4, 1, 3, 3), 4, (1, 1), (1, 1)),
        ((6, 4, 1, 1), 1, (1, 1), (1, 1)),
    ]


@pytest.mark.parametrize("affine", [True, False])
def test_affine_is_passed_to_every_batch_norm(affine: bool):
    for name in (*CONVS, "avg_pool3x3", "skip"):
        norms = [
            layer
            for layer in operation(op(name), 4, 4, 2, affine=affine, pool_norm=True).modules()
            if isinstance(layer, nn.BatchNorm2d)
        ]
        assert norms
        assert all(norm.affine is affine for norm in norms)


def test_an_average_leaves_the_padding_out():
    ones = torch.ones(1, 2, 5, 5)
    assert torch.equal(operation(op("avg_pool3x3"), 2, 2)(ones), ones)


def test_an_identity_that_changes_nothing_is_free():
    x = torch.randn(2, 4, 5, 5)
    assert operation(op("skip"), 4, 4)(x) is x


@pytest.mark.parametrize("stride", [1, 2])
@pytest.mark.parametrize("size", [(8, 6), (7, 5), (8, 5)])
def test_a_reduction_reads_as_its_definition(size: tuple[int, int], stride: int):
    module = FactorizedReduction(4, 6, stride)
    x = torch.randn(2, 4, *size)
    y = F.relu(x)
    shifted = F.pad(y, (0, 1, 0, 1))[:, :, 1:, 1:]
    both = [module.here(y), module.beside(shifted)]
    twin = F.batch_norm(torch.cat(both, 1), None, None, module.norm.weight, module.norm.bias, training=True)
    assert torch.equal(module(x), twin)


def test_what_has_no_module_is_refused():
    for name in ("none", "input", "sum", "conv7x1_1x7"):
        with pytest.raises(InvalidArgument, match=f"op=op\\('{name}'\\): there is no module"):
            operation(op(name), 4, 4)
    with pytest.raises(InvalidArgument, match="cannot turn 4 channels into 6"):
        operation(op("max_pool3x3"), 4, 6)
