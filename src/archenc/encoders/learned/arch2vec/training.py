"""What arch2vec is trained on: to say operations and links again from the codes of the nodes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import final

import numpy as np
import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int64
from torch import Tensor

from archenc.encoders.learned.arch2vec.network import Arch2VecNetwork, Decoded, Latent
from archenc.encoders.learned.vocabulary import PAD, RESERVED, TokenFrame, TokenGraphs
from archenc.errors import InvalidArgument
from archenc.store import content_key

KL_WEIGHT = 0.005
"""Of the clean preset; the published weight, one over the nodes of a batch, is 0.0045 at 32 cells of 7."""

HELD_OUT = 0.1
_CHUNK = 1024


@dataclass(frozen=True, eq=False)
class CellTensors:
    """Cells as the network takes them. links: both ways. pairs: those whose link is a question, i < j.

    Nobody asks for the links of a pad, nor of `none` where it has none: the operation says that already, and
    an inner product could not, since it takes nodes of one code for linked.
    """

    ops: Float[Tensor, "B N V"]
    links: Float[Tensor, "B N N"]
    real: Bool[Tensor, "B N"]
    pairs: Bool[Tensor, "B N N"]

    @classmethod
    def of(
        cls, graphs: TokenGraphs, frame: TokenFrame, dtype: torch.dtype = torch.float32, device: str = "cpu"
    ) -> CellTensors:
        """Build the tensors of cells."""
        tokens = torch.from_numpy(graphs.tokens).to(device).long()
        links = torch.from_numpy(graphs.links).to(device)
        code = torch.eye(frame.n_tokens, dtype=dtype, device=device)[:, len(RESERVED) :]
        asked = tokens != PAD if frame.cut is None else (tokens != PAD) & (tokens != frame.cut)
        pairs = (asked[:, :, None] & asked[:, None, :]).triu(1)
        return cls(code[tokens], (links | links.mT).to(dtype), tokens != PAD, pairs)


def kl_of_nodes(latent: Latent) -> Float[Tensor, "B N"]:
    """Return the divergence of each node's distribution from the standard normal one."""
    mu, s = latent
    return -0.5 * (1 + 2 * s - mu.square() - (2 * s).exp()).sum(-1)


def clean_loss(
    decoded: Decoded, latent: Latent, cells: CellTensors, op_weight: float = 1.0
) -> Float[Tensor, ""]:
    """Count real nodes, and pairs once; the weight of the divergence is fixed.

    op_weight: of saying operations, beside 1 for links.
    """
    real, pairs = cells.real.to(cells.ops.dtype), cells.pairs.to(cells.ops.dtype)
    ops = F.binary_cross_entropy_with_logits(decoded.ops, cells.ops, reduction="none").mean(-1)
    links = F.binary_cross_entropy_with_logits(decoded.links, cells.links, reduction="none")
    nodes = real.sum()
    kl = (kl_of_nodes(latent) * real).sum() / nodes
    return (
        op_weight * (ops * real).sum() / nodes
        + (links * pairs).sum() / pairs.sum().clamp(min=1)
        + KL_WEIGHT * kl
    )


def published_loss(decoded: Decoded, latent: Latent, cells: CellTensors) -> Float[Tensor, ""]:
    """Count pads as nodes, the emptied lower triangle as pairs, and weigh by the size of the batch."""
    B, N = cells.real.shape
    ops = F.binary_cross_entropy_with_logits(decoded.ops, cells.ops)
    links = F.binary_cross_entropy_with_logits(decoded.links, cells.links, reduction="none").triu(1).mean()
    return ops + links + kl_of_nodes(latent).mean() / (B * N)


@final
class Arch2VecTask:
    """Cells, 90 % of them to train on; see `archenc.encoders.learned.pretraining.Task`.

    clean: a random split, a new order every epoch, pads left out. published: the first 90 % by index, one
    order for all epochs, pads as nodes, and no noise, dropout or batch statistics after the first epoch.
    """

    def __init__(
        self,
        network: Arch2VecNetwork,
        graphs: TokenGraphs,
        frame: TokenFrame,
        published: bool,
        seed: int,
        op_weight: float = 1.0,
    ) -> None:
        if len(graphs) < 2:
            raise InvalidArgument(f"X has {len(graphs)} cell; arch2vec needs two, one of them held out")
        self.network, self.published, self.seed = network, published, seed
        self.op_weight = op_weight
        self._cells, self._frame = graphs, frame
        order = np.arange(len(graphs))
        if not published:
            order = np.random.default_rng([seed, 0]).permutation(order)
        held = max(1, round(HELD_OUT * len(graphs)))
        self.train_rows, self.held_out_rows = np.sort(order[:-held]), np.sort(order[-held:])
        self.key = content_key(
            "arch2vec",
            graphs.tokens,
            graphs.links,
            frame.to_dict(),
            published,
            seed,
            op_weight,
            _shapes(network),
        )

    def training(self, epoch: int) -> bool:
        """Say whether the network draws noise and takes batch statistics."""
        return not self.published or epoch == 0

    def items(self, epoch: int) -> Int64[np.ndarray, " k"]:
        """Return the rows to train on, in the order of the epoch."""
        number = 1 if self.published else epoch + 1
        return np.random.default_rng([self.seed, number]).permutation(self.train_rows)

    def loss(self, items: Int64[np.ndarray, " b"]) -> Float[Tensor, ""]:
        """Return the loss of a batch."""
        cells = self._tensors(items)
        decoded, latent = self.network(cells.ops, cells.links, None if self.published else cells.real)
        return self._judged(decoded, latent, cells)

    def held_out(self) -> dict[str, float]:
        """Return loss and reconstruction on the held-out cells, from the means of the codes."""
        sums = np.zeros(4)
        for start in range(0, len(self.held_out_rows), _CHUNK):
            rows = self.held_out_rows[start : start + _CHUNK]
            cells = self._tensors(rows)
            decoded, latent = self.network(cells.ops, cells.links)
            loss = self._judged(decoded, latent, cells)
            sums += [float(loss) * len(rows), *(len(rows) * x for x in reconstruction(decoded, cells))]
        names = ("loss", "op_accuracy", "edge_accuracy", "exact")
        return dict(zip(names, (sums / len(self.held_out_rows)).tolist(), strict=True))

    def _judged(self, decoded: Decoded, latent: Latent, cells: CellTensors) -> Float[Tensor, ""]:
        if self.published:
            return published_loss(decoded, latent, cells)
        return clean_loss(decoded, latent, cells, self.op_weight)

    def _tensors(self, rows: Int64[np.ndarray, " b"]) -> CellTensors:
        device = str(next(self.network.parameters()).device)
        return CellTensors.of(self._cells[rows], self._frame, device=device)


def reconstruction(decoded: Decoded, cells: CellTensors) -> tuple[float, float, float]:
    """Return the shares of real nodes with the right operation, of pairs decided rightly, of whole cells."""
    real, pairs = cells.real, cells.pairs
    right_op = (decoded.ops.argmax(-1) == cells.ops.argmax(-1)) | ~real
    right_link = ((decoded.links > 0) == (cells.links > 0)) | ~pairs
    exact = right_op.all(1) & right_link.flatten(1).all(1)
    ops = float((right_op & real).sum() / real.sum())
    return ops, float((right_link & pairs).sum() / pairs.sum()), float(exact.float().mean())


def _shapes(network: Arch2VecNetwork) -> dict[str, list[int]]:
    return {name: list(value.shape) for name, value in network.state_dict().items()}
