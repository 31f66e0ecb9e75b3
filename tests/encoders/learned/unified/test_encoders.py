from __future__ import annotations

import tempfile
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from archenc.encoders import CATE, Arch2Vec
from archenc.encoders.learned.unified.encoders import UnifiedArch2Vec, UnifiedCATE
from archenc.encoders.learned.unified.frames import SPACES
from archenc.encoders.learned.unified.training import pretrain_jointly
from archenc.encoders.learned.weights import FOLDER, Weights
from archenc.errors import InvalidArgument
from archenc.graph import GraphBatch, as_batch
from archenc.spaces import space
from archenc.testing.encoder_kit import EncoderKit
from archenc.testing.unchecked import unchecked

FOLDERS = tempfile.TemporaryDirectory()


def links(batch: GraphBatch) -> np.ndarray:
    return batch.adjacency.sum(axis=(1, 2, 3))


CODERS: dict[str, Any] = {
    "unified_cate": CATE(
        width=16,
        heads=4,
        graph_layers=2,
        graph_inner=32,
        cross_layers=1,
        cross_inner=32,
        cost=links,
        epochs=1,
        batch_size=32,
        warmup=1,
    ),
    "unified_arch2vec": Arch2Vec(epochs=1),
}


def batches() -> list[GraphBatch]:
    return [as_batch(space(name).sample(40, 0)) for name in ("nb101", "nb201", "nb301")]


@cache
def folder(name: str) -> Path:
    made = Path(FOLDERS.name) / name
    pretrain_jointly(CODERS[name], batches(), made)
    return made


class TestUnifiedCATE(EncoderKit):
    def make_encoder(self):
        return UnifiedCATE(weights=folder("unified_cate"))

    def architectures(self):
        return space("nb101").sample(30, 1)


class TestUnifiedArch2Vec(EncoderKit):
    def make_encoder(self):
        return UnifiedArch2Vec(weights=folder("unified_arch2vec"))

    def architectures(self):
        return space("nb201").sample(30, 1)


@pytest.mark.parametrize("name", CODERS)
def test_codes_of_all_spaces_have_one_width_a_cell(name: str):
    encoder = {"unified_cate": UnifiedCATE, "unified_arch2vec": UnifiedArch2Vec}[name](folder(name))
    codes = [encoder.fit_transform(space(one).sample(25, 3)) for one in ("nb101", "nb201", "tnb101", "nb301")]
    assert [code.shape[1] for code in codes] == [16, 16, 16, 32]
    assert next(iter(encoder.get_feature_names_out())) == f"unified_cell0_{name.removeprefix('unified_')}_0"


@pytest.mark.parametrize("name", CODERS)
def test_joint_training_counts_its_cells_and_is_repeatable(name: str, tmp_path: Path):
    first = Weights.load(folder(name))
    assert first.config["training"]["architectures"] == {
        "nasbench101": 40,
        "nasbench201": 40,
        "nasbench301": 40,
    }
    again = pretrain_jointly(CODERS[name], batches(), tmp_path)
    for tensor, value in first.tensors.items():
        np.testing.assert_array_equal(again.tensors[tensor], value)


def test_refuses_what_is_no_joint_training(tmp_path: Path):
    one = as_batch(space("nb201").sample(20, 0))
    with pytest.raises(InvalidArgument, match="one a space"):
        pretrain_jointly(CODERS["unified_arch2vec"], [one, one], tmp_path)
    with pytest.raises(InvalidArgument, match="one a space"):
        pretrain_jointly(CODERS["unified_arch2vec"], [], tmp_path)
    with pytest.raises(InvalidArgument, match="clean"):
        pretrain_jointly(Arch2Vec(preset="published"), [one], tmp_path)


def test_refuses_weights_of_another_kind():
    archs = space("nb201").sample(20, 0)
    with pytest.raises(InvalidArgument, match="unified_arch2vec"):
        UnifiedCATE(weights=folder("unified_arch2vec")).fit(archs)
    with unchecked(), pytest.raises(InvalidArgument, match="pretrain_jointly"):
        UnifiedCATE(weights=None).fit(archs)  # type: ignore[arg-type]


PACKED = [cls for cls in (UnifiedCATE, UnifiedArch2Vec) if (FOLDER / f"{cls.name}-clean-all").exists()]


@pytest.mark.parametrize("cls", PACKED)
def test_our_weights_code_every_space(cls: type[UnifiedCATE | UnifiedArch2Vec]):
    for name in SPACES:
        archs = space(name).sample(8, 0)
        code = cls().fit(archs).transform(archs)
        assert np.isfinite(code).all()
        assert len(np.unique(code, axis=0)) > 1
