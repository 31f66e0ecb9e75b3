"""Damaged input, and what a reader must do with it."""

import itertools

import numpy as np
import pytest

from archenc.errors import DataError, InvalidArchitecture
from archenc.testing.fuzz import damaged, fuzz

LEGAL = ["(1, 2)", (1, 2), {"a": [1, "b"]}, b"bytes", np.arange(3), 7, 2.5]


def test_damage_is_repeatable_and_leaves_the_legal_input_alone():
    before = repr(LEGAL)
    first = [
        repr(item)[:80]
        for item in damaged(["(1, 2)", (1, 2), {"a": [1, "b"]}], 300, seed=4)
        if _shallow(item)
    ]
    again = [
        repr(item)[:80]
        for item in damaged(["(1, 2)", (1, 2), {"a": [1, "b"]}], 300, seed=4)
        if _shallow(item)
    ]
    assert [text for text in first if " at 0x" not in text] == [
        text for text in again if " at 0x" not in text
    ]
    assert repr(LEGAL) == before


def test_damage_reaches_every_kind_of_value():
    kinds = {type(item) for item in damaged(LEGAL, 3000, seed=0)}
    assert {str, bytes, int, float, list, tuple, dict, set, type(None), np.ndarray} <= kinds


def test_most_texts_are_close_to_a_legal_one():
    texts = [item for item in damaged(["64-41414-1_02_333"], 1000, seed=0) if isinstance(item, str)]
    assert len(texts) > 800
    assert sum(abs(len(text) - 17) <= 4 for text in texts) > len(texts) // 3
    assert len(set(texts)) > 600


def test_refusals_and_readings_are_counted():
    turns = itertools.cycle([True, False])

    def read(_: object) -> None:
        if next(turns):
            raise InvalidArchitecture("no; legal: yes")

    assert fuzz(read, LEGAL, 100) == (50, 50)


@pytest.mark.parametrize("error", [TypeError("x"), RecursionError("x"), DataError("x"), SystemExit(1)])
def test_another_error_fails_and_shows_the_input(error):
    def read(_: object) -> None:
        raise error

    with pytest.raises(AssertionError, match=rf"input 0, .*{type(error).__name__}"):
        fuzz(read, ["legal"], 10, errors=InvalidArchitecture)


def test_a_message_must_not_repeat_a_large_input():
    def read(_: object) -> None:
        raise InvalidArchitecture("no" * 1000)

    with pytest.raises(AssertionError, match="a message of 2000 characters"):
        fuzz(read, LEGAL, 10)


def _shallow(item: object) -> bool:
    try:
        return bool(repr(item))
    except RecursionError:
        return False
