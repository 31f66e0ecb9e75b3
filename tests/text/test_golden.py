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
        ("nasbench201", {}, "a93d62c9df159798"),
        ("nasbench201", {"form": "inline", "canonical": True}, "a15f5903495fd015"),
        ("nasbench201", {"form": "onnx"}, "e0bcc1eef0135ed4"),
        ("transnasbench101", {}, "2f5e0bc5f70868fe"),
        ("nasbench101", {}, "64bc86b6cd2ae38a"),
        ("nasbench101", {"nb101_detail": "faithful", "context": "network"}, "f01b0cb2becfbb96"),
        ("nasbench301", {"context": "comment"}, "f6d3934e40b01f6e"),
        ("transnasbench101_macro", {"form": "helper"}, "fdc15d7b4ce2a6d7"),
    ],
)
def test_texts_stay(name: str, choices: dict[str, Any], digest: str):
    found = space(name)
    whole = found.size is not None and found.size < 16_000
    archs = list(found.enumerate()) if whole else found.sample(50, 0)
    written = "\0".join(text.texts(archs, **choices))
    assert hashlib.sha256(written.encode()).hexdigest()[:16] == digest
