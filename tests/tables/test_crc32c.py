from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archenc.tables.crc32c import crc32c, crc32c_each

# the check values of RFC 3720, appendix B.4, and of the catalogue of CRC algorithms
KNOWN = {
    b"": 0,
    b"123456789": 0xE3069283,
    bytes(32): 0x8A9136AA,
    b"\xff" * 32: 0x62A8AB43,
    bytes(range(32)): 0x46DD794E,
    bytes(range(31, -1, -1)): 0x113FDB5C,
}


@pytest.mark.parametrize("content", KNOWN)
def test_published_values(content: bytes):
    assert crc32c(content) == KNOWN[content]


def test_many_at_once_of_any_length_and_in_any_order():
    assert crc32c_each(list(KNOWN)).tolist() == list(KNOWN.values())
    assert crc32c_each([]).tolist() == []
    assert crc32c_each([b"", b""]).tolist() == [0, 0]


@given(st.lists(st.binary(max_size=40), max_size=20))
def test_all_at_once_is_one_by_one(contents: list[bytes]):
    assert crc32c_each(contents).tolist() == [crc32c(content) for content in contents]
