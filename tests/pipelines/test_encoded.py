"""Trials of an encoder and a predictor trained together are those trained alone, also in an evaluation."""

from __future__ import annotations

from typing import Any

import numpy as np
from sklearn.base import clone
from sklearn.pipeline import Pipeline

from archenc.evaluation import Protocol, Task, evaluate
from archenc.pipelines.by_name import assemble
from archenc.pipelines.encoded import EncodedTrials
from archenc.spaces.nasbench201 import SPACE

CELLS = SPACE.sample(80, 2)
LABELS = np.array([sum(edge.op.name == "conv3x3" for edge in arch.cells[0].edges) for arch in CELLS]) * 1.0
LABELS += np.linspace(0, 0.1, len(CELLS))
METHOD = "cole_mlp:hidden=16:epochs=5"


def test_what_trains_together_is_found_by_name() -> None:
    assert isinstance(assemble(METHOD, "adjacency"), EncodedTrials)
    assert type(assemble("ridge", "adjacency")) is Pipeline


def test_trials_together_are_trials_alone() -> None:
    pipeline: Any = assemble(METHOD, "adjacency")
    trials = [
        (CELLS[start : start + 20], LABELS[start : start + 20], seed) for start, seed in ((0, 3), (20, 4))
    ]
    for model, (X, y, seed) in zip(pipeline.fit_trials(trials), trials, strict=True):
        alone = clone(pipeline).set_params(predictor__seed=seed).fit(X, y)
        np.testing.assert_allclose(model.predict(CELLS[40:]), alone.predict(CELLS[40:]), rtol=1e-3)


def test_an_evaluation_by_folds_trains_trials_together() -> None:
    task = Task.from_arrays(CELLS, LABELS, space="nasbench201")
    protocol = Protocol(sizes=(10, 30), trials=4, split="folds")
    only: dict[str, Any] = {"metrics": ("kendall_tau",)}
    grouped, single = (
        evaluate(
            assemble(METHOD, "bag_of_tokens:unit=words"), task, protocol, together=together, **only
        ).trials
        for together in (4, 1)
    )
    assert len(grouped) == len(single)
    for one, other in zip(grouped, single, strict=True):
        assert one["n_test"] == 8
        assert abs(one["value"] - other["value"]) < 0.15
