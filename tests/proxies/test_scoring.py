"""Scores of one network against the definitions, and the shares of layers and operations."""

from __future__ import annotations

import copy
import math

import numpy as np
import pytest
import torch
from torch import nn

from archenc import networks, proxies, space
from archenc.errors import InvalidArgument, UnknownName
from archenc.networks import operation_paths
from archenc.proxies import PROXIES, SALIENCIES, Inputs, layer_scores, op_scores, score
from archenc.proxies.suite import fisher

from . import twins
from .networks_to_score import Plain, double, images, vectors

NB201 = space("nb201")
SMALL = {"channels": 4, "cells": 2, "input_shape": (2, 8, 8), "n_classes": 4}


def cell_network(code: tuple[int, ...] = (2, 3, 0, 4, 2, 3), seed: int = 0) -> networks.Network:
    return networks.build(NB201.parse(code), seed=seed, **SMALL).double()


def cell_images(batch: int = 6) -> Inputs:
    return Inputs.noise((2, 8, 8), 3, batch=batch, n_classes=4)


NETWORKS = {
    "convolutions": (lambda: double(Plain()), images),
    "without norm": (lambda: double(Plain(norm=False)), images),
    "in place": (lambda: double(Plain(inplace=True)), images),
    "cells": (cell_network, cell_images),
    "linear": (lambda: double(nn.Sequential(nn.Linear(6, 40), nn.ReLU(), nn.Linear(40, 3))), vectors),
}


@pytest.mark.parametrize("proxy", sorted(twins.TWINS))
@pytest.mark.parametrize("kind", NETWORKS)
def test_a_proxy_equals_its_definition(kind: str, proxy: str):
    make, batch = NETWORKS[kind]
    network, inputs = make(), batch()
    ours = score(network, inputs, PROXIES)  # all at once: one shared pass
    out_of_place = copy.deepcopy(network)
    for module in out_of_place.modules():
        if isinstance(module, nn.ReLU):
            module.inplace = False  # the twin of fisher would see overwritten activations
    theirs = twins.TWINS[proxy](out_of_place, inputs.x.double(), inputs.y)
    assert ours[proxy] == pytest.approx(theirs, rel=1e-9)


@pytest.mark.parametrize("proxy", PROXIES)
def test_a_proxy_alone_is_the_proxy_among_others(proxy: str):
    network, inputs = cell_network(), cell_images()
    together = score(network, inputs)
    alone = score(network, inputs, [proxy])
    assert alone[proxy] == pytest.approx(together[proxy], rel=1e-12)
    assert not together.reasons


def test_zen_equals_its_definition():
    network, inputs = cell_network(), cell_images()
    found = score(network, inputs, ["zen"], seed=5)["zen"]
    copied, generator = copy.deepcopy(network), torch.Generator().manual_seed(5)
    with torch.no_grad():
        for module in copied.modules():
            if isinstance(module, nn.Conv2d | nn.Linear):
                module.weight.copy_(torch.randn(module.weight.shape, generator=generator))
        u, e = (torch.randn(inputs.x.shape, generator=generator).double() for _ in range(2))
        distance = (copied.features(u) - copied.features(u + 0.01 * e)).abs().sum((1, 2, 3)).mean()
    norms = [module for module in copied.modules() if isinstance(module, nn.BatchNorm2d)]
    expected = math.log(distance) + sum(math.log(math.sqrt(norm.running_var.mean())) for norm in norms)
    assert found == pytest.approx(expected, rel=1e-12)


def test_zen_of_a_network_of_ones_own_looks_at_what_is_pooled():
    class Bare(Plain):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.out(self.body(x).mean((2, 3)))

    assert math.isfinite(score(Plain(), images(), ["zen"])["zen"])
    found = score(Bare(), images(), ["zen"])
    assert math.isnan(found["zen"])
    assert "AdaptiveAvgPool2d" in found.reasons["zen"]


