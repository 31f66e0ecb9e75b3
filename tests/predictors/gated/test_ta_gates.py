"""TA-GATES as an estimator: published sizes, saliencies, symmetry, anytime, and bad input."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import pytest

from archenc.errors import InvalidArgument
from archenc.graph import Architecture
from archenc.predictors import TAGATES
from archenc.predictors.layers import count
from archenc.proxies import OperationScores
from archenc.spaces import space
from archenc.testing.predictor_kit import PredictorKit

SMALL: dict[str, Any] = {"epochs": 3, "flow_width": 16, "head": (16,)}


@cache
def _sample() -> tuple[list[Architecture], np.ndarray]:
    """Cells with the number of their weighted operations, counted twice behind another one."""
    archs = space("nasbench201").sample(160, 0)
    weight = {"nor_conv_3x3": 3.0, "nor_conv_1x1": 1.5}
    cost = [sum(weight.get(text.split("~")[0], 0.0) for text in arch_text) for arch_text in _texts(archs)]
    return archs, np.array(cost) + 1e-3 * np.random.default_rng(0).random(len(archs))


def _texts(archs: list[Architecture]) -> list[list[str]]:
    home = space("nasbench201")
    return [[t for t in home.format(arch).replace("+", "").split("|") if t] for arch in archs]


class TestTaGates(PredictorKit):
    has_std = True
    n_few = 8
    rtol = 1e-3  # float32, and other shapes choose other kernels
    min_tau: ClassVar[float] = 0.5

    def make_predictor(self, seed: int = 0) -> TAGATES:
        return TAGATES(
            epochs=30, lr=1e-2, timesteps=2, layers=3, flow_width=24, head=(24,), members=2, seed=seed
        )

    def data(self) -> tuple[list[Architecture], np.ndarray]:
        return _sample()


def _saliencies(name: str, archs: list[Architecture], z: int = 7) -> OperationScores:
    operations = {"nb101": 5, "nb201": 6, "nb301": 16}[name]
    return OperationScores.of(archs, np.random.default_rng(1).random((len(archs), operations, z)))


def _fit(name: str = "nb201", n: int = 8, z: int = 7, **options: Any) -> tuple[TAGATES, list[Architecture]]:
    archs = space(name).sample(40, 0)
    y = np.random.default_rng(0).random((n, 2) if options.get("anytime") else n)
    given = options.pop("saliencies", None)
    saliencies = _saliencies(name, archs, z) if given else None
    model = TAGATES(saliencies, epochs=1).set_params(**options)
    return model.fit(archs[:n], y), archs


@pytest.mark.parametrize(
    ("name", "options", "total"),
    [
        ("nb101", {}, 348_113),
        ("nb301", {"z": 5}, 145_785),
        ("nb201", {"head": (200,)}, 246_518),
        ("nb201", {}, 620_718),
        ("nb101", {"anytime": True}, 374_114),
        ("nb301", {"z": 5, "anytime": True}, 171_786),
    ],
)
def test_published_sizes(name: str, options: dict[str, Any], total: int) -> None:
    assert count(_fit(name, saliencies=True, **options)[0].parameters_[0]) == total


@pytest.mark.parametrize("name", ["nb101", "nb201", "nb301"])
@pytest.mark.parametrize("symmetry", ["concat", "add"])
def test_saliencies_enter_and_are_saved(name: str, symmetry: str, tmp_path: Path) -> None:
    model, archs = _fit(name, saliencies=True, symmetry=symmetry, timesteps=2, **SMALL)
    scores = model.predict(archs)
    model.save(tmp_path / "model")
    np.testing.assert_array_equal(TAGATES.load(tmp_path / "model").predict(archs), scores)
    model.saliencies = _saliencies(name, archs[::-1])
    assert not np.allclose(model.predict(archs), scores)


def test_nothing_but_saliencies_tells_two_parallel_operations_apart() -> None:
    """Two convolutions in parallel are symmetric: exchanging their saliencies changes no score."""
    home = space("nb201")
    arch = home.parse("|nor_conv_3x3~0|+|nor_conv_3x3~0|none~1|+|none~0|nor_conv_1x1~1|nor_conv_1x1~2|")
    values = np.random.default_rng(0).random((1, 6, 7))
    swapped = values[:, [1, 0, 2, 3, 5, 4]]
    model, _ = _fit(saliencies=True, **SMALL)
    scores = []
    for given in (values, swapped):
        model.saliencies = OperationScores.of([arch], given)
        scores.append(model.predict([arch])[0])
    np.testing.assert_allclose(scores[0], scores[1], rtol=1e-4)


def test_noise_tells_equal_operations_apart_and_predict_repeats_itself(tmp_path: Path) -> None:
    model, archs = _fit(symmetry="random", **SMALL)
    scores = model.predict(archs)
    np.testing.assert_array_equal(model.predict(archs), scores)
    np.testing.assert_allclose(model.predict(archs[:3]), scores[:3], atol=1e-3 * scores.std())
    model.save(tmp_path / "model")
    np.testing.assert_array_equal(TAGATES.load(tmp_path / "model").predict(archs), scores)
    again, _ = _fit(symmetry="random", **SMALL)
    np.testing.assert_array_equal(again.predict(archs), scores)


def test_every_step_predicts_its_moment(tmp_path: Path) -> None:
    archs, y = _sample()
    y = (y - y.min() + 1) / (np.ptp(y) + 2)
    early = 0.5 + (y - 0.5) * np.where(np.arange(len(y)) % 3 == 0, 0.2, 0.4)
    model = TAGATES(anytime=True, epochs=80, lr=3e-3, flow_width=24, head=(24,))
    model.fit(archs[:60], np.stack([early[:60], y[:60]], axis=1))
    steps = model.predict_steps(archs)
    assert steps.shape == (160, 2)
    assert ((steps > 0) & (steps < 1)).all()
    assert np.corrcoef(model.predict(archs), steps[:, 1])[0, 1] > 0.95
    assert np.corrcoef(steps[60:, 1], y[60:])[0, 1] > 0.5
    assert steps[60:, 1].std() > 1.5 * steps[60:, 0].std()
    model.save(tmp_path / "model")
    np.testing.assert_array_equal(TAGATES.load(tmp_path / "model").predict_steps(archs), steps)


def test_anytime_refuses_labels_of_another_shape() -> None:
    archs, y = _sample()
    for labels in (y[:8], np.stack([y[:8]] * 3, axis=1)):
        with pytest.raises(InvalidArgument, match="column a step"):
            TAGATES(anytime=True, **SMALL).fit(archs[:8], labels)
    with pytest.raises(InvalidArgument, match=r"\[0, 1\]"):
        TAGATES(anytime=True, **SMALL).fit(archs[:8], np.stack([y[:8] + 90] * 2, axis=1))
    with pytest.raises(InvalidArgument, match="anytime"):
        _fit(**SMALL)[0].predict_steps(archs)


def test_trials_in_company_equal_trials_alone() -> None:
    archs, y = _sample()
    options: dict[str, Any] = {**SMALL, "symmetry": "random", "timesteps": 2}
    rows = [np.random.default_rng(t).permutation(100)[:20] for t in range(3)]
    together = TAGATES(**options).fit_trials([([archs[i] for i in r], y[r], t) for t, r in enumerate(rows)])
    for t, r in enumerate(rows):
        alone = TAGATES(**options, seed=t).fit([archs[i] for i in r], y[r])
        np.testing.assert_allclose(together[t].predict(archs), alone.predict(archs), atol=5e-3)


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("timesteps", 0),
        ("update", "skip"),
        ("update_input", "edge"),
        ("update_width", 0),
        ("update_scale", -1.0),
        ("symmetry", "sum"),
        ("symmetry", "concat"),
        ("saliency_scale", -0.1),
        ("backward_residual", 9),
    ],
)
def test_refuses_an_illegal_option_by_name(option: str, value: object) -> None:
    with pytest.raises(InvalidArgument, match=option):
        _fit(**{option: value})


def test_saliencies_that_nothing_reads_are_refused() -> None:
    with pytest.raises(InvalidArgument, match="symmetry='none'"):
        _fit(saliencies=True, symmetry="none")
