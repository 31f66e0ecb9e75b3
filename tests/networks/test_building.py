"""Building by name of the space: seeds, devices, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from archenc import networks, space
from archenc.errors import InvalidArgument, UnknownName
from archenc.graph import Architecture, Cell

NB201 = space("nasbench201")
ARCH = NB201.parse((0, 2, 3, 2, 3, 1))
SMALL = {"channels": 4, "cells": 1, "input_shape": (3, 8, 8)}


def weights(seed: object, **skeleton: object) -> list[torch.Tensor]:
    network = networks.build(ARCH, seed=seed, **{**SMALL, **skeleton})  # type: ignore[arg-type]
    return [value.clone() for value in network.state_dict().values()]


def same(a: list[torch.Tensor], b: list[torch.Tensor]) -> bool:
    return all(torch.equal(x, y) for x, y in zip(a, b, strict=True))


def test_a_seed_is_a_network():
    assert same(weights(3), weights(3))
    assert same(weights(3), weights(np.random.default_rng(3)))
    assert not same(weights(3), weights(4))
    assert not same(weights(None), weights(None))


def test_a_generator_moves_on():
    rng = np.random.default_rng(3)
    assert not same(weights(rng), weights(rng))


def test_the_global_generators_are_left_alone():
    before = torch.get_rng_state()
    weights(0)
    weights(None)
    networks.build(ARCH, device="meta")
    assert torch.equal(before, torch.get_rng_state())


def test_the_global_seed_has_no_say():
    with torch.random.fork_rng():
        torch.rand(7)
        first = weights(5)
    assert same(first, weights(5))


def test_a_network_says_what_it_is():
    network = networks.build(ARCH, "cifar100", seed=0)
    assert network.arch == ARCH
    assert (network.task, network.input_shape, network.n_classes) == ("cifar100", (3, 32, 32), 100)
    assert network.training
    assert networks.build(ARCH, device="meta").task == "cifar10"


def test_the_meta_device_gives_shapes_and_no_weights():
    network = networks.build(ARCH, device="meta")
    assert {weight.device.type for weight in network.state_dict().values()} == {"meta"}
    assert networks.count(network) == networks.count(networks.build(ARCH, seed=0))


def test_what_cannot_be_built_is_refused():
    with pytest.raises(InvalidArgument, match=r"task='imagenet'; legal for nasbench201: cifar10, cifar100"):
        networks.build(ARCH, "imagenet")
    with pytest.raises(InvalidArgument, match=r"option 'width'; legal for nasbench201: channels, cells"):
        networks.build(ARCH, width=3)
    with pytest.raises(InvalidArgument, match="seed=-1"):
        networks.build(ARCH, seed=-1, **SMALL)
    stranger = Architecture("nowhere", (Cell.from_matrix([[0, 1], [0, 0]], ["input", "output"]),))
    with pytest.raises(UnknownName, match="networks: no 'nowhere'"):
        networks.build(stranger)


def test_tasks_are_listed_by_space_default_first():
    assert networks.tasks("nasbench201") == ("cifar10", "cifar100", "imagenet16")
    with pytest.raises(UnknownName):
        networks.tasks("nowhere")


def test_paths_need_a_network_with_cells():
    with pytest.raises(InvalidArgument, match="ReLU has no cells"):
        networks.operation_paths(torch.nn.ReLU())
