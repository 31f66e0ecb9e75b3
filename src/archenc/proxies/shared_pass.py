"""One forward pass and what follows from it: gradients, Fisher information, Jacobian, kernel of the ReLUs.

Five of the proxies want gradients of the loss of one batch, two the gradient of the outputs in the inputs,
one the codes of the ReLUs: a forward pass, a backward pass to the weights and one to the inputs serve all.
grasp differentiates the first of these backward passes once more.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from math import prod

import torch
from jaxtyping import Float
from torch import Tensor, nn

from archenc.errors import InvalidArgument
from archenc.proxies.base import Part, Undefined
from archenc.proxies.losses import LOSSES

ACTIVATIONS = (nn.ReLU, nn.ReLU6, nn.LeakyReLU, nn.PReLU, nn.RReLU)
"""The modules whose inputs the kernel codes, as positive or not."""
_OF_LOSS: tuple[Part, ...] = ("gradients", "fisher", "hessian")
_BLOCK = 2**22
"""Sums of so many numbers -1 and 1 are exact in float32."""


@dataclass(slots=True)
class Collected:
    """What one pass gave; a part that was not asked for is empty, one that has no value has a reason.

    gradients, hessian: for each trainable layer, the gradient g of the loss in its weight, and the product of
    the Hessian with g; layers that the loss does not depend on are absent. fisher: for each layer, half the
    mean square over the batch of what its channels contribute, summed over the calls of the layer.
    jacobian: of the sum of all outputs in each input, flattened. kernel: how many ReLU inputs of two examples
    have the same sign.
    """

    gradients: dict[str, Float[Tensor, ...]] = field(default_factory=dict)
    fisher: dict[str, Float[Tensor, " c"]] = field(default_factory=dict)
    hessian: dict[str, Float[Tensor, ...]] = field(default_factory=dict)
    jacobian: Float[Tensor, "b d"] | None = None
    kernel: Float[Tensor, "b b"] | None = None
    reasons: dict[Part, str] = field(default_factory=dict)

    def check(self, part: Part) -> None:
        """Raise Undefined if a part has no value."""
        if part in self.reasons:
            raise Undefined(self.reasons[part])


def run_pass(
    module: nn.Module,
    layers: Mapping[str, Tensor],
    x: Tensor,
    y: Tensor | None,
    loss: str,
    parts: frozenset[Part],
) -> Collected:
    """Run the module on a batch and collect the parts.

    Raises Undefined if an output is not finite, InvalidArgument if the module does not take the batch, or
    gives no tensor, or the loss does not take its output.
    """
    found = Collected()
    trainable = {path: weight for path, weight in layers.items() if weight.requires_grad}
    with _watching(module, trainable, found, len(x), parts) as of_loss:
        x = x.detach()
        if "jacobian" in parts:
            if x.is_floating_point():
                x = x.clone().requires_grad_()
            else:
                found.reasons["jacobian"] = f"inputs of {x.dtype} have no gradient"
        z = outputs(module, x)
        if not torch.isfinite(z).all():
            raise Undefined("the network's output is not finite")
        if parts.intersection(_OF_LOSS):
            _differentiate(found, trainable, z, y, loss, parts, of_loss)
        if "jacobian" in parts and "jacobian" not in found.reasons:
            _jacobian(found, z, x)
    for part in parts.intersection(_OF_LOSS):
        if part not in found.reasons and not _any(getattr(found, part)):
            found.reasons[part] = _why_nothing(layers, trainable, found)
    if "kernel" in parts and found.kernel is None:
        found.reasons.setdefault(
            "kernel", "no module of the ReLU family was called (functions such as F.relu are not seen)"
        )
    return found


def outputs(module: nn.Module, x: Tensor) -> Tensor:
    """Return the module's output of a batch. Raises InvalidArgument if it takes or gives other things."""
    name = type(module).__name__
    needed = [
        parameter.name
        for parameter in inspect.signature(module.forward).parameters.values()
        if parameter.default is parameter.empty
        and parameter.kind in (parameter.POSITIONAL_ONLY, parameter.POSITIONAL_OR_KEYWORD)
    ]
    if len(needed) > 1:
        raise InvalidArgument(
            f"module: {name}.forward needs {len(needed)} inputs ({', '.join(needed)}); proxies give one "
            "tensor: wrap the network in a module that makes the others"
        )
    try:
        z = module(x)
    except (RuntimeError, ValueError, TypeError, LookupError, AssertionError) as error:
        raise InvalidArgument(
            f"module: {name} does not take inputs of shape {tuple(x.shape)} and type {x.dtype}: {error}"
        ) from error
    if not isinstance(z, Tensor) or not z.is_floating_point():
        raise InvalidArgument(f"module: {name} gives {_kind(z)}; expected one tensor of floats")
    if z.dim() < 2 or len(z) != len(x):
        raise InvalidArgument(
            f"module: {name} gives {tuple(z.shape)} for {len(x)} inputs; expected (batch, outputs, ...)"
        )
    return z


