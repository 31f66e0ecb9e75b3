"""The FLAN network as a pure function of parameters and a batch of graphs.

Akhauri & Abdelfattah, "Encodings for Prediction-based Neural Architecture Search", ICML 2024 (arXiv
2403.02484). Operations are soft gates; T forward flows with T - 1 backward flows between them refine the
operation embeddings; the mean node state, with an optional supplementary encoding, feeds a head that gives
one unbounded score, of which only the order means anything.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from archenc.predictors import layers
from archenc.predictors.flow import Branch, FlowStack, Mask, Parameters, linear
from archenc.predictors.information.op_embedding import add_features, described
from archenc.predictors.layers import add, add_linear, mlp, part

OP, NODE, HIDDEN, SUPPLEMENT, HEAD, SIZE = 48, 96, 128, 48, 200, 8
ROWS = 256  # rows of the published operation table
STEP = 0.1  # scale of an update of the operation embeddings
PAPER_SUPPLEMENT = 13  # width of the supplement MLP that the public model builds even when unused


@dataclass(frozen=True)
class FlanConfig:
    """What is built, in the published widths; `paper_size` builds unused parts too, as the public model does.

    rows: stored rows of the operation table; used: which of them the operations of this space have.
    supplement: width of the supplementary encoding, 0 for none. cells: of an architecture; they share the
    weights (normal and reduction, or the stages of a network). size_inputs: number of width/depth inputs, 0
    for none. features: of an operation, whose function is added to its embedding, 0 for none. auxiliary:
    number of other targets in training, which share the hidden layers of the head. input_nodes: 1, or 2 for
    cells with two inputs. Each input has a state of its own; in the public model (`paper_size`) they share
    one, and a cell whose inputs are exchanged scores the same. cell_mlp: whether an MLP joins several cells,
    as it does by default; else their mean is taken. A network that learned on two cells and is given one
    takes it twice. cell_residual: what the MLP gives is added to that mean, and is zero at first: a network
    that learned on one cell is none the worse with two, and can learn to tell them apart.
    """

    rows: int = ROWS
    used: tuple[int, ...] = ()
    supplement: int = 0
    cells: int = 1
    size_inputs: int = 0
    input_nodes: int = 1
    timesteps: int = 2
    gnn: Branch = "ensemble"
    backward_gnn: Branch = "ensemble"
    gat_heads: int = 1
    mask: Mask = "mult"
    layers: int = 5
    dropout: float = 0.1
    paper_size: bool = False
    cell_mlp: bool | None = None
    cell_residual: bool = False
    features: int = 0
    auxiliary: int = 0

    @cached_property
    def forward(self) -> FlowStack:
        """The forward stack, 96 -> 128 -> ... -> 128."""
        return FlowStack((NODE, *[HIDDEN] * self.layers), OP, self.gnn, self.gat_heads, self.mask)

    @cached_property
    def backward(self) -> FlowStack:
        """The backward stack, 128 -> ... -> 128."""
        return FlowStack((HIDDEN,) * (self.layers + 1), OP, self.backward_gnn, self.gat_heads, self.mask)

    @property
    def joins(self) -> bool:
        """Whether the MLP that joins several cells is used."""
        return self.cells > 1 if self.cell_mlp is None else self.cell_mlp

    @property
    def input_states(self) -> int:
        """Number of entering states that inputs have."""
        return 1 if self.paper_size else self.input_nodes

    @property
    def head_inputs(self) -> int:
        """Width of what the head sees: embedding, supplement, width/depth (8 zeros where there is none)."""
        return HIDDEN + (SUPPLEMENT if self.supplement else 0) + SIZE

    @property
    def dropped(self) -> tuple[int, ...]:
        """Widths of the hidden layers that dropout acts on, in order of use."""
        return ((HIDDEN, HIDDEN) if self.supplement else ()) + (HEAD, HEAD, HEAD)


def init(config: FlanConfig, generator: torch.Generator) -> Parameters:
    """Draw all parameters from `generator`: embeddings N(0, 1), the rest as published."""
    parameters: Parameters = {
        "op.table": torch.randn(config.rows, OP, generator=generator),
        "op.input": torch.zeros(OP),
        "op.output": torch.randn(OP, generator=generator),
        "node.input": torch.randn(OP, generator=generator),
        "node.other": torch.zeros(OP),
    }
    add_linear(parameters, "node", (OP, NODE), generator)
    add(parameters, "forward", config.forward.init(generator))
    paper = config.paper_size
    if config.timesteps > 1:
        add(parameters, "backward", config.backward.init(generator))
        add_linear(parameters, "f2b", (HIDDEN, HIDDEN, HIDDEN), generator)
        add_linear(parameters, "update", (OP + 2 * HIDDEN, HIDDEN, OP), generator)
    elif paper:
        # The public model drops f2b alone for T = 1.
        add(parameters, "backward", config.backward.init(generator))
        add_linear(parameters, "update", (OP + 2 * HIDDEN, HIDDEN, OP), generator)
    if config.supplement or paper:
        width = config.supplement or PAPER_SUPPLEMENT
        add_linear(parameters, "supplement", (width, HIDDEN, HIDDEN, SUPPLEMENT), generator)
    if config.joins or paper:
        add_linear(parameters, "cells", (max(2, config.cells) * HIDDEN, HIDDEN, HIDDEN), generator)
        if config.cell_residual:
            for name in ("cells.1.weight", "cells.1.bias"):
                parameters[name].zero_()
    if config.size_inputs or paper:
        add_linear(parameters, "size", (config.size_inputs or 2, SIZE, SIZE), generator)
    add_linear(parameters, "head", (config.head_inputs, HEAD, HEAD, HEAD, 1), generator)
    if config.input_states > 1:
        parameters["node.inputs"] = torch.randn(config.input_states - 1, OP, generator=generator)
    if config.auxiliary:
        add_linear(parameters, "auxiliary", (HEAD, config.auxiliary), generator)
    if config.features:  # last: all else is drawn as without features
        add_features(parameters, config.features, OP, generator, zero=True)
    return parameters


FROZEN = ("op.input",)


def count(parameters: Parameters, *, trainable: bool = False) -> int:
    """Count stored parameters, frozen ones included unless `trainable`."""
    return layers.count(parameters, frozen=FROZEN if trainable else ())


def score(
    config: FlanConfig,
    parameters: Parameters,
    adjacency: Float[Tensor, "b c V V"],
    ops: Float[Tensor, "b c V k"],
    nodes: Float[Tensor, "b c V"],
    supplement: Float[Tensor, "b s"],
    size: Float[Tensor, "b z"],
    features: Float[Tensor, "b c V p"] | None = None,
    keep: Float[Tensor, "b h"] | None = None,
) -> Float[Tensor, " b"]:
    """Score b architectures, higher is better; only the order has meaning.

    adjacency: 1 for an edge i -> j. ops: one-hot over the k rows of `operations`. nodes: 1 for a real node,
    0 for padding. features: of the operation of each node, given exactly if the configuration has some. keep:
    dropout multipliers for the hidden layers `config.dropped`, side by side; None: no dropout.
    """
    seen, keeps = _seen(config, parameters, adjacency, ops, nodes, supplement, size, features, keep=keep)
    return mlp(parameters, "head", seen, 4, keeps)[..., 0]


def steps(
    config: FlanConfig, parameters: Parameters, *batch: Tensor, keep: Float[Tensor, "b h"] | None = None
) -> Float[Tensor, "b k"]:
    """Return all that has a label in training: the score, then the scores of the auxiliary targets.

    batch, keep: as in `score`.
    """
    seen, keeps = _seen(config, parameters, *batch, keep=keep)
    for i, kept in enumerate(keeps):
        seen = torch.relu(linear(seen, parameters[f"head.{i}.weight"], parameters[f"head.{i}.bias"]))
        seen = seen if kept is None else seen * kept
    outputs = [
        linear(seen, parameters[f"{name}.weight"], parameters[f"{name}.bias"])
        for name in ("head.3", "auxiliary.0")
    ]
    return torch.cat(outputs, dim=-1)


def _seen(
    config: FlanConfig,
    parameters: Parameters,
    adjacency: Tensor,
    ops: Tensor,
    nodes: Tensor,
    supplement: Tensor,
    size: Tensor,
    features: Tensor | None = None,
    *,
    keep: Tensor | None = None,
) -> tuple[Float[Tensor, "b s"], Sequence[Tensor | None]]:
    """Return what the head sees, and the dropout multipliers of its hidden layers."""
    # all cells of all architectures as graphs of one batch: a call a cell would cost as many times more calls
    graphs = (adjacency, ops, nodes, *([] if features is None else [features]))
    embedded = embed(config, parameters, *(tensor.flatten(0, 1) for tensor in graphs))
    embeddings = embedded.unflatten(0, (-1, config.cells)).unbind(1)
    z = _joined(config, parameters, embeddings)
    keeps: Sequence[Tensor | None] = [None] * len(config.dropped)
    if keep is not None:
        keeps = keep.split(config.dropped, dim=-1)
    parts = [z]
    if config.supplement:
        parts.append(mlp(parameters, "supplement", supplement, 3, keeps[:2]))
        keeps = keeps[2:]
    parts.append(mlp(parameters, "size", size, 2) if config.size_inputs else z.new_zeros(z.shape[0], SIZE))
    return torch.cat(parts, dim=-1), keeps


def _joined(
    config: FlanConfig, parameters: Parameters, embeddings: Sequence[Float[Tensor, "b 128"]]
) -> Float[Tensor, "b 128"]:
    """Return one embedding for all cells."""
    if config.joins:
        z = mlp(parameters, "cells", torch.cat([*embeddings] * max(1, 2 // config.cells), dim=-1), 2)
        return _mean(embeddings) + z if config.cell_residual else z
    return _mean(embeddings)


def _mean(embeddings: Sequence[Float[Tensor, "b 128"]]) -> Float[Tensor, "b 128"]:
    return torch.stack([*embeddings]).mean(0) if len(embeddings) > 1 else embeddings[0]


def operations(config: FlanConfig, parameters: Parameters) -> Float[Tensor, "k 48"]:
    """Embeddings that the one-hot codes of `score` choose from: input, output, then the rows in use."""
    used = list(config.used)
    return torch.cat(
        [
            parameters["op.input"].detach()[None],
            parameters["op.output"][None],
            parameters["op.table"][used],
        ]
    )


def embed(
    config: FlanConfig,
    parameters: Parameters,
    adjacency: Float[Tensor, "b V V"],
    ops: Float[Tensor, "b V k"],
    nodes: Float[Tensor, "b V"],
    features: Float[Tensor, "b V p"] | None = None,
) -> Float[Tensor, "b 128"]:
    """Embed one cell: T forward flows, T - 1 backward flows, mean over all nodes but the inputs.

    Until the first update all nodes with one operation share its embedding, and all nodes but the inputs
    share one state; gates and entering states are computed once for each and handed out. With features each
    operation has an embedding of its own from the start.
    """
    b, v, _ = ops.shape
    inputs = config.input_nodes
    predecessors = adjacency.transpose(1, 2)
    stack, forward = config.forward, part(parameters, "forward")
    table = operations(config, parameters)
    vectors = torch.stack([parameters["node.input"], parameters["node.other"]])
    if config.input_states > 1:
        vectors = torch.cat([vectors[:1], parameters["node.inputs"], vectors[1:]])
    entered = stack.enter(forward, linear(vectors, parameters["node.0.weight"], parameters["node.0.bias"]))
    first = entered[:-1].expand(inputs, -1)  # one state for each input, or one for all
    entered = torch.cat([first, entered[-1:].expand(v - inputs, -1)]).expand(b, -1, -1)
    if features is None:
        y = stack.run(forward, entered, predecessors, linear(ops, stack.gates(forward, table)))
        e = linear(ops, table)
    else:
        held = ops[..., 2:].sum(-1, keepdim=True)  # neither input nor output
        e = linear(ops, table) + held * described(parameters, features)
        real = ops.sum(-1, keepdim=True)  # as without features, padding is shut before the first update
        y = stack.run(forward, entered, predecessors, real * stack.gates(forward, e))
    for t in range(1, config.timesteps):
        backward = part(parameters, "backward")
        if t > 1:
            gates = config.backward.gates(backward, e)
        elif features is None:
            gates = linear(ops, config.backward.gates(backward, table))
        else:
            gates = ops.sum(-1, keepdim=True) * config.backward.gates(backward, e)
        returned = config.backward.enter(backward, mlp(parameters, "f2b", y[:, -1], 2))
        returned = F.pad(returned[:, None], (0, 0, v - 1, 0))
        returned = config.backward.run(backward, returned, adjacency, gates)
        e = e + STEP * mlp(parameters, "update", torch.cat([e.detach(), y.detach(), returned], dim=-1), 2)
        y = stack.run(forward, entered, predecessors, stack.gates(forward, e))
    weight = nodes[:, inputs:, None]
    return (y[:, inputs:] * weight).sum(1) / weight.sum(1)
