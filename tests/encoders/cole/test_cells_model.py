"""The small model of code that comes with archenc: there, small, and it knows what is one network."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from archenc.encoders import COLE
from archenc.encoders.cole.language_model import LanguageModel
from archenc.encoders.cole.sources import find
from archenc.errors import InvalidArgument
from archenc.spaces import space
from archenc.text import texts

pytest.importorskip("transformers", reason="needs the extra cole")
NB201 = space("nb201")


def vectors(written: list[str]) -> np.ndarray:
    found = LanguageModel.of("cells").embed(written)["mean"].vectors[:, 0]
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_it_is_small_and_says_how_it_was_made() -> None:
    folder = find("cells").folder
    assert sum(path.stat().st_size for path in folder.iterdir()) < 3_000_000
    record = json.loads((folder / "training.json").read_text())
    assert record["lesson"]["objective"] == "contrast"
    assert record["begun"].startswith("masked: ")
    with pytest.raises(InvalidArgument, match="'cells' comes in one revision"):
        find("cells", "v2")


def test_an_encoder_reads_it_without_a_network(tmp_path: Path) -> None:
    cells = NB201.sample(40, 0)
    encoder = COLE("cells", canonical=True, cache=tmp_path).fit(cells)
    assert encoder.transform(cells).shape == (40, 39)
    assert encoder.lengths(cells).too_long == 0
    assert encoder.pooling_ == "mean"


def test_a_cell_spelled_out_is_nearer_than_another_cell() -> None:
    cells = NB201.sample(60, 1)
    short = dict(zip(texts(cells, canonical=True), texts(cells, canonical=True, form="inline"), strict=True))
    pairs = [(one, other) for one, other in short.items() if one != other]
    cosines = vectors([one for one, _ in pairs]) @ vectors([other for _, other in pairs]).T
    own, others = cosines.diagonal(), cosines[~np.eye(len(pairs), dtype=bool)]
    assert np.median(own) > 0.9 > np.quantile(others, 0.95)
    assert (cosines.argmax(axis=1) == np.arange(len(pairs))).mean() > 0.8
