"""Operations of many architectures: each row that of its network, whatever was killed on the way."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from archenc import networks, space
from archenc.errors import InvalidArgument
from archenc.networks.threads import single_thread
from archenc.proxies import SALIENCIES, Inputs, OperationScores, op_scores, score_operations, score_space
from archenc.proxies.seeding import weight_seed

NB201 = space("nasbench201")
SKELETON = {"channels": 4, "cells": 1, "input_shape": (1, 8, 8), "n_classes": 10}
ARCHS = [NB201.parse((1,) * 6), *NB201.sample(4, 1)]


def run(folder: Path, archs=ARCHS, **changed) -> OperationScores:
    given = {"seed": 3, "skeleton": SKELETON} | changed
    return score_operations("nb201", archs, "cifar10", Inputs.digits(0, batch=8), out=folder, **given)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    run(folder)
    return folder


def whole(folder: Path) -> bytes:
    return (folder / "operations.parquet").read_bytes()


def test_a_row_is_that_of_the_network(undisturbed: Path):
    found = OperationScores.load(undisturbed / "operations.parquet")
    assert found.names == SALIENCIES
    seed = weight_seed(3, NB201.format(ARCHS[3]))
    network = networks.build(ARCHS[3], seed=seed, **SKELETON)
    with single_thread():
        expected = op_scores(network, Inputs.digits(0, batch=8), seed=seed)
    np.testing.assert_array_equal(found([ARCHS[3]])[0], expected)


def test_the_file_says_how_it_came_about_and_what_it_cost(undisturbed: Path):
    recipe = OperationScores.load(undisturbed / "operations.parquet").recipe
    assert recipe["what"] == "zero-cost proxies of operations"
    assert recipe["skeleton"]["channels"] == 4
    assert recipe["inputs"]["shape"] == [8, 1, 8, 8]
    seconds = json.loads((undisturbed / "seconds.json").read_text())
    assert list(seconds) == [NB201.format(arch) for arch in ARCHS]
    assert min(seconds.values()) > 0


def test_a_journal_cut_anywhere_leads_to_the_same_bytes(undisturbed: Path, tmp_path: Path):
    journal = (undisturbed / "journal.jsonl").read_bytes()
    for cut in np.random.default_rng(0).integers(len(journal), size=3).tolist():
        folder = tmp_path / str(cut)
        folder.mkdir()
        (folder / "recipe.json").write_bytes((undisturbed / "recipe.json").read_bytes())
        (folder / "journal.jsonl").write_bytes(journal[:cut])
        run(folder)
        assert whole(folder) == whole(undisturbed), cut


def test_two_processes_give_the_same_bytes(undisturbed: Path, tmp_path: Path):
    run(tmp_path, jobs=2)
    assert whole(tmp_path) == whole(undisturbed)


def test_what_else_is_scored_makes_no_difference(undisturbed: Path, tmp_path: Path):
    few = run(tmp_path, archs=[ARCHS[4], ARCHS[2]])
    more = OperationScores.load(undisturbed / "operations.parquet")
    for arch in (ARCHS[2], ARCHS[4]):
        np.testing.assert_array_equal(few([arch])[0], more([arch])[0])


def test_cells_of_different_sizes_and_isomorphic_ones(tmp_path: Path):
    nb101 = space("nb101")
    texts = ["10000-1110-001-01-1|c3,c3,c1,mp", "10000-1110-001-01-1|c3,mp,c1,c3", "110-01-1|c3,mp"]
    archs = [nb101.parse(text) for text in texts]
    skeleton = {"channels": 8, "modules": 1, "input_shape": (1, 8, 8)}
    inputs = Inputs.digits(0, batch=4)
    found = score_operations("nb101", archs, None, inputs, ["l2_norm"], out=tmp_path, skeleton=skeleton)
    assert found.values.shape == (3, 4, 1), "isomorphic cells have a row each"
    large, _, small = found(archs)
    assert (large.shape, small.shape) == ((4, 1), (2, 1))
    assert (large[:3] > 0).all()
    assert large[3] == 0, "a pool has no weights"
    assert small[0] > 0


def test_a_proxy_without_shares_is_refused_before_anything_is_written(tmp_path: Path):
    with pytest.raises(InvalidArgument, match="'zen' is no sum over layers"):
        run(tmp_path / "out", names=["zen"])
    assert not (tmp_path / "out").exists()


def test_a_folder_of_whole_scores_is_another_recipe(tmp_path: Path):
    inputs = Inputs.digits(0, batch=8)
    score_space("nb201", ARCHS[:1], "cifar10", inputs, ["params"], out=tmp_path, skeleton=SKELETON)
    with pytest.raises(InvalidArgument, match="other what, proxies"):
        run(tmp_path, seed=0)
