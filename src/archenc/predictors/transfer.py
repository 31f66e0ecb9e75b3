"""From one space to another: a fitted graph predictor goes on learning where labels are few.

Akhauri & Abdelfattah (ICML 2024, arXiv 2403.02484) train on many architectures of a source, and then on few
of a target, all weights, 30 epochs. Here operations are carried over by what they are, and how far the
weights then move is decided on the training architectures themselves.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

import numpy as np
import torch
from jaxtyping import Int
from sklearn.base import BaseEstimator, clone
from sklearn.utils.validation import check_is_fitted
from torch import Tensor

from archenc.errors import InvalidArgument
from archenc.graph import GraphBatch
from archenc.predictors import carrying
from archenc.predictors.carrying import MAPPINGS
from archenc.predictors.checks import check_number, check_option
from archenc.predictors.flow import Parameters
from archenc.predictors.graph_predictor import GraphPredictor, Population, fresh, member_seeds
from archenc.predictors.pure_network import train_copies
from archenc.predictors.stopping import FEWEST, MANY, SHARES, agreement_of, between, chosen_share, held_out
from archenc.predictors.training import Copy, Schedule

P = TypeVar("P", bound=GraphPredictor)
T = TypeVar("T", bound=BaseEstimator)

EPOCHS = (30, 100)  # of few labels, and of MANY


@dataclass(frozen=True)
class Transferred:
    """Where a fitted predictor came from, its attribute `transfer_`.

    source: space of the first training. mapping: of operations. labels: on the target. share: how far the
    weights moved from those carried over (0: nothing was learned) to those fine-tuned (1). drawn: parameters
    that the source could not give.
    """

    source: str
    mapping: str
    labels: int
    share: float
    drawn: tuple[str, ...] = ()


def fine_tune(
    fitted: P,
    X: Population,
    y: Any = None,
    *,
    epochs: int | None = None,
    batch_size: int = 8,
    lr: float = 1e-3,
    stop: bool = True,
    mapping: carrying.Mapping = "meaning",
    seed: int = 0,
    params: Mapping[str, Any] | None = None,
) -> P:
    """Return a predictor for the space of X that starts as `fitted`, trained further on X and labels y [n].

    All weights learn, with a fresh optimiser and a cosine from `lr`. epochs: None for 30, as published, and
    100 from 64 labels on. stop: go only part of the way from the old weights to the new ones, the share that
    ranks held-out thirds of X best, and a small one while labels are few (none below four, which leave
    nothing to hold out); False goes all the way, as published. mapping: which learned embedding an operation
    starts with: that of the same operation, else of its kind ("meaning"), rows in turn, as published
    ("tiled"), or a fresh draw ("none"). params: parameters that differ on the target, as a `supplement` of
    its own scores.

    Without labels (y None or empty) or with fewer than two distinct ones there is no order to learn: the
    result is the network carried over, and `transfer_` says so. X then only shows what the space
    looks like. `fitted` stays as it is. Raises InvalidArgument for a predictor that cannot be carried over,
    or a supplement of another width.
    """
    return fine_tune_trials(
        [(fitted, X, y, seed)],
        epochs=epochs,
        batch_size=batch_size,
        lr=lr,
        stop=stop,
        mapping=mapping,
        params=params,
    )[0]


def fine_tune_trials(
    trials: Sequence[tuple[P, Population, Any, int]],
    *,
    epochs: int | None = None,
    batch_size: int = 8,
    lr: float = 1e-3,
    stop: bool = True,
    mapping: carrying.Mapping = "meaning",
    params: Mapping[str, Any] | None = None,
) -> list[P]:
    """Fine-tune for each (fitted, X, y, seed), trials of equal size in the same loop; see `fine_tune`."""
    check_option("mapping", mapping, MAPPINGS)
    check_option("stop", stop, (True, False))
    if epochs is not None:
        check_number("epochs", epochs, least=1, whole=True)
    check_number("batch_size", batch_size, least=2, whole=True)
    check_number("lr", lr, open_end=True)
    moves = [_carried(*trial, mapping, params or {}) for trial in trials]
    groups: dict[Hashable, list[_Move]] = {}
    for move in moves:
        if move.trained:
            groups.setdefault((len(move.labels), move.model.config_), []).append(move)
    for together in groups.values():
        n = len(together[0].labels)
        schedule = replace(
            together[0].model._schedule(),
            epochs=epochs or EPOCHS[n >= MANY],
            batch_size=batch_size,
            lr=lr,
            decay="cosine",
        )
        _tune(together, schedule, stop)
    for move in moves:
        move.model._become(move.parameters, move.tensors)
        move.model.transfer_ = Transferred(
            move.source, mapping, len(move.labels), move.share, tuple(move.drawn)
        )
    return [move.model for move in moves]


def holding(estimator: T, fitted: Any, seed: int) -> T:
    """Return a clone of an estimator with another seed, whose `fitted_` is a predictor that was fine-tuned.

    Its parameters are the same objects: a source that was trained is not trained, nor copied, again.
    """
    made: Any = type(estimator)(**{**estimator.get_params(deep=False), "seed": seed})
    made.fitted_ = fitted
    return made


@dataclass
class _Move:
    """One predictor on its way: prepared on the target, with the parameters that it has by now."""

    model: Any
    source: str
    tensors: list[Tensor]
    labels: np.ndarray
    parameters: list[Parameters]
    drawn: list[str]
    trained: bool
    share: float = 0.0


def _carried(
    fitted: GraphPredictor, X: Population, y: Any, seed: int, mapping: Any, params: Mapping[str, Any]
) -> _Move:
    """Prepare a clone on the target, and give it what the source learned."""
    check_is_fitted(fitted)
    if not hasattr(fitted, "_portable"):
        raise InvalidArgument(
            f"fitted: a {type(fitted).__name__} cannot be carried over to other labels; expected a graph "
            f"predictor such as FLAN, GATES, LSTM or GCN"
        )
    check_number("seed", seed, whole=True)
    old: Any = fitted
    source = old._portable()
    model: Any = clone(fitted)
    model.set_params(**source.pinned, **{**params, "seed": seed})
    model._check()
    labels = np.zeros(0) if y is None else np.asarray(y)
    known = len(labels) > 1 and len(np.unique(labels)) > 1
    X, shown = _shown(X)
    if known:
        tensors, labels = model._prepare(X, y)
    else:
        if len(labels) not in (0, shown) or not np.isfinite(labels.astype(float)).all():
            raise InvalidArgument(
                f"y={labels!r}: expected no labels, or one finite number for each of {shown}"
            )
        tensors, _ = model._prepare(X, _placeholder(old, len(X)))
    model.config_ = replace(model.config_, **source.config)
    here = model._portable()
    cells = (getattr(old.config_, "cells", 1), getattr(model.config_, "cells", 1))
    parameters, drawn = [], []
    for learned, start in zip(old.parameters_, fresh([model]), strict=True):
        parts = []
        for mine, part in zip(old._apart(learned), model._apart(start), strict=True):
            if here.table in part:
                part[here.table] = carrying.carry_rows(
                    mine[source.table], source.rows, part[here.table], here.rows, mapping
                )
            moved, drawn = carrying.carry(mine, part, cells, table=here.table)
            parts.append(moved)
        parameters.append(model._whole(parts))
    return _Move(model, old.space_, tensors, labels, parameters, drawn, known)


def _shown(X: Population) -> tuple[Population, int]:
    """Return X, a lone architecture twice: a predictor is prepared on two at least."""
    n = len(X)
    if n == 1:
        X = X[[0, 0]] if isinstance(X, GraphBatch) else [X[0], X[0]]
    return X, n


def _placeholder(fitted: Any, n: int) -> np.ndarray:
    """Return labels that nothing is learned from."""
    column = np.linspace(0.0, 1.0, n)
    return np.stack([column] * fitted.config_.timesteps, 1) if getattr(fitted, "anytime", False) else column


def _tune(moves: Sequence[_Move], schedule: Schedule, stop: bool) -> None:
    """Train the members of all moves; with `stop`, choose from held-out thirds how far each move goes."""
    n = len(moves[0].labels)
    if stop and n < FEWEST:
        return
    shares = _shares(moves, schedule) if stop else [1.0] * len(moves)
    trained = _train(moves, [[np.arange(n)]] * len(moves), schedule)
    for move, share, tuned in zip(moves, shares, trained, strict=True):
        move.share = share
        ends = zip(move.parameters, tuned, strict=True)
        move.parameters = [between(start, end, share) for start, end in ends]


def _shares(moves: Sequence[_Move], schedule: Schedule) -> list[float]:
    n = len(moves[0].labels)
    outs = [held_out(n, move.model.seed) for move in moves]
    rows = [[np.setdiff1d(np.arange(n), out) for out in of_move] for of_move in outs]
    trained = _train(moves, rows, schedule)
    shares = []
    for move, of_move, tuned in zip(moves, outs, trained, strict=True):
        starts = move.parameters * len(of_move)  # fold after fold, member after member
        tensors = [t.to(move.model.device) for t in move.tensors]
        score = move.model._network().score
        found = np.zeros(len(SHARES))
        for i, share in enumerate(SHARES):
            for copy, (start, end) in enumerate(zip(starts, tuned, strict=True)):
                out = of_move[copy // len(move.parameters)]
                found[i] += agreement_of(score, between(start, end, share), tensors, move.labels, out)
        shares.append(chosen_share(found / len(tuned), n))
    return shares


def _train(
    moves: Sequence[_Move], rows: Sequence[Sequence[Int[np.ndarray, " r"]]], schedule: Schedule
) -> list[list[Parameters]]:
    """Train a copy of every member of every move on each of its sets of rows, all of one size."""
    first = moves[0].model
    n = len(moves[0].labels)
    copies, starts = [], []
    for i, (move, of_move) in enumerate(zip(moves, rows, strict=True)):
        for mine in of_move:
            for seed, start in zip(member_seeds(move.model), move.parameters, strict=True):
                copies.append(Copy(i * n + mine, move.labels[mine], seed))
                starts.append(start)
    tensors = [torch.cat(parts) for parts in zip(*[move.tensors for move in moves], strict=True)]
    label = type(first).__name__
    every = iter(
        train_copies(first._network(), starts, tensors, copies, schedule, first.device, label, first.progress)
    )
    return [[next(every) for _ in range(len(of_move) * first.members)] for of_move in rows]
