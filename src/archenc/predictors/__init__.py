"""Predictors: from architectures (or their encodings) to a score. Each name is imported when first used."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from archenc.lazy import lazy

if TYPE_CHECKING:
    from archenc.predictors.base import Predictor as Predictor
    from archenc.predictors.baselines.gcn import GCN as GCN
    from archenc.predictors.baselines.lstm import LSTM as LSTM
    from archenc.predictors.flan import FLAN as FLAN
    from archenc.predictors.gated.dele import DELE as DELE
    from archenc.predictors.gated.gates import GATES as GATES
    from archenc.predictors.gated.gates_pp import GatesPP as GatesPP
    from archenc.predictors.gated.ta_gates import TAGATES as TAGATES
    from archenc.predictors.tabular.gaussian_process import GaussianProcess as GaussianProcess
    from archenc.predictors.tabular.mlp import MLP as MLP
    from archenc.predictors.tabular.ridge import Ridge as Ridge
    from archenc.predictors.tabular.trees import ExtraTrees as ExtraTrees
    from archenc.predictors.tabular.xgboost import XGBoost as XGBoost
    from archenc.predictors.transfer import fine_tune as fine_tune
    from archenc.predictors.transfer import fine_tune_trials as fine_tune_trials

_HOMES = {
    "Predictor": "base",
    "FLAN": "flan",
    "DELE": "gated.dele",
    "GATES": "gated.gates",
    "GatesPP": "gated.gates_pp",
    "TAGATES": "gated.ta_gates",
    "LSTM": "baselines.lstm",
    "GCN": "baselines.gcn",
    "Ridge": "tabular.ridge",
    "ExtraTrees": "tabular.trees",
    "XGBoost": "tabular.xgboost",
    "GaussianProcess": "tabular.gaussian_process",
    "MLP": "tabular.mlp",
    "fine_tune": "transfer",
    "fine_tune_trials": "transfer",
}

__all__ = [
    "DELE",
    "FLAN",
    "GATES",
    "GCN",
    "LSTM",
    "MLP",
    "TAGATES",
    "ExtraTrees",
    "GatesPP",
    "GaussianProcess",
    "Predictor",
    "Ridge",
    "XGBoost",
    "fine_tune",
    "fine_tune_trials",
    "load",
    "save",
]


def save(model: Any, path: str | Path) -> None:
    """Write a predictor, or a scikit-learn Pipeline of encoders and a predictor, as `Predictor.save` does.

    Raises NotFittedError, InvalidArgument for what cannot be saved or a `path` that holds something else.
    """
    from sklearn.utils.validation import check_is_fitted

    from archenc.predictors import packing, persistence

    check_is_fitted(model)
    persistence.write(path, *packing.pack(model))


def load(path: str | Path) -> Any:
    """Read a saved predictor or Pipeline; the registry finds every class by its name, and nothing is pickled.

    Raises IncompatibleModel for a missing, damaged or foreign file, or one of another format version.
    """
    from archenc.predictors import packing, persistence

    return packing.unpack(*persistence.read(path))


__getattr__, __dir__ = lazy(__name__, _HOMES)
