"""Operations and their vocabulary."""

import pickle

import pytest

from archenc.errors import UnknownName
from archenc.graph import Kind, Op, op, vocabulary

# The order is a file format: tensors, tables and models store positions. Never edit, only append.
FROZEN = """
input output sum link padding none skip conv1x1 conv3x3 avg_pool3x3 max_pool3x3 max_pool5x5 max_pool7x7
sep_conv3x3 sep_conv5x5 sep_conv7x7 dil_conv3x3 dil_conv5x5 dil_sep_conv3x3 conv3x1_1x3 conv7x1_1x7
residual3x3 residual3x3_double residual3x3_halve residual3x3_double_halve
""".split()  # noqa: SIM905


def test_the_vocabulary_only_grows_at_its_end():
    assert [member.name for member in vocabulary()][: len(FROZEN)] == FROZEN


def test_index_is_the_position_in_the_vocabulary():
    assert [member.index for member in vocabulary()] == list(range(len(vocabulary())))
    assert all(op(member.name) is member for member in vocabulary())


def test_operations_are_described():
    assert op("dil_conv5x5").kernel == (5, 5)
    assert op("dil_conv5x5").dilation == 2
    assert op("sep_conv3x3").separable
    assert not op("conv3x3").separable
    assert op("avg_pool3x3").kind is Kind.AVG_POOL
    assert {member.name for member in vocabulary() if member.parametrised} == {
        member.name for member in vocabulary() if member.kind in (Kind.CONV, Kind.RESIDUAL)
    }


def test_no_two_operations_have_one_description():
    described = [
        (o.kind, o.kernel, o.stride, o.dilation, o.separable, o.repeats, o.widening) for o in vocabulary()
    ]
    assert len(set(described)) == len(described)


def test_an_unknown_name_is_answered_with_a_near_one():
    with pytest.raises(UnknownName, match=r"'conv3x'.*conv3x3"):
        op("conv3x")


def test_operations_are_frozen_hashable_and_picklable():
    conv = op("conv3x3")
    assert pickle.loads(pickle.dumps(conv)) == conv
    assert len({conv, Op("conv3x3", Kind.CONV, (3, 3), parametrised=True)}) == 1
    with pytest.raises(AttributeError):
        conv.name = "other"  # type: ignore[misc]
