"""The plain multi-layer perceptron: the baseline that reads an encoding and nothing else."""

from __future__ import annotations

from itertools import pairwise
from typing import final

import numpy as np
from jaxtyping import Float64

from archenc.errors import InvalidArgument, require
from archenc.predictors.checks import check_number, check_option
from archenc.predictors.tabular.base import TabularPredictor
from archenc.predictors.tabular.scaling import fit_scaler
from archenc.predictors.tabular.targets import onto_labels
from archenc.typing import Seed, as_generator

LOSSES = ("hinge", "mse")


@final
class MLP(TabularPredictor):
    """d -> 128 -> 128 -> 128 -> 1 with batch normalisation and ReLU; needs the extra `torch` to fit.

    The baseline "encoding alone" of Akhauri & Abdelfattah, ICML 2024 (arXiv 2403.02484), on standardised
    features. loss: "hinge" on pairs, which learns from order alone and whose scores are brought to the mean
    and deviation of the training labels, or "mse", whose scores carry the unit of the target. epochs,
    batch_size, lr, weight_decay: AdamW with a cosine to 1e-6. members: networks, trained at
    once, whose mean is the score and whose deviation is the standard deviation; with 1 there is none. target:
    "raw" or "rank" (normal scores of ranks). seed: an integer, or a generator that `fit` draws from.
    """

    def __init__(
        self,
        *,
        loss: str = "hinge",
        hidden: int = 128,
        layers: int = 3,
        epochs: int = 150,
        batch_size: int = 8,
        lr: float = 1e-3,
        weight_decay: float = 1e-5,
        members: int = 1,
        target: str = "raw",
        seed: Seed = 0,
    ) -> None:
        self.loss = loss
        self.hidden = hidden
        self.layers = layers
        self.epochs = epochs
        self.batch_size = batch_size
        self.lr = lr
        self.weight_decay = weight_decay
        self.members = members
        self.target = target
        self.seed = seed

    def _learn(self, X: Float64[np.ndarray, "n d"], y: Float64[np.ndarray, " n"]) -> None:
        check_option("loss", self.loss, LOSSES)
        for name in ("hidden", "layers", "epochs", "members"):
            check_number(name, getattr(self, name), least=1, whole=True)
        check_number("batch_size", self.batch_size, least=2, whole=True)
        check_number("lr", self.lr, open_end=True)
        check_number("weight_decay", self.weight_decay)
        require("torch", "torch")
        from archenc.predictors.tabular.mlp_training import train

        self.mean_, self.scale_ = fit_scaler(X)
        Z = (X - self.mean_) / self.scale_
        label_mean, label_std = float(y.mean()), float(y.std())
        self.widths_ = [Z.shape[1], *[self.hidden] * self.layers, 1]
        self.parameters_ = train(
            Z,
            (y - label_mean) / label_std,
            loss=self.loss,
            widths=self.widths_,
            epochs=self.epochs,
            batch_size=self.batch_size,
            lr=self.lr,
            weight_decay=self.weight_decay,
            seeds=[int(seed) for seed in as_generator(self.seed).integers(2**31, size=self.members)],
        )
        scales = [(label_std, label_mean)] * self.members
        if self.loss == "hinge":
            scales = [onto_labels(scores, y) for scores in self._members(Z)]
        self.factors_, self.offsets_ = (np.array(part) for part in zip(*scales, strict=True))

    def _members(self, Z: Float64[np.ndarray, "m d"]) -> Float64[np.ndarray, "s m"]:
        return np.stack([forward(flat, self.widths_, Z) for flat in self.parameters_])

    def _score(
        self, X: Float64[np.ndarray, "m d"], with_std: bool
    ) -> tuple[Float64[np.ndarray, " m"], Float64[np.ndarray, " m"] | None]:
        if with_std and len(self.parameters_) < 2:
            raise InvalidArgument("return_std=True: one network has no deviation; fit with members >= 2")
        members = self._members((X - self.mean_) / self.scale_)
        members = self.factors_[:, None] * members + self.offsets_[:, None]
        return members.mean(axis=0), members.std(axis=0, ddof=1) if with_std else None


def forward(
    flat: Float64[np.ndarray, " p"], widths: list[int], Z: Float64[np.ndarray, "m d"], slope: float = 0.0
) -> Float64[np.ndarray, " m"]:
    """Run one network without normalisation of its own: kernel then bias, layer by layer.

    slope: of the rectifier below zero.
    """
    at, last = 0, len(widths) - 2
    for layer, (d_in, d_out) in enumerate(pairwise(widths)):
        kernel = flat[at : at + d_in * d_out].reshape(d_in, d_out)
        bias = flat[at + kernel.size : at + kernel.size + d_out]
        at += kernel.size + d_out
        Z = Z @ kernel + bias
        if layer < last:
            Z = np.maximum(Z, slope * Z if slope else 0)
    return Z[:, 0]
