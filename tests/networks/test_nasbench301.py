"""NAS-Bench-301's networks: published parameters and FLOPs, of the score files and of DARTS itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from archenc import networks
from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph import Architecture
from archenc.networks.nasbench301 import NasBench301Network
from archenc.spaces import space

from . import checks

NB301 = space("nasbench301")
SMALL: dict[str, Any] = {"channels": 4, "cells": 5, "n_classes": 3, "input_shape": (2, 8, 8)}

DARTS_V2 = """Genotype(
    normal=[('sep_conv_3x3', 0), ('sep_conv_3x3', 1), ('sep_conv_3x3', 0), ('sep_conv_3x3', 1),
            ('sep_conv_3x3', 1), ('skip_connect', 0), ('skip_connect', 0), ('dil_conv_3x3', 2)],
    normal_concat=[2, 3, 4, 5],
    reduce=[('max_pool_3x3', 0), ('max_pool_3x3', 1), ('skip_connect', 2), ('max_pool_3x3', 1),
            ('max_pool_3x3', 0), ('skip_connect', 2), ('skip_connect', 2), ('max_pool_3x3', 1)],
    reduce_concat=[2, 3, 4, 5])"""
P_DARTS = """Genotype(
    normal=[('skip_connect', 0), ('dil_conv_3x3', 1), ('skip_connect', 0), ('sep_conv_3x3', 1),
            ('sep_conv_3x3', 1), ('sep_conv_3x3', 3), ('sep_conv_3x3', 0), ('dil_conv_5x5', 4)],
    normal_concat=[2, 3, 4, 5],
    reduce=[('avg_pool_3x3', 0), ('sep_conv_5x5', 1), ('sep_conv_3x3', 0), ('dil_conv_5x5', 2),
            ('max_pool_3x3', 0), ('dil_conv_3x3', 1), ('dil_conv_3x3', 1), ('dil_conv_5x5', 3)],
    reduce_concat=[2, 3, 4, 5])"""


@pytest.mark.parametrize(("genotype", "params"), [(DARTS_V2, 3_349_342), (P_DARTS, 3_433_798)])
def test_published_parameters_of_darts(genotype: str, params: int):
    """Liu et al., ICLR 2019, print 3.3 M, and Chen et al., ICCV 2019, 3.4 M; their programs print these."""
    network = networks.build(NB301.parse(genotype), device="meta", channels=36, cells=20, recipe="darts")
    assert networks.count(network).params == params


@pytest.mark.parametrize("recipe", ["suite_zero", "darts"])
def test_forward_and_backward_reach_every_weight(recipe: str):
    for arch in NB301.sample(3, 0):
        network = networks.build(arch, seed=0, recipe=recipe, **SMALL)
        x = torch.randn(4, 2, 8, 8, generator=torch.Generator().manual_seed(0))
        assert network.features(x).shape == (4, 64, 2, 2)
        logits = network(x)
        assert logits.shape == (4, 3)
        logits.square().sum().backward()
        assert all(
            weight.grad is not None and weight.grad.isfinite().all() for weight in network.parameters()
        )
        assert all(not layer.inplace for layer in network.modules() if isinstance(layer, nn.ReLU))


def test_the_published_skeleton_runs():
    network = networks.build(NB301.sample(1, 3)[0], seed=0)
    x = torch.randn(2, 3, 32, 32, generator=torch.Generator().manual_seed(0))
    assert network.features(x).shape == (2, 512, 8, 8)
    assert network(x).isfinite().all()


def test_cells_follow_each_other_as_in_darts():
    """A cell sees the last two; the one after a reduction halves the older one."""
    network = networks.build(NB301.parse(DARTS_V2), seed=0, **SMALL | {"cells": 8}).eval()
    assert isinstance(network, NasBench301Network)
    x = torch.randn(2, 2, 8, 8, generator=torch.Generator().manual_seed(0))
    outs = [network.stem(x), network.stem(x)]
    for cell in network.cells:
        outs.append(cell(outs[-2], outs[-1]))
    assert [tuple(out.shape[1:]) for out in outs[2:]] == (
        [(16, 8, 8)] * 2 + [(32, 4, 4)] * 3 + [(64, 2, 2)] * 3
    )
    torch.testing.assert_close(network.features(x), outs[-1])
    torch.testing.assert_close(network(x), network.classifier(outs[-1].mean((2, 3))))


@pytest.mark.parametrize(("cells", "reductions"), [(3, [1, 2]), (5, [1, 3]), (8, [2, 5]), (20, [6, 13])])
def test_reductions_stand_after_each_third(cells: int, reductions: list[int]):
    network = networks.build(NB301.parse(DARTS_V2), device="meta", cells=cells)
    assert isinstance(network, NasBench301Network)
    assert [number for number, cell in enumerate(network.cells) if cell.which == 1] == reductions


def test_norms_have_weights_where_darts_has_them():
    arch = NB301.parse(DARTS_V2)
    for recipe, affine in (("suite_zero", False), ("darts", True)):
        network = networks.build(arch, device="meta", recipe=recipe)
        assert isinstance(network, NasBench301Network)
        for cell in network.cells:
            inner = [layer for layer in cell.operations.modules() if isinstance(layer, nn.BatchNorm2d)]
            entries = [*cell.enter_older.modules(), *cell.enter_newer.modules()]
            assert inner or affine, "pools without norms"
            assert all(layer.affine is affine for layer in inner)
            assert all(layer.affine for layer in entries if isinstance(layer, nn.BatchNorm2d))


def test_operation_paths():
    network = networks.build(NB301.parse(DARTS_V2), device="meta")
    paths = networks.operation_paths(network)
    assert list(paths) == [(cell, number) for cell in (0, 1) for number in range(8)]
    found = {key: len(group) for key, group in paths.items()}
    # Edges by target, then source: normal 0-2 1-2 0-3 1-3 0-4(skip) 1-4 0-5(skip) 2-5; six normal copies.
    assert [found[0, number] for number in range(8)] == [6, 6, 6, 6, 0, 6, 0, 6]
    # Reduction: pools, and skips between steps, none of which strides; two copies.
    assert [found[1, number] for number in range(8)] == [0] * 8
    dilated = network.get_submodule(paths[0, 7][0])
    assert {layer.dilation for layer in dilated.modules() if isinstance(layer, nn.Conv2d)} == {(2, 2), (1, 1)}


def test_a_skip_has_weights_where_it_strides():
    arch = NB301.parse((((0, 2), (1, 2)) * 4, ((0, 2), (1, 2)) * 4))
    found = {
        key: len(group)
        for key, group in networks.operation_paths(networks.build(arch, device="meta")).items()
    }
    assert set(found.values()) == {0, 2}
    assert [found[1, number] for number in range(8)] == [2] * 8


def test_a_seed_says_all_and_the_global_generator_stays():
    arch = NB301.sample(1, 7)[0]
    state = torch.get_rng_state()
    one, same, other = (networks.build(arch, seed=seed, **SMALL).state_dict() for seed in (1, 1, 2))
    assert torch.equal(torch.get_rng_state(), state)
    assert all(torch.equal(one[name], same[name]) for name in one)
    assert not torch.equal(one["classifier.weight"], other["classifier.weight"])


def test_what_cannot_be_built_is_refused():
    arch = NB301.sample(1, 0)[0]
    for option, match in [
        ({"recipe": "he"}, "recipe='he'; legal: suite_zero, darts"),
        ({"channels": 5}, "channels=5: expected an even number"),
        ({"cells": 2}, "cells=2: expected at least 3"),
        ({"input_shape": (3, 30, 32)}, "multiples of 4"),
    ]:
        with pytest.raises(InvalidArgument, match=match):
            networks.build(arch, **option)
    with pytest.raises(InvalidArchitecture, match="got 1 cells"):
        networks.build(Architecture("nasbench301", arch.cells[:1]))


@pytest.fixture(scope="module")
def scored(shared_data: Path) -> list[checks.Millions]:
    with (shared_data / "nb301" / "zc_nasbench301.json").open() as file:
        rows = json.load(file)["cifar10"]
    return [(key, row["params"]["score"], row["flops"]["score"]) for key, row in rows.items()]


def test_published_parameters_and_flops(scored: list[checks.Millions]):
    assert checks.wrong_counts(NB301, scored[::29]) == []
    assert len(scored[::29]) == 25


@pytest.mark.slow
def test_published_parameters_and_flops_of_more_rows(scored: list[checks.Millions]):
    """One row in five; tools/check_counts.py compares all."""
    assert checks.wrong_counts(NB301, scored[::5]) == []
    assert len(scored) == 725
