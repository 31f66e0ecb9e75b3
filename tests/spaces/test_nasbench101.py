"""The search space of NAS-Bench-101."""

import json

import pytest

from archenc.spaces.nasbench101 import SPACE


def test_the_keys_of_the_numeric_rows(shared_data):
    columns = json.loads((shared_data / "nb101" / "data-1k.json").read_text())
    rows = zip(columns["operations"], columns["adjacency"], columns["key"], strict=True)
    archs = [(SPACE.parse({"operations": ops, "adjacency": matrix}), key) for ops, matrix, key in rows]
    assert len(archs) == 1000
    assert all(SPACE.key(arch) == arch.id() == key for arch, key in archs)


@pytest.mark.parametrize("style", SPACE.styles)
def test_parse_reads_what_format_writes(style):
    for arch in SPACE.sample(100, 0):
        assert SPACE.parse(SPACE.format(arch, style)) == arch
