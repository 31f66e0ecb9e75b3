"""TA-GATES: operations with embeddings of their own, refined by an imitation of training."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any, ClassVar, Literal

import numpy as np
import torch
from jaxtyping import Float64
from sklearn.utils.validation import check_is_fitted

from archenc.errors import InvalidArgument
from archenc.graph import GraphBatch
from archenc.networks.threads import single_thread
from archenc.predictors.checks import check_number, check_option
from archenc.predictors.flow import Parameters
from archenc.predictors.gated import network, published
from archenc.predictors.gated.base import GatedPredictor, check_gated, check_labels
from archenc.predictors.gated.config import SYMMETRIES, ReadOut, Symmetry, Update, UpdateInput
from archenc.predictors.gated.kernel import Residual
from archenc.predictors.gated.saliencies import SaliencyScale, placed
from archenc.predictors.gated.tensors import Form
from archenc.predictors.graph_predictor import Population, fresh
from archenc.predictors.information.op_features import Saliencies
from archenc.predictors.losses import MARGIN, Choice, Loss
from archenc.predictors.training import predict

_OWN = ("timesteps", "backward_residual", "update", "update_input", "update_width")


class TAGATES(GatedPredictor):
    """Rank architectures as `GATES` does, with T forward flows and T - 1 backward flows between them.

    After each backward flow the embedding of every operation changes by what has passed it in both
    directions. A parameter that is None takes the published value of the space.

    timesteps: T; 1 is GATES. backward_residual: the last k nodes, the output at least, keep their own state
    in the backward flow. update: "all" operations change, or "conv", those with weights. update_input: what
    an operation on an edge sees, the states of its ends ("node") or its "message". update_width,
    update_scale, stop_gradients: of the update. symmetry: equal operations in equal places are told apart by
    "random" noise, by `saliencies` beside ("concat") or inside ("add", times saliency_scale) the embedding,
    or not at all ("none", which is the default without saliencies). saliencies: architectures -> one array
    [operations, z] each (see `proxies.OperationScores`); every architecture needs them, also in `predict`.

    anytime: `fit` takes labels [n, T], the accuracies at T moments of training, earliest first; every step
    predicts one (`predict_steps`), T is 2 and the loss "mse" by default. All others: see `GATES`.

    Scores have no unit: only their order means anything. Ning et al., NeurIPS 2022.
    """

    _learned: ClassVar[tuple[str, ...]] = ("space_", "layout_", "scale_of_saliencies_")

    def __init__(
        self,
        saliencies: Saliencies | None = None,
        *,
        timesteps: int | None = None,
        layers: int | None = None,
        op_width: int | None = None,
        node_width: int | None = None,
        state_width: int | None = None,
        flow_width: int | None = None,
        residual: Residual | None = None,
        backward_residual: Residual | None = None,
        plus_i: bool | None = None,
        gate: bool = True,
        skip_gate: bool | None = None,
        update: Update | None = None,
        update_input: UpdateInput | None = None,
        update_width: int | None = None,
        update_scale: float = 0.1,
        stop_gradients: bool = True,
        symmetry: Symmetry | None = None,
        saliency_scale: float | None = None,
        read_out: ReadOut | None = None,
        head: Sequence[int] | None = None,
        dropout: float = 0.1,
        anytime: bool = False,
        loss: Loss | None = None,
        margin: float = MARGIN,
        pairs: int | None = None,
        pair_choice: Choice = "random",
        epochs: int = 200,
        batch_size: int | None = None,
        lr: float = 1e-3,
        decay: Literal["constant", "cosine"] = "constant",
        weight_decay: float = 0.0,
        members: int = 1,
        seed: int = 0,
        device: str = "cpu",
        progress: bool = False,
    ) -> None:
        self.saliencies = saliencies
        self.timesteps = timesteps
        self.layers = layers
        self.op_width = op_width
        self.node_width = node_width
        self.state_width = state_width
        self.flow_width = flow_width
        self.residual = residual
        self.backward_residual = backward_residual
        self.plus_i = plus_i
        self.gate = gate
        self.skip_gate = skip_gate
        self.update = update
        self.update_input = update_input
        self.update_width = update_width
        self.update_scale = update_scale
        self.stop_gradients = stop_gradients
        self.symmetry = symmetry
        self.saliency_scale = saliency_scale
        self.read_out = read_out
        self.head = head
        self.dropout = dropout
        self.anytime = anytime
        self.loss = loss
        self.margin = margin
        self.pairs = pairs
        self.pair_choice = pair_choice
        self.epochs = epochs
        self.batch_size = batch_size
        self.lr = lr
        self.decay = decay
        self.weight_decay = weight_decay
        self.members = members
        self.seed = seed
        self.device = device
        self.progress = progress

    def predict_steps(self, X: Population) -> Float64[np.ndarray, "n t"]:
        """Return what every step says of each architecture, the mean of the members; needs `anytime=True`.

        Accuracies in (0, 1) under the loss "mse", else scores without unit. Raises InvalidArgument.
        """
        check_is_fitted(self)
        if not self.anytime:
            raise InvalidArgument("anytime=False: only the last step has a head; fit with anytime=True")
        tensors = [t.to(self.device) for t in self._tensors(X)]
        with single_thread():
            rows = [predict(partial(network.steps, self.config_), p, tensors) for p in self.parameters_]
        scores = torch.stack(rows).double()
        if self._loss == "mse":
            scores = scores.sigmoid()
        return scores.mean(0).cpu().numpy()

    @property
    def _loss(self) -> Loss:
        return self.loss or ("mse" if self.anytime else "hinge")

    @property
    def _steps(self) -> int | None:
        return 2 if self.timesteps is None and self.anytime else self.timesteps

    def _check(self) -> None:
        check_gated(self)
        for name in ("timesteps", "update_width"):
            if getattr(self, name) is not None:
                check_number(name, getattr(self, name), least=1, whole=True)
        check_number("update_scale", self.update_scale)
        if self.saliency_scale is not None:
            check_number("saliency_scale", self.saliency_scale)
        for name, options in (
            ("update", (None, "all", "conv")),
            ("update_input", (None, "node", "message")),
            ("symmetry", (None, *SYMMETRIES)),
            ("stop_gradients", (True, False)),
            ("anytime", (True, False)),
        ):
            check_option(name, getattr(self, name), options)
        if self.saliencies is None and self.symmetry in ("concat", "add"):
            raise InvalidArgument(f"symmetry={self.symmetry!r} needs saliencies; there are none")
        if self.saliencies is not None and self.symmetry in ("none", "random"):
            raise InvalidArgument(f"symmetry={self.symmetry!r} makes no use of the saliencies that are given")
        if self.anytime and self._steps == 1:
            raise InvalidArgument("timesteps=1 with anytime=True: expected two steps or more")

    def _settings(self, form: Form) -> dict[str, Any]:
        settings = dict(published.TA_GATES[form], update_scale=self.update_scale)
        own = {name: getattr(self, name) for name in _OWN} | {"timesteps": self._steps}
        settings |= {name: value for name, value in own.items() if value is not None}
        if self.symmetry is not None or self.saliencies is None:
            settings["symmetry"] = self.symmetry or "none"
        if self.saliency_scale is not None:
            settings["feature_scale"] = self.saliency_scale
        return settings | {"stop_gradients": self.stop_gradients, "anytime": self.anytime}

    def _learn_features(self, batch: GraphBatch) -> np.ndarray | None:
        self.scale_of_saliencies_: SaliencyScale | None = None
        if self.saliencies is None:
            return None
        raw = placed(batch, self.saliencies)
        self.scale_of_saliencies_ = SaliencyScale.fit(raw)
        return self.scale_of_saliencies_.apply(raw)

    def _features(self, batch: GraphBatch) -> np.ndarray | None:
        if self.saliencies is None or self.scale_of_saliencies_ is None:
            return None
        return self.scale_of_saliencies_.apply(placed(batch, self.saliencies))

    def _starts(self, models: Sequence[Any]) -> list[Parameters]:
        return fresh(models)

    def _labels(self, y: Any, n: int) -> np.ndarray:
        if not self.anytime:
            return check_labels(y, n, self._loss)
        steps = self._steps
        labels = np.asarray(y)
        if labels.ndim != 2 or (steps is not None and labels.shape[1] != steps):
            raise InvalidArgument(
                f"y has shape {labels.shape}: anytime=True expects one column a step, (n, {steps})"
            )
        return np.stack([check_labels(column, n, self._loss) for column in labels.T], axis=1)
