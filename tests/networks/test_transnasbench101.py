"""The networks of TransNAS-Bench-101 cells: the published counts of all tasks, and passes that run."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional as F

from archenc import networks, space
from archenc.errors import InvalidArgument

from . import checks

SPACE = space("transnasbench101")
TASKS = networks.tasks("transnasbench101")
CLASSES = {"class_scene": 63, "class_object": 100, "room_layout": 9, "jigsaw": 1000}
DENSE = {"segmentsemantic": 17, "normal": 3, "autoencoder": 3}
EMPTY = SPACE.parse((0,) * 6)
ALL_CONV = SPACE.parse((3,) * 6)


def small(task: str, size: int = 32) -> dict[str, object]:
    return {"channels": 4, "cells": 1, "input_shape": (9, 3, 32, 32) if task == "jigsaw" else (3, size, size)}


@pytest.mark.parametrize("task", [*CLASSES, *DENSE])
@pytest.mark.parametrize("arch", [*SPACE.sample(2, 3), EMPTY], ids=SPACE.format)
def test_any_cell_trains_for_any_task(arch, task: str):
    options = small(task) if task in CLASSES else small(task) | {"modules": "3"}
    network = networks.build(arch, task, seed=1, **options)
    checks.assert_trains(network)
    checks.assert_hooks_are_safe(network)
    checks.assert_paths_cover_the_cells(network)


@pytest.mark.parametrize("arch", SPACE.sample(4, 0), ids=SPACE.format)
def test_the_published_skeleton_has_its_paths(arch):
    network = networks.build(arch, "class_scene", device="meta")
    checks.assert_paths_cover_the_cells(network)
    assert sum(isinstance(layer, networks.CellCopy) for layer in network.modules()) == 10


def test_the_published_network_trains():
    network = networks.build(ALL_CONV, "class_object", seed=0, input_shape=(3, 64, 64))
    checks.assert_trains(network)
    assert network.features(torch.randn(2, 3, 64, 64)).shape == (2, 512, 2, 2)


def test_a_strided_identity_has_weights_and_a_plain_one_has_none():
    network = networks.build(SPACE.parse((1,) * 6), device="meta")
    paths = networks.operation_paths(network)
    strided = [f"encoder.{place}" for place in (5, 9, 13)]
    from_input = {0: True, 1: True, 2: False, 3: True, 4: False, 5: False}
    for number, weighted in from_input.items():
        expected = tuple(f"{cell}.operations.{number}" for cell in strided) if weighted else ()
        assert paths[0, number] == expected


@pytest.mark.parametrize("task", DENSE)
def test_a_dense_task_gives_an_image_of_the_size_of_the_input(task: str):
    network = networks.build(EMPTY, task, seed=0, channels=4, cells=1, input_shape=(3, 64, 64)).eval()
    out = network(torch.randn(1, 3, 64, 64))
    assert out.shape == (1, DENSE[task], 64, 64)
    assert network.features(torch.randn(1, 3, 64, 64)).shape[2:] == (64, 64)
    assert (out.abs() <= 1).all() or task == "segmentsemantic"


@pytest.mark.parametrize(("modules", "halvings"), [("3", 3), ("33", 4), ("333", 5), ("3333", 6)])
@pytest.mark.parametrize("task", ["segmentsemantic", "normal"])
def test_decoders_undo_every_halving(task: str, modules: str, halvings: int):
    size = 2**halvings
    network = networks.build(
        EMPTY, task, device="meta", channels=4, cells=1, modules=modules, input_shape=(3, size, size)
    )
    transposed = sum(isinstance(layer, nn.ConvTranspose2d) for layer in network.modules())
    assert transposed == halvings
    with torch.no_grad():
        assert network.eval()(torch.empty(1, 3, size, size, device="meta")).shape[2:] == (size, size)


@pytest.mark.parametrize("modules", ["1", "33333"])
def test_decoders_that_were_never_made_are_refused(modules: str):
    with pytest.raises(InvalidArgument, match=r"decoders of dense tasks undo 3\.\.6"):
        networks.build(EMPTY, "normal", modules=modules)


def test_jigsaw_encodes_tile_by_tile():
    """Batch norms in train mode see one place of the picture at a time."""
    network = networks.build(ALL_CONV, "jigsaw", seed=0, **small("jigsaw"))
    x = torch.randn(3, 9, 3, 32, 32)
    expected = torch.cat([network.encoder(x[:, tile]) for tile in range(9)], dim=1)
    torch.testing.assert_close(network.features(x), expected)
    torch.testing.assert_close(
        network(x), F.linear(expected.mean((2, 3)), network.output[2].weight, network.output[2].bias)
    )


def test_jigsaw_counts_its_encoder_once_and_in_macs_nine_times():
    tile = networks.build(ALL_CONV, "class_scene", device="meta", input_shape=(3, 64, 64))
    jigsaw = networks.build(ALL_CONV, "jigsaw", device="meta")
    head = 512 * 63 + 512 * 3 * 3, 9 * 512 * 1000 + 9 * 512 * 3 * 3
    assert networks.count(jigsaw).flops - head[1] == networks.count(tile).flops - head[0]
    macs = [networks.count(network, convention="macs").flops for network in (tile, jigsaw)]
    assert macs[1] - 9 * 512 * 1000 == 9 * (macs[0] - 512 * 63)


def test_the_encoder_starts_by_fan_out_and_the_head_as_pytorch_does():
    network = networks.build(ALL_CONV, "class_scene", seed=0)
    conv = network.encoder[-1].operations["5"][1]
    assert conv.weight.std().item() == pytest.approx((2 / (512 * 9)) ** 0.5, rel=0.01)
    assert network.output[2].weight.abs().max() <= 512**-0.5
    assert network.output[2].bias.any()


def test_what_cannot_be_built_is_refused():
    with pytest.raises(InvalidArgument, match="modules='415'"):
        networks.build(EMPTY, modules="415")
    with pytest.raises(InvalidArgument, match="cells=0"):
        networks.build(EMPTY, cells=0)
    with pytest.raises(InvalidArgument, match="channels=5: expected an even number"):
        networks.build(EMPTY, channels=5)
    with pytest.raises(
        InvalidArgument, match=r"input_shape=\(3, 64, 64\): legal for jigsaw: like \(9, 3, 64"
    ):
        networks.build(EMPTY, "jigsaw", input_shape=(3, 64, 64))


@pytest.mark.parametrize("every", [150, pytest.param(10, marks=pytest.mark.slow)])
@pytest.mark.parametrize("task", TASKS)
def test_published_counts(shared_data: Path, task: str, every: int):
    rows = json.loads((shared_data / "tnb101" / "zc_transbench101_micro.json").read_text())[task]
    assert len(rows) == 711
    for key, row in list(rows.items())[::every]:
        counts = networks.count(networks.build(SPACE.parse(key), task, device="meta"))
        published = np.array([row["params"]["score"], row["flops"]["score"]])
        assert np.abs(np.array(counts[:2]) / 1e6 - published).max() < 1e-9, key
