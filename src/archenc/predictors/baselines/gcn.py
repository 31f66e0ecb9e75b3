"""The GCN baseline: operations are features of the nodes of a graph convolution."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import ClassVar, final

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from archenc.graph import GraphBatch, View, op
from archenc.predictors.baselines.base import Baseline, letters, one_hot
from archenc.predictors.flow import Parameters, linear
from archenc.predictors.layers import add_linear, mlp
from archenc.predictors.pure_network import PureNetwork

HEAD = 200


@dataclass(frozen=True)
class GcnConfig:
    """words: rows of the operation table. embedding, hidden: widths. layers: graph convolutions.

    cells: cells of an architecture. global_node: whether the read-out is the state of a global node. dropout:
    in the head.
    """

    words: int
    embedding: int
    hidden: int
    layers: int
    cells: int
    global_node: bool
    dropout: float


@final
class GCN(Baseline):
    """Rank architectures by a graph convolution over their operations, trained with a hinge as GATES is.

    Operations are nodes whose embedding is their feature; a layer is ReLU((A + I) X W), A the edges in the
    direction of the flow. The read-out is the mean over all nodes but the inputs, or with `global_node` the
    state of a node that hears all others but `none`. Several cells share the weights, their codes are
    concatenated. embedding, hidden: widths of an operation and of a node. layers: graph convolutions.
    members: networks in the ensemble.

    Scores have no unit: only their order means anything. The baseline of Ning et al., ECCV 2020 (arXiv
    2004.01899).
    """

    _config_class: ClassVar[type] = GcnConfig
    _view: ClassVar[View] = "op_on_node"
    _sizes: ClassVar[tuple[str, ...]] = ("embedding", "hidden", "layers")
    _first_rows: ClassVar[tuple[str, ...]] = ("input", "output")

    def __init__(
        self,
        *,
        global_node: bool = True,
        embedding: int = 48,
        hidden: int = 128,
        layers: int = 4,
        dropout: float = 0.1,
        epochs: int = 200,
        batch_size: int = 512,
        lr: float = 1e-3,
        weight_decay: float = 0.0,
        members: int = 1,
        seed: int = 0,
        device: str = "cpu",
        progress: bool = False,
    ) -> None:
        self.global_node = global_node
        self.embedding = embedding
        self.hidden = hidden
        self.layers = layers
        self.dropout = dropout
        self.epochs = epochs
        self.batch_size = batch_size
        self.lr = lr
        self.weight_decay = weight_decay
        self.members = members
        self.seed = seed
        self.device = device
        self.progress = progress

    def _read(self, batch: GraphBatch) -> list[np.ndarray]:
        columns = [op("input").index, op("output").index, *letters(batch.space)]
        heard = batch.mask & (batch.ops != op("none").index)
        read = batch.mask.copy()
        read[..., : batch.inputs] = False
        return [batch.adjacency, one_hot(batch.ops, columns), heard, read]

    def _configure(self, batch: GraphBatch) -> GcnConfig:
        return GcnConfig(
            words=2 + len(letters(batch.space)),
            embedding=self.embedding,
            hidden=self.hidden,
            layers=self.layers,
            cells=batch.n_cells,
            global_node=self.global_node,
            dropout=self.dropout,
        )

    def _network(self) -> PureNetwork:
        return PureNetwork(
            init=partial(_init, self.config_),
            score=partial(_score, self.config_),
            dropped=(HEAD,),
            dropout=self.config_.dropout,
        )


def _init(config: GcnConfig, generator: torch.Generator) -> Parameters:
    parameters: Parameters = {"op_table": torch.randn(config.words, config.embedding, generator=generator)}
    if config.global_node:
        parameters["global"] = torch.randn(config.embedding, generator=generator)
    add_linear(parameters, "layer", (config.embedding, *[config.hidden] * config.layers), generator)
    add_linear(parameters, "head", (config.cells * config.hidden, HEAD, 1), generator)
    return parameters


def _score(
    config: GcnConfig,
    parameters: Parameters,
    *batch: Tensor,
    keep: Tensor | None,
) -> Float[Tensor, " b"]:
    adjacency, ops, heard, read = batch
    b, c, v, _ = ops.shape
    nodes = linear(ops, parameters["op_table"]).reshape(b * c, v, -1)
    hears = adjacency.reshape(b * c, v, v).transpose(1, 2) + torch.eye(v, device=ops.device)
    if config.global_node:
        nodes = torch.cat([nodes, parameters["global"].expand(b * c, 1, -1)], dim=1)
        last = torch.cat([heard.reshape(b * c, 1, v), heard.new_ones(b * c, 1, 1)], dim=2)
        hears = torch.cat([torch.cat([hears, hears.new_zeros(b * c, v, 1)], dim=2), last], dim=1)
    for i in range(config.layers):
        x = linear(nodes, parameters[f"layer.{i}.weight"], parameters[f"layer.{i}.bias"])
        nodes = torch.relu(torch.bmm(hears, x))
    if config.global_node:
        code = nodes[:, -1]
    else:
        weight = read.reshape(b * c, v, 1)
        code = (nodes * weight).sum(1) / weight.sum(1)
    return mlp(parameters, "head", code.reshape(b, -1), 2, None if keep is None else [keep])[:, 0]
