"""NAS-Bench-101's networks: against a twin that follows the paper's words, and against published figures."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn
from torch.nn import functional as F

from archenc import networks
from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph import Architecture, Cell
from archenc.networks.nasbench101 import Module
from archenc.spaces import space
from archenc.testing.strategies import node_cells, relabelled

from . import checks

SMALL: dict[str, Any] = {"channels": 6, "stacks": 2, "modules": 2, "n_classes": 3, "input_shape": (2, 4, 4)}


def architecture(cell: Cell) -> Architecture:
    return Architecture("nasbench101", (cell,))


def live_cells() -> st.SearchStrategy[Architecture]:
    return node_cells(5).filter(lambda cell: cell.is_connected).map(architecture)


class Twin:
    """The network in the words of the paper, from a matrix, labels and the weights of ours."""

    def __init__(self, network: nn.Module, matrix: list[list[int]], ops: list[str]) -> None:
        self.weights, self.training = network.state_dict(), network.training
        self.matrix, self.ops, self.n = matrix, ops, len(ops)

    def conv_norm_relu(self, name: str, x: Tensor) -> Tensor:
        weight = self.weights[f"{name}.0.weight"]
        x = F.conv2d(x, weight, padding=weight.shape[-1] // 2)
        mean, variance = self.weights[f"{name}.1.running_mean"], self.weights[f"{name}.1.running_var"]
        if self.training:
            mean, variance = x.mean((0, 2, 3)), x.var((0, 2, 3), unbiased=False)
        scale = self.weights[f"{name}.1.weight"] / (variance + 1e-5).sqrt()
        shift = self.weights[f"{name}.1.bias"] - mean * scale
        return (x * scale[:, None, None] + shift[:, None, None]).clamp(min=0)

    def module(self, name: str, x: Tensor, channels: int) -> Tensor:
        values: list[Tensor] = [x]
        for j in range(1, self.n - 1):
            parts = [values[i] for i in range(1, j) if self.matrix[i][j]]
            if self.matrix[0][j]:
                parts.append(self.conv_norm_relu(f"{name}.projections.{j}", x))
            width = min(part.shape[1] for part in parts)
            if self.ops[j] == "max_pool3x3":
                width = self.pool_width(j, channels)
            total = torch.stack([part[:, :width] for part in parts]).sum(0)
            if self.ops[j] == "max_pool3x3":
                values.append(F.max_pool2d(total, 3, 1, 1))
            else:
                width = self.weights[f"{name}.vertices.{j}.0.weight"].shape[1]
                values.append(self.conv_norm_relu(f"{name}.vertices.{j}", total[:, :width]))
        ends = [values[i] for i in range(1, self.n - 1) if self.matrix[i][-1]]
        parts = [torch.cat(ends, 1)] if ends else []
        if self.matrix[0][-1]:
            parts.append(self.conv_norm_relu(f"{name}.projections.{self.n - 1}", x))
        return torch.stack(parts).sum(0)

    def pool_width(self, j: int, channels: int) -> int:
        """A wired vertex has its share of the channels; another is as wide as the widest it feeds."""
        ends = [i for i in range(1, self.n - 1) if self.matrix[i][-1]]
        if j in ends:
            return len(range(channels)[ends.index(j) :: len(ends)])
        return max(self.pool_width(k, channels) for k in range(j + 1, self.n - 1) if self.matrix[j][k])

    def __call__(self, x: Tensor, channels: int, stacks: int, modules: int) -> Tensor:
        x = self.conv_norm_relu("body.0", x)
        position = 1
        for stack in range(stacks):
            if stack:
                x = F.max_pool2d(x, 2)
                position += 1
            for _ in range(modules):
                x = self.module(f"body.{position}", x, channels << stack)
                position += 1
        return x.mean((2, 3)) @ self.weights["classifier.weight"].T + self.weights["classifier.bias"]


def disturb(network: nn.Module) -> None:
    """Give every batch norm weights and statistics of its own, so that none is a bystander."""
    generator = torch.Generator().manual_seed(5)
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            for values in (layer.weight, layer.bias, layer.running_mean, layer.running_var):
                assert values is not None
                values.data.uniform_(0.5, 1.5, generator=generator)


@settings(max_examples=25)
@given(live_cells(), st.booleans())
def test_it_computes_what_the_paper_describes(arch: Architecture, training: bool):
    arch = architecture(arch.cells[0].prune())
    network = networks.build(arch, seed=1, node_order="given", **SMALL).train(training)
    disturb(network)
    cell = arch.cells[0]
    pairs = {(edge.source, edge.target) for edge in cell.edges}
    matrix = [[int((i, j) in pairs) for j in range(cell.n_nodes)] for i in range(cell.n_nodes)]
    twin = Twin(network, matrix, [node.name for node in cell.nodes])
    x = torch.randn(3, 2, 4, 4, generator=torch.Generator().manual_seed(2))
    expected = twin(x, SMALL["channels"], SMALL["stacks"], SMALL["modules"])
    torch.testing.assert_close(network(x), expected, rtol=1e-4, atol=1e-4)


@settings(max_examples=15)
@given(st.data())
def test_isomorphic_cells_and_dead_nodes_change_nothing(data: st.DataObject):
    cell = data.draw(live_cells()).cells[0]
    networks_ = [
        networks.build(architecture(other), seed=3, **SMALL)
        for other in (cell, cell.prune(), data.draw(relabelled(cell)))
    ]
    x = torch.randn(2, 2, 4, 4, generator=torch.Generator().manual_seed(2))
    first, *others = (network(x) for network in networks_)
    assert all(torch.equal(first, other) for other in others)


def test_the_given_order_of_the_nodes_can_change_the_parameters():
    """Of three vertices that share 128 channels, the first two have 43 each and the last has 42."""

    def counts(ops: list[str], order: str) -> networks.Counts:
        matrix = [[0, 1, 0, 0, 0, 0], [0, 0, 1, 1, 1, 0], *([[0, 0, 0, 0, 0, 1]] * 3), [0] * 6]
        arch = architecture(Cell.from_matrix(matrix, ["input", "conv3x3", *ops, "output"]))
        return networks.count(networks.build(arch, device="meta", node_order=order))

    one, other = ["conv3x3", "conv1x1", "max_pool3x3"], ["max_pool3x3", "conv1x1", "conv3x3"]
    assert counts(one, "given").params > counts(other, "given").params
    assert counts(one, "trained") == counts(other, "trained") == counts(one, "given")


def test_what_arrives_is_cut_to_the_first_channels():
    cell = Cell.from_matrix(
        [[0, 1, 0, 0], [0, 0, 1, 1], [0, 0, 0, 1], [0, 0, 0, 0]],
        ["input", "max_pool3x3", "max_pool3x3", "output"],
    )
    module = Module(cell, (0, 1, 2, 3), 4, entering=3, leaving=3, momentum=0.1).eval()
    assert module.widths == (3, 2, 1, 3)
    projection = module.projections["1"]
    with torch.no_grad():
        projection[0].weight.copy_(torch.eye(2, 3)[:, :, None, None])
    x = torch.tensor([1.0, 2.0, 3.0])[None, :, None, None]
    out = module(x) * (1 + 1e-5) ** 0.5
    torch.testing.assert_close(out.flatten(), torch.tensor([1.0, 2.0, 1.0]))


def test_forward_and_backward_reach_every_weight():
    for arch in [
        *space("nb101").sample(3, 0),
        architecture(Cell.from_matrix([[0, 1], [0, 0]], ["input", "output"])),
    ]:
        network = networks.build(arch, seed=0, channels=8, input_shape=(3, 8, 8))
        x = torch.randn(4, 3, 8, 8, generator=torch.Generator().manual_seed(0))
        logits = network(x)
        assert logits.shape == (4, 10)
        assert network.features(x).shape == (4, 32, 2, 2)
        logits.square().sum().backward()
        assert all(
            weight.grad is not None and weight.grad.isfinite().all() for weight in network.parameters()
        )


def test_the_published_skeleton_runs():
    network = networks.build(space("nb101").sample(1, 3)[0], seed=0)
    x = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert network.features(x).shape == (2, 512, 8, 8)
    assert network(x).isfinite().all()


def test_operation_paths_are_numbered_in_the_cell_that_was_given():
    """Node 2 is dead; nodes 3 and 4 change places in the trained order or not, the numbers stay."""
    cell = Cell.from_matrix(
        [
            [0, 1, 1, 0, 0, 0],
            [0, 0, 0, 1, 1, 0],
            [0, 0, 0, 0, 0, 0],
            [0, 0, 0, 0, 0, 1],
            [0, 0, 0, 0, 0, 1],
            [0, 0, 0, 0, 0, 0],
        ],
        ["input", "conv3x3", "conv3x3", "max_pool3x3", "conv1x1", "output"],
    )
    for order in ("trained", "given"):
        network = networks.build(architecture(cell), device="meta", node_order=order)
        paths = networks.operation_paths(network)
        assert list(paths) == [(0, 0), (0, 1), (0, 2), (0, 3)]
        assert [len(paths[0, number]) for number in range(4)] == [9, 0, 0, 9]
        for number, kernel in ((0, 3), (3, 1)):
            convs = [network.get_submodule(f"{path}.0") for path in paths[0, number]]
            assert {conv.kernel_size for conv in convs if isinstance(conv, nn.Conv2d)} == {(kernel, kernel)}


def deviations(network: nn.Module, weights: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Return the standard deviation of each weight as a multiple of what is expected."""
    return {name: network.get_parameter(name).detach().std().item() / expected for name, expected in weights}


