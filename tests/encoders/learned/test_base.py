"""Pre-training into a folder, and the architectures it is done on."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

from archenc.encoders import Arch2Vec
from archenc.encoders.learned.base import pretrain
from archenc.encoders.learned.gathering import batch_of, gather
from archenc.errors import IncompatibleModel, InvalidArgument
from archenc.graph import as_batch
from archenc.spaces import space

X = space("nb201").sample(60, 0)


def test_a_folder_holds_what_the_encoder_takes(tmp_path: Path):
    made = pretrain(Arch2Vec(weights=None, epochs=3), X, tmp_path / "out")
    assert {path.name for path in (tmp_path / "out").iterdir()} == {
        "config.json",
        "model.safetensors",
        "losses.csv",
        "progress",
    }
    encoder = Arch2Vec(weights=str(tmp_path / "out")).fit(X[:3])
    trained = Arch2Vec(weights=None, epochs=3).fit(X)
    np.testing.assert_array_equal(encoder.transform(X), trained.transform(X))
    assert encoder.weights_.config == made.config
    with (tmp_path / "out" / "losses.csv").open() as stream:
        rows = list(csv.DictReader(stream))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    assert float(rows[-1]["held_out_loss"]) == pytest.approx(
        made.config["training"]["losses"]["held_out_loss"], rel=1e-5
    )


def test_the_config_says_how_it_came_about(tmp_path: Path):
    training = pretrain(Arch2Vec(weights=None, epochs=2), X, tmp_path).config["training"]
    assert training["architectures"] == 60
    assert training["items"] == 2 * 54
    assert training["schedule"]["epochs"] == 2
    assert training["published"]["epochs"]["nasbench201"] == 10
    assert training["best_held_out_loss"] <= training["losses"]["held_out_loss"]


def test_the_encoder_is_left_as_it_was(tmp_path: Path):
    encoder = Arch2Vec(weights=None, epochs=1)
    before = repr(encoder.get_params())
    pretrain(encoder, X, tmp_path)
    assert repr(encoder.get_params()) == before
    assert not hasattr(encoder, "weights_")


def test_weights_of_an_earlier_run_are_not_written_over(tmp_path: Path):
    pretrain(Arch2Vec(weights=None, epochs=1), X, tmp_path)
    pretrain(Arch2Vec(weights=None, epochs=1), X, tmp_path)  # the same again: nothing to do
    with pytest.raises(InvalidArgument, match="other settings"):
        pretrain(Arch2Vec(weights=None, epochs=2), X, tmp_path)
    (tmp_path / "progress").rename(tmp_path.parent / "elsewhere")
    with pytest.raises(InvalidArgument, match="weights of an earlier run"):
        pretrain(Arch2Vec(weights=None, epochs=1), X, tmp_path)


def test_weights_that_do_not_fit_the_network_are_refused(tmp_path: Path):
    made = pretrain(Arch2Vec(weights=None, epochs=1), X, tmp_path / "a")
    tensors = {name: value for name, value in made.tensors.items() if name != "mu.bias"}
    type(made)(made.config, tensors).save(tmp_path / "b")
    with pytest.raises(IncompatibleModel, match=r"mu\.bias"):
        Arch2Vec(weights=str(tmp_path / "b")).fit(X).transform(X)


def test_a_space_is_gathered_whole_or_in_part():
    whole, archs = gather("tnb101"), list(space("tnb101").enumerate())
    one = as_batch(archs)
    assert len(whole) == 4096
    for name in ("ops", "edge_ops", "adjacency", "mask"):
        np.testing.assert_array_equal(getattr(whole, name), getattr(one, name))
    assert len(gather("nb301", 50, 1)) == 50
    np.testing.assert_array_equal(gather("nb101", 30, 1).ops, gather("nb101", 30, 1).ops)
    assert gather("nb101", 30, 1).n_nodes == 7
    with pytest.raises(InvalidArgument, match="n=1"):
        gather("nb201", 1)
    with pytest.raises(InvalidArgument, match="no architecture"):
        batch_of(iter([]), 4)