def _kind(value: object) -> str:
    return f"a tensor of {value.dtype}" if isinstance(value, Tensor) else f"a {type(value).__name__}"


def _differentiate(
    found: Collected,
    trainable: Mapping[str, Tensor],
    z: Tensor,
    y: Tensor | None,
    loss: str,
    parts: frozenset[Part],
    of_loss: list[bool],
) -> None:
    """Fill in gradients and Hessian products; the hooks of the pass fill in the Fisher information."""
    if y is None:
        raise InvalidArgument("inputs: y=None; proxies of gradients need labels or targets, and a loss")
    try:
        value = LOSSES[loss](z, y)
    except (RuntimeError, ValueError, IndexError) as error:
        raise InvalidArgument(
            f"inputs: the loss {loss!r} does not take outputs {tuple(z.shape)} and targets "
            f"{tuple(y.shape)} of {y.dtype}: {error}"
        ) from error
    if not trainable or not value.requires_grad:
        return
    if not torch.isfinite(value):
        found.reasons |= dict.fromkeys(_OF_LOSS, "the loss is not finite")
        return
    again = "hessian" in parts
    weights = list(trainable.values())
    of_loss.append(True)
    gradients = torch.autograd.grad(value, weights, retain_graph=True, create_graph=again, allow_unused=True)
    of_loss.clear()
    live = {path: g for path, g in zip(trainable, gradients, strict=True) if g is not None}
    found.gradients = {path: g.detach() for path, g in live.items()}
    if again:
        try:
            found.hessian = _hessian(trainable, live)
        except RuntimeError as error:  # an operation without a second derivative
            found.reasons["hessian"] = f"no second derivative: {str(error).splitlines()[0]}"


def _hessian(trainable: Mapping[str, Tensor], gradients: Mapping[str, Tensor]) -> dict[str, Tensor]:
    along = [g for g in gradients.values() if g.requires_grad]
    if not along:
        return {}
    # the gradients of the layers in one scalar <g, dL/dW>, with g held fixed
    product = torch.stack([(g.detach() * g).sum() for g in along]).sum()
    for weight in trainable.values():
        weight.grad = None
    # autograd.grad would pass by, in silence, an operation that cannot be differentiated twice
    product.backward(retain_graph=True)
    return {path: weight.grad for path, weight in trainable.items() if weight.grad is not None}


def _jacobian(found: Collected, z: Tensor, x: Tensor) -> None:
    gradient = None
    if z.requires_grad:
        (gradient,) = torch.autograd.grad(z.sum(), x, allow_unused=True)
    if gradient is None or not gradient.any():
        found.reasons["jacobian"] = "the output does not depend on the input"
    else:
        found.jacobian = gradient.flatten(1)


