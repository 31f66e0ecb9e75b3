"""Texts whose lines or words stand in another order: the control that keeps what is said and loses how."""

from __future__ import annotations

import hashlib
import re
from typing import Literal

import numpy as np

Shuffle = Literal["lines", "words"]
SHUFFLES = ("lines", "words")
_WORD = re.compile(r"\w+|[^\w\s]")


def shuffled(text: str, what: Shuffle, seed: int) -> str:
    """Return a text with its lines, or its words and signs, in random order.

    The order follows from seed and text: equal texts stay equal, and texts that differ in a line lose what
    their common order told.
    """
    parts = text.splitlines() if what == "lines" else words(text)
    entropy = int.from_bytes(hashlib.sha256(text.encode()).digest()[:8])
    order = np.random.default_rng([seed, entropy]).permutation(len(parts))
    return ("\n" if what == "lines" else " ").join(parts[position] for position in order) + "\n"


def words(text: str) -> list[str]:
    """Return the words, numbers and signs of a text, in their order."""
    return _WORD.findall(text)
