"""Scores of a matrix between the examples of a batch: jacov, epe_nas, nwot."""

from __future__ import annotations

import numpy as np
import torch
from jaxtyping import Float, Float64, Int64
from torch import Tensor

from archenc.proxies.base import Undefined

_K = 1e-5
_MANY_CLASSES = 100
"""Above so many classes, epe_nas compares classes instead of adding them up."""


def jacobian_spectrum(jacobian: Float[Tensor, "b d"]) -> float:
    """Return jacov, just below -b where the rows are uncorrelated. Raises Undefined for a constant row."""
    values = np.linalg.eigvalsh(correlations(_rows(jacobian)))
    return float(-(np.log(values + _K) + 1 / (values + _K)).sum())


def class_correlations(jacobian: Float[Tensor, "b d"], labels: Int64[Tensor, " b"], n_classes: int) -> float:
    """Return epe_nas. n_classes: of the task; above 100 the formula is another one.

    Raises Undefined for a constant row or, above 100 classes, if not two classes occur twice in the batch.
    """
    rows, classes = _rows(jacobian), labels.cpu().numpy()
    many = n_classes > _MANY_CLASSES
    sums = []
    for label in np.unique(classes):
        own = rows[classes == label]
        if many and len(own) == 1:
            continue
        total = np.log(np.abs(correlations(own)) + _K).sum()
        sums.append(total / len(own) if many else total)
    if not many:
        return float(np.abs(sums).sum())
    if len(sums) < 2:
        raise Undefined(
            f"above {_MANY_CLASSES} classes it compares those that occur twice, and a batch of {len(rows)} "
            f"has {len(sums)} of them"
        )
    return float(np.abs(np.subtract.outer(sums, sums)).sum() / len(sums))


def log_determinant(kernel: Float64[Tensor, "b b"]) -> float:
    """Return nwot. Raises Undefined if the kernel is singular: two inputs have the same code."""
    sign, value = np.linalg.slogdet(kernel.cpu().numpy())
    codes = torch.unique(kernel, dim=0)
    if sign == 0 or len(codes) < len(kernel):
        raise Undefined("the kernel is singular: two inputs switch every ReLU alike")
    return float(value)


def correlations(rows: Float64[np.ndarray, "b d"]) -> Float64[np.ndarray, "b b"]:
    """Return Pearson's correlation of each two rows. Raises Undefined for a row without variance."""
    centred = rows - rows.mean(1, keepdims=True)
    norms = np.sqrt(np.square(centred).sum(1))
    if not np.all(np.isfinite(norms)):
        raise Undefined("the gradient in the inputs is not finite")
    if not np.all(norms > 0):
        raise Undefined("the gradient in one of the inputs is constant, so it has no correlation")
    unit = centred / norms[:, None]
    return np.clip(unit @ unit.T, -1, 1)


def _rows(jacobian: Float[Tensor, "b d"]) -> Float64[np.ndarray, "b d"]:
    if len(jacobian) < 2:
        raise Undefined("a batch of one input has no correlations")
    return jacobian.detach().double().cpu().numpy()