def test_one_linear_layer_by_hand():
    layer = nn.Linear(2, 2, bias=False).double()
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[1.0, 0.0], [0.0, 0.0]]))
    x = torch.tensor([[1.0, 2.0]], dtype=torch.float64)
    found = score(layer, Inputs.tensors(x, torch.tensor([1]), 2), ["snip", "plain", "grad_norm", "fisher"])
    p = math.e / (1 + math.e)  # probability of class 0: dL/dz = (p, -p), dL/dW = ((p, 2p), (-p, -2p))
    assert found["snip"] == found["plain"] == pytest.approx(p)
    assert found["grad_norm"] == pytest.approx(p * math.sqrt(10))
    assert found["fisher"] == pytest.approx(0.5 * p**2 * 2)  # only the first output is not zero


def test_grasp_equals_the_explicit_hessian():
    layer = nn.Linear(3, 3, bias=False).double()
    inputs = vectors(3, batch=4)

    def loss(weight: torch.Tensor) -> torch.Tensor:
        return nn.functional.cross_entropy(inputs.x.double() @ weight.T, inputs.y)

    weight = layer.weight.detach()
    gradient = torch.autograd.functional.jacobian(loss, weight).flatten()
    hessian = torch.autograd.functional.hessian(loss, weight).reshape(9, 9)
    expected = float(-weight.flatten() @ hessian @ gradient)
    assert score(layer, inputs, ["grasp"])["grasp"] == pytest.approx(expected, rel=1e-9)


def test_fisher_can_count_a_channel_once():
    network, inputs = double(Plain()), images()
    once, each = proxies.proxy("fisher"), fisher("per_channel")
    found = score(network, inputs, [once, each])
    assert found["fisher_per_channel"] < found["fisher"]
    with pytest.raises(InvalidArgument, match="per_layer"):
        fisher("per_layer")


