"""The ONNX text of einspace: written from the derivation, equal to that of a real export."""

from __future__ import annotations

import pytest

from archenc import text
from archenc.spaces.einspace import SPACE

CONV = "routing[im2col(3,2,1), computation<linear(16)>, col2im]"


def written(derivation: str, shape: str = "1x8x8") -> list[str]:
    return text.slim_text(SPACE.parse(f"{shape} {derivation}")).splitlines()


def test_a_norm_is_folded_into_the_convolution_before_it():
    window = "(auto_pad=NOTSET, dilations=1, group=1, kernel_shape=3, pads=1, strides=2)"
    assert written(f"sequential({CONV}, sequential(computation<norm>, computation<relu>))") == [
        f"Conv(1x1x8x8, Param[16x1x3x3], Param[16]){window} --> Relu(prev) --> Out:1x16x4x4"
    ]
    both = written(
        f"sequential({CONV}, branching(2){{clone(2), computation<norm>, computation<identity>, add(2)}})"
    )
    assert both[0].endswith("--> Value1:1x16x4x4")
    assert both[1].startswith("BatchNormalization(Value1, Param[16]")
    assert both[2] == "Add(Value2, Value1) --> Out:1x16x4x4"


def test_copies_are_written_out_and_equal_steps_are_one():
    assert written("branching(4){group(4,2), computation<linear(16)>, cat(4,1)}") == [
        "Split(1x1x8x8)(axis=2, num_outputs=4) --> "
        "Value1:1x1x2x8, Value2:1x1x2x8, Value3:1x1x2x8, Value4:1x1x2x8",
        *(
            f"MatMul(Value{part}, Param[8x16]) --> Add(prev, Param[16]) --> Value{part + 4}:1x1x2x16"
            for part in range(1, 5)
        ),
        "Concat(Value5, Value6, Value7, Value8)(axis=1) --> Out:1x4x2x16",
    ]
    assert written("branching(4){clone(4), computation<relu>, add(4)}") == [
        "Relu(1x1x8x8) --> Value1:1x1x8x8",
        "Add(Value1, Value1) --> Value2:1x1x8x8",
        "Add(Value2, Value1) --> Value3:1x1x8x8",
        "Add(Value3, Value1) --> Out:1x1x8x8",
    ]


def test_what_cancels_is_nothing():
    turn = "routing[perm(0,1,3,2), computation<identity>, perm(0,1,3,2)]"
    assert written(turn) == ["Identity(1x1x8x8) --> Out:1x1x8x8"]
    assert written(f"sequential({turn}, sequential(computation<relu>, computation<relu>))") == [
        "Relu(1x1x8x8) --> Out:1x1x8x8"
    ]


@pytest.mark.slow
@pytest.mark.parametrize(
    "derivation",
    [
        "1x8x8 routing[im2col(3,2,1), sequential(computation<relu>, computation<linear(16)>), col2im]",
        "1x8x8 sequential(computation<norm>, branching(2){clone(2), computation<relu>, computation<softmax>, "
        "dot_product(scaled)})",
        "16x64 sequential(sequential(computation<norm>, computation<pos_enc>), branching(2){group(2,2), "
        "computation<linear(16)>, routing[perm(0,2,1), computation<linear(16)>, perm(0,2,1)], dot_product})",
        f"1x8x8 sequential({CONV}, branching(2){{clone(2), sequential(computation<norm>, computation<relu>), "
        "computation<identity>, cat(2,1)})",
        "1x8x8 sequential(routing[perm(0,2,3,1), computation<identity>, perm(0,2,3,1)], "
        "computation<linear(32)>)",
    ],
)
def test_equal_to_a_real_export(derivation: str):
    pytest.importorskip("onnx", reason="needs the extra onnx")
    pytest.importorskip("onnxscript", reason="needs the extra onnx")
    arch = SPACE.parse(derivation)
    assert text.slim_text(arch) == text.onnx_text(arch)
    assert text.render(arch, form="onnx") == text.slim_text(arch)
