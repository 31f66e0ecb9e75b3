"""arch2vec as an encoder: the contract, presets, weights."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.pipeline import make_pipeline

import archenc
from archenc import predictors
from archenc.encoders import Arch2Vec, Encoder
from archenc.encoders.learned.arch2vec.metrics import reconstruct
from archenc.encoders.learned.base import pretrain
from archenc.errors import IncompatibleModel, InvalidArgument
from archenc.graph import Architecture
from archenc.spaces import space
from archenc.testing.encoder_kit import EncoderKit, relabelled
from archenc.testing.unchecked import unchecked

NB201 = space("nb201").sample(40, 3)
NB101 = space("nb101").sample(24, 3)
NB301 = space("nb301").sample(24, 3)


@pytest.fixture(scope="module")
def weights(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("weights") / "made"
    pretrain(Arch2Vec(weights=None, epochs=2, seed=4), space("nb201").sample(200, 0), folder, half=True)
    return str(folder)


class TestTrainedInFit(EncoderKit):
    def make_encoder(self) -> Encoder:
        return Arch2Vec(weights=None, epochs=1)

    def architectures(self) -> Sequence[Architecture]:
        return NB201

    def grid(self) -> dict[str, list[Any]]:
        return {"latent": [4, 8]}


class TestPublished(EncoderKit):
    def make_encoder(self) -> Encoder:
        return Arch2Vec(weights=None, preset="published", epochs=2)

    def architectures(self) -> Sequence[Architecture]:
        return NB101


class TestTwoCells(EncoderKit):
    def make_encoder(self) -> Encoder:
        return Arch2Vec(weights=None, epochs=1, latent=8)

    def architectures(self) -> Sequence[Architecture]:
        return NB301


class TestPackaged(EncoderKit):
    def make_encoder(self) -> Encoder:
        return Arch2Vec()

    def architectures(self) -> Sequence[Architecture]:
        return NB201

    def grid(self) -> dict[str, list[Any]]:
        return {"weights": ["packaged"]}


def test_pads_and_company_change_no_code():
    """A cell of NAS-Bench-101 with fewer than seven nodes, alone and among wider ones."""
    encoder = Arch2Vec(weights=None, epochs=1).fit(NB101)
    small = [arch for arch in NB101 if arch.cells[0].n_nodes < 7]
    assert small
    np.testing.assert_array_equal(encoder.transform(small), encoder.transform([*small, *NB101])[: len(small)])


def test_two_cells_stand_side_by_side():
    encoder = Arch2Vec(weights=None, epochs=1, latent=8).fit(NB301)
    code = encoder.transform(NB301)
    swapped = encoder.transform([Architecture(arch.space, arch.cells[::-1]) for arch in NB301])
    np.testing.assert_array_equal(swapped, np.hstack([code[:, 8:], code[:, :8]]))
    assert list(encoder.get_feature_names_out()[[0, 15]]) == ["cell0_arch2vec_0", "cell1_arch2vec_7"]


def test_the_inputs_of_a_cell_are_told_apart():
    encoder = Arch2Vec(weights=None, epochs=1).fit(NB301)
    cell = NB301[0].cells[0]
    ends = {0: 1, 1: 0}
    edges = tuple(edge._replace(source=ends.get(edge.source, edge.source)) for edge in cell.edges)
    other = type(cell)(cell.nodes, edges)
    twin = Architecture("nasbench301", (other, NB301[0].cells[1]))
    a, b = encoder.transform([NB301[0], twin])
    assert np.abs(a[:16] - b[:16]).max() > 1e-4


def test_the_published_code_knows_the_numbering_of_none():
    """All cells share the links of the whole graph there, so an isomorphic twin has another code."""
    rng = np.random.default_rng(0)
    archs = [a for a in space("nb201").sample(400, 0) if any(relabelled(a, s) != a for s in range(4))][:5]
    twins = [relabelled(arch, rng) for arch in archs for _ in range(4)]
    for preset, same in (("clean", True), ("published", False)):
        encoder = Arch2Vec(weights=None, preset=preset, epochs=1).fit(NB201)
        codes = np.repeat(encoder.transform(archs), 4, axis=0)
        assert np.array_equal(encoder.transform(twins), codes) == same


def test_weights_are_loaded_as_they_were_stored(weights: str):
    encoder = Arch2Vec(weights=weights).fit(NB201[:2])
    code = encoder.transform(NB201)
    np.testing.assert_array_equal(Arch2Vec(weights=weights).fit(NB201[5:]).transform(NB201), code)
    again = Arch2Vec(weights=Path(weights)).fit(NB201)  # pyright: ignore[reportArgumentType]
    np.testing.assert_array_equal(again.transform(NB201), code)
    assert all(
        np.array_equal(value, value.astype(np.float16).astype(np.float32))
        for value in encoder.weights_.tensors.values()
        if value.dtype == np.float32
    )


def test_a_saved_pipeline_carries_the_weights(weights: str, tmp_path: Path):
    model = make_pipeline(Arch2Vec(weights=weights), archenc.Ridge()).fit(NB201, np.arange(40.0))
    predictors.save(model, tmp_path / "model")
    for path in Path(weights).iterdir():
        path.rename(path.with_suffix(".away")) if path.is_file() else None
    try:
        loaded = predictors.load(tmp_path / "model")
        np.testing.assert_array_equal(loaded.predict(NB201), model.predict(NB201))
    finally:
        for path in Path(weights).glob("*.away"):
            path.rename(
                path.with_suffix({"config": ".json", "losses": ".csv"}.get(path.stem, ".safetensors"))
            )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"preset": "dirty"}, "preset='dirty'"),
        ({"preset": "published"}, "of preset 'clean', not of 'published'"),
        ({"latent": 32}, "latent=32, but"),
    ],
)
def test_weights_that_are_something_else_are_refused(weights: str, options: dict[str, Any], message: str):
    with unchecked(), pytest.raises(InvalidArgument, match=message):
        Arch2Vec(weights=weights, **options).fit(NB201)


def test_weights_of_another_space_are_refused(weights: str):
    with pytest.raises(InvalidArgument, match="of space 'nasbench201', not of 'nasbench101'"):
        Arch2Vec(weights=weights).fit(NB101)


def test_a_space_without_packaged_weights_names_the_command():
    archs = space("tnb101_macro").sample(5, 0)
    with pytest.raises(
        InvalidArgument, match="archenc pretrain --space transnasbench101_macro --encoder arch"
    ):
        Arch2Vec().fit(archs)


def test_a_missing_folder_is_an_error(tmp_path: Path):
    with pytest.raises(IncompatibleModel, match=r"config\.json"):
        Arch2Vec(weights=str(tmp_path / "nowhere")).fit(NB201)


@pytest.mark.parametrize(
    ("name", "least"),
    [("nasbench101", 0.97), ("nasbench201", 0.98), ("nasbench301", 0.9), ("transnasbench101", 0.98)],
)
def test_weights_come_along(name: str, least: float):
    """They were trained far enough to say what they saw: links and operations of cells of the space."""
    archs = space(name).sample(200, 11)
    encoder = Arch2Vec().fit(archs)
    training = encoder.weights_.config["training"]
    assert {"published", "losses", "schedule", "architectures"} <= set(training)
    found = reconstruct(encoder, archs)
    assert found.op_accuracy > least
    assert found.edge_accuracy > 0.93