@pytest.mark.parametrize("init", ["benchmark", "suite_zero"])
def test_initial_weights(init: str):
    arch = architecture(Cell.from_matrix([[0, 1, 1], [0, 0, 1], [0, 0, 0]], ["input", "conv3x3", "output"]))
    network = networks.build(arch, seed=4, channels=64, stacks=1, modules=1, n_classes=100, init=init)
    if init == "benchmark":  # variance 1 / fan-in; uniform in +-sqrt(6 / (fan-in + fan-out))
        expected = [27**-0.5, 64**-0.5, (9 * 64) ** -0.5, (2 / 164) ** 0.5]
    else:
        expected = [(2 / (9 * 64)) ** 0.5, (2 / 64) ** 0.5, (2 / (9 * 64)) ** 0.5, 0.01]
    names = ["body.0.0", "body.1.projections.1.0", "body.1.vertices.1.0", "classifier"]
    weights = zip([f"{name}.weight" for name in names], expected, strict=True)
    assert deviations(network, weights) == pytest.approx({f"{name}.weight": 1.0 for name in names}, rel=0.04)
    assert network.get_parameter("classifier.bias").abs().max() == 0
    if init == "benchmark":
        weight = network.get_parameter("body.1.vertices.1.0.weight")
        assert weight.abs().max() <= 2 * (9 * 64) ** -0.5 / 0.8796
    norms = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert {norm.momentum for norm in norms} == {0.003 if init == "benchmark" else 0.1}
    assert {norm.eps for norm in norms} == {1e-5}
    assert all(not layer.inplace for layer in network.modules() if isinstance(layer, nn.ReLU))


