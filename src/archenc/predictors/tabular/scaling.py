"""Features on one scale, fitted on the training rows."""

from __future__ import annotations

import numpy as np
from jaxtyping import Float64


def fit_scaler(
    X: Float64[np.ndarray, "n d"],
) -> tuple[Float64[np.ndarray, " d"], Float64[np.ndarray, " d"]]:
    """Return the mean and the scale of every feature: (X - mean) / scale has mean 0 and deviation 1.

    A feature that is constant in training says nothing there, so what it does elsewhere must not count: its
    scale is infinite, which makes it 0 everywhere.
    """
    mean, std = X.mean(axis=0), X.std(axis=0)
    # rounding leaves a constant column a deviation of the order of its last digit
    constant = std <= 8 * np.finfo(np.float64).eps * np.abs(X).max(axis=0)
    return mean, np.where(constant, np.inf, std)
