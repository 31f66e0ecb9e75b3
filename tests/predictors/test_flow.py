"""Layers against figures worked out by hand, and against slow twins."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from archenc.predictors.flow import FlowStack, attention, dgf, gat

# The worked example of four nodes and two channels: edges 0->1, 0->2, 1->3, 2->3.
ADJACENCY = torch.zeros(4, 4)
for _source, _target in ((0, 1), (0, 2), (1, 3), (2, 3)):
    ADJACENCY[_source, _target] = 1
X = torch.tensor([[1, -1], [0.5, 0.25], [0, 1], [-0.5, 0.5]])
W = torch.tensor([[1, 0.5], [-0.5, 1]])
OPS = torch.tensor([[0, 0], [1, -1], [0.5, 2], [-1, 0.5]])
GATE = torch.sigmoid(torch.stack([OPS[:, 0] + 0.1, 0.5 * OPS[:, 0] - OPS[:, 1] - 0.2], dim=1))
BIAS, A = torch.tensor([0.05, -0.05]), torch.tensor([0.7, -0.3])
STATES = (X @ W)[None]
PREDECESSORS = ADJACENCY.T[None]


def test_dgf_worked_example() -> None:
    expected = [[1.55, -0.55], [1.550390, 0.057082], [0.518484, 0.887723], [-0.736131, 0.547213]]
    np.testing.assert_allclose(dgf(STATES, PREDECESSORS, GATE[None], BIAS)[0], expected, atol=1e-6)


@pytest.mark.parametrize(
    ("mask", "expected"),
    [
        ("mult", [[0.082028, 0.140677], [0.248345, 0.162534], [0.100071, 0.039018], [0.035823, 0.080119]]),
        ("neg_inf", [[0, 0], [1.125390, -0.392918], [0.968484, -0.062277], [-0.030034, 0.179083]]),
    ],
)
def test_gat_worked_example(mask: str, expected: list[list[float]]) -> None:
    np.testing.assert_allclose(gat(STATES, PREDECESSORS, GATE[None], A, mask)[0], expected, atol=1e-6)


def test_attention_equals_the_broadcast_product() -> None:
    generator = torch.Generator().manual_seed(0)
    h, a = torch.randn(3, 6, 16, generator=generator), torch.randn(16, generator=generator)
    adjacency = (torch.rand(3, 6, 6, generator=generator) < 0.4).float()
    logits = F.leaky_relu((a * h[:, :, None, :] * h[:, None, :, :]).sum(-1), 0.01)
    torch.testing.assert_close(
        attention(h, adjacency, a, "mult"), torch.softmax(logits * adjacency, -1), atol=1e-6, rtol=0
    )


def test_a_node_without_predecessors_attends_to_nothing() -> None:
    alpha = attention(STATES, PREDECESSORS, A, "neg_inf")
    assert torch.equal(alpha[0, 0], torch.zeros(4))
    torch.testing.assert_close(alpha[0, 1:].sum(-1), torch.ones(3))


def test_two_equal_heads_are_one() -> None:
    generator = torch.Generator().manual_seed(1)
    one = FlowStack((6, 8, 8), op_width=5, branch="gat")
    parameters = one.init(generator)
    twice = {k: v for k, v in parameters.items() if k.startswith("gate")}
    cuts = [parameters["gate.weight"][:, i : i + 8] for i in (0, 0, 8, 8)]
    twice["gate.weight"] = torch.cat(cuts, dim=1)
    twice["gate.bias"] = torch.cat([parameters["gate.bias"][i : i + 8] for i in (0, 0, 8, 8)])
    for i in range(2):
        twice[f"{i}.weight"] = torch.cat([parameters[f"{i}.weight"]] * 2, dim=1)
        for name in ("a", "norm.weight", "norm.bias"):
            twice[f"{i}.{name}"] = torch.cat([parameters[f"{i}.{name}"]] * 2)
    x, ops = torch.randn(2, 4, 6, generator=generator), torch.randn(2, 4, 5, generator=generator)
    adjacency = PREDECESSORS.expand(2, 4, 4)
    two = FlowStack((6, 8, 8), op_width=5, branch="gat", heads=2)
    torch.testing.assert_close(two.apply(twice, x, adjacency, ops), one.apply(parameters, x, adjacency, ops))


def test_ensemble_is_the_mean_of_both_branches_in_every_layer() -> None:
    generator = torch.Generator().manual_seed(2)
    stack = FlowStack((6, 8, 8), op_width=5)
    p = stack.init(generator)
    x, ops = torch.randn(2, 4, 6, generator=generator), torch.randn(2, 4, 5, generator=generator)
    adjacency = PREDECESSORS.expand(2, 4, 4)
    gates = torch.sigmoid(ops @ p["gate.weight"] + p["gate.bias"])
    state = x
    for i in range(2):
        w, g = p[f"{i}.weight"], gates[..., 16 * i : 16 * (i + 1)]
        flow = dgf(state @ w[:, :8], adjacency, g[..., :8], p[f"{i}.bias"])
        attended = gat(state @ w[:, 8:], adjacency, g[..., 8:], p[f"{i}.a"][0])
        attended = F.layer_norm(attended, (8,), p[f"{i}.norm.weight"][0], p[f"{i}.norm.bias"][0])
        state = (flow + attended) / 2
        state = torch.relu(state) if i == 0 else state
    torch.testing.assert_close(stack.apply(p, x, adjacency, ops), state)
