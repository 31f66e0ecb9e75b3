"""How much forests count beside a process: as much as they are worth on labels held out."""

from __future__ import annotations

import numpy as np
import pytest

from archenc.pipelines.stages import SHARE, SHARE_LABELS, bent_labels, forests_share
from archenc.predictors import ExtraTrees, GaussianProcess


def share(X: np.ndarray, target: np.ndarray, added: np.ndarray | None = None) -> float:
    added = np.zeros(len(X)) if added is None else added
    process = GaussianProcess(linear=True, n_restarts=0).fit(X, target - added)
    forest = ExtraTrees(n_estimators=30).fit(X, target)
    return forests_share(process, added, [(forest, X)], target, 0)


def test_forests_count_little_for_a_linear_function_and_much_for_steps() -> None:
    rng = np.random.default_rng(0)
    X = rng.uniform(-1, 1, size=(150, 6))
    assert share(X, X @ np.arange(1.0, 7)) < 0.05
    assert share(X, 2.0 * (X[:, 0] > 0.1) + (X[:, 1] > -0.3) + (X[:, 2] > 0.5)) > 0.6


def test_what_is_added_to_the_process_counts_as_its_own() -> None:
    rng = np.random.default_rng(1)
    X, added = rng.uniform(-1, 1, size=(90, 3)), rng.normal(size=90)
    assert share(X, added + 0.1 * X[:, 0], added) < 0.1  # which the forest cannot know


@pytest.mark.parametrize("n", [2, 4, 8])
def test_a_handful_of_labels_leaves_it_near_what_is_believed(n: int) -> None:
    rng = np.random.default_rng(2)
    X = rng.normal(size=(n, 3))
    trust = n / (n + SHARE_LABELS)
    assert (1 - trust) * SHARE <= share(X, X[:, 0]) <= trust + (1 - trust) * SHARE


def test_labels_are_bent_to_where_they_add_up() -> None:
    rng = np.random.default_rng(3)
    X = rng.normal(size=(60, 3))
    latent = X @ [1.0, 0.5, 0.2]
    found = bent_labels(X, np.exp(latent), [2, 1], [0.1, 1.0], 0)
    assert np.corrcoef(found, latent)[0, 1] > 0.95 > np.corrcoef(np.exp(latent), latent)[0, 1] + 0.1
