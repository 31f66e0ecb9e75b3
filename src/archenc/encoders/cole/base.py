"""What encoders of source code share: texts of architectures, and a reduction fitted on training."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from itertools import product
from typing import Any, ClassVar, final

import numpy as np
from jaxtyping import Float

from archenc.encoders.base import Encoder, Population, check_choice
from archenc.encoders.cole.reduction import Kind, check_reduction, fit_projection
from archenc.encoders.cole.shuffling import SHUFFLES, Shuffle, shuffled
from archenc.errors import InvalidArgument, shown
from archenc.graph import GraphBatch, architectures
from archenc.text import texts
from archenc.typing import whole_number

_PORTION = 1024


class TextEncoder(Encoder, ABC):
    """Abstract: an encoder that reads an architecture as text.

    form, context, canonical, unit_name, dataset, nb101_detail: of the text, see `archenc.text.render`. form
    and unit_name may be several: an architecture is then the mean of its texts. shuffle: None, or "lines" or
    "words", put in another order, with shuffle_seed. reduction, components, eps: see `fit_projection`, fitted
    on what `fit` sees.
    Code is code in every space: what was fitted on one reads architectures of another. A subclass stores
    these parameters, and writes how texts become vectors.
    """

    across_spaces: ClassVar[bool] = True
    export_portion: ClassVar[int] = (
        512  # of `archenc encode`: what a stopped run does not have to spell again
    )

    form: str | Sequence[str]
    context: str
    canonical: bool
    unit_name: str | Sequence[str]
    dataset: str | None
    nb101_detail: str
    shuffle: Shuffle | None
    shuffle_seed: int
    reduction: Kind
    components: int | None
    eps: float

    @property
    def injective(self) -> bool:
        """False: a text may be cut, and a reduction leaves directions out."""
        return False

    @property
    def iso_invariant(self) -> bool:
        """Whether the text is canonical: one for all numberings of a cell."""
        return self.canonical

    def texts(self, X: Population) -> list[str]:
        """Return what is read: the text of every architecture, one variant after another where several are.

        With v variants, texts i, n + i, 2 n + i, ... are those of architecture i. Raises InvalidArgument.
        """
        if self.shuffle is not None:
            check_choice("shuffle", self.shuffle, SHUFFLES)
        whole_number("shuffle_seed", self.shuffle_seed)
        archs: Any = architectures(X) if isinstance(X, GraphBatch) else X
        found: list[str] = []
        for form, unit_name in product(_several("form", self.form), _several("unit_name", self.unit_name)):
            found += texts(
                archs,
                form=form,
                context=self.context,
                canonical=self.canonical,
                unit_name=unit_name,
                dataset=self.dataset,
                nb101_detail=self.nb101_detail,
            )
        if self.shuffle is None:
            return found
        return [shuffled(text, self.shuffle, self.shuffle_seed) for text in found]

    @abstractmethod
    def _prepare(self, texts: Sequence[str]) -> None:
        """Learn what precedes the reduction from the training texts, and check the parameters."""

    @abstractmethod
    def _vectors(self, texts: Sequence[str]) -> Float[np.ndarray, "n k d"]:
        """Return k vectors a text."""

    @final
    def _learn(self, X: Population) -> None:
        check_reduction(self.reduction, self.components, self.eps)  # before a model reads for minutes
        training = self.texts(X)
        self._prepare(training)
        vectors = self._averaged(training, len(X))
        self.n_vectors_ = vectors.shape[1]
        rows = vectors.reshape(-1, vectors.shape[2])  # of several layers: one basis for all
        self.projection_ = fit_projection(rows, self.reduction, self.components, self.eps)

    @final
    def _encode(self, X: Population) -> np.ndarray:
        codes = []
        for start in range(0, len(X), _PORTION):
            part = X[start : start + _PORTION]
            vectors = self._averaged(self.texts(part), len(part))
            rows = self.projection_(vectors.reshape(-1, vectors.shape[2]))
            codes.append(rows.reshape(len(part), -1))
        return np.concatenate(codes)

    @final
    def _averaged(self, texts: Sequence[str], n: int) -> Float[np.ndarray, "n k d"]:
        vectors = self._vectors(texts)
        variants = len(texts) // n
        if variants == 1:
            return vectors
        return vectors.reshape(variants, n, *vectors.shape[1:]).mean(axis=0, dtype=np.float64)

    @final
    def _feature_names(self) -> list[str]:
        width = self.projection_.matrix.shape[1]
        layers = [f"layer{k}_" if self.n_vectors_ > 1 else "" for k in range(self.n_vectors_)]
        return [f"{layer}{self.reduction}_{k}" for layer in layers for k in range(width)]


def _several(name: str, value: Any) -> list[str]:
    found = [value] if isinstance(value, str) else list(value) if isinstance(value, (list, tuple)) else []
    if not found or len(set(found)) < len(found):
        raise InvalidArgument(f"{name}={shown(value)}: expected a name, or several different ones")
    return found
