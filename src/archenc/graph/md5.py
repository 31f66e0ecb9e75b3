"""MD5 of many messages of one length at once: each step is done for all of them (RFC 1321).

hashlib is faster for one message, this for thousands: the hash of NAS-Bench-101 takes 49 digests for each
cell of seven nodes, 20 million for the whole space.
"""

from __future__ import annotations

import math

import numpy as np
from jaxtyping import UInt8, UInt32

_BLOCK = 64
_SHIFTS = ((7, 12, 17, 22), (5, 9, 14, 20), (4, 11, 16, 23), (6, 10, 15, 21))
_WORD = ((1, 0), (5, 1), (3, 5), (7, 0))  # round r, step i reads word (a * i + b) mod 16
_SINES = tuple(np.uint32(int(abs(math.sin(i + 1)) * 2**32)) for i in range(64))
_START = (0x67452301, 0xEFCDAB89, 0x98BADCFE, 0x10325476)
_TOGETHER = 16_384  # messages at a time: what is worked on stays in the cache

_HEX = np.frombuffer(b"".join(b"%02x" % byte for byte in range(256)), dtype=np.uint16)
"""The two hexadecimal digits of each byte, as one number."""


def padded_length(length: int) -> int:
    """Return the bytes that a message of `length` bytes takes once it is padded: whole blocks of 64."""
    return -(-(length + 9) // _BLOCK) * _BLOCK


def pad(buffer: UInt8[np.ndarray, "m w"], length: int) -> None:
    """Write the padding behind messages of `length` bytes; the buffer is zero there and whole blocks wide."""
    buffer[:, length] = 0x80
    buffer[:, -8:] = np.frombuffer((8 * length).to_bytes(8, "little"), dtype=np.uint8)


def digests(padded: UInt8[np.ndarray, "m w"]) -> UInt8[np.ndarray, "m 16"]:
    """Return the MD5 digests of m padded messages, w a multiple of 64."""
    out = np.empty((len(padded), 16), dtype=np.uint8)
    for start in range(0, len(padded), _TOGETHER):
        part = padded[start : start + _TOGETHER]
        words = np.ascontiguousarray(np.ascontiguousarray(part).view("<u4").T)
        out[start : start + len(part)] = np.ascontiguousarray(_state(words).T).astype("<u4").view(np.uint8)
    return out


def hexadecimal(digest: UInt8[np.ndarray, "m 16"]) -> UInt8[np.ndarray, "m 32"]:
    """Return digests as lower-case hexadecimal digits, in ASCII."""
    return np.take(_HEX, digest).view(np.uint8)


def _state(words: UInt32[np.ndarray, "w m"]) -> UInt32[np.ndarray, "4 m"]:
    m = words.shape[1]
    state = np.empty((4, m), dtype=np.uint32)
    state[:] = np.array(_START, dtype=np.uint32)[:, None]
    mixed, other = np.empty(m, dtype=np.uint32), np.empty(m, dtype=np.uint32)
    for first in range(0, len(words), 16):
        block = words[first : first + 16]
        a, b, c, d = state.copy()
        for step in range(64):
            which, place = divmod(step, 16)
            if which == 0:  # (b & c) | (~b & d)
                np.bitwise_xor(c, d, out=mixed)
                mixed &= b
                mixed ^= d
            elif which == 1:  # (d & b) | (~d & c)
                np.bitwise_xor(b, c, out=mixed)
                mixed &= d
                mixed ^= c
            elif which == 2:
                np.bitwise_xor(b, c, out=mixed)
                mixed ^= d
            else:  # c ^ (b | ~d)
                np.invert(d, out=mixed)
                mixed |= b
                mixed ^= c
            times, plus = _WORD[which]
            a += mixed
            a += block[(times * place + plus) % 16]
            a += _SINES[step]
            left = _SHIFTS[which][step % 4]
            np.left_shift(a, np.uint32(left), out=other)
            a >>= np.uint32(32 - left)
            a |= other
            a += b
            a, b, c, d = d, a, b, c
        for register, value in zip(state, (a, b, c, d), strict=True):
            register += value
    return state
