"""Training as an evaluation: the same values here and in processes, and failures that say why."""

from __future__ import annotations

import math

import numpy as np
import pytest

from archenc.errors import InvalidArgument
from archenc.networks import build, count
from archenc.networks.datasets import digits
from archenc.networks.training import Recipe
from archenc.search import make, search
from archenc.search.evaluators import FromFunction
from archenc.search.training import Training
from archenc.spaces import space
from archenc.testing.unchecked import unchecked

SMALL = {"channels": 2, "cells": 1, "stages": 1, "stem_stride": 2}
DATA = digits(train=64, val=64)
ARCHS = space("nasbench201").sample(3, 0)


def training(**more):
    return Training(DATA, Recipe(1, 32), skeleton=SMALL, **more)


def test_a_value_is_the_validation_accuracy_and_repeats():
    train = training()
    first = [train(arch) for arch in ARCHS]
    assert first == [train(arch) for arch in ARCHS]
    assert all(0 <= value <= 100 and (value * 64 / 100) % 1 == 0 for value in first)
    first, second, both = (
        training(measures=("loss",), seeds=seeds)(ARCHS[0]) for seeds in ((0,), (1,), (0, 1))
    )
    assert first != second
    assert both == pytest.approx((first + second) / 2)


def test_several_measures_are_objectives_and_small_is_better():
    accuracy, params, loss = training(measures=("accuracy", "params", "loss"))(ARCHS[0])
    assert accuracy == training()(ARCHS[0])
    module = build(ARCHS[0], input_shape=(1, 8, 8), n_classes=10, **SMALL)
    assert params == -count(module, (1, 8, 8)).params
    assert loss < 0


def test_processes_train_the_same_and_keep_what_they_finished(tmp_path):
    here = FromFunction(training())(ARCHS)
    with_processes = FromFunction(training(), jobs=2, timeout=600, keep=tmp_path / "kept.jsonl")
    assert with_processes(ARCHS) == here
    with_processes.runner.close()
    again = FromFunction(training(), keep=tmp_path / "kept.jsonl")
    assert again(ARCHS) == here
    assert again.cost.evaluations == 0
    other = FromFunction(training(seeds=(5,)), keep=tmp_path / "kept.jsonl")
    other(ARCHS[:1])
    assert other.cost.evaluations == 1


def test_a_training_that_diverges_or_cannot_be_built_is_a_failure():
    evaluate = FromFunction(Training(DATA, Recipe(1, 32, lr=1e9), skeleton=SMALL))
    assert any(map(math.isnan, evaluate(ARCHS)))
    broken = FromFunction(Training(DATA, Recipe(1, 32), skeleton={"chanels": 2}))
    history = search(make("random", ARCHS), broken, 3)
    assert np.isnan(history.values).all()
    assert "skeleton option 'chanels'" in broken.cost.failures[0]


@unchecked()
def test_what_cannot_be_measured_is_refused():
    with pytest.raises(InvalidArgument, match="'latency'; legal: accuracy, loss, params, flops"):
        training(measures=("latency",))
    with pytest.raises(InvalidArgument, match="seeds: expected one"):
        training(seeds=())
