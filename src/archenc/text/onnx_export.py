"""A module exported to ONNX, and the ONNX graph as the steps that `chain_slim` writes down."""

from __future__ import annotations

import logging
import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

from archenc.errors import DataError, InvalidArgument, require, shown
from archenc.text.slim import Shape, SlimGraph, Step, Value

if TYPE_CHECKING:
    import onnx

_EXTRA = "onnx"


def exported(module: nn.Module, example: torch.Tensor | Sequence[torch.Tensor]) -> onnx.ModelProto:
    """Return the ONNX model of a module in evaluation, with batch norms folded into convolutions.

    example: what the module takes, a tensor or several. The module is left in the mode in which it was.
    Raises MissingExtra without onnx and onnxscript, InvalidArgument for a module that cannot be exported.
    """
    require("onnx", _EXTRA)
    require("onnxscript", _EXTRA)
    inputs = (example,) if isinstance(example, torch.Tensor) else tuple(example)
    modes = {part: part.training for part in module.modules()}
    logger = logging.getLogger("torch.onnx")
    level = logger.level
    try:
        logger.setLevel(logging.ERROR)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of what the exporter itself calls
            program = torch.onnx.export(module.eval(), inputs, dynamo=True, verbose=False)
    except torch.onnx.errors.OnnxExporterError as error:
        raise InvalidArgument(
            f"module={type(module).__name__}: cannot be exported to ONNX with this example: "
            f"{shown(str(error.__cause__ or error))}"
        ) from error
    finally:
        logger.setLevel(level)
        for part, training in modes.items():
            part.training = training
    if program is None:
        raise InvalidArgument(f"module={type(module).__name__}: the exporter gave no program")
    return program.model_proto


def slim_graph(model: onnx.ModelProto) -> SlimGraph:
    """Return the steps of an ONNX model. Constants count as parameters.

    Raises DataError where the model does not say the shape of a tensor; infer the shapes before.
    """
    onnx: Any = require("onnx", _EXTRA)
    graph = model.graph
    params: dict[str, Shape] = {weight.name: tuple(weight.dims) for weight in graph.initializer}
    nodes = []
    for node in graph.node:
        if node.op_type == "Constant":
            params[node.output[0]] = _constant(onnx, node)
        else:
            nodes.append(node)
    inputs = [value for value in graph.input if value.name not in params]
    shapes = {value.name: _shape(value) for value in [*graph.value_info, *graph.output, *inputs]}
    written: dict[str, str | Shape] = {**params}
    steps = []
    for node in nodes:
        made = [name for name in node.output if name]
        if lacking := [name for name in made if shapes.get(name) is None]:
            raise DataError(f"the ONNX model lacks the shape of {lacking[0]!r}, made by {node.op_type}")
        steps.append(
            Step(
                node.op_type,
                tuple(written.get(str(name), str(name)) for name in node.input if name),
                {a.name: _value(onnx.helper.get_attribute_value(a)) for a in node.attribute},
                {name: shapes[name] or () for name in made},
            )
        )
    return SlimGraph(
        {value.name: shapes[value.name] or () for value in inputs},
        tuple(steps),
        tuple(value.name for value in graph.output),
    )


def _shape(value: Any) -> Shape | None:
    sizes = value.type.tensor_type.shape.dim
    if not value.type.tensor_type.HasField("shape") or any(not size.HasField("dim_value") for size in sizes):
        return None
    return tuple(size.dim_value for size in sizes)


def _constant(onnx: Any, node: Any) -> Shape:
    value = onnx.helper.get_attribute_value(node.attribute[0])
    return tuple(value.dims) if hasattr(value, "dims") else ()


def _value(value: Any) -> Value:
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, (int, float, str)):
        return value
    items = [_value(item) for item in value] if isinstance(value, Sequence) else None
    if items is None or any(not isinstance(item, (int, float, str)) for item in items):
        return None
    return [item for item in items if isinstance(item, (int, float, str))]
