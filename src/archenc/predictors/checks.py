"""What every predictor asks of its inputs, and the words in which it refuses them."""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float64
from scipy.sparse import issparse

from archenc.errors import InvalidArgument


def check_targets(y: Any, n: int | None = None) -> Float64[np.ndarray, " n"]:
    """Return the labels as float64 [n], every one finite, at least two of them distinct.

    n: number of rows of X, where known. A missing label is not imputed: the caller leaves its row out.
    Raises InvalidArgument, which names the first offending row and its value.
    """
    try:
        _refuse_complex("y", y)
        labels = np.array(y, dtype=np.float64)  # a copy: nothing done to it reaches the caller's array
    except (TypeError, ValueError) as error:
        raise InvalidArgument(f"y: expected one number a row, not {type(y).__name__} ({error})") from error
    if labels.ndim != 1:
        raise InvalidArgument(f"y has shape {labels.shape}: expected one number a row, shape (n,)")
    if n is not None and len(labels) != n:
        raise InvalidArgument(f"y has {len(labels)} rows and X has {n}: expected one label a row of X")
    bad = np.flatnonzero(~np.isfinite(labels))
    if bad.size:
        raise InvalidArgument(
            f"y[{bad[0]}]={labels[bad[0]]}: {bad.size} of {len(labels)} labels are missing or infinite; "
            "expected finite numbers (leave such rows out)"
        )
    if len(labels) < 2 or np.all(labels == labels[0]):
        have = f"all {len(labels)} labels are {labels[0]}" if len(labels) else "there are no labels"
        raise InvalidArgument(f"y: {have}; expected two distinct labels at least: else there is no order")
    return labels


def check_features(X: Any, n_features: int | None = None) -> Float64[np.ndarray, "n d"]:
    """Return the features as float64 [n, d], every one finite.

    n_features: what the fitted predictor saw (`n_features_in_`), or None while fitting.
    Raises InvalidArgument, which names the first offending row and column.
    """
    if issparse(X):
        raise InvalidArgument("X is sparse: expected a dense array [n, d], such as X.toarray()")
    try:
        _refuse_complex("X", X)
        features = np.asarray(X, dtype=np.float64)
    except (TypeError, ValueError) as error:
        raise InvalidArgument(
            f"X: expected an array of numbers [n, d], not {type(X).__name__} ({error}); "
            "an encoder turns architectures into one"
        ) from error
    if features.ndim != 2:
        raise InvalidArgument(f"X has shape {features.shape}: expected two dimensions, (n, d)")
    if features.shape[1] == 0:
        raise InvalidArgument(f"X has shape {features.shape}: expected at least one feature")
    if n_features is not None and features.shape[1] != n_features:
        raise InvalidArgument(f"X has {features.shape[1]} features: expected {n_features}, as in fit")
    bad = np.argwhere(~np.isfinite(features))
    if len(bad):
        row, column = bad[0]
        raise InvalidArgument(
            f"X[{row}, {column}]={features[row, column]}: {len(bad)} features are missing or infinite; "
            "expected finite numbers (the encoder decides what a missing score means)"
        )
    return features


def _refuse_complex(argument: str, value: Any) -> None:
    if np.iscomplexobj(value):  # numpy would drop the imaginary part with no more than a warning
        raise TypeError(f"{argument} is complex")


def check_option(argument: str, value: Any, options: tuple[Any, ...]) -> None:
    """Raise InvalidArgument unless `value` is one of `options`."""
    if value not in options:
        raise InvalidArgument(f"{argument}={value!r}: expected one of {', '.join(map(repr, options))}")


def check_number(
    argument: str, value: Any, *, least: float = 0, open_end: bool = False, whole: bool = False
) -> None:
    """Raise InvalidArgument unless `value` is finite, >= `least` (> with `open_end`), and whole if asked."""
    kinds = (int, np.integer) if whole else (int, float, np.integer, np.floating)
    legal = isinstance(value, kinds) and not isinstance(value, bool) and np.isfinite(value)
    if not legal or value < least or (open_end and value == least):
        sort = "an integer" if whole else "a number"
        raise InvalidArgument(f"{argument}={value!r}: expected {sort} {'>' if open_end else '>='} {least}")
