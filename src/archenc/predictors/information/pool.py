"""Architectures without labels: what features are scaled on and encoders are pre-trained on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from archenc.errors import InvalidArgument
from archenc.graph import GraphBatch, as_batch
from archenc.predictors.graph_predictor import Population
from archenc.predictors.information.op_features import OpFeatures, Saliencies
from archenc.predictors.information.pretraining import key_of, remembered
from archenc.predictors.information.targets import Measure, Targets, distinct, measured
from archenc.spaces import space


def unlabelled(reference: Population | None, space_name: str, most: int, seed: int) -> GraphBatch:
    """Return a native batch of at most `most` architectures of a reference, or drawn from the space.

    Raises InvalidArgument for a reference of another space.
    """
    if reference is None:
        return remembered(
            f"drawn {space_name} {most} {seed}", lambda: as_batch(space(space_name).sample(most, seed))
        )
    batch = as_batch(reference)
    if batch.space != space_name:
        raise InvalidArgument(f"reference is of space {batch.space!r}, X of {space_name!r}")
    if len(batch) <= most:
        return batch
    chosen = np.random.default_rng([seed, 2]).choice(len(batch), size=most, replace=False)
    return batch[np.sort(chosen)]


def features_of(pool: GraphBatch, saliencies: Saliencies | None) -> OpFeatures:
    """Return the features of operations on the scale of a pool."""
    # What is kept holds the function, so that no other one can come to have its identity.
    key = f"features {key_of(pool)} {id(saliencies)}"
    return remembered(key, lambda: (OpFeatures.fit(pool, saliencies), saliencies))[0]


def targets_of(
    pool: GraphBatch, scores: Mapping[str, Any] | Measure | None, names: Sequence[str] | None
) -> tuple[GraphBatch, Targets]:
    """Return the architectures of a pool that have a score, and the scores that say something of their own.

    Raises InvalidArgument where no score is left.
    """
    key = f"targets {key_of(pool)} {id(scores)} {names}"
    found = remembered(key, lambda: (distinct(measured(pool, scores, names)), scores))[0]
    known = np.flatnonzero(~np.isnan(found.values).all(1))
    return pool[known], Targets(found.values[known], found.names)
