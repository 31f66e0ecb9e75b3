"""A cell with operations on edges: equal to the definition, zeros and all."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor
from torch.nn import functional as F

from archenc.errors import InvalidArchitecture
from archenc.graph import Architecture, Cell, Edge, Kind, Op, op
from archenc.networks.edge_cell import EdgeCell
from archenc.testing.strategies import edge_cells, node_cells

OPS = tuple(op(name) for name in ("none", "skip", "conv1x1", "conv3x3", "avg_pool3x3"))
STRIDED = OPS[:-1]


def by_definition(cell: Cell, copy: EdgeCell, x: Tensor, stride: int, channels: int) -> Tensor:
    """Add up every edge of every node, those that carry `none` too."""
    values = [x]
    for node in range(1, cell.n_nodes):
        # where nothing arrives, a node is zero
        height, width = (-(-size // stride) for size in x.shape[2:])
        total = torch.zeros(x.shape[0], channels, height, width)
        for number, edge in enumerate(cell.edges):
            if edge.target == node:
                step = stride if edge.source == 0 else 1
                total = total + term(edge.op, copy, number, values[edge.source], step, total)
        values.append(total)
    return values[-1]


def term(op: Op, copy: EdgeCell, number: int, x: Tensor, stride: int, like: Tensor) -> Tensor:
    if op.kind is Kind.NONE:
        return torch.zeros_like(like)
    if op.kind is Kind.AVG_POOL:
        ones = F.avg_pool2d(torch.ones_like(x), 3, stride, 1)
        return F.avg_pool2d(x, 3, stride, 1) / ones
    if op.kind is Kind.IDENTITY:
        return x if x.shape == like.shape else copy.operations[str(number)](x)
    (conv, norm) = list(copy.operations[str(number)].children())[1:]
    y = F.conv2d(F.relu(x), conv.weight, None, stride, op.kernel[0] // 2)
    return F.batch_norm(y, None, None, norm.weight, norm.bias, training=True)


@settings(max_examples=60)
@given(
    st.integers(1, 2).flatmap(
        lambda stride: st.tuples(st.just(stride), edge_cells(ops=OPS if stride == 1 else STRIDED))
    ),
    st.integers(0, 3),
)
def test_a_cell_computes_its_definition(drawn: tuple[int, Cell], seed: int):
    stride, cell = drawn
    channels = 4 * stride
    copy = EdgeCell(cell, 4, channels, stride)
    generator = torch.Generator().manual_seed(seed)
    for weight in copy.parameters():  # batch norms that shift: zeros do not stay zeros
        torch.nn.init.normal_(weight, generator=generator)
    x = torch.randn(2, 4, 6, 5, generator=generator)
    expected = by_definition(cell, copy, x, stride, channels)
    torch.testing.assert_close(copy(x), expected, rtol=1e-5, atol=1e-5)


def test_a_node_that_nothing_reaches_still_feeds_the_next():
    cell = Architecture.from_dict(
        {
            "version": 1,
            "space": "x",
            "cells": [
                {
                    "nodes": ["input", "sum", "output"],
                    "edges": [[0, 1, "none"], [1, 2, "conv1x1"], [0, 2, "none"]],
                }
            ],
        }
    ).cells[0]
    copy = EdgeCell(cell, 3, 3)
    (_, norm) = list(copy.operations["2"].children())[1:]
    torch.nn.init.constant_(norm.bias, 7.0)
    assert torch.equal(copy(torch.randn(2, 3, 4, 4)), torch.full((2, 3, 4, 4), 7.0))


@given(node_cells())
def test_operations_on_nodes_are_refused(cell: Cell):
    with pytest.raises(InvalidArchitecture, match="operations on nodes"):
        EdgeCell(cell, 4, 4)


def test_two_inputs_are_refused():
    cell = Cell((op("input"), op("input"), op("output")), (Edge(0, 2, op("skip")),))
    with pytest.raises(InvalidArchitecture, match="2 inputs"):
        EdgeCell(cell, 4, 4)
