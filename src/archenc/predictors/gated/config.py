"""The shape of a gated-flow network, and its parameters."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import torch

from archenc.predictors.flow import Parameters
from archenc.predictors.gated.kernel import GatedStack, Residual
from archenc.predictors.information.op_embedding import add_features
from archenc.predictors.layers import add, add_linear

ReadOut = Literal["paper", "mean", "output", "concat"]
Symmetry = Literal["none", "random", "concat", "add"]
UpdateInput = Literal["node", "message"]
Update = Literal["all", "conv"]

READ_OUTS: tuple[ReadOut, ...] = ("paper", "mean", "output", "concat")
SYMMETRIES: tuple[Symmetry, ...] = ("none", "random", "concat", "add")


@dataclass(frozen=True)
class GatedConfig:
    """What is built. All widths as in the papers; see `published` for the values of each space.

    on_nodes: operations sit on the nodes, or on the edges. rows: names of the operations, one a row of the
    table. frozen_rows: those of them that stay zero vectors. cells, inputs, nodes, places: of an
    architecture's tensors; read: nodes that the read-out sees, from the first after the inputs. other_frozen:
    whether the state in which nodes other than the inputs start stays zero. gate: whether operations are
    gates, or let everything pass. open_rows: operations whose gate is exactly 1. op_table: whether there is a
    table at all, or features alone make the embedding.

    timesteps: forward flows T, with T - 1 backward flows between them; update_*: how operation embeddings
    change between them; stop_gradients: as published, no gradient enters the update but from the backward
    flow. symmetry: how equal operations are told apart, by `features` numbers a place (noise for "random").
    zero_features: the network of "add" starts as zero. anytime: every step has a head. auxiliary: number of
    other targets, which share the hidden layers of the head; auxiliary_weight: of their mean loss beside that
    of the labels, at first.
    """

    on_nodes: bool
    rows: tuple[str, ...]
    nodes: int
    places: int
    read: int
    cells: int = 1
    inputs: int = 1
    op_width: int = 48
    node_width: int = 48
    state_width: int = 96
    flow_width: int = 128
    layers: int = 5
    residual: Residual = "all"
    backward_residual: Residual = 1
    read_out: ReadOut = "paper"
    frozen_rows: tuple[str, ...] = ()
    gate: bool = True
    open_rows: tuple[str, ...] = ()
    other_frozen: bool = False
    op_table: bool = True
    head: tuple[int, ...] = (200,)
    dropout: float = 0.1
    timesteps: int = 1
    update_width: int = 128
    update_input: UpdateInput = "node"
    update: Update = "all"
    update_scale: float = 0.1
    updated_rows: tuple[str, ...] = ()
    stop_gradients: bool = True
    symmetry: Symmetry = "none"
    features: int = 0
    feature_scale: float = 0.1
    zero_features: bool = False
    anytime: bool = False
    auxiliary: int = 0
    auxiliary_weight: float = 0.0

    @cached_property
    def forward(self) -> GatedStack:
        """The forward stack."""
        widths = (self.state_width, *[self.flow_width] * self.layers)
        return GatedStack(widths, self.gate_width, self.residual, self.on_nodes, gated=self.gate)

    @cached_property
    def backward(self) -> GatedStack:
        """The backward stack, of the same form."""
        widths = (self.flow_width,) * (self.layers + 1)
        return GatedStack(
            widths, self.gate_width, self.backward_residual, self.on_nodes, backward=True, gated=self.gate
        )

    @property
    def gate_width(self) -> int:
        """Width of what makes the gates."""
        return self.op_width + (self.features if self.symmetry == "concat" else 0)

    @property
    def embedding(self) -> int:
        """Width of an architecture's embedding: its cells side by side."""
        return self.cells * self.flow_width * (self.read if self.read_out == "concat" else 1)

    @property
    def dropped(self) -> tuple[int, ...]:
        """Widths of the hidden layers that dropout acts on, head after head."""
        steps = self.timesteps if self.anytime else 1
        return self.head * steps

    @property
    def noise(self) -> int:
        """How many N(0, 1) an architecture takes in training."""
        return self.cells * self.places * self.op_width if self.symmetry == "random" else 0

    @property
    def frozen(self) -> tuple[str, ...]:
        """Names of parameters that are stored and never learned."""
        always = ("op.input", "update.mask", "symmetry.noise")
        return (*always, "node.other") if self.other_frozen else always


def init(config: GatedConfig, generator: torch.Generator) -> Parameters:
    """Draw all parameters: embeddings N(0, 1), the flow as published, the rest by fan-in."""
    parameters: Parameters = {}
    width = config.op_width
    if config.op_table:
        table = torch.randn(len(config.rows), width, generator=generator)
        table[[row in config.frozen_rows for row in config.rows]] = 0.0
        parameters["op.table"] = table
    if config.on_nodes:
        parameters["op.input"] = torch.zeros(width)
        parameters["op.output"] = torch.randn(width, generator=generator)
    parameters["node.input"] = torch.randn(
        config.cells, config.inputs, config.node_width, generator=generator
    )
    parameters["node.other"] = torch.zeros(config.cells, 1, config.node_width)
    add_linear(parameters, "node", (config.node_width, config.state_width), generator)
    add(parameters, "forward", config.forward.init(generator))
    _add_heads(parameters, config, generator)
    if config.symmetry == "random":
        parameters["symmetry.noise"] = torch.randn(config.cells, config.places, width, generator=generator)
    if config.timesteps > 1:
        across = config.cells * config.flow_width
        add(parameters, "backward", config.backward.init(generator))
        add_linear(parameters, "f2b", (across, across, across), generator)
        hidden = (width + 2 * config.flow_width, config.update_width, width)
        add_linear(parameters, "update", hidden, generator)
        if config.update == "conv":
            mask = [float(row in config.updated_rows) for row in config.rows]
            parameters["update.mask"] = torch.tensor(mask)
    if config.symmetry == "add":  # last: all else is drawn as without features
        add_features(parameters, config.features, width, generator, zero=config.zero_features)
    return parameters


def head_names(config: GatedConfig) -> list[str]:
    """Name the heads of the steps, the first step first; the last is the one that scores."""
    earlier = range(1, config.timesteps) if config.anytime else ()
    return [*(f"step{t}" for t in earlier), "head"]


def _add_heads(parameters: Parameters, config: GatedConfig, generator: torch.Generator) -> None:
    add_linear(parameters, "head", (config.embedding, *config.head, 1), generator)
    for name in head_names(config)[:-1]:
        add_linear(parameters, name, (config.embedding, *config.head, 1), generator)
    if config.auxiliary:
        last = config.head[-1] if config.head else config.embedding
        add_linear(parameters, "auxiliary", (last, config.auxiliary), generator)
