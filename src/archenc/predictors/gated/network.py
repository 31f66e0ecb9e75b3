"""The gated-flow network as a pure function: GATES for T = 1, TA-GATES for more.

TA-GATES (Ning et al., NeurIPS 2022) gives every operation *instance* an embedding of its own by imitating
training: forward flow, backward flow, update of the embeddings, T times. Until the first update all instances
of an operation share its embedding, so its gates are computed once for the operation and handed out.
"""

from __future__ import annotations

import torch
from jaxtyping import Float
from torch import Tensor
from torch.nn import functional as F

from archenc.predictors.flow import Parameters, linear
from archenc.predictors.gated.config import GatedConfig, head_names
from archenc.predictors.information.op_embedding import described
from archenc.predictors.layers import mlp, part

NOISE = 0.1  # scale of the noise that tells equal operations apart


def score(
    config: GatedConfig, parameters: Parameters, *batch: Tensor, keep: Float[Tensor, "b h"] | None = None
) -> Float[Tensor, " b"]:
    """Score b architectures, higher is better. batch: as `embed` reads it; keep: as `heads` does."""
    dropout, noise = _split(config, keep)
    return heads(config, parameters, embed(config, parameters, *batch, noise=noise)[-1:], dropout)[:, -1]


def steps(
    config: GatedConfig, parameters: Parameters, *batch: Tensor, keep: Float[Tensor, "b h"] | None = None
) -> Float[Tensor, "b k"]:
    """Return all that has a label in training: the scores of the steps (anytime), then auxiliary targets."""
    dropout, noise = _split(config, keep)
    read = embed(config, parameters, *batch, noise=noise)
    main = heads(config, parameters, read if config.anytime else read[-1:], dropout)
    if not config.auxiliary:
        return main
    rest = auxiliary(config, parameters, read[-1], dropout)
    return torch.cat([main, rest], dim=1)


def embed(
    config: GatedConfig,
    parameters: Parameters,
    gather: Float[Tensor, "b c U V"],
    scatter: Float[Tensor, "b c W P"],
    ops: Float[Tensor, "b c U k"],
    read: Float[Tensor, "b c V"],
    features: Float[Tensor, "b c U z"],
    *,
    noise: Float[Tensor, "b n"] | None = None,
) -> list[Float[Tensor, "b e"]]:
    """Embed b architectures: the read-out after every step, the last one last.

    gather, scatter: see `kernel`; scatter is [b, c, 0, 0] where operations sit on nodes. ops: one-hot over
    the rows of `operations`, zeros at places that hold nothing. read: 1 for the nodes of the read-out.
    features: of the operation at each place, [b, c, U, 0] for none.
    """
    b, c = gather.shape[:2]
    gather, ops, features = (t.flatten(0, 1) for t in (gather, ops, features))
    spread = None if config.on_nodes else scatter.flatten(0, 1)
    table = operations(config, parameters)
    extra = _extra(config, parameters, ops, features, noise)
    states = _enter(config, parameters, b)
    forward = part(parameters, "forward")
    open_ = _open(config, table)
    shared = config.symmetry == "none"
    e = linear(ops, table) if not shared or config.timesteps > 1 else table
    beside = extra if config.symmetry == "concat" else None
    if extra is not None and beside is None:
        e = e + extra
    open_places = None if open_ is None else linear(ops, open_)

    def gates(stack: str, instances: bool) -> Tensor:
        built = config.forward if stack == "forward" else config.backward
        p = part(parameters, stack)
        if instances:
            return built.gates(p, e if beside is None else torch.cat([e, beside], dim=-1), open_places)
        return linear(ops, built.gates(p, table, open_))

    y, message = config.forward.run(forward, states, gather, spread, gates("forward", not shared))
    embeddings = [_read(config, y, read)]
    for t in range(1, config.timesteps):
        backward = part(parameters, "backward")
        returned = mlp(parameters, "f2b", y[:, -1].reshape(b, -1), 2).reshape(b * c, -1)
        entered = F.pad(config.backward.enter(backward, returned)[:, None], (0, 0, y.shape[1] - 1, 0))
        # an edge carries back what it carried forth; a node gathers from its successors
        back = gather.transpose(1, 2) if spread is None else spread.transpose(1, 2)
        forth = None if spread is None else gather.transpose(1, 2)
        opened = gates("backward", t > 1 or not shared)
        z, answer = config.backward.run(backward, entered, back, forth, opened)
        e = e + _update(config, parameters, e, ops, (y, z), (message, answer), gather, spread)
        y, message = config.forward.run(forward, states, gather, spread, gates("forward", instances=True))
        embeddings.append(_read(config, y, read))
    return embeddings


def operations(config: GatedConfig, parameters: Parameters) -> Float[Tensor, "k o"]:
    """Embeddings that the one-hot codes of `embed` choose from.

    The rows of the table; then input and output where operations sit on nodes, else the link, which is zero.
    """
    if config.op_table:
        table = parameters["op.table"]
        if config.frozen_rows:
            still = [[row in config.frozen_rows] for row in config.rows]
            table = torch.where(torch.tensor(still, device=table.device), table.detach(), table)
    else:
        table = parameters["node.input"].new_zeros(len(config.rows), config.op_width)
    if config.on_nodes:
        ends = [parameters["op.input"].detach()[None], parameters["op.output"][None]]
        return torch.cat([table, *ends])
    return torch.cat([table, table.new_zeros(1, config.op_width)])


