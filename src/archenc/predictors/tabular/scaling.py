"""Features on one scale, fitted on the training rows."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float64

SCALINGS = ("columns", "common")


def fit_scaler(
    X: Float64[np.ndarray, "n d"], scaling: str = "columns", widths: Sequence[int] | None = None
) -> tuple[Float64[np.ndarray, " d"], Float64[np.ndarray, " d"]]:
    """Return the mean and the scale of every feature, for (X - mean) / scale.

    scaling: "columns" gives every feature deviation 1; "common" divides all by one number, the root of their
    mean variance, which keeps their proportions: principal components scaled one by one would be whitened,
    and the noise in the last ones count as much as the first. widths: of consecutive groups of features, each
    with a common scale of its own; None is one group.

    A feature that is constant in training says nothing there, so what it does elsewhere must not count: its
    scale is infinite, which makes it 0 everywhere.
    """
    mean, std = X.mean(axis=0), X.std(axis=0)
    # rounding leaves a constant column a deviation of the order of its last digit
    constant = std <= 8 * np.finfo(np.float64).eps * np.abs(X).max(axis=0)
    if scaling == "common":
        for group in np.split(np.arange(len(std)), np.cumsum(widths or [len(std)])[:-1]):
            varied = group[~constant[group]]
            if len(varied):
                std[varied] = np.sqrt(np.mean(std[varied] ** 2))
    return mean, np.where(constant, np.inf, std)
