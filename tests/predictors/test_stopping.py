"""How far the weights move: by the number of labels, then by what is held out."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from archenc.predictors.stopping import FEWEST, MANY, SHARES, agreement, between, chosen_share, held_out


def test_shares_follow_the_labels_and_then_the_evidence():
    even = np.full(len(SHARES), 0.7)
    few = [chosen_share(even, n) for n in (FEWEST, 8, 16, 64, 512)]
    assert few == sorted(few)
    assert few[0] < 0.4
    better = np.array([0.9, 0.8, 0.7, 0.6, 0.5])
    assert chosen_share(better, 200) < 0.05
    assert chosen_share(better[::-1], 200) > 0.95
    assert chosen_share(better, 8) < chosen_share(even, 8) < chosen_share(better[::-1], 8)


@pytest.mark.parametrize("n", [4, 5, 6, 7, 20])
def test_folds_hold_out_equally_many_and_nobody_twice(n: int):
    folds = held_out(n, seed=3)
    assert len({len(fold) for fold in folds}) == 1
    everyone = np.concatenate(folds)
    assert len(set(everyone.tolist())) == len(everyone) > n // 2
    assert len(folds[0]) >= 2
    np.testing.assert_array_equal(folds[0], held_out(n, seed=3)[0])


def test_with_many_labels_one_third_is_enough():
    (fold,) = held_out(MANY, seed=0)
    assert len(fold) == MANY // 3


def test_agreement_counts_pairs_with_a_part_held_out():
    labels = np.array([1.0, 2.0, 3.0, 3.0])
    out = np.array([2, 3])
    assert agreement(labels, labels, out) == 1.0
    assert agreement(-labels, labels, out) == 0.0
    assert agreement(np.zeros(4), labels, out) == 0.5
    assert agreement(np.array([2.0, 1.0, 3.0, 4.0]), labels, out) == 1.0  # 0 and 1 were trained on
    assert agreement(labels, np.ones(4), out) == 0.5


def test_between_meets_both_ends():
    start, end = {"a": torch.zeros(2)}, {"a": torch.ones(2)}
    assert between(start, end, 0.0) is start
    assert between(start, end, 1.0) is end
    assert torch.equal(between(start, end, 0.25)["a"], torch.full((2,), 0.25))
