"""Initial weights: the law they are drawn from, and nothing left unfilled."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from archenc.errors import InvalidArgument
from archenc.networks.initialisation import fan_out_normal, torch_default, variance_scaling


def module() -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(8, 64, 3, bias=False),
        nn.BatchNorm2d(64),
        nn.Conv2d(64, 64, 5, groups=64),
        nn.ConvTranspose2d(64, 16, 3),
        nn.Linear(256, 100),
    )


def filled(initialise, seed: int = 0) -> nn.Sequential:
    net = module()
    for value in [*net.parameters(), *net.buffers()]:
        value.data.fill_(77)
    initialise(net, torch.Generator().manual_seed(seed))
    assert all((value != 77).all() for value in [*net.parameters(), *net.buffers()])
    return net


def test_torch_default_is_the_law_of_the_constructors():
    net, theirs = filled(torch_default), module()
    for place in (0, 2, 3, 4):
        fan_in = net[place].weight[0].numel()
        bound = 1 / math.sqrt(fan_in)
        for ours, reference in (
            (net[place].weight, theirs[place].weight),
            (net[place].bias, theirs[place].bias),
        ):
            if ours is None:
                continue
            assert ours.abs().max() <= bound
            assert reference.abs().max() <= bound * (1 + 1e-6)
            assert ours.abs().max() > 0.6 * bound
            assert abs(ours.mean()) < 4 * bound / math.sqrt(3 * ours.numel())


def test_fan_out_normal_has_the_variance_of_its_name():
    net = filled(fan_out_normal)
    for place, fan_out in ((0, 64 * 9), (2, 64 * 25)):
        values = net[place].weight
        std = math.sqrt(2 / fan_out)
        assert values.std().item() == pytest.approx(std, rel=4 / math.sqrt(2 * values.numel()))
    assert not net[2].bias.any()
    assert net[4].weight.abs().max() <= 1 / math.sqrt(256)
    assert net[4].bias.any()


def test_fan_out_normal_may_draw_the_linear_layer_too():
    net = filled(lambda net, generator: fan_out_normal(net, generator, linear_std=0.01))
    assert net[4].weight.std().item() == pytest.approx(0.01, rel=0.05)
    assert not net[4].bias.any()


@pytest.mark.parametrize("initialise", [torch_default, fan_out_normal, variance_scaling])
def test_batch_norms_start_from_constants(initialise):
    norm = filled(initialise)[1]
    assert (norm.weight == 1).all()
    assert (norm.bias == 0).all()
    assert (norm.running_mean == 0).all()
    assert (norm.running_var == 1).all()
    assert norm.num_batches_tracked == 0


@pytest.mark.parametrize("initialise", [torch_default, fan_out_normal, variance_scaling])
def test_a_layer_it_does_not_know_is_refused(initialise):
    with pytest.raises(InvalidArgument, match=r"'0': PReLU has \['weight'\] and no initialisation"):
        initialise(nn.Sequential(nn.PReLU()), torch.Generator())


def test_variance_scaling_has_variance_one_over_fan_in_and_is_cut_off():
    net = filled(variance_scaling)
    for place, fan_in in ((0, 8 * 9), (2, 25)):
        values = net[place].weight
        assert values.std().item() == pytest.approx(fan_in**-0.5, rel=4 / math.sqrt(2 * values.numel()))
        assert values.abs().max() <= 2 / 0.87962566 * fan_in**-0.5
        assert values.abs().max() > 2 * fan_in**-0.5
    bound = math.sqrt(6 / (256 + 100))
    assert 0.99 * bound < net[4].weight.abs().max() <= bound
    assert not net[4].bias.any()
