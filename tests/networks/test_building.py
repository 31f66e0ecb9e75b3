"""Building by name of the space: seeds, devices, and what is refused."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np
import pytest
import torch

from archenc import networks, space
from archenc.errors import InvalidArgument, UnknownName
from archenc.graph import Architecture, Cell
from archenc.registry import Registry
from archenc.spaces import spaces
from archenc.testing.unchecked import unchecked

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


WRONG_OPTIONS = [
    *[{name: value} for name in ("channels", "n_classes") for value in (0, -3, 2.0, 1.5, True, "a", [3])],
    *[{"input_shape": value} for value in (5, "abc", (), (3, 32), (0, 32, 32))],
    *[{"input_shape": value} for value in ((3, 1, 1), (3, 32.0, 32), 4 * (64,))],
]


@pytest.mark.parametrize("options", WRONG_OPTIONS, ids=repr)
@pytest.mark.parametrize("name", spaces())
@unchecked()
def test_an_option_outside_its_range_is_refused_in_every_space(name: str, options: dict[str, Any]):
    (option,) = options
    if option not in inspect.signature(Registry("networks").get(name).construct).parameters:
        pytest.skip(f"{name} has no option {option}")
    if name == "einspace" and options[option] in ((3, 32), (3, 1, 1)):
        pytest.skip("its networks take every input that the derivation fits, sequences too")
    with pytest.raises(InvalidArgument, match=rf"^{option}=.*(expected|legal)"):
        networks.build(space(name).sample(1, 0)[0], device="meta", **options)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("nasbench201", {"cells": True}, "cells=True: expected an integer >= 1"),
        ("nasbench101", {"stacks": None}, "stacks=None: expected an integer >= 1"),
        ("nasbench101", {"init": ["benchmark"]}, r"init=\['benchmark'\]: expected a text"),
        ("nasbench301", {"recipe": 5}, "recipe=5: expected a text"),
        ("transnasbench101", {"modules": 41414}, "modules=41414: expected a text"),
        ("transnasbench101_macro", {"blocks": 1.5}, "blocks=1.5: expected an integer >= 1"),
    ],
)
def test_options_of_one_space_are_checked_by_their_kind(name: str, options: dict[str, Any], message: str):
    with pytest.raises(InvalidArgument, match=f"^{message}"):
        networks.build(space(name).sample(1, 0)[0], device="meta", **options)


@unchecked()
def test_sizes_may_be_of_any_integer_and_shapes_of_any_sequence():
    network = networks.build(ARCH, device="meta", channels=np.int64(4), input_shape=[3, np.int8(8), 8])
    assert network.input_shape == (3, 8, 8)
    assert networks.build(ARCH, device="meta", n_classes=None).n_classes == 10


@pytest.mark.parametrize("device", ["nodevice", "cpu:x", None, [], 1.5], ids=repr)
@unchecked()
def test_a_device_that_is_none_is_refused_before_anything_is_built(device: Any):
    with pytest.raises(InvalidArgument, match=r"^device=.*expected a device"):
        networks.build(ARCH, device=device)


@pytest.mark.parametrize("arch", ["abc", None, [ARCH]], ids=type)
@unchecked()
def test_what_is_no_architecture_is_not_built(arch: Any):
    with pytest.raises(InvalidArgument, match=r"^arch=.*expected an Architecture"):
        networks.build(arch)


def test_what_cannot_be_built_is_refused():
    with pytest.raises(InvalidArgument, match=r"task='imagenet'; legal for nasbench201: cifar10, cifar100"):
        networks.build(ARCH, "imagenet")
    with pytest.raises(InvalidArgument, match=r"option 'width'; legal for nasbench201: channels, cells"):
        networks.build(ARCH, width=3)
    with pytest.raises(InvalidArgument, match="seed=-1"):
        networks.build(ARCH, seed=-1, **SMALL)
    stranger = Architecture("nowhere", (Cell.from_matrix([[0, 1], [0, 0]], ["input", "output"]),))
    with pytest.raises(UnknownName, match=r"no 'nowhere'.*entry point of the group archenc\.networks"):
        networks.build(stranger)


def test_tasks_are_listed_by_space_default_first():
    assert networks.tasks("nasbench201") == ("cifar10", "cifar100", "imagenet16")
    with pytest.raises(UnknownName):
        networks.tasks("nowhere")


def test_paths_need_a_network_with_cells():
    with pytest.raises(InvalidArgument, match="ReLU has no cells"):
        networks.operation_paths(torch.nn.ReLU())
