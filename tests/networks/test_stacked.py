"""Networks trained together against the same networks trained one after the other."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from archenc import networks, space
from archenc.errors import InvalidArgument
from archenc.networks import datasets
from archenc.networks.stacked import Stack
from archenc.networks.training import Recipe, fit, train

SPACE = space("nasbench201")
SKELETON = {"channels": 4, "cells": 1, "stages": 2, "input_shape": (1, 8, 8), "n_classes": 10}
# nothing but none, skips, 3x3, 1x1, pools; dead ends; convolutions of a node that nothing reaches
ODD = [
    (1,) * 6,
    (0,) * 6,
    (2,) * 6,
    (3,) * 6,
    (4,) * 6,
    (2, 3, 1, 1, 1, 0),
    (1, 1, 2, 1, 3, 4),
    (1, 1, 1, 1, 1, 2),
]
ARCHS = [*map(SPACE.from_code, ODD), *SPACE.sample(4, 3)]
DATA = datasets.digits(128, 64)


def build(archs, **options):
    built = [networks.build(arch, seed=i, **SKELETON | options) for i, arch in enumerate(archs)]
    return [network.double() for network in built]


@pytest.mark.parametrize("options", [{}, {"stages": 1, "stem_stride": 2}, {"cells": 2, "channels": 2}])
def test_training_together_is_training_one_by_one(options):
    """In 64 bits over whole trainings: in 32 bits the last digits differ, and grow."""
    recipe = Recipe(epochs=2, batch_size=32, checkpoints=(1,))
    together = fit(Stack(build(ARCHS, **options)), DATA, recipe, seed=4)
    one_by_one = train(build(ARCHS, **options), DATA, recipe, seed=4)
    assert together.keys() == one_by_one.keys()
    for name, values in one_by_one.items():
        assert np.allclose(together[name], values, rtol=1e-9, atol=1e-12), name


def test_logits_agree_in_32_bits_in_both_modes():
    built = [networks.build(arch, seed=1, **SKELETON) for arch in ARCHS]
    stack = Stack(built)
    x = torch.from_numpy(DATA.val.x[:16])
    for mode in (True, False):
        stack.train(mode)
        together = stack(x)
        for network, logits in zip(built, together, strict=True):
            assert torch.allclose(network.train(mode)(x), logits, atol=1e-4)


def test_gradients_do_not_mix():
    built = build(ARCHS[:4])
    stack = Stack(built)
    x, y = torch.from_numpy(DATA.train.x[:8]).double(), torch.from_numpy(DATA.train.y[:8])
    torch.nn.functional.cross_entropy(stack(x)[2], y).backward()
    touched = stack.stem.weight.grad
    assert touched is not None
    assert [bool(part.abs().sum() > 0) for part in touched.chunk(4)] == [False, False, True, False]


def test_other_skeletons_are_refused():
    with pytest.raises(InvalidArgument, match="skeleton"):
        Stack(build(ARCHS[:1]) + build(ARCHS[:1], channels=8))
    with pytest.raises(InvalidArgument, match="skeleton"):
        Stack(build(ARCHS[:1], stages=1) + build(ARCHS[:1], stages=1, stem_stride=2))
