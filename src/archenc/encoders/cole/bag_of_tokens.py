"""Bag of tokens: how often each token is in the source code, and nothing of where. The control of COLE."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Literal, final

import numpy as np
from jaxtyping import Float

from archenc.encoders.base import check_choice
from archenc.encoders.cole.base import TextEncoder
from archenc.encoders.cole.reduction import COMPONENTS, EPS, Kind
from archenc.encoders.cole.shuffling import Shuffle, words
from archenc.encoders.cole.sources import MINILM, find
from archenc.encoders.cole.tokens import load_tokenizer

Unit = Literal["tokens", "characters", "words"]
Weighting = Literal["counts", "tfidf"]
_NGRAMS = (3, 4, 5)


@final
class BagOfTokens(TextEncoder):
    """Counts of the tokens of the source code, reduced as in COLE.

    unit: "tokens" of the tokenizer of `model` (see COLE), "characters" (every 3, 4 and 5 in a row), or
    "words" (names, numbers and signs), the last two of which need no model. weighting: "counts", or "tfidf":
    counts times log((1 + n) / (1 + texts with it)) + 1, each row then of length 1. The vocabulary and its
    weights are those of the training texts; what occurs in none of them does not count. The rest: see
    TextEncoder.
    """

    def __init__(
        self,
        unit: Unit = "tokens",
        *,
        weighting: Weighting = "counts",
        model: str = MINILM,
        form: str | Sequence[str] = "exclude_helper",
        context: str = "none",
        canonical: bool = False,
        unit_name: str | Sequence[str] = "ConvUnit",
        dataset: str | None = None,
        nb101_detail: str = "simple",
        shuffle: Shuffle | None = None,
        shuffle_seed: int = 0,
        reduction: Kind = "pca",
        components: int | None = COMPONENTS,
        eps: float = EPS,
        revision: str | None = None,
    ) -> None:
        self.unit = unit
        self.weighting = weighting
        self.model = model
        self.form = form
        self.context = context
        self.canonical = canonical
        self.unit_name = unit_name
        self.dataset = dataset
        self.nb101_detail = nb101_detail
        self.shuffle = shuffle
        self.shuffle_seed = shuffle_seed
        self.reduction = reduction
        self.components = components
        self.eps = eps
        self.revision = revision

    def _prepare(self, texts: Sequence[str]) -> None:
        check_choice("unit", self.unit, ("tokens", "characters", "words"))
        check_choice("weighting", self.weighting, ("counts", "tfidf"))
        bags = self._bags(texts)
        found = Counter(term for bag in bags for term in bag)
        self.terms_ = sorted(found)
        times = np.array([found[term] for term in self.terms_], dtype=np.float64)
        self.weights_ = np.ones(len(times))
        if self.weighting == "tfidf":
            self.weights_ = np.log((1 + len(texts)) / (1 + times)) + 1

    def _vectors(self, texts: Sequence[str]) -> Float[np.ndarray, "n k d"]:
        place = {term: column for column, term in enumerate(self.terms_)}
        counts = np.zeros((len(texts), len(place)))
        for row, bag in enumerate(self._bags(texts)):
            for term, times in bag.items():
                if (column := place.get(term)) is not None:
                    counts[row, column] = times
        weighed = counts * self.weights_
        if self.weighting == "tfidf":
            weighed /= np.maximum(np.linalg.norm(weighed, axis=1, keepdims=True), 1e-12)
        return weighed[:, None]

    def _bags(self, texts: Sequence[str]) -> list[Counter[str]]:
        if self.unit == "characters":
            return [_ngrams(text) for text in texts]
        if self.unit == "words":
            return [Counter(words(text)) for text in texts]
        tokenizer = load_tokenizer(find(self.model, self.revision))
        ids = tokenizer(list(texts), add_special_tokens=False, verbose=False)["input_ids"]
        return [Counter(str(token) for token in one) for one in ids]


def _ngrams(text: str) -> Counter[str]:
    return Counter(text[at : at + n] for n in _NGRAMS for at in range(len(text) - n + 1))
