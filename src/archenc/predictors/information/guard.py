"""Whether what was learned without labels helps: decided on the labelled architectures alone.

A score that has little to do with quality leaves a network that a few labels do not bring back. Held-out
parts of the training set say so before the training proper.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from jaxtyping import Float64

from archenc.predictors.flow import Parameters
from archenc.predictors.graph_predictor import member_seeds
from archenc.predictors.pure_network import train_copies
from archenc.predictors.stopping import FEWEST, agreement_of, held_out
from archenc.predictors.training import Copy

MARGIN = 0.05  # of the pairs, chosen by tools/choose_guard.py


def guard(models: Sequence[Any], fresh: Sequence[Parameters], warm: Sequence[Parameters]) -> None:
    """Set `warm_` of each prepared model: whether it does well to start from what needed no labels.

    fresh, warm: the two starts, member after member, model after model. The first member of each model is
    trained from both, as the model will be, without each of the held-out parts; where the fresh one then
    ranks more than `MARGIN` of the pairs held out better, the model starts from that. With guard=False, or
    with fewer than four labels, which leave nothing to hold out, there is no reason to distrust the scores.
    """
    members, n = models[0].members, len(models[0]._training[1])
    asked = models[0].guard and n >= FEWEST
    lost = _lost(models, [fresh[::members], warm[::members]]) if asked else np.zeros(len(models))
    for model, share in zip(models, lost, strict=True):
        model.warm_ = bool(share <= MARGIN)


def kept(models: Sequence[Any], fresh: Sequence[Parameters], warm: Sequence[Parameters]) -> list[Parameters]:
    """Return the starts of all members of all models: the warm ones where `warm_` says so."""
    chosen = [model.warm_ for model in models for _ in range(model.members)]
    return [two if yes else one for one, two, yes in zip(fresh, warm, chosen, strict=True)]


def _lost(models: Sequence[Any], kinds: Sequence[Sequence[Parameters]]) -> Float64[np.ndarray, " models"]:
    """Return what share of the pairs held out the first start of each model ranks better than the second."""
    n = len(models[0]._training[1])
    tensors = [torch.cat(parts) for parts in zip(*[m._training[0] for m in models], strict=True)]
    outs = [held_out(n, model.seed) for model in models]
    copies, starts = [], []
    for kind in kinds:
        for place, (model, parts) in enumerate(zip(models, outs, strict=True)):
            for out in parts:
                rows = np.setdiff1d(np.arange(n), out)
                copies.append(Copy(place * n + rows, model._training[1][rows], member_seeds(model)[0]))
                starts.append(kind[place])
    first = models[0]
    network, label = first._network(), f"{type(first).__name__}, held-out parts"
    schedule, device = first._schedule(), first.device
    trained = iter(train_copies(network, starts, tensors, copies, schedule, device, label, first.progress))
    found = np.zeros((len(kinds), len(models)))
    for of_kind in found:
        for place, (model, parts) in enumerate(zip(models, outs, strict=True)):
            read = [t.to(device) for t in model._training[0]]
            for out in parts:
                right = agreement_of(network.score, next(trained), read, model._training[1], out)
                of_kind[place] += right / len(parts)
    return found[0] - found[1]
