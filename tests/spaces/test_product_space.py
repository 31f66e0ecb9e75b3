"""Codes of spaces that are lists of choices."""

import itertools

import numpy as np
import pytest

from archenc.errors import InvalidArchitecture, InvalidArgument
from archenc.graph import Architecture
from archenc.spaces import space
from archenc.spaces.product_space import drawn
from archenc.testing.unchecked import unchecked

NAMES = ["nasbenchmacro", "natsbenchsize", "accelnasbench"]


@pytest.mark.parametrize("name", NAMES)
def test_a_code_is_what_makes_an_architecture(name):
    member = space(name)
    for arch in member.sample(30, 1):
        code = member.code(arch)
        assert member.from_code(code) == member.from_code(list(code)) == arch
        assert all(0 <= digit < base for digit, base in zip(code, member.radix, strict=True))


@pytest.mark.parametrize("name", NAMES)
@unchecked()
def test_a_code_out_of_range_is_refused(name):
    member = space(name)
    zeros = (0,) * len(member.radix)
    for code in (zeros[1:], (*zeros, 0), (-1, *zeros[1:]), (member.radix[0], *zeros[1:]), (0.0, *zeros[1:])):
        with pytest.raises(InvalidArchitecture, match="digits below"):
            member.from_code(code)


def test_a_stage_of_another_length_is_no_architecture():
    member = space("nasbenchmacro")
    first, *rest = member.parse("00000000").cells
    for cells in ((rest[0], *rest), (*rest, first), (first, first, rest[0])):
        with pytest.raises(InvalidArchitecture, match="nasbenchmacro"):
            member.format(Architecture(member.name, cells))


@pytest.mark.parametrize("radix", [(3, 2), (3, 2, 40_000)])
def test_draws_are_legal_different_and_reach_everything(radix):
    codes = drawn(radix, 6, np.random.default_rng(0), replace=False)
    assert len(set(codes)) == 6
    assert {code[:2] for code in drawn(radix, 200, np.random.default_rng(1), replace=True)} == set(
        itertools.product(range(3), range(2))
    )


def test_spellings_are_those_of_the_list():
    member = space("nbmacro")
    listed = [member.format(arch) for arch in itertools.islice(member.enumerate(), 100)]
    assert member.spellings()[:100] == listed
    assert len(member.spellings()) == member.size


def test_no_more_than_there_are_without_repeats():
    member = space("nbmacro")
    assert len({member.key(arch) for arch in member.sample(6561, 0)}) == 6561
    with pytest.raises(InvalidArgument, match="6561"):
        member.sample(6562, 0)
    assert len(member.sample(7000, 0, replace=True)) == 7000
