"""What a whole number is, and what a refused one is told."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from archenc.errors import InvalidArgument
from archenc.typing import real_number, truth, whole_number


@pytest.mark.parametrize("value", [3, np.int8(3), np.uint64(3), np.array(3)])
def test_integers_of_any_type_become_ints(value: Any):
    assert type(whole_number("n", value)) is int
    assert whole_number("n", value, 3, 3) == 3


@pytest.mark.parametrize(
    "value", [None, True, np.bool_(True), 1.0, "3", [3], np.array([3]), float("nan"), 2, 5]
)
def test_all_else_is_refused_with_name_value_and_bounds(value: Any):
    with pytest.raises(InvalidArgument, match=r"^n=.*: expected an integer 3\.\.4, as few as there are$"):
        whole_number("n", value, 3, 4, "as few as there are")


def test_no_upper_bound_is_none():
    assert whole_number("n", 10**30) == 10**30
    with pytest.raises(InvalidArgument, match=r"^n=-1: expected an integer >= 0$"):
        whole_number("n", -1)


def test_a_long_value_is_cut():
    with pytest.raises(InvalidArgument) as caught:
        whole_number("n", "3" * 10**6)
    assert len(str(caught.value)) < 300


def test_numbers_and_truth_values_of_any_type_are_taken_and_nothing_else():
    for value in (1, 0.5, np.float32(0.5), np.int8(1)):
        assert type(real_number("x", value, 0, 1)) is float
    for value in (None, True, np.bool_(True), "0.5", float("nan"), float("inf"), -0.1, 1.1, [0.5]):
        with pytest.raises(InvalidArgument, match=r"^x=.*: expected a finite number 0\.\.1$"):
            real_number("x", value, 0, 1)
    with pytest.raises(InvalidArgument, match=r"^x=inf: expected a finite number$"):
        real_number("x", float("inf"))
    with pytest.raises(InvalidArgument, match=r"^x=-1: expected a finite number >= 0$"):
        real_number("x", -1, 0)
    assert truth("x", np.bool_(True)) is True
    for value in ("false", 0, 1, None):
        with pytest.raises(InvalidArgument, match=r"^x=.*: expected true or false$"):
            truth("x", value)
