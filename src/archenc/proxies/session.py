"""One network under measurement: a copy to work on, and what the proxies of one call share."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import final

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from archenc.errors import InvalidArgument
from archenc.proxies.base import Part, PerLayer, Undefined
from archenc.proxies.inputs import Inputs
from archenc.proxies.shared_pass import Collected, run_pass

Layer = nn.Conv2d | nn.Linear
"""The layers whose weights the proxies look at; biases, norms, embeddings, transposed ones do not count."""


@final
class Session:
    """A module and its inputs while proxies are computed.

    The module is never touched: proxies see deep copies in train mode. parts: what the shared pass collects;
    it runs when the first proxy asks for one of them. seed: of what is drawn: the weights and the noise of
    zen, dropout. device: None leaves the network where it is.
    Raises InvalidArgument for a module that cannot be copied, or whose weights have no values yet.
    """

    def __init__(
        self,
        module: nn.Module,
        inputs: Inputs | None,
        parts: frozenset[Part],
        seed: int,
        device: str | torch.device | None = None,
    ) -> None:
        self._original, self.given, self.parts, self.seed = module, inputs, parts, seed
        tensors = [*module.parameters(), *module.buffers()]
        self.device = torch.device(device) if device is not None else _device(tensors, inputs)
        for name, weight in [*module.named_parameters(), *module.named_buffers()]:
            if is_lazy(weight) or weight.is_meta:
                raise InvalidArgument(f"module: {name!r} has no values yet; give a network with weights")
        floating = [tensor.dtype for tensor in tensors if tensor.is_floating_point()]
        self.dtype = floating[0] if floating else None

    def copy(self) -> nn.Module:
        """Return a fresh copy of the module in train mode, on the device of the session."""
        try:
            fresh = copy.deepcopy(self._original)
        except Exception as error:
            raise InvalidArgument(
                f"module: {type(self._original).__name__} cannot be copied ({error}); proxies work on copies"
            ) from error
        return fresh.train().to(self.device)

    @cached_property
    def module(self) -> nn.Module:
        """The copy of the shared pass; its weights stay as they were given."""
        return self.copy()

    @cached_property
    def layers(self) -> dict[str, Tensor]:
        """Weights of all Conv2d and Linear layers by path; a weight of several layers once, at the first."""
        return weights(self.module)

    @property
    def inputs(self) -> Inputs:
        """The inputs. Raises InvalidArgument where none were given."""
        if self.given is None:
            raise InvalidArgument(
                "inputs=None: only params and l2_norm do without; Inputs.noise makes some from a shape"
            )
        return self.given

    @cached_property
    def collected(self) -> Collected:
        """What the shared pass gives; where the network has no finite output, every part says so."""
        x, y = self.place(self.inputs.x), self.inputs.y
        y = None if y is None else self.place(y)
        try:
            with self.randomness(self.seed):
                return run_pass(self.module, self.layers, x, y, self.inputs.loss, self.parts)
        except Undefined as reason:
            return Collected(reasons=dict.fromkeys(self.parts, str(reason)))

    def place(self, tensor: Tensor) -> Tensor:
        """Return a tensor on the device of the session and, if it is of floats, in the network's type."""
        dtype = self.dtype if tensor.is_floating_point() and self.dtype is not None else tensor.dtype
        return tensor.to(self.device, dtype)

    @contextmanager
    def randomness(self, seed: int) -> Iterator[None]:
        """Let what draws from torch's global generators (dropout) be repeatable; leave those as they were.

        Convolutions are computed by algorithms that give the same result every time.
        """
        cuda = [self.device.index or 0] if self.device.type == "cuda" else []
        with (
            torch.random.fork_rng(devices=cuda),
            torch.backends.cudnn.flags(deterministic=True, benchmark=False, allow_tf32=False),
        ):
            torch.default_generator.manual_seed(seed)
            for index in cuda:
                torch.cuda.default_generators[index].manual_seed(seed)
            yield


def weights(module: nn.Module) -> dict[str, Tensor]:
    """Return the weights of all Conv2d and Linear layers by path, each tensor once.

    Raises InvalidArgument for a weight that is computed from others (weight norm, pruning).
    """
    found: dict[str, Tensor] = {}
    known: set[int] = set()
    for path, layer in module.named_modules():
        if isinstance(layer, Layer):
            weight = layer.weight
            if not isinstance(weight, nn.Parameter):
                raise InvalidArgument(
                    f"module {path!r}: its weight is computed from other parameters; remove the "
                    "parametrization first (torch.nn.utils.parametrize.remove_parametrizations)"
                )
            if id(weight) not in known:
                known.add(id(weight))
                found[path] = weight
    return found


def some_layers(layers: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the layers. Raises Undefined where there are none."""
    if not layers:
        raise Undefined("the network has no Conv2d and no Linear layer")
    return layers


def numbers(values: dict[str, Tensor]) -> PerLayer:
    """Return one-element tensors as floats, moved from the device at once."""
    if not values:
        return {}
    return dict(zip(values, torch.stack([value.double() for value in values.values()]).tolist(), strict=True))


def _device(tensors: list[Tensor], inputs: Inputs | None) -> torch.device:
    if tensors:
        return tensors[0].device
    return torch.device("cpu") if inputs is None else inputs.x.device
