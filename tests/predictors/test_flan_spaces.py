"""FLAN on every registered space: one cell or two, one input or two, with a supplement."""

from __future__ import annotations

import numpy as np
import pytest

from archenc.encoders import Adjacency, Scores, ZeroCost
from archenc.graph import Architecture, Cell, Edge, as_batch
from archenc.predictors import FLAN, load
from archenc.spaces import space

SPACES = ["nb101", "nb201", "nb301", "tnb101", "tnb101_macro"]


def _fit(name: str, n: int = 8, **options: object) -> tuple[FLAN, list[Architecture]]:
    archs = space(name).sample(40, 0)
    y = np.random.default_rng(0).random(n)
    return FLAN(epochs=2, layers=2, **options).fit(archs[:n], y), archs  # type: ignore[arg-type]


@pytest.mark.parametrize("name", SPACES)
def test_it_fits_eight_and_tells_the_others_apart(name: str, tmp_path):
    model, archs = _fit(name)
    scores = model.predict(archs)
    assert scores.shape == (40,)
    assert len(np.unique(scores)) > 30
    assert (model.config_.cells, model.config_.input_nodes) == ((2, 2) if name == "nb301" else (1, 1))
    model.save(tmp_path / "flan")
    np.testing.assert_array_equal(load(tmp_path / "flan").predict(archs), scores)


@pytest.mark.parametrize("name", SPACES)
def test_a_score_does_not_depend_on_the_company(name: str):
    model, archs = _fit(name)
    scores = model.predict(archs)
    alone = np.concatenate([model.predict([arch]) for arch in archs])
    np.testing.assert_allclose(alone, scores, atol=1e-4 * scores.std())
    np.testing.assert_allclose(model.predict(as_batch(archs)), scores, atol=1e-4 * scores.std())


@pytest.mark.parametrize("name", SPACES)
def test_it_takes_a_supplement_of_scores_and_one_of_the_graph(name: str):
    archs = space(name).sample(40, 0)
    keys = [space(name).key(arch) for arch in archs]
    table = Scores(keys, np.random.default_rng(1).random((40, 13)), [f"score_{k}" for k in range(13)])
    for supplement in (ZeroCost(table), Adjacency()):
        model, _ = _fit(name, supplement=supplement)
        assert model.config_.supplement == model.supplement_.transform(archs[:1]).shape[1]
        assert np.isfinite(model.predict(archs)).all()


def test_it_knows_the_two_cells_and_the_two_inputs_apart():
    model, archs = _fit("nb301")
    scores = model.predict(archs)
    swapped = [Architecture(arch.space, arch.cells[::-1]) for arch in archs]
    assert (np.abs(model.predict(swapped) - scores) > 1e-3 * scores.std()).all()

    def turned(cell: Cell) -> Cell:
        return Cell(
            cell.nodes, tuple(Edge({0: 1, 1: 0}.get(e.source, e.source), e.target, e.op) for e in cell.edges)
        )

    turned_round = [Architecture(arch.space, tuple(map(turned, arch.cells))) for arch in archs]
    assert (np.abs(model.predict(turned_round) - scores) > 1e-3 * scores.std()).all()


def test_the_number_of_a_step_means_nothing():
    model, archs = _fit("nb301")
    twins = []
    for arch in archs:
        wired = [arch.cells[0], arch.cells[1]]
        swap = {2: 3, 3: 2}
        if any((e.source, e.target) == (2, 3) for cell in wired for e in cell.edges):
            continue
        cells = [
            Cell(
                c.nodes,
                tuple(
                    Edge(swap.get(e.source, e.source), swap.get(e.target, e.target), e.op) for e in c.edges
                ),
            )
            for c in wired
        ]
        twins.append((arch, Architecture(arch.space, tuple(cells))))
    assert len(twins) > 3
    one, other = (model.predict([pair[k] for pair in twins]) for k in (0, 1))
    np.testing.assert_allclose(one, other, atol=1e-4 * model.predict(archs).std())