def _any(values: Mapping[str, Tensor]) -> bool:
    return any(bool(value.any()) for value in values.values())


def _why_nothing(layers: Mapping[str, Tensor], trainable: Mapping[str, Tensor], found: Collected) -> str:
    if not layers:
        return "the network has no Conv2d and no Linear layer"
    if not trainable:
        return "every Conv2d and Linear layer is frozen"
    if _any(found.gradients):
        return "it is exactly 0 in every layer"
    return "the loss does not depend on the weight of any layer"


@contextmanager
def _watching(
    module: nn.Module, trainable: Mapping[str, Tensor], found: Collected, batch: int, parts: frozenset[Part]
) -> Iterator[list[bool]]:
    """Let hooks fill in `fisher` and `kernel`; the list is filled while gradients are those of the loss."""
    active: list[bool] = []
    own = {id(weight) for weight in trainable.values()}
    handles = []
    for path, part in module.named_modules():
        if getattr(part, "inplace", False) is True:
            part.__dict__["inplace"] = False  # it would overwrite the activation that the gradient belongs to
        if "kernel" in parts and isinstance(part, ACTIVATIONS):
            handles.append(part.register_forward_pre_hook(_coder(found, batch)))
        if "fisher" in parts and isinstance(part, nn.Conv2d | nn.Linear) and id(part.weight) in own:
            handles.append(part.register_forward_hook(_tracer(found, path, active)))
    try:
        yield active
    finally:
        for handle in handles:
            handle.remove()


def _coder(found: Collected, batch: int) -> Callable[[nn.Module, tuple[Tensor, ...]], None]:
    def code(_: nn.Module, arguments: tuple[Tensor, ...]) -> None:
        values = arguments[0].detach()
        if len(values) != batch:
            found.reasons["kernel"] = f"a ReLU takes {len(values)} rows in a batch of {batch}"
        elif not torch.isfinite(values).all():
            found.reasons["kernel"] = "the input of a ReLU is not finite"
        else:
            kernel = agreements(values)
            found.kernel = kernel if found.kernel is None else found.kernel + kernel

    return code


def agreements(values: Float[Tensor, "b ..."]) -> Float[Tensor, "b b"]:
    """Return for each two examples the number of places where both are positive or both are not."""
    signs = values.flatten(1) > 0
    length = signs.shape[1]
    total = torch.zeros(len(values), len(values), dtype=torch.float64, device=values.device)
    for block in signs.split(_BLOCK, dim=1):
        one = block.to(torch.float32) * 2 - 1
        total += (one @ one.T).double()
    return (total + length) / 2


def _tracer(
    found: Collected, path: str, active: list[bool]
) -> Callable[[nn.Module, tuple[Tensor, ...], Tensor], None]:
    def trace(layer: nn.Module, _: tuple[Tensor, ...], out: Tensor) -> None:
        if not out.requires_grad:
            return
        activation, version = out.detach(), out._version

        def on_gradient(gradient: Tensor) -> None:
            if not active:
                return
            if activation._version != version:
                found.reasons["fisher"] = f"the output of {path!r} is overwritten in place"
                return
            delta = channel_information(activation, gradient.detach(), isinstance(layer, nn.Conv2d))
            found.fisher[path] = found.fisher[path] + delta if path in found.fisher else delta

        out.register_hook(on_gradient)

    return trace


def channel_information(
    activation: Float[Tensor, "b ..."], gradient: Float[Tensor, "b ..."], images: bool
) -> Float[Tensor, " c"]:
    """Return half the mean over examples of the squared sums of activation times gradient, a channel each.

    images: [b, c, h, w], channels second; else [b, ..., c], channels last.
    """
    product = activation * gradient
    if images:
        sums = product.flatten(2).sum(2)
    else:
        sums = product.reshape(len(product), prod(product.shape[1:-1]), product.shape[-1]).sum(1)
    return 0.5 * sums.double().square().mean(0)
