"""CRC-32C (Castagnoli) of many byte strings at once: neither zlib nor hashlib has it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from jaxtyping import UInt32

_POLYNOMIAL = 0x82F63B78  # 0x1EDC6F41, bits reversed


def _table() -> UInt32[np.ndarray, " values"]:
    values = np.arange(256, dtype=np.uint32)
    for _ in range(8):
        values = (values >> 1) ^ np.where(values & 1, np.uint32(_POLYNOMIAL), np.uint32(0))
    return values


_TABLE = _table()
_LIST = _TABLE.tolist()


def crc32c(content: bytes) -> int:
    """Return the checksum of one short byte string."""
    crc = 0xFFFFFFFF
    for byte in content:
        crc = _LIST[(crc ^ byte) & 0xFF] ^ (crc >> 8)
    return crc ^ 0xFFFFFFFF


def crc32c_each(contents: Sequence[bytes]) -> UInt32[np.ndarray, " n"]:
    """Return the checksum of each of n byte strings: one step of numpy a byte of the longest, for all.

    Memory: n times the longest.
    """
    lengths = np.array([len(content) for content in contents], dtype=np.int64)
    order = np.argsort(-lengths, kind="stable")  # so that those that still have a byte come first
    longest = int(lengths.max(initial=0))
    padded = b"".join(contents[number].ljust(longest, b"\0") for number in order.tolist())
    columns = np.frombuffer(padded, dtype=np.uint8).reshape(len(contents), longest).T.copy()
    left = len(contents) - np.searchsorted(np.sort(lengths), np.arange(longest), side="right")
    crc = np.full(len(contents), 0xFFFFFFFF, dtype=np.uint32)
    for column, k in zip(columns, left.tolist(), strict=True):
        crc[:k] = _TABLE.take(crc[:k].astype(np.uint8) ^ column[:k]) ^ (crc[:k] >> 8)
    found = np.empty_like(crc)
    found[order] = ~crc
    return found
