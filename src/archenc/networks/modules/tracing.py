"""A module as steps: through torch.export, or through torch.fx where that cannot."""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import Any

import torch
from torch import Tensor, fx, nn
from torch.fx.passes.shape_prop import ShapeProp

from archenc.errors import InvalidArgument, shown
from archenc.networks.modules.naming import plain
from archenc.networks.modules.products import summed
from archenc.networks.modules.steps import Step, Value, Weights, Writer, without_loose_ends

WAYS = ("auto", "export", "fx")


def steps_of(
    module: nn.Module, example: Sequence[Tensor], how: str = "auto"
) -> tuple[list[Step], tuple[int, ...], str]:
    """Return the steps of a module in evaluation, the numbers that its outputs come from, and the tracer.

    The module is left as it was. Raises InvalidArgument where no tracer can follow it, with the reasons.
    """
    if how not in WAYS:
        raise InvalidArgument(f"how={shown(how)}; legal: {', '.join(WAYS)}")
    modes = {part: part.training for part in module.modules()}
    buffers = {name: (buffer, buffer.clone()) for name, buffer in module.named_buffers()}
    reasons = []
    try:
        module.eval()
        _check_runs(module, example)
        for way, tracer in (("export", _export), ("fx", _fx)):
            if how not in ("auto", way):
                continue
            try:
                with _quiet(), torch.no_grad():
                    steps, outputs = tracer(module, tuple(example))
                return *without_loose_ends(steps, outputs, len(example)), way
            except Exception as error:
                reasons.append(f"{way}: {_reason(error)}")
    finally:
        for part, training in modes.items():
            part.training = training
        for name, (buffer, value) in buffers.items():
            _put_back(module, name, buffer, value)
    raise InvalidArgument(
        f"module={type(module).__name__}: it cannot be traced on examples of shape "
        f"{', '.join(str(tuple(one.shape)) for one in example)} ({'; '.join(reasons)}). A module is followed "
        "without its data: choices that hang on the values of tensors, .item() and calls out of PyTorch "
        "must leave `forward`, or be replaced by torch.where and the like"
    )


def _put_back(module: nn.Module, name: str, buffer: Tensor, value: Tensor) -> None:
    """Give a module a buffer as it was: a forward pass may write to it, or put another in its place."""
    with torch.no_grad():
        buffer.copy_(value)
    part, _, own = name.rpartition(".")
    setattr(module.get_submodule(part), own, buffer)


def _check_runs(module: nn.Module, example: Sequence[Tensor]) -> None:
    """Run a module once: what it says of its input is clearer than what a tracer says."""
    try:
        with torch.no_grad():
            module(*example)
    except Exception as error:
        raise InvalidArgument(
            f"module={type(module).__name__}: it does not run on examples of shape "
            f"{', '.join(str(tuple(one.shape)) for one in example)} ({_reason(error)}){_other_type(error)}"
        ) from error


