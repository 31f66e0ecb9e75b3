"""The generator that refuses to go on for ever."""

import numpy as np
import pytest

from archenc.testing.bounded import Bounded


def test_it_draws_as_any_other_until_it_has_had_enough():
    bounded, other = Bounded(3), np.random.default_rng(0)
    assert [bounded.integers(9) for _ in range(3)] == [other.integers(9) for _ in range(3)]
    with pytest.raises(AssertionError, match="drawn from again and again"):
        bounded.random()
