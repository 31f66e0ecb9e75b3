"""GATES: an encoder that imitates the flow of data, under a pairwise ranking loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np

from archenc.graph import GraphBatch
from archenc.predictors.flow import Parameters
from archenc.predictors.gated import published
from archenc.predictors.gated.base import GatedPredictor, check_gated, check_labels
from archenc.predictors.gated.config import ReadOut
from archenc.predictors.gated.kernel import Residual
from archenc.predictors.gated.tensors import Form
from archenc.predictors.graph_predictor import fresh
from archenc.predictors.losses import MARGIN, Choice, Loss


class GATES(GatedPredictor):
    """Rank architectures by the virtual information that reaches the output through gates of operations.

    A parameter that is None takes the published value of the space: NAS-Bench-101's where operations sit on
    nodes, NAS-Bench-201's where they sit on edges, NAS-Bench-301's for cells with two inputs.

    layers, op_width, node_width, state_width, flow_width: of the flow. residual: "all" nodes keep their own
    state, or the first k; 0 leaves it to the inputs, which receive nothing. plus_i: a node receives from
    itself, too (operations on nodes). gate=False: everything passes through every operation but `none`, so
    that the wiring alone has a say. skip_gate: the gate of `skip` is exactly 1. read_out: "paper" (mean over
    all nodes, missing ones counted), "mean" (over those there are), "output" (node), "concat". head: hidden
    widths. loss: "hinge", "squared_hinge", "three_way", "bce", "mse" (labels in [0, 1]), "listmle"; pairs: at
    most so many an architecture and batch, "random" or of "largest" gap (pair_choice). Adam; `decay="cosine"`
    lowers lr. members: networks in the ensemble, trained together.

    Scores have no unit: only their order means anything. Ning et al., ECCV 2020 (arXiv 2004.01899).
    """

    def __init__(
        self,
        *,
        layers: int | None = None,
        op_width: int | None = None,
        node_width: int | None = None,
        state_width: int | None = None,
        flow_width: int | None = None,
        residual: Residual | None = None,
        plus_i: bool | None = None,
        gate: bool = True,
        skip_gate: bool | None = None,
        read_out: ReadOut | None = None,
        head: Sequence[int] | None = None,
        dropout: float = 0.1,
        loss: Loss = "hinge",
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
        self.layers = layers
        self.op_width = op_width
        self.node_width = node_width
        self.state_width = state_width
        self.flow_width = flow_width
        self.residual = residual
        self.plus_i = plus_i
        self.gate = gate
        self.skip_gate = skip_gate
        self.read_out = read_out
        self.head = head
        self.dropout = dropout
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

    def _check(self) -> None:
        check_gated(self)

    @property
    def _loss(self) -> Loss:
        return self.loss or "hinge"

    def _settings(self, form: Form) -> dict[str, Any]:
        return dict(published.GATES[form])

    def _learn_features(self, batch: GraphBatch) -> np.ndarray | None:
        del batch  # an operation is known by its name alone

    def _features(self, batch: GraphBatch) -> np.ndarray | None:
        del batch

    def _starts(self, models: Sequence[Any]) -> list[Parameters]:
        return fresh(models)

    def _labels(self, y: Any, n: int) -> np.ndarray:
        return check_labels(y, n, self.loss)