def _other_type(error: Exception) -> str:
    """Say what to do where a module wants numbers of another type than those that a shape becomes."""
    if not re.search(r"dtype|scalar type", str(error)):
        return ""
    return (
        "; an example may also be a batch of the type that it takes, such as "
        "torch.zeros(1, 9, dtype=torch.long) of tokens"
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep what tracers print and log from the user: a failure is reported in our words."""
    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)
    try:
        with warnings.catch_warnings(), redirect_stderr(io.StringIO()), redirect_stdout(io.StringIO()):
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(before)


def _export(module: nn.Module, example: tuple[Tensor, ...]) -> tuple[list[Step], tuple[int, ...]]:
    program = torch.export.export(module, example, strict=False)
    signature = program.graph_signature
    owned = {**signature.inputs_to_parameters, **signature.inputs_to_buffers}
    inputs = list(signature.user_inputs)
    writer = Writer(len(inputs), _weights(module), len(example[0]))
    values: dict[fx.Node, Value] = {}
    for node in program.graph.nodes:
        shape = _shape(node.meta.get("val"))
        if node.op == "placeholder":
            if node.name in owned:
                values[node] = Value((), (owned[node.name],), shape)
            elif node.name in inputs:
                values[node] = Value((inputs.index(node.name),), (), shape)
            else:
                values[node] = Value((), (), shape)
        elif node.op == "call_function":
            given = [values[one] for one in node.all_input_nodes if one in values]
            weight = next((one.shape for one in given if one.weights and not one.producers), None)
            values[node] = writer.call(
                _called(node),
                _path(node),
                given,
                shape,
                weight=weight,
                groups=_named(node, "groups", 1),
                window=_window(_named(node, "kernel_size", ())),
                summed=_summed(_called(node), node, "val"),
            )
    made = frozenset(signature.user_outputs)  # the graph also returns buffers that were written to
    return writer.steps, _outputs(
        program.graph, {node: one for node, one in values.items() if node.name in made}
    )


def _fx(module: nn.Module, example: tuple[Tensor, ...]) -> tuple[list[Step], tuple[int, ...]]:
    traced = fx.symbolic_trace(module)
    ShapeProp(traced).propagate(*example)
    weights = _weights(module)
    n_inputs = sum(node.op == "placeholder" for node in traced.graph.nodes)
    writer = Writer(n_inputs, weights, len(example[0]))
    values: dict[fx.Node, Value] = {}
    for node in traced.graph.nodes:
        shape = _shape(node.meta.get("tensor_meta"))
        given = [values[one] for one in node.all_input_nodes if one in values]
        if node.op == "placeholder":
            values[node] = Value((len(values),), (), shape)
        elif node.op == "get_attr":
            known = str(node.target) in weights.numel
            tensor = _attribute(traced, str(node.target))
            values[node] = Value((), (str(node.target),) if known else (), _shape(tensor))
        elif node.op == "call_module":
            path = str(node.target)
            leaf = module.get_submodule(path)
            own = [f"{path}.{name}" for name, _ in leaf.named_parameters()]
            first = getattr(leaf, "weight", None)
            values[node] = writer.call(
                type(leaf).__name__,
                path,
                given,
                shape,
                weight=_shape(first) if isinstance(first, Tensor) else None,
                groups=int(getattr(leaf, "groups", 1)),
                window=_window(getattr(leaf, "kernel_size", ())),
                weights=own,
                summed=_summed(type(leaf).__name__, node, "tensor_meta"),
            )
        elif node.op in ("call_function", "call_method"):
            name = node.target if isinstance(node.target, str) else getattr(node.target, "__name__", "other")
            weight = next((one.shape for one in given if one.weights and not one.producers), None)
            values[node] = writer.call(
                str(name),
                "",
                given,
                shape,
                weight=weight,
                groups=_passed(node, "groups", 6, 1) if "conv" in str(name) else 1,
                window=_window(_passed(node, "kernel_size", 1, ())) if "pool" in str(name) else (),
                summed=_summed(str(name), node, "tensor_meta"),
            )
    return writer.steps, _outputs(traced.graph, values)


def _weights(module: nn.Module) -> Weights:
    """Return how many numbers of each weight learn; buffers have none. What has two names is one weight."""
    numel = {name: 0 for name, _ in module.named_buffers(remove_duplicate=False)}
    first: dict[int, str] = {}
    same: dict[str, str] = {}
    for name, weight in module.named_parameters(remove_duplicate=False):
        same[name] = first.setdefault(id(weight), name)
        numel[name] = weight.numel() if weight.requires_grad else 0
    return Weights(numel, same)


def _outputs(graph: fx.Graph, values: dict[fx.Node, Value]) -> tuple[int, ...]:
    last = next(node for node in graph.nodes if node.op == "output")
    found = dict.fromkeys(
        number for node in last.all_input_nodes if node in values for number in values[node].producers
    )
    if not found:
        raise InvalidArgument("its output does not depend on its input")
    return tuple(found)


def _called(node: fx.Node) -> str:
    """Return the name of an ATen call; ReLU6 is written there as a bounded identity."""
    schema = getattr(node.target, "_schema", None)
    name = str(schema.name if schema is not None else getattr(node.target, "__name__", "other"))
    name = name.rpartition("::")[2].rstrip("_")
    return "relu6" if name == "hardtanh" and _named(node, "min_val", -1) == 0 else name


def _named(node: fx.Node, name: str, default: Any) -> Any:
    """Return an argument of an ATen call by its name, wherever it was given."""
    if name in node.kwargs:
        return node.kwargs[name]
    schema = getattr(node.target, "_schema", None)
    for position, argument in enumerate(schema.arguments if schema is not None else ()):
        if argument.name == name:
            return node.args[position] if position < len(node.args) else default
    return default


def _passed(node: fx.Node, name: str, position: int, default: Any) -> Any:
    """Return an argument of a call of `torch.nn.functional`, by its name or its position."""
    if name in node.kwargs:
        return node.kwargs[name]
    return node.args[position] if position < len(node.args) else default


def _summed(name: str, node: fx.Node, meta: str) -> int | None:
    """Return what `products.summed` says of a call. meta: where its tracer keeps what a node makes."""
    given = fx.map_arg((*node.args, *node.kwargs.values()), lambda one: _shape(one.meta.get(meta)))
    return summed(plain(name)[0], given)


def _window(size: Any) -> tuple[int, ...]:
    if isinstance(size, int):
        return (size,)
    return tuple(int(one) for one in size) if isinstance(size, list | tuple) else ()


def _path(node: fx.Node) -> str:
    stack = list((node.meta.get("nn_module_stack") or {}).values())
    return str(stack[-1][0]) if stack else ""


def _shape(value: Any) -> tuple[int, ...] | None:
    if isinstance(value, list | tuple) and not hasattr(value, "shape"):
        value = value[0] if value else None
    shape = getattr(value, "shape", None)
    return None if shape is None else tuple(int(size) for size in shape)


def _attribute(module: nn.Module, path: str) -> Any:
    found: Any = module
    for name in path.split("."):
        found = getattr(found, name)
    return found


def _reason(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0][:240]}" if lines else type(error).__name__