def heads(
    config: GatedConfig,
    parameters: Parameters,
    read: list[Float[Tensor, "b e"]],
    dropout: list[Tensor] | None,
) -> Float[Tensor, "b t"]:
    """Return the scores of the steps whose read-outs are given, of the last ones if not all are."""
    names, depth = head_names(config), len(config.head)
    outputs = []
    for name, z in zip(names[-len(read) :], read, strict=True):
        first = names.index(name) * depth
        keep = None if dropout is None else dropout[first : first + depth]
        outputs.append(mlp(parameters, name, z, depth + 1, keep))
    return torch.cat(outputs, dim=1)


def auxiliary(
    config: GatedConfig, parameters: Parameters, z: Float[Tensor, "b e"], dropout: list[Tensor] | None
) -> Float[Tensor, "b k"]:
    """Return the scores of the auxiliary targets from an embedding, through the hidden layers of the head."""
    keeps = [None] * len(config.head) if dropout is None else dropout[len(dropout) - len(config.head) :]
    for i, keep in enumerate(keeps):
        z = torch.relu(linear(z, parameters[f"head.{i}.weight"], parameters[f"head.{i}.bias"]))
        z = z if keep is None else z * keep
    return linear(z, parameters["auxiliary.0.weight"], parameters["auxiliary.0.bias"])


def _split(config: GatedConfig, keep: Tensor | None) -> tuple[list[Tensor] | None, Tensor | None]:
    """Take apart what training draws: dropout multipliers by layer, and the noise behind them."""
    if keep is None:
        return None, None
    *dropout, noise = keep.split((*config.dropped, config.noise), dim=-1)
    return dropout, noise if config.noise else None


def _enter(config: GatedConfig, parameters: Parameters, b: int) -> Float[Tensor, "bc V d"]:
    """Entering states after the first layer's weights: one row for each input, one for all other nodes."""
    vectors = torch.cat([parameters["node.input"], parameters["node.other"]], dim=1)
    states = linear(vectors, parameters["node.0.weight"], parameters["node.0.bias"])
    entered = config.forward.enter(part(parameters, "forward"), states)
    others = entered[:, -1:].expand(-1, config.nodes - config.inputs, -1)
    full = torch.cat([entered[:, :-1], others], dim=1)
    return full.expand(b, *full.shape).flatten(0, 1)


def _extra(
    config: GatedConfig, parameters: Parameters, ops: Tensor, features: Tensor, noise: Tensor | None
) -> Tensor | None:
    """What tells instances of one operation apart: added to their embeddings, or set beside them."""
    if config.symmetry == "none":
        return None
    held = ops[..., : len(config.rows)].sum(-1, keepdim=True)  # only operations are told apart
    if config.symmetry == "concat":
        return features * held
    if config.symmetry == "add":
        return config.feature_scale * held * described(parameters, features)
    drawn = parameters["symmetry.noise"].expand(len(ops) // config.cells, -1, -1, -1)
    if noise is not None:
        drawn = noise.reshape(drawn.shape)
    return NOISE * held * drawn.flatten(0, 1)


def _open(config: GatedConfig, table: Tensor) -> Float[Tensor, "k 1"] | None:
    """Which rows of `operations` have a gate of exactly 1: the link, and what the configuration names."""
    rows = [float(row in config.open_rows) for row in config.rows]
    ends = [0.0, 0.0] if config.on_nodes else [1.0]
    if not any(rows + ends):
        return None
    return torch.tensor(rows + ends, dtype=table.dtype, device=table.device)[:, None]


def _update(
    config: GatedConfig,
    parameters: Parameters,
    e: Float[Tensor, "b U o"],
    ops: Float[Tensor, "b U k"],
    states: tuple[Tensor, Tensor],
    messages: tuple[Tensor, Tensor],
    gather: Tensor,
    scatter: Tensor | None,
) -> Float[Tensor, "b U o"]:
    """Return the change of the embeddings: from themselves, the forward flow and the backward flow."""
    there, back = states
    if config.update_input == "message":
        there, back = messages
    elif scatter is not None:  # an edge sees the forward state of its target, the backward one of its source
        there, back = torch.bmm(scatter.transpose(1, 2), there), torch.bmm(gather, back)
    known = [e.detach(), there.detach()] if config.stop_gradients else [e, there]
    change = config.update_scale * mlp(parameters, "update", torch.cat([*known, back], dim=-1), 2)
    if config.update == "all":
        return change
    mask = parameters["update.mask"].detach()
    return change * linear(ops[..., : len(config.rows)], mask[:, None])


def _read(
    config: GatedConfig, y: Float[Tensor, "bc V d"], read: Float[Tensor, "b c V"]
) -> Float[Tensor, "b e"]:
    """Read out each cell, and set the cells side by side."""
    b = len(read)
    if config.read_out == "output":
        return y[:, -1].reshape(b, -1)
    nodes = slice(config.inputs, config.inputs + config.read)
    seen = read.flatten(0, 1)[:, nodes, None]
    y = y[:, nodes] * seen
    if config.read_out == "concat":
        return y.reshape(b, -1)
    count = config.read if config.read_out == "paper" else seen.sum(1).clamp(min=1.0)
    return (y.sum(1) / count).reshape(b, -1)
