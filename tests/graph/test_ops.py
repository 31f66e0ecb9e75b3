"""Operations and their vocabulary."""

import pickle
from dataclasses import fields, replace

import pytest

from archenc.errors import UnknownName
from archenc.graph import Kind, Op, op, vocabulary

# The order is a file format: tensors, tables and models store positions. Never edit, only append.
FROZEN = """
input output sum link padding none skip conv1x1 conv3x3 avg_pool3x3 max_pool3x3 max_pool5x5 max_pool7x7
sep_conv3x3 sep_conv5x5 sep_conv7x7 dil_conv3x3 dil_conv5x5 dil_sep_conv3x3 conv3x1_1x3 conv7x1_1x7
residual3x3 residual3x3_double residual3x3_halve residual3x3_double_halve mbconv3_3x3
mbconv1_3x3 mbconv1_3x3_se mbconv1_5x5 mbconv1_5x5_se mbconv4_3x3 mbconv4_3x3_se mbconv4_5x5 mbconv4_5x5_se
mbconv6_3x3 mbconv6_3x3_se mbconv6_5x5 mbconv6_5x5_se
conv3x3_c8 conv3x3_c16 conv3x3_c24 conv3x3_c32 conv3x3_c40 conv3x3_c48 conv3x3_c56 conv3x3_c64
chain clone2 group2_dim1 group2_dim2 group2_dim3 clone4 group4_dim1 group4_dim2 group4_dim3
clone8 group8_dim1 group8_dim2 group8_dim3 add2 cat2_dim1 cat2_dim2 cat2_dim3 add4 cat4_dim1 cat4_dim2
cat4_dim3 add8 cat8_dim1 cat8_dim2 cat8_dim3 dot_product scaled_dot_product
enter enter_021 enter_0132 enter_0213 enter_0231 enter_0312 enter_0321
leave leave_021 leave_0132 leave_0213 leave_0231 leave_0312 leave_0321
im2col1x1 im2col1x1_s2 im2col3x3_s1 im2col3x3_s2 im2col4x4 im2col8x8 im2col16x16 col2im
linear16 linear32 linear64 linear128 linear256 linear512 linear1024 linear2048 norm relu softmax pos_enc
conv conv2x2 conv4x4 conv5x5 conv7x7 depthwise depthwise3x3 depthwise5x5 depthwise7x7 grouped grouped3x3
linear conv1d conv3d transposed_conv recurrent embedding batch_norm layer_norm group_norm other_weighted
avg_pool max_pool global_pool resize add cat multiply matmul attention
gelu silu sigmoid tanh activation reorder other
""".split()  # noqa: SIM905

WEIGHTED = (
    Kind.CONV, Kind.RESIDUAL, Kind.LINEAR, Kind.NORM, Kind.POSITION, Kind.DEPTHWISE, Kind.GROUPED,
    Kind.CONV1D, Kind.CONV3D, Kind.TRANSPOSED_CONV, Kind.RECURRENT, Kind.EMBEDDING,
    Kind.BATCH_NORM, Kind.LAYER_NORM, Kind.GROUP_NORM, Kind.OTHER_WEIGHTED,
)  # fmt: skip


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
        member.name for member in vocabulary() if member.kind in WEIGHTED
    }


def test_no_two_operations_have_one_description():
    described = [replace(member, name="") for member in vocabulary()]
    described = [tuple(getattr(member, field.name) for field in fields(member)) for member in described]
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
