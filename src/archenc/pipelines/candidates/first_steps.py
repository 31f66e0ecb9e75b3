"""How fast an untrained network learns one batch by heart: the start of a training as a score."""

from __future__ import annotations

import math

import torch
from torch import nn

from archenc.errors import InvalidArgument
from archenc.proxies import Inputs
from archenc.proxies.base import Undefined
from archenc.proxies.losses import LOSSES
from archenc.proxies.session import Session
from archenc.proxies.shared_pass import outputs

NAME = "first_steps"
STEPS = 10
RATES = (0.001, 0.004)
"""Learning rates, of which the one that lowers the loss faster counts: which suits a network is not known."""


def first_steps(module: nn.Module, inputs: Inputs, *, seed: int = 0) -> float:
    """Return minus the mean loss over the first steps of AdamW on one batch, higher is better.

    The sum of training losses is the estimate of Ru et al. (Speedy performance estimation for neural
    architecture search, NeurIPS 2021); here it is taken of 10 steps, from the loss before the first to that
    after the last, on the same batch, at the better of two learning rates. The labels may be random: how
    fast a network learns them says how well it trains. The module is not changed. seed: of dropout.
    Raises Undefined where nothing can be trained, there are no labels, or the loss is not finite;
    InvalidArgument as the proxies do.
    """
    if inputs.y is None:
        raise Undefined("the batch has no labels")
    session = Session(module, inputs, frozenset(), seed)
    losses = [_mean_loss(session, inputs.y, rate) for rate in RATES]
    if not any(map(math.isfinite, losses)):
        raise Undefined("the loss is not finite in the first steps of training")
    return -min(loss for loss in losses if math.isfinite(loss))


def _mean_loss(session: Session, y: torch.Tensor, rate: float) -> float:
    network, given = session.copy(), session.inputs
    weights = [weight for weight in network.parameters() if weight.requires_grad]
    if not weights:
        raise Undefined("the network has no weights that are trained")
    optimiser = torch.optim.AdamW(weights, lr=rate)
    x, y = session.place(given.x), session.place(y)
    total = 0.0
    with session.randomness(session.seed), torch.enable_grad():
        for step in range(STEPS + 1):
            try:
                loss = LOSSES[given.loss](outputs(network, x), y)
            except (RuntimeError, ValueError, IndexError) as error:
                raise InvalidArgument(
                    f"inputs: the network does not take the loss {given.loss!r}: {error}"
                ) from error
            if not torch.isfinite(loss):
                return math.inf
            if not loss.requires_grad:
                raise Undefined("the loss does not depend on any weight")
            total += float(loss.detach())
            if step < STEPS:
                optimiser.zero_grad()
                loss.backward()
                optimiser.step()
    return total / (STEPS + 1)
