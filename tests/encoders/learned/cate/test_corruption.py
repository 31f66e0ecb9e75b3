from __future__ import annotations

import numpy as np

from archenc.encoders.learned.cate.corruption import corrupt

RNG = np.random.default_rng(0)
TOKENS = RNG.integers(2, 7, size=(125_000, 8), dtype=np.uint8)
ALL = np.ones(TOKENS.shape, dtype=bool)


def test_rates_over_a_million_tokens():
    seen, scored = corrupt(
        TOKENS, ALL, np.random.default_rng(1), mask=1, drawn=range(2, 7), at_least_one=False
    )
    assert abs(scored.mean() - 0.2) < 0.002
    assert abs((seen[scored] == 1).mean() - 0.8) < 0.003
    np.testing.assert_array_equal(seen[~scored], TOKENS[~scored])
    drawn = seen[scored & (seen != 1)]
    np.testing.assert_allclose(np.bincount(drawn, minlength=7)[2:] / len(drawn), 0.2, atol=0.01)


def test_only_candidates_are_touched():
    candidates = TOKENS != 2
    seen, scored = corrupt(TOKENS, candidates, np.random.default_rng(1), mask=1, drawn=range(2, 7))
    assert not (scored & ~candidates).any()
    np.testing.assert_array_equal(seen[TOKENS == 2], 2)


def test_every_row_gets_a_target_where_it_can():
    candidates = np.zeros((5000, 8), dtype=bool)
    candidates[1:, 3] = True
    tokens = TOKENS[:5000]
    _, scored = corrupt(tokens, candidates, np.random.default_rng(2), mask=1, drawn=range(2, 7))
    assert scored[1:, 3].all()
    assert not scored[0].any()
    _, chance = corrupt(
        tokens, candidates, np.random.default_rng(2), mask=1, drawn=range(2, 7), at_least_one=False
    )
    assert abs(chance.any(axis=1).mean() - 0.2) < 0.02


def test_the_same_seed_hides_the_same_tokens():
    one, two = (
        corrupt(TOKENS[:100], ALL[:100], np.random.default_rng(5), mask=1, drawn=range(2, 7)) for _ in "ab"
    )
    np.testing.assert_array_equal(one.tokens, two.tokens)
    np.testing.assert_array_equal(one.scored, two.scored)
