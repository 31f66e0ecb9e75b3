"""The loss from scores computed once equals the loss from pairwise forwards."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from archenc.predictors.losses import all_pairs, draw_pairs, pairwise_hinge


def _naive(scores: torch.Tensor, y: np.ndarray, margin: float = 0.1) -> torch.Tensor:
    terms = [
        torch.relu(margin - float(np.sign(y[i] - y[j])) * (scores[i] - scores[j]))
        for i in range(len(y))
        for j in range(i + 1, len(y))
        if y[i] != y[j]
    ]
    return torch.stack(terms).mean() if terms else scores.sum() * 0


@given(st.lists(st.integers(0, 4), min_size=2, max_size=8), st.integers(0, 99))
def test_equals_the_loop_over_pairs(labels: list[int], seed: int) -> None:
    y = np.array(labels, dtype=float)
    scores = torch.randn(len(y), generator=torch.Generator().manual_seed(seed)).requires_grad_()
    pairs, sign = draw_pairs(y, 4, np.random.default_rng(seed))
    fast = pairwise_hinge(scores, torch.as_tensor(pairs), torch.as_tensor(sign, dtype=torch.float32))
    slow = _naive(scores, y)
    torch.testing.assert_close(fast, slow)
    torch.testing.assert_close(
        torch.autograd.grad(fast, scores)[0], torch.autograd.grad(slow, scores)[0], atol=1e-6, rtol=1e-5
    )


def test_no_loss_where_every_margin_is_met() -> None:
    y = np.array([0.1, 0.2, 0.3])
    pairs, sign = draw_pairs(y, 4, np.random.default_rng(0))
    scores = torch.tensor([0.0, 0.11, 0.22])
    assert pairwise_hinge(scores, torch.as_tensor(pairs), torch.as_tensor(sign).float()).item() == 0


@pytest.mark.parametrize(("n", "expected"), [(8, 28), (9, 36), (16, 64), (50, 200)])
def test_number_of_pairs(n: int, expected: int) -> None:
    pairs, sign = draw_pairs(np.arange(n, dtype=float), 4, np.random.default_rng(0))
    assert pairs.shape == (2, expected)
    assert len({tuple(pair) for pair in pairs.T}) == expected
    assert (sign != 0).all()


def test_unusable_pairs_are_drawn_last() -> None:
    y = np.zeros(16)
    y[:3] = [1, 2, 3]  # 3 + 3 * 13 = 42 usable pairs, fewer than the 64 places
    _, sign = draw_pairs(y, 4, np.random.default_rng(0))
    assert (sign != 0).sum() == 42


def test_pairs_are_drawn_uniformly() -> None:
    counts = np.zeros((16, 16))
    for seed in range(400):
        pairs, _ = draw_pairs(np.arange(16.0), 4, np.random.default_rng(seed))
        counts[pairs[0], pairs[1]] += 1
    share = counts[tuple(all_pairs(16))] / 400
    assert abs(share.mean() - 64 / 120) < 1e-9
    assert share.min() > 0.4
    assert share.max() < 0.67
