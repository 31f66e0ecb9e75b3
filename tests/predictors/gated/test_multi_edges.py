"""Cells whose blocks take two operations, at times from one source: ENAS and DARTS."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from archenc.graph import Architecture
from archenc.predictors import GATES, TAGATES, GatesPP
from archenc.spaces import space

MODELS: dict[str, Any] = {
    "gates": lambda: GATES(epochs=2),
    "ta_gates": lambda: TAGATES(timesteps=2, layers=6, epochs=2),  # published for ENAS
    "gates_pp": lambda: GatesPP(op_features=False, scores=_links, epochs=2, pool=20, pretrain_epochs=1),
}


def _links(archs: Sequence[Architecture]) -> np.ndarray:
    return np.array([[len(cell.edges) for cell in arch.cells] for arch in archs], dtype=float)


def _turned(name: str, arch: Architecture) -> Architecture:
    """The same network with the two operations of every block in the other order."""
    home = space(name)
    native = json.loads(str(home.format(arch)))
    for cell in ("normal", "reduce"):
        pairs = native["genotype"][cell]
        native["genotype"][cell] = [pairs[place ^ 1] for place in range(len(pairs))]
    return home.parse(native)


@pytest.mark.parametrize("name", ["nds_enas", "nds_darts"])
@pytest.mark.parametrize("kind", MODELS)
def test_the_order_of_the_operations_of_a_block_means_nothing(name: str, kind: str) -> None:
    archs = space(name).sample(24, 0)
    model = MODELS[kind]().fit(archs[:12], np.random.default_rng(0).random(12))
    scores = model.predict(archs)
    assert len(np.unique(scores)) == 24
    np.testing.assert_allclose(model.predict([_turned(name, arch) for arch in archs]), scores, atol=1e-3)


def test_of_two_operations_from_one_source_each_has_a_say() -> None:
    """A double edge is two edges: with another operation on either, the score is another."""
    home = space("nds_enas")
    archs = home.sample(12, 0)
    model = GATES(epochs=2).fit(archs, np.random.default_rng(0).random(12))
    native = json.loads(str(home.format(archs[0])))
    normal = native["genotype"]["normal"]
    scores = []
    for first, second in (
        ("sep_conv_3x3", "max_pool_3x3"),
        ("sep_conv_3x3", "sep_conv_5x5"),
        ("avg_pool_3x3",) * 2,
    ):
        normal[:2] = [[first, 1], [second, 1]]
        scores.append(model.predict([home.parse(native)])[0])
    assert len(np.unique(np.round(scores, 5))) == 3
