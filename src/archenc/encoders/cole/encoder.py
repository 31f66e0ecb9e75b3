"""COLE: an architecture as source code, read by a frozen language model."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import final

import numpy as np
from jaxtyping import Float

from archenc.encoders.base import Population, check_choice
from archenc.encoders.cole.base import TextEncoder
from archenc.encoders.cole.cache import store_of
from archenc.encoders.cole.embedding import embedded, setting_of
from archenc.encoders.cole.language_model import LanguageModel
from archenc.encoders.cole.loading import DTYPES, Dtype, check_device
from archenc.encoders.cole.pooling import check_pooling
from archenc.encoders.cole.reduction import COMPONENTS, EPS, Kind
from archenc.encoders.cole.sentence import read_sentence
from archenc.encoders.cole.shuffling import Shuffle
from archenc.encoders.cole.sources import MINILM, Source, find
from archenc.encoders.cole.tokens import LONG, Lengths, Long, TruncatedTexts
from archenc.errors import IncompatibleModel, InvalidArgument, shown
from archenc.typing import whole_number


@final
class COLE(TextEncoder):
    """The vector that a frozen language model has of the source code of an architecture, reduced.

    model: "minilm" (all-MiniLM-L6-v2, a small general model of English that a package carries), a folder, or
    an id of the Hugging Face hub; revision: of the hub. pooling: "mean", "max", "cls", "last_token",
    "avg_all" (mean over all layers), "layer:K", "multi_layer", "echo"; see `pool`. None is the model's own,
    with its normalisation, if it comes as a sentence-transformers folder, else "mean". also: poolings that
    the same pass through the model computes and caches, for encoders that ask for them later. max_length:
    tokens at once; None is all positions of the model. long: "truncate", which warns, or "windows".
    random_weights: a seed for weights drawn anew, the control; None is the trained ones. dtype: "float32",
    "bfloat16", "float16", "int8". device: "cpu", "cuda", "auto". batch_size: texts at once. cache: a folder
    for the vectors, True for the one in archenc's home, False for memory alone. The rest: see TextEncoder.

    Nothing of the model is trained; the reduction is fitted on what `fit` sees. COLE, arXiv 2605.15649.
    """

    def __init__(
        self,
        model: str = MINILM,
        *,
        form: str | Sequence[str] = "exclude_helper",
        context: str = "none",
        canonical: bool = False,
        unit_name: str | Sequence[str] = "ConvUnit",
        dataset: str | None = None,
        nb101_detail: str = "simple",
        shuffle: Shuffle | None = None,
        shuffle_seed: int = 0,
        pooling: str | None = None,
        also: Sequence[str] = (),
        special_tokens: bool = True,
        max_length: int | None = None,
        long: Long = "truncate",
        reduction: Kind = "pca",
        components: int | None = COMPONENTS,
        eps: float = EPS,
        revision: str | None = None,
        random_weights: int | None = None,
        dtype: Dtype = "float32",
        device: str = "cpu",
        batch_size: int = 32,
        trust_remote_code: bool = False,
        cache: str | Path | bool = True,
    ) -> None:
        self.model = model
        self.form = form
        self.context = context
        self.canonical = canonical
        self.unit_name = unit_name
        self.dataset = dataset
        self.nb101_detail = nb101_detail
        self.shuffle = shuffle
        self.shuffle_seed = shuffle_seed
        self.pooling = pooling
        self.also = also
        self.special_tokens = special_tokens
        self.max_length = max_length
        self.long = long
        self.reduction = reduction
        self.components = components
        self.eps = eps
        self.revision = revision
        self.random_weights = random_weights
        self.dtype = dtype
        self.device = device
        self.batch_size = batch_size
        self.trust_remote_code = trust_remote_code
        self.cache = cache

    def lengths(self, X: Population) -> Lengths:
        """Say how long the texts of architectures are in tokens, and what share is beyond the model."""
        tokens = self._model(find(self.model, self.revision)).tokens()
        return Lengths.of(tokens.counts(tokens.ids(self.texts(X)), echo=self.pooling == "echo"))

    def _prepare(self, texts: Sequence[str]) -> None:
        del texts  # a frozen model learns nothing
        check_choice("dtype", self.dtype, tuple(DTYPES))
        check_choice("long", self.long, LONG)
        check_device(self.device)
        if self.max_length is not None:
            whole_number("max_length", self.max_length, 1)
        if self.random_weights is not None:
            whole_number("random_weights", self.random_weights)
        whole_number("batch_size", self.batch_size, 1)
        if isinstance(self.also, str):
            raise InvalidArgument(f"also={shown(self.also)}: expected a sequence of poolings")
        for pooling in self.also:
            check_pooling(pooling)
        source = find(self.model, self.revision)
        sentence = read_sentence(source.folder) if self.pooling is None else None
        self.pooling_ = check_pooling(self.pooling or (sentence.pooling if sentence else "mean"))
        self.normalised_ = sentence is not None and sentence.normalised
        self.identity_ = source.identity

    def _vectors(self, texts: Sequence[str]) -> Float[np.ndarray, "n k d"]:
        source = find(self.model, self.revision)
        if source.identity != self.identity_:
            raise IncompatibleModel(
                f"model={self.model!r} is another one than in fit: {source.identity[:60]} now, "
                f"{self.identity_[:60]} then; fit again, or give revision="
            )
        model = self._model(source)
        found = embedded(model, texts, self.pooling_, store_of(setting_of(model), self.cache), self.also)
        if self.long == "truncate":
            self._warn(Lengths.of(found.counts))
        if not self.normalised_:
            return found.vectors
        return found.vectors / np.maximum(np.linalg.norm(found.vectors, axis=2, keepdims=True), 1e-12)

    def _warn(self, lengths: Lengths) -> None:
        if lengths.too_long:
            warnings.warn(
                f"{lengths.too_long} of {lengths.n} texts are longer than {self.model!r} reads at once: they "
                f"were cut, {lengths.share:.1%} of all tokens were not read; long='windows' reads all",
                TruncatedTexts,
                stacklevel=2,
            )

    def _model(self, source: Source) -> LanguageModel:
        return LanguageModel(
            source,
            max_length=self.max_length,
            long=self.long,
            special_tokens=self.special_tokens,
            dtype=self.dtype,
            device=self.device,
            random_weights=self.random_weights,
            trust_remote_code=self.trust_remote_code,
            batch_size=self.batch_size,
        )
