"""The text `chain_slim`: written by hand, equal to that of a real export, with the published defect."""

from __future__ import annotations

import sys

import pytest
import torch
from torch import nn

from archenc import text
from archenc.errors import InvalidArgument, MissingExtra
from archenc.graph import Kind
from archenc.spaces import space
from archenc.testing.unchecked import unchecked
from archenc.text.slim import SlimGraph, Step, chain_slim

SHAPE = (1, 2, 8, 8)
CELL = space("nb201").parse(
    "|nor_conv_3x3~0|+|skip_connect~0|none~1|+|avg_pool_3x3~0|nor_conv_1x1~1|skip_connect~2|"
)


def graph(*steps: Step, inputs: int = 1) -> SlimGraph:
    return SlimGraph({f"in{k}": SHAPE for k in range(inputs)}, steps, (next(iter(steps[-1].made)),))


def step(op: str, *operands, made: str, **attributes) -> Step:
    return Step(op, operands, attributes, {made: SHAPE})


def test_a_chain_stands_on_one_line():
    written = chain_slim(
        graph(
            step("Relu", "in0", made="a"),
            step("Conv", "a", (2, 2, 3, 3), made="b", pads=[1, 1, 1, 1], strides=[1, 2], group=1),
        )
    )
    assert written == (
        "Relu(1x2x8x8) --> Conv(prev, Param[2x2x3x3])(group=1, pads=1, strides=[1, 2]) --> Out:1x2x8x8\n"
    )


def test_a_tensor_that_is_read_twice_has_a_name():
    written = chain_slim(
        graph(
            step("Relu", "in0", made="a"),
            step("Sqrt", "a", made="b"),
            step("Exp", "a", made="c"),
            step("Add", "b", "c", made="d"),
            step("Add", "d", "in0", made="e"),
        )
    )
    assert written.splitlines() == [
        "Relu(1x2x8x8) --> Value1:1x2x8x8",
        "Sqrt(Value1) --> Value2:1x2x8x8",
        "Exp(Value1) --> Value3:1x2x8x8",
        "Add(Value2, Value3) --> Value4:1x2x8x8",
        "Add(Value4, 1x2x8x8) --> Out:1x2x8x8",
    ]


def test_several_inputs_are_numbered_and_blobs_are_not_written():
    written = chain_slim(graph(step("Mul", "in0", "in1", made="a", value=None, alpha=0.25), inputs=2))
    assert written == "Mul(Input1:1x2x8x8, Input2:1x2x8x8)(alpha=0.25, value=<BLOB>) --> Out:1x2x8x8\n"


def test_legacy_loses_attributes_that_are_no_lists():
    one = graph(step("Conv", "in0", (2, 2, 3, 3), made="a", group=1, pads=[1, 1]))
    other = graph(step("Conv", "in0", (2, 2, 3, 3), made="a", group=2, pads=[1, 1]))
    assert chain_slim(one) != chain_slim(other)
    assert chain_slim(one, legacy=True) == chain_slim(other, legacy=True)


def test_a_cell_by_hand():
    window = "auto_pad=NOTSET, dilations=1, group=1, kernel_shape={0}, pads={1}, strides=1"
    assert text.slim_text(CELL).splitlines() == [
        f"Relu(1x16x32x32) --> Conv(prev, Param[16x16x3x3], Param[16])({window.format(3, 1)}) "
        "--> Value1:1x16x32x32",
        "AveragePool(1x16x32x32)(auto_pad=NOTSET, ceil_mode=0, count_include_pad=0, kernel_shape=3, pads=1, "
        "strides=1) --> Value2:1x16x32x32",
        f"Relu(Value1) --> Conv(prev, Param[16x16x1x1], Param[16])({window.format(1, 0)}) "
        "--> Value3:1x16x32x32",
        "Add(Value2, Value3) --> Value4:1x16x32x32",
        "Add(Value4, 1x16x32x32) --> Out:1x16x32x32",
    ]


@pytest.mark.slow
def test_equal_to_a_real_export():
    pytest.importorskip("onnx", reason="needs the extra onnx")
    pytest.importorskip("onnxscript", reason="needs the extra onnx")
    nb201, nb301 = space("nb201"), space("nb301")
    # Disconnected, yet a convolution reads the zeros of a node and leads to the output.
    dead = "|none~0|+|none~0|skip_connect~1|+|none~0|none~1|nor_conv_3x3~2|"
    bare = "|skip_connect~0|+|none~0|none~1|+|none~0|skip_connect~1|none~2|"
    halving = next(  # a skip that halves the image
        arch
        for arch in nb301.sample(100, 0)
        if any(edge.op.kind is Kind.IDENTITY and edge.source < 2 for edge in arch.cells[1].edges)
    )
    archs = [CELL, nb201.parse(dead), nb201.parse(bare), nb201.sample(1, 1)[0], halving]
    archs += [*space("nb101").sample(1, 1), *space("tnb101").sample(1, 1)]
    for arch in archs:
        assert text.onnx_text(arch) == text.slim_text(arch)
    assert text.onnx_text(CELL, legacy=True) == text.slim_text(CELL, legacy=True)


def test_a_module_of_the_users_own():
    pytest.importorskip("onnx", reason="needs the extra onnx")
    pytest.importorskip("onnxscript", reason="needs the extra onnx")
    module = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU()).train()
    written = text.onnx_text(module, torch.zeros(1, 3, 8, 8))
    assert written.startswith("Conv(1x3x8x8, Param[4x3x3x3], Param[4])(")
    assert written.endswith("--> Relu(prev) --> Out:1x4x6x6\n")
    assert module.training
    with pytest.raises(InvalidArgument, match="example=None"):
        text.onnx_text(module)
    with pytest.raises(InvalidArgument, match="cannot be exported"):
        text.onnx_text(module, torch.zeros(1, 4, 8, 8))


def test_without_onnx_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "onnx", None)
    with pytest.raises(MissingExtra, match=r"archenc\[onnx\]"):
        text.onnx_text(nn.ReLU(), torch.zeros(1))


@unchecked()
def test_an_unknown_kind_of_cell_is_refused():
    with pytest.raises(InvalidArgument, match="no ONNX text is known"):
        text.slim_text(space("tnb101_macro").sample(1, 0)[0])
    with pytest.raises(InvalidArgument, match="expected a module or an Architecture"):
        text.onnx_text("nb201")  # type: ignore[arg-type]
