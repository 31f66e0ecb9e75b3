"""The loss from scores computed once equals the loss from pairwise forwards; each loss reads as defined."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from archenc.predictors.losses import (
    LOSSES,
    MARGIN,
    Loss,
    all_pairs,
    comparator,
    draw_pairs,
    evaluate,
    list_likelihood,
    pairwise_hinge,
    prepare,
    squared_error,
    squared_hinge,
    three_way_hinge,
)

RNG = np.random.default_rng(0)


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


def _signed(y: list[float], ties: bool = False) -> tuple[torch.Tensor, torch.Tensor]:
    pairs, sign = draw_pairs(np.array(y), 4, np.random.default_rng(0), ties=ties)
    return torch.as_tensor(pairs), torch.as_tensor(sign, dtype=torch.float32)


def test_squared_hinge_and_comparator_read_as_defined() -> None:
    scores = torch.tensor([0.3, 0.1, 0.35])
    pairs, sign = _signed([3.0, 2.0, 1.0])
    gaps = torch.tensor([0.2, -0.05, -0.25])  # better minus worse, in the order of all_pairs
    torch.testing.assert_close(
        squared_hinge(scores, pairs, sign), torch.relu(0.1 - gaps).square().mean(), atol=1e-6, rtol=0
    )
    torch.testing.assert_close(
        comparator(scores, pairs, sign), -torch.log(torch.sigmoid(gaps)).mean(), atol=1e-6, rtol=0
    )


def test_ties_want_scores_half_a_margin_apart_at_most() -> None:
    pairs, sign = _signed([1.0, 1.0, 2.0, np.nan], ties=True)
    assert sign.isnan().sum() == 3
    assert three_way_hinge(torch.tensor([0.0, 0.05, 0.2, 9.0]), pairs, sign).item() == 0
    torch.testing.assert_close(
        three_way_hinge(torch.tensor([0.0, 0.2, 0.4, 9.0]), pairs, sign), torch.tensor(0.15 / 3)
    )


def test_squared_error_is_of_the_sigmoid() -> None:
    torch.testing.assert_close(
        squared_error(torch.tensor([0.0, 0.0, 5.0]), torch.tensor([0.5, 1.0, torch.nan])), torch.tensor(0.125)
    )


def test_list_likelihood_is_that_of_drawing_the_true_order() -> None:
    scores = torch.tensor([0.2, -1.0, 0.7])
    order, known = (
        torch.as_tensor(a) for a in prepare("listmle", np.array([2.0, 1.0, 3.0]), 4, RNG, "random")
    )
    e = scores.exp()
    likelihood = e[2] / e.sum() * e[0] / (e[0] + e[1])
    torch.testing.assert_close(list_likelihood(scores, order, known), -likelihood.log() / 3)


@pytest.mark.parametrize("loss", LOSSES)
def test_a_missing_label_takes_part_in_nothing(loss: Loss) -> None:
    y = np.array([0.1, np.nan, 0.4, 0.2, np.nan, 0.4])
    known = np.isfinite(y)
    scores = torch.randn(6, generator=torch.Generator().manual_seed(0)).requires_grad_()
    values = []
    for labels, these in ((y, scores), (y[known], scores[torch.as_tensor(known)])):
        compared = [torch.as_tensor(a) for a in prepare(loss, labels, 4, np.random.default_rng(0), "random")]
        values.append(evaluate(loss, these, *compared, margin=MARGIN))
    torch.testing.assert_close(*values)
    gradient = torch.autograd.grad(values[0], scores)[0]
    assert (gradient[torch.as_tensor(~known)] == 0).all()
    assert (gradient[torch.as_tensor(known)] != 0).any()


@pytest.mark.parametrize("n", [40, 120])
def test_the_largest_gaps_can_be_chosen(n: int) -> None:
    y = np.random.default_rng(1).permutation(n).astype(float)
    y[:5] = np.nan
    pairs, sign = draw_pairs(y, 2, np.random.default_rng(0), choice="largest")
    gaps = np.abs(y[all_pairs(n)[0]] - y[all_pairs(n)[1]])
    least = np.sort(gaps[np.isfinite(gaps)])[-2 * n]
    assert (np.abs(y[pairs[0]] - y[pairs[1]]) >= least).all()
    assert (sign != 0).all()
    assert len({tuple(pair) for pair in pairs.T}) == 2 * n


def test_a_large_batch_draws_uniformly_too() -> None:
    seen = np.zeros((100, 100))
    for seed in range(200):
        pairs, sign = draw_pairs(np.arange(100.0), 4, np.random.default_rng(seed))
        assert pairs.shape == (2, 400)
        assert (sign == -1).all()
        seen[pairs[0], pairs[1]] += 1
    assert abs(seen[tuple(all_pairs(100))].mean() / 200 - 400 / 4950) < 1e-9
    assert seen.max() / 200 < 0.2
