"""What a zero-cost proxy is, and how one is found by name."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from archenc.errors import ArchencError, InvalidArgument
from archenc.registry import Registry

if TYPE_CHECKING:
    from archenc.proxies.session import Session

Need = Literal["data", "labels", "loss", "weights", "relu", "pooling", "counting"]
"""data: a batch of inputs. labels: one class an input. loss: labels or targets, and a loss. weights: a
Conv2d or Linear layer. relu: an activation of the ReLU family. pooling: a map that a global pooling averages.
counting: a rule for every layer with weights."""

Part = Literal["gradients", "fisher", "hessian", "jacobian", "kernel"]
"""What the shared pass can collect."""

PerLayer = dict[str, float]
"""A number for each layer, by its path in the module."""

_REGISTRY = Registry("proxies")


class Undefined(ArchencError):
    """A proxy has no value on this network; the text says why, and the score is NaN."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """One zero-cost proxy: what it means, what it needs, how it is computed.

    name: as in the score files. direction: "max" where a higher score should mean a better network, None
    where the literature finds no direction. needs: what a network and its inputs must have. cost: roughly, in
    forward passes of the batch, when it is computed alone. parts: what it reads of the shared pass.
    formula, paper: of the score. unit: of the value.
    Either `whole` gives the score, or `layers` gives the part of each layer, and `total` makes the score of
    their sum. Both take a `Session` and raise Undefined where there is no value.
    """

    name: str
    formula: str
    paper: str
    needs: frozenset[Need]
    cost: float
    parts: frozenset[Part] = frozenset()
    direction: Literal["max"] | None = "max"
    unit: str = "score"
    whole: Callable[[Session], float] | None = None
    layers: Callable[[Session], PerLayer] | None = None
    total: Callable[[float], float] = float

    def __post_init__(self) -> None:
        if (self.whole is None) == (self.layers is None):
            raise InvalidArgument(f"proxy {self.name!r}: give one of whole and layers")

    @property
    def additive(self) -> bool:
        """Whether the score is made of the sum over layers, so that a layer or an operation has a share."""
        return self.layers is not None


def proxies() -> list[str]:
    """Return the names of all registered proxies, sorted."""
    return _REGISTRY.names()


def proxy(name: str) -> Proxy:
    """Return the proxy called `name`. Raises UnknownName."""
    return _REGISTRY.get(name)


def register(member: Proxy) -> None:
    """Add a proxy of your own under its name. Raises DuplicateName."""
    _REGISTRY.add(member.name, member)


def chosen(names: Sequence[str | Proxy]) -> list[Proxy]:
    """Return proxies, by name or as given. Raises UnknownName, InvalidArgument (none, one twice)."""
    if isinstance(names, str) or not names:
        raise InvalidArgument(f"names={names!r}: expected a sequence of names of proxies, such as ['snip']")
    found = [proxy(name) if isinstance(name, str) else name for name in names]
    seen: set[str] = set()
    for one in found:
        if one.name in seen:
            raise InvalidArgument(f"names: {one.name!r} occurs twice")
        seen.add(one.name)
    return found
