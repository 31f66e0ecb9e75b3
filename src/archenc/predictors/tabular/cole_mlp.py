"""The perceptron that COLE puts on its embeddings: it learns from the order within pairs."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import Any, Self, cast, final

import numpy as np
from jaxtyping import Float64
from sklearn.base import clone

from archenc.errors import InvalidArgument, require
from archenc.predictors.checks import check_features, check_number, check_targets
from archenc.predictors.tabular.base import TabularPredictor, as_integer
from archenc.predictors.tabular.mlp import forward
from archenc.predictors.tabular.targets import onto_labels
from archenc.typing import Seed

_SLOPE = 0.01


@final
class COLEMLP(TabularPredictor):
    """d -> 128 -> 128 -> 128 -> 1, LeakyReLU 0.01, dropout; Adam, pairwise hinge; needs the extra `torch`.

    Features are taken as they are: COLE gives it principal components. Adam at a constant rate, gradients no
    longer than `clip`, at most four pairs a row of a batch. Scores, learned from order alone, are brought to
    the mean and deviation of the training labels. shuffle: False keeps the batches of the rows as they come,
    as published. target: "raw" or "rank", which have the same order. seed: an integer, or a generator that
    `fit` draws from. COLE, arXiv 2605.15649.
    """

    widths_: list[int]
    parameters_: np.ndarray
    factor_: float
    offset_: float

    def __init__(
        self,
        *,
        hidden: int = 128,
        layers: int = 3,
        dropout: float = 0.1,
        epochs: int = 100,
        batch_size: int = 32,
        lr: float = 1e-3,
        margin: float = 0.1,
        clip: float = 1.0,
        shuffle: bool = True,
        target: str = "raw",
        seed: Seed = 0,
    ) -> None:
        self.hidden = hidden
        self.layers = layers
        self.dropout = dropout
        self.epochs = epochs
        self.batch_size = batch_size
        self.lr = lr
        self.margin = margin
        self.clip = clip
        self.shuffle = shuffle
        self.target = target
        self.seed = seed

    def fit_trials(self, trials: Sequence[tuple[Any, Any, int]]) -> list[Self]:
        """Fit one clone for each (X, y, seed); returns the clones. Trials of equal shape share every step."""
        checked = [(features := check_features(X), check_targets(y, len(features))) for X, y, _ in trials]
        models = [cast("Self", clone(self)).set_params(seed=seed) for _, _, seed in trials]
        order = sorted(range(len(trials)), key=lambda trial: checked[trial][0].shape)
        for _, group in groupby(order, key=lambda trial: checked[trial][0].shape):
            members = list(group)
            together = [models[trial] for trial in members]
            self._train(together, *zip(*(checked[trial] for trial in members), strict=True))
        for model, (features, _) in zip(models, checked, strict=True):
            model.n_features_in_ = features.shape[1]
        return models

    def _learn(self, X: Float64[np.ndarray, "n d"], y: Float64[np.ndarray, " n"]) -> None:
        self._train([self], [X], [y])

    def _train(self, models: Sequence[Self], Xs: Sequence[np.ndarray], ys: Sequence[np.ndarray]) -> None:
        """Train the networks of several models, of one shape of data, side by side."""
        for name in ("hidden", "layers", "epochs"):
            check_number(name, getattr(self, name), least=1, whole=True)
        check_number("batch_size", self.batch_size, least=2, whole=True)
        for name in ("lr", "clip"):
            check_number(name, getattr(self, name), open_end=True)
        for name in ("dropout", "margin"):
            check_number(name, getattr(self, name))
        if self.dropout >= 1:
            raise InvalidArgument(f"dropout={self.dropout!r}: expected a number in [0, 1)")
        require("torch", "torch")
        from archenc.predictors.tabular.cole_mlp_training import train

        widths = [Xs[0].shape[1], *[self.hidden] * self.layers, 1]
        trained = train(
            Xs,
            ys,
            widths,
            [as_integer(model.seed) for model in models],
            dropout=float(self.dropout),
            epochs=self.epochs,
            batch_size=self.batch_size,
            lr=float(self.lr),
            margin=float(self.margin),
            clip=float(self.clip),
            shuffle=bool(self.shuffle),
            slope=_SLOPE,
        )
        for model, flat, X, y in zip(models, trained, Xs, ys, strict=True):
            model.widths_ = widths
            model.parameters_ = flat
            model.factor_, model.offset_ = onto_labels(forward(flat, widths, X, _SLOPE), y)

    def _score(
        self, X: Float64[np.ndarray, "m d"], with_std: bool
    ) -> tuple[Float64[np.ndarray, " m"], Float64[np.ndarray, " m"] | None]:
        if with_std:
            raise InvalidArgument("return_std=True: one network has no deviation")
        return self.factor_ * forward(self.parameters_, self.widths_, X, _SLOPE) + self.offset_, None
