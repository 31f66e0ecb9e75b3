"""The texts are the same on every machine and in every version, or caches of their embeddings are lost.

Whoever changes a text on purpose changes its digest here, and says so.
"""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from archenc import text
from archenc.spaces import space


@pytest.mark.parametrize(
    ("name", "choices", "digest"),
    [
        ("nasbench201", {}, "1b7c2b9f38d0332a"),
        ("nasbench201", {"form": "inline", "canonical": True}, "0b2b30c0ede368c9"),
        ("nasbench201", {"form": "onnx"}, "fdea00e5c294df97"),
        ("transnasbench101", {}, "b2796019ee6cada8"),
        ("nasbench101", {}, "64bc86b6cd2ae38a"),
        ("nasbench101", {"nb101_detail": "faithful", "context": "network"}, "f01b0cb2becfbb96"),
        ("nasbench301", {"context": "comment"}, "f6d3934e40b01f6e"),
        ("transnasbench101_macro", {"form": "helper"}, "a4db2f37d80d2a6c"),
    ],
)
def test_texts_stay(name: str, choices: dict[str, Any], digest: str):
    written = "\0".join(text.texts(space(name).sample(50, 0), **choices))
    assert hashlib.sha256(written.encode()).hexdigest()[:16] == digest
