"""The macro networks of TransNAS-Bench-101: counts by hand, for no table states them, and passes that run."""

from __future__ import annotations

import pytest
import torch
from torch import nn
from torch.nn import functional as F

from archenc import networks, space
from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph import Architecture, Cell

from . import checks

SPACE = space("transnasbench101_macro")
SMALL = {"channels": 4, "blocks": 1, "input_shape": (3, 64, 64)}


def by_hand(modules: tuple[int, ...], classes: int) -> int:
    """Parameters: stem, two blocks a module, a classifier."""
    width, total = 64, 27 * 32 + 64 + 9 * 32 * 64 + 128
    for module in modules:
        wide = width * (2 if module in (2, 4) else 1)
        total += 9 * width * wide + 2 * wide + 9 * wide * wide + 2 * wide
        total += 2 * (9 * wide * wide + 2 * wide)
        if module != 1:
            total += width * wide + 2 * wide
        width = wide
    return total + (width + 1) * classes


@pytest.mark.parametrize("modules", [(4, 1, 4, 1), (1, 2, 3, 4, 1, 1), (3, 3, 3, 2, 4, 2)])
def test_parameters_by_hand(modules: tuple[int, ...]):
    network = networks.build(SPACE.parse(modules), "class_scene", device="meta")
    assert networks.count(network).params == by_hand(modules, 63)


def test_flops_by_hand():
    """One module that halves: stem, two blocks, head, in multiply-accumulates."""
    network = networks.build(SPACE.parse((3, 1, 1, 2)), "room_layout", device="meta", blocks=1)
    stem = 27 * 32 * 128**2 + 9 * 32 * 64 * 64**2
    first = (9 * 64 * 64 * 2 + 64 * 64) * 32**2
    plain = 2 * 9 * 64 * 64 * 32**2
    wider = (9 * 64 * 128 + 9 * 128 * 128 + 64 * 128) * 32**2
    assert networks.count(network, convention="macs").flops == stem + first + 2 * plain + wider + 128 * 9


@pytest.mark.parametrize("arch", SPACE.sample(4, 0), ids=SPACE.format)
@pytest.mark.parametrize("task", ["class_object", "segmentsemantic"])
def test_any_network_trains(arch: Architecture, task: str):
    network = networks.build(arch, task, seed=1, **SMALL)
    checks.assert_trains(network)
    checks.assert_hooks_are_safe(network)
    checks.assert_paths_cover_the_cells(network)
    module = next(part for part in network.modules() if isinstance(part, networks.CellCopy))
    assert set(module.operation_modules()) == set(range(len(SPACE.modules(arch))))


@pytest.mark.parametrize("task", networks.tasks("transnasbench101_macro"))
def test_every_task_can_be_counted(task: str):
    network = networks.build(SPACE.parse("64-41414-basic"), task, device="meta")
    assert networks.count(network).params > 10**6


def test_a_block_reads_as_its_definition():
    network = networks.build(SPACE.parse((4, 1, 1, 1)), seed=0, **SMALL)
    block = network.encoder[-1].operations[0][0]
    for weight in block.parameters():
        nn.init.normal_(weight)
    a, m, b, n, c, k = (
        *(block.residual[i] for i in (1, 2, 4, 5)),
        *block.shortcut,
    )

    def norm(x: torch.Tensor, layer: nn.BatchNorm2d) -> torch.Tensor:
        return F.batch_norm(x, None, None, layer.weight, layer.bias, training=True)

    x = torch.randn(3, 4, 7, 6)
    residual = norm(F.conv2d(F.relu(x), a.weight, None, 2, 1), m)
    residual = norm(F.conv2d(F.relu(residual), b.weight, None, 1, 1), n)
    torch.testing.assert_close(block(x), residual + norm(F.conv2d(x, c.weight, None, 2), k))


def test_a_size_below_one_is_refused():
    with pytest.raises(InvalidArgument, match="blocks=0: expected an integer >= 1"):
        networks.build(SPACE.parse((4, 1, 1, 1)), blocks=0)


def test_what_is_no_chain_of_modules_is_refused():
    name = SPACE.name
    inception = Cell.from_matrix([[0, 1, 1], [0, 0, 1], [0, 0, 0]], ["input", "residual3x3", "output"])
    with pytest.raises(InvalidArchitecture, match="expected a chain of residual modules"):
        networks.build(Architecture(name, (inception,)))
    conv = Cell.from_matrix([[0, 1, 0], [0, 0, 1], [0, 0, 0]], ["input", "conv3x3", "output"])
    with pytest.raises(InvalidArchitecture, match="expected a chain of residual modules"):
        networks.build(Architecture(name, (conv,)))