@pytest.mark.parametrize("n_classes", [100, 101])
def test_epe_nas_changes_its_formula_above_100_classes(n_classes: int):
    network = double(nn.Sequential(nn.Linear(6, 9), nn.ReLU(), nn.Linear(9, n_classes)))
    x = torch.randn(7, 6, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    y = torch.tensor([0, 0, 1, 1, 1, 2, 50])
    found = score(network, Inputs.tensors(x, y, n_classes), ["epe_nas"])["epe_nas"]
    assert found == pytest.approx(twins.epe_nas(network, x, y, n_classes), rel=1e-9)


@pytest.mark.parametrize(("labels", "pairs"), [([0, 1, 2, 3, 4], 0), ([0, 1, 2, 3, 3], 1)])
def test_a_batch_with_too_few_pairs_says_so_above_100_classes(labels: list[int], pairs: int):
    network = nn.Linear(6, 200)
    x = torch.randn(5, 6, generator=torch.Generator().manual_seed(0))
    found = score(network, Inputs.tensors(x, torch.tensor(labels), 200), ["epe_nas"])
    assert f"a batch of 5 has {pairs} of them" in found.reasons["epe_nas"]


@pytest.mark.parametrize("names", [PROXIES, ("grasp",), ("zen", "synflow")])
def test_the_network_is_left_as_it_was(names: tuple[str, ...]):
    network, inputs = Plain(inplace=True).eval(), images()
    state = copy.deepcopy(network.state_dict())
    before = torch.random.get_rng_state()
    score(network, inputs, names)
    assert torch.equal(torch.random.get_rng_state(), before)
    assert not network.training
    assert network.body[2].inplace
    assert all(weight.grad is None and weight.requires_grad for weight in network.parameters())
    assert not any(module._forward_hooks or module._forward_pre_hooks for module in network.modules())
    after = network.state_dict()
    assert all(torch.equal(after[name], state[name]) for name in state)


def test_the_mode_does_not_matter():
    network, inputs = Plain(), images()
    assert score(network.eval(), inputs) == score(network.train(), inputs)


def test_the_same_seed_gives_the_same_scores_even_with_dropout():
    network = nn.Sequential(Plain(), nn.Dropout(0.5), nn.Linear(4, 4))
    inputs = images()
    assert score(network, inputs, seed=1) == score(network, inputs, seed=1)
    assert score(network, inputs, seed=1)["snip"] != score(network, inputs, seed=2)["snip"]


def test_names_of_modules_do_not_matter():
    network, inputs = double(Plain()), images()
    renamed = nn.Sequential(*network.body, network.pool, nn.Flatten(1), network.out)
    assert score(network, inputs) == pytest.approx(score(renamed, inputs), rel=1e-12)


def test_disconnected_cells_have_no_zen_and_connected_ones_do():
    for arch in [NB201.parse((1,) * 6), NB201.parse((2, 1, 1, 1, 1, 3)), *NB201.sample(6, 0)]:
        network = networks.build(arch, seed=0, **SMALL)
        found = score(network, cell_images(), ["zen", "synflow", "jacov"])
        open_edges = {(edge.source, edge.target) for edge in arch.cells[0].edges if edge.op.name != "none"}
        ways = [{(0, 3)}, {(0, 1), (1, 3)}, {(0, 2), (2, 3)}, {(0, 1), (1, 2), (2, 3)}]
        linked = any(way <= open_edges for way in ways)
        assert [math.isfinite(value) for value in found.values()] == [linked] * 3, NB201.format(arch)


@pytest.mark.parametrize("proxy", SALIENCIES)
def test_the_layers_add_up_to_the_score(proxy: str):
    network, inputs = cell_network(), cell_images()
    shares = layer_scores(network, inputs)
    whole = score(network, inputs)[proxy]
    total = math.fsum(row[proxy] for row in shares.values())
    assert (math.log(total) if proxy == "synflow" else total) == pytest.approx(whole, rel=1e-12)
    assert set(shares) == {
        path for path, layer in network.named_modules() if isinstance(layer, nn.Conv2d | nn.Linear)
    }


def test_operations_have_the_layers_that_the_builder_names():
    network, inputs = cell_network(), cell_images()
    shares, found = layer_scores(network, inputs), op_scores(network, inputs)
    paths = operation_paths(network)
    assert found.shape == (len(paths), len(SALIENCIES))
    for row, own in zip(found, paths.values(), strict=True):
        inside = [shares[f"{path}.1"] for path in own]  # ReLU, convolution, batch norm
        expected = [sum(share[name] for share in inside) for name in SALIENCIES]
        np.testing.assert_allclose(row, expected, rtol=1e-12, atol=0)
    weightless = [not own for own in paths.values()]
    assert any(weightless)
    assert not found[weightless].any()


@pytest.mark.parametrize("name", ["nasbench101", "nasbench301", "transnasbench101", "transnasbench101_macro"])
def test_every_space_with_networks_has_scores_of_operations(name: str):
    arch = space(name).sample(1, 2)[0]
    small = {
        "nasbench101": {"channels": 8, "modules": 1, "input_shape": (3, 8, 8)},
        "nasbench301": {"channels": 4, "cells": 3, "input_shape": (3, 8, 8)},
        "transnasbench101": {"channels": 4, "input_shape": (3, 32, 32), "cells": 1},
        "transnasbench101_macro": {"channels": 4, "input_shape": (3, 64, 64)},
    }[name]
    network = networks.build(arch, seed=0, **small)
    inputs = Inputs.noise(network.input_shape, batch=4, n_classes=network.n_classes)
    found = op_scores(network, inputs)
    assert found.shape == (len(operation_paths(network)), len(SALIENCIES))
    assert np.isfinite(found).all()
    scored = score(network, inputs)
    assert set(scored) == set(PROXIES)


def test_layers_are_refused_for_proxies_that_are_no_sum():
    with pytest.raises(InvalidArgument, match="nwot"):
        layer_scores(Plain(), images(), ["nwot"])


def test_unknown_and_repeated_names():
    with pytest.raises(UnknownName, match="snip"):
        score(Plain(), images(), ["snipp"])
    with pytest.raises(InvalidArgument, match="twice"):
        score(Plain(), images(), ["snip", "snip"])
    with pytest.raises(InvalidArgument, match="names"):
        score(Plain(), images(), "snip")


def test_a_proxy_of_ones_own():
    depth = proxies.Proxy(
        "depth",
        formula="number of layers",
        paper="-",
        needs=frozenset(),
        cost=0,
        whole=lambda session: float(len(session.layers)),
    )
    assert score(Plain(), images(), ["snip", depth])["depth"] == 3


def test_every_proxy_says_what_it_is():
    assert set(PROXIES) <= set(proxies.proxies())
    for name in PROXIES:
        member = proxies.proxy(name)
        assert member.name == name
        assert member.formula
        assert member.direction == (None if name == "plain" else "max")
        assert member.additive == (name in SALIENCIES)
        assert ("loss" in member.needs) == bool(member.parts & {"gradients", "fisher", "hessian"})
