from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from archenc import predictors
from archenc.errors import IncompatibleModel
from archenc.predictors import ExtraTrees, Predictor, Ridge
from archenc.registry import Registry


def _fitted() -> tuple[Ridge, np.ndarray]:
    X = np.random.default_rng(0).normal(size=(20, 3))
    return Ridge().fit(X, X @ np.array([1.0, 2.0, 3.0])), X


def test_the_abstract_class_is_not_made() -> None:
    with pytest.raises(TypeError, match="abstract"):
        Predictor()  # pyright: ignore[reportAbstractUsage]


def test_a_class_loads_its_own_kind_only(tmp_path: Path) -> None:
    model, X = _fitted()
    model.save(tmp_path / "model")
    for load in (predictors.load, Predictor.load, Ridge.load):
        np.testing.assert_array_equal(load(tmp_path / "model").predict(X), model.predict(X))
    with pytest.raises(IncompatibleModel, match="holds a Ridge, not a ExtraTrees"):
        ExtraTrees.load(tmp_path / "model")


def test_a_model_is_loaded_in_another_process(tmp_path: Path) -> None:
    model, X = _fitted()
    model.save(tmp_path / "model")
    np.save(tmp_path / "X.npy", X)
    code = (
        "import sys, numpy as np; from archenc.predictors import load; folder = sys.argv[1]; "
        "print(repr(load(folder + '/model').predict(np.load(folder + '/X.npy')).tolist()))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == repr(model.predict(X).tolist())


def test_saving_before_fit_raises_and_writes_nothing(tmp_path: Path) -> None:
    with pytest.raises(NotFittedError):
        Ridge().save(tmp_path / "model")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "name", [name for name in predictors.__all__ if name != "Predictor" and not name.islower()]
)
def test_every_public_predictor_is_in_the_registry_and_not_subclassed(name: str) -> None:
    cls = getattr(predictors, name)
    assert issubclass(cls, Predictor)
    assert Registry("predictors").get(Registry("predictors").name_of(cls)) is cls
    assert not cls.__subclasses__()
    assert not cls.__abstractmethods__


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="Oracle"):
        predictors.Oracle  # noqa: B018
    assert {"Ridge", "load"} <= set(dir(predictors))


def test_importing_the_room_loads_nothing_heavy() -> None:
    heavy = ("torch", "sklearn", "scipy", "xgboost")
    code = f"import sys, archenc.predictors; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
