"""MD5 of many messages at once, against hashlib."""

import hashlib

import numpy as np
import pytest

from archenc.graph import md5


def padded(messages: np.ndarray) -> np.ndarray:
    m, length = messages.shape
    buffer = np.zeros((m, md5.padded_length(length)), dtype=np.uint8)
    buffer[:, :length] = messages
    md5.pad(buffer, length)
    return buffer


@pytest.mark.parametrize("length", [0, 1, 54, 55, 56, 63, 64, 66, 119, 120, 128, 252, 1000])
def test_digests_are_those_of_hashlib(length):
    messages = np.random.default_rng(length).integers(256, size=(5, length)).astype(np.uint8)
    found = md5.digests(padded(messages))
    assert [row.tobytes() for row in found] == [
        hashlib.md5(row.tobytes(), usedforsecurity=False).digest() for row in messages
    ]


def test_more_messages_than_are_worked_on_together():
    messages = np.arange(17_000, dtype="<u4").view(np.uint8).reshape(-1, 4)
    found = md5.digests(padded(messages))
    for row in (0, 1, 16_383, 16_384, 16_999):
        assert found[row].tobytes() == hashlib.md5(messages[row].tobytes(), usedforsecurity=False).digest()
    assert len(np.unique(found, axis=0)) == len(messages)


def test_no_message_at_all():
    assert md5.digests(np.zeros((0, 64), dtype=np.uint8)).shape == (0, 16)


def test_hexadecimal_digits_in_ascii():
    digest = np.array([[0, 1, 0x9F, 0xA0, 0xFF, *range(11)]], dtype=np.uint8)
    assert md5.hexadecimal(digest).tobytes().decode() == digest.tobytes().hex()
