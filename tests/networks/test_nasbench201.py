"""The networks of NAS-Bench-201: the published counts, and passes that run."""

from __future__ import annotations

import json
import math
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from archenc import networks, space
from archenc.errors import InvalidArgument

from . import checks

SPACE = space("nasbench201")
TASK_OF = {"cifar10": "cifar10", "cifar100": "cifar100", "ImageNet16-120": "imagenet16"}
EMPTY = SPACE.parse((1,) * 6)
SMALL = {"channels": 4, "cells": 2, "input_shape": (1, 8, 8), "n_classes": 7}


def by_hand(code: tuple[int, ...], classes: int) -> int:
    """Parameters: stem, 15 cells, two residual blocks, last batch norm, classifier."""
    per_op = {2: lambda c: 9 * c * c + 2 * c, 3: lambda c: c * c + 2 * c}
    cells = sum(5 * per_op[k](c) for c in (16, 32, 64) for k in code if k in per_op)
    blocks = sum(9 * c * 2 * c + 4 * c + 9 * 4 * c * c + 4 * c + 2 * c * c for c in (16, 32))
    return 3 * 16 * 9 + 32 + cells + blocks + 128 + 65 * classes


@pytest.mark.parametrize("task", ["cifar10", "cifar100", "imagenet16"])
@pytest.mark.parametrize("code", [(0, 2, 3, 2, 3, 1), (1,) * 6, (2,) * 6, (4, 4, 3, 0, 3, 1)])
def test_parameters_by_hand(code: tuple[int, ...], task: str):
    network = networks.build(SPACE.parse(code), task, device="meta")
    assert networks.count(network).params == by_hand(code, network.n_classes)


@pytest.mark.parametrize("arch", SPACE.sample(4, 5), ids=SPACE.format)
def test_counts_depend_on_the_operations_and_not_on_their_places(arch):
    code = SPACE.code(arch)
    found = {
        networks.count(networks.build(SPACE.from_code(order), device="meta", cells=2))
        for order in (code, code[::-1], sorted(code))
    }
    assert len(found) == 1


def test_the_anchor_of_the_score_files():
    network = networks.build(SPACE.parse((0, 2, 3, 2, 3, 1)), device="meta")
    assert networks.count(network)[:2] == (615_386, 88_307_392)


@pytest.mark.parametrize("arch", [*SPACE.sample(6, 0), EMPTY], ids=SPACE.format)
def test_any_cell_trains(arch):
    network = networks.build(arch, seed=1, **SMALL)
    checks.assert_trains(network, batch=4)
    checks.assert_hooks_are_safe(network)
    checks.assert_paths_cover_the_cells(network)


def test_the_published_network_trains():
    checks.assert_trains(networks.build(SPACE.parse((0, 2, 3, 2, 3, 1)), "cifar10", seed=0))


def test_all_batch_norms_have_weights():
    network = networks.build(SPACE.parse((2, 3, 2, 3, 2, 3)), device="meta")
    norms = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert len(norms) == 1 + 15 * 6 + 2 * 2 + 1
    assert all(norm.affine for norm in norms)


def test_a_disconnected_cell_gives_one_answer_for_all_images():
    network = networks.build(EMPTY, seed=0, **SMALL).eval()
    out = network(torch.randn(3, 1, 8, 8))
    assert torch.equal(out[0], out[1])
    assert torch.equal(out[0], network.classifier.bias)


def test_the_network_reads_as_its_definition():
    """Stem, cells, residual blocks and tail written out, on a cell of one convolution."""
    cell = SPACE.parse((1, 1, 2, 1, 1, 1))
    network = networks.build(cell, seed=3, channels=4, cells=1, input_shape=(3, 8, 8))
    weights = iter(list(network.parameters()))

    def conv(x: torch.Tensor, stride: int = 1) -> torch.Tensor:
        weight = next(weights)
        return F.conv2d(x, weight, None, stride, weight.shape[-1] // 2)

    def norm(x: torch.Tensor) -> torch.Tensor:
        return F.batch_norm(x, None, None, next(weights), next(weights), training=True)

    x = torch.randn(5, 3, 8, 8)
    y = norm(conv(x))
    y = norm(conv(F.relu(y)))
    for _ in range(2):
        residual = norm(conv(F.relu(y), 2))
        residual = norm(conv(F.relu(residual)))
        y = conv(F.avg_pool2d(y, 2)) + residual
        y = norm(conv(F.relu(y)))
    y = F.relu(norm(y))
    torch.testing.assert_close(network.features(x), y)
    torch.testing.assert_close(network(x), F.linear(y.mean((2, 3)), next(weights), next(weights)))
    assert next(weights, None) is None


def test_the_skeleton_is_what_was_asked_for():
    network = networks.build(
        SPACE.parse((2,) * 6), seed=0, channels=8, cells=1, stages=2, stem_stride=2, input_shape=(1, 16, 12)
    )
    assert network.features(torch.randn(2, 1, 16, 12)).shape == (2, 16, 4, 3)
    kinds = Counter(type(layer).__name__ for layer in network.modules())
    assert (kinds["EdgeCell"], kinds["ResidualReduction"]) == (2, 1)


def test_an_image_that_cannot_be_halved_is_refused():
    with pytest.raises(InvalidArgument, match=r"input_shape=\(1, 6, 8\).*divisible by 4"):
        networks.build(EMPTY, input_shape=(1, 6, 8))


@pytest.mark.parametrize("size", ["channels", "cells", "stages", "stem_stride"])
def test_a_size_below_one_is_refused(size: str):
    with pytest.raises(InvalidArgument, match=f"{size}=0: expected an integer >= 1"):
        networks.build(EMPTY, **{size: 0})


def test_initial_weights_are_pytorch_s():
    network = networks.build(SPACE.parse((2,) * 6), seed=0)
    for layer in network.modules():
        if isinstance(layer, (nn.Conv2d, nn.Linear)):
            bound = 1 / math.sqrt(layer.weight[0].numel())
            assert 0.9 * bound < layer.weight.abs().max() <= bound


@pytest.mark.parametrize("every", [60, pytest.param(6, marks=pytest.mark.slow)])
@pytest.mark.parametrize("dataset", TASK_OF)
def test_published_counts(shared_data: Path, dataset: str, every: int):
    rows = json.loads((shared_data / "nb201" / "zc_nasbench201.json").read_text())[dataset]
    assert len(rows) == (724 if dataset == "ImageNet16-120" else 725)
    for key, row in list(rows.items())[::every]:
        counts = networks.count(networks.build(SPACE.parse(key), TASK_OF[dataset], device="meta"))
        published = np.array([row["params"]["score"], row["flops"]["score"]])
        assert np.abs(np.array(counts[:2]) / 1e6 - published).max() < 1e-9, key
