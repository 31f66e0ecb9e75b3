"""A saved predictor loads as it was, or not at all: one part of the kit."""

from __future__ import annotations

import json
import zlib
from abc import ABC
from pathlib import Path

import numpy as np
import pytest

from archenc import predictors
from archenc.errors import IncompatibleModel
from archenc.predictors import persistence
from archenc.testing.predictor_material import PredictorMaterial


class SavingKit(PredictorMaterial, ABC):
    """Abstract: `save` and `load` as tests."""

    def test_saved_and_loaded_it_scores_the_same(self, tmp_path: Path) -> None:
        X = self.held_out()[0]
        self.fitted().save(tmp_path / "model")
        loaded = predictors.load(tmp_path / "model")
        assert type(loaded) is type(self.fitted())
        assert repr(loaded.get_params()) == repr(self.fitted().get_params())
        self.assert_same(loaded.predict(X), self.fitted().predict(X))
        if self.has_std:
            one, other = (model.predict(X, return_std=True)[1] for model in (loaded, self.fitted()))
            self.assert_same(one, other)
        files = {path.name for path in tmp_path.rglob("*") if path.is_file()}
        assert files == {"config.json", "model.safetensors"}

    def test_saving_again_replaces(self, tmp_path: Path) -> None:
        X = self.held_out()[0]
        other = self.make_predictor(seed=5).fit(*self.train(self.n_few))
        other.save(tmp_path / "model")
        self.fitted().save(tmp_path / "model")
        self.assert_same(predictors.load(tmp_path / "model").predict(X), self.fitted().predict(X))
        assert [path.name for path in tmp_path.iterdir()] == ["model"]

    @pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
    def test_a_flipped_byte_is_noticed(self, tmp_path: Path, name: str) -> None:
        self.fitted().save(tmp_path / "model")
        file = tmp_path / "model" / name
        good = file.read_bytes()
        rng = np.random.default_rng(zlib.crc32(name.encode()))
        for place in [0, len(good) - 1, *rng.integers(len(good), size=6)]:
            bad = bytearray(good)
            bad[place] ^= 1 << int(rng.integers(8))
            file.write_bytes(bad)
            with pytest.raises(IncompatibleModel):
                predictors.load(tmp_path / "model")

    @pytest.mark.parametrize("name", ["config.json", "model.safetensors"])
    def test_a_missing_or_cut_file_is_noticed(self, tmp_path: Path, name: str) -> None:
        self.fitted().save(tmp_path / "model")
        file = tmp_path / "model" / name
        file.write_bytes(file.read_bytes()[:-7])
        with pytest.raises(IncompatibleModel):
            predictors.load(tmp_path / "model")
        file.unlink()
        with pytest.raises(IncompatibleModel, match=name):
            predictors.load(tmp_path / "model")

    def test_another_format_version_is_refused(self, tmp_path: Path) -> None:
        self.fitted().save(tmp_path / "model")
        file = tmp_path / "model" / "config.json"
        config = json.loads(file.read_text())
        file.write_text(json.dumps({**config, "format": config["format"] + 1, "archenc": "9.8.7"}))
        with pytest.raises(IncompatibleModel, match=r"9\.8\.7"):
            predictors.load(tmp_path / "model")

    def test_another_layout_of_the_state_is_refused(self, tmp_path: Path) -> None:
        self.fitted().save(tmp_path / "model")
        config, tensors = persistence.read(tmp_path / "model")
        persistence.write(tmp_path / "model", {**config, "version": 999}, tensors)
        with pytest.raises(IncompatibleModel, match="999"):
            predictors.load(tmp_path / "model")
