"""The controls: counts equal a twin, know the training texts only, and ignore the order."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest
from sklearn.feature_extraction.text import CountVectorizer, TfidfVectorizer

from archenc.encoders import Encoder
from archenc.encoders.cole.bag_of_tokens import BagOfTokens
from archenc.encoders.cole.shuffling import shuffled, words
from archenc.errors import InvalidArgument
from archenc.graph import Architecture
from archenc.predictors.packing import pack, unpack
from archenc.spaces.nasbench201 import SPACE
from archenc.testing.encoder_kit import EncoderKit
from archenc.testing.unchecked import unchecked
from archenc.text import texts

CELLS = SPACE.sample(40, 3)


class OfText(EncoderKit):
    def architectures(self) -> Sequence[Architecture]:
        return CELLS


class TestWords(OfText):
    """Needs neither a model nor the extra."""

    def make_encoder(self) -> Encoder:
        return BagOfTokens("words")

    def grid(self) -> dict[str, list[Any]]:
        return {"unit": ["words", "characters"], "weighting": ["counts", "tfidf"]}


class TestCharacters(OfText):
    def make_encoder(self) -> Encoder:
        return BagOfTokens("characters", weighting="tfidf", canonical=True)


class TestTokens(OfText):
    folder: ClassVar[Path]

    @pytest.fixture(autouse=True)
    def _model(self, bert: Path) -> None:
        type(self).folder = bert

    def make_encoder(self) -> Encoder:
        return BagOfTokens(model=str(self.folder), components=6)


@pytest.mark.parametrize("weighting", ["counts", "tfidf"])
@pytest.mark.parametrize("unit", ["words", "characters"])
def test_bags_are_those_of_scikit_learn(unit: str, weighting: str) -> None:
    options: dict[str, Any] = {"lowercase": False}
    if unit == "words":
        options["analyzer"] = words
    else:
        options |= {"analyzer": "char", "ngram_range": (3, 5)}
    twin = (CountVectorizer if weighting == "counts" else TfidfVectorizer)(**options)
    read = [re.sub(r"\s+", " ", text) for text in texts(CELLS)]  # as its own characters are read
    expected: Any = twin.fit(read[:20]).transform(read)
    encoder: Any = BagOfTokens(unit, weighting=weighting)  # pyright: ignore[reportArgumentType]
    encoder._prepare(read[:20])
    vectors = encoder._vectors(read)[:, 0]
    names = twin.get_feature_names_out()
    np.testing.assert_array_equal(encoder.terms_, np.sort(names))
    np.testing.assert_allclose(vectors, expected.toarray()[:, np.argsort(names)], atol=1e-12)


def test_the_order_of_a_text_does_not_matter() -> None:
    plain, shuffle = (BagOfTokens("words", shuffle=how).fit(CELLS[:20]) for how in (None, "words"))
    np.testing.assert_allclose(plain.transform(CELLS), shuffle.transform(CELLS), atol=1e-5)


def test_a_fitted_bag_is_saved_and_read() -> None:
    encoder = BagOfTokens("words", weighting="tfidf").fit(CELLS[:20])
    np.testing.assert_array_equal(unpack(*pack(encoder)).transform(CELLS), encoder.transform(CELLS))


def test_shuffling_keeps_what_is_said() -> None:
    text = texts(CELLS[:1])[0]
    lines, loose = shuffled(text, "lines", 0), shuffled(text, "words", 0)
    assert sorted(lines.splitlines()) == sorted(text.splitlines())
    assert lines != text
    assert sorted(loose.split()) == sorted(words(text))
    assert lines == shuffled(text, "lines", 0) != shuffled(text, "lines", 1)


@pytest.mark.parametrize(
    ("options", "match"),
    [
        ({"unit": "letters"}, "unit='letters'"),
        ({"weighting": "bm25"}, "weighting='bm25'"),
        ({"unit": "words", "form": "prose"}, "form='prose'"),
        ({"unit": "words", "components": 0}, "components=0"),
    ],
)
@unchecked()
def test_bad_arguments_are_refused(options: dict[str, Any], match: str) -> None:
    with pytest.raises(InvalidArgument, match=match):
        BagOfTokens(**options).fit(CELLS[:5])
