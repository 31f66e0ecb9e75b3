"""The networks of spaces that are no cells: counts against the tables, exactly."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from archenc import networks
from archenc.errors import InvalidArchitecture
from archenc.graph import Architecture, op
from archenc.networks.inverted import InvertedResidual
from archenc.networks.op_costs import operation_counts
from archenc.spaces import space
from archenc.tables import BenchmarkTable, import_benchmark

MACRO, SIZE, ACCEL = (space(name) for name in ("nbmacro", "natsss", "accel"))
SMALL = {"nbmacro": {"channels": 4}, "natsss": {}, "accel": {"input_shape": (3, 32, 32), "n_classes": 5}}


def table_of(name: str, shared_data: Path, tmp_path: Path) -> BenchmarkTable:
    return BenchmarkTable.open(import_benchmark(name, shared_data, home=tmp_path).table)


@pytest.mark.parametrize("name", SMALL)
def test_a_network_answers_and_learns(name):
    arch = space(name).sample(1, 4)[0]
    network = networks.build(arch, seed=0, **SMALL[name])
    logits = network(torch.randn(2, *network.input_shape, generator=torch.Generator().manual_seed(0)))
    assert logits.shape == (2, network.n_classes)
    logits.sum().backward()
    assert all(weight.grad is not None for weight in network.parameters())


@pytest.mark.parametrize("name", SMALL)
def test_operations_have_paths_and_counts(name):
    archs = space(name).sample(2, 1)
    for arch, counts in zip(archs, operation_counts(archs), strict=True):
        network = networks.build(arch, device="meta")
        paths = networks.operation_paths(network)
        assert set(paths) == set(counts)
        for place, found in paths.items():
            parts = [network.get_submodule(path) for path in found]
            assert counts[place].params == sum(w.numel() for part in parts for w in part.parameters())


def test_an_identity_that_changes_the_shape_is_a_convolution():
    network = networks.build(MACRO.parse("00000000"), device="meta")
    convs = [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]
    assert [(conv.kernel_size, conv.stride) for conv in convs[1:-1]] == [((1, 1), (2, 2))] * 3


def test_the_inverted_residual_adds_what_enters_where_the_shape_stays():
    stays, changes = (InvertedResidual(op("mbconv4_5x5_se"), 8, out) for out in (8, 16))
    assert (stays.stays, changes.stays) == (True, False)
    x = torch.randn(2, 8, 6, 6, generator=torch.Generator().manual_seed(0))
    for layer in stays.layers:
        if isinstance(layer, nn.BatchNorm2d):
            nn.init.zeros_(layer.weight)
    torch.testing.assert_close(stays(x), x)
    with torch.no_grad():
        assert changes(x).shape == (2, 16, 6, 6)


def test_strange_cells_are_refused():
    with pytest.raises(InvalidArchitecture, match="3 stages"):
        networks.build(Architecture(MACRO.name, MACRO.parse("00000000").cells[:2]), device="meta")
    with pytest.raises(InvalidArchitecture, match="5 stages"):
        networks.build(Architecture(SIZE.name, MACRO.parse("00000000").cells), device="meta")
    with pytest.raises(InvalidArchitecture, match="7 blocks"):
        networks.build(Architecture(ACCEL.name, ACCEL.sample(1, 0)[0].cells[:6]), device="meta")


@pytest.mark.shared_data
def test_all_of_nas_bench_macro_has_the_published_counts(shared_data, tmp_path):
    """A layer costs what it is at its place, so 17 networks tell the counts of all 6,561."""
    table = table_of("nbmacro", shared_data, tmp_path)

    def counted(code: tuple[int, ...]) -> np.ndarray:
        network = networks.build(MACRO.from_code(code), device="meta")
        return np.array(networks.count(network, convention="macs")[:2])

    empty = counted((0,) * 8)
    extra = {
        (place, digit): counted((0,) * place + (digit,) + (0,) * (7 - place)) - empty
        for place in range(8)
        for digit in range(3)
    }
    codes = list(product(range(3), repeat=8))
    ours = np.array([empty + sum(extra[place] for place in enumerate(code)) for code in codes])
    theirs = np.stack([table.values("cifar10_params"), table.values("cifar10_macs")], axis=1)
    np.testing.assert_array_equal(ours, theirs)
    for row in (0, 4711, 6560):
        np.testing.assert_array_equal(counted(codes[row]), theirs[row])


@pytest.mark.shared_data
def test_the_size_space_has_the_published_parameters(shared_data, tmp_path):
    table = table_of("natsss", shared_data, tmp_path)
    rows = [0, 1, 8, 64, 512, 4096, 32767, *np.random.default_rng(0).choice(32768, 20).tolist()]
    ours = [networks.count(networks.build(arch, device="meta")).params for arch in table.architectures(rows)]
    assert ours == table.values("cifar10_params")[rows].tolist()


def norms_and_pools(network: networks.Network) -> int:
    extra: list[int] = []
    for layer in network.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.register_forward_hook(lambda *said: extra.append(4 * said[2].numel()))
        if isinstance(layer, nn.AdaptiveAvgPool2d):
            layer.register_forward_hook(lambda *said: extra.append(said[1][0].numel() + said[2].numel()))
    network(torch.zeros(1, *network.input_shape, device="meta"))
    return sum(extra)


@pytest.mark.shared_data
def test_accel_has_the_published_parameters_and_macs(shared_data, tmp_path):
    """The source's tool counts 4 an element of a batch norm, and a pool's area and 1 an output."""
    table = table_of("accel", shared_data, tmp_path)
    for row in np.random.default_rng(0).choice(len(table), 8, replace=False).tolist():
        network = networks.build(table.architectures([row])[0], device="meta").eval()
        params, macs, _ = networks.count(network, convention="macs")
        extra = norms_and_pools(network)
        assert params == round(table.values("imagenet_params")[row] * 1e6)
        assert macs + extra == round(table.values("imagenet_macs")[row] * 1e6)
