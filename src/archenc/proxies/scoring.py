"""Scores of one network: as a whole, of each layer, of each operation of its cells."""

from __future__ import annotations

import math
import time
from collections.abc import Mapping, Sequence
from typing import final

import numpy as np
import torch
from jaxtyping import Float64
from torch import nn

from archenc.errors import InvalidArgument
from archenc.networks import Network, operation_paths
from archenc.proxies.base import Part, PerLayer, Proxy, Undefined, chosen
from archenc.proxies.inputs import Inputs
from archenc.proxies.session import Session
from archenc.suite_zero import PROXIES
from archenc.typing import Seed, as_generator

SALIENCIES = ("grad_norm", "l2_norm", "snip", "grasp", "fisher", "plain", "synflow")
"""The proxies that are sums over layers, as TA-GATES and GATES++ feed them to their gates."""
_SHARED = "shared_pass"


@final
class Scored(dict[str, float]):
    """Scores by name, NaN where there is none.

    reasons: for each score that is NaN, why. seconds: for each proxy what it took by itself, and
    "shared_pass" for what several of them used.
    """

    def __init__(
        self, values: Mapping[str, float], reasons: Mapping[str, str], seconds: Mapping[str, float]
    ) -> None:
        super().__init__(values)
        self.reasons, self.seconds = dict(reasons), dict(seconds)


def score(
    module: nn.Module,
    inputs: Inputs | None = None,
    names: Sequence[str | Proxy] = PROXIES,
    *,
    seed: Seed = 0,
    device: str | torch.device | None = None,
) -> Scored:
    """Return the scores of an untrained network, each "higher is better" unless its `Proxy` says otherwise.

    module: any torch.nn.Module of one input; it is not changed, and train or eval mode does not matter: the
    networks are in train mode, so that batch norm uses the statistics of the batch. names: names of proxies,
    or `Proxy` objects. seed: of zen's weights and noise, and of dropout. device: where to compute.
    A score that this network does not have is NaN, and `.reasons` says why; frozen weights count for nothing
    in the scores of gradients, and a tensor that several layers share counts once.
    Raises InvalidArgument: a module that does not take the inputs or has no weights yet; UnknownName.
    """
    members = chosen(names)
    session = _session(module, inputs, members, seed, device)
    values: dict[str, float] = {}
    reasons: dict[str, str] = {}
    seconds: dict[str, float] = {}
    _share(session, seconds)
    for member in members:
        start = time.perf_counter()
        try:
            values[member.name] = _finite(_value(member, session))
        except Undefined as reason:
            values[member.name], reasons[member.name] = math.nan, str(reason)
        seconds[member.name] = time.perf_counter() - start
    return Scored(values, reasons, seconds)


def layer_scores(
    module: nn.Module,
    inputs: Inputs | None = None,
    names: Sequence[str | Proxy] = SALIENCIES,
    *,
    seed: Seed = 0,
    device: str | torch.device | None = None,
) -> dict[str, dict[str, float]]:
    """Return for each Conv2d and Linear layer, by path, its share of the scores.

    The shares of a proxy add up to its score; those of synflow to the exponential of it. A layer that the
    loss does not depend on has 0, and where the network has no score, every share is NaN.
    Raises InvalidArgument also for a proxy that is no sum over layers.
    """
    members = additive(names)
    session = _session(module, inputs, members, seed, device)
    found: dict[str, dict[str, float]] = {path: {} for path in session.layers}
    for member in members:
        shares = _shares(member, session)
        for path, row in found.items():
            row[member.name] = math.nan if shares is None else shares.get(path, 0.0)
    return found


def op_scores(
    network: Network,
    inputs: Inputs | None = None,
    names: Sequence[str | Proxy] = SALIENCIES,
    *,
    seed: Seed = 0,
    device: str | torch.device | None = None,
) -> Float64[np.ndarray, "n_ops z"]:
    """Return for each operation of the cells its share of the scores, summed over the stacked copies.

    Rows are the operations in the order of `networks.operation_paths`: cell by cell, as the operation nodes
    of the `op_on_node` view; columns are the proxies. Operations without weights have 0. Layers outside the
    cells (stem, classifier) and between operations belong to none, so the rows do not add up to the score.
    """
    shares = layer_scores(network, inputs, names, seed=seed, device=device)
    members = [member.name for member in additive(names)]
    rows = []
    for paths in operation_paths(network).values():
        own = [shares[layer] for layer in shares if _inside(layer, paths)]
        rows.append([math.fsum(share[name] for share in own) for name in members])
    found = np.array(rows, dtype=np.float64).reshape(-1, len(members))
    undefined = [any(math.isnan(share[name]) for share in shares.values()) for name in members]
    found[:, undefined] = np.nan  # of operations without weights too
    return found


def _inside(layer: str, paths: Sequence[str]) -> bool:
    return any(layer == path or layer.startswith(f"{path}.") for path in paths)


def _session(
    module: nn.Module,
    inputs: Inputs | None,
    members: Sequence[Proxy],
    seed: Seed,
    device: str | torch.device | None,
) -> Session:
    number = int(seed) if isinstance(seed, int | np.integer) else int(as_generator(seed).integers(2**63))
    as_generator(number)  # refuses negative ones
    parts: frozenset[Part] = frozenset().union(*(member.parts for member in members))
    return Session(module, inputs, parts, number, device)


def _share(session: Session, seconds: dict[str, float]) -> None:
    """Run the shared pass now, so that its time is not that of the first proxy."""
    if not session.parts:
        return
    start = time.perf_counter()
    _ = session.collected
    seconds[_SHARED] = time.perf_counter() - start


def additive(names: Sequence[str | Proxy]) -> list[Proxy]:
    """Return proxies that are sums over layers. Raises InvalidArgument for another, UnknownName."""
    members = chosen(names)
    for member in members:
        if not member.additive:
            raise InvalidArgument(
                f"names: {member.name!r} is no sum over layers; legal: {', '.join(SALIENCIES)}"
            )
    return members


def _shares(member: Proxy, session: Session) -> PerLayer | None:
    try:
        return _summands(member, session)
    except Undefined:
        return None


def _summands(member: Proxy, session: Session) -> PerLayer:
    """Return the share of each layer. Raises Undefined if one is not finite, or all are exactly 0."""
    if member.layers is None:
        raise InvalidArgument(f"proxy {member.name!r} computes nothing")
    shares = member.layers(session)
    if not all(math.isfinite(share) for share in shares.values()):
        raise Undefined("the share of a layer is not finite")
    if not any(shares.values()):
        raise Undefined("every share is exactly 0: zero weights, zero activations, or no path to the output")
    return shares


def _value(member: Proxy, session: Session) -> float:
    if member.whole is not None:
        return member.whole(session)
    return member.total(math.fsum(_summands(member, session).values()))


def _finite(value: float) -> float:
    if not math.isfinite(value):
        raise Undefined(f"the score is {value}")
    return float(value)
