"""The search space of NAS-Bench-301."""

import json

import numpy as np
import pytest
from hypothesis import given

from archenc.graph import Architecture
from archenc.spaces import space
from archenc.spaces.darts_spelling import STYLES
from archenc.spaces.nasbench301 import SPACE
from archenc.testing.strategies import nb301_architectures


def test_it_is_found_by_its_names():
    assert space("nasbench301") is space("nb301") is space("darts") is SPACE
    assert SPACE.size == (180 * 7**8) ** 2 == 1_037_664_180**2


@pytest.mark.parametrize("style", STYLES)
@given(arch=nb301_architectures())
def test_parse_reads_what_format_writes(style, arch):
    assert SPACE.parse(SPACE.format(arch, style)) == arch


@given(nb301_architectures())
def test_an_architecture_parses_to_itself(arch):
    assert SPACE.parse(arch) == arch
    assert SPACE.parse(Architecture.from_json(arch.to_json())) == arch


def test_every_spelling_of_every_public_row(shared_data):
    trained = json.loads((shared_data / "nb301" / "archs_nasbench301.json").read_text())
    scored = json.loads((shared_data / "nb301" / "zc_nasbench301.json").read_text())["cifar10"]
    texts = [*trained.values(), *scored]
    assert (len(trained), len(scored)) == (11_221, 725)
    archs = [SPACE.parse(text) for text in texts]
    assert len(set(archs)) == len(texts)
    assert [SPACE.format(arch) for arch in archs[:11_221]] == texts[:11_221]
    np.testing.assert_array_equal(SPACE.from_numbers(SPACE.numbers(archs)), archs)