def test_a_seed_says_all_and_the_global_generator_stays():
    arch = space("nb101").sample(1, 7)[0]
    state = torch.get_rng_state()
    one, same, other = (networks.build(arch, seed=seed, **SMALL).state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["classifier.weight"], other["classifier.weight"])


def test_what_cannot_be_built_is_refused():
    arch = space("nb101").sample(1, 0)[0]
    for option, match in [
        ({"init": "he"}, "init='he'; legal: benchmark, suite_zero"),
        ({"node_order": "sorted"}, "node_order='sorted'; legal: trained, given"),
        ({"stacks": 0}, "stacks=0: expected an integer >= 1"),
        ({"input_shape": (3, 30, 32)}, "multiples of 4"),
    ]:
        with pytest.raises(InvalidArgument, match=match):
            networks.build(arch, **option)
    two = Architecture("nasbench101", arch.cells * 2)
    with pytest.raises(InvalidArchitecture, match="one cell, got 2"):
        networks.build(two)


@pytest.fixture(scope="module")
def scored(shared_data: Path) -> list[checks.Millions]:
    with (shared_data / "nb101" / "zc_nasbench101.json").open() as file:
        rows = json.load(file)["nasbench101"]["cifar10"]
    return [(key, row["params"], row["flops"]) for key, row in rows.items()]


def test_published_parameters_and_flops(scored: list[checks.Millions]):
    assert checks.wrong_counts(space("nb101"), scored[::20], node_order="given") == []
    assert len(scored[::20]) == 25


@pytest.mark.slow
def test_published_parameters_and_flops_of_all_rows(scored: list[checks.Millions]):
    assert checks.wrong_counts(space("nb101"), scored, node_order="given") == []
    assert len(scored) == 500
