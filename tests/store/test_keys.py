from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from archenc.errors import DataError, InvalidArgument
from archenc.store import content_key, file_sha256

plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


def test_keys_are_the_same_on_every_machine():
    # fixed once: a change would orphan every stored shard
    assert content_key("a", 1, {"b": [2.5, None]}) == (
        "5333fdf7e83f4b52dbe20709064c8f591485ffb3754d0c51308469c8a5ebc546"
    )
    assert content_key(np.arange(3, dtype="<i4")) == content_key(np.arange(3, dtype=">i4").astype("<i4"))


@given(plain, plain)
def test_different_values_have_different_keys(a: object, b: object):
    assert (content_key(a) == content_key(b)) == (repr(a) == repr(b) or _sorted(a) == _sorted(b))


def _sorted(value: object) -> str:
    if isinstance(value, dict):
        return "{" + ",".join(f"{k!r}:{_sorted(v)}" for k, v in sorted(value.items())) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(_sorted, value)) + "]"
    return repr(value)


def test_what_counts_and_what_does_not():
    assert content_key({"a": 1, "b": 2}) == content_key({"b": 2, "a": 1})
    assert content_key([1, 2]) == content_key((1, 2))
    assert content_key("ab", "c") != content_key("a", "bc")
    assert content_key([1], [2]) != content_key([1, 2])
    assert len({content_key(v) for v in (1, 1.0, True, "1", b"1", None)}) == 6
    x = np.arange(6.0)
    assert len({content_key(v) for v in (x, x.reshape(2, 3), x.astype("f4"), x + 1, x.tolist())}) == 5
    assert content_key(x[::2]) == content_key(x[::2].copy())


def test_no_key_for_what_has_no_content():
    for value in (object(), {1: 2}, np.array([None], dtype=object)):
        with pytest.raises(InvalidArgument, match="has no key"):
            content_key(value)


def test_file_sha256(tmp_path: Path):
    (tmp_path / "x").write_bytes(b"abc")
    assert file_sha256(tmp_path / "x") == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    with pytest.raises(DataError, match="cannot be read"):
        file_sha256(tmp_path / "absent")
